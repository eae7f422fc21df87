"""A home joins an account: nothing is lost or doubled, wherever it is interrupted."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from store.errors import GuardError, LockedError, NetworkError, ServerError
from store.stamps import EPOCH, Meta
from store.sync import linking, master
from store.sync.account import account, keep
from store.sync.creating import create_waiting, refused
from store.sync.membership import MARKER, memberships
from store.sync.session import Session
from store.workbench import Workbench
from tests.server.conftest import server
from tests.server.running import PASSWORD, Running
from tests.store.conftest import _config, clock, make
from tests.store.support import content, every_byte, shut, sound
from tests.sync.people import session

__all__ = ["_config", "clock", "make", "server"]
ANN = "ann@example.org"


@pytest.fixture
def ann(server: Running) -> Iterator[Running]:
    """A server on which Ann has an account."""
    server.add_user(ANN, name="Ann")
    return server


def fill(bench: Workbench) -> None:
    """A home that was used before: tasks, another space, an own Home scene, a private note."""
    with bench.step("fill") as step:
        step.insert("tasks", {"title": "water the beans"}, id="t1")
        step.insert("notes", {"title": "mine", "content": "x", "visibility": "private"}, id="n1")
        home = f"seed-home-{bench.scope.id}"
        step.update("workbenchScenes", home, {"name": "Desk"})
        step.update("workbenchScenes", home, {"name": "Bench"})
    family = bench.spaces.create("Family", "family")
    bench.device.set_id(f"scene:{family}", f"seed-home-{family}")
    bench.device.set("place", {"space": family})
    with bench.step("fill", scope=bench.spaces.scope(family)) as step:
        step.insert("notes", {"title": "shopping"}, id="n2")


def told(bench: Workbench) -> dict[str, object]:
    """What a person sees, by the types of spaces instead of their ids."""
    found = content(bench)
    types = {s["id"]: s["type"] for s in bench.spaces.list()}
    return {
        types.get(space, space): {
            name.replace(space, "SPACE"): record for name, record in records.items()
        }
        for space, records in found.items()
        if space != "user"
    }


def log_in(bench: Workbench, server: Running, **how: str) -> None:
    linking.login(bench, server.url, ANN, PASSWORD, **how)


def test_a_used_home_becomes_the_accounts(make, ann):
    bench = make("home")
    fill(bench)
    before, personal = told(bench), bench.spaces.personal()
    log_in(bench, ann)
    known = account(bench)
    assert known.signed_in
    assert known.linked
    assert (known.identity, known.sync, known.email) == (ann.url, ann.url, ANN)
    assert told(bench) == before
    listed = {s.id: s for s in listing(bench)}
    assert {m.id for m in memberships(bench)} == set(listed)
    assert all(m.state == "linked" and m.role == "owner" for m in memberships(bench))
    mine = bench.spaces.personal()
    assert mine != personal
    assert listed[mine].type == "personal"
    assert bench.scope.id == mine
    assert bench.spaces.scope(personal).id == mine
    sound(bench)


def listing(bench):
    session = Session(bench)
    try:
        return session.identity.spaces()
    finally:
        session.close()


def test_records_named_after_a_space_follow_it_with_their_history(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    mine = bench.spaces.personal()
    past = bench.history.of(bench.spaces.scope(mine), "workbenchScenes", f"seed-home-{mine}")
    assert [p.value for p in past if p.field == "name"] == ["Bench", "Desk", "Home"]
    bench.history.undo(bench.scope, 2)
    scene = bench.documents.get(bench.scope, "workbenchScenes", f"seed-home-{mine}")
    assert scene["name"] == "Home"
    assert bench.db.read("SELECT count(*) FROM \"workbenchScenes\" WHERE instr(id, 'guest')")[
        0
    ] == (0,)
    bench.history.redo(bench.scope, 2)
    family = bench.spaces.find("family")["id"]
    assert bench.device.get(f"scene:{family}") == f"seed-home-{family}"
    assert bench.device.get("place") == {"space": family}


def test_who_wrote_as_a_guest_is_the_person_of_the_account(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    user = account(bench).user
    assert bench.writer.person == {"kind": "user", "principalId": user, "displayName": "Ann"}
    assert bench.documents.get(bench.scope, "notes", "n1")["authorId"] == user
    actors = [orjson.loads(text) for (text,) in bench.db.read("SELECT json FROM actors")]
    assert "guest" not in {actor["principalId"] for actor in actors}
    again = make("home")
    assert again.writer.person == bench.writer.person
    assert again.viewer == bench.viewer
    with again.step("more") as step:
        step.insert("tasks", {"title": "more"})
    assert bench.db.read("SELECT count(*) FROM principals WHERE id = 'guest'") == [(0,)]


def test_a_restore_point_is_made_before_the_first_change_and_only_then(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    points = sorted((bench.home / "restore-points").glob("*.db"))
    assert len(points) == 1
    linking.logout(bench)
    log_in(bench, ann)
    assert sorted((bench.home / "restore-points").glob("*.db")) == points


def test_neither_password_nor_cookie_nor_key_lies_in_the_clear(make, ann, tmp_path):
    bench = make("home")
    log_in(bench, ann)
    session = Session(bench)
    cookie, token = session.cookie, session.jwt()
    session.close()
    raw = bench.vault.raw_key(master.current(bench))
    everything = every_byte(bench.home, tmp_path / "config")
    value = cookie.partition("=")[2]
    for secret in (PASSWORD, value, value.partition(".")[0], token):
        assert secret.encode() not in everything
    assert raw not in everything
    assert raw.hex().encode() not in everything
    assert cookie not in repr(session)
    assert cookie not in repr(session.identity)


def test_logout_keeps_every_change_and_login_goes_on(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    waiting = linking.unsent(bench)
    spaces = {s["id"] for s in bench.spaces.list()}
    assert linking.logout(bench) == waiting > 0
    assert not account(bench).signed_in
    assert account(bench).linked
    with pytest.raises(ServerError):
        Session(bench)
    with pytest.raises(GuardError):
        linking.logout(bench)
    log_in(bench, ann)
    assert account(bench).signed_in
    assert {s["id"] for s in bench.spaces.list()} == spaces


def test_another_account_is_refused_with_the_way_out(make, ann):
    ann.add_user("bob@example.org")
    bench = make("home")
    log_in(bench, ann)
    before = bench.db.read("SELECT * FROM account")
    with pytest.raises(GuardError) as caught:
        linking.login(bench, ann.url, "bob@example.org", PASSWORD)
    assert "--home" in caught.value.hint
    assert ANN in caught.value.message
    assert bench.db.read("SELECT * FROM account") == before


def test_a_wrong_password_changes_nothing(make, ann):
    bench = make("home")
    before = every_byte(bench.home / "manabench.db")
    with pytest.raises(ServerError) as caught:
        linking.login(bench, ann.url, ANN, "not that one")
    assert caught.value.status == 401
    assert "password" in caught.value.message
    assert account(bench) is None
    assert every_byte(bench.home / "manabench.db") == before


def test_a_locked_vault_is_said_before_anything_is_sent(make, ann):
    bench = make("home", passphrase="open sesame")
    bench.vault.lock()
    with pytest.raises(LockedError):
        log_in(bench, ann)
    assert account(bench) is None


def test_a_server_that_is_away_changes_nothing(make):
    bench = make("home")
    with pytest.raises(NetworkError):
        linking.login(bench, "http://127.0.0.1:9", ANN, PASSWORD)
    assert account(bench) is None


# Two homes ---------------------------------------------------------------------------------------


def test_two_homes_with_the_same_spaces_end_with_the_same_ids(make, ann):
    one, two = make("one"), make("two")
    for bench in (one, two):
        fill(bench)
        log_in(bench, ann)
    log_in(one, ann)
    assert [s["id"] for s in one.spaces.list()] == [s["id"] for s in two.spaces.list()]
    scenes = 'SELECT id, space FROM "workbenchScenes" ORDER BY id'
    assert [id for id, _s in one.db.read(scenes)] == [id for id, _s in two.db.read(scenes)]
    assert len(listing(one)) == 2


@pytest.mark.slow
def test_two_homes_that_link_at_once_end_with_the_same_ids(make, ann):
    import threading

    one, two = make("one"), make("two")
    failed: list[Exception] = []

    def go(bench: Workbench) -> None:
        try:
            log_in(bench, ann)
        except Exception as error:  # noqa: BLE001 - shown below
            failed.append(error)

    for bench in (one, two):
        fill(bench)
    threads = [threading.Thread(target=go, args=(bench,)) for bench in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert {s["id"] for s in one.spaces.list()} == {s["id"] for s in two.spaces.list()}
    assert len(listing(one)) == 2


def test_a_home_made_later_shows_the_spaces_that_are_there(make, ann):
    one = make("one")
    fill(one)
    log_in(one, ann)
    two = make("two")
    log_in(two, ann)
    assert {s["id"] for s in two.spaces.list()} == {s["id"] for s in one.spaces.list()}
    family = two.spaces.find("family")
    assert family["name"] == "Family"
    assert family["type"] == "family"
    seeded = two.enter(family["id"])
    stamp = two.db.read(
        'SELECT meta FROM "workbenchScenes" WHERE id = ?', (f"seed-home-{seeded.id}",)
    )
    assert Meta.load(stamp[0][0]).default.at == EPOCH


def test_a_space_with_others_in_it_is_never_taken_for_a_private_one(make, ann):
    ann.add_user("bob@example.org")
    bob = ann.again("bob@example.org")
    shared = bob.org("create", name="Family", slug="family", metadata={"type": "family"}).json()
    invited = bob.org("invite-member", organizationId=shared["id"], email=ANN, role="member")
    mine = ann.again(ANN)
    mine.org("accept-invitation", invitationId=invited.json()["id"])
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    families = [s for s in bench.spaces.list() if s["type"] == "family"]
    assert len(families) == 2
    note = bench.db.read('SELECT s.id FROM notes n JOIN spaces s ON s.pk = n.space WHERE n.id="n2"')
    assert note[0][0] != shared["id"]


def test_a_slug_that_somebody_else_has_is_altered(make, ann):
    ann.add_user("bob@example.org")
    ann.again("bob@example.org").org(
        "create", name="Family", slug="family", metadata={"type": "family"}
    )
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    assert [s["slug"] for s in bench.spaces.list() if s["type"] == "family"] == ["family-2"]
    assert bench.spaces.find("Family")["slug"] == "family-2"


def test_a_space_made_later_waits_until_it_is_on_the_server(make, ann):
    bench = make("home")
    log_in(bench, ann)
    made = bench.spaces.create("Garden", "club")
    assert {m.id: m.state for m in memberships(bench)}[made] == "local"
    session = Session(bench)
    try:
        assert create_waiting(session) == 1
        assert create_waiting(session) == 0
    finally:
        session.close()
    garden = bench.spaces.find("garden")["id"]
    assert garden != made
    assert {m.id: m.state for m in memberships(bench)}[garden] == "linked"
    assert garden in {s.id for s in listing(bench)}


def test_a_space_that_the_server_refuses_waits_and_holds_up_nothing(make, ann, monkeypatch):
    bench = make("home")
    log_in(bench, ann)
    bench.spaces.create("Garden", "club")
    bench.spaces.create("Choir", "club")
    with session(bench) as one:
        real = one.identity.create_space

        def choosy(name, slug, metadata):
            if name == "Garden":
                raise ServerError("You have too many.", status=403)
            return real(name, slug, metadata)

        monkeypatch.setattr(one.identity, "create_space", choosy)
        assert create_waiting(one) == 1
        assert refused(bench) == "You have too many."
        monkeypatch.undo()
        assert create_waiting(one) == 1
        assert refused(bench) == ""


def test_drafts_choices_and_undeclared_records_follow_their_space(make, ann):
    bench = make("home")
    family = bench.spaces.create("Family", "family")
    scope = bench.spaces.scope(family)
    bench.drafts.save(f"new:{family}", "half a word", "workbenchScenes", f"seed-home-{family}")
    with bench.db.transaction() as connection:
        envelope = bench.vault.seal("far/things", f"of-{family}", "title", "a thing")
        connection.execute(
            "INSERT INTO foreign_records (app, collection, id, space, doc, meta, private) "
            "VALUES ('far', 'things', ?, ?, ?, ?, 0)",
            (
                f"of-{family}",
                scope.number,
                orjson.dumps({"title": envelope}).decode(),
                '{"d":["2026-01-01T00:00:00.000Z",1,"user"]}',
            ),
        )
    log_in(bench, ann)
    scope = bench.enter(bench.spaces.find("family")["id"])
    assert scope.id != family
    draft = bench.drafts.load(f"new:{scope.id}")
    assert (draft.text, draft.id) == ("half a word", f"seed-home-{scope.id}")
    things = bench.documents.foreign_records(scope, "far", "things")
    assert [(t["id"], t["title"]) for t in things] == [(f"of-{scope.id}", "a thing")]


# Interrupted -------------------------------------------------------------------------------------


class Unplugged(BaseException):
    """The plug was pulled."""


def unplugged(bench: Workbench, monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """Let the ``at``-th write of this home be the last; the returned list counts them."""
    whole = type(bench.db).transaction
    counted = [0]

    def transaction(self, **how):
        if self is bench.db and not self.writing:
            counted[0] += 1
            if counted[0] == at:
                raise Unplugged
        return whole(self, **how)

    monkeypatch.setattr(type(bench.db), "transaction", transaction)
    return counted


@pytest.mark.slow
def test_linking_goes_on_after_the_plug_was_pulled_at_any_write(
    tmp_path, make, server, monkeypatch
):
    """At every transaction of a login another home is cut off, then goes on."""
    at, total = 1, 99
    while at <= total:
        email = f"cut{at}@example.org"
        server.add_user(email, name="Cut")
        bench = make(f"cut-{at}")
        fill(bench)
        before = told(bench)
        with monkeypatch.context() as patch:
            counted = unplugged(bench, patch, at)
            try:
                linking.login(bench, server.url, email, PASSWORD)
                total = counted[0]
            except Unplugged:
                pass
        shut(bench)
        again = make(f"cut-{at}")
        linking.login(again, server.url, email, PASSWORD)
        assert told(again) == before, f"after write {at}"
        assert account(again).linked
        assert again.writer.person["principalId"] != "guest"
        spaces = listing(again)
        assert {m.id for m in memberships(again)} == {s.id for s in spaces}
        assert len(spaces) == 2
        sound(again)
        at += 1
    assert total >= 8


def test_a_space_whose_creation_lost_its_answer_is_found_by_its_mark(make, ann, monkeypatch):
    bench = make("home")
    log_in(bench, ann)
    made = bench.spaces.create("Garden", "club")
    session = Session(bench)
    real = type(session.identity).create_space

    def lost(self, *args):
        real(self, *args)
        raise NetworkError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(session.identity), "create_space", lost)
        with pytest.raises(NetworkError):
            create_waiting(session)
    assert create_waiting(session) == 1
    session.close()
    found = [s for s in listing(bench) if s.name == "Garden"]
    assert len(found) == 1
    assert found[0].metadata[MARKER] == made
    assert bench.spaces.find("garden")["id"] == found[0].id


def test_nothing_is_linked_while_the_home_only_signed_in(make, ann, monkeypatch):
    bench = make("home")
    fill(bench)
    monkeypatch.setattr(master, "fetch", lambda session: (_ for _ in ()).throw(NetworkError("x")))
    with pytest.raises(NetworkError):
        log_in(bench, ann)
    assert account(bench).signed_in
    assert not account(bench).linked
    assert bench.writer.person["principalId"] == "guest"
    keep(bench, interop="")
    monkeypatch.undo()
    session = Session(bench)
    linking.finish(session)
    session.close()
    assert account(bench).linked
