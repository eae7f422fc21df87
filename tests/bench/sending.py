"""Sending: 100,000 local changes to bodies of pushes and their marks cleared, without a network.

The floor is the unavoidable work of that by bare code: sqlite3 on a table with the same indexes,
orjson, and the AES of ``cryptography``. It reads the dirty rows in batches, parses their values and
stamps, opens what lies sealed under the file key and seals it under the account's, makes the same
changes, encodes the same body, and takes the marks away, a transaction for each batch. What a
program has to heed besides is ours alone: which order, which space and form, what was set aside,
what changed while the server answered, and what was acknowledged a moment ago. That both make the
same number of bytes is looked at each time.
"""

from __future__ import annotations

import os
import sqlite3
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.sync import account, wire
from store.sync.compare.digest import digest
from store.sync.outbox import outgoing
from store.vault.envelope import ENC1, ENC2
from store.workbench import Workbench
from tests.bench.material import notes, tasks
from tests.bench.measure import Line, scratch, timed

KEY = bytes(range(32))
FILE_KEY, WIRE_KEY = AESGCM(bytes(32)), AESGCM(KEY)
BATCH = 200
TURNS = 7
COLUMNS = (
    *("pk", "id", "space", "author", "private", "created_at", "updated_at", "deleted_at"),
    *("meta", "dirty", "doc", "large"),
)


