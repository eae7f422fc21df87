"""Lines from standard input and to standard output, for a protocol that owns both.

What a program sends is bounded line by line; what it does not read never keeps this one from
ending. While the protocol runs, descriptor 1 leads to standard error and descriptor 0 to nothing,
so whatever else writes or reads cannot touch it.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

LONGEST = 4_000_000
"""Bytes that one message may have. What is longer is dropped, and the next line is read."""

CHUNK = 65_536

AHEAD = 16_000_000
"""Bytes that are read while the other side reads nothing. Then nothing more is read either, or one
that only asks would fill the memory."""


class Input:
    """What the other side sends, line by line. dropped is told of each line that was too long;
    answers is where the other side should read."""

    def __init__(self, descriptor: int, answers: Output, dropped: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._answers = answers
        self._dropped = dropped

    async def __aiter__(self) -> AsyncIterator[str]:
        buffer = bytearray()
        skipping = False
        ahead = 0
        async for chunk in _chunks(self._descriptor):
            ahead = ahead + len(chunk) if self._answers.waits else 0
            if ahead > AHEAD:
                await self._answers.read()
            *whole, rest = chunk.split(b"\n")
            for end in whole:
                if not skipping and len(buffer) + len(end) <= LONGEST:
                    yield (bytes(buffer) + end).decode("utf-8", "replace")
                else:
                    self._dropped()
                buffer.clear()
                skipping = False
            if skipping or len(buffer) + len(rest) > LONGEST:
                skipping = True
                buffer.clear()
            else:
                buffer += rest
        if skipping:
            self._dropped()
        elif buffer:
            yield buffer.decode("utf-8", "replace")


async def _chunks(descriptor: int) -> AsyncIterator[bytes]:
    """All that comes from a descriptor. From a pipe it is awaited, so that it can be given up; a
    file or device is read at once, because it never makes anybody wait."""
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)):
        while chunk := os.read(descriptor, CHUNK):
            yield chunk
        return
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _protocol = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader),
        os.fdopen(os.dup(descriptor), "rb", buffering=0),
    )
    try:
        with suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                yield chunk
    finally:
        transport.close()


class Output:
    """Where answers go. closed is called once when nobody reads them any more."""

    def __init__(self, descriptor: int, closed: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._closed = closed
        self._writer: asyncio.StreamWriter | None = None
        self._gone = False
        self._room = asyncio.Event()
        self._room.set()

    @property
    def waits(self) -> bool:
        """Whether an answer waits because the other side does not read."""
        return not self._room.is_set()

    async def read(self) -> None:
        """Wait until the other side reads again."""
        await self._room.wait()

    async def write(self, text: str) -> None:
        """Send one line, waiting while the other side does not read."""
        if self._gone:
            return
        data = text.encode("utf-8", "replace")
        try:
            mode = os.fstat(self._descriptor).st_mode
            if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
                writer = await self._piped()
                writer.write(data)
                self._room.clear()
                await writer.drain()
                self._room.set()
            else:
                while data:
                    data = data[os.write(self._descriptor, data) :]
        except OSError:
            self._gone = True
            self._room.set()
            self._closed()

    async def flush(self) -> None:
        """Nothing is kept back."""

    async def _piped(self) -> asyncio.StreamWriter:
        if self._writer is None:
            loop = asyncio.get_running_loop()
            transport, protocol = await loop.connect_write_pipe(
                asyncio.streams.FlowControlMixin,
                os.fdopen(os.dup(self._descriptor), "wb", buffering=0),
            )
            self._writer = asyncio.StreamWriter(transport, protocol, None, loop)
        return self._writer

    def close(self) -> None:
        """Let go of the pipe."""
        if self._writer is not None and not self._writer.transport.is_closing():
            self._writer.transport.abort()


class Claimed:
    """Descriptors 0 and 1 for the protocol alone, given back at the end of the block."""

    def __enter__(self) -> tuple[int, int]:
        self._own = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return self._own

    def __exit__(self, *_error: Any) -> None:
        for number, descriptor in enumerate(self._own):
            os.dup2(descriptor, number)
            os.close(descriptor)
