"""What an agent read, and which of it nobody here wrote.

Every read of an agent goes through a scope with a watch, so the access log holds for each tool
alike. Text counts as untrusted unless this account's person wrote it: what comes from a shared
space, an import, the web or an agent may hold orders to the machine. It is data, marked as such and
fenced, and it costs the run the right to reach out of the program unasked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from store.records import PREFIX, dumps, loads
from store.stamps import Meta, instant
from store.vault.envelope import ENC1

if TYPE_CHECKING:
    from store.ai.runs.reference import RunRef
    from store.scope import Scope
    from store.workbench import Workbench

NOTICE = "reads"
"""The name under which watchers are told of the access log."""

KEPT_FOR = timedelta(days=90)
KEPT = 50_000
"""How long the access log reaches back, and how many reads it holds at most."""

Read = tuple[str, str, str]
"""A read as the log tells them apart in one run: tool, collection, record."""


class Seen:
    """What one call read: the watch of its scope. strange: the ids of those records whose text
    nobody here wrote, known when the call is over."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, int], str] = {}
        self.strange: set[str] = set()

    def __call__(self, collection: str, keys: Sequence[int], ids: Sequence[str]) -> None:
        """Take in records that were read; each counts once."""
        for key, id in zip(keys, ids, strict=True):
            self.records.setdefault((collection, key), id)

    def keys(self) -> dict[str, list[int]]:
        """The row numbers read, by collection."""
        found: dict[str, list[int]] = {}
        for collection, key in self.records:
            found.setdefault(collection, []).append(key)
        return found


# The access log ---------------------------------------------------------------------------------


def log(bench: Workbench, ref: RunRef, tool: str, seen: Seen, known: set[Read]) -> None:
    """Write down what was read, in the transaction that is open or one of its own.

    known: what is written down of this run already, which is added to; each read counts once.
    """
    fresh = {(tool, collection, id) for (collection, _key), id in seen.records.items()} - known
    if not fresh:
        return
    now = instant(bench.clock())
    head = (now, ref.id, ref.agent, ref.mission, ref.space, tool)
    with bench.db.transaction(durable=False) as connection:
        connection.executemany(
            "INSERT INTO reads (at, run, agent, mission, space, tool, collection, record) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*head, collection, id)
                for (collection, _key), id in seen.records.items()
                if (tool, collection, id) in fresh
            ],
        )
        bench.db.touch(NOTICE, "", None)
    known |= fresh


def sweep(bench: Workbench) -> int:
    """Forget reads that are older than ``KEPT_FOR``, and the oldest beyond ``KEPT``; returns how
    many. Where there are none, nothing is written."""
    before = instant(bench.clock() - KEPT_FOR)
    oldest, first, last = bench.db.read("SELECT min(at), min(n), max(n) FROM reads")[0]
    if oldest is None or (oldest >= before and last - first < KEPT):
        return 0
    with bench.db.transaction(durable=False) as connection:
        gone = connection.execute(
            "DELETE FROM reads WHERE at < ? OR n <= ?", (before, last - KEPT)
        ).rowcount
        bench.db.touch(NOTICE, "", None)
    return int(gone)


# Trust ------------------------------------------------------------------------------------------


def untrusted(bench: Workbench, scope: Scope, seen: Seen) -> set[str]:
    """The ids of the records read whose text somebody else may have written."""
    if not seen.records:
        return set()
    if scope.number and scope.type != "personal":
        return set(seen.records.values())
    found = set()
    for collection, keys in seen.keys().items():
        for key in _foreign(bench, collection, keys):
            found.add(seen.records[collection, key])
    return found


def _foreign(bench: Workbench, collection: str, keys: Sequence[int]) -> set[int]:
    """Which of these rows hold a protected text that somebody else wrote, or whose writer nothing
    proves."""
    declared = bench.registry[collection]
    writers: dict[int, set[int]] = {}
    found: set[int] = set()
    for key, author, doc, large, meta_text in bench.db.read(
        f'SELECT pk, author, doc, large, meta FROM "{collection}" '
        "WHERE pk IN (SELECT value FROM json_each(?))",
        (dumps(list(keys)),),
    ):
        meta = Meta.load(meta_text)
        if author != bench.viewer:
            found.add(key)
        for name, value in (loads(doc) | loads(large)).items():
            stamp = meta.of(name, True)
            if value is None or declared.is_clear(name) or stamp is None:
                continue
            writers.setdefault(stamp.actor, set()).add(key)
            if _came_open(value, stamp.origin):
                found.add(key)
    for actor in _others(bench, writers):
        found |= writers[actor]
    return found


