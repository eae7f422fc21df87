"""What outlasts a connection: a program that connects anew is the same agent, and gains nothing.

Its changes of the last hour count, whichever connection made them, and for a day it stays marked as
one that has read text which nobody here wrote: what it read is in its memory, not in ours.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from store.stamps import instant

if TYPE_CHECKING:
    from store.workbench import Workbench

SOURCE = "mcp"
"""The source of the runs that are connections."""

WRITES_COUNT_FOR = timedelta(hours=1)
TAINT_LASTS = timedelta(hours=24)

_WRITES = """
SELECT count(*) FROM (
    SELECT run, step FROM proposals WHERE space = :space AND agent = :agent AND mission = ''
    AND made > :since
    UNION
    SELECT json_extract(a.json, '$.iterationId') AS run, s.target FROM steps s
    JOIN actors a ON a.n = s.actor
    WHERE s.space = :space AND s.kind = 'agent' AND s.at > :since
    AND json_extract(a.json, '$.principalId') = :agent
    AND json_extract(a.json, '$.missionId') = ''
    AND NOT EXISTS (
        SELECT 1 FROM proposals p
        WHERE p.run = json_extract(a.json, '$.iterationId') AND p.step = s.target
    )
)
"""


def writes(bench: Workbench, agent: str, space: int) -> int:
    """How many calls of an agent's connections changed something within the last hour, or asked to.
    When the person approves what was asked does not matter."""
    since = instant(bench.clock() - WRITES_COUNT_FOR)
    found = bench.db.read(_WRITES, {"space": space, "agent": agent, "since": since})
    return int(found[0][0])


def tainted(bench: Workbench, agent: str, space: int) -> bool:
    """Whether one of the agent's connections of the last day has read text that nobody here
    wrote."""
    from store.ai.runs import rows

    since = instant(bench.clock() - TAINT_LASTS)
    found = bench.db.read(
        "SELECT id FROM runs WHERE source = ? AND agent = ? AND space = ? "
        "AND (ended = '' OR ended > ?) ORDER BY n DESC",
        (SOURCE, agent, space, since),
    )
    return any(run.tainted for run in rows.several(bench, [id for (id,) in found]))
