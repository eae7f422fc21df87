"""A proposal as it is kept: one row, its contents sealed whole, never synced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from store.ai.proposals.changes import FieldChange, RecordChange
from store.ai.proposals.rehearsing import Rehearsed, shown
from store.errors import LockedError, UnreadableError
from store.ids import new_id
from store.scope import Scope
from store.stamps import Actor, instant
from store.tool import Risk, Tool

if TYPE_CHECKING:
    from store.ai.runs.reference import RunRef
    from store.workbench import Workbench

State = Literal["pending", "approved", "rejected", "expired", "failed"]

EXPIRES = timedelta(days=14)
"""How long a proposal waits for a look."""

MANY = 10
"""Records from which on a call is worth a closer look, whatever it does to each."""

RISKS: tuple[Risk, ...] = get_args(Risk)
"""Rising."""

DESTRUCTIVE, OUTWARD, MANY_DELETIONS = "destructive", "outward", "many-deletions"
"""Flags that the call itself bears; the gate adds those of its arguments and of the run."""

CALM = frozenset({"edited"})
"""Flags that say nothing of danger; every other one raises the risk by one."""

_COLUMNS = (
    "n, id, run, step, agent, mission, space, state, risk, made, expires, "
    "coalesce(decided, ''), doc"
)


class Proposal(NamedTuple):
    """A call that waits for a look, or that was decided.

    shown: the digest of what was last shown; approving runs that and nothing else. stale: a record
    it would change was changed since, so it needs a new look. withdrawn: what was decided of the
    agent or its tool since: paused, archived, deleted, denied. trouble: why it could not run now,
    or why it failed. locked: what it says is sealed and the vault is locked; only the columns are
    there. The times are instants.
    """

    n: int
    id: str
    state: State
    space: int
    agent: str
    agent_name: str
    mission: str
    mission_title: str
    run: str
    step: int
    tool: str
    arguments: dict[str, Any]
    rationale: str
    risk: Risk
    flags: tuple[str, ...]
    changes: tuple[RecordChange, ...]
    shown: str
    made: str
    expires: str
    decided: str
    feedback: str
    stale: bool
    answer: str = ""
    trouble: str = ""
    locked: bool = False
    filter: tuple[str, ...] = ()
    blind: bool = False
    withdrawn: str = ""

    @property
    def key(self) -> str:
        """What the ids of the records it makes derive from."""
        return f"{self.run}-{self.step}"

    @property
    def actor(self) -> Actor:
        """As whom it runs."""
        return actor_of(self.agent, self.agent_name, self.mission, self.run)


def actor_of(agent: str, name: str, mission: str, run: str) -> Actor:
    """An agent in one run of a mission. The reason why it acts is never part of the actor: actors
    are kept in the clear and sent."""
    return {
        "kind": "ai",
        "principalId": agent,
        "displayName": name,
        "missionId": mission,
        "iterationId": run,
        "rationale": "",
    }


def stage(
    bench: Workbench,
    ref: RunRef,
    step: int,
    tool: Tool,
    arguments: Mapping[str, Any],
    rationale: str,
    flags: Sequence[str],
    scope: Scope,
    rehearsed: Rehearsed,
) -> Proposal:
    """Keep a call for a person's look. Raises LockedError."""
    now = bench.clock()
    proposal = Proposal(
        n=0,
        id=new_id(),
        state="pending",
        space=ref.space,
        agent=ref.agent,
        agent_name=ref.agent_name,
        mission=ref.mission,
        mission_title=ref.mission_title,
        run=ref.id,
        step=step,
        tool=tool.name,
        arguments=dict(arguments),
        rationale=rationale,
        risk="low",
        flags=tuple(flags),
        changes=(),
        shown="",
        made=instant(now),
        expires=instant(now + EXPIRES),
        decided="",
        feedback="",
        stale=False,
        filter=scope.filter,
        blind=not scope.viewer,
    )
    proposal = with_preview(proposal, tool, rehearsed)
    with bench.db.transaction() as connection:
        cursor = connection.execute(
            "INSERT INTO proposals (id, run, step, agent, mission, space, state, risk, made, "
            "expires, decided, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            (proposal.id, proposal.run, proposal.step, proposal.agent, proposal.mission)
            + (proposal.space, proposal.state, proposal.risk, proposal.made, proposal.expires)
            + (_sealed(bench, proposal),),
        )
        told(bench, proposal)
    return proposal._replace(n=int(cursor.lastrowid or 0))


