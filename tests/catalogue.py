"""The catalogues of translations: made from the source, compiled, and asked what they lack.

    python -m tests.catalogue update    source to .pot, .pot into every .po, .po to .mo
    python -m tests.catalogue compile   .po to .mo alone, after a translation was written
    python -m tests.catalogue check     what is stale, missing or wrong; exit code 1 if anything is

A person works on ``store/locale/<language>/LC_MESSAGES/manabench.po`` and nowhere else. All three
kinds of file are committed: a clone runs without a build step. The files hold no line numbers and
no dates, so that they change only where words do.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "store" / "locale"
POT = LOCALE / "manabench.pot"
KEYWORDS = {
    "_": None,
    "N_": None,
    "phrase": (1,),
    "ngettext": (1, 2),
    "NN_": (1, 2),
    "counted": (1, 2),
}
HEADER = """\
# Translations of manabench.
# This file is part of manabench and under its licence."""

FIELD = re.compile(r"\{(?!\{)[^{}]*\}(?!\})")
# What a person must type as it stands: commands, options, and keys named in a sentence.
_TYPED = re.compile(r"`[^`]+`|(?<![\w-])--[a-z][\w-]+|\bCtrl\+\w\b|\b(?:F[1-9]|Esc)\b")
_KEY = re.compile(r"(?<![\w'’-])(?:[b-zB-HJ-Z]|a(?= adds?\b))(?![\w'’.-])(?: [a-z](?![\w'’-]))?")


class Undated(Catalog):
    """A catalogue whose header holds nothing that changes by itself: no date, no tool, nobody."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """What gettext needs to know."""
        head = [("Project-Id-Version", "manabench")]
        if self.locale_identifier is not None:
            head += [("Language", str(self.locale_identifier)), ("Plural-Forms", self.plural_forms)]
        return [*head, ("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8")]


def source() -> Catalog:
    """Every text of ``store`` and ``tui`` that is marked for translation."""
    catalog = Undated(header_comment=HEADER, fuzzy=False)
    for folder in ("store", "tui"):
        for name, _line, text, comments, context in extract_from_dir(
            ROOT / folder,
            method_map=[("**.py", "python")],
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        ):
            where = (f"{folder}/{Path(name).as_posix()}", 0)
            catalog.add(text, None, [where], auto_comments=comments, context=context)
    return catalog


def languages() -> list[str]:
    """Every language that has a catalogue."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def po_of(language: str) -> Path:
    """The catalogue that people edit."""
    return LOCALE / language / "LC_MESSAGES" / "manabench.po"


def read(language: str) -> Catalog:
    """The catalogue of a language as it is stored."""
    with po_of(language).open("rb") as file:
        found = read_po(file, locale=language)
    catalog = Undated(language, header_comment=found.header_comment, fuzzy=False)
    for message in found:
        if message.id:
            catalog[message.id] = message
    return catalog


def as_text(catalog: Catalog) -> str:
    """A catalogue as a file: sorted by the text, each with the files it stands in, no dates."""
    out = io.BytesIO()
    write_po(out, catalog, width=100, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return out.getvalue().decode()


def as_bytes(catalog: Catalog) -> bytes:
    """A catalogue as gettext reads it; what is fuzzy is left out."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def update() -> None:
    """Bring every file up to date with the source; what is new stays empty until translated."""
    found = source()
    LOCALE.mkdir(exist_ok=True)
    POT.write_text(as_text(found), encoding="utf-8")
    for language in languages():
        catalog = read(language)
        catalog.update(found, no_fuzzy_matching=True, update_header_comment=False)
        po_of(language).write_text(as_text(catalog), encoding="utf-8")
    compile_all()


def compile_all() -> None:
    """Write every ``.mo`` anew."""
    for language in languages():
        po_of(language).with_suffix(".mo").write_bytes(as_bytes(read(language)))


def problems() -> Iterator[str]:
    """What is stale, missing or wrong, a line each."""
    found = source()
    if POT.read_text(encoding="utf-8") != as_text(found):
        yield "manabench.pot is older than the source: run `python -m tests.catalogue update`"
    for language in languages():
        catalog = read(language)
        if po_of(language).with_suffix(".mo").read_bytes() != as_bytes(catalog):
            yield f"{language}: the .mo is older than the .po: run the same with `compile`"
        known = {message.id: message for message in catalog if message.id}
        for message in found:
            if message.id:
                for what in wrong(known.get(message.id), message, catalog.num_plurals):
                    yield f"{language}: {_name(message)!r}: {what}"


def wrong(message: Message | None, original: Message, plurals: int) -> Iterator[str]:
    """What is wrong with the translation of one text."""
    forms = _forms(message.string) if message is not None else []
    if message is None or not forms or not all(forms):
        yield "not translated"
        return
    if message.fuzzy:
        yield "marked fuzzy"
    if original.pluralizable and len(forms) != plurals:
        yield f"has {len(forms)} plural forms, not {plurals}"
    for number, form in enumerate(forms):
        text = _forms(original.id)[min(number, len(_forms(original.id)) - 1)]
        yield from differences(text, form)


def differences(text: str, form: str) -> Iterator[str]:
    """What a translation must share with its text and does not."""
    if sorted(FIELD.findall(text)) != sorted(FIELD.findall(form)):
        yield f"fields differ: {form!r}"
    if _ends(text) != _ends(form):
        yield f"blanks at the ends differ: {form!r}"
    lost = [word for word in typed(text) if not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", form)]
    if lost:
        yield f"lost what is typed, {sorted(lost)}: {form!r}"
    if text.count("\n") != form.count("\n"):
        yield f"line breaks differ: {form!r}"


def typed(text: str) -> set[str]:
    """Commands, options and keys that ``text`` names."""
    return set(_TYPED.findall(text)) | set(_KEY.findall(FIELD.sub("00", text)))


def _ends(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def forms(message: Message) -> list[str]:
    """Every form of a translation; none where there is no translation."""
    return _forms(message.string) if message.id else []


def _forms(text: str | Iterable[str] | None) -> list[str]:
    if text is None:
        return []
    return [text] if isinstance(text, str) else list(text)


def _name(message: Message) -> str:
    return _forms(message.id)[0]


def main(words: list[str]) -> int:
    """Run one of the three; returns the exit code."""
    if words == ["update"]:
        update()
    elif words == ["compile"]:
        compile_all()
    elif words != ["check"]:
        print(__doc__, file=sys.stderr)
        return 2
    found = list(problems())
    for line in found:
        print(line)
    return 1 if found and words == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
