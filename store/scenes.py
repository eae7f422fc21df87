"""Scenes: named layouts of cards in one space, with an optional tag filter and agent lens.

Which scene is active is a choice of the process and this machine, never of the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from store.errors import GuardError, InvalidValueError, NotFoundError
from store.queries import Query
from store.records import Record, the_one
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench


Records = list[Record]
Cards = list[dict[str, Any]]


class Scenes:
    """The scenes of the space in view."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def list(self) -> Records:
        """The live scenes in their order."""
        records = self._bench.documents.page(self._bench.scope, Query("workbenchScenes"), limit=-1)
        return sorted(records, key=lambda r: (r.get("order") or 0, r["createdAt"], r["id"]))

    def find(self, text: str) -> Record:
        """The scene with this name or this start of an id. Raises NotFoundError."""
        scenes = self.list()
        tiers = (
            [s for s in scenes if s["id"] == text],
            [s for s in scenes if s.text("name").casefold() == text.casefold()],
            [s for s in scenes if text and s["id"].startswith(text)],
        )
        hint = _("`manabench {what} list` shows them.").format(what="scene")
        return the_one(tiers, text, N_("scene"), hint, "name")

    def active(self) -> Record | None:
        """The scene of this space that was used last on this machine, else its first."""
        chosen = self._bench.device.get(f"scene:{self._bench.scope.id}")
        scenes = self.list()
        return next((s for s in scenes if s["id"] == chosen), scenes[0] if scenes else None)

    def use(self, id: str) -> None:
        """Make a scene the active one of its space on this machine."""
        self._bench.device.set_id(f"scene:{self._bench.scope.id}", id)

    def add(self, name: str, cards: Sequence[str] = ()) -> str:
        """Make a scene behind the others; returns its id."""
        if not name.strip():
            raise InvalidValueError(_("A scene needs a name."), kept=_("Nothing was changed."))
        fields = {"name": name.strip(), "openApps": [{"appId": card} for card in cards]}
        with self._bench.step(N_("add a scene")) as step:
            return step.insert("workbenchScenes", fields | {"order": len(self.list())})

    def change(self, id: str, fields: Mapping[str, Any]) -> None:
        """Rename a scene, describe it, or set its agent lens."""
        with self._bench.step(N_("change a scene")) as step:
            step.update("workbenchScenes", id, fields)

    def duplicate(self, id: str) -> str:
        """A copy of a scene with all it holds; returns its id."""
        source = self.find(id)
        kept = ("description", "openApps", "wallpaper", "viewingAsAgentId", "scopeTagIds")
        fields = {name: source[name] for name in kept if source.get(name) is not None}
        fields |= {"name": source.text("name") + _(" copy"), "order": len(self.list())}
        with self._bench.step(N_("duplicate a scene")) as step:
            return step.insert("workbenchScenes", fields)

    def delete(self, id: str) -> None:
        """Delete a scene, but never the last one. Raises GuardError."""
        with self._bench.step(N_("delete a scene")) as step:
            if len(self.list()) < 2:
                raise GuardError(
                    _("The last scene of a space cannot be deleted."),
                    kept=_("Nothing was changed."),
                    hint=_("Make another one first."),
                )
            step.delete("workbenchScenes", id)

    def reorder(self, ids: Sequence[str]) -> None:
        """Put the scenes in the order of ``ids``, renumbered without gaps."""
        rest = [s["id"] for s in self.list() if s["id"] not in ids]
        with self._bench.step(N_("reorder scenes")) as step:
            for order, id in enumerate([*ids, *rest]):
                step.update("workbenchScenes", id, {"order": order})

    def move(self, id: str, place: int) -> None:
        """Move a scene to ``place``, counted from 1. Raises NotFoundError."""
        moved = self.find(id)["id"]
        ids = [s["id"] for s in self.list() if s["id"] != moved]
        ids.insert(max(place - 1, 0), moved)
        self.reorder(ids)

    def set_filter(self, id: str, tags: Sequence[str]) -> None:
        """Filter the lists of a scene by tags; none takes the filter off."""
        with self._bench.step(N_("filter a scene")) as step:
            step.update("workbenchScenes", id, {"scopeTagIds": list(tags) or None})

    # Cards ----------------------------------------------------------------------------------

    def add_card(self, id: str, card: str) -> None:
        """Add a module's card at the end; a scene has one card of each module.

        Raises InvalidValueError for an unknown module or a card that is there.
        """
        if card not in self._bench.modules:
            raise InvalidValueError(
                _("There is no module called {card!r}.").format(card=card),
                kept=_("Nothing was changed."),
                hint=_("There are: {names}.").format(names=", ".join(self._bench.modules)),
            )
        cards = self._cards(id)
        if any(c.get("appId") == card for c in cards):
            raise InvalidValueError(
                _("{card} is a card of this scene.").format(card=card),
                kept=_("Nothing was changed."),
            )
        self._set_cards(id, [*cards, {"appId": card}])

    def move_card(self, id: str, card: str, place: int) -> None:
        """Move a card to ``place``, counted from 1. Raises NotFoundError."""
        cards = self._cards(id)
        moved = self._card(cards, card)
        cards.remove(moved)
        cards.insert(max(place - 1, 0), moved)
        self._set_cards(id, cards)

    def set_width(self, id: str, card: str, width: int) -> None:
        """Give a card a width beside the others, in the record's own measure (pixels of other
        clients, a share of the columns here); 0 leaves it to the program. Raises NotFoundError."""
        cards = self._cards(id)
        at = cards.index(self._card(cards, card))
        cards[at] = {k: v for k, v in cards[at].items() if k != "widthPx"}
        if width > 0:
            cards[at]["widthPx"] = width
        self._set_cards(id, cards)

    def remove_card(self, id: str, card: str) -> None:
        """Take a card off a scene; its records stay. Raises NotFoundError."""
        cards = self._cards(id)
        cards.remove(self._card(cards, card))
        self._set_cards(id, cards)

    def _cards(self, id: str) -> Cards:
        return list(self.find(id).get("openApps") or [])

    def _card(self, cards: Sequence[dict[str, Any]], card: str) -> dict[str, Any]:
        for found in cards:
            if found.get("appId") == card:
                return found
        raise NotFoundError(
            _("This scene has no card {card!r}.").format(card=card), kept=_("Nothing was changed.")
        )

    def _set_cards(self, id: str, cards: Sequence[dict[str, Any]]) -> None:
        with self._bench.step(N_("arrange cards")) as step:
            step.update("workbenchScenes", id, {"openApps": list(cards)})
