"""Who bears which tag: both representations are written, and the newest evidence is believed."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import LockedError, NotFoundError
from store.stamps import micros
from store.tagging import link_id
from tests.store.acts import BEARERS, LINKS, tag, tags_of
from tests.store.acts import add_to as add
from tests.store.support import EARLIER, LATER, UNOPENABLE, throwaway


def listed(bench, collection, id):
    """The record's own list, None where it has none."""
    _, _, field, inner = LINKS[collection]
    value = bench.documents.get(bench.scope, collection, id).get(field)
    return value.get(inner) if inner and value else value


def links(bench, collection, id, *, live=True):
    junction, key, _, _ = LINKS[collection]
    rows = bench.db.read(
        f"SELECT json_extract(doc, '$.tagId') FROM \"{junction}\" WHERE "
        f"json_extract(doc, '$.{key}') = ? AND deleted_at IS {'NULL' if live else 'NOT NULL'}",
        (id,),
    )
    return {t for (t,) in rows}


def pull(bench, collection, id, fields, at):
    with bench.step("pull", kind="pull") as step:
        step.merge(collection, id, fields, at, origin="server-replay")


def with_list(collection, tags):
    _, _, field, inner = LINKS[collection]
    return {field: {inner: tags}} if inner else {field: tags}


# -- both representations -----------------------------------------------------------------------


@pytest.mark.parametrize("collection", BEARERS)
def test_adding_and_removing_writes_both_representations(bench, collection):
    one, two = bench.tags.add("One"), bench.tags.add("Two")
    id = add(bench, collection)
    tag(bench, collection, id, one)
    tag(bench, collection, id, two)
    assert tags_of(bench, collection, id) == links(bench, collection, id) == {one, two}
    if LINKS[collection][2]:
        assert listed(bench, collection, id) == [one, two]
    tag(bench, collection, id, one, on=False)
    assert tags_of(bench, collection, id) == links(bench, collection, id) == {two}
    assert links(bench, collection, id, live=False) == {one}
    if LINKS[collection][2]:
        assert listed(bench, collection, id) == [two]
    tag(bench, collection, id, one)
    assert tags_of(bench, collection, id) == {one, two}


def test_the_id_of_a_link_derives_from_record_and_tag(bench):
    one = bench.tags.add("One")
    id = add(bench)
    for on in (True, False, True):
        tag(bench, "tasks", id, one, on)
    assert bench.db.read('SELECT id FROM "taskLabels"') == [(link_id(id, one),)]
    assert uuid.UUID(link_id(id, one)).version == 5


def test_other_metadata_stays_when_a_task_is_tagged(bench):
    one = bench.tags.add("One")
    id = add(bench, metadata={"source": "taskwarrior", "nested": {"a": [1]}})
    tag(bench, "tasks", id, one)
    tag(bench, "tasks", id, one, on=False)
    metadata = bench.documents.get(bench.scope, "tasks", id)["metadata"]
    assert metadata == {"source": "taskwarrior", "nested": {"a": [1]}, "labelIds": []}


def test_tagging_twice_is_one_link_and_changes_nothing(bench):
    one = bench.tags.add("One")
    id = add(bench)
    tag(bench, "tasks", id, one)
    with bench.step("again") as step:
        bench.tags.tag(step, "tasks", [id, id], one)
    assert step.n == 0


@pytest.mark.parametrize("collection", BEARERS)
def test_tagging_what_is_not_there_says_so(bench, collection):
    one = bench.tags.add("One")
    with pytest.raises(NotFoundError):
        tag(bench, collection, "nobody", one)
    assert links(bench, collection, "nobody") == set()


