"""Every screen against everything a screen must stand: the matrix, and what screens look like.

places    the screens as data: the keys that lead there, what stands on them
driving   the app in this process, its screen as text
walking   the app on a real pty, walked through all places
matrix    the columns of the matrix; run it to see the table
"""
