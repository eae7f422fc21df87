"""login, logout, account, and the members of a space, as a script calls them."""

from __future__ import annotations

import pytest

from store.vault import recovery as codes
from tests.harness import Manabench
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


@pytest.fixture
def with_code(signed, tmp_path, monkeypatch) -> tuple[Commands, str]:
    """A home whose account has a recovery code, in the file that scripts name."""
    cli, _ann = signed
    code = cli("account", "recovery", "--json").data["code"]
    file = tmp_path / "code"
    file.write_text(code)
    monkeypatch.setenv("MANABENCH_RECOVERY_FILE", str(file))
    return cli, code


def test_zero_knowledge_is_turned_on_only_with_a_code_in_hand(with_code) -> None:
    cli, code = with_code
    codes.parse(code)
    refused = cli("account", "zero-knowledge", "on", "--json", "--yes")
    assert refused.code == 5
    assert "--recovery" in refused.error["hint"]
    assert not cli("account", "--json").data["zeroKnowledge"]
    data = cli("account", "zero-knowledge", "on", "--recovery", "--json").data
    assert data == {"zeroKnowledge": True}
    assert cli("account", "--json").data["zeroKnowledge"]
    assert cli("account", "rotate-key").code == 7
    assert cli("account", "zero-knowledge", "off").code == 4
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
    from store.sync.spaces import creating
    from store.workbench import Workbench
    from tests.sync.people import session

    cli, ann = signed
    bob = someone("Bob")
    cli("space", "create", f"Team {ann.email[:5]}", "--type", "team", "--slug", "crew")
    assert cli("--space", "crew", "space", "invite", bob.email).code == 5, "not on the server yet"
    assert "not on the server yet" in cli("space", "show", "crew").out
    bench = Workbench.open()
    with session(bench) as one:
        creating.create_waiting(one)
    bench.close()
    slug = next(s["slug"] for s in cli("space", "list", "--json").data if s["type"] == "team")
    here = ("--space", slug, "space")
    assert "owner" in cli("space", "show", slug).out
    assert {s["role"] for s in cli("space", "list", "--json").data} == {"owner"}
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
    asked = cli("space", "forget", slug)
    assert asked.code == 5
    assert "all that was written in it was sent" in asked.err
    assert cli("space", "forget", slug, "--yes", "--json").data["id"] == gone["id"]
    assert cli("space", "forget", "--json").data == []


def _code_on(terminal) -> list[str]:
    return [
        word
        for line in terminal.text.splitlines()
        for word in line.strip().split("-")
        if len(word) == 4 and set(word) <= set("0123456789ABCDEF")
    ]


@pytest.mark.slow
def test_on_a_terminal_it_asks_for_each_secret_without_showing_one(
    manabench: Manabench, someone
) -> None:
    ann = someone()
    manabench("init", "--no-passphrase").ok()
    terminal = manabench.terminal("login", ann.server.url)
    terminal.wait_for("E-mail:").type(ann.email).press("enter")
    terminal.wait_for("Password of").type(PASSWORD).press("enter")
    terminal.wait_for("Who can open")
    assert PASSWORD not in terminal.text
    turning = manabench.terminal("account", "zero-knowledge", "on")
    turning.wait_for("Group")
    groups = _code_on(turning)
    assert len(groups) == 16
    assert not manabench("account", "--json").data["zeroKnowledge"], "not before it is written down"
    for _ in range(2):
        asked = turning.text.rstrip().splitlines()[-1]
        turning.type(groups[int(asked.split()[1]) - 1]).press("enter")
        turning.settle()
    turning.wait_for("New devices need the recovery code")
    assert manabench("account", "--json").data["zeroKnowledge"]
    back = manabench.terminal("account", "zero-knowledge", "off", "--recovery")
    back.wait_for("Recovery code").type("-".join(groups)).press("enter")
    back.wait_for("keeps the key again")
    assert groups[0] not in back.text


@pytest.mark.slow
def test_a_new_device_of_a_zero_knowledge_account_is_asked_for_the_code(
    signed, with_code, manabench: Manabench, tmp_path, monkeypatch
) -> None:
    _cli, ann = signed
    cli, code = with_code
    assert cli("account", "zero-knowledge", "on", "--recovery").code == 0
    monkeypatch.delenv("MANABENCH_RECOVERY_FILE")
    other = {"MANABENCH_HOME": str(tmp_path / "other"), "MANABENCH_CONFIG": str(tmp_path / "conf")}
    manabench("init", "--no-passphrase", env=other).ok()
    terminal = manabench.terminal("login", ann.server.url, "--email", ann.email, env=other)
    terminal.wait_for("Password of").type(PASSWORD).press("enter")
    terminal.wait_for("Recovery code").type(code).press("enter")
    terminal.wait_for("Who can open")
    assert "zero-knowledge" in terminal.text
