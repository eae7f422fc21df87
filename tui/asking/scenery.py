"""What a scene puts on Home: read in a thread, then drawn without the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.shell.places import HOME, LIST, Place

if TYPE_CHECKING:
    from store.workbench import Workbench
    from tui.widgets import Item


class Card(NamedTuple):
    """A card that can be drawn: its module, and its width in the record's own measure (0: none)."""

    module: str
    weight: int = 0


class Scenery(NamedTuple):
    """One scene. ``number`` counts from 1, ``scenes`` is how many there are.

    unknown: modules whose cards this version lacks or this space does not allow; they stay in the
    record. zoomed: the module that the record shows alone.
    """

    id: str = ""
    name: str = ""
    number: int = 0
    scenes: int = 0
    cards: tuple[Card, ...] = ()
    unknown: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tag_names: str = ""
    zoomed: str = ""

    @property
    def modules(self) -> list[str]:
        """The modules of the cards, in order."""
        return [card.module for card in self.cards]


class Base:
    """All that the screen at ``place`` begins with; scenery is None for a list. begins: nothing
    was shown before it."""

    def __init__(self, place: Place, scenery: Scenery | None, items: list[Item]) -> None:
        self.place = place
        self.scenery = scenery
        self.items = items
        self.begins = False


def base_at(bench: Workbench, place: Place, columns: int = 80) -> Base:
    """What stands at ``place`` in the space in view, which it names afterwards.

    A list that this space or version cannot show becomes Home. ``place`` gets the scene and the
    open card that were found. columns: how wide the screen is.
    """
    place.space = bench.scope.id
    if place.kind == LIST and not _shows(bench, place.module):
        place = Place(space=place.space)
    scenery = None
    if place.kind == HOME:
        scenery = scenery_at(bench, place)
        settle(place, scenery)
    return Base(place, scenery, first_items(bench, place, scenery, columns))


def scenery_at(bench: Workbench, place: Place) -> Scenery:
    """The scene of ``place``, else the one used last in this space on this machine."""
    scenes = bench.scenes.list()
    ids = [scene["id"] for scene in scenes]
    if place.scene in ids:
        scene = scenes[ids.index(place.scene)]
    elif (active := bench.scenes.active()) is not None:
        scene = active
    else:
        return Scenery()
    cards, unknown, zoomed = [], [], ""
    for entry in scene.get("openApps") or []:
        module, weight = _entry(entry)
        if not _shows(bench, module):
            unknown.append(module)
        elif module not in (card.module for card in cards):
            cards.append(Card(module, weight))
            if entry.get("maximized") is True:
                zoomed = zoomed or module
    tags = tuple(str(tag) for tag in scene.get("scopeTagIds") or ())
    return Scenery(
        scene["id"],
        scene.text("name"),
        ids.index(scene["id"]) + 1,
        len(ids),
        tuple(cards),
        tuple(unknown),
        tags,
        _tag_names(bench, tags),
        zoomed,
    )


def settle(place: Place, scenery: Scenery) -> None:
    """Make ``place`` name the scene that was found and one of its cards."""
    place.scene = scenery.id
    if place.zoomed is None:
        place.zoomed = bool(scenery.zoomed)
        place.module = place.module or scenery.zoomed
    if place.module not in scenery.modules:
        place.module = scenery.modules[0] if scenery.cards else ""


def scene_tags(place: Place, scenery: Scenery | None) -> tuple[str, ...]:
    """The tags that the scene filters its cards by, none while that is off."""
    return () if scenery is None or place.shows_all else scenery.tags


def first_items(
    bench: Workbench, place: Place, scenery: Scenery | None, columns: int
) -> list[Item]:
    """The first rows of the list in view, so that the first frame can show them."""
    from tui.asking.source import FIRST, ListSource, query_of

    module = bench.modules.get(place.module)
    if module is None or not _shows(bench, module.id) or place.view.text:
        return []  # words are looked for in all titles, which the first frame cannot wait for
    query = query_of(place.view, module, scene=scene_tags(place, scenery))
    width = columns
    if scenery is not None and not place.zoomed:
        from tui.widgets.boxes import boxes

        weights = [card.weight for card in scenery.cards]
        at = scenery.modules.index(place.module)
        width = next(b.width for b in boxes(weights, at, columns, 20) if b.card == at)
    source = ListSource(None, bench, module, query, width=lambda: width, grouped=place.view.grouped)
    return source.first_now(FIRST)


def _entry(entry: object) -> tuple[str, int]:
    """Module and width of one card; what another program wrote there may be anything."""
    known: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
    width = known.get("widthPx")
    is_width = isinstance(width, int | float) and not isinstance(width, bool) and width > 0
    return str(known.get("appId") or ""), int(width) if is_width and width is not None else 0


def _shows(bench: Workbench, module: str) -> bool:
    return module in bench.modules and bench.scope.allows(module)


def _tag_names(bench: Workbench, tags: tuple[str, ...]) -> str:
    if not tags:
        return ""
    from tui.asking import doing

    return doing.tag_names(bench, bench.scope, tags)
