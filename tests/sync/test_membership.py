"""Spaces and their members: nothing is hidden by an error, nothing lost by a lost membership."""

from __future__ import annotations

import pytest

from store.errors import GuardError, NotFoundError, ServerError
from store.sync.net.remote import RemoteSpace
from store.sync.spaces import creating, linking, members
from store.sync.spaces.membership import (
    Followed,
    agreed,
    changed_here,
    follow,
    memberships,
    names_here,
    repull_begun,
    repull_wanted,
)
from tests.store.conftest import _config, clock, make
from tests.store.support import sound
from tests.sync.people import listed, session, shared_server, someone

__all__ = ["_config", "clock", "make", "shared_server", "someone"]


@pytest.fixture
def family(make, someone):
    """Ann's home with a shared space, Bob's home in it, and the id of the space."""
    ann, bob = someone("Ann"), someone("Bob")
    one, two = make("one"), make("two")
    ann.log_in(one)
    bob.log_in(two)
    one.spaces.create(f"Family {ann.email[:6]}", "family")
    with session(one) as ours:
        assert creating.create_waiting(ours) == 1
        space = next(m.id for m in memberships(one) if m.id != one.spaces.personal())
        invitation = members.invite(ours, space, bob.email)
    with session(two) as theirs:
        waiting = members.invitations(theirs)
        assert [i.id for i in waiting] == [invitation.id]
        assert len(members.accept(theirs, invitation.id).joined) == 1
    return one, two, space


def state(bench, space) -> str:
    number = bench.db.read('SELECT pk FROM "spaces" WHERE id = ?', (space,))[0][0]
    found = bench.db.read("SELECT state FROM memberships WHERE space = ?", (number,))
    return found[0][0] if found else ""


def without(spaces, space):
    return [one for one in spaces if one.id != space]


# Appearing and disappearing -----------------------------------------------------------------------


def test_a_space_joined_elsewhere_appears_and_asks_for_a_pull_from_the_start(family):
    one, two, space = family
    assert {s["id"] for s in two.spaces.list()} == {two.spaces.personal(), space}
    record = two.spaces.find(space)
    assert (record["name"], record["type"]) == (one.spaces.find(space)["name"], "family")
    assert repull_wanted(two)
    with two.db.transaction() as connection:
        repull_begun(connection)
    assert not repull_wanted(two)
    assert follow(two, listed(two)) == Followed([], [], [])
    sound(two)


def test_an_unlisted_space_is_hidden_only_at_the_second_look_ten_minutes_later(family, clock):
    _one, two, space = family
    with two.step("x", scope=two.spaces.scope(space)) as step:
        step.insert("notes", {"title": "unsent"}, id="n1")
    spaces = without(listed(two), space)
    assert len(follow(two, spaces).missing) == 1
    clock.tick(599)
    assert follow(two, spaces) == Followed([], [], [])
    assert space in {s["id"] for s in two.spaces.list()}
    clock.tick(2)
    assert len(follow(two, spaces).hidden) == 1
    assert space not in {s["id"] for s in two.spaces.list()}
    scope = two.spaces.scope(space)
    assert two.documents.get(scope, "notes", "n1")["title"] == "unsent"
    assert linking.unsent(two, scope.number) >= 1


def test_a_space_that_is_listed_again_returns_and_is_pulled_from_the_start(family, clock):
    _one, two, space = family
    whole = listed(two)
    with two.db.transaction() as connection:
        repull_begun(connection)
    follow(two, without(whole, space))
    clock.tick(601)
    follow(two, without(whole, space))
    done = follow(two, whole)
    assert len(done.joined) == 1
    assert repull_wanted(two)
    assert state(two, space) == "linked"
    clock.tick(601)
    follow(two, without(whole, space))
    assert state(two, space) == "missing", "the ten minutes begin anew"


def test_a_clock_that_went_back_starts_the_ten_minutes_anew(family, clock):
    _one, two, space = family
    spaces = without(listed(two), space)
    follow(two, spaces)
    clock.tick(-86_400)
    assert len(follow(two, spaces).missing) == 1
    clock.tick(500)
    assert follow(two, spaces).hidden == []


def test_an_empty_list_is_no_list(family, clock):
    _one, two, space = family
    for _turn in range(3):
        assert follow(two, []) == Followed([], [], [])
        clock.tick(3600)
    personal = two.spaces.personal()
    assert follow(two, without(listed(two), personal)) == Followed([], [], [])
    assert {state(two, space), state(two, personal)} == {"linked"}