def test_a_list_that_does_not_open_is_never_overwritten(bench):
    one, two = bench.tags.add("One"), bench.tags.add("Two")
    id = add(bench, metadata={"kept": 1})
    tag(bench, "tasks", id, one)
    with bench.db.transaction() as connection:
        connection.execute("UPDATE tasks SET doc = json_set(doc, '$.metadata', ?)", (UNOPENABLE,))
    bench.clock.tick()
    tag(bench, "tasks", id, two)
    assert bench.db.read("SELECT json_extract(doc, '$.metadata') FROM tasks") == [(UNOPENABLE,)]
    assert tags_of(bench, "tasks", id) == {one, two}
    tag(bench, "tasks", id, one, on=False)
    assert tags_of(bench, "tasks", id) == {two}


def test_a_locked_vault_refuses_to_tag_where_the_list_is_sealed(bench):
    one = bench.tags.add("One")
    ids = {collection: add(bench, collection) for collection in BEARERS}
    bench.vault.lock()
    with pytest.raises(LockedError):
        tag(bench, "tasks", ids["tasks"], one)
    for collection in ("notes", "contacts"):
        tag(bench, collection, ids[collection], one)
        assert tags_of(bench, collection, ids[collection]) == {one}
    bench.vault.unlock_quietly()
    assert tags_of(bench, "tasks", ids["tasks"]) == set()


# -- the newest evidence ------------------------------------------------------------------------

T1, T2, T3 = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z"


@pytest.mark.parametrize("collection", ["tasks", "contacts"])
@pytest.mark.parametrize(
    ("list_at", "in_list", "row_at", "row_live", "borne"),
    [
        (T2, True, T1, False, True),
        (T1, True, T2, False, False),
        (T2, False, T1, True, False),
        (T1, False, T2, True, True),
        (T1, True, T1, False, True),
        (T1, False, T1, True, True),
        (T1, False, T1, False, False),
        (None, None, T1, True, True),
        (None, None, T1, False, False),
        (T1, True, None, None, True),
        (T1, False, None, None, False),
    ],
)
def test_the_newest_evidence_decides_present_on_a_tie(
    bench, collection, list_at, in_list, row_at, row_live, borne
):
    junction, key, _, _ = LINKS[collection]
    one = bench.tags.add("One")
    changes = [(collection, "r1", {"visibility": "space"}, EARLIER)]
    if list_at:
        changes.append((collection, "r1", with_list(collection, [one] if in_list else []), list_at))
    if row_at:
        row = {key: "r1", "tagId": one}
        if row_live:
            changes.append((junction, "row", row, row_at))
        else:
            changes.append((junction, "row", row, EARLIER))
            changes.append((junction, "row", {"deletedAt": row_at}, row_at))
    for number, order in enumerate((changes, changes[::-1])):
        target = bench if not number else None
        if target is None:
            with throwaway() as target:
                target.tags.add("One")
                with target.step("pull", kind="pull") as step:
                    step.insert("tags", {"name": "one again"}, id=one)
                for change in order:
                    pull(target, *change)
                assert (one in tags_of(target, collection, "r1")) is borne
        else:
            for change in order:
                pull(target, *change)
            assert (one in tags_of(target, collection, "r1")) is borne


def test_a_link_that_comes_before_its_note_is_found_when_the_note_comes(bench):
    one = bench.tags.add("One")
    for collection in BEARERS:
        junction, key, _, _ = LINKS[collection]
        pull(bench, junction, f"row-{collection}", {key: "r1", "tagId": one}, T1)
        pull(bench, collection, "r1", {"visibility": "space"}, T1)
        assert tags_of(bench, collection, "r1") == {one}, collection


def test_of_two_rows_of_one_link_the_newer_counts(bench):
    """Another client's row has an id of its own beside ours."""
    one = bench.tags.add("One")
    add_id = "n1"
    pull(bench, "notes", add_id, {"title": "n"}, T1)
    pull(bench, "noteTags", "theirs", {"noteId": add_id, "tagId": one}, T1)
    pull(bench, "noteTags", "theirs", {"deletedAt": T3}, T3)
    pull(bench, "noteTags", "ours", {"noteId": add_id, "tagId": one}, T2)
    assert tags_of(bench, "notes", add_id) == set()
    pull(bench, "noteTags", "ours", {"deletedAt": None}, LATER)
    assert tags_of(bench, "notes", add_id) == {one}


