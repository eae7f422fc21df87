"""``cli``: commands in this process, at a fixed time, in a home of their own."""

from __future__ import annotations

import pytest

from tests.harness import Home
from tests.tui.cli.harness import Commands


@pytest.fixture
def bare(home: Home, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands, before there is a workbench."""
    for name in ("MANABENCH_HOME", "MANABENCH_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, home.env[name])
    return Commands()


@pytest.fixture
def cli(bare: Commands) -> Commands:
    """The commands on a workbench whose key this machine keeps."""
    made = bare("init", "--no-passphrase")
    assert made.code == 0, made.err
    return bare
