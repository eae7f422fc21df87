"""Runs a plan and says what came of it; makes a failing plan smaller."""

from __future__ import annotations

import os
import shutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from store.sync.engine import clientid, planning
from tests.simulation import checks, homes, plans
from tests.simulation.plans import Plan
from tests.simulation.world import BrokenError, World

COLLECTIONS = tuple(
    tuple(name.split("/"))
    for name in "notes/notes notes/noteTags todo/tasks todo/taskLabels contacts/contacts "
    "contacts/contactTags tags/tags tags/userTagPresets mana/workbenchScenes "
    "moodlit/moods ai/agents".split()
)
"""The names that simulated engines pull: those that somebody in a simulated world writes."""


class Result(NamedTuple):
    """failure: what broke, "" if nothing did. detail: the whole of it."""

    plan: Plan
    failure: str
    detail: str
    trace: list[str]


class Bench:
    """What the runs of one process share: templates of homes, and a folder in memory."""

    def __init__(self) -> None:
        self.templates = homes.Templates()
        self._config = self.templates.root / "config"
        self._runs = 0

    def close(self) -> None:
        self.templates.close()

    def run(self, plan: Plan) -> Result:
        """Run a plan from its beginning to the checks."""
        self._runs += 1
        root = self.templates.root / f"run{self._runs}"
        world: World | None = None
        with homes.dice(Random(plan.seed ^ 0xD1CE)), surroundings(self._config):
            try:
                world = World(plan, self.templates, root)
                for step in plan.steps:
                    world.take(step)
                world.calm()
                checks.all_of(world)
            except BrokenError as failure:
                return Result(plan, failure.what, str(failure), world.trace if world else [])
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
                what = f"{type(error).__name__} in {_where(error)}"
                detail = "".join(traceback.format_exception(error))
                return Result(plan, what, detail, world.trace if world else [])
            finally:
                if world is not None:
                    world.close()
        return Result(plan, "", "", world.trace)

    def shrink(self, result: Result, *, tries: int = 400) -> Result:
        """A smaller plan that fails in the same way."""
        best = result
        size = max(1, len(best.plan.steps) // 2)
        while size and tries > 0:
            start = 0
            while start < len(best.plan.steps) and tries > 0:
                tries -= 1
                steps = best.plan.steps[:start] + best.plan.steps[start + size :]
                smaller = self.run(best.plan._replace(steps=steps))
                if smaller.failure == result.failure:
                    best = smaller
                else:
                    start += size
            size //= 2
        return self._tamer(best)

    def _tamer(self, best: Result) -> Result:
        """The same with a better world, as far as it still fails."""
        for shape in list(_tamer_shapes(best.plan.shape)):
            # Each change alone, on top of those that stood the test before.
            wanted = best.plan.shape._replace(**shape)
            if wanted != best.plan.shape:
                tamer = self.run(best.plan._replace(shape=wanted))
                if tamer.failure == best.failure:
                    best = tamer
        return best


def _tamer_shapes(shape: plans.Shape) -> Iterator[dict[str, Any]]:
    yield {"traits": plans.KIND}
    yield {"weather": plans.FAIR}
    yield {"webs": 0}
    yield {"skew": 0, "drift": 0}
    yield {"guests": 0}
    yield {"devices": 2}
    for fault in plans.FAIR._fields:
        if getattr(shape.weather, fault):
            yield {"weather": plans.FAIR._replace(**{fault: getattr(shape.weather, fault)})}
    for name in plans.KIND._fields:
        if getattr(shape.traits, name) != getattr(plans.KIND, name):
            yield {"traits": plans.KIND._replace(**{name: getattr(shape.traits, name)})}


@contextmanager
def surroundings(config: Path) -> Iterator[None]:
    """A configuration folder of the run's own, and engines that look only for collections that
    somebody here writes."""
    names, known, before = planning.Plan.names, planning.known, os.environ.get("MANABENCH_CONFIG")
    planning.Plan.names = lambda plan, *, every=False: list(COLLECTIONS)  # type: ignore[method-assign]
    planning.known = lambda: iter(COLLECTIONS)
    os.environ["MANABENCH_CONFIG"] = str(config)
    shutil.rmtree(config / clientid.FOLDER, ignore_errors=True)
    try:
        yield
    finally:
        planning.Plan.names = names  # type: ignore[method-assign]
        planning.known = known
        os.environ.pop("MANABENCH_CONFIG")
        if before is not None:
            os.environ["MANABENCH_CONFIG"] = before


def _where(error: BaseException) -> str:
    """The deepest of our own places in a traceback."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if f"{os.sep}store{os.sep}" in frame.filename:
            return f"{Path(frame.filename).name}:{frame.name}"
    return "the simulation"
