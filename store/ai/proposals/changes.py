"""What one call changed, record by record and field by field, as the history tells it.

Read inside the transaction that made the changes: the values before come from the history's priors,
those after from the stored records. Rows that link a record and a tag are told as the tags of the
record, and deletions that the guard held are told as the deletions they would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.errors import LockedError, UnreadableError
from store.guarding import Written
from store.records import PREFIX, Masked, Record, dumps
from store.scope import Scope
from store.stamps import canonical
from store.words import N_

if TYPE_CHECKING:
    from store.collections import Collection
    from store.workbench import Workbench

Kind = Literal["new", "changed", "deleted", "restored"]

TAGS = "tags"
"""In place of a field's name: the tags of the record, by their names."""

_LABELS = {
    "isCompleted": N_("Completed"),
    "completedAt": N_("Completed at"),
    "order": N_("Place in the order"),
    "metadata": N_("Further details"),
    "name": N_("Name"),
    "color": N_("Colour"),
}
"""Labels of fields that stand in no form."""

_ADDED = frozenset({"id", "spaceId", "authorId", "userId", "createdAt", "updatedAt", "deletedAt"})


class FieldChange(NamedTuple):
    """One field before and after; ``words`` is its label, unmarked English. A value that does not
    open stands as the reason in brackets."""

    field: str
    words: str
    before: Any
    after: Any


class RecordChange(NamedTuple):
    """One record. title: what it was called before, or is called if it is new. held: the deletion
    is one of so many that it would wait for a look of its own. base: when the record had been
    changed last, by which later changes are seen."""

    collection: str
    id: str
    title: str
    kind: Kind
    fields: tuple[FieldChange, ...] = ()
    held: bool = False
    base: str = ""


class Mark(NamedTuple):
    """Where the history and the held deletions ended before something ran."""

    history: int
    held: int


def mark(bench: Workbench) -> Mark:
    """The present end of the history; what comes behind it is what ``since`` tells."""
    rows = bench.db.read(
        "SELECT (SELECT coalesce(max(n), 0) FROM history), "
        "(SELECT coalesce(max(rowid), 0) FROM held)"
    )
    return Mark(*rows[0])


Tags = dict[tuple[str, int], set[str]]
"""The tags that records bear, by collection and row."""


