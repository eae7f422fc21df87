"""Members and invitations of spaces; see ``orgs`` for how an act runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.server import rights
from store.server.errors import Refusal, native
from store.server.personal import kind_of
from store.server.rights import Body, named, told_invitation, told_member
from store.server.sessions import Signed, now_ms
from store.server.storage import Identities, Invitation, Member
from store.server.tokens import new_id

if TYPE_CHECKING:
    from store.server.orgs import Changed

TIME_TO_LIVE = 48 * 3_600_000
"""Milliseconds for which an invitation holds."""

MOST_PENDING = 100
MOST_MEMBERS = 100


def _changed(answer: Any, *users: str) -> Changed:
    from store.server.orgs import Changed

    return Changed(answer, users)


def activate(rows: Identities, signed: Signed, organization: str) -> None:
    """Make a space the active one of the session; "" for none."""
    rows.put_session(signed.session._replace(active=organization))


# Reading ---------------------------------------------------------------------------------------


def listed(rows: Identities, signed: Signed, body: Body) -> Any:
    """The members of a space, in parts where ``limit`` and ``offset`` say so."""
    id = named(signed, body)
    if not id:
        raise native(400, "NO_ACTIVE_ORGANIZATION")
    if rows.member_of(id, signed.user.id) is None:
        raise native(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION")
    found = rows.members(id)
    offset, limit = _count(body.get("offset"), 0), _count(body.get("limit"), MOST_MEMBERS)
    part = found[offset : offset + limit]
    return {"members": [told_member(one, rows) for one in part], "total": len(found)}


def _count(text: Any, otherwise: int) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else otherwise


def invitations(rows: Identities, signed: Signed, body: Body) -> Any:
    """All invitations of a space, whatever became of them."""
    id = named(signed, body)
    if not id:
        raise native(400, "ORGANIZATION_NOT_FOUND")
    if rows.member_of(id, signed.user.id) is None:
        raise native(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION", coded=False)
    return [told_invitation(one) for one in rows.invitations(id)]


def mine(rows: Identities, signed: Signed, _body: Body) -> Any:
    """The invitations that wait for who asks."""
    found = []
    for one in rows.invitations_for(signed.user.email):
        organization = rows.organization(one.organization)
        if organization and _alive(one):
            found.append(told_invitation(one) | {"organizationName": organization.name})
    return found


def invitation(rows: Identities, signed: Signed, body: Body) -> Any:
    """One invitation to who asks."""
    found = rows.invitation(str(body.get("id", "")))
    organization = found and rows.organization(found.organization)
    if not found or not organization or not _alive(found):
        raise native(400, "INVITATION_NOT_FOUND", coded=False)
    _must_be_for(signed, found)
    inviter = rows.user(found.inviter)
    return told_invitation(found) | {
        "organizationName": organization.name,
        "organizationSlug": organization.slug,
        "inviterEmail": inviter.email if inviter else "",
    }


def _alive(invitation: Invitation) -> bool:
    return invitation.status == "pending" and invitation.expires > now_ms()


def _must_be_for(signed: Signed, invitation: Invitation) -> None:
    if invitation.email != signed.user.email:
        raise native(403, "YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION")


# Inviting --------------------------------------------------------------------------------------


def invite(rows: Identities, signed: Signed, body: Body) -> Any:
    """Invite an address; ``resend`` prolongs an invitation that waits already. Nobody can be
    invited into a personal space."""
    from store.server.accounts import address_of

    id = named(signed, body)
    organization = rows.organization(id)
    if organization is None:
        raise native(400, "ORGANIZATION_NOT_FOUND")
    if not (email := address_of(body.get("email"))):
        raise native(400, "INVALID_EMAIL")
    member = rows.member_of(id, signed.user.id)
    if member is None:
        raise rights.no_member()
    role = rights.role_of(body.get("role"))
    if not rights.manages(member) or kind_of(organization) == "personal":
        raise native(403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION")
    if "owner" in rights.held(role) and not rights.owns(member):
        raise native(403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE")
    user = rows.user_by_email(email)
    if user and rows.member_of(id, user.id):
        raise native(400, "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION")
    now = now_ms()
    pending = [one for one in rows.invitations(id) if _alive(one)]
    for one in pending:
        if one.email == email:
            if body.get("resend") is not True:
                raise native(400, "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION")
            again = one._replace(role=role, expires=now + TIME_TO_LIVE)
            rows.put_invitation(again)
            return _changed(told_invitation(again))
    if len(pending) >= MOST_PENDING:
        raise native(403, "INVITATION_LIMIT_REACHED")
    made = Invitation(new_id(), id, email, role, "pending", now + TIME_TO_LIVE, now, signed.user.id)
    rows.add_invitation(made)
    return _changed(told_invitation(made))


def accept(rows: Identities, signed: Signed, body: Body) -> Any:
    """Become a member; the space is active from now on."""
    found = _waiting(rows, signed, body)
    member = rows.member_of(found.organization, signed.user.id)
    if member is None:
        if len(rows.members(found.organization)) >= MOST_MEMBERS:
            raise native(403, "ORGANIZATION_MEMBERSHIP_LIMIT_REACHED")
        member = Member(new_id(), found.organization, signed.user.id, found.role, now_ms())
        rows.add_member(member)
    accepted = found._replace(status="accepted")
    rows.put_invitation(accepted)
    activate(rows, signed, found.organization)
    answer = {"invitation": told_invitation(accepted), "member": told_member(member)}
    return _changed(answer, *(one.user for one in rows.members(found.organization)))


def reject(rows: Identities, signed: Signed, body: Body) -> Any:
    """Decline."""
    rejected = _waiting(rows, signed, body)._replace(status="rejected")
    rows.put_invitation(rejected)
    return _changed({"invitation": told_invitation(rejected), "member": None})


def cancel(rows: Identities, signed: Signed, body: Body) -> Any:
    """Take an invitation back."""
    found = rows.invitation(str(body.get("invitationId", "")))
    if found is None:
        raise _no_invitation()
    member = rows.member_of(found.organization, signed.user.id)
    if member is None:
        raise rights.no_member()
    if not rights.manages(member):
        raise native(403, "YOU_ARE_NOT_ALLOWED_TO_CANCEL_THIS_INVITATION")
    if found.status != "pending":
        raise _no_invitation()
    canceled = found._replace(status="canceled")
    rows.put_invitation(canceled)
    return _changed(told_invitation(canceled))


def _waiting(rows: Identities, signed: Signed, body: Body) -> Invitation:
    """The invitation that is named, which waits, and for who asks. Raises Refusal."""
    found = rows.invitation(str(body.get("invitationId", "")))
    if found is None or not _alive(found) or rows.organization(found.organization) is None:
        raise _no_invitation()
    _must_be_for(signed, found)
    return found


def _no_invitation() -> Refusal:
    return native(400, "INVITATION_NOT_FOUND")


# Members ---------------------------------------------------------------------------------------


def remove(rows: Identities, signed: Signed, body: Body) -> Any:
    """Put somebody out, named by member id, user id or address. Their invitations go with them."""
    id = named(signed, body)
    mine = rows.member_of(id, signed.user.id)
    member = _meant(rows, id, body.get("memberIdOrEmail"))
    if mine is None or member is None:
        raise rights.no_member()
    if rights.owns(member) and (not rights.owns(mine) or rights.owners(rows, id) < 2):
        raise _only_owner()
    if member.id != mine.id and not rights.manages(mine):
        raise native(403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_MEMBER")
    told = told_member(member, rows)
    return _changed({"member": told}, *_take_out(rows, member))


def leave(rows: Identities, signed: Signed, body: Body) -> Any:
    """Go; not as the only owner."""
    id = named(signed, body)
    member = rows.member_of(id, signed.user.id)
    if member is None:
        raise rights.no_member()
    if rights.owns(member) and rights.owners(rows, id) < 2:
        raise _only_owner()
    told = told_member(member, rows)
    users = _take_out(rows, member)
    if signed.session.active == id:
        activate(rows, signed, "")
    return _changed(told, *users)


def _take_out(rows: Identities, member: Member) -> list[str]:
    """Remove a member; returns all whom that concerns."""
    users = [one.user for one in rows.members(member.organization)]
    rows.remove_member(member.id)
    for one in rows.invitations(member.organization):
        if one.inviter == member.user and one.status == "pending":
            rows.put_invitation(one._replace(status="canceled"))
    return users


def change_role(rows: Identities, signed: Signed, body: Body) -> Any:
    """Give a member another role."""
    id = named(signed, body)
    mine = rows.member_of(id, signed.user.id)
    member = _meant(rows, id, body.get("memberId"))
    if mine is None or member is None:
        raise rights.no_member()
    role = rights.role_of(body.get("role"))
    about_owners = rights.owns(member) or "owner" in rights.held(role)
    if not rights.manages(mine) or (about_owners and not rights.owns(mine)):
        raise native(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER")
    stays = "owner" in rights.held(role)
    if rights.owns(member) and not stays and rights.owners(rows, id) < 2:
        raise native(400, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER")
    changed = member._replace(role=role)
    rows.put_member(changed)
    return _changed(told_member(changed), *(one.user for one in rows.members(id)))


def _meant(rows: Identities, organization: str, given: Any) -> Member | None:
    """The member of a space that is named by member id, user id or address."""
    if not isinstance(given, str) or not given:
        return None
    member = rows.member(given)
    if member is not None:
        return member if member.organization == organization else None
    user = rows.user_by_email(given.strip().lower()) if "@" in given else None
    return rows.member_of(organization, user.id if user else given)


def _only_owner() -> Refusal:
    return native(400, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER")
