"""What the looks are made of: roles.py the built-in themes, files.py those of a person, signs.py
the ASCII forms of the signs that are drawn."""
