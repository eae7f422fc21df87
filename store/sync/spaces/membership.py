"""The spaces of the account, as its server lists them, and what that means for those here.

    local     not on the server yet: nothing of it is sent
    linked    both sides have it
    missing   once not listed; still shown, still synced
    hidden    not listed twice, ten minutes apart: kept, out of the list, unsent changes held

An error hides nothing, and a list without the personal space is no list. What returns is linked
again and pulled from the start.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from store.collections import SPACE_TYPES
from store.errors import UnreadableError
from store.stamps import act_as, instant, micros, system
from store.sync.net.remote import RemoteSpace
from store.sync.outbox import outgoing
from store.words import N_

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

MARKER = "benchId"
"""The key of a space's metadata on the server that holds the id it had here before: a creation
whose answer was lost is found again by it."""

CONFIRM = timedelta(minutes=10)
"""How long a space must go unlisted before it is hidden."""

NAMES = ("name", "slug", "type")


class Followed(NamedTuple):
    """What a list changed, by rows of spaces. joined: new or back, to be pulled from the start."""

    joined: list[int]
    hidden: list[int]
    missing: list[int]


class Membership(NamedTuple):
    """A space here and its standing with the server."""

    space: int
    id: str
    state: str
    role: str
    members: int
    missing: str
    checked: str


def memberships(bench: Workbench) -> list[Membership]:
    """Every live space with its standing; ``local`` where no server has it."""
    rows = bench.db.read(
        "SELECT s.pk, s.id, coalesce(m.state, 'local'), coalesce(m.role, ''), "
        "coalesce(m.members, 0), coalesce(m.missing, ''), coalesce(m.checked, '') "
        'FROM "spaces" s LEFT JOIN memberships m ON m.space = s.pk '
        "WHERE s.deleted_at IS NULL ORDER BY s.pk"
    )
    return [Membership(*row) for row in rows]


def is_missing(bench: Workbench, space: int) -> bool:
    """Whether the server did not list a space that it had, by the space's row."""
    found = bench.db.read(
        "SELECT 1 FROM memberships WHERE space = ? AND state = 'missing'", (space,)
    )
    return bool(found)


def put(connection: sqlite3.Connection, space: int, **values: Any) -> None:
    """Write columns of a space's standing. Inside a transaction."""
    connection.execute(
        "INSERT INTO memberships (space, state) VALUES (?, 'local') ON CONFLICT DO NOTHING",
        (space,),
    )
    sets = ", ".join(f"{name} = ?" for name in values)
    connection.execute(
        f"UPDATE memberships SET {sets} WHERE space = ?",
        (*values.values(), space),
    )


# Following the server's list --------------------------------------------------------------------


def follow(bench: Workbench, listed: Sequence[RemoteSpace]) -> Followed:
    """Take a complete, successful list of the account's spaces in; one transaction.

    While the vault is locked no space is added, because its name could not be sealed.
    """
    done = Followed([], [], [])
    with bench.db.transaction() as connection:
        rows = {
            id: (number, state, missing, role)
            for number, id, state, missing, role in connection.execute(
                'SELECT s.pk, s.id, m.state, m.missing, m.role FROM "spaces" s '
                "LEFT JOIN memberships m ON m.space = s.pk WHERE s.id NOT LIKE 'forgotten:%'"
            )
        }
        ids = {space.id for space in listed}
        personal = bench.spaces.personal()
        if personal not in ids:
            return done
        allowed = False
        for space in listed:
            number, state, _since, role = rows.get(space.id, (0, None, None, None))
            if not number:
                if not bench.vault.unlocked:
                    continue
                number = take_in(bench, space)
                done.joined.append(number)
            elif state != "linked":
                put(connection, number, state="linked", missing="")
                done.joined.append(number)
            if bench.vault.unlocked:
                follow_names(bench, number, space)
            if space.role and space.role != role:
                put(connection, number, role=space.role)
                allowed = True
        for id, (number, state, since, _role) in rows.items():
            if id not in ids and state in ("linked", "missing"):
                _unlisted(bench, number, since or "", done)
        if any(done):
            bench.db.touch("spaces", "", None)
        if allowed or done.joined:
            # What a server refused may be welcome by now.
            outgoing.retry_aside(bench)
        if done.joined:
            connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('repull', 'true')")
            bench.db.touch("sync_state", "", None)
    return done


def repull_wanted(bench: Workbench) -> bool:
    """Whether a space was joined since the last pull from the start began."""
    return bool(bench.db.read("SELECT 1 FROM sync_state WHERE key = 'repull'"))


def repull_begun(connection: sqlite3.Connection) -> None:
    """Every cursor stands at the start again; in the same transaction."""
    connection.execute("DELETE FROM sync_state WHERE key = 'repull'")


