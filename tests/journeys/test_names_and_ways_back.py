"""What somebody sees who lives here for a day: names instead of ids, and the way back."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Walk

WIDE = [(120, 30)]


def begin(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()


def test_a_history_names_projects_and_tags(walk: Walk) -> None:
    begin(walk)
    walk.manabench("tag", "add", "errand").ok()
    walk.manabench("task", "add", "heron").ok()
    walk.manabench("task", "project", "heron", "+Kitchen").ok()
    walk.manabench("task", "tag", "heron", "--tag", "errand").ok()
    walk.start().wait_for("heron")
    walk.press("g", "t", "i").sees("Project: Kitchen").sees("Tags: #errand")
    walk.press("q", "t").type("errand").press("enter", "escape").sees("heron")
    walk.press("i").sees("Tags: (empty)").press("j")
    walk.press("space").sees("Taken back").press("u").sees("take back Tags")
    walk.leave()
    told = walk.manabench("history", "heron").ok().out
    assert "Kitchen" in told
    assert "#errand" in told


def test_unlocking_leads_back_to_the_screen_that_was_open(walk: Walk) -> None:
    begin(walk)
    walk.manabench("tag", "add", "errand").ok()
    walk.start().wait_for("Personal")
    walk.press("g", "T").sees("errand").press("L").sees("Locked").press("enter").sees(
        "│ Tags │"
    ).sees("errand")
    walk.leave()


@pytest.mark.parametrize("walk", WIDE, indirect=True)
def test_wide_rows_show_two_tags(walk: Walk) -> None:
    begin(walk)
    for tag in ("one", "two", "three"):
        walk.manabench("tag", "add", tag).ok()
    walk.manabench("task", "add", "heron", "--tag", "one", "--tag", "two", "--tag", "three").ok()
    walk.start().wait_for("heron")
    walk.press("g", "t").sees("heron  #one #two").leave()


def test_a_length_is_typed_and_shown_in_hours_and_kept_in_seconds(walk: Walk) -> None:
    begin(walk)
    walk.manabench("task", "add", "heron", "--length", "45").ok()
    walk.start().wait_for("heron")
    walk.press("g", "t", "enter").sees("45 min")
    for _field in range(7):
        walk.press("j")
    walk.press("e", "ctrl+u").type("1:30").press("enter").sees("1:30 h")
    walk.leave()
    shown = walk.manabench("task", "show", "heron", "--json").data
    assert shown["estimatedDuration"] == 5400


def test_a_colour_of_a_note_is_chosen_by_name(walk: Walk) -> None:
    begin(walk)
    walk.manabench("note", "add", "ledger").ok()
    walk.start().wait_for("Personal")
    walk.press("g", "n", "p").sees("indigo").type("indi").press("enter").sees("1 note coloured")
    walk.leave()
    assert walk.manabench("note", "show", "ledger", "--json").data["color"] == "#6366f1"
