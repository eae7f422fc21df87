"""The agent that every space has: one for each type, with the ids that compatible clients give it.

It is seeded when a space is made and when it is visited first, stamped at the epoch, so it never
beats what a person chose. A mission without an agent belongs to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from store.module import Seed

if TYPE_CHECKING:
    from store.workbench import Workbench

PERSONAL_ID = "legacy:ai-default"
PREFIX = "default:"
AVATAR = "\N{ROBOT FACE}"


class Helper(NamedTuple):
    """What the default agent of a type of space is called and what it is there for."""

    name: str
    role: str


# Names are those of compatible clients: a seed is the same on every device, whatever its language.
_HELPERS: Mapping[str, Helper] = {
    "personal": Helper("Mana", "Standard assistant for all missions"),
    "family": Helper("Familien-Helfer", "Shared chores, shopping and planning"),
    "team": Helper("Team-Assistent", "Workflows, sprints and deliverables"),
    "brand": Helper("Brand-Assistent", "Campaigns, content and customers"),
    "club": Helper("Verein-Helfer", "Organisation, events and members"),
    "practice": Helper("Praxis-Assistent", "Procedures, appointments and patient contact"),
}

POLICY: Mapping[str, Any] = {
    "tools": {},
    "defaultForAi": "propose",
    "preset": "standard",
    "mode": "propose",
}
"""The policy of a new agent: no entry for a tool, so that each has the catalogue's own decision,
also one that a later version brings; and every write is proposed first."""


def default_id(space: str, type: str) -> str:
    """The id of the default agent of the space with this id and type."""
    return PERSONAL_ID if type == "personal" else f"{PREFIX}{space}"


def is_default(id: str) -> bool:
    """Whether an agent's id is one that nobody chose."""
    return id == PERSONAL_ID or id.startswith(PREFIX)


def fields(type: str) -> dict[str, Any]:
    """What the default agent of a type of space is made of."""
    helper = _HELPERS.get(type, _HELPERS["personal"])
    return {
        "name": helper.name,
        "avatar": AVATAR,
        "role": helper.role,
        "policy": dict(POLICY),
        "maxConcurrentMissions": 1,
        "state": "active",
    }


def of_space(bench: Workbench, number: int) -> dict[str, Any]:
    """What the default agent of the space with this row is made of."""
    where = "SELECT json_extract(doc, '$.type') FROM \"spaces\" WHERE pk = ?"
    return {} if not (rows := bench.db.read(where, (number,))) else fields(str(rows[0][0]))


def seeds(space: str, type: str) -> list[Seed]:
    """The default agent of a space."""
    return [Seed("agents", default_id(space, type), fields(type))]