def test_while_the_vault_is_locked_no_space_is_added_and_states_still_follow(make, someone, clock):
    ann = someone()
    bench = make("home", passphrase="open sesame")
    ann.log_in(bench)
    spaces = listed(bench)
    more = RemoteSpace("far-away", "New", "new", "team", "", 0, {})
    bench.vault.lock()
    assert follow(bench, [*spaces, more]).joined == []
    bench.vault.unlock(passphrase="open sesame", hold=False)
    assert len(follow(bench, [*spaces, more]).joined) == 1
    assert bench.spaces.find("new")["name"] == "New"


def test_a_server_cannot_turn_the_personal_space_into_a_shared_one(make, someone):
    """Its values would go out in plaintext from then on."""
    bench = make("home")
    someone().log_in(bench)
    mine = bench.spaces.personal()
    turned = [space._replace(type="team") for space in listed(bench)]
    follow(bench, turned)
    assert bench.spaces.scope(mine).type == "personal"
    shared = RemoteSpace("shared", "Shared", "shared", "team", "", 0, {})
    follow(bench, [shared, *turned])
    follow(bench, [shared._replace(type="personal"), *turned])
    assert bench.spaces.scope("shared").type == "team"
    odd = [RemoteSpace("odd", "Odd", "odd", "guild", "", 0, {}), *turned]
    follow(bench, odd)
    assert bench.spaces.scope("odd").type == "guild"


def test_a_second_personal_space_is_never_taken_for_the_own_one(make, someone):
    ann = someone()
    browser = ann.browser()
    made = browser.org("create", name="Second", slug="second-p", metadata={"type": "personal"})
    assert made.status_code == 200, made.text
    bench = make("home")
    ann.log_in(bench)
    assert bench.spaces.personal() != made.json()["id"]
    assert bench.spaces.find("personal")["id"] == bench.spaces.personal()


# Names -------------------------------------------------------------------------------------------


def test_a_name_changed_on_the_server_is_taken_and_undo_does_not_see_it(family):
    one, two, space = family
    with session(one) as ours:
        ours.identity.update_space(space, name="Clan")
    before = two.history.peek_undo(two.scope)
    follow(two, listed(two))
    assert two.spaces.find(space)["name"] == "Clan"
    assert two.history.peek_undo(two.scope) == before


def test_a_name_changed_here_goes_to_the_server(family):
    one, two, space = family
    one.spaces.rename(space, "Home front")
    follow(one, listed(one))
    assert one.spaces.find(space)["name"] == "Home front"
    with session(one) as ours:
        creating.create_waiting(ours)
    follow(two, listed(two))
    assert two.spaces.find(space)["name"] == "Home front"
    assert one.history.undo(one.scope)[0].left == []
    with session(one) as ours:
        creating.create_waiting(ours)
    assert {s.name for s in listed(one)} & {"Home front"} == set()


def test_a_type_changed_here_goes_to_the_server_with_what_else_is_known_of_it(family):
    one, two, space = family
    one.spaces.retype(space, "club")
    with session(one) as ours:
        creating.create_waiting(ours)
    remote = {s.id: s for s in listed(two)}[space]
    assert remote.type == "club"
    assert len(remote.metadata) >= 2
    follow(two, listed(two))
    assert two.spaces.scope(space).type == "club"


def test_a_name_that_a_member_may_not_change_stays_with_that_member(family):
    one, two, space = family
    number = two.spaces.scope(space).number
    two.spaces.rename(space, "Mine alone")
    with session(two) as theirs:
        creating.create_waiting(theirs)
    assert changed_here(two, number) == {}
    assert agreed(two, number)["refused"]["name"] == "Mine alone"
    follow(two, listed(two))
    assert names_here(two, number)["name"] == "Mine alone"
    assert one.spaces.find(space)["name"] != "Mine alone"


# Members -----------------------------------------------------------------------------------------


def test_roles_are_found_through_the_list_of_members(family):
    one, two, space = family
    roles = {bench: {m.id: m.role for m in memberships(bench)} for bench in (one, two)}
    assert roles[one][space] == "owner"
    assert roles[two][space] == "member"
    with session(one) as ours:
        assert {m.role for m in members.people(ours, space)} == {"owner", "member"}


