"""tag preset: frozen sets of tags that new spaces can begin with. They follow the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from store.colors import color_of
from store.errors import InvalidValueError, UsageError
from store.words import _, ngettext
from tui.cli import output, pick
from tui.cli.call import Call, masked
from tui.cli.frame import noun

preset = noun("preset", _("Tag presets: sets of tags to begin new spaces with."))

_text = click.argument("text", metavar="PRESET")
_entries = click.argument("entries", nargs=-1, metavar="TAG...")


def entry(text: str) -> dict[str, Any]:
    """One tag of a preset from ``name``, ``group/name``, with ``=#rrggbb`` behind for a colour."""
    rest, _sign, color = text.partition("=")
    before, _slash, name = rest.rpartition("/")
    if not name.strip():
        raise InvalidValueError(_("A tag needs a name."), kept=_("Nothing was changed."))
    made: dict[str, Any] = {"name": name.strip(), "color": color_of(color) or "#3B82F6"}
    return made | {"groupName": before.strip()} if before.strip() else made


def _label(record: Any) -> str:
    return masked(record.get("name", ""))


def _answer(call: Call, bench: Any, id: str, sentence: str) -> None:
    record = bench.tags.preset(id)
    call.answer(dict(record), sentence.format(name=_label(record), n=len(_tags(record))))


def _tags(record: Any) -> Sequence[Any]:
    value = record.get("tags")
    return value if isinstance(value, list) else []


@preset.command("list", help=_("List the presets; * marks the default of new spaces."))
@click.pass_obj
def list_(call: Call) -> None:
    """The presets, the default first."""
    bench, _scope = call.scoped()
    known = bench.tags.presets()
    if not known:
        call.note(_("No presets yet. `manabench tag preset from-space NAME` makes one."))
    call.answer(
        [dict(record) for record in known],
        lambda: output.columns(
            [
                (
                    id,
                    "*" if record.get("isDefault") else " ",
                    _label(record),
                    ", ".join(output.clean(str(tag.get("name", ""))) for tag in _tags(record)),
                )
                for id, record in zip(
                    output.short_ids([r["id"] for r in known]), known, strict=True
                )
            ],
            width=output.width(),
        ),
    )


@preset.command(help=_("Make a preset of TAG..., each NAME, GROUP/NAME or NAME=#rrggbb."))
@click.argument("name")
@_entries
@click.pass_obj
def create(call: Call, name: str, entries: Sequence[str]) -> None:
    """Make a preset from what is typed."""
    bench, _scope = call.scoped(unlock="must")
    id = bench.tags.make_preset(name, [entry(text) for text in entries])
    _answer(call, bench, id, _("Made the preset {name} with {n} tags."))


@preset.command("from-space", help=_("Make a preset of this space's tags as they are now."))
@click.argument("name")
@click.pass_obj
def from_space(call: Call, name: str) -> None:
    """Freeze a space's tags."""
    bench, _scope = call.scoped(unlock="must")
    id = bench.tags.preset_from(name)
    _answer(call, bench, id, _("Made the preset {name} with {n} tags."))


@preset.command(help=_("Rename a preset, add or remove tags of it."))
@_text
@click.option("--name", default="", help=_("Its new name."))
@click.option("--add", multiple=True, metavar="TAG", help=_("NAME, GROUP/NAME or NAME=#rrggbb."))
@click.option("--remove", multiple=True, metavar="NAME", help=_("A tag to leave out."))
@click.pass_obj
def edit(call: Call, text: str, name: str, add: Sequence[str], remove: Sequence[str]) -> None:
    """Change a preset; spaces that began with it keep their tags."""
    bench, _scope = call.scoped(unlock="must")
    record = bench.tags.preset(text)
    fields: dict[str, Any] = {"name": name} if name else {}
    if add or remove:
        gone = {word.casefold() for word in remove}
        kept = [tag for tag in _tags(record) if str(tag.get("name")).casefold() not in gone]
        fields["tags"] = kept + [entry(word) for word in add]
    if not fields:
        raise UsageError(_("There is nothing to change."), kept=_("Nothing was changed."))
    bench.tags.change_preset(record["id"], fields)
    _answer(call, bench, record["id"], _("The preset {name} has {n} tags now."))


@preset.command(help=_("Copy a preset's tags into this space."))
@_text
@click.pass_obj
def apply(call: Call, text: str) -> None:
    """Make fresh copies of a preset's tags; names that are there are left."""
    bench, _scope = call.scoped(unlock="must")
    record = bench.tags.preset(text)
    made = bench.tags.apply(_tags(record))
    space = pick.space_label(pick.space_of(call, bench))
    words = ngettext("Added to {space}: {n} tag.", "Added to {space}: {n} tags.", made)
    call.answer({"made": made}, words.format(space=space, n=made))


@preset.command(help=_("Delete a preset; spaces that began with it keep their tags."))
@_text
@click.pass_obj
def delete(call: Call, text: str) -> None:
    """Delete a preset."""
    bench, _scope = call.scoped()
    record = bench.tags.preset(text)
    bench.tags.delete_preset(record["id"])
    call.answer(
        {"ids": [record["id"]]}, _("Deleted the preset {name}.").format(name=_label(record))
    )


@preset.command(help=_("Make PRESET what new spaces begin with, or --off for none."))
@click.argument("text", metavar="[PRESET]", required=False)
@click.option("--off", is_flag=True, help=_("Let new spaces begin without tags."))
@click.pass_obj
def default(call: Call, text: str | None, off: bool) -> None:
    """Choose the one default preset."""
    if bool(text) == off:
        raise UsageError(_("Name a preset, or give --off."), kept=_("Nothing was changed."))
    bench, _scope = call.scoped(unlock="must")
    if text:
        id = bench.tags.preset(text)["id"]
        bench.tags.change_preset(id, {"isDefault": True})
        _answer(call, bench, id, _("New spaces begin with {name}."))
        return
    for record in bench.tags.presets():
        if record.get("isDefault"):
            bench.tags.change_preset(record["id"], {"isDefault": False})
    call.answer({"default": None}, _("New spaces begin without tags."))
