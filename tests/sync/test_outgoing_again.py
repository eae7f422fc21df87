"""What goes out once more: under another key, after a loss, with a stamp brought back."""

from __future__ import annotations

import pytest

from store.changes import Incoming
from store.errors import UnreadableError
from store.sync.compare.digest import digests
from store.sync.compare.folding import digest_of_rows
from store.sync.outbox import outgoing
from store.sync.outbox.composing import unsent
from store.sync.outbox.resending import resend_all
from tests.store.support import UNOPENABLE
from tests.sync.outbox import (
    KEY,
    T0,
    T1,
    add,
    dirty,
    edit,
    of,
    opened,
    remove,
    sent,
)
from tests.sync.test_digest import pages

# Sending again ----------------------------------------------------------------------------------


def test_after_a_new_account_key_sealed_values_go_out_again_with_their_own_stamps(out, clock):
    add(out, priority="high")
    add(out, id="t2", priority="low")
    remove(out, "t2")
    with out.step("project") as step:
        step.insert("todoProjects", {"name": "plain"}, id="p1")
    before = {c["id"]: c for c in sent(out)}
    steps = out.db.read("SELECT count(*) FROM steps")
    clock.tick(3600)
    out.vault.add_key("account", "a2", bytes(32))
    assert outgoing.reseal(out) >= 1
    changes = sent(out)
    [again] = of(changes, "t1")
    assert set(again["fields"]) == {"title"}
    assert again["fields"]["title"]["at"] == T0
    assert (again["actor"], again["origin"]) == (before["t1"]["actor"], "user")
    assert out.vault.is_current1(again["fields"]["title"]["value"])
    assert opened(out, again["fields"]["title"]["value"]) == "one"
    assert of(changes, "t2") == of(changes, "p1") == []
    assert out.db.read("SELECT count(*) FROM steps") == steps
    assert sent(out) == []


def test_marks_for_sending_again_are_no_unsent_edits(out):
    add(out)
    sent(out)
    outgoing.reseal(out)
    mark = dirty(out, "tasks", "t1")
    assert mark is not None
    assert unsent(mark) == set()
    edit(out, title="mine")
    assert unsent(dirty(out, "tasks", "t1")) == {"title"}
    [change] = of(sent(out), "t1")
    assert opened(out, change["fields"]["title"]["value"]) == "mine"
    assert dirty(out, "tasks", "t1") is None


def test_a_received_envelope_under_the_old_key_is_sealed_under_the_new_one(out):
    old = out.vault.seal1("from another device")
    add(out)
    with out.step("put back") as step:
        step.put_back("tasks", [Incoming("t1", {"title": old, "unknown": old}, raw=True)])
    sent(out)
    out.vault.add_key("account", "a2", bytes(32))
    outgoing.reseal(out)
    [again] = of(sent(out), "t1")
    for name in ("title", "unknown"):
        value = again["fields"][name]["value"]
        assert out.vault.is_current1(value)
        assert opened(out, value) == "from another device"


def test_the_test_key_is_the_accounts(out):
    assert out.vault.raw_key("a1") == KEY
    with pytest.raises(UnreadableError):
        out.vault.open1(UNOPENABLE)


def test_everything_can_go_out_again_whole_after_a_server_lost_it(out, clock):
    add(out, priority="high")
    add(out, id="t2")
    clock.tick()
    edit(out, priority="low")
    remove(out, "t2")
    first = sent(out)
    clock.tick()
    edit(out, title="not sent yet")
    assert resend_all(out) >= 2
    assert unsent(dirty(out, "tasks", "t1")) == {"title"}
    changes = sent(out)
    [one] = of(changes, "t1")
    assert {"title", "priority", "createdAt", "spaceId"} <= one["fields"].keys()
    assert one["fields"]["priority"]["at"] == T1
    again = of(changes, "t2")
    assert again[-1]["deletedAt"] == of(first, "t2")[-1]["deletedAt"]
    assert opened(out, again[0]["fields"]["title"]["value"]) == "one"
    assert sent(out) == []
    assert digest_of_rows(out, pages(changes)) == digests(out)


def test_an_edit_while_everything_goes_out_again_stays_dirty(out, clock):
    add(out)
    sent(out)
    resend_all(out)
    clock.tick()
    sent(out, app="todo", between=lambda batch: edit(out, priority="low"))
    assert unsent(dirty(out, "tasks", "t1")) == {"priority"}
    assert set(of(sent(out), "t1")[0]["fields"]) == {"priority"}


def test_a_stamp_that_a_server_refuses_for_its_future_comes_back_to_the_present(out, clock):
    clock.tick(3 * 86400)
    add(out, priority="high")
    clock.tick()
    edit(out, title="two")
    clock.tick(-3 * 86400)
    [batch] = outgoing.batches(out)
    assert outgoing.restamp(out, batch.marks) == 1
    [change] = sent(out)
    assert change["fields" if "fields" in change else "data"]
    assert max(stamps_of(change)) < "2026-06-02"
    assert sent(out) == []
    out.history.undo(out.scope)
    assert out.documents.get(out.scope, "tasks", "t1")["title"] == "one"
    [batch] = outgoing.batches(out)
    assert outgoing.restamp(out, batch.marks) == 0


def stamps_of(change):
    if "data" in change:
        return [change["data"]["updatedAt"]]
    return [slot["at"] for slot in change["fields"].values()]
