"""Which records an agent touched last: what a list marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.ai import actors
from store.records import dumps
from store.stamps import Meta, micros

if TYPE_CHECKING:
    from store.workbench import Workbench


def touched(bench: Workbench, collection: str, keys: Sequence[int]) -> frozenset[int]:
    """The row numbers among ``keys`` of records whose newest stamp is an agent's.

    Two queries for a page of a list.
    """
    rows = bench.db.read(
        f'SELECT pk, meta FROM "{collection}" WHERE pk IN (SELECT value FROM json_each(?))',
        (dumps(list(keys)),),
    )
    newest = {pk: _newest(Meta.load(meta)) for pk, meta in rows}
    agents = actors.among(bench, newest.values())
    return frozenset(pk for pk, actor in newest.items() if actor in agents)


def _newest(meta: Meta) -> int:
    """The actor of the newest stamp; of several as new, one of a single field."""
    best = max(meta.own.values(), key=lambda stamp: micros(stamp.at), default=meta.default)
    return best.actor if micros(best.at) >= micros(meta.default.at) else meta.default.actor
