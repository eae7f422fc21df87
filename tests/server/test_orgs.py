"""Spaces over HTTP: who may do what, and the code of every refusal."""

from __future__ import annotations

import itertools

import pytest

from store.server.personal import RESERVED, slug
from store.server.tokens import new_id
from tests.server.running import running

ORG = {"id", "name", "slug", "logo", "createdAt", "metadata"}
MEMBER = {"id", "organizationId", "userId", "role", "createdAt"}
ROLES = ("owner", "admin", "member", "viewer")
BASE = "/api/auth/organization/"
names = map("space-{}".format, itertools.count(1))


def code(answer):
    """(status, code), or (status, message) where the wire has words alone."""
    body = answer.json()
    return answer.status_code, body.get("code", body.get("message"))


def make(person, kind="team", **more):
    """A space; returns its id."""
    body = {"name": "A space", "slug": next(names), "metadata": {"type": kind}, **more}
    answer = person.org("create", **body)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def get(person, act, **query):
    return person.get(BASE + act, params=query)


def join(owner, person, space, role="member"):
    """Bring somebody in by an invitation; returns the member."""
    first = "owner" if role == "owner" else "member"
    invited = owner.org(
        "invite-member", organizationId=space, email=person.email, role=first
    ).json()
    member = person.org("accept-invitation", invitationId=invited["id"]).json()["member"]
    if role not in ("owner", "member"):
        owner.org("update-member-role", organizationId=space, memberId=member["id"], role=role)
    return member | {"role": role}


@pytest.fixture(scope="module")
def crew(shared, people):
    """One of each role in one space, somebody else, and the space."""
    found = {role: people(role) for role in (*ROLES, "stranger")}
    space = make(found["owner"], name="Crew")
    found["space"] = space
    mine = get(found["owner"], "list-members", organizationId=space).json()["members"][0]
    found["member of"] = {"owner": mine}
    for role in ROLES[1:]:
        found["member of"][role] = join(found["owner"], found[role], space, role)
    return found


# Making and changing ----------------------------------------------------------------------------


def test_a_space_is_made_listed_changed_and_deleted(people):
    ann = people()
    name = next(names)
    made = ann.org("create", name="Us", slug=name, metadata={"type": "family", "x": {"y": 1}})
    assert set(made.json()) == (ORG - {"metadata"}) | {"members"}
    (owner,) = made.json()["members"]
    assert set(owner) == MEMBER
    assert (owner["role"], owner["userId"]) == ("owner", ann.id)
    id = made.json()["id"]
    listed = {one["id"]: one for one in get(ann, "list").json()}
    assert set(listed[id]) == ORG
    assert listed[id]["metadata"] == {"type": "family", "x": {"y": 1}}
    assert len(listed) == 2
    data = {"name": "We", "slug": f"{name}-2", "logo": "data:x", "metadata": {"z": 1}}
    changed = ann.org("update", organizationId=id, data=data).json()
    assert changed == listed[id] | data | {"metadata": {"z": 1, "type": "family"}}
    assert ann.org("delete", organizationId=id).json() == changed
    assert [one["id"] for one in get(ann, "list").json()] != [id]
    assert len(get(ann, "list").json()) == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"metadata": {"type": "x"}}, (400, "SPACE_METADATA_INVALID")),
        ({"metadata": {}}, (400, "SPACE_METADATA_INVALID")),
        ({"metadata": None}, (400, "SPACE_METADATA_INVALID")),
        ({"metadata": "team"}, (400, "SPACE_METADATA_INVALID")),
        ({"metadata": {"type": ["team"]}}, (400, "SPACE_METADATA_INVALID")),
        ({"metadata": {"type": "team", "x": "y" * 20_000}}, (400, "SPACE_METADATA_INVALID")),
        ({"slug": None}, (400, "VALIDATION_ERROR")),
        ({"slug": ""}, (400, "VALIDATION_ERROR")),
        ({"slug": "a/b"}, (400, "VALIDATION_ERROR")),
        ({"slug": "x" * 101}, (400, "VALIDATION_ERROR")),
        ({"slug": "crew-slug"}, (400, "ORGANIZATION_ALREADY_EXISTS")),
        ({"name": " "}, (400, "VALIDATION_ERROR")),
        ({"name": 5}, (400, "VALIDATION_ERROR")),
    ],
)
def test_a_space_that_cannot_be_is_not_made(people, body, expected):
    ann = people()
    ann.org("create", name="Crew", slug="crew-slug", metadata={"type": "team"})
    before = get(ann, "list").json()
    whole = {"name": "X", "slug": next(names), "metadata": {"type": "team"}} | body
    assert code(ann.org("create", **whole)) == expected
    assert get(ann, "list").json() == before


def test_a_slug_is_taken_once(people):
    ann, name = people(), next(names)
    assert ann.org("check-slug", slug=name).json() == {"status": True}
    make(ann, slug=name)
    taken = (400, "ORGANIZATION_SLUG_ALREADY_TAKEN")
    assert code(ann.org("check-slug", slug=name)) == taken
    other = make(ann)
    assert code(ann.org("update", organizationId=other, data={"slug": name})) == taken