def test_a_member_is_promoted_and_removed_by_any_name(family):
    one, two, space = family
    bob = two.writer.person
    with session(one) as ours:
        people = members.people(ours, space)
        email = next(m.email for m in people if m.user == bob["principalId"])
        assert members.set_role(ours, space, email.upper(), "admin").role == "admin"
        with pytest.raises(GuardError):
            members.set_role(ours, space, email, "emperor")
        with pytest.raises(NotFoundError):
            members.remove(ours, space, "nobody@example.org")
        members.remove(ours, space, bob["principalId"])
        assert len(members.people(ours, space)) == 1
    assert space not in {s.id for s in listed(two)}


def test_a_space_looked_up_before_it_was_linked_is_asked_for_by_its_new_id(make, someone):
    ann, bench = someone("Ann"), make("one")
    before = bench.spaces.create("Family", "family")
    ann.log_in(bench)
    assert bench.spaces.scope(before).id != before
    with session(bench) as ours:
        assert [m.email for m in members.people(ours, before)] == [ann.email]
        invited = members.invite(ours, before, "eve@example.org")
        assert [i.id for i in members.invitations(ours, before)] == [invited.id]


def test_a_refusal_is_told_in_the_servers_words_and_changes_nothing(family):
    _one, two, space = family
    with session(two) as theirs:
        with pytest.raises(ServerError) as caught:
            members.invite(theirs, space, "eve@example.org")
        assert caught.value.status == 403
        with pytest.raises(ServerError):
            members.accept(theirs, "no-such-invitation")
        with pytest.raises(GuardError):
            members.invite(theirs, two.spaces.personal(), "eve@example.org")
    assert state(two, space) == "linked"


def test_an_invitation_is_declined_and_another_taken_back(family, someone):
    one, _two, space = family
    eve = someone("Eve")
    with session(one) as ours:
        first = members.invite(ours, space, eve.email)
        members.cancel(ours, first.id)
        second = members.invite(ours, space, eve.email)
        stand = {i.id: i.status for i in members.invitations(ours, space)}
        assert stand[first.id] == "canceled"
        assert stand[second.id] == "pending"
    browser = eve.browser()
    answer = browser.org("reject-invitation", invitationId=second.id)
    assert answer.status_code == 200


def test_who_leaves_keeps_what_is_here_out_of_sight_until_it_is_forgotten(family):
    _one, two, space = family
    scope = two.enter(space)
    with two.step("x", scope=scope) as step:
        step.insert("notes", {"title": "SECRETWORD", "content": "unsent"}, id="n1")
    with pytest.raises(GuardError):
        members.forget(two, space)
    with session(two) as theirs:
        assert members.leave(theirs, space) >= 1
    assert two.scope.id == two.spaces.personal()
    assert space not in {s["id"] for s in two.spaces.list()}
    assert [u.title for u in members.unsent_records(two, scope.number)][0] == "SECRETWORD"
    slug = members.hidden(two)[0]["slug"]
    assert members.forget(two, members.find_hidden(two, slug)["id"]) >= 1
    assert members.hidden(two) == []
    assert linking.unsent(two, scope.number) == 0
    with pytest.raises(NotFoundError):
        two.spaces.scope(space)
    rows = two.db.read("SELECT id, doc, large FROM notes WHERE space = ?", (scope.number,))
    assert [(doc, large) for _id, doc, large in rows] == [("{}", None)]
    assert {id.partition(":")[0] for id, *_ in rows} == {"forgotten"}
    sound(two)


def test_a_forgotten_space_can_be_joined_again_as_a_new_one(family):
    one, two, space = family
    with two.step("x", scope=two.spaces.scope(space)) as step:
        step.insert("notes", {"title": "one"}, id="n1")
    with session(two) as theirs:
        members.leave(theirs, space)
    members.forget(two, space)
    email = two.db.read("SELECT value FROM account WHERE key = 'email'")[0][0].strip('"')
    with session(one) as ours:
        invitation = members.invite(ours, space, email)
    with session(two) as theirs:
        assert len(members.accept(theirs, invitation.id).joined) == 1
    with two.step("x", scope=two.enter(space)) as step:
        step.insert("notes", {"title": "again"}, id="n1")
    assert two.documents.get(two.scope, "notes", "n1")["title"] == "again"
    sound(two)


def test_a_space_deleted_for_everybody_is_kept_by_each(family, clock):
    one, two, space = family
    with session(one) as ours:
        with pytest.raises(ServerError):
            members.delete_everywhere(ours, one.spaces.personal())
        members.delete_everywhere(ours, space)
    assert state(one, space) == "hidden"
    follow(two, listed(two))
    clock.tick(601)
    follow(two, listed(two))
    assert state(two, space) == "hidden"
    assert two.documents.by_keys(two.user_scope, "spaces", [two.spaces.scope(space).number])


