"""No query without a scope, and nothing of another space, level or person in it (laws 1 and 2)."""

from __future__ import annotations

import pytest

from store.collections import CORE, Collection, clear, local
from store.errors import (
    GuardError,
    ModuleNotInSpaceError,
    NotFoundError,
    ScopeNotReadyError,
)
from store.modules import installed
from store.purge import purge_records
from store.queries import Query
from store.stamps import user
from tests.store.support import LATER

COLLECTIONS = {
    c.name: c for c in (*CORE, *(c for m in installed().values() for c in m.collections))
}
SPACED = sorted(name for name, c in COLLECTIONS.items() if c.level == "space")
LEVELLESS = sorted(name for name, c in COLLECTIONS.items() if c.level == "user")
STRANGER = user("u-stranger", "Stranger")


def some_fields(collection: Collection, word: str = "secret") -> dict:
    kinds = {
        "text": word,
        "list": [word],
        "object": {"x": word},
        "number": 3,
        "flag": True,
        "id": "x-1",
        "instant": "2026-06-01",
        "day": "2026-06-01",
        "any": word,
    }
    return {
        name: f.choices[0] if f.choices else kinds[f.kind]
        for name, f in collection.fields.items()
        if name != "visibility"
    }


@pytest.fixture
def two(bench):
    """A home with two spaces; returns it with the scopes of both."""
    family = bench.spaces.create("Meyer", "family")
    return bench, bench.scope, bench.spaces.scope(family)


def found_as(bench, scope, collection, text):
    """The id that ``text`` means in a scope, None where it means no record."""
    try:
        return bench.documents.find(scope, collection, text)["id"]
    except NotFoundError:
        return None


def everything_found(bench, scope, collection):
    """What every read of this scope gives of a collection."""
    query = Query(collection)
    documents = bench.documents
    keys = documents.keys(scope, query)
    title = COLLECTIONS[collection].title or "id"
    yield "page", [r["id"] for r in documents.page(scope, query, limit=-1)]
    yield "keys", keys
    yield "by_keys", [r["id"] for r in documents.by_keys(scope, collection, keys)]
    yield "count", [None] * documents.count(scope, query)
    yield "table", documents.table(scope, query, (title,) if title != "id" else ("visibility",))
    if COLLECTIONS[collection].title:
        yield "titles", list(documents.titles(scope, query))
    yield "deleted", documents.page(scope, query._replace(deleted=True))
    yield "tagged", documents.page(scope, query._replace(tags=("x-1",)))


# -- one space does not see another ------------------------------------------------------------


@pytest.mark.parametrize("collection", SPACED)
def test_a_record_is_in_its_space_and_in_no_other(two, collection):
    bench, personal, family = two
    fields = some_fields(COLLECTIONS[collection])
    baseline = {name: len(list(got)) for name, got in everything_found(bench, family, collection)}
    with bench.step("add") as step:
        id = step.insert(collection, fields)
    key = bench.documents.get(personal, collection, id).key
    for how, found in everything_found(bench, family, collection):
        assert len(list(found)) == baseline[how], how
        assert id not in found, how
    assert bench.documents.by_keys(family, collection, [key]) == []
    for text in (id, id[:8], "secret"):
        assert found_as(bench, family, collection, text) != id
    for read in (
        lambda: bench.documents.get(family, collection, id),
        lambda: bench.history.of(family, collection, id),
        lambda: bench.history.take_back(family, collection, id, next(iter(fields)), LATER),
        lambda: purge_records(bench, family, collection, [id]),
    ):
        with pytest.raises(NotFoundError):
            read()
    assert all(hit.id != id for hit in bench.search.find(family, "secret"))


@pytest.mark.parametrize("collection", SPACED)
def test_a_step_in_one_space_does_not_reach_a_record_of_another(two, collection):
    bench, personal, family = two
    with bench.step("add") as step:
        id = step.insert(collection, some_fields(COLLECTIONS[collection]))
    before = bench.db.read(f'SELECT doc, meta, deleted_at FROM "{collection}" WHERE id = ?', (id,))
    name = next(iter(COLLECTIONS[collection].fields))
    for act in (
        lambda step: step.update(collection, id, {name: None}),
        lambda step: step.delete(collection, id),
        lambda step: step.restore(collection, id),
    ):
        with pytest.raises(NotFoundError), bench.step("reach", scope=family) as step:
            act(step)
    # The same id in another space is another record.
    with bench.step("pull", kind="pull", scope=family) as step:
        step.merge(collection, id, {name: None}, LATER)
    row = bench.db.read(
        f'SELECT doc, meta, deleted_at FROM "{collection}" WHERE id = ? AND space = ?',
        (id, personal.number),
    )
    assert row == before
    assert len(bench.db.read(f'SELECT 1 FROM "{collection}" WHERE id = ?', (id,))) == 2


