"""Invitations that wait: found with the list of spaces, kept by the home, gone once answered."""

from __future__ import annotations

import pytest

from store.sync.desk import prepare
from store.sync.sign.session import Session
from store.sync.spaces import invited, members
from store.sync.status import status
from tests.store.support import Clock
from tests.sync.people import session, shared_server, someone

__all__ = ["shared_server", "someone"]


@pytest.fixture
def two(make, someone, clock):
    """Ada with a family on the server, and Grace, who is invited into it."""
    people = [someone("Ada"), someone("Grace")]
    benches = [make(clock=clock), make(clock=clock)]
    for person, bench in zip(people, benches, strict=True):
        person.log_in(bench)
    ada, grace = benches
    family = ada.spaces.create("Harbour", "family")
    with session(ada) as one:
        prepare(one)
        members.invite(one, family, people[1].email, "viewer")
    return ada, grace


def looked(bench) -> Session:
    with session(bench) as one:
        prepare(one)


def test_an_invitation_is_told_with_name_and_role_and_kept_sealed(two):
    ada, grace = two
    assert (status(grace).invitations, invited.waiting(grace)) == (0, [])
    looked(grace)
    (one,) = invited.waiting(grace)
    assert (one.name, one.role, bool(one.expires)) == ("Harbour", "viewer", True)
    assert status(grace).invitations == 1
    assert "Harbour" not in str(grace.db.read("SELECT value FROM sync_state"))
    looked(ada)
    assert status(ada).invitations == 0


@pytest.mark.parametrize("accept", [True, False])
def test_an_answer_takes_it_away_at_once(two, accept):
    _ada, grace = two
    looked(grace)
    (one,) = invited.waiting(grace)
    with session(grace) as signed_in:
        (members.accept if accept else members.reject)(signed_in, one.id)
    assert status(grace).invitations == 0
    assert len(grace.spaces.list()) == 1 + accept
    looked(grace)
    assert status(grace).invitations == 0


def test_one_that_expired_is_told_no_more(two, clock: Clock):
    _ada, grace = two
    looked(grace)
    clock.tick(3650 * 86_400)
    assert (status(grace).invitations, invited.waiting(grace)) == (0, [])


def test_the_same_list_writes_nothing(two):
    _ada, grace = two
    for _again in range(2):
        looked(grace)
        before = grace.db.read("SELECT sum(n) FROM counters WHERE collection = 'sync_state'")
    looked(grace)
    after = grace.db.read("SELECT sum(n) FROM counters WHERE collection = 'sync_state'")
    assert after == before


def test_a_service_that_is_away_hides_nothing(two, monkeypatch):
    from store.errors import NetworkError

    _ada, grace = two
    looked(grace)
    with session(grace) as one:
        monkeypatch.setattr(one.identity, "invitations", lambda: _raise(NetworkError("away")))
        invited.look(one)
    assert status(grace).invitations == 1


def _raise(error):
    raise error