def test_taking_a_tag_off_takes_another_clients_row_off_too(bench):
    one = bench.tags.add("One")
    pull(bench, "notes", "n1", {"title": "n"}, T1)
    pull(bench, "noteTags", "theirs", {"noteId": "n1", "labelId": one}, T1)
    assert tags_of(bench, "notes", "n1") == {one}
    tag(bench, "notes", "n1", one, on=False)
    assert tags_of(bench, "notes", "n1") == set()


def test_a_persons_change_beats_evidence_from_a_clock_far_ahead(bench):
    one = bench.tags.add("One")
    far = "2090-01-01T00:00:00.000Z"
    for collection in BEARERS:
        junction, key, field, _ = LINKS[collection]
        pull(bench, collection, "r1", {"visibility": "space"}, T1)
        pull(bench, junction, f"row-{collection}", {key: "r1", "tagId": one}, far)
        if field:
            pull(bench, collection, "r1", with_list(collection, [one]), far)
        for on in (False, True, False):
            tag(bench, collection, "r1", one, on)
            assert (one in tags_of(bench, collection, "r1")) is on, (collection, on)


def test_a_tag_that_has_not_arrived_yet_is_not_taken_off_by_adding_another(bench):
    one = bench.tags.add("One")
    pull(bench, "tasks", "t1", {"metadata": {"labelIds": ["unknown-yet"]}}, T1)
    assert tags_of(bench, "tasks", "t1") == set()
    tag(bench, "tasks", "t1", one)
    pull(bench, "tags", "unknown-yet", {"name": "Late"}, T1)
    assert tags_of(bench, "tasks", "t1") == {one, "unknown-yet"}


@pytest.mark.parametrize("junk", ["labelIds", {"labelIds": "x"}, {"labelIds": [1, None]}, [], 7])
def test_a_list_of_another_shape_is_no_evidence_and_no_error(bench, junk):
    one = bench.tags.add("One")
    pull(bench, "tasks", "t1", {"title": "x", "metadata": junk}, T1)
    assert tags_of(bench, "tasks", "t1") == set()
    tag(bench, "tasks", "t1", one)
    assert tags_of(bench, "tasks", "t1") == {one}


evidence = st.lists(
    st.tuples(st.sampled_from(["list", "ours", "theirs"]), st.integers(0, 3), st.booleans()),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def one_bench():
    with throwaway() as bench:
        yield bench


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(evidence, st.randoms(use_true_random=False))
def test_membership_is_the_same_in_any_order(one_bench, changes, random):
    bench = one_bench
    results = []
    for _ in range(2):
        tag_id, record = str(uuid.uuid4()), str(uuid.uuid4())
        for what, when, on in changes:
            at = f"2026-01-01T00:00:0{when}.000Z"
            if what == "list":
                fields = {"metadata": {"labelIds": [tag_id] if on else []}}
                pull(bench, "tasks", record, fields, at)
            else:
                row = f"{what}-{record}"
                pull(bench, "taskLabels", row, {"taskId": record, "tagId": tag_id}, T1)
                pull(bench, "taskLabels", row, {"deletedAt": None if on else at}, at)
        pull(bench, "tasks", record, {"title": "x"}, T1)
        rows = bench.db.read("SELECT 1 FROM tagged WHERE tag = ?", (tag_id,))
        results.append(bool(rows))
        random.shuffle(changes)
    # Two lists at one instant are settled by the greater JSON, as any field's values are.
    assert results[0] == results[1]


def test_both_representations_are_written_at_one_time(bench):
    one = bench.tags.add("One")
    id = add(bench)
    tag(bench, "tasks", id, one)
    history = bench.history.of(bench.scope, "tasks", id)
    list_at = next(p.at for p in history if p.field == "metadata")
    row_at = bench.history.of(bench.scope, "taskLabels", link_id(id, one))[0].at
    assert abs(micros(list_at) - micros(row_at)) <= 1000
