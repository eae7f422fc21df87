"""The table of commands, and ``run``: arguments in, exit code out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click

from store.errors import AmbiguousError, ManabenchError
from store.words import N_, _
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import Noun

_NOUNS: dict[str, tuple[str, str, str]] = {
    "init": ("tui.cli.vault", "init", N_("Make the workbench of this person.")),
    "unlock": ("tui.cli.vault", "unlock", N_("Open the vault until it is locked or expires.")),
    "lock": ("tui.cli.vault", "lock", N_("Close the vault in every process.")),
    "passphrase": ("tui.cli.vault", "passphrase", N_("Set or change the passphrase.")),
    "recovery": ("tui.cli.vault", "recovery", N_("Make a recovery code and show it once.")),
    "space": ("tui.cli.space", "space", N_("Spaces: where everything belongs.")),
    "tag": ("tui.cli.tag", "tag", N_("Tags, their groups and presets.")),
    "scene": ("tui.cli.scene", "scene", N_("Scenes: layouts of cards, with a tag filter.")),
}
_MORE: dict[str, tuple[str, str, str]] = {
    "record": ("tui.cli.record", "record", N_("Look at records of undeclared collections.")),
    "draft": ("tui.cli.draft", "draft", N_("Text that was typed but not committed.")),
    "search": ("tui.cli.search", "search", N_("Find records by words, tags and states.")),
    "capture": ("tui.cli.capture", "capture", N_("Add a task in one line, from anywhere.")),
    "open": ("tui.cli.open", "open_", N_("Open the workbench at a record.")),
    "today": ("tui.cli.today", "today", N_("List what is overdue and due today.")),
    "statusline": ("tui.cli.today", "statusline", N_("One short line for tmux or a prompt.")),
    "undo": ("tui.cli.undo", "undo", N_("Take back the last step or steps.")),
    "redo": ("tui.cli.undo", "redo", N_("Do again what was undone.")),
    "history": ("tui.cli.undo", "history", N_("What a record held, when, and by whom.")),
    "purge": ("tui.cli.undo", "purge", N_("Remove a record and all its values for good.")),
    "template": ("tui.cli.template", "template", N_("Agents, scenes and missions to begin with.")),
    "tools": ("tui.cli.tools", "tools", N_("What agents may call, and what it needs.")),
    "model": ("tui.cli.model", "model", N_("Models that missions may be planned by.")),
    "mcp": ("tui.cli.mcp", "mcp", N_("Serve the tools of agents to a program, over stdio.")),
    "run": ("tui.cli.run", "run", N_("Run the missions that are due, once or from now on.")),
    "proposal": ("tui.cli.proposal", "proposal", N_("What agents ask for, and your answer.")),
    "timeline": ("tui.cli.timeline", "timeline", N_("What agents did, and what they read.")),
    "revert": ("tui.cli.revert", "revert", N_("Take back what agents did.")),
    "held": ("tui.cli.held", "held", N_("Deletions that wait for a look.")),
    "sync": ("tui.cli.sync", "sync", N_("Sync with the server; conflicts and what waits.")),
    "login": ("tui.cli.account", "login", N_("Sign in, so that this workbench syncs.")),
    "logout": ("tui.cli.account", "logout", N_("End the session; changes wait here.")),
    "account": ("tui.cli.account", "account", N_("The account, and who keeps its key.")),
    "import": ("tui.cli.exchange", "import_", N_("Bring in a folder or a file.")),
    "keys": ("tui.cli.keys", "keys", N_("The keys in force, and whether the keymap holds.")),
    "serve": ("tui.cli.serve", "serve", N_("Serve accounts and sync to other machines.")),
    "demo": ("tui.cli.workbench", "demo", N_("Open a throw-away workbench, richly filled.")),
    "doctor": ("tui.cli.doctor", "doctor", N_("Say what is wrong here, and what to do.")),
    "completion": ("tui.cli.completion", "completion", N_("Print a shell's completion script.")),
    "man": ("tui.cli.completion", "man", N_("Print the manual page.")),
    "version": ("tui.cli.workbench", "version", N_("Say which version this is.")),
}
_HIDDEN = {"__complete": ("tui.cli.complete", "complete", "")}
"""Called by programs, listed nowhere."""


class Root(Noun):
    """The program. Nouns come from the table above and, one for each module, from the store."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The table's nouns with the modules' between them."""
        return [*_NOUNS, *(module.noun for module in _modules()), *_MORE]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """A noun of the table, else of the module that has it."""
        found = super().get_command(ctx, name)
        if found is None:
            for module in _modules():
                if module.noun == name:
                    from tui.cli.modules import noun_of

                    return noun_of(module)
        return found

    def lines(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Every noun with its line of help."""
        nouns = [
            (
                module.noun,
                _("{words}: add, list, show, edit, delete and more.").format(words=_(module.words)),
            )
            for module in _modules()
        ]
        table = {name: _(line) for name, (_m, _a, line) in self.late.items()}
        return [
            *((name, table[name]) for name in _NOUNS),
            *nouns,
            *((name, table[name]) for name in _MORE),
        ]


def _modules() -> list[Any]:
    from store.modules import installed

    return list(installed().values())


@click.pass_context
def _open(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        from tui.cli.workbench import open_workbench

        ctx.exit(open_workbench(ctx.obj))


root = Root(
    "manabench",
    late=_NOUNS | _MORE | _HIDDEN,
    callback=_open,
    invoke_without_command=True,
    help=_(
        "A keyboard-driven workbench over one encrypted local file. Without a command it opens "
        "the workbench; every command below works without a screen."
    ),
    epilog=_(
        "The options stand before or after the command. Records answer to the start of their id "
        "or to their exact title. Exit codes: 0 done, 1 failed, 2 usage, 3 not found or "
        "ambiguous, 4 locked, 5 refused by a guard, 6 network, 7 refused by the server."
    ),
)


def run(argv: Sequence[str], *, clock: Callable[[], datetime] | None = None) -> int:
    """Run one command and return its exit code; never raises but for SystemExit of the screen.

    clock: the present, for callers in this process.
    """
    call = Call(clock)
    try:
        with root.make_context("manabench", list(argv), obj=call) as ctx:
            root.invoke(ctx)
        if sys.stdout:
            sys.stdout.flush()
        return 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:
        return _reader_gone()
    except ManabenchError as error:
        return _report(call, argv, error.code, error.message, error.hint, error.kept, error)
    except click.UsageError as error:
        return _report(call, argv, "usage", error.format_message(), _usage_hint(error))
    except click.ClickException as error:
        return _report(call, argv, "failed", error.format_message(), "")
    except (click.Abort, KeyboardInterrupt):
        output.write(_("Stopped.") + "\n", error=True)
        return 130
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
        return _report(call, argv, "storage", what, "")
    except Exception as error:  # noqa: BLE001 - the last resort must catch all and show nothing
        return _report(call, argv, "failed", _fault(error), _("Please report this line."))
    finally:
        call.close()


def _usage_hint(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "manabench"
    return _("See `{command} --help`.").format(command=path)


def _fault(error: Exception) -> str:
    """Where an unexpected error arose, without any value: values may be protected text."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.split(".")[0] in ("store", "tui"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return _("Unexpected fault: {kind} in {place}.").format(
        kind=type(error).__name__, place=place or "?"
    )


