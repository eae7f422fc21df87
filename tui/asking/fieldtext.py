"""A field's value as text to read, as text to edit, and back from what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store import lengths
from store.colors import color_name
from store.errors import InvalidValueError, NotFoundError
from store.module import FormField, Module, checklist, checklist_lines, plain_title
from store.records import Masked, Record
from store.words import _

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench


def title_field(module: Module) -> str:
    """The one field that is a record's title; empty where the title is made of several."""
    return "title" if module.title is plain_title else ""


def shown_fields(bench: Workbench, scope: Scope, module: Module, record: Record) -> dict[str, str]:
    """Every field of ``module`` as a person reads it, names of tags and linked records included."""
    names = {t["id"]: t.text("name") for t in bench.tags.list(scope)} if record.tags else {}
    out = {}
    for field in module.fields:
        if field.kind == "tags":
            out[field.name] = " ".join(f"#{names[t]}" for t in record.tags if t in names)
        elif field.kind == "link":
            out[field.name] = _linked(bench, scope, field, record.get(field.name))
        else:
            out[field.name] = shown(field, record.get(field.name))
    return out


def shown(field: FormField, value: Any) -> str:
    """One value for reading; a masked one gives its reason."""
    if isinstance(value, Masked):
        return _(value.reason)
    if value is None or value == "":
        return ""
    if field.kind == "flag":
        return _("yes") if value else _("no")
    if field.kind == "choice":
        return color_name(value) or _(str(value))
    if field.kind in ("date", "moment"):
        from store import when

        return when.shown(str(value), when.now())
    return editable(field, value)


def editable(field: FormField, value: Any) -> str:
    """One value as the text that its field is edited in."""
    if value is None or isinstance(value, Masked):
        return ""
    if field.written is not None:
        return field.written.shown(value)
    if field.kind in ("date", "moment"):
        return _local(str(value))
    if field.kind == "lines":
        return "\n".join(checklist_lines(value))
    if field.choices == lengths.SECONDS and isinstance(value, int | float):
        return lengths.shown(value)
    return str(value)


def value_of(bench: Workbench, scope: Scope, field: FormField, text: str, old: Any) -> Any:
    """What the field stores for ``text``. Raises InvalidValueError, NotFoundError."""
    if field.written is not None:
        return field.written.read(text)
    if field.kind == "text":
        return text
    if field.kind == "lines":
        return checklist(text.splitlines(), old, bench.clock())
    flat = " ".join(text.split())
    if not flat:
        return None
    if field.kind in ("date", "moment"):
        from store import when

        none = flat.casefold() in ("-", "none", "kein", "keine")
        return None if none else when.read(flat, when.local(bench.now()))
    if field.choices == lengths.SECONDS:
        return lengths.read(flat)
    if field.kind == "number":
        try:
            number = float(flat)
        except ValueError:
            raise InvalidValueError(
                _("That is not a number."), kept=_("It is kept as a draft.")
            ) from None
        return int(number) if number.is_integer() else number
    return flat


def hint(field: FormField) -> str:
    """What an empty field says about what may be typed."""
    if field.written is not None:
        return _(field.written.example) if field.written.example else ""
    if field.kind in ("date", "moment"):
        return _("friday, 2026-12-24, +3d, 17:30")
    return _("45, 1:30, 2h") if field.choices == lengths.SECONDS else ""


def _local(value: str) -> str:
    """A day as it is, an instant as local day and time, both readable by the date grammar."""
    if len(value) <= 10:
        return value
    from datetime import datetime

    moment = datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M")


def _linked(bench: Workbench, scope: Scope, field: FormField, value: Any) -> str:
    if not value or isinstance(value, Masked):
        return shown(field, value)
    try:
        return bench.documents.title(field.link, bench.documents.get(scope, field.link, value))
    except NotFoundError:
        return _("(not here)")
