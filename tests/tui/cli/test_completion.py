"""Completion in the shells themselves: bash, zsh and fish on a real terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.harness import Home, Manabench, Terminal
from tests.harness.needs import need
from tests.tui.cli.harness import Commands
from tui.cli.complete import words_of

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
BEFORE = {
    "bash": "PS1='> '; bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'",
    "zsh": "PS1='> '; autoload -Uz compinit; compinit -u -D; unsetopt beep",
    "fish": "function fish_prompt; echo '> '; end; function fish_greeting; end",
}
SOURCE = {
    "bash": "source <(manabench completion bash)",
    "zsh": "source <(manabench completion zsh)",
    "fish": "manabench completion fish | source",
}


def offers(cli: Commands, *words: str) -> list[str]:
    """What is offered for the last of ``words``, as fish asks."""
    result = cli("__complete", "fish", *words)
    assert (result.code, result.err) == (0, "")
    return [line.partition("\t")[0] for line in result.out.splitlines()[1:]]


# The answer -------------------------------------------------------------------------------------


def test_commands_options_and_choices_come_from_the_registry(cli: Commands) -> None:
    assert {"task", "space", "capture", "doctor"} <= set(offers(cli, ""))
    assert offers(cli, "vers") == ["version"]
    assert "__complete" not in offers(cli, "")
    assert offers(cli, "task", "reo") == ["reopen"]
    assert offers(cli, "task", "list", "--so") == ["--sort"]
    assert "priority" in offers(cli, "task", "list", "--sort", "")
    assert offers(cli, "task", "list", "--sort=pr") == ["--sort=priority"]
    assert offers(cli, "completion", "") == ["bash", "zsh", "fish"]
    assert "tomorrow" in offers(cli, "task", "edit", "x", "--due", "to")
    assert offers(cli, "no-such-noun", "x") == []
    assert offers(cli, "task", "list", "--bogus", "") == []


def test_records_spaces_tags_and_scenes_are_offered_by_name(cli: Commands) -> None:
    cli("space", "create", "Studio Nord", "--type", "team", "--slug", "studio")
    cli("tag", "add", "deep work")
    cli("task", "add", "Call Ana")
    cli("task", "add", "Call Bob")
    cli("task", "done", "Call Bob")
    cli("note", "add", "Callas")
    cli("--space", "studio", "task", "add", "Glaze")
    assert offers(cli, "task", "done", "call") == ["Call Ana"]
    assert sorted(offers(cli, "task", "show", "C")) == ["Call Ana", "Call Bob"]
    assert sorted(offers(cli, "open", "call")) == ["Call Ana", "Call Bob", "Callas"]
    assert offers(cli, "--space", "st") == ["studio"]
    assert offers(cli, "--space", "studio", "task", "show", "") == ["Glaze"]
    assert offers(cli, "task", "list", "--tag", "") == ["deep work"]
    assert offers(cli, "scene", "use", "") == ["Home"]
    assert offers(cli, "capture", "x", "@st") == ["@studio"]
    assert offers(cli, "capture", "x", "+d") == ["+deep-work"]
    assert offers(cli, "capture", "x", "!hi") == ["!high"]
    id = cli("task", "list", "--json").data[0]["id"]
    assert offers(cli, "task", "show", id[:5]) == [id[:8]]


def test_a_title_that_two_records_bear_is_offered_by_their_ids(cli: Commands) -> None:
    cli("task", "add", "-", input="Twin\nTwin\n")
    ids = {task["id"][:8] for task in cli("task", "list", "--json").data}
    assert set(offers(cli, "task", "done", "tw")) == ids


def test_deleted_records_are_offered_only_where_they_can_be_restored(cli: Commands) -> None:
    cli("task", "add", "Gone")
    cli("task", "delete", "Gone")
    assert offers(cli, "task", "show", "G") == []
    assert offers(cli, "task", "restore", "G") == ["Gone"]


def test_nothing_that_steers_a_terminal_is_offered(cli: Commands) -> None:
    cli("task", "add", "bad\x1b[31m")
    cli("task", "add", "two\tparts")
    assert offers(cli, "task", "show", "") == []


def test_a_locked_vault_offers_no_name_and_says_nothing(bare: Commands) -> None:
    bare("init", "--passphrase-stdin", input="a long passphrase\n")
    bare("task", "add", "Secret", "--passphrase-stdin", input="a long passphrase\n")
    bare("lock")
    assert offers(bare, "task", "done", "") == []
    assert offers(bare, "--space", "") == []
    assert "task" in offers(bare, "t")


def test_without_a_home_commands_are_offered_all_the_same(bare: Commands) -> None:
    assert "init" in offers(bare, "in")
    assert offers(bare, "task", "done", "") == []


def test_nothing_readable_is_left_on_the_disk(cli: Commands, home: Home) -> None:
    cli("task", "add", "Zinnober")
    before = set(home.root.rglob("*"))
    assert offers(cli, "task", "done", "Z") == ["Zinnober"]
    assert set(home.root.rglob("*")) == before
    for path in before:
        assert path.is_dir() or not path.is_file() or b"Zinnober" not in path.read_bytes()


@pytest.mark.parametrize(
    ("line", "words", "kept"),
    [
        ("manabench ", [""], 0),
        ("manabench task done Call\\ A", ["task", "done", "Call A"], 0),
        ('manabench task done "Call A', ["task", "done", "Call A"], 0),
        ("manabench task done 'It", ["task", "done", "It"], 0),
        ("manabench --space=st", ["--space=st"], 8),
        ("manabench capture x @st", ["capture", "x", "@st"], 1),
        ("manabench task done a:b", ["task", "done", "a:b"], 2),
        ("manabench  task   li", ["task", "li"], 0),
        ("manabench 'a b' c", ["a b", "c"], 0),
        ("", [""], 0),
        ("manabench \\", ["\\"], 0),
    ],
)
def test_a_line_is_read_as_bash_reads_it(line: str, words: list[str], kept: int) -> None:
    assert words_of(line)[:2] == (words, kept)


# In the shells ----------------------------------------------------------------------------------


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, manabench: Manabench) -> Terminal:
    """A shell with completion loaded, and four records, on a terminal."""
    name = str(request.param)
    program = need(name) if name == "bash" else shutil.which(name) or ""
    if not program:
        pytest.skip(f"{name} is not installed")
    folder = manabench.home.root / "bin"
    folder.mkdir()
    Path(folder, "manabench").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m tui.main "$@"\n', encoding="utf-8"
    )
    Path(folder, "manabench").chmod(0o755)
    manabench("init", "--no-passphrase").ok()
    manabench("task", "add", "-", input="Call Ana: it's (1)\nCallable\nsolo $x\n").ok()
    manabench("space", "create", "Studio", "--type", "team").ok()
    argv = [program, *SHELLS[name][1:]]
    path = f"{folder}:{os.environ['PATH']}"
    terminal = manabench.on_terminal(argv, cols=100, rows=30, env={"PATH": path, "LC_ALL": None})
    terminal.wait_for(lambda text: bool(text.strip()))
    terminal.settle(0.3)
    for line in (BEFORE[name], SOURCE[name], "clear"):
        terminal.send(line.encode() + b"\r").settle(0.3)
    return terminal


def _done(terminal: Terminal) -> str:
    """Press Enter, and what the command said."""
    terminal.settle(0.4)
    terminal.send(b"\r").settle(0.6)
    return terminal.text


@pytest.mark.slow
def test_a_command_an_option_and_a_title_are_completed(shell: Terminal) -> None:
    shell.type("manabench comp").send(b"\t").wait_for("manabench completion")
    shell.send(b"\x15").settle(0.2)
    shell.type("manabench task show solo").send(b"\t").settle(0.6)
    assert "solo $x" in _done(shell).partition("show")[2]
    shell.wait_for("Title")
    shell.type("manabench --space st").send(b"\t").wait_for("--space studio")
    shell.send(b"\x15").settle(0.2)
    shell.type("manabench task list --so").send(b"\t").wait_for("--sort")


@pytest.mark.slow
def test_a_title_with_quotes_and_brackets_arrives_whole(shell: Terminal) -> None:
    shell.type("manabench task done 'Call A").send(b"\t").settle(0.6)
    _done(shell)
    shell.wait_for("1 task done")


def test_the_scripts_hold_no_name(cli: Commands) -> None:
    cli("task", "add", "Zinnober")
    for name in SHELLS:
        assert "Zinnober" not in cli("completion", name).out
        assert json.loads(cli("completion", name, "--json").out)["data"]["shell"] == name
