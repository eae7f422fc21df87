"""What waits: the proposals of a space in order, one by its id, and which were overtaken by another
change or by another decision of the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from store.ai.proposals import staging
from store.ai.proposals.staging import RISKS, Proposal
from store.ai.proposals.withdrawing import withdrawn_marked
from store.errors import AmbiguousError, NotFoundError
from store.records import dumps
from store.stamps import Meta, canonical, instant, later
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench


def pending(bench: Workbench, space: int | None = None) -> list[Proposal]:
    """What waits in a space, or in all: the run with the highest risk first, its calls together."""
    where, values = _waiting(bench, space)
    found = _marked(bench, staging.load(bench, where, values))
    worst: dict[str, tuple[int, int]] = {}
    for one in found:
        rank = (-RISKS.index(one.risk), one.n)
        worst[one.run] = min(rank, worst.get(one.run, rank))
    return sorted(found, key=lambda p: (worst[p.run], p.run, -RISKS.index(p.risk), p.n))


def count(bench: Workbench, space: int | None = None) -> int:
    """How many proposals wait."""
    where, values = _waiting(bench, space)
    return int(bench.db.read(f"SELECT count(*) FROM proposals WHERE {where}", values)[0][0])


def _waiting(bench: Workbench, space: int | None) -> tuple[str, tuple[str | int, ...]]:
    where, now = "state = 'pending' AND expires > ?", instant(bench.clock())
    return (where, (now,)) if space is None else (f"{where} AND space = ?", (now, space))


def get(bench: Workbench, id: str) -> Proposal:
    """The proposal with this id or start of one. Raises NotFoundError, AmbiguousError."""
    found = staging.load(bench, "? <> '' AND id >= ? AND id < ?", (id, id, id + "\U0010ffff"))
    if len(found) != 1 and (exact := [one for one in found if one.id == id]):
        found = exact
    if not found:
        raise NotFoundError(
            _("There is no proposal called {id}.").format(id=id),
            kept=_("Nothing was changed."),
            hint=_("`manabench proposal list` shows what waits."),
        )
    if len(found) > 1:
        raise AmbiguousError(
            _("{text!r} means {count} proposals.").format(text=id, count=len(found)),
            [(one.id, one.tool) for one in found],
            kept=_("Nothing was changed."),
            hint=_("Give more of the id."),
        )
    return _marked(bench, found)[0]


def several(bench: Workbench, ids: Iterable[str]) -> list[Proposal]:
    """The proposals that these ids or starts of ids mean, in the order in which they were made.
    Raises NotFoundError, AmbiguousError."""
    wanted = list(dict.fromkeys(ids))
    rows = staging.load(bench, "id IN (SELECT value FROM json_each(?))", (dumps(wanted),))
    found = {one.id: one for one in _marked(bench, rows)}
    for id in wanted:
        if id not in found:
            one = get(bench, id)
            found[one.id] = one
    return sorted(found.values(), key=lambda one: one.n)


def runs_named(bench: Workbench, start: str) -> list[str]:
    """The runs whose ids begin so, of those that asked for something."""
    rows = bench.db.read(
        "SELECT DISTINCT run FROM proposals WHERE ? <> '' AND substr(run, 1, length(?)) = ?",
        (start, start, start),
    )
    return [str(run) for (run,) in rows]


def of_run(bench: Workbench, run: str) -> list[Proposal]:
    """Every proposal of a run, decided ones too, in the order of its steps."""
    found = _marked(bench, staging.load(bench, "run = ?", (run,)))
    return sorted(found, key=lambda one: (one.step, one.n))


def _marked(bench: Workbench, found: Sequence[Proposal]) -> list[Proposal]:
    return withdrawn_marked(bench, stale_marked(bench, found))


def stale_marked(bench: Workbench, found: Sequence[Proposal]) -> list[Proposal]:
    """The proposals, those marked whose records were changed since they were shown by anybody but
    the run that asks, whose other calls were shown beside this one."""
    ids: dict[str, set[str]] = {}
    for one in found:
        for change in one.changes:
            if change.base and one.state == "pending" and change.collection in bench.registry:
                ids.setdefault(change.collection, set()).add(change.id)
    metas: dict[tuple[str, str], list[Meta]] = {}
    for name, wanted in ids.items():
        for id, meta in bench.db.read(
            f'SELECT id, meta FROM "{name}" WHERE id IN (SELECT value FROM json_each(?))',
            (dumps(sorted(wanted)),),
        ):
            metas.setdefault((name, id), []).append(Meta.load(meta))
    askers = {canonical(one.actor).decode() for one in found} if metas else set()
    actors = bench.db.read(
        "SELECT n, json FROM actors WHERE json IN (SELECT value FROM json_each(?))",
        (dumps(sorted(askers)),),
    )
    numbers = {text: n for n, text in actors}
    marked = []
    for one in found:
        own = numbers.get(canonical(one.actor).decode(), 0)
        stale = one.state == "pending" and any(
            change.base
            and not any(
                _unchanged(meta, change.base, own)
                for meta in metas.get((change.collection, change.id), ())
            )
            for change in one.changes
        )
        marked.append(one._replace(stale=stale))
    return marked


def _unchanged(meta: Meta, base: str, own: int) -> bool:
    """Whether nobody but ``own`` wrote to a record after ``base``."""
    stamps = (meta.default, *meta.own.values())
    return not any(later(stamp.at, base) and stamp.actor != own for stamp in stamps)
