"""What the status line says of syncing: the most urgent first, louder with age, right in 40
columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from store.sync.status import CollectionStatus, Status, Waiting
from tui.asking import syncing
from tui.asking.syncing import ALARM, QUIET, STRONG, TROUBLE
from tui.widgets import Segment, cells
from tui.widgets.status_line import fitted

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def ago(**span: float) -> str:
    at = NOW - timedelta(**span)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def words(status: Status) -> list[str]:
    return [piece.words for piece in syncing.pieces(status, NOW)]


def test_a_home_without_an_account_says_nothing() -> None:
    assert syncing.pieces(Status(), NOW) == []
    assert not syncing.ages(Status())


def test_what_is_in_step_says_since_when() -> None:
    assert words(Status("idle", acknowledged=ago(minutes=3))) == ["synced 11:57"]


def test_a_fetch_that_found_nothing_is_not_painted_every_minute() -> None:
    said = {words(Status("idle", pulled=ago(seconds=s)))[0] for s in range(0, 300, 20)}
    assert len(said) <= 2
    assert words(Status("idle", pulled=ago(minutes=2))) == ["synced 11:55"]


@pytest.mark.parametrize(
    ("age", "loud", "said"),
    [
        (timedelta(minutes=1), QUIET, "3 to send"),
        (timedelta(minutes=11), STRONG, "3 to send"),
        (timedelta(hours=2), TROUBLE, "3 unsent for 2 h"),
        (timedelta(days=3), ALARM, "3 unsent for 3 days"),
    ],
)
def test_the_older_a_change_that_was_not_sent_the_louder(
    age: timedelta, loud: int, said: str
) -> None:
    oldest = ago(seconds=age.total_seconds())
    (piece,) = syncing.pieces(Status("idle", pending=3, oldest=oldest), NOW)
    assert (piece.loud, piece.words) == (loud, said)


def test_a_record_that_was_imported_is_no_older_than_the_last_that_was_sent() -> None:
    status = Status("idle", pending=1, oldest="2019-01-01T00:00:00.000Z", acknowledged=ago(hours=0))
    assert syncing.pieces(status, NOW)[0].loud == QUIET


def test_offline_says_since_when_and_how_much_waits() -> None:
    status = Status("offline", pending=41, oldest=ago(hours=2), pulled=ago(hours=2))
    assert words(status) == ["offline 2 h · 41 wait"]
    assert words(Status("offline", pulled=ago(minutes=7))) == ["offline 7 min"]
    assert syncing.ages(status)


def test_why_nothing_goes_stands_first() -> None:
    status = Status("out", pending=2, oldest=ago(hours=3), waiting=Waiting(1, 1, 0, 0, 2))
    assert words(status) == ["signed out", "2 unsent for 3 h", "2 conflicts", "2 held"]
    failed = CollectionStatus("todo", "tasks", 0, "", 0, "The server failed: 500", ago(hours=1))
    assert words(Status("idle", collections=(failed,)))[0] == "sync error"


@pytest.mark.parametrize("state", ["out", "refused", "unpaid"])
def test_what_somebody_must_do_something_about_is_never_left_out(state: str) -> None:
    assert syncing.pieces(Status(state), NOW)[0].loud >= TROUBLE  # type: ignore[arg-type]


def test_forty_columns_keep_space_and_trouble_and_drop_the_rest() -> None:
    status = Status("out", pending=2, oldest=ago(hours=3))
    trouble = " · ".join(words(status))
    line = fitted(
        [
            Segment("Personal", "status_strong", 1),
            Segment(trouble, "status_warn", 3),
            Segment("Sync", "status", 4),
            Segment("synced 12:04", "status", 6),
            Segment("? keys", "status", 9),
        ],
        38,
    )
    assert [s.text for s in line][0] == "Personal"
    assert line[1].text.startswith("signed out")
    assert sum(cells.width(s.text) for s in line) + 3 * (len(line) - 1) <= 38


def test_bars_are_one_cell_each_also_without_their_signs() -> None:
    rates = (0.0, 1.0, 50.0, 100.0)
    for is_ascii in (False, True):
        bars = syncing.sparkline(rates, 10, is_ascii=is_ascii)
        assert cells.width(bars) == 4
        assert bars[0] == " "
        assert len(set(bars)) == 4
    assert syncing.sparkline(rates, 10, is_ascii=True).isascii()
    assert syncing.sparkline((), 10) == syncing.sparkline((0.0, 0.0), 10) == ""
    assert len(syncing.sparkline(tuple(map(float, range(60))), 30)) == 30


def test_work_says_how_many_of_how_many_and_how_fast() -> None:
    status = Status("syncing", done=1200, total=5000, rates=(0.0, 900.0))
    assert syncing.job(status) == "Syncing 1,200 of 5,000 · 900/s"
    assert syncing.job(Status("syncing", done=1200)) == "Syncing 1,200"
    assert syncing.job(Status("idle", done=5)) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (3599, "59 min"), (3600, "1 h"), (47.9 * 3600, "47 h"), (172800, "2 days")],
)
def test_a_span_is_told_in_one_unit(seconds: float, said: str) -> None:
    assert syncing.span(seconds) == said
