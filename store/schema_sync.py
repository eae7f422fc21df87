"""The tables of sync, added by schema 1.1. See ``schema`` for how they come to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils.db import Database as Utils


def tables(db: Utils) -> None:
    """What syncing keeps: whose account, which spaces, where pulling stands, what waits."""
    # The account this home belongs to and what the engine tells other processes; values are JSON.
    _table(db, "account", {"key": str, "value": str}, "key")
    _table(db, "sync_state", {"key": str, "value": str}, "key")
    # What a server says of a space here: our role in it, and since when it was not listed; `agreed`
    # is the name both sides last had, sealed; `was` is the space's id from before it had a server.
    _table(
        db,
        "memberships",
        {"space": int, "state": str, "role": str, "members": int, "missing": str, "checked": str}
        | {"agreed": str, "was": str},
        "space",
    )
    # Where pulling stands. `since` is final, `until` is the place inside an unfinished round.
    _table(
        db,
        "cursors",
        {"name": str, "app": str, "collection": str, "since": str, "until": str}
        | {"mode": str, "hydrated": int, "pulled": str, "whole": int, "rows": int}
        | {"error": str, "failed": str},
        "name",
    )
    _table(db, "seen", {"event": str, "cursor": str, "round": int}, "event")
    # What no server row may overwrite in silence for a while: acknowledged a moment ago. A row for
    # each batch; `fields` is JSON: collection -> record -> the fields that a person typed.
    _table(db, "acked", {"n": int, "when": str, "fields": str}, "n")
    _table(
        db,
        "conflicts",
        {"n": int, "collection": str, "space": int, "record": int, "field": str, "mine": str}
        | {"at": str, "actor": int, "their_at": str, "their_actor": int, "noticed": str},
        "n",
    )
    _marks(db)
    _waiting(db)
    for sql in (
        "CREATE INDEX seen_cursor ON seen (cursor, round)",
        "CREATE UNIQUE INDEX repaired_value ON repaired (record, collection, field, at)",
        "CREATE INDEX tombs_space ON tombs (space, at)",
        "CREATE UNIQUE INDEX conflicts_field ON conflicts (collection, record, field)",
        "CREATE INDEX quarantine_id ON quarantine (app, collection, id)",
        "CREATE UNIQUE INDEX aside_record ON aside (collection, record)",
        "CREATE INDEX foreign_dirty ON foreign_records (pk) WHERE dirty IS NOT NULL",
    ):
        db.execute(sql)
    # A deletion that was pulled waits with its own stamp. A foreign record remembers which of its
    # fields came sealed, for that is how they go back.
    db.execute("ALTER TABLE held ADD COLUMN stamp TEXT")
    db.execute("ALTER TABLE held ADD COLUMN origin TEXT")
    db.execute("ALTER TABLE foreign_records ADD COLUMN sealed TEXT")


def _marks(db: Utils) -> None:
    # Which older value of a field, by its time in microseconds, was answered by sending the current
    # one again; and how many records the pulls of the last hour deleted or held.
    _table(
        db,
        "repaired",
        {"n": int, "collection": str, "record": int, "field": str, "at": int},
        "n",
    )
    _table(db, "tombs", {"n": int, "space": int, "collection": str, "at": str, "count": int}, "n")


def _waiting(db: Utils) -> None:
    # Rows from the wire that were not merged, sealed whole; and rows of ours that were refused.
    _table(
        db,
        "quarantine",
        {"n": int, "app": str, "collection": str, "space": str, "id": str, "event": str}
        | {"reason": str, "raw": str, "noticed": str},
        "n",
    )
    _table(
        db,
        "aside",
        {"n": int, "collection": str, "record": int, "stamps": str, "words": str, "noticed": str},
        "n",
    )
    # Instructions from elsewhere: the digest of the acting fields that somebody here looked at.
    _table(
        db,
        "authority",
        {"key": str, "app": str, "collection": str, "space": int, "id": str}
        | {"digest": str, "state": str, "noticed": str},
        "key",
    )


def _table(db: Utils, name: str, columns: Mapping[str, type], pk: str) -> None:
    db.table(name).create(dict(columns), pk=pk, strict=True)
