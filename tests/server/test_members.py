"""Invitations and members over HTTP, to the code of every refusal."""

from __future__ import annotations

import pytest

from tests.server.running import PASSWORD
from tests.server.test_orgs import MEMBER, code, get, join, make

INVITATION = {
    "id", "organizationId", "email", "role", "status", "expiresAt", "createdAt", "inviterId",
}  # fmt: skip
NOT_FOUND = (400, "INVITATION_NOT_FOUND")
ONLY_OWNER = (400, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER")


def invite(person, space, email, role="member", **more):
    return person.org("invite-member", organizationId=space, email=email, role=role, **more)


def expire(server, invitation):
    """Make an invitation too old."""

    def put(rows):
        found = rows.invitation(invitation)
        rows.put_invitation(found._replace(expires=found.created))

    server.context.identity.change(put)


def test_an_invitation_goes_to_its_address_and_is_accepted(people):
    ann, bob = people(), people()
    space = make(ann, name="Us")
    sent = invite(ann, space, bob.email.upper()).json()
    assert set(sent) == INVITATION
    assert (sent["email"], sent["status"], sent["role"]) == (bob.email, "pending", "member")
    assert get(ann, "list-invitations", organizationId=space).json() == [sent]
    assert get(bob, "list-user-invitations").json() == [sent | {"organizationName": "Us"}]
    one = get(bob, "get-invitation", id=sent["id"]).json()
    assert set(one) == INVITATION | {"organizationName", "organizationSlug", "inviterEmail"}
    assert one["inviterEmail"] == ann.email
    done = bob.org("accept-invitation", invitationId=sent["id"]).json()
    assert done["invitation"] == sent | {"status": "accepted"}
    assert set(done["member"]) == MEMBER
    assert done["member"]["role"] == "member"
    assert space in [one["id"] for one in get(bob, "list").json()]
    assert get(bob, "list-user-invitations").json() == []
    assert code(bob.org("accept-invitation", invitationId=sent["id"])) == NOT_FOUND


@pytest.mark.parametrize("end", ["reject", "cancel", "expire"])
def test_an_invitation_that_ended_leads_nowhere(shared, people, end):
    ann, bob = people(), people()
    space = make(ann)
    sent = invite(ann, space, bob.email).json()
    if end == "reject":
        told = bob.org("reject-invitation", invitationId=sent["id"]).json()
        assert told == {"invitation": sent | {"status": "rejected"}, "member": None}
    elif end == "cancel":
        told = ann.org("cancel-invitation", invitationId=sent["id"]).json()
        assert told == sent | {"status": "canceled"}
        assert code(ann.org("cancel-invitation", invitationId=sent["id"])) == NOT_FOUND
    else:
        expire(shared, sent["id"])
    for act in ("accept-invitation", "reject-invitation"):
        assert code(bob.org(act, invitationId=sent["id"])) == NOT_FOUND
    assert get(bob, "list-user-invitations").json() == []
    dead = get(bob, "get-invitation", id=sent["id"])
    assert dead.status_code == 400
    assert set(dead.json()) == {"message"}
    assert invite(ann, space, bob.email).status_code == 200


def test_an_invitation_is_for_its_address_alone(people):
    ann, bob, eve = people(), people(), people()
    sent = invite(ann, make(ann), bob.email).json()
    refused = (403, "YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION")
    for act in ("accept-invitation", "reject-invitation"):
        assert code(eve.org(act, invitationId=sent["id"])) == refused
    assert code(get(eve, "get-invitation", id=sent["id"])) == refused
    assert code(eve.org("cancel-invitation", invitationId=sent["id"])) == (400, "MEMBER_NOT_FOUND")
    assert code(eve.org("accept-invitation", invitationId="nix")) == NOT_FOUND
    assert get(eve, "list-user-invitations").json() == []


def test_an_invitation_waits_for_somebody_without_an_account(shared, people):
    ann = people()
    space = make(ann)
    sent = invite(ann, space, "later@example.org").json()
    later = shared.person("later@example.org")
    assert [one["id"] for one in get(later, "list-user-invitations").json()] == [sent["id"]]
    assert later.org("accept-invitation", invitationId=sent["id"]).status_code == 200


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("owner", (403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE")),
        (["member", "owner"], (403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE")),
        ("king", (400, "ROLE_NOT_FOUND: owner, admin, member or viewer")),
        ("", (400, "ROLE_NOT_FOUND: owner, admin, member or viewer")),
        (None, (400, "ROLE_NOT_FOUND: owner, admin, member or viewer")),
        ([5], (400, "ROLE_NOT_FOUND: owner, admin, member or viewer")),
        ("member,king", (400, "ROLE_NOT_FOUND: owner, admin, member or viewer")),
    ],
)
def test_an_admin_cannot_invite_into_these_roles(people, role, expected):
    ann, admin = people(), people()
    space = make(ann)
    join(ann, admin, space, "admin")
    assert code(invite(admin, space, "x@example.org", role)) == expected


def test_an_invitation_is_sent_once_or_again_on_purpose(people):
    ann, bob = people(), people()
    space = make(ann)
    first = invite(ann, space, "x@example.org").json()
    twice = (400, "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION")
    assert code(invite(ann, space, "x@example.org")) == twice
    again = invite(ann, space, "x@example.org", ["viewer"], resend=True).json()
    assert (again["id"], again["role"]) == (first["id"], "viewer")
    join(ann, bob, space)
    there = (400, "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION")
    assert code(invite(ann, space, bob.email)) == there
    assert code(invite(ann, "nix", "y@example.org")) == (400, "ORGANIZATION_NOT_FOUND")
    assert code(invite(ann, space, "no address")) == (400, "INVALID_EMAIL")


def test_nobody_is_invited_into_a_personal_space(people):
    ann = people()
    (mine,) = get(ann, "list").json()
    refused = (403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION")
    assert code(invite(ann, mine["id"], "x@example.org")) == refused


def test_invitations_and_members_have_a_limit(people, monkeypatch):
    from store.server import members

    ann, bob, eve = people(), people(), people()
    space = make(ann)
    sent = [invite(ann, space, one.email).json()["id"] for one in (bob, eve)]
    monkeypatch.setattr(members, "MOST_PENDING", 2)
    full = (403, "INVITATION_LIMIT_REACHED")
    assert code(invite(ann, space, "x@example.org")) == full
    monkeypatch.setattr(members, "MOST_MEMBERS", 2)
    assert bob.org("accept-invitation", invitationId=sent[0]).status_code == 200
    full = (403, "ORGANIZATION_MEMBERSHIP_LIMIT_REACHED")
    assert code(eve.org("accept-invitation", invitationId=sent[1])) == full


# Members ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "userId", "email"])
def test_a_member_is_removed_by_member_id_user_id_or_address(people, by):
    ann, bob = people(), people()
    space = make(ann)
    member = join(ann, bob, space)
    named = member.get(by, bob.email)
    gone = ann.org("remove-member", organizationId=space, memberIdOrEmail=named)
    assert gone.json()["member"]["id"] == member["id"]
    assert space not in [one["id"] for one in get(bob, "list").json()]
    again = ann.org("remove-member", organizationId=space, memberIdOrEmail=named)
    assert code(again) == (400, "MEMBER_NOT_FOUND")


def test_a_member_of_another_space_is_not_reached(people):
    ann, bob = people(), people()
    here, there = make(ann), make(bob)
    bobs = get(bob, "list-members", organizationId=there).json()["members"][0]
    for act, name in (("remove-member", "memberIdOrEmail"), ("update-member-role", "memberId")):
        answer = ann.org(act, organizationId=here, role="member", **{name: bobs["id"]})
        assert code(answer) == (400, "MEMBER_NOT_FOUND")


def test_a_space_always_has_an_owner(people):
    ann, bob, admin = people(), people(), people()
    space = make(ann)
    mine = get(ann, "list-members", organizationId=space).json()["members"][0]["id"]
    bobs = join(ann, bob, space)["id"]
    join(ann, admin, space, "admin")

    def role(person, member, role):
        return person.org("update-member-role", organizationId=space, memberId=member, role=role)

    def remove(person, member):
        return person.org("remove-member", organizationId=space, memberIdOrEmail=member)

    assert code(ann.org("leave", organizationId=space)) == ONLY_OWNER
    assert code(remove(ann, mine)) == ONLY_OWNER
    assert code(remove(admin, mine)) == ONLY_OWNER
    without = (400, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER")
    assert code(role(ann, mine, "member")) == without
    refused = (403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER")
    assert code(role(admin, mine, "member")) == refused
    assert code(role(admin, bobs, "owner")) == refused
    assert role(ann, bobs, "owner").json()["role"] == "owner"
    assert code(remove(admin, bobs)) == ONLY_OWNER
    left = ann.org("leave", organizationId=space).json()
    assert set(left) == MEMBER | {"user"}
    assert code(ann.org("leave", organizationId=space)) == (400, "MEMBER_NOT_FOUND")
    assert code(bob.org("leave", organizationId=space)) == ONLY_OWNER


def test_roles_are_the_four_that_there_are(people):
    ann, bob = people(), people()
    space = make(ann)
    member = join(ann, bob, space)["id"]

    def change(role):
        return ann.org("update-member-role", organizationId=space, memberId=member, role=role)

    for role in ("admin", "viewer", "member", "owner"):
        assert change(role).json()["role"] == role
    assert change(["member", "admin"]).json()["role"] == "admin,member"
    for bad in ("king", "", None, 5, [], ["admin", 5]):
        assert change(bad).status_code == 400


def test_whoever_goes_takes_their_open_invitations_along(people):
    ann, admin, eve = people(), people(), people()
    space = make(ann)
    join(ann, admin, space, "admin")
    sent = invite(admin, space, eve.email).json()["id"]
    ann.org("remove-member", organizationId=space, memberIdOrEmail=admin.email)
    assert code(eve.org("accept-invitation", invitationId=sent)) == NOT_FOUND


def test_a_removed_member_is_cut_off_from_the_log_at_once(people):
    ann, bob = people(), people()
    space = make(ann)
    join(ann, bob, space)
    token = bob.bearer()
    change = {
        "table": "tasks",
        "id": "t1",
        "op": "update",
        "spaceId": space,
        "fields": {"title": {"value": "x", "at": "2026-01-01T00:00:00.000Z"}},
    }
    push = {"clientId": "b", "since": "2999-01-01T00:00:00Z", "changes": [change]}
    assert bob.post("/sync/todo", json=push, headers=token).status_code == 200
    pull = "/sync/todo/pull?collection=tasks&since=2000-01-01T00:00:00Z"
    assert len(bob.get(pull, headers=token).json()["serverChanges"]) == 1
    ann.org("remove-member", organizationId=space, memberIdOrEmail=bob.email)
    assert bob.get(pull, headers=token).json()["serverChanges"] == []
    assert bob.post("/sync/todo", json=push, headers=token).status_code == 403
    assert len(ann.get(pull, headers=ann.bearer()).json()["serverChanges"]) == 1


def test_a_role_changes_what_may_be_written_at_once(people):
    ann, bob = people(), people()
    space = make(ann)
    member = join(ann, bob, space)["id"]
    token = bob.bearer()

    def push(title):
        fields = {"title": {"value": title, "at": "2026-01-01T00:00:00.000Z"}}
        change = {"table": "tasks", "id": "t", "op": "update", "spaceId": space, "fields": fields}
        body = {"clientId": "b", "since": "2999-01-01T00:00:00Z", "changes": [change]}
        return bob.post("/sync/todo", json=body, headers=token).status_code

    assert push("one") == 200
    ann.org("update-member-role", organizationId=space, memberId=member, role="viewer")
    assert push("two") == 403
    ann.org("update-member-role", organizationId=space, memberId=member, role="member")
    assert push("three") == 200


def test_a_person_is_in_many_spaces_and_each_answers_for_itself(shared, people):
    ann = people()
    spaces = [make(ann, kind) for kind in ("brand", "club", "family", "team", "practice")]
    listed = get(ann, "list").json()
    assert [one["id"] for one in listed[1:]] == spaces
    assert [one["metadata"]["type"] for one in listed] == [
        "personal", "brand", "club", "family", "team", "practice",
    ]  # fmt: skip
    assert shared.again(ann.email, PASSWORD).get("/api/auth/organization/list").json() == listed
