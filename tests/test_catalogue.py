"""The catalogues: as new as the source, whole, and true to what they translate."""

from __future__ import annotations

import unicodedata

import pytest

from tests import catalogue
from tui.looks.signs import plain

LANGUAGES = catalogue.languages()


def test_the_template_holds_every_word_of_the_source():
    stored = catalogue.POT.read_text(encoding="utf-8")
    assert stored == catalogue.as_text(catalogue.source()), "run: python -m tests.catalogue update"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_was_written(language):
    catalog = catalogue.read(language)
    compiled = catalogue.po_of(language).with_suffix(".mo").read_bytes()
    assert compiled == catalogue.as_bytes(catalog), "run: python -m tests.catalogue compile"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_whole_and_keeps_fields_blanks_and_keys(language):
    assert [line for line in catalogue.problems() if line.startswith(f"{language}: '")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_nothing_that_the_source_lost(language):
    known = {message.id for message in catalogue.source()}
    stale = [message.id for message in catalogue.read(language) if message.id not in known]
    assert stale == [], "run: python -m tests.catalogue update"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sign_of_a_translation_has_a_form_for_ascii_terminals(language):
    forms = [form for message in catalogue.read(language) for form in catalogue.forms(message)]
    signs = {c for c in "".join(forms) if unicodedata.category(c)[0] in "PS" and not c.isascii()}
    assert signs
    assert {sign for sign in signs if not plain(sign).isascii()} == set()


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("{n} tasks", "Aufgaben"),
        ("{n} tasks", "{m} Aufgaben"),
        ("{name!r} is there", "{name} ist da"),
        ("{name:>8} is there", "{name} ist da"),
        ("Passphrase: ", "Passphrase:"),
        (" copy", "Kopie"),
        ("one\ntwo", "eins zwei"),
        ("u brings it back.", "Das bringt es zurück."),
        ("v d goes back.", "v D führt zurück."),
        ("a adds one, c captures.", "Etwas hinzufügen, c erfasst."),
        ("Repeat with --yes.", "Mit --ja wiederholen."),
        ("`manabench undo` takes it back.", "Das nimmt es zurück."),
        ("F2 edits", "Bearbeiten"),
        ("Ctrl+D ends.", "Strg+D beendet."),
    ],
)
def test_a_translation_that_lost_something_is_found(text, translation):
    assert list(catalogue.differences(text, text)) == []
    assert list(catalogue.differences(text, translation))


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("A tag needs a name.", "Ein Schlagwort braucht einen Namen."),
        ("the space's id", "die Kennung des Bereichs"),
        ("{n} {noun}s", "{n} × {noun}"),
        ("{a} of {b}", "{b} von {a}"),
    ],
)
def test_a_faithful_translation_is_not_blamed(text, translation):
    assert list(catalogue.differences(text, translation)) == []
