"""What the tests of the outbox share: homes whose spaces are linked, and what they would send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from store.sync import account
from store.sync.outbox import outgoing
from store.workbench import Workbench

KEY = bytes(range(32))
"""The account's master key of all test homes."""

Change = dict[str, Any]


def linked(bench: Workbench, *, key: bytes = KEY, interop: str = "") -> Workbench:
    """The home as after a login: an account, its key, every space known to the server."""
    bench.vault.add_key("account", "a1", key)
    words = dict.fromkeys(("email", "name", "identity", "sync"), "x")
    account.keep(bench, user="u1", signed_in=True, linked=True, interop=interop, **words)
    with bench.db.transaction() as connection:
        connection.execute("UPDATE spaces SET id = 'sp-' || pk WHERE id LIKE '_personal:%'")
        connection.execute(
            "INSERT OR REPLACE INTO memberships (space, state) SELECT pk, 'linked' FROM spaces"
        )
    if bench.viewer:
        bench.enter(bench.spaces.personal())
    return bench


def shared(bench: Workbench, type: str = "team") -> str:
    """Make a shared space that the server knows; returns its id."""
    space = bench.spaces.create("Ours", type)
    with bench.db.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO memberships (space, state) SELECT pk, 'linked' FROM spaces "
            "WHERE id = ?",
            (space,),
        )
    return space


def sent(
    bench: Workbench,
    *,
    acknowledge: bool = True,
    between: Callable[[outgoing.Batch], None] | None = None,
    **kw: Any,
) -> list[Change]:
    """Everything the outbox sends now, as the server would read it."""
    out: list[Change] = []
    for batch in outgoing.batches(bench, **kw):
        out += orjson.loads(outgoing.encode(batch, "client"))["changes"]
        if between is not None:
            between(batch)
        if acknowledge:
            outgoing.acknowledge(bench, batch)
    return out


def of(changes: list[Change], id: str) -> list[Change]:
    """The changes of one record, in order."""
    return [change for change in changes if change["id"] == id]


def opened(bench: Workbench, value: Any) -> Any:
    """A value of the wire as its readers see it."""
    if isinstance(value, str) and value.startswith("enc:1:"):
        return bench.vault.open1(value)
    return value


def dirty(bench: Workbench, collection: str, id: str) -> str | None:
    """The dirty mark of a record as it stands."""
    found: str | None = bench.db.read(f'SELECT dirty FROM "{collection}" WHERE id = ?', (id,))[0][0]
    return found


T0 = "2026-06-01T12:00:00.000Z"
T1 = "2026-06-01T12:00:01.000Z"
T2 = "2026-06-01T12:00:02.000Z"


def add(bench: Workbench, collection: str = "tasks", id: str = "t1", **fields: Any) -> str:
    """Make a record."""
    with bench.step("add") as step:
        return step.insert(collection, {"title": "one", **fields}, id=id)


def edit(bench: Workbench, id: str = "t1", collection: str = "tasks", **fields: Any) -> None:
    """Change a record."""
    with bench.step("edit") as step:
        step.update(collection, id, fields)


def remove(bench: Workbench, id: str = "t1", collection: str = "tasks") -> None:
    """Delete a record."""
    with bench.step("delete", confirmed=True) as step:
        step.delete(collection, id)


def bring_back(bench: Workbench, id: str = "t1", collection: str = "tasks") -> None:
    """Restore a record."""
    with bench.step("restore") as step:
        step.restore(collection, id)
