"""The measure itself: a heart that misses a pause, or a journey nobody walks, would prove much."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path

import pytest

from tests.journeys.beating import beat
from tests.journeys.budgets import BUDGETS, GAP, Spent


async def beaten(pulse: Path, seconds: float) -> Spent:
    """A loop with a heart, that is away for so long."""
    pulse.touch()
    file = os.open(pulse, os.O_WRONLY | os.O_APPEND)
    beating = asyncio.create_task(beat(file))
    await asyncio.sleep(0.05)
    time.sleep(seconds)  # as a slow reading on the loop would
    await asyncio.sleep(0.05)
    beating.cancel()
    os.close(file)
    return Spent(pulse)


async def test_a_loop_that_is_away_is_seen_and_fails_the_journey(tmp_path: Path) -> None:
    spent = await beaten(tmp_path / "pulse", 2 * GAP)
    assert GAP < spent.worst().length <= 2.5 * GAP
    with pytest.raises(AssertionError, match="loop away"):
        spent.check("2 three done of 100,000", (80, 24))


async def test_what_happens_while_another_program_has_the_terminal_is_left_out(
    tmp_path: Path,
) -> None:
    since = time.monotonic()
    spent = await beaten(tmp_path / "pulse", 2 * GAP)
    spent.away.append((since, time.monotonic()))
    assert spent.worst().length < GAP


def test_every_journey_of_the_table_is_walked() -> None:
    tests = [file.read_text() for file in Path(__file__).parent.glob("test_[0-9]*.py")]
    walked = {name for text in tests for name in re.findall(r'\.journey\("([^"]+)"\)', text)}
    assert walked == set(BUDGETS)
