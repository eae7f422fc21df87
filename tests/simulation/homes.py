"""Homes for simulated devices: made once and copied for each run, so that every run starts alike.

Each template has a file key of its own, so that an envelope at rest which leaks onto the wire opens
nowhere else.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from store import locations, spaces
from store.stamps import user
from store.sync import account
from store.vault import envelope
from store.workbench import Workbench

MASTER = {"ann": bytes(range(32)), "bob": bytes(range(32, 64))}
"""The first master key of each account."""

PERSONAL = {"ann": "sp-ann", "bob": "sp-bob"}


def folder() -> Path:
    """Where homes are made: in memory where the system has such a place."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="mb-sim-", dir=memory if memory.is_dir() else None))


class Templates:
    """One linked home a device, made when it is first asked for."""

    def __init__(self) -> None:
        self.root = folder()
        self._made: dict[tuple[str, int], Path] = {}

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def copy(self, person: str, number: int, to: Path) -> Path:
        """The home of device ``number`` of ``person`` as a new folder."""
        made = self._made.get((person, number))
        if made is None:
            made = self._made[person, number] = self._make(person, number)
        to.mkdir(mode=0o700, parents=True)
        shutil.copyfile(made, to / locations.DATABASE)
        return to

    def _make(self, person: str, number: int) -> Path:
        home = self.root / f"{person}{number}"
        before, spaces.PERSONAL = spaces.PERSONAL, PERSONAL[person]
        # Dice of its own: those of the run that needs it first must not depend on it.
        with dice(Random(number)):
            try:
                bench = Workbench.create(home, keyring=False)
            finally:
                spaces.PERSONAL = before
            try:
                link(bench, person)
            finally:
                bench.close()
        path = home / locations.DATABASE
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("VACUUM")
        return path


def link(bench: Workbench, person: str) -> None:
    """Make a home that of an account, its one space with it."""
    account.keep(
        bench,
        user=person,
        email=f"{person}@example.org",
        name=person.title(),
        identity="https://sim",
        sync="https://sim",
        signed_in=True,
        linked=True,
    )
    bench.vault.add_key("account", f"mk-{person}-0", MASTER[person])
    with bench.db.transaction() as connection:
        connection.execute("UPDATE principals SET id = ? WHERE id = 'guest'", (person,))
        connection.execute("UPDATE home SET value = ? WHERE key = 'principal'", (person,))
        (number,) = connection.execute("SELECT pk FROM spaces").fetchone()
        connection.execute(
            "INSERT OR REPLACE INTO memberships (space, state, role, members, missing, checked) "
            "VALUES (?, 'linked', 'owner', 1, NULL, NULL)",
            (number,),
        )


def reopened(home: Path, person: str, clock: Any) -> Workbench:
    """A workbench on a linked home, its person named as the account names them."""
    bench = Workbench.open(home, clock=clock)
    if bench.writer.person["principalId"] != person:
        bench.writer.person = user(person, person.title())
        bench.writer.forget_numbers()
    return bench


@contextmanager
def dice(random: Random) -> Iterator[None]:
    """Ids and nonces come from ``random`` inside, so that a run can be had again."""
    uuid4, urandom = uuid.uuid4, envelope.urandom

    def made() -> uuid.UUID:
        return uuid.UUID(int=random.getrandbits(128), version=4)

    uuid.uuid4, envelope.urandom = made, random.randbytes
    try:
        yield
    finally:
        uuid.uuid4, envelope.urandom = uuid4, urandom
