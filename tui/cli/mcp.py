"""mcp: serve the tools of agents to a program that speaks the Model Context Protocol."""

from __future__ import annotations

import click

from store.errors import LockedError, UsageError
from store.words import _
from tui.cli.call import Call
from tui.cli.frame import Verb


@click.command(
    "mcp",
    cls=Verb,
    help=_(
        "Serve the tools of agents over standard input and output. Each program that connects is "
        "an agent with a policy of its own; what it proposes waits in the inbox. In the program's "
        "settings the command of this server is `manabench mcp`, with --space and --agent if "
        "wanted."
    ),
)
@click.option(
    "--agent",
    default="",
    metavar="AGENT",
    help=_("The agent that the program is; else one named after it."),
)
@click.pass_obj
def mcp(call: Call, agent: str) -> None:
    """Serve one connection until it ends. Nothing is ever asked here: input is the protocol."""
    import gc

    if call.passphrase_stdin:
        raise UsageError(
            _("Standard input belongs to the protocol here."),
            kept=_("Nothing was changed."),
            hint=_("Run `manabench unlock` first, or set MANABENCH_PASSPHRASE_FILE."),
        )
    bench = call.bench(unlock="never")
    if not bench.vault.unlocked and (passphrase := call.given_passphrase()):
        bench.vault.unlock(passphrase=passphrase, hold=False)
    if not bench.vault.unlocked:
        raise LockedError(
            _("The vault is locked."),
            kept=_("Nothing was served."),
            hint=_("Run `manabench unlock` in a terminal, then connect again."),
        )
    from store.ai.mcp.guest import Guest
    from store.ai.mcp.serving import Serving
    from tui.cli import pick

    scope = bench.enter(pick.space_of(call, bench)["id"])
    chosen = bench.documents.find(scope, "agents", agent)["id"] if agent else ""
    if call.can_ask():
        call.note(_("Waiting for a program that speaks MCP; Ctrl+C ends."))
    gc.enable()
    Serving(Guest(bench, scope, chosen), _version()).run()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("manabench")
    except PackageNotFoundError:
        return "0"
