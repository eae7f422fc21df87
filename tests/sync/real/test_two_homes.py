"""Two machines of one person and one server: what is typed on either is on both, whatever happens
in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.server.running import PASSWORD
from tests.sync.real.devices import Device, House, in_step

pytestmark = pytest.mark.slow

WORD = "a word for this home"

Pair = tuple[Device, Device]


def test_the_same_spaces_appear_and_edits_flow_both_ways(
    there: House, someone: Callable[[str], str]
) -> None:
    email = someone("ann")
    desk = there.device(email)
    desk("space", "create", "Allotment", "--type", "family")
    desk.add("water the beans")
    desk.add("mend the fence", space="allotment")
    desk.sync()
    # The second home held work of its own before it was joined.
    train = there.device()
    train.add("call the seed shop")
    train.log_in(there.url, email)
    train.sync()
    assert train.spaces() == desk.spaces()
    assert train.titles() == {"water the beans", "call the seed shop"}
    assert train.titles("allotment") == {"mend the fence"}
    train("task", "edit", "water the beans", "--title", "water the peas")
    train("task", "done", "mend the fence", "--space", "allotment")
    in_step(train, desk)
    assert desk.titles() == {"water the peas", "call the seed shop"}
    assert desk.titles("allotment") == set()
    for device in (desk, train):
        assert device.status()["pending"] == 0
        assert device.home.find(PASSWORD) == []
    # What is sealed stays sealed on its way and where it lies.
    assert not any(b"seed shop" in path.read_bytes() for path in there.data.rglob("*.db*"))


def test_a_week_offline_on_both_sides_is_merged_without_a_lost_word(pair: Pair) -> None:
    desk, train = pair
    desk.add("letter", "list", "visit")
    in_step(desk, train, rounds=1)
    typed: dict[str, set[str]] = {"letter": set(), "list": set(), "visit": set()}
    ids = {one["title"]: one["id"] for one in desk("task", "list", "--json").data}
    for name, device, titles in (
        ("desk", desk, ("letter", "list")),
        ("train", train, ("letter", "visit")),
    ):
        acts = []
        for day in range(7):
            for title in titles[day % 2 :]:
                words = f"{title} {name} {day}"
                typed[title].add(words)
                # One of the clocks goes wrong by three hours besides.
                away = day - 7 + (0.125 if name == "train" else 0)
                acts.append((away, ["task", "edit", ids[title], "--title", words]))
        device.elsewhen(*acts)
    train("task", "delete", ids["list"])
    in_step(desk, train)
    for device in (desk, train):
        assert device.status()["pending"] == 0
    kept = {title: desk.words_of(id) + train.words_of(id) for title, id in ids.items()}
    for title, all_words in typed.items():
        missing = {words for words in all_words if words not in kept[title]}
        assert not missing


def test_a_round_on_the_command_line_goes_while_the_workbench_is_open(pair: Pair) -> None:
    desk, train = pair
    desk.add("water the beans")
    desk.sync()
    with train.workbench("water the beans") as term:
        desk.add("mend the fence")
        desk.sync()
        assert train.sync()["words"] == ""
        assert "mend the fence" in train.titles()
        term.wait_for("mend the fence")
        term.press("ctrl+q")
        assert term.wait_exit() == 0
    in_step(desk, train, rounds=1)


def test_a_locked_home_waits_and_an_unlocked_one_goes_on(
    there: House, someone: Callable[[str], str]
) -> None:
    email = someone("ann")
    desk, train = there.device(email), there.keep(Device())
    train("init", "--passphrase-stdin", input=f"{WORD}\n")
    train("unlock", "--passphrase-stdin", input=WORD)
    train.log_in(there.url, email)
    train.sync()
    train.add("written on the train")
    train("lock")
    desk.add("oil the gate")
    desk.sync()
    assert train("sync", "--once", "--json", code=4).error["code"] == "locked"
    assert train.status()["state"] == "locked"
    train("unlock", "--passphrase-stdin", input=WORD)
    in_step(train, desk)
    assert desk.titles() == train.titles() == {"written on the train", "oil the gate"}


def test_signing_out_keeps_what_was_not_sent(pair: Pair, there: House) -> None:
    desk, train = pair
    train.sync()
    train.add("written on the train", "and this")
    done = train("logout", "--json").data
    assert done == {"signedIn": False, "waiting": 2}
    train("task", "edit", "and this", "--title", "and that")
    refused = train("sync", "--once", "--json", code=7)
    assert refused.error["code"] == "signed_out"
    desk.sync()
    assert desk.titles() == set()
    # Another account is refused with the way out, and the same one goes on.
    other = there.person("stranger@example.org")
    assert "belongs to the account of" in train.log_in(there.url, other, code=5).err
    email = train("account", "--json").data["email"]
    train.log_in(there.url, email)
    in_step(train, desk)
    assert desk.titles() == {"written on the train", "and that"}


def test_a_copied_home_takes_a_name_of_its_own_and_pulls_all_anew(pair: Pair, there: House) -> None:
    desk, train = pair
    desk.add("water the beans")
    in_step(desk, train, rounds=1)
    copy = there.keep(desk.copied())
    # What the first one writes from here on would be hidden from a copy that kept its name.
    desk.add("mend the fence")
    desk.sync()
    copy.add("oil the gate")
    copy.sync()
    assert copy.client_id() != desk.client_id()
    assert copy.titles() == {"water the beans", "mend the fence", "oil the gate"}
    in_step(desk, train, copy, rounds=1)
    assert desk.titles() == train.titles() == copy.titles()
