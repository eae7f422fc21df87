"""Messages: both generations are understood, and nothing that arrives raises or hides the rest."""

from __future__ import annotations

import orjson
import pytest

from store.errors import ServerError
from store.sync import wire
from store.sync.wire import Change, Malformed, decode_page, encode_push

T0 = "2026-06-01T12:00:00.000Z"
T1 = "2026-06-01T12:00:01.000Z"
ROW = {
    "eventId": "e1",
    "schemaVersion": 1,
    "table": "tasks",
    "id": "t1",
    "op": "update",
    "fields": {"title": {"value": "x", "at": T0}},
    "spaceId": "s1",
    "actor": {"kind": "user", "principalId": "u", "displayName": "U"},
    "origin": "user",
}


def page(*rows, **more):
    body = {"serverChanges": list(rows), "conflicts": [], "syncedUntil": "2026-01-01T00:00:00Z"}
    return decode_page(orjson.dumps(body | more))


def one(**changed):
    [row] = page({**ROW, **changed}).rows
    return row


def raw(text: str):
    return decode_page(b'{"serverChanges":[' + text.encode() + b'],"syncedUntil":"u"}').rows


# What is understood ------------------------------------------------------------------------


def test_a_pull_is_rows_a_cursor_as_text_and_whether_there_is_more():
    found = page(ROW, hasMore=True)
    assert (found.until, found.more, len(found.rows)) == ("2026-01-01T00:00:00Z", True, 1)
    assert page().more is False


def test_an_update_is_its_fields_with_their_times():
    assert one() == Change(
        "tasks", "t1", "update", {}, {"title": ("x", T0)}, "", "s1", ROW["actor"], "user", "e1"
    )


def test_an_insert_is_its_data():
    found = one(op="insert", fields=None, data={"title": "x", "updatedAt": T0})
    assert found.data == {"title": "x", "updatedAt": T0}
    assert found.fields == {}


def test_an_insert_without_data_is_kept():
    assert one(op="insert", fields=None).data == {}


def test_a_deletion_is_its_time():
    found = one(op="delete", fields=None, deletedAt=T1)
    assert (found.op, found.deleted) == ("delete", T1)
    assert one(op="delete", fields=None).deleted == ""


def test_a_deletion_of_the_older_generation_names_its_time_among_the_fields():
    found = one(op="delete", fields={"deletedAt": {"value": T1, "updatedAt": T1}})
    assert found.deleted == T1


@pytest.mark.parametrize(
    ("slot", "at"),
    [
        ({"value": 1, "at": T0}, T0),
        ({"value": 1, "updatedAt": T0}, T0),
        ({"value": 1, "at": T0, "updatedAt": T1}, T0),
        ({"value": 1, "at": "", "updatedAt": T1}, T1),
        ({"value": 1, "at": {"at": T0, "actor": {}, "origin": "user"}}, T0),
        ({"value": 1, "at": {"updatedAt": T0}}, T0),
        ({"value": 1, "at": 5, "updatedAt": T0}, T0),
        ({"value": 1, "at": "not a date"}, "not a date"),
        ({"value": 1}, ""),
        ({"value": 1, "at": None}, ""),
    ],
)
def test_a_field_has_its_time_in_either_generation(slot, at):
    assert one(fields={"x": slot}).fields == {"x": (1, at)}


def test_a_field_without_a_value_was_cleared():
    assert one(fields={"x": {"at": T0}}).fields == {"x": (None, T0)}


def test_a_null_entry_says_nothing():
    assert one(fields={"x": None, "y": {"value": 1, "at": T0}}).fields == {"y": (1, T0)}


@pytest.mark.parametrize(
    ("row", "space"),
    [
        ({"spaceId": "top", "data": {"spaceId": "data"}}, "top"),
        ({"spaceId": None, "data": {"spaceId": "data"}}, "data"),
        ({"spaceId": "", "data": {"spaceId": "data"}}, "data"),
        ({"spaceId": None, "fields": {"spaceId": {"value": "field", "at": T0}}}, "field"),
        ({"spaceId": None}, ""),
        ({"spaceId": None, "fields": {"spaceId": {"value": None, "at": T0}}}, ""),
    ],
)
def test_the_space_stands_on_top_or_in_data_or_among_the_fields(row, space):
    assert one(**{"op": "insert", "fields": None, **row}).space == space


def test_a_stream_event_is_a_page_whose_rows_lack_event_and_space():
    bare = {k: v for k, v in ROW.items() if k not in ("eventId", "spaceId", "schemaVersion")}
    body = {"table": "tasks", "changes": [bare], "syncedUntil": "u", "hasMore": False}
    [row] = decode_page(orjson.dumps(body)).rows
    assert (row.event, row.space) == ("", "")


def test_a_row_without_a_table_is_of_the_pages():
    bare = {k: v for k, v in ROW.items() if k != "table"}
    [row] = decode_page(orjson.dumps({"table": "tasks", "changes": [bare]})).rows
    assert row.table == "tasks"


def test_actor_and_origin_are_taken_as_they_came():
    assert one(actor="x", origin="banana")[7:9] == ("x", "banana")
    assert one(actor=None, origin=None)[7:9] == (None, "")


def test_unknown_keys_are_no_matter():
    assert one(clientId="c", x={"y": 1}) == one()


def test_of_two_equal_keys_the_last_counts():
    [row] = raw('{"table":"a","table":"tasks","id":"t","op":"delete","op":"insert"}')
    assert (row.table, row.op) == ("tasks", "insert")


def test_nothing_waiting_may_be_null():
    assert decode_page(b'{"serverChanges":null,"syncedUntil":"u"}').rows == []


