"""Dates as people type and see them: a closed grammar, and words for the days near now.

    a day      2026-12-03, from 1900 to 2999 · today tomorrow yesterday · a weekday, the next
               such day, never today · next week, its first day, by habit Monday · +3d +2w +1m,
               a month cut to its last day
    a time     17:30 · 9:05 · 15 Uhr · 17:30:10, alone: the next time it is so late
    both       a day, then a time, "at" or "um" between them if wanted; 2026-12-03T17:30, which
               may end in Z or an offset
    German     heute morgen übermorgen gestern, montag or mo, nächste woche, +3t

Nothing else is a date, so a title never turns into one. A day stays ``YYYY-MM-DD`` and has no
zone; a time becomes an instant in UTC. Where the clock goes forward a time that does not exist
moves on by the gap; where it goes back the first of the two is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from store.errors import InvalidValueError
from store.stamps import instant
from store.words import N_, _, language


class _Here(tzinfo):
    """This machine's zone with its rules, which ``astimezone()`` alone reduces to one offset."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return moment.replace(tzinfo=None).astimezone().utcoffset() if moment else None

    def dst(self, moment: datetime | None) -> timedelta | None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return moment.replace(tzinfo=None).astimezone().tzname() if moment else None

    def fromutc(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)


UPCOMING = 7
"""Days after today that lists of upcoming things hold."""

HERE: tzinfo = _Here()
"""The zone of this machine."""

_SECOND = timedelta(seconds=1)

_clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


_latest: tuple[datetime, datetime] | None = None

_FIRST = {"monday": 0, "saturday": 5, "sunday": 6}
_first_weekday = 0
_halves = False


def set_habits(first_weekday: str = "monday", clock: str = "24h") -> None:
    """How this person counts weeks and hours: the day a week begins with, ``24h`` or ``12h``."""
    global _first_weekday, _halves
    _first_weekday, _halves = _FIRST.get(first_weekday, 0), clock == "12h"


def first_weekday() -> int:
    """The day that a week begins with, 0 for Monday."""
    return _first_weekday


def set_clock(clock: Callable[[], datetime]) -> None:
    """Let rows and typed dates follow ``clock``, the one that the workbench was opened with."""
    global _clock, _latest
    _clock, _latest = clock, None


def now() -> datetime:
    """The present moment in the zone of this machine, to the second.

    Finding the zone costs more than all else in a row, so within one second it is found once.
    """
    global _latest
    moment = _clock()
    if _latest is None or not timedelta() <= moment - _latest[0] < _SECOND:
        _latest = moment, moment.astimezone(HERE)
    return _latest[1]


def local(moment: datetime) -> datetime:
    """``moment`` in the zone of this machine, with the zone's rules."""
    return moment.astimezone(HERE)


# Typed ------------------------------------------------------------------------------------------

_WEEKDAYS = (
    ("monday", "mon", "montag", "mo"),
    ("tuesday", "tue", "dienstag", "di"),
    ("wednesday", "wed", "mittwoch", "mi"),
    ("thursday", "thu", "donnerstag", "do"),
    ("friday", "fri", "freitag", "fr"),
    ("saturday", "sat", "samstag", "sonnabend", "sa"),
    ("sunday", "sun", "sonntag", "so"),
)
_WEEKDAY = {word: number for number, words in enumerate(_WEEKDAYS) for word in words}
_NEAR = {"yesterday": -1, "gestern": -1, "today": 0, "heute": 0}
_NEAR |= {"tomorrow": 1, "morgen": 1, "übermorgen": 2, "uebermorgen": 2}
_NEXT_WEEK = ("next week", "nächste woche", "naechste woche")

# Compiled when something is typed: a start has no use for them.
_ISO_DAY = r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}"
_ISO_MOMENT = (
    r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}[t ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(z|[+-][0-9]{2}:?[0-9]{2})?"
)
_LATER = r"\+([0-9]{1,4})([dtwm])"
_TIME = (
    r"(?:(.+?) (?:at |um )?)?"
    r"([0-9]{1,2})(?:(:[0-9]{2})(:[0-9]{2})?(?: uhr)?| uhr)"
)


def read(text: str, now: datetime) -> str:
    """The day ``YYYY-MM-DD`` or the UTC instant that ``text`` means, seen from ``now``.

    ``now`` bears the zone in which the text was typed; its rules decide, not its present offset.
    Raises InvalidValueError for everything outside the grammar.
    """
    import unicodedata

    typed = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    try:
        if re.fullmatch(_ISO_MOMENT, typed):
            moment = datetime.fromisoformat(typed.upper())
            return instant(moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo))
        if found := re.fullmatch(_TIME, typed):
            hour, minute, second = (int((part or "0").lstrip(":")) for part in found.groups()[1:])
            at = time(hour, minute, second)
            if found[1]:
                return _moment(_day(found[1], now), at, now)
            return _next(at, now)
        return _day(typed, now).isoformat()
    except (ValueError, OverflowError):
        raise InvalidValueError(
            _("That is not a date or time."),
            kept=_("Nothing was changed."),
            hint=_(
                "Write 2026-12-03, today, tomorrow, yesterday, a weekday, next week, +3d, +2w "
                "or +1m; a time such as 17:30 may follow it or stand alone."
            ),
        ) from None


