"""Which modules a space of which type offers."""

from __future__ import annotations

import pytest

from store.allowlist import MODULES, allowed
from store.collections import SPACE_TYPES


def test_every_type_but_the_personal_one_has_a_list():
    assert set(MODULES) == set(SPACE_TYPES) - {"personal"}


@pytest.mark.parametrize("type", SPACE_TYPES)
def test_tasks_notes_contacts_tags_and_scenes_are_everywhere(type):
    assert all(allowed(type, name) for name in ("todo", "notes", "contacts", "tags", "mana"))


def test_a_personal_space_and_one_of_unknown_type_offer_everything():
    assert allowed("personal", "journal")
    assert allowed("", "journal")


def test_a_shared_space_offers_its_list_and_what_widens_it():
    assert allowed("family", "recipes")
    assert not allowed("team", "recipes")
    assert not allowed("family", "journal")
    assert allowed("family", "journal", ("journal",))
