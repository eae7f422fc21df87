"""When a mission runs next: the arithmetic of cadences.

What a person types and reads is in ``store.ai.cadence_words``; here the wire's objects are worked
with, whoever wrote them. Times of day are local to the mission's zone. Where the clock goes
forward, a daily or weekly time that does not exist moves on by the gap, and a cron time runs as the
gap ends, as Debian's does. Where the clock goes back, the first of the two is meant. So nothing
that runs at a time of day runs twice a day, and nothing is left out. ``atMinute`` of a weekly
cadence is read though nothing here writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from store import when

_DAY = timedelta(days=1)
_LONGEST = 366 * 24 * 60
"""Minutes between two runs at most."""


def valid(cadence: object) -> bool:
    """Whether this can be understood, wherever it came from."""
    if not isinstance(cadence, Mapping):
        return False
    kind = cadence.get("kind")
    if kind == "manual":
        return True
    if kind == "interval":
        return _number(cadence.get("everyMinutes"), 1, _LONGEST) is not None
    if kind == "cron":
        expression = cadence.get("expression")
        return isinstance(expression, str) and not _cron_fault(expression)
    hours = _number(cadence.get("atHour"), 0, 23) is not None
    minutes = _number(cadence.get("atMinute", 0), 0, 59) is not None
    if kind == "daily":
        return hours and minutes
    return (
        kind == "weekly"
        and hours
        and minutes
        and _number(cadence.get("dayOfWeek"), 0, 6) is not None
    )


def _number(value: object, least: int, most: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value) if least <= value <= most else None


def zone_of(name: object) -> tzinfo:
    """The zone with this IANA name; this machine's for none, or for one that is not known here."""
    return _named(name) or _named(local_zone()) or when.HERE


def _named(name: object) -> tzinfo | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if isinstance(name, str) and name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None
    return None


def known_zone(name: str) -> bool:
    """Whether ``name`` is an IANA zone that this machine knows."""
    return _named(name) is not None


def local_zone() -> str:
    """The IANA name of this machine's zone; "" where it does not say."""
    import os

    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        path = os.path.realpath("/etc/localtime")
        name = path.partition("/zoneinfo/")[2]
    return name if name and known_zone(name) else ""


def next_run(cadence: object, after: datetime, zone: object = "") -> datetime | None:
    """The first time after the instant ``after``, in UTC; None for never.

    zone: the IANA name of the mission's zone, "" for this machine's.
    """
    if not isinstance(cadence, Mapping) or not valid(cadence) or cadence["kind"] == "manual":
        return None
    after = after.astimezone(UTC)
    try:
        if cadence["kind"] == "interval":
            return after + timedelta(minutes=int(cadence["everyMinutes"]))
        place = zone_of(zone)
        if cadence["kind"] == "cron":
            return _next_cron(cadence["expression"], after, place)
        return _next_day(cadence, after, place)
    except (OverflowError, ValueError):  # a clock at the end of time
        return None


def following(
    cadence: object, slot: datetime | None, now: datetime, zone: object = ""
) -> datetime | None:
    """The next time after ``now`` for a mission whose last one was ``slot``.

    Intervals are counted from the slot, so they do not drift and two devices name the same ones;
    whatever was missed in between is one run.
    """
    found = next_run(cadence, now, zone)
    if found is None or slot is None or not isinstance(cadence, Mapping):
        return found
    if cadence["kind"] != "interval" or slot > now:
        return found
    length = timedelta(minutes=int(cadence["everyMinutes"]))
    return slot + ((now - slot) // length + 1) * length


def _next_day(cadence: Mapping[str, Any], after: datetime, zone: tzinfo) -> datetime:
    at = time(int(cadence["atHour"]), int(cadence.get("atMinute", 0)))
    weekday = (int(cadence["dayOfWeek"]) - 1) % 7 if cadence["kind"] == "weekly" else None
    day = after.astimezone(zone).date() - _DAY
    while True:
        if weekday is None or day.weekday() == weekday:
            moment = _instant(day, at, zone)
            if moment > after:
                return moment
        day += _DAY


def _instant(day: date, at: time, zone: tzinfo) -> datetime:
    """A local time as an instant: the first of two; one that is skipped moves on by the gap."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _cron_fault(expression: str) -> str:
    """Why cron cannot read this, in cron's English; "" if it can."""
    from cronsim import CronSim, CronSimError

    if len(expression.split()) != 5:
        return "five fields"
    try:
        next(CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC)))
    except StopIteration:
        return "never"
    except CronSimError as error:
        return str(error).lower()
    except (ValueError, AssertionError, TypeError):
        return "five fields"
    return ""


def _next_cron(expression: str, after: datetime, zone: tzinfo) -> datetime | None:
    from cronsim import CronSim

    # A zone without names for the two halves of a doubled hour would hold cron there for ever.
    local = after.astimezone() if zone is when.HERE else after.astimezone(zone)
    # Inside a doubled hour the local clock says less than has passed: what it gives first may lie
    # before ``after``.
    for moment in CronSim(expression, local):
        found = moment.astimezone(UTC)
        if found > after:
            return found
    return None
