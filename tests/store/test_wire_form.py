"""What may be stored: every value in a form that all peers can hold, or refused with a reason."""

from __future__ import annotations

import json
import math
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import InvalidValueError, NotFoundError
from store.queries import Query
from store.records import LARGEST, Masked, wire_form
from store.stamps import micros
from tests.store.support import EARLIER, Clock, content, throwaway

anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(alphabet=st.characters(exclude_categories=())),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.dictionaries(st.one_of(st.text(), st.integers(), st.booleans(), st.none()), inner),
    ),
    max_leaves=8,
)


def parts(value):
    yield value
    for inner in value.values() if isinstance(value, dict) else ():
        yield from parts(inner)
    for inner in value if isinstance(value, list) else ():
        yield from parts(inner)


@given(anything)
def test_whatever_is_accepted_is_plain_json_that_every_peer_holds(value):
    try:
        found = wire_form(value)
    except InvalidValueError:
        assert "nan" in repr(value) or "inf" in repr(value)
        return
    for part in parts(found):
        if isinstance(part, str):
            assert "\0" not in part
            part.encode("utf-8")
        if type(part) is int:
            assert abs(part) <= 2**53
        if isinstance(part, float):
            assert math.isfinite(part)
            assert not part.is_integer()
        if isinstance(part, dict):
            assert all(isinstance(key, str) for key in part)
    assert wire_form(found) == found
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1.0, 1),
        (-0.0, 0),
        (1.5, 1.5),
        (1e300, str(int(1e300))),
        (2**53, 2**53),
        (2**53 + 1, str(2**53 + 1)),
        (-(2**53), -(2**53)),
        (-(2**53) - 1, str(-(2**53) - 1)),
        ("a\0b", "ab"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\ud800b", "a\ufffdb"),
        ({1: {None: "x"}}, {"1": {"None": "x"}}),
        ((1, 2.0), [1, 2]),
        ("e\u0301", "e\u0301"),
        (True, True),
    ],
)
def test_values_come_to_wire_form(bench, value, kept):
    found = wire_form(value)
    assert found == kept
    assert type(found) is type(kept)
    with bench.step("add") as step:
        id = step.insert("tasks", {"unknown": value, "metadata": {"x": value}})
    record = bench.documents.get(bench.scope, "tasks", id)
    assert record["unknown"] == kept
    assert type(record["unknown"]) is type(kept)
    assert record["metadata"] == {"x": kept}


def nested(depth):
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


REFUSED = [
    math.nan,
    math.inf,
    -math.inf,
    [math.nan],
    {"a": {"b": math.inf}},
    b"bytes",
    {1, 2},
    object(),
    datetime(2026, 1, 1),  # noqa: DTZ001
    date(2026, 1, 1),
    Masked("locked"),
    nested(300),
    nested(5000),
]


