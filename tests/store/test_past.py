"""Undo while locked and across spaces, and the past of a record."""

from __future__ import annotations

import pytest

from store.errors import LockedError, NotFoundError
from store.moving import move
from store.queries import Query
from store.stamps import act_as
from tests.store.acts import add, edit, redo, title, undo
from tests.store.support import AGENT, LATER, content

# -- locked -----------------------------------------------------------------------------------


def test_undo_redo_delete_and_restore_work_while_locked(bench):
    tag = bench.tags.add("Home")
    id = add(bench, "a")
    edit(bench, id, title="b")
    with bench.step("tag") as step:
        bench.tags.tag(step, "tasks", [id], tag)
    bench.vault.lock()
    undo(bench)
    assert bench.documents.get(bench.scope, "tasks", id).tags == ()
    undo(bench)
    redo(bench, 2)
    assert bench.documents.get(bench.scope, "tasks", id).tags == (tag,)
    undo(bench, 2)
    with bench.step("delete") as step:
        step.delete("tasks", id)
    with bench.step("restore") as step:
        step.restore("tasks", id)
    undo(bench, 2)
    assert str(bench.documents.get(bench.scope, "tasks", id)["title"]) == "(locked)"
    assert bench.vault.unlock_quietly()
    assert title(bench, id) == "a"


def test_a_protected_field_is_neither_written_nor_emptied_while_locked(bench):
    id = add(bench, "a", order=1)
    bench.vault.lock()
    for value in ("b", None):
        with pytest.raises(LockedError) as caught:
            edit(bench, id, title=value, order=2)
        assert caught.value.exit_code == 4
        assert caught.value.hint
    edit(bench, id, order=3, dueDate="2026-07-01")
    bench.vault.unlock_quietly()
    record = bench.documents.get(bench.scope, "tasks", id)
    assert (record["title"], record["order"]) == ("a", 3)


def test_undoing_while_locked_keeps_tags_that_only_another_client_wrote(bench):
    """Such tags stand in the sealed list alone, which a locked vault cannot read."""
    tag = bench.tags.add("Home")
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": "a", "metadata": {"labelIds": [tag]}}, LATER)
    edit(bench, "t1", metadata={"labelIds": [tag], "x": 1}, title="b")
    bench.vault.lock()
    undo(bench)
    bench.vault.unlock_quietly()
    record = bench.documents.get(bench.scope, "tasks", "t1")
    assert record["metadata"] == {"labelIds": [tag]}
    assert record.tags == (tag,)


# -- the past of a record ----------------------------------------------------------------------


def test_every_past_value_is_listed_with_who_and_when_and_can_be_taken_back(bench, clock):
    id = add(bench, "a")
    clock.tick()
    with act_as(AGENT), bench.step("agent") as step:
        step.update("tasks", id, {"title": "b"})
    clock.tick()
    edit(bench, id, title=None)
    pasts = [p for p in bench.history.of(bench.scope, "tasks", id) if p.field == "title"]
    assert [(p.value, p.current) for p in pasts] == [(None, True), ("b", False), ("a", False)]
    assert [p.actor["kind"] for p in pasts] == ["user", "ai", "user"]
    assert [p.origin for p in pasts] == ["user", "agent", "user"]
    for past in (pasts[1], pasts[2]):
        bench.history.take_back(bench.scope, "tasks", id, "title", past.at)
        assert title(bench, id) == past.value
    undo(bench)
    assert title(bench, id) == "b"
    with pytest.raises(NotFoundError) as caught:
        bench.history.take_back(bench.scope, "tasks", id, "title", "1999")
    assert caught.value.hint


def test_a_value_is_taken_back_while_locked_without_being_opened(bench, clock):
    id = add(bench, "a")
    (past,) = [p for p in bench.history.of(bench.scope, "tasks", id) if p.field == "title"]
    clock.tick()
    edit(bench, id, title="b")
    bench.vault.lock()
    bench.history.take_back(bench.scope, "tasks", id, "title", past.at)
    bench.vault.unlock_quietly()
    assert title(bench, id) == "a"


def test_undoing_a_move_brings_the_record_back_and_the_copy_goes(bench):
    family = bench.spaces.create("Meyer", "family")
    target = bench.spaces.scope(family)
    tag = bench.tags.add("Home")
    id = add(bench, "a", visibility="private")
    with bench.step("tag") as step:
        bench.tags.tag(step, "tasks", [id], tag)
    before = content(bench)
    new = move(bench, bench.scope, "tasks", id, target)
    moved = bench.documents.get(target, "tasks", new)
    assert (moved["title"], moved["visibility"], moved["spaceId"]) == ("a", "private", family)
    assert [t["name"] for t in bench.tags.list(target)] == ["Home"]
    after = content(bench)
    undo(bench)
    assert content(bench) == before
    redo(bench)
    assert content(bench) == after


def test_undone_privacy_is_shown_as_the_space_again(bench):
    id = add(bench)
    edit(bench, id, visibility="private")
    undo(bench)
    assert bench.documents.get(bench.scope, "tasks", id)["visibility"] == "space"
    (found,) = bench.documents.page(bench.scope, Query("tasks"))
    assert found["visibility"] == "space"
