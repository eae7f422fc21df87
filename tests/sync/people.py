"""What the tests of accounts share: a server for a whole file, people on it, and one that answers
whatever a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from typing import Any, NamedTuple

import pytest

from store.sync.net.remote import RemoteSpace
from store.sync.sign.session import Session
from store.sync.spaces import linking
from store.workbench import Workbench
from tests.server.running import PASSWORD, Person, Running, running
from tests.store.support import content

ANN = "ann@example.org"
_numbers = count(1)


class Someone(NamedTuple):
    """A person with an account on a server."""

    server: Running
    email: str

    def log_in(self, bench: Workbench, **how: str) -> None:
        """Join a home to the account."""
        linking.login(bench, self.server.url, self.email, PASSWORD, **how)

    def browser(self) -> Person:
        """One more device, signed in, that is no manabench."""
        return self.server.again(self.email)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests of a file."""
    with running(tmp_path_factory.mktemp("server") / "data") as started:
        yield started


@pytest.fixture
def someone(shared_server: Running) -> Callable[[], Someone]:
    """``someone()`` is a new person with an account."""

    def one(name: str = "Ann") -> Someone:
        email = f"{name.lower()}{next(_numbers)}@example.org"
        shared_server.add_user(email, name=name)
        return Someone(shared_server, email)

    return one


@pytest.fixture
def ann(server: Running) -> Running:
    """A server of the test's own on which Ann has an account."""
    server.add_user(ANN, name="Ann")
    return server


@contextmanager
def session(bench: Workbench) -> Iterator[Session]:
    """A session of a home, closed afterwards."""
    one = Session(bench)
    try:
        yield one
    finally:
        one.close()


def listed(bench: Workbench) -> list[RemoteSpace]:
    """The spaces that the server lists for a home."""
    with session(bench) as one:
        return one.identity.spaces()


def fill(bench: Workbench) -> None:
    """A home that was used before: tasks, another space, an own Home scene, a private note."""
    with bench.step("fill") as step:
        step.insert("tasks", {"title": "water the beans"}, id="t1")
        step.insert("notes", {"title": "mine", "content": "x", "visibility": "private"}, id="n1")
        home = f"seed-home-{bench.scope.id}"
        step.update("workbenchScenes", home, {"name": "Desk"})
        step.update("workbenchScenes", home, {"name": "Bench"})
    family = bench.spaces.create("Family", "family")
    bench.device.set_id(f"scene:{family}", f"seed-home-{family}")
    bench.device.set("place", {"space": family})
    with bench.step("fill", scope=bench.spaces.scope(family)) as step:
        step.insert("notes", {"title": "shopping"}, id="n2")


def told(bench: Workbench) -> dict[str, object]:
    """What a person sees, by the types of spaces instead of their ids."""
    found = content(bench)
    types = {s["id"]: s["type"] for s in bench.spaces.list()}
    return {
        types.get(space, space): {
            name.replace(space, "SPACE"): record for name, record in records.items()
        }
        for space, records in found.items()
        if space != "user"
    }


Canned = Callable[[str, str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]


@contextmanager
def canned(answer: Canned) -> Iterator[str]:
    """A server that gives ``answer(method, path, headers, body)``; yields its base URL. A status
    of 0 drops the connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {k.lower(): v for k, v in self.headers.items()}
            status, more, body = answer(self.command, self.path, headers, self.rfile.read(length))
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _any  # noqa: N815 - the names that the base class calls

        def log_message(self, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