@pytest.mark.parametrize("name", ["unknown", "metadata", "openApps"])
@pytest.mark.parametrize("value", REFUSED, ids=lambda v: type(v).__name__)
def test_what_json_cannot_hold_is_refused_and_changes_nothing(bench, name, value):
    collection = "workbenchScenes" if name == "openApps" else "tasks"
    value = [value] if name == "openApps" else value
    with bench.step("add") as step:
        id = step.insert(collection, {"order": 1})
    before = content(bench)
    for act in (
        lambda step: step.update(collection, id, {"order": 2, name: value}),
        lambda step: step.insert(collection, {name: value}),
        lambda step: step.merge(collection, id, {name: value}, "2030-01-01"),
        lambda step: step.merge(collection, "new", {name: value}, "2030-01-01"),
    ):
        with pytest.raises(InvalidValueError) as caught, bench.step("edit") as step:
            act(step)
        assert caught.value.exit_code == 2
    assert content(bench) == before


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("notes", "content"),
        ("tasks", "unknown"),
        ("notes", "color"),
        ("workbenchScenes", "wallpaper"),
    ],
)
def test_a_value_over_a_megabyte_is_refused_with_a_hint(bench, collection, name):
    def big(size):
        text = "x" * size
        return {"text": text} if name == "wallpaper" else text

    with bench.step("add") as step:
        id = step.insert(collection, {name: big(LARGEST - 100)})
    for act in (
        lambda step: step.update(collection, id, {name: big(2 * LARGEST)}),
        lambda step: step.insert(collection, {name: big(2 * LARGEST)}),
    ):
        with pytest.raises(InvalidValueError) as caught, bench.step("edit") as step:
            act(step)
        assert caught.value.hint
    assert bench.documents.get(bench.scope, collection, id)[name] == big(LARGEST - 100)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("title", ["", "x", None], [1, True, [], {}]),
        ("priority", ["low", None], ["lowest", "", 1]),
        ("isCompleted", [True, False, None], [0, 1, "true"]),
        ("order", [0, -1, 1.5, None], [True, "1", []]),
        ("dueDate", ["2026-06-01", "2026-06-01T10:00:00.000Z", None], ["soon", 5, "2026-02-30"]),
        ("subtasks", [[], [{"title": "x"}], None], ["x", {}, 1]),
        ("metadata", [{}, {"a": None}, None], [[], "x", 1]),
        ("visibility", ["private", "space", "unlisted", "public"], ["secret", 1]),
        ("unknown", ["x", 1, [], {}, True, None], []),
    ],
)
def test_a_declared_field_takes_only_its_kind_from_a_person(bench, name, good, bad):
    with bench.step("add") as step:
        id = step.insert("tasks", {"description": "kept"})
    for value in good:
        with bench.step("edit") as step:
            step.update("tasks", id, {name: value})
        found = bench.documents.get(bench.scope, "tasks", id).get(name)
        assert found == value or (name == "visibility" and found == "space")
    before = content(bench)
    for value in bad:
        for act in (
            lambda step, value=value: step.update("tasks", id, {name: value}),
            lambda step, value=value: step.insert("tasks", {name: value}),
        ):
            with pytest.raises(InvalidValueError), bench.step("edit") as step:
                act(step)
    assert content(bench) == before


def test_the_error_does_not_repeat_a_protected_value(bench):
    with pytest.raises(InvalidValueError) as caught, bench.step("add") as step:
        step.insert("tasks", {"title": ["very secret"]})
    told = f"{caught.value} {caught.value.kept} {caught.value.hint}"
    assert "secret" not in told


def test_what_other_devices_wrote_is_kept_as_it_came(bench):
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": 5, "priority": "lowest", "dueDate": "soon"}, EARLIER)
    record = bench.documents.get(bench.scope, "tasks", "t1")
    assert (record["title"], record["priority"], record["dueDate"]) == (5, "lowest", "soon")
    # And a person can still edit beside it.
    with bench.step("edit") as step:
        step.update("tasks", "t1", {"description": "mine"})


def test_true_and_one_are_different_values(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"unknown": 1, "metadata": {"a": 1}})
    with bench.step("edit") as step:
        step.update("tasks", id, {"unknown": True, "metadata": {"a": True}})
    record = bench.documents.get(bench.scope, "tasks", id)
    assert record["unknown"] is True
    assert record["metadata"]["a"] is True


def test_the_same_value_written_again_changes_nothing(bench):
    values = {"title": "x", "metadata": {"a": 1, "b": 2}, "order": 1, "isCompleted": False}
    with bench.step("add") as step:
        id = step.insert("tasks", values)
    with bench.step("edit") as step:
        step.update("tasks", id, {**values, "metadata": {"b": 2.0, "a": 1}, "description": None})
    assert step.n == 0


