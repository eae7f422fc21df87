"""The runs of this device: one row each, written as they go on.

A row is what a run is held to: who may write in its name asks ``require_running`` inside the
transaction of the write, so nothing is written after the end, whoever ended it. What other devices
see of a run stands in its mission's ``iterations`` (see ``iterations``) and is written from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.ai.runs import process
from store.ai.runs.telling import told
from store.errors import GuardError, LockedError, NotFoundError, UnreadableError
from store.records import dumps
from store.stamps import instant
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

State = Literal["running", "awaiting-review", "approved", "rejected", "failed"]

NOTICE = "runs"
"""The collection of change notices about runs."""

FEEDBACKS = 20_000
"""Characters of feedback that one run keeps at most."""

_COLUMNS = (
    "n, id, mission, agent, space, slot, source, state, phase, cancel, process, beat, began, "
    "ended, tokens, micros, doc"
)


class StepRow(NamedTuple):
    """One call of a run. number: from 0, as in its id on the wire. status: one of the wire's
    (planned, staged, approved, rejected, skipped, failed). summary: what came of it."""

    number: int
    tool: str
    params: Mapping[str, Any]
    status: str
    summary: str
    proposal: str = ""
    at: str = ""


class Run(NamedTuple):
    """One run of a mission, or one connection of a tool client (``mission`` is then "").

    id: the iteration's. space: its row. slot: the time it was due at, "" for one that was asked
    for. source: browser (here), server, mcp, or ``elsewhere`` for one that only the mission's
    record tells of. micros: millionths of a dollar. twice: two devices ran the same slot apart.
    error: the wire's ``errorDetails``. tainted: it has read text that nobody here wrote; kept of
    connections only.
    """

    n: int
    id: str
    mission: str
    agent: str
    space: int
    slot: str = ""
    source: str = "browser"
    state: str = "running"
    phase: str = ""
    cancel: bool = False
    process: str = ""
    beat: str = ""
    began: str = ""
    ended: str = ""
    tokens: int = 0
    micros: int = 0
    mission_title: str = ""
    agent_name: str = ""
    detail: str = ""
    summary: str = ""
    steps: tuple[StepRow, ...] = ()
    feedback: str = ""
    error: Mapping[str, str] | None = None
    inputs: tuple[Mapping[str, Any], ...] = ()
    twice: bool = False
    readable: bool = True
    tainted: bool = False

    @property
    def waits(self) -> int:
        """How many of its steps wait for a look."""
        return sum(step.status == "staged" for step in self.steps)


_NONE = ("", "", "", "", (), "", None, (), False, True, False)
"""What is sealed, as long as it does not open."""

_DOC = ("mission_title", "agent_name", "detail", "summary", "feedback", "error", "tainted")


# Reading ------------------------------------------------------------------------------------------


def get(bench: Workbench, run_id: str) -> Run:
    """The run with this id. Raises NotFoundError."""
    found = _read(bench, "WHERE id = ?", (run_id,))
    if not found:
        raise NotFoundError(
            _("No such run: {id}.").format(id=run_id[:8]), kept=_("Nothing was changed.")
        )
    return found[0]


def several(bench: Workbench, ids: Iterable[str]) -> list[Run]:
    """Those of these runs that are known here."""
    wanted = dumps(sorted(ids))
    return _read(bench, "WHERE id IN (SELECT value FROM json_each(?))", (wanted,))


def of_mission(bench: Workbench, mission: str, limit: int = 50) -> list[Run]:
    """The newest runs of a mission on this device, newest first."""
    return _read(bench, "WHERE mission = ? ORDER BY n DESC LIMIT ?", (mission, limit))


def running(bench: Workbench) -> list[Run]:
    """What runs on this device, in any process, oldest first."""
    return _read(bench, "WHERE state = 'running' ORDER BY n", ())


def _read(bench: Workbench, end: str, values: Sequence[Any]) -> list[Run]:
    return [
        _opened(bench, row) for row in bench.db.read(f"SELECT {_COLUMNS} FROM runs {end}", values)
    ]


def _opened(bench: Workbench, row: Sequence[Any]) -> Run:
    *head, doc = row
    plain = Run._make((*head[:9], bool(head[9]), *head[10:], *_NONE))
    try:
        found = bench.vault.open(NOTICE, plain.id, "doc", doc)
    except (LockedError, UnreadableError):
        return plain._replace(readable=False)
    return plain._replace(
        **{name: found[name] for name in _DOC if name in found},
        steps=tuple(StepRow(*step) for step in found.get("steps", ())),
        inputs=tuple(found.get("inputs", ())),
    )


# Writing ------------------------------------------------------------------------------------------


def begin(
    bench: Workbench,
    *,
    id: str,
    mission: str,
    agent: str,
    space: int,
    slot: str = "",
    source: str = "browser",
    mission_title: str = "",
    agent_name: str = "",
) -> Run | None:
    """Claim ``slot`` and begin its run; None where this device has had that slot, or that run.

    Raises LockedError.
    """
    now = instant(bench.clock())
    with bench.db.transaction() as connection:
        taken = connection.execute(
            "SELECT 1 FROM runs WHERE id = ? OR (mission = ? AND slot = ? AND slot <> '')",
            (id, mission, slot),
        ).fetchone()
        if taken:
            return None
        made = Run(0, id, mission, agent, space, slot, source, began=now, beat=now)
        made = made._replace(
            process=process.own(), mission_title=mission_title, agent_name=agent_name
        )
        connection.execute(
            "INSERT INTO runs (id, mission, agent, space, slot, source, state, phase, cancel, "
            "process, beat, began, ended, tokens, micros, doc) "
            "VALUES (?, ?, ?, ?, ?, ?, 'running', '', 0, ?, ?, ?, '', 0, 0, ?)",
            (id, mission, agent, space, slot, source, made.process, now, now, _doc(bench, made)),
        )
        _tell(bench, made)
        return get(bench, id)


def phase(bench: Workbench, run_id: str, name: str, detail: str = "") -> None:
    """Say what a run is doing; nothing for one that has ended."""
    with bench.db.transaction(durable=False) as connection:
        run = get(bench, run_id)
        if run.state == "running":
            _save(bench, run._replace(phase=name, detail=detail))
            connection.execute(
                "UPDATE runs SET beat = ? WHERE id = ?", (instant(bench.clock()), run_id)
            )


def beat(bench: Workbench, run_id: str) -> bool:
    """A sign of life; False where the run has ended, or was asked to."""
    with bench.db.transaction(durable=False) as connection:
        found = connection.execute(
            "UPDATE runs SET beat = ? WHERE id = ? AND state = 'running' RETURNING cancel",
            (instant(bench.clock()), run_id),
        ).fetchone()
    return found is not None and not found[0]


def take_inputs(bench: Workbench, run_id: str, inputs: Sequence[Mapping[str, Any]]) -> None:
    """Keep what a run was given, so that it can be shown."""
    with bench.db.transaction(durable=False):
        require_running(bench, run_id)
        _save(bench, get(bench, run_id)._replace(inputs=tuple(inputs)))


def taint(bench: Workbench, run_id: str) -> None:
    """Keep that a run has read text that nobody here wrote."""
    with bench.db.transaction(durable=False):
        _save(bench, get(bench, run_id)._replace(tainted=True))


def next_step(bench: Workbench, run_id: str) -> int:
    """The number that the next step gets."""
    return len(get(bench, run_id).steps)


def add_step(
    bench: Workbench,
    run_id: str,
    tool: str,
    params: Mapping[str, Any],
    status: str,
    summary: str,
    proposal: str = "",
) -> int:
    """Note a call with its run, in the transaction of what it wrote; returns its number.

    Raises StoppedError where the run has ended.
    """
    with bench.db.transaction():
        require_running(bench, run_id)
        run = get(bench, run_id)
        step = StepRow(
            len(run.steps), tool, dict(params), status, summary, proposal, instant(bench.clock())
        )
        _save(bench, run._replace(steps=(*run.steps, step)))
        return step.number


def set_step(
    bench: Workbench, run_id: str, step: int, status: str, summary: str | None = None
) -> None:
    """A step was decided; the run and what other devices see of it follow.

    Call it beside the step that carried the decision out, in one transaction with it, not inside
    it: this is bookkeeping, and no part of what a revert takes back.
    """
    with bench.db.transaction():
        run = get(bench, run_id)
        steps, generated = list(run.steps), run.summary == told(run.steps)
        if not 0 <= step < len(steps) or steps[step].status == status:
            return
        steps[step] = steps[step]._replace(
            status=status, summary=steps[step].summary if summary is None else summary
        )
        run = run._replace(steps=tuple(steps))
        if run.state != "running":
            run = run._replace(
                state=outcome(run.steps, run.error),
                summary=told(run.steps) if generated else run.summary,
            )
        _save(bench, run)
        if run.state != "running":
            _write_back(bench, run)


def give_feedback(bench: Workbench, run_id: str, text: str) -> None:
    """Add to what a person says of a run; the next run of the mission reads it."""
    with bench.db.transaction():
        run = get(bench, run_id)
        said = "\n• ".join(filter(None, (run.feedback, text.strip())))[:FEEDBACKS]
        if said != run.feedback:
            run = run._replace(feedback=said)
            _save(bench, run)
            _write_back(bench, run)


def spent(bench: Workbench, run_id: str, tokens: int, micros: int) -> None:
    """Count what a run has used so far, ended or not: it was used."""
    with bench.db.transaction(durable=False) as connection:
        connection.execute(
            "UPDATE runs SET tokens = tokens + ?, micros = micros + ? WHERE id = ?",
            (tokens, micros, run_id),
        )
        bench.db.touch(NOTICE, "", {run_id})


def finish(
    bench: Workbench, run_id: str, summary: str = "", error: Mapping[str, str] | None = None
) -> Run:
    """End a run; its state follows from its steps. One that has ended stays as it is.

    error: why it could not be carried through, as the wire's ``errorDetails``.
    """
    with bench.db.transaction():
        run = get(bench, run_id)
        if run.state != "running":
            return run
        run = run._replace(
            state=outcome(run.steps, error),
            summary=summary or told(run.steps),
            error=dict(error) if error else None,
            ended=instant(bench.clock()),
            phase="",
            detail="",
        )
        _save(bench, run)
        _write_back(bench, run, turn=True)
        return run


def outcome(steps: Sequence[StepRow], error: object = None) -> State:
    """How a run ended, by its steps."""
    if error:
        return "failed"
    found = [step.status for step in steps]
    if "staged" in found:
        return "awaiting-review"
    decided = [step.status for step in steps if step.proposal]
    if decided and set(decided) == {"rejected"}:
        return "rejected"
    if found and set(found) <= {"failed", "skipped"}:
        return "failed" if "failed" in found else "rejected"
    return "approved"


# Ending from outside ------------------------------------------------------------------------------


class StoppedError(GuardError):
    """The run has ended, was cancelled or ran out of time: nothing may be written in its name."""

    code = "stopped"


def require_running(bench: Workbench, run_id: str) -> None:
    """Call it inside the transaction of a write of a run. Raises StoppedError."""
    found = bench.db.read("SELECT state, cancel FROM runs WHERE id = ?", (run_id,))
    if not found or found[0][0] != "running" or found[0][1]:
        raise StoppedError(_("This run has ended."), kept=_("Nothing more is written in its name."))


def cancel(bench: Workbench, run_id: str) -> bool:
    """Ask a run to stop, whichever process it is in; whether there was anything to stop."""
    with bench.db.transaction() as connection:
        found = connection.execute(
            "UPDATE runs SET cancel = 1 WHERE id = ? AND state = 'running' RETURNING space",
            (run_id,),
        ).fetchone()
        if found:
            bench.db.touch(NOTICE, space_id(bench, found[0]), {run_id})
    return found is not None


def cancelled(bench: Workbench, run_id: str) -> bool:
    """Whether somebody asked a run to stop, or it has ended."""
    found = bench.db.read("SELECT state, cancel FROM runs WHERE id = ?", (run_id,))
    return not found or found[0][0] != "running" or bool(found[0][1])


INTERRUPTED = N_("The program ended, or was locked, in the middle of this run.")


def orphans(bench: Workbench) -> int:
    """End the runs whose process is gone; returns how many. Nothing while the vault is locked."""
    if not bench.vault.unlocked:
        return 0
    ended = 0
    for run in running(bench):
        if _is_lost(run) or process.is_gone(run.process, run.beat, bench.clock()):
            error = {"name": "interrupted", "message": _(INTERRUPTED), "phase": run.phase}
            finish(bench, run.id, _(INTERRUPTED), error)
            ended += 1
    return ended


_here: list[str] = []


@contextmanager
def kept(run_id: str) -> Iterator[None]:
    """Inside, somebody in this process sees to the run."""
    _here.append(run_id)
    try:
        yield
    finally:
        _here.remove(run_id)


def _is_lost(run: Run) -> bool:
    """Whether a run of this process was left without its end: the vault was locked under it."""
    mine = run.source in ("browser", "server") and run.process == process.own()
    return mine and run.id not in _here


# Helpers ------------------------------------------------------------------------------------------


def space_id(bench: Workbench, number: int) -> str:
    """The id of the space with this row; "" for none."""
    found = bench.db.read('SELECT id FROM "spaces" WHERE pk = ?', (number,))
    return str(found[0][0]) if found else ""


def _doc(bench: Workbench, run: Run) -> str:
    doc = {name: getattr(run, name) for name in _DOC}
    doc |= {"steps": [list(step) for step in run.steps], "inputs": list(run.inputs)}
    return bench.vault.seal(NOTICE, run.id, "doc", doc)


def _save(bench: Workbench, run: Run) -> None:
    with bench.db.transaction() as connection:
        connection.execute(
            "UPDATE runs SET state = ?, phase = ?, ended = ?, doc = ? WHERE id = ?",
            (run.state, run.phase, run.ended, _doc(bench, run), run.id),
        )
        _tell(bench, run)


def _tell(bench: Workbench, run: Run) -> None:
    bench.db.touch(NOTICE, space_id(bench, run.space), {run.id})


def _write_back(bench: Workbench, run: Run, *, turn: bool = False) -> None:
    from store.ai.runs import iterations

    iterations.write_back(bench, run, turn=turn)
