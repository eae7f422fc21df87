"""What the screens of agents ask of the store, off the loop, and the words they say it in.

words.py       tools, risks, states and cadences in words
proposals.py   what waits for a look: its lines, its differences, and what is done to it
missions.py    one mission: its lines, its runs, and what is done to it
timeline.py    what agents did and read
policy.py      one agent: what it may do, what it may spend
gallery.py     templates
"""
