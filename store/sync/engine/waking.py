"""Where a waiting engine sleeps: until somebody rings, a network comes, or time passes.

Linux tells by a netlink socket when an address or a route is given to this machine, so nothing
wakes up while nothing happens. Elsewhere only ringing and time do.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from contextlib import suppress
from typing import Any

_NETLINK_ROUTE = 0
_ADDRESSES_AND_ROUTES = 0x10 | 0x40 | 0x100 | 0x400
"""Groups of the kernel's messages: IPv4 addresses and routes, those of IPv6."""

_COMES = frozenset({20, 24})
"""Types of message: a new address, a new route."""


class Alarm:
    """``wait`` is for one thread, ``ring`` for any. It has descriptors from ``open`` to ``close``;
    what was rung before counts."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._rung = False
        self._write: int | None = None
        self._read: int | None = None
        self._network: socket.socket | None = None

    def open(self) -> None:
        """Get ready to be waited at."""
        with self._guard:
            self._read, self._write = os.pipe()
            self._network = _network()
            if self._rung:
                os.write(self._write, b"x")

    def close(self) -> None:
        """Give the descriptors back; nobody may wait any more."""
        with self._guard:
            fds, self._read, self._write = (self._read, self._write), None, None
            network, self._network = self._network, None
        for fd in fds:
            if fd is not None:
                os.close(fd)
        if network is not None:
            network.close()

    def ring(self) -> None:
        """End the wait, or the next one."""
        with self._guard:
            if not self._rung and self._write is not None:
                os.write(self._write, b"x")
            self._rung = True

    def wait(self, seconds: float) -> bool:
        """Sleep until ``ring``, or for ``seconds``; True where a network came that may lead to a
        server."""
        if self._read is None:
            return False
        looked: list[Any] = [self._read] if self._network is None else [self._read, self._network]
        poll = select.poll()
        for one in looked:
            poll.register(one, select.POLLIN)
        ready = {fd for fd, _what in poll.poll(max(0.0, seconds) * 1000)}
        with self._guard:
            if self._read in ready:
                os.read(self._read, 16)
            self._rung = False
        return self._network is not None and self._network.fileno() in ready and self._came()

    def _came(self) -> bool:
        """Read what the kernel says; whether something came, not only went."""
        found = False
        with suppress(OSError):
            while self._network is not None and (message := self._network.recv(65_536)):
                found = found or int.from_bytes(message[4:6], "little") in _COMES
        return found


def _network() -> socket.socket | None:
    """A socket that tells of addresses and routes; None where the system has no such thing."""
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        return None
    try:
        made = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETLINK_ROUTE)
    except OSError:
        return None
    try:
        made.bind((0, _ADDRESSES_AND_ROUTES))
    except OSError:
        made.close()
        return None
    return made
