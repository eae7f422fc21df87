"""The server as the engine sees it: four calls, over HTTP in ``http``, in one process in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from store.sync.wire import Page


class RemoteSpace(NamedTuple):
    """A space as the server lists it; role is "" where it could not be told. members: how many, 0
    where it could not be told."""

    id: str
    name: str
    slug: str
    type: str
    role: str
    members: int
    metadata: Mapping[str, Any]


class Remote(Protocol):
    """One account on one server. Every call raises NetworkError, SignedOutError, UnpaidError or
    ServerError, and nothing else; a call that raised may have happened.
    """

    def push(self, app: str, body: bytes, client: str) -> Page:
        """Send one encoded changeset; returns the answer, whose rows nobody relies on."""
        ...

    def pull(self, app: str, collection: str, since: str, client: str) -> Page:
        """One page of a collection's rows behind ``since``, without those of ``client``."""
        ...

    def spaces(self) -> Sequence[RemoteSpace]:
        """The spaces of this person. A failure is an error, never an empty list."""
        ...

    def clock(self) -> float:
        """How many seconds the server's clock was ahead of this machine's at the last answer."""
        ...
