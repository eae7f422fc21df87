"""Accounts and the people of a space by keys, with a real server: a zero-knowledge account, a sync
server of its own address, roles, removals, declining and leaving."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from store.sync.account import account
from store.sync.sign import master
from store.vault import recovery
from tests.harness.homes import Home
from tests.screens.driving import driven
from tests.screens.homes import store
from tests.server.running import PASSWORD, Person, Running
from tests.sync.people import canned, session
from tests.tui.test_syncing import NUMBERS, Other, mail, second, server, signed_in, until

__all__ = ["mail", "second", "server"]

pytestmark = pytest.mark.slow


def space_of(owner: Person, *others: Person, role: str = "member") -> str:
    """A shared space of ``owner`` that the others have joined; its id."""
    made = owner.org(
        "create", name="Harbour", slug=f"harbour-{next(NUMBERS)}", metadata={"type": "team"}
    )
    space = str(made.json()["id"])
    for other in others:
        asked = owner.org("invite-member", organizationId=space, email=other.email, role=role)
        done = other.org("accept-invitation", invitationId=asked.json()["id"])
        assert done.status_code == 200, done.text
    return space


def somebody(server: Running, name: str) -> Person:
    """Another person, signed in with a browser."""
    return server.person(f"{name.lower()}{next(NUMBERS)}@example.org", name=name)


# Signing in ---------------------------------------------------------------------------------------


async def test_a_zero_knowledge_account_asks_for_its_code_and_keeps_no_letter_of_it(
    home: Home, second: Home, server: Running, mail: str
) -> None:
    code = recovery.new_code()

    def close_it() -> None:
        other = Other(second, server, mail)
        other.add("sealed for good")
        with session(other.bench) as one:
            master.zero_knowledge_on(other.bench, one, code)
        other.bench.close()

    await asyncio.to_thread(close_it)
    with store(home):
        pass
    async with driven(home) as on:
        await on.follow(("g", "Y", "enter", f"text:{server.url}", "enter"))
        await on.follow((f"text:{mail}", "enter", f"text:{PASSWORD}", "enter"))
        await on.follow(("~opens only with it", f"text:{recovery.new_code()}", "enter"))
        await on.sees("does not open this account")
        await on.follow(("enter", "enter", "enter", f"text:{PASSWORD}", "enter"))
        await on.follow(("~opens only with it", f"text:{code}"))
        assert code[:4] not in on.text
        await on.follow(("enter", "~in step", "q", "g", "t", "~sealed for good"))
        assert on.app.drafts == {}
    assert home.find(code) == []
    assert home.find(PASSWORD) == []


@contextmanager
def identity_alone(server: Running) -> Iterator[str]:
    """An address where one signs in and where nothing syncs."""

    def answer(
        method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if path.startswith("/sync"):
            return 404, {"Connection": "close"}, b""
        kept = {n: v for n, v in headers.items() if n in ("cookie", "authorization")}
        kept |= {"Origin": server.url, "Content-Type": "application/json"}
        asked = urllib.request.Request(server.url + path, body or None, kept, method=method)
        try:
            with urllib.request.urlopen(asked) as got:
                status, told, said = got.status, got.headers, got.read()
        except urllib.error.HTTPError as error:
            with error:
                status, told, said = error.code, error.headers, error.read()
        more = {n: told[n] for n in ("Content-Type", "Set-Cookie") if n in told}
        return status, more | {"Connection": "close"}, said

    with canned(answer) as base:
        yield base


async def test_a_sync_server_elsewhere_is_asked_for_and_kept(
    home: Home, server: Running, mail: str
) -> None:
    with store(home):
        pass
    with identity_alone(server) as base:
        async with driven(home) as on:
            await on.follow(("g", "Y", "enter", f"text:{base}", "enter"))
            await on.follow((f"text:{mail}", "enter", f"text:{PASSWORD}", "enter"))
            await on.follow(("~Sync server:", f"text:{server.url}", "enter", "~in step"))
            found = account(on.app.bench)
            assert found is not None
            assert (found.identity, found.sync) == (base, server.url)


# The people of a space ----------------------------------------------------------------------------


async def test_a_role_is_given_and_a_person_removed_after_a_question(
    home: Home, server: Running, mail: str
) -> None:
    ada, grace = server.again(mail), somebody(server, "Grace")
    space = space_of(ada, grace)
    async with signed_in(home, server, mail) as on:
        await on.follow(("g", "S", "~Harbour", "/", "text:Harbour", "enter", "p", "~Grace"))
        await on.follow(("/", "text:Grace", "enter", "p", "~Role of Grace", "text:adm", "enter"))
        await on.sees("The role is admin now")
        roles = {m["user"]["name"]: m["role"] for m in members(ada, space)}
        assert roles["Grace"] == "admin"
        await on.follow(("d", "~Remove Grace?", "escape"))
        assert len(members(ada, space)) == 2
        await on.follow(("d", "~Remove Grace?", "enter", "~no member any more"))
        assert [m["user"]["email"] for m in members(ada, space)] == [mail]


def members(person: Person, space: str) -> list[dict[str, dict[str, str]]]:
    """Who is in a space, as the server tells."""
    answer = person.get("/api/auth/organization/list-members", params={"organizationId": space})
    return list(answer.json()["members"])


async def test_an_invitation_is_declined_and_a_space_left_with_what_came_of_it_kept(
    home: Home, server: Running, mail: str
) -> None:
    ada, grace = server.again(mail), somebody(server, "Grace")
    space_of(grace, ada)
    other = grace.org(
        "create", name="Lighthouse", slug=f"light-{next(NUMBERS)}", metadata={"type": "team"}
    )
    asked = grace.org("invite-member", organizationId=other.json()["id"], email=mail, role="member")
    async with signed_in(home, server, mail) as on:
        await on.follow(("g", "S", "~Harbour", "/", "text:Harbour", "enter", "p", "~Lighthouse"))
        await on.follow(("r", "~Declined"))
        assert "Lighthouse" not in on.text
        again = ada.org("accept-invitation", invitationId=asked.json()["id"])
        assert again.status_code >= 400
        await on.follow(("/", f"text:{mail}", "enter", "d", "~Leave this space?", "enter"))
        await on.sees("stays here, out of sight")
        rows = on.app.bench.db.read("SELECT count(*) FROM memberships WHERE state = 'hidden'")
        assert rows == [(1,)]
        await until(lambda: on.app.bench.scope.id == on.app.bench.spaces.personal())
