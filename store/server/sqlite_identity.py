"""Identity in SQLite: accounts, sessions, spaces, invitations, keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from store.server.sqlite import File
from store.server.storage import (
    AUDITED,
    Failure,
    Identities,
    Invitation,
    Member,
    Organization,
    Session,
    SigningKey,
    Taken,
    User,
    Vault,
)

T = TypeVar("T")


def roles(connection: sqlite3.Connection, user: str) -> Mapping[str, str]:
    """The spaces of a user with the role in each, in the connection's own transaction."""
    return dict(
        connection.execute("SELECT organization, role FROM members WHERE user = ?", (user,))
    )


def members(connection: sqlite3.Connection, organization: str) -> Iterable[str]:
    """The users who are members of a space, in the connection's own transaction."""
    found = connection.execute("SELECT user FROM members WHERE organization = ?", (organization,))
    return [user for (user,) in found]


class SqliteIdentity:
    """IdentityStorage in a server's file, which it closes."""

    def __init__(self, file: File) -> None:
        self.file = file

    def view(self, act: Callable[[Identities], T]) -> T:
        """See IdentityStorage."""
        return self.file.read(lambda connection: act(Rows(connection)))

    def change(self, act: Callable[[Identities], T]) -> T:
        """See IdentityStorage."""
        return self.file.write(lambda connection: act(Rows(connection)))

    def close(self) -> None:
        """See IdentityStorage."""
        self.file.close()


