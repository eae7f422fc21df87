"""Work off the loop: the only way in which the screen reaches the store.

A ``Desk`` has named lanes, each one thread. A request carries a number; its answer comes back as
a message and is dropped if a newer request of the same group was made meanwhile, or if the screen
that asked is gone. Handlers on the loop own all state.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol, TypeVar

from textual.message import Message

T = TypeVar("T")

SERVER = "server"
"""The lane of what speaks to a server: its own, because that must hold up no change."""

LANES = ("write", "rows", "look")
"""write: changes, in the order of the keys. rows: pages of lists. look: everything else."""


class Answer(Message):
    """What became of a request."""

    def __init__(self, request: Request, value: Any, error: Exception | None) -> None:
        super().__init__()
        self.request = request
        self.value = value
        self.error = error


class Request:
    """One piece of work and who is told of its end.

    group names requests of which only the newest matters; empty for those that all matter.
    """

    __slots__ = ("failed", "group", "number", "owner", "then", "work")

    def __init__(
        self,
        number: int,
        work: Callable[[], Any],
        then: Callable[[Any], None] | None,
        failed: Callable[[Exception], None] | None,
        group: str,
        owner: Any,
    ) -> None:
        self.number = number
        self.work = work
        self.then = then
        self.failed = failed
        self.group = group
        self.owner = owner


class Listener(Protocol):
    """Where answers go: the app."""

    def post_message(self, message: Message) -> bool: ...


class Desk:
    """The lanes of one app. Threads are made on first use and never keep the program alive."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._queues: dict[str, queue.SimpleQueue[Request | None]] = {}
        self._numbers = count(1)
        self._newest: dict[str, int] = {}
        self._owners: dict[str, Any] = {}

    def ask(
        self,
        lane: str,
        work: Callable[[], Any],
        then: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        *,
        group: str = "",
        owner: Any = None,
    ) -> int:
        """Run ``work`` in ``lane``; ``then`` or ``failed`` is called on the loop. Its number."""
        request = Request(next(self._numbers), work, then, failed, group, owner)
        if group:
            self._newest[group] = request.number
        self._lane(lane).put(request)
        return request.number

    async def run(self, lane: str, work: Callable[[], T]) -> T:
        """Await ``work``, done in ``lane``. Raises what it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            value, error = None, None
            if future.cancelled():
                return
            try:
                value = work()
            except Exception as caught:  # noqa: BLE001 - raised again where it is awaited
                error = caught
            try:
                loop.call_soon_threadsafe(_resolve, future, value, error)
            except RuntimeError:  # the loop has ended; nobody waits any more
                return

        self._lane(lane).put(Request(0, job, None, None, "", None))
        return await future

    def forget(self, group: str) -> None:
        """Drop the answers of ``group`` that are still to come."""
        self._newest[group] = next(self._numbers)

    def is_stale(self, request: Request) -> bool:
        """Whether nobody waits for this request's answer any more."""
        return bool(request.group) and self._newest.get(request.group) != request.number

    def settle(self, answer: Answer) -> None:
        """Tell who asked. Call it on the loop."""
        request = answer.request
        if self.is_stale(request):
            return
        if request.owner is not None and not request.owner.is_attached:
            return
        if answer.error is not None:
            if request.failed is not None:
                request.failed(answer.error)
        elif request.then is not None:
            request.then(answer.value)

    def drain(self, seconds: float) -> bool:
        """Wait until the changes under way are written; whether they were in time."""
        done = threading.Event()
        if "write" not in self._queues:
            return True
        self._queues["write"].put(Request(0, done.set, None, None, "", None))
        return done.wait(seconds)

    def close(self) -> None:
        """End the lanes once what was asked is done; ask nothing more."""
        for waiting in self._queues.values():
            waiting.put(None)

    def _lane(self, name: str) -> queue.SimpleQueue[Request | None]:
        found = self._queues.get(name)
        if found is None:
            found = self._queues[name] = queue.SimpleQueue()
            threading.Thread(
                target=self._run, args=(found,), name=f"bench-{name}", daemon=True
            ).start()
        return found

    def _run(self, waiting: queue.SimpleQueue[Request | None]) -> None:
        while (request := waiting.get()) is not None:
            if self.is_stale(request):
                continue
            value, error = None, None
            try:
                value = request.work()
            except Exception as caught:  # noqa: BLE001 - handed to the loop, which speaks
                error = caught
            wanted = request.then is not None or request.failed is not None or request.owner
            if wanted and not self.is_stale(request):
                self._listener.post_message(Answer(request, value, error))


def _resolve(future: asyncio.Future[Any], value: Any, error: Exception | None) -> None:
    if future.cancelled():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)
