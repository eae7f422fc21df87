"""Who signs in where: the identity service, its tokens, and the account's key.

calling     one call, and what a refusal means in words
discovery   which service answers at which address
identity    the calls there are
session     the session of this home, and fresh tokens from it
tokens      where the session is kept: system keyring, else the vault
master      the account's key: made, fetched, given back, changed
"""
