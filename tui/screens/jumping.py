"""``f``: letters stand over every row, field, card and tab in view; typing one goes there.

Widgets say with ``jump_spots`` where one can go. While letters stand, every key comes here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.words import _
from tui.keys.reading import TWINS, Press
from tui.widgets.labels import Spot, codes
from tui.widgets.lines import LinesWidget

if TYPE_CHECKING:
    from tui.shell.manabench import Manabench


class Jumping:
    """Mixed into every screen."""

    _spots: tuple[tuple[str, LinesWidget, Spot], ...] = ()
    _typed_label = ""

    if TYPE_CHECKING:
        app: Manabench
        say: Callable[..., None]
        whisper: Callable[[str], None]
        query: Callable[..., Any]

    def do_jump(self) -> None:
        """Put the letters up."""
        found = [
            (widget, spot)
            for widget in self.query(LinesWidget)
            if widget.display and widget.visible and widget.size.height
            for spot in widget.jump_spots()
        ]
        if not found:
            self.say(_("There is nothing here to go to."))
            return
        labels = codes(len(found))
        self._spots = tuple((label, *pair) for label, pair in zip(labels, found, strict=False))
        self._typed_label = ""
        self._show_labels()
        self.whisper(_("Type the letters of where to go; Escape ends."))
        self.app.grab_keys(self._label_typed, self._end_jump)

    def _show_labels(self) -> None:
        for widget in {widget for _label, widget, _spot in self._spots}:
            widget.labels = {
                (spot.x, spot.y): label[len(self._typed_label) :]
                for label, owner, spot in self._spots
                if owner is widget and label.startswith(self._typed_label)
            }
            widget.repaint()

    def _end_jump(self) -> None:
        spots, self._spots = self._spots, ()
        for widget in {widget for _label, widget, _spot in spots}:
            widget.labels = {}
            widget.repaint()
        self.whisper("")

    def _label_typed(self, press: Press) -> None:
        if not press.prints:
            self.app.let_keys_go()
            if press.key not in ("escape", "ctrl+c"):
                self.app.call_later(self.app.press_again, press)
            return
        self._typed_label += TWINS.get(press.token, press.token).lower()
        fits = [each for each in self._spots if each[0].startswith(self._typed_label)]
        if not fits or fits[0][0] == self._typed_label:
            self.app.let_keys_go()
            if fits:
                fits[0][2].go()
        else:
            self._show_labels()