class Rows:
    """Identities over one connection inside a transaction.

    Every table has its columns in the order of its tuple in ``storage``, so that one statement
    serves to read, one to add and one to replace.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    # Users --------------------------------------------------------------------------------

    def user(self, id: str) -> User | None:
        return self._one(User, "users", "id = ?", id)

    def user_by_email(self, email: str) -> User | None:
        return self._one(User, "users", "email = ?", email)

    def users(self) -> Sequence[User]:
        return self._all(User, "users", "1 ORDER BY created, id")

    def users_since(self, instant: int) -> int:
        counted = "SELECT count(*) FROM users WHERE created >= ?"
        (count,) = self._connection.execute(counted, (instant,)).fetchone()
        return int(count)

    def add_user(self, user: User) -> None:
        self._add("users", user)

    def put_user(self, user: User) -> None:
        self._replace("users", User, user)

    def remove_user(self, id: str) -> None:
        self._remove("users", id)

    # Sessions -----------------------------------------------------------------------------

    def session(self, id: str) -> Session | None:
        return self._one(Session, "sessions", "id = ?", id)

    def session_by_digest(self, digest: bytes) -> Session | None:
        return self._one(Session, "sessions", "digest = ?", digest)

    def sessions(self, user: str) -> Sequence[Session]:
        return self._all(Session, "sessions", "user = ? ORDER BY created, id", user)

    def add_session(self, session: Session) -> None:
        self._add("sessions", session)

    def put_session(self, session: Session) -> None:
        self._replace("sessions", Session, session)

    def remove_session(self, id: str) -> None:
        self._remove("sessions", id)

    def remove_expired_sessions(self, instant: int) -> int:
        ended = "DELETE FROM sessions WHERE expires <= ?"
        return self._connection.execute(ended, (instant,)).rowcount

    # Organizations ------------------------------------------------------------------------

    def organization(self, id: str) -> Organization | None:
        return self._organization("id = ?", id)

    def organization_by_slug(self, slug: str) -> Organization | None:
        return self._organization("slug = ?", slug)

    def _organization(self, where: str, value: str) -> Organization | None:
        found = self._one(Organization, "organizations", where, value)
        return found and _opened(found)

    def organizations(self, user: str) -> Sequence[Organization]:
        mine = "id IN (SELECT organization FROM members WHERE user = ?) ORDER BY created, id"
        return [_opened(one) for one in self._all(Organization, "organizations", mine, user)]

    def add_organization(self, organization: Organization) -> None:
        self._add("organizations", _closed(organization))

    def put_organization(self, organization: Organization) -> None:
        self._replace("organizations", Organization, _closed(organization))

    def remove_organization(self, id: str) -> None:
        self._remove("organizations", id)

    # Members ------------------------------------------------------------------------------

    def member(self, id: str) -> Member | None:
        return self._one(Member, "members", "id = ?", id)

    def member_of(self, organization: str, user: str) -> Member | None:
        return self._one(Member, "members", "organization = ? AND user = ?", organization, user)

    def members(self, organization: str) -> Sequence[Member]:
        return self._all(Member, "members", "organization = ? ORDER BY created, id", organization)

    def memberships(self, user: str) -> Sequence[Member]:
        return self._all(Member, "members", "user = ? ORDER BY created, id", user)

    def add_member(self, member: Member) -> None:
        self._add("members", member)

    def put_member(self, member: Member) -> None:
        self._replace("members", Member, member)

    def remove_member(self, id: str) -> None:
        self._remove("members", id)

    # Invitations --------------------------------------------------------------------------

    def invitation(self, id: str) -> Invitation | None:
        return self._one(Invitation, "invitations", "id = ?", id)

    def invitations(self, organization: str) -> Sequence[Invitation]:
        of = "organization = ? ORDER BY created, id"
        return self._all(Invitation, "invitations", of, organization)

    def invitations_for(self, email: str) -> Sequence[Invitation]:
        return self._all(Invitation, "invitations", "email = ? ORDER BY created, id", email)

    def add_invitation(self, invitation: Invitation) -> None:
        self._add("invitations", invitation)

    def put_invitation(self, invitation: Invitation) -> None:
        self._replace("invitations", Invitation, invitation)

    # Keys ---------------------------------------------------------------------------------

    def vault(self, user: str) -> Vault | None:
        found = self._one(Vault, "vaults", "user = ?", user)
        return found and found._replace(zero_knowledge=bool(found.zero_knowledge))

    def put_vault(self, vault: Vault) -> None:
        holders = ", ".join("?" * len(Vault._fields))
        self._connection.execute(f"INSERT OR REPLACE INTO vaults VALUES ({holders})", vault)

    def audit(self, user: str, action: str, outcome: str, instant: int) -> None:
        self._connection.execute(
            "INSERT INTO vault_audit SELECT id, ?, ?, ? FROM users WHERE id = ?",
            (action, outcome, instant, user),
        )
        self._connection.execute(
            "DELETE FROM vault_audit WHERE user = ?1 AND rowid <= (SELECT rowid FROM vault_audit "
            "WHERE user = ?1 ORDER BY rowid DESC LIMIT 1 OFFSET ?2)",
            (user, AUDITED),
        )

    def audited(self, user: str) -> Sequence[tuple[str, str, int]]:
        of = "SELECT action, outcome, instant FROM vault_audit WHERE user = ? ORDER BY rowid"
        return self._connection.execute(of, (user,)).fetchall()

    def signing_keys(self) -> Sequence[SigningKey]:
        return self._all(SigningKey, "signing_keys", "1 ORDER BY created, kid")

    def add_signing_key(self, key: SigningKey) -> None:
        self._add("signing_keys", key)

    # Wrong passwords ----------------------------------------------------------------------

    def failures(self, since: int) -> Sequence[Failure]:
        return self._all(Failure, "failures", "at > ? ORDER BY at, rowid", since)

    def add_failures(self, failures: Sequence[Failure]) -> None:
        self._connection.executemany("INSERT INTO failures VALUES (?, ?)", failures)

    def remove_failures(self, who: bytes) -> None:
        self._connection.execute("DELETE FROM failures WHERE who = ?", (who,))

    def remove_old_failures(self, until: int) -> None:
        self._connection.execute("DELETE FROM failures WHERE at <= ?", (until,))

    # Statements ---------------------------------------------------------------------------

    def _one(self, kind: type[T], table: str, where: str, *values: Any) -> T | None:
        found = self._connection.execute(f"SELECT * FROM {table} WHERE {where}", values).fetchone()
        return None if found is None else kind(*found)

    def _all(self, kind: type[T], table: str, where: str, *values: Any) -> list[T]:
        found = self._connection.execute(f"SELECT * FROM {table} WHERE {where}", values)
        return [kind(*row) for row in found]

    def _add(self, table: str, row: Sequence[Any]) -> None:
        """Insert ``row``. Raises Taken."""
        holders = ", ".join("?" * len(row))
        try:
            self._connection.execute(f"INSERT INTO {table} VALUES ({holders})", row)
        except sqlite3.IntegrityError as error:
            raise _taken(error, table) from None

    def _replace(self, table: str, kind: Any, row: Any) -> None:
        """Write all of ``row`` over the one with its id. Raises Taken."""
        columns = ", ".join(f"{name} = ?" for name in kind._fields)
        try:
            self._connection.execute(f"UPDATE {table} SET {columns} WHERE id = ?", (*row, row.id))
        except sqlite3.IntegrityError as error:
            raise _taken(error, table) from None

    def _remove(self, table: str, id: str) -> None:
        self._connection.execute(f"DELETE FROM {table} WHERE id = ?", (id,))


def _closed(organization: Organization) -> Organization:
    text: Any = orjson.dumps(dict(organization.metadata)).decode()
    return organization._replace(metadata=text)


def _opened(organization: Organization) -> Organization:
    text: Any = organization.metadata
    return organization._replace(metadata=orjson.loads(text))


def _taken(error: sqlite3.IntegrityError, table: str) -> Exception:
    """What a broken rule means: a unique value that exists, else the error itself."""
    if "UNIQUE" not in str(error):
        return error
    column = str(error).rpartition(".")[2]
    singular = {"signing_keys": "key"}.get(table, table.removesuffix("s"))
    return Taken(column if column in ("email", "slug") else singular)


_USER = "TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE"
_ORGANIZATION = "TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE"

TABLES = (
    """
    CREATE TABLE users (
        id TEXT PRIMARY KEY NOT NULL,
        email TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        password TEXT NOT NULL,
        created INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        image TEXT NOT NULL,
        tier TEXT NOT NULL,
        kind TEXT NOT NULL
    ) STRICT
    """,
    f"""
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        user {_USER},
        created INTEGER NOT NULL,
        slid INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        address TEXT NOT NULL,
        agent TEXT NOT NULL,
        active TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX sessions_of_a_user ON sessions (user)",
    "CREATE INDEX sessions_by_end ON sessions (expires)",
    """
    CREATE TABLE organizations (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT NOT NULL,
        slug TEXT NOT NULL UNIQUE,
        created INTEGER NOT NULL,
        metadata TEXT NOT NULL,
        logo TEXT NOT NULL
    ) STRICT
    """,
    f"""
    CREATE TABLE members (
        id TEXT PRIMARY KEY NOT NULL,
        organization {_ORGANIZATION},
        user {_USER},
        role TEXT NOT NULL,
        created INTEGER NOT NULL,
        UNIQUE (organization, user)
    ) STRICT
    """,
    "CREATE INDEX members_of_a_user ON members (user)",
    f"""
    CREATE TABLE invitations (
        id TEXT PRIMARY KEY NOT NULL,
        organization {_ORGANIZATION},
        email TEXT NOT NULL,
        role TEXT NOT NULL,
        status TEXT NOT NULL,
        expires INTEGER NOT NULL,
        created INTEGER NOT NULL,
        inviter {_USER}
    ) STRICT
    """,
    "CREATE INDEX invitations_of_an_organization ON invitations (organization)",
    "CREATE INDEX invitations_of_an_address ON invitations (email)",
    """
    CREATE TABLE vaults (
        user TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        wrapped TEXT NOT NULL,
        wrap_iv TEXT NOT NULL,
        kek TEXT NOT NULL,
        recovery TEXT NOT NULL,
        recovery_iv TEXT NOT NULL,
        recovery_set INTEGER NOT NULL,
        zero_knowledge INTEGER NOT NULL,
        CHECK ((wrapped = '') = (wrap_iv = '')),
        CHECK ((recovery = '') = (recovery_iv = '')),
        CHECK (wrapped <> '' OR recovery <> ''),
        CHECK (zero_knowledge = (wrapped = ''))
    ) STRICT
    """,
    f"""
    CREATE TABLE vault_audit (
        user {_USER},
        action TEXT NOT NULL,
        outcome TEXT NOT NULL,
        instant INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX vault_audit_of_a_user ON vault_audit (user)",
    "CREATE TABLE failures (who BLOB NOT NULL, at INTEGER NOT NULL) STRICT",
    "CREATE INDEX failures_of_somebody ON failures (who)",
    "CREATE INDEX failures_by_time ON failures (at)",
    """
    CREATE TABLE signing_keys (
        kid TEXT PRIMARY KEY NOT NULL,
        sealed BLOB NOT NULL,
        public BLOB NOT NULL,
        created INTEGER NOT NULL
    ) STRICT
    """,
)
