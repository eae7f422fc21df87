"""The reader of compiled catalogues says what the standard one says."""

from __future__ import annotations

import gettext
import io

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from hypothesis import given
from hypothesis import strategies as st

from store import words
from store.mo import Catalogue
from tests import catalogue


@pytest.mark.parametrize("language", catalogue.languages())
def test_every_text_is_found_as_the_standard_reader_finds_it(language):
    data = catalogue.po_of(language).with_suffix(".mo").read_bytes()
    ours, theirs = Catalogue(data), gettext.GNUTranslations(io.BytesIO(data))
    for message in catalogue.read(language):
        if isinstance(message.id, str):
            assert ours.gettext(message.id) == theirs.gettext(message.id)
            continue
        for count in (0, 1, 2, 5, 21):
            assert ours.ngettext(*message.id, count) == theirs.ngettext(*message.id, count)
        assert ours.gettext(message.id[0]) == theirs.gettext(message.id[0])


@given(st.dictionaries(st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6)))
def test_any_catalogue_is_read(texts):
    texts = {k: v for k, v in texts.items() if "\0" not in k + v and k.strip() and v.strip()}
    made = Catalog("de")
    for text, said in texts.items():
        made.add(text, said)
    out = io.BytesIO()
    write_mo(out, made)
    found = Catalogue(out.getvalue())
    assert {text: found.gettext(text) for text in texts} == texts
    assert found.gettext("a text that is longer than any of them") not in texts.values()


def test_a_language_with_other_plurals_has_them():
    made = Catalog("pl")
    made.add(("{n} file", "{n} files"), ("{n} plik", "{n} pliki", "{n} plików"))
    out = io.BytesIO()
    write_mo(out, made)
    found = Catalogue(out.getvalue())
    said = [found.ngettext("{n} file", "{n} files", n) for n in (1, 3, 5, 22)]
    assert said == ["{n} plik", "{n} pliki", "{n} plików", "{n} pliki"]


@pytest.mark.parametrize("data", [b"", b"x" * 19, b"x" * 64, b"\x95\x04\x12\xde" + bytes(64)])
def test_what_is_no_catalogue_is_refused(data):
    with pytest.raises(ValueError):
        Catalogue(data)


def test_no_word_is_translated_that_nobody_asked_for():
    with open(words.catalogue("de"), "rb") as file:
        found = Catalogue(file.read())
    assert found._known == {}
