"""The settings: each with its value and what it does, changed at once, written to one file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from textual import events
from textual.widget import Widget

from store import locations, settings
from store.settings import RULES, Settings
from store.words import N_, _
from tui.looks import files
from tui.looks.themes import AUTO, NAMES, colours, look_of, needs_ascii
from tui.screens.pick import Choice, PickScreen, matching
from tui.screens.place import PlaceScreen
from tui.widgets import Segment, cells
from tui.widgets.lines import Line, LinesWidget

NAMED = {
    "theme": N_("Theme"),
    "ascii": N_("ASCII signs"),
    "mouse": N_("Mouse"),
    "idle_lock_minutes": N_("Idle lock"),
    "keys": N_("Keys"),
    "language": N_("Language"),
    "first_weekday": N_("Week begins"),
    "clock": N_("Clock"),
}

OWN_NAMES = {"en": "English", "de": "Deutsch"}
"""Languages as those call them who speak them."""

_NAME, _VALUE = 14, 16  # cells of the first two columns
_DETAIL = 4  # lines below the rows that say all of the row under the cursor


class Entry(NamedTuple):
    """One row. setting is its name, empty for the file and its problems; detail is all there is
    to say about it."""

    setting: str
    label: str
    value: str
    words: str
    detail: str
    role: str = "base"


class Entries(LinesWidget, can_focus=True):
    """The rows with a cursor, and below them the whole of the one under it."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[Entry] = ()
        self.at = 0
        self._top = 0

    def show(self, entries: Sequence[Entry]) -> None:
        """Other values; the cursor stays where it is."""
        self.entries = entries
        self._to(self.at)

    def move(self, how: str) -> None:
        """One of the registry's moves."""
        page = max(1, self._height() // 2)
        step = {"up": -1, "down": 1, "page_up": -page, "page_down": page}.get(how, 0)
        self._to({"first": 0, "last": len(self.entries)}.get(how, self.at + step))

    def _to(self, at: int) -> None:
        self.at = max(0, min(at, len(self.entries) - 1))
        height = self._height()
        if not self._top <= self.at < self._top + height:
            self._top = max(0, min(self.at - height // 2, len(self.entries) - height))
        self.repaint()

    def _height(self) -> int:
        height = self.size.height
        return max(1, height - _DETAIL - 1 if height > 2 * _DETAIL else height)

    def on_resize(self) -> None:
        """Another height shows other rows."""
        self._to(self.at)

    def on_click(self, event: events.Click) -> None:
        """A click moves, a double click changes."""
        event.stop()
        if event.y < self._height() and self._top + event.y < len(self.entries):
            self._to(self._top + event.y)
            if event.chain == 2:
                self.screen.do_open()  # type: ignore[attr-defined]

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Half a page down."""
        event.stop()
        self.move("page_down")

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Half a page up."""
        event.stop()
        self.move("page_up")

    def draw(self, width: int, height: int) -> list[Line]:
        """Rows, then the detail."""
        room = self._height()
        rows = [
            self._row(entry, self._top + y == self.at, width)
            for y, entry in enumerate(self.entries[self._top : self._top + room])
        ]
        if room == height or not self.entries:
            return rows
        detail = cells.folded(self.entries[self.at].detail, width - 4)[:_DETAIL]
        rows += [[] for _ in range(room + 1 - len(rows))]
        return [*rows, *([("  " + text, "dim")] for text in detail)]

    def _row(self, entry: Entry, here: bool, width: int) -> Line:
        look = look_of(self)
        more = look.glyph("more")
        mark = look.glyph("cursor") if here else " "
        name = cells.fit(entry.label, _NAME, end=more)
        wide = _VALUE if width >= 60 else max(4, width - _NAME - 4)
        value = cells.fit(entry.value, wide, end=more)
        words = cells.clip(entry.words, max(0, width - _NAME - wide - 5), more)
        if not entry.setting:
            value, words = cells.clip(entry.value, width - _NAME - 3, more), ""
        if here:
            text = f"{mark} {name} {value} {words}"
            return [(text + " " * (width - cells.width(text)), "cursor")]
        return [(f"  {name} ", "label"), (f"{value} ", entry.role), (words, "dim")]


class SettingsScreen(PlaceScreen):
    """Enter or Space changes a setting, ``u`` takes the last change here back."""

    scopes = ("settings", "move", "everywhere", "always")

    def __init__(self) -> None:
        super().__init__()
        self._entries = Entries()
        self._undone: list[tuple[str, Any]] = []
        self._done: list[tuple[str, Any]] = []

    def body(self) -> Iterable[Widget]:
        """The rows."""
        return [self._entries]

    def home_focus(self) -> Widget:
        """The rows."""
        return self._entries

    def segments(self) -> list[Segment]:
        """What this is."""
        return [Segment(_("Settings"), "status", 4)]

    def opened(self) -> None:
        """Show what is in force and read the files again: somebody may have edited them."""
        self._show(self.app.settings)
        self.say(_("Enter changes, u takes back."))
        self.app.read_settings(self._read)

    def _read(self, now: Settings) -> None:
        if self.is_attached:
            self._show(now)

    def _show(self, now: Settings) -> None:
        rows = [self._entry(name, now) for name in RULES]
        file = locations.shown(settings.path())
        rows.append(Entry("", _("File"), file, "", file, "dim"))
        for problem in (*now.problems, *self.app.look_problems):
            rows.append(Entry("", _("Not in force"), str(problem), "", str(problem), "warn"))
        self._entries.show(rows)

    def _entry(self, name: str, now: Settings) -> Entry:
        rule, value = RULES[name], getattr(now, name)
        shown = _shown(name, value)
        words = _(rule.words)
        detail = f"{words}. " + _("It may be: {allowed}.").format(allowed=_(rule.allowed))
        here = self.app.look.name
        if name == "theme" and here != value:
            shown = f"{value} ({here})"
            if value != AUTO or colours(os.environ) < 256:
                detail += " " + _("This terminal has {n} colours, so it is {theme} here.").format(
                    n=colours(os.environ), theme=here
                )
        if name == "ascii" and not value and needs_ascii(os.environ):
            shown = _("{value}, but on here").format(value=shown)
        return Entry(name, _(NAMED[name]), shown, words, detail, "strong")

    # Changing ---------------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """Move the cursor."""
        self._entries.move(how)

    def do_open(self) -> None:
        """Enter is Space here."""
        self.do_settings_change()

    def do_settings_read(self) -> None:
        """Read the files again."""
        self.app.read_settings(self._read)
        self.say(_("Read again."))

    def do_settings_change(self) -> None:
        """The next value of a pair, a choice of several, or a line to type into."""
        entry = self._entries.entries[self._entries.at]
        name = entry.setting
        if not name:
            self.say(entry.detail, "warn" if entry.role == "warn" else "base")
            return
        now, rule = getattr(self.app.settings, name), RULES[name]
        if isinstance(now, bool):
            self._change(name, not now)
        elif name == "theme":
            self.app.push_screen(ThemeScreen(self.app.settings), self._chosen(name))
        elif len(rule.choices) == 2:
            self._change(name, next(c for c in rule.choices if c != now))
        elif rule.choices:
            choices = [
                Choice(_shown(name, c), c, "", "•" if c == now else " ") for c in rule.choices
            ]
            picker = PickScreen(_(NAMED[name]), matching(lambda: choices))
            self.app.push_screen(picker, self._chosen(name))
        else:
            self.ask_line(_("Minutes without a key, 0 for never:"), self._typed, text=f"{now:g}")

    def _chosen(self, name: str) -> Any:
        def taken(choice: Choice | None) -> None:
            if choice is not None:
                self._change(name, choice.value)

        return taken

    def _typed(self, text: str) -> None:
        try:
            minutes = float(text.strip().replace(",", "."))
        except ValueError:
            self.say(_("That is not a number. The idle lock is as it was."), "error")
            return
        self._change("idle_lock_minutes", int(minutes) if minutes.is_integer() else minutes)

    def _change(self, name: str, value: Any, *, keep: list[tuple[str, Any]] | None = None) -> None:
        before = getattr(self.app.settings, name)
        if value == before:
            return
        kept = self._undone if keep is None else keep
        if keep is None:
            self._done.clear()

        def then(now: Settings) -> None:
            kept.append((name, before))
            if not self.is_attached:
                return
            self._show(now)
            self.show_status()
            self.say(
                _("{name}: {value}. u takes it back.").format(
                    name=_(NAMED[name]), value=_shown(name, getattr(now, name))
                )
            )
            if name == "language":
                self.app.speak_anew()

        self.app.change_setting(name, value, then)

    def do_undo(self) -> None:
        """Take back the last change made on this screen; records are undone on theirs."""
        if not self._undone:
            self.say(_("Nothing was changed here. Records are undone on their own screens."))
            return
        name, value = self._undone.pop()
        self._change(name, _storable(value), keep=self._done)

    def do_redo(self) -> None:
        """Change again what ``u`` took back."""
        if not self._done:
            self.say(_("Nothing was taken back here."))
            return
        name, value = self._done.pop()
        self._change(name, _storable(value), keep=self._undone)


class ThemeScreen(PickScreen):
    """The themes; the one under the cursor is worn at once, Escape brings the old one back."""

    def __init__(self, now: Settings) -> None:
        super().__init__(_("Theme"), matching(_themes(now)), hint=_("up and down try them on"))
        self._now = now
        self._before = self.app.look
        self._is_taken = False

    def do_pick(self, how: str) -> None:
        """Move, and try on what is there."""
        super().do_pick(how)
        self._try_on()

    def _show(self, found: Sequence[Choice], text: str) -> None:
        super()._show(found, text)
        if not text:
            at = next((i for i, c in enumerate(found) if c.value == self._now.theme), 0)
            self.choices.go_to(at)
        self._try_on()

    def _try_on(self) -> None:
        chosen = self.choices.chosen
        if chosen is None:
            return
        wanted = self._now._replace(theme=chosen.value)
        self.app.desk.ask(
            "look",
            lambda: files.dress(os.environ, wanted),
            self._worn,
            self.app.fail,
            group="preview",
            owner=self,
        )

    def _worn(self, worn: files.Dress) -> None:
        self.app.wear(worn.look)
        self.say(str(worn.problems[0]) if worn.problems else "", "warn")

    def _taken(self, found: Sequence[Choice], text: str) -> None:
        self._is_taken = bool(found)
        super()._taken(found, text)

    def on_unmount(self) -> None:
        """However it is left without a choice, the old look comes back."""
        self.app.desk.forget("preview")
        if not self._is_taken:
            self.app.wear(self._before)


def _themes(now: Settings) -> Any:
    def all_themes() -> list[Choice]:
        return [
            Choice(name, name, "" if name in (AUTO, *NAMES) else _("your own"), mark)
            for name in files.names()
            for mark in ("•" if name == now.theme else " ",)
        ]

    return all_themes


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if name == "idle_lock_minutes":
        return _("{n} min").format(n=f"{value:g}") if value else _("never")
    if name == "language":
        return OWN_NAMES.get(value, value)
    return _(str(value))


def _storable(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
