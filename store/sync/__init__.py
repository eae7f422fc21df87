"""Sync: field by field with any server that speaks the Mana wire protocol.

    desk  status  account   the face of it all; how it stands; whose home this is
    wire  salvage           messages as plain data, also out of pages that are broken
    sign/                   who signs in where, the tokens that prove it, the account's key
    spaces/                 how a home joins an account; its spaces and their members
    outbox/                 dirty fields -> changes, sealed as they must be -> acknowledgements
    inbox/                  pages -> validation -> the one write path
    waiting/                conflicts, quarantine, foreign authority: what waits for a look
    engine/                 when and how to push and pull, and what is told of it
    net/                    the server as the engine sees it; doorbells
    compare/                whether two places hold the same

Nothing else in the program knows that a network exists. ``net.remote.Remote`` is the only door to
one; the engine works the same over HTTP and over a simulated server.
"""
