"""Homes for simulated devices: made once and copied for each run, so that every run starts alike.

Each template has a file key of its own, so that an envelope at rest which leaks onto the wire opens
nowhere else. A settled one has synced with the empty server before, as a home in use has.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from store import locations, spaces
from store.stamps import user
from store.sync import account
from store.sync.engine.clientid import Client
from store.sync.engine.engine import Engine
from store.vault import envelope
from store.workbench import Workbench
from tests.simulation.link import Link
from tests.simulation.server import SECOND, Server, Traits

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)

MASTER = {"ann": bytes(range(32)), "bob": bytes(range(32, 64))}
"""The first master key of each account."""

PERSONAL = {"ann": "sp-ann", "bob": "sp-bob"}
SHARED = "sp-shared"
START = 1_780_000_000 * SECOND
"""When runs begin."""

FRESH, ALONE, JOINED = "fresh", "alone", "joined"
"""Kinds of homes: linked a moment ago; settled; settled in the shared space as well."""


Change = tuple[str, dict[str, Any]]
"""An app, and a change of it as JSON."""


def folder() -> Path:
    """Where homes are made: in memory where the system has such a place."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="mb-sim-", dir=memory if memory.is_dir() else None))


class Templates:
    """Linked homes for each device, made when they are first asked for."""

    def __init__(self) -> None:
        self.root = folder()
        self._made: dict[tuple[str, int, str], Path] = {}
        self.sent: dict[tuple[str, int, str], list[Change]] = {}

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def copy(self, person: str, number: int, kind: str, to: Path) -> Path:
        """The home of device ``number`` of ``person`` as a new folder."""
        made = self._made.get((person, number, kind))
        if made is None:
            made = self._made[person, number, kind] = self._make(person, number, kind)
        to.mkdir(mode=0o700, parents=True)
        shutil.copyfile(made, to / locations.DATABASE)
        return to

    def _make(self, person: str, number: int, kind: str) -> Path:
        home = self.root / f"{person}{number}-{kind}"
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
            if kind != FRESH:
                self.sent[person, number, kind] = settle(home, person, joined=kind == JOINED)
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


def settle(home: Path, person: str, *, joined: bool) -> list[Change]:
    """Let a home sync with the empty server until it has nothing left to look at; what it sent."""
    now = START - 3600 * SECOND
    server = Server(lambda: now, Traits(), Random(0))
    server.make_space(PERSONAL[person], "personal", person)
    server.make_space(SHARED, "family", "ann")
    if joined:
        server.members[SHARED][person] = "owner" if person == "ann" else "member"
    bench = reopened(home, person, lambda: _ZERO + timedelta(microseconds=now))
    way = Link(server, person, "template", [], lambda random: None, lambda name, random: None)
    engine = Engine(bench, way, clock=lambda: now / SECOND)
    try:
        for _turn in range(3):
            engine.once()
            now += 600 * SECOND
    finally:
        bench.close()
    return [(app, row.json) for (app, _), rows in server.rows.items() for row in rows]


def named_anew(bench: Workbench) -> None:
    """Take the client id of a device of its own, so that no engine takes the home for a copy."""
    Client(bench).open()


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
