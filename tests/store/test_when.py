"""Dates as people type and see them: every form of the grammar, and the traps around it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import when, words
from store.errors import InvalidValueError

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=BERLIN)
"""A Wednesday; Berlin is one hour ahead of UTC."""

DAYS = {
    "2026-12-03": "2026-12-03",
    "2028-02-29": "2028-02-29",
    "1900-01-01": "1900-01-01",
    "today": "2026-11-25",
    "heute": "2026-11-25",
    "tomorrow": "2026-11-26",
    "morgen": "2026-11-26",
    "übermorgen": "2026-11-27",
    "u\u0308bermorgen": "2026-11-27",
    "uebermorgen": "2026-11-27",
    "yesterday": "2026-11-24",
    "gestern": "2026-11-24",
    "  ToMorrow ": "2026-11-26",
    "thursday": "2026-11-26",
    "fri": "2026-11-27",
    "freitag": "2026-11-27",
    "fr": "2026-11-27",
    "so": "2026-11-29",
    "sonnabend": "2026-11-28",
    "tuesday": "2026-12-01",
    "wednesday": "2026-12-02",
    "mi": "2026-12-02",
    "next week": "2026-11-30",
    "next   week": "2026-11-30",
    "nächste Woche": "2026-11-30",
    "naechste woche": "2026-11-30",
    "+0d": "2026-11-25",
    "+3d": "2026-11-28",
    "+3t": "2026-11-28",
    "+2w": "2026-12-09",
    "+1m": "2026-12-25",
    "+14m": "2028-01-25",
}

INSTANTS = {
    "2026-12-03 17:30": "2026-12-03T16:30:00.000Z",
    "2026-12-03T17:30": "2026-12-03T16:30:00.000Z",
    "2026-12-03t17:30:05": "2026-12-03T16:30:05.000Z",
    "2026-12-03T17:30:05.25Z": "2026-12-03T17:30:05.250Z",
    "2026-12-03T17:30+05:30": "2026-12-03T12:00:00.000Z",
    "2026-12-03T17:30-0800": "2026-12-04T01:30:00.000Z",
    "2026-07-03 17:30": "2026-07-03T15:30:00.000Z",
    "tomorrow 17:30": "2026-11-26T16:30:00.000Z",
    "tomorrow at 9:05": "2026-11-26T08:05:00.000Z",
    "morgen 15 Uhr": "2026-11-26T14:00:00.000Z",
    "morgen um 15:30 Uhr": "2026-11-26T14:30:00.000Z",
    "montag 8:00": "2026-11-30T07:00:00.000Z",
    "next week 8:00": "2026-11-30T07:00:00.000Z",
    "nächste woche um 8 uhr": "2026-11-30T07:00:00.000Z",
    "+1m 00:00": "2026-12-24T23:00:00.000Z",
    "today 09:00": "2026-11-25T08:00:00.000Z",
    "15:01": "2026-11-25T14:01:00.000Z",
    "15:00": "2026-11-26T14:00:00.000Z",
    "9:05": "2026-11-26T08:05:00.000Z",
    "16 Uhr": "2026-11-25T15:00:00.000Z",
}

REFUSED = (
    *("", " ", "soon", "17", "5pm", "15", "24:00", "12:60", "7:5", "tomorrow 5", "uhr", "at 17:30"),
    *("2026-02-29", "2026-13-01", "2026-1-3", "20261203", "2026-W49-4", "03.12.2026", "12/03/2026"),
    *("0001-01-01", "3000-01-01", "26-12-03", "2026-12-03 24:00", "2026-12-03T17:30:05,5"),
    *("+3", "3d", "+d", "-3d", "+1y", "+99999d", "+1m+1d", "next friday", "in 3 days", "next"),
    *("today tomorrow", "tomorrow 17:30 18:00", "17:30 tomorrow", "buy milk tomorrow", "+٣d"),
    *("the monday report", "2026-12-03\n17:30 x", "2026-12-03T17:30 17:30", "17:30+01:00"),
)


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_a_day_is_read(text, day):
    assert when.read(text, NOW) == day


@pytest.mark.parametrize(("text", "instant"), INSTANTS.items())
def test_a_time_is_read_in_the_zone_of_its_day(text, instant):
    assert when.read(text, NOW) == instant


@pytest.mark.parametrize("text", REFUSED)
def test_everything_else_is_refused_with_what_is_accepted(text):
    with pytest.raises(InvalidValueError) as error:
        when.read(text, NOW)
    assert "today" in error.value.hint
    assert not text.strip() or text not in error.value.message


@given(st.text(alphabet="0123456789-+:. tTzZdwmuhratx", max_size=24))
def test_no_text_does_anything_but_parse_or_be_refused(text):
    try:
        value = when.read(text, NOW)
    except InvalidValueError:
        return
    assert (len(value) == 10) != value.endswith("Z")
    assert len(value) in (10, 24)


@pytest.mark.parametrize(
    ("now", "text", "day"),
    [
        ((2026, 1, 31), "+1m", "2026-02-28"),
        ((2028, 1, 31), "+1m", "2028-02-29"),
        ((2028, 2, 29), "+12m", "2029-02-28"),
        ((2026, 12, 31), "tomorrow", "2027-01-01"),
        ((2026, 11, 29), "next week", "2026-11-30"),
        ((2026, 11, 30), "next week", "2026-12-07"),
        ((2026, 11, 30), "monday", "2026-12-07"),
    ],
)
def test_ends_of_months_years_and_weeks(now, text, day):
    assert when.read(text, datetime(*now, 10, tzinfo=BERLIN)) == day


def test_clock_changes_move_no_time_of_day():
    before = datetime(2027, 3, 27, 18, 0, tzinfo=BERLIN)
    assert when.read("tomorrow 17:30", before) == "2027-03-28T15:30:00.000Z"
    assert when.read("+1w 17:30", before) == "2027-04-03T15:30:00.000Z"
    assert when.read("17:30", before) == "2027-03-28T15:30:00.000Z"
    # 02:30 does not exist on that night and moves on by the hour that is left out.
    assert when.read("tomorrow 02:30", before) == "2027-03-28T01:30:00.000Z"
    # In October it exists twice and the first is meant.
    assert when.read("2026-10-25 02:30", before) == "2026-10-25T00:30:00.000Z"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-11-25", "today"),
        ("2026-11-26", "tomorrow"),
        ("2026-11-24", "yesterday"),
        ("2026-11-27", "Fri"),
        ("2026-12-01", "Tue"),
        ("2026-12-02", "2 Dec"),
        ("2026-11-23", "23 Nov"),
        ("2027-01-05", "5 Jan 2027"),
        ("2026-11-25T16:30:00.000Z", "today 17:30"),
        ("2026-11-25T23:30:00.000Z", "tomorrow 00:30"),
        ("someday", "someday"),
        ("2026-99-99", "2026-99-99"),
    ],
)
def test_a_stored_time_is_shown_in_few_words(value, said):
    assert when.shown(value, NOW) == said


@pytest.fixture
def habits():
    yield when.set_habits
    when.set_habits()
    words.set_language("en")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-11-25", "heute"),
        ("2026-11-27", "Fr"),
        ("2026-12-02", "2. Dez."),
        ("2027-03-05", "5. März 2027"),
        ("2026-11-26T16:30:00.000Z", "morgen 17:30"),
        ("2026-05-01T10:00:00.000Z", "1. Mai 12:00"),
    ],
)
@pytest.mark.usefixtures("habits")
def test_a_stored_time_is_shown_as_germans_write_it(value, said):
    assert when.shown(value, NOW) != said
    words.set_language("de")
    assert when.shown(value, NOW) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ((0, 5), "12:05 am"),
        ((9, 30), "9:30 am"),
        ((12, 0), "12:00 pm"),
        ((17, 30), "5:30 pm"),
        ((23, 59), "11:59 pm"),
    ],
)
def test_a_clock_of_twelve_hours_is_kept_everywhere(habits, at, said):
    stored = datetime(2026, 11, 25, *at, tzinfo=BERLIN).astimezone(UTC)
    value = stored.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert when.moment(value, NOW) == f"{at[0]:02}:{at[1]:02}"
    habits(clock="12h")
    assert when.shown(value, NOW) == f"today {said}"
    assert when.moment(value, NOW) == said


def test_what_was_done_today_has_its_time_alone_and_else_its_day_too():
    assert when.moment("2026-11-25T08:00:00.000Z", NOW) == "09:00"
    assert when.moment("2026-11-24T08:00:00.000Z", NOW) == "yesterday 09:00"
    assert when.moment("2025-11-24T08:00:00.000Z", NOW) == "24 Nov 2025 09:00"


@pytest.mark.parametrize(
    ("first", "days"),
    [
        ("monday", {28: "2026-11-30", 29: "2026-11-30", 30: "2026-12-07"}),
        ("sunday", {28: "2026-11-29", 29: "2026-12-06", 30: "2026-12-06"}),
        ("saturday", {27: "2026-11-28", 28: "2026-12-05", 29: "2026-12-05"}),
    ],
)
def test_next_week_begins_with_the_day_that_weeks_begin_with(habits, first, days):
    habits(first_weekday=first)
    for today, begins in days.items():
        assert when.read("next week", datetime(2026, 11, today, 10, tzinfo=BERLIN)) == begins
        assert when.read("nächste woche", datetime(2026, 11, today, 10, tzinfo=BERLIN)) == begins


@pytest.mark.usefixtures("habits")
def test_english_and_german_are_read_whatever_is_spoken():
    for language in ("en", "de", "en-XA"):
        words.set_language(language)
        assert when.read("tomorrow", NOW) == when.read("morgen", NOW) == "2026-11-26"


def test_a_day_is_overdue_when_it_is_over_and_an_instant_when_it_is_past():
    assert when.overdue("2026-11-24", NOW)
    assert not when.overdue("2026-11-25", NOW)
    assert when.overdue("2026-11-25T13:59:00.000Z", NOW)
    assert not when.overdue("2026-11-25T14:01:00.000Z", NOW)
    assert not when.overdue("someday", NOW)
    assert not when.overdue("", NOW)


def test_the_marks_of_filters_are_days_and_instants_of_the_zone():
    assert when.marks(datetime(2026, 11, 25, 23, 30, tzinfo=UTC), BERLIN) == {
        "now": "2026-11-25T23:30:00.000Z",
        "today": "2026-11-26",
        "tomorrow": "2026-11-27",
        "week": "2026-12-03",
        "today_start": "2026-11-25T23:00:00.000Z",
        "tomorrow_start": "2026-11-26T23:00:00.000Z",
        "week_end": "2026-12-03T23:00:00.000Z",
    }


@pytest.fixture
def new_york(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_the_zone_of_the_machine_keeps_its_rules_and_not_only_its_offset():
    now = when.local(datetime(2026, 3, 7, 17, 0, tzinfo=UTC))
    assert (now.day, now.hour) == (7, 12)
    assert when.read("12:01", now) == "2026-03-07T17:01:00.000Z"
    assert when.read("tomorrow 12:00", now) == "2026-03-08T16:00:00.000Z"
    assert when.read("+2w 12:00", now) == "2026-03-21T16:00:00.000Z"
    assert when.read("2026-11-01 01:30", now) == "2026-11-01T05:30:00.000Z"
    assert when.shown("2026-07-04T03:00:00.000Z", now) == "3 Jul 23:00"
    assert when.marks(now)["tomorrow_start"] == "2026-03-08T05:00:00.000Z"
    assert when.marks(now)["week_end"] == "2026-03-15T04:00:00.000Z"
