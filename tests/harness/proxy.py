"""A faulty way to a real server: a TCP proxy that delays, cuts, resets, starves and goes silent."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

_PIECE = 65_536


@dataclass
class Weather:
    """What befalls connections from now on; changing it changes open ones, too.

    delay: seconds each piece waits, one way. rate: bytes a second each way, 0 for all there are.
    cut_after: bytes from the server after which a connection ends, -1 for never; cut_sent_after:
    the same of bytes to the server. reset: end with a reset and not in order. silent: connections
    stay open and nothing passes (half open). refuse: new connections end at once.
    """

    delay: float = 0.0
    rate: int = 0
    cut_after: int = -1
    cut_sent_after: int = -1
    reset: bool = False
    silent: bool = False
    refuse: bool = False


@dataclass
class _Pair:
    near: socket.socket
    far: socket.socket
    sent: int = 0
    received: int = 0


class Proxy:
    """Listens on loopback and passes on to ``host``:``port``. Close it, or use ``with``.

    ``sent`` and ``received`` count bytes of all connections, ``opened`` the connections.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.weather = Weather()
        self.sent = self.received = self.opened = 0
        self._target = (host, port)
        self._ending = threading.Event()
        self._pairs: set[int] = set()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The base URL of an HTTP server behind it."""
        return f"http://127.0.0.1:{self.port}"

    def set(self, **weather: float) -> None:
        """Fair weather but for what is named."""
        self.weather = Weather(**weather)  # type: ignore[arg-type]

    def drop_all(self, *, reset: bool = False) -> int:
        """End every open connection now; returns how many ends there were."""
        with self._guard:
            ends, self._open = self._open, []
        for end in ends:
            _end(end, reset=reset)
        return len(ends)

    def close(self) -> None:
        """End everything and wait for the threads."""
        self._ending.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _start(self, run: object, *args: object) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.opened += 1
            if self.weather.refuse:
                _end(near, reset=self.weather.reset)
                continue
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                _end(near, reset=True)
                continue
            for end in (near, far):
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._guard:
                self._open += [near, far]
            self._start(self._pass, _Pair(near, far))

    def _pass(self, pair: _Pair) -> None:
        """Carry bytes both ways until one end closes or the weather cuts it."""
        with selectors.DefaultSelector() as selector:
            try:
                selector.register(pair.near, selectors.EVENT_READ, True)
                selector.register(pair.far, selectors.EVENT_READ, False)
            except (OSError, ValueError):
                self._done(pair)
                return
            while not self._ending.is_set():
                if self.weather.silent:
                    self._ending.wait(0.02)
                    if pair.near.fileno() < 0 or pair.far.fileno() < 0:
                        break
                    continue
                try:
                    ready = selector.select(0.1)
                except (OSError, ValueError):
                    break
                if not all(self._carry(pair, outward=key.data) for key, _ in ready):
                    break
        self._done(pair)

    def _carry(self, pair: _Pair, *, outward: bool) -> bool:
        """Pass one piece on; False where the connection is over."""
        source, target = (pair.near, pair.far) if outward else (pair.far, pair.near)
        weather = self.weather
        size = max(1, min(_PIECE, weather.rate // 20)) if weather.rate else _PIECE
        try:
            data = source.recv(size)
        except OSError:
            return False
        if not data:
            return False
        limit = weather.cut_sent_after if outward else weather.cut_after
        passed = pair.sent if outward else pair.received
        over = 0 <= limit < passed + len(data)
        if over:
            data = data[: limit - passed]
        if weather.delay or weather.rate:
            wait = weather.delay + (len(data) / weather.rate if weather.rate else 0.0)
            self._ending.wait(wait)
        if outward:
            pair.sent += len(data)
            self.sent += len(data)
        else:
            pair.received += len(data)
            self.received += len(data)
        try:
            target.sendall(data)
        except OSError:
            return False
        return not over

    def _done(self, pair: _Pair) -> None:
        reset = self.weather.reset
        for end in (pair.near, pair.far):
            with self._guard:
                if end in self._open:
                    self._open.remove(end)
            _end(end, reset=reset)


def _end(end: socket.socket, *, reset: bool) -> None:
    with suppress(OSError):
        if reset:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            end.shutdown(socket.SHUT_RDWR)
    end.close()


def wait_for(port: int, seconds: float = 10.0) -> None:
    """Return when something listens on ``port``. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise TimeoutError(f"nothing listens on {port}") from None
            time.sleep(0.02)
