"""What stands around the commands: capture, today, the status line, the manual page, the doctor."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.harness import Home, Manabench
from tests.tui.cli.harness import Commands
from tests.tui.cli.test_help import ALL


def lock(commands: Commands) -> None:
    commands("init", "--passphrase-stdin", input="a long passphrase\n")
    commands("capture", "Zinnober today", "--passphrase-stdin", input="a long passphrase\n")
    commands("lock")


# capture ----------------------------------------------------------------------------------------


def test_capture_answers_with_every_reading_and_the_space(cli: Commands) -> None:
    data = cli("capture", "Call", "Ana", "tomorrow", "+home", "!high", "--json").data
    assert data["title"] == "Call Ana"
    assert data["space"] == "Personal"
    assert data["tagNames"] == ["home"]
    assert data["dueDate"] == "2026-03-05"
    assert [(r["kind"], r["words"], r["isNew"]) for r in data["readings"]] == [
        ("due", "tomorrow", False),
        ("tag", "+home", True),
        ("priority", "!high", False),
    ]


def test_a_piped_list_is_one_step(cli: Commands) -> None:
    data = cli("capture", "--json", input="one fri\n\ntwo #a-tag\nthree #a-tag\n").data
    assert [task["title"] for task in data] == ["one", "two", "three"]
    assert len(cli("tag", "list", "--json").data) == 1
    cli("undo")
    assert cli("task", "list", "--json").data == []
    assert cli("tag", "list", "--json").data == []


def test_a_captured_line_keeps_what_is_escaped(cli: Commands) -> None:
    assert cli("capture", r"write \+home \tomorrow", "--json").data["title"] == (
        "write +home tomorrow"
    )


def test_capture_needs_an_open_vault(bare: Commands) -> None:
    lock(bare)
    assert bare("capture", "x", "--json").error["code"] == "locked"


@pytest.mark.slow
def test_capture_on_a_terminal_asks_for_one_line(manabench: Manabench) -> None:
    manabench("init", "--no-passphrase").ok()
    terminal = manabench.terminal("capture")
    terminal.wait_for("Personal · new task:")
    terminal.type("oil gate tomorrow").press("enter")
    terminal.wait_for("due tomorrow")
    assert terminal.wait_exit() == 0


# today, statusline ------------------------------------------------------------------------------


def test_today_lists_the_overdue_first_and_each_once(cli: Commands) -> None:
    cli("capture", input="late 2026-03-01\nnow today\ngone 09:00 due:2026-03-04 08:00\nlater fri\n")
    titles = [task["title"] for task in cli("today", "--json").data]
    assert titles == ["late", "gone 09:00", "now"]


def test_the_status_line_of_a_locked_vault_is_one_word_and_asks_nothing(bare: Commands) -> None:
    lock(bare)
    result = bare("statusline")
    assert (result.code, result.out, result.err) == (0, "locked\n", "")
    assert bare("statusline", "--json").data == {"locked": True}


@pytest.mark.slow
def test_the_status_line_asks_nothing_on_a_terminal_either(manabench: Manabench) -> None:
    manabench("init", "--passphrase-stdin", input="a long passphrase\n").ok()
    manabench("lock").ok()
    terminal = manabench.terminal("statusline")
    assert terminal.wait_exit() == 0
    assert terminal.text.strip() == "locked"


def test_the_status_line_says_nothing_but_counts(cli: Commands) -> None:
    assert cli("statusline").out == "0 due\n"
    cli("capture", "-", input="Zinnober today\nMore 2026-03-01\n")
    assert cli("statusline").out == "1 due · 1 overdue\n"
    assert cli("statusline", "--format", "{overdue}!").out == "1!\n"
    assert cli("statusline", "--json").data == {
        "locked": False,
        "due": 1,
        "overdue": 1,
        "total": 2,
    }


# man --------------------------------------------------------------------------------------------


def test_the_manual_page_holds_every_command_and_option(bare: Commands) -> None:
    page = bare("man").out
    plain = page.replace("\\-", "-").replace("\\&", "")
    for path, command in ALL:
        assert f".SS {path.removeprefix('manabench ')}" in plain, path
        for param in command.params:
            for opt in getattr(param, "opts", []):
                if opt.startswith("--"):
                    assert opt in plain, (path, opt)
    assert "__complete" not in page


def test_the_manual_page_is_sound_roff(bare: Commands) -> None:
    page = bare("man").out
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-z"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_the_manual_page_is_installed_where_man_looks(bare: Commands, home: Home) -> None:
    assert bare("man", "--install", str(home.root / "share")).code == 0
    path = home.root / "share" / "man1" / "manabench.1"
    assert path.read_text() == bare("man").out
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file in the way")
    assert bare("man", "--install", str(home.root / "share")).code == 1


# doctor -----------------------------------------------------------------------------------------


def test_the_doctor_of_a_sound_home_ends_well_and_shows_no_title(cli: Commands) -> None:
    cli("task", "add", "Zinnober")
    result = cli("doctor")
    assert result.code == 0, result.out
    assert "Zinnober" not in result.out
    data = json.loads(cli("doctor", "--json", "--deep").out)["data"]
    assert data["worst"] in ("ok", "note", "warn")
    assert all(one["todo"] for one in data["findings"] if one["state"] in ("warn", "bad"))


def test_the_doctor_ends_with_1_where_something_is_bad_and_says_what_to_do(
    cli: Commands, home: Home
) -> None:
    key = next((home.config / "keys").glob("*.key"))
    key.chmod(0o644)
    result = cli("doctor")
    assert result.code == 1
    assert f"chmod 0600 '{key}'" in result.out
    answer = cli("doctor", "--json")
    assert answer.code == 1
    assert json.loads(answer.out)["data"]["worst"] == "bad"
    key.chmod(0o600)
    assert cli("doctor").code == 0


def test_the_doctor_needs_neither_a_home_nor_a_key(bare: Commands) -> None:
    assert bare("doctor").code == 0
    lock(bare)
    result = bare("doctor")
    assert result.code == 0
    assert "The vault is locked" in result.out
    assert "Zinnober" not in result.out


def test_the_doctor_reads_the_persons_own_keys_and_themes(cli: Commands, home: Home) -> None:
    (home.config / "keymap.toml").write_text("[keys]\nbogus_act = 'x'\n")
    result = cli("doctor")
    assert "warn  keymap" in result.out
    assert "bogus_act" in result.out
