"""undo, redo, history, purge: what was, and what shall never have been."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from store.errors import GuardError, UsageError
from store.module import FormField
from store.words import _, ngettext
from tui.cli import output, pick
from tui.cli.call import Call, masked
from tui.cli.frame import Verb

_count = click.argument("count", type=click.IntRange(min=1), default=1, metavar="[N]")


def _walk(call: Call, count: int, *, redo: bool) -> None:
    bench, scope = call.scoped()
    history = bench.history
    done = (history.redo if redo else history.undo)(scope, count)
    from store import when

    space = pick.space_label(pick.space_of(call, bench))
    now = when.now()
    data = [
        {
            "label": outcome.step.label,
            "at": outcome.step.at,
            "spaceId": scope.id,
            "changed": outcome.changed,
            "left": [{"collection": c, "id": id, "field": f} for c, id, f in outcome.left],
        }
        for outcome in done
    ]
    words = (
        _("Redone in {space}: {label} ({at})") if redo else _("Undone in {space}: {label} ({at})")
    )
    lines = []
    for outcome in done:
        lines.append(
            words.format(space=space, label=outcome.step.words, at=when.shown(outcome.step.at, now))
        )
        for _collection, id, field in outcome.left:
            lines.append(
                _("  left as it is, written since: {field} of {id}").format(
                    field=field, id=id[: output.SHORT]
                )
            )
    if len(done) < count:
        call.note(
            ngettext("There was only {n} step.", "There were only {n} steps.", len(done)).format(
                n=len(done)
            )
        )
    call.answer(data, lines)


@click.command(cls=Verb, help=_("Take back the last step or steps in the space."))
@_count
@click.pass_obj
def undo(call: Call, count: int) -> None:
    """Undo the person's newest steps, whichever process made them."""
    _walk(call, count, redo=False)


@click.command(cls=Verb, help=_("Do again what was undone."))
@_count
@click.pass_obj
def redo(call: Call, count: int) -> None:
    """Redo what the last undos took back."""
    _walk(call, count, redo=True)


@click.command(cls=Verb, help=_("What a record held, when, by whom; --take brings a value back."))
@click.argument("text", metavar="RECORD")
@click.option(
    "--take",
    nargs=2,
    metavar="FIELD AT",
    help=_("Make the value that FIELD had at AT the present one; AT may be cut short."),
)
@click.pass_obj
def history(call: Call, text: str, take: tuple[str, str] | None) -> None:
    """Every value that any field of a record had, newest first."""
    from tui.asking import pasts

    bench, scope = call.scoped()
    collection, record = pick.anywhere(bench, scope, text)
    if take:
        field, at = take
        bench.history.take_back(scope, collection.name, record["id"], field, at)
        after = bench.documents.get(scope, collection.name, record["id"])
        call.answer(
            pick.exported(bench, [after])[0],
            _("{field} of {id} is as it was at {at}.").format(
                field=field, id=record["id"][: output.SHORT], at=at
            ),
        )
        return
    past = bench.history.of(scope, collection.name, record["id"])
    data = {
        "id": record["id"],
        "collection": collection.name,
        "values": [{**value._asdict(), "actor": dict(value.actor)} for value in past],
    }
    module = next((m for m in bench.modules.values() if m.main == collection.name), None)
    fields = pasts.fields_of(bench, module) if module is not None else {}
    call.answer(
        data,
        lambda: output.columns(
            [
                (
                    value.at,
                    "*" if value.current else " ",
                    _who(bench, value.actor),
                    value.origin,
                    value.field,
                    _value(bench, scope, fields.get(value.field), value.value),
                )
                for value in past
            ],
            width=output.width(),
        ),
    )


def _who(bench: Any, actor: Any) -> str:
    if actor.get("principalId") == bench.writer.person["principalId"]:
        return _("you")
    return output.clean(str(actor.get("displayName", "")))


def _value(bench: Any, scope: Any, field: FormField | None, value: Any) -> str:
    """One value on one line; links and tags by what they are called."""
    from tui.asking import pasts

    if value is None:
        return "-"
    is_tags = field is not None and field.kind == "tags"
    if is_tags and isinstance(value, dict) and set(value) != set(field.choices):
        is_tags = False  # more than tags is in it
    if field is not None and (is_tags or field.kind == "link"):
        return output.clean(pasts.text_of(bench, scope, field, value)) or "-"
    if isinstance(value, (dict, list, bool)):
        return output.clean(output.encode(value).decode().strip())
    return masked(value)


@click.command(
    cls=Verb, help=_("Remove records and all their values for good; nothing brings them back.")
)
@click.argument("texts", nargs=-1, metavar="[RECORD]...")
@click.option(
    "--whole-space", is_flag=True, help=_("Everything in the space of this call, also deleted.")
)
@click.pass_obj
def purge(call: Call, texts: Sequence[str], whole_space: bool) -> None:
    """The deliberate exception to conservation; what others received it cannot recall."""
    if bool(texts) == whole_space:
        raise UsageError(_("Name records, or give --whole-space."), kept=_("Nothing was changed."))
    bench, scope = call.scoped()
    from store.purge import purge_records, purge_space

    space = pick.space_label(pick.space_of(call, bench))
    found = {}
    for text in texts:
        collection, record = pick.anywhere(bench, scope, text)
        found[collection.name, record["id"]] = record
    what = (
        _("everything in {space}").format(space=space)
        if whole_space
        else ngettext("{n} record of {space}", "{n} records of {space}", len(found)).format(
            n=len(found), space=space
        )
    )
    _agree(call, what)
    if whole_space:
        count = purge_space(bench, scope)
    else:
        by_collection: dict[str, list[str]] = {}
        for name, id in found:
            by_collection.setdefault(name, []).append(id)
        count = sum(purge_records(bench, scope, name, ids) for name, ids in by_collection.items())
    call.answer(
        {"purged": count, "spaceId": scope.id},
        [
            ngettext("Purged {n} record.", "Purged {n} records.", count).format(n=count),
            _("What others received before cannot be recalled."),
        ],
    )


def _agree(call: Call, what: str) -> None:
    """Raises GuardError unless the person agrees, by --yes or at a terminal."""
    if call.yes:
        return
    if call.can_ask():
        answer = call.ask(
            _("Purge {what} for good? Nothing brings it back. Type purge: ").format(what=what)
        )
        if answer.casefold() in ("purge", _("purge")):
            return
    raise GuardError(
        _("Purging {what} was not agreed to.").format(what=what),
        kept=_("Nothing was changed."),
        hint=_("Repeat with --yes."),
    )
