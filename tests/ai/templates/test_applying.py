"""Applying templates: once, in one step, in the language of the day, and never twice."""

from __future__ import annotations

import pytest

from store import words
from store.ai.proposals import inbox
from store.ai.runs import running
from store.ai.templates import applying
from store.ai.templates.applying import Options, apply
from store.ai.templates.files import read, write
from store.ai.templates.gallery import BUILT_IN, find, gallery, keep
from store.ai.templates.known import DEEP_WORK, EVENT_SCOUT, FITNESS, RESEARCH
from store.ai.templates.shape import AgentPart, Seed, Template, Words, each, told
from store.ai.templates.whole import INBOX_TRIAGE, MEETING_FOLLOW_UP, WEEKLY_REVIEW, WHOLE
from store.ai.tools.catalogue import catalogue, validate
from store.ai.tools.policy import decide, preset
from store.queries import Query
from store.tool import Tool
from tests.store.support import content, sound, throwaway


@pytest.mark.parametrize("template", WHOLE, ids=lambda t: t.id)
def test_a_template_of_ours_is_whole_on_a_fresh_machine(bench, template):
    result = apply(bench, template)
    assert {one.outcome for one in result.outcomes} == {"created"}
    assert not result.warnings
    agent = bench.documents.get(bench.scope, "agents", result.agent)
    scene = bench.documents.get(bench.scope, "workbenchScenes", result.scene)
    assert (agent["state"], agent["policy"]["mode"]) == ("active", "propose")
    assert scene["viewingAsAgentId"] == agent["id"]
    missions = [bench.documents.get(bench.scope, "aiMissions", id) for id in result.missions]
    assert {mission["state"] for mission in missions} == {"paused"}
    assert {mission["agentId"] for mission in missions} == {agent["id"]}
    assert any(mission.get("script") for mission in missions), "none that needs no model"
    # What a planned mission is given to read is one of the template's own records.
    linked = [link for mission in missions for link in mission.get("inputs") or ()]
    assert linked
    assert all(bench.documents.get(bench.scope, link["table"], link["id"]) for link in linked)
    sound(bench)


@pytest.mark.parametrize("template", WHOLE, ids=lambda t: t.id)
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_scripts_of_templates_are_calls_that_the_catalogue_takes(bench, template, language):
    words.set_language(language)
    tools = catalogue(bench)
    calls = [step for mission in told(template).missions for step in mission.script]
    assert calls
    for step in calls:
        assert validate(tools[step.tool], step.arguments) == step.arguments
    words.set_language("en")


def test_one_undo_takes_all_of_a_template_back_and_it_can_be_applied_anew(bench):
    before = content(bench)
    first = apply(bench, MEETING_FOLLOW_UP)
    whole = content(bench)
    assert bench.db.read("SELECT count(*) FROM steps WHERE n = ?", (first.n,)) == [(1,)]
    bench.history.undo(bench.scope)
    assert content(bench) == before
    assert not any(card.applied for card in gallery(bench))
    apply(bench, MEETING_FOLLOW_UP)
    assert content(bench) == whole


def test_applying_twice_makes_nothing_new(bench):
    first = apply(bench, INBOX_TRIAGE)
    steps = bench.db.read("SELECT count(*) FROM steps")
    whole = content(bench)
    again = apply(bench, INBOX_TRIAGE)
    assert (again.agent, again.scene, again.missions) == (first.agent, first.scene, first.missions)
    assert again.was_existing
    assert {one.outcome for one in again.outcomes} == {"skipped-exists"}
    assert content(bench) == whole
    assert bench.db.read("SELECT count(*) FROM steps") == steps


def test_two_devices_make_the_same_records(clock):
    with throwaway(clock) as one, throwaway(clock) as other:
        assert apply(one, WEEKLY_REVIEW)[:4] == apply(other, WEEKLY_REVIEW)[:4]


def test_what_was_deleted_stays_deleted_unless_it_is_asked_for(bench):
    made = apply(bench, WEEKLY_REVIEW)
    seed = next(one for one in made.outcomes if one.name == "todo:time")
    bench.documents.get(bench.scope, "tasks", seed.id)
    with bench.step("delete") as step:
        step.delete("tasks", seed.id)
        step.update("agents", made.agent, {"role": "mine now"})
    again = apply(bench, WEEKLY_REVIEW)
    assert again.n == 0
    assert again.count("skipped-deleted") == 1
    asked = apply(bench, WEEKLY_REVIEW, Options(again=True))
    assert [one.id for one in asked.outcomes if one.outcome == "created"] == [seed.id]
    assert bench.documents.get(bench.scope, "agents", made.agent)["role"] == "mine now"


