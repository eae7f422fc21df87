"""Pulling: one collection to its end, page by page, each page one transaction with its cursor.

What a server can do to a reader is met here: rows that become visible behind the cursor (overlap,
and now and then a longer look back), a page that ends between rows of one instant (a step back of a
microsecond), an instant with more rows than a page holds (said, and stepped over), a cursor that
does not move, a clock or a database that went back (said, and everything pulled anew).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence, Set
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from store.errors import ManabenchError, NetworkError, ServerError
from store.stamps import UNTRUSTED, instant, micros
from store.sync.engine import cursors
from store.sync.engine.clientid import throwaway
from store.sync.engine.cursors import EPOCH, SECOND, Cursor, Row
from store.sync.engine.faults import ends_round, told
from store.sync.engine.lock import EngineLock
from store.sync.engine.missing import missing
from store.sync.status import kept, tell
from store.sync.wire import Page
from store.told import Told, phrase
from store.vault.custody import locked

if TYPE_CHECKING:
    from store.sync.net.remote import Remote
    from store.workbench import Workbench

OVERLAP = 10.0
"""Seconds before the last cursor at which a round starts. A stall longer than that loses rows to
whoever looks back no further, so a slow answer makes it longer."""

LONGEST_OVERLAP = 600.0
KEEP_EVERY = 60.0
"""Seconds after which a cursor that moved without any row is written, too."""

HOLD = 0.04
"""Seconds for which one transaction of a pull may keep other writers of this process waiting."""

_FEWEST, _MOST = 50, 1000
_NEVER = "9999"
_BACKWARDS = 5 * SECOND

Each = Callable[[int], None]


class Named(Protocol):
    """Whoever pulls: ``clientid.Client``."""

    id: str


class Pulled(NamedTuple):
    """What came: rows in all, those that were new, and how many changed something here."""

    rows: int = 0
    fresh: int = 0
    merged: int = 0

    def plus(self, other: Pulled) -> Pulled:
        """Both together."""
        return Pulled(*(a + b for a, b in zip(self, other, strict=True)))


class Rounds:
    """The pulls of one engine. Not for two threads at once.

    generation: the number of the full pull that is done or under way; a cursor remembers the one
    it took part in. wants_whole: something was seen after which everything has to be pulled anew;
    its reason in words is ``why``. expected: rows still to come of the collection that is being
    pulled, 0 where the server does not say.
    """

    def __init__(
        self,
        bench: Workbench,
        remote: Remote,
        client: Named,
        lock: EngineLock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bench = bench
        self._remote = remote
        self._client = client
        self._lock = lock
        self._monotonic = monotonic
        self.cursors: dict[str, Cursor] = cursors.load(bench)
        self._unwritten: dict[str, Cursor] = {}
        self._notes: dict[str, str] | None = None
        self._kept: dict[str, float] = {}
        self._slowest = 0.0
        self._pace = 5000.0
        self._before: frozenset[str] = frozenset()
        self.generation = 0
        self.expected = 0
        self.wants_whole = False
        self.why: str = ""

    def reload(self) -> None:
        """Read the cursors again, after another process may have moved them."""
        self.cursors = cursors.load(self._bench)
        self._unwritten, self._notes = {}, None
        self._kept = dict.fromkeys(self.cursors, self._monotonic())

    @property
    def overlap(self) -> float:
        """Seconds to look back: more where the server was slow a moment ago."""
        slow = 3 * self._slowest if self._slowest > 1 else 0.0
        return min(OVERLAP + slow, LONGEST_OVERLAP)

    def doubt(self, seconds: float) -> None:
        """Look back further in the next rounds: something failed for so long."""
        self._slowest = max(self._slowest, seconds / 3)

    def calm(self) -> None:
        """A round went well: what was slow counts half from now on."""
        self._slowest /= 2

    # One collection -----------------------------------------------------------------------

    def pull(
        self,
        app: str,
        collection: str,
        *,
        back: float = 0.0,
        whole: bool = False,
        each: Each | None = None,
    ) -> Pulled:
        """Pull a collection to its end; an interrupted round is taken up where it broke off.

        back: seconds to look back, at least the overlap. whole: from the beginning, under a name
        used once, so that rows of our own come, too. each: called with the rows of every page; it
        may raise CancelledError. Raises what ``Remote`` raises, LockedError, StorageError.
        """
        cursor = self.cursors.get(f"{app}/{collection}") or Cursor(app, collection)
        back = max(back, self.overlap)
        delivered: set[str] | None = None
        if cursor.until:
            since = cursors.before(cursor.until, 1)
        elif whole or not cursor.since:
            cursor = cursor._replace(mode="whole" if whole else "")
            since, delivered = EPOCH, set() if whole else None
        else:
            since = cursors.before(cursor.since, int(back * SECOND))
        quiet = cursor.mode == "whole" or back > cursors.KEPT_SECONDS
        client = throwaway() if quiet else self._client.id
        if delivered is not None:
            self._note(cursor.name, None)
        late = instant(self._bench.clock() - timedelta(seconds=self.overlap))
        if self.why:  # a server that went back does not show late; it has lost
            late = _NEVER
        got, stepped, self._before = Pulled(), False, frozenset[str]()
        self.expected = 0
        while True:
            page = self._ask(app, collection, since, client)
            if delivered is not None:
                delivered.update(row.id for row in page.rows)
            moment, stepped = self._look(cursor, page, since, stepped)
            if stepped:
                delivered = None
            cursor = self._next(cursor, page, moment)
            got = got.plus(self._take(cursor, page, moment, quiet=quiet))
            self.expected = max(0, (page.remaining or self.expected) - len(page.rows))
            if each is not None:
                each(len(page.rows))
            if not page.more:
                break
            since = cursors.following(page, stepped=stepped)
        if delivered is not None:
            self._compare(cursor, delivered, late)
        return got

    def _ask(self, app: str, collection: str, since: str, client: str) -> Page:
        began = self._monotonic()
        try:
            return self._remote.pull(app, collection, since, client)
        finally:
            self._slowest = max(self._slowest, self._monotonic() - began)

    def _look(self, cursor: Cursor, page: Page, since: str, stepped: bool) -> tuple[int, bool]:
        """See ``cursors.behind``; a page that is stepped over is told."""
        moment, stepped = cursors.behind(page, since, cursor.name, stepped=stepped)
        if stepped:
            words = phrase(
                "The server holds more rows of one instant ({at}) than it hands out; some may lack "
                "here. The next full pull looks again.",
                at=page.until,
            )
            self._note(cursor.name, words)
        return moment, stepped

    def _next(self, cursor: Cursor, page: Page, moment: int) -> Cursor:
        """The cursor behind ``page``."""
        now = instant(self._bench.clock())
        rows = cursor.rows + len(page.rows)
        if page.more:
            return cursor._replace(until=page.until, rows=rows, error="", failed="")
        since = page.until
        if moment == UNTRUSTED:
            since = cursor.since
        elif cursor.since and moment + _BACKWARDS < micros(cursor.since):
            self._went_back()
        whole = cursor.whole
        if cursor.mode == "whole" or not cursor.hydrated:
            whole = self.generation
        return cursor._replace(
            since=since,
            until="",
            mode="",
            hydrated=True,
            pulled=now,
            whole=whole,
            rows=rows,
            error="",
            failed="",
        )

    def _went_back(self) -> None:
        self.wants_whole = True
        self.why = phrase(
            "The server's clock went back; it may have been restored. Everything is pulled anew, "
            "and nothing here is deleted."
        )

    # One page -----------------------------------------------------------------------------

    def _take(self, cursor: Cursor, page: Page, moment: int, *, quiet: bool) -> Pulled:
        """Merge what is new of a page, with the cursor behind it; nothing is written where nothing
        is worth it."""
        if not self._bench.vault.check_epoch():
            raise locked()
        rows = page.rows
        if quiet:
            # What was taken lately may have been lost since: only the page before counts.
            fresh, keys = cursors.apart(rows, self._before)
            self._before = frozenset(keys)
        else:
            fresh, keys = cursors.unseen(self._bench, cursor.name, rows)
        before = self.cursors.get(cursor.name)
        if not fresh:
            # Written together with those of other collections that had nothing either.
            if self._worth(cursor, before) or cursor.name in self._unwritten:
                self._unwritten[cursor.name] = cursor
                self._kept[cursor.name] = self._monotonic()
            self.cursors[cursor.name] = cursor
            return Pulled(len(rows))
        self._unwritten.pop(cursor.name, None)
        new, merged = self._receive(cursor, fresh, keys, moment, before, quiet=quiet)
        self.cursors[cursor.name] = cursor
        self._kept[cursor.name] = self._monotonic()
        return Pulled(len(rows), new, merged)

    def _flush(self) -> None:
        """Write the cursors that moved without a new row, in one transaction."""
        if not self._unwritten:
            return
        with self._bench.db.transaction(durable=False) as connection:
            self._lock.check(connection)
            for cursor in self._unwritten.values():
                cursors.save(connection, cursor)
                if not cursor.until:
                    cursors.prune(connection, cursor.name, cursor.since)
            self._bench.db.touch("sync_state", "", None)
        self._unwritten.clear()

    def _worth(self, cursor: Cursor, before: Cursor | None) -> bool:
        """Whether a cursor that moved without a new row has to be written."""
        if (
            before is None
            or before._replace(since=cursor.since, pulled=cursor.pulled, rows=cursor.rows) != cursor
        ):
            return True
        kept = self._kept.get(cursor.name)
        return kept is None or self._monotonic() - kept >= KEEP_EVERY

    def _receive(
        self,
        cursor: Cursor,
        fresh: Sequence[Row],
        keys: Sequence[str],
        moment: int,
        before: Cursor | None,
        *,
        quiet: bool,
    ) -> tuple[int, int]:
        """(rows that said something new, records that changed)."""
        from store.sync.inbox.incoming import receive

        remembered = keys if self._recent(moment) else ()
        new = merged = start = 0
        while True:
            size = int(min(max(self._pace * HOLD, _FEWEST), _MOST))
            part = fresh[start : start + size]
            start += len(part)
            ended = start >= len(fresh)

            def also(connection: sqlite3.Connection, ended: bool = ended) -> None:
                self._lock.check(connection)
                if ended:
                    cursors.save(connection, cursor)
                    cursors.remember(connection, cursor.name, remembered, moment)
                    if not cursor.until:
                        cursors.prune(connection, cursor.name, cursor.since)
                    self._bench.db.touch("sync_state", "", None)

            began = self._monotonic()
            arrival = receive(
                self._bench,
                cursor.app,
                cursor.collection,
                part,
                hydrating=not (before and before.hydrated),
                whole=quiet,
                also=also,
            )
            merged += arrival.merged
            new += len(part) - arrival.unchanged
            took = self._monotonic() - began
            if len(part) >= _FEWEST and took > 0:
                self._pace = (self._pace + len(part) / took) / 2
            if ended:
                return new, merged

    def _recent(self, moment: int) -> bool:
        """Whether rows up to ``moment`` may come again by the overlap of a later round."""
        wall = self._bench.clock().timestamp() + self._remote.clock()
        return moment == UNTRUSTED or moment > (wall - cursors.KEPT_SECONDS) * SECOND

    # All collections ----------------------------------------------------------------------

    def pull_all(
        self,
        names: Sequence[tuple[str, str]],
        *,
        back: float = 0.0,
        whole: bool = False,
        each: Each | None = None,
    ) -> Pulled:
        """Pull several collections; one that fails is marked with its error and does not stop the
        others. whole: those that did not take part in the full pull of this generation, from the
        beginning. Raises errors that would be the same for every collection."""
        got = Pulled()
        try:
            for app, collection in names:
                cursor = self.cursors.get(f"{app}/{collection}")
                if whole and cursor and cursor.whole >= self.generation and not cursor.until:
                    continue
                try:
                    if back > cursors.KEPT_SECONDS and cursor and cursor.since and not whole:
                        # What is news has to be met as news, before older rows come again.
                        got = got.plus(self.pull(app, collection, each=each))
                    got = got.plus(self.pull(app, collection, back=back, whole=whole, each=each))
                except ManabenchError as error:
                    if ends_round(error):
                        raise
                    self._failed(app, collection, error)
        except NetworkError:
            self._flush()
            raise
        self._flush()
        self.why = "" if whole else self.why
        return got

    def _failed(self, app: str, collection: str, error: ManabenchError) -> None:
        cursor = self.cursors.get(f"{app}/{collection}") or Cursor(app, collection)
        words = told(error).kept
        if cursor.error == words:
            return
        cursor = cursor._replace(error=words, failed=instant(self._bench.clock()))
        with self._bench.db.transaction(durable=False) as connection:
            self._lock.check(connection)
            cursors.save(connection, cursor)
            self._bench.db.touch("sync_state", "", None)
        self.cursors[cursor.name] = cursor
        self._unwritten.pop(cursor.name, None)

    def discover(self, apps: Sequence[str]) -> tuple[set[str], list[tuple[str, str]]]:
        """(the apps that hold anything or do not say, every collection that was seen).

        An empty push with ``since`` at the epoch brings rows of every collection of an app, so that
        names nobody listed are found. Its rows are not used: it is cut without saying so.
        """
        used, found = set(), []
        for app in apps:
            try:
                tables = sorted(self._tables(app))
            except ServerError as error:
                if ends_round(error):
                    raise
                used.add(app)
                continue
            found += [(app, table) for table in tables]
            used.update([app] if tables else [])
        return used, found

    def _tables(self, app: str) -> Set[str]:
        """The collections of an app that an empty push tells of. Thousands of rows need not be
        read for a few names, where the way to the server can do without."""
        from store.sync.wire import encode_push

        client = throwaway()
        body = encode_push([], client, EPOCH)
        tables: Callable[[str, bytes, str], Set[str]] | None
        tables = getattr(self._remote, "tables", None)
        if tables is not None:
            return set(tables(app, body, client))
        return {row.table for row in self._remote.push(app, body, client).rows if row.table}

    # What the server no longer has ---------------------------------------------------------

    def _compare(self, cursor: Cursor, delivered: set[str], late: str) -> None:
        """After a whole pull: say so where records that this device knows to be acknowledged did
        not come. Nothing of them is changed."""
        gone = missing(self._bench, cursor, delivered, late)
        if not gone:
            return
        words = phrase(
            "{n} records that are here are not on the server. They are kept; "
            "`manabench sync --resend` sends them again.",
            n=str(gone),
        )
        self._note(cursor.name, words)

    def _note(self, name: str, words: Told | None) -> None:
        """Keep what a person should know of a collection until its next whole pull; None: nothing
        any more."""
        if self._notes is None:  # nobody but the engine writes them
            self._notes = dict(kept(self._bench, "notes") or {})
        if self._notes.get(name) == (words.kept if words else None):
            return
        notes = {other: kept for other, kept in self._notes.items() if other != name}
        if words is not None:
            notes[name] = words.kept
        tell(self._bench, notes=notes)
        self._notes = notes
