"""A line over a list of choices: what is typed narrows the list, Enter takes the marked one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from textual.screen import Screen
from textual.widget import Widget

from store.errors import ManabenchError
from store.module import alphabetical
from store.words import _
from tui.looks.themes import look_of
from tui.screens.place import PlaceScreen
from tui.shell.crash import sentence
from tui.widgets import cells
from tui.widgets.labels import Spot
from tui.widgets.lines import Line
from tui.widgets.swatches import Swatches, shows_colors, swatch


class Choice(NamedTuple):
    """One line of the list. ``right`` stands at its right edge, ``value`` is what is chosen;
    ``color``, ``#rrggbb``, is drawn as a cell before the words."""

    words: str
    value: Any
    right: str = ""
    glyph: str = " "
    color: str = ""


Offer = Callable[[str], Sequence[Choice]]
"""The choices that fit a typed text; runs off the loop."""


def matching(all_choices: Callable[[], Sequence[Choice]]) -> Offer:
    """An offer over a short list: every typed word must occur; a number chooses by place."""
    known: list[Choice] = []

    def offer(text: str) -> Sequence[Choice]:
        if not known:
            known.extend(all_choices())
        return narrowed(known, text)

    return offer


def narrowed(choices: Sequence[Choice], text: str) -> list[Choice]:
    """Those of ``choices`` that hold every word of ``text``, ones that begin so first."""
    wanted = alphabetical(text).split()
    if not wanted:
        return list(choices)
    if len(wanted) == 1 and wanted[0].isdigit() and 0 < int(wanted[0]) <= len(choices):
        return [choices[int(wanted[0]) - 1]]
    found = [(alphabetical(c.words), c) for c in choices]
    fits = [(words, c) for words, c in found if all(w in words for w in wanted)]
    fits.sort(key=lambda pair: not pair[0].startswith(wanted[0]))
    return [c for _words, c in fits]


