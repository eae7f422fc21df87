"""The compatible server behind `manabench serve`: accounts, spaces, vault, sync, live notices.

    app              the routes, assembled; how errors leave
    settings         what an operator chooses; the data folder
    storage          what the server keeps, as two interfaces: identity and changes
    sqlite           both of them in one SQLite file
    tokens           signing key, JWT, session cookies
    accounts  orgs  vaults  singletons      identity
    sync  stream  sockets  hub              the append-only log of changes and its doorbells
    serving          run it; administer its users

It imports nothing of the workbench: a server cannot read what it keeps.
"""
