"""How many rows there are: asked of the server only where a collection starts from its beginning,
and believed only where it is a count. And which collections there are, without reading the rows."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from store.errors import ServerError
from store.sync import wire
from store.sync.engine.cursors import EPOCH
from store.sync.net.http import HttpRemote
from tests.server import syncing
from tests.sync.people import session, shared_server, someone
from tests.sync.test_http import EMPTY, remote, say, server

__all__ = ["remote", "server", "shared_server", "someone"]

ROWS = 2500
"""More than two pages of the server hold."""


def filled(person: Any) -> None:
    """A browser that has pushed ``ROWS`` notes."""
    other = syncing.Device(person, "browser", "notes")
    at = "2026-06-01T11:00:00.000Z"
    for start in range(0, ROWS, 500):
        other.push(
            *(
                {
                    "table": "notes",
                    "id": f"n{n}",
                    "op": "insert",
                    "data": {"title": f"t{n}", "createdAt": at, "updatedAt": at},
                }
                for n in range(start, start + 500)
            )
        )


def test_our_server_says_how_many_rows_there_are_to_whoever_asks(someone):
    person = someone()
    browser = person.browser()
    filled(browser)
    headers = browser.bearer() | {"X-Client-Id": "another"}
    since, left = EPOCH, []
    for asked in ({"count": "1"}, {"count": "1"}, {}, {"count": "2"}):
        found = browser.get(
            "/sync/notes/pull",
            params={"collection": "notes", "since": since, **asked},
            headers=headers,
        ).json()
        left.append(found.get("remaining"))
        since = found["syncedUntil"] if asked.get("count") == "1" else since
    assert left == [ROWS, ROWS - 1000, None, None]


@pytest.mark.slow
def test_a_first_sync_tells_how_many_there_are_in_all(someone, make):
    person = someone()
    filled(person.browser())
    bench = make()
    person.log_in(bench)
    told: list[tuple[int, int]] = []
    bench.sync.once(lambda done, total: told.append((done, total)))
    assert bench.db.read("SELECT count(*) FROM notes WHERE id GLOB 'n*[0-9]'") == [(ROWS,)]
    known = [(done, total) for done, total in told if total]
    assert known
    assert all(done <= total for done, total in known)
    assert max(total for _done, total in known) >= ROWS
    first = next(total for done, total in known if done >= 1000)
    assert ROWS <= first < ROWS + 200


def test_only_the_beginning_of_a_collection_is_counted(server, remote):
    remote.pull("notes", "notes", EPOCH, "c")
    remote.pull("notes", "notes", "2026-11-22T11:29:04.203417Z", "c")
    assert ["count=1" in seen[1] for seen in server.seen] == [True, False]


@pytest.mark.parametrize(
    ("told", "believed"),
    [
        ("12400", 12400),
        ("-1", 0),
        ('"12400"', 0),
        ("1e300", 0),
        ("1.5", 0),
        ("99999999999999999999999999", 0),
        ("1099511627776", 0),
        ("true", 0),
        ("null", 0),
        ("[3]", 0),
    ],
)
def test_a_count_that_is_none_is_passed_over(server, remote, told, believed):
    server.answers = [say(200, EMPTY.replace(b"{", b'{"remaining":%s,' % told.encode(), 1))]
    page = remote.pull("notes", "notes", EPOCH, "c")
    assert (page.rows, page.remaining, page.more) == ([], believed, False)


# Which collections there are ---------------------------------------------------------------------


def rows(*tables: Any) -> bytes:
    """An answer to a push with a row of each of these collections."""
    found = [{"eventId": "e", "table": table, "id": "r", "data": {"a": 1}} for table in tables]
    return orjson.dumps({"serverChanges": found, "conflicts": [], "syncedUntil": EPOCH})


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (rows(), set()),
        (rows("notes", "tags", "notes"), {"notes", "tags"}),
        (rows("Träume", "a b", "x/y"), {"Träume", "a b", "x/y"}),
        (rows("", None, 3, ["table"], "n" * 501), set()),
        (b'{"changes" : [ { "table"\n:\t"spaced" } ]}', {"spaced"}),
        (b'{"serverChanges":[{"table":"cut', set()),
        (b'{"serverChanges":[{"table"', set()),
        (b'{"serverChanges":[{"table":"a\\u0000b"}]}', set()),
        (b'{"serverChanges":[{"table":"broken","id":"\xff"},{"table":"after"}]}',
         {"broken", "after"}),
    ],
    ids=range(9),
)  # fmt: skip
def test_the_collections_of_an_answer_are_found_without_reading_its_rows(
    server, remote, body, names
):
    server.answers = [say(200, body)]
    assert remote.tables("notes", b"{}", "c") == names
    assert server.seen[0][:2] == ("POST", "/sync/notes")


def test_what_is_found_so_is_what_reading_every_row_finds():
    body = rows("notes", "tags", "a.b", "notes", "Träume")
    assert set(wire.names_of(body)) == {row.table for row in wire.decode_page(body).rows}


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>table</html>", b'{"ok":true}', b"\xff"])
def test_a_body_that_is_no_answer_names_no_collection(server, remote, body):
    server.answers = [say(200, body)]
    with pytest.raises(ServerError):
        remote.tables("notes", b"{}", "c")


def test_a_real_server_tells_of_the_collections_that_nobody_listed(someone, make):
    person = someone()
    other = syncing.Device(person.browser(), "browser", "plants")
    for table in ("beds", "plants"):
        other.push({"table": table, "id": "p1", "op": "insert", "data": {"soil": "loam"}})
    bench = make()
    person.log_in(bench)
    with session(bench) as one:
        remote = HttpRemote(one, person.server.url)
        body = wire.encode_push([], "look-1", EPOCH)
        assert remote.tables("plants", body, "look-1") == {"beds", "plants"}
        remote.close()


@pytest.mark.slow
def test_a_home_asks_for_names_and_reads_no_rows(someone, make, monkeypatch):
    person = someone()
    other = syncing.Device(person.browser(), "browser", "plants")
    other.push({"table": "beds", "id": "b1", "op": "insert", "data": {"soil": "loam"}})
    bench = make()
    person.log_in(bench)
    looks: list[str] = []
    tables = HttpRemote.tables

    def looking(self: HttpRemote, app: str, body: bytes, client: str) -> set[str]:
        looks.append(app)
        return tables(self, app, body, client)

    monkeypatch.setattr(HttpRemote, "tables", looking)
    bench.sync.once()
    assert "plants" in looks
    assert bench.db.read("SELECT id FROM foreign_records WHERE app = 'plants'") == [("b1",)]