@pytest.mark.parametrize(
    "jumps",
    [
        [0, 0, 0],
        [-86_400 * 3650, 0, -1],
        [86_400 * 365 * 60, -86_400 * 365 * 60, 1],
        [86_400 * 365 * 200, 1, -86_400 * 365 * 200],
        [-86_400 * 365 * 56, -86_400 * 365 * 2, 5],
        [0.0001, 0.0001, -0.0001],
    ],
)
def test_a_persons_next_edit_wins_whatever_the_clock_does(jumps):
    """The stamps of one field only ever rise, and a replica of the older value never wins."""
    clock = Clock()
    with throwaway(clock) as bench:
        with bench.step("add") as step:
            id = step.insert("tasks", {"title": "0"})
        for number, jump in enumerate(jumps, 1):
            before = [p for p in bench.history.of(bench.scope, "tasks", id) if p.field == "title"]
            clock.tick(jump)
            with bench.step("edit") as step:
                step.update("tasks", id, {"title": str(number)})
            with bench.step("pull", kind="pull") as step:
                for past in before:
                    assert not step.merge("tasks", id, {"title": "z" + past.value}, past.at)
            assert bench.documents.get(bench.scope, "tasks", id)["title"] == str(number)
        stamps = [
            micros(p.at) for p in bench.history.of(bench.scope, "tasks", id) if p.field == "title"
        ]
        assert len(set(stamps)) == len(stamps)


def test_a_stamp_from_far_ahead_does_not_hold_a_person_back(bench):
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": "ahead"}, "2099-12-31T23:59:59.000Z")
        step.merge("tasks", "t2", {"title": "untrusted"}, "2150-01-01T00:00:00.000Z")
    for id in ("t1", "t2"):
        with bench.step("edit") as step:
            step.update("tasks", id, {"title": "mine"})
        with bench.step("pull", kind="pull") as step:
            came = {"t1": "2099-12-31T23:59:59.000Z", "t2": "2150-01-01T00:00:00.000Z"}[id]
            for at in (came, EARLIER):
                assert not step.merge("tasks", id, {"title": "zzz"}, at)
        assert bench.documents.get(bench.scope, "tasks", id)["title"] == "mine"


@pytest.mark.parametrize("name", [5, None, ("a",), "\ud800"])
def test_a_field_needs_a_name_that_is_text(bench, name):
    with pytest.raises(InvalidValueError), bench.step("add") as step:
        step.insert("tasks", {name: "x"})


@pytest.mark.parametrize("name", ["", "a.b", "a'b", 'a"b', "$", "[0]", "x" * 5000, "nul\0", "日本"])
def test_a_field_and_an_id_may_have_any_name(bench, name):
    id = f"id {name[:50]}"
    with bench.step("add") as step:
        step.insert("tasks", {name: "x", "title": "t"}, id=id)
    with bench.step("edit") as step:
        step.update("tasks", id, {name: "y"})
    bench.history.undo(bench.scope)
    assert bench.documents.get(bench.scope, "tasks", id)[name] == "x"
    assert [p.value for p in bench.history.of(bench.scope, "tasks", id) if p.field == name]
    assert len(bench.documents.page(bench.scope, Query("tasks"))) == 1


def test_a_name_of_bytes_that_are_no_text_is_refused_in_words(bench):
    with pytest.raises((InvalidValueError, NotFoundError)):
        bench.documents.get(bench.scope, "tasks", "\udcff")
    with pytest.raises((InvalidValueError, NotFoundError)):
        bench.documents.find(bench.scope, "tasks", "\udcff")
    with pytest.raises(InvalidValueError), bench.step("add") as step:
        step.insert("tasks", {}, id="\udcff")


def test_ids_author_and_creation_never_change_after_creation(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "x"})
    before = bench.documents.get(bench.scope, "tasks", id)
    fixed = {"id": "y", "spaceId": "z", "createdAt": EARLIER, "authorId": "w", "updatedAt": EARLIER}
    with bench.step("edit") as step:
        step.update("tasks", id, fixed)
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", id, fixed, "2090-01-01")
    after = bench.documents.get(bench.scope, "tasks", id)
    assert {k: after[k] for k in fixed} == {k: before[k] for k in fixed}
