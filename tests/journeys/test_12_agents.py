"""An agent at work by keys alone, with no model: from a template to a run, a look, an approval and
back again, on a real terminal."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import SIZES, SMALL, Walk

pytestmark = pytest.mark.slow


def begin(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()


def notes(walk: Walk) -> set[str]:
    return {note["title"] for note in walk.manabench("note", "list", "--json").ok().data}


def whole(walk: Walk) -> Walk:
    """Once all of a proposal stands there, which the first line tells: a key before approves
    nothing."""
    return walk.sees("│ low risk")


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_a_template_becomes_a_mission_that_proposes_is_approved_and_taken_back(walk: Walk) -> None:
    begin(walk)
    with walk.journey("12 an agent's work"):
        walk.start().wait_for("Personal")
        walk.press("g", "p").sees("Weekly review").press("enter").sees("Apply it")
        walk.press("a").sees("things made")
        walk.press("g", "m").sees("[Open]").sees("Prepare the review").press("enter").sees(
            "Objective"
        )
        walk.press("space").sees("1 mission active").press("r").sees("proposals wait in the inbox")
        walk.press("o").sees("Proposals")
        before = notes(walk)
        whole(walk.press("space")).press("space").sees("Approved 1 proposal")
        assert notes(walk) != before
        walk.press("u").sees("Took back")
        assert notes(walk) == before
        walk.leave()


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_what_an_agent_did_stands_in_the_timeline_and_goes_back_from_there(walk: Walk) -> None:
    begin(walk)
    add = ("mission", "add", "Jetty", "--script", 'create_task title="sweep the jetty"')
    walk.manabench(*add).ok()
    walk.start().wait_for("Personal")
    walk.press("g", "m").sees("Jetty").press("r").sees("The run is over")
    walk.press("g", "i").sees("add a task")
    whole(walk.press("enter")).press("space").sees("Approved 1 proposal")
    walk.press("g", "t").sees("sweep the jetty").sees("◈")
    walk.press("g", "l").sees("Jetty").press("enter").sees("1 task added")
    walk.press("T").sees("1 record would go back").press("space").sees("Took back 1 change")
    walk.press("g", "t").sees("Tasks").sees_not("sweep the jetty")
    walk.leave()
