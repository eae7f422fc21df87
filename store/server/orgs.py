"""Spaces: list, create, update, delete, the active one. Members and invitations: ``members``.

Every act is a plain function of the rows, who asks and what was sent. It runs inside the one
transaction that looks at rights and writes, so that two acts cannot pass each other; it returns
the answer and whose list of spaces or whose role it changed.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from store.server import answers, members, rights, sessions
from store.server.errors import native
from store.server.personal import KINDS, kind_of
from store.server.rights import Body, named, told, told_invitation, told_member
from store.server.sessions import Signed, now_ms
from store.server.storage import Identities, Member, Organization, Taken
from store.server.tokens import new_id

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from store.server.context import Context

Act = Callable[[Identities, Signed, Body], Any]
_NAME = 200
_SLUG = re.compile(r"[^\s/\\?#\x00-\x1f]{1,100}")
_LARGEST = 16_000


class Changed(NamedTuple):
    """The answer to an act, and the users whose spaces it changed."""

    answer: Any
    users: Iterable[str]


# Reading ---------------------------------------------------------------------------------------


def listed(rows: Identities, signed: Signed, _body: Body) -> Any:
    """The spaces of who asks."""
    return [told(one) for one in rows.organizations(signed.user.id)]


def full(rows: Identities, signed: Signed, body: Body) -> Any:
    """One space with members and invitations; null where none is meant."""
    id = named(signed, body)
    if not id and (slug := body.get("organizationSlug")):
        by_slug = rows.organization_by_slug(str(slug))
        id = by_slug.id if by_slug else ""
        if not id:
            raise native(400, "ORGANIZATION_NOT_FOUND")
    if not id:
        return None
    found = rows.organization(id)
    if found is None or rows.member_of(id, signed.user.id) is None:
        raise _stranger(403)
    return told(found) | {
        "members": [told_member(one, rows) for one in rows.members(id)],
        "invitations": [told_invitation(one) for one in rows.invitations(id)],
    }


def active_member(rows: Identities, signed: Signed, _body: Body) -> Any:
    """Who asks, as a member of the active space; both shapes that clients read."""
    member = _active(rows, signed)
    found = rows.organization(member.organization)
    return told_member(member, rows) | {"organization": told(found) if found else None}


def active_role(rows: Identities, signed: Signed, body: Body) -> Any:
    """The role of who asks, in the space that is named or else active."""
    if (id := body.get("organizationId")) and isinstance(id, str):
        if (member := rows.member_of(id, signed.user.id)) is None:
            raise native(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION")
        return {"role": member.role}
    return {"role": _active(rows, signed).role}


def _active(rows: Identities, signed: Signed) -> Member:
    if not signed.session.active:
        raise native(400, "NO_ACTIVE_ORGANIZATION")
    member = rows.member_of(signed.session.active, signed.user.id)
    if member is None:
        raise rights.no_member()
    return member


# Writing ---------------------------------------------------------------------------------------


def check_slug(rows: Identities, _signed: Signed, body: Body) -> Any:
    """Whether a slug is free."""
    if rows.organization_by_slug(_slug(body.get("slug"))) is not None:
        raise native(400, "ORGANIZATION_SLUG_ALREADY_TAKEN")
    return Changed({"status": True}, ())


def create(rows: Identities, signed: Signed, body: Body) -> Any:
    """A new space with who asks as its owner, active from now on."""
    name, slug = _name(body.get("name")), _slug(body.get("slug"))
    metadata = _metadata(body.get("metadata"))
    if metadata.get("type") not in KINDS:
        raise _bad_metadata()
    now = now_ms()
    made = Organization(new_id(), name, slug, now, metadata, answers.text(body.get("logo"), 2000))
    try:
        rows.add_organization(made)
    except Taken:
        raise native(400, "ORGANIZATION_ALREADY_EXISTS") from None
    owner = Member(new_id(), made.id, signed.user.id, "owner", now)
    rows.add_member(owner)
    members.activate(rows, signed, made.id)
    answer = told(made, metadata=False) | {"members": [told_member(owner)]}
    return Changed(answer, [signed.user.id])


def update(rows: Identities, signed: Signed, body: Body) -> Any:
    """Other name, slug, logo or metadata. A space keeps its type where the new metadata has none,
    and a personal one keeps it in any case: what is personal is sealed under one person's key."""
    id, data = named(signed, body), body.get("data")
    member = rows.member_of(id, signed.user.id)
    found = rows.organization(id)
    if member is None or found is None:
        raise _stranger(400)
    if not rights.manages(member):
        raise native(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_ORGANIZATION")
    if not isinstance(data, dict):
        raise native(400, "VALIDATION_ERROR", "data is required")
    if data.get("name") is not None:
        found = found._replace(name=_name(data["name"]))
    if data.get("slug") is not None:
        found = found._replace(slug=_slug(data["slug"]))
    if "logo" in data:
        found = found._replace(logo=answers.text(data["logo"], 2000))
    if data.get("metadata") is not None:
        found = found._replace(metadata=_updated(found, _metadata(data["metadata"])))
    try:
        rows.put_organization(found)
    except Taken:
        raise native(400, "ORGANIZATION_SLUG_ALREADY_TAKEN") from None
    return Changed(told(found), [one.user for one in rows.members(id)])


def _updated(found: Organization, metadata: dict[str, Any]) -> dict[str, Any]:
    kind = metadata.setdefault("type", kind_of(found))
    was_personal = kind_of(found) == "personal"
    if kind not in KINDS or was_personal != (kind == "personal"):
        raise _bad_metadata()
    return metadata


def delete(rows: Identities, signed: Signed, body: Body) -> Any:
    """Remove a space with its members and invitations; never a personal one."""
    id = named(signed, body)
    member = rows.member_of(id, signed.user.id)
    found = rows.organization(id)
    if member is None or found is None:
        raise _stranger(400)
    if not rights.owns(member):
        raise native(403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_ORGANIZATION")
    if kind_of(found) == "personal":
        raise native(403, "SPACE_PERSONAL_UNDELETABLE")
    users = [one.user for one in rows.members(id)]
    rows.remove_organization(id)
    return Changed(told(found), users)


def set_active(rows: Identities, signed: Signed, body: Body) -> Any:
    """Choose the active space of this session, by id or slug; null for none."""
    id, slug = body.get("organizationId"), body.get("organizationSlug")
    if id is None and "organizationId" in body:
        members.activate(rows, signed, "")
        return Changed(None, ())
    found = None
    if isinstance(id, str):
        found = rows.organization(id)
    elif isinstance(slug, str):
        found = rows.organization_by_slug(slug)
    elif signed.session.active:
        found = rows.organization(signed.session.active)
    else:
        return Changed(None, ())
    if found is None or rows.member_of(found.id, signed.user.id) is None:
        raise _stranger(403)
    members.activate(rows, signed, found.id)
    return Changed(told(found), ())


# What was sent ---------------------------------------------------------------------------------


def _name(value: Any) -> str:
    if not (name := answers.text(value, _NAME)):
        raise native(400, "VALIDATION_ERROR", "name is required")
    return name


def _slug(value: Any) -> str:
    slug = answers.text(value)
    if not _SLUG.fullmatch(slug):
        raise native(400, "VALIDATION_ERROR", "slug is required")
    return slug


def _metadata(value: Any) -> dict[str, Any]:
    import orjson

    try:
        if isinstance(value, dict) and len(orjson.dumps(value)) <= _LARGEST:
            return dict(value)
    except orjson.JSONEncodeError:
        pass
    raise _bad_metadata()


def _bad_metadata() -> Exception:
    kinds = ", ".join(KINDS)
    return native(400, "SPACE_METADATA_INVALID", f"metadata.type must be one of {kinds}")


def _stranger(status: int) -> Exception:
    return native(status, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION")


# Endpoints -------------------------------------------------------------------------------------

READS: dict[str, Act] = {
    "list": listed,
    "get-active-member": active_member,
    "get-active-member-role": active_role,
    "get-full-organization": full,
    "list-members": members.listed,
    "list-invitations": members.invitations,
    "list-user-invitations": members.mine,
    "get-invitation": members.invitation,
}
WRITES: dict[str, Act] = {
    "check-slug": check_slug,
    "create": create,
    "update": update,
    "delete": delete,
    "set-active": set_active,
    "invite-member": members.invite,
    "accept-invitation": members.accept,
    "reject-invitation": members.reject,
    "cancel-invitation": members.cancel,
    "remove-member": members.remove,
    "update-member-role": members.change_role,
    "leave": members.leave,
}


def _reading(context: Context, act: Act) -> Callable[[Request], Awaitable[Response]]:
    coded = act is not members.invitation

    async def endpoint(request: Request) -> Response:
        signed = await sessions.by_cookie(context, request, coded=coded)
        query = dict(request.query_params)
        return answers.json(await context.view(lambda rows: act(rows, signed, query)))

    return endpoint


def _writing(context: Context, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = await sessions.native_body(context, request)
        signed = await sessions.by_cookie(context, request)

        def run(rows: Identities) -> Any:
            # As things stand now, not as they stood when the cookie was looked at.
            session = rows.session(signed.session.id)
            if session is None:
                raise native(401, "UNAUTHORIZED")
            return act(rows, signed._replace(session=session), body)

        answer, users = await context.change(run)
        context.spaces_changed(users)
        if act is delete:
            context.changes.forget_space(answer["id"])  # nobody needs to wait for it
        headers = {}
        if act is set_active:
            headers["Set-Cookie"] = context.tokens.cookie(signed.token)
        return answers.json(answer, headers=headers)

    return endpoint


def routes(context: Context) -> list[BaseRoute]:
    """Every endpoint of this part."""
    from starlette.routing import Route

    base = "/api/auth/organization/"
    return [
        *(Route(base + name, _reading(context, act)) for name, act in READS.items()),
        *(
            Route(base + name, _writing(context, act), methods=["POST"])
            for name, act in WRITES.items()
        ),
    ]
