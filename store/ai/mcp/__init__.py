"""Tools for other programs, over the Model Context Protocol on standard input and output.

    guest    one connected program as an agent: which tools it has, what a call comes to
    serving  the protocol, by the official SDK
    pipes    lines in and out, bounded, that end at once when they are told to

A connected program is an agent like any other: its policy decides, its proposals wait in the same
inbox, its connection is a run. It has no other way in.
"""
