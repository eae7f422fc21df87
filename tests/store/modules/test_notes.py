"""Notes on a real workbench: text as typed, pins and archive, one context document a space."""

from __future__ import annotations

import pytest

from store.errors import InvalidValueError, UsageError
from store.modules import notes
from store.records import Masked, Record


@pytest.fixture
def note(add):
    """Add a note typed as ``text``; returns its id."""
    return lambda text, **fields: add("notes", **{**notes.quick(text), **fields})


@pytest.fixture
def get(bench):
    return lambda id: bench.documents.get(bench.scope, "notes", id)


def test_the_first_line_is_the_title_and_the_rest_stays_as_typed():
    fields = notes.quick("## Plan\n\n  - [ ] *one*  \r\n\ttwo\n")
    assert fields["title"] == "Plan"
    assert fields["content"] == "  - [ ] *one*  \r\n\ttwo\n"
    assert notes.quick("one line")["content"] == ""


def test_markdown_is_kept_as_typed(note, get):
    text = "| a | b |\n|---|---|\n\n\n```\n<b>&amp;\t\n```  \n"
    assert get(note("title\n" + text))["content"] == text


def test_lists_never_read_the_text(bench, note):
    from store.queries import Query

    note("title\nsecret words")
    (record,) = bench.documents.page(bench.scope, Query("notes"))
    assert "content" not in record
    doc, large = bench.db.read("SELECT doc, large FROM notes")[0]
    assert "content" not in doc
    assert "secret" not in large


def test_appended_text_begins_on_a_line_of_its_own(bench, note, get):
    ids = [note("a\none"), note("b\none\n"), note("c")]
    assert notes.append(bench, ids, "two\n- x") == "Text added to 3 notes"
    assert [get(id)["content"] for id in ids] == ["one\ntwo\n- x", "one\ntwo\n- x", "two\n- x"]
    bench.history.undo(bench.scope)
    assert get(ids[0])["content"] == "one"
    with pytest.raises(InvalidValueError):
        notes.append(bench, ids, "")


def test_pinned_first_then_newest_and_the_archive_apart(bench, note, titles, clock):
    ids = {name: note(name) for name in ("old", "middle", "new", "gone")}
    clock.on(minutes=1)
    notes.pin(bench, [ids["old"]])
    notes.archive(bench, [ids["gone"]])
    assert titles("notes", "notes") == ["old", "new", "middle"]
    assert titles("notes", "pinned") == ["old"]
    assert titles("notes", "archived") == ["gone"]
    assert titles("notes", "all") == ["old", "new", "middle", "gone"]
    clock.on(minutes=1)
    notes.append(bench, [ids["middle"]], "x")
    assert titles("notes") == ["old", "middle", "new", "gone"]
    assert titles("notes", sort="created") == ["old", "new", "middle", "gone"]
    assert titles("notes", sort="title") == ["gone", "middle", "new", "old"]
    notes.unarchive(bench, [ids["gone"]])
    notes.unpin(bench, [ids["old"]])
    assert titles("notes", "archived") == titles("notes", "pinned") == []


def test_colours_are_those_of_the_palette(bench, note, get):
    id = note("a")
    for typed, color in [("Red", "#ef4444"), ("#EC4899", "#ec4899"), ("none", None)]:
        notes.set_color(bench, [id], typed)
        assert get(id)["color"] == color
    with pytest.raises(InvalidValueError):
        notes.set_color(bench, [id], "#123456")


def test_marking_the_context_clears_the_others_in_the_same_step(bench, note, get):
    ids = [note("a"), note("b"), note("c", isSpaceContext=True)]

    def marked():
        return [n["title"] for n in notes.context_notes(bench)]

    notes.mark_context(bench, ids[:1])
    assert marked() == ["a"]
    notes.mark_context(bench, ids[1:2])
    assert marked() == ["b"]
    assert notes.mark_context(bench, ids[1:2]) == "Nothing to change."
    bench.history.undo(bench.scope)
    assert marked() == ["a"]
    notes.unmark_context(bench, ids[:1])
    assert marked() == []
    with pytest.raises(UsageError):
        notes.mark_context(bench, ids)


def test_the_context_of_one_space_leaves_that_of_another(bench, note):
    notes.mark_context(bench, [note("mine")])
    home = bench.scope.id
    bench.enter(bench.spaces.create("Work", "team"))
    notes.mark_context(bench, [note("ours")])
    assert [n["title"] for n in notes.context_notes(bench)] == ["ours"]
    bench.enter(home)
    assert [n["title"] for n in notes.context_notes(bench)] == ["mine"]


@pytest.mark.usefixtures("clock")
def test_a_row_shows_pin_or_context_and_the_day_of_change():
    def row(**fields: object) -> tuple[str, str, str]:
        base = {"id": "1", "title": "a", "updatedAt": "2026-11-24T10:00:00.000Z"}
        return notes.row(Record({**base, **fields}, 1), 80)

    assert row() == (" ", "a", "yesterday")
    assert row(isPinned=True)[0] == "▲"
    assert row(isPinned=True, isSpaceContext=True)[0] == "◆"
    assert row(title="")[1] == "Untitled"
    assert row(title=Masked("locked"))[1] == "(locked)"


def test_headings_follow_the_order():
    flags = [{"isPinned": True}, {}, {"isPinned": True, "isArchived": True}]
    assert [notes.group(Record(f, 1)) for f in flags] == ["Pinned", "Notes", "Archived"]
