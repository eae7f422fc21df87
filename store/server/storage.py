"""What a server keeps, as two interfaces: who there is (``IdentityStorage``), and what they changed
(``ChangeStorage``).

Both are synchronous and may be called from any thread; whoever waits on an event loop goes through
``context.Context``. An implementation is tried by ``tests/server/contract*.py``, which every one of
them passes: SQLite today, another database by the same door.

Instants are whole milliseconds since 1970, UTC, those of the log microseconds. Ids are text that
the caller chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol, TypeVar

from store.server.wire import Parcel

T = TypeVar("T")

AUDITED = 1000
"""How many acts on a user's keys are remembered, the newest."""


class User(NamedTuple):
    """A person with an account. password: an encoded Argon2id hash, "" for none."""

    id: str
    email: str
    name: str
    password: str
    created: int
    updated: int
    image: str = ""
    tier: str = "public"
    kind: str = "human"


class Session(NamedTuple):
    """One sign-in. digest: SHA-256 of its token, which is never stored. active: the organization
    last chosen in it, "" for none. slid: when ``expires`` was last moved on."""

    id: str
    digest: bytes
    user: str
    created: int
    slid: int
    expires: int
    address: str = ""
    agent: str = ""
    active: str = ""


class Organization(NamedTuple):
    """A space, as its members' server knows it. metadata.type is one of the six kinds."""

    id: str
    name: str
    slug: str
    created: int
    metadata: Mapping[str, Any]
    logo: str = ""


class Member(NamedTuple):
    """Somebody in a space. role: owner, admin, member or viewer."""

    id: str
    organization: str
    user: str
    role: str
    created: int


class Invitation(NamedTuple):
    """status: pending, accepted, rejected or canceled."""

    id: str
    organization: str
    email: str
    role: str
    status: str
    expires: int
    created: int
    inviter: str


class Vault(NamedTuple):
    """A wrapped master key. wrapped and its iv are under the server's own key and "" in
    zero-knowledge mode; recovery and its iv are under the person's code and "" while unset. All
    four are base64 text. recovery_set: when, 0 for never."""

    user: str
    wrapped: str
    wrap_iv: str
    kek: str
    recovery: str = ""
    recovery_iv: str = ""
    recovery_set: int = 0
    zero_knowledge: bool = False


class Failure(NamedTuple):
    """Somebody was wrong about a password. who: a digest of an account, an address or both."""

    who: bytes
    at: int


class SigningKey(NamedTuple):
    """sealed: the private Ed25519 key under the server's own key; public: its 32 bytes."""

    kid: str
    sealed: bytes
    public: bytes
    created: int


class Identities(Protocol):
    """The rows of identity inside one transaction. Nothing here judges: what may be done, and by
    whom, is decided by the callers, in the same transaction.

    ``add_*`` raises ``Taken`` where an id or a unique value exists already.
    """

    # Users
    def user(self, id: str) -> User | None: ...
    def user_by_email(self, email: str) -> User | None: ...
    def users(self) -> Sequence[User]: ...
    def users_since(self, instant: int) -> int: ...
    def add_user(self, user: User) -> None: ...
    def put_user(self, user: User) -> None: ...
    def remove_user(self, id: str) -> None: ...

    # Sessions
    def session(self, id: str) -> Session | None: ...
    def session_by_digest(self, digest: bytes) -> Session | None: ...
    def sessions(self, user: str) -> Sequence[Session]: ...
    def add_session(self, session: Session) -> None: ...
    def put_session(self, session: Session) -> None: ...
    def remove_session(self, id: str) -> None: ...
    def remove_expired_sessions(self, instant: int) -> int: ...

    # Organizations and their members
    def organization(self, id: str) -> Organization | None: ...
    def organization_by_slug(self, slug: str) -> Organization | None: ...
    def organizations(self, user: str) -> Sequence[Organization]: ...
    def add_organization(self, organization: Organization) -> None: ...
    def put_organization(self, organization: Organization) -> None: ...
    def remove_organization(self, id: str) -> None: ...
    def member(self, id: str) -> Member | None: ...
    def member_of(self, organization: str, user: str) -> Member | None: ...
    def members(self, organization: str) -> Sequence[Member]: ...
    def memberships(self, user: str) -> Sequence[Member]: ...
    def add_member(self, member: Member) -> None: ...
    def put_member(self, member: Member) -> None: ...
    def remove_member(self, id: str) -> None: ...

    # Invitations
    def invitation(self, id: str) -> Invitation | None: ...
    def invitations(self, organization: str) -> Sequence[Invitation]: ...
    def invitations_for(self, email: str) -> Sequence[Invitation]: ...
    def add_invitation(self, invitation: Invitation) -> None: ...
    def put_invitation(self, invitation: Invitation) -> None: ...

    # Keys
    def vault(self, user: str) -> Vault | None: ...
    def put_vault(self, vault: Vault) -> None: ...
    # An audit of somebody who is gone is passed over.
    def audit(self, user: str, action: str, outcome: str, instant: int) -> None: ...
    def audited(self, user: str) -> Sequence[tuple[str, str, int]]: ...
    def signing_keys(self) -> Sequence[SigningKey]: ...
    def add_signing_key(self, key: SigningKey) -> None: ...

    # Wrong passwords, oldest first
    def failures(self, since: int) -> Sequence[Failure]: ...
    def add_failures(self, failures: Sequence[Failure]) -> None: ...
    def remove_failures(self, who: bytes) -> None: ...
    def remove_old_failures(self, until: int) -> None: ...


