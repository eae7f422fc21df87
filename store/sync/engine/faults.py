"""Errors of syncing as a person reads them, kept so that another language can tell them again."""

from __future__ import annotations

from store.errors import (
    LockedError,
    ManabenchError,
    NetworkError,
    ServerError,
    SignedOutError,
    StorageError,
    UnpaidError,
)
from store.sync.status import State
from store.told import Told, phrase

TOO_LARGE = "too_large"
"""``ServerError.code_given`` of an answer that says that the request was too large."""

OUTAGE = "outage"
"""``code_given`` where the server lives and something it needs does not."""

CLOCK = "clock"
"""``code_given`` of a change that our own server refuses for a stamp from the future."""


class LostLockError(ManabenchError):
    """Another process has taken the engine over; this one must not write any more."""

    code = "lost_lock"


class CancelledError(ManabenchError):
    """A person ended a round between two pages; what was pulled is kept."""

    code = "cancelled"


def told(error: ManabenchError) -> Told:
    """What happened, in one sentence, without anything that must not reach a log."""
    if isinstance(error, SignedOutError):
        return phrase("You are signed out; changes wait until you sign in again.")
    if isinstance(error, UnpaidError):
        return phrase("The server has syncing switched off for this account; changes wait.")
    if isinstance(error, LockedError):
        return phrase("Sync waits: {words}", words=error.message)
    if isinstance(error, NetworkError):
        return phrase("The server cannot be reached; changes wait.")
    if isinstance(error, ServerError):
        return _refused(error)
    if isinstance(error, StorageError):
        return phrase("Syncing stopped, because the database refused: {words}", words=error.message)
    return phrase("{words}", words=error.message)


def _refused(error: ServerError) -> Told:
    words = error.words or error.message
    if error.code_given == OUTAGE or error.status == 503:
        return phrase("The server is not well just now; changes wait.")
    if error.status == 429:
        return phrase("The server asks to wait.")
    if error.status >= 500:
        return phrase("The server failed: {words}", words=words)
    return phrase("The server refused: {words}", words=words)


def state_of(error: ManabenchError) -> State:
    """How sync stands after ``error``."""
    if isinstance(error, SignedOutError):
        return "out"
    if isinstance(error, UnpaidError):
        return "unpaid"
    if isinstance(error, LockedError):
        return "locked"
    if isinstance(error, NetworkError):
        return "offline"
    if isinstance(error, ServerError) and (error.status >= 500 or error.status in (0, 408, 429)):
        return "offline"  # an answer without a status is none of a sync server
    return "refused"


def ends_round(error: ManabenchError) -> bool:
    """Whether after ``error`` no other collection need be tried in this round."""
    if isinstance(error, NetworkError | SignedOutError | UnpaidError | LockedError | StorageError):
        return True
    if isinstance(error, LostLockError | CancelledError):
        return True
    return isinstance(error, ServerError) and (error.status in (429, 503) or _is_outage(error))


def _is_outage(error: ServerError) -> bool:
    return error.code_given == OUTAGE
