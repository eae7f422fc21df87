"""Passphrases: typed on a terminal, else from a file or standard input, never asked elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import Manabench
from tests.tui.cli.harness import Commands

WORD = "correct horse"


@pytest.fixture
def sealed(bare: Commands) -> Commands:
    """A workbench with a passphrase, one task in it, locked."""
    assert bare("init", "--passphrase-stdin", input=f"{WORD}\n").code == 0
    assert bare("task", "add", "Tent").code == 0
    assert bare("lock").code == 0
    return bare


@pytest.fixture
def word_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "word"
    path.write_text(f"{WORD}\n")
    monkeypatch.setenv("MANABENCH_PASSPHRASE_FILE", str(path))
    return path


def test_init_without_a_terminal_wants_a_passphrase_or_a_decision(bare: Commands) -> None:
    error = bare("init", "--json").error
    assert error["code"] == "locked"
    assert "--no-passphrase" in error["hint"]
    assert bare("task", "list").code == 3, "nothing was made"


def test_while_locked_structure_shows_and_text_is_masked(sealed: Commands) -> None:
    (task,) = sealed("task", "list", "--json").data
    assert task["title"] == {"sealed": "locked"}
    assert task["isCompleted"] is False
    listed = sealed("task", "list")
    assert listed.code == 0
    assert "(locked)" in listed.out
    assert sealed("space", "list").code == 0
    assert sealed("tag", "list").code == 0
    assert "(locked)" in sealed("task", "show", task["id"]).out


def test_while_locked_protected_writes_are_refused_with_the_way_out(sealed: Commands) -> None:
    for args in (
        ("task", "add", "x"),
        ("note", "add", "-"),
        ("tag", "add", "x"),
        ("space", "create", "x", "--type", "team"),
        ("search", "x"),
        ("space", "export", "-"),
    ):
        result = sealed(*args, "--json", input="text")
        assert result.code == 4, args
        assert "MANABENCH_PASSPHRASE_FILE" in result.error["hint"]
        assert result.out == ""


def test_while_locked_deleting_restoring_and_undo_work(sealed: Commands) -> None:
    (task,) = sealed("task", "list", "--json").data
    assert sealed("task", "delete", task["id"]).code == 0
    assert sealed("task", "list", "--json").data == []
    assert sealed("undo").code == 0
    assert sealed("task", "delete", task["id"][:8]).code == 0
    assert sealed("task", "restore", task["id"][:8]).code == 0
    assert len(sealed("task", "list", "--json").data) == 1


def test_undo_acts_in_the_chosen_space_also_while_locked(sealed: Commands) -> None:
    sealed("unlock", "--passphrase-stdin", input=WORD)
    sealed("space", "create", "Fam", "--type", "family")
    sealed("space", "use", "fam")
    (task,) = [sealed("task", "add", "Pack", "--json").data]
    sealed("lock")
    assert sealed("undo", "--json").code == 0
    sealed("unlock", "--passphrase-stdin", input=WORD)
    assert sealed("task", "list", "--json").data == []
    assert sealed("redo").code == 0
    assert [t["id"] for t in sealed("task", "list", "--json").data] == [task["id"]]


def test_unlock_serves_the_commands_that_follow_and_lock_ends_it(sealed: Commands) -> None:
    assert sealed("unlock", "--passphrase-stdin", input=f"{WORD}\n").code == 0
    assert "Tent" in sealed("task", "list").out
    assert sealed("lock").code == 0
    assert "Tent" not in sealed("task", "list").out


def test_a_passphrase_file_serves_one_command_only(
    sealed: Commands, word_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Tent" in sealed("task", "list").out
    monkeypatch.delenv("MANABENCH_PASSPHRASE_FILE")
    assert "Tent" not in sealed("task", "list").out


def test_a_wrong_or_missing_passphrase_file_is_told(sealed: Commands, word_file: Path) -> None:
    word_file.write_text("wrong\n")
    assert sealed("task", "list", "--json").error["code"] == "passphrase"
    word_file.unlink()
    assert sealed("task", "list", "--json").error["code"] == "storage"


def test_the_passphrase_line_never_becomes_text(sealed: Commands) -> None:
    sealed("unlock", "--passphrase-stdin", input=WORD)
    added = sealed("task", "add", "-", "--passphrase-stdin", "--json", input=f"{WORD}\nreal\n").data
    assert [task["title"] for task in added] == ["real"]


def test_passphrase_changes_the_one_in_force(sealed: Commands) -> None:
    assert sealed("passphrase", "--passphrase-stdin", input="wrong\nnew\n").code == 4
    assert sealed("passphrase", "--passphrase-stdin", input=f"{WORD}\nnew\n").code == 0
    sealed("lock")
    assert sealed("unlock", "--passphrase-stdin", input=WORD).code == 4
    assert sealed("unlock", "--passphrase-stdin", input="new").code == 0


def test_the_passphrase_file_names_the_present_one_not_the_new_one(
    sealed: Commands, word_file: Path
) -> None:
    assert sealed("passphrase").code == 4
    assert sealed("passphrase", "--passphrase-stdin", input=f"{WORD}\nnew\n").code == 0


def test_setting_a_passphrase_ends_the_key_file(cli: Commands) -> None:
    assert "key file" in cli("lock").out
    assert cli("passphrase", "--passphrase-stdin", "--json", input="new").data["removed"] == [
        "key file"
    ]
    cli("lock")
    assert cli("task", "add", "x").code == 4
    assert cli("passphrase", "--remove", "--passphrase-stdin", input="new").code == 0
    cli("lock")
    assert cli("task", "add", "x").code == 0


def test_a_recovery_code_opens_when_the_passphrase_is_lost(sealed: Commands) -> None:
    assert sealed("recovery").code == 4
    sealed("unlock", "--passphrase-stdin", input=WORD)
    code = sealed("recovery", "--json").data["code"]
    sealed("lock")
    assert sealed("unlock", "--recovery", "--passphrase-stdin", input="0000").code == 2
    assert sealed("unlock", "--recovery", "--passphrase-stdin", input=code.lower()).code == 0
    assert "Tent" in sealed("task", "list").out


def test_environment_values_and_arguments_are_no_passphrase(
    sealed: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANABENCH_PASSPHRASE", WORD)
    assert sealed("task", "add", "x").code == 4
    assert sealed("unlock", WORD).code == 2
    assert sealed("unlock", "--passphrase", WORD).code == 2


def test_on_a_terminal_it_asks_without_showing(manabench: Manabench) -> None:
    terminal = manabench.terminal("init")
    terminal.wait_for("New passphrase:").type(WORD).press("enter")
    terminal.wait_for("same again:").type(WORD).press("enter")
    terminal.wait_for("unlocked until")
    assert WORD not in terminal.text
    manabench("lock").ok()
    asking = manabench.terminal("task", "add", "Tent")
    asking.wait_for("Passphrase:").type(WORD).press("enter")
    asking.wait_for("Added to Personal")
    reading = manabench.terminal("task", "list")
    reading.wait_for("stay locked").press("enter")
    reading.wait_for("(locked)")


def test_on_a_terminal_two_groups_of_the_recovery_code_are_typed_back(
    manabench: Manabench,
) -> None:
    manabench("init", "--no-passphrase").ok()
    terminal = manabench.terminal("recovery")
    terminal.wait_for("Group")
    groups = [
        word
        for line in terminal.text.splitlines()
        for word in line.strip().split("-")
        if len(word) == 4 and set(word) <= set("0123456789ABCDEF")
    ]
    assert len(groups) == 16
    for _ in range(2):
        asked = terminal.text.rstrip().splitlines()[-1]
        number = int(asked.split()[1])
        terminal.type(groups[number - 1].lower()).press("enter")
        terminal.settle()
    terminal.wait_for("recovery code is set")


def test_without_a_terminal_nothing_ever_waits(manabench: Manabench) -> None:
    manabench("init", "--passphrase-stdin", input=WORD).ok()
    manabench("lock").ok()
    for args in (["unlock"], ["passphrase"], ["recovery"], ["task", "add", "x"]):
        done = subprocess.run(
            [sys.executable, "-m", "tui.main", *args],
            env=manabench.home.env,
            cwd=manabench.home.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
            start_new_session=True,
        )
        assert done.returncode == 4, args
