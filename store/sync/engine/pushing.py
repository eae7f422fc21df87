"""Pushing: batches of dirty fields, acknowledged only by a 200, and what a server refuses.

A refusal must not block the rest: the change that it names, or the one that halving finds, is set
aside with the server's words. A connection that broke off says nothing of what arrived, so the same
is sent again; changes are such that a repeat is harmless.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import TYPE_CHECKING, NamedTuple

from store.errors import ManabenchError, NetworkError, ServerError
from store.sync.engine.clientid import Client
from store.sync.engine.clock import correct
from store.sync.engine.faults import CLOCK, TOO_LARGE, ends_round
from store.sync.engine.lock import EngineLock
from store.sync.outbox import outgoing
from store.sync.status import kept, tell
from store.words import _

if TYPE_CHECKING:
    from store.sync.net.remote import Remote
    from store.sync.outbox.outgoing import Batch
    from store.workbench import Workbench

COUNT, SIZE = 200, 4_000_000
"""Changes and bytes of one request: a server commits each change alone, so more gains nothing, and
it cuts off a body of 10 MB or one that takes it 15 s to read."""

_SMALLEST = 20_000
PASSES = 3
"""How often at most the outbox is gone through, where stamps had to be brought back to the present
before they were taken."""

DROPS = 3
"""How often a connection may break off at the same changes, while others go through, before one of
them is held to be the cause."""

_NAMED = re.compile(r"(?:in change |\bchanges[.\[])(\d{1,6})\b")

_PLACE = re.compile(r"\s+in change \d{1,6}$")
"""Where in a push a refused change stood; the person who reads of the record knows no numbers."""


class Pushed(NamedTuple):
    """records: how many were acknowledged. aside: how many were set aside."""

    records: int = 0
    aside: int = 0


class Pushes:
    """The pushes of one engine. Not for two threads at once."""

    def __init__(self, bench: Workbench, remote: Remote, client: Client, lock: EngineLock) -> None:
        self._bench = bench
        self._remote = remote
        self._client = client
        self._lock = lock
        self._size = SIZE
        self._keyless: int | None = None
        self._drops: tuple[object, int] = (None, 0)
        self._again = False
        self._records = 0
        self._aside = 0

    def push(self, each: Callable[[int], None] | None = None) -> Pushed:
        """Send everything that waits. each: called with the records of every acknowledged batch.

        Raises what ``Remote`` raises; what was acknowledged before stays so.
        """
        self._records = self._aside = 0
        for _pass in range(PASSES):
            self._again = False
            box = outgoing.batches(self._bench, count=COUNT, size=self._size)
            for batch in box:
                before = self._records
                self._send(batch)
                if each is not None:
                    each(self._records - before)
            if not self._again:
                break
        self._tell_keyless(box.locked)
        return Pushed(self._records, self._aside)

    def _tell_keyless(self, count: int) -> None:
        """Tell how many records wait for the account's key, where that has changed."""
        if self._keyless is None:
            self._keyless = int(kept(self._bench, "keyless") or 0)
        if count != self._keyless and self._bench.vault.unlocked:
            tell(self._bench, keyless=count)
            self._keyless = count

    def _send(self, batch: Batch, *, again: bool = False) -> None:
        """Send a batch and acknowledge it. again: it failed a moment ago, which may have passed."""
        try:
            self._remote.push(batch.app, outgoing.encode(batch, self._client.id), self._client.id)
        except NetworkError as error:
            self._dropped(batch, error)
            return
        except ServerError as error:
            # Below 400 it is no refusal: a login page of some network, a redirect.
            if ends_round(error) or error.status < 400:
                raise
            if error.code_given == TOO_LARGE:
                self._size = max(self._size // 2, _SMALLEST)
            elif not _named(error, batch) and not self._alive(batch.app):
                raise
            if error.status >= 500 and not again:
                self._send(batch, again=True)
            else:
                self._part(batch, error)
            return
        self._drops = (None, 0)
        with self._bench.db.transaction(durable=False) as connection:
            self._lock.check(connection)
            outgoing.acknowledge(self._bench, batch)
            self._client.count(connection)
        self._client.remember()
        self._records += batch.records

    def _dropped(self, batch: Batch, error: NetworkError) -> None:
        """A push without an answer. Raises NetworkError, unless the same changes broke it off
        several times while a push without changes goes through."""
        first = batch.marks[0] if batch.marks else None
        before, times = self._drops
        times = times + 1 if before == first else 1
        self._drops = (first, times)
        if times < DROPS or not self._alive(batch.app):
            raise error
        self._part(batch, error)

    def _alive(self, app: str) -> bool:
        """Whether a push without changes goes through, so that a failure is one of the changes'.
        Raises NetworkError and what ends a round."""
        from store.sync.wire import encode_push

        try:
            self._remote.push(app, encode_push([], self._client.id), self._client.id)
        except ServerError as error:
            if ends_round(error):
                raise
            return False
        return True

    def _part(self, batch: Batch, error: ManabenchError) -> None:
        """Send a refused batch in parts; what is refused alone is set aside. Stamps that our own
        server refuses, for they lie in the future, are brought back to the present."""
        if getattr(error, "code_given", "") == CLOCK and self._alive(batch.app):
            correct(self._bench, self._remote.clock())
            if outgoing.restamp(self._bench, batch.marks):
                self._again = True
                return
        if len(batch.marks) <= 1:
            self._set_aside(batch, error)
            return
        named = _named(error, batch)
        if not named:
            parts = outgoing.halves(batch)
        elif isinstance(error, ServerError) and error.changes and error.status < 500:
            # All of them, told by numbers: the server has looked at every change.
            self._set_aside(_chosen(batch, named), error)
            parts = [_chosen(batch, set(range(len(batch.marks))) - named)]
        else:
            rest = [_chosen(batch, marks) for marks in _around(named, len(batch.marks))]
            parts = [part for part in rest if part.marks]
        for part in parts:
            if part.marks:
                self._try(part, error)

    def _try(self, batch: Batch, error: ManabenchError) -> None:
        """Send a part of what was refused; a broken connection counts as a refusal where that was
        what the whole met."""
        try:
            self._send(batch)
        except NetworkError as dropped:
            if not isinstance(error, NetworkError) or not self._alive(batch.app):
                raise
            self._part(batch, dropped)

    def _set_aside(self, batch: Batch, error: ManabenchError) -> None:
        if isinstance(error, ServerError):
            words = _PLACE.sub("", error.words or error.message)
        else:
            words = _("The server breaks the connection off at this change.")
        with self._bench.db.transaction() as connection:
            self._lock.check(connection)
            for mark in batch.marks:
                outgoing.set_aside(self._bench, mark, words)
        self._aside += batch.records


def _named(error: ManabenchError, batch: Batch) -> set[int]:
    """The marks of ``batch`` that the server names by the numbers of their changes, in its answer
    or, one at most, in its words."""
    numbers = list(getattr(error, "changes", ()))
    if not numbers and (found := _NAMED.search(getattr(error, "words", ""))) is not None:
        numbers = [int(found[1])]
    return {batch.of[n] for n in numbers if 0 <= n < len(batch.of)}


def _around(named: Set[int], count: int) -> list[set[int]]:
    """What stands before, at and after the marks that were named."""
    first, last = min(named), max(named)
    return [set(range(first)), set(range(first, last + 1)), set(range(last + 1, count))]


def _chosen(batch: Batch, chosen: Set[int]) -> Batch:
    """Some of the marks of a batch, with their changes."""
    order = sorted(chosen)
    place = {mark: n for n, mark in enumerate(order)}
    taken = [n for n, mark in enumerate(batch.of) if mark in place]
    marks = [batch.marks[mark] for mark in order]
    return batch._replace(
        changes=[batch.changes[n] for n in taken],
        marks=marks,
        records=len({(mark.collection, mark.record) for mark in marks}),
        of=[place[batch.of[n]] for n in taken],
    )