def sending(count: int) -> list[Line]:
    """New tasks as inserts, titles edited one by one as updates, and notes with their bodies."""
    lines = []
    with scratch() as (folder, _):
        bench = _linked()
        with bench.step("import", durable=False) as step:
            step.merge_many("tasks", tasks(count))
        lines.append(_line(folder, bench, "tasks", f"sending {count:,} new tasks"))
        lines.append(_digest(bench, count))
        with bench.step("edit", durable=False) as step:
            for replica in tasks(count // 5):
                step.update("tasks", replica.id, {"title": "another title"})
        lines.append(_line(folder, bench, "tasks", f"sending {count // 5:,} edited titles"))
        with bench.step("import", durable=False) as step:
            step.merge_many("notes", notes(count // 5))
        lines.append(_line(folder, bench, "notes", f"sending {count // 5:,} new notes"))
        bench.close()
    return lines


def _linked() -> Workbench:
    bench = Workbench.create(keyring=False)
    bench.vault.add_key("account", "a1", KEY)
    words = dict.fromkeys(("email", "name", "identity", "sync"), "x")
    account.keep(bench, user="u1", signed_in=True, linked=True, **words)
    with bench.db.transaction() as connection:
        connection.execute("INSERT INTO memberships (space, state) SELECT pk, 'linked' FROM spaces")
    _send(bench)
    return bench


def _send(bench: Workbench) -> list[int]:
    sizes = []
    for batch in outgoing.batches(bench, count=BATCH):
        sizes.append(len(outgoing.encode(batch, "client")))
        outgoing.acknowledge(bench, batch)
    return sizes


def _line(folder: Path, bench: Workbench, collection: str, what: str) -> Line:
    """Ours against the floor, several times each in turn; the marks are put back in between."""
    marks = bench.db.read(f'SELECT dirty, pk FROM "{collection}" WHERE dirty IS NOT NULL')
    back = f'UPDATE "{collection}" SET dirty = ? WHERE pk = ?'
    ours, floor = [], []
    with closing(_bare(folder / "bare.db", bench, collection)) as bare:
        work = _floor(bench, bare, collection)
        for _turn in range(TURNS):
            sent: list[int] = []
            wrote: list[int] = []
            ours.append(timed(lambda: sent.extend(_send(bench))))  # noqa: B023
            floor.append(timed(lambda: wrote.extend(work())))  # noqa: B023
            if sum(sent) != sum(wrote):
                raise AssertionError(f"{sum(sent)} bytes against the floor's {sum(wrote)}")
            with bench.db.transaction() as connection:
                connection.executemany(back, marks)
            bare.executemany(back, marks)
    with bench.db.transaction() as connection:
        connection.execute(f'UPDATE "{collection}" SET dirty = NULL')
    best, bottom, count = min(ours), min(floor), len(marks)
    return Line(what, count / best, count / bottom, bottom / best, "at least 0.50x", "/s")


def _bare(path: Path, bench: Workbench, collection: str) -> sqlite3.Connection:
    """The rows of a collection with the same indexes, their values sealed under ``FILE_KEY``."""
    path.unlink(missing_ok=True)
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=NORMAL")
    for (sql,) in bench.db.read(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL "
        "AND type IN ('table', 'index') ORDER BY type DESC",
        (collection,),
    ):
        bare.execute(sql)
    place = bench.registry[collection].place

    def sealed(id: str, text: str | None) -> str | None:
        if text is None:
            return None
        values = orjson.loads(text)
        for name, value in values.items():
            if isinstance(value, str) and value.startswith(ENC2):
                plain = orjson.dumps(bench.vault.open(place, id, name, value))
                where = orjson.dumps((place, id, name))
                nonce = os.urandom(12)
                whole = b2a_base64(nonce + FILE_KEY.encrypt(nonce, plain, where), newline=False)
                values[name] = f"{ENC2}{'0' * 8}:{whole.decode()}"
        return orjson.dumps(values).decode()

    names = ", ".join(COLUMNS)
    rows = bench.db.read(f'SELECT {names} FROM "{collection}"')
    bare.execute("BEGIN")
    bare.executemany(
        f'INSERT INTO "{collection}" ({names}) VALUES ({",".join("?" * len(COLUMNS))})',
        [(*row[:-2], sealed(row[1], row[-2]), sealed(row[1], row[-1])) for row in rows],
    )
    bare.execute("COMMIT")
    return bare


def _floor(
    bench: Workbench, bare: sqlite3.Connection, collection: str
) -> Callable[[], Iterator[int]]:
    """The same work done bare; it gives the bytes of each body."""
    declared = bench.registry[collection]
    actors = {n: orjson.loads(json) for n, json in bench.db.read("SELECT n, json FROM actors")}
    people = dict(bench.db.read("SELECT n, id FROM principals"))
    spaces = dict(bench.db.read('SELECT pk, id FROM "spaces"'))
    sealed = [name for name, field in declared.fields.items() if field.wire]
    read = (
        "SELECT pk, id, space, author, created_at, doc, meta, dirty, large "
        f'FROM "{collection}" WHERE dirty IS NOT NULL AND pk > ? LIMIT {BATCH}'
    )
    clear = f'UPDATE "{collection}" SET dirty = NULL WHERE pk = ?'

    def changed(row: tuple[Any, ...]) -> dict[str, Any]:
        _pk, id, space, author, created, doc, meta, dirty, large = row
        values, stamps = orjson.loads(doc), orjson.loads(meta)
        if large is not None:
            values.update(orjson.loads(large))
        at, actor, origin = stamps["d"]
        head = {"id": id, "table": declared.wire, "spaceId": spaces[space]}
        if dirty == "*":
            for name in sealed:
                if (value := values.get(name)) is not None:
                    values[name] = _moved(declared.place, id, name, value)
            fixed = {"id": id, "createdAt": created, "updatedAt": at}
            values |= fixed | {"spaceId": spaces[space], "authorId": people[author]}
            return head | {"op": "insert", "actor": actors[actor], "origin": origin, "data": values}
        fields = {}
        for name in orjson.loads(dirty):
            at, actor, origin = stamps["f"][name]
            value = values[name]
            if name in sealed:
                value = _moved(declared.place, id, name, value)
            fields[name] = {"value": value, "at": at, "updatedAt": at}
        return head | {"op": "update", "actor": actors[actor], "origin": origin, "fields": fields}

    def work() -> Iterator[int]:
        last = -1
        while rows := bare.execute(read, (last,)).fetchall():
            last = rows[-1][0]
            changes = [changed(row) for row in rows]
            yield len(wire.encode_push(changes, "client"))
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany(clear, [row[:1] for row in rows])
            bare.execute("COMMIT")

    return work


def _moved(place: str, id: str, name: str, value: str) -> str:
    """An envelope at rest as one of the wire, by nothing but the cipher."""
    blob = a2b_base64(value[len(ENC2) + 9 :])
    plain = FILE_KEY.decrypt(blob[:12], blob[12:], orjson.dumps((place, id, name)))
    nonce = os.urandom(12)
    whole = b2a_base64(nonce + WIRE_KEY.encrypt(nonce, plain, None), newline=False).decode()
    return f"{ENC1}{whole[:16]}.{whole[16:]}"


def _digest(bench: Workbench, count: int) -> Line:
    space = bench.spaces.scope(bench.spaces.personal()).number
    rows = bench.db.read("SELECT id, doc FROM tasks")

    def floor() -> None:
        for id, doc in rows:
            for name, value in orjson.loads(doc).items():
                if isinstance(value, str) and value.startswith("enc:"):
                    bench.vault.open("todo/tasks", id, name, value)

    ours, bare = timed(lambda: digest(bench, space)), timed(floor)
    what = f"  digest of {count:,} tasks (floor: opening them)"
    return Line(what, ours, bare, ours / bare, "a few s", "s")
