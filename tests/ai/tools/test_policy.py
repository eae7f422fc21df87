"""Policies: what they decide, and that nothing garbled is ever a permission."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.ai.tools.policy import (
    CUSTOM,
    PRESETS,
    changed,
    decide,
    effective,
    mode,
    preset,
    preset_of,
)
from store.errors import InvalidValueError
from store.modules import installed
from store.records import Masked
from store.tool import Tool

TOOLS = [
    tool._replace(module=module.id) for module in installed().values() for tool in module.tools
]
BY_NAME = {tool.name: tool for tool in TOOLS}
CREATE, LIST = BY_NAME["create_task"], BY_NAME["list_tasks"]
WIPE = CREATE._replace(name="wipe", destructive=True)
SEND = CREATE._replace(name="send", outward=True)
LOOK = LIST._replace(name="look", outward=True)
WORDS = st.sampled_from(["auto", "propose", "deny", "AUTO", "yes", "", None, 1, True, ["auto"]])
NAMES = st.sampled_from([*BY_NAME, "wipe", "send", "look"])
MAPS = st.dictionaries(NAMES, WORDS, max_size=4) | WORDS
POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "tools": MAPS,
        "defaultsByModule": st.dictionaries(st.sampled_from(["todo", "notes"]), WORDS) | WORDS,
        "defaultForAi": WORDS,
        "mode": st.sampled_from(["propose", "act", "ACT", None, 3]),
    },
)


def test_a_tool_s_own_word_comes_before_its_module_s_and_that_before_the_default():
    policy: dict[str, Any] = {"defaultForAi": "deny"}
    assert decide(policy, CREATE) == "deny"
    policy["defaultsByModule"] = {"todo": "propose"}
    assert decide(policy, CREATE) == "propose"
    policy["tools"] = {"create_task": "auto"}
    assert decide(policy, CREATE) == "auto"
    assert decide(policy, BY_NAME["complete_task"]) == "propose"
    assert decide(policy, BY_NAME["create_note"]) == "deny"


@pytest.mark.parametrize(
    "policy",
    [
        None,
        Masked("locked"),
        "auto",
        [],
        {},
        {"defaultForAi": "yes"},
        {"defaultForAi": True},
        {"tools": ["create_task"], "defaultForAi": "auto"},
        {"tools": {"create_task": "Auto"}, "defaultForAi": "auto"},
        {"tools": {"create_task": None}, "defaultForAi": "auto"},
        {"defaultsByModule": "auto", "defaultForAi": "auto"},
    ],
)
def test_what_nobody_understands_denies(policy):
    assert decide(policy, CREATE) == "deny"
    assert effective(policy, LIST) == "deny" or decide(policy, LIST) != "deny"


def resolved(policy: dict[str, Any], tool: Tool) -> Any:
    """The resolution as the law has it, written down once more."""
    for place, key in (("tools", tool.name), ("defaultsByModule", tool.module)):
        known = policy.get(place)
        if known is not None:
            if type(known) is not dict:
                return "deny"
            if key in known:
                return known[key]
    return policy.get("defaultForAi")


@settings(max_examples=200, deadline=None)
@given(POLICIES, st.sampled_from([*TOOLS, WIPE, SEND, LOOK]), st.booleans())
def test_nothing_runs_that_the_resolution_does_not_let_run(policy, tool, tainted):
    said = resolved(policy, tool)
    said = said if type(said) is str and said in ("auto", "propose", "deny") else "deny"
    acting = policy.get("mode") == "act"
    found = effective(policy, tool, tainted=tainted)
    assert decide(policy, tool) == said
    assert (found == "deny") == (said == "deny")
    if found == "auto":
        assert said == "auto" or (said == "propose" and (tool.reads or acting))
        assert not (acting and (tool.destructive or tool.outward))
        assert not (tainted and tool.outward)
    if tool.outward and said == "propose":
        assert found == "propose"


A, P = "auto", "propose"


@pytest.mark.parametrize(
    ("tool", "mode_name", "tainted", "of_auto", "of_propose"),
    [
        (LIST, "propose", False, A, A),
        (LIST, "act", True, A, A),
        (CREATE, "propose", False, A, P),
        (CREATE, "propose", True, A, P),
        (CREATE, "act", False, A, A),
        (CREATE, "act", True, A, A),
        (WIPE, "propose", False, A, P),
        (WIPE, "propose", True, A, P),
        (WIPE, "act", False, P, P),
        (SEND, "propose", False, A, P),
        (SEND, "propose", True, P, P),
        (SEND, "act", False, P, P),
        (SEND, "act", True, P, P),
        (LOOK, "propose", False, A, P),
        (LOOK, "propose", True, P, P),
        (LOOK, "act", False, P, P),
    ],
)
def test_what_the_gate_does_follows_from_word_mode_and_taint(
    tool, mode_name, tainted, of_auto, of_propose
):
    for word, wanted in (("auto", of_auto), ("propose", of_propose), ("deny", "deny")):
        policy = {"tools": {tool.name: word}, "defaultForAi": "auto", "mode": mode_name}
        assert effective(policy, tool, tainted=tainted) == wanted


# Presets ----------------------------------------------------------------------------------------


def test_the_presets_differ_in_truth():
    later = CREATE._replace(name="later_tool", module="garden", risk="low")
    peek = LIST._replace(name="later_read", module="garden")
    said = {
        name: [
            effective(preset(name, TOOLS), tool)
            for tool in (LIST, CREATE, BY_NAME["update_note"], later, peek, WIPE, SEND)
        ]
        for name in PRESETS
    }
    assert said == {
        "cautious": ["auto", "propose", "propose", "deny", "deny", "deny", "deny"],
        "standard": ["auto", "propose", "propose", "propose", "auto", "propose", "propose"],
        "trusting": ["auto", "auto", "propose", "propose", "auto", "propose", "propose"],
    }


def test_a_preset_keeps_only_what_differs_so_that_later_tools_fall_to_module_or_default():
    standard = preset("standard", TOOLS)
    assert set(standard["tools"]) == {tool.name for tool in TOOLS if tool.policy == "auto"}
    assert "propose" not in preset("trusting", TOOLS)["tools"].values()
    assert "deny" not in preset("cautious", TOOLS)["tools"].values()
    later = CREATE._replace(name="later_tool")
    policy = changed(standard, TOOLS, modules={"todo": "auto"})
    assert decide(policy, later) == "auto"
    assert decide(policy, CREATE) == "auto"


def test_no_preset_lets_anything_destructive_or_outward_run():
    for name in PRESETS:
        policy = preset(name, [*TOOLS, WIPE, SEND])
        for how in ("propose", "act"):
            for tool in (WIPE, SEND):
                assert effective({**policy, "mode": how}, tool) != "auto"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_known_by_what_it_does_not_by_its_name(name):
    policy = preset(name, TOOLS)
    assert preset_of(policy, TOOLS) == name
    assert preset_of({**policy, "mode": "act"}, TOOLS) == name
    other = {**policy, "tools": {**policy["tools"], "create_task": "deny"}}
    assert preset_of(other, TOOLS) == CUSTOM
    assert preset_of({**policy, "defaultForAi": "auto"}, TOOLS) == CUSTOM
    assert preset_of({**policy, "preset": "harmless"}, TOOLS) == CUSTOM


def test_the_policy_of_a_seeded_agent_is_the_standard_one():
    from store.ai.bootstrap import POLICY

    assert preset_of(POLICY, TOOLS) == "standard"


# Changing ---------------------------------------------------------------------------------------


def test_a_change_keeps_what_this_version_does_not_know_and_the_mode():
    policy = {**preset("standard", TOOLS), "mode": "act", "later": {"x": 1}}
    policy["tools"]["their_tool"] = "auto"
    made = changed(policy, TOOLS, tools={"create_task": "deny"})
    assert made["later"] == {"x": 1}
    assert made["tools"]["their_tool"] == "auto"
    assert (mode(made), made["preset"]) == ("act", CUSTOM)
    back = changed(made, TOOLS, tools={"create_task": ""})
    assert decide(back, CREATE) == "propose"
    assert changed(made, TOOLS, preset_name="cautious")["mode"] == "act"
    assert changed(made, TOOLS, preset_name="cautious")["preset"] == "cautious"


@pytest.mark.parametrize(
    "wrong",
    [
        {"tools": {"nope": "auto"}},
        {"tools": {"create_task": "always"}},
        {"modules": {"garden": "auto"}},
        {"default": "maybe"},
        {"mode_name": "yolo"},
        {"preset_name": "aggressive"},
    ],
)
def test_a_word_nobody_knows_is_not_stored(wrong):
    with pytest.raises(InvalidValueError):
        changed(preset("standard", TOOLS), TOOLS, **wrong)
