"""THE write path: every change of every record goes through ``Step``.

A keypress, an import, a seed, an undo and (later) the sync engine all end in ``Step._apply``, which
in one transaction writes the document, its stamps, the history and the dirty marks. Nothing else
touches those tables.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from store import masses, rows, tagging
from store.changes import Context, Incoming, inserted, updated
from store.collections import Collection
from store.errors import GuardError, HeldError, NotFoundError
from store.ids import new_id
from store.scope import Scope
from store.stamps import EPOCH, Actor, acting, instant, origin_of, system
from store.told import kept
from store.words import _
from store.writer import Writer

if TYPE_CHECKING:
    from datetime import datetime

    from store.arrivals import Arrived, Merging
    from store.asking import Asking
    from store.being import Being

BATCH = 1000
"""Records read and written at once by ``merge_many``."""


class Replica(NamedTuple):
    """A record's values from elsewhere, with the times its source gives them: one for all, or one
    a field."""

    id: str
    fields: Mapping[str, Any]
    at: str | Mapping[str, str]


class Step:
    """What a person sees as one change: one transaction, one thing to undo.

    Made by ``Workbench.step``. ``space`` is the space it writes to and is undone in. After the
    block, ``n`` is its number (0 if nothing was written) and ``held`` counts deletions that wait.
    ``touched`` and ``trusted`` are for modules to note what they have to know again at the end.
    """

    def __init__(
        self,
        writer: Writer,
        scope: Scope,
        label: str,
        *,
        kind: str = "step",
        confirmed: bool = False,
        asking: Asking | None = None,
    ) -> None:
        self._writer = writer
        self._asking = asking
        self._changed: dict[tuple[str, int, str], list[str]] = {}
        self._scope = scope
        self._space = self._undone_in = scope.number
        self.space = scope.id
        self.label = kept(label)
        self.kind = kind
        self._confirmed = confirmed
        self.actor: Actor = acting() or writer.person
        self.n = 0
        self.held = 0
        self.written = 0
        self.touched: set[tuple[str, int, str]] = set()
        self.trusted: set[tuple[str, int, str]] = set()
        self._deletes: dict[tuple[str, int, str], list[str]] = {}
        self._began: datetime | None = None

    @property
    def number(self) -> int:
        """The row of the space it writes to now, 0 for the user level."""
        return self._space

    # What actions call ------------------------------------------------------------------

    def insert(self, collection: str, fields: Mapping[str, Any], *, id: str | None = None) -> str:
        """Make a record; returns its id. An id that exists is updated and restored instead, so a
        derived id may be added twice.

        Raises ModuleNotInSpaceError, LockedError, InvalidValueError.
        """
        record = id or new_id()
        declared = self._collection(collection)
        if declared.level == "space" and self._scope.number == self._space:
            self._scope.require(declared)
        if self._asking is not None:
            fields = self._asking.before(self, collection, record, fields, new=True)
        self._apply(declared, [Incoming(record, {**fields, "deletedAt": None}, create=True)])
        return record

    def update(self, collection: str, id: str, fields: Mapping[str, Any]) -> None:
        """Write ``fields`` of a record; values equal to the stored ones change nothing.

        Raises NotFoundError, LockedError, InvalidValueError.
        """
        if self._asking is not None:
            fields = self._asking.before(self, collection, id, fields, new=False)
        self._apply(self._collection(collection), [Incoming(id, dict(fields))])

    def delete(self, collection: str, id: str) -> None:
        """Mark a record deleted, at the end of the step; nothing else of it changes."""
        self._deletes.setdefault((collection, self._space, self.space), []).append(id)

    def remove(self, collection: str, id: str) -> None:
        """Mark a record deleted at once and without the guard on mass deletions: for links, which
        follow their record, and for what a person has confirmed."""
        self._apply(self._collection(collection), [Incoming(id, {"deletedAt": True})])

    def restore(self, collection: str, id: str) -> None:
        """Bring a deleted record back."""
        self._apply(self._collection(collection), [Incoming(id, {"deletedAt": None})])

    def merge(
        self,
        collection: str,
        id: str,
        fields: Mapping[str, Any],
        at: str | Mapping[str, str],
        *,
        actor: Actor | None = None,
        origin: str = "system",
    ) -> bool:
        """Merge one replica's values by their own times; True if anything won."""
        return bool(
            self.merge_many(collection, [Replica(id, fields, at)], actor=actor, origin=origin)
        )

    def merge_many(
        self,
        collection: str,
        replicas: Sequence[Replica],
        *,
        actor: Actor | None = None,
        origin: str = "system",
    ) -> int:
        """Merge many replicas; returns how many records changed. One read and one write a batch."""
        declared = self._collection(collection)
        changed = 0
        batch: dict[str, Incoming] = {}
        for replica in replicas:
            if len(batch) == BATCH or replica.id in batch:
                changed += self._apply(declared, list(batch.values()), actor, origin)
                batch = {}
            batch[replica.id] = Incoming(
                replica.id, dict(replica.fields), at=replica.at, create=True
            )
        if batch:
            changed += self._apply(declared, list(batch.values()), actor, origin)
        return changed

    def seed(self, collection: str, id: str, fields: Mapping[str, Any]) -> bool:
        """A generated record: stamped at the epoch, so that it never beats a person's choice."""
        return self.merge(collection, id, fields, EPOCH, actor=system("bootstrap"))

    @contextmanager
    def into(self, number: int, space: str) -> Iterator[None]:
        """Write to another space inside; the step is still undone in its own."""
        before = self._space, self.space
        self._space, self.space = number, space
        try:
            yield
        finally:
            self._space, self.space = before

    def put_back(self, collection: str, incoming: Sequence[Incoming]) -> int:
        """Write prior values, already in their form at rest. Only history calls this."""
        if self._asking is not None:
            self._asking.touching(self, collection, [one.id for one in incoming])
        return self._apply(self._collection(collection), incoming)

    def take_in(
        self,
        merging: Merging,
        arrived: Mapping[str, Sequence[Arrived]],
        stored: Mapping[str, rows.Existing],
        judge: Callable[[Sequence[Being]], None],
    ) -> int:
        """Merge what came from elsewhere, by record and in its order, into the space it is in;
        returns how many records changed.

        stored: those of them that are there. judge: decides, before anything is written, what
        becomes of the records' lives. Undeclared collections have no history.
        """
        from store.arrivals import fresh
        from store.being import Being

        collection = merging.collection
        connection = self._writer.db.connection()
        space = self._level(collection)
        inserts: list[rows.Row] = []
        updates: list[rows.Row] = []
        priors: list[rows.Prior] = []
        changed = 0
        beings: list[Being] = []
        touched: list[tuple[Container[str], int]] = []
        key = 0
        for id, changes in arrived.items():
            found = stored.get(id)
            if found is None:
                key = key + 1 if key else rows.next_key(connection, collection)
                if len(changes) == 1:
                    row, prior = fresh(merging, changes[0], key, space)
                    inserts.append(row)
                    priors.append(prior)
                    changed += 1
                    touched.append((changes[0].fields, key))
                    continue
            being = Being(merging, found, key, changes[0])
            for change in changes:
                being.take(change)
            beings.append(being)
        judge(beings)
        for being in beings:
            if not (being.new or being.changed or being.altered):
                continue
            row, past = being.row(space)
            (inserts if being.new else updates).append(row)
            if being.changed or being.new:
                if past is not None:
                    priors.append(past)
                changed += 1
                touched.append((being.touched, being.key))
        self._take(merging, inserts, updates, priors, touched, list(arrived))
        self.written += changed
        return changed

    def _take(
        self,
        merging: Merging,
        inserts: list[rows.Row],
        updates: list[rows.Row],
        priors: list[rows.Prior],
        touched: list[tuple[Container[str], int]],
        ids: list[str],
    ) -> None:
        """Write what ``take_in`` merged."""
        if not (inserts or updates):
            return
        writer, collection = self._writer, merging.collection
        connection = writer.db.connection()
        rows.insert(connection, collection, inserts)
        rows.replace(connection, collection, updates)
        name = rows.FOREIGN if merging.foreign else collection.name
        if touched and not merging.foreign:
            if priors:
                if not self.n:
                    self._begin()
                rows.remember(connection, self.n, name, priors)
            new = [row[0] for row in inserts]
            tagging.refresh(connection, writer.vault, writer.registry, collection, touched, new)
        space = self.space if self._level(collection) else ""
        writer.db.touch(name, space, set(ids) if len(ids) <= BATCH // 2 else None)

    # Beginning and end --------------------------------------------------------------------

    def finish(self) -> None:
        """Delete what was asked for, or hold it. Called once, before the commit."""
        found: list[tuple[Collection, int, str, list[str]]] = []
        for (name, number, space), ids in self._deletes.items():
            with self.into(number, space):
                collection = self._collection(name)
                live = masses.live(self._writer, collection, self._level(collection), ids)
            if len(live) != len(set(ids)) and not live and len(ids) == 1:
                raise NotFoundError(
                    _("No such record: {ids}.").format(ids=ids[0][:8]),
                    kept=_("Nothing was changed."),
                )
            found.append((collection, number, space, live))
        total = sum(len(live) for collection, _n, _id, live in found if not collection.junction_of)
        for collection, number, space, live in found:
            with self.into(number, space):
                place = self._level(collection)
                if not self._confirmed and masses.is_mass(
                    self._writer, collection, place, len(live), total
                ):
                    actor = self._writer.actor(self.actor)
                    masses.hold(self._writer, collection, place, live, actor, self.space)
                    self.held += len(live)
                else:
                    self._apply(collection, [Incoming(id, {"deletedAt": True}) for id in live])
                    masses.release(self._writer, collection, place, live)
        if self._asking is not None and self._changed:
            changed, self._changed = self._changed, {}
            self._asking.after(self, changed)

    def raise_held(self) -> None:
        """After the commit: say that deletions wait. Raises HeldError if any do."""
        if self.held:
            raise HeldError(
                _("{held} deletions are held for a look.").format(held=self.held),
                kept=_("Nothing of them was deleted; the rest of the step was done."),
                hint=_("Accept them with `manabench held accept`, or repeat with --yes."),
            )

    def _begin(self) -> None:
        """Write the step's row, at its first change. A person's new step ends redo."""
        connection = self._writer.db.connection()
        if self.kind == "step":
            connection.execute(
                "UPDATE steps SET undone = 2 WHERE space = ? AND kind = 'step' AND undone = 1",
                (self._undone_in,),
            )
        self.n = int(
            connection.execute(
                "INSERT INTO steps (space, kind, label, at, actor, process, undone) "
                "VALUES (?, ?, ?, ?, ?, ?, 0)",
                (
                    self._undone_in,
                    self.kind,
                    self.label,
                    instant(self._writer.clock()),
                    self._writer.actor(self.actor),
                    self._writer.process,
                ),
            ).lastrowid
            or 0
        )

    def _collection(self, name: str) -> Collection:
        collection = self._writer.registry[name]
        if collection.level == "space" and not self._space:
            raise GuardError(
                _("{name} belong to a space.").format(name=name), kept=_("Nothing was changed.")
            )
        return collection

    def _level(self, collection: Collection) -> int:
        return self._space if collection.level == "space" else 0

    # The one function -----------------------------------------------------------------------

    def _apply(
        self,
        collection: Collection,
        batch: Sequence[Incoming],
        actor: Actor | None = None,
        origin: str = "",
    ) -> int:
        """Merge ``batch`` into the stored records; returns how many records changed.

        Local values get the hybrid clock's time, replicas keep theirs and win or lose by the merge
        rule. Writes documents, stamps, history, dirty marks and tag links; tells the watchers.
        """
        writer = self._writer
        connection = writer.db.connection()
        space = self._level(collection)
        ids = [incoming.id for incoming in batch]
        names = {name for incoming in batch for name in incoming.fields}
        large = not names.isdisjoint(collection.large)
        stored = rows.existing(connection, collection, space, ids, large=large)
        context = self._context(collection, actor or self.actor, origin)
        inserts, updates, priors, changed = [], [], [], []
        prior: rows.Prior | None
        next_key = 0
        for incoming in batch:
            found = stored.get(incoming.id)
            if found is None:
                if not incoming.create:
                    raise NotFoundError(
                        _("No such record: {id}.").format(id=incoming.id[:8]),
                        kept=_("Nothing was changed."),
                    )
                next_key = next_key or rows.next_key(connection, collection)
                row, prior = inserted(context, incoming, next_key, space)
                inserts.append(row)
                next_key += 1
            else:
                result = updated(context, incoming, found)
                if result is None:
                    continue
                row, prior = result
                updates.append(row)
            if prior is not None:
                priors.append(prior)
            changed.append((incoming, row[0] if found is None else found.pk))
        if not changed:
            return 0
        rows.insert(connection, collection, inserts)
        rows.update(connection, collection, updates)
        if priors:
            if not self.n:
                self._begin()
            rows.remember(connection, self.n, collection.name, priors)
        fresh = [row[0] for row in inserts]
        touched = [(incoming.fields, pk) for incoming, pk in changed]
        tagging.refresh(connection, writer.vault, writer.registry, collection, touched, fresh)
        self._tell(collection, space, [incoming.id for incoming, _pk in changed])
        self.written += len(changed)
        return len(changed)

    def _tell(self, collection: Collection, space: int, ids: list[str]) -> None:
        """Tell watchers at the commit, and the collection's module at the end of the step."""
        wire = self.space if space else ""
        few = set(ids) if len(ids) <= BATCH // 2 else None
        self._writer.db.touch(collection.name, wire, few)
        if self._asking is not None and self._asking.follows(collection.name):
            self._changed.setdefault((collection.name, space, wire), []).extend(ids)

    def _context(self, collection: Collection, actor: Actor, origin: str) -> Context:
        writer = self._writer
        # One instant for all that a step makes: what is added together stays in the order given,
        # where a list is newest first and records of one instant stand as they were written.
        self._began = self._began or writer.clock()
        return Context(
            collection,
            writer.vault,
            self._began,
            actor=writer.actor(actor),
            origin=origin or origin_of(actor),
            author=writer.principal(writer.person["principalId"]),
            principal=writer.principal,
        )
