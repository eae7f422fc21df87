"""What the screens ask of the store: plain functions that run off the loop, each one step.

doing      records: add, write, delete, undo, tags, the palette
source     the rows of a list          scenery    all that Home shows at once
carrying   moving to other spaces      retagging  a tag on or off, to be repeated
viewing    saved filters               capturing  what is read out of a typed line
bringing   imports                     managing   spaces, tags, scenes, what waits for a look
fieldtext  fields as text, both ways   differing  before and after
"""
