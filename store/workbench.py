"""The face of the store: open a workbench, get its parts.

    create / open -> Workbench -> .enter(space) -> .documents, .tags, .scenes, ... in that scope

Screens, command line, server jobs and tests all start here. Opening with a key file imports nothing
heavy and makes one query before the first read.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from store import locations, when
from store.asking import Asking
from store.collections import Registry
from store.database import (
    SCHEMA,
    Changes,
    Database,
    create_file,
    require_file,
    unfinished,
)
from store.documents import Step
from store.drafts import Device, Drafts
from store.errors import NotFoundError, ScopeNotReadyError
from store.module import Module
from store.modules import installed
from store.queries import Documents
from store.scope import Scope, user_level
from store.spaces import Spaces
from store.stamps import GUEST, Actor, acting, user
from store.vault import Vault
from store.words import _
from store.writer import Writer

if TYPE_CHECKING:
    from store.held import Held
    from store.history import History
    from store.scenes import Scenes
    from store.search import Search
    from store.sync.desk import Desk
    from store.tags import Tags

Clock = Callable[[], datetime]

_within: ContextVar[tuple[Workbench, Scope] | None] = ContextVar("within", default=None)


class Workbench:
    """One open home."""

    def __init__(self, home: Path, clock: Clock | None = None) -> None:
        self.home = home
        self.clock: Clock = clock or (lambda: datetime.now(UTC))
        if clock is not None:
            when.set_clock(clock)
        self.process = uuid.uuid4().hex
        self.modules: dict[str, Module] = installed()
        self.registry = Registry(c for m in self.modules.values() for c in m.collections)
        self._asking = Asking(self)
        self.db = Database(home / locations.DATABASE)
        try:
            self._prepare()
        except BaseException:
            self.db.close()
            raise
        self.vault = Vault(KeyRows(self.db), config=locations.config(), home=home)
        self.writer = Writer(self.db, self.vault, self.registry, self.clock, self.process)
        self.writer.person = self._person()
        self.documents = Documents(self.db, self.vault, self.registry, self.modules, self.clock)
        self.spaces = Spaces(self)
        self.drafts = Drafts(self.db, self.vault, self.clock)
        self.device = Device(self.db, self.vault)
        self.db.subscribe(self._heed)
        self._scope: Scope | None = None
        self._viewer = 0
        self._steps = threading.local()

    @classmethod
    def create(
        cls,
        home: Path | None = None,
        *,
        passphrase: str | None = None,
        keyring: bool = True,
        clock: Clock | None = None,
    ) -> Workbench:
        """Make a home: file, keys, personal space. Without a passphrase the machine keeps the key.

        Raises StorageError where a home is already there or cannot be made.
        """
        path = locations.home(home)
        if not unfinished(path / locations.DATABASE):
            create_file(path / locations.DATABASE)
        bench = cls(path, clock)
        try:
            # One transaction: what a crash leaves is no home yet, and is made into one later.
            with bench.db.transaction() as connection:
                connection.execute("INSERT INTO home VALUES ('id', ?)", (uuid.uuid4().hex,))
                connection.execute("INSERT INTO home VALUES ('principal', ?)", (GUEST,))
                bench.vault.initialise(
                    passphrase=passphrase,
                    keyring=keyring,
                    config=locations.config(),
                    home_id=bench.id,
                )
                bench.spaces.make_personal()
        except BaseException:
            bench.close()
            raise
        bench.enter(bench.spaces.personal())
        return bench

    @classmethod
    def open(
        cls,
        home: Path | None = None,
        *,
        passphrase: str | None = None,
        clock: Clock | None = None,
    ) -> Workbench:
        """Open a home and unlock it if that needs nobody: key file, keyring or session holder.

        The personal space is entered. Raises NotFoundError where there is no home,
        WrongPassphraseError, StorageError, NewerSchemaError.
        """
        path = locations.home(home)
        require_file(path / locations.DATABASE)
        bench = cls(path, clock)
        try:
            if passphrase is not None:
                bench.vault.unlock(passphrase=passphrase)
            else:
                bench.vault.unlock_quietly()
            bench.enter(bench.spaces.personal())
        except BaseException:
            bench.close()
            raise
        return bench

    def _prepare(self) -> None:
        """Make what the file lacks: a migration, or the table of a collection new to it."""
        if self.db.version >= SCHEMA:
            known = dict(self.db.read("SELECT name, shape FROM shapes"))
            if all(known.get(c.name) == c.shape() for c in self.registry):
                return
        from store import schema

        schema.prepare(self.db, self.registry)

    def close(self) -> None:
        """Close the database; the vault's keys are dropped from memory."""
        if "search" in vars(self):
            self.search.stop()
        self.vault.close()
        self.db.close()

    @property
    def id(self) -> str:
        """This home's own id, which names its key file and its session holder."""
        return str(self.db.read("SELECT value FROM home WHERE key = 'id'")[0][0])

    def _heed(self, changes: Changes) -> None:
        """Drop the keys when another process locked the home, learn those it added; follow whose
        home this is and what a space allows."""
        if ("vault", "") in changes and self.vault.check_epoch():
            self.vault.refresh()
        if ("account", "") in changes and (person := self._person()) != self.writer.person:
            self.writer.person = person
            self.writer.forget_numbers()
            self._viewer = 0
        if ("clock", "") in changes:
            self.writer.heed_clock()
        view = self._scope
        if ("spaces", "") in changes and view is not None and view.number:
            with suppress(NotFoundError):  # deleted: whoever looks at it goes on doing so
                scope = self.spaces.scope(view.id)
                if self._scope is view:
                    self._scope = scope

    def _person(self) -> Actor:
        """Who writes here: the guest, or the person of the account."""
        rows = dict(
            self.db.read(
                "SELECT key, value FROM home WHERE key = 'principal' UNION ALL "
                "SELECT key, value FROM account WHERE key = 'name'"
            )
        )
        name = orjson.loads(rows["name"]) if "name" in rows else ""
        id = rows.get("principal", GUEST)
        return user(id, name) if name and id != GUEST else user(id)

    # Parts that most commands never need; importing them is part of what a command costs.

    @cached_property
    def history(self) -> History:
        """Prior values: undo, redo, a record's past."""
        from store.history import History

        return History(self.db, self.vault, self.registry, self.process, self.step)

    @cached_property
    def tags(self) -> Tags:
        """Tags, their groups and presets."""
        from store.tags import Tags

        return Tags(self)

    @cached_property
    def scenes(self) -> Scenes:
        """The scenes of the space in view."""
        from store.scenes import Scenes

        return Scenes(self)

    @cached_property
    def held(self) -> Held:
        """Deletions that wait for a look."""
        from store.held import Held

        return Held(self)

    @cached_property
    def search(self) -> Search:
        """Search in this workbench."""
        from store.search import Search

        return Search(self)

    @cached_property
    def sync(self) -> Desk:
        """Syncing with a server: account, status, what waits."""
        from store.sync.desk import Desk

        return Desk(self)

    # Scope --------------------------------------------------------------------------------

    @property
    def viewer(self) -> int:
        """The person's row in principals."""
        if not self._viewer:
            me = self.writer.person["principalId"]
            rows = self.db.read("SELECT n FROM principals WHERE id = ?", (me,))
            if rows:
                self._viewer = int(rows[0][0])
                return self._viewer
            with self.db.transaction():
                self._viewer = self.writer.principal(me)
        return self._viewer

    @property
    def scope(self) -> Scope:
        """The space in view. Raises ScopeNotReadyError."""
        inside = _within.get()
        scope = inside[1] if inside is not None and inside[0] is self else self._scope
        if scope is None:
            raise ScopeNotReadyError(_("No space is open."), hint=_("Choose one first."))
        return scope

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Inside, ``scope`` is the space in view of this thread alone; nobody's screen moves."""
        token = _within.set((self, scope))
        try:
            yield
        finally:
            _within.reset(token)

    @property
    def user_scope(self) -> Scope:
        """The scope of what follows the person and not a space."""
        return user_level(self.viewer)

    def enter(self, space: str) -> Scope:
        """Make the space with this id the one in view; everything reads it from here on."""
        self._take_over()
        self._scope = self.spaces.visit(space)
        return self._scope

    def settle(self) -> None:
        """Do what had to wait for the keys: called when the vault was unlocked with a space in
        view."""
        self._take_over()
        if self._scope is not None and self._scope.number:
            self.spaces.visit(self._scope.id)

    def _take_over(self) -> None:
        """Move records that were kept before their collection was known."""
        apps = sorted({collection.app for collection in self.registry if collection.app})
        kept = self.db.read(
            "SELECT DISTINCT app, collection FROM foreign_records "
            f"WHERE app IN ({', '.join('?' * len(apps))})",
            tuple(apps),
        )
        if self.vault.unlocked and any(self.registry.wire(*names) for names in kept):
            from store.sync.taking import take_over

            take_over(self)

    # Writing ------------------------------------------------------------------------------

    @contextmanager
    def step(
        self,
        label: str,
        *,
        kind: str = "step",
        confirmed: bool = False,
        scope: Scope | None = None,
        durable: bool = True,
    ) -> Iterator[Step]:
        """One transaction, one thing to undo; inside another step, part of that one.

        ``label`` is told when it is undone and must hold no protected text. confirmed: a person
        agreed to the count of deletions. Raises HeldError after the commit where deletions wait.
        """
        self.vault.check_epoch()
        outer: Step | None = getattr(self._steps, "step", None)
        if outer is not None:
            place = scope or Scope(outer.number, outer.space, "", 0)
            with outer.into(place.number, place.id):
                yield outer
            return
        if kind == "step" and (actor := acting()) is not None and actor["kind"] != "user":
            kind = "agent" if actor["kind"] == "ai" else "seed"
        place = scope or self.scope
        step = Step(self.writer, place, label, kind=kind, confirmed=confirmed, asking=self._asking)
        try:
            with self.db.transaction(durable=durable):
                self._steps.step = step
                yield step
                step.finish()
        except BaseException:
            self.writer.forget_numbers()
            raise
        finally:
            self._steps.step = None
        step.raise_held()

    def holds(self, count: int) -> bool:
        """Whether there are at least ``count`` records of modules, in all spaces together; of those
        that every space has from the start none counts."""
        found = 0
        for module in self.modules.values():
            if module.seeds is not None:
                continue
            some = f'SELECT 1 FROM "{module.main}" LIMIT {int(count)}'
            found += int(self.db.read(f"SELECT count(*) FROM ({some})")[0][0])
        return found >= count

    # Time ---------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The present moment, in this machine's zone."""
        return self.clock().astimezone()

    def today(self) -> str:
        """Today's date here, YYYY-MM-DD."""
        return self.now().date().isoformat()


