"""What follows from a decision: the step of the run, and what other devices see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.errors import NotFoundError

if TYPE_CHECKING:
    from store.ai.proposals.staging import Proposal
    from store.workbench import Workbench

STATUS = {"approved": "approved", "rejected": "rejected", "failed": "failed", "expired": "skipped"}
"""What a step of the wire is called after its proposal was decided."""


def follow(bench: Workbench, proposal: Proposal) -> None:
    """Write a decision down in the run that asked, so that its mission, the next run of it and
    other devices learn of it. In the transaction of the decision, outside any step.

    A run that is not kept any more learns nothing.
    """
    from store.ai.runs import rows

    done = proposal.answer if proposal.state == "approved" else ""
    summary = proposal.trouble or done or None
    status = STATUS[proposal.state]
    try:
        run = rows.get(bench, proposal.run)
    except NotFoundError:
        return
    for step in run.steps:
        if step.proposal == proposal.id:
            rows.set_step(bench, run.id, step.number, status, summary)
    if proposal.feedback:
        rows.give_feedback(bench, run.id, proposal.feedback)
