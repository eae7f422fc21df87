"""From a key to an action: the one registry, who may rebind it, and how presses are read.

action    what an action is          table, actions    all of them
plain     the preset without letter keys               keymap, keymap_file    a person's own keys
reading   what a press means         pressing    presses on their way through the app
keynames  keys as people write them  hints, keypage    the registry as hints and as a page
"""
