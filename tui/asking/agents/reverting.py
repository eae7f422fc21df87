"""Taking back what agents did, in words: what would go back, what is left, what no undo reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.errors import ManabenchError
from store.words import _, ngettext
from tui.asking import differing
from tui.asking.agents import proposals, words

if TYPE_CHECKING:
    from store.workbench import Workbench


def planned(
    bench: Workbench, mission: str, run: str, step: int | None
) -> tuple[differing.Lines, bool]:
    """(what would happen, whether anything would). Nothing is changed. Raises NotFoundError."""
    from store.ai.proposals.reverting import plan_revert

    plan = plan_revert(bench, mission, run, step)
    lines: differing.Lines = []
    count = len(plan.changes)
    if plan.changes:
        said = ngettext("{n} record would go back.", "{n} records would go back.", count)
        lines.append((said.format(n=count), "head"))
    elif plan.back:
        lines.append((_("All of it was taken back before."), "head"))
    else:
        lines.append((_("There is nothing that could be taken back."), "head"))
    if plan.left:
        said = ngettext(
            "{n} field was written since and stays:",
            "{n} fields were written since and stay:",
            len(plan.left),
        )
        lines.append((said.format(n=len(plan.left)), "warn"))
        lines += [(f"  {_place(bench, one)}", "dim") for one in plan.left]
    if plan.unknown:
        lines.append((_("Nothing is known here of what stood before in:"), "warn"))
        lines += [(f"  {_place(bench, one)}", "dim") for one in plan.unknown]
    if plan.external:
        what = ", ".join(words.tool(name) for name in plan.external)
        said = _("Left this program, and is not taken back: {what}.").format(what=what)
        lines.append((f"! {said}", "error"))
    for change in plan.changes:
        scope = bench.scope
        lines += proposals.change_lines(bench, scope, change)
    return lines, bool(plan.changes)


def _place(bench: Workbench, left: Any) -> str:
    """The title of a record and the name of its field."""
    collection, id, field = tuple(left)[:3]
    module = next((m for m in bench.modules.values() if m.main == collection), None)
    known = {f.name: f.words for f in module.fields} if module is not None else {}
    try:
        record = bench.documents.get(bench.scope, collection, id)
        title = bench.documents.title(collection, record)
    except ManabenchError:
        title = id[:8]
    return f"{title}: {_(known[field]) if field in known else field}"


def revert(bench: Workbench, mission: str, run: str, step: int | None) -> str:
    """Take it back; what it did, in words."""
    from store.ai.proposals import reverting

    done = reverting.revert(bench, mission, run, step)
    return proposals.taken_back(done.changed, len(done.left), done.external)
