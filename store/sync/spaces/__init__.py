"""The spaces of an account and how a home comes to have them.

linking     the first sign-in, resumable at every write
renaming    ids that an account gives anew
creating    spaces made here, to be made there
membership  what the server lists, and what disappears from the list
members     who is in a space
"""
