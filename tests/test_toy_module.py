"""A module is one file: keys, palette and command line know it, and it leaves no trace."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import Home, Terminal

ROOT = Path(__file__).parents[1]
ARGV = [sys.executable, "-m", "tui.main"]
TOY = '''"""ships: a toy."""

from store.collections import Collection, clear, sealed
from store.module import Cells, Filter, FormField, Module, Sort

SHIPS = Collection(
    "toyShips", "toy", "toy", "ships", {"title": sealed(), "masts": clear("number")},
)

MODULE = Module(
    id="toy", words="Ships", noun="ship", letter="y", collections=(SHIPS,), main="toyShips",
    row=lambda record, width: Cells("~", record.text("title"), f"{record.get('masts') or 0} masts"),
    fields=(FormField("title", "line", "Title"), FormField("masts", "number", "Masts")),
    sorts=(Sort("oldest", "Oldest first", "pk"),),
    filters=(Filter("all", "All", ""),),
    quick=lambda text: {"title": text.strip()},
    empty="Ships lie here.",
)
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packages, so that no other test meets the toy."""
    for package in ("store", "tui"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=_CACHES)
    return tmp_path


_CACHES = shutil.ignore_patterns("__pycache__")


def shell(copy: Path, home: Home, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ARGV, *args], cwd=copy, env=home.env, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_one_file_gives_a_module_its_keys_palette_and_commands(copy: Path, home: Home) -> None:
    shell(copy, home, "init", "--no-passphrase")
    toy = copy / "store" / "modules" / "toy.py"
    toy.write_text(TOY)

    assert shell(copy, home, "ship", "add", "Vasa", "--masts", "3").returncode == 0
    assert "Vasa" in shell(copy, home, "ship", "list").stdout

    with Terminal(ARGV, env=home.env, cwd=copy) as terminal:
        terminal.wait_for("Tasks")
        terminal.press("g", "y").wait_for("Vasa").wait_for("3 masts")
        terminal.press("a").type("Kon-Tiki").press("enter").wait_for("~ Kon-Tiki")
        terminal.press("g", "n").wait_for("Notes")
        terminal.press(":").type("Ships").wait_for("Ships").press("enter")
        terminal.wait_for("~ Kon-Tiki")
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
    assert "Kon-Tiki" in shell(copy, home, "ship", "list").stdout

    toy.unlink()
    gone = shell(copy, home, "ship", "list")
    assert gone.returncode == 2
    assert "ship" not in shell(copy, home, "--help").stdout.lower().split()
    assert shell(copy, home, "task", "list").returncode == 0
    with Terminal(ARGV, env=home.env, cwd=copy) as terminal:
        terminal.wait_for("Tasks")
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
