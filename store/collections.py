"""The registry: every declared collection as plain data.

A module declares its own collections in its own file; this file holds the vocabulary and the
collections that belong to no module: spaces, tags, presets, scenes. Field names are those of
compatible servers and web clients, so a record needs no translation on the wire.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Kind = Literal["text", "flag", "number", "instant", "day", "id", "list", "object", "any"]
"""What a field may hold. ``instant`` is a UTC time with three decimals or, where a person gave
only a day, ``YYYY-MM-DD``; ``day`` is always only a day; ``id`` names another record."""


class Field(NamedTuple):
    """How one field of a collection is kept.

    clear: readable at rest (links, times, enums, numbers, flags, order); everything else is sealed.
    wire: sealed on the wire too, the fields marked E in the protocol's tables.
    choices: the only texts allowed, empty for any.
    """

    kind: Kind
    clear: bool = False
    wire: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None


def clear(kind: Kind, *choices: str, default: Any = None) -> Field:
    """A field readable at rest and on the wire."""
    return Field(kind, clear=True, choices=choices, default=default)


def sealed(kind: Kind = "text") -> Field:
    """A field sealed at rest and on the wire."""
    return Field(kind, wire=True)


def local(kind: Kind = "text", default: Any = None) -> Field:
    """A field sealed at rest whose wire form compatible clients expect in plaintext."""
    return Field(kind, default=default)


class TagLink(NamedTuple):
    """Both representations of a record's tags (modules.md 0.5).

    junction: the collection of (record, tag) rows; key: its field naming the record.
    path: the list on the record itself, ``tagIds`` or ``metadata.labelIds``; empty where none.
    """

    junction: str
    key: str
    path: str = ""


class Collection(NamedTuple):
    """One named set of records.

    name is the local name and table, wire the name in sync changes of ``app`` (empty: never
    synced). level says whom its records follow. large fields live in the last column, which lists
    never read. indexes maps a list's name to its SQL terms over ``the table`` columns and
    ``json_extract`` of clear fields; at most four, each of them named for the list that needs it.

    unkept fields have no history: logs that are joined and only grow, and what is computed anew.
    booked ones have, but the program writes them by itself, beside what anybody wants of a record:
    the undo of making it passes by both.
    """

    name: str
    module: str
    app: str
    wire: str
    fields: Mapping[str, Field]
    level: Literal["space", "user"] = "space"
    title: str = "title"
    large: tuple[str, ...] = ()
    indexes: Mapping[str, str] = MappingProxyType({})
    tag_link: TagLink | None = None
    junction_of: tuple[str, str] | None = None
    unkept: tuple[str, ...] = ()
    booked: tuple[str, ...] = ()

    def shape(self) -> str:
        """A short digest of what the collection needs from its table."""
        needs = repr((self.level, sorted(self.indexes.items()), self.tag_link))
        return f"{crc32(needs.encode()):08x}"

    @property
    def place(self) -> str:
        """The collection's part of an envelope's associated data: its wire identity, so that a
        record keeps its envelopes when its collection becomes declared."""
        return f"{self.app}/{self.wire}" if self.app else self.name

    def is_clear(self, name: str) -> bool:
        """Whether field ``name`` is readable at rest; a field nobody declared is sealed."""
        known = self.fields.get(name)
        return known.clear if known else name in COMMON


COMMON: frozenset[str] = frozenset(
    {
        "id",
        "spaceId",
        "authorId",
        "userId",
        "visibility",
        "createdAt",
        "deletedAt",
        "visibilityChangedAt",
        "visibilityChangedBy",
        "unlistedToken",
        "unlistedExpiresAt",
    }
)
"""Clear in every collection. The first four and ``createdAt`` never change after creation."""

VISIBILITY = clear("text", "private", "space", "unlisted", "public", default="space")

SPACE_TYPES = ("personal", "brand", "club", "family", "team", "practice")


def junction(name: str, app: str, module: str, key: str, of: str, wire: str = "") -> Collection:
    """The (record, tag) rows of a collection; ids are derived, so adding twice is one row."""
    return Collection(
        name,
        module,
        app,
        wire or name,
        {key: clear("id"), "tagId": clear("id"), "labelId": clear("id")},
        title="",
        junction_of=(of, key),
    )


CORE: tuple[Collection, ...] = (
    Collection(
        "spaces",
        "core",
        "",
        "",
        {
            "type": clear("text", *SPACE_TYPES),
            "name": local(),
            "slug": local(),
            "modules": clear("list"),
            "tier": clear("text"),
            "metadata": local("object"),
        },
        level="user",
        title="name",
    ),
    Collection(
        "tags",
        "tags",
        "tags",
        "tags",
        {
            "name": sealed(),
            "color": clear("text", default="#3B82F6"),
            "icon": clear("text"),
            "groupId": clear("id"),
            "sortOrder": clear("number"),
        },
        title="name",
    ),
    Collection(
        "tagGroups",
        "tags",
        "tags",
        "tagGroups",
        {
            "name": sealed(),
            "color": clear("text", default="#6b7280"),
            "icon": clear("text"),
            "sortOrder": clear("number"),
        },
        title="name",
    ),
    Collection(
        "userTagPresets",
        "tags",
        "tags",
        "userTagPresets",
        {"name": sealed(), "isDefault": clear("flag"), "tags": sealed("list")},
        level="user",
        title="name",
    ),
    Collection(
        "workbenchScenes",
        "mana",
        "mana",
        "workbenchScenes",
        {
            "name": sealed(),
            "description": sealed(),
            "openApps": clear("list"),
            "order": clear("number"),
            "wallpaper": clear("object"),
            "viewingAsAgentId": clear("id"),
            "scopeTagIds": clear("list"),
        },
        title="name",
    ),
)


class Registry:
    """All declared collections by name, assembled once per workbench."""

    def __init__(self, collections: Iterable[Collection]) -> None:
        self._by_name = {c.name: c for c in (*CORE, *collections)}
        self._by_wire = {(c.app, c.wire): c for c in self._by_name.values() if c.app}

    def __getitem__(self, name: str) -> Collection:
        """The collection called ``name``; KeyError where none is declared."""
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Collection]:
        return iter(self._by_name.values())

    def foreign(self, app: str, wire: str) -> Collection:
        """An undeclared collection: every field unknown, so sealed; its name is never a table's."""
        return Collection(f"{app}/{wire}", app, app, wire, {}, title="")

    def named(self, name: str) -> Collection:
        """The collection that the house calls ``name``: a declared one, or ``app/wire``."""
        if name in self._by_name:
            return self._by_name[name]
        app, _slash, wire = name.partition("/")
        return self.foreign(app, wire)

    def wire(self, app: str, name: str) -> Collection | None:
        """The collection that ``name`` means under ``app`` on the wire, if declared."""
        return self._by_wire.get((app, name))
