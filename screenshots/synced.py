"""The demo's home as it stands once it belongs to an account: written by the parts that do it in a
real one, with a clock that stands still and without a network."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from at_noon import NOON, clock

if TYPE_CHECKING:
    from store.sync.wire import Change
    from store.workbench import Workbench

MORNING = datetime(2026, 10, 14, 9, 41, tzinfo=UTC)
"""When Jonna wrote, on the ferry and without a network."""

THEIRS = "2026-10-14T10:0{n}:30.000Z"
SENT = "2026-10-14T12:18:00.000Z"
MIKA = {"kind": "user", "principalId": "user-mika", "displayName": "Mika"}
STRAY = "a-space-of-somebody-else"
ROOM = {"personal": 1, "family": 4, "team": 3, "brand": 1, "club": 9, "practice": 2}
"""How many people are in a space of a type."""

MINE_THEIRS = (
    ("Boat out of the water", "Boat out of the water, both hulls", "Boat out before the 20th"),
    ("Ask the plumber for a date", "Ask the plumber for Thursday", "Plumber comes on Friday at 8"),
)
"""A task of the household, what Jonna made of it, what Mika made of it later."""

LATE = ("Call Aunt Hilde back", "Call Aunt Hilde back, after six")
"""What was written after the server took something last."""


def prepare(home: Path, config: Path, to: Path) -> Path:
    """A copy of the demo's ``home`` in ``to``, joined to an account; its key is in ``config``."""
    from store.workbench import Workbench

    made = shutil.copytree(home, to)
    before = os.environ.get("MANABENCH_CONFIG")
    os.environ["MANABENCH_CONFIG"] = str(config)
    try:
        now = [MORNING]
        with closing(Workbench.open(made, clock=lambda: now[0])) as bench:
            bench.vault.unlock_quietly()
            _join(bench)
            _wait(bench, now)
    finally:
        os.environ.pop("MANABENCH_CONFIG")
        if before is not None:
            os.environ["MANABENCH_CONFIG"] = before
    return made


@contextmanager
def another_engine(home: Path) -> Iterator[None]:
    """As with a second pane open: the workbench in the picture is not the one that syncs."""
    from store.sync.engine.lock import FILE

    with open(home / FILE, "a", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _join(bench: Workbench) -> None:
    """The account and its key, its spaces on the server, everything sent."""
    from store.sync import account
    from store.sync.engine import cursors
    from store.sync.outbox import outgoing
    from store.sync.spaces import membership

    bench.vault.add_key("account", "a1", bytes(range(32)))
    account.keep(
        bench,
        user="user-jonna",
        email="jonna@example.org",
        name="Jonna",
        identity="https://bench.example.org",
        sync="https://bench.example.org",
        signed_in=True,
        linked=True,
    )
    with bench.db.transaction() as connection:
        for space in bench.spaces.list():
            scope = bench.spaces.scope(space["id"])
            role = "member" if scope.type == "club" else "owner"
            count = ROOM.get(scope.type, 1)
            membership.put(connection, scope.number, state="linked", role=role, members=count)
    for batch in outgoing.batches(bench):
        outgoing.acknowledge(bench, batch)
    with bench.db.transaction() as connection:
        for one in bench.registry:
            if one.app:
                rows = connection.execute(f'SELECT count(*) FROM "{one.name}"').fetchone()[0]
                cursors.save(
                    connection,
                    cursors.Cursor(one.app, one.wire, SENT, hydrated=True, pulled=SENT, rows=rows),
                )


def _wait(bench: Workbench, now: list[datetime]) -> None:
    """What waits for a look, what is still to be sent, and how it goes."""
    from store.sync import status
    from store.sync.inbox.incoming import receive

    house = next(s["id"] for s in bench.spaces.list() if s.text("type") == "family")
    bench.enter(house)
    ids = _ids(bench)
    with bench.step("edit") as step:
        for was, mine, _theirs in MINE_THEIRS:
            step.update("tasks", ids[was], {"title": mine})
    for n, (was, _mine, theirs) in enumerate(MINE_THEIRS):
        row = _change(ids[was], house, theirs, THEIRS.format(n=n))
        receive(bench, "todo", "tasks", [row])
    receive(bench, "todo", "tasks", [_change("stray", STRAY, "astray", THEIRS.format(n=5))])
    bench.enter(bench.spaces.personal())
    now[0] = NOON - timedelta(seconds=20)
    with bench.step("edit") as step:
        step.update("tasks", _ids(bench)[LATE[0]], {"title": LATE[1]})
    status.tell(
        bench,
        acknowledged=SENT,
        pulled=SENT,
        live="socket",
        engine={"state": "idle", "words": ""},
        rates={
            "at": NOON.isoformat().replace("+00:00", "Z"),
            "counts": [0.0, 3.0, 40.0, 210.0, 190.0, 90.0, 12.0, 0.0, 1.0, 0.0, 24.0, 60.0, 8.0],
        },
    )


def _ids(bench: Workbench) -> dict[str, str]:
    from store.queries import Query

    keys = bench.documents.keys(bench.scope, Query("tasks", "", ()))
    found = bench.documents.by_keys(bench.scope, "tasks", keys)
    return {record.text("title"): record["id"] for record in found}


def _change(id: str, space: str, title: str, at: str) -> Change:
    from store.sync.wire import Change

    fields = {"title": (title, at)}
    return Change("tasks", id, "update", {}, fields, "", space, MIKA, "user", f"event-{id}")


__all__ = ["another_engine", "clock", "prepare"]
