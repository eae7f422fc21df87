"""From place to place: Home, lists, scenes, spaces, and back. Mixed into the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.words import _
from tui.asking import doing
from tui.asking.scenery import base_at
from tui.shell.places import HOME, LIST, Place, scene_of

if TYPE_CHECKING:
    from tui.asking.scenery import Base
    from tui.screens.lists import ListsScreen

MANY_PLACES = 20


class Going:
    """``self`` is always a ``Manabench``."""

    def start_going(self) -> None:
        """Set up, before the first screen."""
        self.place = Place()
        self.places: list[Place] = []
        self._homes: dict[tuple[str, str], Place] = {}
        self._said_there = ""
        self.offered_in = ""  # the space whose unfinished texts were offered last

    @property
    def main_list(self: Any) -> ListsScreen | None:
        """The base screen, Home or a list: the lowest one while the workbench is unlocked."""
        from tui.screens.lists import ListsScreen

        return next((s for s in self.screen_stack if isinstance(s, ListsScreen)), None)

    def base_screen(self: Any, base: Base) -> ListsScreen:
        """The screen that ``base`` begins with; its place is the app's from now on."""
        self._came_to(base.place)
        if base.place.kind == HOME:
            from tui.screens.home import HomeScreen

            return HomeScreen(base)
        from tui.screens.list import ListScreen

        return ListScreen(base)

    def _came_to(self: Any, place: Place) -> None:
        self.place = place
        if place.kind == HOME:
            self._homes[place.space, place.scene] = self._homes[place.space, ""] = place
        elif place.behind and (place.space, "") not in self._homes:
            self._homes[place.space, ""] = Place.of(place.behind)

    def forget_places(self: Any) -> None:
        """The vault is locked: typed words that narrow lists go, ids stay."""
        for place in (self.place, *self.places, *self._homes.values()):
            place.behind = None
            for view in place.views.values():
                view.text = ""
        self.offered_in = ""

    def home_of(self: Any, space: str, scene: str = "") -> Place:
        """Home in a space as it was left in this process, else as this machine remembers it."""
        return self._homes.get((space, scene)) or Place(space=space, kind=HOME, scene=scene)

    def go(self: Any, place: Place) -> None:
        """Show ``place``, from whichever screen; everything flips at once."""
        self.drafter.leave()
        if (screen := self.main_list) is None:
            return
        screen.mark_place()
        if place.kind == HOME and not place.scene and (known := self._homes.get((place.space, ""))):
            place.scene = known.scene  # the scene in view is this process's, whatever others chose
        self.places = [*self.places[-MANY_PLACES:], self.place]
        self._to_base()
        screen.hold_keys()
        bench, columns = self.bench, self.size.width

        def work() -> Base:
            bench.enter(place.space or bench.scope.id)
            base = base_at(bench, place, columns)
            if base.scenery is not None and base.scenery.id:
                bench.scenes.use(base.scenery.id)
            return base

        # In the lane of changes: those under way still belong to the space they were made in.
        self.desk.ask("write", work, self._arrive, self._stayed, group="place")

    def _stayed(self: Any, error: Exception) -> None:
        """The place could not be reached: what was in view stays."""
        if self.places:
            self.places.pop()
        if (screen := self.main_list) is not None:
            screen.ready()
        self.fail(error)

    def _arrive(self: Any, base: Base) -> None:
        screen = self.main_list
        if screen is None:
            return  # locked meanwhile
        if base.place.space != self.place.space:
            self.status = doing.Status()
        self._to_base()
        if screen.kind == base.place.kind:
            self._came_to(base.place)
            self.say("")
            screen.show_place(base)
        else:
            self.switch_screen(self.base_screen(base))
        if self._said_there:
            words, self._said_there = self._said_there, ""
            # Behind the mounting of the new screen.
            self.desk.ask("look", lambda: None, lambda _none: self.say(words, "warn"))
        self.remember_place()

    def _to_base(self: Any) -> None:
        while self.screen is not self.main_list:
            self.pop_screen()

    def do_previous(self: Any) -> None:
        """The place before this one; twice brings back here."""
        if not self.places:
            self.say(_("There is no place before this one."))
            return
        self.go(self.places.pop())

    def do_go_home(self: Any) -> None:
        """The cards of the active scene of this space."""
        screen = self.main_list
        if screen is not None and screen.kind == HOME:
            if self.screen is screen:
                self.say(_("You are here already."))
            self._to_base()
        else:
            self.go(self.home_of(self.bench.scope.id))

    def do_go_module(self: Any, module: str) -> None:
        """The list of ``module`` in this space."""
        if not self.bench.scope.allows(module):
            words = _("{module} cannot live in this space.")
            self.say(words.format(module=_(self.modules[module].words)))
            return
        self.go(Place(space=self.bench.scope.id, module=module, kind=LIST))

    def do_space(self: Any) -> None:
        """Choose a space by words or number."""
        from tui.screens.pick import PickScreen, matching

        here = self.bench.scope.id

        def spaces() -> Any:
            return doing.space_choices(self.bench, here)

        self.push_screen(PickScreen(_("Space"), matching(spaces)), self._space_chosen)

    def _space_chosen(self: Any, choice: Any) -> None:
        if choice is not None:
            self.show_space(choice.value)

    def check_space(self: Any) -> None:
        """Somebody changed the spaces: if the one in view is gone, go to the person's own."""
        bench, here, name = self.bench, self.bench.scope.id, self.status.space
        number = bench.scope.number

        def read() -> tuple[str, bool, dict[str, str]]:
            gone = here not in (space["id"] for space in bench.spaces.list())
            hidden = bench.db.read(
                "SELECT 1 FROM memberships WHERE space = ? AND state = 'hidden'", (number,)
            )
            linked = bench.db.read(
                'SELECT m.was, s.id FROM memberships m JOIN "spaces" s ON s.pk = m.space '
                "WHERE m.was IS NOT NULL AND m.was <> s.id"
            )
            return str(bench.spaces.personal()) if gone else "", bool(hidden), dict(linked)

        def told(found: tuple[str, bool, dict[str, str]]) -> None:
            personal, hidden, linked = found
            self._spaces_renamed(linked)
            if personal and personal != here and self.bench.scope.id == here:
                words = _("The space {name} was deleted elsewhere. This is your own.")
                if hidden:
                    words = _("You are no longer in {name}; it is kept here, out of sight.")
                self._said_there = words.format(name=name)
                self.places = [place for place in self.places if place.space != here]
                self.go(self.home_of(personal))
                self.places = [place for place in self.places if place.space != here]

        self.desk.ask("look", read, told, self.fail, group="space gone")

    def _spaces_renamed(self: Any, linked: dict[str, str]) -> None:
        """Spaces got their ids on the server: where somebody is and was is still the same place."""
        known = {id(place): place for place in (self.place, *self.places, *self._homes.values())}
        changed = [place for place in known.values() if place.renamed(linked)]
        if not changed:
            return
        self._homes = {
            (linked.get(space, space), scene_of(scene, linked)): place
            for (space, scene), place in self._homes.items()
        }
        if (screen := self.main_list) is not None:
            screen.noticed({("workbenchScenes", self.bench.scope.id): None})

    def show_space(self: Any, id: str) -> None:
        """Home of another space, with the scene that was used there last."""
        self.go(self.home_of(id))

    def show_scene(self: Any, id: str) -> None:
        """Home with this scene of the space in view."""
        self.go(self.home_of(self.bench.scope.id, id))

    def do_scene(self: Any, number: str) -> None:
        """The scene with this number, counted from 1."""
        self._choose_scene(lambda ids, _here: int(number) - 1)

    def do_scene_beside(self: Any, how: str) -> None:
        """The scene after or before this one, round and round."""
        step = 1 if how == "next" else -1
        self._choose_scene(lambda ids, here: (here + step) % len(ids))

    def _choose_scene(self: Any, choose: Any) -> None:
        bench, place = self.bench, self.home_of(self.bench.scope.id)

        def read() -> tuple[list[str], int]:
            ids = [scene["id"] for scene in bench.scenes.list()]
            active = bench.scenes.active()
            here = place.scene or (active["id"] if active is not None else "")
            return ids, ids.index(here) if here in ids else 0

        def told(found: tuple[list[str], int]) -> None:
            ids, here = found
            at = choose(ids, here) if ids else -1
            screen = self.main_list
            if not 0 <= at < len(ids):
                self.say(_("This space has no such scene."))
            elif at != here or screen is None or screen.kind != HOME:
                self.show_scene(ids[at])
            elif len(ids) == 1:
                self.say(_("This space has one scene."))
            elif self.screen is screen:
                self.say(_("You are here already."))
            else:
                self._to_base()

        self.desk.ask("look", read, told, self.fail, group="scene")

    def do_back(self: Any) -> None:
        """Back from a screen; from a list to Home; from Home out of the program."""
        screen = self.main_list
        if self.screen is not screen:
            self.pop_screen()
        elif screen is not None and screen.kind == LIST:
            self.do_go_home()
        else:
            self.leave()
