"""Contacts: one declaration, no code of their own beyond a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.modules import contacts
from store.records import Record


@pytest.fixture
def contact(add):
    """Add a contact typed as ``name``; returns its id."""
    return lambda name, **fields: add("contacts", **{**contacts.quick(name), **fields})


def test_the_module_is_one_short_file():
    assert len(Path(contacts.__file__).read_text().splitlines()) < 150
    assert not (Path(__file__).parents[3] / "tui" / "screens" / "contacts.py").exists()


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Maria del Carmen  Ruiz", "Maria del Carmen", "Ruiz"),
        ("Bo", "Bo", None),
        ("", None, None),
    ],
)
def test_a_name_is_split_at_its_last_word(typed, first, last):
    fields = contacts.quick(typed)
    assert (fields.get("firstName"), fields.get("lastName")) == (first, last)


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"firstName": "Ada", "lastName": "Lovelace", "company": "x"}, "Ada Lovelace"),
        ({"lastName": "Lovelace"}, "Lovelace"),
        ({"firstName": "", "company": "Engine Ltd", "email": "a@b.c"}, "Engine Ltd"),
        ({"email": "a@b.c", "phone": "1"}, "a@b.c"),
        ({"phone": "1"}, "1"),
        ({}, "No name"),
    ],
)
def test_the_display_name_is_the_best_that_is_known(fields, title):
    assert contacts.title(Record(fields, 1)) == title


def test_filters_see_whether_a_sealed_value_is_there_and_not_what_it_is(bench, contact, titles):
    contact("Full Mobile", mobile="+49 1", email="a@b.c")
    contact("Only Phone", phone="1")
    contact("Only Mail", email="a@b.c", isFavorite=True)
    contact("Emptied", phone=None, email=None)
    contact("Nothing", street="Main St 1")
    contact("Archived", phone="1", isArchived=True, isFavorite=True)
    shown = ["Emptied", "Full Mobile", "Nothing", "Only Mail", "Only Phone"]
    assert titles("contacts", "all") == shown
    assert titles("contacts", "favourites") == ["Only Mail"]
    assert titles("contacts", "phone") == ["Full Mobile", "Only Phone"]
    assert titles("contacts", "email") == ["Full Mobile", "Only Mail"]
    assert titles("contacts", "incomplete") == ["Emptied", "Nothing"]
    assert titles("contacts", "archived") == ["Archived"]
    assert titles("contacts", "all", "created") == [
        *("Nothing", "Emptied", "Only Mail", "Only Phone", "Full Mobile"),
    ]
    assert all("Main St" not in row[0] for row in bench.db.read("SELECT doc FROM contacts"))


def test_a_contact_is_found_by_its_display_name(bench, contact):
    id = contact("Ada Lovelace")
    assert bench.documents.find(bench.scope, "contacts", "Ada Lovelace")["id"] == id


def test_favourites_are_set_and_taken_back(bench, contact, titles):
    ids = [contact("Ada"), contact("Bo")]
    contacts.favour(bench, ids)
    assert titles("contacts", "favourites") == ["Ada", "Bo"]
    contacts.unfavour(bench, ids[:1])
    assert titles("contacts", "favourites") == ["Bo"]
    bench.history.undo(bench.scope)
    assert titles("contacts", "favourites") == ["Ada", "Bo"]


def test_rows_and_letters():
    ada = Record({"id": "1", "firstName": "Ärne", "isFavorite": True, "email": "a@b.c"}, 1)
    assert contacts.row(ada, 80) == ("★", "Ärne", "a@b.c")
    assert contacts.group(ada) == "A"
    me = Record({"id": contacts.SELF, "phone": "1"}, 1)
    assert contacts.row(me, 80) == ("◆", "1", "1")
    assert contacts.group(me) == "#"
