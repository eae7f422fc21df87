"""What the screens share that manage spaces, tags, scenes and what waits: lines with a cursor,
facts below them, and acts that are one step each.

A screen gives ``read`` (its lines, off the loop), words for when there are none, and a method for
each act of its scopes. What an act does to the store stands in ``tui.asking.managing``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store.module import alphabetical
from store.words import _, ngettext
from tui.asking.managing.entry import Entry
from tui.screens.pick import Choice, Offer, PickScreen, matching, narrowed
from tui.screens.place import PlaceScreen
from tui.shell.drafting import Spot
from tui.widgets import Segment
from tui.widgets.entries import Entries, Facts

if TYPE_CHECKING:
    from store.workbench import Workbench

_KEYS_WAIT = 1.0
"""Seconds after which keys act although no line has come."""

_FACTS = 18
"""Rows of the screen from which on two of them are for facts; below that it is one."""


class ManageScreen(PlaceScreen):
    """Lines with a cursor. Keys wait for the first lines, and notices read them again."""

    scopes = ("manage", "move", "everywhere", "always")
    waits = True
    title_words = ""
    """What the status line calls this screen, unmarked English for gettext."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = Entries()
        self._facts = Facts()
        self._all: Sequence[Entry] = ()
        self._text = ""

    # What subclasses give ---------------------------------------------------------------------

    def read(self, bench: Workbench) -> list[Entry]:
        """All lines; runs off the loop."""
        raise NotImplementedError

    def empty_words(self) -> str:
        """What stands there when there are none."""
        raise NotImplementedError

    # Life -------------------------------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """Lines, and facts of the one under the cursor."""
        return [self.entries, self._facts]

    def home_focus(self) -> Widget:
        """The lines have the focus."""
        return self.entries

    def opened(self) -> None:
        """Ask for the lines."""
        self.entries.show((), _("Loading …"))
        self.reload()
        self.set_timer(_KEYS_WAIT, self.ready)

    def on_resize(self) -> None:
        """Facts get fewer rows on a low screen."""
        self._facts.styles.height = 2 if self.size.height >= _FACTS else 1

    def reload(self) -> None:
        """Read the lines again; the cursor stays on its thing."""
        bench = self.app.bench
        self.app.desk.ask(
            "look",
            lambda: self.read(bench),
            self._read,
            self._failed,
            group=f"manage/{type(self).__name__}",
            owner=self,
        )

    def noticed(self, changes: Any) -> None:
        """Something changed, here or in another process."""
        self.reload()

    def _read(self, entries: Sequence[Entry]) -> None:
        self._all = entries
        self._show()
        self.ready()

    def _failed(self, error: Exception) -> None:
        if not self._all:
            self.entries.show((), _("This could not be read."))
        self.ready()
        self.app.fail(error)

    def _show(self) -> None:
        shown = list(self._all)
        if self._text:
            wanted = alphabetical(self._text).split()
            told = ((entry, alphabetical(f"{entry.words} {entry.note}")) for entry in self._all)
            shown = [e for e, text in told if e.id and all(word in text for word in wanted)]
            words = _("Nothing here holds “{text}”. Escape shows all.").format(text=self._text)
        else:
            words = self.empty_words()
        self.entries.show(shown, words)
        self.show_status()

    def segments(self) -> list[Segment]:
        """What this is, what narrows it, how many are marked."""
        count = len(self.entries.marks)
        marked = ngettext("{n} marked", "{n} marked", count).format(n=count) if count else ""
        narrowed_by = f" /{self._text}" if self._text else ""
        return [
            Segment(marked, "status_strong", 2),
            Segment(_(self.title_words) + narrowed_by, "status", 4),
        ]

    def moved(self) -> None:
        """The cursor may stand elsewhere: show the facts of its line."""
        chosen = self.entries.chosen
        self._facts.show(chosen.facts if chosen is not None else "")

    # Moving, marking, narrowing -----------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """One of the moves of the registry."""
        from tui.screens.lists import move

        move(self.entries, how)

    def do_open(self) -> None:
        """Enter, on the line under the cursor."""
        if (chosen := self.chosen()) is not None:
            self.enter(chosen)

    def enter(self, entry: Entry) -> None:
        """Go where ``entry`` leads."""

    def do_manage_main(self) -> None:
        """Space does what Enter does, where a screen says nothing else."""
        self.do_open()

    def do_marking_one(self) -> None:
        """Mark or unmark, and go on to the next line."""
        if self.chosen() is not None:
            self.entries.toggle_mark()
            self.entries.move(1)
            self.show_status()

    def do_marking_to_here(self) -> None:
        """From the last mark to the cursor."""
        if self.chosen() is not None:
            self.entries.mark_to_here()
            self.show_status()

    def do_marking_all(self) -> None:
        """All of the kind under the cursor."""
        if self.chosen() is not None:
            self.entries.mark_all()
            self.show_status()

    def do_manage_filter(self) -> None:
        """Show only lines that hold the typed words."""

        def narrow(text: str) -> None:
            self._text = text.strip()
            self._show()

        self.ask_line("/", narrow, text=self._text, change=narrow)

    def cancel(self) -> bool:
        """Escape: the narrowing, then the marks, then the screen."""
        if self._text:
            self._text = ""
            self._show()
            return True
        if self.entries.clear_marks():
            self.show_status()
            return True
        return super().cancel()

    # For acts -----------------------------------------------------------------------------------

    def chosen(self, *kinds: str) -> Entry | None:
        """The entry under the cursor if it is of one of ``kinds``; else says that there is none."""
        found = self.entries.chosen
        if found is None:
            self.say(_("There is nothing here to do that to."))
        elif kinds and found.kind not in kinds:
            self.say(_("That makes no sense on this line."))
            return None
        return found

    def targets(self, *kinds: str) -> list[Entry]:
        """The marked entries of ``kinds``, else the one under the cursor."""
        found = [entry for entry in self.entries.targets() if entry.kind in kinds]
        if not found:
            self.chosen(*kinds)
        return found

    def change(
        self, work: Callable[[], Any], spot: Spot | None = None, *, follow: bool = False
    ) -> None:
        """Run an act; it returns the sentence that says what it did, with ``follow`` also the id
        of the entry where the cursor goes."""

        def done(result: Any) -> None:
            words, id = result if follow else (result, "")
            self.app.say(words)
            if self.is_attached:
                self.entries.clear_marks()
                self.show_status()
                if id:
                    self.entries.seek(id)

        self.app.change(work, done, spot)

    def ask_name(
        self,
        prompt: str,
        place: str,
        commit: Callable[[str, Spot], None],
        *,
        text: str = "",
        hint: str = "",
    ) -> None:
        """Ask for one line of words, kept as a draft of ``place`` until ``change`` had its spot."""
        spot = Spot(place, start=text)
        draft = self.app.drafts.get(place)

        def take(typed: str) -> None:
            if typed.strip():
                commit(typed.strip(), spot)

        self.ask_line(prompt, take, text="" if draft else text, hint=hint, spot=spot)

    def pick(
        self,
        title: str,
        offered: Callable[[], Sequence[Choice]],
        take: Callable[[Choice], None],
        *,
        hint: str = "",
        unknown: Callable[[str], Choice | None] | None = None,
        numbered: bool = False,
    ) -> None:
        """Let one of ``offered`` (asked off the loop) be chosen."""
        self.app.push_screen(
            PickScreen(title, matching(offered), hint=hint, unknown=unknown, numbered=numbered),
            lambda choice: take(choice) if choice is not None else None,
        )

    def tick(
        self,
        title: str,
        offered: Callable[[], Sequence[Choice]],
        switch: Callable[[Choice, bool], Callable[[], str]],
    ) -> None:
        """Let some of ``offered`` be ticked, those with a ✓ are; each Enter is one step. What has
        another glyph cannot be switched: its work says why.

        switch(choice, on) returns the work to do.
        """

        def ticked(choice: Choice, on: bool) -> None:
            self.change(switch(choice, on))

        self.app.push_screen(TickScreen(title, offered, ticked))

    def history_of(self, collection: str, id: str, fields: Sequence[Any]) -> None:
        """The past of a record that is no module's."""
        from types import SimpleNamespace

        from tui.screens.past import PastScreen

        words = self.title_words
        module: Any = SimpleNamespace(main=collection, words=words, fields=tuple(fields))
        self.app.push_screen(PastScreen(module, id))


