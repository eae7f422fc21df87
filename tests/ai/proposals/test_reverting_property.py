"""Whatever agent and person did in turn, a revert brings back exactly what was not the agent's."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.ai.proposals.reverting import plan_revert, revert
from store.workbench import Workbench
from tests.ai.proposals.staged import MISSION, RUN, act, equip, read, task
from tests.store.support import Clock, content, sound, throwaway

OTHER = "c0000000-0000-4000-8000-000000000002"
WHO = st.sampled_from(("agent", "agent", "other", "person", "undo"))
WRITES = st.lists(
    st.tuples(WHO, st.integers(0, 1), st.sampled_from(("title", "priority")), st.integers(1, 4)),
    min_size=1,
    max_size=9,
)
PRIORITIES = {1: "low", 2: "medium", 3: "high", 4: "urgent"}


class Model:
    """Who wrote what into each field, with undo as it works."""

    def __init__(self) -> None:
        self.past: dict[tuple[str, str], list[tuple[str, object]]] = defaultdict(list)
        self.steps: list[tuple[tuple[str, str], list[tuple[str, object]], object]] = []

    def write(self, who: str, place: tuple[str, str], value: object) -> None:
        before = list(self.past[place])
        if before[-1][1] == value:
            return
        self.past[place] = [*before, (who, value)]
        if who == "person":
            self.steps.append((place, before, self.past[place]))

    def undo(self) -> None:
        while self.steps:
            place, before, after = self.steps.pop()
            if self.past[place] == after:
                self.past[place] = before
            return

    def reverted(self, place: tuple[str, str]) -> object:
        past = list(self.past[place])
        while past[-1][0] == "agent":
            past.pop()
        return past[-1][1]


def play(bench: Workbench, clock: Clock, writes: list[tuple[str, int, str, int]]) -> Model:
    ids = [task(bench, f"t{n}", priority="urgent") for n in range(2)]
    model = Model()
    for n, id in enumerate(ids):
        model.past[id, "title"] = [("first", f"t{n}")]
        model.past[id, "priority"] = [("first", "urgent")]
    for number, (who, n, field, value) in enumerate(writes):
        clock.tick()
        new = PRIORITIES[value] if field == "priority" else f"v{value}"
        if who == "undo":
            if model.steps:
                bench.history.undo(bench.scope)
                model.undo()
        elif who == "person":
            with bench.step("edit") as step:
                step.update("tasks", ids[n], {field: new})
            model.write(who, (ids[n], field), new)
        else:
            run = RUN if who == "agent" else OTHER
            act(bench, "t_edit", step=number, run=run, id=ids[n], **{field: new})
            model.write(who, (ids[n], field), new)
    return model


@pytest.mark.slow
@settings(max_examples=15)
@given(WRITES)
@example([(who, 0, "title", n) for n, who in enumerate(("agent", "person", "undo", "agent"), 1)])
def test_revert_restores_exactly_the_previous_values_unless_somebody_wrote_since(writes):
    clock = Clock()
    with throwaway(clock) as bench:
        equip(bench)
        model = play(bench, clock, writes)
        for (id, field), past in model.past.items():
            assert read(bench, id)[field] == past[-1][1]
        if not any(who == "agent" for past in model.past.values() for who, _value in past):
            return
        clock.tick()
        plan = plan_revert(bench, MISSION, RUN)
        done = revert(bench, MISSION, RUN)
        assert plan._replace(changes=()) == done
        for place in model.past:
            assert read(bench, place[0])[place[1]] == model.reverted(place)
        left = {(id, field) for _collection, id, field in done.left}
        for place, past in model.past.items():
            wrote = any(who == "agent" for who, _value in past)
            assert (place in left) == (wrote and past[-1][0] != "agent")
        now = content(bench)
        assert revert(bench, MISSION, RUN).changed == 0
        assert content(bench) == now
        sound(bench)
