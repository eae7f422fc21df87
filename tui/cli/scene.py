"""scene: layouts of cards in one space, with an optional tag filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from store.errors import UsageError
from store.words import N_, _
from tui.cli import output, pick
from tui.cli.call import Call, masked
from tui.cli.frame import noun

scene = noun(
    "scene", _("Scenes of the space: cards, order, tag filter. They answer to name or id.")
)
card = noun("card", _("Cards of a scene; each shows a module."))

_text = click.argument("text", metavar="SCENE")
_scene = click.option(
    "--scene", "text", default="", metavar="SCENE", help=_("The scene; else the active one.")
)


def _label(record: Any) -> str:
    return masked(record.get("name", ""))


def _cards(record: Any) -> list[str]:
    cards = record.get("openApps")
    if not isinstance(cards, list):
        return []
    return [str(c.get("appId", "")) for c in cards if isinstance(c, dict)]


def _filter(bench: Any, record: Any) -> list[str]:
    names = {tag["id"]: tag.get("name") for tag in bench.tags.list()}
    ids = record.get("scopeTagIds")
    return [masked(names[id]) for id in ids if id in names] if isinstance(ids, list) else []


def _found(bench: Any, text: str) -> Any:
    """The scene called ``text``, else the active one."""
    return bench.scenes.find(text) if text else bench.scenes.active()


def _answer(call: Call, bench: Any, id: str, sentence: str) -> None:
    record = bench.scenes.find(id)
    call.answer(
        dict(record),
        lambda: sentence.format(
            id=output.short_ids([id])[0],
            name=_label(record),
            cards=", ".join(_cards(record)) or _("none"),
            tags=", ".join(_filter(bench, record)) or _("none"),
        ),
    )


@scene.command("list", help=_("List the scenes in their order; * marks the active one."))
@click.pass_obj
def list_(call: Call) -> None:
    """The scenes of the space."""
    bench, _scope = call.scoped()
    known = bench.scenes.list()
    active = bench.scenes.active()
    here = active["id"] if active else ""
    call.answer(
        [{**record, "active": record["id"] == here} for record in known],
        lambda: output.columns(
            [
                (
                    id,
                    "*" if record["id"] == here else " ",
                    _label(record),
                    " ".join(f"#{name}" for name in _filter(bench, record)),
                    ", ".join(_cards(record)),
                )
                for id, record in zip(
                    output.short_ids([r["id"] for r in known]), known, strict=True
                )
            ],
            width=output.width(),
        ),
    )


@scene.command(help=_("Make a scene with cards of MODULE..."))
@click.argument("name")
@click.argument("modules", nargs=-1, metavar="[MODULE]...")
@click.pass_obj
def add(call: Call, name: str, modules: Sequence[str]) -> None:
    """Make a scene behind the others."""
    bench, _scope = call.scoped(unlock="must")
    with bench.step(N_("add a scene")):
        id = bench.scenes.add(name)
        for module in modules:
            bench.scenes.add_card(id, _module(bench, module))
    space = pick.space_label(pick.space_of(call, bench))
    _answer(call, bench, id, _("Added to {space}: ").format(space=space) + "{id}  {name}")


def _module(bench: Any, text: str) -> str:
    """A module's id from its id or its noun; anything else as it is, for the store to refuse."""
    nouns: dict[str, str] = {m.noun: m.id for m in bench.modules.values()}
    return nouns.get(text, text)


@scene.command(help=_("Make SCENE the active one of its space on this machine."))
@_text
@click.pass_obj
def use(call: Call, text: str) -> None:
    """Choose the scene that the next start shows."""
    bench, _scope = call.scoped(unlock="must")
    record = bench.scenes.find(text)
    bench.scenes.use(record["id"])
    _answer(call, bench, record["id"], _("The scene {name} is active now."))


@scene.command(help=_("Give a scene another name or description."))
@_text
@click.argument("name", required=False, default="")
@click.option("--description", default=None, metavar="TEXT", help=_("Its subtitle."))
@click.pass_obj
def rename(call: Call, text: str, name: str, description: str | None) -> None:
    """Rename a scene."""
    fields: dict[str, Any] = {"name": name.strip()} if name.strip() else {}
    if description is not None:
        fields["description"] = description or None
    if not fields:
        raise UsageError(_("There is nothing to change."), kept=_("Nothing was changed."))
    bench, _scope = call.scoped(unlock="must")
    id = bench.scenes.find(text)["id"]
    bench.scenes.change(id, fields)
    _answer(call, bench, id, _("It is now called {name}."))