def test_links_of_the_same_id_in_another_space_are_left_alone(two):
    bench, personal, family = two
    ids = {}
    for scope in (personal, family):
        bench.enter(scope.id)
        tag = ids.get("tag") or "tag-1"
        with bench.step("add") as step:
            step.insert("tags", {"name": "Home"}, id=tag)
            step.insert("notes", {"title": "n"}, id="n-1")
            bench.tags.tag(step, "notes", ["n-1"], tag)
    with bench.step("untag", scope=family) as step:
        bench.tags.untag(step, "notes", ["n-1"], "tag-1")
    assert bench.documents.get(family, "notes", "n-1").tags == ()
    assert bench.documents.get(personal, "notes", "n-1").tags == ("tag-1",)


def test_across_is_the_one_call_that_sees_every_space(two):
    bench, personal, family = two
    for scope in (personal, family):
        with bench.step("add", scope=scope) as step:
            step.insert("tasks", {"title": scope.type})
    found = {(r["title"], r["spaceId"]) for r in bench.documents.across("tasks")}
    assert found == {("personal", personal.id), ("family", family.id)}
    assert {h.space for h in bench.search.find(personal, "family personal")} == set()
    assert {h.space for h in bench.search.find(personal, "family", everywhere=True)} == {family.id}


def test_switching_flips_everything_at_once(two):
    bench, personal, family = two
    bench.tags.add("Mine")
    with bench.step("add") as step:
        step.insert("tasks", {"title": "mine"})
    bench.enter(family.id)
    assert bench.tags.list() == []
    assert bench.tags.uses() == {}
    assert [s["id"] for s in bench.scenes.list()] == [f"seed-home-{family.id}"]
    assert bench.documents.page(bench.scope, Query("tasks")) == []
    assert bench.history.peek_undo(bench.scope) is None
    assert bench.spaces.context(bench.scope) is None
    assert bench.search.find(bench.scope, "mine") == []


def test_a_deleted_space_is_in_no_reading_and_comes_back_whole(two):
    bench, _, family = two
    with bench.step("add", scope=family) as step:
        id = step.insert("tasks", {"title": "theirs"})
    bench.spaces.delete(family.id)
    assert [r["id"] for r in bench.documents.across("tasks")] == []
    assert bench.search.find(bench.scope, "theirs", everywhere=True) == []
    with pytest.raises(NotFoundError):
        bench.spaces.scope(family.id)
    bench.history.undo(bench.scope)
    again = bench.spaces.scope(family.id)
    assert bench.documents.get(again, "tasks", id)["title"] == "theirs"


def test_deleting_the_space_in_view_leads_back_to_the_personal_one(two):
    bench, personal, family = two
    bench.enter(family.id)
    bench.spaces.delete(family.id)
    assert bench.scope.id == personal.id
    bench.history.undo(bench.scope)
    assert len(bench.spaces.list()) == 2


def test_the_personal_space_stays(bench):
    with pytest.raises(GuardError):
        bench.spaces.delete(bench.spaces.personal())
    assert [s["type"] for s in bench.spaces.list()] == ["personal"]


# -- levels -----------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
def test_a_collection_is_read_at_its_level_only(two, collection):
    bench, personal, _ = two
    spaced = COLLECTIONS[collection].level == "space"
    wrong = bench.user_scope if spaced else personal
    reads = [
        lambda: bench.documents.get(wrong, collection, "x"),
        lambda: bench.documents.find(wrong, collection, "x"),
        lambda: bench.documents.page(wrong, Query(collection)),
        lambda: bench.documents.keys(wrong, Query(collection)),
        lambda: bench.documents.by_keys(wrong, collection, [1]),
        lambda: bench.documents.count(wrong, Query(collection)),
        lambda: bench.documents.table(wrong, Query(collection), ("visibility",)),
        lambda: list(bench.documents.titles(wrong, Query(collection))),
        lambda: bench.history.of(wrong, collection, "x"),
    ]
    for read in reads:
        with pytest.raises(ScopeNotReadyError) as caught:
            read()
        assert caught.value.exit_code == 5


