"""The planner: a model works on a mission round by round, through the gate.

    inputs -> prompts -> [compaction -> reminders -> budget -> model -> calls] -> Outcome

The rounds are the library's (``pydantic_ai.Agent``); what is ours hangs on its hooks. One run, one
event loop, in the thread that asked for it or in one of its own. A run that is cancelled, or whose
time is over, cancels the task that waits: the connection is closed, and nothing is called after.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from store import when
from store.errors import ManabenchError
from store.words import _

if TYPE_CHECKING:
    from pydantic_ai.models import Model as Asked

    from store.ai.planner.asking import Guard
    from store.ai.planner.inputs import Inputs
    from store.ai.planner.models import Model
    from store.ai.planner.spending import Purse
    from store.ai.runs.rows import Run
    from store.ai.tools.calling import Calls
    from store.workbench import Workbench

Stop = Literal[
    "assistant-stop",
    "no-tool-calls",
    "max-rounds",
    "cancelled",
    "timeout",
    "budget",
    "llm-error",
]

ROUNDS = 5
"""Rounds of one run at most; a mission may ask for fewer."""

TEMPERATURE = 0.3

LOOK = 0.1
"""Seconds between two looks whether the run was cancelled."""


class Outcome(NamedTuple):
    """How a run of a model went. error: what stopped it, where something did that the person has to
    be told; the run has then failed. tokens and micros: used, with helpers and compactions."""

    summary: str
    stop: Stop
    rounds: int
    tokens: int
    micros: int
    error: ManabenchError | None = None


@dataclass
class _Job:
    bench: Workbench
    run: Run
    mission: Mapping[str, Any]
    agent: Mapping[str, Any]
    calls: Calls
    model: Model
    key: str
    inputs: Inputs
    purse: Purse
    phase: Callable[[str, str], None]
    cancelled: Callable[[], bool]
    until: float
    said: Mapping[str, str]

    def left(self) -> float:
        return self.until - time.monotonic()


def plan(
    bench: Workbench,
    run: Run,
    mission: Mapping[str, Any],
    agent: Mapping[str, Any],
    calls: Calls,
    *,
    model: Model | str | None = None,
    phase: Callable[..., None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    seconds: float | None = None,
) -> Outcome:
    """Let a model work on a mission and return how it went.

    model: the agent's, else the default. phase(name, detail) is told what goes on and may raise to
    end the run. Raises what comes before a model is asked: NotFoundError without a model,
    GuardError for inputs that are too long, LockedError, StorageError for a key that is gone,
    UsageError for a library that is not installed.
    """
    from store.ai.planner import inputs, models, prompts
    from store.ai.planner.spending import Purse
    from store.ai.runs import budget, rows

    if not isinstance(model, models.Model):
        model = models.get(bench, model) if model else models.chosen(bench, agent)
    key = models.key_of(bench, model)
    given = inputs.resolve(bench, calls, mission)
    rows.take_inputs(bench, run.id, given.kept())
    said = {one.id: one.feedback for one in rows.of_mission(bench, run.mission)}
    if prompts.from_elsewhere(mission, run.id, said):
        calls.tainted = True
    job = _Job(
        bench,
        run,
        mission,
        agent,
        calls,
        model,
        key,
        given,
        Purse(bench, run, model),
        lambda name, detail: phase(name, detail) if phase is not None else None,
        cancelled or (lambda: False),
        time.monotonic() + (budget.seconds(mission) if seconds is None else seconds),
        said,
    )
    return _in_a_loop(job)


def _in_a_loop(job: _Job) -> Outcome:
    """Here where this thread has no event loop, else in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_work(job))
    found: list[Outcome] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(asyncio.run(_work(job)))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            failed.append(error)
        finally:
            job.bench.db.leave()

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), name="manabench-planner")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


# In the loop ----------------------------------------------------------------------------------


async def _work(job: _Job) -> Outcome:
    from pydantic_ai import exceptions as faults

    from store.ai.planner.connecting import connected, told
    from store.ai.runs.budget import BudgetError

    rounds = most_rounds(job.mission)
    error: ManabenchError | None = None
    guard = None
    stop: Stop
    async with connected(job.model, job.key) as asked:
        try:
            worker, guard = _agent(job, asked, rounds)
            text = await _watched(job, worker, rounds)
            stop = "assistant-stop" if guard.finish in ("stop", "") else "no-tool-calls"
        except faults.UsageLimitExceeded:
            text, stop = "", "max-rounds"
        except faults.RunTimedOut:
            text, stop = "", "timeout"
        except faults.RunCancelled:
            text, stop = "", "cancelled"
        except BudgetError as spent:
            text, stop, error = "", "budget", spent
        except (faults.AgentRunError, faults.UserError) as fault:
            text, stop, error = "", "llm-error", told(fault, job.model)
    said = text or (guard.text if guard is not None else "")
    used = job.purse
    return Outcome(
        said, stop, guard.rounds if guard is not None else 0, used.tokens, used.micros, error
    )


