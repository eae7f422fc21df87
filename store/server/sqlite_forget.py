"""Forgetting: what lay in a space that is deleted, or was an account's own, leaves the log.

What is to be forgotten is marked in the very transaction that removes the space or the account, and
deleted afterwards in portions, so that others can push meanwhile; what an end of the process leaves
is deleted at the next start. SQLite writes zeros over what it deletes (``secure_delete``).
"""

from __future__ import annotations

import sqlite3

from store.server.wire import SPAN, mark_of

TABLES = (
    "CREATE TABLE change_forgotten (scope TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID",
    """
CREATE TRIGGER space_forgotten AFTER DELETE ON organizations
BEGIN INSERT OR IGNORE INTO change_forgotten VALUES ('s:' || old.id); END
""",
    """
CREATE TRIGGER user_forgotten AFTER DELETE ON users
BEGIN INSERT OR IGNORE INTO change_forgotten VALUES ('u:' || old.id); END
""",
)
"""Scopes whose rows are still to be deleted."""

PORTION = 2000
"""Rows that one transaction deletes."""

_SOME = """
DELETE FROM changes WHERE stream = ? AND at <= (
    SELECT max(at) FROM (SELECT at FROM changes WHERE stream = ? ORDER BY at LIMIT ?)
)
"""


def waits(connection: sqlite3.Connection) -> bool:
    """Whether anything is still to be deleted."""
    return bool(connection.execute("SELECT 1 FROM change_forgotten LIMIT 1").fetchall())


def mark(connection: sqlite3.Connection, scope: str) -> None:
    """Have all of a scope deleted."""
    connection.execute("INSERT OR IGNORE INTO change_forgotten VALUES (?)", (scope,))


def portion(connection: sqlite3.Connection) -> bool:
    """Delete some of what is to be forgotten; whether there is more."""
    found = connection.execute("SELECT scope FROM change_forgotten LIMIT 1").fetchone()
    if found is None:
        return False
    (scope,) = found
    left = PORTION
    for (stream,) in connection.execute(
        "SELECT number FROM change_streams WHERE scope = ?", (scope,)
    ).fetchall():
        left -= connection.execute(_SOME, (stream, stream, left)).rowcount
        if left <= 0:
            return True
        connection.execute("DELETE FROM change_private WHERE stream = ?", (stream,))
        connection.execute("DELETE FROM change_streams WHERE number = ?", (stream,))
    if scope.startswith("u:"):
        _private(connection, scope[2:])
    connection.execute("DELETE FROM change_forgotten WHERE scope = ?", (scope,))
    return waits(connection)


def _private(connection: sqlite3.Connection, user: str) -> None:
    """Delete what a user kept private in shared spaces: nobody else could ever read it."""
    for stream, record in connection.execute(
        "SELECT stream, record FROM change_private WHERE owner = ?", (user,)
    ).fetchall():
        first = mark_of(record, b"") & ~SPAN
        connection.execute(
            "DELETE FROM changes INDEXED BY changes_by_mark "
            "WHERE mark BETWEEN ? AND ? AND stream = ? AND reader = ?",
            (first, first | SPAN, stream, user),
        )
    connection.execute("DELETE FROM change_private WHERE owner = ?", (user,))
