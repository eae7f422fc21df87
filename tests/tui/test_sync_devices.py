"""The screen of syncing tells of other devices and of invitations, and acts on both by Enter."""

from __future__ import annotations

from typing import Any

import pytest

from store.sync.compare import devices
from store.sync.compare.announcing import Devices
from tests.harness.homes import Home
from tests.server.running import PASSWORD, Running
from tests.store.conftest import clock, make
from tests.store.support import Clock
from tests.sync.loghouse import PERSONAL, Device, LogHouse
from tests.tui.test_syncing import mail, second, server, signed_in
from tui.asking.managing.sync import DEVICE, SPACE, entries

__all__ = ["clock", "mail", "make", "second", "server"]

pytestmark = pytest.mark.slow


def lines(device: Device, kind: str) -> list[tuple[str, str, str]]:
    found = [entry for entry in entries(device.bench, {}) if entry.kind == kind]
    return [(entry.words, entry.note, entry.facts.split("\n")[0]) for entry in found]


def test_devices_stand_with_how_they_compare(make: Any, clock: Clock) -> None:
    house = LogHouse()
    laptop, phone = (Device(make(clock=clock), house) for _each in range(2))
    for one, name in ((laptop, "laptop"), (phone, "phone")):
        devices.rename(one.bench, name)
    assert lines(laptop, DEVICE) == []

    def tell(*those: Device) -> None:
        clock.tick(60)
        for one in those:
            one.once()
            told = Devices(one.bench, one.remote)
            told.look(quiet=0)

    tell(laptop, phone, laptop)
    digest = devices.own_state(laptop.bench).held[PERSONAL].digest[:4]
    (space,) = lines(laptop, SPACE)
    assert space[2] == f"laptop {digest} = phone {digest}"
    assert [line[:2] for line in lines(laptop, DEVICE)] == [
        ("laptop", "this one"),
        ("phone", "the same as here"),
    ]
    laptop.add("news")
    clock.tick(600)
    tell(laptop)
    assert lines(laptop, DEVICE)[1][1] == "told before the last change"
    assert f"· phone {digest} as of 12:01" in lines(laptop, SPACE)[0][2]


async def test_an_invitation_is_announced_and_accepted_by_enter(
    home: Home, second: Home, server: Running, mail: str
) -> None:
    owner = server.person("owner-of-harbour@example.org", PASSWORD)
    made = owner.org("create", name="Harbour", slug="harbour", metadata={"type": "team"})
    owner.org(
        "invite-member", organizationId=made.json()["id"], email=mail, role="member"
    ).raise_for_status()
    async with signed_in(home, server, mail) as on:
        await on.sees("You are invited to a space")
        assert "1 invitation" in on.text.split("\n")[0]
        while on.app.screen.entries.chosen.kind != "invited":
            await on.press("j")
        await on.follow(("enter", "~Join it", "enter", "~Joined"))
        await on.sees("Harbour")
        assert "invitation" not in on.text.split("\n")[0]
