"""The tables of agents, added by schema 1.2. See ``schema`` for how they come to be.

    runs        every run of a mission on this device, and every connection of a tool client
    proposals   calls that wait for a look, and those that were decided
    spending    tokens and money, reserved before a call and settled after it
    reads       which record an agent read, when and by which tool

None of them is synced: what other devices see of a run is in its mission's ``iterations``. ``doc``
is JSON and sealed whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils.db import Database as Utils


def tables(db: Utils) -> None:
    """What agents leave on this device."""
    # `slot` is the time a run was due at, empty for one that was asked for; a slot is claimed by
    # the row itself. `process` and `beat` tell whether whoever runs it is still there.
    _table(
        db,
        "runs",
        {"n": int, "id": str, "mission": str, "agent": str, "space": int, "slot": str}
        | {"source": str, "state": str, "phase": str, "cancel": int, "process": str, "beat": str}
        | {"began": str, "ended": str, "tokens": int, "micros": int, "doc": str},
    )
    _table(
        db,
        "proposals",
        {"n": int, "id": str, "run": str, "step": int, "agent": str, "mission": str, "space": int}
        | {"state": str, "risk": str, "made": str, "expires": str, "decided": str, "doc": str},
    )
    # Money is in millionths of a US dollar. `state` is reserved or settled.
    _table(
        db,
        "spending",
        {"n": int, "at": str, "run": str, "agent": str, "mission": str, "space": int}
        | {"model": str, "tokens": int, "micros": int, "state": str, "process": str},
    )
    _table(
        db,
        "reads",
        {"n": int, "at": str, "run": str, "agent": str, "mission": str, "space": int}
        | {"tool": str, "collection": str, "record": str},
    )
    for sql in (
        "CREATE UNIQUE INDEX runs_id ON runs (id)",
        "CREATE UNIQUE INDEX runs_slot ON runs (mission, slot) WHERE slot <> ''",
        "CREATE INDEX runs_mission ON runs (mission, n)",
        "CREATE INDEX runs_state ON runs (state) WHERE state = 'running'",
        "CREATE UNIQUE INDEX proposals_id ON proposals (id)",
        "CREATE INDEX proposals_pending ON proposals (space, n) WHERE state = 'pending'",
        "CREATE INDEX proposals_run ON proposals (run, step)",
        "CREATE INDEX spending_at ON spending (at)",
        "CREATE INDEX spending_run ON spending (run)",
        "CREATE INDEX reads_run ON reads (run)",
        "CREATE INDEX reads_at ON reads (at)",
        # What is kept of collections that a newer version declares is looked for at every opening.
        "CREATE INDEX foreign_names ON foreign_records (app, collection)",
    ):
        db.execute(sql)


def _table(db: Utils, name: str, columns: Mapping[str, type]) -> None:
    db.table(name).create(dict(columns), pk="n", strict=True)
