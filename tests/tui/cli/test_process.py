"""The program as a shell runs it: imports, pipes, encodings, no terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import Manabench

HEAVY = (
    "textual",
    "rich",
    "pydantic",
    "sqlite_utils",
    "keyring",
    "httpx",
    "markdown_it",
    "asyncio",
)

PROBE = """
import sys
from tui.cli.root import run
code = run(sys.argv[1:])
sys.stdout.flush()
print(*sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def ready(manabench: Manabench) -> Manabench:
    manabench("init", "--no-passphrase").ok()
    return manabench


def imported(manabench: Manabench, *args: str) -> set[str]:
    """The top-level names that one command imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args],
        env=manabench.home.env,
        cwd=manabench.home.root,
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("version",),
        ("task", "list"),
        ("task", "add", "x"),
        ("note", "list", "--json"),
        ("space", "list"),
        ("tag", "list"),
        ("scene", "list"),
        ("search", "x"),
        ("capture", "x", "tomorrow"),
        ("today", "--all"),
        ("statusline",),
        ("man",),
        ("completion", "bash"),
        ("__complete", "fish", "task", "done", ""),
    ],
    ids=" ".join,
)
def test_headless_commands_import_neither_textual_nor_anything_heavy(
    ready: Manabench, args: tuple[str, ...]
) -> None:
    found = imported(ready, *args)
    assert not found & set(HEAVY)


def test_only_the_chosen_nouns_file_is_imported(ready: Manabench) -> None:
    probe = PROBE.replace('name.split(".")[0] for', "name for")
    done = subprocess.run(
        [sys.executable, "-c", probe, "task", "list"],
        env=ready.home.env,
        cwd=ready.home.root,
        input="",
        capture_output=True,
        text=True,
        check=True,
    )
    found = {name for name in done.stderr.split() if name.startswith("tui.")}
    assert found <= {
        "tui.cli",
        "tui.cli.call",
        "tui.cli.fields",
        "tui.cli.frame",
        "tui.cli.modules",
        "tui.cli.output",
        "tui.cli.pick",
        "tui.cli.root",
        "tui.cli.verbs",
    }


def test_a_reader_that_had_enough_ends_it_quietly(ready: Manabench) -> None:
    ready("task", "add", "-", input="\n".join(f"task {'x' * 200} {n}" for n in range(2000))).ok()
    program = f"{sys.executable} -m tui.main task list | head -1; echo codes ${{PIPESTATUS[*]}}"
    done = subprocess.run(
        ["bash", "-c", program],
        env=ready.home.env,
        cwd=ready.home.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "codes 0 0"


def test_a_closed_stderr_changes_no_exit_code(ready: Manabench) -> None:
    program = f"{sys.executable} -m tui.main task show nothing 2>&-"
    done = subprocess.run(
        ["bash", "-c", program], env=ready.home.env, cwd=ready.home.root, check=False
    )
    assert done.returncode == 3


def test_a_full_disk_is_told_and_the_change_is_kept(ready: Manabench) -> None:
    program = f"{sys.executable} -m tui.main task add Tent > /dev/full"
    done = subprocess.run(
        ["bash", "-c", program],
        env=ready.home.env,
        cwd=ready.home.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is kept" in done.stderr
    assert len(ready("task", "list", "--json").ok().data) == 1


def test_letters_that_the_locale_lacks_are_replaced_not_fatal(ready: Manabench) -> None:
    ready("task", "add", "日本 é").ok()
    shown = ready("task", "list", env={"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}).ok()
    assert "??" in shown.out
    exact = ready("task", "list", "--json", env={"PYTHONIOENCODING": "ascii"}).ok()
    assert exact.data[0]["title"] == "日本 é"


def test_input_that_is_no_text_is_refused(ready: Manabench) -> None:
    outcome = ready("note", "add", "-", input=b"\xff\xfe\x00binary")
    assert outcome.code == 2
    assert "UTF-8" in outcome.err
    assert ready("note", "list", "--json").data == []


def test_without_a_command_and_a_terminal_it_says_so_at_once(ready: Manabench) -> None:
    outcome = ready()
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 1


def test_interrupting_leaves_a_word_and_130(ready: Manabench) -> None:
    import signal
    import time

    child = ready.start("note", "add", "-")
    time.sleep(0.7)
    child.send_signal(signal.SIGINT)
    _out, err = child.communicate(timeout=10)
    assert child.returncode == 130
    assert err.strip() == "Stopped."


def test_colours_and_cut_titles_only_on_a_terminal(ready: Manabench) -> None:
    ready("task", "add", "a title of " + "very " * 20 + "many words").ok()
    assert "\x1b" not in ready("task", "list").out
    assert "many words" in ready("task", "list").out
    terminal = ready.terminal("task", "list", cols=40)
    terminal.wait_exit()
    assert b"\x1b[2m" in terminal.raw()
    assert "…" in terminal.text
    assert len([line for line in terminal.screen if line.strip()]) == 1
    plain = ready.terminal("task", "list", env={"NO_COLOR": "1"})
    plain.wait_exit()
    assert b"\x1b" not in plain.raw()


@pytest.mark.slow
def test_ctrl_c_ends_an_import_between_batches_and_keeps_what_is_done(
    ready: Manabench, tmp_path: Path
) -> None:
    for n in range(3000):
        (tmp_path / f"{n}.md").write_text(f"# Note {n}\n\ntext\n")
    terminal = ready.terminal("import", str(tmp_path))
    terminal.wait_for("/3000").press("ctrl+c")
    assert terminal.wait_exit() in (0, 130)
    kept = len(ready("note", "list", "--json").ok().data)
    assert kept > 0
    ready("import", str(tmp_path)).ok()
    assert len(ready("note", "list", "--json").ok().data) == 3000
