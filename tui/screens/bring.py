"""Import, first half: a folder or file is chosen by keys, or its path typed or pasted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from textual.widget import Widget

from store.words import _
from tui.asking import bringing
from tui.asking.bringing import Entry, Folder
from tui.screens.pick import Choice, Choices, narrowed
from tui.screens.place import PlaceScreen
from tui.screens.tabs import TabLine
from tui.widgets import Segment

THIS = "."
"""The value of the first row, which imports the folder in view."""


class BringScreen(PlaceScreen):
    """A chooser of folders and files."""

    scopes = ("files", "move", "everywhere", "always")
    typing_scopes = ("picking", "typing")

    def __init__(self, path: str = "") -> None:
        super().__init__()
        self._folder = Folder(path or os.path.expanduser("~"))
        self._holds = ""
        self._words = ""
        self._from = ""
        self._number = 0
        self._is_reading = True
        self._choices = Choices()
        self._where = TabLine()

    def body(self) -> Iterable[Widget]:
        """Where one is, and what is there."""
        return [self._where, self._choices]

    def opened(self) -> None:
        """Read the first folder."""
        self._go(self._folder.path)

    def again(self) -> dict[str, Any]:
        """The chooser holds nothing of the workbench, but it is begun anew."""
        return {}

    def segments(self) -> list[Segment]:
        """What this is, and what narrows it."""
        words = f"/{self._words}" if self._words else ""
        return [Segment(_("Import"), "status", 4), Segment(words, "status_strong", 3)]

    # Where one is ---------------------------------------------------------------------------

    def _go(self, path: str, below: str = "") -> None:
        """Read a folder; ``below`` is the one that was left, where the cursor then stands."""
        self._number += 1
        number = self._number
        self._from, self._words, self._is_reading = below, "", True
        self._folder = Folder(path)
        self._holds = ""
        self._draw_place()
        self._choices.show((), _("Reading …"))
        self.show_status()

        def listed(folder: Folder) -> None:
            if number != self._number:
                return
            self._folder, self._is_reading = folder, False
            if folder.error:
                said = _("{path} cannot be read: {why}.")
                self.say(said.format(path=self._shown(path), why=folder.error), "error")
            self._show()
            bringing.apart(self.app, lambda: bringing.counted(folder), counted, self)

        def counted(folder: Folder) -> None:
            if number == self._number:
                self._folder = folder
                self._show(keep=True)

        def held(words: str) -> None:
            if number == self._number:
                self._holds = words
                self._show(keep=True)

        bringing.apart(self.app, lambda: bringing.read(path), listed, self)
        bringing.apart(self.app, lambda: bringing.importable(path), held, self)

    def _shown(self, path: str) -> str:
        from store.exchange.items import readable

        home = os.path.expanduser("~")
        short = "~" + path[len(home) :] if path == home or path.startswith(home + "/") else path
        return readable(short)

    def _draw_place(self) -> None:
        self._where.show(self._shown(self._folder.path), [])

    def _rows(self) -> list[Choice]:
        rows = [
            Choice(
                f"{e.name}/" if e.is_folder else e.name,
                e,
                e.counted if e.is_folder else _bytes(e.size),
                "▸" if e.is_folder else " ",
            )
            for e in self._folder.entries
        ]
        if self._words:
            return narrowed(rows, self._words)
        if self._folder.error:
            return []
        return [Choice(_("Import this folder"), THIS, self._holds, "↓"), *rows]

    def _show(self, *, keep: bool = False) -> None:
        """Draw what is there; keep: the cursor stays on its row."""
        was = self._choices.chosen.value if keep and self._choices.chosen else None
        rows = self._rows()
        self._draw_place()
        nothing = _("Nothing here is called so.") if self._words else _("h goes up.")
        self._choices.show(rows, nothing)
        wanted = was.path if isinstance(was, Entry) else self._from
        at = next(
            (
                n
                for n, r in enumerate(rows)
                if isinstance(r.value, Entry) and r.value.path == wanted
            ),
            0,
        )
        for _step in range(at):
            self._choices.move("down")
        if self._folder.more and not keep:
            self.say(
                _("{n} more are not shown; type the path.").format(n=self._folder.more), "warn"
            )

    # Keys -----------------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """Move the cursor."""
        self._choices.move(how)

    def do_pick(self, how: str) -> None:
        """Move while words are typed."""
        self._choices.move(how)

    def choose(self) -> None:
        """A double click opens."""
        self.do_open()

    def do_open(self) -> None:
        """Into the folder under the cursor, or on to what importing a file would do."""
        chosen = self._choices.chosen
        if chosen is None or self._is_reading:
            return
        if chosen.value == THIS:
            self._plan(self._folder.path)
        elif chosen.value.is_folder:
            self._go(chosen.value.path)
        else:
            self._plan(chosen.value.path)

    def do_files_in(self) -> None:
        """l goes into a folder; a file it leaves alone."""
        chosen = self._choices.chosen
        if chosen is not None and isinstance(chosen.value, Entry) and chosen.value.is_folder:
            self._go(chosen.value.path)
        else:
            self.say(_("This is no folder."))

    def do_files_out(self) -> None:
        """h goes up, the cursor on the folder that was left."""
        here = self._folder.path
        above = os.path.dirname(here)
        if above != here:
            self._go(above, here)

    def do_files_find(self) -> None:
        """/ takes words that narrow, or a path."""
        self._ask_path(self._words)

    def capture(self, text: str) -> None:
        """What is pasted or dropped here is a path."""
        self._ask_path(" ".join(text.split("\n")).strip())

    def do_capture(self) -> None:
        """c captures here too; only what is pasted is taken for a path."""
        super().capture("")

    def _ask_path(self, text: str) -> None:
        self.ask_line(
            _("Path or words:"),
            self._taken,
            text=text,
            hint="~/notes",
            change=self._narrow,
            leave=lambda: self._narrow(""),
        )

    def _narrow(self, text: str) -> None:
        words = "" if bringing.path_of(text) else text.strip()
        if words != self._words:
            self._words = words
            self._show()
            self.show_status()

    def _taken(self, text: str) -> None:
        path = bringing.path_of(text)
        if not path:
            self._narrow(text)
            if self._words and self._choices.chosen is not None:
                self.do_open()
            return
        number = self._number

        def look() -> tuple[bool, bool]:
            return os.path.isdir(path), os.path.lexists(path)

        def looked(found: tuple[bool, bool]) -> None:
            if number != self._number:
                return
            is_folder, is_there = found
            if is_folder:
                self._go(path)
            elif is_there:
                self._plan(path)
            else:
                said = _("There is nothing at {path}.")
                self.say(said.format(path=self._shown(path)), "error")

        bringing.apart(self.app, look, looked, self)

    def _plan(self, path: str) -> None:
        from tui.screens.planned import PlannedScreen

        if self.app.importing is not None:
            self.say(_("Another import is running; Escape cancels it."), "warn")
            return
        self.app.push_screen(PlannedScreen(path, self._shown(path)))

    def cancel(self) -> bool:
        """Escape: the words, then running work, then the screen."""
        if self._words:
            self._narrow("")
            return True
        return False if self.app.importing is not None else super().cancel()


def _bytes(size: int) -> str:
    if size < 1024:
        return _("{n} B").format(n=size)
    if size < 1024 * 1024:
        return _("{n} KB").format(n=round(size / 1024))
    return _("{n} MB").format(n=round(size / 1024 / 1024))
