"""What agents may do with notes. Each tool ends in the function that a key and a command call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from store.errors import InvalidValueError
from store.modules.notes.acts import append, rewrite
from store.queries import Query
from store.records import Record
from store.told import counted
from store.tool import Answer, Param, Tool, compact, named, put_tag, shown, tag_names
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

_EXCERPT = 200
"""Characters of a note's text that a list shows."""

_WHOLE = 40_000
"""Characters of a note's text that one call reads."""

_BATCH = 200
"""Notes opened at once in a search."""


def _create(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    from store.modules.notes import quick

    title = " ".join(given.get("title", "").split())
    fields = quick(given["content"])
    if title:
        fields = {**fields, "title": title, "content": given["content"]}
    said = counted("{n} note added", "{n} notes added", 1)
    with bench.step(said) as step:
        id = step.insert("notes", fields)
    return Answer(said, {"id": id})


def _update(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    fields = {name: given[name] for name in ("title", "content") if name in given}
    if not fields:
        raise InvalidValueError(
            _("There is nothing to change."),
            kept=_("Nothing was changed."),
            hint=_("Give a title, a text or both."),
        )
    return Answer(rewrite(bench, given["noteId"], fields), {"id": given["noteId"]})


def _append(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    return Answer(append(bench, [given["noteId"]], given["content"]), {"id": given["noteId"]})


def _tag(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    return put_tag(bench, "notes", given["noteId"], given["tag"])


def _list(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    query = Query("notes", filters=("all" if given.get("includeArchived") else "notes",))
    keys = bench.documents.keys(bench.scope, query)
    if wanted := given.get("query", "").strip().casefold():
        keys = list(_holding(bench, keys, wanted))
    limit = shown(given, 30)
    found = bench.documents.by_keys(bench.scope, "notes", keys[:limit], large=True)
    names = tag_names(bench, found)
    data = {"notes": [_short(note, names) for note in found]} | compact(more=len(keys) - len(found))
    return Answer(counted("{n} note read", "{n} notes read", len(found)), data)


def _holding(bench: Workbench, keys: list[int], wanted: str) -> Iterator[int]:
    """The notes among ``keys`` with ``wanted`` in title or text. Looking for it reads nothing that
    an agent is shown."""
    scope = bench.scope.unwatched()
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        for note in bench.documents.by_keys(scope, "notes", part, large=True):
            if any(wanted in note.text(name).casefold() for name in ("title", "content")):
                yield note.key


def _get(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    note = bench.documents.get(bench.scope, "notes", given["noteId"])
    content = note.text("content")
    data = _short(note, tag_names(bench, [note])) | compact(
        content=content[:_WHOLE], cutCharacters=max(len(content) - _WHOLE, 0)
    )
    data.pop("excerpt", None)
    return Answer(counted("{n} note read", "{n} notes read", 1), data)


def _short(note: Record, names: Mapping[str, str]) -> dict[str, Any]:
    content = note.text("content")
    return compact(
        id=note["id"],
        title=note.text("title"),
        excerpt=content[:_EXCERPT] + ("\u2026" if len(content) > _EXCERPT else ""),
        isPinned=note.get("isPinned") is True,
        isArchived=note.get("isArchived") is True,
        isSpaceContext=note.get("isSpaceContext") is True,
        tags=named(note, names),
        updatedAt=note["updatedAt"],
    )


_NOTE = Param("noteId", "id", "The id of the note.", required=True, collection="notes")

TOOLS = (
    Tool(
        "create_note",
        "Write a new note.",
        _create,
        (
            Param("title", "text", "Its title; the first line of the text where nothing is said."),
            Param("content", "long", "Its text, as Markdown.", required=True),
        ),
        risk="low",
    ),
    Tool(
        "update_note",
        "Give a note another title, or overwrite its whole text.",
        _update,
        (
            _NOTE,
            Param("title", "text", "The new title."),
            Param("content", "long", "The new text, in place of all that is there."),
        ),
    ),
    Tool(
        "append_to_note",
        "Add text at the end of a note.",
        _append,
        (_NOTE, Param("content", "long", "The text to add, as Markdown.", required=True)),
        risk="low",
    ),
    Tool(
        "add_tag_to_note",
        "Put a tag on a note; a tag that does not exist yet is made.",
        _tag,
        (_NOTE, Param("tag", "text", "The name of the tag.", required=True, most=100)),
        risk="low",
    ),
    Tool(
        "list_notes",
        "List notes with their ids, titles, beginnings and tags, pinned and newest first.",
        _list,
        (
            Param("limit", "integer", "How many at most; 30 where nothing is said, 100 at most."),
            Param("query", "text", "Only notes with this in title or text, whatever its case."),
            Param("includeArchived", "flag", "Archived notes too."),
        ),
        policy="auto",
        reads=True,
        risk="low",
    ),
    Tool(
        "get_note",
        "Read one note whole.",
        _get,
        (_NOTE,),
        policy="auto",
        reads=True,
        risk="low",
    ),
)
