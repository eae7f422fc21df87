"""model: which models this machine knows; a key is never in an argument and never shown."""

from __future__ import annotations

import pytest

from tests.ai.served import call, refusal, say, serving
from tests.tui.cli.harness import Commands

KEY = "sk-never-to-be-seen"


@pytest.fixture
def no_places(monkeypatch):
    """No server listens at any of the well-known ports."""
    from store.ai.planner import trying

    monkeypatch.setattr(trying, "PLACES", (("ollama", "http://127.0.0.1:9/v1"),))


def test_a_model_is_added_tried_chosen_and_forgotten(cli: Commands):
    with serving(call("ping", word="ready")) as server:
        added = cli("model", "add", "house", "--url", server.url, "--model", "qwen3:8b")
        assert "manabench model test house" in added.out
        cli("model", "add", "big", "--url", "https://api.example.org/v1", "--model", "b")
        tried = cli("model", "test", "house")
        assert "It can call tools" in tried.out
        assert "100 tokens in, 20 tokens out." in tried.out
    assert cli("model", "default", "big").code == 0
    rows = cli("model", "list", "--json").data
    assert [(row["name"], row["default"], row["local"]) for row in rows] == [
        ("big", True, False),
        ("house", False, True),
    ]
    assert cli("model", "remove", "house").code == 0
    assert cli("model", "test", "house", "--json").code == 3


def test_a_key_comes_from_standard_input_or_a_file_and_is_shown_nowhere(cli: Commands, tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    with serving() as server:
        base = ("model", "add", "house", "--url", server.url, "--model", "m")
        said = [
            cli(*base, "--key-stdin", input=f"{KEY}\n"),
            cli("model", "test", "house"),
            cli("model", "list", "--json"),
            cli(*base, "--key-file", str(file), "--json"),
            cli("model", "test", "house", "--json"),
        ]
        sent = [request.headers["authorization"] for request in server.completions]
    assert sent == [f"Bearer {KEY}"] * 2
    assert all(KEY not in one.out + one.err for one in said)
    assert {one.code for one in said} == {0}


@pytest.mark.parametrize(
    ("more", "given"),
    [
        (("--key-stdin", "--no-key"), "x\n"),
        (("--key-stdin",), "\n"),
        (("--key-file", "/nowhere"), ""),
    ],
    ids=["two sources", "empty", "no file"],
)
def test_a_key_that_cannot_be_had_changes_nothing(cli: Commands, more, given):
    base = ("model", "add", "m", "--url", "https://api.example.org/v1", "--model", "m")
    assert cli(*base, *more, input=given).code in (1, 2)
    assert cli("model", "list", "--json").data == []


def test_a_refused_trial_ends_with_three_sentences(cli: Commands):
    with serving(afterwards=refusal(401)) as server:
        cli("model", "add", "house", "--url", server.url, "--model", "m")
        failed = cli("model", "test", "house")
    assert failed.code == 7
    assert "does not accept the key" in failed.err
    assert "Nothing was changed" in failed.err
    assert "manabench model add house" in failed.err


def test_models_of_this_machine_are_added_when_asked_for(cli: Commands, no_places):
    assert cli("model", "add", "--detect", "--json").data == []
    with serving(model="qwen3:8b") as server:
        found = cli("model", "add", "--detect", "--url", server.url)
    assert "1 model was found and added." in found.out
    assert [row["name"] for row in cli("model", "list", "--json").data] == ["qwen3:8b"]


def test_without_models_the_list_says_how_to_get_one(cli: Commands):
    assert "manabench model add" in cli("model", "list").err


def test_a_mission_is_planned_from_the_command_line(cli: Commands):
    with serving(call("list_tasks"), say("Nothing is due.")) as server:
        cli("model", "add", "house", "--url", server.url, "--model", "m")
        added = cli("mission", "add", "Triage", "--json")
        assert added.code == 0, added.err
        ran = cli("mission", "run", added.data["id"][:8], "--json")
    assert ran.code == 0, ran.err
    assert "Nothing is due." in ran.out


@pytest.mark.slow
def test_a_key_typed_at_a_terminal_is_not_echoed(manabench):
    manabench("init", "--no-passphrase").ok()
    added = ("model", "add", "big", "--url", "https://api.example.org/v1", "--model", "m")
    terminal = manabench.terminal(*added)
    terminal.wait_for("Key of big").type(KEY).press("enter")
    terminal.wait_for("manabench model test big")
    assert KEY not in terminal.text
    assert manabench("model", "list", "--json").data[0]["key_in"] == "vault"
    again = manabench.terminal("model", "add", "big")
    again.wait_for("the one it has").press("enter")
    again.wait_for("manabench model test big")
    assert manabench("model", "list", "--json").data[0]["key_in"] == "vault"
