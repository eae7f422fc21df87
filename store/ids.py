"""Ids of what is made: random, or derived from what made it.

A run that two devices do apart makes the same records only if their ids follow from the run. Inside
``derived_from`` every new id is therefore a function of the name given there and of how many ids
were made before it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

NAMESPACE = uuid.UUID("7d0f3a53-5f52-5c1c-9d5e-3a1d0a3c6b11")
"""Of all ids that are derived from a name here; any fixed value serves."""

_source: ContextVar[Iterator[str] | None] = ContextVar("source", default=None)


def derived(name: str) -> str:
    """The id that follows from ``name``: always and everywhere the same."""
    return str(uuid.uuid5(NAMESPACE, name))


def new_id() -> str:
    """The id of something new: random, or the next one of ``derived_from``."""
    source = _source.get()
    return str(uuid.uuid4()) if source is None else next(source)


@contextmanager
def derived_from(name: str) -> Iterator[None]:
    """Derive every ``new_id`` inside from ``name`` and its number, counted from 0."""
    token = _source.set(derived(f"{name}/{number}") for number in count())
    try:
        yield
    finally:
        _source.reset(token)
