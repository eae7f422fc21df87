"""When and how to push and pull.

engine  planning              the loop; what is due when
patience  waking              how long it waits after a failure; where it sleeps
rounds  cursors  names        pulling: pages, where it stands, what there is
pushing                       sending, and finding the one change that is refused
lock  clientid                one engine for each home; the name under which it speaks
telling  ahead  missing       what is told of it, also what is odd
faults  clock                 what goes wrong, in words; the server's clock
"""
