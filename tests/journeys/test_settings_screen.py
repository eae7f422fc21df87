"""The settings screen: changed at once, written with comments kept, taken back by u."""

from __future__ import annotations

import os
import re

import pytest

from tests.journeys.conftest import SMALL, Walk

pytestmark = pytest.mark.slow

FILE = "settings.toml"


def begun(walk: Walk) -> Walk:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("task", "add", "heron marker").ok()
    return walk


def backgrounds(walk: Walk) -> set[object]:
    walk.on.settle()
    return {style.bg for row in range(2, 10) for _text, style in walk.on.styles(row)}


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_every_setting_is_shown_and_the_file_is_named(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    walk.press("g", ",").sees("Settings")
    for name in ("Theme", "ASCII signs", "Mouse", "Idle lock", "Keys", "Language", "Clock"):
        walk.sees(name)
    walk.press("G").on.wait_for(lambda shown: "settings.toml" in "".join(shown.split()))
    walk.press("q").sees("heron")
    walk.leave()


def test_a_change_is_written_put_in_force_and_taken_back(walk: Walk) -> None:
    begun(walk)
    file = walk.manabench.home.config / FILE
    file.write_text("# mine\n[screen]\nascii = false  # for now\n")
    walk.start().wait_for("▸")
    walk.press("g", ",").sees("ASCII signs").press("j", "space").sees("ASCII signs: on")
    assert file.read_text() == "# mine\n[screen]\nascii = true  # for now\n"
    walk.on.settle()
    assert walk.on.text.isascii()
    walk.press("u").sees("│")
    assert file.read_text() == "# mine\n[screen]\nascii = false  # for now\n"
    walk.press("u").sees("Nothing was changed here").press("U").sees("ASCII signs: on")
    walk.press("q").sees("heron").on.settle()
    assert walk.on.text.isascii()
    walk.leave()


def test_a_theme_is_tried_on_while_moving_and_costs_one_repaint(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    before = backgrounds(walk)
    walk.press("g", ",").sees("Theme").press("enter").sees("try them on")
    walk.press("down", "down")
    tried = backgrounds(walk)
    assert tried != before
    mark = walk.on.mark()
    walk.press("down").on.settle(quiet=0.3)
    assert backgrounds(walk) != tried
    assert walk.on.bytes_since(mark) < 4 * 1024, "each cell once"
    walk.press("escape").sees("Settings")
    assert backgrounds(walk) == before
    walk.press("enter").sees("try them on").type("contr").press("enter").sees("Theme: contrast")
    assert 'theme = "contrast"' in (walk.manabench.home.config / FILE).read_text()
    assert backgrounds(walk) != before
    walk.leave()
    walk.start().wait_for("heron")
    assert backgrounds(walk) != before
    walk.leave()


def test_the_mouse_and_the_idle_lock_change_at_once(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    walk.press("g", ",", "j", "j", "enter").sees("Mouse: off")
    walk.on.settle()
    assert 1000 not in walk.on.emulator.modes
    walk.press("j", "enter").sees("never:").press("ctrl+u").type("x").press("enter")
    walk.sees("not a number").press("enter", "ctrl+u").type("2,5").press("enter")
    walk.sees("Idle lock: 2.5 min")
    walk.leave()
    walk.start().wait_for("heron")
    walk.on.settle()
    assert 1000 not in walk.on.emulator.modes, "without the mouse from the start"
    walk.leave()


def test_problems_are_told_at_the_start_and_on_the_screen(walk: Walk) -> None:
    begun(walk)
    config = walk.manabench.home.config
    (config / FILE).write_text('[screen]\nmouse = "perhaps"\ntheme = "mine"\n')
    (config / "themes").mkdir()
    (config / "themes" / "mine.toml").write_text('[roles]\nhead = "bald"\n')
    walk.start().wait_for("heron")
    walk.sees("line 2").sees("no value of screen.mouse")
    walk.press("g", ",", "G").sees("themes/mine.toml, line 2").sees("role head")
    (config / FILE).write_text('[screen]\ntheme = "dark"\n')
    walk.press("r").sees("Read again").sees_not("Not in force")
    walk.leave()


def test_a_file_that_cannot_be_written_changes_nothing(walk: Walk) -> None:
    if os.geteuid() == 0:
        begun(walk)
        (walk.manabench.home.config / FILE).write_text("[screen\n")
        walk.start().wait_for("heron")
        walk.press("g", ",", "j", "space").sees("cannot be changed")
        walk.sees("as they were")
        assert re.search(r"ASCII signs +off", walk.on.text)
        walk.leave()


def test_a_lock_closes_the_screen(walk: Walk) -> None:
    walk.manabench("init", "--passphrase-stdin", input="long enough words\n").ok()
    walk.manabench("task", "add", "heron").ok()
    walk.start().wait_for("heron")
    walk.press("g", ",").sees("Theme").press("L").sees("locked").sees_not("Theme")


def test_another_language_is_spoken_at_once_and_on_the_screen_below(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    walk.press("g", ",").sees("Language").press(*"jjjjj", "enter").sees("auto").on.settle()
    walk.type("de").press("enter").sees("Sprache: Deutsch").sees("Einstellungen")
    walk.press("q").sees("1 Aufgaben 1")
    walk.leave()
    assert "Aufgaben" in walk.manabench("--help").out
