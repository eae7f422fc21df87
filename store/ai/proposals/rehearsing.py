"""The preview of any call: the real action runs in a transaction, is looked at, and rolled back.

Nothing is simulated. What a person is shown is what the action did a moment ago to the records as
they are, and approving runs it again and compares. So the diff is right for every tool, also for
those that nobody has written yet.

A rehearsal leaves nothing: no row, no counter, no notice to other processes, no number of an actor
kept in memory. A tool that reaches out of this program is never rehearsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from store.ai.proposals.changes import RecordChange, Watch
from store.errors import HeldError
from store.ids import derived_from
from store.scope import Scope
from store.stamps import Actor, act_as, canonical, instant
from store.tool import Answer

if TYPE_CHECKING:
    from store.workbench import Workbench

Run = Callable[[], Answer]
Found = TypeVar("Found")

NOW = "<now>"
"""In a digest: the moment at which the call ran, whenever that was."""


class Rehearsed(NamedTuple):
    """What a call answered and changed. digest: the same for two runs that did the same."""

    answer: Answer
    changes: tuple[RecordChange, ...] = ()
    digest: str = ""

    @property
    def held(self) -> int:
        """How many deletions would wait for a look of their own."""
        return sum(change.held for change in self.changes)


class _OverError(Exception):
    """Ends the transaction of a rehearsal."""


def tried(bench: Workbench, work: Callable[[], Found]) -> Found:
    """What ``work`` gives, in a transaction that is rolled back. Raises what it raises;
    RuntimeError inside a transaction, which could not be rolled back alone."""
    if bench.db.writing:
        raise RuntimeError("a rehearsal inside a transaction")
    found: list[Found] = []
    try:
        with bench.db.transaction(durable=False):
            found.append(work())
            raise _OverError
    except _OverError:
        return found[0]
    finally:
        forget(bench)


def rehearse(bench: Workbench, scope: Scope, actor: Actor, key: str, run: Run) -> Rehearsed:
    """What ``run`` would answer and change if ``actor`` ran it in ``scope`` now, after what waits
    of the same run.

    key: the run's id and the call's number, from which the ids of new records derive. Raises what
    ``run`` raises; RuntimeError inside a transaction.
    """
    from store.ai.proposals.carrying import carry_waiting

    def work() -> Rehearsed:
        watch = Watch(bench)
        carry_waiting(bench, key.rpartition("-")[0], watch)
        return observe(bench, scope, actor, key, run, watch)

    return tried(bench, work)


def forget(bench: Workbench) -> None:
    """After a rollback: what was learned inside it was never true."""
    bench.writer.forget_numbers()
    bench.documents.forget_people()


def observe(
    bench: Workbench,
    scope: Scope,
    actor: Actor,
    key: str,
    run: Run,
    watch: Watch | None = None,
) -> Rehearsed:
    """Run a call in the transaction that is open, and say what it changed."""
    watch = watch or Watch(bench)
    began = bench.clock()
    answer = perform(bench, scope, actor, key, run)
    ended = bench.clock()
    found = watch.take()
    return Rehearsed(answer, found, digest_of(found, began, ended))


def perform(bench: Workbench, scope: Scope, actor: Actor, key: str, run: Run) -> Answer:
    """Run a call as ``actor`` in ``scope``. That deletions are held is an answer like any other.

    The steps of the history that it makes remember the number of the call, with which ``key`` ends,
    so that a single call can be taken back.
    """
    with bench.db.transaction() as connection:
        (last,) = connection.execute("SELECT coalesce(max(n), 0) FROM steps").fetchone()
        with bench.within(scope), act_as(actor), derived_from(key):
            try:
                answer = run()
                # A label that is told would be kept as more than its words.
                answer = answer._replace(message=str(answer.message))
            except HeldError as error:
                answer = Answer(error.message)
        number = key.rpartition("-")[2]
        if number.isdecimal():
            connection.execute(
                "UPDATE steps SET target = ? WHERE n > ? AND kind = 'agent'", (int(number), last)
            )
    return answer


def digest_of(changes: Iterable[RecordChange], began: datetime, ended: datetime) -> str:
    """What the changes come to, whenever they are made: new records by their number, instants
    within the run as the moment of the run. Only values that the run wrote are looked at so."""
    changes = tuple(changes)
    fresh = {
        change.id: f"<new {number}>"
        for number, change in enumerate(changes)
        if change.kind == "new"
    }
    window = instant(began), instant(ended)
    body = [
        [
            change.collection,
            fresh.get(change.id, change.id),
            change.kind,
            change.held,
            [
                [field.field, field.before, _usual(field.after, fresh, window)]
                for field in change.fields
            ],
        ]
        for change in changes
    ]
    return sha256(canonical(body)).hexdigest()


def _usual(value: Any, fresh: Mapping[str, str], window: tuple[str, str]) -> Any:
    """A value without what differs from run to run."""
    if isinstance(value, str):
        if len(value) == len(window[0]) and window[0] <= value <= window[1]:
            return NOW
        return fresh.get(value, value)
    if isinstance(value, list):
        return [_usual(one, fresh, window) for one in value]
    if isinstance(value, dict):
        return {name: _usual(one, fresh, window) for name, one in value.items()}
    return value


def shown(tool: str, arguments: Mapping[str, Any], digest: str) -> str:
    """The digest of a proposal: the call itself and what it changes."""
    return sha256(canonical([tool, dict(arguments), digest])).hexdigest()
