"""Who may do what in a space, and how spaces and members are told.

owner everything; admin all but deleting the space and anything about owners; member and viewer
read who is there. What members may write into a space is the log's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.server import answers
from store.server.errors import Refusal, native
from store.server.sessions import Signed
from store.server.storage import Identities, Invitation, Member, Organization

ROLES = ("owner", "admin", "member", "viewer")
MANAGERS = frozenset(("owner", "admin"))

Body = Mapping[str, Any]


def held(role: str) -> set[str]:
    """The roles of a member; on the wire several stand with commas between."""
    return set(role.split(","))


def manages(member: Member | None) -> bool:
    """Whether somebody may change the space and who is in it."""
    return member is not None and not MANAGERS.isdisjoint(held(member.role))


def owns(member: Member | None) -> bool:
    """Whether somebody is an owner."""
    return member is not None and "owner" in held(member.role)


def role_of(value: Any) -> str:
    """A role, or several, as the wire gives them. Raises Refusal, with words alone."""
    given = value if isinstance(value, list) else [value]
    asked = [role for one in given if isinstance(one, str) for role in one.split(",")]
    if not asked or len(asked) < len(given) or any(role not in ROLES for role in asked):
        raise native(400, "", "ROLE_NOT_FOUND: owner, admin, member or viewer", coded=False)
    return ",".join(role for role in ROLES if role in asked)


def named(signed: Signed, body: Body) -> str:
    """The id of the space that is meant: the one that is named, else the session's active one."""
    given = body.get("organizationId")
    return given if isinstance(given, str) and given else signed.session.active


def owners(rows: Identities, organization: str) -> int:
    """How many owners a space has."""
    return sum(owns(member) for member in rows.members(organization))


def no_member() -> Refusal:
    """The space has no such member."""
    return native(400, "MEMBER_NOT_FOUND")


# As they are told ------------------------------------------------------------------------------


def told(organization: Organization, *, metadata: bool = True) -> dict[str, Any]:
    """A space as every answer has it."""
    answer: dict[str, Any] = {
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "logo": organization.logo or None,
        "createdAt": answers.instant(organization.created),
    }
    if metadata:
        answer["metadata"] = organization.metadata
    return answer


def told_member(member: Member, rows: Identities | None = None) -> dict[str, Any]:
    """A member; with the user it is where ``rows`` are given."""
    answer: dict[str, Any] = {
        "id": member.id,
        "organizationId": member.organization,
        "userId": member.user,
        "role": member.role,
        "createdAt": answers.instant(member.created),
    }
    user = rows.user(member.user) if rows else None
    if user:
        image = user.image or None
        answer["user"] = {"id": user.id, "name": user.name, "email": user.email, "image": image}
    return answer


def told_invitation(invitation: Invitation) -> dict[str, Any]:
    """An invitation."""
    return {
        "id": invitation.id,
        "organizationId": invitation.organization,
        "email": invitation.email,
        "role": invitation.role,
        "status": invitation.status,
        "expiresAt": answers.instant(invitation.expires),
        "createdAt": answers.instant(invitation.created),
        "inviterId": invitation.inviter,
    }
