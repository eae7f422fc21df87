"""Running missions: when they are due, who runs them, what they may spend and what is kept of it.

cadence   when a mission runs: arithmetic      schedule    its next time, kept in order
rows      the runs of this device              iterations  what other devices see of them
claims    whose turn it is                     process     whose a run is, and if it lives
may       whether one may run, why not         budget      what may be spent
running   one run from start to end            scheduler   all that are due
planned   what a server planned                heeding     what other devices say of runs
scripts   calls without a model
"""
