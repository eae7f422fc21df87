"""What all modules share: their declarations hold together, and helpers keep what they must."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime

import pytest

from store.errors import LockedError, UnreadableError
from store.module import (
    alphabetical,
    checklist,
    checklist_lines,
    newest,
    plain_title,
    readable,
)
from store.modules import installed
from store.records import Masked, Record

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MODULES = installed()
COMMON_KEYS = set("jkhlbfqsucULGdetywmoixXz.a")
OWN_KEYS = set("prnwm")


@pytest.fixture(params=MODULES.values(), ids=MODULES)
def module(request):
    return request.param


LINKED = {c.name for module in MODULES.values() for c in module.collections}


def main(module):
    return next(c for c in module.collections if c.name == module.main)


def test_the_folder_holds_contacts_notes_and_todo():
    assert {"contacts", "notes", "todo"} <= set(MODULES)


def test_letters_and_nouns_are_unique():
    assert len({m.letter for m in MODULES.values()}) == len(MODULES)
    assert len({m.noun for m in MODULES.values()}) == len(MODULES)
    assert not {m.letter for m in MODULES.values()} & set("hsi")


def test_fields_and_arguments_name_what_is_kept(module):
    declared = main(module).fields
    for field in module.fields:
        assert field.kind == "tags" or field.name in declared
        assert not field.link or field.link in LINKED
    for act in module.acts:
        words = act.argument
        assert not words or words in declared or " " not in words


def test_acts_use_free_keys_and_share_one_only_where_guards_exclude_each_other(module):
    record = Record({"id": "1"}, 1)
    for act in module.acts:
        assert all(key in OWN_KEYS or key not in COMMON_KEYS for key in act.keys)
    for key in {key for act in module.acts for key in act.keys}:
        fitting = [
            act
            for act in module.acts
            if key in act.keys and (act.guard is None or act.guard(record))
        ]
        assert len(fitting) == 1
    assert len({act.id for act in module.acts}) == len(module.acts)


def test_space_does_one_thing_on_every_record(module):
    for value in (True, False, None):
        flags = dict.fromkeys(("isCompleted", "isPinned", "isFavorite"), value)
        record = Record({"id": "1", **flags}, 1)
        fitting = [act for act in module.acts if act.main and (not act.guard or act.guard(record))]
        assert fitting


def test_no_collection_has_more_than_four_indexes_and_orders_use_them(module):
    indexes = main(module).indexes
    assert len(indexes) <= 4
    assert {sort.sql for sort in module.sorts} == set(indexes.values())


def test_orders_and_filters_read_clear_fields_only(module):
    texts = [sort.sql for sort in module.sorts] + [f.sql for f in module.filters]
    read = set(re.findall(r"\$\.(\w+)", " ".join(texts)))
    # Whether a sealed field is there at all shows at rest; contacts ask no more of these.
    present = {"phone", "mobile", "email"} if module.id == "contacts" else set()
    assert all(main(module).is_clear(name) for name in read - present)


@pytest.mark.parametrize(
    ("module", "clear"),
    [
        (
            "todo",
            "projectId priority isCompleted completedAt dueDate scheduledBlockId "
            "estimatedDuration order visibility",
        ),
        ("notes", "color isPinned isArchived isSpaceContext visibility"),
        ("contacts", "tagIds isFavorite isArchived visibility"),
    ],
)
def test_only_links_times_enums_numbers_flags_and_order_are_clear(module, clear):
    fields = main(MODULES[module]).fields
    assert {name for name, field in fields.items() if field.clear} == set(clear.split())


@pytest.mark.parametrize(
    ("module", "sealed"),
    [
        ("todo", "title description subtasks metadata"),
        # What an import knows of a note is ours; no peer reads it, so it is sealed everywhere.
        ("notes", "title content metadata"),
        (
            "contacts",
            "firstName lastName email phone mobile birthday street city postalCode country notes "
            "website linkedin twitter instagram github",
        ),
    ],
)
def test_exactly_the_fields_of_the_wire_table_are_sealed_there(module, sealed):
    fields = main(MODULES[module]).fields
    assert {name for name, field in fields.items() if field.wire} == set(sealed.split())


def test_the_newest_instant_is_the_least_text():
    db = sqlite3.connect(":memory:")
    times = ["2026-11-25T12:00:00.001Z", "2026-11-25T12:00:00.000Z", "1970-01-01T00:00:00.000Z"]
    times += ["", "nonsense", None]
    found = [db.execute(f"SELECT {newest('?1')}", (at,)).fetchone()[0] for at in times]
    assert found[:3] == sorted(found[:3])
    assert len(set(found[:3])) == 3
    assert all(text >= found[2] for text in found[3:])
    db.close()


def test_texts_are_ordered_as_in_a_dictionary():
    words = ["Zebra", "Öl", "apfel", "Oper", "Äther", "straße", "Strasse x"]
    assert sorted(words, key=alphabetical) == [
        *("apfel", "Äther", "Öl", "Oper", "straße", "Strasse x", "Zebra"),
    ]


def test_a_masked_value_is_never_built_upon():
    assert readable(Record({"content": "text"}, 1), "content") == "text"
    assert readable(Record({}, 1), "content") is None
    with pytest.raises(LockedError):
        readable(Record({"content": Masked("locked")}, 1), "content")
    with pytest.raises(UnreadableError):
        readable(Record({"content": Masked("damaged")}, 1), "content")


def test_a_record_without_a_title_has_words():
    assert plain_title(Record({}, 1)) == "Untitled"
    assert plain_title(Record({"title": ""}, 1)) == "Untitled"


def test_a_checklist_is_edited_as_lines_and_keeps_what_it_held():
    old = [
        {"id": "a", "title": "one", "isCompleted": True, "completedAt": "then", "order": 0},
        {"id": "b", "title": "two", "isCompleted": False, "order": 1, "more": 1},
    ]
    assert checklist_lines(old) == ["[x] one", "[ ] two"]
    assert checklist(checklist_lines(old), old, NOW) == old
    new = checklist(["- [x] two", "", "three", "one", "[x] four"], old, NOW)
    assert [item["title"] for item in new] == ["two", "three", "one", "four"]
    assert [item["order"] for item in new] == [0, 1, 2, 3]
    assert new[0] == {
        **{"id": "b", "title": "two", "more": 1, "order": 0},
        **{"isCompleted": True, "completedAt": "2026-11-25T12:00:00.000Z"},
    }
    assert new[2]["id"] == "a"
    assert new[2]["completedAt"] == "then"
    assert "completedAt" not in checklist(["[ ] one"], old, NOW)[0]
    assert checklist_lines(Masked("locked")) == []
    assert checklist(["x"], None, NOW)[0]["isCompleted"] is False
