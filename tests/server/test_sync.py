"""Push and pull over real HTTP, as older clients know them, without the weaknesses they know."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from store.server import sync
from tests.server.contract_changes import delete, insert, update
from tests.server.running import Person, Running, running
from tests.server.syncing import EPOCH, FAR, Device, family, join, phone, remove

JSON = "invalid JSON: "
Make = Callable[..., Person]


@pytest.fixture
def ann(people: Make) -> Device:
    return Device(people("ann"), "laptop")


def _deep(levels: int) -> Any:
    """A value with lists in lists."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


# What older clients know ------------------------------------------------------------------------


def test_the_answer_to_a_push_is_the_one_clients_know(ann: Device):
    answer = ann.send({"clientId": "x", "since": FAR, "changes": [insert("a")]})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Origin"
    assert answer.text.endswith("}\n")
    told = answer.json()
    assert told.keys() == {"serverChanges", "conflicts", "syncedUntil"}
    assert told["serverChanges"] == told["conflicts"] == []
    moment = datetime.fromisoformat(told["syncedUntil"])
    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)
    assert len(told["syncedUntil"]) == len("2026-11-22T11:29:04.203417Z")


def test_rows_come_back_as_they_were_sent(ann: Device):
    actor = {"kind": "user", "principalId": "p", "displayName": "Ä<&>"}
    at = "2026-11-22T11:00:00.000Z"
    both = {"value": [1, None, "ü"], "at": at, "updatedAt": at}
    ann.push(
        insert("a", title="<&>", big=9007199254740993, none=None) | {"actor": actor},
        update("b", 1) | {"fields": {"x": both, "old": {"value": 1, "updatedAt": at}, "no": {}}},
        delete("c", 2) | {"origin": "user", "data": {"gone": 1}, "unknown": 1, "eventId": "mine"},
        insert("d") | {"data": {}, "fields": {"x": {"value": 1, "at": at}}},
        update("e", spaceId="_personal:" + ann.person.id, n=1) | {"schemaVersion": 2},
        delete("f") | {"deletedAt": None, "fields": {"deletedAt": {"value": at, "at": at}}},
        update("nothing") | {"fields": {}},
    )
    rows = phone(ann).pull()
    events = [row.pop("eventId") for row in rows]
    assert len(set(events)) == 6
    assert "mine" not in events
    common = {"schemaVersion": 1, "table": "tasks"}
    a, b, c, d, e, f = rows
    assert a == common | {
        "id": "a",
        "op": "insert",
        "data": {"updatedAt": at, "title": "<&>", "big": 9007199254740993, "none": None},
        "actor": actor,
    }
    assert b["fields"] == {
        "x": {"value": [1, None, "ü"], "at": at},
        "old": {"value": 1, "at": at},
        "no": {"value": None, "at": ""},
    }
    stamped = {"deletedAt": "2026-11-22T11:00:02.000Z", "origin": "user"}
    assert c == common | {"id": "c", "op": "delete"} | stamped
    assert d == common | {"id": "d", "op": "insert"}
    assert (e["spaceId"], e["schemaVersion"]) == ("_personal:" + ann.person.id, 2)
    assert f["deletedAt"] == at


def test_has_more_is_absent_where_it_is_false(ann: Device):
    ann.push(*[insert(f"t{n}") for n in range(2001)])
    other = phone(ann)
    first = other.page()
    assert (len(first["serverChanges"]), first["hasMore"]) == (1000, True)
    second = other.page(since=first["syncedUntil"])
    third = other.page(since=second["syncedUntil"])
    assert second["hasMore"]
    assert [row["id"] for row in third["serverChanges"]] == ["t2000"]
    assert "hasMore" not in third
    assert other.page(since=third["syncedUntil"])["serverChanges"] == []


def test_the_header_names_the_client_before_the_body_does(ann: Device):
    ann.send({"clientId": "phone", "since": FAR, "changes": [insert("a")]})
    assert phone(ann).ids() == ["a"]
    assert ann.ids() == []
    ann.headers.pop("X-Client-Id")
    ann.send({"clientId": "phone", "since": FAR, "changes": [insert("b")]})
    assert phone(ann).ids() == ["a"]
    ann.since.clear()
    assert ann.ids() == ["a", "b"]


