"""The compatible server behind `manabench serve`: accounts, spaces, vault, sync, live notices.

    app  context                    the routes, assembled; what every endpoint works with
    settings  serving               what an operator chooses; run it, administer its users
    storage                         what the server keeps, as two interfaces
    sqlite  sqlite_*                both of them in one SQLite file
    errors  answers  machine        how it says no, of the machine too; bodies in and out
    connections                     what one connection may cost
    tokens  sessions  passwords     who somebody is
    accounts  orgs  members  rights  personal  vaults  singletons  internal    identity
    sync  stream  sockets  hub  wire                the log of changes and its doorbells

It imports nothing of the workbench: a server cannot read what it keeps.
"""
