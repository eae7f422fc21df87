"""The faulty proxy does to a connection what it says, and nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.harness.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[Proxy]:
    """A proxy before a server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65_536):
                    connection.sendall(data)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    with Proxy(listener.getsockname()[1]) as proxy:
        yield proxy
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def all_of(end: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := end.recv(65_536)):
        data += piece
    return data


def test_in_fair_weather_everything_passes(echo):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=5) as end:
        end.sendall(b"x" * 300_000)
        assert all_of(end, 300_000) == b"x" * 300_000
    assert echo.sent == echo.received == 300_000


def test_a_cut_ends_a_connection_after_so_many_bytes(echo):
    echo.set(cut_after=1000)
    with socket.create_connection(("127.0.0.1", echo.port), timeout=5) as end:
        end.sendall(b"x" * 5000)
        assert len(all_of(end, 5000)) == 1000


def test_a_reset_is_a_reset(echo):
    echo.set(cut_after=10, reset=True)
    with socket.create_connection(("127.0.0.1", echo.port), timeout=5) as end:
        end.sendall(b"x" * 100)
        time.sleep(0.2)
        with pytest.raises(ConnectionResetError):
            all_of(end, 100)


def test_a_delay_and_a_rate_take_their_time(echo):
    echo.set(delay=0.05)
    with socket.create_connection(("127.0.0.1", echo.port), timeout=5) as end:
        began = time.monotonic()
        end.sendall(b"x")
        assert end.recv(1) == b"x"
        assert time.monotonic() - began >= 0.1
        echo.set(rate=10_000)
        began = time.monotonic()
        end.sendall(b"x" * 2000)
        assert len(all_of(end, 2000)) == 2000
        assert time.monotonic() - began >= 0.2


def test_silence_keeps_a_connection_open_and_loses_nothing(echo):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=5) as end:
        echo.set(silent=True)
        time.sleep(0.15)
        end.sendall(b"x")
        end.settimeout(0.2)
        with pytest.raises(TimeoutError):
            end.recv(1)
        end.settimeout(5)
        echo.set()
        assert end.recv(1) == b"x"


def test_refused_and_dropped_connections_end_at_once(echo):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=5) as end:
        end.sendall(b"x")
        assert end.recv(1) == b"x"
        assert echo.drop_all() == 2
        assert end.recv(1) == b""
    echo.set(refuse=True)
    with socket.create_connection(("127.0.0.1", echo.port), timeout=5) as end:
        assert end.recv(1) == b""
