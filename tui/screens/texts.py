"""A screen of words that is read and scrolled, and that ``/`` narrows to the lines with words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from store.module import alphabetical
from store.words import _
from tui.screens.list import move
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines
from tui.widgets import Segment

Parts = Sequence[str | tuple[str, str]]


class TextScreen(PlaceScreen):
    """Subclasses give ``parts``, as ``TextLines`` takes them, and ``title_words``."""

    scopes = ("text", "move", "everywhere", "always")
    hint_words = {"open": ""}
    title_words = ""

    def __init__(self) -> None:
        super().__init__()
        self._lines = TextLines()
        self._wanted = ""

    def parts(self) -> Parts:
        """All that there is to read."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        """One text."""
        return [self._lines]

    def opened(self) -> None:
        """Show it."""
        self.show_parts()

    def segments(self) -> list[Segment]:
        """What this is, and what it is narrowed to."""
        title = _(self.title_words)
        return [Segment(f"{title} /{self._wanted}" if self._wanted else title, "status", 4)]

    def show_parts(self) -> None:
        """Show what fits the typed words."""
        found = narrowed(self.parts(), self._wanted)
        if not found and self._wanted:
            found = [_("Nothing here holds “{text}”. Escape shows all.").format(text=self._wanted)]
        self._lines.show(found)

    def do_text_filter(self) -> None:
        """/ narrows while it is typed; Enter keeps it, Escape shows all."""
        self.ask_words(self._wanted, self._narrow)

    def _narrow(self, text: str) -> None:
        if text.strip() != self._wanted:
            self._wanted = text.strip()
            self.show_parts()
            self.show_status()

    def do_move(self, how: str) -> None:
        """Scroll."""
        move(self._lines, how)

    def do_open(self) -> None:
        """Nothing to open."""
        self.say(_("There is nothing to open here."))

    def cancel(self) -> bool:
        """Escape shows all again, then goes back, before first start and while locked too."""
        if self._wanted:
            self._narrow("")
        else:
            self.app.pop_screen()
        return True


def narrowed(parts: Parts, text: str) -> list[str | tuple[str, str]]:
    """The pairs that hold every word of ``text``, under their headings; all without words."""
    wanted = alphabetical(text).split()
    if not wanted:
        return list(parts)
    found: list[str | tuple[str, str]] = []
    heading = ""
    for part in parts:
        if isinstance(part, str):
            heading = part if part.startswith("# ") else heading
            continue
        if all(word in alphabetical(" ".join(part)) for word in wanted):
            if heading:
                found.append(heading)
                heading = ""
            found.append(part)
    return found