@pytest.mark.parametrize("zone", ["Z", "%2B00:00", "+00:00"])
def test_a_cursor_is_understood_in_every_common_form(ann: Device, zone: str):
    until = ann.push(insert("a"))["syncedUntil"]
    ann.push(insert("b"))
    url = f"/sync/todo/pull?collection=tasks&since={until[:-1]}{zone}"
    rows = ann.person.get(url, headers=phone(ann).headers).json()["serverChanges"]
    assert [row["id"] for row in rows] == ["b"]


@pytest.mark.parametrize("since", ["yesterday", "12345-01-01T00:00:00Z", "0"])
def test_a_cursor_that_is_none_means_from_the_beginning(ann: Device, since: str):
    ann.push(insert("a"))
    assert len(phone(ann).page(since=since)["serverChanges"]) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", JSON + "EOF"),
        (b'{"changes":[', JSON),
        (b"[]", JSON),
        (b'{"changes":[{"table":"t","id":"x","op":"insert","data":{"n":NaN}}]}', JSON),
        (gzip.compress(b"{}", mtime=0), JSON),
        (b"[" * 100_000, JSON),
        (b'{"changes":[{"table":"t","id":"x","op":"insert","data":{"n":1e999}}]}', JSON),
        ({"changes": {}}, JSON),
        ({"changes": [insert("a"), insert("b", n=_deep(300))]}, "too deep in change 1"),
        ({"changes": [insert("a"), 1]}, "no object in change 1"),
        ({"changes": [insert("a"), insert("b") | {"op": "upsert"}]}, 'op "upsert" in change 1'),
        ({"changes": [insert("a") | {"op": "INSERT"}]}, 'invalid op "INSERT" in change 0'),
        ({"changes": [insert("a") | {"op": ["insert"]}]}, "in change 0"),
        ({"changes": [insert("a") | {"table": ""}]}, "missing table or id in change 0"),
        ({"changes": [insert("a") | {"id": 7}]}, "missing table or id in change 0"),
        ({"changes": [insert("a\0b")]}, "unusable table or id in change 0"),
        ({"changes": [insert("x" * 6000)]}, "unusable table or id in change 0"),
        ({"changes": [insert("a") | {"data": [1]}]}, "data or fields of the wrong type"),
        ({"changes": [insert("a") | {"spaceId": 1}]}, "unusable spaceId in change 0"),
        ({"changes": [insert("a") | {"origin": 1}]}, "origin of the wrong type in change 0"),
        ({"changes": [delete("a") | {"deletedAt": 1}]}, "deletedAt of the wrong type"),
        ({"changes": [], "schemaVersion": 2}, "unsupported schemaVersion 2 (max 1)"),
    ],
)
def test_what_is_no_push_is_refused_in_a_line_of_text(ann: Device, body: Any, words: str):
    answer = ann.send(body)
    assert answer.status_code == 400
    assert words in answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert phone(ann).ids() == []


@pytest.mark.parametrize("body", [b"null", b"{}", b'{"changes":null} and more', b'{"changes":[]}'])
def test_a_push_without_changes_is_taken(ann: Device, body: bytes):
    assert ann.send(body, **{"Content-Type": "text/plain"}).status_code == 200


def test_a_lone_surrogate_costs_no_more_than_itself(ann: Device):
    body = b'{"changes":[{"table":"tasks","id":"a","op":"insert","data":{"t":"x\\ud800y"}}]}'
    assert ann.send(body).status_code == 200
    assert phone(ann).pull()[0]["data"] == {"t": "x�y"}


def test_a_pull_says_what_it_misses(ann: Device):
    for query in ("collection=tasks", "since=" + EPOCH, "collection=&since=" + EPOCH, "since="):
        answer = ann.person.get(f"/sync/todo/pull?{query}", headers=ann.headers)
        assert answer.status_code == 400
        assert answer.text == "missing collection or since parameter\n"


def test_who_proves_nothing_gets_nothing(ann: Device, shared: Running):
    token = ann.headers["Authorization"]
    for header, words in [
        ("", "no authorization header"),
        ("bearer " + token[7:], "no authorization header"),
        (token[:-4] + "AAAA", "parse token"),
        ("Bearer x.y.z", "parse token"),
    ]:
        for method, path in [
            ("POST", ""),
            ("GET", "/pull?collection=a&since=b"),
            ("GET", "/stream"),
        ]:
            headers = {"Authorization": header} if header else {}
            answer = shared.nobody().request(method, "/sync/todo" + path, headers=headers)
            assert answer.status_code == 401
            assert answer.text.startswith(f"unauthorized: {words}")
    wrong = ann.person.get("/sync/todo", headers=ann.headers)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert ann.person.head("/sync/todo/pull", headers=ann.headers).status_code == 405


