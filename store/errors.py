"""The one family of errors.

    ManabenchError                 code          exit
    ├── UsageError                 usage         2
    │   └── InvalidValueError      invalid       2
    ├── NotFoundError              not_found     3
    │   └── AmbiguousError         ambiguous     3
    ├── LockedError                locked        4
    │   └── WrongPassphraseError   passphrase    4
    ├── GuardError                 refused       5
    │   ├── ScopeNotReadyError     no_space      5
    │   ├── ModuleNotInSpaceError  module        5
    │   ├── HeldError              held          5
    │   └── NewerSchemaError       newer_schema  5
    ├── StorageError               storage       1
    │   └── UnreadableError        unreadable    1
    ├── NetworkError               network       6
    └── ServerError                server        7
        ├── SignedOutError         signed_out    7
        └── UnpaidError            unpaid        7

Each carries three sentences: what happened, what was kept, what to do. Exit codes are part of
the command line's contract.
"""

from __future__ import annotations


class ManabenchError(Exception):
    """Something a person is told. ``str()`` gives only what happened.

    Never put protected text or secrets into any of the sentences: they reach logs and terminals.
    """

    code = "failed"
    exit_code = 1

    def __init__(self, message: str, *, kept: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.kept = kept
        self.hint = hint


class UsageError(ManabenchError):
    """The call itself is wrong: an unknown option, type or combination."""

    code = "usage"
    exit_code = 2


class InvalidValueError(UsageError):
    """A value that cannot be stored in its field."""

    code = "invalid"


class NotFoundError(ManabenchError):
    """No record, space, tag, scene or step answers to that name."""

    code = "not_found"
    exit_code = 3


class AmbiguousError(NotFoundError):
    """Several records answer to a prefix or title; ``candidates`` lists (id, title)."""

    code = "ambiguous"

    def __init__(self, message: str, candidates: list[tuple[str, str]], **kw: str) -> None:
        super().__init__(message, **kw)
        self.candidates = candidates


class LockedError(ManabenchError):
    """A protected value would have to be sealed or opened while the vault is locked."""

    code = "locked"
    exit_code = 4


class WrongPassphraseError(LockedError):
    """The passphrase or recovery code does not open the vault."""

    code = "passphrase"


class GuardError(ManabenchError):
    """A guard refused the act; nothing was changed."""

    code = "refused"
    exit_code = 5


class ScopeNotReadyError(GuardError):
    """A read or write without a space to act in."""

    code = "no_space"


class ModuleNotInSpaceError(GuardError):
    """The module is not allowed in spaces of this type."""

    code = "module"


class HeldError(GuardError):
    """A mass deletion waits for a person's look; the rest of the step was done."""

    code = "held"


class NewerSchemaError(GuardError):
    """The database was written by a newer version; it was not touched."""

    code = "newer_schema"


class StorageError(ManabenchError):
    """The disk, the file or SQLite refused."""

    code = "storage"


class UnreadableError(StorageError):
    """One envelope that does not open. ``reason``: locked, damaged, foreign key, unknown format."""

    code = "unreadable"

    def __init__(self, message: str, reason: str, **kw: str) -> None:
        super().__init__(message, **kw)
        self.reason = reason


class NetworkError(ManabenchError):
    """No answer: no connection, none in time, or one that broke off. What was sent may or may not
    have arrived."""

    code = "network"
    exit_code = 6


class ServerError(ManabenchError):
    """The server answered, and refused. ``status`` is the HTTP status, ``code_given`` the server's
    own code, ``words`` its own words, shortened. ``changes``: the numbers of the changes of a push
    that it names as the cause."""

    code = "server"
    exit_code = 7

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code_given: str = "",
        words: str = "",
        changes: tuple[int, ...] = (),
        **kw: str,
    ) -> None:
        super().__init__(message, **kw)
        self.status = status
        self.code_given = code_given
        self.words = words
        self.changes = changes


class SignedOutError(ServerError):
    """The session is over, or there is none: somebody has to sign in again."""

    code = "signed_out"


class UnpaidError(ServerError):
    """The server's operator has this account's sync switched off (402)."""

    code = "unpaid"