class Watch:
    """What is changed from here on, in the transaction that is open, call by call."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._start = mark(bench)
        self._tags: Tags = {}

    def take(self) -> tuple[RecordChange, ...]:
        """What was changed since the last look. Raises LockedError."""
        found = since(self._bench, self._start, self._tags)
        self.pass_over()
        return found

    def pass_over(self) -> None:
        """Look no more at what was changed until now."""
        self._start = mark(self._bench)


def since(
    bench: Workbench, start: Mark, tags_before: Tags | None = None
) -> tuple[RecordChange, ...]:
    """What was changed behind ``start``, in the order in which the records were first touched.

    Call it in the transaction that made the changes. tags_before: of records whose tags were
    changed before ``start`` in the same transaction; brought up to date. Raises LockedError.
    """
    written: dict[tuple[str, int], Written] = {}
    for name, record, wrote, prior in bench.db.read(
        "SELECT collection, record, wrote, prior FROM history WHERE n > ? ORDER BY n",
        (start.history,),
    ):
        written.setdefault((name, record), Written()).add(wrote, prior)
    tags = _retagged(bench, written, tags_before if tags_before is not None else {})
    places: list[tuple[str, int]] = []
    for name, record in written:
        if bench.registry[name].junction_of is None:
            places.append((name, record))
    places += [place for place in tags if place not in written]
    found = records_at(bench, places)
    changes = []
    for place in places:
        record = found.get(place)
        if record is None:
            continue
        change = told(bench, place, record, written.get(place), tags.get(place))
        if change is not None:
            changes.append((place, change))
    changes += _held(bench, start)
    bases = _bases(bench, [place for place, _change in changes])
    return tuple(change._replace(base=bases.get(place, "")) for place, change in changes)


def _bases(bench: Workbench, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """When the records were last changed before the transaction that is open."""
    found = {}
    for name, keys in _by_name(places).items():
        for key, at in bench.db.committed(
            f'SELECT pk, updated_at FROM "{name}" WHERE pk IN (SELECT value FROM json_each(?))',
            (dumps(keys),),
        ):
            found[name, key] = at
    return found


def _by_name(places: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    keys: dict[str, list[int]] = {}
    for name, record in places:
        keys.setdefault(name, []).append(record)
    return keys


# One record -----------------------------------------------------------------------------------


def told(
    bench: Workbench,
    place: tuple[str, int],
    record: Record,
    written: Written | None,
    tags: tuple[list[str], list[str]] | None = None,
) -> RecordChange | None:
    """What became of one record; None where it is as it was."""
    declared = bench.registry[place[0]]
    before = _before(bench, declared, record, written)
    kind: Kind = "changed"
    if written is not None and written.inserted is not None:
        if record.get("deletedAt"):
            return None
        kind, before = "new", {name: None for name in record if name not in _ADDED}
    elif "deletedAt" in before:
        was, now = before.pop("deletedAt"), record.get("deletedAt")
        if bool(was) != bool(now):
            kind = "deleted" if now else "restored"
    fields = _fields(bench, declared, record, before, kind)
    if tags is not None and tags[0] != tags[1]:
        fields.append(FieldChange(TAGS, N_("Tags"), *tags))
    if not fields and kind == "changed":
        return None
    named = record if kind == "new" else Record({**record, **before}, record.key)
    title = bench.documents.title(declared.name, named)
    return RecordChange(declared.name, record["id"], title, kind, tuple(fields))


def _before(
    bench: Workbench, declared: Collection, record: Record, written: Written | None
) -> dict[str, Any]:
    """The opened values that were overwritten; None where there was none."""
    found = {}
    for name, (had, value, _at) in (written.before if written else {}).items():
        sealed = had and isinstance(value, str) and value.startswith(PREFIX)
        if sealed and not declared.is_clear(name):
            value = opened(bench, declared, record["id"], name, value)
        found[name] = value if had else None
    return found


def opened(bench: Workbench, declared: Collection, id: str, name: str, value: str) -> Any:
    try:
        return bench.vault.open(declared.place, id, name, value)
    except LockedError:
        return Masked("locked")
    except UnreadableError as error:
        return Masked(error.reason)


def _fields(
    bench: Workbench,
    declared: Collection,
    record: Record,
    before: Mapping[str, Any],
    kind: Kind,
) -> list[FieldChange]:
    """What differs, in the order of the module's form and then as it is stored."""
    labels = labels_of(bench, declared.name)
    link = declared.tag_link
    tagged, _dot, inner = link.path.partition(".") if link is not None else ("", "", "")
    order = {name: number for number, name in enumerate(labels)}
    found = []
    for name in sorted(before, key=lambda one: order.get(one, len(order))):
        old, new = before[name], record.get(name)
        if name == tagged:
            old, new = (_without(old, inner), _without(new, inner)) if inner else (None, None)
        if kind == "new" and name == "visibility" and new == "space":
            continue
        old, new = _plain(old), _plain(new)
        if canonical(old) != canonical(new):
            found.append(FieldChange(name, labels.get(name) or _LABELS.get(name, name), old, new))
    return found


def labels_of(bench: Workbench, collection: str) -> dict[str, str]:
    """The labels of a collection's fields in the order of its form, unmarked English."""
    for module in bench.modules.values():
        if module.main == collection:
            return {field.name: field.words for field in module.fields}
    return {}


def _without(value: Any, inner: str) -> Any:
    """An object without the list of tags in it; nothing if that is all it held."""
    if not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if name != inner} or None


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Masked) else value


