"""What the settings change while the workbench runs: looks, mouse, idle lock, language.

Mixed into the app. Files are read and written in the lane of changes; the loop only puts in force.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from store import local, settings
from store.settings import Problem, Settings
from store.words import _
from tui.looks import files
from tui.looks.files import Dress
from tui.looks.themes import Look, framework_theme
from tui.widgets.lines import LinesWidget


class Dressing:
    """``self`` is always a ``Manabench``. ``look`` is what all widgets draw by."""

    settings: Settings
    look: Look
    look_problems: tuple[Problem, ...]
    mouse_is_ours: bool

    def dress_first(self: Any, chosen: Settings) -> None:
        """Before the first frame."""
        self.settings = chosen
        self.mouse_is_ours = chosen.mouse
        worn = files.dress(os.environ, chosen)
        self.look, self.look_problems = worn.look, worn.problems

    def theme_first(self: Any) -> None:
        """The framework's side of ``dress_first``, once it is there to be told."""
        theme = framework_theme(self.look)
        self.register_theme(theme)
        self.theme = theme.name

    def tell_problems(self: Any) -> None:
        """What in the files of settings and looks does not hold, the first of it, in words."""
        found = [*self.settings.problems, *self.look_problems]
        if found:
            more = _("All of it: g ,") if len(found) > 1 else ""
            self.say(" ".join(part for part in (str(found[0]), more) if part), "warn")

    def wear(self: Any, look: Look) -> None:
        """Draw everything by ``look`` from now on: each cell once."""
        if look == self.look:
            return
        self.look = look
        # The screens below are painted whole when they come back.
        for widget in self.screen.query(LinesWidget):
            widget.repaint()

    # Settings ---------------------------------------------------------------------------------

    def change_setting(
        self: Any, name: str, value: Any, then: Callable[[Settings], None] | None = None
    ) -> None:
        """Write a setting and put it in force; ``then`` hears of it, on the loop."""

        def work() -> tuple[Settings, Dress]:
            return _in_force(settings.change(name, value))

        self._ask_settings(work, then)

    def read_settings(self: Any, then: Callable[[Settings], None] | None = None) -> None:
        """Read the files again, as after somebody edited them."""
        self._ask_settings(lambda: _in_force(settings.load()), then)

    def _ask_settings(
        self: Any,
        work: Callable[[], tuple[Settings, Dress]],
        then: Callable[[Settings], None] | None,
    ) -> None:
        def done(found: tuple[Settings, Dress]) -> None:
            self._put_in_force(*found)
            if then is not None:
                then(self.settings)

        self.desk.ask("write", work, done, self.fail)

    def _put_in_force(self: Any, now: Settings, worn: Dress) -> None:
        before, self.settings = self.settings, now
        self.look_problems = worn.problems
        self.wear(worn.look)
        if now.mouse != before.mouse:
            self.take_mouse(now.mouse)
        if self.found is not None and now.idle_seconds != self.found.idle_seconds:
            self.found.idle_seconds = now.idle_seconds
            self._arm_idle_lock()
        if now.keys != before.keys and (changed := getattr(self, "keys_changed", None)):
            changed()

    def speak_anew(self: Any) -> None:
        """The language changed: what stands on the screens is said again."""
        for screen in self.screen_stack:
            for name in ("show_status", "relabel", "show_list"):
                if screen.is_mounted and (method := getattr(screen, name, None)) is not None:
                    method()

    # The mouse --------------------------------------------------------------------------------

    def take_mouse(self: Any, ours: bool) -> None:
        """Let clicks and the wheel act here, or leave the mouse to the terminal."""
        self.mouse_is_ours = ours
        if (take := getattr(self._driver, "take_mouse", None)) is not None:
            take(ours)

    def do_view_mouse(self: Any) -> None:
        """v m: let go of the mouse until it is asked back."""
        self.take_mouse(not self.mouse_is_ours)
        if self.mouse_is_ours:
            self.say(_("Clicks and the wheel act here again."))
        else:
            self.say(_("The mouse selects text now, as in any program. v m takes it back."))


def _in_force(found: Settings) -> tuple[Settings, Dress]:
    local.follow(found)
    return found, files.dress(os.environ, found)