def _others(bench: Workbench, actors: Iterable[int]) -> list[int]:
    """Those of these actors, by number, who are neither this account's person nor this program's
    own beginnings."""
    me = bench.writer.person["principalId"]
    strangers = []
    for number, text in bench.db.read(
        "SELECT n, json FROM actors WHERE n IN (SELECT value FROM json_each(?))",
        (dumps(list(actors)),),
    ):
        actor = orjson.loads(text)
        own = actor.get("kind") == "user" and actor.get("principalId") == me
        made = actor.get("kind") == "system" and actor.get("principalId") in _HARMLESS
        if not own and not made:
            strangers.append(number)
    return strangers


_HARMLESS = frozenset({"system:bootstrap"})
"""The source of what the program itself begins with. Over the wire it is no proof; see
``_came_open``. Repairs of sync are not among them: they repeat values, whoever wrote these."""


def _came_open(value: object, origin: str) -> bool:
    """Whether a value came over the wire in the clear: whoever carried it may have written it,
    whatever its stamp says. What was sealed with the account's key bears that seal to this day."""
    sealed = isinstance(value, str) and value.startswith(PREFIX)
    return origin == "server-replay" and not (sealed and str(value).startswith(ENC1))


# Marks ------------------------------------------------------------------------------------------

FENCE = "user_data"
_TAG = re.compile(r"<(?=[\s/\\]*user[\s_-]*data)", re.IGNORECASE)


def fence(text: str) -> str:
    """``text`` between the marks that tell a model: this is data, whatever it says.

    Nothing in it can close the fence, however it is written.
    """
    return f"<{FENCE}>\n{disarmed(text)}\n</{FENCE}>"


def disarmed(text: str) -> str:
    """``text`` in which nothing reads as a mark of the fence."""
    if "<" not in text and "\uff1c" not in text and "\ufe64" not in text:
        return text
    text = text.replace("\uff1c", "<").replace("\ufe64", "<")
    return _TAG.sub("&lt;", re.sub(r"(?<=<)[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]+", "", text))


def mark(data: Any, ids: Iterable[str]) -> Any:
    """``data`` with ``"untrusted": true`` on each object that is one of these records; on the
    whole where one of them cannot be told apart."""
    wanted = set(ids)
    if not wanted or data is None:
        return data
    marked = _marked(data, frozenset(wanted), wanted)
    if not wanted:
        return marked
    if isinstance(marked, dict):
        return {**marked, "untrusted": True}
    return {"untrusted": True, "result": marked}


def _marked(data: Any, ids: frozenset[str], left: set[str]) -> Any:
    """``data`` marked; ``left`` loses the ids that were found in it."""
    if isinstance(data, list):
        return [_marked(one, ids, left) for one in data]
    if isinstance(data, dict):
        made = {name: _marked(one, ids, left) for name, one in data.items()}
        id = data.get("id")
        if isinstance(id, str) and id in ids:
            left.discard(id)
            made["untrusted"] = True
        return made
    return data


_PLAIN_WORD = re.compile(r"[\w:.+-]{0,64}")


def fenced(data: Any, inside: bool = False) -> Any:
    """``data`` with the texts of records marked untrusted behind fences, for a model.

    Ids, times and single words stay as they are: they are what the model goes on with.
    """
    if isinstance(data, dict):
        inside = inside or data.get("untrusted") is True
        return {name: fenced(one, inside) for name, one in data.items()}
    if isinstance(data, list):
        return [fenced(one, inside) for one in data]
    if isinstance(data, str):
        if not inside or _PLAIN_WORD.fullmatch(data):
            return disarmed(data)
        return fence(data)
    return data
