"""Sync: field by field with any server that speaks the Mana wire protocol.

    account  identity  session  tokens      who signs in where, and the tokens that prove it
    calling  discovery                      one call and its refusals; which services are where
    master  linking  renaming               the account's key; how a home joins it
    membership  creating  members           the spaces of the account, and who is in them
    wire  salvage  forms                    messages as plain data; what is sealed on the way
    outgoing  composing  resending          dirty fields -> pushes -> acknowledgements
    incoming  places  joining  tombs        pages -> validation -> the one write path
    conflicts  quarantine  authority        what waits for a person's look
    remote  http  live                      the server as the engine sees it; doorbells
    engine  planning  lock  clientid        when to push and pull, who does it, under which name
    rounds  cursors  names  pushing         how; where pulling stands
    status  telling  faults  clock          what is told of it; the server's clock
    desk  verifying                         the face of it all; comparing with the server
    digest  folding                         whether two places hold the same

Nothing else in the program knows that a network exists. ``remote.Remote`` is the only door to one;
the engine works the same over HTTP and over a simulated server.
"""
