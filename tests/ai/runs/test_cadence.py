"""When a mission runs: in its own zone, over the changes of its clocks, and never twice a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.ai.runs import cadence, schedule
from store.stamps import instant
from tests.ai.runs.support import every, mission, record

VIENNA = "Europe/Vienna"
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(hour: int, minute: int) -> dict:
    return {"kind": "daily", "atHour": hour, "atMinute": minute}


def weekly(day: int, hour: int) -> dict:
    return {"kind": "weekly", "dayOfWeek": day, "atHour": hour}


def cron(expression: str) -> dict:
    return {"kind": "cron", "expression": expression}


@pytest.mark.parametrize(
    ("given", "after", "expected"),
    [
        # the clock goes forward on 29 March 2026 at 2:00: 2:30 is not there and moves on by the gap
        (daily(2, 30), "2026-03-28T20:00", "2026-03-29T01:30"),
        (daily(2, 30), "2026-03-29T01:30", "2026-03-30T00:30"),
        (weekly(0, 2), "2026-03-28T20:00", "2026-03-29T01:00"),
        (weekly(0, 2), "2026-03-29T01:00", "2026-04-05T00:00"),
        (cron("30 2 * * *"), "2026-03-28T20:00", "2026-03-29T01:00"),
        (cron("30 2 * * *"), "2026-03-29T01:00", "2026-03-30T00:30"),
        # it goes back on 25 October 2026 at 3:00: 2:30 is there twice and the first one is meant
        (daily(2, 30), "2026-10-24T20:00", "2026-10-25T00:30"),
        (daily(2, 30), "2026-10-25T00:30", "2026-10-26T01:30"),
        (daily(2, 30), "2026-10-25T01:00", "2026-10-26T01:30"),
        (weekly(0, 2), "2026-10-24T20:00", "2026-10-25T00:00"),
        (weekly(0, 2), "2026-10-25T00:00", "2026-11-01T01:00"),
        (cron("30 2 * * *"), "2026-10-24T20:00", "2026-10-25T00:30"),
        (cron("30 2 * * *"), "2026-10-25T01:10", "2026-10-26T01:30"),
        # what runs many times an hour goes by the time that passes, over the doubled hour too
        (cron("*/30 * * * *"), "2026-10-25T00:30", "2026-10-25T01:00"),
        (cron("*/30 * * * *"), "2026-10-25T01:00", "2026-10-25T01:30"),
        (every(60), "2026-10-25T00:30", "2026-10-25T01:30"),
        (every(60), "2026-03-29T00:30", "2026-03-29T01:30"),
    ],
)
def test_a_time_of_day_holds_over_changes_of_the_clock(given, after, expected):
    assert cadence.next_run(given, utc(after), VIENNA) == utc(expected)


# A day that is left out in Samoa, half hours of summer time on Lord Howe, a country without any.
_NEAR = [
    (VIENNA, "2026-03-28T12:00"),
    (VIENNA, "2026-10-24T12:00"),
    ("Australia/Lord_Howe", "2026-04-04T00:00"),
    ("Australia/Lord_Howe", "2026-10-03T00:00"),
    ("America/New_York", "2026-11-01T00:00"),
    ("Pacific/Apia", "2011-12-29T00:00"),
    ("Asia/Kathmandu", "2026-01-01T00:00"),
]


def by_minutes(hour: int, minute: int, weekday: int | None, after: datetime, zone: str) -> datetime:
    """The next run found by looking at the clock on the wall each minute.

    A clock that is never put right by the change of its day tells when a time comes that the right
    one leaves out.
    """
    place = ZoneInfo(zone)
    now = after.replace(second=0, microsecond=0)
    while True:
        now += MINUTE
        shown = now.astimezone(place)
        if shown.fold:
            continue  # the hour was there already
        if (shown.hour, shown.minute) == (hour, minute) and _on(weekday, shown):
            return now
        before = (now - MINUTE).astimezone(place)
        skipped = shown.utcoffset() - before.utcoffset()
        if skipped > timedelta(0):
            # The wall goes from ``last`` to ``shown``; a time between them comes as long after.
            last = before.replace(tzinfo=None) + MINUTE
            for ahead in range(int(skipped / MINUTE)):
                missing = last + ahead * MINUTE
                if (missing.hour, missing.minute) == (hour, minute) and _on(weekday, missing):
                    return now + ahead * MINUTE


def _on(weekday: int | None, shown: datetime) -> bool:
    return weekday is None or shown.isoweekday() % 7 == weekday


@settings(max_examples=60)
@given(
    near=st.sampled_from(_NEAR),
    shift=st.integers(0, 48 * 60),
    hour=st.integers(0, 23),
    minute=st.sampled_from([0, 15, 29, 30, 59]),
    weekday=st.none() | st.integers(0, 6),
)
@example(near=(VIENNA, "2026-03-28T12:00"), shift=0, hour=2, minute=30, weekday=None)
@example(near=(VIENNA, "2026-10-24T12:00"), shift=13 * 60, hour=2, minute=0, weekday=0)
def test_the_next_time_is_the_one_that_the_wall_clock_comes_to_next(
    near, shift, hour, minute, weekday
):
    zone, start = near
    after = utc(start) + shift * MINUTE
    given = daily(hour, minute)
    if weekday is not None:
        given = weekly(weekday, hour) | {"atMinute": minute}
    found = cadence.next_run(given, after, zone)
    assert found == by_minutes(hour, minute, weekday, after, zone)


@settings(max_examples=40)
@given(
    near=st.sampled_from(_NEAR),
    shift=st.integers(0, 48 * 60),
    expression=st.sampled_from(
        ["30 2 * * *", "0 0 * * *", "*/20 * * * *", "15 1-3 * * *", "5 2 * * sun", "0 */2 * * *"]
    ),
)
def test_cron_goes_on_and_never_back(near, shift, expression):
    zone, start = near
    now = utc(start) + shift * MINUTE
    for _round in range(5):
        found = cadence.next_run(cron(expression), now, zone)
        assert found is not None
        assert now < found <= now + timedelta(days=9)
        now = found


def test_a_machine_that_does_not_name_its_zone_gets_cron_past_a_doubled_hour(monkeypatch):
    monkeypatch.setattr(cadence, "local_zone", lambda: "")
    now = utc("2026-10-25T00:00")
    for _round in range(20):
        after, now = now, cadence.next_run(cron("*/15 * * * *"), now)
        assert now == after + timedelta(minutes=15)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "daily",
        {},
        {"kind": "yearly"},
        {"kind": "interval"},
        {"kind": "interval", "everyMinutes": 0},
        {"kind": "interval", "everyMinutes": float("inf")},
        {"kind": "interval", "everyMinutes": True},
        {"kind": "daily", "atHour": 24, "atMinute": 0},
        {"kind": "daily", "atHour": "9", "atMinute": 0},
        {"kind": "weekly", "atHour": 9},
        {"kind": "weekly", "dayOfWeek": 7, "atHour": 9},
        {"kind": "cron"},
        {"kind": "cron", "expression": "* * * * * *"},
        {"kind": "cron", "expression": "0 0 30 2 *"},
        {"kind": "cron", "expression": "61 * * * *"},
        {"kind": "cron", "expression": "@daily"},
    ],
)
def test_what_is_no_cadence_never_runs_and_raises_nothing(broken):
    assert cadence.next_run(broken, utc("2026-06-01T12:00")) is None


def test_an_unknown_zone_falls_back_on_this_machines():
    assert cadence.next_run(daily(9, 0), utc("2026-06-01T12:00"), "Mars/Olympus") == utc(
        "2026-06-02T09:00"
    )
    assert cadence.known_zone(VIENNA)
    assert not cadence.known_zone("../../etc/passwd")


def test_missed_slots_are_one_and_intervals_do_not_drift():
    slot, now = utc("2026-06-01T12:00"), utc("2026-06-01T13:07")
    assert cadence.following(every(5), slot, now) == utc("2026-06-01T13:10")
    assert cadence.following(daily(9, 0), utc("2026-05-01T09:00"), now) == utc("2026-06-02T09:00")
    assert cadence.following(every(5), slot, slot) == slot + timedelta(minutes=5)


def test_a_clock_that_was_years_ahead_does_not_keep_a_mission_waiting_for_years(bench, clock):
    right = clock.time
    clock.time = right + timedelta(days=3000)
    id = mission(bench, cadence=every(30))
    clock.time = right
    assert schedule.mended(bench, record(bench, id)) == {
        "nextRunAt": instant(right + timedelta(minutes=30))
    }
    clock.time = right + timedelta(days=3000)  # and there its time may stay
    assert schedule.mended(bench, record(bench, id)) == {}


def test_a_clock_at_the_end_of_time_stops_nothing():
    late = datetime.max.replace(tzinfo=UTC)
    for one in (every(30), daily(9, 0), weekly(1, 9), cron("0 9 * * *")):
        assert cadence.next_run(one, late, VIENNA) is None