def _day(typed: str, now: datetime) -> date:
    """The day that ``typed`` means; ValueError outside the grammar."""
    today = now.date()
    if typed in _NEAR:
        return today + timedelta(_NEAR[typed])
    if typed in _WEEKDAY:
        return today + timedelta((_WEEKDAY[typed] - today.weekday() - 1) % 7 + 1)
    if typed in _NEXT_WEEK:
        return today + timedelta((_first_weekday - today.weekday() - 1) % 7 + 1)
    if found := re.fullmatch(_LATER, typed):
        count, unit = int(found[1]), found[2]
        if unit == "m":
            return _months_later(today, count)
        return today + timedelta(count * (7 if unit == "w" else 1))
    if re.fullmatch(_ISO_DAY, typed):
        return date.fromisoformat(typed)
    raise ValueError


def _months_later(day: date, count: int) -> date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    from calendar import monthrange

    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _moment(day: date, at: time, now: datetime) -> str:
    return instant(datetime.combine(day, at, now.tzinfo))


def _next(at: time, now: datetime) -> str:
    today = _moment(now.date(), at, now)
    return today if today > instant(now) else _moment(now.date() + timedelta(1), at, now)


def moved(old: str, new: str, now: datetime) -> str:
    """``new``, and where it is a day alone also the time of day that ``old`` had, if any."""
    parts = _parts(old, now) if len(new) == 10 else None
    if parts is None or parts[1] is None:
        return new
    return _moment(date.fromisoformat(new), parts[1], now)


# Shown ------------------------------------------------------------------------------------------

_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)


def _parts(value: str, now: datetime) -> tuple[date, time | None] | None:
    """The local day and time of a stored day or instant; None where it is neither."""
    try:
        if len(value) == 10:
            return date.fromisoformat(value), None
        moment = datetime.fromisoformat(value)
        if moment.tzinfo:
            moment = moment.astimezone(now.tzinfo)
        return moment.date(), moment.time()
    except (ValueError, OverflowError):
        return None


def day(value: str, now: datetime) -> date | None:
    """The local day of a stored day or instant; None where it is neither."""
    parts = _parts(value, now)
    return parts[0] if parts else None


def shown(value: str, now: datetime) -> str:
    """A stored day or instant in few words: today, tomorrow 17:30, Fri, 3 Dec, 3 Dec 2027."""
    if len(value) == 10:
        return _shown_day(value, now.date(), language())
    return _shown(value, now)


def moment(value: str, now: datetime) -> str:
    """A stored instant as somebody says it of what was done: the time today, else as ``shown``."""
    parts = _parts(value, now)
    if parts and parts[1] and parts[0] == now.date():
        return clock_time(parts[1])
    return _shown(value, now)


def clock_time(at: time) -> str:
    """A time of day to the minute: 17:30, or 5:30 pm for those who count to twelve."""
    if not _halves:
        return f"{at:%H:%M}"
    words = _("{hour}:{minute} pm") if at.hour >= 12 else _("{hour}:{minute} am")
    return words.format(hour=(at.hour + 11) % 12 + 1, minute=f"{at.minute:02}")


@lru_cache(maxsize=1024)
def _shown_day(value: str, today: date, spoken: str) -> str:
    """``shown`` of a bare day; lists show the same few days many times."""
    return _shown(value, datetime.combine(today, time()))


def _shown(value: str, now: datetime) -> str:
    parts = _parts(value, now)
    if parts is None:
        return value
    that, at = parts
    away = (that - now.date()).days
    if away in (-1, 0, 1):
        words = (_("today"), _("tomorrow"), _("yesterday"))[away]
    elif 1 < away < 7:
        words = _(_DAYS[that.weekday()])
    else:
        words = _("{day} {month}") if that.year == now.year else _("{day} {month} {year}")
        words = words.format(day=that.day, month=_(_MONTHS[that.month - 1]), year=that.year)
    return f"{words} {clock_time(at)}" if at else words


def overdue(value: str, now: datetime) -> bool:
    """Whether a stored day is over, or a stored instant past."""
    if len(value) == 10:
        return value < now.date().isoformat()
    parts = _parts(value, now)
    return parts is not None and datetime.combine(*parts, now.tzinfo) < now  # type: ignore[arg-type]


def marks(now: datetime, zone: tzinfo = HERE) -> dict[str, str]:
    """What filters compare stored times with, by the names that are bound in their SQL.

    ``now`` and the starts of days are instants; ``today``, ``tomorrow`` and ``week``, the last day
    that is upcoming, are days as ``zone`` has them.
    """
    now = now.astimezone(zone)
    today = now.date()
    tomorrow, week = today + timedelta(1), today + timedelta(UPCOMING)
    return {
        "now": instant(now),
        "today": today.isoformat(),
        "tomorrow": tomorrow.isoformat(),
        "week": week.isoformat(),
        "today_start": _moment(today, time(), now),
        "tomorrow_start": _moment(tomorrow, time(), now),
        "week_end": _moment(week + timedelta(1), time(), now),
    }
