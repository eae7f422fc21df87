"""tools: what agents may call. Also which destructive tools a space allows to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from store.errors import NotFoundError, UsageError
from store.words import _
from tui.cli import output, pick
from tui.cli.call import Call
from tui.cli.frame import Verb

if TYPE_CHECKING:
    from store.tool import Tool
    from store.workbench import Workbench


@click.command(
    cls=Verb,
    help=_(
        "List the tools that agents may call in the space: what the policy says of each, its "
        "parameters and what it does. Without --agent the policy is the catalogue's own."
    ),
)
@click.option("--module", metavar="MODULE", help=_("Only tools of this module."))
@click.option("--agent", metavar="AGENT", help=_("As the policy of this agent has it."))
@click.option("--allow", metavar="TOOL", help=_("Let agents use a destructive tool in the space."))
@click.option("--disallow", metavar="TOOL", help=_("No longer let them."))
@click.pass_obj
def tools(
    call: Call, module: str | None, agent: str | None, allow: str | None, disallow: str | None
) -> None:
    """The catalogue, or a change of what the space allows."""
    bench, scope = call.scoped(unlock="must" if allow or disallow else "may")
    if allow or disallow:
        _allow(call, bench, allow, disallow)
        return
    from store.ai.tools.catalogue import available
    from store.ai.tools.destructive import allowed

    found = list(available(bench, scope).values())
    if module:
        if module not in bench.modules:
            raise NotFoundError(
                _("There is no module called {module!r}.").format(module=module),
                hint=_("There are: {names}.").format(names=", ".join(bench.modules)),
            )
        found = [tool for tool in found if tool.module == module]
    policy: Any = None
    if agent:
        policy = bench.documents.find(scope, "agents", agent).get("policy")
    opted = allowed(bench, scope.number)
    rows = [document(tool, policy, bool(agent), opted) for tool in found]
    if not rows:
        call.note(_("No module that is allowed in this space has tools."))
    call.answer(rows, lambda: _lines(found, rows))


def document(tool: Tool, policy: Any, named: bool, opted: frozenset[str]) -> dict[str, Any]:
    """One tool as scripts see it. decision: what the gate does when the agent calls it."""
    from store.ai.tools.catalogue import schema
    from store.ai.tools.policy import effective

    decision: str = tool.policy
    if named:
        decision = effective(policy, tool)
    if tool.destructive and tool.name not in opted:
        decision = "deny"
    return {
        "name": tool.name,
        "module": tool.module,
        "policy": tool.policy,
        "decision": decision,
        "readOnly": tool.reads,
        "destructive": tool.destructive,
        "outward": tool.outward,
        "risk": tool.risk,
        "description": tool.words,
        "parameters": schema(tool),
    }


def _lines(found: list[Tool], rows: list[dict[str, Any]]) -> list[str]:
    """A line a tool with its parameters; what it does stands below it."""
    wide = output.width()
    lines = []
    for tool, row in zip(found, rows, strict=True):
        kind = _("reads") if tool.reads else _("writes")
        given = ", ".join(param.name + ("" if param.required else "?") for param in tool.params)
        lines.append(f"{tool.name}({given})  {row['decision']}  {kind}  {tool.module}")
        said = f"    {tool.words}"
        lines += output.folded(said, wide) if wide else [said]
    return [output.clean(line) for line in lines]


def _allow(call: Call, bench: Workbench, add: str | None, take: str | None) -> None:
    from store.ai.tools.destructive import allow

    if add and take:
        raise UsageError(
            _("Name one tool, to allow it or to take it away."), kept=_("Nothing was changed.")
        )
    names = allow(bench, bench.scope.number, add or take or "", on=bool(add))
    space = pick.space_label(pick.space_of(call, bench))
    words = _("Destructive tools allowed to agents in {space}: {names}.")
    call.answer(
        {"allowDestructive": names},
        words.format(space=space, names=", ".join(names) or _("none")),
    )
