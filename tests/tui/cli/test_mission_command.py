"""mission and run: the verbs beyond those of every module."""

from __future__ import annotations

import json

import pytest

ADD = {"tool": "create_task", "arguments": {"title": "Water the plants"}, "rationale": "dry"}
LIST = {"tool": "list_tasks", "onError": "continue"}


def data(cli, *args, input=""):
    return cli("--json", *args, input=input).data


@pytest.fixture
def weekly(cli, tmp_path):
    """The id of a mission with a script that was put on it from a file."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps([ADD, LIST]))
    return data(cli, "mission", "add", "Weekly", "--script", str(path))["id"]


def test_a_mission_runs_tells_its_steps_and_is_listed(cli, weekly):
    run = data(cli, "mission", "run", "Weekly")
    assert (run["state"], run["mission"], run["source"]) == ("awaiting-review", weekly, "browser")
    assert [step["status"] for step in run["steps"]] == ["staged", "approved"]
    assert {"n", "process", "beat"}.isdisjoint(run)
    said = cli("mission", "run", "Weekly", "--wait")
    assert "manabench proposal list" in said.out
    assert len(data(cli, "mission", "runs", "Weekly")) == 2
    assert len(data(cli, "mission", "runs", "Weekly", "--limit", "1")) == 1
    assert "waits for a look" in cli("mission", "runs", "Weekly").out


def test_a_run_that_failed_or_may_not_begin_has_its_exit_code(cli, weekly):
    assert cli("mission", "script", "Weekly", "-", input='complete_task taskId="none"').code == 0
    assert cli("mission", "run", "Weekly").code == 1
    assert cli("mission", "pause", "Weekly").code == 0
    refused = cli("mission", "run", "Weekly")
    assert refused.code == 5
    assert "paused" in refused.err
    assert cli("mission", "run", "Nobody").code == 3
    assert cli("mission", "cancel", "Weekly").code == 3


def test_feedback_is_kept_with_the_newest_run(cli, weekly):
    assert cli("mission", "feedback", "Weekly", "too", "soon").code == 3
    run = data(cli, "mission", "run", "Weekly")["id"]
    assert data(cli, "mission", "feedback", "Weekly", "water", "less")["run"] == run
    (told,) = data(cli, "mission", "runs", "Weekly")
    assert told["feedback"] == "water less"


def test_a_script_is_shown_as_it_can_be_given_back(cli, weekly):
    shown = cli("mission", "script", "Weekly").out
    before = data(cli, "mission", "script", "Weekly")
    assert shown.splitlines() == ["# dry", 'create_task title="Water the plants"', "- list_tasks"]
    assert data(cli, "mission", "script", "Weekly", "-", input=shown)["script"] == [
        {**call, "arguments": call.get("arguments", {})} for call in before
    ]
    assert cli("mission", "script", "Weekly", "--clear").code == 0
    assert data(cli, "mission", "script", "Weekly") is None
    assert cli("undo").code == 0
    assert len(data(cli, "mission", "script", "Weekly")) == 2


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("brew_coffee", "no tool"),
        ("create_task", "create_task"),
        ("create_task title=x colour=red", "colour"),
        ('[{"tool": "list_tasks", "when": "now"}]', "when"),
        ('[{"tool": "list_tasks", "onError": "retry"}]', "onError"),
        ("[7]", "Call 1"),
        ("[", "JSON"),
        ("", "list of calls"),
    ],
)
def test_a_script_that_cannot_run_is_refused_whole(cli, weekly, script, words):
    refused = cli("mission", "script", "Weekly", "-", input=script)
    assert refused.code == 2
    assert words in refused.err
    assert len(data(cli, "mission", "script", "Weekly")) == 2
    assert cli("mission", "edit", "Weekly", "--script", "/no/such/file").code == 1


def test_a_script_may_stand_in_the_command_itself(cli):
    made = data(cli, "mission", "add", "Short", "--script", '[{"tool":"list_tasks"}]')
    assert data(cli, "mission", "script", made["id"]) == [{"tool": "list_tasks"}]
    assert cli("mission", "edit", "Short", "--script", "list_tasks filter=open").code == 0
    assert data(cli, "mission", "script", "Short")[0]["arguments"] == {"filter": "open"}


def test_records_are_given_to_a_mission_and_taken_away(cli, weekly):
    assert cli("note", "add", "Where the plants stand").code == 0
    assert cli("task", "add", "Buy a can").code == 0
    added = data(cli, "mission", "inputs", "add", "Weekly", "Where the plants stand", "Buy a can")
    assert [one["table"] for one in added["inputs"]] == ["notes", "tasks"]
    assert len(data(cli, "mission", "inputs", "add", "Weekly", "Buy a can")["inputs"]) == 2
    assert cli("mission", "inputs", "remove", "Weekly", "Where the plants stand").code == 0
    assert [one["table"] for one in data(cli, "mission", "inputs", "list", "Weekly")] == ["tasks"]
    assert "Buy a can" in cli("mission", "inputs", "list", "Weekly").out
    assert cli("mission", "inputs", "remove", "Weekly", "Nothing").code == 3


def test_run_says_what_is_next_and_what_runs_elsewhere(cli, weekly):
    assert "Nothing is due." in cli("run").err
    assert cli("mission", "edit", "Weekly", "--cadence", "every 2h").code == 0
    assert "Next:" in cli("run").err
    assert cli("run", "--once", "--watch").code == 2
    taken = data(cli, "mission", "take-over", "Weekly")
    assert data(cli, "mission", "show", "Weekly")["runsOn"] == taken["runsOn"]


def test_help_tells_of_systemd_and_cron(cli):
    told = cli("run", "--help").out
    assert "manabench run --watch" in told
    assert "*/5 * * * * manabench run --once" in told
