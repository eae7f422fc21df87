"""One record: its wire form, its form at rest, and its form in a reader's hands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from store.collections import COMMON, Collection, Field
from store.errors import (
    AmbiguousError,
    InvalidValueError,
    LockedError,
    NotFoundError,
    UnreadableError,
)
from store.words import _

PREFIX = "enc:"
"""Every envelope starts so; in a protected field no plaintext can, because it would be sealed."""

LARGEST = 1_000_000
"""Bytes of JSON that one value may have."""

_SAFE = 2**53
_DEEPEST = 100
"""Levels of lists and objects inside one value; peers and SQLite stop at some hundreds."""


class Masked:
    """Stands where a protected value cannot be shown. ``reason``: locked, damaged, foreign key,
    unknown format. Never equal to a text, never written back."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"Masked({self.reason!r})"

    def __str__(self) -> str:
        return f"({self.reason})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and other.reason == self.reason

    def __hash__(self) -> int:
        return hash(("Masked", self.reason))


class Record(dict[str, Any]):
    """An opened record: every field in plaintext or Masked, and the common columns.

    key is its row number, tags the ids of the live tags it bears, position its place in the order
    of the page that it came with.
    """

    __slots__ = ("key", "position", "tags")

    def __init__(
        self,
        values: dict[str, Any],
        key: int,
        tags: tuple[str, ...] = (),
        position: Any = None,
    ) -> None:
        super().__init__(values)
        self.key = key
        self.tags = tags
        self.position = position

    def text(self, name: str) -> str:
        """Field ``name`` as text: empty where absent, the reason in brackets where masked."""
        value = self.get(name)
        return "" if value is None else str(value)


def the_one(tiers: Iterable[list[Record]], text: str, what: str, hint: str, title: str) -> Record:
    """The single record of the first tier that holds any; tiers go from exact to loose.

    what: "tag", "scene" in messages; title: the field that candidates are listed by. Raises
    NotFoundError with ``hint``, AmbiguousError.
    """
    for matches in tiers:
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise AmbiguousError(
                _("{text!r} means {count} {what}s.").format(
                    text=text, count=len(matches), what=_(what)
                ),
                [(record["id"], record.text(title)) for record in matches],
                kept=_("Nothing was changed."),
                hint=_("Give more of the id."),
            )
    raise NotFoundError(
        _("There is no {what} called {text!r} here.").format(what=_(what), text=text),
        kept=_("Nothing was changed."),
        hint=hint,
    )


# To the wire form -----------------------------------------------------------------------------


def wire_form(value: Any, depth: int = 0) -> Any:
    """``value`` as every peer can hold it.

    Finite numbers, integral floats as integers, integers beyond 2^53 as text, no NUL, no lone
    surrogates, text keys. Raises InvalidValueError for what JSON cannot hold at all.
    """
    kind = value.__class__
    if kind is str:
        return value if value.isascii() and "\0" not in value else _clean(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if -_SAFE <= value <= _SAFE else str(value)
    if kind is float:
        if not math.isfinite(value):
            raise InvalidValueError(_("A number must be finite."), kept=_("Nothing was changed."))
        return wire_form(int(value)) if value.is_integer() else value
    if depth > _DEEPEST:
        raise InvalidValueError(_("A value is nested too deeply."), kept=_("Nothing was changed."))
    if isinstance(value, dict):
        return {_clean(str(k)): wire_form(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [wire_form(v, depth + 1) for v in value]
    if isinstance(value, str):
        return _clean(str(value))
    raise InvalidValueError(
        _("A value of type {kind} cannot be stored.").format(kind=kind.__name__),
        kept=_("Nothing was changed."),
    )


def _clean(text: str) -> str:
    if "\0" in text:
        text = text.replace("\0", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "flag": (bool,),
    "number": (int, float),
    "instant": (str,),
    "day": (str,),
    "id": (str,),
    "list": (list,),
    "object": (dict,),
}


def check(collection: Collection, name: str, value: Any) -> None:
    """Whether a value typed here fits its declared field. Raises InvalidValueError.

    What other devices wrote is kept as it came and never meets this.
    """
    field = collection.fields.get(name)
    if field is None or value is None:
        return
    types = _TYPES.get(field.kind)
    fits = types is None or isinstance(value, types)
    if fits and field.kind == "number" and isinstance(value, bool):
        fits = False
    if fits and field.choices and value not in field.choices:
        raise InvalidValueError(
            (
                _("{name} cannot be {value!r}.").format(name=name, value=value)
                if field.clear
                else _("{name} has no such choice.").format(name=name)
            ),
            kept=_("Nothing was changed."),
            hint=_("Choose one of: {names}.").format(names=", ".join(field.choices)),
        )
    if fits and field.kind in ("day", "instant"):
        fits = _is_time(field, value)
    if not fits:
        raise InvalidValueError(
            _("{name} must be a {kind}.").format(name=name, kind=field.kind),
            kept=_("Nothing was changed."),
            hint=_example(field),
        )


def _is_time(field: Field, value: str) -> bool:
    from datetime import date, datetime

    try:
        if len(value) == 10:
            date.fromisoformat(value)
            return True
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return field.kind == "instant"


def _example(field: Field) -> str:
    return {
        "day": _("Write it as 2026-11-30."),
        "instant": _("Write it as 2026-11-30 or 2026-11-30T17:30:00.000Z."),
    }.get(field.kind, "")


def require_size(name: str, text: str) -> None:
    """Raises InvalidValueError where one value's JSON or envelope is over the limit."""
    if len(text) > LARGEST * 4 // 3 + 64:
        raise InvalidValueError(
            _("The {name} is larger than 1 MB.").format(name=name),
            kept=_("Nothing was changed."),
            hint=_("Split it, or keep it as a file and note its path."),
        )


# From the form at rest --------------------------------------------------------------------------

Open = Callable[[str, str, str, str], Any]


def opener(
    collection: Collection, open_envelope: Open, only: Iterable[str] | None = None
) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """A function (record id, values at rest) that opens the values in place and returns them.

    only: the sealed fields to open, None for all; the others are taken out. A locked or damaged
    value becomes Masked.
    """
    place = collection.place
    clear = COMMON | {name for name, field in collection.fields.items() if field.clear}
    wanted = None if only is None else frozenset(only)

    def read(record: str, values: dict[str, Any]) -> dict[str, Any]:
        for name in values.keys() - clear:
            value = values[name]
            if value.__class__ is str and value.startswith(PREFIX):
                if wanted is not None and name not in wanted:
                    del values[name]
                    continue
                try:
                    values[name] = open_envelope(place, record, name, value)
                except LockedError:
                    values[name] = Masked("locked")
                except UnreadableError as error:
                    values[name] = Masked(error.reason)
        return values

    return read


def loads(text: str | None) -> dict[str, Any]:
    """A ``doc`` or ``large`` column; empty for NULL."""
    if not text:
        return {}
    value: dict[str, Any] = orjson.loads(text)
    return value


def dumps(value: Any) -> str:
    """JSON as it stands in the columns."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        raise InvalidValueError(
            _("A field or value is not plain JSON."), kept=_("Nothing was changed.")
        ) from None
