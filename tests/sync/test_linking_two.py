"""Several homes and people, one account each: what is the same becomes the same, and no more."""

from __future__ import annotations

import orjson
import pytest

from store.errors import ServerError
from store.stamps import EPOCH, Meta
from store.sync.sign.session import Session
from store.sync.spaces import linking
from store.sync.spaces.creating import altered, create_waiting, refused
from store.sync.spaces.membership import memberships
from store.workbench import Workbench
from tests.server.conftest import server
from tests.server.running import PASSWORD, Running
from tests.store.conftest import _config, clock, make
from tests.sync.people import ANN, ann, fill, listed, session

__all__ = ["_config", "ann", "clock", "make", "server"]


def log_in(bench: Workbench, server: Running, **how: str) -> None:
    linking.login(bench, server.url, ANN, PASSWORD, **how)


def test_two_homes_with_the_same_spaces_end_with_the_same_ids(make, ann):
    one, two = make("one"), make("two")
    for bench in (one, two):
        fill(bench)
        log_in(bench, ann)
    log_in(one, ann)
    assert [s["id"] for s in one.spaces.list()] == [s["id"] for s in two.spaces.list()]
    scenes = 'SELECT id, space FROM "workbenchScenes" ORDER BY id'
    assert [id for id, _s in one.db.read(scenes)] == [id for id, _s in two.db.read(scenes)]
    assert len(listed(one)) == 2


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
    assert len(listed(one)) == 2


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
    told = "On the server the slug family is taken, so Family is family-2 there and here."
    assert altered(bench) == [told]
    bench.spaces.rename(bench.spaces.find("Family")["id"], "", "ours")
    assert altered(bench) == []


def test_a_slug_that_is_free_is_kept_without_a_word(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    assert altered(bench) == []


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
    assert garden in {s.id for s in listed(bench)}


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
