"""The catalogue is the one that compatible clients have, and calls are checked against it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.ai.tools.catalogue import available, catalogue, schema, validate
from store.errors import InvalidValueError
from store.modules import installed
from store.tool import Param, Tool

# The catalogue of compatible clients, for the modules there are: name, whether it runs at once, and
# its parameters; * is required, s text, n a number, b a flag, {...} the only values.
COMMON = """
todo      create_task              propose  title*:s dueDate:s priority:s{low,medium,high} description:s
todo      complete_task            propose  taskId*:s
todo      complete_tasks_by_title  propose  titleMatch*:s
todo      get_task_stats           auto
todo      list_tasks               auto     filter:s{open,completed,overdue,today,all} limit:n
notes     create_note              propose  title:s content*:s
notes     update_note              propose  noteId*:s title:s content:s
notes     append_to_note           propose  noteId*:s content*:s
notes     add_tag_to_note          propose  noteId*:s tag*:s
notes     list_notes               auto     limit:n query:s includeArchived:b
contacts  create_contact           propose  firstName*:s lastName:s email:s phone:s company:s notes:s
contacts  get_contacts             auto
"""  # noqa: E501
OWN = """
todo      update_task              propose  taskId*:s dueDate:s priority:s{low,medium,high}
todo      add_tag_to_task          propose  taskId*:s tag*:s
todo      get_task                 auto     taskId*:s
notes     get_note                 auto     noteId*:s
contacts  get_contact              auto     contactId*:s
"""
"""What this program adds, because lists are read on from and tasks are sorted."""

LETTERS = {"string": "s", "number": "n", "integer": "n", "boolean": "b"}
TOOLS = {
    tool.name: tool._replace(module=module.id)
    for module in installed().values()
    for tool in module.tools
}


def line(tool: Tool) -> tuple[str, ...]:
    told = schema(tool)
    given = []
    for name, said in told["properties"].items():
        star = "*" if name in told["required"] else ""
        choices = "{" + ",".join(said["enum"]) + "}" if "enum" in said else ""
        given.append(f"{name}{star}:{LETTERS[said['type']]}{choices}")
    return tool.module, tool.name, tool.policy, *given


def test_the_catalogue_has_the_names_parameters_and_policies_of_compatible_clients():
    wanted = {tuple(row.split()) for row in (COMMON + OWN).strip().splitlines() if row}
    assert {line(tool) for tool in TOOLS.values()} == wanted


def test_reads_run_at_once_and_everything_else_is_proposed():
    assert {t.name for t in TOOLS.values() if t.policy == "auto"} == {
        t.name for t in TOOLS.values() if t.reads
    }
    assert not any(t.destructive or t.outward for t in TOOLS.values())


def test_no_tool_changes_an_agent_a_mission_or_a_policy():
    assert {tool.module for tool in TOOLS.values()} == {"todo", "notes", "contacts"}
    assert not any("agent" in name or "mission" in name or "policy" in name for name in TOOLS)


def test_a_space_offers_the_tools_of_its_modules_alone(bench):
    log = TOOLS["create_note"]._replace(name="log_habit")
    bench.modules["habits"] = bench.modules["notes"]._replace(id="habits", tools=(log,))
    family = bench.scope._replace(type="family")
    assert "log_habit" in available(bench, bench.scope)
    assert "log_habit" not in available(bench, family)
    assert "log_habit" in available(bench, family._replace(extra=frozenset({"habits"})))


def test_two_tools_of_one_name_are_a_fault_that_shows_at_once(bench):
    notes = bench.modules["notes"]
    bench.modules["notes"] = notes._replace(tools=(*notes.tools, TOOLS["create_task"]))
    with pytest.raises(ValueError, match="create_task"):
        catalogue(bench)


# Checking ---------------------------------------------------------------------------------------

PROBE = Tool(
    "probe",
    "Probe.",
    lambda bench, given: None,  # type: ignore[arg-type, return-value]
    (
        Param("word", "text", "w", required=True, most=5),
        Param("count", "integer", "c", most=9),
        Param("share", "number", "s"),
        Param("on", "flag", "o"),
        Param("level", "text", "l", choices=("1", "2")),
        Param("many", "list", "m"),
        Param("thing", "object", "t"),
    ),
)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"count": "3"}, {"count": 3}),
        ({"count": 3.0}, {"count": 3}),
        ({"share": "2.5"}, {"share": 2.5}),
        ({"share": 2}, {"share": 2.0}),
        ({"on": "true"}, {"on": True}),
        ({"on": "False"}, {"on": False}),
        ({"level": 2}, {"level": "2"}),
        ({"count": None, "many": [1]}, {"many": [1]}),
        ({"thing": {"a": {"b": 1}}}, {"thing": {"a": {"b": 1}}}),
        ({"word": "a\0b"}, {"word": "ab"}),
    ],
)
def test_what_models_write_loosely_is_understood(given, found):
    assert validate(PROBE, {"word": "x", **given}) == {"word": "x", **found}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "word"),
        ({"word": None}, "word"),
        ({"word": 3}, "word"),
        ({"word": "secret"}, "word"),
        ({"word": "x", "count": "secret"}, "count"),
        ({"word": "x", "count": 2.5}, "count"),
        ({"word": "x", "count": 10}, "count"),
        ({"word": "x", "count": True}, "count"),
        ({"word": "x", "share": "nan"}, "share"),
        ({"word": "x", "share": "1e999"}, "share"),
        ({"word": "x", "on": "maybe"}, "on"),
        ({"word": "x", "on": 1}, "on"),
        ({"word": "x", "level": "secret"}, "level"),
        ({"word": "x", "many": "secret"}, "many"),
        ({"word": "x", "thing": ["secret"]}, "thing"),
        ({"word": "x", "secret": 1}, "a parameter"),
        ([], "object"),
        ("secret", "object"),
        (None, "object"),
    ],
)
def test_a_wrong_call_names_the_parameter_and_never_repeats_the_value(given, named):
    with pytest.raises(InvalidValueError) as caught:
        validate(PROBE, given)
    assert named in caught.value.message
    assert "secret" not in caught.value.message + caught.value.hint


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*TOOLS.values(), PROBE]), st.data())
def test_garbage_is_refused_or_becomes_what_the_tool_declared(tool, data):
    names = st.sampled_from([p.name for p in tool.params] or ["x"]) | st.text(max_size=5)
    given = data.draw(st.dictionaries(names, JSON, max_size=5) | JSON)
    try:
        found = validate(tool, given)
    except InvalidValueError:
        return
    kinds = {"flag": bool, "list": list, "object": dict, "integer": int, "number": float}
    for param in tool.params:
        value = found.get(param.name)
        if value is not None:
            assert type(value) is kinds.get(param.kind, str)
            assert not (isinstance(value, float) and not math.isfinite(value))
            assert not param.choices or value in param.choices
        else:
            assert not param.required
