"""Agents as the table of actors knows them. A run that wrote is an actor of its own, so there are
ever more of them: a page or a list asks once, never for each of its lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from store.records import dumps

if TYPE_CHECKING:
    from store.workbench import Workbench

MISSION, RUN, AGENT = "missionId", "iterationId", "principalId"
"""What an actor names, by the names of the wire."""

_IS_AGENT = "json_extract(json, '$.kind') = 'ai'"


class Author(NamedTuple):
    """Who wrote in a run: the agent, what it was called then, and whether the run was taken back
    here."""

    agent: str
    name: str
    reverted: bool


def among(bench: Workbench, numbers: Iterable[int]) -> frozenset[int]:
    """Those of these actors that are agents."""
    found = bench.db.read(
        f"SELECT n FROM actors WHERE n IN (SELECT value FROM json_each(?)) AND {_IS_AGENT}",
        (dumps(sorted(set(numbers))),),
    )
    return frozenset(n for (n,) in found)


def of_run(bench: Workbench, mission: str, run: str = "") -> list[int]:
    """The numbers of the actors that wrote in the name of a mission or of one of its runs."""
    rows = bench.db.read(
        f"SELECT n FROM actors WHERE {_IS_AGENT} AND json_extract(json, '$.{MISSION}') = ? "
        f"AND (? = '' OR json_extract(json, '$.{RUN}') = ?)",
        (mission, run, run),
    )
    return [n for (n,) in rows] if mission or run else []


def authors(bench: Workbench) -> dict[tuple[str, str], Author]:
    """Who wrote in each run of a mission, by mission and run."""
    rows = bench.db.read(
        f"SELECT json_extract(json, '$.{MISSION}'), json_extract(json, '$.{RUN}'), "
        f"json_extract(json, '$.{AGENT}'), json_extract(json, '$.displayName'), "
        "EXISTS (SELECT 1 FROM steps WHERE kind = 'step' AND target = a.n AND undone = 0) "
        f"FROM actors a WHERE {_IS_AGENT} ORDER BY n DESC"
    )
    return {(mission, run): Author(who, name, bool(back)) for mission, run, who, name, back in rows}


def last_name(bench: Workbench, agent: str) -> str:
    """The name under which an agent wrote last; empty if it never did."""
    rows = bench.db.read(
        f"SELECT json_extract(json, '$.displayName') FROM actors "
        f"WHERE json_extract(json, '$.{AGENT}') = ? ORDER BY n DESC LIMIT 1",
        (agent,),
    )
    return str(rows[0][0]) if rows else ""


def named(bench: Workbench, key: str, start: str, name: str = "") -> list[str]:
    """The ids of missions, runs or agents (``key``) that begin with ``start``, or whose agent is
    called ``name``, of those that wrote."""
    rows = bench.db.read(
        f"SELECT DISTINCT json_extract(json, '$.{key}') FROM actors WHERE {_IS_AGENT} "
        f"AND ((? <> '' AND substr(json_extract(json, '$.{key}'), 1, length(?)) = ?) "
        "OR (? <> '' AND json_extract(json, '$.displayName') = ?))",
        (start, start, start, name, name),
    )
    return [str(id) for (id,) in rows]


def runs_named(bench: Workbench, mission: str, start: str) -> list[str]:
    """The runs of a mission whose ids begin so, of those that wrote."""
    rows = bench.db.read(
        f"SELECT DISTINCT json_extract(json, '$.{RUN}') FROM actors WHERE {_IS_AGENT} "
        f"AND json_extract(json, '$.{MISSION}') = ? "
        f"AND substr(json_extract(json, '$.{RUN}'), 1, length(?)) = ?",
        (mission, start, start),
    )
    return [str(id) for (id,) in rows]
