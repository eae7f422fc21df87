"""The other keys of the first screen, the recovery code, locking by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness import Tmux
from tests.harness.program import ARGV
from tests.journeys.conftest import Walk, workbench

pytestmark = pytest.mark.slow


def test_nothing_is_made_before_a_key_says_so(walk: Walk) -> None:
    walk.start().wait_for("begin")
    walk.press("j", "x", "z", "?").sees("First start").press("escape").sees("It will live in")
    walk.press("q")
    assert walk.on.wait_exit() == 0
    assert list(walk.manabench.home.files()) == []


def test_the_demo_touches_and_names_nothing_of_the_person(walk: Walk) -> None:
    walk.start().wait_for("begin")
    walk.press("d").sees("DEMO")
    walk.leave()
    assert str(walk.manabench.home.path) not in walk.on.text
    assert [p for p in walk.manabench.home.files() if p.suffix == ".db"] == []


def test_a_folder_is_imported_first_and_undone_as_one_step(walk: Walk, tmp_path: Path) -> None:
    for name in ("tide", "heron"):
        (tmp_path / f"{name}.md").write_text(f"# {name} table\n\nwords\n")
    walk.start().wait_for("begin")
    walk.press("i").sees("Import this folder").press("/").sees("Path or words")
    walk.type(str(tmp_path)).press("enter").sees("2 notes")
    walk.press("enter").sees("Enter imports 2 records")
    walk.press("enter").sees("Imported: 2 new")
    walk.press("enter").sees("heron table").sees("tide table")
    walk.press("u").sees_not("heron table")
    walk.leave()


def test_the_recovery_code_is_shown_once_and_two_groups_are_typed_back(walk: Walk) -> None:
    walk.start().wait_for("begin")
    walk.press("enter").sees("a adds")
    walk.press(":").type("recovery").press("enter").sees("make a code")
    walk.press("enter").sees("Write this down").on.settle()
    groups = dict(re.findall(r"(\d+) ([0-9A-Z]{4})\b", walk.on.text))
    assert len(groups) >= 8
    walk.press("enter").sees("Group")
    walk.type("wrong").press("enter").sees("That was not it").press("enter").sees("Group")
    for _ in range(2):
        number = re.findall(r"Group (\d+):", walk.on.settle().text)[-1]
        walk.type(groups[number]).press("enter").on.settle()
    walk.sees("typed back rightly")
    walk.leave()
    with workbench(walk.manabench.home) as bench:
        assert "recovery" in bench.vault.ways


def test_locking_takes_everything_off_the_screen_and_comes_back(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("task", "add", "heron marker").ok()
    walk.start().wait_for("heron")
    walk.press("enter").sees("Priority").press("L").sees("Locked")
    assert "heron" not in walk.on.settle().text
    walk.press("u", "d", "c", "?").sees("Always").press("escape")
    walk.press("enter").sees("Priority").sees("heron marker")
    walk.press("q").sees("Open")
    walk.leave()


def test_it_works_inside_a_multiplexer(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("task", "add", "heron marker").ok()
    with Tmux(list(ARGV), env={**walk.manabench.home.env, "TERM": "screen-256color"}) as tmux:
        tmux.wait_for("heron marker").press("a").wait_for("new task:")
        tmux.type("tide table").press("enter").wait_for("○ tide table")
        tmux.press("escape", "space").wait_for("1 task done")
        tmux.resize(60, 20).wait_for("tide table")
        lower = tmux.split(["env", *ARGV])
        tmux.wait_for("heron", pane=lower).press("c", pane=lower).wait_for("new", pane=lower)
        tmux.type("from below", pane=lower).press("enter", pane=lower)
        tmux.wait_for("○ from below")
