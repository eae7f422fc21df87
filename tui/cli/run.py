"""run: what is due, without a screen. Once, or for as long as it is left running."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from store.errors import UsageError
from store.words import N_, _
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import Verb

if TYPE_CHECKING:
    from store.ai.runs.rows import Run
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

ENDS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})

GOING = 15.0
"""Seconds that a run under way is given to end when the program is asked to."""

STATES = {
    "running": N_("running"),
    "awaiting-review": N_("waits for a look"),
    "approved": N_("completed"),
    "rejected": N_("rejected"),
    "failed": N_("failed"),
}

# For the manual and --help; not translated word by word, because it is typed as it stands.
_UNIT = """\b
~/.config/systemd/user/manabench-run.service:
  [Unit]
  Description=Missions of manabench
  [Service]
  ExecStart=%h/.local/bin/manabench run --watch
  Restart=on-failure
  RestartPreventExitStatus=2 3 4
  [Install]
  WantedBy=default.target
systemctl --user enable --now manabench-run; loginctl enable-linger keeps it without a login.
\b
crontab -e:
  */5 * * * * manabench run --once"""


def shown(bench: Workbench, found: list[Run]) -> list[str]:
    """One line a run: id, when it began, how it went, whose mission, what it says."""
    from store import when

    now = bench.now()
    ids = output.short_ids([run.id for run in found])
    return output.columns(
        [
            (
                id,
                when.moment(run.began, now),
                _(STATES.get(run.state, run.state)),
                run.mission_title,
                run.summary + (" " + _("(run twice)") if run.twice else ""),
            )
            for id, run in zip(ids, found, strict=True)
        ],
        width=output.width(),
    )


def document(run: Run) -> dict[str, Any]:
    """A run as scripts see it."""
    made = run._asdict()
    for name in ("n", "process", "beat", "readable", "cancel"):
        del made[name]
    return made | {"steps": [step._asdict() for step in run.steps], "error": run.error}


@click.pass_context
def _run(ctx: click.Context, once: bool, watch: bool, mission: str | None) -> None:
    call: Call = ctx.obj
    if once and watch:
        raise UsageError(_("Either --once or --watch."), kept=_("Nothing was run."))
    if watch:
        # Before anything starts a thread: each inherits what is blocked here.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    bench = call.bench(unlock="must")
    only = _only(call, bench, mission)
    if watch:
        _watch(ctx, call, bench, only)
    else:
        _once(ctx, call, bench, only)


def _only(call: Call, bench: Workbench, mission: str | None) -> str:
    if mission is None:
        return ""
    _bench, scope = call.scoped(unlock="must")
    return str(bench.documents.find(scope, "aiMissions", mission)["id"])


def _once(ctx: click.Context, call: Call, bench: Workbench, only: str) -> None:
    from store.ai.runs import scheduler

    done = scheduler.tick(bench, only=only)
    left = [one for one in scheduler.due(bench) if not only or one.mission["id"] == only]
    for one in left:
        why = one.why.message if one.why is not None else _("It was not its turn.")
        call.note(output.clean(f"{one.mission.text('title')}: {why}"))
    if not done and not left:
        call.note(_idle(bench, scheduler.elsewhere(bench)))
    call.answer([document(run) for run in done], lambda: shown(bench, done))
    if any(run.state == "failed" for run in done):
        ctx.exit(1)


def _idle(bench: Workbench, others: list[tuple[Scope, Record]]) -> str:
    from store import when
    from store.ai.runs.scheduler import next_due

    words = _("Nothing is due.")
    if (at := next_due(bench)) is not None:
        from store.stamps import instant

        words += " " + _("Next: {when}.").format(when=when.moment(instant(at), bench.now()))
    if others:
        words += " " + _("{n} run on other devices: see manabench mission take-over.").format(
            n=len(others)
        )
    return words


def _watch(ctx: click.Context, call: Call, bench: Workbench, only: str) -> None:
    """Run what becomes due until a signal ends it. Signals are waited for, never handled: nothing
    is interrupted in the middle of a write."""
    from store.ai.runs.scheduler import Scheduler

    main, ended = threading.main_thread().ident or 0, {"code": 0}

    def told(done: list[Run]) -> None:
        if call.json:
            for run in done:
                output.write(output.document(document(run)))
        else:
            output.write("\n".join(shown(bench, done)) + "\n")
        if sys.stdout:
            sys.stdout.flush()

    def leave(code: int) -> None:
        ended["code"] = code
        signal.pthread_kill(main, signal.SIGTERM)

    def locked() -> None:
        call.note(_("The vault was locked; nothing runs any more."))
        leave(4)

    def failed(error: Exception) -> None:
        call.note(output.clean(str(error)) or type(error).__name__)

    bench.db.watch()
    working = Scheduler(bench, told=told, failed=failed, locked=locked, only=only).start()
    call.note(_("Missions run when they are due; Ctrl+C or a signal ends it."))
    signal.sigwait(ENDS)
    if not working.stop(GOING):
        # A call that does not come back: what it would still write is refused by its run's row.
        os._exit(ended["code"])
    ctx.exit(ended["code"])


run = Verb(
    "run",
    callback=_run,
    params=[
        click.Option(["--once"], is_flag=True, help=_("Run what is due, then end; the usual.")),
        click.Option(
            ["--watch"], is_flag=True, help=_("Go on running what becomes due, until a signal.")
        ),
        click.Option(["--mission"], metavar="MISSION", help=_("Only this mission, if it is due.")),
    ],
    help=_(
        "Run the missions that are due on this device, in all spaces. What needs a look waits in "
        "the inbox. Exit code 1 where a run failed."
    )
    + "\n\n"
    + _UNIT,
)
