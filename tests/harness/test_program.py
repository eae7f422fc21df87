"""Homes and the command line runner: nothing of the person's own machine is touched."""

from __future__ import annotations

import os
import stat

import pytest

from tests.harness import need


def test_a_home_is_private_and_empty(home):
    assert not home.path.exists()
    assert not home.config.exists()
    assert stat.S_IMODE(home.runtime.stat().st_mode) == 0o700
    assert list(home.files()) == []
    assert home.env["HOME"] != os.path.expanduser("~")


def test_the_hunt_finds_a_word_in_contents_names_and_escapes(home):
    home.path.mkdir()
    (home.path / "plain").write_bytes(b"..\x00marker\xff")
    (home.path / "wide").write_bytes("marker".encode("utf-16-le"))
    (home.path / "json").write_text('"gr\\u00fc\\u00df"')
    (home.runtime / "marker.swp").write_bytes(b"")
    found = {name for _, name in home.find("marker", "grüß")}
    assert found == {"home/plain", "home/wide", "run/marker.swp", "home/json"}
    assert home.find("absent") == []


def test_a_command_runs_with_its_input_and_environment(manabench, monkeypatch):
    monkeypatch.setattr("tests.harness.program.ARGV", ("env",))
    outcome = manabench(env={"EXTRA": "1"}).ok()
    lines = outcome.out.splitlines()
    assert "EXTRA=1" in lines
    assert f"MANABENCH_HOME={manabench.home.path}" in lines
    monkeypatch.setattr("tests.harness.program.ARGV", ("cat",))
    assert manabench(input='{"v": 1, "data": [2]}').data == [2]
    assert manabench("/nowhere").code == 1


def test_what_was_started_ends_with_the_runner(manabench, monkeypatch):
    monkeypatch.setattr("tests.harness.program.ARGV", ("sleep",))
    child = manabench.start("60")
    term = manabench.terminal("60")
    manabench.close()
    assert child.returncode == -9
    assert term.exit_status == -9


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_a_missing_program_fails_in_ci_and_skips_elsewhere(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    assert need("sh").endswith("sh")
    with pytest.raises(outcome, match="no-such-program is not installed"):
        need("no-such-program")
