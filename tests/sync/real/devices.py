"""Real devices of real people: a home of its own for each, every act a process of its own.

with house(folder) as served:
    laptop = served.device("ann@example.org")      # made, signed in
    laptop.add("water the beans")
    laptop.sync()
    assert laptop.is_like_the_server()
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.harness import Home, Manabench, Outcome, Terminal
from tests.harness.proxy import Proxy
from tests.server.process import Served, add_user, serving
from tests.server.running import PASSWORD

LIMIT = 60.0
"""Seconds that anything may take on a machine that does much else."""

ELSEWHEN = [sys.executable, "-m", "tests.sync.real.elsewhen"]


class Device:
    """One home with the command line and, where wanted, the workbench on a terminal."""

    def __init__(self, home: Home | None = None) -> None:
        self.home = home or Home.make()
        self.run = Manabench(self.home)

    def __call__(self, *args: str, code: int = 0, input: str | None = None) -> Outcome:
        """Run a command that ends with ``code``."""
        done = self.run(*args, input=input)
        assert done.code == code, f"{args}: {done.code}\n{done.out}{done.err}"
        return done

    def close(self) -> None:
        """End what runs and remove the home."""
        self.run.close()
        self.home.remove()

    # Acts -----------------------------------------------------------------------------------

    def make(self) -> Device:
        """A new workbench that a key file opens."""
        self("init", "--no-passphrase")
        return self

    def log_in(self, url: str, email: str, code: int = 0) -> Outcome:
        """The password comes by standard input."""
        words = ("login", url, "--email", email, "--password-stdin")
        return self(*words, code=code, input=PASSWORD + "\n")

    def add(self, *titles: str, space: str = "") -> None:
        """Tasks, in one process."""
        where = ("--space", space) if space else ()
        self("task", "add", "-", *where, input="\n".join(titles) + "\n")

    def elsewhen(self, *acts: tuple[float, list[str]]) -> None:
        """Run commands in one process, each so many days from now by this device's clock."""
        done = subprocess.run(
            ELSEWHEN,
            input=json.dumps(acts),
            capture_output=True,
            text=True,
            env=self.home.env,
            cwd=self.home.root,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def sync(self) -> dict[str, Any]:
        """A round, as ``sync --once`` tells it."""
        found: dict[str, Any] = self("sync", "--once", "--json").data
        return found

    def workbench(self, until: str = "", **how: Any) -> Terminal:
        """Open it on a terminal of 80x24 and wait for a text."""
        opened = self.run.terminal(**how)
        if until:
            opened.wait_for(until, limit=LIMIT)
        return opened

    # Looks ----------------------------------------------------------------------------------

    def titles(self, space: str = "") -> set[str]:
        """The tasks that stand."""
        where = ("--space", space) if space else ()
        return {one["title"] for one in self("task", "list", "--json", *where).data}

    def status(self) -> dict[str, Any]:
        """What ``sync --status`` tells, without asking the server."""
        found: dict[str, Any] = self("sync", "--status", "--json").data
        return found

    def spaces(self) -> dict[str, str]:
        """Names and ids of the spaces in use."""
        return {one["name"]: one["id"] for one in self("space", "list", "--json").data}

    def digests(self) -> dict[str, str]:
        """What ``sync --verify`` says of each space, which must be the same on the server."""
        found = self("sync", "--verify", "--json").data
        assert all(one["same"] for one in found), found
        return {one["space"]: one["mine"] for one in found}

    def client_id(self) -> str:
        """Under which name it pushes."""
        path = self.home.path / "manabench.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            row = connection.execute("SELECT value FROM sync_state WHERE key = 'client'").fetchone()
        return str(json.loads(row[0])["id"])

    def words_of(self, title: str) -> str:
        """Everything that is known of a task, its past and its conflicts, as text."""
        return self("history", title, "--json").out + self("sync", "conflicts", "--json").out

    def copied(self) -> Device:
        """``cp -r`` of all there is, to another path."""
        home = Home.make()
        for name in ("home", "config"):
            shutil.copytree(self.home.root / name, home.root / name)
        return Device(home)


class House:
    """A server with its data in a folder, its people, and their devices."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.operator = Device()
        self.served: Served | None = None
        self._proxies: list[Proxy] = []
        self._devices: list[Device] = []
        self._stack = contextlib.ExitStack()
        self._port = 0

    @property
    def url(self) -> str:
        """Where it is."""
        assert self.served is not None
        return self.served.url

    def start(self) -> Served:
        """Start the server, on the port that it had before."""
        self.served = self._stack.enter_context(
            serving(self.operator.run, self.data, port=self._port)
        )
        self._port = int(self.url.rpartition(":")[2])
        return self.served

    def person(self, email: str) -> str:
        """Make an account, as the operator does; returns the e-mail address."""
        add_user(self.operator.run, self.data, email)
        return email

    def device(self, email: str = "", url: str = "") -> Device:
        """A new home; signed in where ``email`` is given."""
        made = Device().make()
        self._devices.append(made)
        if email:
            made.log_in(url or self.url, email)
        return made

    def keep(self, device: Device) -> Device:
        """Close it with the house."""
        self._devices.append(device)
        return device

    def line(self) -> Proxy:
        """A way to the server that can be made bad."""
        self._proxies.append(Proxy(self._port))
        return self._proxies[-1]

    def close(self) -> None:
        """End all."""
        for device in self._devices:
            device.close()
        for proxy in self._proxies:
            proxy.close()
        self._stack.close()
        self.operator.close()


@contextlib.contextmanager
def house(data: Path) -> Iterator[House]:
    """A running server over ``data`` and whoever comes to it."""
    made = House(data)
    try:
        made.start()
        yield made
    finally:
        made.close()


def in_step(*devices: Device, rounds: int = 2) -> None:
    """Sync all until each has seen the others' changes; then every digest is the same everywhere.

    Raises AssertionError where one differs.
    """
    for _round in range(rounds):
        for device in devices:
            device.sync()
    found = [device.digests() for device in devices]
    shared = set.intersection(*(set(one) for one in found))
    assert shared
    for space in shared:
        assert len({one[space] for one in found}) == 1, (space, found)


def kill_when(pid: int, ready: Callable[[], bool], limit: float = LIMIT) -> bool:
    """kill -9 as soon as ``ready``; whether it was still running then."""
    until = time.monotonic() + limit
    while not ready():
        if time.monotonic() > until:
            raise AssertionError("the moment to kill never came")
        time.sleep(0.002)
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return False
    return True


def at_once(*acts: Callable[[], object]) -> None:
    """Do all at the same time; the first error is raised."""
    wrong: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - raised again below
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT * 2)
    if wrong:
        raise wrong[0]
