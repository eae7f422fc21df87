"""Prior values: undo, redo, a record's past, taking a past value back.

Undo walks the person's own steps in the space in view, newest first, whichever process made them.
It is a new change and guarded: a field goes back only if its stamp is the one the step wrote, or
belongs to an undo or redo that restored that one. Guards compare stamps, never values, so undo
works on envelopes while the vault is locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import orjson

from store.changes import Incoming
from store.collections import Collection, Registry
from store.database import Database
from store.documents import Step
from store.errors import LockedError, NotFoundError, UnreadableError
from store.records import PREFIX, Masked, dumps, loads
from store.scope import Scope
from store.stamps import Actor, Meta
from store.told import english, phrase, retold
from store.vault import Vault
from store.words import _

_BATCH = 500
_NEVER = ""
"""The stamp of a field that was not there; what an undo that empties it brings back."""


class StepInfo(NamedTuple):
    """A step as it is told before and after it is undone. ``ours``: made by this process; ``kept``:
    its label as the history keeps it, for ``told.retold``."""

    n: int
    label: str
    at: str
    ours: bool
    records: int
    kept: str

    @property
    def words(self) -> str:
        """What the step was, in the person's language; ``label`` says it in English."""
        return retold(self.kept)


class Outcome(NamedTuple):
    """What an undo or redo did: the step, how many records it changed, and the fields that
    somebody wrote since and were therefore left: (collection, record id, field)."""

    step: StepInfo
    changed: int
    left: list[tuple[str, str, str]]


class Past(NamedTuple):
    """One value a field had or has. ``value`` may be Masked; ``at`` names it in ``take_back``."""

    field: str
    value: Any
    at: str
    actor: Actor
    origin: str
    current: bool


OpenStep = Callable[..., AbstractContextManager[Step]]


