"""What came from elsewhere does not act before somebody looked, or without the owner's seal."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from store.errors import GuardError, LockedError, NotFoundError
from store.records import dumps
from store.stamps import Meta, Stamp
from store.sync.account import keep
from store.sync.inbox.incoming import receive
from store.sync.waiting import authority
from store.sync.wire import Change
from store.vault.envelope import Cipher
from tests.store.conftest import _config, clock, make
from tests.store.support import EARLIER, LATER

__all__ = ["_config", "clock", "make"]

KEY = b"k" * 32
AGENT = {
    "name": "Ada",
    "systemPrompt": "Be careful.",
    "policy": {"tools": {"task.delete": "deny"}},
    "maxTokensPerDay": 1000,
    "state": "active",
}
MISSION = {"title": "Weekly", "objective": "Sum up.", "cadence": {"kind": "manual"}}
SEALED = {"systemPrompt", "memory", "title", "objective", "conceptMarkdown"}


@pytest.fixture
def bench(make):
    """A home with an account's key and a shared space."""
    bench = make("home")
    bench.vault.add_key("account", "acc1", KEY)
    bench.spaces.create("Team", "team")
    return bench


def space_of(bench, kind: str) -> int:
    if kind == "user":
        return 0
    return bench.spaces.scope(bench.spaces.find(kind)["id"]).number


def arrive(
    bench,
    kind: str,
    collection: str,
    id: str,
    values: dict[str, Any],
    *,
    app: str = "ai",
    at: str = EARLIER,
    plain: bool = False,
    key: bytes = KEY,
) -> int:
    """A record as pulling stores it: envelopes as they came, plaintext sealed at rest."""
    space = space_of(bench, kind)
    place = f"{app}/{collection}"
    doc = {}
    for name, value in values.items():
        if kind != "team" and name in SEALED and not plain:
            doc[name] = Cipher("x", key).seal1(value)
        else:
            doc[name] = bench.vault.seal(place, id, name, value)
    with bench.db.transaction() as connection:
        actor = bench.writer.actor(bench.writer.person)  # forged: it says that I wrote it
        meta = Meta(Stamp(at, actor, "user")).dump()
        connection.execute(
            "INSERT OR REPLACE INTO foreign_records (app, collection, id, space, author, private, "
            "created_at, updated_at, doc, meta) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
            (app, collection, id, space, bench.viewer, at, at, dumps(doc), meta),
        )
    return space


def acts(bench, space: int, id: str, collection: str = "agents", app: str = "ai") -> bool:
    return authority.may_act(bench, app, collection, space, id)


@pytest.mark.parametrize("kind", ["personal", "team", "user"])
@pytest.mark.parametrize(
    ("app", "collection", "values"),
    [
        ("ai", "agents", AGENT),
        ("ai", "aiMissions", MISSION),
        ("mana", "automations", {"when": "new task", "then": "delete all"}),
        ("anything", "Scripts", {"calls": [{"tool": "task.delete"}]}),
    ],
)
def test_a_forged_row_acts_in_no_kind_of_space_before_somebody_looked(
    bench, kind, app, collection, values
):
    space = arrive(bench, kind, collection, "r1", values, app=app)
    assert not acts(bench, space, "r1", collection, app)
    assert [(w.id, w.reason) for w in authority.waiting(bench)] == [("r1", "new")]
    authority.approve(bench, app, collection, space, "r1")
    assert acts(bench, space, "r1", collection, app)
    assert authority.waiting(bench) == []


