"""What the engine tells: read from the database, so that every process says the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from store.stamps import instant
from store.told import retold
from store.words import _, ngettext, number

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
    which doorbell news come, "" for none. invitations: into spaces, that wait for an answer.
    kept_back: records with changes that no server gets, because theirs is a space that it has not.
    notes: sentences on what else waits or is odd, why, and what to do about it.
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
    invitations: int = 0
    kept_back: int = 0
    notes: tuple[str, ...] = ()


AHEAD = 86_400.0
"""Seconds that a stamp may lie ahead without being told: no clock in use is further off."""

RATES = 60
"""Seconds of which the rate is told."""


def status(bench: Workbench) -> Status:
    """How syncing stands, as every process sees it. Cheap: a few indexed queries."""
    from store.sync.account import account
    from store.sync.engine.lock import taken

    found = account(bench)
    if found is None:
        return Status()
    from store.sync.outbox import outgoing
    from store.sync.spaces import invited

    told: dict[str, Any] = {
        key: orjson.loads(value) for key, value in bench.db.read("SELECT * FROM sync_state")
    }
    engine = told.get("engine") or {}
    state, words = _state(found.signed_in, bench.vault.unlocked, engine)
    if state == "syncing" and not taken(bench):
        state, words = "idle", ""
    unsent = outgoing.unsent(bench)
    pending = {(one.app, one.collection): one.pending for one in unsent if one.pending}
    done, total = told.get("progress") or (0, 0)
    return Status(
        state=state,
        words=words,
        pending=sum(pending.values()),
        oldest=min((one.oldest for one in unsent if one.oldest), default=""),
        acknowledged=told.get("acknowledged") or "",
        pulled=told.get("pulled") or "",
        done=done if state == "syncing" else 0,
        total=total if state == "syncing" else 0,
        rates=_rates(told.get("rates"), bench),
        waiting=waiting(bench),
        collections=_collections(bench, pending, told.get("notes") or {}),
        live=told.get("live") or "",
        invitations=invited.count(told.get(invited.KEY) or {}, bench.clock())
        if found.signed_in
        else 0,
        notes=_notes(told, bench),
        kept_back=sum(one.held_back for one in unsent),
    )


def sentence(bench: Workbench) -> str:
    """The first thing that is wrong with a collection, in words; "" for nothing."""
    rows = bench.db.read("SELECT error FROM cursors WHERE error <> '' ORDER BY app, collection")
    if rows:
        return retold(rows[0][0])
    notes = kept(bench, "notes") or {}
    return retold(notes[min(notes)]) if notes else ""


def _notes(told: dict[str, Any], bench: Workbench) -> tuple[str, ...]:
    found = []
    if count := told.get("keyless") or 0:
        words = ngettext(
            "{n} record is not sent, because the account's key is not on this device yet: "
            "sign in again, or run `manabench login --recovery`.",
            "{n} records are not sent, because the account's key is not on this device yet: "
            "sign in again, or run `manabench login --recovery`.",
            count,
        )
        found.append(words.format(n=number(count)))
    count, latest = told.get("ahead") or (0, "")
    if count and latest > instant(bench.clock() + timedelta(seconds=AHEAD)):
        words = ngettext(
            "{n} record bears a time more than a day ahead and was kept as it came, because a "
            "device's clock was wrong: set that clock right; a change made here still counts.",
            "{n} records bear a time more than a day ahead and were kept as they came, because a "
            "device's clock was wrong: set that clock right; a change made here still counts.",
            count,
        )
        found.append(words.format(n=number(count)))
    return tuple(found)


def _state(signed_in: bool, unlocked: bool, engine: dict[str, Any]) -> tuple[State, str]:
    if not signed_in:
        return "out", _("You are signed out; changes wait until you sign in again.")
    if not unlocked:
        return "locked", _("Sync waits for unlock.")
    state: State = engine.get("state") or "idle"
    if state in ("none", "out", "locked") and not engine.get("words"):
        return "idle", ""
    return state, retold(str(engine.get("words") or ""))


def _rates(told: Any, bench: Workbench) -> tuple[float, ...]:
    """The counts of the last minute, moved on by what has passed since they were told."""
    if not isinstance(told, dict):
        return ()
    counts = [float(n) for n in told.get("counts", ())]
    passed = (bench.clock() - datetime.fromisoformat(told["at"])).total_seconds()
    if passed >= RATES or passed < -1:
        return ()
    return tuple([*counts, *[0.0] * int(passed)][-RATES:])


def waiting(bench: Workbench) -> Waiting:
    """How many things wait for a look."""
    deletions, quarantine, aside, conflicts = bench.db.read(
        "SELECT (SELECT count(*) FROM held), (SELECT count(*) FROM quarantine), "
        "(SELECT count(*) FROM aside), (SELECT count(*) FROM conflicts)"
    )[0]
    return Waiting(deletions, quarantine, aside, _authority(bench), conflicts)


def _authority(bench: Workbench) -> int:
    """How many records from elsewhere may not act. Counted anew only after one was written, for
    each of them has to be opened."""
    from store.sync.waiting import authority

    state: list[Any] = [bench.vault.unlocked]
    for name, count in bench.db.read(
        "SELECT collection, sum(n) FROM counters GROUP BY collection ORDER BY collection"
    ):
        acts = name in bench.registry and authority.acts(
            bench.registry[name].app, bench.registry[name].wire
        )
        if acts or name in ("authority", "foreign_records"):
            state.append((name, count))
    known = bench.sync.counted
    if known is None or known[0] != state:
        known = bench.sync.counted = (state, len(authority.waiting(bench)))
    return known[1]


def _collections(
    bench: Workbench, pending: dict[tuple[str, str], int], notes: dict[str, str]
) -> tuple[CollectionStatus, ...]:
    """Every collection that has rows, changes to send or an error."""
    found = []
    rows = bench.db.read("SELECT app, collection, pulled, rows, error, failed FROM cursors")
    for app, name, pulled, count, error, failed in rows:
        unsent = pending.pop((app, name), 0)
        words = error or notes.get(f"{app}/{name}") or ""
        if count or unsent or words or bench.registry.wire(app, name) is not None:
            found.append(
                CollectionStatus(
                    app, name, unsent, pulled or "", count or 0, retold(words), failed or ""
                )
            )
    found += [CollectionStatus(app, name, n, "", 0, "", "") for (app, name), n in pending.items()]
    return tuple(sorted(found))


def kept(bench: Workbench, key: str) -> Any:
    """A value that the engine told, None where there is none."""
    rows = bench.db.read("SELECT value FROM sync_state WHERE key = ?", (key,))
    return orjson.loads(rows[0][0]) if rows else None


def tell(bench: Workbench, **values: Any) -> None:
    """Write what readers of the status should see; one transaction, watched as ``sync_state``."""
    with bench.db.transaction(durable=False) as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO sync_state VALUES (?, ?)",
            [(key, orjson.dumps(value).decode()) for key, value in values.items()],
        )
        bench.db.touch("sync_state", "", None)
