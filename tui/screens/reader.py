"""One record's long text, to be read; ``e`` edits it where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.widget import Widget

from store.module import FormField, Module
from store.records import Masked, Record
from store.words import _
from tui.asking import doing, fieldtext
from tui.screens.acts import Acts
from tui.screens.editing import Editing
from tui.screens.list import move
from tui.screens.place import PlaceScreen
from tui.widgets import NoteField, Segment
from tui.widgets.reader import Reader

if TYPE_CHECKING:
    from store.collections import Registry

_FOUND_AFTER = 0.08
"""Seconds without a key after which the typed words are looked for."""


def long_field(module: Module, registry: Registry) -> FormField | None:
    """The field that a record of ``module`` is read by: a text so long that lists never read it."""
    large = registry[module.main].large if module.main in registry else ()
    return next((f for f in module.fields if f.kind == "text" and f.name in large), None)


class ReaderScreen(Editing, Acts, PlaceScreen):
    """A title and a text. ``edit``: open the editor at once; ``name``: the field to read."""

    scopes = ("reading", "one", "move", "everywhere", "always")

    def __init__(
        self, collection: str, id: str, name: str = "", *, edit: bool = False, line: int = 0
    ) -> None:
        super().__init__()
        self._collection = collection
        self._record_id = id
        self._field_name = name
        self._edit = edit
        self._line_wanted = line
        self._shown: tuple[str, str, str] | None = None
        self._words = ""
        self._wait: Any = None
        self._waits = False  # for the end of a text that is still being read
        self._reader = Reader(self._ask)
        self._note: NoteField | None = None
        self.is_deleted = False

    @property
    def module(self) -> Module:
        """The module that lists this record's collection."""
        return next(m for m in self.app.modules.values() if m.main == self._collection)

    @property
    def space_words(self) -> str:
        """What Space does here, for the keys in the message line."""
        return _("restore") if self.is_deleted else _("read on")

    @property
    def field(self) -> FormField:
        """The field that is read."""
        texts = [f for f in self.module.fields if f.kind == "text"]
        named = next((f for f in texts if f.name == self._field_name), None)
        return named or long_field(self.module, self.app.bench.registry) or texts[0]

    def body(self) -> Iterable[Widget]:
        """Only the text."""
        return [self._reader]

    def home_focus(self) -> Widget:
        """Commanding, the text has the focus."""
        return self._reader

    def again(self) -> dict[str, Any]:
        """How to open this screen again after unlocking."""
        return {
            "collection": self._collection,
            "id": self._record_id,
            "name": self.field.name,
            "edit": self._note is not None,
            "line": self._reader.source_line,
            "read": True,
        }

    def segments(self) -> list[Segment]:
        """Module, how far one has read, what was found."""
        found = ""
        if self._words:
            at, count = self._reader.at_match + 1, len(self._reader.matches)
            found = f"/{self._words} {at}/{count}"
        percent = self._reader.percent if self._reader.is_mounted else 0
        return [
            Segment(_("deleted") if self.is_deleted else "", "status_warn", 3),
            Segment(found, "status_strong", 3),
            Segment(_(self.module.words), "status", 4),
            Segment(f"{percent} %" if self._note is None else "", "status", 5),
        ]

    # Reading ------------------------------------------------------------------------------------

    def _ask(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self.app.desk.ask("reader", work, then, self.app.fail, owner=self)

    def _read(self) -> None:
        bench, scope, module = self.app.bench, self.app.bench.scope, self.module

        def read() -> tuple[Record, dict[str, str], str, str]:
            record, stamps = doing.one(bench, scope, self._collection, self._record_id)
            tags = fieldtext.shown_fields(bench, scope, module, record).get("tags", "")
            return record, stamps, module.title(record), tags

        self.app.desk.ask("look", read, self._show, self._gone, group="reader", owner=self)

    def _gone(self, error: Exception) -> None:
        self.ready()
        if words := self.gone(error):
            self._reader.words = words
            self._reader.repaint()

    def _show(self, found: tuple[Record, dict[str, str], str, str]) -> None:
        record, stamps, title, below = found
        self.come(record, stamps)
        self.is_deleted = "deletedAt" in record
        value = record.get(self.field.name)
        text = "" if isinstance(value, Masked) else str(value or "")
        if isinstance(value, Masked):
            below = f"<{_(value.reason)}>"
        elif not text.strip():
            below = " · ".join(part for part in (below, _("No text yet; e writes it.")) if part)
        self._put(text, title, below)
        self.show_status()
        self._offer_draft()
        if self._edit:
            self._edit = False
            self.do_edit()

    def _put(self, text: str, title: str, below: str) -> None:
        if (text, title, below) == self._shown:
            return
        keep = self._shown is not None
        self._shown = (text, title, below)
        self._reader.show(text, title, below, keep=keep)
        if self._line_wanted:
            self._reader.go_to_source(self._line_wanted)
            self._line_wanted = 0
        if self._words and keep:
            self._reader.find(self._words, self.show_status)

    def _offer_draft(self) -> None:
        draft = self.draft_of(self.field.name)
        if draft is not None and self._note is None:
            at = doing.moment(self.app.bench, draft.at)
            self.say(_("Unfinished text of {at}: e goes on with it.").format(at=at), "warn")

    def noticed(self, changes: dict[tuple[str, str], set[str] | None]) -> None:
        """Somebody changed this record: show it, but never over what is being typed."""
        ids = changes.get((self._collection, self.app.bench.scope.id), set())
        if ids is None or self._record_id in ids:
            self._read()

    @on(Reader.Moved)
    def _moved(self) -> None:
        self.show_status()
        if self._waits and self._reader.is_read:
            self._waits = False
            self.say("")

    # Moving, finding ----------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """One of the moves of the registry."""
        move(self._reader, how)
        if how == "last" and not self._reader.is_read:
            self._waits = True
            self.say(_("Reading to the end …"))

    def do_main_act(self) -> None:
        """Space reads on by half a page; what is deleted it restores."""
        if self.is_deleted:
            super().do_main_act()
        else:
            self._reader.half_page(1)

    def do_open(self) -> None:
        """Enter: the next place of what is looked for, else all fields of the record."""
        if self._words:
            self._reader.next_match()
            self.show_status()
        else:
            self.do_reading_fields()

    def do_reading_fields(self) -> None:
        """All fields of the record."""
        from tui.screens.record import RecordScreen

        self.app.push_screen(RecordScreen(self._collection, self._record_id))

    def do_reading_find(self) -> None:
        """/ looks for words while they are typed."""
        self.ask_words(self._words, self._find, self._find_soon)

    def do_reading_before(self) -> None:
        """The place before of what is looked for."""
        if not self._words:
            self.say(_("No words are looked for in this text."))
            return
        self._reader.next_match(-1)
        self.show_status()

    def _find_soon(self, text: str) -> None:
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(_FOUND_AFTER, lambda: self._find(text, rests=False))

    def _find(self, text: str, *, rests: bool = True) -> None:
        if self._wait is not None:
            self._wait.stop()
            self._wait = None
        self._words = text.strip()
        self._reader.find(self._words, lambda: self._found(rests))

    def _found(self, rests: bool) -> None:
        self.show_status()
        if not self._words:
            self.say("")
        elif not self._reader.matches:
            self.say(_("The text does not hold “{words}”.").format(words=self._words), "warn")
            self._words = "" if rests else self._words
        elif rests:
            self.say(_("Enter: next · N: before · Escape: done"))

    def cancel(self) -> bool:
        """Escape: what is looked for, then the screen."""
        if self._words:
            self._find("")
            return True
        return super().cancel()

    def do_links(self) -> None:
        """o opens a link of the text; of several the one whose number or words are typed."""
        links = self._reader.links
        if not links:
            self.say(_("There is no link in it."))
        elif len(links) == 1:
            self.app.open_link(links[0].url)
        else:
            from tui.screens.pick import Choice, PickScreen, matching

            def taken(choice: Choice | None) -> None:
                if choice is not None:
                    self.app.open_link(choice.value)

            choices = [
                Choice(
                    link.url if link.text in ("", link.url) else f"{link.text} · {link.url}",
                    link.url,
                )
                for link in links
            ]
            self.app.push_screen(
                PickScreen(_("Open"), matching(lambda: choices), numbered=True), taken
            )

    # Acts ---------------------------------------------------------------------------------------

    def targets(self) -> list[str]:
        """This record."""
        return [self._record_id]

    def acted(self) -> None:
        """The notice of the change reads the record again."""

    # Editing ------------------------------------------------------------------------------------

    def do_edit(self) -> None:
        """Edit the text, from what stands at the top or was found."""
        if self._record is None or self._note is not None or self.is_masked(self.field.name):
            return
        if self.is_deleted:
            self.say(_("This is deleted. Space brings it back; then it can be edited."), "warn")
            return
        found = self._reader.at_match
        at = self._reader.matches[found].source if found >= 0 else self._reader.source_line
        text, spot, takes = self.text_to_edit(self.field)
        note = NoteField(text, classes="beside")
        if note.too_large:
            self.say(_("Too long to edit here: E opens it in $EDITOR."), "warn")
            return
        self._note = note
        self._reader.set_class(True, "hidden")
        self.mount(note, after=self._reader)
        self.is_ready = False
        note.focus(scroll_visible=False)
        self.app.drafter.begin(spot, lambda: note.text)
        if takes:
            note.to_end()
        else:
            note.go_to(at)
        self.show_status()

    async def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The editor has the focus: keys that came meanwhile are typed."""
        if not self.is_ready and event.widget is self._note:
            self.is_ready = True
            await self.app.screen_is_ready()

    @on(NoteField.Changed)
    def _typed(self) -> None:
        self.app.drafter.changed()

    @on(NoteField.Committed)
    def _committed(self, event: NoteField.Committed) -> None:
        if event.control is self._note:
            self._finish(event.text)

    def _close_note(self) -> str:
        """Take the editor away and read on where it stood; its text."""
        note, self._note = self._note, None
        assert note is not None  # noqa: S101
        text = note.text
        self.app.drafter.leave()
        note.remove()
        self._reader.set_class(False, "hidden")
        self.set_focus(self._reader, scroll_visible=False)
        if self._shown is not None:
            _old, title, below = self._shown
            self._put(text, title, below)
        self._reader.go_to_source(note.top_line)
        self.show_status()
        return text

    def _finish(self, text: str) -> None:
        spot = self.app.drafter.spot
        self._close_note()
        self.write_typed(self.field, text, spot)

    def do_typing_commit(self) -> None:
        """Ctrl+S, the same as Escape in the text and Enter in the line."""
        if self._note is None:
            super().do_typing_commit()
        else:
            self._finish(self._note.text)

    # $EDITOR ------------------------------------------------------------------------------------

    def do_editor(self) -> None:
        """The text in $EDITOR."""
        self.app.edit_record_outside(self.module, self._record_id, self.field.name)

    def do_typing_editor(self) -> None:
        """What is being typed, in $EDITOR."""
        if self._note is None:
            super().do_typing_editor()
            return
        name, text = self.field.name, self._close_note()
        self.app.edit_record_outside(self.module, self._record_id, name, text)
