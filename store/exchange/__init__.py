"""Import: a folder of Markdown files as notes, a Taskwarrior export as tasks.

    plan = exchange.plan(bench, path)      compares, writes nothing
    result = exchange.run(bench, plan)     one step, merged by the source's own times

Reading the same source again writes nothing; a changed source writes what it changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.exchange.planning import Plan
    from store.exchange.running import Result
    from store.workbench import Workbench

__all__ = ["import_path", "plan", "run"]


def plan(bench: Workbench, path: str | os.PathLike[str], format: str | None = None) -> Plan:
    """What importing ``path`` into the active space would do. Writes nothing.

    format: ``markdown`` or ``taskwarrior``, None to tell by the content. Raises NotFoundError,
    UsageError, ManabenchError for what cannot be read, LockedError, ModuleNotInSpaceError.
    """
    from store.exchange import planning, sources

    return planning.make(bench, sources.open_source(path, format))


def run(
    bench: Workbench,
    plan: Plan,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Carry ``plan`` out as one step; see ``running.run``."""
    from store.exchange import running

    return running.run(bench, plan, progress, cancelled)


def import_path(
    bench: Workbench,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Plan and run at once."""
    return run(bench, plan(bench, path, format), progress, cancelled)
