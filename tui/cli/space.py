"""space: list, create, use, rename, show, widen, export, delete."""

from __future__ import annotations

import os
from typing import Any

import click

from store.collections import SPACE_TYPES
from store.errors import StorageError, UsageError
from store.words import N_, _, ngettext
from tui.cli import output, pick
from tui.cli.call import SPACE_KEY, Call, masked
from tui.cli.frame import noun

_SHARED = "tui.cli.members"
_BUDGET = N_("Show what agents may spend a day in SPACE, or set it.")
space = noun(
    "space",
    _("Spaces: where everything belongs. They answer to slug, name or id."),
    late={
        "members": (_SHARED, "members", N_("List who is in the space, with their roles.")),
        "invite": (_SHARED, "invite", N_("Invite EMAIL into the space.")),
        "invitations": (_SHARED, "invitations", N_("List the invitations that wait for you.")),
        "accept": (_SHARED, "accept", N_("Accept an invitation.")),
        "reject": (_SHARED, "reject", N_("Decline an invitation.")),
        "cancel": (_SHARED, "cancel", N_("Take an invitation of the space back.")),
        "role": (_SHARED, "role", N_("Give MEMBER of the space another role.")),
        "remove": (_SHARED, "remove", N_("Take MEMBER out of the space.")),
        "leave": (_SHARED, "leave", N_("Leave SPACE; what is here is hidden and kept.")),
        "budget": ("tui.cli.budget", "budget", _BUDGET),
        "forget": (_SHARED, "forget", N_("Purge a space that the server no longer lists.")),
    },
)

TYPES = tuple(type for type in SPACE_TYPES if type != "personal")


@space.command("list", help=_("List the spaces; * marks the one that commands act in."))
@click.pass_obj
def list_(call: Call) -> None:
    """Every live space, the personal one first."""
    bench = call.bench()
    here = pick.space_of(call, bench)["id"]
    known = bench.spaces.list()
    call.answer(
        [{**r, "active": r["id"] == here, **_standing(bench, r)} for r in known],
        lambda: output.columns(
            [
                (id, "*" if r["id"] == here else " ", r.text("type"), _slug(r), pick.space_label(r))
                for id, r in zip(_ids(known), known, strict=True)
            ],
            width=output.width(),
        ),
    )


def _standing(bench: Any, record: Any) -> dict[str, str]:
    """How a space stands with the account's server; nothing without an account."""
    rows = bench.db.read(
        "SELECT coalesce(m.state, 'local'), coalesce(m.role, '') FROM account a "
        "LEFT JOIN memberships m ON m.space = ? WHERE a.key = 'user'",
        (record.key,),
    )
    return {"state": rows[0][0], "role": rows[0][1]} if rows else {}


def _ids(known: list[Any]) -> list[str]:
    return output.short_ids([record["id"] for record in known])


def _slug(record: Any) -> str:
    value = record.get("slug")
    return value if type(value) is str else masked(value)


@space.command(help=_("Make a space and its Home scene."))
@click.argument("name")
@click.option("--type", "type_", type=click.Choice(TYPES), required=True, help=_("Its type."))
@click.option("--slug", default="", metavar="S", help=_("Its short name; else made of NAME."))
@click.option(
    "--tags",
    default="",
    metavar="PRESET|personal|none",
    help=_("Tags to begin with; else the default preset, if there is one."),
)
@click.pass_obj
def create(call: Call, name: str, type_: str, slug: str, tags: str) -> None:
    """Make a space, seeded with tags."""
    bench, _scope = call.scoped(unlock="must")
    id = bench.spaces.create(name, type_, slug=slug, tags=bench.tags.source(tags))
    made = len(bench.tags.list(bench.spaces.scope(id)))
    record = bench.spaces.find(id)
    lines = [
        _("Made the space {name} ({slug}).").format(
            name=pick.space_label(record), slug=_slug(record)
        )
    ]
    if made:
        lines.append(
            ngettext("{n} tag came with it.", "{n} tags came with it.", made).format(n=made)
        )
    call.answer({**record, "tagsMade": made}, lines)


@space.command(help=_("Make SPACE the one that commands act in."))
@click.argument("text", metavar="SPACE")
@click.pass_obj
def use(call: Call, text: str) -> None:
    """Choose the command line's space; the workbench remembers its own."""
    bench = call.bench(unlock="must")
    record = bench.spaces.find(text)
    bench.device.set_id(SPACE_KEY, record["id"])
    call.answer(
        dict(record),
        _("Commands now act in {name} ({slug}).").format(
            name=pick.space_label(record), slug=_slug(record)
        ),
    )


@space.command(help=_("Give a space another name, slug or both."))
@click.argument("text", metavar="SPACE")
@click.argument("name", required=False, default="")
@click.option("--slug", default="", metavar="S", help=_("The new slug."))
@click.pass_obj
def rename(call: Call, text: str, name: str, slug: str) -> None:
    """Rename a space."""
    if not name.strip() and not slug:
        raise UsageError(_("Neither a name nor a slug was given."), kept=_("Nothing was changed."))
    bench, _scope = call.scoped(unlock="must")
    id = bench.spaces.find(text)["id"]
    bench.spaces.rename(id, name, slug)
    record = bench.spaces.find(id)
    call.answer(
        dict(record),
        _("It is now called {name} ({slug}).").format(
            name=pick.space_label(record), slug=_slug(record)
        ),
    )


