"""Search over unlocked content: words, prefixes, tags, modules, ``is:`` filters, any script.

The index lives in memory only, is built in the background, follows the history, and goes when the
vault is locked. Without an index (a headless command) the same question scans. Both fold case and
accents; runs of Chinese, Japanese and Korean are cut into pairs, because they have no spaces.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from store.errors import NotFoundError
from store.queries import Query
from store.records import Masked, Record
from store.scope import Scope
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

_CJK = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_WORD = re.compile(r"[^\W_]+")
_PAUSE = 0.001
"""Seconds between two chunks of indexing, so that a screen in the same process stays smooth."""
_SOON = 0.2
"""Seconds that a search may wait for what is being indexed just then."""

_CHUNK = 100


class Hit(NamedTuple):
    """One record found. ``space`` is its space's id."""

    collection: str
    id: str
    title: str
    space: str
    key: int


class _Found(NamedTuple):
    """A record found, not yet opened where the index found it. rank: 1 is best."""

    rank: int
    scope: Scope
    collection: str
    key: int
    record: Record | None


class Question(NamedTuple):
    """A query taken apart: folded words (a prefix each), tags, modules and ``is:`` filters."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    modules: tuple[str, ...]
    filters: tuple[str, ...]


def parse(text: str) -> Question:
    """``milk #home in:notes is:open``; every word must begin some word of the record."""
    words, tags, modules, filters = [], [], [], []
    for part in text.split():
        key, colon, value = part.partition(":")
        if part[0] in "#+" and len(part) > 1:
            tags.append(part[1:])
        elif colon and value and key == "tag":
            tags.append(value)
        elif colon and value and key == "in":
            modules.append(value)
        elif colon and value and key == "is":
            filters.append(value)
        else:
            words += fold(part).split()
    return Question(tuple(words), tuple(tags), tuple(modules), tuple(filters))


def fold(text: str) -> str:
    """Lower case, no accents, only word characters and spaces, pairs of CJK characters."""
    if text.isascii():
        return " ".join(_WORD.findall(text.lower()))
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = _CJK.sub(_pairs, unicodedata.normalize("NFC", plain))
    return " ".join(_WORD.findall(plain))


def _pairs(match: re.Match[str]) -> str:
    run = match.group()
    if len(run) == 1:
        return f" {run} "
    return f" {' '.join(run[i : i + 2] for i in range(len(run) - 1))} {run[-1]} "