def _unlisted(bench: Workbench, number: int, since: str, done: Followed) -> None:
    connection = bench.db.connection()
    now = instant(bench.clock())
    waited = micros(now) - micros(since) if since else -1
    if waited < 0:  # the first time, or a clock that went back
        put(connection, number, state="missing", missing=now)
        done.missing.append(number)
    elif waited >= CONFIRM.total_seconds() * 1_000_000:
        put(connection, number, state="hidden")
        done.hidden.append(number)


def take_in(bench: Workbench, space: RemoteSpace) -> int:
    """Make the row of a space that the server has and this home has not; returns it. A space made
    here whose creation lost its answer is found by its mark and given its id instead."""
    from store.sync.spaces.renaming import rename_space

    connection = bench.db.connection()
    mark = space.metadata.get(MARKER)
    row = connection.execute(
        'SELECT s.pk FROM "spaces" s LEFT JOIN memberships m ON m.space = s.pk '
        "WHERE s.id = ? AND coalesce(m.state, 'local') = 'local' "
        "AND json_extract(s.doc, '$.type') <> 'personal'",
        (mark if isinstance(mark, str) else "",),
    ).fetchone()
    if row:
        rename_space(bench, row[0], space.id)
        number = int(row[0])
    else:
        values = {"type": space.type, "name": space.name, "slug": space.slug}
        with pulled(bench) as step:
            step.merge("spaces", space.id, values, instant(bench.clock()))
        number = int(
            connection.execute('SELECT pk FROM "spaces" WHERE id = ?', (space.id,)).fetchone()[0]
        )
    put(connection, number, state="linked", missing="", agreed=_seal(bench, number, said(space)))
    return number


# Names: the server's win unless they were changed here ------------------------------------------


def said(space: RemoteSpace) -> dict[str, str]:
    """What a server says of a space's names."""
    return {"name": space.name, "slug": space.slug, "type": space.type}


def agreed(bench: Workbench, number: int) -> dict[str, Any]:
    """What both sides last had, and under ``refused`` what the server would not take."""
    rows = bench.db.read("SELECT agreed FROM memberships WHERE space = ?", (number,))
    if not rows or not rows[0][0]:
        return {}
    try:
        value = bench.vault.open("memberships", str(number), "agreed", rows[0][0])
    except UnreadableError:
        return {}
    return value if isinstance(value, dict) else {}


def agree(bench: Workbench, number: int, values: Mapping[str, Any]) -> None:
    """Keep what both sides have now. Raises LockedError."""
    with bench.db.transaction() as connection:
        put(connection, number, agreed=_seal(bench, number, values))


def _seal(bench: Workbench, number: int, values: Mapping[str, Any]) -> str:
    return bench.vault.seal("memberships", str(number), "agreed", dict(values))


def names_here(bench: Workbench, number: int) -> dict[str, str]:
    """Name, slug and type as they are here; what does not open is left out."""
    found = bench.documents.by_keys(bench.user_scope, "spaces", [number])
    record = found[0] if found else {}
    return {n: record[n] for n in NAMES if isinstance(record.get(n), str)}


def changed_here(bench: Workbench, number: int) -> dict[str, str]:
    """Names that were changed here and the server does not have yet, nor has refused."""
    known = agreed(bench, number)
    refused = known.get("refused") or {}
    return {
        name: value
        for name, value in names_here(bench, number).items()
        if name in known and value not in (known[name], refused.get(name))
    }


def follow_names(bench: Workbench, number: int, space: RemoteSpace) -> None:
    """Write what the server changed; what was changed here is pushed by ``settle`` instead.

    No space stops being personal because a server says so, for its values would go out in
    plaintext, and none becomes it, for they would be sealed to its other members.
    """
    known, here = agreed(bench, number), names_here(bench, number)
    mine = changed_here(bench, number) if known else {}
    theirs = {
        name: value
        for name, value in said(space).items()
        if value and value != known.get(name) and name not in mine
    }
    if "personal" in (here.get("type"), theirs.get("type")) or (
        theirs.get("type") not in SPACE_TYPES
    ):
        theirs.pop("type", None)
    write_names(bench, space.id, {n: v for n, v in theirs.items() if v != here.get(n)})
    if theirs or not known:
        agree(bench, number, {**(known or said(space)), **theirs})


def write_names(bench: Workbench, id: str, values: Mapping[str, str]) -> None:
    """Write names that come from the server; no step of the person's, so undo does not see it."""
    if values:
        with pulled(bench) as step:
            step.update("spaces", id, values)


@contextmanager
def pulled(bench: Workbench) -> Iterator[Step]:
    """A step of the server's at the user level."""
    label = N_("sync")
    with (
        act_as(system("sync")),
        bench.step(label, kind="pull", scope=bench.user_scope) as step,
    ):
        yield step