def test_a_token_ends_with_its_session(ann: Device):
    ann.push(insert("a"))
    assert ann.person.post("/api/v1/auth/logout").status_code == 200
    answer = ann.send({"changes": [insert("b")]})
    assert answer.status_code == 401
    assert answer.text == "unauthorized: session has ended\n"


# What older servers lack ------------------------------------------------------------------------


@pytest.mark.slow
def test_cursor_race_four_writers_and_a_strict_reader_lose_nothing(shared: Running, ann: Device):
    other, over, got = phone(ann), threading.Event(), list[str]()

    def write(number: int) -> None:
        writer = Device(shared.again(ann.person.email), f"writer {number}")
        for n in range(60):
            writer.push(*[insert(f"{number}-{n}-{k}") for k in range(5)])

    def read() -> None:
        last = False
        while not last:
            last = over.is_set()
            got.extend(other.ids())

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    reader.join()
    assert len(got) == len(set(got)) == 4 * 60 * 5


def test_push_answer_cut_a_cut_answer_says_so_and_can_be_followed(ann: Device):
    for first in range(0, 5500, 500):
        ann.push(*[insert(f"t{n}") for n in range(first, first + 500)])
    other = phone(ann)
    answer = other.push(insert("mine"), since=EPOCH)
    assert len(answer["serverChanges"]) == 5000
    assert answer["hasMore"] is True
    rest = other.push(since=answer["syncedUntil"])
    assert [row["id"] for row in rest["serverChanges"]] == [f"t{n}" for n in range(5000, 5500)]
    assert "hasMore" not in rest
    # What was pushed in between lies behind the cursor of the push that it preceded.
    ann.push(insert("late"))
    assert [row["id"] for row in other.push(since=rest["syncedUntil"])["serverChanges"]] == ["late"]


@pytest.mark.parametrize(
    "bad",
    [
        update("x") | {"fields": {"a": None}},
        update("x") | {"fields": {"a": "value"}},
        update("x") | {"fields": {"a": {"value": 1, "at": 5}}},
        {"table": "tasks", "id": "x", "op": "update", "data": {"title": "seen by nobody"}},
        None,
    ],
)
def test_500_in_the_middle_a_bad_change_leaves_nothing_of_its_push(ann: Device, bad: Any):
    answer = ann.send({"changes": [insert("a"), insert("b"), bad, insert("c")]})
    assert answer.status_code == 400
    assert "change 2" in answer.text
    assert phone(ann).ids() == []


def test_a_nul_in_a_value_stops_nobody(ann: Device):
    ann.push(insert("a", title="x\0y"))
    assert phone(ann).pull()[0]["data"]["title"] == "x\0y"


def test_non_member_writes_a_stranger_puts_nothing_into_a_space(people: Make, ann: Device):
    space = family(ann.person, people("bob"))
    eve = Device(people("eve"), "eve")
    for change in (insert("a", 0, space), update("a", 1, space, title="x"), delete("a", 2, space)):
        answer = eve.send({"changes": [insert("mine"), change]})
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/json"
        told = answer.json()
        assert (told["error"], told["change"], told["changes"]) == ("not_a_member", 1, [1])
        assert told["message"].endswith("in change 1")
    inside = insert("b") | {"data": {"spaceId": space}}
    assert eve.send({"changes": [inside]}).status_code == 403
    within = update("b") | {"fields": {"spaceId": {"value": space, "at": ""}}}
    assert eve.send({"changes": [within]}).status_code == 403
    assert ann.ids() == phone(eve).ids() == []


def test_non_member_writes_a_viewer_reads_only(people: Make, ann: Device):
    bob = Device(people("bob"), "bob")
    space = family(ann.person, bob.person, role="viewer")
    ann.push(insert("a", 0, space))
    assert bob.ids() == ["a"]
    answer = bob.send({"changes": [update("a", 1, space, title="x")]})
    assert (answer.status_code, answer.json()["error"]) == (403, "read_only")


def test_removed_member_is_cut_off_at_once(people: Make, ann: Device):
    bob = Device(people("bob"), "bob")
    space = family(ann.person, bob.person)
    ann.push(insert("a", 0, space))
    bob.push(insert("b", 0, space))
    assert bob.ids() == ["a"]
    remove(ann.person, bob.person, space)
    assert bob.send({"changes": [insert("c", 0, space)]}).status_code == 403
    ann.push(insert("d", 0, space))
    assert bob.ids() == phone(bob).ids() == []
    assert ann.ids() == ["b"]
    join(ann.person, bob.person, space)
    assert phone(bob).ids() == ["a", "b", "d"]


