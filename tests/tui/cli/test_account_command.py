"""login, logout, account, and the members of a space, as a script calls them."""

from __future__ import annotations

import pytest

from store.vault import recovery as codes
from tests.server.running import PASSWORD
from tests.sync.people import Someone, shared_server, someone
from tests.tui.cli.harness import Commands

__all__ = ["shared_server", "someone"]


def log_in(cli: Commands, who: Someone, *more: str):
    return cli(
        "login",
        who.server.url,
        "--email",
        who.email,
        "--password-stdin",
        "--json",
        *more,
        input=PASSWORD + "\n",
    )


@pytest.fixture
def signed(cli: Commands, someone) -> tuple[Commands, Someone]:
    """A home that is signed in."""
    ann = someone()
    assert log_in(cli, ann).data["linked"]
    return cli, ann


def test_login_and_logout_keep_what_is_here(cli: Commands, someone) -> None:
    cli("task", "add", "water the beans")
    ann = someone()
    data = log_in(cli, ann).data
    assert (data["email"], data["signedIn"], data["zeroKnowledge"]) == (ann.email, True, False)
    assert data["waiting"] == 1
    assert [one["role"] for one in data["spaces"]] == ["owner"]
    assert [task["title"] for task in cli("task", "list", "--json").data] == ["water the beans"]
    out = cli("logout")
    assert out.code == 0
    assert "1 record has changes that wait here" in out.out
    assert cli("logout").code == 5
    assert "no: sign in" in cli("account").out
    assert log_in(cli, ann).data["signedIn"]


def test_a_password_comes_from_a_file_or_standard_input_and_never_from_arguments(
    cli: Commands, someone, tmp_path, monkeypatch
) -> None:
    ann = someone()
    asked = ("login", ann.server.url, "--email", ann.email)
    assert cli(*asked).code == 4
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    monkeypatch.setenv("MANABENCH_PASSWORD_FILE", str(secret))
    assert cli(*asked).code == 0
    monkeypatch.setenv("MANABENCH_PASSWORD_FILE", str(tmp_path / "none"))
    assert cli(*asked).code == 1
    assert cli("login", "--password", "x").code == 2


def test_what_is_wrong_has_its_exit_code_and_a_way_out(cli: Commands, someone) -> None:
    ann = someone()
    assert cli("login").code == 2
    assert cli("account").code == 3
    assert cli("account", "recovery").code == 7
    assert cli("space", "members").code == 7
    away = cli("login", "127.0.0.1:9", "--email", "a@b.c", "--password-stdin", "--json", input="x")
    assert away.code == 6
    wrong = cli(
        "login", ann.server.url, "--email", ann.email, "--password-stdin", "--json", input="wrong\n"
    )
    assert wrong.code == 7
    assert "wrong" not in wrong.err
    assert cli("account").code == 3


def test_another_account_is_refused(signed, someone) -> None:
    cli, _ann = signed
    refused = log_in(cli, someone("Bob"))
    assert refused.code == 5
    assert "--home" in refused.error["hint"]


def test_zero_knowledge_is_turned_on_only_with_a_code_in_hand(signed) -> None:
    cli, ann = signed
    refused = cli("account", "zero-knowledge", "on", "--json")
    assert refused.code == 5
    assert not cli("account", "--json").data["zeroKnowledge"]
    data = cli("account", "zero-knowledge", "on", "--yes", "--json").data
    codes.parse(data["code"])
    assert cli("account", "--json").data["zeroKnowledge"]
    assert cli("account", "rotate-key").code == 7
    assert cli("account", "zero-knowledge", "off").code == 4


def test_the_code_comes_from_a_file(signed, tmp_path, monkeypatch) -> None:
    cli, _ann = signed
    code = cli("account", "zero-knowledge", "on", "--yes", "--json").data["code"]
    file = tmp_path / "code"
    file.write_text(code)
    monkeypatch.setenv("MANABENCH_RECOVERY_FILE", str(file))
    assert cli("account", "zero-knowledge", "off", "--recovery").code == 0
    assert not cli("account", "--json").data["zeroKnowledge"]


def test_the_key_the_code_and_the_form_for_web_clients_are_changed(signed) -> None:
    cli, _ann = signed
    codes.parse(cli("account", "recovery", "--json").data["code"])
    assert "key is changed" in cli("account", "rotate-key").out
    assert cli("account", "interop", "web", "--json").data["interop"] == "web"
    assert cli("account", "--json").data["interop"] == "web"
    assert "sealed" in cli("account", "interop", "none").out
    assert cli("account", "accept-key").code == 5
    assert cli("account", "accept-key", "--yes", "--json").data["accepted"] is False


def test_the_address_of_the_sync_server_is_changed_only_to_one_that_answers(signed) -> None:
    cli, ann = signed
    assert cli("account", "sync-url", "127.0.0.1:9").code == 6
    assert cli("account", "sync-url", ann.server.url, "--json").data == {"sync": ann.server.url}


def test_members_come_and_go(signed, someone) -> None:
    from store.sync import creating
    from store.workbench import Workbench
    from tests.sync.people import session

    cli, ann = signed
    bob = someone("Bob")
    cli("space", "create", f"Team {ann.email[:5]}", "--type", "team", "--slug", "crew")
    assert cli("--space", "crew", "space", "invite", bob.email).code == 5, "not on the server yet"
    bench = Workbench.open()
    with session(bench) as one:
        creating.create_waiting(one)
    bench.close()
    slug = next(s["slug"] for s in cli("space", "list", "--json").data if s["type"] == "team")
    here = ("--space", slug, "space")
    made = cli(*here, "invite", bob.email, "--json").data
    assert made["email"] == bob.email
    assert cli(*here, "invite", bob.email).code == 7
    assert made["id"] in cli(*here, "invitations", "--sent").out
    browser = bob.browser()
    assert browser.org("accept-invitation", invitationId=made["id"]).status_code == 200
    assert {m["role"] for m in cli(*here, "members", "--json").data} == {"owner", "member"}
    assert "admin" in cli(*here, "role", bob.email, "admin").out
    assert cli(*here, "role", "nobody", "admin").code == 3
    assert "no longer" in cli(*here, "remove", bob.email).out
    assert len(cli(*here, "members", "--json").data) == 1
    assert cli("space", "leave", slug, "--delete").code == 5
    gone = cli("space", "leave", slug, "--delete", "--yes", "--json").data
    assert gone["waiting"] == 0
    assert slug not in cli("space", "list").out
    assert [s["slug"] for s in cli("space", "forget", "--json").data] == [slug]
    assert cli("space", "forget", slug).code == 5
    assert cli("space", "forget", slug, "--yes", "--json").data["id"] == gone["id"]
    assert cli("space", "forget", "--json").data == []
