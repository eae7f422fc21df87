"""Every screen against everything a screen must stand: the matrix, and what screens look like.

places      the screens as data: the keys that lead there, what stands on them
homes       what they are opened on
driving     the app in this process, its screen as text
columns     what a screen must stand; acting: the columns of its keys and of undo
matrix      all of it; run it to see the table
snapshots   what each screen looks like; run it to write them anew
"""
