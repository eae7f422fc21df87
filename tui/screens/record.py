"""The fields of one record, read and edited in the same place, one field at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.widget import Widget

from store.module import FormField, Module, checklist_lines
from store.records import Masked, Record
from store.words import _
from tui.asking import doing, fieldtext
from tui.screens.acts import Acts
from tui.screens.editing import Editing
from tui.screens.list import move
from tui.screens.place import PlaceScreen
from tui.widgets import Field, Fields, LineField, NoteField, Segment

if TYPE_CHECKING:
    from tui.shell.manabench import Manabench

INLINE = frozenset({"line", "text", "number", "date", "moment", "lines"})
"""Kinds that are typed where they stand; the others are chosen."""

OWN = {
    "aiMissions": "tui.screens.mission.MissionScreen",
    "agents": "tui.screens.agent.AgentScreen",
}
"""Screens of records for which fields alone will not do."""

DRAFT = "draft:"
"""Begins the name of the line that shows a draft beside a value that changed meanwhile."""


class RecordScreen(Editing, Acts, PlaceScreen):
    """One record. ``edit`` names the field to edit at once, with its draft ("" for the first)."""

    scopes = ("fields", "one", "move", "everywhere", "always")

    def __init__(self, collection: str, id: str, edit: str | None = None) -> None:
        super().__init__()
        self._collection = collection
        self._record_id = id
        self._edit = edit
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
        self.ready()
        if words := self.gone(error):
            self.fields.words = words
            self.fields.repaint()

    def _show(self, found: tuple[Record, dict[str, str], dict[str, str]]) -> None:
        record, stamps, self._shown = found
        self.come(record, stamps)
        self.is_deleted = "deletedAt" in record
        fields = []
        for field in self.module.fields:
            masked = isinstance(record.get(field.name), Masked)
            shown = self._shown[field.name]
            fields.append(Field(field.name, field.kind, _(field.words), shown, masked))
            draft = self.draft_of(field.name)
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

    # Moving -------------------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """One of the moves of the registry."""
        move(self.fields, how)

    def do_open(self) -> None:
        """Enter opens the record that a link leads to; any other field it edits."""
        name = self.fields.cursor_name or ""
        if self._record is not None and name and not name.startswith(DRAFT):
            field, value = self.field_called(name), self._record.get(name)
            listed = {m.main for m in self.app.modules.values()}
            if field.kind == "link" and isinstance(value, str) and value and field.link in listed:
                self.app.open_record(field.link, value)
                return
        self.do_edit()

    def do_fields_read(self) -> None:
        """The long text under the cursor, else the first, as a page to read."""
        from tui.screens.reader import ReaderScreen

        texts = [f.name for f in self.module.fields if f.kind == "text"]
        if not texts:
            self.say(_("There is no long text here."))
            return
        name = (self.fields.cursor_name or "").removeprefix(DRAFT)
        name = name if name in texts else texts[0]
        self.app.push_screen(ReaderScreen(self._collection, self._record_id, name))

    def do_main_act(self) -> None:
        """Space ticks the box under the cursor; elsewhere it is the record's main act."""
        line, name = self.fields.cursor_line, self.fields.cursor_name
        if line is None or name is None or name.startswith(DRAFT) or self.is_deleted:
            super().do_main_act()
            return
        if self.is_masked(name):
            return
        field = self.field_called(name)
        shown = self._shown[name].split("\n")[line]
        bench, scope = self.app.bench, self.app.bench.scope

        def work() -> str:
            old = bench.documents.get(scope, self._collection, self._record_id).get(name)
            lines = checklist_lines(old)
            if line >= len(lines) or " ".join(lines[line].split()) != " ".join(shown.split()):
                return _("The list changed meanwhile; nothing was ticked.")
            box = "[x]" if lines[line].startswith("[ ]") else "[ ]"
            lines[line] = box + lines[line][3:]
            value = fieldtext.value_of(bench, scope, field, "\n".join(lines), old)
            return doing.write(bench, scope, self._collection, self._record_id, name, value)

        self.app.change(work, self._written)

    def targets(self) -> list[str]:
        """This record."""
        return [self._record_id]

    def acted(self) -> None:
        """The notice of the change reads the record again."""

    # Editing ------------------------------------------------------------------------------------

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
        if self.is_deleted:
            self.say(_("This is deleted. Space brings it back; then it can be edited."), "warn")
            return
        if self.is_masked(name):
            return
        field = self.field_called(name)
        if field.kind in INLINE:
            self._edit_inline(field, take_draft=on_draft)
        elif field.kind == "flag":
            self._write(field, not self._record.get(name))
        elif field.kind == "tags":
            self.do_tags()
        else:
            self.choose_for(field, lambda text: self.write_typed(field, text))

    def _edit_inline(self, field: FormField, *, take_draft: bool) -> None:
        text, spot, takes = self.text_to_edit(field, take_draft=take_draft)
        editor = self.fields.edit(field.name, text, hint=fieldtext.hint(field))
        if editor is None:
            return
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
        field, spot = self.field_called(self.fields.edited_name), self.app.drafter.spot
        self.fields.close_editor()
        self.app.drafter.leave()
        self.write_typed(field, text, spot)

    def _write(self, field: FormField, value: Any) -> None:
        bench, scope = self.app.bench, self.app.bench.scope
        self.app.change(
            lambda: doing.write(bench, scope, self._collection, self._record_id, field.name, value)
        )

    # $EDITOR ------------------------------------------------------------------------------------

    def do_editor(self) -> None:
        """The long text in $EDITOR: that under the cursor, else the first."""
        name = (self.fields.cursor_name or "").removeprefix(DRAFT)
        is_text = name and self.field_called(name).kind == "text"
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


def screen_of(app: Manabench, spec: dict[str, Any]) -> PlaceScreen:
    """The screen that shows a record: collection, id, and what its ``again`` wrote down.

    A collection in ``OWN`` has a screen of its own, but for editing. A record with a text so long
    that lists never read it is read; any other shows its fields.
    """
    given = dict(spec)
    if given["collection"] in OWN and set(given) <= {"collection", "id"}:
        from importlib import import_module

        path, _dot, name = OWN[given["collection"]].rpartition(".")
        own: PlaceScreen = getattr(import_module(path), name)(given["id"])
        return own
    module = next((m for m in app.modules.values() if m.main == given["collection"]), None)
    from tui.screens.reader import ReaderScreen, long_field

    reads = module is not None and long_field(module, app.bench.registry) is not None
    if given.pop("read", reads and "edit" not in given):
        return ReaderScreen(**given)
    return RecordScreen(**given)