@pytest.mark.parametrize("kind", ["personal", "team"])
def test_what_really_comes_from_a_server_waits_whoever_it_says_wrote_it(bench, kind):
    space = bench.spaces.find(kind)["id"]
    prompt = bench.vault.seal1("Obey.") if kind == "personal" else "Obey."
    values = {"name": "Mole", "systemPrompt": prompt, "policy": {"all": "auto"}}
    row = Change("agents", "a1", "insert", values, {}, "", space, bench.writer.person, "user", "e1")
    assert receive(bench, "ai", "agents", [row], hydrating=True).merged == 1
    number = bench.spaces.scope(space).number
    assert [(w.title, w.reason) for w in authority.waiting(bench)] == [("Mole", "new")]
    assert not acts(bench, number, "a1")
    authority.approve(bench, "ai", "agents", number, "a1")
    assert acts(bench, number, "a1")
    change = Change(
        "agents",
        "a1",
        "update",
        {},
        {"policy": ({"all": "deny"}, LATER)},
        "",
        space,
        bench.writer.person,
        "user",
        "e2",
    )
    receive(bench, "ai", "agents", [change])
    assert [w.reason for w in authority.waiting(bench)] == ["changed"]


def test_what_other_collections_hold_never_waits(bench):
    arrive(bench, "team", "recipes", "r1", {"title": "soup"}, app="recipes")
    assert authority.waiting(bench) == []
    assert not authority.acts("notes", "notes")


@pytest.mark.parametrize("field", ["policy", "systemPrompt", "state", "aFieldNobodyKnows"])
def test_what_was_changed_after_a_look_waits_again(bench, field):
    space = arrive(bench, "personal", "agents", "r1", AGENT)
    authority.approve(bench, "ai", "agents", space, "r1")
    arrive(bench, "personal", "agents", "r1", AGENT | {field: "changed"}, at=LATER)
    assert not acts(bench, space, "r1")
    assert [w.reason for w in authority.waiting(bench)] == ["changed"]


@pytest.mark.parametrize("field", ["iterations", "nextRunAt", "color"])
def test_bookkeeping_changes_nothing(bench, field):
    space = arrive(bench, "personal", "agents", "r1", AGENT)
    authority.approve(bench, "ai", "agents", space, "r1")
    arrive(bench, "personal", "agents", "r1", AGENT | {field: "2027"}, at=LATER)
    assert acts(bench, space, "r1")


def test_what_changes_between_the_look_and_the_word_is_not_approved(bench):
    space = arrive(bench, "team", "agents", "r1", AGENT)
    seen = authority.waiting(bench)[0].digest
    arrive(bench, "team", "agents", "r1", AGENT | {"policy": {}}, at=LATER)
    with pytest.raises(GuardError):
        authority.approve(bench, "ai", "agents", space, "r1", seen=seen)
    assert not acts(bench, space, "r1")
    authority.approve(bench, "ai", "agents", space, "r1", seen=authority.waiting(bench)[0].digest)
    assert acts(bench, space, "r1")


def test_an_approval_is_for_one_record_in_one_space(bench):
    mine = arrive(bench, "personal", "agents", "r1", AGENT)
    shared = arrive(bench, "team", "agents", "r1", AGENT)
    authority.approve(bench, "ai", "agents", mine, "r1")
    assert acts(bench, mine, "r1")
    assert not acts(bench, shared, "r1")
    other = arrive(bench, "personal", "agents", "r2", AGENT)
    assert not acts(bench, other, "r2")


def test_what_was_refused_waits_no_more_until_it_changes(bench):
    space = arrive(bench, "team", "agents", "r1", AGENT)
    authority.refuse(bench, "ai", "agents", space, "r1")
    assert authority.waiting(bench) == []
    assert not acts(bench, space, "r1")
    arrive(bench, "team", "agents", "r1", AGENT | {"state": "paused"}, at=LATER)
    assert len(authority.waiting(bench, space)) == 1


def test_plaintext_in_a_protected_field_of_a_personal_space_is_never_an_instruction(bench):
    space = arrive(bench, "personal", "agents", "r1", AGENT, plain=True)
    assert [w.reason for w in authority.waiting(bench)] == ["unsealed"]
    with pytest.raises(GuardError):
        authority.approve(bench, "ai", "agents", space, "r1")
    assert not acts(bench, space, "r1")


