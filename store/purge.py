"""Purge: the deliberate exception to conservation.

It removes a record's values everywhere here: document, history, drafts, links, what waits because
of syncing, what agents asked for and did with it, restore points, and the free pages of the file. A
stone stays: id, field names, stamps, actor. What others received it cannot recall.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Container, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from store.changes import NEW
from store.collections import Collection
from store.errors import NotFoundError
from store.records import dumps, loads
from store.scope import Scope
from store.stamps import PURGED, Meta, Stamp, act_as, next_at, system

if TYPE_CHECKING:
    from store.workbench import Workbench


def purge_records(bench: Workbench, scope: Scope, collection: str, ids: Sequence[str]) -> int:
    """Purge records of one space; returns how many there were.

    The stones are deleted records; a deletion that others must learn stays marked for sending.
    Raises NotFoundError; LockedError where agents left something that has to be searched for them.
    """
    declared = bench.registry[collection]
    keys = [bench.documents.get(scope, collection, id).key for id in ids]
    with bench.db.transaction() as connection:
        connection.execute("PRAGMA secure_delete=ON")
        wrote = _runs_that_wrote(bench, declared, keys)
        _purge(bench, declared, keys)
        _purge_calls(bench, scope, ids, wrote)
        bench.db.touch(collection, scope.id, set(ids))
    _sweep(bench)
    return len(keys)


def purge_space(bench: Workbench, scope: Scope) -> int:
    """Purge every record of a space, deleted ones too; returns how many there were.

    The space itself stays, empty of values.
    """
    count = 0
    with bench.db.transaction() as connection:
        connection.execute("PRAGMA secure_delete=ON")
        for declared in bench.registry:
            if declared.level != "space":
                continue
            rows = bench.db.read(
                f'SELECT pk FROM "{declared.name}" WHERE space = ?', (scope.number,)
            )
            _purge(bench, declared, [row[0] for row in rows])
            count += len(rows)
            bench.db.touch(declared.name, scope.id, None)
        for waiting in ("foreign_records", "held", "conflicts", "proposals", "runs", "reads"):
            connection.execute(f"DELETE FROM {waiting} WHERE space = ?", (scope.number,))
        connection.execute("DELETE FROM quarantine WHERE space = ?", (scope.id,))
    _sweep(bench)
    return count


def _purge(bench: Workbench, collection: Collection, keys: Sequence[int]) -> None:
    connection = bench.db.connection()
    chosen = (dumps(list(keys)),)
    these = "IN (SELECT value FROM json_each(?))"
    rows = connection.execute(
        "SELECT pk, id, doc, large, deleted_at, meta, dirty "
        f'FROM "{collection.name}" WHERE pk {these}',
        chosen,
    ).fetchall()
    for pk, id, doc, large, deleted, meta, dirty in rows:
        stone = dict.fromkeys([*loads(doc), *loads(large)])
        stamps = Meta.load(meta)
        if deleted is None:
            before = stamps.of("deletedAt", False)
            deleted = next_at(bench.clock(), before.at if before else None)
            actor = bench.writer.actor(bench.writer.person)
            stamps.own["deletedAt"] = Stamp(deleted, actor, "user")
            unsent = bool(collection.app)
        else:
            unsent = dirty == NEW or (dirty is not None and "deletedAt" in orjson.loads(dirty))
            stamps.own.setdefault("deletedAt", stamps.default)
        stamps.default = stamps.default._replace(origin=PURGED)
        for name in stamps.own.keys() - {"deletedAt"}:
            stamps.own[name] = stamps.own[name]._replace(origin=PURGED)
        connection.execute(
            f'UPDATE "{collection.name}" SET doc = ?, large = NULL, deleted_at = ?, meta = ?, '
            "dirty = ? WHERE pk = ?",
            (dumps(stone), deleted, stamps.dump(), '["deletedAt"]' if unsent else None, pk),
        )
        connection.execute(
            "DELETE FROM drafts WHERE collection = ? AND id = ?", (collection.name, id)
        )
        connection.execute(
            "DELETE FROM held WHERE collection = ? AND id = ?", (collection.name, id)
        )
        connection.execute(
            "DELETE FROM quarantine WHERE app = ? AND collection = ? AND id = ?",
            (collection.app, collection.wire, id),
        )
    # A bare row stays, so that numbers of history only rise and every index looks again.
    connection.executemany(
        "INSERT INTO history (step, collection, record) VALUES (NULL, ?, ?)",
        [(collection.name, pk) for pk in keys],
    )
    connection.execute(
        f"DELETE FROM history WHERE collection = ? AND step IS NOT NULL AND record {these}",
        (collection.name, *chosen),
    )
    for table in ("conflicts", "aside", "repaired"):
        connection.execute(
            f"DELETE FROM {table} WHERE collection = ? AND record {these}",
            (collection.name, *chosen),
        )
    connection.execute(
        f"DELETE FROM tagged WHERE collection = ? AND record {these}", (collection.name, *chosen)
    )


def _runs_that_wrote(bench: Workbench, collection: Collection, keys: Sequence[int]) -> set[str]:
    """The runs of agents that wrote to these records: what they called tools with may be what the
    records held, without naming them."""
    rows = bench.db.read(
        "SELECT DISTINCT json_extract(a.json, '$.iterationId') FROM history h "
        "JOIN steps s ON s.n = h.step JOIN actors a ON a.n = s.actor "
        "WHERE h.collection = ? AND h.record IN (SELECT value FROM json_each(?))",
        (collection.name, dumps(list(keys))),
    )
    return {str(row[0]) for row in rows if row[0]}


def _purge_calls(bench: Workbench, scope: Scope, ids: Sequence[str], wrote: Several[str]) -> None:
    """Forget what agents proposed about these records, and with what their runs called tools, in
    the record of the mission too."""
    connection = bench.db.connection()
    emptied_runs: dict[str, str] = {}
    for table in ("proposals", "runs"):
        rows = connection.execute(
            f"SELECT id, doc, mission FROM {table} WHERE space = ?", (scope.number,)
        ).fetchall()
        for id, text, mission in rows:
            doc = bench.vault.open(table, id, "doc", text)
            known = id in wrote or mission in ids
            if not known and not any(record in dumps(doc) for record in ids):
                continue
            if table == "proposals":
                connection.execute("DELETE FROM proposals WHERE id = ?", (id,))
            else:
                emptied_runs[id] = mission
                emptied = {name: type(value)() for name, value in doc.items() if value is not None}
                connection.execute(
                    "UPDATE runs SET doc = ? WHERE id = ?",
                    (bench.vault.seal(table, id, "doc", emptied), id),
                )
            bench.db.touch(table, scope.id, {id})
    for mission in set(emptied_runs.values()) - {""}:
        _purge_iterations(bench, scope, mission, emptied_runs)


def _purge_iterations(bench: Workbench, scope: Scope, mission: str, runs: Container[str]) -> None:
    """Empty what these runs say in their mission's record: their calls, and words about them."""
    with suppress(NotFoundError):
        found = bench.documents.get(scope, "aiMissions", mission).get("iterations")
        array = [_emptied(one, runs) for one in found] if isinstance(found, list) else []
        if array != (found or []):
            with act_as(system("mission-runner")), bench.step("purge", scope=scope) as step:
                step.update("aiMissions", mission, {"iterations": array})


def _emptied(one: Any, runs: Container[str]) -> Any:
    if not isinstance(one, dict) or one.get("id") not in runs:
        return one
    plan = one.get("plan")
    return {
        **{name: value for name, value in one.items() if name not in _WORDS},
        "plan": [
            {"id": step.get("id"), "status": step.get("status"), "summary": "", "intent": _NOTHING}
            for step in (plan if isinstance(plan, list) else [])
            if isinstance(step, dict)
        ],
    }


_WORDS = frozenset({"summary", "userFeedback", "errorDetails"})
_NOTHING = {"kind": "note", "body": ""}


def _sweep(bench: Workbench) -> None:
    """Leave no old copy: restore points, free pages, the write-ahead log."""
    for path in (bench.home / "restore-points").glob("*.db"):
        with suppress(FileNotFoundError):
            path.unlink()
    bench.db.compact()
