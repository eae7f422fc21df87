"""The identity service as a client speaks to it: signing in, the session, spaces and members.

Nothing an answer holds is believed without a look: what lacks an id is left out where a list may
be shorter, and refused where it may not (a list of spaces decides what is hidden).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from store.errors import SignedOutError
from store.sync.net.remote import RemoteSpace
from store.sync.sign.calling import Answer, Caller, no_answer, plain, refusal
from store.words import _

AUTH = "/api/auth"
SPACES = f"{AUTH}/organization"
PAGE = 100
PAGES = 50
"""Pages of a member list that are asked for: 100 members is a server's own limit."""

ROLES = ("owner", "admin", "member", "viewer")


class Person(NamedTuple):
    """Who signed in."""

    id: str
    email: str
    name: str


class Member(NamedTuple):
    """A member of a space. ``id`` is the row by which a server knows the membership."""

    id: str
    user: str
    role: str
    name: str
    email: str


class Invitation(NamedTuple):
    """An invitation. ``space_name`` is "" where the server does not tell it."""

    id: str
    space: str
    email: str
    role: str
    status: str
    expires: str
    space_name: str = ""


class IdentityClient:
    """One account at one identity service.

    cookie: the session, "" for none. kept: told a new cookie, "" when the session ended.
    """

    def __init__(
        self, base: str, cookie: str = "", kept: Callable[[str], None] | None = None
    ) -> None:
        self.caller = Caller(base)
        self._cookie = cookie
        self._kept = kept

    def __repr__(self) -> str:
        return f"<IdentityClient {self.caller.base}>"

    @property
    def cookie(self) -> str:
        """The session's cookie as ``name=value``, "" without a session."""
        return self._cookie

    def close(self) -> None:
        """End the connections."""
        self.caller.close()

    # The session ----------------------------------------------------------------------------

    def sign_in(self, email: str, password: str) -> Person:
        """Open a session; no old cookie is sent. Raises NetworkError, ServerError."""
        answer = self.caller.call(
            "POST",
            f"{AUTH}/sign-in/email",
            json={"email": email, "password": password, "rememberMe": True},
        )
        if answer.status != 200:
            raise refusal(answer, signing_in=True)
        body = answer.json()
        user = body.get("user") if isinstance(body, dict) else None
        cookie = session_cookie(answer.cookies)
        if not cookie or not isinstance(user, dict) or not _text(user.get("id")):
            raise no_answer(answer.status)
        self._cookie = cookie
        return Person(user["id"], plain(user.get("email")) or email, plain(user.get("name")))

    def sign_out(self) -> None:
        """End the session at the server; without an answer it ends there by itself."""
        if self._cookie:
            answer = self.caller.call("POST", "/api/v1/auth/logout", cookie=self._cookie)
            if answer.status == 404:
                answer = self.caller.call("POST", f"{AUTH}/sign-out", cookie=self._cookie)
            self._cookie = ""
            if answer.status not in (200, 401):
                raise refusal(answer)

    def token(self) -> str:
        """A fresh token. Raises SignedOutError where the session is over."""
        answer = self._with_cookie("GET", f"{AUTH}/token")
        name = "token"
        if answer.status == 404:
            answer, name = self._with_cookie("POST", "/api/v1/auth/refresh"), "accessToken"
        if answer.status != 200:
            raise refusal(answer)
        body = answer.json()
        token = body.get(name) if isinstance(body, dict) else None
        if not _text(token, 20_000):
            raise no_answer(answer.status)
        return str(token)

    def use(self, cookie: str) -> None:
        """Go on with another cookie of the same account."""
        self._cookie = cookie

    def is_over(self) -> bool:
        """Whether the service itself says that there is no session: a 401 alone may come from
        whatever stands in front of it. Raises NetworkError, ServerError."""
        answer = self._with_cookie("GET", f"{AUTH}/get-session")
        if answer.status == 200:
            body = answer.json()
            return not (isinstance(body, dict) and body.get("session"))
        return answer.status in (401, 404)

    def _with_cookie(self, method: str, path: str, **how: Any) -> Answer:
        if not self._cookie:
            raise no_session()
        answer = self.caller.call(method, path, cookie=self._cookie, **how)
        fresh = session_cookie(answer.cookies)
        if fresh and fresh != self._cookie and answer.status == 200:
            self._cookie = fresh
            if self._kept is not None:
                self._kept(fresh)
        return answer

    def _ask(self, method: str, path: str, **how: Any) -> Any:
        answer = self._with_cookie(method, f"{SPACES}/{path}", **how)
        if answer.status != 200:
            raise refusal(answer)
        return answer.json()

    # Spaces ---------------------------------------------------------------------------------

    def spaces(self) -> list[RemoteSpace]:
        """Every space of this person, the oldest first. Raises; never a part of the list."""
        listed = self._ask("GET", "list")
        if not isinstance(listed, list):
            raise no_answer(200)
        found = [(_text(s.get("createdAt")), _space(s)) for s in listed if isinstance(s, dict)]
        if len(found) != len(listed):
            raise no_answer(200)
        return [space for _made, space in sorted(found, key=lambda pair: (pair[0], pair[1].id))]

    def create_space(self, name: str, slug: str, metadata: Mapping[str, Any]) -> RemoteSpace:
        """Make a space; ``metadata`` holds its type. Raises ServerError, with the code
        ORGANIZATION_ALREADY_EXISTS where the slug is taken."""
        made = self._ask(
            "POST", "create", json={"name": name, "slug": slug, "metadata": dict(metadata)}
        )
        return _space({"metadata": dict(metadata), **made} if isinstance(made, dict) else made)

    def update_space(self, space: str, **data: Any) -> None:
        """Give a space another name, slug or metadata."""
        self._ask("POST", "update", json={"organizationId": space, "data": data})

    def delete_space(self, space: str) -> None:
        """Delete a space for all its members."""
        self._ask("POST", "delete", json={"organizationId": space})

    # Members --------------------------------------------------------------------------------

    def members(self, space: str) -> list[Member]:
        """Everybody in a space."""
        found: dict[str, Member] = {}
        for page in range(PAGES):
            body = self._ask(
                "GET",
                "list-members",
                query={
                    "organizationId": space,
                    "limit": str(PAGE),
                    "offset": str(page * PAGE),
                },
            )
            rows = body.get("members") if isinstance(body, dict) else body
            if not isinstance(rows, list):
                raise no_answer(200)
            known = len(found)
            found |= {row["id"]: _member(row) for row in rows if _has_id(row)}
            if len(rows) < PAGE or len(found) == known:
                break
        return list(found.values())

    def invite(self, space: str, email: str, role: str) -> Invitation:
        """Invite somebody by e-mail."""
        return _invitation(
            self._ask(
                "POST",
                "invite-member",
                json={"organizationId": space, "email": email, "role": role},
            )
        )

    def invitations(self, space: str = "") -> list[Invitation]:
        """The invitations of a space in every state; without one, those that wait for me."""
        path = "list-invitations" if space else "list-user-invitations"
        rows = self._ask("GET", path, query={"organizationId": space} if space else None)
        if not isinstance(rows, list):
            raise no_answer(200)
        return [_invitation(row) for row in rows if _has_id(row)]

    def answer_invitation(self, invitation: str, *, accept: bool) -> str:
        """Accept or reject an invitation to me; returns the id of its space."""
        verb = "accept-invitation" if accept else "reject-invitation"
        body = self._ask("POST", verb, json={"invitationId": invitation})
        inner = body.get("invitation") if isinstance(body, dict) else None
        return _text(inner.get("organizationId")) if isinstance(inner, dict) else ""

    def cancel_invitation(self, invitation: str) -> None:
        """Take back an invitation to somebody else."""
        self._ask("POST", "cancel-invitation", json={"invitationId": invitation})

    def set_role(self, space: str, member: str, role: str) -> None:
        """Give a member, by its row id, another role."""
        self._ask(
            "POST",
            "update-member-role",
            json={"organizationId": space, "memberId": member, "role": role},
        )

    def remove_member(self, space: str, member: str) -> None:
        """Take a member, by its row id, out of a space."""
        self._ask(
            "POST", "remove-member", json={"organizationId": space, "memberIdOrEmail": member}
        )

    def leave(self, space: str) -> None:
        """Leave a space."""
        self._ask("POST", "leave", json={"organizationId": space})