class Taken(Exception):  # noqa: N818 - an answer of the storage, not a fault
    """A unique value exists already; ``what`` names it: user, email, organization, slug, member,
    session, invitation or key."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class IdentityStorage(Protocol):
    """Accounts, sessions, spaces, keys."""

    def view(self, act: Callable[[Identities], T]) -> T:
        """The result of ``act`` over one consistent state; it must not write."""
        ...

    def change(self, act: Callable[[Identities], T]) -> T:
        """The result of ``act``, whose writes all hold, on disk, once this returns; none of them
        where it raises."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


WRITERS = frozenset(("owner", "admin", "member"))
"""The roles that may change what is in a space; any other may read."""


def may_write(role: str) -> bool:
    """Whether a member of this role, or of these with commas between, may change things."""
    return not WRITERS.isdisjoint(role.split(","))


class Stored(NamedTuple):
    """What a push came to. rows: how many were new. until: the time of the newest row of the log
    then. told: whom it concerns, and which of the collections."""

    rows: int
    until: int
    told: Mapping[str, frozenset[str]]


class Rows(NamedTuple):
    """A page of the log as JSON. until: the cursor behind it. more: whether to ask on."""

    rows: list[bytes]
    until: int
    more: bool


PAGE_BYTES = 8_000_000
"""Bytes that a page does not grow much beyond."""


class ChangeStorage(Protocol):
    """One log for all users and apps of a server. Every method may be called from any thread."""

    def push(self, user: str, client: str, app: str, parcels: Sequence[Parcel]) -> Future[Stored]:
        """Store all of them or none, in order, in one transaction that may be shared.

        What the same client of the same user sent before, times and all, is not stored again,
        unless somebody else changed the record since. The future raises Refusal: for a space that
        the user may not write, for a record that another member keeps private, and for a user who
        has no account.
        """
        ...

    def read(
        self,
        user: str,
        client: str,
        app: str,
        collections: Sequence[str] | None,
        since: int,
        limit: int,
        size: int = PAGE_BYTES,
    ) -> Rows:
        """What lies behind ``since`` for this user, oldest first, without this client's own rows.

        That is what has no space and is the user's, and all of the spaces that the user is a member
        of now, without what others keep private. collections: None for all of the app. A client
        without an id gets its own rows too. limit and size: rows and bytes that a page ends with;
        the last row may go beyond.
        """
        ...

    def count(
        self, user: str, client: str, app: str, collections: Sequence[str] | None, since: int
    ) -> int:
        """How many rows ``read`` would deliver in all its pages from ``since`` on."""
        ...

    def forget_space(self, space: str) -> Future[None]:
        """Delete every row of a space that is no more. Interrupted, it goes on when the storage is
        opened again."""
        ...

    def forget_user(self, user: str) -> Future[None]:
        """Delete what was only a removed user's: the rows without a space, and what that user kept
        private in shared ones. The rest of shared spaces stays, for it is the space's. From the
        removal on, a push of that user is refused with 401."""
        ...

    def close(self) -> None:
        """Finish what was begun, then let go of everything."""
        ...
