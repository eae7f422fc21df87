"""Where somebody is: a space, and in it Home or the list of one module. Holds only ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOME = "home"
LIST = "list"


class View:
    """How one module's list is shown: names of a filter and an order, tags, where it stands, the
    words it was narrowed to."""

    def __init__(
        self,
        filter: str = "",
        sort: str = "",
        tags: list[str] | None = None,
        rows: dict[str, Any] | None = None,
        grouped: bool = True,
        text: str = "",
    ) -> None:
        self.filter = filter
        self.sort = sort
        self.tags = tags or []
        self.rows = rows or {}
        self.grouped = grouped
        self.text = text

    @classmethod
    def of(cls, kept: object) -> View:
        """The view as ``vars`` wrote it; what is unknown is left out."""
        known = kept if isinstance(kept, Mapping) else {}
        return cls(**{k: v for k, v in known.items() if k in vars(_USUAL)})


class Place:
    """What ``b`` goes back to and the next start restores.

    kind is HOME or LIST; without one a module means its list and none means Home. module is the
    one in view, on Home that of the open card; filter, sort, tags and rows are those of its list.
    scene is empty for the one that was used last in the space. ``views`` has the other cards too.
    zoomed: the open card has the whole screen. shows_all: the scene's tag filter is off.
    behind: of a list, the place of the Home that ``q`` leads to, as ``kept`` wrote it.
    """

    def __init__(
        self,
        space: str = "",
        module: str = "",
        filter: str = "",
        sort: str = "",
        tags: list[str] | None = None,
        rows: dict[str, Any] | None = None,
        *,
        kind: str = "",
        scene: str = "",
        views: Mapping[str, Any] | None = None,
        zoomed: bool | None = None,
        shows_all: bool = False,
        behind: Mapping[str, Any] | None = None,
    ) -> None:
        self.space = space
        self.module = module
        self.kind = kind if kind in (HOME, LIST) else LIST if module else HOME
        self.scene = scene
        self.zoomed = zoomed
        self.shows_all = shows_all
        self.behind = behind
        self.views = {id: View.of(view) for id, view in (views or {}).items()}
        if module and module not in self.views:
            self.views[module] = View(filter, sort, tags, rows)

    @classmethod
    def of(cls, kept: object) -> Place:
        """The place as ``kept`` wrote it, by this version or an older one."""
        known = "space module filter sort tags rows kind scene views zoomed shows_all behind"
        items = kept.items() if _is_dict(kept) else ()
        return cls(**{k: v for k, v in items if k in known.split()})

    def renamed(self, spaces: Mapping[str, str]) -> bool:
        """Take new ids of spaces, by the old ones; whether this place is in one of them."""
        found = self.space in spaces
        self.scene = scene_of(self.scene, spaces)
        self.space = spaces.get(self.space, self.space)
        if self.behind is not None:
            behind = Place.of(self.behind)
            if behind.renamed(spaces):
                self.behind = behind.kept()
        return found

    def kept(self) -> dict[str, Any]:
        """The place as JSON."""
        return {
            "space": self.space,
            "module": self.module,
            "kind": self.kind,
            "scene": self.scene,
            "zoomed": self.zoomed,
            "shows_all": self.shows_all,
            "behind": self.behind,
            "views": {id: dict(vars(view)) for id, view in self.views.items()},
        }

    def view_of(self, module: str) -> View:
        """How the list of ``module`` is shown here."""
        return self.views.setdefault(module, View())

    @property
    def view(self) -> View:
        """How the list in view is shown."""
        return self.view_of(self.module)

    @property
    def filter(self) -> str:
        """The name of the filter of the list in view."""
        return self.view.filter

    @filter.setter
    def filter(self, name: str) -> None:
        self.view.filter = name

    @property
    def sort(self) -> str:
        """The name of the order of the list in view."""
        return self.view.sort

    @sort.setter
    def sort(self, name: str) -> None:
        self.view.sort = name

    @property
    def tags(self) -> list[str]:
        """The tags that the list in view was narrowed to, besides those of a scene."""
        return self.view.tags

    @tags.setter
    def tags(self, ids: list[str]) -> None:
        self.view.tags = ids

    @property
    def rows(self) -> dict[str, Any]:
        """Where the list in view stands."""
        return self.view.rows

    @rows.setter
    def rows(self, place: dict[str, Any]) -> None:
        self.view.rows = place


_USUAL = View()
_SEED = "seed-home-"
"""Before the id of a space stands this in the id of its first scene."""


def scene_of(scene: str, spaces: Mapping[str, str]) -> str:
    """The id of a scene after spaces got new ids, by the old ones."""
    space = scene.removeprefix(_SEED)
    return f"{_SEED}{spaces[space]}" if scene.startswith(_SEED) and space in spaces else scene


def _is_dict(kept: object) -> Any:
    return isinstance(kept, dict)
