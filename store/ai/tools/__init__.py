"""What agents may call, and the one gate through which they call it.

catalogue.py    every tool of the installed modules, its parameters, and what it is given checked
policy.py       what an agent's policy says of a tool; presets
guardrails.py   limits that no policy lifts
destructive.py  which destructive tools a space allows
reading.py      what was read, and which of it nobody here wrote
calling.py      the gate
"""
