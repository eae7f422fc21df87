"""What linking renames: the person, a space's id, and the few records whose id contains one.

The only writes of sync outside the one write path, because no value changes: rows get the names
that a server gives them. Envelopes are bound to the record's id, so what is renamed is sealed
anew, its history and drafts too. Each function is one transaction; repeating it changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from store.errors import UnreadableError
from store.records import dumps, loads
from store.stamps import GUEST, canonical, user
from store.vault import is_envelope
from store.vault.envelope import ENC2

if TYPE_CHECKING:
    from store.workbench import Workbench

Rename = Callable[[str], str]


def adopt(bench: Workbench, principal: str, name: str) -> bool:
    """Make the guest of this home the person of an account; whether anything was renamed."""
    rows = bench.db.read("SELECT 1 FROM principals WHERE id = ?", (GUEST,))
    known = bench.db.read("SELECT value FROM home WHERE key = 'principal'")
    if not rows and known and known[0][0] == principal:
        return False
    with bench.db.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO home VALUES ('principal', ?)", (principal,))
        _adopt_principal(bench, connection, principal)
        _adopt_actors(connection, principal, name)
        bench.db.touch("account", "", None)
    return True


def _adopt_principal(bench: Workbench, connection: sqlite3.Connection, principal: str) -> None:
    guest = connection.execute("SELECT n FROM principals WHERE id = ?", (GUEST,)).fetchone()
    there = connection.execute("SELECT n FROM principals WHERE id = ?", (principal,)).fetchone()
    if guest is None:
        return
    if there is None:
        connection.execute("UPDATE principals SET id = ? WHERE n = ?", (principal, guest[0]))
        return
    for table in (*(c.name for c in bench.registry), "foreign_records"):
        for column in ("author", "private"):
            connection.execute(
                f'UPDATE "{table}" SET {column} = ? WHERE {column} = ?', (there[0], guest[0])
            )
    connection.execute("DELETE FROM principals WHERE n = ?", guest)


def _adopt_actors(connection: sqlite3.Connection, principal: str, name: str) -> None:
    for number, text in connection.execute("SELECT n, json FROM actors").fetchall():
        actor = orjson.loads(text)
        if actor.get("kind") != "user" or actor.get("principalId") != GUEST:
            continue
        shown = name if actor.get("displayName") == user()["displayName"] and name else ""
        actor |= {"principalId": principal} | ({"displayName": shown} if shown else {})
        renamed = canonical(actor).decode()
        taken = connection.execute("SELECT 1 FROM actors WHERE json = ?", (renamed,)).fetchone()
        while taken:  # the same actor under a second number: the text differs, its meaning not
            renamed += " "
            taken = connection.execute("SELECT 1 FROM actors WHERE json = ?", (renamed,)).fetchone()
        connection.execute("UPDATE actors SET json = ? WHERE n = ?", (renamed, number))


def rename_space(bench: Workbench, number: int, new: str) -> None:
    """Give a space, by its row, the id that a server knows it by. Inside a transaction.

    Raises LockedError.
    """
    connection = bench.db.connection()
    old = str(connection.execute('SELECT id FROM "spaces" WHERE pk = ?', (number,)).fetchone()[0])
    if old == new:
        return

    def rename(text: str) -> str:
        return text.replace(old, new)

    here = "space IN (?, 0) AND instr(id, ?)"
    for collection in bench.registry:
        table = collection.name
        for pk, id in connection.execute(
            f'SELECT pk, id FROM "{table}" WHERE {here}', (number, old)
        ).fetchall():
            _rename_record(bench, table, collection.place, pk, id, rename(id))
        for field, declared in collection.fields.items():
            if declared.kind == "id" and declared.clear:
                _relink(connection, table, field, number, rename, old)
        bench.db.touch(table, old, None)
        bench.db.touch(table, new, None)
    for pk, app, name, id in connection.execute(
        f"SELECT pk, app, collection, id FROM foreign_records WHERE {here}", (number, old)
    ).fetchall():
        place = bench.registry.foreign(app, name).place
        _rename_record(bench, "foreign_records", place, pk, id, rename(id))
    _rename_agents(connection, rename, old)
    _rename_choices(bench, connection, rename, old)
    _rename_drafts(bench, connection, rename, old)
    connection.execute(
        "INSERT INTO memberships (space, state, was) VALUES (?, 'local', ?) "
        "ON CONFLICT (space) DO UPDATE SET was = coalesce(was, excluded.was)",
        (number, old),
    )
    bench.db.touch("spaces", "", None)


def _rename_record(bench: Workbench, table: str, place: str, pk: int, id: str, new: str) -> None:
    """Rename one record whose id contains a space's; its envelopes, history and drafts follow."""
    connection = bench.db.connection()
    foreign = table == "foreign_records"
    columns = "doc" if foreign else "doc, large"
    row = connection.execute(f'SELECT {columns} FROM "{table}" WHERE pk = ?', (pk,)).fetchone()
    docs = [text and dumps(_sealed_anew(bench, place, id, new, loads(text))) for text in row]
    sets = ", ".join(f"{name} = ?" for name in columns.split(", "))
    connection.execute(f'UPDATE "{table}" SET id = ?, {sets} WHERE pk = ?', (new, *docs, pk))
    if foreign:
        return
    for n, prior in connection.execute(
        "SELECT n, prior FROM history WHERE record = ? AND collection = ? AND prior IS NOT NULL",
        (pk, table),
    ).fetchall():
        entries = orjson.loads(prior)
        values = {field: entry[1] for field, entry in entries.items() if len(entry) > 1}
        for field, value in _sealed_anew(bench, place, id, new, values).items():
            entries[field][1] = value
        connection.execute("UPDATE history SET prior = ? WHERE n = ?", (dumps(entries), n))
    for other in ("held", "drafts"):
        connection.execute(
            f"UPDATE {other} SET id = ? WHERE collection = ? AND id = ?", (new, table, id)
        )


