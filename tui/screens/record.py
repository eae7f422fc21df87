"""The fields of one record, read and edited in the same place, one field at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual import events, on
from textual.widget import Widget

from store.module import FormField, Module
from store.records import Masked, Record
from store.words import _
from tui import doing, fieldtext
from tui.drafting import Spot
from tui.screens.acts import Acts
from tui.screens.list import move
from tui.screens.place import PlaceScreen
from tui.widgets import Field, Fields, LineField, NoteField, Segment

INLINE = frozenset({"line", "text", "number", "date", "moment", "lines"})
"""Kinds that are typed where they stand; the others are chosen."""

DRAFT = "draft:"
"""Begins the name of the line that shows a draft beside a value that changed meanwhile."""


class RecordScreen(Acts, PlaceScreen):
    """One record. ``edit`` names the field to edit at once, with its draft ("" for the first)."""

    scopes = ("one", "move", "everywhere", "always")

    def __init__(self, collection: str, id: str, edit: str | None = None) -> None:
        super().__init__()
        self._collection = collection
        self._record_id = id
        self._edit = edit
        self._record: Record | None = None
        self._stamps: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self.is_deleted = False

    @property
    def module(self) -> Module:
        """The module that lists this record's collection."""
        return next(m for m in self.app.modules.values() if m.main == self._collection)

    @property
    def fields(self) -> Fields:
        """The widget that draws all fields."""
        return self.query_one(Fields)

    def body(self) -> Iterable[Widget]:
        """Only the fields."""
        return [Fields()]

    def home_focus(self) -> Widget:
        """Commanding, the fields have the focus: that draws their cursor."""
        return self.fields

    def opened(self) -> None:
        """Read the record."""
        self._read()

    def again(self) -> dict[str, Any]:
        """How to open this screen again after unlocking."""
        edited = self.fields.edited_name or None
        return {"collection": self._collection, "id": self._record_id, "edit": edited}

    def segments(self) -> list[Segment]:
        """Module, and whether the record is deleted."""
        return [
            Segment(_("deleted") if self.is_deleted else "", "status_warn", 3),
            Segment(_(self.module.words), "status", 4),
        ]

    # Reading ------------------------------------------------------------------------------------

    def _read(self) -> None:
        bench, scope = self.app.bench, self.app.bench.scope
        module = self.module

        def read() -> tuple[Record, dict[str, str], dict[str, str]]:
            record, stamps = doing.one(bench, scope, self._collection, self._record_id)
            return record, stamps, fieldtext.shown_fields(bench, scope, module, record)

        self.app.desk.ask("look", read, self._show, self._gone, group="record", owner=self)

    def _gone(self, error: Exception) -> None:
        self.app.pop_screen()
        self.app.fail(error)

    def _show(self, found: tuple[Record, dict[str, str], dict[str, str]]) -> None:
        self._record, self._stamps, self._shown = found
        self.is_deleted = "deletedAt" in self._record
        fields = []
        for field in self.module.fields:
            masked = isinstance(self._record.get(field.name), Masked)
            shown = self._shown[field.name]
            fields.append(Field(field.name, field.kind, _(field.words), shown, masked))
            draft = self._draft_of(field.name)
            if draft is not None and self.fields.edited_name != field.name:
                label = _("· draft {at}").format(at=doing.moment(self.app.bench, draft.at))
                fields.append(Field(DRAFT + field.name, field.kind, label, draft.text))
        self.fields.set_fields(fields)
        self.show_status()
        if self._edit is not None:
            name, self._edit = self._edit or self.module.fields[0].name, None
            self._start(name)

    def noticed(self, changes: dict[tuple[str, str], set[str] | None]) -> None:
        """Somebody changed this record: show it, but never over what is being typed."""
        ids = changes.get((self._collection, self.app.bench.scope.id), set())
        if ids is None or self._record_id in ids:
            self._read()

    def _draft_of(self, name: str) -> Any:
        return self.app.drafts.get(f"field/{self._collection}/{self._record_id}/{name}")

    # Moving -------------------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """One of the moves of the registry."""
        move(self.fields, how)

    def do_open(self) -> None:
        """Enter edits the field under the cursor."""
        self.do_edit()

    def targets(self) -> list[str]:
        """This record."""
        return [self._record_id]

    def acted(self) -> None:
        """The notice of the change reads the record again."""

    # Editing ------------------------------------------------------------------------------------

    def _field(self, name: str) -> FormField:
        return next(f for f in self.module.fields if f.name == name)

    @on(Fields.EditRequested)
    def _double_click(self) -> None:
        self.do_edit()

    def do_edit(self) -> None:
        """Edit the field under the cursor in place."""
        name = self.fields.cursor_name
        if name is not None and self._record is not None:
            self._start(name)

    def _start(self, name: str) -> None:
        on_draft = name.startswith(DRAFT)
        name = name.removeprefix(DRAFT)
        assert self._record is not None  # noqa: S101 - only called after reading
        if isinstance(self._record.get(name), Masked):
            self.say(_("This value cannot be read here, so it cannot be edited."), "warn")
            return
        field = self._field(name)
        if field.kind in INLINE:
            self._edit_inline(field, take_draft=on_draft)
        elif field.kind == "flag":
            self._write(field, not self._record.get(name))
        elif field.kind == "tags":
            self.do_tags()
        else:
            self.choose_for(field, lambda text: self._write_typed(field, text))

    def _edit_inline(self, field: FormField, *, take_draft: bool) -> None:
        assert self._record is not None  # noqa: S101
        old = fieldtext.editable(field, self._record.get(field.name))
        base = self._stamps.get(field.name, "")
        place = f"field/{self._collection}/{self._record_id}/{field.name}"
        spot = Spot(place, self._collection, self._record_id, field.name, old, base)
        draft = self._draft_of(field.name)
        # A draft begun on the value that still stands goes on; one begun on an older value is
        # shown beside the new one and only taken when asked for (law 13).
        takes = draft is not None and (take_draft or draft.base == base)
        text = draft.text if takes else old
        editor = self.fields.edit(field.name, text, hint=fieldtext.hint(field))
        if editor is None:
            return
        if takes:
            self.say(_("This goes on with the draft; undo the text or commit it."), "warn")
        if isinstance(editor, NoteField) and editor.too_large:
            self.say(_("Too long to edit here: E opens it in $EDITOR."), "warn")
        self.is_ready = False
        self.app.drafter.begin(spot, lambda: editor.text)
        if isinstance(editor, NoteField) and takes:
            editor.to_end()

    async def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The editor has the focus: keys that came meanwhile are typed."""
        if not self.is_ready and event.widget is self.fields.editor:
            self.is_ready = True
            await self.app.screen_is_ready()

    @on(LineField.Changed)
    @on(NoteField.Changed)
    def _typed(self) -> None:
        self.app.drafter.changed()

    @on(LineField.Committed)
    @on(NoteField.Committed)
    def _committed(self, event: LineField.Committed | NoteField.Committed) -> None:
        if event.control is self.fields.editor:
            self._finish(event.text)

    @on(LineField.Left)
    def _left(self, event: LineField.Left) -> None:
        if event.control is self.fields.editor:
            self.fields.close_editor()
            self.app.drafter.leave()
            self._read()

    def do_typing_commit(self) -> None:
        """Ctrl+S in a line."""
        if (editor := self.fields.editor) is not None:
            self._finish(editor.text)
        else:
            super().do_typing_commit()

    def _finish(self, text: str) -> None:
        field, spot = self._field(self.fields.edited_name), self.app.drafter.spot
        self.fields.close_editor()
        self.app.drafter.leave()
        self._write_typed(field, text, spot)

    def _write_typed(self, field: FormField, text: str, spot: Spot | None = None) -> None:
        bench, scope = self.app.bench, self.app.bench.scope
        old = self._record.get(field.name) if self._record is not None else None

        def work() -> str:
            value = fieldtext.value_of(bench, scope, field, text, old)
            return doing.write(bench, scope, self._collection, self._record_id, field.name, value)

        self.app.change(work, self._written, spot)

    def _written(self, words: str) -> None:
        self.app.say(words)
        if self.is_attached:
            self._read()

    def _write(self, field: FormField, value: Any) -> None:
        bench, scope = self.app.bench, self.app.bench.scope
        self.app.change(
            lambda: doing.write(bench, scope, self._collection, self._record_id, field.name, value)
        )

    # $EDITOR ------------------------------------------------------------------------------------

    def do_editor(self) -> None:
        """The long text in $EDITOR: that under the cursor, else the first."""
        name = (self.fields.cursor_name or "").removeprefix(DRAFT)
        is_text = name and self._field(name).kind == "text"
        self.app.edit_record_outside(self.module, self._record_id, name if is_text else "")

    def do_typing_editor(self) -> None:
        """What is being typed, in $EDITOR."""
        editor, name = self.fields.editor, self.fields.edited_name
        if editor is None:
            super().do_typing_editor()
            return
        text = editor.text
        self.fields.close_editor()
        self.app.drafter.leave()
        self.app.edit_record_outside(self.module, self._record_id, name, text)
