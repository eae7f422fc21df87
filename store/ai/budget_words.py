"""What a run may cost, as a person types it: ``5000 tokens, 0.10 $, 120 s``; each part at most
once, empty for no limit of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from store.errors import InvalidValueError
from store.words import _

_PARTS = {
    "tokensPerRun": r"(\d{1,12}) ?(?:tokens?|t)",
    "moneyPerRun": r"(?:\$ ?(\d{1,6}(?:\.\d{1,6})?)|(\d{1,6}(?:\.\d{1,6})?) ?(?:\$|usd|dollars?))",
    "seconds": r"(\d{1,6}) ?(?:s|sec|seconds?|sekunden?)",
}


def read(text: str) -> dict[str, Any] | None:
    """The limits that ``text`` says, None for none. Raises InvalidValueError."""
    flat = " ".join(text.split()).casefold()
    if flat in ("", "-", "none", "keine"):
        return None
    found: dict[str, Any] = {}
    for part in (one.strip() for one in flat.split(",")):
        for name, form in _PARTS.items():
            match = re.fullmatch(form, part)
            if match and name not in found:
                number = next(group for group in match.groups() if group is not None)
                found[name] = float(number) if name == "moneyPerRun" else int(number)
                break
        else:
            raise InvalidValueError(
                _("{text!r} is no budget.").format(text=text),
                kept=_("Nothing was changed."),
                hint=_("Write 5000 tokens, 0.10 $, 120 s, or some of them."),
            )
    return found


_A_DAY = {"tokensPerRun": "tokensPerDay", "moneyPerRun": "moneyPerDay"}


def read_day(text: str) -> dict[str, float | None]:
    """The limits of a day that ``text`` says, by name; None for one that it does not say. Raises
    InvalidValueError."""
    found = read(text) or {}
    if "seconds" in found:
        raise InvalidValueError(
            _("A day has no limit of time."),
            kept=_("Nothing was changed."),
            hint=_("Write 5000 tokens, 0.50 $, or none."),
        )
    return {a_day: found.get(a_run) for a_run, a_day in _A_DAY.items()}


def shown_day(value: Mapping[str, Any]) -> str:
    """Limits of a day as ``read_day`` reads them."""
    return shown({a_run: value.get(a_day) for a_run, a_day in _A_DAY.items()})


def shown(value: Any) -> str:
    """Limits as ``read`` reads them."""
    if not isinstance(value, Mapping):
        return ""
    units = {"tokensPerRun": "tokens", "moneyPerRun": "$", "seconds": "s"}
    known = ((name, value.get(name)) for name in units)
    return ", ".join(f"{_plain(one)} {units[name]}" for name, one in known if _is_number(one))


def _plain(value: Any) -> str:
    """A number without an exponent, which nobody could give back."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
