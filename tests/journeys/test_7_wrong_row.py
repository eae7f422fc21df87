"""The wrong row is deleted; after a restart u brings it back, and so does the deleted view."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import SIZES, Walk

pytestmark = pytest.mark.slow


def three(walk: Walk) -> None:
    for title in ("alpha", "beta", "gamma"):
        walk.manabench("task", "add", title).ok()


def titles(walk: Walk) -> list[str]:
    return sorted(t["title"] for t in walk.manabench("task", "list", "--json").data)


@pytest.fixture
def begun(walk: Walk) -> Walk:
    walk.manabench("init", "--no-passphrase").ok()
    three(walk)
    return walk


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_delete_restart_undo_is_shown_first_and_then_done(begun: Walk) -> None:
    walk = begun
    walk.start().wait_for("gamma")
    gone = walk.cursor_row().split()[-1]
    walk.press("d").sees("u brings it back")
    walk.leave()
    assert titles(walk) == sorted({"alpha", "beta", "gamma"} - {gone})

    walk.start().wait_for("Open")
    walk.press("u").sees("u again undoes")
    assert gone not in "\n".join(walk.on.screen)
    walk.press("u").sees(gone)
    assert walk.keys <= 8
    walk.leave()
    assert titles(walk) == ["alpha", "beta", "gamma"]


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_delete_restart_restore_from_the_deleted(begun: Walk) -> None:
    walk = begun
    walk.start().wait_for("gamma")
    gone = walk.cursor_row().split()[-1]
    walk.press("d").sees("u brings it back")
    walk.leave()
    walk.start().wait_for("Open")
    walk.press("v", "d").sees("deleted")
    assert gone in walk.cursor_row()
    walk.press("space").sees("Restored")
    walk.press("v", "d").sees(gone)
    assert walk.keys <= 8
    walk.leave()
    assert titles(walk) == ["alpha", "beta", "gamma"]


def test_a_fresh_step_is_undone_at_once_and_redone(begun: Walk) -> None:
    walk = begun
    walk.start().wait_for("gamma")
    gone = walk.cursor_row().split()[-1]
    walk.press("d").sees_not(gone)
    walk.press("u").sees("Undone: delete")
    walk.sees(gone)
    assert gone in walk.cursor_row()
    walk.press("U").sees("Done again")
    walk.leave()
    assert gone not in titles(walk)


def test_many_deletions_are_asked_for_with_their_count(begun: Walk) -> None:
    walk = begun
    for n in range(5):
        walk.manabench("task", "add", f"more {n}").ok()
    walk.start().wait_for("gamma")
    walk.press("*").sees("8 marked")
    walk.press("d").sees("Delete 8 records?")
    walk.press("escape").sees("gamma")
    walk.press("d").sees("Delete 8 records?")
    walk.press("enter").sees("u brings them back")
    walk.press("u").sees("gamma")
    walk.leave()
    assert len(titles(walk)) == 8


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_delete_restart_restore_from_deleted(begun: Walk) -> None:
    walk = begun
    walk.manabench("note", "add", "tide table").ok()
    walk.start().wait_for("gamma")
    gone = walk.cursor_row().split()[-1]
    walk.press("d").sees("u brings it back")
    walk.press("g", "n").sees("tide table").press("d").sees("u brings it back")
    walk.leave()

    walk.keys = 0
    walk.start().wait_for("Notes")
    walk.press("g", "D").sees("tide table").sees(gone)
    assert "tide table" in walk.cursor_row()
    assert "you" in walk.cursor_row()
    walk.press("*").sees("2 marked").press("space").sees("Restored 2 records").sees("Nothing is")
    walk.press("u").sees("Undone: restore 2").sees("tide table")
    walk.press("U").sees("Done again")
    assert walk.keys <= 8
    walk.leave()
    assert titles(walk) == ["alpha", "beta", "gamma"]
    assert [n["title"] for n in walk.manabench("note", "list", "--json").data] == ["tide table"]
