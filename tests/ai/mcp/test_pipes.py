"""Lines in and out of the protocol's pipes: bounded, and never waited for beyond the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from store.ai.mcp import pipes
from store.ai.mcp.pipes import Input, Output


@pytest.fixture
def way() -> Iterator[tuple[int, int, int, int]]:
    """Two pipes: what the server reads and what the other side writes there; what the server
    writes and what the other side reads."""
    ends = (*os.pipe(), *os.pipe())
    yield ends[0], ends[1], ends[3], ends[2]
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def lines_of(descriptor: int, dropped: list[int] | None = None) -> list[str]:
    """All lines that come from a descriptor."""

    async def gather() -> list[str]:
        answers = Output(descriptor, lambda: None)
        told = dropped if dropped is not None else []
        return [line async for line in Input(descriptor, answers, lambda: told.append(1))]

    return asyncio.run(gather())


def test_what_is_too_long_is_dropped_and_the_rest_is_read(way, monkeypatch):
    monkeypatch.setattr(pipes, "LONGEST", 100)
    read, write, *_others = way
    for sent in (b"one\ntw", b"o\n", b"x" * 5000, b"x" * 5000 + b"\n", b"\xff\n", b"y" * 101):
        os.write(write, sent)
    os.write(write, b"\nlast")
    os.close(write)
    dropped: list[int] = []
    assert lines_of(read, dropped) == ["one", "two", "�", "last"]
    assert len(dropped) == 2


def test_a_file_is_read_to_its_end(tmp_path):
    (tmp_path / "said").write_bytes(b"one\ntwo\n")
    with open(tmp_path / "said", "rb") as file:
        assert lines_of(file.fileno()) == ["one", "two"]


def test_one_that_only_asks_is_not_read_without_end(way, monkeypatch):
    monkeypatch.setattr(pipes, "AHEAD", 10_000)
    monkeypatch.setattr(pipes, "CHUNK", 1000)
    read, write, out, other = way

    async def flood() -> tuple[int, int]:
        answers = Output(out, lambda: None)
        asked = 0
        full = asyncio.Event()

        async def listen() -> None:
            nonlocal asked
            async for _line in Input(read, answers, lambda: None):
                asked += 1
            full.set()

        # More than a pipe and its buffer hold: the answer waits until somebody reads it.
        answering = asyncio.create_task(answers.write("z" * 1_000_000))
        await asyncio.sleep(0.05)
        assert answers.waits
        listening = asyncio.create_task(listen())
        for _n in range(60):
            os.write(write, b"q" * 999 + b"\n")
        os.close(write)
        await asyncio.sleep(0.2)
        before = asked
        while not answering.done():
            os.set_blocking(other, False)
            try:
                os.read(other, 65_536)
            except BlockingIOError:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0)
        await listening
        answers.close()
        return before, asked

    before, after = asyncio.run(flood())
    assert before <= 11
    assert after == 60
