"""Fixtures every test may use, and the order of the run: quick tests first.

``home``       throw-away folders and environment          tests/harness/homes.py
``manabench``  the command line in its own process         tests/harness/program.py
``terminal``   any program on a real pty                   tests/harness/terminal.py
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.harness import Home, Manabench, Terminal

# Also for tests that open a workbench in this process: no real home, no keyring of the desktop,
# no developer switch of the framework.
_ours = tempfile.TemporaryDirectory(prefix="mb-tests-", ignore_cleanup_errors=True)
for _name in [name for name in os.environ if name.startswith(("TEXTUAL", "MANABENCH", "XDG_"))]:
    del os.environ[_name]
os.environ.update(
    HOME=_ours.name,
    MANABENCH_HOME=os.path.join(_ours.name, "home"),
    MANABENCH_CONFIG=os.path.join(_ours.name, "config"),
    XDG_RUNTIME_DIR=os.path.join(_ours.name, "run"),
    PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
    TZ="UTC",
    LC_ALL="C.UTF-8",  # English, whatever the language of the machine
)
os.environ.pop("DBUS_SESSION_BUS_ADDRESS", None)
os.mkdir(os.environ["XDG_RUNTIME_DIR"], 0o700)

# A property is about values; how long one example takes says more about the machine.
# What is checked before a change lands must not depend on dice; every other run throws them anew.
settings.register_profile(
    "manabench", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("manabench")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first, slow ones after; of those first what takes longest, so that no worker is
    left with it when the others have ended. Otherwise as written."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int]:
    slow = item.get_closest_marker("slow")
    return slow is not None, -slow.kwargs.get("seconds", 0) if slow is not None else 0


@pytest.fixture
def home() -> Iterator[Home]:
    """Empty folders, removed afterwards."""
    made = Home.make()
    yield made
    made.remove()


@pytest.fixture
def manabench(home: Home) -> Iterator[Manabench]:
    """``manabench("task", "add", "x")`` in ``home``; ``.terminal()`` opens the workbench."""
    runner = Manabench(home)
    yield runner
    runner.close()


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """``terminal(argv, cols=..., rows=...)``: a program on a pty, ended afterwards."""
    opened: list[Terminal] = []

    def start(argv: list[str], **options: object) -> Terminal:
        opened.append(Terminal(argv, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for one in opened:
        one.close()
