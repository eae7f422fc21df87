"""Search: what is found by which words, and that an index and a scan give the same answers."""

from __future__ import annotations

import threading
import time
import unicodedata

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from store.errors import NotFoundError
from store.search import fold, parse
from tests.store.support import LATER, run, throwaway


def add(bench, title="", collection="tasks", **fields):
    name = "firstName" if collection == "contacts" else "title"
    with bench.step("add") as step:
        return step.insert(collection, {name: title, **fields})


def found(bench, text, **kw):
    return [hit.title for hit in bench.search.find(bench.scope, text, **kw)]


@pytest.fixture(params=["scan", "index"])
def ask(request, bench):
    """``ask(text)`` gives the titles found, by a scan or by a fresh index."""

    def titles(text, **kw):
        if request.param == "index":
            bench.search.build()
        return found(bench, text, **kw)

    titles.bench = bench
    return titles


# -- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Buy milk and bread", "milk"),
        ("Buy milk and bread", "MIL"),
        ("Buy milk and bread", "bre mil"),
        ("Crème brûlée", "creme brulee"),
        ("Creme brulee", "crème"),
        ("Straße", "strasse"),
        ("STRASSE", "straße"),
        ("re\u0301sume\u0301", "r\u00e9sum"),
        ("Ёлка", "елка"),
        ("e-mail: ada@example.org", "ada@example"),
        ("snake_case_name", "case"),
        ("snake_case_name", "snake_case"),
        ("C++ and C#", "c"),
        ("½ cup", "1"),
        ("ﬁne print", "fine"),
        ("ℌistory", "history"),
        ("１２３ full width", "123"),
        ("買い物に行く", "買い物"),
        ("東京都庁", "京都"),
        ("東京都庁", "東"),
        ("牛乳を買う", "買う"),
        ("中文搜索测试", "搜索"),
        ("中文搜索测试", "测"),
        ("한국어 검색", "검색"),
        ("한국어검색", "국어"),
        ("カタカナ", "タカ"),
        ("ｶﾀｶﾅ", "カタ"),
        ("mixed日本語text", "本語"),
        ("Ελλάδα", "ελλαδα"),
        ("İstanbul", "istanbul"),
        ("emoji 🎉 party", "party"),
    ],
)
def test_a_word_or_its_beginning_is_found_whatever_its_script_case_and_accents(
    ask, title, question
):
    add(ask.bench, title)
    add(ask.bench, "something else")
    assert ask(question) == [title]


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Buy milk", "ilk"),
        ("Buy milk", "milk bread"),
        ("東京都庁", "都京"),
        ("東京 都庁", "京都"),
        ("한국어", "어한"),
        ("Buy milk", "2026"),
        ("Buy milk", "guest"),
        ("Buy milk", "medium"),
    ],
)
def test_what_is_not_in_a_record_does_not_find_it(ask, title, question):
    """Neither the middle of a word, nor times, ids and other fields in the clear."""
    add(ask.bench, title, priority="medium")
    assert ask(question) == []


def test_every_protected_field_is_searched_large_and_unknown_ones_too(ask):
    bench = ask.bench
    add(bench, "t1", description="descr")
    add(bench, "t2", subtasks=[{"title": "inner", "isCompleted": False}])
    add(bench, "t3", metadata={"deep": {"deeper": ["hidden"]}})
    add(bench, "t4", unknownField="unknown")
    add(bench, "n1", "notes", content="# Long\n\ntext of a note")
    add(bench, "Ada", "contacts", lastName="Lovelace", city="London")
    for question, title in (
        ("descr", "t1"),
        ("inner", "t2"),
        ("hidden", "t3"),
        ("unknown", "t4"),
        ("text note", "n1"),
        ("london", "Ada Lovelace"),
    ):
        assert ask(question) == [title], question


def test_words_may_stand_in_different_fields(ask):
    add(ask.bench, "Milk", description="from the farm")
    assert ask("farm milk") == ["Milk"]


def test_titles_come_first_then_the_newest(ask):
    bench = ask.bench
    add(bench, "one", description="milk")
    add(bench, "milk old")
    add(bench, "two", description="milk")
    add(bench, "milk new")
    assert ask("milk") == ["milk new", "milk old", "two", "one"]
    assert ask("milk", limit=3) == ["milk new", "milk old", "two"]