def test_a_name_that_is_taken_is_used_and_told(bench):
    with bench.step("add") as step:
        mine = step.insert("agents", {"name": "  inbox TRIAGE ", "role": "mine"})
    result = apply(bench, INBOX_TRIAGE)
    assert (result.agent, result.was_existing) == (mine, True)
    assert result.warnings
    missions = [bench.documents.get(bench.scope, "aiMissions", id) for id in result.missions]
    assert {mission["agentId"] for mission in missions} == {mine}
    assert bench.documents.get(bench.scope, "agents", mine)["role"] == "mine"


def test_options_leave_parts_out_and_begin_missions_active(bench):
    made = apply(bench, WEEKLY_REVIEW, Options(scene=False, seeds=False, active=True))
    assert not made.scene
    assert {one.kind for one in made.outcomes} == {"agent", "mission"}
    states = [bench.documents.get(bench.scope, "aiMissions", id)["state"] for id in made.missions]
    assert states == ["active", "active"]
    prepared = bench.documents.get(bench.scope, "aiMissions", made.missions[0])
    assert prepared["nextRunAt"] > "2026-06-01"


def test_what_is_missing_is_listed_and_the_rest_is_applied(bench):
    made = apply(bench, DEEP_WORK)
    assert [one.outcome for one in made.outcomes] == ["missing"] * 3 + ["created"]
    scene = bench.documents.get(bench.scope, "workbenchScenes", made.scene)
    assert [card["appId"] for card in scene["openApps"]] == ["todo", "notes"]
    cards = {card.id: card for card in gallery(bench)}
    assert cards["deep-work"].missing == ("calendar", "times", "habits", "goals")
    assert cards["fitness"].applied == 0
    assert apply(bench, FITNESS).n == 0
    assert not any(cards[template.id].missing for template in WHOLE)


def test_goals_count_what_they_are_about():
    goals = {seed.id: seed.fields for t in (FITNESS, DEEP_WORK) for seed in t.seeds}
    workouts = goals["template-fitness:goal:weekly-workouts"]
    assert workouts["metric"] == {"source": "event_count", "eventType": "WorkoutFinished"}
    focus = goals["template-deepwork:goal:weekly-focus"]
    assert focus["metric"]["sumField"] == "durationMinutes"
    assert focus["target"]["value"] == 20 * 60


def test_the_event_scout_may_do_nothing_else(bench):
    made = apply(bench, EVENT_SCOUT)
    policy = bench.documents.get(bench.scope, "agents", made.agent)["policy"]
    assert {decide(policy, tool) for tool in catalogue(bench).values()} == {"deny"}
    for name, said in (("discover_events", "auto"), ("suggest_event", "propose")):
        assert decide(policy, Tool(name, "", lambda *_: None, module="events")) == said


def test_words_become_records_in_the_language_of_the_day(bench):
    words.set_language("en-XA")
    try:
        made = apply(bench, WEEKLY_REVIEW)
        title = bench.documents.get(bench.scope, "aiMissions", made.missions[0])["title"]
        names = {seed.fields["title"] for seed in told(WEEKLY_REVIEW).seeds}
    finally:
        words.set_language("en")
    assert title != WEEKLY_REVIEW.missions[0].title
    assert title.startswith("⟦")
    # They stay what they were, whatever is spoken later; and so do the names that programs read.
    assert bench.documents.get(bench.scope, "aiMissions", made.missions[0])["title"] == title
    notes = bench.documents.page(bench.scope, Query("notes"))
    assert notes[0]["title"] in names
    script = bench.documents.get(bench.scope, "aiMissions", made.missions[0])["script"]
    assert script[1]["arguments"] == {"filter": "overdue"}


def test_every_word_of_a_template_is_told_in_german():
    words.set_language("de")
    try:
        for template in BUILT_IN:
            german = told(template)
            for one, other in zip(texts(template), texts(german), strict=True):
                assert one != other or one in SAME_IN_GERMAN, one
            for one, other in zip(values(template), values(german), strict=True):
                assert (one != other) == isinstance(one, Words), one
    finally:
        words.set_language("en")


SAME_IN_GERMAN = {"Fitness", ""}


def values(template: Template) -> list[str]:
    """Every text inside what records and calls of a template hold."""
    found: list[str] = []
    for inside in (
        *(step.arguments for mission in template.missions for step in mission.script),
        *(seed.fields for seed in template.seeds),
    ):
        each(inside, lambda text: found.append(text) or text)  # type: ignore[func-returns-value]
    return found


def texts(template: Template) -> list[str]:
    """Every text of a template's own fields."""
    found = [template.label, template.tagline, template.description]
    if agent := template.agent:
        found += [agent.name, agent.role, agent.prompt, agent.memory]
    if scene := template.scene:
        found += [scene.name, scene.description]
    for mission in template.missions:
        found += [mission.title, mission.objective, mission.concept]
        found += [step.rationale for step in mission.script]
    return found


