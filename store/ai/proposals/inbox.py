"""The inbox: what agents want to do, and a person's decision about it.

Approving runs the call once more in one transaction together with everything that follows from the
decision, and commits only if it did exactly what was shown. So nothing is ever half decided, what
was looked at is what happens, and two processes cannot both carry it out. No decision here changes
a policy: the next call like it waits again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from store.ai.proposals import staging
from store.ai.proposals.carrying import (
    TOLD,
    after,
    carry,
    checked,
    needed_first,
    one_by_one,
    scope_of,
    tool_named,
)
from store.ai.proposals.changes import Watch
from store.ai.proposals.following import follow
from store.ai.proposals.listing import count, get, of_run, pending, runs_named, several
from store.ai.proposals.rehearsing import Rehearsed, forget, shown, tried
from store.ai.proposals.staging import Proposal, State, stage
from store.ai.tools.destructive import allowed
from store.errors import (
    GuardError,
    LockedError,
    ManabenchError,
    StorageError,
)
from store.stamps import instant
from store.tool import Tool
from store.vault.custody import locked
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

Seen = Mapping[str, str]

PASSING = (LockedError, StorageError)
"""Troubles that end by themselves: the proposal goes on waiting."""

MISSIONS = "aiMissions"

UNKNOWN_END = N_("It reaches out of this program, and was broken off: nobody knows whether it did.")
DECIDED = N_("It was decided before.")


class Decided(NamedTuple):
    """What became of the proposals that were to be approved, by id. stale: what they would do is no
    longer what was shown; look at them anew. failed: with the reason."""

    done: list[str]
    stale: list[str]
    failed: list[tuple[str, str]]


# Looking --------------------------------------------------------------------------------------


def look(bench: Workbench, id: str) -> Proposal:
    """What a proposal would do now. What this gives back counts as shown; ``stale`` says that it
    differs from before, ``trouble`` why it could not run. A decided one is given back as it is.

    Raises NotFoundError, AmbiguousError, LockedError.
    """
    return look_all(bench, [id])[0]


def look_all(bench: Workbench, ids: Iterable[str]) -> list[Proposal]:
    """What several would do if they were approved one after the other, as ``approve`` does."""
    _unlocked(bench)
    found = several(bench, ids)
    waiting = [one for one in found if one.state == "pending"]
    tried_out = tried(bench, lambda: one_by_one(bench, waiting, Watch(bench)))
    with bench.db.transaction():
        return [_looked_at(bench, one, tried_out.get(one.id)) for one in found]


def _looked_at(
    bench: Workbench, proposal: Proposal, outcome: tuple[Tool, Rehearsed] | Exception | None
) -> Proposal:
    """Keep what a look at a proposal found; one that was decided meanwhile stays as it is."""
    if outcome is None or _state(bench, proposal.id) != "pending":
        return get(bench, proposal.id)
    if isinstance(outcome, Exception):
        first = needed_first(bench, proposal)
        why = after(first) if first else _why(outcome)
        now = proposal._replace(trouble=why, changes=(), shown="")
    else:
        now = staging.with_preview(proposal, *outcome)
    staging.keep(bench, now)
    return now._replace(stale=now.shown != proposal.shown)


def edit(bench: Workbench, id: str, arguments: Mapping[str, Any]) -> Proposal:
    """Give the call other arguments; what comes back counts as shown.

    Raises NotFoundError, LockedError, InvalidValueError for arguments that the tool does not take,
    GuardError for a proposal that was decided.
    """
    _unlocked(bench)
    proposal = get(bench, id)
    _undecided(proposal)
    flags = tuple(dict.fromkeys((*proposal.flags, "edited")))
    given = checked(bench, proposal, tool_named(bench, proposal.tool), arguments)
    changed = proposal._replace(arguments=given, flags=flags)
    outcome = tried(bench, lambda: one_by_one(bench, [changed], Watch(bench)))[proposal.id]
    if isinstance(outcome, Exception):
        raise outcome
    now = staging.with_preview(changed, *outcome)
    with bench.db.transaction():
        _undecided(get(bench, proposal.id))
        staging.keep(bench, now)
    return now


# Deciding -------------------------------------------------------------------------------------


class _StaleError(Exception):
    """Rolls back a run that did something else than what was shown."""


def approve(bench: Workbench, ids: Iterable[str], seen: Seen | None = None) -> Decided:
    """Carry proposals out, each in a transaction of its own.

    seen: by id, the digest of what the person looked at (``Proposal.shown``); for others what was
    last shown. Raises NotFoundError and AmbiguousError before anything is done, LockedError.
    """
    _unlocked(bench)
    expire(bench)
    decided = Decided([], [], [])
    for proposal in several(bench, ids):
        id = proposal.id
        try:
            _carry_out(bench, id, (seen or {}).get(id, proposal.shown))
        except _StaleError:
            decided.stale.append(id)
        except TOLD as error:
            first = needed_first(bench, proposal)
            why = after(first) if first else _why(error)
            decided.failed.append((id, why))
            if first is None and not isinstance(error, PASSING):
                _failed(bench, id, why)
        else:
            decided.done.append(id)
            continue
        forget(bench)
    return decided


def _carry_out(bench: Workbench, id: str, wanted: str) -> None:
    """Run a call for good. Raises _StaleError and what the call raises, having written nothing."""
    with bench.db.transaction():
        proposal = _claimed(bench, id)
        tool = tool_named(bench, proposal.tool)
        _consented(bench, proposal, tool)
        if tool.outward:
            if shown(proposal.tool, proposal.arguments, "") != wanted:
                raise _StaleError
            # It cannot be taken back and must not be done twice: it counts as failed until it is
            # known to have succeeded.
            _decide(bench, proposal._replace(trouble=_(UNKNOWN_END)), "failed", "")
        else:
            if proposal.stale:
                raise _StaleError
            done = carry(bench, proposal, tool)
            if shown(proposal.tool, proposal.arguments, done.digest) != wanted:
                raise _StaleError
            _decide(bench, proposal._replace(changes=done.changes), "approved", done.answer.message)
    if tool.outward:
        with bench.db.transaction():
            done = carry(bench, proposal, tool)
            sent = proposal._replace(changes=done.changes, trouble="")
            _decide(bench, sent, "approved", done.answer.message)


def _claimed(bench: Workbench, id: str) -> Proposal:
    """The proposal as it is now, in the transaction of its decision. Raises GuardError where it no
    longer waits."""
    proposal = get(bench, id)
    _undecided(proposal)
    return proposal


def _consented(bench: Workbench, proposal: Proposal, tool: Tool) -> None:
    """Raises GuardError for a destructive tool that the space does not allow any more."""
    if tool.destructive and tool.name not in allowed(bench, proposal.space):
        raise GuardError(
            _("{tool} is destructive, and this space does not allow it to agents.").format(
                tool=tool.name
            ),
            kept=_("Nothing was changed."),
        )


def _decide(
    bench: Workbench, proposal: Proposal, state: State, answer: str, feedback: str = ""
) -> None:
    """Write down a decision and all that follows from it. In a transaction."""
    now = proposal._replace(
        state=state,
        decided=instant(bench.clock()),
        answer=answer or proposal.answer,
        feedback=feedback,
    )
    staging.keep(bench, now)
    follow(bench, now)


def _failed(bench: Workbench, id: str, why: str) -> None:
    with bench.db.transaction():
        proposal = get(bench, id)
        if proposal.state == "pending":
            _decide(bench, proposal._replace(trouble=why), "failed", "")


def reject(bench: Workbench, ids: Iterable[str], feedback: str = "") -> int:
    """Turn proposals down; returns how many. ``feedback`` reaches the mission's next run.

    Raises NotFoundError, AmbiguousError, LockedError.
    """
    _unlocked(bench)
    found = several(bench, ids)
    rejected = 0
    with bench.db.transaction():
        for proposal in found:
            if _state(bench, proposal.id) == "pending":
                _decide(bench, proposal, "rejected", "", feedback.strip())
                rejected += 1
    return rejected


def expire(bench: Workbench) -> int:
    """End what waited too long, and what belongs to a deleted space or mission; returns how many.

    Nothing is done while the vault is locked.
    """
    if not bench.vault.unlocked:
        return 0
    over = (
        "state = 'pending' AND (expires <= ? "
        'OR space NOT IN (SELECT pk FROM "spaces" WHERE deleted_at IS NULL) '
        "OR space IN (SELECT space FROM memberships WHERE state = 'hidden')"
    )
    if MISSIONS in bench.registry:
        over += (
            f' OR EXISTS (SELECT 1 FROM "{MISSIONS}" m WHERE m.id = proposals.mission '
            "AND m.space = proposals.space AND m.deleted_at IS NOT NULL)"
        )
    over += ")"
    now = instant(bench.clock())
    if not bench.db.read(f"SELECT 1 FROM proposals WHERE {over} LIMIT 1", (now,)):
        return 0
    with bench.db.transaction():
        found = staging.load(bench, over, (now,))
        for proposal in found:
            _decide(bench, proposal, "expired", "")
    return len(found)


# Inside ---------------------------------------------------------------------------------------


def _state(bench: Workbench, id: str) -> str:
    rows = bench.db.read("SELECT state FROM proposals WHERE id = ?", (id,))
    return str(rows[0][0]) if rows else ""


def _undecided(proposal: Proposal) -> None:
    if proposal.state != "pending":
        raise GuardError(_(DECIDED), kept=_("Nothing was changed."))


def _unlocked(bench: Workbench) -> None:
    bench.vault.check_epoch()
    if not bench.vault.unlocked:
        raise locked()


def _why(error: Exception) -> str:
    """A trouble in words; what no person was meant to read is named by its kind alone, because
    its text may hold a value."""
    if isinstance(error, ManabenchError):
        return error.message
    return _("The tool failed: {kind}.").format(kind=type(error).__name__)


__all__ = [
    "Decided",
    "Proposal",
    "approve",
    "count",
    "edit",
    "expire",
    "get",
    "look",
    "look_all",
    "of_run",
    "pending",
    "reject",
    "runs_named",
    "scope_of",
    "stage",
    "tool_named",
]
