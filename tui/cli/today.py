"""today and statusline: what is due, as a list or in one short line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from store.words import _, ngettext
from tui.cli import output, pick
from tui.cli.call import Call, masked
from tui.cli.frame import Verb

if TYPE_CHECKING:
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

MODULE = "todo"


@click.command(cls=Verb, help=_("List what is overdue and due today in the space."))
@click.option("--all", "everywhere", is_flag=True, help=_("In every space."))
@click.pass_obj
def today(call: Call, everywhere: bool) -> None:
    """Overdue tasks, then those of today, each by due date."""
    bench, here = call.scoped()
    module = bench.modules[MODULE]
    found: list[tuple[Record, Record]] = []
    data: list[dict[str, Any]] = []
    for space, _scope in _scopes(bench, here, everywhere):
        # The names of tags are those of the space in view.
        scope = bench.enter(space["id"])
        due = _due(bench, scope)
        found += [(space, record) for record in due]
        data += pick.exported(bench, due)
    bench.enter(here.id)
    if not found:
        call.note(
            _("Nothing is due today, in no space.")
            if everywhere
            else _("Nothing is due today in this space.")
        )
    call.answer(data, lambda: _rows(module, found, everywhere))


def _rows(module: Any, found: list[tuple[Record, Record]], everywhere: bool) -> list[str]:
    wide = output.width()
    cells = [module.row(record, wide or 100) for _space, record in found]
    ids = output.short_ids([record["id"] for _space, record in found])
    names = [masked(space.get("name")) if everywhere else "" for space, _record in found]
    return output.columns(
        [
            (id, cell.glyph, cell.right, name, cell.text)
            for id, cell, name in zip(ids, cells, names, strict=True)
        ],
        width=wide,
    )


def _scopes(bench: Workbench, here: Scope, everywhere: bool) -> Iterator[tuple[Record, Scope]]:
    for space in bench.spaces.list():
        if everywhere or space["id"] == here.id:
            yield space, bench.spaces.scope(space["id"])


def _due(bench: Workbench, scope: Scope) -> list[Record]:
    """Overdue records, then those due today that are not."""
    from store.queries import Query

    main = bench.modules[MODULE].main
    found: dict[str, Record] = {}
    for name in ("overdue", "today"):
        for record in bench.documents.page(scope, Query(main, "due", (name,)), limit=-1):
            found.setdefault(record["id"], record)
    return list(found.values())


@click.command(
    cls=Verb,
    help=_(
        "One short line for tmux or a prompt: what is due today and overdue, and how syncing "
        "stands. It never asks; a locked vault is one word."
    ),
)
@click.option("--all", "everywhere", is_flag=True, help=_("In every space."))
@click.option(
    "--format",
    "form",
    metavar="TEXT",
    help=_("Other words, with {due}, {overdue}, {total}, {sync} and {space} in them."),
)
@click.pass_obj
def statusline(call: Call, everywhere: bool, form: str | None) -> None:
    """Counts of clear columns: nothing is opened but, if asked for, the name of the space."""
    bench = call.bench(unlock="never")
    if not bench.vault.unlocked:
        call.answer({"locked": True}, _("locked"))
        return
    space = pick.space_of(call, bench)
    scopes = bench.spaces.list() if everywhere else [space]
    due = overdue = 0
    for one in scopes:
        more, late = _counts(bench, bench.spaces.scope(one["id"]))
        due, overdue = due + more, overdue + late
    synced = _sync_words(bench)
    data = {"locked": False, "due": due, "overdue": overdue, "total": due + overdue}
    if form is None:
        parts = [ngettext("{n} due", "{n} due", due).format(n=due)] if due or not overdue else []
        if overdue:
            parts.append(ngettext("{n} overdue", "{n} overdue", overdue).format(n=overdue))
        words = " · ".join([*parts, *synced])
    else:
        words = form
        told = {**data, "sync": " · ".join(synced), "space": pick.space_label(space)}
        for name, value in told.items():
            words = words.replace("{" + name + "}", str(value))
    call.answer({**data, "sync": synced} if synced else data, output.clean(words))


def _sync_words(bench: Workbench) -> list[str]:
    """What the status line of the workbench says of syncing; nothing without an account."""
    from tui.asking import syncing

    if not syncing.has_account(bench):
        return []
    return [piece.words for piece in syncing.pieces(bench.sync.status(), bench.clock())]


def _counts(bench: Workbench, scope: Scope) -> tuple[int, int]:
    """How many are due today and not yet over, and how many are overdue."""
    from store.queries import Query

    main = bench.modules[MODULE].main
    count = bench.documents.count
    overdue = count(scope, Query(main, filters=("overdue",)))
    both = count(scope, Query(main, filters=("today", "overdue")))
    return count(scope, Query(main, filters=("today",))) - both, overdue