def test_a_personal_space_stays_personal_and_stays(people):
    ann = people()
    (mine,) = get(ann, "list").json()
    assert mine["metadata"]["type"] == "personal"
    refused = (403, "SPACE_PERSONAL_UNDELETABLE")
    assert code(ann.org("delete", organizationId=mine["id"])) == refused
    for metadata in ({"type": "team"}, {"type": "x"}):
        answer = ann.org("update", organizationId=mine["id"], data={"metadata": metadata})
        assert code(answer) == (400, "SPACE_METADATA_INVALID")
    ann.org("update", organizationId=mine["id"], data={"metadata": {"tier": "founder"}})
    assert get(ann, "list").json()[0]["metadata"] == {"tier": "founder", "type": "personal"}
    team = make(ann)
    to_personal = ann.org("update", organizationId=team, data={"metadata": {"type": "personal"}})
    assert code(to_personal) == (400, "SPACE_METADATA_INVALID")
    to_club = ann.org("update", organizationId=team, data={"metadata": {"type": "club"}})
    assert to_club.json()["metadata"] == {"type": "club"}
    second = make(ann, "personal")
    assert code(ann.org("delete", organizationId=second)) == refused


# The active space -------------------------------------------------------------------------------


def test_the_active_space_is_kept_for_the_session(shared, people):
    ann = people()
    other = shared.again(ann.email)
    (mine,) = get(ann, "list").json()
    assert code(get(ann, "get-active-member")) == (400, "NO_ACTIVE_ORGANIZATION")
    assert code(get(ann, "get-active-member-role")) == (400, "NO_ACTIVE_ORGANIZATION")
    assert get(ann, "get-full-organization").json() is None
    answer = ann.org("set-active", organizationId=mine["id"])
    assert answer.json() == mine
    assert "set-cookie" in answer.headers
    member = get(ann, "get-active-member").json()
    assert set(member) == MEMBER | {"user", "organization"}
    assert member["organization"] == mine
    assert member["user"]["email"] == ann.email
    assert get(ann, "get-active-member-role").json() == {"role": "owner"}
    assert get(ann, "list-members").json()["total"] == 1
    assert get(ann, "get-full-organization").json()["id"] == mine["id"]
    session = ann.get("/api/auth/get-session").json()["session"]
    assert session["activeOrganizationId"] == mine["id"]
    assert code(get(other, "get-active-member")) == (400, "NO_ACTIVE_ORGANIZATION")
    assert other.org("set-active", organizationSlug=mine["slug"]).json() == mine
    assert ann.org("set-active", organizationId=None).json() is None
    assert code(get(ann, "get-active-member")) == (400, "NO_ACTIVE_ORGANIZATION")


def test_whoever_left_the_active_space_is_no_member_of_it(people):
    ann, bob = people(), people()
    space = make(ann)
    join(ann, bob, space)
    assert get(bob, "get-active-member").json()["organizationId"] == space
    ann.org("remove-member", organizationId=space, memberIdOrEmail=bob.email)
    assert code(get(bob, "get-active-member")) == (400, "MEMBER_NOT_FOUND")


# Who may do what --------------------------------------------------------------------------------

NOT_MEMBER = "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION"
NO_MEMBER = (400, "MEMBER_NOT_FOUND")


def forbidden(what, *allowed, stranger):
    """What each role is answered: 200 for those allowed."""
    table = {role: (200 if role in allowed else (403, what)) for role in ROLES}
    return table | {"stranger": stranger}


