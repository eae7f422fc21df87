"""Comparing what stands here with what the server would give to a new device: everything is pulled
and folded in memory, page by page, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from store.errors import LockedError, ManabenchError, NetworkError, ServerError
from store.sync.compare.digest import digest
from store.sync.compare.folding import Fold
from store.sync.engine import cursors
from store.sync.engine.clientid import throwaway
from store.sync.engine.faults import ends_round, told
from store.words import _

if TYPE_CHECKING:
    from store.sync.compare.announcing import Devices
    from store.sync.compare.devices import Seen
    from store.sync.net.remote import Remote
    from store.sync.wire import Page
    from store.workbench import Workbench

Progress = Callable[[int, int], None]


class Compared(NamedTuple):
    """One space, "" for the user level: its digest here, and that of what the server gives, which
    is "" where that could not be had; words then say why. others: the account's other devices, as
    they told of themselves."""

    space: str
    mine: str
    theirs: str
    words: str = ""
    others: tuple[Seen, ...] = ()

    @property
    def same(self) -> bool:
        """Whether both hold the same, as far as that is known."""
        return self.mine == self.theirs

    @property
    def apart(self) -> bool:
        """Whether another device surely holds something else."""
        return any(other.verdict == "differs" for other in self.others)


def compare(bench: Workbench, remote: Remote, progress: Progress | None = None) -> list[Compared]:
    """Every space that the server knows. A collection that fails alone leaves open only what the
    spaces are that it is in. progress: rows so far, of how many were pulled before.

    Raises errors that would be the same for every collection: NetworkError, ServerError; and
    LockedError, StorageError.
    """
    known = cursors.load(bench)
    names = {(c.app, c.wire): None for c in bench.registry if c.app}
    names |= {(one.app, one.collection): None for one in known.values()}
    total, done = sum(one.rows for one in known.values()), 0
    fold, failed = Fold(bench), dict[int, str]()
    for app, collection in names:
        try:
            for page in _pages(remote, app, collection):
                fold.take(app, collection, page.rows)
                done += len(page.rows)
                if progress is not None:
                    progress(done, max(done, total))
        except ManabenchError as error:
            if ends_round(error):
                raise
            words = _("{name} cannot be compared: {words}").format(
                name=f"{app}/{collection}", words=told(error)
            )
            for number in fold.give_up(app, collection):
                failed.setdefault(number, words)
        else:
            fold.finish(app, collection)
    theirs = fold.digests()
    spaces = bench.db.read(
        'SELECT s.id, s.pk FROM "spaces" s JOIN memberships m ON m.space = s.pk '
        "WHERE m.state = 'linked' AND s.deleted_at IS NULL ORDER BY s.pk"
    )
    return [
        Compared(
            str(id),
            digest(bench, int(number)),
            "" if number in failed else theirs[int(number)],
            failed.get(number, ""),
        )
        for id, number in [("", 0), *spaces]
    ]


def with_others(bench: Workbench, devices: Devices, found: Sequence[Compared]) -> list[Compared]:
    """Tell the other devices what was found, and put beside it what they told. Where the server
    does not take that, what is known of them is what it was."""
    from store.sync.compare.devices import last_pull, own_state, peers, seen

    with suppress(NetworkError, ServerError, LockedError):
        devices.hear()
        devices.tell({one.space: one.mine for one in found})
    since = {space: held.since for space, held in own_state(bench).held.items()}
    others, fetched = peers(bench), last_pull(bench)
    return [
        one._replace(
            others=tuple(seen(others, fetched, one.space, one.mine, since.get(one.space, "")))
        )
        for one in found
    ]


def _pages(remote: Remote, app: str, collection: str) -> Iterator[Page]:
    """Every page of a collection from its beginning, under a name used once."""
    since, client, stepped = cursors.EPOCH, throwaway(), False
    while True:
        page = remote.pull(app, collection, since, client)
        yield page
        if not page.more:
            return
        _at, stepped = cursors.behind(page, since, f"{app}/{collection}", stepped=stepped)
        since = cursors.following(page, stepped=stepped)