def test_a_page_without_a_cursor_gives_none_to_follow():
    assert decode_page(b'{"serverChanges":[]}').until == ""
    assert decode_page(b'{"serverChanges":[],"syncedUntil":5}').until == ""


# What is no answer ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b"{}",
        b'{"ok":true}',
        b'{"serverChanges":5}',
        b'{"serverChanges":{}}',
        b"<html>Sign in to the hotel network</html>",
        b'{"serverChanges":[{"table":"tasks","id":"t1","op":"del',
        b'{"serverChanges":[],"syncedUntil":"u"',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_at_all_is_the_one_named_error(body):
    with pytest.raises(ServerError) as caught:
        decode_page(body)
    assert caught.value.kept
    assert caught.value.hint


# What is no change ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"table": ""},
        {"table": 5},
        {"table": None},
        {"table": "a\0b"},
        {"id": ""},
        {"id": None},
        {"id": ["x"]},
        {"id": "x" * 2001},
        {"id": "a\0b"},
        {"op": "upsert"},
        {"op": "UPDATE"},
        {"op": None},
        {"op": {}},
        {"fields": []},
        {"fields": "x"},
        {"fields": {"x": "text"}},
        {"fields": {"x": [1]}},
        {"fields": {"": {"value": 1, "at": T0}}},
        {"fields": {"a\0": {"value": 1, "at": T0}}},
        {"op": "insert", "data": []},
        {"op": "insert", "data": {"a\0": 1}},
        {"spaceId": 5},
        {"spaceId": {"a": 1}},
        {"deletedAt": 5},
    ],
)
def test_what_is_no_change_is_kept_with_a_reason_and_hides_nothing(changed):
    good = {**ROW, "id": "good"}
    bad, after = page({**ROW, **changed}, good).rows
    assert isinstance(bad, Malformed)
    assert bad.reason
    assert orjson.loads(bad.raw) == {**ROW, **changed}
    assert bad.event == "e1"
    assert isinstance(after, Change)
    assert after.id == "good"


@pytest.mark.parametrize("row", [None, 5, "x", [], [1], True])
def test_a_row_that_is_no_object_is_kept(row):
    [found] = page(row).rows
    assert isinstance(found, Malformed)
    assert orjson.loads(found.raw) == row


def test_keys_in_other_letter_case_are_unknown_ones():
    [row] = raw('{"TABLE":"tasks","Id":"t","op":"insert"}')
    assert isinstance(row, Malformed)


@pytest.mark.parametrize("depth", [101, 300, 1000, 5000, 50_000])
def test_a_depth_bomb_spoils_only_its_own_row(depth):
    bomb = '{"table":"tasks","id":"b","op":"insert","data":{"x":' + "[" * depth + "]" * depth + "}}"
    good = '{"table":"tasks","id":"good","op":"insert","data":{"x":1}}'
    rows = raw(f"{good},{bomb},{good}")
    assert [row.id for row in rows if isinstance(row, Change)] == ["good", "good"]
    assert len(rows) == 3
    assert all(len(row.raw) >= 5 for row in rows if isinstance(row, Malformed))


def test_a_value_as_deep_as_values_may_be_is_taken():
    text = "[" * 99 + "]" * 99
    [row] = raw('{"table":"tasks","id":"b","op":"insert","data":{"x":' + text + "}}")
    assert isinstance(row, Change)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400"])
def test_a_number_that_is_none_spoils_only_its_own_row(value):
    good = '{"table":"tasks","id":"good","op":"insert","data":{"x":1}}'
    rows = raw('{"table":"tasks","id":"b","op":"insert","data":{"x":' + value + "}}," + good)
    assert sorted(type(row).__name__ for row in rows) == ["Change", "Malformed"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740993", 9007199254740993),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("1.0", 1.0),
        ("-0.0", -0.0),
        ('"\\u003c"', "<"),
    ],
)
def test_numbers_and_escapes_come_as_json_has_them(text, value):
    [row] = raw('{"table":"tasks","id":"b","op":"insert","data":{"x":' + text + "}}")
    assert row.data["x"] == value


def test_half_a_surrogate_pair_becomes_a_replacement_character():
    rows = raw('{"table":"tasks","id":"b","op":"insert","data":{"x":"a\\ud800b","\\ud83d":1}}')
    [row] = rows
    assert row.data == {"x": "a\ufffdb", "\ufffd": 1}


def test_bytes_that_are_no_text_become_replacement_characters():
    body = b'{"serverChanges":[{"table":"t","id":"b","op":"insert","data":{"x":"\xff"}}]}'
    [row] = decode_page(body).rows
    assert row.data == {"x": "\ufffd"}


def test_brackets_and_quotes_in_texts_do_not_mislead_the_salvage():
    tricky = '{"table":"t","id":"}],{\\"[","op":"insert","data":{"serverChanges":["],[",{}]}}'
    bomb = "[" * 3000 + "]" * 3000
    rows = raw(f"{tricky},{bomb},{tricky}")
    assert [type(row).__name__ for row in rows] == ["Change", "Change", "Malformed"]
    assert rows[0].id == '}],{"['


# What is sent ------------------------------------------------------------------------


def test_a_push_asks_for_no_rows_and_names_version_one():
    body = orjson.loads(encode_push([{"table": "t"}], "c1"))
    assert body == {
        "clientId": "c1",
        "since": wire.FAR_FUTURE,
        "schemaVersion": 1,
        "changes": [{"table": "t"}],
    }
    assert orjson.loads(encode_push([], "c", "1970-01-01T00:00:00Z"))["since"].startswith("1970")