class Choices(Swatches):
    """The choices, one a row, with a cursor that keeps in view."""

    def __init__(self, *, numbered: bool = False) -> None:
        super().__init__()
        self.choices: Sequence[Choice] = ()
        self.at = 0
        self.words = _("Looking …")
        self._numbered = numbered
        self._top = 0

    @property
    def chosen(self) -> Choice | None:
        """The choice under the cursor."""
        return self.choices[self.at] if self.at < len(self.choices) else None

    def show(self, choices: Sequence[Choice], words: str = "") -> None:
        """Show other choices, cursor on the first; ``words`` where there are none."""
        self.choices, self.at, self._top, self.words = choices, 0, 0, words
        self.repaint()

    def move(self, how: str) -> None:
        """up, down, page_up, page_down, first, last."""
        page = max(1, self.size.height // 2)
        step = {"up": -1, "down": 1, "page_up": -page, "page_down": page}.get(how, 0)
        last = max(0, len(self.choices) - 1)
        self.go_to({"first": 0, "last": last}.get(how, self.at + step))

    def go_to(self, at: int) -> None:
        """The cursor to the choice at ``at``, stopped at the ends."""
        self.at = min(max(0, at), max(0, len(self.choices) - 1))
        height = max(1, self.size.height)
        if not self._top <= self.at < self._top + height:
            self._top = max(0, min(self.at - height // 2, len(self.choices) - height))
        self.repaint()

    def jump_spots(self) -> list[Spot]:
        """Every choice in view but the one under the cursor."""
        last = min(len(self.choices), self._top + self.size.height)
        return [
            Spot(0, row - self._top, partial(self.go_to, row))
            for row in range(self._top, last)
            if row != self.at
        ]

    def on_click(self, event: Any) -> None:
        """A click moves, a second one chooses."""
        row = self._top + event.y
        if row < len(self.choices):
            self.at = row
            self.repaint()
            if event.chain == 2:
                screen: Any = self.screen
                (getattr(screen, "choose", None) or screen.do_open)()

    def on_mouse_scroll_down(self) -> None:
        """Half a page down."""
        self.move("page_down")

    def on_mouse_scroll_up(self) -> None:
        """Half a page up."""
        self.move("page_up")

    def draw(self, width: int, height: int) -> list[Line]:
        """Glyph, words, right part; the cursor by glyph and reverse."""
        look = look_of(self)
        if not self.choices:
            return [[("  " + row, "dim")] for row in cells.folded(self.words, max(8, width - 3))]
        return [
            self._row(self._top + y, choice, width, look)
            for y, choice in enumerate(self.choices[self._top : self._top + height])
        ]

    def _row(self, row: int, choice: Choice, width: int, look: Any) -> Line:
        here = row == self.at
        number = f"{row + 1:>2} " if self._numbered and row < 99 else ""
        mark = look.glyph("cursor") if here else " "
        right = cells.clip(choice.right, max(0, width // 3))
        color = choice.color if shows_colors(look) else ""
        room = width - 5 - len(number) - (cells.width(right) + 1 if right else 0)
        text = cells.fit(choice.words, room - (2 if color else 0))
        role = "cursor" if here else "base"
        right_role = role if here else "dim"
        return [
            (f"{mark} {number}{choice.glyph} ", role),
            swatch(color, "cursor" if here else ""),
            (f"{' ' if color else ''}{text}", role),
            (f" {right}" if right else "", right_role),
            (" ", right_role),
        ]


class PickScreen(PlaceScreen):
    """Asks for one choice; dismissed with it, or with None."""

    scopes = ("always",)
    typing_scopes = ("picking", "typing")
    answers_later = True

    def __init__(
        self,
        title: str,
        offer: Offer,
        *,
        hint: str = "",
        numbered: bool = False,
        toggle: Callable[[Choice], None] | None = None,
        unknown: Callable[[str], Choice | None] | None = None,
    ) -> None:
        """toggle: Enter switches a choice and the list stays until Escape.
        unknown: the choice for a text that fits nothing, if it makes one."""
        super().__init__()
        self._title = title
        self._offer = offer
        self._hint = hint
        self._toggle = toggle
        self._unknown = unknown
        self._shown_for: str | None = None
        self.choices = Choices(numbered=numbered)

    def body(self) -> Iterable[Widget]:
        """The line stands above the choices."""
        return [self.choices]

    def opened(self) -> None:
        """Ask for the choices and take the focus: a picker is for typing."""
        self._ask()

    def _ask(self, text: str = "") -> None:
        self.ask_line(
            self._title,
            self._take,
            text=text,
            hint=self._hint,
            change=self._narrow,
            leave=self._leave,
        )
        self._narrow(text)

    def look_again(self) -> None:
        """The choices may be others now, or marked otherwise."""
        self._narrow(self.line.text)

    def _narrow(self, text: str) -> None:
        self.app.desk.ask(
            "look",
            lambda: self._offer(text),
            lambda found: self._show(found, text),
            self._failed,
            group="pick",
            owner=self,
        )

    def _show(self, found: Sequence[Choice], text: str) -> None:
        self._shown_for = text
        offered = list(found)
        if self._unknown is not None and text.strip():
            exact = alphabetical(text.strip())
            new = self._unknown(text.strip())
            if new is not None and not any(alphabetical(c.words) == exact for c in offered):
                offered.append(new)
        self.choices.show(offered, _("Nothing fits."))

    def _failed(self, error: Exception) -> None:
        # The line being typed into lies over the message, so the words stand where choices would.
        self.choices.show((), sentence(error) if isinstance(error, ManabenchError) else "")
        self.app.fail(error)

    def do_pick(self, how: str) -> None:
        """Move the cursor while typing."""
        self.choices.move(how)

    def choose(self) -> None:
        """Take the choice under the cursor."""
        self._take(self.line.text)

    def _take(self, text: str) -> None:
        # The answer to the last key may still be on its way; what Enter takes must fit the text.
        self.app.desk.ask(
            "look",
            lambda: self._offer(text),
            lambda found: self._taken(found, text),
            self._failed,
            group="pick",
            owner=self,
        )

    def _taken(self, found: Sequence[Choice], text: str) -> None:
        known = [c.value for c in self.choices.choices]
        chosen = self.choices.chosen
        if text != self._shown_for or [c.value for c in found] != known[: len(found)]:
            self._show(found, text)
            chosen = self.choices.chosen
        if chosen is None:
            self._ask(text)
            self._line_ended()
            self.say(_("Nothing fits."))
        elif self._toggle is not None:
            self._toggle(chosen)
            self.opened()
            self._line_ended()
        else:
            self.dismiss(chosen)
            # Keys pressed meanwhile are for the screen that comes back.
            self.app.call_later(self.app.screen_is_ready)

    def _leave(self) -> None:
        self.dismiss(None)

    def cancel(self) -> bool:
        """Escape leaves without a choice."""
        self.dismiss(None)
        return True

    def capture(self, text: str) -> None:
        """Pasted text is typed text here."""
        self.line.set_text(text)
        self._narrow(text)


Picked = Screen[Choice | None]
