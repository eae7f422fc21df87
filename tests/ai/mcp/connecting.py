"""The server as programs meet it: the SDK's own client, and bare pipes for those who misbehave."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters, types

from store.workbench import Workbench

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 20.0
"""Seconds after which something that should have come has not."""


def command(bench: Workbench, *more: str) -> list[str]:
    """The server for a home of the tests."""
    return [sys.executable, "-m", "tui.main", "--home", str(bench.home), "mcp", *more]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@asynccontextmanager
async def connected(
    bench: Workbench,
    *more: str,
    name: str = "tester",
    mode: Any = "auto",
    told: Callable[[Any], None] = lambda message: None,
) -> AsyncIterator[Client]:
    """A real client of the SDK, connected to a real process."""

    async def hear(message: Any) -> None:
        told(message)

    program, *arguments = command(bench, *more)
    place = StdioServerParameters(command=program, args=arguments, env=environment(), cwd=ROOT)
    async with Client(
        place,
        client_info=types.Implementation(name=name, version="1"),
        mode=mode,
        message_handler=hear,
    ) as client:
        yield client


class Bare:
    """A program that writes what it likes to the server's pipes."""

    def __init__(self, bench: Workbench, *more: str) -> None:
        self.process = subprocess.Popen(
            command(bench, *more),
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin
        assert self.process.stdout
        assert self.process.stderr
        self.input, self.output, self.errors = (
            self.process.stdin,
            self.process.stdout,
            self.process.stderr,
        )
        self._rest = b""

    def send(self, *messages: Any) -> None:
        """Each message as a line; bytes go as they are."""
        for message in messages:
            line = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
            self.input.write(line)
        self.input.flush()

    def line(self) -> Any:
        """The next message of the server. Every line it writes must be one."""
        until = time.monotonic() + PATIENCE
        while b"\n" not in self._rest:
            ready, _w, _x = select.select([self.output], [], [], until - time.monotonic())
            assert ready, "the server says nothing"
            chunk = os.read(self.output.fileno(), 65_536)
            assert chunk, f"the server is gone: {self.process.poll()}"
            self._rest += chunk
        line, _newline, self._rest = self._rest.partition(b"\n")
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    def answer(self, id: Any) -> Any:
        """The answer to request ``id``, reading past all others."""
        while (message := self.line()).get("id") != id:
            pass
        return message

    def shake_hands(self, name: str = "bare") -> None:
        """The handshake of the older protocol."""
        info = {"name": name, "version": "1"}
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": info}
        self.send(request(0, "initialize", hello))
        assert "result" in self.answer(0)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def end(self) -> tuple[int, str]:
        """Wait for the end; exit code and what it said on standard error."""
        for pipe in (self.input, self.output):
            pipe.close()
        said = self.errors.read().decode()
        self.errors.close()
        return self.process.wait(PATIENCE), said

    def kill(self) -> None:
        """Whatever is left of it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.input, self.output, self.errors):
            try:
                pipe.close()
            except BrokenPipeError:
                continue


def request(id: Any, method: str, params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def call(id: Any, name: Any, arguments: Any) -> dict[str, Any]:
    return request(id, "tools/call", {"name": name, "arguments": arguments})
