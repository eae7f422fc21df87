"""sync instructions: what came from elsewhere is looked at before it acts."""

from __future__ import annotations

import pytest

from store.sync.account import keep
from store.workbench import Workbench
from tests.sync.test_authority import AGENT, KEY, arrive
from tests.tui.cli.harness import Commands


@pytest.fixture
def arrived(cli: Commands) -> Commands:
    """A home into which an agent came."""
    bench = Workbench.open()
    bench.vault.add_key("account", "acc1", KEY)
    keep(bench, user="u", email="e", name="", identity="i", sync="s", signed_in=True, linked=True)
    arrive(bench, "personal", "agents", "agent-one", AGENT)
    arrive(bench, "personal", "agents", "agent-two", AGENT | {"name": "Bo"})
    bench.close()
    return cli


def test_it_is_listed_shown_and_let_act(arrived: Commands) -> None:
    listed = arrived("sync", "instructions", "list", "--json").data
    assert {one["title"] for one in listed} == {"Ada", "Bo"}
    assert "nobody looked" in arrived("sync", "instructions", "list").out
    assert "Be careful." in arrived("sync", "instructions", "show", "agent-one").out
    done = arrived("sync", "instructions", "approve", "agent-one")
    assert done.code == 0
    assert "task.delete" in done.out
    assert arrived("sync", "instructions", "refuse", "agent-t").code == 0
    assert arrived("sync", "instructions", "list", "--json").data == []


def test_what_is_not_one_record_changes_nothing(arrived: Commands) -> None:
    assert arrived("sync", "instructions", "approve", "agent").code == 3
    assert arrived("sync", "instructions", "approve", "other").code == 3
    assert arrived("sync", "instructions", "approve").code == 2
    assert len(arrived("sync", "instructions", "list", "--json").data) == 2


def test_the_status_names_the_command(arrived: Commands) -> None:
    assert "manabench sync instructions list" in arrived("sync", "--status").out
