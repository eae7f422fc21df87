"""A word is found in some note, the note is changed in $EDITOR, the change stands in the list."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from tests.journeys.conftest import SMALL, Walk, workbench

pytestmark = pytest.mark.slow

EDITOR = """#!/bin/sh
stat -c '%a %n' "$(dirname "$1")" > {log}
printf 'kept line\\nthe egret again\\n' > "$1"
"""


def editor(folder: Path, text: str) -> str:
    path = folder / "editor"
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def notes(walk: Walk) -> None:
    with workbench(walk.manabench.home) as bench:
        quick = bench.modules["notes"].quick
        assert quick is not None
        with bench.step("fill") as step:
            for n in range(8):
                text = f"note {n:02}\n\nplain words"
                if n == 7:
                    text = "note 07\n\nthe heron stood still"
                step.insert("notes", quick(text))


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_find_open_change_in_the_editor_see_it(walk: Walk, tmp_path: Path) -> None:
    notes(walk)
    log = tmp_path / "seen"
    with walk.journey("6 find and change"):
        walk.start(env={"EDITOR": editor(tmp_path, EDITOR.format(log=log))}).wait_for("a adds")
        walk.press("g", "s").sees("Search:")
        walk.type("heron").sees("note 07")
        walk.press("enter", "enter").sees("heron stood still")
        with walk.away():
            walk.press("E").sees("egret again")
        assert walk.on.emulator.alternate
        mode, folder = log.read_text().split(maxsplit=1)
        assert mode == "700"
        assert not os.path.exists(folder.strip())
        walk.press("q").sees("Nothing in this space").sees_not("note 07")
        walk.press("q").sees("Tasks")
        walk.leave()
    with workbench(walk.manabench.home) as bench:
        found = bench.documents.find(bench.scope, "notes", "note 07")
    assert found["content"] == "kept line\nthe egret again"
    assert walk.manabench.home.find("heron", "egret") == []


def test_an_editor_that_is_killed_changes_nothing_and_leaves_the_screen_whole(
    walk: Walk, tmp_path: Path
) -> None:
    notes(walk)
    mark = tmp_path / "pid"
    walk.start(env={"EDITOR": editor(tmp_path, f"#!/bin/sh\necho $$ > {mark}; sleep 60\n")})
    walk.sees("a adds").press("g", "n").sees("note 07")
    before = walk.on.settle().screen
    walk.press("E")
    walk.on.wait_for(lambda _: mark.exists() and bool(mark.read_text().strip()))
    os.kill(int(mark.read_text()), signal.SIGKILL)
    walk.sees("saved nothing").on.settle()
    assert walk.on.emulator.alternate
    assert walk.on.screen[:-2] == before[:-2]
    walk.leave()


def test_an_editor_that_is_not_there_is_said(walk: Walk) -> None:
    notes(walk)
    walk.start(env={"EDITOR": "/nowhere/editor"}).wait_for("a adds")
    walk.press("g", "n").sees("note 07")
    walk.press("E").sees("could not be started")
    walk.leave()


def test_what_is_being_typed_goes_on_in_the_editor(walk: Walk, tmp_path: Path) -> None:
    notes(walk)
    program = editor(tmp_path, "#!/bin/sh\nprintf ' and more' >> \"$1\"\n")
    walk.start(env={"VISUAL": program}).wait_for("a adds")
    walk.press("g", "n").sees("note 07").press("/").type("note 03").sees_not("note 07")
    walk.press("enter", "enter").sees("plain words").press("e")
    walk.on.settle()
    walk.type("typed first ").sees("typed first plain")
    walk.press("f4").sees("and more").sees("Saved")
    walk.sees("typed first plain words and more")
    walk.leave()
    with workbench(walk.manabench.home) as bench:
        assert bench.drafts.all() == []
    assert walk.manabench.home.find("typed first") == []


NO_MEMORY = """
import sys
import store.locations as places
places.runtime = lambda: None
from tui.main import main
sys.argv = ["manabench"]
main()
"""


def test_without_a_folder_in_memory_the_editor_asks_once(walk: Walk, tmp_path: Path) -> None:
    notes(walk)
    script = tmp_path / "start.py"
    script.write_text(NO_MEMORY)
    env = {"EDITOR": editor(tmp_path, EDITOR.format(log=tmp_path / "seen"))}
    walk.term = walk.manabench.on_terminal([sys.executable, str(script)], env=env)
    walk.press("g", "n").sees("note 07").press("E").sees("May the text lie").press("escape")
    walk.sees("The editor was not opened")
    assert not (tmp_path / "seen").exists()
    walk.press("E").sees("May the text lie").press("enter").sees("Saved.")
    (tmp_path / "seen").unlink()
    walk.press("j", "E")
    # Its log is written while the terminal is still the editor's.
    walk.on.wait_for(lambda _: (tmp_path / "seen").exists() and walk.on.emulator.alternate)
    walk.sees("note 06")
    walk.leave()
    assert walk.manabench.home.find("heron") == []
