"""A real server on a free port of loopback, in a thread of the test, and people to use it.

with running(tmp_path / "server") as server:
    ann = server.person("ann@example.org")     # an account, signed in: cookie and Origin
    ann.get("/api/auth/get-session").json()
    ann.bearer()                               # {"Authorization": "Bearer ..."}
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from store.server.accounts import create_user
from store.server.app import create_app
from store.server.context import Context
from store.server.serving import bound, make_server, url_of
from store.server.settings import Settings
from store.server.storage import User

PASSWORD = "correct horse battery"
CHEAP: dict[str, Any] = {"memory": 64, "passes": 1}
"""Costs of a password hash that let a test make many people."""


class Person(httpx2.Client):
    """One browser or device: keeps its cookies and sends the Origin that the server trusts."""

    def __init__(self, url: str, email: str = "", password: str = PASSWORD) -> None:
        super().__init__(
            base_url=url, headers={"Origin": url}, timeout=httpx2.Timeout(60), trust_env=False
        )
        self.url = url
        self.email = email
        self.password = password
        self.id = ""

    def sign_in(self) -> Person:
        """Sign in natively and keep the cookie."""
        answer = self.post(
            "/api/auth/sign-in/email", json={"email": self.email, "password": self.password}
        )
        assert answer.status_code == 200, answer.text
        self.id = answer.json()["user"]["id"]
        return self

    def token(self) -> str:
        """A fresh token of this session."""
        answer = self.get("/api/auth/token")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def bearer(self) -> dict[str, str]:
        """The header that proves this person to an endpoint that looks at no cookie."""
        return {"Authorization": f"Bearer {self.token()}"}

    def org(self, act: str, **body: Any) -> httpx2.Response:
        """POST to an act of organizations."""
        return self.post(f"/api/auth/organization/{act}", json=body)


@dataclass
class Running:
    """A running server. context: what its endpoints share, for looking inside."""

    url: str
    settings: Settings
    context: Context
    _people: list[Person] = field(default_factory=list)

    def add_user(self, email: str, password: str = PASSWORD, name: str = "") -> User:
        """An account, as the command makes it."""
        return create_user(self.context.identity, self.settings, email, password, name)

    def person(self, email: str, password: str = PASSWORD, name: str = "") -> Person:
        """A new account, signed in."""
        self.add_user(email, password, name)
        return self.again(email, password)

    def again(self, email: str, password: str = PASSWORD) -> Person:
        """One more device of an account that exists, signed in."""
        return self.nobody(email, password).sign_in()

    def nobody(self, email: str = "", password: str = PASSWORD) -> Person:
        """A client without a session."""
        self._people.append(Person(self.url, email, password))
        return self._people[-1]

    def close(self) -> None:
        """Close all clients."""
        for one in self._people:
            one.close()


@contextlib.contextmanager
def running(data: Path, *, port: int = 0, **options: Any) -> Iterator[Running]:
    """A server over ``data`` until the block ends; options are fields of ``Settings``."""
    with bound("127.0.0.1", port) as listening:
        url = url_of(listening, "127.0.0.1")
        settings = Settings(data=data, **{"public": url, **CHEAP, **options})
        app = create_app(settings)
        server = make_server(app)
        thread = threading.Thread(target=server.run, args=([listening],), name="server")
        thread.start()
        found = Running(url, settings, app.state.context)
        try:
            _await(server, thread)
            yield found
        finally:
            found.close()
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive(), "the server did not end"


def _await(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        pause.wait(0.005)


def environment(**more: str) -> dict[str, str]:
    """The environment of a server in a process of its own."""
    return {**os.environ, **more}
