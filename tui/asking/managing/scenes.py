"""Scenes and their cards: their lines, and what is done to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store.words import _, ngettext
from tui.asking.managing.entry import Entry
from tui.screens.pick import Choice

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench

SCENE, CARD = "scene", "card"

USUAL = 400
"""The width of a card that has none of its own and no neighbour with one."""

STEP = 50
LEAST = 100


def entries(bench: Workbench) -> list[Entry]:
    """The scenes in their order, a dot at the active one, each with its cards below it."""
    active = bench.scenes.active()
    here = active["id"] if active is not None else ""
    names = {tag["id"]: tag.text("name") for tag in bench.tags.list()}
    found: list[Entry] = []
    for number, scene in enumerate(bench.scenes.list(), 1):
        found.append(_scene(scene, number, names, is_active=scene["id"] == here))
        found += _cards(bench, scene)
    return found


def _scene(scene: Record, number: int, names: Mapping[str, str], *, is_active: bool) -> Entry:
    cards = cards_of(scene)
    tags = scene.get("scopeTagIds")
    shown = [names[tag] for tag in tags if tag in names] if isinstance(tags, list) else []
    count = ngettext("{n} card", "{n} cards", len(cards)).format(n=len(cards))
    facts = [scene.text("description")]
    if shown:
        facts.append(
            _("Shows what is untagged or bears one of: {tags}.").format(tags=", ".join(shown))
        )
    if not cards:
        facts.append(_("No cards yet; m adds one."))
    return Entry(
        scene["id"],
        scene.text("name"),
        SCENE,
        scene["id"],
        right=f"{count} · g {number}" if number < 10 else count,
        note=" ".join(f"#{name}" for name in shown),
        facts="\n".join(fact for fact in facts if fact),
        glyph="•" if is_active else " ",
        role="head",
        value=is_active,
    )


def _cards(bench: Workbench, scene: Record) -> list[Entry]:
    cards = cards_of(scene)
    usual = _usual(cards)
    total = sum(_width(card) or usual for card in cards) or 1
    found = []
    for card in cards:
        id = str(card.get("appId") or "")
        share = round(100 * (_width(card) or usual) / total)
        words, note = _module(bench, id)
        found.append(
            Entry(
                f"{scene['id']}/{id}",
                words,
                CARD,
                scene["id"],
                right=f"{share} %" if _width(card) else "",
                note=note,
                facts=_("J and K move the card, + and - widen and narrow it beside the others."),
                depth=1,
                role="dim" if note else "base",
                value=id,
            )
        )
    return found


def _module(bench: Workbench, id: str) -> tuple[str, str]:
    """What a card's module is called, and why it is not shown, if it is not."""
    module = bench.modules.get(id)
    if module is None:
        return id, _("not in this version, kept")
    note = "" if bench.scope.allows(id) else _("not in this space, kept")
    return _(module.words), note


def cards_of(scene: Record) -> list[Mapping[str, Any]]:
    """The cards of a scene; what another program may have put among them is left out."""
    cards = scene.get("openApps")
    return [c for c in cards if isinstance(c, Mapping)] if isinstance(cards, list) else []


def _width(card: Mapping[str, Any]) -> int:
    width = card.get("widthPx")
    is_number = isinstance(width, int | float) and not isinstance(width, bool)
    return int(width) if is_number and width and width > 0 else 0


def _usual(cards: list[Mapping[str, Any]]) -> int:
    known = [width for card in cards if (width := _width(card))]
    return round(sum(known) / len(known)) if known else USUAL


# What is done ----------------------------------------------------------------------------------


def add(bench: Workbench, name: str) -> tuple[str, str]:
    """Make a scene behind the others; (sentence, id)."""
    id = bench.scenes.add(name)
    return _("Made the scene {name}; m adds cards.").format(name=name), id


def rename(bench: Workbench, id: str, name: str) -> str:
    """Give a scene another name."""
    bench.scenes.change(id, {"name": name})
    return _("It is now called {name}.").format(name=name)


def describe(bench: Workbench, id: str, text: str) -> str:
    """Give a scene a description, or none."""
    bench.scenes.change(id, {"description": text.strip() or None})
    return _("Saved.")


def duplicate(bench: Workbench, id: str) -> tuple[str, str]:
    """Copy a scene with its cards; (sentence, id)."""
    made = bench.scenes.duplicate(id)
    return _("Made {name}.").format(name=bench.scenes.find(made).text("name")), made


def delete(bench: Workbench, entry: Entry) -> str:
    """Delete a scene, or take a card off its scene; records stay."""
    if entry.kind == CARD:
        bench.scenes.remove_card(entry.thing, entry.value)
        return _("Took {name} off the scene. u brings it back.").format(name=entry.words)
    bench.scenes.delete(entry.thing)
    return _("Deleted the scene {name}. u brings it back.").format(name=entry.words)


def shift(bench: Workbench, entry: Entry, step: int) -> str:
    """Move a scene, or a card in its scene, by one place."""
    if entry.kind == CARD:
        ids = [card.get("appId") for card in cards_of(bench.scenes.find(entry.thing))]
        place = ids.index(entry.value) + step
        if 0 <= place < len(ids):
            bench.scenes.move_card(entry.thing, entry.value, place + 1)
            return ""
        return _("It stands at the end already.")
    ids = [scene["id"] for scene in bench.scenes.list()]
    place = ids.index(entry.thing) + step
    if 0 <= place < len(ids):
        bench.scenes.move(entry.thing, place + 1)
        return ""
    return _("It stands at the end already.")


def card_choices(bench: Workbench, id: str) -> list[Choice]:
    """The modules that this space allows and the scene has no card of."""
    there = {card.get("appId") for card in cards_of(bench.scenes.find(id))}
    return [
        Choice(_(module.words), module.id)
        for module in bench.modules.values()
        if bench.scope.allows(module.id) and module.id not in there
    ]


def add_card(bench: Workbench, id: str, module: str) -> tuple[str, str]:
    """Add a card at the end; (sentence, id of its line)."""
    bench.scenes.add_card(id, module)
    name = _(bench.modules[module].words)
    return _("Added the card {name}.").format(name=name), f"{id}/{module}"


def widen(bench: Workbench, id: str, module: str, direction: int) -> str:
    """Give a card more or less of the columns."""
    cards = cards_of(bench.scenes.find(id))
    card = next((c for c in cards if c.get("appId") == module), {})
    width = (_width(card) or _usual(cards)) + direction * STEP
    bench.scenes.set_width(id, module, max(LEAST, width))
    return ""


def filter_choices(bench: Workbench, id: str) -> list[Choice]:
    """Every tag, ticked where the scene's filter names it."""
    chosen = bench.scenes.find(id).get("scopeTagIds") or []
    uses = bench.tags.uses()
    return [
        Choice(
            tag.text("name"),
            tag["id"],
            str(uses.get(tag["id"], 0)),
            "✓" if tag["id"] in chosen else " ",
        )
        for tag in bench.tags.list()
    ]


def filter_by(bench: Workbench, id: str, tag: str, on: bool) -> str:
    """Put a tag into a scene's filter or take it out; others, deleted ones too, stay in it."""
    chosen = [t for t in bench.scenes.find(id).get("scopeTagIds") or [] if t != tag]
    chosen += [tag] if on else []
    bench.scenes.set_filter(id, chosen)
    if not chosen:
        return _("The scene shows everything.")
    count = len(chosen)
    return ngettext(
        "The scene shows what is untagged or bears that tag.",
        "The scene shows what is untagged or bears one of {n} tags.",
        count,
    ).format(n=count)
