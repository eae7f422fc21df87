"""The command line: one file per noun, loaded only when its command is called.

    frame    what a command is: options on both sides, nouns that load late
    call     one run of the program: its options, its workbench, its passphrase
    pick     names that a person types: spaces, tags, records, standard input
    output   tables, JSON documents, errors
    root     the table of commands, and ``run``

Nothing here imports Textual but ``workbench``, which opens it on request.
"""
