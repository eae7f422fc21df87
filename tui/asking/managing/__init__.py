"""What the screens of spaces, tags, scenes and the inbox ask of the store, off the loop.

entry.py     Entry, one line of such a screen
spaces.py    tags.py    scenes.py    inbox.py
"""
