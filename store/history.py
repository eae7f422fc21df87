"""Prior values: undo, redo, a record's past, taking a past value back.

Undo walks the person's own steps in the space in view, newest first, whichever process made them.
It is a new change, and guarded (see ``guarding``). What agents did is no step of the person: it is
taken back by revert.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import orjson

from store.changes import Incoming
from store.collections import Collection, Registry
from store.database import Database
from store.documents import Step
from store.errors import LockedError, NotFoundError, UnreadableError
from store.guarding import Current, Left, Written, stored, way_back
from store.records import PREFIX, Masked
from store.scope import Scope
from store.stamps import Actor
from store.told import english, phrase, retold
from store.vault import Vault
from store.words import _


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
    left: list[Left]


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

    def _revert(self, step: Step, source: int) -> list[Left]:
        """Put back what step ``source`` overwrote, record by record; returns what was left."""
        left: list[Left] = []
        rows = self._db.read(
            "SELECT collection, record, wrote, prior FROM history WHERE step = ? ORDER BY n",
            (source,),
        )
        written: dict[str, dict[int, Written]] = {}
        for name, record, wrote, prior in rows:
            written.setdefault(name, {}).setdefault(record, Written()).add(wrote, prior)
        for name in reversed(written):
            if name not in self._registry:
                # Its module is not installed now, so nothing of it is shown or changed.
                left += [(name, str(record), "") for record in written[name]]
                continue
            collection = self._registry[name]
            found = stored(self._db, collection, list(written[name]))
            changes: dict[tuple[int, str], list[Incoming]] = {}
            for record, current in found.items():
                change = way_back(current, written[name][record], left)
                if change is not None:
                    changes.setdefault((current.space, current.space_id), []).append(change)
            for (space, space_id), group in changes.items():
                with step.into(space, space_id):
                    step.put_back(name, group)
        return left

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

    def _one(self, scope: Scope, collection: str, id: str) -> tuple[Collection, int, Current]:
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
        return declared, record, stored(self._db, declared, [record])[record]

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