def _sealed_anew(
    bench: Workbench, place: str, old: str, new: str, values: dict[str, Any]
) -> dict[str, Any]:
    """Values at rest of a record under its new id. What does not open here stays as it is."""
    for name, value in values.items():
        if isinstance(value, str) and value.startswith(ENC2):
            try:
                values[name] = bench.vault.seal(
                    place, new, name, bench.vault.open(place, old, name, value)
                )
            except UnreadableError:
                continue
    return values


def _relink(
    connection: sqlite3.Connection, table: str, field: str, space: int, rename: Rename, old: str
) -> None:
    """Links that name a renamed record follow it."""
    path = f"$.{field}"
    for pk, value in connection.execute(
        f'SELECT pk, json_extract(doc, ?) FROM "{table}" '
        "WHERE space = ? AND instr(json_extract(doc, ?), ?)",
        (path, space, path, old),
    ).fetchall():
        connection.execute(
            f'UPDATE "{table}" SET doc = json_set(doc, ?, ?) WHERE pk = ?',
            (path, rename(value), pk),
        )


def _rename_agents(connection: sqlite3.Connection, rename: Rename, old: str) -> None:
    """What is remembered of a default agent, whose id contains that of its space."""
    for table in ("runs", "proposals", "spending", "reads"):
        connection.execute(
            f"UPDATE {table} SET agent = replace(agent, ?, ?) WHERE instr(agent, ?)",
            (old, rename(old), old),
        )
    connection.execute(
        "UPDATE OR REPLACE authority SET key = replace(key, ?, ?), id = replace(id, ?, ?) "
        "WHERE instr(id, ?)",
        (*(old, rename(old)) * 2, old),
    )


def _rename_choices(
    bench: Workbench, connection: sqlite3.Connection, rename: Rename, old: str
) -> None:
    """The choices of this machine that name the space: its scene, the last place."""
    for key, text in connection.execute("SELECT key, value FROM device").fetchall():
        if not is_envelope(text):
            value = text
        else:
            try:
                value = dumps(bench.vault.open("device", key, "value", text))
            except UnreadableError:
                continue
        if old not in key and old not in value:
            continue
        kept = rename(value)
        if is_envelope(text):
            kept = bench.vault.seal("device", rename(key), "value", orjson.loads(kept))
        connection.execute("DELETE FROM device WHERE key = ?", (key,))
        connection.execute("INSERT OR REPLACE INTO device VALUES (?, ?)", (rename(key), kept))


def _rename_drafts(
    bench: Workbench, connection: sqlite3.Connection, rename: Rename, old: str
) -> None:
    """Drafts whose place names the space; their text is bound to the place."""
    for place, text in connection.execute(
        "SELECT place, text FROM drafts WHERE instr(place, ?)", (old,)
    ).fetchall():
        moved = rename(place)
        try:
            opened = bench.vault.open("drafts", place, "text", text)
        except UnreadableError:
            continue
        connection.execute(
            "UPDATE OR REPLACE drafts SET place = ?, text = ? WHERE place = ?",
            (moved, bench.vault.seal("drafts", moved, "text", opened), place),
        )