TICK = "✓"


class TickScreen(PickScreen):
    """A picker whose choices are switched on and off by Enter; it stays until Escape."""

    def __init__(
        self,
        title: str,
        offered: Callable[[], Sequence[Choice]],
        ticked: Callable[[Choice, bool], None],
    ) -> None:
        self._known: list[Choice] | None = None
        self._offered = offered
        self._ticked = ticked
        hint = _("Enter ticks, Escape is done")
        super().__init__(title, self._offer_ticks, hint=hint, toggle=self._switch)

    def _offer_ticks(self, text: str) -> Sequence[Choice]:
        if self._known is None:
            self._known = list(self._offered())
        return narrowed(self._known, text)

    def _switch(self, choice: Choice) -> None:
        on = choice.glyph != TICK
        if choice.glyph in (TICK, " "):
            self._known = [
                c._replace(glyph=TICK if on else " ") if c.value == choice.value else c
                for c in self._known or ()
            ]
        self._back_to = choice.value
        self._ticked(choice, on)

    def _show(self, found: Sequence[Choice], text: str) -> None:
        super()._show(found, text)
        values = [choice.value for choice in self.choices.choices]
        if (wanted := getattr(self, "_back_to", None)) in values:
            self.choices.at = values.index(wanted)
            self.choices.move("")


__all__ = ["TICK", "Choice", "Entry", "ManageScreen", "Offer", "TickScreen"]