@pytest.mark.parametrize("collection", LEVELLESS)
def test_what_is_user_level_bears_no_space(bench, collection):
    with bench.step("add") as step:
        id = step.insert(collection, some_fields(COLLECTIONS[collection]) | {"userId": "old"})
    record = bench.documents.get(bench.user_scope, collection, id)
    assert not {"spaceId", "visibility", "authorId"} & record.keys()
    assert bench.db.read(f'SELECT space FROM "{collection}" WHERE id = ?', (id,)) == [(0,)]


@pytest.mark.parametrize("collection", SPACED)
def test_what_is_in_a_space_is_never_written_to_the_user_level(bench, collection):
    fields = some_fields(COLLECTIONS[collection])
    with pytest.raises(GuardError), bench.step("add", scope=bench.user_scope) as step:
        step.insert(collection, fields)
    assert bench.db.read(f'SELECT count(*) FROM "{collection}" WHERE space = 0') == [(0,)]


def test_an_old_clients_user_id_is_kept_and_never_read(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "x", "userId": "u-old"})
    record = bench.documents.get(bench.scope, "tasks", id)
    assert record["userId"] == "u-old"
    assert record["authorId"] == "guest"
    assert bench.documents.count(bench.scope, Query("tasks")) == 1


def test_without_a_space_every_question_says_so(bench):
    bench._scope = None
    for ask in (
        lambda: bench.scope,
        bench.tags.list,
        bench.scenes.list,
        lambda: bench.step("x").__enter__(),
    ):
        with pytest.raises(ScopeNotReadyError):
            ask()


# -- modules ----------------------------------------------------------------------------------

TOYS = Collection("toys", "toys", "toys", "toys", {"title": local(), "size": clear("number")})


@pytest.fixture
def with_toys(make, monkeypatch):
    """A home with a module that only the personal space offers."""
    known = installed()
    notes = known["notes"]
    toys = notes._replace(
        id="toys",
        noun="toy",
        letter="y",
        collections=(TOYS,),
        main="toys",
        sorts=(replace_sort(notes.sorts[0]),),
        filters=(),
        acts=(),
        fields=(),
    )
    monkeypatch.setattr("store.workbench.installed", lambda: {**known, "toys": toys})
    bench = make("home")
    family = bench.spaces.create("Meyer", "family")
    return bench, bench.spaces.scope(family)


def replace_sort(sort):
    return sort._replace(sql="pk", key=None)


def test_a_module_that_the_type_of_space_does_not_offer_is_refused_by_name(with_toys):
    bench, family = with_toys
    with bench.step("add") as step:
        id = step.insert("toys", {"title": "ball"})
    assert bench.documents.get(bench.scope, "toys", id)["title"] == "ball"
    for read in (
        lambda: bench.documents.get(family, "toys", id),
        lambda: bench.documents.find(family, "toys", "ball"),
        lambda: bench.documents.page(family, Query("toys")),
        lambda: bench.documents.keys(family, Query("toys")),
        lambda: bench.documents.count(family, Query("toys")),
        lambda: bench.documents.table(family, Query("toys"), ("title",)),
        lambda: bench.history.of(family, "toys", id),
    ):
        with pytest.raises(ModuleNotInSpaceError) as caught:
            read()
        assert caught.value.exit_code == 5
        assert caught.value.hint
    assert bench.search.find(family, "ball", everywhere=True)[0].space == bench.scope.id


def test_a_record_is_not_moved_where_its_module_is_not_offered(with_toys):
    from store.moving import move

    bench, family = with_toys
    with bench.step("add") as step:
        id = step.insert("toys", {"title": "ball"})
    with pytest.raises(ModuleNotInSpaceError):
        move(bench, bench.scope, "toys", id, family)
    assert not bench.documents.get(bench.scope, "toys", id).get("deletedAt")


def test_a_space_widened_by_a_setting_offers_the_module(with_toys):
    bench, family = with_toys
    bench.spaces.widen(family.id, "toys")
    wide = bench.spaces.scope(family.id)
    assert bench.documents.page(wide, Query("toys")) == []
    bench.enter(family.id)
    bench.spaces.widen(family.id, "toys", allow=False)
    with pytest.raises(ModuleNotInSpaceError):
        bench.documents.page(bench.spaces.scope(family.id), Query("toys"))
    with pytest.raises(ModuleNotInSpaceError):
        bench.documents.page(bench.scope, Query("toys"))