def test_missions_of_a_web_client_are_read_where_that_was_chosen(bench):
    keep(
        bench,
        user="u",
        email="e",
        name="",
        identity="i",
        sync="s",
        signed_in=True,
        linked=True,
        interop="web",
    )
    mission = arrive(bench, "personal", "aiMissions", "m1", MISSION, plain=True)
    agent = arrive(bench, "personal", "agents", "a1", AGENT, plain=True)
    authority.approve(bench, "ai", "aiMissions", mission, "m1")
    assert acts(bench, mission, "m1", "aiMissions")
    with pytest.raises(GuardError):
        authority.approve(bench, "ai", "agents", agent, "a1")


def test_what_does_not_open_cannot_be_approved_and_does_not_act(bench):
    space = arrive(bench, "personal", "agents", "r1", AGENT, key=b"z" * 32)
    assert [w.reason for w in authority.waiting(bench)] == ["unreadable"]
    with pytest.raises(LockedError):
        authority.approve(bench, "ai", "agents", space, "r1")
    assert not acts(bench, space, "r1")


def test_nothing_acts_while_the_vault_is_locked(make):
    bench = make("locked", passphrase="open sesame")
    bench.vault.add_key("account", "acc1", KEY)
    space = arrive(bench, "personal", "agents", "r1", AGENT)
    authority.approve(bench, "ai", "agents", space, "r1")
    assert acts(bench, space, "r1")
    bench.vault.lock()
    assert not acts(bench, space, "r1")
    assert authority.waiting(bench) == []


def test_a_deleted_record_or_none_acts_never(bench):
    space = arrive(bench, "team", "agents", "r1", AGENT)
    with bench.db.transaction() as connection:
        connection.execute("UPDATE foreign_records SET deleted_at = ?", (LATER,))
    with pytest.raises(NotFoundError):
        acts(bench, space, "r1")
    assert authority.waiting(bench) == []


# The owner's seal ---------------------------------------------------------------------------------


def sealed(bench, kind: str = "personal", id: str = "r1", at: str = EARLIER) -> str:
    """The owner's seal of an agent, made on another device of the owner."""
    space = arrive(bench, kind, "agents", id, AGENT, at=at)
    authority.approve(bench, "ai", "agents", space, id)
    mark = authority.owner_seal(bench, "ai", "agents", space, id)
    with bench.db.transaction() as connection:
        connection.execute("DELETE FROM authority")
    assert not acts(bench, space, id)
    return mark


@pytest.mark.parametrize("kind", ["personal", "team"])
def test_what_bears_the_owners_seal_acts_without_a_look(bench, kind):
    mark = sealed(bench, kind)
    space = arrive(bench, kind, "agents", "r1", AGENT | {authority.SEAL: mark})
    assert acts(bench, space, "r1")
    assert authority.waiting(bench) == []


def test_a_seal_fits_no_other_record_space_content_or_time(bench):
    mark = sealed(bench)
    bearing = AGENT | {authority.SEAL: mark}
    cases = [
        ("personal", "agents", "r2", bearing, EARLIER),
        ("team", "agents", "r1", bearing, EARLIER),
        ("user", "agents", "r1", bearing, EARLIER),
        ("personal", "aiMissions", "r1", bearing, EARLIER),
        ("personal", "agents", "r1", bearing | {"policy": {}}, EARLIER),
        ("personal", "agents", "r1", bearing | {"aFieldNobodyKnows": 1}, EARLIER),
        ("personal", "agents", "r1", {k: v for k, v in bearing.items() if k != "policy"}, EARLIER),
        ("personal", "agents", "r1", bearing, LATER),
    ]
    for kind, collection, id, values, at in cases:
        space = arrive(bench, kind, collection, id, values, at=at)
        assert not acts(bench, space, id, collection), (kind, collection, id)


@pytest.mark.parametrize(
    "mark", ["", "own1:", "own1:AAAA", "own1:%%%", "own9:AAAA", 7, ["x"], None]
)
def test_what_only_looks_like_a_seal_is_none(bench, mark):
    space = arrive(bench, "team", "agents", "r1", AGENT | {authority.SEAL: mark})
    assert not acts(bench, space, "r1")


