"""People who share a space: invited, private, removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sync.real.devices import Device, House, in_step

pytestmark = pytest.mark.slow


@pytest.fixture
def shared(there: House, someone: Callable[[str], str]) -> tuple[Device, Device, str]:
    """Ann's and Ben's devices, and Ben's address; both are in a space that Ann made."""
    mine, yours = someone("ann"), someone("ben")
    ann, ben = there.device(mine), there.device(yours)
    ann("space", "create", "Crew", "--type", "family")
    ann.sync()
    ann("space", "invite", yours, "--space", "Crew")
    waiting = ben("space", "invitations", "--json").data
    ben("space", "accept", waiting[0]["id"])
    return ann, ben, yours


def test_what_is_shared_is_on_both_sides_and_a_private_note_on_one(
    shared: tuple[Device, Device, str], there: House
) -> None:
    ann, ben, yours = shared
    ann.add("tar the boat", space="Crew")
    ann("note", "add", "a surprise for Ben", "--visibility", "private", "--space", "Crew")
    ann.sync()
    ben.sync()
    ben("task", "edit", "tar the boat", "--title", "tar the boat twice", "--space", "Crew")
    ben.add("buy tar", space="Crew")
    ben.sync()
    ann.sync()
    assert ann.titles("Crew") == ben.titles("Crew") == {"tar the boat twice", "buy tar"}
    assert ben("note", "list", "--space", "Crew", "--json").data == []
    assert ben.home.find("a surprise") == []
    who = ann("history", "tar the boat twice", "--space", "Crew").out
    assert "ben" in who.lower()
    # A viewer may read; what they write is kept on their side, with the server's words.
    ann("space", "role", yours, "viewer", "--space", "Crew")
    ben("task", "edit", "buy tar", "--title", "buy no tar", "--space", "Crew")
    ben.sync()
    aside = ben("sync", "aside", "--json").data
    assert [one["title"] for one in aside] == ["buy no tar"]
    assert aside[0]["words"]
    ann.add("scrape the hull", space="Crew")
    ann.sync()
    ben.sync()
    assert ann.titles("Crew") == {"tar the boat twice", "buy tar", "scrape the hull"}
    assert ben.titles("Crew") == {"tar the boat twice", "buy no tar", "scrape the hull"}
    ann("space", "role", yours, "member", "--space", "Crew")
    ben("sync", "aside", "retry")
    ben.sync()
    ann.sync()
    assert "buy no tar" in ann.titles("Crew")


def test_a_removed_member_is_cut_off_at_once_and_keeps_what_came(
    shared: tuple[Device, Device, str],
) -> None:
    ann, ben, yours = shared
    ann.add("tar the boat", space="Crew")
    ann.sync()
    ben.sync()
    ben.add("typed on the island", space="Crew")
    ann("space", "remove", yours, "--space", "Crew")
    ann.add("what Ben shall not see", space="Crew")
    ann.sync()
    ben.sync()
    assert ben.titles("Crew") == {"tar the boat", "typed on the island"}
    assert ben.home.find("shall not see") == []
    assert ben.status()["pending"] + len(ben("sync", "aside", "--json").data) >= 1
    assert "typed on the island" not in ann.titles("Crew")
    # One look is no proof: a list that lacks it again ten minutes later hides the space.
    ben.elsewhen((0.01, ["sync", "--once"]))
    assert "Crew" not in ben.spaces()
    hidden = ben("space", "forget", "--json").data
    assert [(one["name"], one["waiting"]) for one in hidden] == [("Crew", 1)]
    refused = ben("space", "forget", "Crew", code=5)
    assert "typed on the island" in refused.err
    gone = ben("space", "forget", "Crew", "--yes", "--json").data
    assert gone["unsent"] == 1
    assert ben("space", "forget", "--json").data == []
    assert ben.home.find("tar the boat") == []
    in_step(ben)
    in_step(ann)
