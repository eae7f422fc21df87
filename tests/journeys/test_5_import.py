"""Four hundred Markdown notes are imported from the screen, cancelled half-way, imported again."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from store.queries import Query
from tests.harness.homes import Home
from tests.journeys.conftest import SIZES, Walk, workbench

pytestmark = pytest.mark.slow

COUNT = 400


def notes(folder: Path, size: int = 120_000) -> Path:
    """A folder of notes, large enough that a person can be quicker than the import."""
    made = folder / "shelf"
    made.mkdir()
    words = "the marshes at dawn " * (size // 20)
    for number in range(COUNT):
        (made / f"n{number:03}.md").write_text(f"# heron {number:03}\n\n{words}\n")
    return made


def titles(home: Home) -> list[str]:
    with workbench(home) as bench:
        found = bench.documents.page(bench.scope, Query("notes"), limit=-1)
        return sorted(note.text("title") for note in found)


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_four_hundred_notes_cancelled_half_way_and_imported_again(
    walk: Walk, tmp_path: Path
) -> None:
    shelf = notes(tmp_path)
    walk.manabench("init", "--no-passphrase").ok()
    with walk.journey("5 import, cancel, import"):
        walk.start().wait_for("a adds")
        walk.press("g", "I").sees("Import this folder").press("/").sees("Path or words")
        typed = walk.on.settle().mark()
        walk.type(str(shelf))
        assert walk.on.settle().bytes_since(typed) <= 600 * (len(str(shelf)) + 1)
        walk.press("enter").sees("400 notes")
        walk.press("enter").sees("Enter imports 400 records into Personal")
        walk.press("enter")
        walk.on.wait_for(re.compile(r"Importing [1-9]\d* of 400"))
        walk.press("ctrl+c").sees("Cancelled after").sees("Enter goes on with the rest")
        kept = int(re.findall(r"Cancelled after (\d+) of 400", walk.on.settle().text)[0])
        assert 0 < kept < COUNT
        assert "Cancelling" not in walk.on.text
        walk.press("enter").sees("Enter shows it")
        said = walk.on.settle().text
        assert f"{COUNT - kept} new" in said
        assert f"{kept} unchanged" in said
        walk.leave()
    assert titles(walk.manabench.home) == [f"heron {n:03}" for n in range(COUNT)]
    assert walk.manabench.home.find("marshes at dawn") == []


def test_each_import_is_one_step_of_its_own(walk: Walk, tmp_path: Path) -> None:
    shelf = notes(tmp_path, size=200)
    walk.manabench("init", "--no-passphrase").ok()
    walk.start().wait_for("a adds")
    walk.press("g", "I").sees("Import this folder")
    walk.on.paste(f"'{shelf}'")
    walk.sees("Path or words").press("enter").sees("400 notes").press("enter")
    walk.sees("Enter imports 400").press("enter").sees("Imported: 400 new")
    walk.press("u").sees("Undone: import of 400")
    walk.press("U").sees("Done again")
    walk.leave()
    assert len(titles(walk.manabench.home)) == COUNT


def test_other_keys_work_while_an_import_runs(walk: Walk, tmp_path: Path) -> None:
    shelf = notes(tmp_path)
    walk.manabench("init", "--no-passphrase").ok()
    walk.start().wait_for("a adds")
    walk.press("g", "I").sees("Import this folder").press("/").sees("Path or words")
    walk.type(str(shelf)).press("enter").sees("400 notes").press("enter")
    walk.sees("Enter imports 400").press("enter")
    walk.on.wait_for(re.compile(r"Importing [1-9]\d* of 400"))
    walk.press("c").sees("new task").type("meanwhile").press("enter").sees("Added to")
    walk.sees("Imported: 400 new")
    walk.leave()
    assert [t["title"] for t in walk.manabench("task", "list", "--json").data] == ["meanwhile"]
    assert len(titles(walk.manabench.home)) == COUNT


def test_names_that_are_no_text_are_shown_and_chosen(walk: Walk, tmp_path: Path) -> None:
    here = os.fsencode(tmp_path)
    for name in (b"two\nlines", "שלום".encode(), b"\xff\xfe broken", b"\x1b[31mred", b".hidden"):
        folder = os.path.join(here, name)
        os.mkdir(folder)
        with open(os.path.join(folder, b"a.md"), "wb") as file:
            file.write(b"# from " + name.replace(b"\n", b" ").replace(b"\x1b", b"") + b"\n")
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0)
    walk.manabench("init", "--no-passphrase").ok()
    walk.start().wait_for("a adds")
    walk.press("g", "I").sees("Import this folder").press("/").sees("Path or words")
    walk.type(str(tmp_path)).press("enter").sees("two lines/").sees("broken/").sees("red/")
    shown = walk.on.settle().text
    assert "hidden" not in shown
    assert "\x1b" not in shown
    walk.press("/").type("broken").sees("/broken").press("enter").sees("1 note")
    walk.press("h").sees("closed/")
    assert "broken" in walk.cursor_row()
    walk.press("/").type("lines").sees("/lines").press("enter").sees("1 note")
    walk.press("enter").sees("Enter imports 1 record").press("enter").sees("Imported: 1 new")
    walk.press("q").sees("1 note").press("h", "home", "/")
    walk.sees("Path or words").type("/nowhere/at/all").press("enter").sees("There is nothing at")
    if os.geteuid():
        walk.press("/").type("closed").press("enter").sees("cannot be read")
    walk.leave()
    closed.chmod(0o700)
