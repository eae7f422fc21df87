"""When a mission runs next, as its record says, kept in order by the device that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from store.ai.runs.cadence import following, next_run
from store.stamps import UNTRUSTED, instant, micros

if TYPE_CHECKING:
    from store.workbench import Workbench

_SLACK = timedelta(minutes=1)


def is_scheduled(mission: Mapping[str, Any]) -> bool:
    """Whether the mission is one that runs by itself."""
    cadence = mission.get("cadence")
    return (
        mission.get("state", "active") == "active"
        and isinstance(cadence, Mapping)
        and cadence.get("kind") not in (None, "manual")
    )


def advanced(bench: Workbench, mission: Mapping[str, Any]) -> dict[str, str]:
    """What to write of a mission one of whose runs begins or ends: the next time, if the one that
    stands there has come. All that was missed meanwhile is one run."""
    slot = moment(mission.get("nextRunAt"))
    now = bench.clock()
    if not is_scheduled(mission) or slot is None or slot > now:
        return {}
    found = following(mission["cadence"], slot, now, mission.get("timeZone"))
    return {"nextRunAt": instant(found)} if found is not None else {}


def mended(bench: Workbench, mission: Mapping[str, Any]) -> dict[str, str]:
    """What to write of a mission whose next time cannot be meant: there is none, or it lies further
    away than its cadence allows, because it was reckoned by a clock that has been put right; or it
    comes sooner after the last run than the cadence does, because somebody else wrote it. The next
    time is bookkeeping that anybody may sync, and must not make a mission run more often."""
    if not is_scheduled(mission):
        return {}
    found = next_run(mission["cadence"], bench.clock(), mission.get("timeZone"))
    if found is None:
        return {}
    stands = moment(mission.get("nextRunAt"))
    soonest = _soonest(bench, mission)
    if stands is not None and soonest is not None and stands < soonest - _SLACK:
        return {"nextRunAt": instant(soonest)}
    if stands is not None and stands <= found + _SLACK:
        return {}
    return {"nextRunAt": instant(found)}


def _soonest(bench: Workbench, mission: Mapping[str, Any]) -> datetime | None:
    """When a mission may run after its last slot on this device; None where it has had none."""
    last = bench.db.read(
        "SELECT slot, began FROM runs WHERE mission = ? AND slot <> '' AND began <= ? "
        "ORDER BY began DESC LIMIT 1",
        (mission["id"], instant(bench.clock())),
    )
    began = moment(last[0][1]) if last else None
    if began is None:
        return None
    return following(mission["cadence"], moment(last[0][0]), began, mission.get("timeZone"))


def moment(at: object) -> datetime | None:
    """A stored instant; None for what is none."""
    if not isinstance(at, str) or micros(at) == UNTRUSTED:
        return None
    from datetime import UTC

    return datetime.fromtimestamp(micros(at) / 1e6, UTC)
