"""``cli``: commands in this process, at a fixed time, in a home of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.harness import Home
from tests.tui.cli.harness import Commands


def _settle_in(home: Home, patch: pytest.MonkeyPatch) -> None:
    for name in ("MANABENCH_HOME", "MANABENCH_CONFIG", "XDG_RUNTIME_DIR"):
        patch.setenv(name, home.env[name])


@pytest.fixture
def bare(home: Home, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands, before there is a workbench."""
    _settle_in(home, monkeypatch)
    return Commands()


@pytest.fixture(scope="session")
def fresh() -> Iterator[Home]:
    """A workbench just made, whose key this machine keeps; to be copied, not used."""
    made = Home.make()
    with pytest.MonkeyPatch.context() as patch:
        _settle_in(made, patch)
        result = Commands()("init", "--no-passphrase")
    assert result.code == 0, result.err
    yield made
    made.remove()


@pytest.fixture
def cli(bare: Commands, home: Home, fresh: Home) -> Commands:
    """The commands on a workbench of their own whose key this machine keeps."""
    shutil.copytree(fresh.path, home.path)
    shutil.copytree(fresh.config, home.config)
    return bare
