"""No secret stands readable on the screen: neither typed ahead, nor pasted, nor after it was
asked for."""

from __future__ import annotations

import asyncio

import pytest
from textual import events

from tests.harness.homes import Home
from tests.screens.driving import Driven, driven
from tests.screens.homes import store

SECRET = "correct-horse-battery"
ADDRESS = "http://127.0.0.1:9"


async def typed(on: Driven, *texts: str) -> set[str]:
    """Type ``texts``, Enter after each, faster than anything answers but slower than a paste; all
    that stood on the screen meanwhile."""
    stood = set()
    for text in texts:
        for key in (*text, "enter"):
            on.send(key)
            await asyncio.sleep(0.006)
            stood.add(on.text)
    return stood


@pytest.mark.slow
async def test_an_address_and_a_password_typed_ahead_from_the_first_start_are_no_commands(
    home: Home,
) -> None:
    async with driven(home) as on:
        for key in ("g", "Y", "enter"):
            on.send(key)
            await asyncio.sleep(0.006)
        stood = await typed(on, ADDRESS, "ada@example.org", SECRET)
        await on.settle()
        await on.sees("does not answer")
        assert on.screen_name == "SyncScreen"
        stood.add(on.text)
        assert not [text for text in stood if "correct" in text]
        assert SECRET not in str(list(on.app.said))
        assert not on.app.drafts
    assert home.find(SECRET) == []


async def test_keys_after_asking_to_sign_in_are_for_the_line_that_comes(home: Home) -> None:
    with store(home):
        pass
    async with driven(home) as on:
        await on.follow(("g", "Y"))
        for key in ("p", *"http:x"):
            on.send(key)
        await on.settle()
        assert on.screen_name == "SyncScreen"
        await on.sees("Server:")
        assert "http:x" in on.text


async def test_what_is_pasted_where_secrets_are_asked_for_is_not_shown_unasked(home: Home) -> None:
    with store(home):
        pass
    async with driven(home) as on:
        await on.follow(("g", "Y"))
        on.app.post_message(events.Paste(SECRET))
        await on.settle()
        await on.sees("what was pasted is gone")
        assert SECRET not in on.text
        assert not on.app.drafts


async def test_after_a_passphrase_the_keys_of_the_place_stand_there_again(home: Home) -> None:
    async with driven(home) as on:
        await on.sees("p passphrase")
        await on.follow(("p", "~Passphrase:", "text:abc", "escape"))
        await on.sees("p passphrase")
        assert "$EDITOR" not in on.text
