"""When a mission runs, as a person types it: a closed grammar, and nothing is guessed.

    manual                 only when asked             every 30m, every 2h, every 1d
    daily 9:00             weekdays 9:00               mon 9:00, weekly mon 9
    cron 0 9 * * 1-5       five fields of cron

English and German are read whatever the language; what ``shown`` says is read back. A weekly time
that is no full hour becomes a cron expression, because the record has no minutes for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from store.errors import InvalidValueError
from store.words import N_, _

Cadence = Mapping[str, Any]

MANUAL: Cadence = {"kind": "manual"}

LONGEST = 366 * 24 * 60
"""Minutes between two runs at most."""

_DAYS = (N_("sun"), N_("mon"), N_("tue"), N_("wed"), N_("thu"), N_("fri"), N_("sat"))
_NUMBERS = {
    name: number
    for number, names in enumerate(
        (
            "sun sunday so sonntag",
            "mon monday mo montag",
            "tue tues tuesday di dienstag",
            "wed wednesday mi mittwoch",
            "thu thurs thursday do donnerstag",
            "fri friday fr freitag",
            "sat saturday sa samstag sonnabend",
        )
    )
    for name in names.split()
}
_UNITS = {"m": 1, "min": 1, "h": 60, "std": 60, "stunde": 60, "d": 1440, "t": 1440}

# Compiled at the first use: every start imports modules that use this.
_TIME = r"(?:at |um )?(\d{1,2})(?::(\d{2}))?(?: ?(?:uhr|h))?"
_EVERY = r"(?:every|alle|jede) (\d{1,6}) ?(min|m|h|stunde|std|d|t)[a-zü]*"
_DAILY = rf"(?:daily|every day|täglich|jeden tag) {_TIME}"
_WEEKDAYS = rf"(?:weekdays|werktags) {_TIME}"
_WEEKLY = rf"(?:weekly |wöchentlich |every |jeden )?(?:on |am )?([a-z]+) {_TIME}"


def read(text: str) -> dict[str, Any]:
    """The cadence that ``text`` says. Raises InvalidValueError."""
    flat = " ".join(text.split()).casefold()
    if flat in ("", "-", "manual", "none", "by hand", "manuell", "keine", "von hand"):
        return dict(MANUAL)
    if flat in ("hourly", "every hour", "stündlich"):
        return {"kind": "interval", "everyMinutes": 60}
    if found := re.fullmatch(r"cron (.+)", flat):
        return _cron(found[1])
    if found := re.fullmatch(_EVERY, flat):
        minutes = int(found[1]) * _UNITS[found[2]]
        if not 1 <= minutes <= LONGEST:
            raise _unknown(text)
        return {"kind": "interval", "everyMinutes": minutes}
    if found := re.fullmatch(_DAILY, flat):
        hour, minute = _time(text, found[1], found[2])
        return {"kind": "daily", "atHour": hour, "atMinute": minute}
    if found := re.fullmatch(_WEEKDAYS, flat):
        hour, minute = _time(text, found[1], found[2])
        return {"kind": "cron", "expression": f"{minute} {hour} * * 1-5"}
    if (found := re.fullmatch(_WEEKLY, flat)) and found[1] in _NUMBERS:
        day = _NUMBERS[found[1]]
        hour, minute = _time(text, found[2], found[3])
        if minute:
            return {"kind": "cron", "expression": f"{minute} {hour} * * {day}"}
        return {"kind": "weekly", "dayOfWeek": day, "atHour": hour}
    raise _unknown(text)


def shown(value: Any) -> str:
    """A cadence in words that ``read`` takes back; its kind alone where it is not understood."""
    if not isinstance(value, Mapping):
        return ""
    kind = value.get("kind")
    if kind == "manual":
        return _("manual")
    if kind == "cron":
        return f"cron {value.get('expression', '')}"
    try:
        if kind == "interval":
            return _("every {length}").format(length=_length(int(value["everyMinutes"])))
        if kind == "daily":
            return _("daily {time}").format(time=_clock(value["atHour"], value.get("atMinute")))
        if kind == "weekly":
            day = _DAYS[int(value["dayOfWeek"])]
            return _("weekly {day} {time}").format(day=_(day), time=_clock(value["atHour"], 0))
    except (KeyError, TypeError, ValueError, IndexError):
        return str(kind)
    return str(kind or "")


def _length(minutes: int) -> str:
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def _clock(hour: Any, minute: Any) -> str:
    return f"{int(hour)}:{int(minute or 0):02}"


def _time(text: str, hour: str, minute: str | None) -> tuple[int, int]:
    found = int(hour), int(minute or 0)
    if found[0] > 23 or found[1] > 59:
        raise _unknown(text)
    return found


def _cron(expression: str) -> dict[str, Any]:
    from store.ai.runs.cadence import valid

    cadence = {"kind": "cron", "expression": expression.upper()}
    if not valid(cadence):
        raise _unknown(f"cron {expression}")
    return cadence


def _unknown(text: str) -> InvalidValueError:
    return InvalidValueError(
        _("{text!r} does not say when to run.").format(text=text),
        kept=_("Nothing was changed."),
        hint=_("Write manual, every 2h, daily 9:00, mon 9:00 or cron 0 9 * * 1-5."),
    )
