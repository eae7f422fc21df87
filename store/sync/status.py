"""What the engine tells: read from the database, so that every process says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

if TYPE_CHECKING:
    from store.workbench import Workbench

State = Literal["none", "out", "locked", "idle", "syncing", "offline", "refused", "unpaid"]
"""none: no account. out: signed out. locked: waits for unlock. refused: the server refuses all."""


class CollectionStatus(NamedTuple):
    """One collection. pending: records with unsent changes. pulled: when it was last pulled to the
    end, "" for never. error: in words, "" for none; failed: since when."""

    app: str
    collection: str
    pending: int
    pulled: str
    rows: int
    error: str
    failed: str


class Waiting(NamedTuple):
    """How many things wait for a look, in all spaces."""

    deletions: int = 0
    quarantine: int = 0
    aside: int = 0
    authority: int = 0
    conflicts: int = 0


class Status(NamedTuple):
    """state and words: how it stands, and why in a sentence where that is not idle.

    pending: records with unsent changes; oldest: since when the first of them waits. acknowledged:
    when the server last took something. done and total: of the round under way, 0 where not known.
    rates: records a second, sent and received together, of the last minute, oldest first. live: by
    which doorbell news come, "" for none.
    """

    state: State = "none"
    words: str = ""
    pending: int = 0
    oldest: str = ""
    acknowledged: str = ""
    pulled: str = ""
    done: int = 0
    total: int = 0
    rates: tuple[float, ...] = ()
    waiting: Waiting = Waiting()
    collections: tuple[CollectionStatus, ...] = ()
    live: str = ""


def tell(bench: Workbench, **values: Any) -> None:
    """Write what readers of the status should see; one transaction, watched as ``sync_state``."""
    with bench.db.transaction(durable=False) as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO sync_state VALUES (?, ?)",
            [(key, orjson.dumps(value).decode()) for key, value in values.items()],
        )
        bench.db.touch("sync_state", "", None)