def test_a_newer_version_is_noticed_and_adds_only_what_is_new(bench, monkeypatch):
    apply(bench, WEEKLY_REVIEW)
    newer = WEEKLY_REVIEW._replace(
        version=2, seeds=(*WEEKLY_REVIEW.seeds, Seed("notes", "more", {"title": Words("More")}))
    )
    monkeypatch.setattr("store.ai.templates.gallery.BUILT_IN", (newer,))
    (card,) = gallery(bench)
    assert (card.applied, card.version, card.newer) == (1, 2, True)
    made = apply(bench, newer)
    assert [one.name for one in made.outcomes if one.outcome == "created"] == ["notes:more"]
    assert not gallery(bench)[0].newer


def test_a_seed_that_does_not_fit_fails_alone(bench):
    broken = Template(
        "own:mixed",
        1,
        "Mixed",
        "",
        "",
        "work",
        "",
        "#000000",
        seeds=(
            Seed("todo", "a", {"title": "one", "priority": "sometimes"}),
            Seed("todo", "b", {"title": "two", "userId": "x"}),
            Seed("todo", "c", {"title": "three", "dueDate": "blue moon"}),
            Seed("contacts", "d", {"firstName": "Ada", "lastName": "L"}, ("friends",)),
            Seed("todo", "e", {"title": "four", "dueDate": "+3d", "subtasks": ["one", "[x] two"]}),
        ),
    )
    made = apply(bench, broken)
    assert [one.outcome for one in made.outcomes] == ["failed"] * 3 + ["created"] * 2
    assert all(one.error for one in made.outcomes[:3])
    (task,) = bench.documents.page(bench.scope, Query("tasks"))
    assert task["dueDate"] == "2026-06-04"
    assert [sub["isCompleted"] for sub in task["subtasks"]] == [False, True]
    (contact,) = bench.documents.page(bench.scope, Query("contacts"))
    assert [bench.tags.find("friends")["id"]] == sorted(contact.tags)


def test_a_template_that_was_applied_before_an_account_stays_applied(bench):
    made = apply(bench, RESEARCH)
    with bench.step("s") as step:
        step.update("agents", made.agent, {"role": "x"})
    other = bench.spaces.create("Band", "club")
    bench.enter(other)
    apply(bench, RESEARCH)
    scope = bench.scope
    with bench.db.transaction() as connection:  # as linking does
        connection.execute("UPDATE spaces SET id = 'remote' WHERE pk = ?", (scope.number,))
    bench.enter("remote")
    assert {card.id: card.applied for card in gallery(bench)}["research"] == 1
    assert apply(bench, RESEARCH).n == 0


def test_a_template_from_a_file_is_trusted_with_nothing(bench):
    bold = WEEKLY_REVIEW._replace(
        agent=AgentPart(
            "Bold",
            "",
            "",
            preset="trusting",
            tools={"create_task": "auto", "list_notes": "deny", "later_tool": "auto"},
            modules={"notes": "auto", "contacts": "deny"},
            default="auto",
        )
    )
    template = read(write(bold))
    keep(bench, template)
    made = apply(bench, find(bench, "own:weekly-review"), Options(active=True))
    states = [bench.documents.get(bench.scope, "aiMissions", id)["state"] for id in made.missions]
    assert states == ["paused", "paused"], "they wait for a look"
    policy = bench.documents.get(bench.scope, "agents", made.agent)["policy"]
    assert policy["mode"] == "propose"
    usual = preset("cautious", catalogue(bench).values())
    for name, tool in catalogue(bench).items():
        assert decide(policy, tool) == ("deny" if name == "list_notes" else decide(usual, tool))
    assert decide(policy, Tool("later_tool", "", lambda *_: None, module="x")) == "deny"
    assert decide(policy, Tool("create_task", "", lambda *_: None, module="todo")) == "propose"
    # It is another template than ours of the same name.
    assert not {card.id: card.applied for card in gallery(bench)}["weekly-review"]
    assert applying.apply(bench, WEEKLY_REVIEW).agent != made.agent


@pytest.mark.parametrize("template", WHOLE, ids=lambda t: t.id)
def test_the_script_of_a_template_runs_with_no_model_at_all(bench, template):
    made = apply(bench, template, Options(active=True, seeds=False))
    ran = running.run(bench, made.missions[0])
    assert (ran.state, ran.error) == ("awaiting-review", None)
    waiting = inbox.pending(bench)
    assert waiting
    assert {one.agent for one in waiting} == {made.agent}
    assert all(one.rationale for one in waiting)
    done = inbox.approve(bench, [one.id for one in waiting], {one.id: one.shown for one in waiting})
    assert len(done.done) == len(waiting)
    assert bench.documents.count(bench.scope, Query("tasks")) == 1