@scene.command(help=_("Copy a scene with all it holds."))
@_text
@click.pass_obj
def duplicate(call: Call, text: str) -> None:
    """Copy a scene."""
    bench, _scope = call.scoped(unlock="must")
    id = bench.scenes.duplicate(bench.scenes.find(text)["id"])
    _answer(call, bench, id, _("Made {id}  {name}"))


@scene.command(help=_("Delete a scene, but never the last one."))
@_text
@click.pass_obj
def delete(call: Call, text: str) -> None:
    """Delete a scene; the records that it showed stay."""
    bench, _scope = call.scoped()
    record = bench.scenes.find(text)
    bench.scenes.delete(record["id"])
    call.answer({"ids": [record["id"]]}, _("Deleted the scene {name}.").format(name=_label(record)))


@scene.command(help=_("Move a scene to PLACE, counted from 1."))
@_text
@click.argument("place", type=click.IntRange(min=1))
@click.pass_obj
def move(call: Call, text: str, place: int) -> None:
    """Put a scene elsewhere in the order."""
    bench, _scope = call.scoped(unlock="must")
    id = bench.scenes.find(text)["id"]
    bench.scenes.move(id, place)
    names = ", ".join(_label(record) for record in bench.scenes.list())
    call.answer(dict(bench.scenes.find(id)), _("The order is: {names}.").format(names=names))


@scene.command("filter", help=_("Show in a scene only what is untagged or bears one of TAG..."))
@click.argument("tags", nargs=-1, required=True, metavar="TAG...")
@_scene
@click.pass_obj
def filter_(call: Call, tags: Sequence[str], text: str) -> None:
    """Set a scene's tag filter."""
    bench, _scope = call.scoped(unlock="must")
    chosen = [tag["id"] for tag in pick.tags_named(bench, tags)]
    id = _found(bench, text)["id"]
    bench.scenes.set_filter(id, chosen)
    _answer(call, bench, id, _("{name} shows what is untagged or bears one of: {tags}."))


@scene.command("clear-filter", help=_("Show everything in a scene again."))
@_scene
@click.pass_obj
def clear_filter(call: Call, text: str) -> None:
    """Take a scene's tag filter off."""
    bench, _scope = call.scoped(unlock="must")
    id = _found(bench, text)["id"]
    bench.scenes.set_filter(id, ())
    _answer(call, bench, id, _("{name} shows everything."))


# Cards -----------------------------------------------------------------------------------------

_CARDS = _("{name} has the cards: {cards}.")


@card.command("add", help=_("Add a module's card at the end."))
@click.argument("module")
@_scene
@click.pass_obj
def card_add(call: Call, module: str, text: str) -> None:
    """Add a card to a scene."""
    bench, _scope = call.scoped(unlock="must")
    id = _found(bench, text)["id"]
    bench.scenes.add_card(id, _module(bench, module))
    _answer(call, bench, id, _CARDS)


@card.command("move", help=_("Move a card to PLACE, counted from 1."))
@click.argument("module")
@click.argument("place", type=click.IntRange(min=1))
@_scene
@click.pass_obj
def card_move(call: Call, module: str, place: int, text: str) -> None:
    """Move a card within a scene."""
    bench, _scope = call.scoped(unlock="must")
    id = _found(bench, text)["id"]
    bench.scenes.move_card(id, _module(bench, module), place)
    _answer(call, bench, id, _CARDS)


@card.command("width", help=_("Give a card WIDTH beside the others; 0 leaves it to the program."))
@click.argument("module")
@click.argument("width", type=click.IntRange(min=0, max=9999))
@_scene
@click.pass_obj
def card_width(call: Call, module: str, width: int, text: str) -> None:
    """Set a card's share of the columns."""
    bench, _scope = call.scoped(unlock="must")
    id = _found(bench, text)["id"]
    bench.scenes.set_width(id, _module(bench, module), width)
    _answer(call, bench, id, _CARDS)


@card.command("remove", help=_("Take a card off a scene; its records stay."))
@click.argument("module")
@_scene
@click.pass_obj
def card_remove(call: Call, module: str, text: str) -> None:
    """Take a card off a scene."""
    bench, _scope = call.scoped(unlock="must")
    id = _found(bench, text)["id"]
    bench.scenes.remove_card(id, _module(bench, module))
    _answer(call, bench, id, _CARDS)


@card.command("show", help=_("Show a scene's cards in their order."))
@_scene
@click.pass_obj
def card_show(call: Call, text: str) -> None:
    """The cards of a scene."""
    bench, _scope = call.scoped()
    record = _found(bench, text)
    cards = _cards(record)
    call.answer(
        {"id": record["id"], "cards": record.get("openApps") or []},
        [f"{n}  {name}" for n, name in enumerate(cards, 1)],
    )


scene.add_command(card)
