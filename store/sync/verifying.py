"""Comparing what stands here with what a new device would get: everything is pulled, through the
one write path, into a home that lives in memory for as long as that takes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from store import locations
from store.scope import user_level
from store.sync import cursors
from store.sync.clientid import throwaway
from store.sync.digest import digest
from store.sync.lock import EngineLock
from store.sync.planning import Plan
from store.sync.rounds import Each, Rounds
from store.vault.keys import ACCOUNT, FILE
from store.vault.places import remove_key_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.sync.remote import Remote
    from store.workbench import Workbench


class Compared(NamedTuple):
    """One space, "" for the user level: its digest here, and that of what the server gives."""

    space: str
    mine: str
    theirs: str


class _Nobody:
    """A client whose rows no server hides."""

    def __init__(self) -> None:
        self.id = throwaway()


def compare(
    bench: Workbench, remote: Remote, progress: Callable[[int, int], None] | None = None
) -> list[Compared]:
    """Every space that the server knows. progress: rows so far, of how many there were before.

    Raises NetworkError, ServerError, LockedError, StorageError.
    """
    total = sum(cursor.rows for cursor in cursors.load(bench).values())
    done = 0

    def each(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress(done, max(done, total))

    with _scratch(bench) as other:
        _fill(bench, other, remote, each)
        theirs = dict(other.db.read('SELECT id, pk FROM "spaces"'))
        found = [Compared("", digest(bench, 0), digest(other, 0))]
        for id, number in _linked(bench):
            found.append(Compared(id, digest(bench, number), digest(other, theirs[id])))
    return found


def _fill(bench: Workbench, other: Workbench, remote: Remote, each: Each) -> None:
    """Pull all that ``bench`` ever pulled, and what it might have, into ``other``."""
    lock = EngineLock(other)
    lock.take()
    try:
        rounds = Rounds(other, remote, _Nobody(), lock)
        rounds.generation = 1
        mine = Plan(bench, Rounds(bench, remote, _Nobody(), lock), lambda: 0.0)
        rounds.pull_all(mine.names(every=True), whole=True, each=each)
        for id, _here in _linked(other):
            other.held.accept(other.spaces.scope(id))
        other.held.accept(user_level(other.viewer))
    finally:
        lock.free()


def _linked(bench: Workbench) -> list[tuple[str, int]]:
    rows = bench.db.read(
        'SELECT s.id, s.pk FROM "spaces" s JOIN memberships m ON m.space = s.pk '
        "WHERE m.state = 'linked' AND s.deleted_at IS NULL ORDER BY s.pk"
    )
    return [(str(id), int(number)) for id, number in rows]


@contextmanager
def _scratch(bench: Workbench) -> Iterator[Workbench]:
    """A home with the same account, keys and spaces and no record in it; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="verify-", dir=locations.runtime() or bench.home))
    home = ""
    try:
        other = type(bench).create(folder / "home", keyring=False, clock=bench.clock)
        home = other.id
        try:
            _alike(bench, other)
            yield other
        finally:
            other.close()
    finally:
        if home:
            remove_key_file(locations.config(), home)
        shutil.rmtree(folder, ignore_errors=True)


def _alike(bench: Workbench, other: Workbench) -> None:
    from store.sync.renaming import adopt, rename_space

    keys = [key for key in bench.vault.list_keys() if key.kind != FILE and key.ready]
    for key in sorted(keys, key=lambda key: key.kind == ACCOUNT):
        other.vault.add_key(key.kind, key.key_id, bench.vault.raw_key(key.key_id))
    account = bench.db.read("SELECT key, value FROM account")
    if (known := bench.sync.account()) is not None:
        adopt(other, known.user, known.name)
    types = dict(bench.db.read("SELECT id, json_extract(doc, '$.type') FROM \"spaces\""))
    with other.db.transaction() as connection:
        connection.executemany("INSERT OR REPLACE INTO account VALUES (?, ?)", account)
        for id, _here in _linked(bench):
            if types[id] == "personal":
                number = _number(other, other.spaces.personal())
                rename_space(other, number, id)
            else:
                with other.step("seed", kind="seed", scope=user_level(other.viewer)) as step:
                    step.seed("spaces", id, {"type": types[id], "name": id, "slug": id})
                number = _number(other, id)
            connection.execute(
                "INSERT OR REPLACE INTO memberships (space, state) VALUES (?, 'linked')", (number,)
            )
    other.enter(other.spaces.personal())


def _number(bench: Workbench, id: str) -> int:
    return int(bench.db.read('SELECT pk FROM "spaces" WHERE id = ?', (id,))[0][0])