def no_session() -> SignedOutError:
    """The error for whatever needs a session while there is none."""
    return SignedOutError(
        _("Nobody is signed in here."),
        kept=_("All changes are kept here and wait."),
        hint=_("Sign in: manabench login"),
        status=401,
    )


def session_cookie(headers: tuple[str, ...]) -> str:
    """The session's cookie out of Set-Cookie headers, as it is sent back; "" for none."""
    for header in headers:
        pair = header.partition(";")[0].strip()
        name, _equal, value = pair.partition("=")
        if name.endswith("session_token") and value and pair.isascii() and pair.isprintable():
            return pair
    return ""


def _text(value: object, limit: int = 400) -> str:
    return value if isinstance(value, str) and 0 < len(value) <= limit else ""


def _has_id(row: object) -> bool:
    return isinstance(row, dict) and bool(_text(row.get("id")))


def _space(row: Any) -> RemoteSpace:
    """A space; whatever lacks an id, or takes a placeholder for one, is no answer."""
    id = _text(row.get("id")) if isinstance(row, dict) else ""
    if not id or not id.isprintable() or id.startswith(("_personal:", "forgotten:")):
        raise no_answer(200)
    metadata = row.get("metadata")
    if isinstance(metadata, str):
        import json

        try:
            metadata = json.loads(metadata)
        except (ValueError, RecursionError):
            metadata = {}
    metadata = metadata if isinstance(metadata, dict) else {}
    slug = plain(row.get("slug"), 100)
    return RemoteSpace(
        id,
        plain(row.get("name"), 400) or slug or id,
        slug,
        plain(metadata.get("type"), 40) or "personal",
        plain(row.get("role"), 40),
        0,
        metadata,
    )


def _member(row: dict[str, Any]) -> Member:
    user = row.get("user")
    user = user if isinstance(user, dict) else {}
    return Member(
        row["id"],
        _text(row.get("userId")) or _text(user.get("id")),
        plain(row.get("role"), 100),
        plain(user.get("name")),
        plain(user.get("email")),
    )


def _invitation(row: Any) -> Invitation:
    if not _has_id(row):
        raise no_answer(200)
    inner = row.get("organization")
    name = row.get("organizationName") or (inner.get("name") if isinstance(inner, dict) else "")
    return Invitation(
        row["id"],
        _text(row.get("organizationId")),
        plain(row.get("email")),
        plain(row.get("role"), 100),
        plain(row.get("status"), 40) or "pending",
        plain(row.get("expiresAt"), 40),
        plain(name),
    )