# With the engine ---------------------------------------------------------------------------------


def dismissed(one, two, space):
    """The e-mail of a member who was just removed."""
    bob = two.writer.person["principalId"]
    with session(one) as ours:
        email = next(m.email for m in members.people(ours, space) if m.user == bob)
        members.remove(ours, space, bob)
    return email


def welcomed(one, two, space, email):
    """Somebody is a member again, and both have synced."""
    with session(one) as ours:
        invitation = members.invite(ours, space, email)
    with session(two) as theirs:
        members.accept(theirs, invitation.id)
    two.sync.once()
    one.sync.once()


def test_who_is_removed_loses_access_and_not_a_word_of_their_own(family, clock):
    one, two, space = family
    with one.step("x", scope=one.spaces.scope(space)) as step:
        step.insert("notes", {"title": "before"}, id="n1")
    one.sync.once()
    two.sync.once()
    scope = two.enter(space)
    assert two.documents.get(scope, "notes", "n1")["title"] == "before"
    with session(one) as ours:
        members.remove(ours, space, two.writer.person["principalId"])
    with one.step("x", scope=one.spaces.scope(space)) as step:
        step.insert("notes", {"title": "after"}, id="n2")
    one.sync.once()
    with two.step("x", scope=scope) as step:
        step.insert("notes", {"title": "my last word"}, id="n3")
    two.sync.once()
    clock.tick(601)
    two.sync.once()
    assert state(two, space) == "hidden"
    assert two.documents.get(scope, "notes", "n3")["title"] == "my last word"
    assert [u.title for u in members.unsent_records(two, scope.number)] == ["my last word"]
    with pytest.raises(NotFoundError):
        two.documents.get(scope, "notes", "n2")
    one.sync.once()
    with pytest.raises(NotFoundError):
        one.documents.get(one.spaces.scope(space), "notes", "n3")


def test_who_comes_back_gets_what_was_written_meanwhile(family, clock):
    one, two, space = family
    one.sync.once()
    two.sync.once()
    email = dismissed(one, two, space)
    two.sync.once()
    clock.tick(601)
    two.sync.once()
    with one.step("x", scope=one.spaces.scope(space)) as step:
        step.insert("notes", {"title": "meanwhile"}, id="n1")
    one.sync.once()
    with two.step("x", scope=two.spaces.scope(space)) as step:
        step.insert("notes", {"title": "from afar"}, id="n2")
    welcomed(one, two, space, email)
    assert two.documents.get(two.enter(space), "notes", "n1")["title"] == "meanwhile"
    assert one.documents.get(one.enter(space), "notes", "n2")["title"] == "from afar"


def test_what_was_refused_while_one_was_no_member_goes_out_on_return(family):
    one, two, space = family
    one.sync.once()
    two.sync.once()
    email = dismissed(one, two, space)
    with two.step("x", scope=two.spaces.scope(space)) as step:
        step.insert("notes", {"title": "said too late"}, id="n1")
    two.sync.once()
    assert two.db.read("SELECT count(*) FROM aside") == [(1,)]
    welcomed(one, two, space, email)
    assert two.db.read("SELECT count(*) FROM aside") == [(0,)]
    assert one.documents.get(one.enter(space), "notes", "n1")["title"] == "said too late"


def test_a_key_changed_on_one_device_reaches_the_other_with_the_values(make, someone):
    from store.sync.sign import master

    ann = someone()
    one, two = make("one"), make("two")
    with one.step("x") as step:
        step.insert("tasks", {"title": "water the beans"}, id="t1")
    ann.log_in(one)
    one.sync.once()
    ann.log_in(two)
    two.sync.once()
    with session(one) as ours:
        assert master.rotate(one, ours) >= 1
    steps = two.db.read("SELECT count(*) FROM history WHERE collection = 'tasks'")
    one.sync.once()
    two.sync.once()
    assert two.documents.get(two.scope, "tasks", "t1")["title"] == "water the beans"
    assert two.db.read("SELECT count(*) FROM history WHERE collection = 'tasks'") == steps
    three = make("three")
    ann.log_in(three)
    three.sync.once()
    assert three.documents.get(three.scope, "tasks", "t1")["title"] == "water the beans"
    assert three.sync.status().waiting.conflicts == 0
