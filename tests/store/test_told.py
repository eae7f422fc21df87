"""Labels of steps: kept in one form, told in the language of whoever reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from store import told, when, words
from store.told import counted, english, kept, phrase, retold


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    words.set_language("en")
    when.set_clock(lambda: datetime(2026, 11, 25, 12, 0, tzinfo=UTC))
    yield
    words.set_language("en")
    when.set_clock(lambda: datetime.now(UTC))


def test_a_label_of_one_language_is_told_in_another():
    label = counted("{n} task done", "{n} tasks done", 3)
    assert label == "3 tasks done"
    words.set_language("de")
    assert retold(kept(label)) == "3 Aufgaben erledigt"
    assert english(kept(label)) == "3 tasks done"
    german = counted("{n} task done", "{n} tasks done", 1)
    assert german == "1 Aufgabe erledigt"
    words.set_language("en")
    assert retold(kept(german)) == "1 task done"


def test_a_date_in_a_label_is_told_as_seen_from_the_day_it_is_read():
    label = counted("Due {when}: {n} task", "Due {when}: {n} tasks", 1, when="2026-11-26")
    assert label == "Due tomorrow: 1 task"
    when.set_clock(lambda: datetime(2026, 11, 26, 12, 0, tzinfo=UTC))
    assert retold(kept(label)) == "Due today: 1 task"
    assert english(kept(label)) == "Due 2026-11-26: 1 task"


def test_a_field_of_its_own_fills_the_label_too():
    label = phrase("tag {n}", n="15")
    assert label == retold(kept(label)) == english(kept(label)) == "tag 15"


def test_our_own_words_in_a_label_are_told_in_the_language_too():
    label = phrase("add 1 {noun}", noun="task")
    words.set_language("de")
    assert retold(kept(label)) == "1 × Aufgabe hinzufügen"


def test_a_plain_label_is_its_own_message():
    assert kept("add a tag") == "add a tag"
    words.set_language("de")
    assert retold("add a tag") == "Schlagwort hinzufügen"


@pytest.mark.parametrize(
    "label",
    [
        "3 tasks done",
        '["',
        '["{n} x"]',
        '["{n} x", "", "many", {}]',
        '["a {gone} field", "", 0, {}]',
        '["{n.real} {0} {", "", 1, {}]',
        '["x", "", 1, []]',
        "",
    ],
)
def test_a_label_of_an_older_or_newer_version_is_shown_and_never_fails(label):
    for language in ("en", "de", "en-XA"):
        words.set_language(language)
        assert isinstance(retold(label), str)
        assert isinstance(english(label), str)


def test_undo_tells_a_step_in_the_language_of_now(bench):
    with bench.step(counted("{n} task done", "{n} tasks done", 1)) as step:
        step.insert("tasks", {"title": "x"})
    words.set_language("de")
    info = bench.history.peek_undo(bench.scope)
    assert (info.words, info.label) == ("1 Aufgabe erledigt", "1 task done")
    (outcome,) = bench.history.undo(bench.scope)
    assert outcome.step.words == "1 Aufgabe erledigt"
    assert bench.history.peek_redo(bench.scope).words == "1 Aufgabe erledigt"


def test_what_is_kept_holds_no_words_of_the_language(bench):
    words.set_language("de")
    with bench.step(told.phrase("change {field}", field="title")) as step:
        step.insert("tasks", {"title": "x"})
    assert bench.db.read("SELECT label FROM steps ORDER BY n DESC LIMIT 1") == [
        ('["change {field}", "", 0, {"field": "title"}]',)
    ]