@space.command(help=_("Give a space another type; modules that it has records of stay allowed."))
@click.argument("text", metavar="SPACE")
@click.argument("type_", metavar="TYPE", type=click.Choice(TYPES))
@click.pass_obj
def retype(call: Call, text: str, type_: str) -> None:
    """Change a space's type; nothing it holds gets out of reach."""
    bench, _scope = call.scoped()
    id = bench.spaces.find(text)["id"]
    kept = bench.spaces.retype(id, type_)
    record = bench.spaces.find(id)
    lines = [
        _("{name} is a {type} space now.").format(name=pick.space_label(record), type=_(type_))
    ]
    if kept:
        lines.append(_("Still allowed there: {names}.").format(names=", ".join(kept)))
    call.answer({**record, "widened": kept}, lines)


@space.command(help=_("Delete a space with all it holds; undo brings it back."))
@click.argument("text", metavar="SPACE")
@click.pass_obj
def delete(call: Call, text: str) -> None:
    """Hide a space; the personal one stays."""
    bench, _scope = call.scoped()
    record = bench.spaces.find(text)
    bench.spaces.delete(record["id"])
    call.answer(
        {"ids": [record["id"]]},
        _("Deleted the space {name}. `manabench undo` brings it back.").format(
            name=pick.space_label(record)
        ),
    )


@space.command(help=_("Show a space: its modules, what it holds, its context."))
@click.argument("text", metavar="[SPACE]", required=False)
@click.pass_obj
def show(call: Call, text: str | None) -> None:
    """One space, by default the one that commands act in."""
    from store.queries import Query

    bench, scope = call.scoped()
    record = bench.spaces.find(text) if text else pick.space_of(call, bench)
    scope = bench.enter(record["id"])
    allowed = {id: module for id, module in bench.modules.items() if scope.allows(id)}
    counts = {
        id: bench.documents.count(scope, Query(module.main)) for id, module in allowed.items()
    }
    context = bench.spaces.context(scope) if "notes" in allowed else None
    data = {**record, "modulesAllowed": list(allowed), "counts": counts}
    data["contextNote"] = context["id"] if context else None
    facts = [
        (_("Name"), pick.space_label(record)),
        (_("Slug"), _slug(record)),
        (_("Type"), record.text("type")),
        *((_(module.words), str(counts[id])) for id, module in allowed.items()),
        (_("Widened by"), ", ".join(sorted(scope.extra)) or "-"),
        (_("Context"), output.clean(context.text("title")) if context else "-"),
        (_("Id"), record["id"]),
    ]
    if standing := _standing(bench, record):
        data |= standing
        words = _("not on the server yet") if standing["state"] == "local" else standing["role"]
        facts.insert(3, (_("Role"), words or "-"))
    call.answer(data, lambda: output.columns(facts))


@space.command(help=_("Allow a module here that spaces of this type do not have."))
@click.argument("module")
@click.option("--off", is_flag=True, help=_("Take that back; its records stay."))
@click.pass_obj
def widen(call: Call, module: str, off: bool) -> None:
    """Allow a module in the space of this call, or take that back."""
    bench, scope = call.scoped()
    known = {m.noun: m.id for m in bench.modules.values()}
    id = known.get(module, module)
    bench.spaces.widen(scope.id, id, allow=not off)
    space_name = pick.space_label(pick.space_of(call, bench))
    words = (
        _("{module} is no longer allowed in {space}.")
        if off
        else _("{module} is allowed in {space} now.")
    )
    call.answer(
        {"spaceId": scope.id, "module": id, "allowed": not off},
        words.format(module=id, space=space_name),
    )


@space.command(help=_("Write all of a space, readable for anybody, to PATH as JSON (- is stdout)."))
@click.argument("path", type=click.Path(dir_okay=False, allow_dash=True))
@click.pass_obj
def export(call: Call, path: str) -> None:
    """The space decrypted: live records of every collection, by collection."""
    bench, scope = call.scoped(unlock="must")
    record = pick.space_of(call, bench)
    content: dict[str, Any] = {}
    for collection in bench.registry:
        if collection.level == "space":
            found = [
                dict(r)
                for r in bench.documents.across(collection.name)
                if r.get("spaceId") == scope.id
            ]
            if found:
                content[collection.name] = found
    foreign = {}
    for app, name, _count in bench.documents.foreign(scope):
        rows = bench.documents.foreign_records(scope, app, name)
        foreign[f"{app}/{name}"] = [dict(row) for row in rows]
    body = output.encode(
        {"v": 1, "space": dict(record), "collections": content, "undeclared": foreign}
    )
    if path == "-":
        output.write(body)
        return
    write_private(path, body, replace=call.yes)
    count = sum(map(len, content.values())) + sum(map(len, foreign.values()))
    call.answer(
        {"path": path, "records": count},
        [
            ngettext(
                "{n} record written to {path}.", "{n} records written to {path}.", count
            ).format(n=count, path=output.clean(path)),
            _("It is not encrypted: whoever has the file can read it."),
        ],
    )


def write_private(path: str, body: bytes, *, replace: bool) -> None:
    """Write a file for this user alone. Raises StorageError where it exists and may not go."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if replace else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(body)
    except FileExistsError:
        raise StorageError(
            _("The file is there already."),
            kept=_("It was not touched."),
            hint=_("Choose another path, or replace it with --yes."),
        ) from None
