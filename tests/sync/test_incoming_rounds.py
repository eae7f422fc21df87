"""Two homes that tell each other everything: they end equal, and they fall silent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import HeldError, NotFoundError
from store.sync.inbox.incoming import receive
from store.sync.wire import decode_page
from store.workbench import Workbench
from tests.store.support import NOON, Clock, content, throwaway
from tests.sync.outbox import linked, sent

MOST_ROUNDS = 6

values = st.sampled_from(
    [None, "", "a", "b", "\u00e9", "e\u0301", True, 7, 1.5, ["x"], {"k": None}]
)
acts = st.tuples(
    st.integers(0, 1),
    st.sampled_from(["edit"] * 6 + ["delete", "restore", "pull", "undo", "back", "ahead"]),
    st.sampled_from(["title", "unknown"]),
    values,
)


def told(bench: Workbench) -> list[dict[str, Any]]:
    """What a home sends now, acknowledged."""
    return sent(bench)


def hear(bench: Workbench, changes: list[dict[str, Any]]) -> None:
    """Take in what was sent, by collection, as a server would pass it on."""
    page = decode_page(orjson.dumps({"serverChanges": changes, "syncedUntil": ""}))
    tables = {change["table"] for change in changes}
    for table in sorted(tables):
        app = next(c.app for c in bench.registry if c.wire == table)
        receive(bench, app, table, [row for row in page.rows if row.table == table])


def act(bench: Workbench, clock: Clock, id: str, what: str, field: str, value: Any) -> None:
    """One thing that a person or a bad clock does."""
    if what in ("back", "ahead"):
        clock.time = NOON + timedelta(milliseconds=-1 if what == "back" else 1)
        return
    try:
        if what == "undo":
            bench.history.undo(bench.scope)
            return
        with bench.step(what) as step:
            if what == "edit":
                if field == "title" and not isinstance(value, str):
                    value = str(value)
                step.insert("tasks", {field: value}, id=id)
            elif what == "delete":
                step.delete("tasks", id)
            else:
                step.restore("tasks", id)
    except (NotFoundError, HeldError):
        pass


@pytest.fixture(scope="module")
def homes() -> Iterator[list[tuple[Workbench, Clock]]]:
    clocks = [Clock(), Clock()]
    with throwaway(clocks[0]) as one, throwaway(clocks[1]) as two:
        yield [(linked(one), clocks[0]), (linked(two), clocks[1])]


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(acts, min_size=2, max_size=12))
def test_two_homes_end_equal_and_fall_silent(homes, plan):
    for bench, clock in homes:
        clock.time = NOON
        with bench.db.transaction() as connection:
            connection.execute("DELETE FROM tombs")  # another hour
    sending = [told(bench) for bench, _ in homes]
    hear(homes[1][0], sending[0])
    hear(homes[0][0], sending[1])
    record = str(uuid.uuid4())
    for which, what, *rest in plan:
        bench, clock = homes[which]
        if what == "pull":
            hear(bench, told(homes[1 - which][0]))
        else:
            act(bench, clock, record, what, *rest)
    for _round in range(MOST_ROUNDS):
        sending = [told(bench) for bench, _ in homes]
        if not any(sending):
            break
        hear(homes[1][0], sending[0])
        hear(homes[0][0], sending[1])
    else:
        pytest.fail("the two go on talking")
    one, two = (content(bench) for bench, _ in homes)
    assert one == two