def words_of(value: Any) -> Iterator[str]:
    """Every text inside a value, whatever its shape."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from words_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_of(inner)


class Search:
    """The search of one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._lock = threading.RLock()
        self._taking = threading.Lock()
        self._index: sqlite3.Connection | None = None
        self._rows: dict[int, tuple[str, int]] = {}
        self._latest: dict[tuple[str, int], int] = {}
        self._seen = 0
        self._wake = threading.Event()
        self._stop = False
        self._thread: threading.Thread | None = None
        self.ready = False

    # Asking ---------------------------------------------------------------------------------

    def find(
        self, scope: Scope, text: str, *, everywhere: bool = False, limit: int = 50
    ) -> list[Hit]:
        """The records that ``text`` means: first those whose title has the words whole, then those
        whose title has words that begin so, then the others; of each the newest first, by module.

        everywhere: in every space. Raises NotFoundError for a module or filter that is not there.
        """
        question = parse(text)
        self._catch_up()
        scopes = [scope]
        if everywhere:
            bench = self._bench
            scopes = [bench.spaces.scope(s["id"]) for s in bench.spaces.list()]
        found: list[_Found] = []
        missing: list[NotFoundError] = []
        for one in scopes:
            try:
                found += self._in_space(one, question, limit)
            except NotFoundError as error:
                missing.append(error)
        if len(missing) == len(scopes):
            raise missing[0]
        found.sort(key=lambda one: one.rank)
        return self._hits(found[:limit])

    def _in_space(self, scope: Scope, question: Question, limit: int) -> list[_Found]:
        found: list[_Found] = []
        for module in self._modules(scope, question):
            query = self._query(scope, module.main, question)
            if query is None:
                continue
            if self.ready and question.words:
                ranks = self._indexed(module.main, question.words)
                keys = self._bench.documents.among(scope, query, list(ranks), limit)
                found += [_Found(ranks[key], scope, module.main, key, None) for key in keys]
            else:
                found += self._scan(scope, query, question.words, limit)
        return found

    def _hits(self, found: Sequence[_Found]) -> list[Hit]:
        """What was found, opened: of the index only what is shown, all of a place at once."""
        places: dict[tuple[Scope, str], list[int]] = {}
        for one in found:
            if one.record is None:
                places.setdefault((one.scope, one.collection), []).append(one.key)
        opened = {
            (scope, collection, record.key): record
            for (scope, collection), keys in places.items()
            for record in self._bench.documents.by_keys(scope, collection, keys)
        }
        hits = []
        for one in found:
            record = one.record or opened.get((one.scope, one.collection, one.key))
            if record is not None:  # else deleted for good meanwhile
                hits.append(self._hit(one.scope, one.collection, record))
        return hits

    def _hit(self, scope: Scope, collection: str, record: Record) -> Hit:
        title = self._bench.documents.title(collection, record)
        return Hit(collection, record["id"], title, scope.id, record.key)

    def _modules(self, scope: Scope, question: Question) -> list[Any]:
        modules = self._bench.modules
        for name in question.modules:
            if not any(name in (m.id, m.noun, m.main) for m in modules.values()):
                raise NotFoundError(
                    _("There is no module called {name!r}.").format(name=name),
                    hint=_("There are: {names}.").format(names=", ".join(modules)),
                )
        return [
            m
            for m in modules.values()
            if scope.allows(m.id)
            and (not question.modules or {m.id, m.noun, m.main} & set(question.modules))
        ]

    def _query(self, scope: Scope, collection: str, question: Question) -> Query | None:
        """The part of the question that SQL answers; None where this module has no such thing."""
        modules = self._bench.modules.values()
        names = {f.name for m in modules if m.main == collection for f in m.filters}
        if not set(question.filters) <= names:
            return None
        tags = tuple(self._bench.tags.find(name, scope)["id"] for name in question.tags)
        if tags and self._bench.registry[collection].tag_link is None:
            return None
        return Query(collection, filters=question.filters, tags=tags, untagged_pass=False)

    def _scan(self, scope: Scope, query: Query, words: Sequence[str], limit: int) -> list[_Found]:
        documents = self._bench.documents
        found: list[_Found] = []
        keys = documents.keys(scope, query)
        for start in range(0, len(keys), 500):
            for record in documents.by_keys(
                scope, query.collection, keys[start : start + 500], large=bool(words)
            ):
                rank = self._rank(query.collection, record, words)
                if rank:
                    found.append(_Found(rank, scope, query.collection, record.key, record))
        found.sort(key=lambda one: (one.rank, -one.key))
        return found[:limit]

    def _rank(self, collection: str, record: Record, words: Sequence[str]) -> int:
        """1 if the title has all words whole, 2 if it has words that begin so, 3 if the record has,
        else 0."""
        title, body = self._texts(collection, record)
        if _has(title, words, whole=True):
            return 1
        if _has(title, words):
            return 2
        return 3 if _has(f"{title} {body}", words) else 0

    def _texts(self, collection: str, record: Record) -> tuple[str, str]:
        declared = self._bench.registry[collection]
        if any(isinstance(value, Masked) for value in record.values()):
            # What does not open has no words, not even those that stand in its place.
            opened = {n: v for n, v in record.items() if not isinstance(v, Masked)}
            record = Record(opened, record.key, record.tags)
        body = " ".join(
            text
            for name, value in record.items()
            if name != "updatedAt" and not declared.is_clear(name)
            for text in words_of(value)
        )
        return fold(self._bench.documents.title(collection, record)), fold(body)

    # The index ------------------------------------------------------------------------------

    def start(self) -> None:
        """Build the index in a thread of its own, and keep it current until ``stop``."""
        if self._thread is None:
            self._bench.db.subscribe(lambda _: self._wake.set())
            self._bench.vault.when_locked(self.forget)
            self._thread = threading.Thread(target=self._run, name="manabench-search", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread and drop the index."""
        self._stop = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=2)
        self.forget()

    def forget(self) -> None:
        """Drop all indexed content, because the vault was locked."""
        with self._lock:
            self._drop()
        self._wake.set()

    def _drop(self) -> None:
        self.ready = False
        if self._index is not None:
            self._index.close()
        self._index = None
        self._rows, self._latest = {}, {}

    def build(self) -> None:
        """Build the index now, in this thread."""
        with self._lock:
            self._drop()
            self._index = sqlite3.connect(":memory:", check_same_thread=False)
            # Folded text is words and spaces: this tokenizer leaves everything else in words, as
            # a scan does, whichever version of Unicode SQLite was built with.
            self._index.execute(
                "CREATE VIRTUAL TABLE words USING fts5(title, body, content='', "
                "tokenize='ascii', columnsize=0)"
            )
            index = self._index
        self._seen = self._newest()
        for module in tuple(self._bench.modules.values()):
            chunk = []
            for record in self._bench.documents.across(module.main):
                chunk.append(record)
                if len(chunk) == _CHUNK:
                    self._add(index, module.main, chunk)
                    chunk = []
                    time.sleep(_PAUSE)
                if self._stop or self._index is not index:
                    return
            self._add(index, module.main, chunk)
        with self._lock:
            self.ready = self._index is index

    def refresh(self) -> None:
        """Take in what changed since the last look, whichever process changed it."""
        with self._taking:
            self._take_in()

    def _take_in(self) -> None:
        index = self._index
        if index is None or (newest := self._newest()) == self._seen:
            return
        rows = self._bench.db.read(
            "SELECT DISTINCT collection, record FROM history WHERE n > ? AND n <= ?",
            (self._seen, newest),
        )
        mains = {m.main for m in self._bench.modules.values()}
        changed: dict[str, list[int]] = {}
        for collection, record in rows:
            if collection in mains:
                changed.setdefault(collection, []).append(record)
        for collection, keys in changed.items():
            for start in range(0, len(keys), _CHUNK):
                part = keys[start : start + _CHUNK]
                self._add(index, collection, self._bench.documents.viewed(collection, part))
                time.sleep(_PAUSE)
        if index is self._index:
            self._seen = newest

    def _catch_up(self) -> None:
        """Who changed something and then searches finds the new, unless very much changed."""
        if not self.ready or self._bench.db.writing or self._newest() - self._seen > _CHUNK:
            return  # what a transaction wrote may be taken back, and an index forgets nothing
        if self._taking.acquire(timeout=_SOON):
            try:
                self._take_in()
            finally:
                self._taking.release()

    def _run(self) -> None:
        while not self._stop:
            self._wake.clear()
            if self._bench.vault.unlocked:
                if self._index is None:
                    self.build()
                else:
                    self.refresh()
            self._wake.wait()

    def _newest(self) -> int:
        return int(self._bench.db.read("SELECT coalesce(max(n), 0) FROM history")[0][0])

    def _add(self, index: sqlite3.Connection, collection: str, records: Iterable[Record]) -> None:
        """Index records. A contentless index forgets nothing, so an older entry is disowned."""
        rows = []
        with self._lock:
            for record in records:
                row = len(self._rows) + 1
                self._rows[row] = (collection, record.key)
                self._latest[collection, record.key] = row
                rows.append((row, *self._texts(collection, record)))
            if index is self._index:
                index.executemany("INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", rows)

    def _indexed(self, collection: str, words: Sequence[str]) -> dict[int, int]:
        """The rows that match, each with its rank: the best first, of one rank the newest."""
        begins = " AND ".join(f'"{word}"*' for word in words)
        whole = " AND ".join(f'"{word}"' for word in words)
        with self._lock:
            if self._index is None:
                return {}
            found: dict[int, int] = {}
            for rank, match in enumerate((f"title : ({whole})", f"title : ({begins})", begins), 1):
                keys = []
                for (row,) in self._index.execute(
                    "SELECT rowid FROM words WHERE words MATCH ?", (match,)
                ):
                    entry = self._rows[row]
                    if entry[0] == collection and self._latest[entry] == row:
                        keys.append(entry[1])
                for key in sorted(keys, reverse=True):
                    found.setdefault(key, rank)
            return found


def _has(text: str, words: Sequence[str], *, whole: bool = False) -> bool:
    """Whether each of ``words`` begins, or is, a word of the folded ``text``."""
    padded, end = f" {text} ", " " if whole else ""
    return all(f" {word}{end}" in padded for word in words)