def test_private_records_stay_with_their_owner(people: Make, ann: Device):
    bob = Device(people("bob"), "bob")
    space = family(ann.person, bob.person)
    ann.push(insert("a", 0, space, visibility="private"), insert("b", 0, space))
    ann.push(update("a", 1, space, title="x"), update("b", 1, space, visibility="private"))
    assert [row["fields"].keys() for row in bob.pull()] == [{"visibility"}]
    assert bob.send({"changes": [update("a", 2, space, title="y")]}).json()["error"] == "private"
    assert phone(ann).ids() == ["a", "b", "a", "b", "b"]


def test_retry_doubles_nothing(ann: Device):
    changes = [insert("a"), update("a", 1, title="x"), delete("a", 2)]
    ann.push(*changes)
    ann.push(*changes)
    assert phone(ann).ids() == ["a", "a", "a"]


def test_a_stamp_a_day_ahead_is_refused_by_name(ann: Device):
    now = datetime.now(UTC)
    near, far = ((now + timedelta(hours=h)).isoformat() for h in (23, 25))
    year = "12026-01-01T00:00:00.000Z", "2150-01-01T00:00:00.000Z"
    entry = {"value": 1, "at": far}
    for bad in (
        update("x") | {"fields": {"ok": {"value": 1, "at": near}, "far": entry}},
        update("x") | {"fields": {"old": {"value": 1, "updatedAt": far}}},
        insert("x", updatedAt=far),
        insert("x") | {"data": {"createdAt": far}},
        delete("x") | {"deletedAt": far},
        delete("x") | {"deletedAt": year[1]},
    ):
        answer = ann.send({"changes": [insert("a", updatedAt=near), bad, insert("c"), bad]})
        assert answer.status_code == 409
        told = answer.json()
        assert (told["error"], told["change"], told["changes"]) == ("clock", 1, [1, 3])
    assert phone(ann).ids() == []


def test_a_push_of_ten_mebibytes_passes_and_one_byte_more_gets_an_answer(ann: Device):
    body = json.dumps({"changes": [insert("a", text="")]}).encode()
    full = body.replace(b'"text": ""', b'"text": "%s"' % (b"x" * (sync.BODY - len(body))))
    assert len(full) == sync.BODY
    assert ann.send(full).status_code == 200
    for size in (1, 3 * sync.BODY):
        answer = ann.send(full + b" " * size)
        assert answer.status_code == 400
        assert answer.text == "invalid JSON: http: request body too large\n"
        assert answer.headers["connection"] == "close"
    assert len(phone(ann).pull()) == 1


def test_an_upload_that_stops_is_answered(ann: Device, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sync, "SILENCE", 0.2)

    def slowly() -> Any:
        yield b'{"changes":['
        time.sleep(0.6)
        yield b"]}"

    answer = ann.person.post("/sync/todo", content=slowly(), headers=ann.headers)
    assert answer.status_code == 400
    assert "timeout" in answer.text


def test_the_log_survives_a_restart_with_its_cursors(tmp_path: Any):
    with running(tmp_path / "server") as server:
        ann = Device(server.person("ann@example.org"), "laptop")
        ann.push(insert("a"))
        other = phone(ann)
        first = other.pull()
    with running(tmp_path / "server") as server:
        again = Device(server.again("ann@example.org"), "laptop")
        again.push(insert("a"), insert("b"))
        tablet = Device(again.person, "tablet")
        assert tablet.page()["serverChanges"][0] == first[0]
        tablet.since = other.since
        assert tablet.ids() == ["b"]


def test_many_pushes_at_once_are_each_answered_on_their_own(
    shared: Running, people: Make, ann: Device
):
    eve = Device(people("eve"), "eve")
    outcomes: list[int] = []

    def act(device: Device, space: str, number: int) -> None:
        with httpx2.Client(base_url=shared.url, trust_env=False) as client:
            body = {"changes": [insert(f"t{number}", 0, space)]}
            answer = client.post("/sync/todo", json=body, headers=device.headers)
            outcomes.append(answer.status_code)

    threads = [
        threading.Thread(target=act, args=(*who, n))
        for n in range(8)
        for who in [(ann, ""), (eve, "nowhere")]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [200] * 8 + [403] * 8
    assert sorted(phone(ann).ids()) == sorted(f"t{n}" for n in range(8))
