"""A word typed is a word kept (law 13): drafts survive everything but being cleared."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import LockedError
from tests.store.support import every_byte, script, throwaway

CRASHER = """
import sys, time
from pathlib import Path
from store.workbench import Workbench
b = Workbench.open(Path(sys.argv[1]))
for n in range(10_000):
    b.drafts.save("capture", f"typed {n}")
    print(n, flush=True)
"""


@pytest.fixture(scope="module")
def shared():
    with throwaway() as bench:
        yield bench


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.text())
def test_a_draft_is_kept_exactly_as_typed(shared, text, place):
    shared.drafts.save(place, text, "tasks", "t1", "title", "2026-01-01")
    draft = shared.drafts.load(place)
    assert (draft.text, draft.place) == (text, place)
    assert (draft.collection, draft.id, draft.field, draft.base) == (
        *("tasks", "t1", "title"),
        "2026-01-01",
    )


def test_bytes_that_are_no_text_do_not_lose_the_words_around_them(bench):
    bench.drafts.save("capture", "typed \udcff here")
    assert bench.drafts.load("capture").text == "typed \ufffd here"


def test_the_newest_text_of_a_place_replaces_the_one_before(bench, clock):
    bench.drafts.save("capture", "a")
    clock.tick()
    bench.drafts.save("edit", "other")
    clock.tick()
    bench.drafts.save("capture", "ab")
    assert [d.text for d in bench.drafts.all()] == ["ab", "other"]
    bench.drafts.clear("capture")
    assert bench.drafts.load("capture") is None
    assert [d.text for d in bench.drafts.all()] == ["other"]
    bench.drafts.clear("nothing")


def test_a_draft_is_sealed_outlives_locking_and_is_not_shown_while_locked(bench):
    bench.drafts.save("capture", "plainmarker")
    assert b"plainmarker" not in every_byte(bench.home)
    bench.vault.lock()
    assert bench.drafts.load("capture") is None
    with pytest.raises(LockedError):
        bench.drafts.save("capture", "more")
    bench.vault.unlock_quietly()
    assert bench.drafts.load("capture").text == "plainmarker"


def test_a_draft_survives_kill_9(make):
    bench = make("home")
    process = script(CRASHER, str(bench.home))
    for _ in range(20):
        last = int(process.stdout.readline())
    process.kill()
    process.communicate()
    kept = bench.drafts.load("capture").text
    assert int(kept.removeprefix("typed ")) >= last


def test_undo_and_history_know_nothing_of_drafts(bench):
    bench.drafts.save("capture", "a")
    assert bench.history.peek_undo(bench.scope) is None
    assert bench.db.read("SELECT count(*) FROM steps WHERE kind = 'step'") == [(0,)]


def test_choices_of_this_machine_are_any_json_and_survive_a_restart(make):
    bench = make("home")
    value = {"space": "x", "widths": [1, 2.5, None, True]}
    bench.device.set("place", value)
    assert b"widths" not in every_byte(bench.home)
    bench.close()
    again = make("home")
    assert again.device.get("place") == value
    assert again.device.get("other", 7) == 7