# Many records ---------------------------------------------------------------------------------


def records_at(
    bench: Workbench, places: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], Record]:
    """The opened records at these places, deleted ones too, whichever space they are in."""
    scopes: dict[int, Scope] = {0: bench.user_scope}
    spaces = dict(bench.db.read('SELECT pk, id FROM "spaces"'))
    found = {}
    for name, these in _by_name(places).items():
        rows = bench.db.read(
            f'SELECT pk, space FROM "{name}" WHERE pk IN (SELECT value FROM json_each(?))',
            (dumps(these),),
        )
        for number in dict.fromkeys(space for _pk, space in rows):
            if number not in scopes:
                scopes[number] = bench.spaces.scope(spaces[number])
            mine = [pk for pk, space in rows if space == number]
            for record in bench.documents.by_keys(scopes[number], name, mine, large=True):
                found[name, record.key] = record
    return found


def _retagged(
    bench: Workbench, written: Iterable[tuple[str, int]], overlay: Tags
) -> dict[tuple[str, int], tuple[list[str], list[str]]]:
    """The names of the tags before and after, of records whose tags may have changed."""
    records: dict[str, set[int]] = {}
    for name, pk in written:
        declared = bench.registry[name]
        if declared.tag_link is not None:
            records.setdefault(name, set()).add(pk)
        elif declared.junction_of is not None and declared.junction_of[0] in bench.registry:
            owner, key = declared.junction_of
            records.setdefault(owner, set()).update(
                row[0]
                for row in bench.db.read(
                    f'SELECT r.pk FROM "{name}" j JOIN "{owner}" r '
                    f"ON r.id = json_extract(j.doc, '$.{key}') AND r.space = j.space "
                    "WHERE j.pk = ?",
                    (pk,),
                )
            )
    found: dict[tuple[str, int], tuple[list[str], list[str]]] = {}
    for name, keys in records.items():
        before = _borne(bench.db.committed, name, keys)
        after = _borne(bench.db.read, name, keys)
        for pk in sorted(keys):
            old, new = overlay.get((name, pk), before.get(pk, set())), after.get(pk, set())
            if old != new:
                overlay[name, pk] = new
                found[name, pk] = _named(bench, old), _named(bench, new)
    return found


def _borne(read: Any, collection: str, keys: Iterable[int]) -> dict[int, set[str]]:
    rows: list[tuple[int, str]] = read(
        "SELECT record, tag FROM tagged WHERE collection = ? "
        "AND record IN (SELECT value FROM json_each(?))",
        (collection, dumps(sorted(keys))),
    )
    found: dict[int, set[str]] = {}
    for record, tag in rows:
        found.setdefault(record, set()).add(tag)
    return found


def _named(bench: Workbench, tags: Iterable[str]) -> list[str]:
    """What the live tags among ``tags`` are called, in alphabetical order."""
    rows = bench.db.read(
        'SELECT pk, space FROM "tags" WHERE deleted_at IS NULL '
        "AND id IN (SELECT value FROM json_each(?))",
        (dumps(list(tags)),),
    )
    found = records_at(bench, [("tags", pk) for pk, _space in rows])
    return sorted(record.text("name") for record in found.values())


def _held(bench: Workbench, start: Mark) -> list[tuple[tuple[str, int], RecordChange]]:
    """The deletions that the guard on mass deletions held."""
    title = bench.documents.title
    places = []
    for name, space, id in bench.db.read(
        "SELECT collection, space, id FROM held WHERE rowid > ? ORDER BY rowid", (start.held,)
    ):
        rows = bench.db.read(f'SELECT pk FROM "{name}" WHERE id = ? AND space = ?', (id, space))
        places += [(name, pk) for (pk,) in rows]
    found = records_at(bench, places)
    return [
        (place, RecordChange(place[0], record["id"], title(place[0], record), "deleted", held=True))
        for place in places
        if (record := found.get(place)) is not None
    ]
