"""The app around the screens: what outlives one, and what acts on all of them.

manabench   the app itself, made of these: everywhere and going (keys on every screen), longer and
            outside ($EDITOR), saying, dressing (looks), linking, arriving, faults
opening     the home is opened beside the first frame        places    where somebody is
work        the desk: the only way off the loop              drafting  text not yet committed
driver, signals, crash, warming    the terminal, ways out, faults, idle imports
"""
