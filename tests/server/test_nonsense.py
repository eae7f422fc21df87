"""Whatever is sent to whichever endpoint: an answer, never a fault. Whatever people do to each
other's spaces: each keeps an owner, and nobody does what they may not."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from store.server import (
    accounts,
    members,
    orgs,
    personal,
    rights,
    sessions,
    singletons,
    tokens,
    vaults,
)
from store.server.errors import Refusal
from store.server.sqlite import File
from store.server.sqlite_identity import SqliteIdentity

PARTS = (accounts, orgs, vaults, singletons)
ODD = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'"x"',
    b"\xff\xfe",
    b'{"a":' * 2000,
    b'{"email":{"a":1},"password":["x"],"name":1e400}',
    b'{"email":"a@b.c","password":"\\ud800\\u0000xxxxxxxx","name":"\\u0000"}',
    b'{"organizationId":["x"],"data":{"name":null,"slug":{},"metadata":[]}}',
    b'{"organizationId":"MINE","data":{"name":"\\ud800","logo":{"x":1}}}',
    b'{"organizationId":"MINE","data":{"metadata":{"type":"team","\\ud800":1e999}}}',
    b'{"organizationId":"MINE","email":"x@y.z","role":{"a":1},"resend":"yes"}',
    b'{"organizationId":"MINE","memberIdOrEmail":{"a":1},"memberId":[],"role":["admin",{}]}',
    b'{"invitationId":{"x":1},"token":{"x":1},"refreshToken":["x"]}',
    b'{"enable":1,"masterKey":{},"recoveryWrappedMk":[],"recoveryIv":null}',
    b'{"name":"n","slug":"a b","metadata":{"type":{"x":1}}}',
    b'{"slug":"' + b"\xc3\xa4" * 300 + b'"}',
]


def routes(server):
    """(method, path) of everything in the identity half."""
    found = [route for part in PARTS for route in part.routes(server.context)]
    return sorted({(next(iter(route.methods - {"HEAD"})), route.path) for route in found})


@pytest.mark.slow
def test_no_body_or_query_makes_a_fault(shared, people):
    ann = people()
    mine = ann.get("/api/auth/organization/list").json()[0]["id"]
    bearer = ann.bearer()
    kind = {"Content-Type": "application/json"}
    leaving = {"/api/v1/auth/logout", "/api/auth/sign-out"}
    tried = 0
    for method, path in routes(shared):
        if path in leaving:
            continue
        for body in ODD:
            content = body.replace(b"MINE", mine.encode())
            sent = content if method == "POST" else None
            query = {"organizationId": content[:50], "id": content[:50], "limit": "-1"}
            headers = {**kind, **bearer} if path.startswith("/api/v1/me") else kind
            answer = ann.request(method, path, content=sent, params=query, headers=headers)
            assert answer.status_code < 500 or answer.status_code == 503, (path, body)
            tried += 1
    assert tried > 600
    assert ann.get("/api/auth/get-session").json()["user"]["email"] == ann.email


ACTS = (
    ["create", "update", "delete", "leave", "reject-invitation", "cancel-invitation"]
    + ["invite-member", "accept-invitation", "update-member-role"] * 4
    + ["remove-member"] * 2
)


class World:
    """A few people and their spaces, without a network."""

    def __init__(self, path, seed):
        self.identity = SqliteIdentity(File(path))
        self.dice = random.Random(seed)
        self.users = [accounts.new_user(f"u{n}@example.org", "", "x") for n in range(5)]
        request = SimpleNamespace(client=None, headers={})
        self.sessions = {}
        for user in self.users:
            self.identity.change(lambda rows, user=user: personal.add(rows, user))
            made = self.identity.change(lambda rows, user=user: sessions.begin(rows, user, request))
            self.sessions[user.id] = made[0].id

    def act(self):
        """One random act of somebody; returns (act, who, body, what it came to)."""
        name = self.dice.choice(ACTS)
        body, likely = self.identity.view(lambda rows: self._body(rows, name))
        known = [user for user in self.users if user.id in likely]
        who = self.dice.choice(known if known and self.dice.random() < 0.8 else self.users)

        def run(rows):
            session = rows.session(self.sessions[who.id])
            signed = sessions.Signed(who, session, "", False)
            before = rows.member_of(body["organizationId"], who.id)
            return before, orgs.WRITES[name](rows, signed, body)

        try:
            return name, who, body, *self.identity.change(run)
        except Refusal:
            return name, who, body, None, None

    def _body(self, rows, name):
        """What is sent, and the ids of those who could well send it."""
        dice = self.dice
        spaces = {one.id: one for user in self.users for one in rows.organizations(user.id)}
        shared = [id for id, one in spaces.items() if personal.kind_of(one) != "personal"]
        space = dice.choice(shared if shared and dice.random() < 0.9 else [*spaces])
        people = rows.members(space)
        member = dice.choice(people)
        waiting = [one for user in self.users for one in rows.invitations_for(user.email)]
        invitation = dice.choice([one for one in waiting if one.status == "pending"] or [None])
        kind = dice.choice(["team", "club", "personal", "nix"])
        body = {
            "organizationId": space,
            "name": "x",
            "slug": tokens.new_id(8),
            "metadata": {"type": kind},
            "data": {"metadata": {"type": kind}},
            "email": dice.choice(self.users).email,
            "role": dice.choice([*rights.ROLES, "king"]),
            "memberIdOrEmail": member.id,
            "memberId": member.id,
            "invitationId": invitation.id if invitation else "",
        }
        likely = {one.user for one in people}
        if invitation and name in ("accept-invitation", "reject-invitation"):
            likely = {user.id for user in self.users if user.email == invitation.email}
        return body, likely


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_whatever_people_do_every_space_keeps_an_owner(tmp_path, seed):
    world = World(tmp_path / "server.db", seed)
    done = set()
    for _turn in range(500):
        name, who, _body, before, changed = world.act()
        if changed is None:
            continue
        done.add(name)
        if name in ("update", "invite-member", "update-member-role"):
            assert rights.manages(before)
        if name == "delete":
            assert rights.owns(before)
        world.identity.view(lambda rows: check(rows, world))
        assert who.id in world.sessions
    world.identity.close()
    assert len(done) >= 7


def check(rows, world):
    for user in world.users:
        mine = rows.organizations(user.id)
        assert any(personal.kind_of(one) == "personal" for one in mine)
        for space in mine:
            assert rights.owners(rows, space.id) >= 1
            people = rows.members(space.id)
            assert all(rights.held(one.role) <= set(rights.ROLES) for one in people)
            if personal.kind_of(space) == "personal":
                assert len(people) == 1
    assert members.MOST_MEMBERS == 100
