"""What SQLite refuses, in a person's words: what happened, what was kept, what to do."""

from __future__ import annotations

import sqlite3

from store.errors import InvalidValueError, StorageError
from store.words import N_, _

_KEPT = N_("Everything that was saved before is still there.")


def explain(error: sqlite3.Error) -> StorageError:
    """SQLite's refusal in a person's words."""
    text = str(error)
    if "full" in text:
        return StorageError(
            _("The disk is full; the change was not saved."),
            kept=_(_KEPT),
            hint=_("Free some space and try again."),
        )
    if "readonly" in text or "unable to open" in text or "attempt to write" in text:
        return StorageError(
            _("The database cannot be written."),
            kept=_(_KEPT),
            hint=_(
                "Check the permissions of its folder, and whether the disk is mounted read-only."
            ),
        )
    if "locked" in text or "busy" in text:
        return StorageError(
            _("Another process kept the database busy for too long; the change was not saved."),
            kept=_(_KEPT),
            hint=_("Try again; if it persists, look for a hung manabench process."),
        )
    if "malformed" in text or "not a database" in text:
        return StorageError(
            _("The database file is damaged."),
            kept=_("The file was left as it is."),
            hint=_("Copy the folder away first, then restore the newest restore point."),
        )
    return StorageError(
        _("The database refused: {text}.").format(text=text), kept=_(_KEPT), hint=_("Try again.")
    )


def not_text() -> InvalidValueError:
    """The error for a name from a command line or file whose bytes are no text."""
    return InvalidValueError(
        _("A name holds bytes that are no text."),
        kept=_("Nothing was changed."),
        hint=_("Use UTF-8."),
    )
