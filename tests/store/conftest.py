"""Fixtures of the store's tests: real homes with a key file, a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store.vault import Cost, custody
from store.workbench import Workbench
from tests.store.support import Clock, shut

Make = Callable[..., Workbench]


@pytest.fixture(autouse=True)
def _config(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration folder for each test that has a folder of its own."""
    if "tmp_path" in request.fixturenames:
        folder = request.getfixturevalue("tmp_path")
        monkeypatch.setenv("MANABENCH_CONFIG", str(folder / "config"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Iterator[Make]:
    """``make()`` is a new home, ``make("name")`` opens or makes that one; all closed at the end."""
    benches: list[Workbench] = []

    def one(name: str = "", **kw: Any) -> Workbench:
        path = tmp_path / (name or f"home-{len(benches)}")
        kw.setdefault("clock", clock)
        if (path / "manabench.db").exists():
            bench = Workbench.open(path, **kw)
        else:
            bench = Workbench.create(path, keyring=False, **kw)
        benches.append(bench)
        return bench

    yield one
    for bench in benches:
        shut(bench)


@pytest.fixture
def bench(make: Make) -> Workbench:
    """A new home."""
    return make("home")


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases that cost nothing to try."""
    monkeypatch.setattr(custody, "Cost", lambda: Cost(memory=64, passes=1, lanes=1))