def with_preview(proposal: Proposal, tool: Tool, rehearsed: Rehearsed) -> Proposal:
    """The proposal with what it would change now, and the risk that follows."""
    flags = {
        DESTRUCTIVE: tool.destructive,
        OUTWARD: tool.outward,
        MANY_DELETIONS: rehearsed.held > 0,
    }
    kept = [name for name in proposal.flags if name not in flags]
    changed = proposal._replace(
        flags=(*kept, *(name for name, bears in flags.items() if bears)),
        changes=rehearsed.changes,
        answer=rehearsed.answer.message,
        shown=shown(proposal.tool, proposal.arguments, rehearsed.digest),
        stale=False,
        trouble="",
    )
    return changed._replace(risk=risk_of(tool, changed.flags, changed.changes))


def risk_of(tool: Tool, flags: Sequence[str], changes: Sequence[RecordChange]) -> Risk:
    """The tool's own risk, one higher for a flag or for many records; the highest for what takes
    something away or leaves this program."""
    takes_away = any(change.kind == "deleted" for change in changes)
    if tool.destructive or tool.outward or takes_away:
        return RISKS[-1]
    more = bool(set(flags) - CALM) + (len(changes) >= MANY)
    return RISKS[min(RISKS.index(tool.risk) + more, len(RISKS) - 1)]


# At rest --------------------------------------------------------------------------------------


def keep(bench: Workbench, proposal: Proposal) -> None:
    """Write a proposal that is there. In a transaction. Raises LockedError."""
    bench.db.connection().execute(
        "UPDATE proposals SET state = ?, risk = ?, expires = ?, decided = ?, doc = ? WHERE id = ?",
        (proposal.state, proposal.risk, proposal.expires, proposal.decided or None)
        + (_sealed(bench, proposal), proposal.id),
    )
    told(bench, proposal)


def told(bench: Workbench, proposal: Proposal) -> None:
    """Tell whoever watches that a proposal changed."""
    rows = bench.db.read('SELECT id FROM "spaces" WHERE pk = ?', (proposal.space,))
    bench.db.touch("proposals", rows[0][0] if rows else "", {proposal.id})


def load(bench: Workbench, where: str, values: Sequence[Any] = ()) -> list[Proposal]:
    """The proposals that an SQL condition over the columns finds, oldest first."""
    rows = bench.db.read(
        f"SELECT {_COLUMNS} FROM proposals WHERE {where} ORDER BY n", tuple(values)
    )
    return [_opened(bench, row) for row in rows]


def _sealed(bench: Workbench, proposal: Proposal) -> str:
    """All that a proposal says. The digest too: in the clear, whoever guesses a text could check
    the guess against it."""
    doc = {
        "tool": proposal.tool,
        "arguments": proposal.arguments,
        "rationale": proposal.rationale,
        "agent": proposal.agent_name,
        "mission": proposal.mission_title,
        "flags": list(proposal.flags),
        "feedback": proposal.feedback,
        "shown": proposal.shown,
        "answer": str(proposal.answer),
        "trouble": proposal.trouble,
        "filter": list(proposal.filter),
        "blind": proposal.blind,
        "changes": [
            {**change._asdict(), "fields": [list(field) for field in change.fields]}
            for change in proposal.changes
        ],
    }
    return bench.vault.seal("proposals", proposal.id, "doc", doc)


def _opened(bench: Workbench, row: tuple[Any, ...]) -> Proposal:
    n, id, run, step, agent, mission, space, state, risk, made, expires, decided, text = row
    locked = False
    doc: dict[str, Any] = {}
    try:
        doc = bench.vault.open("proposals", id, "doc", text)
    except (LockedError, UnreadableError):
        locked = True
    return Proposal(
        n=n,
        id=id,
        state=state,
        space=space,
        agent=agent,
        agent_name=doc.get("agent", ""),
        mission=mission,
        mission_title=doc.get("mission", ""),
        run=run,
        step=step,
        tool=doc.get("tool", ""),
        arguments=doc.get("arguments", {}),
        rationale=doc.get("rationale", ""),
        risk=risk,
        flags=tuple(doc.get("flags", ())),
        changes=tuple(_change(one) for one in doc.get("changes", ())),
        shown=doc.get("shown", ""),
        made=made,
        expires=expires,
        decided=decided,
        feedback=doc.get("feedback", ""),
        stale=False,
        answer=doc.get("answer", ""),
        trouble=doc.get("trouble", ""),
        locked=locked,
        filter=tuple(doc.get("filter", ())),
        blind=doc.get("blind", False),
    )


def _change(one: Mapping[str, Any]) -> RecordChange:
    fields = tuple(FieldChange(*field) for field in one["fields"])
    return RecordChange(**{**one, "fields": fields})