def most_rounds(mission: Mapping[str, Any]) -> int:
    """The rounds that a run may have: the mission's ``budget.rounds``, if that is fewer."""
    budget = mission.get("budget")
    asked = budget.get("rounds") if isinstance(budget, Mapping) else None
    if isinstance(asked, int) and not isinstance(asked, bool):
        return max(1, min(ROUNDS, asked))
    return ROUNDS


def _agent(job: _Job, asked: Asked, rounds: int) -> tuple[Any, Guard]:
    """The library's agent for this run, with our hooks."""
    from store.ai.planner import prompts
    from store.ai.planner.toolset import Gate

    async def helper(kind: str, prompt: str) -> dict[str, Any]:
        return await _help(job, asked, kind, prompt)

    gate = Gate(job.bench, job.calls, phase=job.phase, window=job.model.window, helper=helper)
    return _assembled(job, asked, gate, rounds, prompts.system(job.agent, rounds))


def _assembled(
    job: _Job, asked: Asked, gate: Any, rounds: int, instructions: str
) -> tuple[Any, Guard]:
    from pydantic_ai import Agent
    from pydantic_ai.capabilities import ProcessHistory

    from store.ai.planner.asking import Guard
    from store.ai.planner.compaction import Compactor

    guard = Guard(job.purse, gate, rounds, job.left, job.phase)
    worker = Agent(
        asked,
        instructions=instructions,
        toolsets=[gate],
        capabilities=[ProcessHistory(Compactor(guard, job.model.window)), guard],
        retries={"tools": 1000, "output": 1},
        # Models of this machine take one; some hosted ones refuse a request that says any.
        model_settings={"temperature": TEMPERATURE} if job.model.local else {},
    )
    return worker, guard


async def _watched(job: _Job, worker: Any, rounds: int) -> str:
    """The closing words of a run that is looked after: cancelled when somebody asks for it."""
    from pydantic_ai import CancellationToken
    from pydantic_ai.usage import UsageLimits

    from store.ai.planner import prompts

    token = CancellationToken()

    async def watch() -> None:
        while not job.cancelled():
            await asyncio.sleep(LOOK)
        token.cancel()

    if job.cancelled():
        token.cancel()
    watcher = asyncio.create_task(watch())
    try:
        now, zone = _now(job.mission)
        asked = prompts.user(job.mission, job.inputs, job.run.id, now, zone, said=job.said)
        done = await worker.run(
            asked,
            usage_limits=UsageLimits(request_limit=rounds),
            timeout=max(0.01, job.left()),
            cancellation_token=token,
        )
        return str(done.output or "")
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


def _now(mission: Mapping[str, Any]) -> tuple[datetime, str]:
    """The present where the mission is at home, and what that zone is called."""
    now = when.now()
    zone = mission.get("timeZone")
    if isinstance(zone, str) and zone:
        try:
            return now.astimezone(ZoneInfo(zone)), zone
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # a zone of another system: the time here is told instead
    return now, str(now.tzname() or "")


async def _help(job: _Job, asked: Asked, kind: str, prompt: str) -> dict[str, Any]:
    """One task of a helper, whose tools are fewer and who has no helper. What it spends is the
    run's, and the run's end is its end."""
    from pydantic_ai import exceptions as faults
    from pydantic_ai.usage import UsageLimits

    from store.ai.planner.toolset import HELPERS, Gate

    instructions, rounds = HELPERS[kind]
    gate = Gate(
        job.bench,
        job.calls,
        phase=job.phase,
        window=job.model.window,
        reads_only=kind != "general",
    )
    worker, guard = _assembled(job, asked, gate, rounds, instructions)
    stop, success, summary = "assistant-stop", True, ""
    try:
        done = await worker.run(prompt, usage_limits=UsageLimits(request_limit=rounds))
        summary = str(done.output or "")
    except faults.UsageLimitExceeded:
        stop, summary = "max-rounds", guard.text
    except faults.RunCancelled:
        raise
    except faults.AgentRunError:
        stop, success = "llm-error", False
        summary = _("The helper could not be asked.")
    data = {"subagent_type": kind, "rounds": guard.rounds, "stop": stop}
    return {"success": success, "message": summary, "data": data}
