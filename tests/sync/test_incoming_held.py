"""Nothing is deleted by inference, and nobody elsewhere deletes very much unseen (law 4)."""

from __future__ import annotations

import orjson
import pytest

from store.sync.inbox.incoming import receive
from tests.sync.pages import ANN, NOW, T, delete, insert, row, tasks
from tests.sync.pages import update as changed


def fill(bench, count, first=0, **kw):
    tasks(bench, *[insert(f"t{n}", T[1], title=str(n), **kw) for n in range(first, first + count)])


def gone(bench, table="tasks"):
    return bench.db.read(f'SELECT count(*) FROM "{table}" WHERE deleted_at IS NOT NULL')[0][0]


def deletions(first, last, at=T[3], **kw):
    return [delete(f"t{n}", at, **kw) for n in range(first, last)]


def waiting(bench):
    return [one.id for one in bench.held.list(bench.scope)]


@pytest.mark.parametrize(
    ("there", "count", "held"),
    [(200, 20, 0), (200, 21, 21), (10, 5, 0), (10, 6, 6), (30, 6, 0), (29, 6, 6)],
)
def test_more_than_twenty_or_more_than_five_over_a_fifth_are_held(bench, there, count, held):
    fill(bench, there)
    rows = [*deletions(0, count), changed("t0", T[4], title="proceeds"), insert("new", title="n")]
    arrival = tasks(bench, *rows)
    assert arrival.held == held
    assert gone(bench) == count - held
    assert len(waiting(bench)) == held
    assert row(bench, "t0")["values"]["title"] == "proceeds"
    assert row(bench, "new")["values"] == {"title": "n"}


def test_all_pulls_of_an_hour_are_counted_together(bench, clock):
    fill(bench, 200)
    for first in (0, 7, 14):
        tasks(bench, *deletions(first, first + 7))
    assert (gone(bench), len(waiting(bench))) == (14, 7)
    tasks(bench, *deletions(21, 22))
    assert (gone(bench), len(waiting(bench))) == (14, 8)
    clock.tick(3601)
    tasks(bench, *deletions(22, 30))
    assert (gone(bench), len(waiting(bench))) == (22, 8)


def test_collections_of_a_space_count_together_and_spaces_apart(bench):
    fill(bench, 200)
    notes = [insert(f"t{n}", T[1], table="notes", title="x") for n in range(200)]
    receive(bench, "notes", "notes", notes)
    tasks(bench, *deletions(0, 15))
    receive(bench, "notes", "notes", deletions(0, 15, table="notes"))
    assert (gone(bench), gone(bench, "notes"), len(waiting(bench))) == (15, 0, 15)
    family = bench.spaces.create("Meyer", "team")
    tasks(bench, *[insert(f"f{n}", T[1], space=family, title="x") for n in range(200)])
    tasks(bench, *[delete(f"f{n}", T[3], space=family) for n in range(15)])
    assert gone(bench) == 30


def test_a_first_sync_full_of_tombstones_asks_nothing(bench):
    arrival = tasks(bench, *deletions(0, 100), hydrating=True)
    assert (arrival.held, gone(bench)) == (0, 100)
    fill(bench, 100, 200)
    rows = [*deletions(300, 400), insert("x", title="x"), *deletions(0, 100, T[4])]
    assert tasks(bench, *rows).held == 0


def test_accepting_gives_them_their_own_stamps(bench):
    fill(bench, 30)
    tasks(bench, *deletions(0, 25))
    again = tasks(bench, *deletions(0, 25), whole=True)
    assert (again.held, len(waiting(bench))) == (0, 25)
    assert bench.held.accept(bench.scope) == 25
    stored = row(bench, "t3")
    assert (stored["deleted"], stored["at"]["deletedAt"], stored["dirty"]) == (T[3], T[3], None)
    assert stored["origin"]["deletedAt"] == "server-replay"
    actors = bench.db.read(
        "SELECT a.json FROM actors a JOIN tasks t ON a.n = json_extract(t.meta, '$.f.deletedAt[1]')"
        " WHERE t.id = 't3'"
    )
    assert orjson.loads(actors[0][0]) == ANN
    assert (gone(bench), waiting(bench)) == (25, [])
    bench.history.undo(bench.scope)
    assert gone(bench) == 0


