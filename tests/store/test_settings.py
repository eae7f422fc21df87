"""Settings are what a person wrote; a slip of the pen costs one setting, never the start."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from store import settings
from store.errors import InvalidValueError, StorageError

MINE = """# my own words
[screen]  # looks
theme = "light"   # for the day
# what I may try
future = [1, 2]

[later]
kept = true
"""


def write(folder: Path, text: str) -> Path:
    file = folder / settings.FILE
    file.write_bytes(text.encode())
    return file


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == settings.Settings()
    assert settings.Settings().idle_seconds == 900


def test_every_setting_has_a_rule_that_its_default_fits() -> None:
    names = set(settings.Settings._fields) - {"problems"}
    assert names == set(settings.RULES)
    for name, rule in settings.RULES.items():
        assert rule.fits(getattr(settings.Settings(), name)), name


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[screen]\ntheme = "contrast"\nascii = true\nmouse = false\nidle_lock_minutes = 5\n'
        'keys = "plain"\n[language]\nlanguage = "de"\nfirst_weekday = "sunday"\nclock = "12h"\n',
    )
    assert settings.load(tmp_path) == settings.Settings(
        "contrast", True, False, 5.0, "plain", "de", "sunday", "12h"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("theme = 7", "“7” is no value of screen.theme. The default stays in force: auto."),
        ('theme = "../x"', "“../x” is no value of screen.theme"),
        ('ascii = "true"', "The default stays in force: false."),
        ("idle_lock_minutes = -1", "It may be: a number of minutes from 0, which"),
        ("idle_lock_minutes = nan", "The default stays in force: 15."),
        ("idle_lock_minutes = true", "“true” is no value of screen.idle_lock_minutes."),
        ('keys = "emacs"', "It may be: vim, plain."),
        ('thmee = "dark"', "There is no setting screen.thmee. It is left alone."),
    ],
)
def test_a_bad_value_falls_back_and_names_its_line(tmp_path: Path, line: str, words: str) -> None:
    write(tmp_path, f"# first\n[screen]\nmouse = false\n{line}\n")
    found = settings.load(tmp_path)
    assert not found.mouse, "what is right beside it holds"
    (problem,) = found.problems
    assert problem.line == 4
    assert str(problem).startswith("settings.toml, line 4: ")
    assert words in str(problem)
    assert found == settings.Settings(mouse=False, problems=(problem,))


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"[screen]\ntheme = \n", 2, "This is not TOML"),
        (b"[screen\n", 1, "This is not TOML"),
        (b'\n\ntheme = "\xff"\n', 3, "This is not UTF-8."),
        (b"screen = 3\n", 1, "screen is not a section."),
        (b'a = """\n\n', 3, "This is not TOML"),
    ],
)
def test_a_bad_file_falls_back_whole(tmp_path: Path, raw: bytes, line: int, words: str) -> None:
    (tmp_path / settings.FILE).write_bytes(raw)
    found = settings.load(tmp_path)
    assert found == settings.Settings(problems=found.problems)
    assert found.problems[0].line == line
    assert words in str(found.problems[0])


def test_a_file_that_may_not_be_read_falls_back(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).mkdir()
    found = settings.load(tmp_path)
    assert "cannot be read" in str(found.problems[0])


@pytest.mark.parametrize(
    "text", ["screen.theme = 1\n", '[screen]\n"theme" = 1\n', "screen = {theme = 1}\n"]
)
def test_a_value_is_found_however_it_is_written(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    (problem,) = settings.load(tmp_path).problems
    assert "screen.theme" in str(problem)


def test_a_change_keeps_comments_order_and_unknown_names(tmp_path: Path) -> None:
    file = write(tmp_path, MINE)
    now = settings.change("theme", "dark", tmp_path)
    assert now.theme == "dark"
    assert file.read_text() == MINE.replace('"light"', '"dark"')
    settings.change("clock", "12h", tmp_path)
    text = file.read_text()
    assert text.startswith(MINE.replace('"light"', '"dark"').rstrip("\n"))
    assert settings.load(tmp_path).clock == "12h"


def test_the_first_change_makes_the_file_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    settings.change("mouse", False, folder)
    assert stat.S_IMODE((folder / settings.FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.listdir(folder) == [settings.FILE], "no spare file stays"


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles"
    real.mkdir()
    (real / "mine.toml").write_text("[screen]\nmouse = true\n")
    (tmp_path / settings.FILE).symlink_to(real / "mine.toml")
    settings.change("mouse", False, tmp_path)
    assert (tmp_path / settings.FILE).is_symlink()
    assert "mouse = false" in (real / "mine.toml").read_text()


def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    file = write(tmp_path, MINE)
    with pytest.raises(InvalidValueError) as caught:
        settings.change("clock", "25h", tmp_path)
    assert caught.value.kept
    assert "24h, 12h" in caught.value.hint
    assert file.read_text() == MINE


@pytest.mark.parametrize("text", ["[screen\n", "screen = 3\n"])
def test_a_broken_file_is_not_written_over(tmp_path: Path, text: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(StorageError) as caught:
        settings.change("mouse", False, tmp_path)
    assert str(file) in caught.value.hint
    assert file.read_text() == text
