"""sync: how it stands, conflicts, quarantine and set-aside rows, without a screen."""

from __future__ import annotations

import pytest

from store.sync.status import tell
from store.workbench import Workbench
from tests.screens import synced
from tests.server.running import PASSWORD, running
from tests.tui.cli.harness import Commands


@pytest.fixture
def joined(cli: Commands) -> Commands:
    """A home that somebody signed out of, with one of each that waits for a look."""
    from datetime import UTC, datetime

    bench = Workbench.open(clock=lambda: datetime(2026, 6, 1, 12, tzinfo=UTC))
    synced.fill(bench)
    bench.close()
    return cli


def test_without_an_account_it_says_how_to_get_one(cli: Commands) -> None:
    result = cli("sync", "--json")
    assert result.code == 7
    assert result.error["code"] == "signed_out"
    assert "login" in result.error["hint"]
    status = cli("sync", "--status", "--json")
    assert status.data["state"] == "none"
    assert "no account" in cli("sync", "--status").out


def test_the_status_says_what_the_screen_says(joined: Commands) -> None:
    data = joined("sync", "--status", "--json").data
    assert data["state"] == "out"
    assert data["waiting"]["conflicts"] == 2
    assert data["waiting"]["quarantine"] == 2
    said = joined("sync", "--status").out
    assert "signed out" in said
    assert "2 conflicts: manabench sync conflicts" in said
    assert "notes/notes" in said


def test_the_statusline_has_the_same_words(joined: Commands) -> None:
    assert "signed out · " in joined("statusline").out
    assert joined("statusline", "--format", "{sync}").out.startswith("signed out")
    assert joined("statusline", "--json").data["sync"][0] == "signed out"


def test_the_statusline_of_a_home_without_an_account_is_as_it_was(cli: Commands) -> None:
    assert cli("statusline").out == "0 due\n"
    assert "sync" not in cli("statusline", "--json").data


def test_conflicts_are_listed_and_settled_by_number(joined: Commands) -> None:
    listed = joined("sync", "conflicts", "--json").data
    assert {one["theirs"] for one in listed} == {"heron gone", "one\n2\nthree"}
    task = next(one for one in listed if one["collection"] == "tasks")
    assert "- heron nest 0" in joined("sync", "conflicts", "list").out
    assert joined("sync", "conflicts", "mine", "99").code == 3
    assert joined("sync", "conflicts", "mine", str(task["n"])).code == 0
    assert "heron nest 0" in joined("task", "list").out
    assert joined("sync", "conflicts", "theirs").code == 0
    assert joined("sync", "conflicts", "--json").data == []
    assert joined("undo").code == 0


def test_quarantine_and_what_was_set_aside(joined: Commands) -> None:
    listed = joined("sync", "quarantine", "--json").data
    assert [one["reason"] for one in listed] == ["space", "space"]
    assert "not a member" in joined("sync", "quarantine").out
    assert joined("sync", "quarantine", "retry", "--json").data["taken"] == 0
    assert joined("sync", "quarantine", "drop", str(listed[0]["n"]), "--json").data["dropped"] == 1
    assert len(joined("sync", "quarantine", "--json").data) == 1
    aside = joined("sync", "aside", "--json").data
    assert aside[0]["words"] == "the title is too long for this server"
    assert joined("sync", "aside", "retry", "--json").data["retried"] == 1
    assert joined("sync", "aside", "--json").data == []


def test_options_stand_alone(cli: Commands) -> None:
    assert cli("sync", "--once", "--verify").code == 2
    assert cli("sync", "--once", "conflicts").code == 2


def test_a_round_of_somebody_signed_out_is_refused(joined: Commands) -> None:
    assert joined("sync", "--once").code == 7


def test_a_round_without_a_network_has_an_exit_code_of_its_own(cli: Commands, tmp_path) -> None:
    with running(tmp_path / "server") as server:
        server.add_user("ann@example.org")
        login = ("login", server.url, "--email", "ann@example.org", "--password-stdin")
        assert cli(*login, input=f"{PASSWORD}\n").code == 0
        assert cli("sync").code == 0
    cli("task", "add", "water the beans")
    away = cli("sync", "--json")
    assert away.code == 6
    assert "kept" in away.error["kept"] or "wait" in away.error["kept"]
    assert cli("sync", "--status", "--json").data["pending"] == 1


def test_a_round_that_the_server_refuses_has_an_exit_code_of_its_own(
    cli: Commands, tmp_path
) -> None:
    with running(tmp_path / "server") as server:
        user = server.add_user("ann@example.org")
        login = ("login", server.url, "--email", "ann@example.org", "--password-stdin")
        assert cli(*login, input=f"{PASSWORD}\n").code == 0
        assert cli("sync").code == 0
        cli("task", "add", "water the beans")
        identity = server.context.identity
        for session in identity.view(lambda rows: rows.sessions(user.id)):
            identity.change(lambda rows, id=session.id: rows.remove_session(id))
        refused = cli("sync", "--json")
        assert refused.code == 7
        assert refused.error["code"] == "signed_out"
        assert "login" in refused.error["hint"]
    assert cli("sync", "--status", "--json").data["pending"] == 1


def test_devices_have_names_and_only_those_that_exist_are_forgotten(joined: Commands) -> None:
    assert joined("sync", "devices", "rename", "laptop").code == 0
    (one,) = joined("sync", "devices", "--json").data
    assert (one["name"], one["words"]) == ("laptop", "this one")
    assert joined("sync", "devices", "rename", "two\nlines").code != 0
    assert "laptop" in joined("sync", "devices").out
    assert joined("sync", "devices", "forget", "laptop").code == 3


@pytest.mark.slow
def test_verify_names_this_device_and_the_server(cli: Commands, tmp_path) -> None:
    with running(tmp_path / "server") as server:
        server.add_user("ann@example.org")
        login = ("login", server.url, "--email", "ann@example.org", "--password-stdin")
        assert cli(*login, input=f"{PASSWORD}\n").code == 0
        cli("sync", "devices", "rename", "laptop")
        found = cli("sync", "--verify", "--json").data
        assert all(one["same"] and one["others"] == [] for one in found)
        digest = found[0]["mine"][:4]
        assert f"laptop {digest} = server {digest}" in cli("sync", "--verify").out


def test_what_waits_for_the_accounts_key_is_said_with_what_to_do(joined: Commands) -> None:
    bench = Workbench.open()
    tell(bench, keyless=3)
    bench.close()
    said = joined("sync", "--status").out
    assert "3 records are not sent, because the account's key is not on this device" in said
    assert said.count("manabench login --recovery") == 1
    assert len(joined("sync", "--status", "--json").data["notes"]) == 1