def test_accepting_some_leaves_the_others(bench):
    fill(bench, 30)
    tasks(bench, *deletions(0, 25))
    first = bench.held.list(bench.scope)[0]
    bench.held.accept(bench.scope, [first.n])
    assert (gone(bench), len(waiting(bench))) == (1, 24)


def test_refusing_writes_a_restore_that_wins_everywhere(bench, make):
    fill(bench, 30)
    ahead = "2026-06-01T20:00:00.000Z"
    tasks(bench, *deletions(0, 24), delete("t24", ahead))
    assert bench.held.refuse(bench.scope) == 25
    stored = row(bench, "t3")
    assert (stored["deleted"], stored["at"]["deletedAt"]) == (None, NOW)
    assert stored["dirty"] == ["deletedAt"]
    assert row(bench, "t24")["at"]["deletedAt"] > ahead
    assert (gone(bench), waiting(bench)) == (0, [])
    tasks(bench, *deletions(0, 24), delete("t24", ahead), whole=True)
    assert (gone(bench), waiting(bench)) == (0, [])
    # Where the deletion was carried out the restore undoes it.
    other = make("other")
    fill(other, 1, 3)
    tasks(other, delete("t3", T[3]))
    tasks(other, changed("t3", stored["at"]["deletedAt"], deletedAt=None))
    assert row(other, "t3")["deleted"] is None


def test_a_restore_from_elsewhere_takes_a_held_deletion_off_the_list(bench):
    fill(bench, 30)
    tasks(bench, *deletions(0, 25))
    tasks(bench, changed("t0", T[2], deletedAt=None), changed("t1", T[4], deletedAt=None))
    assert "t0" in waiting(bench)
    assert "t1" not in waiting(bench)


def test_links_follow_their_records_and_are_not_counted(bench):
    links = {"table": "taskLabels", "taskId": "t1", "tagId": "g1"}
    receive(bench, "todo", "taskLabels", [insert(f"t{n}", T[1], **links) for n in range(60)])
    receive(bench, "todo", "taskLabels", deletions(0, 60, table="taskLabels"))
    assert gone(bench, "taskLabels") == 60
    assert waiting(bench) == []


def test_undeclared_collections_are_held_too(bench):
    rows = [insert(f"t{n}", T[1], table="moods", mood="x") for n in range(30)]
    receive(bench, "moodlit", "moods", rows)
    assert receive(bench, "moodlit", "moods", deletions(0, 25, table="moods")).held == 25
    listed = bench.held.list(bench.scope)
    assert [(one.collection, one.id) for one in listed][:2] == [
        ("moodlit/moods", "t0"),
        ("moodlit/moods", "t1"),
    ]
    bench.held.accept(bench.scope, [listed[0].n])
    assert bench.documents.foreign(bench.scope) == [("moodlit", "moods", 29)]
    bench.held.refuse(bench.scope)
    dirty = bench.db.read("SELECT dirty FROM foreign_records WHERE id = 't1'")
    assert dirty == [('["deletedAt"]',)]


def test_a_deletion_that_lost_to_a_restore_is_not_counted(bench):
    fill(bench, 30)
    tasks(bench, *[changed(f"t{n}", T[5], deletedAt=None) for n in range(30)])
    arrival = tasks(bench, *deletions(0, 30))
    assert (arrival.held, arrival.older, gone(bench)) == (0, 30, 0)


def test_those_of_the_user_level_wait_in_the_personal_space(bench):
    rows = [insert(f"t{n}", T[1], table="userTagPresets", name="x") for n in range(30)]
    receive(bench, "tags", "userTagPresets", rows)
    receive(bench, "tags", "userTagPresets", deletions(0, 25, table="userTagPresets"))
    assert bench.held.count(bench.scope) == len(waiting(bench)) == 25
    assert bench.held.accept(bench.scope) == 25
    assert gone(bench, "userTagPresets") == 25
