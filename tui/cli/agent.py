"""What an agent can be told beyond the verbs of every module: its policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from store.errors import UsageError
from store.words import _
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import Verb

if TYPE_CHECKING:
    from store.tool import Tool
    from store.workbench import Workbench

_NAMES = ("cautious", "standard", "trusting")
_MODES = ("propose", "act")
_WORDS = ("auto", "propose", "deny")


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """``NAME=WORD`` as they were typed; ``NAME=`` takes an entry away. Raises UsageError."""
    found = {}
    for text in given:
        name, sign, said = text.partition("=")
        if not sign or not name:
            raise UsageError(
                _("{text!r} is not NAME=DECISION.").format(text=text),
                kept=_("Nothing was changed."),
                hint=_("Write create_task=auto, propose or deny; create_task= takes it away."),
            )
        found[name] = said
    return found


@click.command(
    "policy",
    cls=Verb,
    help=_(
        "Show what an agent may do, or change it. A tool falls to its own entry, else to that of "
        "its module, else to the default; NAME= takes an entry away."
    ),
)
@click.argument("text", metavar="AGENT")
@click.option("--preset", type=click.Choice(_NAMES), help=_("Begin anew from this preset."))
@click.option(
    "--mode", type=click.Choice(_MODES), help=_("Propose first, or act and let you revert.")
)
@click.option("--tool", "tools", multiple=True, metavar="NAME=DECISION", help=_("For one tool."))
@click.option(
    "--module", "modules", multiple=True, metavar="NAME=DECISION", help=_("For the rest of one.")
)
@click.option("--default", type=click.Choice(_WORDS), help=_("For all that is not named."))
@click.pass_obj
def policy(
    call: Call,
    text: str,
    preset: str | None,
    mode: str | None,
    tools: Sequence[str],
    modules: Sequence[str],
    default: str | None,
) -> None:
    """Show or change the policy of an agent of the space."""
    changes: dict[str, Any] = {
        "preset_name": preset or "",
        "tools": _pairs(tools),
        "modules": _pairs(modules),
        "default": default or "",
        "mode_name": mode or "",
    }
    asked = any(changes.values())
    bench, scope = call.scoped(unlock="must" if asked else "may")
    agent = bench.documents.find(scope, "agents", text)
    given = agent.get("policy")
    if asked:
        from store.ai.tools.policy import set_policy

        given = set_policy(bench, agent["id"], **changes)
    _answer(call, bench, agent["id"], given)


def _answer(call: Call, bench: Workbench, id: str, given: Any) -> None:
    from store.ai.tools import policy as said
    from store.ai.tools.catalogue import available
    from store.ai.tools.destructive import allowed

    found = list(available(bench, bench.scope).values())
    opted = allowed(bench, bench.scope.number)
    decisions = {
        tool.name: "deny"
        if tool.destructive and tool.name not in opted
        else said.effective(given, tool)
        for tool in found
    }
    data = {
        "id": id,
        "preset": said.preset_of(given, found),
        "mode": said.mode(given),
        "policy": dict(given) if isinstance(given, dict) else None,
        "decisions": decisions,
    }
    call.answer(data, lambda: _lines(data, found, decisions))


def _lines(data: dict[str, Any], found: list[Tool], decisions: dict[str, str]) -> list[str]:
    mode = _("proposes first") if data["mode"] == "propose" else _("acts, and you take back")
    facts = [(_("Preset"), data["preset"]), (_("Mode"), mode)]
    rows = [
        (tool.name, decisions[tool.name], _("reads") if tool.reads else tool.risk, tool.module)
        for tool in found
    ]
    return [*output.columns(facts), "", *output.columns(rows, width=output.width())]
