"""Comparing what stands here with what the server would give to a new device: everything is pulled
and folded in memory, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from store.sync.compare.digest import digest
from store.sync.compare.folding import Pages, digest_of_rows
from store.sync.engine import cursors
from store.sync.engine.clientid import throwaway

if TYPE_CHECKING:
    from store.sync.net.remote import Remote
    from store.sync.wire import Page
    from store.workbench import Workbench

Progress = Callable[[int, int], None]


class Compared(NamedTuple):
    """One space, "" for the user level: its digest here, and that of what the server gives."""

    space: str
    mine: str
    theirs: str


def compare(bench: Workbench, remote: Remote, progress: Progress | None = None) -> list[Compared]:
    """Every space that the server knows. progress: rows so far, of how many were pulled before.

    Raises NetworkError, ServerError, LockedError, StorageError.
    """
    theirs = digest_of_rows(bench, _everything(bench, remote, progress))
    spaces = bench.db.read(
        'SELECT s.id, s.pk FROM "spaces" s JOIN memberships m ON m.space = s.pk '
        "WHERE m.state = 'linked' AND s.deleted_at IS NULL ORDER BY s.pk"
    )
    return [
        Compared(str(id), digest(bench, int(number)), theirs[int(number)])
        for id, number in [("", 0), *spaces]
    ]


def _everything(bench: Workbench, remote: Remote, progress: Progress | None) -> Pages:
    """Every page of every collection that was ever pulled here, under a name used once."""
    known = cursors.load(bench)
    names = {(c.app, c.wire): None for c in bench.registry if c.app}
    names |= {(one.app, one.collection): None for one in known.values()}
    total = sum(one.rows for one in known.values())
    done = 0
    for app, collection in names:
        for page in _pages(remote, app, collection):
            done += len(page.rows)
            if progress is not None:
                progress(done, max(done, total))
            yield app, collection, page.rows


def _pages(remote: Remote, app: str, collection: str) -> Iterator[Page]:
    since, client, stepped = cursors.EPOCH, throwaway(), False
    while True:
        page = remote.pull(app, collection, since, client)
        yield page
        if not page.more:
            return
        _at, stepped = cursors.behind(page, since, f"{app}/{collection}", stepped=stepped)
        since = cursors.following(page, stepped=stepped)