def _report(
    call: Call,
    argv: Sequence[str],
    code: str,
    message: str,
    hint: str,
    kept: str = "",
    error: ManabenchError | None = None,
) -> int:
    exit_code = error.exit_code if error else (2 if code == "usage" else 1)
    candidates = error.candidates if isinstance(error, AmbiguousError) else []
    if call.json or "--json" in _before_dashes(argv):
        body: dict[str, Any] = {"code": code, "message": message, "hint": hint, "kept": kept}
        if candidates:
            body["candidates"] = [{"id": id, "title": title} for id, title in candidates]
        _write_error(output.encode({"v": 1, "error": body}))
        return exit_code
    lines = [f"manabench: {message}"]
    if candidates:
        ids = output.short_ids([id for id, _title in candidates])
        titles = [output.clean(str(title)) for _id, title in candidates]
        lines += ["  " + line for line in output.columns(list(zip(ids, titles, strict=True)))]
    lines += [output.clean(text, lines=True) for text in (kept, hint) if text]
    lines[0] = output.clean(lines[0], lines=True)
    if room := output.width(sys.stderr):
        whole = "\n".join(lines).split("\n")
        lines = [part for line in whole for part in output.folded(line, room)]
    _write_error("\n".join(lines) + "\n")
    return exit_code


def _write_error(text: str | bytes) -> None:
    try:
        output.write(text, error=True)
    except (BrokenPipeError, ValueError):
        return


def _before_dashes(argv: Sequence[str]) -> Sequence[str]:
    return argv[: argv.index("--")] if "--" in argv else argv


def _reader_gone() -> int:
    """The reader of a pipe had enough: point stdout nowhere, so that leaving stays quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return 0
