"""A field's value as text to read, as text to edit, and back from what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.errors import InvalidValueError, NotFoundError
from store.modules import FormField, Module
from store.records import Masked, Record
from store.words import _

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench

_TICKED = "[x] "
_OPEN = "[ ] "


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
        return value.reason
    if value is None or value == "":
        return ""
    if field.kind == "flag":
        return _("yes") if value else _("no")
    if field.kind == "choice":
        return _(str(value))
    if field.kind in ("date", "moment"):
        from store import when

        return when.shown(str(value), when.now())
    return editable(field, value)


def editable(field: FormField, value: Any) -> str:
    """One value as the text that its field is edited in."""
    if value is None or isinstance(value, Masked):
        return ""
    if field.kind in ("date", "moment"):
        return _local(str(value))
    if isinstance(value, list):
        return "\n".join(_line(part) for part in value)
    return str(value)


def value_of(bench: Workbench, scope: Scope, field: FormField, text: str, old: Any) -> Any:
    """What the field stores for ``text``. Raises InvalidValueError, NotFoundError."""
    if field.kind == "text":
        return text
    if field.kind == "lines":
        return _parts(text, old)
    flat = " ".join(text.split())
    if not flat:
        return None
    if field.kind in ("date", "moment"):
        from store import when

        none = flat.casefold() in ("-", "none", "kein", "keine")
        return None if none else when.read(flat, when.local(bench.now()))
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
    if field.kind in ("date", "moment"):
        return _("friday, 2026-12-24, +3d, 17:30")
    return ""


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


def _line(part: Any) -> str:
    if isinstance(part, dict):
        mark = _TICKED if part.get("isCompleted") else _OPEN if "isCompleted" in part else ""
        return mark + str(part.get("title") or part.get("value") or part.get("name") or "")
    return str(part)


def _parts(text: str, old: Any) -> list[Any]:
    """Lines as list items: objects with title and tick, each keeping what its object had, unless
    the items were plain texts."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    before = old if isinstance(old, list) else []
    if any(isinstance(part, str) for part in before):
        return list(lines)
    known = [part for part in before if isinstance(part, dict)]
    by_title = {str(part.get("title", "")): part for part in known}
    parts = []
    for order, line in enumerate(lines):
        title = line.removeprefix(_TICKED).removeprefix(_OPEN).strip()
        part = by_title.get(title) or _same_place(known, order)
        ticked = line.startswith(_TICKED)
        parts.append({**part, "title": title, "isCompleted": ticked, "order": order})
    return parts


def _same_place(known: list[dict[str, Any]], order: int) -> dict[str, Any]:
    if order < len(known):
        return known[order]
    import uuid

    return {"id": str(uuid.uuid4())}
