"""`manabench template`, as a script calls it."""

from __future__ import annotations

import json
import stat

import pytest

from tests.tui.cli.harness import Commands


@pytest.fixture
def call(home, monkeypatch):
    """The command line in this process, in a home of its own."""
    for name, value in home.env.items():
        monkeypatch.setenv(name, value)
    made = Commands()
    assert made("init", "--no-passphrase").code == 0
    return made


def test_a_template_is_listed_shown_applied_and_taken_back(call):
    cards = {card["id"]: card for card in call("template", "list", "--json").data}
    assert cards["weekly-review"]["missing"] == []
    shown = call("template", "show", "weekly-review")
    assert "script, needs no model" in shown.out
    assert "Not here yet" in call("template", "show", "deep-work").out
    made = call("template", "apply", "weekly-review", "--active", "--json").data
    assert {one["outcome"] for one in made["outcomes"]} == {"created"}
    assert len(call("mission", "list", "--json").data) == 2
    assert "applied" in call("template", "list").out
    assert "Nothing new" in call("template", "apply", "weekly-review").out
    assert call("undo").code == 0
    assert call("mission", "list", "--json").data == []
    assert call("template", "apply", "no-such").code == 3


def test_a_scene_goes_out_as_a_file_and_comes_in_again(call, home):
    call("template", "apply", "inbox-triage")
    path = home.root / "triage.json"
    said = call("template", "export", "Inbox triage", str(path), "--records", "all")
    assert said.code == 0, said.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["id"] == "own:inbox-triage"
    again = call("template", "export", "Inbox triage", str(path))
    assert again.code == 1
    assert json.loads(call("template", "export", "Inbox triage", "-").out)["v"] == 1
    assert call("template", "import", str(path)).code == 0
    shown = call("template", "show", "own:inbox-triage")
    assert "only proposes" in shown.out
    call("agent", "edit", "Inbox triage", "--name", "Mine")
    made = call("template", "apply", "own:inbox-triage", "--active", "--json").data
    states = [call("mission", "show", id, "--json").data["state"] for id in made["missions"]]
    assert set(states) == {"paused"}
    assert call("template", "remove", "own:inbox-triage").code == 0
    assert call("template", "remove", "research").code == 5
    path.write_text('{"format": "manabench.template", "v": 1}')
    broken = call("template", "import", str(path), "--json")
    assert (broken.code, broken.error["code"]) == (2, "invalid")
    assert call("template", "import", str(home.root / "nowhere")).code == 1
