"""What a person's words mean: spaces, tags, records; and how scripts see the records found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from store.errors import AmbiguousError, NotFoundError, UsageError
from store.words import _
from tui.cli import output
from tui.cli.call import SPACE_KEY, Call, masked, read_lines

if TYPE_CHECKING:
    from store.collections import Collection
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench


def space_of(call: Call, bench: Workbench) -> Record:
    """The space this call acts in: --space, else the choice of ``space use``, else personal.

    Raises NotFoundError.
    """
    if call.space is not None:
        return bench.spaces.find(call.space)
    chosen = bench.device.get(SPACE_KEY, None)
    known = bench.spaces.list()
    return next((space for space in known if space["id"] == chosen), known[0])


def space_label(space: Record) -> str:
    """A space's name, or what stands in its place while it is sealed."""
    name = space.get("name")
    return output.clean(name) if type(name) is str else f"{masked(name)} {space['id'][:8]}"


def tags_named(bench: Workbench, names: Sequence[str]) -> list[Record]:
    """The tags of the space that ``names`` mean. Raises NotFoundError, AmbiguousError."""
    return [bench.tags.find(name) for name in names]


def records(
    bench: Workbench,
    scope: Scope,
    collection: str,
    texts: Sequence[str],
    *,
    deleted: bool = False,
) -> list[Record]:
    """The records that ``texts`` mean, ``-`` standing for the lines of standard input.

    Raises NotFoundError, AmbiguousError; then none of them is touched.
    """
    wanted: list[str] = []
    for text in texts:
        wanted += read_lines() if text == "-" else [text]
    if not wanted:
        raise UsageError(_("No record was named."), kept=_("Nothing was changed."))
    find = bench.documents.find
    found = [find(scope, collection, text, deleted=deleted) for text in wanted]
    return list({record["id"]: record for record in found}.values())


def anywhere(bench: Workbench, scope: Scope, text: str) -> tuple[Collection, Record]:
    """The record of any collection of this space that ``text`` means, deleted ones last.

    Raises NotFoundError, AmbiguousError.
    """
    for deleted in (False, True):
        found: list[tuple[Collection, Record]] = []
        also: list[tuple[str, str]] = []
        for collection in bench.registry:
            if collection.level != "space" or collection.junction_of:
                continue
            if not scope.allows(collection.module):
                continue
            try:
                record = bench.documents.find(scope, collection.name, text, deleted=deleted)
            except AmbiguousError as error:
                also += error.candidates
            except NotFoundError:
                continue
            else:
                found.append((collection, record))
        if len(found) == 1 and not also:
            return found[0]
        if found or also:
            titles = [(r["id"], bench.documents.title(c.name, r)) for c, r in found]
            raise AmbiguousError(
                _("{text!r} means more than one record.").format(text=text),
                titles + also,
                kept=_("Nothing was changed."),
                hint=_("Give more of the id."),
            )
    raise NotFoundError(
        _("Nothing in this space is called {text!r}.").format(text=text),
        kept=_("Nothing was changed."),
        hint=_("Give the start of its id, or its exact title."),
    )


def exported(bench: Workbench, found: Iterable[Record]) -> list[dict[str, Any]]:
    """Records as scripts see them: every field, and the names of their tags."""
    from store.copies import exported as as_scripts_see

    return as_scripts_see(bench, found)
