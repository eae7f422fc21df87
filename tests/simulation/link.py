"""The network between one device and the server model: ``Remote`` with weather.

Every fault is thrown by the dice of the step that syncs, so that a step means the same when others
are left out. What was sent is kept as bytes, for the hunt for plaintext.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any, NamedTuple

import orjson

from store.errors import NetworkError, ServerError, SignedOutError, UnpaidError
from store.sync.net.remote import RemoteSpace
from store.sync.wire import Page, decode_page
from tests.simulation.server import RefusedError, Server, as_json


class Weather(NamedTuple):
    """How likely each fault is at one call. before: the request is lost. after: the answer is.
    part: the push breaks off in the middle. cut: the answer's text ends early. short: rows are
    missing at a page's end and nothing says so. outage: 200 and only one's own rows. twice: rows
    come twice. mixed: rows come in another order. again: an earlier push arrives once more.
    back: the cursor runs backwards. refused: 401, 402 or 500. typing: the person writes meanwhile.
    """

    before: float = 0.0
    after: float = 0.0
    part: float = 0.0
    cut: float = 0.0
    short: float = 0.0
    outage: float = 0.0
    twice: float = 0.0
    mixed: float = 0.0
    again: float = 0.0
    back: float = 0.0
    refused: float = 0.0
    typing: float = 0.0


FAIR = Weather()


class Sent(NamedTuple):
    """One push as it left a device. private: the records that were private there; at: the time of
    its clock."""

    device: str
    app: str
    body: bytes
    private: frozenset[str] = frozenset()
    at: str = ""


def _lost() -> NetworkError:
    return NetworkError("The connection was lost.", kept="What is unsent waits.")


class Link:
    """One device's way to the server; a ``Remote``."""

    def __init__(
        self,
        server: Server,
        user: str,
        name: str,
        wire: list[Sent],
        pass_time: Callable[[Random], None],
        typing: Callable[[str, Random], None],
    ) -> None:
        self.server = server
        self.user = user
        self.name = name
        self.wire = wire
        self.calls = 0
        self.pushed = 0
        self._pass_time = pass_time
        self._typing = typing
        self._random = Random(0)
        self._weather = FAIR
        self.private: Callable[[], frozenset[str]] = frozenset
        self.time: Callable[[], str] = str
        self._earlier: tuple[str, str, list[dict[str, Any]]] | None = None

    def set(self, random: Random, weather: Weather) -> None:
        """The dice and the weather of what follows."""
        self._random, self._weather = random, weather

    def beside(self) -> Link:
        """Another process's way to the same server, in fair weather."""
        way = Link(self.server, self.user, self.name, self.wire, self._pass_time, self._typing)
        way.private, way.time = self.private, self.time
        return way

    def _strikes(self, fault: str) -> bool:
        likely = getattr(self._weather, fault)
        return bool(likely) and self._random.random() < likely

    def _begin(self) -> None:
        self.calls += 1
        self._pass_time(self._random)
        if self._strikes("typing"):
            self._typing(self.name, self._random)
        if self._strikes("before"):
            raise _lost()
        if self._strikes("refused"):
            raise self._random.choice(
                [
                    UnpaidError("Sync is switched off.", status=402),
                    SignedOutError("The session is over.", status=401),
                    ServerError("The server failed.", status=500, words="oops"),
                    NetworkError("The server answered: fetch JWKS: connection refused"),
                ]
            )

    def push(self, app: str, body: bytes, client: str) -> Page:
        # What is typed while it is under way was no secret when it was written.
        private = self.private()
        self._begin()
        self.wire.append(Sent(self.name, app, body, private, self.time()))
        sent: Mapping[str, Any] = orjson.loads(body)
        changes: list[dict[str, Any]] = list(sent.get("changes") or ())
        self.pushed += len(changes)
        if self._strikes("again") and self._earlier is not None:
            with suppress(RefusedError):  # whoever sent it may have left the space since
                self.server.push(self._earlier[0], self.user, *self._earlier[1:])
        try:
            if changes and self._strikes("part"):
                upto = self._random.randrange(len(changes))
                self.server.push(app, self.user, client, changes, upto=upto)
                if self._random.random() < 0.5:
                    raise ServerError("failed to record change", status=500, words="failed")
                raise _lost()
            self.server.push(app, self.user, client, changes)
        except RefusedError as refusal:
            raise ServerError(
                "The server refused.", status=refusal.status, words=refusal.words
            ) from None
        if changes:
            self._earlier = app, client, changes
        if self._strikes("after"):
            raise _lost()
        return self._read(self.server.delta(app, self.user, client, str(sent.get("since"))))

    def pull(self, app: str, collection: str, since: str, client: str) -> Page:
        self._begin()
        outage = self._strikes("outage")
        answer = self.server.pull(app, collection, self.user, client, since, outage=outage)
        if self._strikes("after"):
            raise _lost()
        return self._read(answer)

    def _read(self, answer: dict[str, Any]) -> Page:
        rows: list[Any] = answer["serverChanges"]
        if rows and self._weather is not FAIR:
            rows = list(rows)
            if self._strikes("short"):
                rows = rows[: self._random.randrange(len(rows))]
            if self._strikes("twice"):
                rows += self._random.sample(rows, self._random.randint(0, len(rows)))
            if self._strikes("mixed"):
                self._random.shuffle(rows)
            answer = {**answer, "serverChanges": rows}
        if self._strikes("back"):
            answer = {**answer, "syncedUntil": "2020-01-01T00:00:00Z"}
        body = as_json(answer)
        if self._strikes("cut"):
            body = body[: self._random.randrange(len(body))]
        return decode_page(body)

    def spaces(self) -> Sequence[RemoteSpace]:
        self._begin()
        if self._strikes("after"):
            raise _lost()
        return [
            RemoteSpace(
                one["id"],
                one["name"],
                one["slug"],
                one["type"],
                one["role"],
                one["members"],
                {"type": one["type"]},
            )
            for one in self.server.listed(self.user)
        ]

    def clock(self) -> float:
        return 0.0
