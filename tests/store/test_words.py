"""The language: who chooses it, what it costs, and that a change holds from then on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from store import words
from store.pseudo import CLOSE, OPEN, pseudo
from store.words import _, ngettext


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    words.set_language("en")
    yield
    words.set_language("en")


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_AT.UTF-8@euro"}, "de"),
        ({"LANG": "de"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "de_CH.UTF-8", "LC_MESSAGES": "C"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": ""}, "de"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "de"}, "de"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "xx:de_DE:en"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "en:de"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "de"}, "en"),
        ({"LANG": "xx_YY.UTF-8"}, "en"),
        ({"LANG": "../../etc"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "en_XA"}, "en-XA"),
    ],
)
def test_the_environment_chooses_as_gettext_does(env, wanted):
    assert words.from_environment(env) == wanted


def test_a_chosen_language_holds_for_every_word_from_then_on():
    assert _("Nothing was changed.") == "Nothing was changed."
    assert words.set_language("de") == words.language() == "de"
    assert _("Nothing was changed.") == "Nichts wurde geändert."
    assert ngettext("{n} task done", "{n} tasks done", 1) == "{n} Aufgabe erledigt"
    assert ngettext("{n} task done", "{n} tasks done", 2) == "{n} Aufgaben erledigt"
    assert words.set_language("en") == "en"
    assert ngettext("{n} task done", "{n} tasks done", 0) == "{n} tasks done"


def test_auto_goes_back_to_the_environment(monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert words.set_language("auto") == "de"
    monkeypatch.setenv("LC_ALL", "C")
    assert words.set_language() == "en"


def test_a_language_that_is_not_there_is_english():
    assert words.set_language("xx") == "en"
    assert _("Nothing was changed.") == "Nothing was changed."


def test_what_has_no_translation_is_said_in_english():
    words.set_language("de")
    assert _("a text that no catalogue holds") == "a text that no catalogue holds"
    assert _("") == ""


def test_every_catalogue_can_be_chosen():
    assert words.available()[:2] == ["en", "de"]


PROBE = """
import builtins, os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)
from store.words import _
del opened[:]
said = _("Nothing was changed.")
print(said, "store.mo" in sys.modules, [name for name in opened if str(name).endswith(".mo")])
"""


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en_GB.UTF-8", "Nothing was changed. False []"),
        ("C", "Nothing was changed. False []"),
        ("de_DE.UTF-8", "Nichts wurde geändert. True ['{path}']"),
    ],
)
def test_english_looks_for_no_catalogue_and_another_language_reads_one_file(locale, told):
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={"LC_ALL": locale, "PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stdout.strip() == told.format(path=words.catalogue("de"))


def test_thousands_are_set_apart_as_the_language_does():
    assert [words.number(n) for n in (0, 999, 1000, 1234567)] == ["0", "999", "1,000", "1,234,567"]
    words.set_language("de")
    assert [words.number(n) for n in (0, 999, 1000, 1234567)] == ["0", "999", "1.000", "1.234.567"]
    words.set_language("en-XA")
    assert words.number(1234) == "1,234"


# The pseudo-locale ------------------------------------------------------------------------------


def test_the_pseudo_locale_is_longer_bracketed_and_has_no_plain_letter_left():
    words.set_language("en-XA")
    said = _("Nothing was changed.")
    assert said.startswith(OPEN)
    assert said.endswith(CLOSE)
    assert len(said) >= 1.4 * len("Nothing was changed.")
    assert not any(c.isascii() and c.isalpha() for c in said)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Added to {module} in {space}.", ("{module}", "{space}")),
        ("{text!r} means {count} records.", ("{text!r}", "{count}")),
        ("Make one with `manabench init`, or just run `manabench`.", ("`manabench init`",)),
        ("Repeat with --yes.", ("--yes",)),
        ("Nothing is deleted here. v d goes back.", ("v d",)),
        ("Reading from the terminal; Ctrl+D ends.", ("Ctrl+D",)),
        ("Enter: yes · Escape: no", ("Enter", "Escape")),
        ("Type words; #tag, in:notes and is:open narrow.", ("#tag", "in:notes", "is:open")),
    ],
)
def test_the_pseudo_locale_leaves_what_is_typed_or_filled_in(text, kept):
    assert all(word in pseudo(text) for word in kept)


def test_the_pseudo_locale_keeps_blanks_at_the_ends_outside():
    assert pseudo("Passphrase: ").endswith(f"{CLOSE} ")
    assert pseudo(" copy").startswith(f" {OPEN}")
    assert pseudo(" ") == " "