class History:
    """The past of one workbench."""

    def __init__(
        self, db: Database, vault: Vault, registry: Registry, process: str, step: OpenStep
    ) -> None:
        self._db = db
        self._vault = vault
        self._registry = registry
        self._process = process
        self._step = step

    # Undo and redo --------------------------------------------------------------------------

    def peek_undo(self, scope: Scope) -> StepInfo | None:
        """The step that the next undo takes back; None if there is none."""
        return self._info(scope, "undone = 0", "DESC")

    def peek_redo(self, scope: Scope) -> StepInfo | None:
        """The step that the next redo does again; None if there is none."""
        return self._info(scope, "undone = 1", "ASC")

    def undo(self, scope: Scope, count: int = 1) -> list[Outcome]:
        """Take back the newest ``count`` steps; fewer if there are fewer.

        Raises NotFoundError if there is none at all.
        """
        return self._walk(scope, count, self.peek_undo, "undo", _("There is nothing to undo here."))

    def redo(self, scope: Scope, count: int = 1) -> list[Outcome]:
        """Do again what the last undos took back. Raises NotFoundError if there is nothing."""
        return self._walk(scope, count, self.peek_redo, "redo", _("There is nothing to redo here."))

    def _walk(
        self,
        scope: Scope,
        count: int,
        peek: Callable[[Scope], StepInfo | None],
        kind: str,
        nothing: str,
    ) -> list[Outcome]:
        done: list[Outcome] = []
        for _turn in range(count):
            with self._step(f"{kind}", kind=kind, scope=scope) as step:
                info = peek(scope)
                if info is None:
                    if not done:
                        raise NotFoundError(nothing, kept=_("Nothing was changed."))
                    return done
                source = info.n if kind == "undo" else self._last_undo(info.n)
                left = self._revert(step, source)
                step.label = f"{kind} {info.label}"
                self._db.connection().execute(
                    "UPDATE steps SET undone = ? WHERE n = ?", (int(kind == "undo"), info.n)
                )
                if step.n:
                    self._db.connection().execute(
                        "UPDATE steps SET target = ?, label = ? WHERE n = ?",
                        (info.n, step.label, step.n),
                    )
                done.append(Outcome(info, step.written, left))
        return done

    def _info(self, scope: Scope, state: str, order: str) -> StepInfo | None:
        rows = self._db.read(
            "SELECT n, label, at, process = ?, (SELECT count(*) FROM history WHERE step = s.n) "
            "FROM steps s WHERE space = ? AND kind = 'step' "
            f"AND {state} ORDER BY n {order} LIMIT 1",
            (self._process, scope.number),
        )
        if not rows:
            return None
        n, label, at, ours, records = rows[0]
        return StepInfo(n, english(label), at, bool(ours), records, label)

    def _last_undo(self, n: int) -> int:
        rows = self._db.read("SELECT max(n) FROM steps WHERE kind = 'undo' AND target = ?", (n,))
        return int(rows[0][0] or 0)

    def _revert(self, step: Step, source: int) -> list[tuple[str, str, str]]:
        """Put back what step ``source`` overwrote, record by record; returns what was left."""
        left: list[tuple[str, str, str]] = []
        rows = self._db.read(
            "SELECT collection, record, wrote, prior FROM history WHERE step = ? ORDER BY n",
            (source,),
        )
        written: dict[str, dict[int, _Written]] = {}
        for name, record, wrote, prior in rows:
            written.setdefault(name, {}).setdefault(record, _Written()).add(wrote, prior)
        for name in reversed(written):
            if name not in self._registry:
                # Its module is not installed now, so nothing of it is shown or changed.
                left += [(name, str(record), "") for record in written[name]]
                continue
            collection = self._registry[name]
            stored = self._stored(collection, list(written[name]))
            changes: dict[tuple[int, str], list[Incoming]] = {}
            for record, current in stored.items():
                change = self._change(current, record, written[name][record], left)
                if change is not None:
                    changes.setdefault((current.space, current.space_id), []).append(change)
            for (space, space_id), group in changes.items():
                with step.into(space, space_id):
                    step.put_back(name, group)
        return left

    def _change(
        self,
        current: _Current,
        record: int,
        written: _Written,
        left: list[tuple[str, str, str]],
    ) -> Incoming | None:
        """What puts one record back; what somebody wrote since is added to ``left``."""
        name = current.collection.name
        if written.inserted is not None:
            if current.deleted_at is not None:
                return None
            others = [
                field
                for field in (*current.fields(), "deletedAt")
                if not self._same(current, record, field, written.stamp_of(field), _NEVER)
            ]
            left += [(name, current.id, field) for field in others]
            return None if others else Incoming(current.id, {"deletedAt": True}, raw=True)
        fields: dict[str, Any] = {}
        restores: dict[str, str] = {}
        for field, (had, value, at) in written.before.items():
            if not self._same(current, record, field, written.wrote[field]):
                left.append((name, current.id, field))
                continue
            fields[field] = value if had else None
            restores[field] = at or _NEVER
        return Incoming(current.id, fields, raw=True, restores=restores) if fields else None

    def _same(self, current: _Current, record: int, field: str, *wrote: str) -> bool:
        """Whether the field's stamp is one of ``wrote``, or restored it by undo and redo."""
        stamp = current.stamp(field)
        if stamp is None or stamp in wrote:
            return True
        restored = current.restored(self._db, record, field)
        seen = set()
        while stamp in restored and stamp not in seen:
            seen.add(stamp)
            stamp = restored[stamp]
            if stamp in wrote:
                return True
        return False

    def _stored(self, collection: Collection, records: Sequence[int]) -> dict[int, _Current]:
        spaces = dict(self._db.read('SELECT pk, id FROM "spaces"'))
        found: dict[int, _Current] = {}
        for start in range(0, len(records), _BATCH):
            rows = self._db.read(
                f'SELECT pk, id, space, deleted_at, doc, meta, large FROM "{collection.name}" '
                "WHERE pk IN (SELECT value FROM json_each(?))",
                (dumps(records[start : start + _BATCH]),),
            )
            for row in rows:
                found[row[0]] = _Current(collection, spaces.get(row[2], ""), *row[1:])
        return found

    # A record's past ------------------------------------------------------------------------

    def of(self, scope: Scope, collection: str, id: str) -> list[Past]:
        """Every value that any field of a record had, newest first, the current ones included.

        Raises NotFoundError.
        """
        declared, record, current = self._one(scope, collection, id)
        actors = {n: orjson.loads(text) for n, text in self._db.read("SELECT n, json FROM actors")}
        past = []
        for field in current.fields():
            stamp = current.meta.of(field, True)
            if stamp is not None:
                value = self._opened(declared, id, field, current.value(field))
                past.append(Past(field, value, stamp.at, actors[stamp.actor], stamp.origin, True))
        for (prior,) in self._db.read(
            "SELECT prior FROM history WHERE record = ? AND collection = ? AND prior IS NOT NULL",
            (record, collection),
        ):
            for field, entry in orjson.loads(prior).items():
                had, value, at, actor, origin, *_ = entry + [None] * 5
                if had and at:
                    value = self._opened(declared, id, field, value)
                    past.append(Past(field, value, at, actors[actor], origin, False))
        past.sort(key=lambda p: (p.at, p.current), reverse=True)
        return past

    def take_back(self, scope: Scope, collection: str, id: str, field: str, at: str) -> None:
        """Make the value that ``field`` had at ``at`` the current one, as a new step.

        ``at`` may be the start of a time. Raises NotFoundError.
        """
        with self._step(phrase("take back {field}", field=field), scope=scope) as step:
            _declared, record, _now = self._one(scope, collection, id)
            best: tuple[str, Any] | None = None
            for (prior,) in self._db.read(
                "SELECT prior FROM history WHERE record = ? AND collection = ? "
                "AND prior IS NOT NULL ORDER BY n",
                (record, collection),
            ):
                entry = orjson.loads(prior).get(field)
                if entry and entry[0] and str(entry[2]).startswith(at):
                    best = (entry[2], entry[1])
            if best is None:
                raise NotFoundError(
                    _("{field} had no value at {at}.").format(field=field, at=at),
                    kept=_("Nothing was changed."),
                    hint=_("`manabench history` lists the times."),
                )
            step.put_back(
                collection, [Incoming(id, {field: best[1]}, raw=True, restores={field: best[0]})]
            )

    def _one(self, scope: Scope, collection: str, id: str) -> tuple[Collection, int, _Current]:
        declared = self._registry[collection]
        scope.require(declared)
        rows = self._db.read(
            f'SELECT pk FROM "{collection}" WHERE id = ? AND space = ? '
            "AND (private = 0 OR private = ?)",
            (id, scope.number, scope.viewer),
        )
        if not rows:
            raise NotFoundError(
                _("No such record: {id}.").format(id=id[:8]), kept=_("Nothing was changed.")
            )
        record = rows[0][0]
        return declared, record, self._stored(declared, [record])[record]

    def _opened(self, collection: Collection, id: str, field: str, value: Any) -> Any:
        sealed = isinstance(value, str) and value.startswith(PREFIX)
        if not sealed or collection.is_clear(field):
            return value
        try:
            return self._vault.open(collection.place, id, field, value)
        except LockedError:
            return Masked("locked")
        except UnreadableError as error:
            return Masked(error.reason)


