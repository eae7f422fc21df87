"""One simulated device: a real workbench with a real engine, a clock that lies, and a power switch.

It keeps its own book of what its person committed, which the checks hold against the home.
"""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from store import locations, when
from store.errors import GuardError, ManabenchError
from store.stamps import instant
from store.sync.engine.engine import Engine
from store.sync.outbox import outgoing
from store.workbench import Workbench
from tests.simulation import homes
from tests.simulation.link import FAIR, Link, Weather
from tests.simulation.server import SECOND

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)

SEALED_IN_SHARED = ("notes", "tasks", "contacts")
"""The collections whose records simulated people make private."""

Value = tuple[str, str, str, str, Any]
"""space, collection, record id, field, value"""


class Crash(BaseException):
    """The power went, between two writes."""


class Device:
    """One home. ``skew`` and ``drift`` say how its clock goes: microseconds, and per second."""

    def __init__(
        self, name: str, person: str, number: int, kind: str, root: Path, world: Any, link: Link
    ) -> None:
        self.name = name
        self.person = person
        self.number = number
        self.world = world
        self.link = link
        self.skew = 0
        self.drift = 0
        self.book: list[Value] = []
        self.purged = False
        self.crashes = 0
        self.heard = -1
        self._saved: tuple[Path, int] | None = None
        self._copies = 0
        self._left = -1
        self._others: list[Any] | None = None
        self._engine: Engine | None = None
        self.home = world.templates.copy(person, number, kind, root / name)
        self.bench = self._opened()
        if kind != homes.FRESH:
            homes.named_anew(self.bench)

    # Clock and power ------------------------------------------------------------------------

    def now(self) -> int:
        """What this device's clock shows, in microseconds."""
        passed = self.world.now - self.world.start
        return int(self.world.now + self.skew + passed // SECOND * self.drift)

    def clock(self) -> datetime:
        return _ZERO + timedelta(microseconds=self.now())

    def time(self) -> str:
        """The same as a stamp."""
        return instant(self.clock())

    def _opened(self) -> Workbench:
        bench = homes.reopened(self.home, self.person, self.clock)
        for connection, _gate in bench.db._connections:
            connection.execute("PRAGMA synchronous=OFF")
        inner = bench.db.transaction

        @contextmanager
        def transaction(*, durable: bool = True) -> Iterator[sqlite3.Connection]:
            if bench.db.writing:
                with inner() as connection:
                    yield connection
                return
            self._power()
            with inner(durable=False) as connection:
                yield connection
                self._power()
            self._power()

        bench.db.transaction = transaction  # type: ignore[method-assign]
        self._engine = None
        return bench

    def _power(self) -> None:
        """One more place between two writes; after the last one that was left nothing is written
        any more, whoever still tries."""
        if self._left > 0:
            self._left -= 1
        if not self._left:
            raise Crash

    @contextmanager
    def failing(self, places: int) -> Iterator[None]:
        """The power goes after ``places`` places between writes, if there are as many."""
        self._left = places
        try:
            yield
        except Crash:
            self._left = -1
            self.crashes += 1
            self.reopen()
        finally:
            self._left = -1

    def reopen(self) -> None:
        """Start anew from what the disk has."""
        self.close()
        self.bench = self._opened()

    def close(self) -> None:
        if self._engine is not None:
            self._engine._lock.free()  # as the system does when a process ends
        self.bench.close()

    def backup(self) -> None:
        """Keep the home as it is now."""
        self._copies += 1
        path = self.home.parent / f"{self.name}-{self._copies}.db"
        self.bench.db.copy_to(path)
        self._saved = path, len(self.book)

    def put_back(self) -> bool:
        """Put the kept home back, with all that was not sent since forgotten."""
        if self._saved is None:
            return False
        path, written = self._saved
        self.close()
        for old in self.home.glob(f"{locations.DATABASE}*"):
            old.unlink()
        shutil.copyfile(path, self.home / locations.DATABASE)
        del self.book[written:]
        self.bench = self._opened()
        return True

    # Syncing --------------------------------------------------------------------------------

    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(
                self.bench,
                self.link,
                clock=lambda: self.world.now / SECOND,
                sleep=lambda seconds: None,
                random=Random(self.number).random,
            )
        return self._engine

    def sync(self, random: Random, weather: Weather) -> str:
        """One round; what it said. In fair weather nothing may go wrong."""
        when.set_clock(self.clock)
        self.link.set(random, weather)
        self._others = None
        try:
            words = str(self.engine().once().words)
        except ManabenchError as error:
            if weather is FAIR:
                raise
            words = f"{type(error).__name__}: {error}"
        if self._others not in (None, self._cursors()):
            raise AssertionError("an engine that lost its lock wrote on")
        return words

    def _cursors(self) -> list[Any]:
        """What only the engine writes."""
        return self.bench.db.read("SELECT * FROM cursors ORDER BY name")

    def taken_over(self, random: Random) -> str:
        """Another process of this home wants to be the engine while a round is under way: it is
        refused, or becomes it because this one slept, which then must not write any more."""
        lock = self.engine()._lock
        slept = lock._fd is not None and random.random() < 0.5
        if slept and lock._fd is not None:
            fcntl.flock(lock._fd, fcntl.LOCK_UN)
        free = slept or self._others is not None or not lock.held
        bench = homes.reopened(self.home, self.person, self.clock)
        link = self.link.beside()
        other = Engine(bench, link, clock=lambda: self.world.now / SECOND, random=Random(7).random)
        try:
            other.once()
        except GuardError:
            if free:
                raise
            return "keeps the lock"
        finally:
            bench.close()
        if not free:
            raise AssertionError("two engines at once")
        self._others = self._cursors()
        return "lost the lock"

    # What a person writes -------------------------------------------------------------------

    def forget(self, collection: str, id: str) -> None:
        """Strike out of the book what its person purged; places in it stay what they are."""
        self.purged = True
        self.book = [(*one[:4], None) if one[1:3] == (collection, id) else one for one in self.book]

    def write(self, space: str, collection: str, id: str, values: dict[str, Any]) -> None:
        """Note in the book what was just committed."""
        self.book += [(space, collection, id, name, value) for name, value in values.items()]

    def attempt(self, act: Callable[[], Any]) -> str:
        """Run an act; a refusal of the workbench is an answer too."""
        when.set_clock(self.clock)
        try:
            act()
        except ManabenchError as error:
            return f"{type(error).__name__}: {error}"
        return ""

    # Keys and held things -------------------------------------------------------------------

    def learn(self, keys: list[bytes]) -> None:
        """Take the account's keys in, oldest first; the last is the one to seal under."""
        for number, raw in enumerate(keys):
            key_id = f"mk-{self.person}-{number}"
            if key_id not in {key.key_id for key in self.bench.vault.list_keys()}:
                self.bench.vault.add_key("account", key_id, raw)

    def look(self, *, refuse: bool = False) -> int:
        """The person looks at what waits: lets deletions be, or refuses them, and has sent again
        what was refused; how many deletions waited."""
        outgoing.retry_aside(self.bench)
        held = self.bench.held
        settle = held.refuse if refuse else held.accept
        spaces = [self.bench.spaces.scope(space["id"]) for space in self.bench.spaces.list()]
        return sum(settle(scope) for scope in spaces)

    # What the home holds --------------------------------------------------------------------

    def dead(self) -> set[str]:
        """The ids of all deleted records; links follow their records and are none."""
        tables = [one.name for one in self.bench.registry if not one.junction_of]
        looks = [f'SELECT id FROM "{name}" WHERE deleted_at IS NOT NULL' for name in tables]
        looks.append("SELECT id FROM foreign_records WHERE deleted_at IS NOT NULL")
        return {id for (id,) in self.bench.db.read(" UNION ALL ".join(looks))}

    def private(self) -> frozenset[str]:
        """The ids of the records that their person alone may read. What somebody else made private
        was readable here before, and may come back to the others as it was."""
        me = int(self.bench.viewer)
        looks = [f'SELECT id FROM "{name}" WHERE private = {me}' for name in SEALED_IN_SHARED]
        return frozenset(id for (id,) in self.bench.db.read(" UNION ALL ".join(looks)))
