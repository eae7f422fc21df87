"""Words for people, through gettext from the first line on.

``_`` and ``ngettext`` translate; ``N_`` only marks a word for the catalogue and returns it, for
tables that are read before the language is known. Codes, JSON keys, verbs and logs stay English.
"""

from __future__ import annotations

import gettext as _gettext
import os

_FOLDER = os.path.join(os.path.dirname(__file__), "locale")

# Looking for a catalogue costs a command two milliseconds; without any there is nothing to find.
_catalogue = (
    _gettext.translation("manabench", localedir=_FOLDER, fallback=True)
    if os.path.isdir(_FOLDER)
    else _gettext.NullTranslations()
)


def _(text: str) -> str:
    """``text`` in the person's language."""
    return _catalogue.gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a counted phrase that fits ``count``."""
    return _catalogue.ngettext(one, many, count)


def N_(text: str) -> str:  # noqa: N802 - the customary name of gettext's marker
    """Mark ``text`` for translation later; returns it unchanged."""
    return text
