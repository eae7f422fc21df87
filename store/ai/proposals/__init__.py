"""Calls that wait for a look, what they would change, and how what agents did is taken back.

changes     what some rows of history did, as a person reads it
rehearsing  the preview of a call: it is run, looked at and rolled back
staging     a proposal as it is kept            listing     what waits, and which were overtaken
carrying    running calls, one after the other  inbox       looking, approving, rejecting, editing
following   what a decision means for the run   reverting   the way back from a call, run or mission
timeline    acts by day, and what was read
"""
