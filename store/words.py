"""Words for people, through gettext from the first line on.

``_`` and ``ngettext`` translate; ``N_`` and ``NN_`` only mark words for the catalogue and return
them, for tables that are read before the language is known. Codes, JSON keys, verbs and logs stay
English.

The language is chosen once, by ``set_language`` or else by the environment at the first word; a
change holds for all that is drawn from then on. English needs no catalogue and looks for none, so
it costs a command nothing. ``tests/catalogue.py`` extracts, compiles and checks the catalogues.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the module typing, which a short command does not need
    from collections.abc import Callable, Iterator, Mapping

FOLDER = os.path.join(os.path.dirname(__file__), "locale")
ENGLISH = "en"
PSEUDO = "en-XA"
"""English with accents on every letter, longer and in brackets: what is not translated, cut or
put together shows at once. For tests."""
AUTO = "auto"

_name = ""
_one: Callable[[str], str] | None = None
_many: Callable[[str, str, int], str] | None = None


def _(text: str) -> str:
    """``text`` in the person's language."""
    if _one is None:
        set_language(AUTO)
    return _one(text) if text and _one else text


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a counted phrase that fits ``count``."""
    if _many is None:
        set_language(AUTO)
    return (_many or _english)(one, many, count)


def number(count: int) -> str:
    """A count as people read it: 1,234 or 1.234."""
    if count < 1000:
        return str(count)
    apart = next((c for c in _("1,000") if c in ",.'’ \u202f"), ",")
    return f"{count:,}".replace(",", apart)


def N_(text: str) -> str:  # noqa: N802 - the customary name of gettext's marker
    """Mark ``text`` for translation later; returns it unchanged."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802
    """Mark both forms of a counted phrase for ``ngettext`` later."""
    return one, many


def language() -> str:
    """The language that words are in now: ``en``, ``de`` or ``en-XA``."""
    return _name or set_language(AUTO)


def set_language(name: str = AUTO) -> str:
    """Speak ``name`` from now on; returns what is spoken.

    ``auto`` follows the environment. A language without a catalogue is English: a program that
    cannot say something in another language still says it.
    """
    global _name, _one, _many
    wanted = from_environment(os.environ) if name in ("", AUTO) else _plain(name)
    _name, _one, _many = ENGLISH, str, _english
    if wanted == PSEUDO:
        from store.pseudo import plural, pseudo

        _name, _one, _many = PSEUDO, pseudo, plural
    elif wanted != ENGLISH and os.path.isfile(path := catalogue(wanted)):
        from store.mo import Catalogue

        with open(path, "rb") as file:
            found = Catalogue(file.read())
        _name, _one, _many = wanted, found.gettext, found.ngettext
    return _name


def _english(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def catalogue(name: str) -> str:
    """Where the compiled catalogue of a language lies, if there is one."""
    return os.path.join(FOLDER, name, "LC_MESSAGES", "manabench.mo")


def available() -> list[str]:
    """The languages that can be chosen, English first."""
    try:
        found = sorted(os.listdir(FOLDER))
    except OSError:
        found = []
    return [ENGLISH, *(name for name in found if os.path.isfile(catalogue(name)))]


def from_environment(env: Mapping[str, str]) -> str:
    """The language that LC_ALL, LC_MESSAGES, LANG and LANGUAGE ask for, as gettext reads them.

    LANGUAGE is a list, and counts only where the locale is not C: whoever asks for C wants plain
    English. The first language of the list that is known decides.
    """
    locale = next((env[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(k)), "")
    if locale.partition(".")[0] in ("", "C", "POSIX"):
        return ENGLISH
    for name in _asked(env.get("LANGUAGE", ""), locale):
        if name in (ENGLISH, PSEUDO) or os.path.isfile(catalogue(name)):
            return name
    return ENGLISH


def _asked(listed: str, locale: str) -> Iterator[str]:
    for name in (*listed.split(":"), locale):
        if name:
            yield _plain(name)


def _plain(name: str) -> str:
    """``de_AT.UTF-8@euro`` as ``de``; the pseudo-locale, however it is written, as ``en-XA``."""
    name = name.partition(".")[0].partition("@")[0].replace("_", "-")
    if name.casefold() == PSEUDO.casefold():
        return PSEUDO
    return name.partition("-")[0].casefold()