def test_a_word_in_a_title_comes_before_one_that_begins_so_and_both_before_other_modules_texts(ask):
    bench = ask.bench
    add(bench, "Kiln shelf")
    add(bench, "Kilns of the north")
    add(bench, "Ada", "contacts", notes="fires the kiln")
    add(bench, "Glazes", "notes", content="for the kiln")
    assert ask("kiln") == ["Kiln shelf", "Kilns of the north", "Ada", "Glazes"]
    assert ask("kiln", limit=2) == ["Kiln shelf", "Kilns of the north"]


def test_tags_modules_and_filters_narrow(ask):
    bench = ask.bench
    home = bench.tags.add("Home")
    task = add(bench, "milk task")
    add(bench, "milk done", isCompleted=True, completedAt="2026-06-01")
    add(bench, "milk note", "notes")
    pinned = add(bench, "milk pinned", "notes", isPinned=True)
    with bench.step("tag") as step:
        bench.tags.tag(step, "tasks", [task], home)
        bench.tags.tag(step, "notes", [pinned], home)
    assert set(ask("milk #home")) == {"milk task", "milk pinned"}
    assert set(ask("#home")) == {"milk task", "milk pinned"}
    assert ask("milk tag:Home in:notes") == ["milk pinned"]
    assert set(ask("milk in:notes")) == {"milk note", "milk pinned"}
    assert set(ask("milk in:todo")) == set(ask("milk in:task")) == {"milk task", "milk done"}
    assert ask("milk is:pinned") == ["milk pinned"]
    assert ask("milk is:completed") == ["milk done"]
    assert ask("milk in:contacts") == []
    for wrong in ("in:nowhere", "#nothing"):
        with pytest.raises(NotFoundError):
            ask(wrong)


def test_a_tag_that_one_space_lacks_does_not_stop_a_search_everywhere(ask):
    bench = ask.bench
    bench.spaces.create("Meyer", "family")
    task = add(bench, "milk")
    home = bench.tags.add("Home")
    with bench.step("tag") as step:
        bench.tags.tag(step, "tasks", [task], home)
    assert ask("#home milk", everywhere=True) == ["milk"]
    with pytest.raises(NotFoundError):
        ask("#nothing milk", everywhere=True)


def test_deleted_records_are_not_found(ask):
    bench = ask.bench
    id = add(bench, "milk")
    with bench.step("delete") as step:
        step.delete("tasks", id)
    assert ask("milk") == []
    bench.history.undo(bench.scope)
    assert ask("milk") == ["milk"]


def test_a_question_is_taken_apart():
    question = parse("Milk +home #Work tag:x in:notes is:open http://a:b a:b # é")
    assert question.tags == ("home", "Work", "x")
    assert question.modules == ("notes",)
    assert question.filters == ("open",)
    assert question.words[0] == "milk"
    assert question.words[-1] == "e"


texts = st.text(
    st.sampled_from(
        "abAB éÉßİıΣς_-.1２½²日本語中文검색가나카ｶﾀ\u0301\u0308İℌﬁ🎉𐐀Ω\u0e01\u0e34अिꙮ𞤀"
    ),
    max_size=8,
)


@given(st.text(max_size=20))
@example("İ")
@example("ﬃ")
@example("ℌ")
def test_folding_twice_is_folding_once(text):
    # Scripts without spaces are cut into pairs, and pairs of pairs are something else.
    assume(not any(unicodedata.category(c) == "Lo" for c in unicodedata.normalize("NFKD", text)))
    assert fold(fold(text)) == fold(text)


# -- an index and a scan ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus_bench():
    with throwaway() as bench:
        yield bench


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(texts, texts), min_size=1, max_size=6),
    st.lists(texts, min_size=1, max_size=4),
)
def test_an_index_and_a_scan_give_the_same_answers(corpus_bench, corpus, questions):
    bench = corpus_bench
    with bench.step("clear", confirmed=True) as step:
        for record in list(bench.documents.across("tasks")):
            step.delete("tasks", record["id"])
        for title, description in corpus:
            step.insert("tasks", {"title": title, "description": description})
    bench.search.forget()
    words = [w for t in (*corpus,) for text in t for w in text.split()]
    questions = [q for q in [*questions, *(w[:2] for w in words)] if q.strip()]
    questions = [q for q in questions if not {"#", "+", ":"} & set(q)]
    scanned = [bench.search.find(bench.scope, q) for q in questions]
    bench.search.build()
    indexed = [bench.search.find(bench.scope, q) for q in questions]
    for question, scan, index in zip(questions, scanned, indexed, strict=True):
        assert scan == index, question


