"""record: what collections hold that this version does not know, read-only."""

from __future__ import annotations

from typing import Any

import click

from store.errors import AmbiguousError, NotFoundError
from store.words import _
from tui.cli import output
from tui.cli.call import Call, masked
from tui.cli.frame import noun

record = noun("record", _("Look at records of collections that this version does not know."))

_TITLES = ("title", "name", "label", "text")


@record.command("list", help=_("List the records of COLLECTION; without it, what there is."))
@click.argument("app", required=False)
@click.argument("collection", required=False)
@click.pass_obj
def list_(call: Call, app: str | None, collection: str | None) -> None:
    """Undeclared collections of the space, or the records of one."""
    bench, scope = call.scoped()
    if not (app and collection):
        known = [row for row in bench.documents.foreign(scope) if app in (None, row[0])]
        if not known:
            call.note(_("This space holds no records of collections unknown to this version."))
        call.answer(
            [{"app": a, "collection": c, "records": n} for a, c, n in known],
            lambda: output.columns([(f"{n:>6}", a, c) for a, c, n in known]),
        )
        return
    found = bench.documents.foreign_records(scope, app, collection)
    if not found:
        call.note(_("Nothing here; `manabench record list` shows what there is."))
    call.answer(
        [dict(row) for row in found],
        lambda: output.columns(
            [
                (id, _title(row))
                for id, row in zip(output.short_ids([r["id"] for r in found]), found, strict=True)
            ],
            width=output.width(),
        ),
    )


def _title(row: Any) -> str:
    return next((masked(row[name]) for name in _TITLES if row.get(name)), "")


@record.command(help=_("Show every field of a record as it came."))
@click.argument("app")
@click.argument("collection")
@click.argument("text", metavar="RECORD")
@click.pass_obj
def show(call: Call, app: str, collection: str, text: str) -> None:
    """One record of an undeclared collection."""
    bench, scope = call.scoped()
    known = bench.documents.foreign_records(scope, app, collection)
    found = [row for row in known if row["id"].startswith(text)]
    if exact := [row for row in found if row["id"] == text]:
        found = exact
    if not found:
        raise NotFoundError(
            _("There is no record {text!r} in {app} {collection}.").format(
                text=text, app=app, collection=collection
            ),
            hint=_("`manabench record list` shows what there is."),
        )
    if len(found) > 1:
        raise AmbiguousError(
            _("{text!r} means {n} records.").format(text=text, n=len(found)),
            [(row["id"], _title(row)) for row in found[:10]],
            hint=_("Give more of the id."),
        )
    row = found[0]
    call.answer(
        dict(row),
        lambda: output.columns([(output.clean(name), _raw(value)) for name, value in row.items()]),
    )


def _raw(value: Any) -> str:
    if value is None or isinstance(value, (dict, list, bool)):
        return output.clean(output.encode(value).decode().strip())
    return masked(value)