class KeyRows:
    """The vault's rows in the database (its ``KeyStorage``)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def load(self) -> list[dict[str, Any]]:
        """Every row of the key ring; one that is not JSON comes as ``{"raw": text}``, so that the
        other ways in still work."""
        rows: list[dict[str, Any]] = []
        for (text,) in self._db.read("SELECT row FROM vault_keys ORDER BY n"):
            try:
                rows.append(orjson.loads(text))
            except orjson.JSONDecodeError:
                rows.append({"raw": text})
        return rows

    def save(self, rows: list[dict[str, Any]]) -> None:
        """Replace all rows."""
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM vault_keys")
            connection.executemany(
                "INSERT INTO vault_keys (row) VALUES (?)",
                [(row["raw"] if "raw" in row else orjson.dumps(row).decode(),) for row in rows],
            )

    def epoch(self) -> int:
        """How often this home was locked."""
        rows = self._db.read("SELECT value FROM home WHERE key = 'epoch'")
        return int(rows[0][0]) if rows else 0

    def raise_epoch(self) -> int:
        """Count one more lock; every process notices."""
        with self._db.transaction() as connection:
            now = self.epoch() + 1
            connection.execute("INSERT OR REPLACE INTO home VALUES ('epoch', ?)", (str(now),))
            self._db.touch("vault", "", None)
        return now
