"""What all screens share: the status line above, the message line below, and one line to type
into, which lies over the message line while it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from textual import on
from textual.app import ComposeResult
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from store.words import _
from tui.looks.themes import Look
from tui.screens.jumping import Jumping
from tui.screens.message import Message, ReadOut
from tui.shell.drafting import Spot
from tui.widgets import LineField, Segment, StatusLine
from tui.widgets.lines import LinesWidget

if TYPE_CHECKING:
    from tui.shell.manabench import Manabench


_ENDS_WITHIN = 0.3
"""Seconds in which a line takes its Enter or Escape; after that keys act in any case."""

_REMINDS = 8.0
"""Seconds that a reminder stands."""


class Asked(NamedTuple):
    """The line that is open: what happens with its text."""

    commit: Callable[[str], None]
    change: Callable[[str], None] | None = None
    leave: Callable[[], None] | None = None


class EntryLine(LineField):
    """A line that is put away while nothing is asked."""

    def set_text(self, text: str) -> None:
        """Put another text there; away it has no size, so what it last showed is forgotten."""
        self._drawn_for = None
        super().set_text(text)


class PlaceScreen(Jumping, Screen[Any], inherit_bindings=False):
    """A screen that opens commanding: no field has focus until a key asks for one."""

    AUTO_FOCUS = None
    scopes: tuple[str, ...] = ("everywhere", "always")
    typing_scopes: tuple[str, ...] = ("typing",)
    asks_secrets = False
    hint_words: Mapping[str, str] = {}  # by act: another word in this place, or none
    waits = False  # for what ``opened`` asks for; it calls ``ready`` itself then
    answers_later = False  # keys after Enter wait for what ``commit`` asks for

    if TYPE_CHECKING:

        @property
        def app(self) -> Manabench: ...  # type: ignore[override]

    def __init__(self) -> None:
        super().__init__()
        self.is_ready = False
        self._asked: Asked | None = None
        self._is_ending = False
        self._line = "#line"
        self._look: Look | None = None
        self._reminder = ""

    def compose(self) -> ComposeResult:
        """The frame around ``body``."""
        yield StatusLine()
        yield from self.body()
        yield ReadOut(classes="away")
        yield Message()
        yield EntryLine(id="line", classes="away")
        if self.asks_secrets:
            yield EntryLine(id="secret", password=True, classes="away")

    def body(self) -> Iterable[Widget]:
        """The widgets between the two lines."""
        return ()

    async def on_mount(self) -> None:
        """Everything is there: paint the status, let waiting keys in."""
        self.set_focus(self.home_focus(), scroll_visible=False)
        self.show_status()
        self.opened()
        if not self.waits:
            self.ready()

    @property
    def is_current(self) -> bool:
        """Whether it is in view. The framework also takes the screen right below for visible, and
        each change there would paint the one above anew; here no screen lets another shine through.
        """
        return bool(self.app.screen_stack) and self.app.screen is self

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """As the framework has it, but never whole: it asks for that whenever the focus goes on or
        a screen goes away. Widgets cover the screen and know what changed; ``paint`` is for us."""
        is_whole = not (regions or recompose)
        return super().refresh(
            *regions, repaint=repaint and not is_whole, layout=layout, recompose=recompose
        )

    def paint(self) -> None:
        """Send every cell, once: what stands on the terminal is unknown."""
        super().refresh(layout=True)
        self._dirty_widgets.add(self)

    def on_screen_resume(self) -> None:
        """Painted whole: what changed meanwhile must not be laid over the cells of the screen that
        was in view. Another look may have been put on, too."""
        if self.size == self.app.size:  # the first layout, or that of another size, paints all
            self.paint()
        before, self._look = self._look, self.app.look
        if before not in (None, self._look):
            for widget in self.query(LinesWidget):
                widget.repaint()

    def ready(self) -> None:
        """The screen can take keys: those pressed meanwhile come first."""
        if not self.is_ready:
            self.is_ready = True
            self.app.call_later(self.app.screen_is_ready)

    def opened(self) -> None:
        """Ask for what this screen shows. Called once."""

    def home_focus(self) -> Widget | None:
        """The widget that has the focus while nothing is typed, never a text field."""
        return None

    # Lines --------------------------------------------------------------------------------

    def show_status(self) -> None:
        """The status line, from what the app knows."""
        keys = Segment(self.app.keyed(_("{help} keys")), "status", 9)
        self.query_one(StatusLine).update(
            [*self.app.status_segments(), *self.segments(), *([keys] if self.scopes else [])]
        )
        self.show_hints()

    def segments(self) -> list[Segment]:
        """What this screen adds to the status line."""
        return []

    def on_descendant_focus(self) -> None:
        """While a note is typed other keys are worth showing than before and after."""
        if self.is_ready:
            self.show_hints()

    def show_hints(self) -> None:
        """The keys of this place, for a message line that says nothing."""
        self.query_one(Message).offer(self.app.hints_of(self))

    def say(self, text: str, role: str = "base") -> None:
        """A message, until the next; what fails before the screen stands is told once it does."""
        if self.query(Message):
            self.query_one(Message).say(text, role)
        else:
            self.call_later(self.say, text, role)

    @property
    def says_something(self) -> bool:
        """Whether a message stands."""
        return bool(self.query_one(Message).text)

    def remind(self, text: str) -> None:
        """A message that goes by itself, or with the first step, and leaves the keys there."""
        self.say(text, "warn")
        self._reminder = text
        self.set_timer(_REMINDS, self.forget_reminder)

    def forget_reminder(self) -> None:
        """Take it away, unless something else was said meanwhile."""
        text, self._reminder = self._reminder, ""
        if text and self.query_one(Message).text == text:
            self.say("")

    def whisper(self, text: str) -> None:
        """Words over the message, until they are taken back by empty ones."""
        self.query_one(Message).whisper(text)

    def read_out(self, text: str) -> None:
        """Words above the open line, until it is closed."""
        if self._asked is not None:
            self.query_one(ReadOut).show(text)

    def is_open_for(self, spot: Spot) -> bool:
        """Whether the line is open for the text that belongs to ``spot``."""
        now = self.app.drafter.spot
        return self._asked is not None and now is not None and now.place == spot.place

    def job(self, text: str) -> None:
        """Running work, beside the message."""
        self.query_one(Message).job(text)

    @property
    def keeps_line(self) -> bool:
        """Whether what is typed into the line belongs to something new or a field."""
        return self.app.drafter.spot is not None

    @property
    def line(self) -> LineField:
        """The line to type into."""
        return self.query_one(self._line, LineField)

    def ask_line(
        self,
        prompt: str,
        commit: Callable[[str], None],
        *,
        text: str = "",
        hint: str = "",
        spot: Spot | None = None,
        change: Callable[[str], None] | None = None,
        leave: Callable[[], None] | None = None,
        secret: bool = False,
    ) -> None:
        """Open the line. With a ``spot`` its text is kept as a draft and a draft is offered;
        ``commit`` then hands the spot to ``app.change``, which clears it."""
        self.close_line()
        self._asked = Asked(commit, change, leave)
        self._line = "#secret" if secret else "#line"
        field = self.line
        field.set_prompt(prompt, hint)
        draft = self.app.drafts.get(spot.place) if spot is not None and not text else None
        field.set_text(draft.text if draft else text)
        field.set_class(False, "away")
        self.set_focus(field, scroll_visible=False)
        if spot is not None:
            self.app.drafter.begin(spot, lambda: field.text)
            if text and text != spot.start:
                self.app.drafter.changed()

    def ask_words(
        self, words: str, narrow: Callable[[str], None], soon: Callable[[str], None] | None = None
    ) -> None:
        """Open the line of ``/``: it narrows while it is typed, by ``soon`` where that costs more
        than a frame; Enter keeps it, Escape shows all."""
        self.ask_line("/", narrow, text=words, change=soon or narrow, leave=lambda: narrow(""))

    def close_line(self) -> None:
        """Close the line; uncommitted text stays as a draft."""
        if self._asked is None:
            return
        self._asked = None
        self.query_one(ReadOut).show("")
        self.app.drafter.leave()
        self.set_focus(self.home_focus(), scroll_visible=False)
        self.line.set_class(True, "away")
        if self._line == "#secret":
            self.line.set_text("")
        if self.home_focus() is None:
            self.show_hints()  # nothing gets the focus, so nothing else would

    def line_ends(self) -> None:
        """Enter or Escape is on its way to the line: the keys after it are for what comes then."""
        if self._asked is not None and self.focused is self.line:
            self.is_ready = False
            self._is_ending = True
            self.set_timer(_ENDS_WITHIN, self._line_ended)

    def _line_ended(self) -> None:
        if self._is_ending:
            self._is_ending = False
            self.ready()

    @on(LineField.Changed, "#line, #secret")
    def _line_changed(self, event: LineField.Changed) -> None:
        self.app.drafter.changed()
        if self._asked is not None and self._asked.change is not None:
            self._asked.change(event.text)

    @on(LineField.Committed, "#line, #secret")
    def _line_committed(self, event: LineField.Committed) -> None:
        if not self.answers_later:
            self._line_ended()
        self._commit(event.text)

    def do_typing_commit(self) -> None:
        """Ctrl+S, the same as Enter in a line."""
        self._commit(self.line.text)

    def _commit(self, text: str) -> None:
        asked = self._asked
        if asked is not None:
            self.close_line()
            asked.commit(text)

    @on(LineField.Left, "#line, #secret")
    def _line_left(self, event: LineField.Left) -> None:
        self._line_ended()
        asked, spot = self._asked, self.app.drafter.spot
        if asked is None:
            return
        kept = spot is not None and event.text != spot.start
        self.close_line()
        if asked.leave is not None:
            asked.leave()
        elif kept:
            self.say(_("Kept as a draft."))

    # What every screen can do ----------------------------------------------------------------

    def cancel(self) -> bool:
        """Escape while commanding; whether there was something to cancel."""
        if self.app.main_list is not None and self.app.screen is not self.app.main_list:
            self.app.pop_screen()
            return True
        return False

    def capture(self, text: str) -> None:
        """One line into the space in view, named before anything is typed. What is pasted where
        secrets are asked for may be one, so it is not shown."""
        if text and self.asks_secrets:
            self.say(
                _("Nothing was asked, so what was pasted is gone. Paste it into the open line.")
            )
        else:
            self.app.capture_here(self, text)

    def do_typing_editor(self) -> None:
        """The text of the field in $EDITOR."""
        self.app.edit_line_outside(self)
