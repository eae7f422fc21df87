"""tag: list, add, rename, recolor, delete, merge, and groups of tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from store.colors import color_of
from store.errors import InvalidValueError
from store.words import _, ngettext
from tui.cli import output, pick
from tui.cli.call import Call, masked
from tui.cli.frame import noun
from tui.cli.preset import preset

tag = noun("tag", _("Tags of the space, their groups and presets. They answer to name or id."))
group = noun("group", _("Groups that tags stand in."))

_color = click.option("--color", default="", metavar="COLOR", help=_("#rrggbb or a colour's name."))
_icon = click.option("--icon", default="", metavar="NAME", help=_("An icon's name."))
_group = click.option("--group", "group_", default="", metavar="GROUP", help=_("Its group."))
_name = click.argument("text", metavar="TAG")


def _label(record: Any) -> str:
    return masked(record.get("name", ""))


@tag.command("list", help=_("List the tags with the number of records that bear them."))
@click.pass_obj
def list_(call: Call) -> None:
    """The tags of the space in their order."""
    bench, _scope = call.scoped()
    uses = bench.tags.uses()
    groups = {g["id"]: g.get("name") for g in bench.tags.groups()}
    known = bench.tags.list()
    if not known:
        call.note(_("No tags in this space yet. `manabench tag add NAME` makes one."))
    call.answer(
        [
            {**r, "uses": uses.get(r["id"], 0), "groupName": groups.get(r.get("groupId"))}
            for r in known
        ],
        lambda: output.columns(
            [
                (
                    id,
                    f"{uses.get(r['id'], 0):>4}",
                    r.text("color"),
                    masked(groups[r["groupId"]]) if r.get("groupId") in groups else "",
                    _label(r),
                )
                for id, r in zip(output.short_ids([r["id"] for r in known]), known, strict=True)
            ],
            width=output.width(),
        ),
    )


def _answer(call: Call, bench: Any, id: str, sentence: str) -> None:
    record = bench.tags.find(id)
    call.answer(dict(record), sentence.format(id=id[: output.SHORT], name=_label(record)))


@tag.command(help=_("Make a tag."))
@click.argument("name")
@_color
@_icon
@_group
@click.pass_obj
def add(call: Call, name: str, color: str, icon: str, group_: str) -> None:
    """Make a tag in the space of this call."""
    bench, _scope = call.scoped(unlock="must")
    within = bench.tags.find(group_, collection="tagGroups")["id"] if group_ else ""
    id = bench.tags.add(name, color=color_of(color), icon=icon, group=within)
    space = pick.space_label(pick.space_of(call, bench))
    _answer(call, bench, id, _("Added to {space}: ").format(space=space) + "{id}  {name}")


@tag.command(help=_("Give a tag another name; its records follow."))
@_name
@click.argument("name")
@click.pass_obj
def rename(call: Call, text: str, name: str) -> None:
    """Rename a tag; no record is touched."""
    bench, _scope = call.scoped(unlock="must")
    id = bench.tags.find(text)["id"]
    bench.tags.change(id, {"name": name})
    _answer(call, bench, id, _("It is now called {name}."))


@tag.command(help=_("Change a tag's colour, icon or group."))
@_name
@click.argument("color", required=False, default="")
@_icon
@_group
@click.option("--no-group", is_flag=True, help=_("Take it out of its group."))
@click.pass_obj
def recolor(call: Call, text: str, color: str, icon: str, group_: str, no_group: bool) -> None:
    """Change how a tag looks and where it stands."""
    bench, _scope = call.scoped(unlock="must")
    id = bench.tags.find(text)["id"]
    fields: dict[str, Any] = {}
    if color:
        fields["color"] = color_of(color)
    if icon:
        fields["icon"] = icon
    if group_:
        fields["groupId"] = bench.tags.find(group_, collection="tagGroups")["id"]
    elif no_group:
        fields["groupId"] = None
    if not fields:
        raise InvalidValueError(_("There is nothing to change."), kept=_("Nothing was changed."))
    bench.tags.change(id, fields)
    _answer(call, bench, id, _("Changed {id}  {name}"))


@tag.command(help=_("Delete a tag; its records stay."))
@_name
@click.pass_obj
def delete(call: Call, text: str) -> None:
    """Delete a tag."""
    bench, _scope = call.scoped()
    record = bench.tags.find(text)
    bench.tags.delete(record["id"])
    call.answer({"ids": [record["id"]]}, _("Deleted the tag {name}.").format(name=_label(record)))


@tag.command(help=_("Give all records of TAG... the tag INTO instead, and delete TAG..."))
@click.argument("texts", nargs=-1, required=True, metavar="TAG...")
@click.argument("into", metavar="INTO")
@click.pass_obj
def merge(call: Call, texts: Sequence[str], into: str) -> None:
    """Merge tags into another, as one step."""
    bench, _scope = call.scoped(unlock="must")
    sources, target = [bench.tags.find(text) for text in texts], bench.tags.find(into)
    count = bench.tags.merge_all([source["id"] for source in sources], target["id"])
    words = ngettext(
        "Merged {source} into {target}: {n} record.",
        "Merged {source} into {target}: {n} records.",
        count,
    )
    names = ", ".join(_label(source) for source in sources)
    call.answer(
        {"id": target["id"], "records": count},
        words.format(source=names, target=_label(target), n=count),
    )


@tag.command(help=_("Move a tag to PLACE in the order, counted from 1."))
@_name
@click.argument("place", type=click.IntRange(min=1))
@click.pass_obj
def move(call: Call, text: str, place: int) -> None:
    """Put a tag elsewhere in the order."""
    bench, _scope = call.scoped()
    id = bench.tags.find(text)["id"]
    bench.tags.move(id, place)
    names = ", ".join(_label(record) for record in bench.tags.list())
    call.answer(dict(bench.tags.find(id)), _("The order is: {names}.").format(names=names))


# Groups ----------------------------------------------------------------------------------------


@group.command("list", help=_("List the groups and their tags."))
@click.pass_obj
def group_list(call: Call) -> None:
    """The groups of the space, each with the names of its tags."""
    bench, _scope = call.scoped()
    known, tags = bench.tags.groups(), bench.tags.list()
    if not known:
        call.note(_("No groups yet. `manabench tag group add NAME` makes one."))
    within = {g["id"]: [t.get("name") for t in tags if t.get("groupId") == g["id"]] for g in known}
    call.answer(
        [{**g, "tagNames": within[g["id"]]} for g in known],
        lambda: output.columns(
            [
                (id, _label(g), ", ".join(masked(name) for name in within[g["id"]]))
                for id, g in zip(output.short_ids([g["id"] for g in known]), known, strict=True)
            ],
            width=output.width(),
        ),
    )


def _find_group(bench: Any, text: str) -> Any:
    return bench.tags.find(text, collection="tagGroups")


@group.command("add", help=_("Make a group."))
@click.argument("name")
@_color
@click.pass_obj
def group_add(call: Call, name: str, color: str) -> None:
    """Make a tag group."""
    bench, _scope = call.scoped(unlock="must")
    id = bench.tags.add_group(name, color=color_of(color))
    record = _find_group(bench, id)
    space = pick.space_label(pick.space_of(call, bench))
    call.answer(
        dict(record),
        _("Added to {space}: {id}  {name}").format(
            space=space, id=id[: output.SHORT], name=_label(record)
        ),
    )


@group.command("rename", help=_("Give a group another name."))
@click.argument("text", metavar="GROUP")
@click.argument("name")
@click.pass_obj
def group_rename(call: Call, text: str, name: str) -> None:
    """Rename a group."""
    bench, _scope = call.scoped(unlock="must")
    id = _find_group(bench, text)["id"]
    bench.tags.change_group(id, {"name": name})
    record = _find_group(bench, id)
    call.answer(dict(record), _("It is now called {name}.").format(name=_label(record)))


@group.command("recolor", help=_("Give a group another colour."))
@click.argument("text", metavar="GROUP")
@click.argument("color")
@click.pass_obj
def group_recolor(call: Call, text: str, color: str) -> None:
    """Change a group's colour."""
    bench, _scope = call.scoped()
    id = _find_group(bench, text)["id"]
    bench.tags.change_group(id, {"color": color_of(color)})
    record = _find_group(bench, id)
    call.answer(
        dict(record),
        _("Changed {id}  {name}").format(id=id[: output.SHORT], name=_label(record)),
    )


@group.command("delete", help=_("Delete a group; its tags stay."))
@click.argument("text", metavar="GROUP")
@click.pass_obj
def group_delete(call: Call, text: str) -> None:
    """Delete a group; its tags are in none then."""
    bench, _scope = call.scoped()
    record = _find_group(bench, text)
    bench.tags.delete_group(record["id"])
    call.answer({"ids": [record["id"]]}, _("Deleted the group {name}.").format(name=_label(record)))


tag.add_command(group)
tag.add_command(preset)
