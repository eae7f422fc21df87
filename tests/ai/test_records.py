"""Agents and missions as records: what is stored, what follows from it, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.ai import budget_words, cadence_words, script_words
from store.ai.names import DuplicateNameError
from store.errors import InvalidValueError
from store.modules.agents import MEMORY_MOST, MEMORY_WARN, memory_left
from store.queries import Query
from store.stamps import instant
from tests.store.support import every_byte


def add(bench, collection, **fields):
    with bench.step("add") as step:
        return step.insert(collection, fields)


def change(bench, collection, id, **fields):
    with bench.step("change") as step:
        step.update(collection, id, fields)


def get(bench, collection, id):
    return bench.documents.get(bench.scope, collection, id)


def act(bench, module, name, ids, argument=""):
    found = next(act for act in bench.modules[module].acts if act.id == name)
    return found.run(bench, ids, argument)


# Agents ----------------------------------------------------------------------


def test_two_live_agents_of_a_space_never_share_a_name(bench):
    one = add(bench, "agents", name="Planner")
    for name in ("Planner", " planner ", "PLANNER", "Mana"):
        with pytest.raises(DuplicateNameError):
            add(bench, "agents", name=name)
    two = add(bench, "agents", name="Writer")
    with pytest.raises(DuplicateNameError):
        change(bench, "agents", two, name="planner")
    change(bench, "agents", one, name="PLANNER")  # its own name, written otherwise
    with bench.step("delete") as step:
        step.delete("agents", one)
    change(bench, "agents", two, name="Planner")
    bench.enter(bench.spaces.create("Family", "family"))
    add(bench, "agents", name="Planner")


def test_a_name_is_checked_by_whichever_door_it_comes(bench):
    add(bench, "agents", name="Planner")
    quick = bench.modules["ai-agents"].quick

    def both():
        with bench.step("both") as step:
            step.insert("notes", {"title": "before"}, id="n1")
            step.insert("agents", quick("Planner\nfor something else"))

    with pytest.raises(DuplicateNameError):
        both()
    assert bench.documents.page(bench.scope, Query("notes")) == []
    with pytest.raises(InvalidValueError):
        add(bench, "agents", name="  ")


def test_the_default_agent_may_be_named_like_any_other(bench):
    add(bench, "agents", name="Planner")
    change(bench, "agents", "legacy:ai-default", name="Planner")


def test_a_new_agent_proposes_first_and_has_no_entry_for_any_tool(bench):
    agent = get(bench, "agents", add(bench, "agents", name="Planner"))
    assert agent["policy"]["mode"] == "propose"
    assert agent["policy"]["tools"] == {}
    assert (agent["state"], agent["maxConcurrentMissions"]) == ("active", 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("maxTokensPerDay", -3),
        ("maxMoneyPerDay", -0.01),
        ("maxMoneyPerDay", float("inf")),
        ("maxConcurrentMissions", 0),
        ("maxConcurrentMissions", 11),
        ("maxConcurrentMissions", 1.5),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused(bench, field, value):
    with pytest.raises(InvalidValueError) as refused, bench.step("limits") as step:
        step.update("agents", "legacy:ai-default", {field: value})
    assert refused.value.kept
    assert refused.value.hint


def test_what_an_agent_is_told_and_may_do_lies_sealed(bench):
    marks = {"systemPrompt": "marker-a", "memory": "marker-b", "model": "marker-c"}
    id = add(bench, "agents", name="marker-d", policy={"tools": {"marker-e": "deny"}}, **marks)
    add(bench, "aiMissions", title="marker-f", script=[{"tool": "marker-g", "arguments": {}}])
    change(bench, "agents", id, role="marker-h")
    assert b"marker" not in every_byte(bench.home)


def test_pause_resume_and_archive_are_undone(bench):
    id = add(bench, "agents", name="Planner")
    for name, state in (("pause", "paused"), ("resume", "active"), ("archive", "archived")):
        act(bench, "ai-agents", name, [id])
        assert get(bench, "agents", id)["state"] == state
    bench.history.undo(bench.scope, 3)
    assert get(bench, "agents", id)["state"] == "active"


def test_a_tag_filter_is_set_by_names_and_taken_off(bench):
    id = add(bench, "agents", name="Planner")
    tag = bench.tags.add("Work")
    act(bench, "ai-agents", "filter", [id], "#work")
    assert get(bench, "agents", id)["scopeTagIds"] == [tag]
    act(bench, "ai-agents", "filter", [id], "none")
    assert not get(bench, "agents", id)["scopeTagIds"]


def test_memory_warns_before_it_is_cut():
    assert memory_left("x" * (MEMORY_WARN - 1)) == (0, False)
    assert memory_left("x" * MEMORY_WARN) == (0, True)
    assert memory_left("x" * (MEMORY_MOST + 5)) == (5, True)


# Missions ----------------------------------------------------------------------


def test_a_new_mission_has_an_agent_runs_by_hand_and_knows_its_device(bench):
    fields = bench.modules["ai-missions"].quick("Weekly review\nSum up the week.\n\nBriefly.")
    mission = get(bench, "aiMissions", add(bench, "aiMissions", **fields))
    assert (mission["title"], mission["objective"]) == (
        "Weekly review",
        "Sum up the week.\n\nBriefly.",
    )
    assert (mission["agentId"], mission["state"]) == ("legacy:ai-default", "active")
    assert mission["cadence"] == {"kind": "manual"}
    assert mission.get("nextRunAt") is None
    assert mission["runsOn"]


def test_the_next_run_follows_from_cadence_zone_and_state(bench, clock):
    every = {"kind": "interval", "everyMinutes": 90}
    id = add(bench, "aiMissions", title="x", cadence=every)

    def at():
        return get(bench, "aiMissions", id).get("nextRunAt")

    def later(minutes):
        return instant(clock() + timedelta(minutes=minutes))

    assert at() == later(90)
    first = at()
    clock.tick(3600)
    change(bench, "aiMissions", id, title="y", cadence=every)
    change(bench, "aiMissions", id, objective="z")
    assert at() in (first, later(90))
    act(bench, "ai-missions", "pause", [id])
    assert at() is not None  # the state hides it
    clock.tick(3600)
    act(bench, "ai-missions", "resume", [id])
    assert at() == later(90)  # missed slots are one run, counted from now
    act(bench, "ai-missions", "done", [id])
    assert at() is None
    change(bench, "aiMissions", id, state="active")
    assert at() == later(90)
    act(bench, "ai-missions", "cadence", [id], "manual")
    assert at() is None
    act(bench, "ai-missions", "cadence", [id], "daily 9:00")
    change(bench, "aiMissions", id, timeZone="Asia/Tokyo")
    assert at().endswith("T00:00:00.000Z")


def test_what_the_runner_writes_itself_is_left_as_it_is(bench):
    id = add(bench, "aiMissions", title="x", cadence={"kind": "daily", "atHour": 9, "atMinute": 0})
    wanted = "2027-01-01T00:00:00.000Z"
    change(bench, "aiMissions", id, nextRunAt=wanted, state="active")
    assert get(bench, "aiMissions", id)["nextRunAt"] == wanted


def test_a_cadence_nobody_understands_is_kept_and_never_runs(bench):
    odd = {"kind": "moonphase", "phase": "full"}
    mission = get(bench, "aiMissions", add(bench, "aiMissions", title="x", cadence=odd))
    assert (mission["cadence"], mission.get("nextRunAt")) == (odd, None)


def test_an_input_is_linked_and_unlinked_by_its_title(bench):
    task = add(bench, "tasks", title="water the beans")
    id = add(bench, "aiMissions", title="water the beans")
    act(bench, "ai-missions", "inputs", [id], "water the beans")
    inputs = [{"module": "todo", "table": "tasks", "id": task}]
    assert get(bench, "aiMissions", id)["inputs"] == inputs
    act(bench, "ai-missions", "inputs", [id], task[:8])
    assert get(bench, "aiMissions", id)["inputs"] == []


def test_lists_show_what_is_due_first_and_leave_out_what_is_over(bench, clock):
    late = add(bench, "aiMissions", title="late", cadence={"kind": "interval", "everyMinutes": 60})
    hand = add(bench, "aiMissions", title="hand")
    soon = add(bench, "aiMissions", title="soon", cadence={"kind": "interval", "everyMinutes": 5})
    over = add(bench, "aiMissions", title="over")
    away = add(bench, "aiMissions", title="away")
    act(bench, "ai-missions", "done", [over])
    act(bench, "ai-missions", "pause", [away])
    clock.tick(600)

    def ids(*filters):
        return [
            record["id"]
            for record in bench.documents.page(bench.scope, Query("aiMissions", filters=filters))
        ]

    assert ids("open") == [soon, late, hand, away]
    assert ids("due") == [soon]
    assert ids("done") == [over]
    module = bench.modules["ai-missions"]
    first = bench.documents.page(bench.scope, Query("aiMissions"))[0]
    assert (module.row(first, 80).glyph, module.group(first)) == ("!", "Due")


# Words ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("manual", {"kind": "manual"}),
        ("every 30m", {"kind": "interval", "everyMinutes": 30}),
        ("alle 2 Stunden", {"kind": "interval", "everyMinutes": 120}),
        ("every 2h", {"kind": "interval", "everyMinutes": 120}),
        ("every 1d", {"kind": "interval", "everyMinutes": 1440}),
        ("Daily 9", {"kind": "daily", "atHour": 9, "atMinute": 0}),
        ("täglich um 9:30 Uhr", {"kind": "daily", "atHour": 9, "atMinute": 30}),
        ("mon 9:00", {"kind": "weekly", "dayOfWeek": 1, "atHour": 9}),
        ("sonntag 20 uhr", {"kind": "weekly", "dayOfWeek": 0, "atHour": 20}),
        ("fri 9:15", {"kind": "cron", "expression": "15 9 * * 5"}),
        ("weekdays 8:00", {"kind": "cron", "expression": "0 8 * * 1-5"}),
        ("cron 0 9 * * mon-fri", {"kind": "cron", "expression": "0 9 * * MON-FRI"}),
        ("cron 0 9 * *", None),
        ("cron 61 9 * * 1", None),
        ("daily 24:00", None),
        ("every 0m", None),
        ("every 999999d", None),
        ("tomorrow", None),
        ("someday 9", None),
    ],
)
def test_a_cadence_is_read_by_its_grammar_alone_and_shown_as_it_is_read(text, cadence):
    if cadence is None:
        with pytest.raises(InvalidValueError):
            cadence_words.read(text)
        return
    assert cadence_words.read(text) == cadence
    assert cadence_words.read(cadence_words.shown(cadence)) == cadence


@pytest.mark.parametrize(
    "odd", [None, 3, {}, {"kind": "daily"}, {"kind": "weekly", "dayOfWeek": 9}]
)
def test_a_cadence_from_elsewhere_is_shown_whatever_it_is(odd):
    assert isinstance(cadence_words.shown(odd), str)


def test_a_script_is_typed_and_shown_line_by_line():
    text = (
        "# so that Monday starts\n# with a plan\n"
        'create_task title="Plan the \\"week\\"" dueDate=monday count=3 done=true tags=["a b", 1]\n'
        "\nlist_tasks\n"
        "update_note noteId='12' content=''"
    )
    calls = script_words.read(text)
    assert calls == [
        {
            "tool": "create_task",
            "arguments": {
                "title": 'Plan the "week"',
                "dueDate": "monday",
                "count": 3,
                "done": True,
                "tags": ["a b", 1],
            },
            "rationale": "so that Monday starts with a plan",
        },
        {"tool": "list_tasks", "arguments": {}},
        {"tool": "update_note", "arguments": {"noteId": "12", "content": ""}},
    ]
    assert script_words.read(script_words.shown(calls)) == calls
    assert script_words.read("") is None


@pytest.mark.parametrize(
    "text", ["=x", 'a title="open', "a b", "a x=", "a x={", "\n".join(["a"] * 101)]
)
def test_a_broken_script_is_refused_whole(text):
    with pytest.raises(InvalidValueError):
        script_words.read(text)


def test_a_budget_is_typed_in_parts():
    limits = {"tokensPerRun": 5000, "moneyPerRun": 0.1, "seconds": 120}
    assert budget_words.read("5000 tokens, 0.10 $, 120 s") == limits
    assert budget_words.read(budget_words.shown(limits)) == limits
    assert budget_words.read("none") is None
    for text in ("5000", "5 tokens, 6 tokens", "-1 s"):
        with pytest.raises(InvalidValueError):
            budget_words.read(text)


def test_a_budget_of_a_day_is_typed_in_the_same_parts():
    limits = budget_words.read_day("0.5 $, 5000 tokens")
    assert limits == {"tokensPerDay": 5000, "moneyPerDay": 0.5}
    assert budget_words.shown_day(limits) == "5000 tokens, 0.5 $"
    assert budget_words.read_day("none") == {"tokensPerDay": None, "moneyPerDay": None}
    with pytest.raises(InvalidValueError):
        budget_words.read_day("120 s")