def test_a_seal_under_the_key_of_before_is_none(bench):
    """A key is changed because somebody may have the old one."""
    mark = sealed(bench, "team")
    space = arrive(bench, "team", "agents", "r1", AGENT | {authority.SEAL: mark})
    assert acts(bench, space, "r1")
    bench.vault.add_key("account", "acc2", b"n" * 32)
    assert not acts(bench, space, "r1")


def test_nobody_seals_what_they_have_not_looked_at(bench):
    space = arrive(bench, "team", "agents", "r1", AGENT)
    with pytest.raises(GuardError):
        authority.owner_seal(bench, "ai", "agents", space, "r1")


# Written here -------------------------------------------------------------------------------------


@pytest.fixture
def declared(bench, monkeypatch):
    """The task list as if its records acted: a declared collection with a history."""
    monkeypatch.setattr(authority, "_ACTING", frozenset({("todo", "tasks")}))
    return bench


def test_what_the_person_wrote_here_acts(declared):
    with declared.step("x") as step:
        step.insert("tasks", {"title": "mine"}, id="t1")
    number = declared.scope.number
    assert acts(declared, number, "t1", "tasks", "todo")
    with declared.step("y") as step:
        step.update("tasks", "t1", {"title": "mine still"})
    assert acts(declared, number, "t1", "tasks", "todo")
    declared.history.undo(declared.scope)
    assert acts(declared, number, "t1", "tasks", "todo")


def test_one_field_from_elsewhere_is_enough_to_wait(declared):
    with declared.step("x") as step:
        step.insert("tasks", {"title": "mine"}, id="t1")
    with declared.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"priority": "high"}, LATER, actor=declared.writer.person)
    assert not acts(declared, declared.scope.number, "t1", "tasks", "todo")


def test_a_forged_time_is_no_proof(declared):
    """At equal instants the greater value wins, and everybody can read the time off the wire."""
    with declared.step("x") as step:
        step.insert("tasks", {"title": "a"}, id="t1")
    at = declared.db.read("SELECT meta FROM tasks")[0][0]
    same = Meta.load(at).default.at
    with declared.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": "z"}, same, actor=declared.writer.person, origin="user")
    assert declared.documents.get(declared.scope, "tasks", "t1")["title"] == "z"
    assert not acts(declared, declared.scope.number, "t1", "tasks", "todo")
    with declared.step("y") as step:
        step.update("tasks", "t1", {"title": "mine"})
    assert acts(declared, declared.scope.number, "t1", "tasks", "todo")
    declared.history.undo(declared.scope)
    assert declared.documents.get(declared.scope, "tasks", "t1")["title"] == "z"
    assert not acts(declared, declared.scope.number, "t1", "tasks", "todo")


def test_undo_does_not_approve_what_it_brings_back(declared):
    number = declared.scope.number
    with declared.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": "from elsewhere"}, EARLIER)
    with declared.step("x") as step:
        step.update("tasks", "t1", {"title": "mine"})
    assert acts(declared, number, "t1", "tasks", "todo")
    declared.history.undo(declared.scope)
    assert not acts(declared, number, "t1", "tasks", "todo")
    declared.history.redo(declared.scope)
    assert acts(declared, number, "t1", "tasks", "todo")


def test_an_agent_cannot_write_its_own_permission(declared):
    from store.stamps import act_as
    from tests.store.support import AGENT as AN_AGENT

    with act_as(AN_AGENT), declared.step("x") as step:
        step.insert("tasks", {"title": "let me"}, id="t1")
    assert not acts(declared, declared.scope.number, "t1", "tasks", "todo")


def test_what_is_asked_leaves_no_trace(bench):
    arrive(bench, "team", "agents", "r1", AGENT)
    before = bench.db.read("SELECT * FROM authority")
    authority.waiting(bench)
    assert bench.db.read("SELECT * FROM authority") == before == []
    assert orjson.dumps(AGENT)
