"""Editing one field of one record where it stands, with its draft: shared by fields and reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.errors import NotFoundError
from store.module import FormField, Module
from store.records import Masked, Record
from store.words import _
from tui.asking import doing, fieldtext
from tui.shell.drafting import Spot

if TYPE_CHECKING:
    from store.drafts import Draft
    from tui.shell.manabench import Manabench


_TOLD = 40
"""Characters of a value that are told of."""

_KEYS_WAIT = 1.0
"""Seconds after which keys act although the record has not come."""


class Editing:
    """Mixed into screens of one record, which read it by ``_read``. Keys wait for it."""

    waits = True

    if TYPE_CHECKING:
        ready: Callable[[], None]
        set_timer: Callable[..., Any]
        app: Manabench
        is_attached: bool
        module: Module
        say: Callable[..., None]

        def _read(self) -> None: ...

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._collection = ""
        self._record_id = ""
        self._record: Record | None = None
        self._stamps: dict[str, str] = {}

    def opened(self) -> None:
        """Read the record."""
        self.set_timer(_KEYS_WAIT, self._come_or_not)
        self._read()

    def _come_or_not(self) -> None:
        if self._record is None:
            self.ready()

    def come(self, record: Record, stamps: dict[str, str]) -> None:
        """The record is read; the keys that waited for it are let in."""
        is_first, before = self._record is None, self._record
        self._record, self._stamps = record, stamps
        if is_first:
            self.ready()
        elif before is not None:
            self._tell_changed(before, record)

    def _tell_changed(self, before: Record, now: Record) -> None:
        """Say that the field in use got another value meanwhile: what is typed stays, and wins when
        it is committed."""
        spot = self.app.drafter.spot
        if spot is None or spot.record != self._record_id or not spot.field:
            return
        name = spot.field
        field = next((f for f in self.module.fields if f.name == name), None)
        if field is None or before.get(name) == now.get(name):
            return
        text = " ".join(fieldtext.shown(field, now.get(name)).split())
        short = text[:_TOLD] + ("…" if len(text) > _TOLD else "")
        words = _("Changed meanwhile to “{text}”. Yours stays; both are in the history.")
        self.say(words.format(text=short), "warn")

    def field_called(self, name: str) -> FormField:
        """The field of the module with this name."""
        return next(f for f in self.module.fields if f.name == name)

    def is_masked(self, name: str) -> bool:
        """Whether the value cannot be read here, which is then said."""
        masked = self._record is not None and isinstance(self._record.get(name), Masked)
        if masked:
            self.say(_("This value cannot be read here, so it cannot be edited."), "warn")
        return masked

    def draft_of(self, name: str) -> Draft | None:
        """What was typed into a field and not committed."""
        return self.app.drafts.get(f"field/{self._collection}/{self._record_id}/{name}")

    def text_to_edit(self, field: FormField, *, take_draft: bool = False) -> tuple[str, Spot, bool]:
        """What an editor of ``field`` opens with, where it belongs, and whether it is a draft.

        A draft begun on the value that still stands goes on; one begun on an older value is only
        taken when it is asked for (law 13).
        """
        assert self._record is not None  # noqa: S101 - only called after reading
        old = fieldtext.editable(field, self._record.get(field.name))
        base = self._stamps.get(field.name, "")
        place = f"field/{self._collection}/{self._record_id}/{field.name}"
        spot = Spot(place, self._collection, self._record_id, field.name, old, base)
        draft = self.draft_of(field.name)
        takes = draft is not None and (take_draft or draft.base == base)
        if takes:
            self.say(_("This goes on with the draft; undo the text or commit it."), "warn")
        return (draft.text if draft is not None and takes else old), spot, takes

    def write_typed(self, field: FormField, text: str, spot: Spot | None = None) -> None:
        """Write what was typed; with a ``spot`` its draft is cleared once that is done."""
        bench, scope = self.app.bench, self.app.bench.scope
        old = self._record.get(field.name) if self._record is not None else None

        def work() -> str:
            value = fieldtext.value_of(bench, scope, field, text, old)
            return doing.write(bench, scope, self._collection, self._record_id, field.name, value)

        self.app.change(work, self._written, spot)

    def gone(self, error: Exception) -> str:
        """The record could not be read: back if there is none, else the words to stand here."""
        if isinstance(error, NotFoundError):
            self.app.pop_screen()
            self.app.fail(error)
            return ""
        self.app.fail(error)
        return _("This could not be read; nothing was changed. q goes back.")

    def _written(self, words: str) -> None:
        self.app.say(words)
        if self.is_attached:
            self._read()
