"""What a run did, in words of its own where a model gave none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.words import _

if TYPE_CHECKING:
    from store.ai.runs.rows import StepRow


def told(steps: Sequence[StepRow]) -> str:
    """A run without words of its own: what it did, with its failures."""
    from store.words import ngettext

    if not steps:
        return _("There was nothing to do.")
    failed = sum(step.status == "failed" for step in steps)
    waiting = sum(step.status == "staged" for step in steps)
    parts = [ngettext("{n} call", "{n} calls", len(steps)).format(n=len(steps))]
    if waiting:
        parts.append(
            ngettext("{n} waits for a look", "{n} wait for a look", waiting).format(n=waiting)
        )
    if failed:
        parts.append(ngettext("{n} failed", "{n} failed", failed).format(n=failed))
    return ", ".join(parts)