class _Current:
    """A stored record as undo compares it."""

    __slots__ = (
        "_restored",
        "collection",
        "deleted_at",
        "doc",
        "id",
        "large",
        "meta",
        "space",
        "space_id",
    )

    def __init__(
        self,
        collection: Collection,
        space_id: str,
        id: str,
        space: int,
        deleted_at: str | None,
        doc: str,
        meta: str,
        large: str | None,
    ) -> None:
        self.collection = collection
        self.space_id = space_id
        self.id = id
        self.space = space
        self.deleted_at = deleted_at
        self.doc = loads(doc)
        self.large = loads(large)
        self.meta = Meta.load(meta)
        self._restored: dict[str, dict[str, str]] | None = None

    def fields(self) -> Iterator[str]:
        yield from self.doc
        yield from self.large

    def value(self, field: str) -> Any:
        return self.large.get(field) if field in self.large else self.doc.get(field)

    def stamp(self, field: str) -> str | None:
        present = field in self.doc or field in self.large
        found = self.meta.of(field, present)
        return found.at if found else None

    def restored(self, db: Database, record: int, field: str) -> dict[str, str]:
        """For each stamp that brought an older value of ``field`` back, that value's stamp."""
        if self._restored is None:
            self._restored = {}
            for wrote, prior in db.read(
                "SELECT wrote, prior FROM history WHERE record = ? AND collection = ? "
                "AND prior IS NOT NULL",
                (record, self.collection.name),
            ):
                for name, entry in orjson.loads(prior).items():
                    if len(entry) == 7:
                        self._restored.setdefault(name, {})[entry[5] or wrote] = entry[6]
        return self._restored.get(field, {})


class _Written:
    """What one step did to one record: the stamps it left, and the values from before it."""

    __slots__ = ("before", "inserted", "wrote")

    def __init__(self) -> None:
        self.inserted: str | None = None
        self.wrote: dict[str, str] = {}
        self.before: dict[str, tuple[int, Any, str | None]] = {}

    def stamp_of(self, field: str) -> str:
        """The stamp that the step left on ``field`` of a record that it made."""
        return self.wrote.get(field) or self.inserted or _NEVER

    def add(self, wrote: str, prior: str | None) -> None:
        """Take in one row of history; rows come oldest first."""
        if prior is None:
            self.inserted = wrote
            return
        for field, entry in orjson.loads(prior).items():
            had, value, at, _actor, _origin, mine, _of = entry + [None] * (7 - len(entry))
            self.wrote[field] = mine or wrote
            self.before.setdefault(field, (had, value, at))
