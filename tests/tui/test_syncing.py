"""The open workbench syncs: signed in by keys, with a real server, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from store.sync.engine.lock import taken
from store.sync.spaces import linking
from store.workbench import Workbench
from tests.harness.homes import Home
from tests.screens.driving import Driven, driven
from tests.screens.homes import environment, store
from tests.server.running import PASSWORD, Running, running
from tui.shell.syncing import GIVEN_UP

pytestmark = pytest.mark.slow

LIMIT = 20.0
MAIL = "ada@example.org"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("server")) as found:
        yield found
        found.close()


@pytest.fixture
def mail(server: Running) -> str:
    """A new person's e-mail for each test."""
    address = f"ada{next(NUMBERS)}@example.org"
    server.add_user(address)
    return address


async def until(ready: Callable[[], object], limit: float = LIMIT) -> None:
    end = time.monotonic() + limit
    while not ready():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "bench-engine"]


@asynccontextmanager
async def app_on(home: Home, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Driven]:
    async with driven(home, size) as on:
        yield on


@asynccontextmanager
async def signed_in(home: Home, server: Running, mail: str) -> AsyncIterator[Driven]:
    """The app on a new home, joined to the account by the keys of its screen."""
    with store(home) as bench, bench.step("fill") as step:
        step.insert("tasks", {"title": "from before"})
    async with app_on(home) as on:
        assert on.app._runner is None
        await on.follow(("g", "Y", "enter", f"text:{server.url}", "enter"))
        await on.follow((f"text:{mail}", "enter", f"text:{PASSWORD}", "enter"))
        await on.sees(mail)
        await on.sees("in step")
        yield on


class Other:
    """A second device of the same person, without a screen."""

    def __init__(self, home: Home, server: Running, mail: str) -> None:
        with environment({k: v for k, v in home.env.items() if k.startswith(("MANA", "XDG"))}):
            self.bench = Workbench.create(home.path, keyring=False)
            linking.login(self.bench, server.url, mail, PASSWORD)
            self.bench.sync.once()

    def titles(self) -> set[str]:
        self.bench.sync.once()
        rows = self.bench.db.read("SELECT pk FROM tasks WHERE deleted_at IS NULL")
        keys = [pk for (pk,) in rows]
        return {r.text("title") for r in self.bench.documents.viewed("tasks", keys)}

    def add(self, title: str) -> None:
        with self.bench.step("add") as step:
            step.insert("tasks", {"title": title})
        self.bench.sync.once()


@pytest.fixture
def second() -> Iterator[Home]:
    made = Home.make()
    yield made
    made.remove()


async def test_signing_in_by_keys_syncs_both_ways(
    home: Home, second: Home, server: Running, mail: str
) -> None:
    async with signed_in(home, server, mail) as on:
        other = await asyncio.to_thread(Other, second, server, mail)
        assert "from before" in await asyncio.to_thread(other.titles)
        await on.follow(("g", "t", "a", "text:typed here", "enter"))
        end = time.monotonic() + LIMIT
        while "typed here" not in await asyncio.to_thread(other.titles):
            assert time.monotonic() < end
        await asyncio.to_thread(other.add, "typed there")
        await on.sees("typed there")
        other.bench.close()
    assert home.find(PASSWORD) == []
    await until(lambda: not threads())


async def test_locking_gives_the_engine_up_and_unlocking_takes_it_again(
    home: Home, server: Running, mail: str
) -> None:
    async with signed_in(home, server, mail) as on:
        bench = on.app.bench
        await until(lambda: taken(bench))
        on.app.do_lock()
        await until(lambda: not taken(bench), GIVEN_UP)
        await on.settle()
        await on.press("enter")
        await on.follow(("~in step", "q", "~from before"))
        await until(lambda: taken(bench))


async def test_leaving_gives_the_engine_up_at_once(home: Home, server: Running, mail: str) -> None:
    async with signed_in(home, server, mail) as on:
        bench = on.app.bench
        await until(lambda: taken(bench))
        on.app.give_engine_up()
        await until(lambda: not taken(bench), GIVEN_UP)


async def test_a_mistake_of_the_engine_is_told_and_ends_neither_the_app_nor_later_rounds(
    home: Home, server: Running, mail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store.sync.engine.engine import Engine

    run, runs = Engine.run, []

    def broken(engine: Engine, stop: threading.Event) -> None:
        runs.append(1)
        if len(runs) < 3:
            raise KeyError("a mistake of ours")
        run(engine, stop)

    monkeypatch.setattr(Engine, "run", broken)
    monkeypatch.setattr("tui.shell.syncing.AGAIN", 0.2)
    with store(home) as bench:
        linking.login(bench, server.url, mail, PASSWORD)
    async with app_on(home) as on:
        await on.sees("KeyError")
        assert "a mistake of ours" not in on.text
        await on.follow(("g", "t", "a", "text:typed meanwhile", "enter"))
        await on.sees("synced")
        await until(lambda: not on.app.status.syncing.pending)
        assert len(runs) == 3
        told = [said.text for said in on.app.said if "KeyError" in said.text]
        assert len(told) == 1, "the same mistake is told once"


async def test_a_server_that_goes_away_is_said_and_what_is_typed_waits(
    home: Home, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(running(tmp_path / "server"))
        server.add_user(MAIL)
        async with signed_in(home, server, MAIL) as on:
            await asyncio.to_thread(stack.close)
            await on.follow(("g", "t", "a", "text:while away", "enter"))
            await on.sees("offline · 1 waits")
            assert on.app._tick is not None  # once a minute, for what grows older
            assert "error" not in on.text  # no toast, no message: it stands in the status line


async def test_signing_out_keeps_everything_and_says_what_waits(
    home: Home, server: Running, mail: str
) -> None:
    async with signed_in(home, server, mail) as on:
        await on.follow(("p", "~Sign out of", "enter", "~Signed out"))
        await on.sees("signed out")
        await on.follow(("g", "t", "a", "text:after", "enter"))
        await on.sees("1 to send")
        assert "from before" in on.text


async def test_both_sides_are_compared_space_by_space(
    home: Home, server: Running, mail: str
) -> None:
    async with signed_in(home, server, mail) as on:
        await on.follow(("V", "~are the same here and on the server"))
        line = next(line for line in on.text.split("\n") if "on the server · owner" in line)
        digest = line.split()[-1]
        assert len(digest) == 4
        await on.follow(("r", "~Fetched"))


async def test_people_are_invited_and_join_by_keys(
    home: Home, second: Home, server: Running, mail: str
) -> None:
    other = f"grace{next(NUMBERS)}@example.org"
    server.add_user(other)
    async with signed_in(home, server, mail) as on:
        await on.follow(("q", "g", "S", "a", "text:Harbour", "enter", "text:team", "enter"))
        await on.follow(("~Made the space",))
        await until(lambda: _linked(on.app.bench) == 2)
        await on.follow(("p", "~Members of Harbour", "~owner"))
        await on.follow(("a", f"text:{other}", "enter", "enter", "~Invited"))
        await on.sees(other)
    async with signed_in(second, server, other) as on:
        await on.follow(("q", "g", "S", "p", "~Invitations to you", "space", "~Joined"))
        await on.follow(("q", "~Harbour"))
        await until(lambda: _linked(on.app.bench) == 2)


def _linked(bench: Workbench) -> int:
    rows = bench.db.read("SELECT count(*) FROM memberships WHERE state = 'linked'")
    return int(rows[0][0])
