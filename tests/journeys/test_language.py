"""Another language on a real terminal: from the environment, from the settings, and at once."""

from __future__ import annotations

import pytest

from tests.harness.program import Manabench
from tests.journeys.conftest import SMALL, Walk
from tests.tui.pseudo import ENV, is_pseudo, unwrapped_words

pytestmark = pytest.mark.slow

GERMAN = {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}


def settings(walk: Walk, text: str) -> None:
    config = walk.manabench.home.config
    config.mkdir(mode=0o700, exist_ok=True)
    (config / "settings.toml").write_text(text)


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_a_task_in_german_from_the_first_start_to_undo(walk: Walk) -> None:
    walk.start(env=GERMAN).wait_for("Enter")
    walk.sees("beginnen").press("enter").sees("Hierher gehören")
    walk.press("a").sees("neu, Auf").type("Brot backen").press("enter").sees("○ Brot backen")
    walk.press("w", "m").sees("morgen")
    walk.press("u").sees("Rückgängig")
    walk.press("u").sees_not("○ Brot")
    walk.leave()


def test_the_settings_decide_over_the_environment(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    settings(walk, '[language]\nlanguage = "de"\nclock = "12h"\n')
    walk.start().wait_for("Aufgaben")
    walk.leave()
    assert "Nichts" in walk.manabench("undo").err
    settings(walk, '[language]\nlanguage = "en"\n')
    walk.start(env=GERMAN).wait_for("Tasks")
    walk.leave()


def test_what_was_done_in_one_language_is_undone_in_another(manabench: Manabench) -> None:
    manabench("init", "--no-passphrase").ok()
    manabench("task", "add", "one", env=GERMAN).ok()
    manabench("task", "done", "one", env=GERMAN).ok()
    assert "1 task done" in manabench("undo").ok().out
    manabench("redo").ok()
    assert "1 Aufgabe erledigt" in manabench("undo", env=GERMAN).ok().out
    manabench("redo").ok()
    assert manabench("undo", "--json", env=GERMAN).data[0]["label"] == "1 task done"


def test_scripts_read_the_same_in_every_language(manabench: Manabench) -> None:
    manabench("init", "--no-passphrase").ok()
    manabench("task", "add", "one", "--due", "2031-05-06").ok()
    for call in (["task", "list"], ["task", "show", "one"], ["space", "list"], ["search", "one"]):
        english, german = (manabench(*call, "--json", env=env) for env in ({}, GERMAN))
        assert english.ok().json == german.ok().json
    for call in (["task", "show", "two"], ["task", "add"], ["nope"], ["task", "due", "one", "x"]):
        english, german = (manabench(*call, "--json", env=env) for env in ({}, GERMAN))
        assert english.error["code"] == german.error["code"]
        assert english.code == german.code
        assert english.error["message"] != german.error["message"]


def test_the_help_of_every_command_is_translated(manabench: Manabench) -> None:
    shown = manabench("--help", env=GERMAN).ok().out
    for line in ("Aufruf: manabench", "Optionen:", "Befehle:", "Diesen Text zeigen und enden."):
        assert line in shown
    pseudo = manabench("--help", env=ENV).ok().out
    assert is_pseudo(pseudo)
    names = " ".join(line.split()[0] for line in pseudo.splitlines() if line.startswith("  "))
    assert unwrapped_words(pseudo, [names, "OPTIONS COMMAND ARGS DIR SLUG"]) == []
