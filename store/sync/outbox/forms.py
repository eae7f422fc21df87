"""Which form each field takes on the wire: the one place that decides it, in both directions.

    target space                fields marked for the wire      other fields
    personal, or user level     enc:1, account's master key     plaintext
    shared                      plaintext                       plaintext
    shared, record private      enc:1, if its author is here    plaintext

A value that is an envelope already, and should go out as one, is moved and never opened, so that
much can be sent while the vault is locked. What nobody declared goes back as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from store.arrivals import REPLAY
from store.collections import COMMON, Collection
from store.errors import LockedError, StorageError, UnreadableError
from store.records import PREFIX, wire_form
from store.sync import iterations
from store.sync.account import account
from store.vault import is_envelope
from store.vault.envelope import ENC1, ENC2
from store.vault.keys import ACCOUNT, ACCOUNT_OLD
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

SHARED = frozenset({"brand", "club", "family", "team", "practice"})
"""Types of space whose records go out in plaintext. Any other type, also one that is not known
here, is sealed: the mistake that can be mended."""

WEB = "web"
"""The interop setting under which ``SHOWN_UNDECRYPTED`` goes out in plaintext."""

SHOWN_UNDECRYPTED: Mapping[tuple[str, str], frozenset[str]] = {
    ("tags", "tags"): frozenset({"name"}),
    ("tags", "tagGroups"): frozenset({"name"}),
    ("mana", "workbenchScenes"): frozenset({"name", "description"}),
    ("ai", "aiMissions"): frozenset({"title", "conceptMarkdown", "objective"}),
}
"""Sealed fields that today's web client shows as they stand on the wire."""

_NONE: frozenset[str] = frozenset()


class Shape(NamedTuple):
    """How the fields of one collection go out to one kind of target.

    place: of its envelopes at rest. clear: readable at rest and on the wire. sealed: go out as
    ``enc:1``. declared: known fields; all others go back as they came. closed: an unknown field
    that was written here goes out sealed, for nobody says that it may not. inner: go out readable
    with sealed texts inside.
    """

    place: str
    clear: frozenset[str]
    sealed: frozenset[str]
    declared: frozenset[str]
    closed: bool
    inner: frozenset[str] = _NONE


def sealed_names(fields: Mapping[str, Any]) -> list[str]:
    """The fields that came as envelopes: what a foreign record remembers of its wire form."""
    return sorted(name for name, value in fields.items() if is_envelope(value))


class Forms:
    """The forms of one workbench as its account, its spaces and its keys stand now."""

    def __init__(self, bench: Workbench) -> None:
        self._vault = bench.vault
        known = account(bench)
        self._interop = known.interop if known else ""
        self._me = bench.viewer
        self.shared: frozenset[int] = frozenset(
            pk
            for pk, type in bench.db.read("SELECT pk, json_extract(doc, '$.type') FROM \"spaces\"")
            if type in SHARED
        )
        """The rows of the spaces whose records go out in plaintext."""
        kinds = {info.kind for info in bench.vault.list_keys()}
        self._rotated = ACCOUNT_OLD in kinds
        self._has_key = ACCOUNT in kinds
        self.move = bench.vault.move1
        """(place, record, field, value that begins with ``own``) -> ``enc:1``. LockedError where a
        key is missing, UnreadableError."""
        self.own: str = f"{ENC2}{bench.vault.key_id}:"
        """How every envelope begins that was sealed here at rest."""
        self._shapes: dict[tuple[str, bool], Shape] = {}

    def shape(self, collection: Collection, space: int, private: int) -> Shape:
        """The shape of a record of ``collection``; private is its author if nobody else may see it,
        else 0."""
        plain = not self.seals(space, private)
        key = (collection.place, plain)
        found = self._shapes.get(key)
        if found is None:
            found = self._shapes[key] = self._shaped(collection, plain)
        return found

    def seals(self, space: int, private: int) -> bool:
        """Whether protected fields of such a record go out sealed."""
        return space not in self.shared or (bool(private) and private == self._me)

    def _shaped(self, collection: Collection, plain: bool) -> Shape:
        fields = collection.fields
        clear = COMMON | {name for name, field in fields.items() if field.clear}
        return Shape(
            collection.place,
            clear,
            _NONE if plain else self.protected(collection),
            clear | fields.keys(),
            not plain,
            _NONE if plain else iterations.names(collection),
        )

    def protected(self, collection: Collection) -> frozenset[str]:
        """The fields of ``collection`` that are sealed where anything is."""
        names = frozenset(name for name, field in collection.fields.items() if field.wire)
        if self._interop == WEB:
            names -= SHOWN_UNDECRYPTED.get((collection.app, collection.wire), _NONE)
        return names

    def returning(self, collection: Collection, came_sealed: Iterable[str]) -> Shape:
        """The shape of a record of an undeclared collection: sealed where it came sealed."""
        return Shape(collection.place, COMMON, frozenset(came_sealed), _NONE, closed=False)

    def outgoing(
        self, shape: Shape, record: str, name: str, value: Any, origin: str = REPLAY
    ) -> Any:
        """The value at rest of field ``name`` as it goes out; origin as in its stamp.

        Raises LockedError where that needs a key that is not at hand now, so that the record has to
        wait; UnreadableError where it can never go out, because only this device could have read
        it and cannot.
        """
        if value.__class__ is str and name in shape.sealed and value.startswith(self.own):
            return self.move(shape.place, record, name, value)
        if value is None or name in shape.clear:
            return value
        if name in shape.inner:
            return self._inside(shape.place, record, name, value)
        if value.__class__ is str and value.startswith(PREFIX):
            if value.startswith(self.own):
                ours = shape.closed and origin != REPLAY and name not in shape.declared
                if not ours:
                    return wire_form(self._vault.open(shape.place, record, name, value))
                return self.move(shape.place, record, name, value)
            if name in shape.sealed or name not in shape.declared:
                return self._moved(value)
            return self._opened(shape.place, record, name, value)
        # Readable at rest although it need not be: its declaration became stricter.
        return self._seal(value) if name in shape.sealed else value

    def _seal(self, value: Any) -> str:
        try:
            return self._vault.seal1(value)
        except StorageError:
            raise no_key() from None

    def _inside(self, place: str, record: str, name: str, value: Any) -> Any:
        """A list in whose texts the protection lies."""
        if value.__class__ is str and value.startswith(PREFIX):
            value = self._opened(place, record, name, value)
        return iterations.sealed(value, self._seal)

    def _opened(self, place: str, record: str, name: str, value: str) -> Any:
        """A received envelope for readers without its key; as it came where it does not open."""
        try:
            return wire_form(self._vault.open(place, record, name, value))
        except UnreadableError:
            return value

    def _moved(self, value: str) -> str:
        """A received envelope as it came, but never under a key that was replaced."""
        if not self._rotated or not value.startswith(ENC1):
            return value
        if self._vault.is_current1(value):
            return value
        try:
            return self._seal(self._vault.open1(value))
        except UnreadableError:
            return value

    @property
    def ready(self) -> bool:
        """Whether values can be sealed for the wire at all now."""
        return self._has_key and self._vault.unlocked


def no_key() -> LockedError:
    """The error for sealing before the account's key has been fetched."""
    return LockedError(
        _("The key of the account is not on this device yet."),
        kept=_("What has to be sealed with it waits."),
        hint=_("Sign in again, or give the account's recovery code."),
    )
