"""What a whole pull did not bring although a server took it: told, and never acted on."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from store.sync.outbox.outgoing import sent_since

if TYPE_CHECKING:
    from store.sync.engine.cursors import Cursor
    from store.workbench import Workbench


def missing(bench: Workbench, cursor: Cursor, delivered: Container[str], late: str) -> int:
    """How many live records of a collection a server has taken, and did not deliver in a whole
    pull. What it took only after ``late`` counts for nothing: it may show a row a while after it
    took it. Undeclared collections are not looked at."""
    declared = bench.registry.wire(cursor.app, cursor.collection)
    if declared is None:
        return 0
    rows = bench.db.read(
        f'SELECT pk, id FROM "{declared.name}" r WHERE dirty IS NULL AND deleted_at IS NULL '
        "AND (space = 0 OR EXISTS (SELECT 1 FROM memberships m WHERE m.space = r.space "
        "AND m.state = 'linked'))"
    )
    gone = {pk for pk, id in rows if id not in delivered}
    return len(gone - sent_since(bench, late, declared.name)) if gone else 0