def test_tasks_notes_and_contacts_are_offered_in_every_type_of_space(bench):
    for type in ("brand", "club", "family", "team", "practice"):
        scope = bench.spaces.scope(bench.spaces.create(type, type))
        for module in bench.modules:
            assert scope.allows(module), (type, module)


# -- visibility -------------------------------------------------------------------------------

PRIVATE = sorted(n for n in SPACED if "visibility" in COLLECTIONS[n].fields)


def theirs(bench, collection, id="p-1", **fields):
    values = some_fields(COLLECTIONS[collection]) | fields
    with bench.step("pull", kind="pull") as step:
        step.merge(
            collection, id, values | {"visibility": "private", "authorId": "u-stranger"}, LATER
        )
    return id


@pytest.mark.parametrize("collection", PRIVATE)
def test_a_private_record_of_somebody_else_is_nowhere(bench, collection):
    baseline = {n: len(list(got)) for n, got in everything_found(bench, bench.scope, collection)}
    id = theirs(bench, collection)
    for how, found in everything_found(bench, bench.scope, collection):
        assert len(list(found)) == baseline[how], how
    key = bench.db.read(f'SELECT pk FROM "{collection}" WHERE id = ?', (id,))[0][0]
    assert bench.documents.by_keys(bench.scope, collection, [key]) == []
    assert id not in [r["id"] for r in bench.documents.across(collection)]
    assert bench.documents.viewed(collection, [key]) == []
    assert bench.search.find(bench.scope, "secret", everywhere=True) == []
    bench.search.build()
    assert bench.search.find(bench.scope, "secret", everywhere=True) == []
    for read in (
        lambda: bench.documents.get(bench.scope, collection, id),
        lambda: bench.documents.find(bench.scope, collection, id),
        lambda: bench.history.of(bench.scope, collection, id),
        lambda: bench.history.take_back(bench.scope, collection, id, "visibility", ""),
    ):
        with pytest.raises(NotFoundError):
            read()


@pytest.mark.parametrize("collection", PRIVATE)
def test_a_private_record_of_somebody_else_is_not_written_by_its_id(bench, collection):
    id = theirs(bench, collection)
    before = bench.db.read(f'SELECT doc, meta, deleted_at FROM "{collection}"')
    for act in (
        lambda step: step.update(collection, id, {"visibility": "space"}),
        lambda step: step.insert(collection, {"visibility": "space"}, id=id),
        lambda step: step.delete(collection, id),
        lambda step: step.remove(collection, id),
    ):
        with pytest.raises(NotFoundError), bench.step("reach") as step:
            act(step)
    assert bench.db.read(f'SELECT doc, meta, deleted_at FROM "{collection}"') == before


def test_a_private_record_of_ones_own_is_shown(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "mine", "visibility": "private"})
    assert bench.documents.get(bench.scope, "tasks", id)["visibility"] == "private"
    assert bench.documents.count(bench.scope, Query("tasks")) == 1
    assert [h.id for h in bench.search.find(bench.scope, "mine")] == [id]


def test_somebodys_private_records_are_not_counted_as_uses_of_a_tag(bench):
    tag = bench.tags.add("Home")
    theirs(bench, "tasks", metadata={"labelIds": [tag]})
    theirs(bench, "contacts", tagIds=[tag])
    assert bench.tags.uses() == {}


def test_somebodys_private_records_do_not_stop_tags_from_being_merged(bench):
    one, two = bench.tags.add("One"), bench.tags.add("Two")
    theirs(bench, "tasks", metadata={"labelIds": [one]})
    with bench.step("add") as step:
        mine = step.insert("tasks", {"title": "x"})
        bench.tags.tag(step, "tasks", [mine], one)
    assert bench.tags.merge(one, two) == 1
    assert bench.documents.get(bench.scope, "tasks", mine).tags == (two,)


def test_somebodys_private_context_is_not_the_context_of_the_space(bench):
    theirs(bench, "notes", isSpaceContext=True)
    assert bench.spaces.context(bench.scope) is None


def test_a_record_turned_private_by_its_author_is_gone_and_comes_back(bench):
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": "x", "authorId": "u-stranger"}, "2026-01-01")
    assert bench.documents.count(bench.scope, Query("tasks")) == 1
    for visibility, count in (("private", 0), ("space", 1), ("private", 0), (None, 1)):
        bench.clock.tick()
        with bench.step("pull", kind="pull") as step:
            step.merge("tasks", "t1", {"visibility": visibility}, bench.clock().isoformat())
        assert bench.documents.count(bench.scope, Query("tasks")) == count, visibility