MAY = {
    "update": forbidden(
        "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_ORGANIZATION",
        "owner", "admin", stranger=(400, NOT_MEMBER),
    ),
    "delete": forbidden(
        "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_ORGANIZATION", "owner", stranger=(400, NOT_MEMBER)
    ),
    "set-active": forbidden("", *ROLES, stranger=(403, NOT_MEMBER)),
    "get-full-organization": forbidden("", *ROLES, stranger=(403, NOT_MEMBER)),
    "list-members": forbidden(
        "", *ROLES, stranger=(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION")
    ),
    "list-invitations": forbidden(
        "", *ROLES, stranger=(403, "You are not a member of this organization")
    ),
    "invite-member": forbidden(
        "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION",
        "owner", "admin", stranger=NO_MEMBER,
    ),
    "remove-member": forbidden(
        "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_MEMBER", "owner", "admin", stranger=NO_MEMBER
    ),
    "update-member-role": forbidden(
        "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", "owner", "admin", stranger=NO_MEMBER
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def helpers(people):
    return itertools.cycle([people("helper") for _one in range(3)])


@pytest.mark.parametrize(("act", "role"), [*itertools.product(MAY, (*ROLES, "stranger"))])
def test_each_role_may_do_what_it_may(crew, helpers, act, role):
    owner, who, space = crew["owner"], crew[role], crew["space"]
    expected = MAY[act][role]
    if act == "delete" and role == "owner":
        space = make(owner)
    if act.startswith(("get-", "list-")):
        answer = get(who, act, organizationId=space)
    else:
        body = {"organizationId": space}
        if act == "update":
            body["data"] = {"name": f"Crew of {role}"}
        elif act == "invite-member":
            body |= {"email": f"{new_id(8)}@example.org", "role": "member"}
        elif act in ("remove-member", "update-member-role"):
            helper = next(helpers)
            member = next(
                (
                    one
                    for one in get(owner, "list-members", organizationId=space).json()["members"]
                    if one["userId"] == helper.id
                ),
                None,
            ) or join(owner, helper, space)
            body |= {"memberIdOrEmail": member["id"], "memberId": member["id"], "role": "viewer"}
        answer = who.org(act, **body)
    assert (answer.status_code if expected == 200 else code(answer)) == expected


@pytest.mark.parametrize("act", [
    "list", "get-active-member", "get-active-member-role", "get-full-organization",
    "list-members", "list-invitations", "list-user-invitations", "get-invitation",
])  # fmt: skip
def test_nobody_reads_without_a_session(shared, act):
    answer = get(shared.nobody(), act)
    assert answer.status_code == 401
    # One of them has words alone.
    assert answer.json().get("code", "") == ("" if act == "get-invitation" else "UNAUTHORIZED")


@pytest.mark.parametrize("act", [
    "check-slug", "create", "update", "delete", "set-active", "invite-member",
    "accept-invitation", "reject-invitation", "cancel-invitation", "remove-member",
    "update-member-role", "leave",
])  # fmt: skip
def test_nobody_writes_without_a_session_or_from_elsewhere(shared, people, act):
    assert code(shared.nobody().org(act)) == (401, "UNAUTHORIZED")
    strange = {"Origin": "https://evil.example.org"}
    answer = people().post(BASE + act, json={}, headers=strange)
    assert code(answer) == (403, "INVALID_ORIGIN")
    # Nonsense is refused, and is no fault of the server.
    odd = people()
    for body in ({}, {"organizationId": 5}, {"organizationId": {"a": 1}, "data": 7}):
        assert odd.post(BASE + act, json=body).status_code in (200, 400, 403)


def test_members_are_listed_in_parts_with_who_they_are(people):
    ann, bob = people("ann"), people("bob")
    space = make(ann)
    join(ann, bob, space)
    whole = get(ann, "list-members", organizationId=space).json()
    assert whole["total"] == 2
    assert [one["role"] for one in whole["members"]] == ["owner", "member"]
    assert set(whole["members"][1]) == MEMBER | {"user"}
    assert whole["members"][1]["user"] == {
        "id": bob.id, "name": "bob", "email": bob.email, "image": None,
    }  # fmt: skip
    part = get(ann, "list-members", organizationId=space, limit=1, offset=1).json()
    assert part == {"members": whole["members"][1:], "total": 2}
    full = get(bob, "get-full-organization", organizationId=space).json()
    assert full["members"] == whole["members"]
    assert full["invitations"][0]["status"] == "accepted"


# What everybody's personal space is called ------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("ann", "ann"),
        ("Ann.Smith+x", "ann-smith-x"),
        ("-a--b-", "a-b"),
        ("x" * 40, "x" * 30),
        ("admin", "admin-2"),
        ("me", "me-2"),
    ],
)
def test_a_personal_slug_follows_from_the_address(local, expected):
    assert slug(local, lambda _text: False) == expected


def test_a_personal_slug_avoids_what_is_taken():
    taken = {"ann", "ann-2"}
    assert slug("ann", taken.__contains__) == "ann-3"
    assert slug("ä", lambda _text: False).startswith("user-")
    every = slug("ann", lambda text: text.count("-") < 2 and len(text) <= 7)
    assert every.startswith("ann-")
    assert len(every) == 12
    assert all(slug(name, lambda _text: False) == f"{name}-2" for name in RESERVED)


def test_what_was_made_outlives_a_restart(tmp_path):
    with running(tmp_path / "data") as server:
        ann, bob = server.person("ann@example.org"), server.person("bob@example.org")
        space = make(ann)
        join(ann, bob, space, "viewer")
        before = get(ann, "get-full-organization", organizationId=space).json()
    with running(tmp_path / "data") as server:
        ann = server.again("ann@example.org")
        assert get(ann, "get-full-organization", organizationId=space).json() == before


def test_through_a_tunnel_the_server_has_another_port_and_everything_works(tmp_path):
    # What `ssh -L 4000:127.0.0.1:3050` does: clients use an address the server does not know.
    with running(tmp_path / "data", public="http://127.0.0.1:3050") as server:
        assert server.url not in server.settings.trusted
        ann = server.person("ann@example.org")
        space = make(ann)
        bearer = ann.bearer()
        change = {"table": "tasks", "id": "t", "op": "delete", "spaceId": space}
        body = {"clientId": "a", "since": "2999-01-01T00:00:00Z", "changes": [change]}
        assert ann.post("/sync/todo", json=body, headers=bearer).status_code == 200
        assert ann.post("/api/v1/auth/logout").json() == {"success": True}
