"""One home, the real engine over the real HTTP client, and the hostile server it talks to.

The fixtures are for tests of this package's neighbours: ``hostile(traits)`` makes a server and a
home that knows it, ``here`` is that with a kind server, until a test tells it otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from store.errors import ManabenchError
from store.sync.engine.engine import Engine, Report
from store.sync.net.http import HttpRemote
from store.workbench import Workbench
from tests.simulation import homes
from tests.simulation.homes import PERSONAL
from tests.simulation.running import surroundings
from tests.simulation.server import KIND, Traits, iso
from tests.sync.hostile.server import Hostile

MINE = PERSONAL["ann"]
NOW = 1_790_000_000_000_000


class Session:
    """A session whose tokens are numbered."""

    def __init__(self, server: Hostile) -> None:
        self.tokens = 0
        self.identity = self
        self.spaces = server.spaces

    def jwt(self, fresh: bool = False) -> str:
        self.tokens += fresh or not self.tokens
        return f"token-{self.tokens}"


class Here:
    """One home, its engine, and the server it talks to."""

    def __init__(self, server: Hostile, bench: Workbench) -> None:
        self.server = server
        self.bench = bench
        self.session = Session(server)
        self.remote = HttpRemote(self.session, server.base)
        self.engine = Engine(bench, self.remote)

    def sync(self) -> Report:
        return self.engine.once()

    def fails(self, kind: type[ManabenchError]) -> ManabenchError:
        with pytest.raises(kind) as caught:
            self.engine.once()
        return caught.value

    def add(self, title: str = "mine", **fields: Any) -> str:
        with self.bench.step("add") as step:
            return step.insert("notes", {"title": title, **fields})

    def theirs(self, id: str, title: str, **more: Any) -> None:
        """Another device of the same account writes a note."""
        data = {"title": title, "createdAt": iso(NOW), "spaceId": MINE}
        self.server.write(
            "notes", {"id": id, "op": "insert", "data": data, "spaceId": MINE, **more}
        )

    def titles(self) -> set[str]:
        rows = self.bench.db.read("SELECT id FROM notes WHERE deleted_at IS NULL")
        found = [self.bench.documents.get(self.bench.scope, "notes", id) for (id,) in rows]
        return {record.text("title") for record in found}

    def waiting(self) -> int:
        """Records that no server has acknowledged."""
        return int(self.bench.db.read("SELECT count(*) FROM notes WHERE dirty IS NOT NULL")[0][0])

    def quarantined(self) -> list[str]:
        return [reason for (reason,) in self.bench.db.read("SELECT reason FROM quarantine")]

    def state(self) -> str:
        from store.sync.status import status

        return status(self.bench).state

    def words(self) -> str:
        from store.sync.status import status

        found = status(self.bench)
        return " ".join([found.words, *(one.error for one in found.collections)])


@pytest.fixture(scope="module")
def templates() -> Iterator[homes.Templates]:
    made = homes.Templates()
    with surroundings(made.root / "config"):
        made.copy("ann", 0, homes.FRESH, made.root / "warm")
    yield made
    made.close()


@pytest.fixture
def hostile(templates: homes.Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """``hostile(traits)``: a server and a home that knows it."""
    opened: list[Any] = []
    root = tmp_path_factory.mktemp("weak")

    def start(traits: Traits = KIND) -> Here:
        server = Hostile(traits)
        server.__enter__()
        opened.append(lambda: server.__exit__(None, None, None))
        server.model.make_space(MINE, "personal", "ann")
        home = templates.copy("ann", 0, homes.FRESH, root / str(len(opened)))
        bench = homes.reopened(home, "ann", None)
        here = Here(server, bench)
        opened.extend([bench.close, here.remote.close])
        return here

    with surroundings(templates.root / "config"):
        yield start
        for close in reversed(opened):
            close()


@pytest.fixture
def here(hostile: Any) -> Here:
    """A kind server, until a test tells it otherwise."""
    made: Here = hostile()
    return made
