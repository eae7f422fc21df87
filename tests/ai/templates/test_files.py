"""Template files: what leaves in them, and what comes in with one from a stranger."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.ai.templates.applying import apply
from store.ai.templates.exporting import MOST_RECORDS, export
from store.ai.templates.files import LARGEST, as_json, read, write
from store.ai.templates.gallery import BUILT_IN, find, forget, gallery, keep
from store.ai.templates.shape import OWN, told
from store.ai.templates.whole import MEETING_FOLLOW_UP
from store.errors import GuardError, InvalidValueError, NotFoundError
from store.queries import Query
from tests.store.support import content, throwaway

LEAST: dict[str, Any] = {"format": "manabench.template", "v": 1, "id": "small", "label": "Small"}


def file(**fields: Any) -> bytes:
    return orjson.dumps({**LEAST, **fields})


@pytest.mark.parametrize("template", BUILT_IN, ids=lambda t: t.id)
def test_a_file_gives_back_the_template_that_it_holds(template):
    wanted = told(template)
    back = read(write(wanted))
    assert back.id == OWN + template.id
    mine, other = as_json(wanted), as_json(back)
    for one in (mine, other):
        del one["id"]
        if "agent" in one:
            one["agent"]["policy"].setdefault("preset", "standard")
    assert other == mine


BROKEN = [
    b"",
    b"[]",
    b"\xff\xfe",
    b"{" * 100_000,
    b"9" * (LARGEST + 1),
    orjson.dumps({**LEAST, "v": 2}),
    orjson.dumps({**LEAST, "format": "else"}),
    file(id="../../x"),
    file(id="own:Research Agent"),
    file(version=True),
    file(version=0),
    file(label=""),
    file(label="x" * 201),
    file(color="red"),
    file(category="malware"),
    file(agent={"name": "x", "maxConcurrentMissions": 1000}),
    file(agent={"name": "x", "policy": {"tools": {"create_task": "always"}}}),
    file(agent={"name": "x", "systemPrompt": "x" * 20_001}),
    file(scene={"name": "x", "openApps": [{"appId": "x"}] * 41}),
    file(missions=[{"stableId": "a", "title": "x", "cadence": {"kind": "hourly"}}]),
    file(missions=[{"stableId": "a", "title": "x", "cadence": {"kind": "weekly"}}]),
    file(missions=[{"stableId": "a", "title": "x", "cadence": {"kind": "cron"}}]),
    file(
        missions=[{"stableId": "a", "title": "x", "cadence": {"kind": "cron", "expression": "* *"}}]
    ),
    file(missions=[{"stableId": "a", "title": "x"}] * 2),
    file(missions=[{"stableId": "a", "title": "x", "script": [{"tool": "rm -rf"}]}]),
    file(missions=[{"stableId": "a", "title": "x", "budget": {"moneyPerRun": "all"}}]),
    file(seeds={"todo": [{"stableId": "a", "data": {}}] * 2}),
    file(seeds={"todo": [{"stableId": str(n), "data": {}} for n in range(201)]}),
    file(seeds={"todo": [{"stableId": "a", "data": {"title": ["x"] * 1}, "tags": [""]}]}),
    b'{"format":"manabench.template","v":1,"id":"x","label":"x","seeds":{"todo":[{"stableId":"a"'
    b',"data":{"title":' + b"[" * 500 + b"]" * 500 + b"}}]}}",
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_a_file_that_is_broken_or_hostile_is_refused_whole(bench, number):
    with pytest.raises(InvalidValueError) as caught:
        read(BROKEN[number])
    assert caught.value.kept
    assert len(caught.value.message) < 200
    assert len(gallery(bench)) == len(BUILT_IN)


def test_an_error_never_repeats_what_stands_in_the_file():
    with pytest.raises(InvalidValueError) as caught:
        read(file(agent={"name": "x", "policy": {"tools": {"create_task": "my-secret"}}}))
    assert "agent.policy.tools" in caught.value.message
    assert "my-secret" not in caught.value.message


def test_unknown_fields_stay_outside(bench):
    bold = {
        "name": "Bold",
        "id": "legacy:ai-default",
        "state": "active",
        "model": "gpt",
        "ownerSeal": "x",
        "grant": {"wrappedKey": "x"},
        "apiKey": "sk-1",
        "policy": {"mode": "act", "preset": "trusting", "defaultForAi": "auto", "later": {}},
    }
    mission = {"stableId": "a", "title": "x", "state": "active", "runsOn": "here"}
    mission |= {"iterations": [{"id": "1"}], "grant": {}, "nextRunAt": "2020-01-01T00:00:00.000Z"}
    template = read(
        file(
            agent=bold,
            missions=[mission],
            scene={"name": "S", "openApps": [{"appId": "todo", "script": "x"}]},
            seeds={"todo": [{"stableId": "t", "data": {"title": "x"}, "id": "y"}]},
            spaceId="other",
        )
    )
    keep(bench, template)
    made = apply(bench, find(bench, "own:small"))
    agent = bench.documents.get(bench.scope, "agents", made.agent)
    assert agent["id"] != "legacy:ai-default"
    assert agent["policy"]["mode"] == "propose"
    assert not {"model", "ownerSeal", "grant", "apiKey"} & agent.keys()
    found = bench.documents.get(bench.scope, "aiMissions", made.missions[0])
    assert found["state"] == "paused"
    assert not found.get("iterations")
    assert not {"grant", "nextRunAt"} & found.keys()
    scene = bench.documents.get(bench.scope, "workbenchScenes", made.scene)
    assert scene["openApps"] == [{"appId": "todo"}]
    assert scene["spaceId"] == bench.scope.id


def test_seeds_cannot_reach_records_that_are_there(bench):
    with bench.step("add") as step:
        step.insert("tasks", {"title": "mine"}, id="known")
    before = content(bench)
    seeds = [
        {"stableId": "a", "data": {"title": "x", "id": "known"}},
        {"stableId": "b", "data": {"title": "x", "deletedAt": None}},
        {"stableId": "c", "data": {"title": "x", "spaceId": "other", "authorId": "else"}},
        {"stableId": "d", "data": {"title": "x", "visibility": "public"}},
    ]
    agents = [{"stableId": "a", "data": {"name": "x", "policy": {"defaultForAi": "auto"}}}]
    template = read(file(seeds={"todo": seeds, "ai-agents": agents, "ai-missions": agents}))
    made = apply(bench, template)
    assert not made.count("created")
    assert content(bench) == before


# Export -----------------------------------------------------------------------------------------


@pytest.fixture
def scene(bench):
    """A scene with an agent, missions, and records that should and should not go along."""
    with bench.step("fill") as step:
        work = step.insert("tags", {"name": "work"})
        agent = step.insert(
            "agents",
            {"name": "Ada", "role": "helps", "systemPrompt": "Be kind.", "memory": "MEMORY"}
            | {"model": "MODEL", "scopeTagIds": [work], "maxTokensPerDay": 0},
        )
        for number in range(3):
            task = step.insert("tasks", {"title": f"task {number}", "dueDate": "2026-06-09"})
            if number:
                bench.tags.retag(step, "tasks", task, add=[work])
        step.insert("tasks", {"title": "PRIVATE", "visibility": "private"})
        step.insert("notes", {"title": "a note", "content": "# Text\n\nof it"})
        step.insert("contacts", {"firstName": "NOBODY"})
        step.insert(
            "aiMissions",
            {
                "title": "Tidy",
                "objective": "Tidy up.",
                "agentId": agent,
                "cadence": {"kind": "daily", "atHour": 9, "atMinute": 30},
                "inputs": [
                    {"module": "todo", "table": "tasks", "id": task},
                    {"module": "todo", "table": "tasks", "id": "gone"},
                ],
                "script": [
                    {"tool": "complete_task", "arguments": {"taskId": task}},
                    {"tool": "create_note", "arguments": {"title": task, "content": "x"}},
                    {"tool": "create_task", "arguments": {"title": "at 12:30"}, "rationale": "y"},
                ],
            },
        )
        step.insert("aiMissions", {"title": "OTHERS", "agentId": "somebody"})
        made = step.insert(
            "workbenchScenes",
            {
                "name": "Büro & more",
                "openApps": [{"appId": "todo", "widthPx": 540}, {"appId": "notes"}]
                + [{"appId": "calendar", "maximized": True}],
                "viewingAsAgentId": agent,
                "scopeTagIds": [work],
                "order": 5,
            },
        )
    return bench.documents.get(bench.scope, "workbenchScenes", made)


def test_what_leaves_in_a_file_is_what_was_chosen(bench, scene):
    given = export(bench, scene)
    data = write(given.template).decode()
    for inside in ("MEMORY", "MODEL", "NOBODY", "OTHERS", "PRIVATE", "task 1", bench.scope.id):
        assert f'"{inside}' not in data
    for record in bench.documents.across("tasks"):
        assert record["id"] not in data
    assert scene["viewingAsAgentId"] not in data
    assert len(given.warnings) == 2
    assert "MEMORY" in write(export(bench, scene, memory=True).template).decode()
    tagged = export(bench, scene, records="tagged").template
    assert sorted(seed.fields["title"] for seed in tagged.seeds) == ["task 1", "task 2"]
    every = export(bench, scene, records="all")
    assert sorted(seed.fields["title"] for seed in every.template.seeds) == [
        *("a note", "task 0", "task 1", "task 2"),
    ]
    assert "PRIVATE" not in write(every.template).decode()


def test_a_scene_arrives_elsewhere_as_it_left(bench, scene):
    data = write(export(bench, scene, records="all").template)
    with throwaway() as other:
        keep(other, read(data))
        made = apply(other, find(other, "own:buro-more"))
        assert not [one for one in made.outcomes if one.outcome not in ("created",)]
        there = other.documents.get(other.scope, "workbenchScenes", made.scene)
        assert there["name"] == "Büro & more"
        assert there["openApps"] == [{"appId": "todo", "widthPx": 540}, {"appId": "notes"}]
        assert [other.tags.find("work")["id"]] == there["scopeTagIds"]
        agent = other.documents.get(other.scope, "agents", made.agent)
        assert (agent["systemPrompt"], agent["maxTokensPerDay"]) == ("Be kind.", 0)
        assert agent["scopeTagIds"] == there["scopeTagIds"]
        (mission,) = (other.documents.get(other.scope, "aiMissions", id) for id in made.missions)
        assert [call["arguments"] for call in mission["script"]] == [{"title": "at 12:30"}]
        task = other.documents.find(other.scope, "tasks", "task 2")
        assert [link["id"] for link in mission["inputs"]] == [task["id"]]
        assert task["dueDate"] == "2026-06-09"
        assert len(task.tags) == 1
        note = other.documents.find(other.scope, "notes", "a note")
        assert note["content"] == "# Text\n\nof it"


def test_a_template_takes_so_many_records_and_no_more(bench, scene):
    with bench.step("many") as step:
        for number in range(MOST_RECORDS):
            step.insert("tasks", {"title": str(number)})
    with pytest.raises(InvalidValueError):
        export(bench, scene, records="all")
    home = bench.scenes.list()[0]
    with pytest.raises(InvalidValueError):
        export(bench, home, records="tagged")


# The gallery ------------------------------------------------------------------------------------


def test_templates_from_files_stay_on_this_device_sealed_until_they_are_removed(bench):
    template = read(file(description="A WORD OF MINE"))
    assert keep(bench, template) is False
    assert keep(bench, template._replace(version=2)) is True
    (mine,) = [card for card in gallery(bench) if card.own]
    assert (mine.id, mine.version, mine.description) == ("own:small", 2, "A WORD OF MINE")
    rows = bench.db.read("SELECT value FROM device WHERE key = 'templates.own'")
    assert "A WORD OF MINE" not in rows[0][0]
    forget(bench, find(bench, "small"))
    assert not [card for card in gallery(bench) if card.own]
    with pytest.raises(NotFoundError):
        find(bench, "small")
    with pytest.raises(GuardError):
        forget(bench, find(bench, "research"))


def test_a_file_cannot_pass_for_one_of_ours(bench):
    keep(bench, read(file(id="research", label="Research agent")))
    assert find(bench, "research").id == "research"
    assert find(bench, "own:research").foreign
    with pytest.raises(NotFoundError):
        find(bench, "Research agent")  # two are called so


def test_a_gallery_holds_so_many_and_a_locked_one_shows_ours(make, cheap, monkeypatch):
    bench = make("locked", passphrase="correct horse")
    monkeypatch.setattr("store.ai.templates.gallery.MOST", 2)
    for number in range(2):
        keep(bench, read(file(id=f"t{number}")))
    with pytest.raises(GuardError):
        keep(bench, read(file(id="t2")))
    bench.vault.lock()
    assert [card.id for card in gallery(bench) if card.own] == []
    assert len(gallery(bench)) == len(BUILT_IN)
    assert bench.documents.count(bench.scope, Query("agents")) == 1


# Whatever a file says ---------------------------------------------------------------------------

JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.text(max_size=30),
        st.sampled_from(["", " ", "\0", "own:x", "auto", "todo", "+3d", "legacy:ai-default"]),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything inside a value."""
    inside = value.items() if isinstance(value, dict) else ()
    inside = enumerate(value) if isinstance(value, list) else inside
    return [path, *(place for key, one in inside for place in places(one, (*path, key)))]


WHOLE_FILE = orjson.loads(write(told(MEETING_FOLLOW_UP)))
EVERYWHERE = places(WHOLE_FILE)[1:]


@settings(max_examples=60)
@given(place=st.sampled_from(EVERYWHERE), junk=JUNK)
def test_a_file_with_anything_anywhere_is_refused_or_applied_and_never_breaks(place, junk):
    changed = deepcopy(WHOLE_FILE)
    inside = changed
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = junk
    try:
        template = read(orjson.dumps(changed))
    except InvalidValueError:
        return
    with throwaway() as bench:
        made = apply(bench, template)
        assert {one.outcome for one in made.outcomes} <= {"created", "failed", "missing"}
        for id in made.missions:
            assert bench.documents.get(bench.scope, "aiMissions", id)["state"] == "paused"
        for agent in bench.documents.across("agents"):
            assert agent["policy"]["mode"] == "propose"
