"""One tag on or off many records, in a direction that can be repeated. All of it off the loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.words import _
from tui.asking import doing

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench


def switch_tag(
    bench: Workbench, scope: Scope, collection: str, ids: Sequence[str], tag: str, name: str = ""
) -> tuple[str, str, bool]:
    """As ``doing.toggle_tag``: its sentence, the tag, and whether it was put on."""
    on = bool(name) or bool(_lacking(bench, scope, collection, ids, tag))
    words = doing.toggle_tag(bench, scope, collection, ids, tag, name)
    return words, tag or str(bench.tags.find(name, scope)["id"]), on


def retag(
    bench: Workbench, scope: Scope, collection: str, ids: Sequence[str], tag: str, *, on: bool
) -> str:
    """Put a tag on those of ``ids`` that lack it, or take it off those that bear it."""
    lacking = _lacking(bench, scope, collection, ids, tag)
    wanted = lacking if on else [id for id in ids if id not in lacking]
    if not wanted:
        return _("Nothing to change.")
    return doing.toggle_tag(bench, scope, collection, wanted, tag)


def _lacking(
    bench: Workbench, scope: Scope, collection: str, ids: Sequence[str], tag: str
) -> list[str]:
    return [id for id in ids if tag not in bench.documents.get(scope, collection, id).tags]