def test_the_index_follows_edits_deletions_and_other_processes(make):
    bench = make("home")
    bench.search.build()
    id = add(bench, "alpha")
    bench.search.refresh()
    assert found(bench, "alpha") == ["alpha"]
    with bench.step("edit") as step:
        step.update("tasks", id, {"title": "beta"})
    bench.search.refresh()
    assert found(bench, "alpha") == []
    assert found(bench, "beta") == ["beta"]
    other = make("home")
    add(other, "gamma")
    with other.step("delete") as step:
        step.delete("tasks", id)
    bench.search.refresh()
    assert found(bench, "gamma") == ["gamma"]
    assert found(bench, "beta") == []
    bench.history.undo(bench.scope)
    bench.search.refresh()
    assert found(bench, "beta") == ["beta"]


def test_who_changes_something_and_then_searches_finds_the_new_without_any_wait(bench):
    task = add(bench, "heron")
    bench.search.build()
    for title, before in (("egret", "heron"), ("bittern", "egret")):
        with bench.step("rename") as step:
            step.update("tasks", task, {"title": title})
        assert found(bench, before) == []
        assert found(bench, title) == [title]


def test_the_index_still_follows_after_a_purge(bench):
    from store.purge import purge_records

    ids = [add(bench, f"old {n}") for n in range(5)]
    bench.search.build()
    purge_records(bench, bench.scope, "tasks", ids)
    assert found(bench, "old") == []
    add(bench, "fresh")
    bench.search.refresh()
    assert found(bench, "fresh") == ["fresh"]


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_the_index_is_built_and_kept_in_the_background(make):
    bench = make("home")
    add(bench, "first")
    bench.db.watch(every=0.01)
    bench.search.start()
    until(lambda: bench.search.ready)
    assert found(bench, "first") == ["first"]
    add(bench, "second")
    until(lambda: found(bench, "second") == ["second"])
    run(
        "import sys; from pathlib import Path; from store.workbench import Workbench\n"
        "b = Workbench.open(Path(sys.argv[1]))\n"
        "with b.step('add') as s: s.insert('tasks', {'title': 'third'})",
        str(bench.home),
    )
    until(lambda: found(bench, "third") == ["third"])
    bench.search.stop()
    assert not any(t.name == "manabench-search" for t in threading.enumerate())


def test_locking_drops_the_index_and_unlocking_builds_it_again(bench):
    add(bench, "secret")
    bench.search.start()
    until(lambda: bench.search.ready)
    bench.vault.lock()
    assert not bench.search.ready
    assert bench.search._index is None
    assert found(bench, "secret") == found(bench, "locked") == []
    bench.vault.unlock_quietly()
    assert found(bench, "secret") == ["secret"]
    add(bench, "another")
    until(lambda: bench.search.ready)
    assert set(found(bench, "secret")) | set(found(bench, "another")) == {"secret", "another"}


def test_the_index_writes_nothing(make):
    from tests.store.support import every_byte

    bench = make("home")
    add(bench, "plainmarker", description="plainmarker")
    bench.search.build()
    found(bench, "plainmarker")
    assert b"plainmarker" not in every_byte(bench.home)


def test_values_that_do_not_open_are_left_out(bench):
    from tests.store.support import UNOPENABLE

    id = add(bench, "readable", description="hidden")
    with bench.db.transaction() as connection:
        connection.execute(
            "UPDATE tasks SET doc = json_set(doc, '$.description', ?)", (UNOPENABLE,)
        )
    assert found(bench, "readable") == ["readable"]
    assert found(bench, "enc") == found(bench, "foreign") == []
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", id, {"description": "mended"}, LATER)
    assert found(bench, "mended") == ["readable"]
