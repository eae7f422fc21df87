"""The page of keys, the command and the registry say the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from store.modules import installed
from tests.harness import Manabench
from tui.keys import keypage
from tui.keys.actions import everything
from tui.keys.keymap import Keymap

PAGE = Path(__file__).parents[2] / "tui" / "KEYS.md"


def test_the_page_of_keys_is_the_registry_of_today() -> None:
    made = keypage.markdown(installed(), Keymap())
    assert PAGE.read_text() == made, "manabench keys --preset vim --markdown > tui/KEYS.md"


def test_the_command_lists_every_act_with_its_keys(manabench: Manabench) -> None:
    listed = manabench("keys", "--json")
    assert listed.code == 0
    found = {act["id"]: act["keys"] for act in json.loads(listed.out)["data"]["acts"]}
    assert found == {a.id: list(a.keys) for a in everything(installed())}
    lines = manabench("keys").out.splitlines()
    assert len(lines) == len(found)
    assert any("Ctrl+P" in line and "palette" in line for line in lines)


def test_the_command_shows_the_keys_in_force_and_names_what_does_not_hold(
    manabench: Manabench,
) -> None:
    file = manabench.home.config / "keymap.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('preset = "plain"\n[keys]\nadd = "f3"\nundo = "add"\n')
    checked = manabench("keys", "--check")
    assert checked.code == 1
    assert "keymap.toml, line 3:" in checked.out
    assert "keymap.toml, line 4:" in checked.out
    file.write_text('preset = "plain"\n[keys]\nadd = "V"\n')
    assert manabench("keys", "--check").code == 0
    listed = json.loads(manabench("keys", "--json").out)["data"]
    assert listed["preset"] == "plain"
    acts = {act["id"]: act for act in listed["acts"]}
    assert acts["add"]["keys"] == ["V"]
    assert acts["add"]["own"]
    assert acts["move.down"]["keys"] == ["down"]
    plain = json.loads(manabench("keys", "--json", "--preset", "vim").out)["data"]
    assert {act["id"]: act for act in plain["acts"]}["add"]["keys"] == ["a"]


def test_the_command_needs_no_screen_and_no_writer_of_toml() -> None:
    code = (
        "import sys\nfrom tui.cli.root import run\nrun(['keys', '--markdown'])\n"
        "print([n for n in ('textual', 'rich', 'tomlkit', 'store.workbench') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
