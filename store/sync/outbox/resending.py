"""Values that go out once more with unchanged stamps, actor and origin: under a new key, or in
another form. No edit of anybody, so no history and no conflict comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Collection as Names
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from store.changes import NEW
from store.collections import COMMON, Collection
from store.records import dumps
from store.rows import FOREIGN
from store.stamps import Meta, Stamp, instant, micros
from store.sync import iterations
from store.sync.outbox.composing import AGAIN, Mark
from store.sync.outbox.forms import SHOWN_UNDECRYPTED, Forms
from store.vault.envelope import ENC1

if TYPE_CHECKING:
    from store.workbench import Workbench

PAGE = 1000

AHEAD = timedelta(hours=23)
"""How far a stamp may lie ahead and stay: servers refuse a day, and clocks differ."""

Choose = Callable[[dict[str, object], bool], Names[str]]
"""(values at rest, whether the record's protected fields go out sealed) -> names to send again."""

Progress = Callable[[int, int], None]


def reseal(bench: Workbench, progress: Progress | None = None) -> int:
    """After the account's key was replaced, on the device that replaced it: everything that the
    server holds under the old key goes out under the new one. Returns how many records.

    Repeatable: what is marked already stays marked. progress(done, of) is told now and then.
    """
    forms = Forms(bench)
    from store.sync.outbox.outgoing import retry_aside

    retry_aside(bench)
    work: list[tuple[Collection, str, Choose]] = []
    for collection in bench.registry:
        if collection.app:
            work.append((collection, collection.name, _under_a_key(forms, collection)))
    work += [(collection, FOREIGN, _foreign) for collection in _foreigners(bench)]
    total = 0
    for done, (collection, table, choose) in enumerate(work):
        total += _mark(bench, forms, collection, table, choose)
        if progress is not None:
            progress(done + 1, len(work))
    return total


def resend_for_interop(bench: Workbench) -> int:
    """After the setting ``interop`` changed: the fields that it is about go out in their new form.
    Returns how many records."""
    forms = Forms(bench)
    total = 0
    for collection in bench.registry:
        names = SHOWN_UNDECRYPTED.get((collection.app, collection.wire))
        if collection.app and names:

            def choose(
                values: dict[str, object], sealed: bool, names: Names[str] = names
            ) -> Names[str]:
                return [name for name in names if sealed and values.get(name) is not None]

            total += _mark(bench, forms, collection, collection.name, choose)
    return total


def resend_all(bench: Workbench) -> int:
    """After a server lost something: every record goes out whole, deleted ones too. Returns how
    many; they are sent as far as their spaces are on the server."""
    total = 0
    again = dumps([AGAIN + NEW])
    tables = [collection.name for collection in bench.registry if collection.app]
    for table in (*tables, FOREIGN):
        with bench.db.transaction(durable=False) as connection:
            total += connection.execute(
                f'UPDATE "{table}" SET dirty = ? WHERE dirty IS NULL', (again,)
            ).rowcount
            # What is dirty in part keeps saying which of its values nobody has had yet.
            total += connection.execute(
                f"UPDATE \"{table}\" SET dirty = json_insert(dirty, '$[#]', ?) "
                "WHERE dirty <> '*' AND NOT instr(dirty, ?)",
                (AGAIN + NEW, AGAIN + NEW),
            ).rowcount
            bench.db.touch("outbox", "", None)
    return total


def restamp(bench: Workbench, marks: Iterable[Mark]) -> int:
    """Bring stamps that a server refused, because they lie more than a day ahead of its clock, back
    to the present; returns how many records had any. Their values stay, and undo still knows them.
    """
    now = bench.writer.clock()
    limit = micros(instant(now + AHEAD))
    present = instant(now)
    changed = 0
    with bench.db.transaction() as connection:
        for mark in marks:
            table = mark.collection if mark.collection in bench.registry else FOREIGN
            sql = f'SELECT meta, deleted_at FROM "{table}" WHERE pk = ?'
            row = connection.execute(sql, (mark.record,)).fetchone()
            if row is None:
                continue
            meta, deleted = Meta.load(row[0]), row[1]
            ahead = {s.at for s in (meta.default, *meta.own.values()) if micros(s.at) > limit}
            if deleted is not None and micros(deleted) > limit:
                ahead.add(deleted)
                deleted = present
            if not ahead:
                continue
            meta = Meta(
                _present(meta.default, ahead, present),
                {name: _present(stamp, ahead, present) for name, stamp in meta.own.items()},
            )
            connection.execute(
                f'UPDATE "{table}" SET meta = ?, updated_at = ?, deleted_at = ? WHERE pk = ?',
                (meta.dump(), meta.newest(), deleted, mark.record),
            )
            connection.executemany(
                "UPDATE history SET wrote = ? WHERE record = ? AND collection = ? AND wrote = ?",
                [(present, mark.record, mark.collection, at) for at in ahead],
            )
            changed += 1
        if changed:
            bench.db.touch("outbox", "", None)
    return changed


def _present(stamp: Stamp, ahead: Names[str], present: str) -> Stamp:
    return stamp._replace(at=present) if stamp.at in ahead else stamp


def resend_space(bench: Workbench, space: int) -> int:
    """After a space became sealed or shared (its type changed): its protected fields go out in
    their new form. Returns how many records."""
    forms = Forms(bench)
    total = 0
    for collection in bench.registry:
        if collection.app and collection.level == "space":
            names = forms.protected(collection)

            def choose(
                values: dict[str, object], sealed: bool, names: Names[str] = names
            ) -> Names[str]:
                return [name for name in names if values.get(name) is not None]

            total += _mark(bench, forms, collection, collection.name, choose, space)
    return total


def _under_a_key(forms: Forms, collection: Collection) -> Choose:
    """Everything of a record that the server holds as ``enc:1``: what goes out sealed, and what
    nobody declared and came so."""
    protected = forms.protected(collection) | iterations.names(collection)
    declared = COMMON | collection.fields.keys()

    def choose(values: dict[str, object], sealed: bool) -> Names[str]:
        return [
            name
            for name, value in values.items()
            if value is not None
            and ((sealed and name in protected) or (name not in declared and _is_enc1(value)))
        ]

    return choose


def _foreign(values: dict[str, object], sealed: bool) -> Names[str]:
    return [name for name, value in values.items() if _is_enc1(value)]


def _is_enc1(value: object) -> bool:
    return isinstance(value, str) and value.startswith(ENC1)


def _foreigners(bench: Workbench) -> list[Collection]:
    rows = bench.db.read("SELECT DISTINCT app, collection FROM foreign_records")
    return [bench.registry.foreign(app, name) for app, name in rows]


def _mark(
    bench: Workbench,
    forms: Forms,
    collection: Collection,
    table: str,
    choose: Choose,
    space: int | None = None,
) -> int:
    """Mark what ``choose`` names in every live record, page by page, each a transaction."""
    foreign = table == FOREIGN
    large = "NULL" if foreign else "large"
    where = ""
    values: list[str | int] = []
    if foreign:
        where, values = "AND app = ? AND collection = ?", [collection.app, collection.wire]
    if space is not None:
        where, values = "AND space = ?", [space]
    sql = (
        f'SELECT pk, space, private, doc, {large}, dirty FROM "{table}" '
        f"WHERE pk > ? AND deleted_at IS NULL {where} ORDER BY pk LIMIT {PAGE}"
    )
    total, last = 0, -1
    while True:
        with bench.db.transaction(durable=False) as connection:
            rows = connection.execute(sql, (last, *values)).fetchall()
            marked = []
            for pk, number, private, doc, body, dirty in rows:
                at_rest = orjson.loads(doc) | (orjson.loads(body) if body else {})
                sealed = forms.seals(number, private)
                names = choose(at_rest, sealed)
                if names and dirty != NEW:
                    marked.append((_with(dirty, names), pk))
            connection.executemany(f'UPDATE "{table}" SET dirty = ? WHERE pk = ?', marked)
            if marked:
                bench.db.touch("outbox", "", None)
        total += len(marked)
        if len(rows) < PAGE:
            return total
        last = rows[-1][0]


def _with(dirty: str | None, names: Names[str]) -> str:
    """A dirty mark with ``names`` to be sent again, where they are not dirty anyway."""
    there = set(orjson.loads(dirty)) if dirty else set()
    return dumps(sorted(there | {AGAIN + name for name in names if name not in there}))
