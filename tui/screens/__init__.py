"""The screens, one file each; all but the list are imported when they are first shown.

place    what all have in common: status line, message line, one line to type into
list     the records of a module
record   the fields of one record
pick     a line over a list of choices: palette, spaces, tags
found    search        past    the history of a record       help    the keys here
first    first start   locked  the vault is locked           recovery    the recovery code
"""
