"""What the status line says of syncing: the most urgent first, louder with age, right in 40
columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from store.sync.compare.devices import Seen
from store.sync.status import CollectionStatus, Status, Waiting
from tui.asking import doing, syncing
from tui.asking.managing.sync import state_word
from tui.asking.syncing import ALARM, QUIET, STRONG, TROUBLE, Piece
from tui.shell.syncing import segments
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


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (doing.Status("ann", "personal", advice="no recovery code"), "no recovery code"),
        (
            doing.Status(
                "ann",
                pieces=(Piece("offline 2 h · 3 wait", STRONG),),
                advice="no recovery code",
            ),
            "offline 2 h · 3 wait",
        ),
        (
            doing.Status("ann", trouble="3 unsent for 2 h", advice="no recovery code"),
            "3 unsent for 2 h",
        ),
    ],
)
def test_forty_columns_tell_what_is_wrong_now_before_what_has_stood_there_for_weeks(
    given: doing.Status, kept: str
) -> None:
    found = [Segment("ann (personal)", "status_strong", 1), *segments(given)]
    line = fitted([*(s for s in found if s.text), Segment("Sync", "status", 4)], 38)
    assert [s.text for s in line][:2] == ["ann (personal)", kept]
    wide = fitted([s for s in found if s.text], 98)
    assert given.advice in [s.text for s in wide], "where there is room both stand"


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


# All is well --------------------------------------------------------------------------------------


def test_all_is_well_only_where_nothing_at_all_waits() -> None:
    parts = [CollectionStatus("todo", "tasks", 0, "", 3, words, "") for words in ("", "refused")]
    kinds = len(Waiting._fields)
    said = 0
    for flags in product((0, 1), repeat=kinds + 6):
        *waiting, pending, kept_back, error, never, note, invited = flags
        status = Status(
            "idle",
            pending=pending,
            pulled="" if never else ago(minutes=1),
            waiting=Waiting(*waiting),
            collections=(parts[error],),
            invitations=invited,
            kept_back=kept_back,
            notes=("odd",) * note,
        )
        is_well = not any(flags)
        said += is_well
        assert (syncing.state_words(status) == "All is well.") is is_well, status
        quiet = not any([*waiting, pending, kept_back, error, never, note])
        assert (state_word(status) == "in step") is quiet, status
        if any(waiting):
            assert any(piece.loud >= TROUBLE for piece in syncing.pieces(status, NOW))
    assert said == 1


def test_an_invitation_is_told_and_is_no_trouble() -> None:
    status = Status("idle", pulled=ago(minutes=1), invitations=2)
    pieces = syncing.pieces(status, NOW)
    assert (pieces[0].words, pieces[0].loud) == ("2 invitations", STRONG)
    assert "invited" in syncing.state_words(status)


# Digests ------------------------------------------------------------------------------------------


def seen(name: str, digest: str, verdict: str) -> Seen:
    return Seen(name, name, digest, verdict, ago(minutes=88))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("server", "others", "said"),
    [
        ("", [], "laptop 7f3a"),
        ("7f3a0000", [], "laptop 7f3a = server 7f3a"),
        ("7f3a0000", [("phone", "same")], "laptop 7f3a = server 7f3a = phone 7f3a"),
        ("", [("phone", "same"), ("tower", "differs")], "laptop 7f3a = phone 7f3a != tower 91bc"),
        ("91bc0000", [("phone", "differs")], "laptop 7f3a != server 91bc, phone 91bc"),
        (
            "7f3a0000",
            [("attic", "older"), ("phone", "same")],
            "laptop 7f3a = server 7f3a = phone 7f3a · attic 91bc as of 10:32",
        ),
    ],
)
def test_digests_stand_side_by_side_and_old_ones_apart(
    server: str, others: list[tuple[str, str]], said: str
) -> None:
    found = [
        seen(name, "7f3a0000" if verdict == "same" else "91bc0000", verdict)
        for name, verdict in others
    ]
    assert syncing.compared("laptop", "7f3a0000", found, NOW, server) == said


def test_what_waits_for_a_key_or_bears_a_wrong_time_is_not_called_well() -> None:
    status = Status("idle", pulled=ago(minutes=1), notes=("3 wait for a key.", "1 is ahead."))
    assert syncing.state_words(status) == "3 wait for a key."
    assert state_word(status) == "look at it"
