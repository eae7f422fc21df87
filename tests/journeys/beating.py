"""The workbench with a heart on its loop: ``python -m tests.journeys.beating FILE [arguments]``.

The program runs as it is, by its own ``main``; only its loop gets one task more, which sleeps two
thousandths of a second again and again and sees how late it wakes. Every pause worth telling is
one line of FILE, three numbers in seconds: when it ended (monotonic clock, one for all processes),
how long it was, and how long within it a thread of the program stood ready and was given no
processor. The kernel counts the last; it is what the machine adds, whatever the program does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Coroutine
from typing import Any

BEAT = 0.002
TOLD_FROM = 0.005


class Queues:
    """How long the threads of this process waited for a processor, as the kernel counts it."""

    def __init__(self) -> None:
        self._files: dict[int, int] = {}
        self._own = threading.get_native_id()
        self.look_for_threads()

    def look_for_threads(self) -> None:
        """Find threads that began since; those that ended are dropped when they are read."""
        for name in os.listdir("/proc/self/task"):
            if int(name) not in self._files:
                with contextlib.suppress(OSError):
                    path = f"/proc/self/task/{name}/schedstat"
                    self._files[int(name)] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> dict[int, float]:
        """Seconds waited so far, by thread."""
        waited = {}
        for thread, file in list(self._files.items()):
            try:
                waited[thread] = int(os.pread(file, 64, 0).split()[1]) / 1e9
            except OSError:
                os.close(self._files.pop(thread))
        return waited

    def between(self, before: dict[int, float], after: dict[int, float]) -> float:
        """What the loop lost: its own waiting, and that of one other thread, which may have held
        the interpreter meanwhile."""
        grown = {t: after[t] - before[t] for t in after if t in before}
        return grown.pop(self._own, 0.0) + max(grown.values(), default=0.0)


async def beat(file: int) -> None:
    """Tell every pause of this loop in ``file``."""
    queues = Queues()
    beats, waited, last = 0, queues.read(), time.monotonic()
    while True:
        await asyncio.sleep(BEAT)
        now, waits = time.monotonic(), queues.read()
        pause = now - last - BEAT
        if pause >= TOLD_FROM:
            lost = queues.between(waited, waits)
            os.write(file, f"{now:.4f} {pause:.4f} {min(lost, pause):.4f}\n".encode())
        beats += 1
        if beats % 25 == 0:
            queues.look_for_threads()
        waited, last = waits, time.monotonic()


def main() -> None:
    """Give every loop a heart, then be the program."""
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    plain = asyncio.run

    def run(work: Coroutine[Any, Any, Any], **options: Any) -> Any:
        async def both() -> Any:
            beating = asyncio.create_task(beat(file))
            try:
                return await work
            finally:
                beating.cancel()

        return plain(both(), **options)

    asyncio.run = run
    sys.argv = ["manabench", *sys.argv[2:]]
    from tui.main import main as start

    start()


if __name__ == "__main__":
    main()
