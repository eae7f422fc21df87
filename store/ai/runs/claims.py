"""Whose turn it is: which device runs a mission, and that a slot is run once.

On one device a slot is claimed by the row of its run, whichever process asks. Between devices the
wire has no compare-and-set: a mission names the device it runs on (``runsOn``), and should two run
a slot apart all the same, the run's id follows from mission and slot, so both are one.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from store import locations
from store.ai.runs.rows import Run, begin
from store.ids import derived
from store.told import phrase
from store.words import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.scope import Scope
    from store.workbench import Workbench

_KEY = "runs.device"
COLLECTION = "aiMissions"


def device(bench: Workbench) -> str:
    """The id of this device, made at the first use; it needs no account.

    It is bound to the machine: a home that was copied to another one is another device there, or
    both would run the same missions. Raises LockedError where it has to be made.
    """
    if found := _device(bench):
        return found
    with bench.db.transaction():
        if found := _device(bench):  # made by another process meanwhile
            return found
        made = str(uuid.uuid4())
        bench.device.set(_KEY, {"id": made, "machine": locations.machine()})
    return made


def _device(bench: Workbench) -> str:
    found = bench.device.get(_KEY)
    if isinstance(found, dict) and found.get("machine") == locations.machine():
        return str(found.get("id") or "")
    return ""


def runs_here(bench: Workbench, mission: Mapping[str, Any]) -> bool:
    """Whether this device runs the mission when it is due. One that names no device runs where it
    was made."""
    named = mission.get("runsOn")
    if isinstance(named, str) and named:
        return named == device(bench)
    return made_here(bench, str(mission.get("id", "")))


def made_here(bench: Workbench, mission: str) -> bool:
    """Whether a mission came into being on this device."""
    return bool(
        bench.db.read(
            f'SELECT 1 FROM "{COLLECTION}" m '
            "JOIN history h ON h.collection = ? AND h.record = m.pk AND h.prior IS NULL "
            "JOIN steps s ON s.n = h.step WHERE m.id = ? AND s.kind <> 'pull' LIMIT 1",
            (COLLECTION, mission),
        )
    )


def take_over(bench: Workbench, scope: Scope, missions: list[str]) -> str:
    """Let these missions run on this device from now on; returns the sentence that says so.

    The change is synced, and the device that ran them so far stops. Raises NotFoundError.
    """
    mine = device(bench)
    with bench.step(phrase("Take a mission over"), scope=scope) as step:
        for mission in missions:
            step.update(COLLECTION, mission, {"runsOn": mine})
    return _("Runs on this device from now on.")


def run_id(mission: str, slot: str) -> str:
    """The id of a run: that of its slot, or a new one where none is due."""
    return derived(f"{mission}@{slot}") if slot else str(uuid.uuid4())


def claim(
    bench: Workbench, mission: Mapping[str, Any], slot: str, *, id: str, **more: Any
) -> Run | None:
    """Begin the run of a slot of a mission under ``id`` (see ``run_id``); None where this device
    has run it, or does."""
    return begin(
        bench,
        id=id,
        mission=mission["id"],
        slot=slot,
        mission_title=str(mission.get("title") or ""),
        **more,
    )
