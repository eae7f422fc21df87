"""Values that are joined and not chosen between: the iterations of a mission.

A mission's record holds its runs as one list, and two devices may each add to it. The join of two
lists has every run of both; within one run whatever is further on stands. It is commutative,
associative and idempotent, so replicas that saw the same lists hold the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.arrivals import Join
from store.stamps import canonical
from store.sync.iterations import MOST
from store.vault import is_envelope

STEP = ("planned", "staged", "skipped", "rejected", "failed", "approved")
OVERALL = ("running", "awaiting-review", "rejected", "failed", "approved")
"""From what is decided least to what is decided most."""

_Run = dict[str, Any]


def joins(app: str, collection: str) -> Mapping[str, Join]:
    """The fields of a collection, by its names on the wire, whose values are joined."""
    return {"iterations": join} if (app, collection) == ("ai", "aiMissions") else {}


def join(a: list[Any], b: list[Any]) -> list[Any]:
    """Two lists of runs as one: by id, in the order of their start; what has no id by its JSON. Of
    more than a list may have, the newest."""
    runs: dict[str, Any] = {}
    for one in (*a, *b):
        key = _key(one)
        runs[key] = _run(runs[key], one) if key in runs else _run(one, one)
    return sorted(runs.values(), key=_order)[-MOST:]


def _key(one: Any) -> str:
    if isinstance(one, dict) and isinstance(one.get("id"), str):
        return f"id:{one['id']}"
    return f"json:{canonical(one).decode()}"


def _order(one: Any) -> tuple[str, str]:
    started = one.get("startedAt") if isinstance(one, dict) else None
    return (started if isinstance(started, str) else "", _key(one))


def _run(a: Any, b: Any) -> Any:
    if not (isinstance(a, dict) and isinstance(b, dict)):
        return a
    whole: _Run = {}
    for name in sorted(a.keys() | b.keys()):
        if name not in a or name not in b:
            whole[name] = a[name] if name in a else b[name]
        elif name == "overallStatus":
            whole[name] = _further(a[name], b[name], OVERALL)
        elif name == "cancelRequested":
            whole[name] = True if a[name] is True or b[name] is True else _greater(a[name], b[name])
        elif name == "plan" and isinstance(a[name], list) and isinstance(b[name], list):
            whole[name] = _plan(a[name], b[name])
        else:
            whole[name] = _greater(a[name], b[name])
    return whole


def _plan(a: list[Any], b: list[Any]) -> list[Any]:
    """The steps of two plans by id, in their order."""
    steps: dict[str, Any] = {}
    for one in (*a, *b):
        key = _key(one)
        steps[key] = _step(steps[key], one) if key in steps else _step(one, one)
    return sorted(steps.values(), key=_place)


def _place(one: Any) -> tuple[int, str]:
    """A step's id ends in its number within the run."""
    number = _key(one).rpartition("-")[2]
    return (int(number) if number.isdecimal() and len(number) < 10 else 0, _key(one))


def _step(a: Any, b: Any) -> Any:
    if not (isinstance(a, dict) and isinstance(b, dict)):
        return a
    whole: _Run = {}
    for name in sorted(a.keys() | b.keys()):
        if name not in a or name not in b:
            whole[name] = a[name] if name in a else b[name]
        elif name == "status":
            whole[name] = _further(a[name], b[name], STEP)
        else:
            whole[name] = _greater(a[name], b[name])
    return whole


def _further(a: Any, b: Any, order: tuple[str, ...]) -> Any:
    """The one that is decided more; a word that is not known comes before all that are."""
    ranks = [order.index(one) if isinstance(one, str) and one in order else -1 for one in (a, b)]
    if ranks[0] == ranks[1]:
        return _greater(a, b)
    return a if ranks[0] > ranks[1] else b


def _greater(a: Any, b: Any) -> Any:
    """What can be read before what cannot, then the greater."""
    if is_envelope(a) is not is_envelope(b):
        return b if is_envelope(a) else a
    return a if canonical(a) >= canonical(b) else b
