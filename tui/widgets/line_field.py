"""The one-line field: Enter commits, Escape leaves the text as a draft."""

from __future__ import annotations

from textual import events
from textual.geometry import Offset
from textual.message import Message

from tui.looks.themes import look_of
from tui.widgets import cells
from tui.widgets.buffer import Buffer
from tui.widgets.edit_keys import EDITS, copied, cut, moved, pasted, typed
from tui.widgets.lines import Line, LinesWidget


class FieldMessage(Message):
    """What a field says; ``text`` is its whole text, ``control`` the field."""

    def __init__(self, control: LinesWidget, text: str) -> None:
        super().__init__()
        self.sender = control
        self.text = text

    @property
    def control(self) -> LinesWidget:
        """The field that said it, for selectors of ``on``."""
        return self.sender


class LineField(LinesWidget, can_focus=True):
    """A prompt and one line of text. Never selects on focus, never blinks."""

    DEFAULT_CSS = "LineField { height: 1; }"
    takes_text = True
    escape_keeps = False  # it leaves a draft

    class Changed(FieldMessage):
        """The text is another one. The owner decides how often it keeps it."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest of several waiting ones matters."""
            return isinstance(message, LineField.Changed) and message.sender is self.sender

    class Committed(FieldMessage):
        """Enter."""

    class Left(FieldMessage):
        """Escape or Ctrl+C: the text is a draft now."""

    def __init__(
        self,
        text: str = "",
        *,
        prompt: str = "",
        hint: str = "",
        password: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._fill(text)
        self._prompt = prompt
        self._hint = hint
        self._is_secret = password

    def _fill(self, text: str) -> None:
        self._given = text
        self._buffer = Buffer(text)
        self._untouched = self._buffer.text
        self._first = 0  # the column at the left edge when the text is longer than the field

    @property
    def text(self) -> str:
        """What stands in the field: exactly what was given while no key changed it."""
        text = self._buffer.text
        return self._given if text == self._untouched else text

    @property
    def is_secret(self) -> bool:
        """Whether what is typed is hidden; nothing of it is ever copied."""
        return self._is_secret

    @property
    def cursor(self) -> int:
        """Where the cursor stands, in code points."""
        return self._buffer.cursor[1]

    def set_text(self, text: str) -> None:
        """Put another text there, cursor behind it, with an undo of its own. Posts nothing."""
        self._fill(text)
        self.repaint()

    def set_prompt(self, prompt: str, hint: str = "") -> None:
        """Change the words at the left and in the empty field."""
        self._prompt, self._hint = prompt, hint
        self.repaint()

    # -- keys, paste, mouse -------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Type, move, edit, commit, leave; every other key goes on to the app."""
        if not self._take(event):
            return
        event.stop()
        event.prevent_default()

    def _take(self, event: events.Key) -> bool:
        key, before = event.key, self._buffer.text
        if key == "ctrl+c" and not self._is_secret and copied(self.app, self._buffer):
            return True
        if key == "enter":
            self.post_message(self.Committed(self, self.text))
        elif key in {"escape", "ctrl+c"}:
            self.post_message(self.Left(self, self.text))
        elif moved(self._buffer, key):
            pass
        elif key == "ctrl+x" and not self._is_secret:
            cut(self.app, self._buffer)
        elif key == "ctrl+v":
            pasted(self.app, self._buffer)
        elif key in EDITS:
            getattr(self._buffer, EDITS[key])()
        elif text := typed(event):
            self._buffer.insert(text)
        else:
            return False
        self._edited(before)
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text as one undo; its line ends become spaces."""
        event.stop()
        event.prevent_default()
        before = self._buffer.text
        self._buffer.insert(event.text)
        self._edited(before)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the click was."""
        event.stop()
        text = self._buffer.text
        across = max(0, event.x - self._edge())
        at = self._first + across if self._is_secret else cells.column(text, self._first, across)
        self._buffer.anchor = None
        self._buffer.move_to((0, at))
        self.repaint()

    def _edited(self, before: str) -> None:
        self.repaint()
        if self._buffer.text != before:
            self.post_message(self.Changed(self, self._buffer.text))

    # -- drawing ----------------------------------------------------------------------------------

    def _edge(self) -> int:
        prompt = cells.clip(self._prompt, self.size.width // 2)
        return cells.width(prompt) + (2 if prompt else 1)

    def _shown(self, text: str) -> str:
        if not self._is_secret:
            return cells.plain(text)
        return look_of(self).glyph("bullet") * sum(1 for _ in cells.clusters(text))

    def draw(self, width: int, height: int) -> list[Line]:
        """Prompt, a mark where text is hidden at the left, text, cursor, a mark at the right."""
        look = look_of(self)
        text, at = self._buffer.text, self.cursor
        prompt = cells.clip(self._prompt, width // 2)
        line: Line = [(prompt, "prompt"), (" ", "base")] if prompt else []
        room = max(2, width - cells.width(prompt) - (1 if prompt else 0) - 2)
        self._keep_in_view(text, at, room)
        line.append((look.glyph("left") if self._first else " ", "hint"))
        before = self._shown(text[self._first : at])
        stop = cells.next_cut(text, at)
        under = self._shown(text[at:stop]) or " "
        used = cells.width(before) + cells.width(under)
        after = cells.clip(self._shown(text[stop : stop + room * 8 + 64]), room - used, "")
        caret = "edit" if self._buffer.selection else "caret"
        line += self._chosen(before, self._first, at)
        line.append((under, caret if self.has_focus else "base"))
        if not text:
            after = cells.clip(self._hint, room - used)
        line += self._chosen(after, stop, len(text)) if text else [(after, "hint")]
        if cells.width(self._shown(text[stop : stop + room + 1])) > room - used:
            gap = room - used - cells.width(after)
            line.append((" " * gap + look.glyph("right"), "hint"))
        if self.has_focus:
            x = width - room - 1 + cells.width(before)
            self.app.cursor_position = self.content_region.offset + Offset(x, 0)
        return [line]

    def _chosen(self, drawn: str, start: int, stop: int) -> Line:
        """What is drawn of the text between two places, the part that is selected in reverse."""
        chosen = self._buffer.selection
        if chosen is None:
            return [(drawn, "base")]
        text = self._buffer.text
        a, b = (min(max(end[1], start), stop) for end in chosen)
        left = cells.width(self._shown(text[start:a]))
        until = left + cells.width(self._shown(text[a:b]))
        one = cells.clip(drawn, left, "")
        two = cells.clip(drawn, until, "")
        return [(one, "base"), (two[len(one) :], "cursor"), (drawn[len(two) :], "base")]

    def _keep_in_view(self, text: str, at: int, room: int) -> None:
        """Move the left edge by half a field when the cursor would leave it."""
        stop = cells.next_cut(text, at)
        in_view = self._first <= at and (
            cells.width(self._shown(text[self._first : stop])) + (stop == at) <= room
        )
        if in_view and self._first <= len(text):
            return
        start, spare = at, room // 2
        while start > 0:
            cut = cells.prev_cut(text, start)
            spare -= cells.width(self._shown(text[cut:start]))
            if spare < 0:
                break
            start = cut
        self._first = start
