"""What travels sealed, against an implementation that shares no code with ours: Node's WebCrypto,
and the protocol's own golden values."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from store.records import wire_form
from store.sync import wire
from store.sync.inbox import incoming
from store.vault import recovery
from store.vault.grants import mission_key
from tests.sync.outbox import KEY, linked, sent

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not installed")

VALUES = [
    *("", " ", "Hi", "enc:1:looks like one", 'tab\tnew\nline "quoted" \\ \x1f\x7f', "x" * 3000),
    *(
        "Grüße, 日本語, e\u0301, \u2028, 👩‍👩‍👧",
        0,
        -1,
        42,
        9007199254740991,
        0.1,
        1e300,
        True,
        False,
    ),
    *([], {}, [None, "", 0, False], {"title": "One", "": [1, {"x": None}]}),
]
GRANTS = [
    (bytes(range(1, 33)), "mission-abc", ["notes", "tasks"], ["notes:n1", "tasks:t1"]),
    (bytes(range(32)), "m", ["b", "a", "a"], ["z:2", "z:10", "z:1"]),
    # Code units, not code points: the pair of the face begins lower than the private-use letter.
    (bytes(32), "ü", ["\ue000", "\U0001f600", "z"], ["\U0001f600:1", "\uffff:2"]),
    (bytes(32), "", [], []),
]


def node(jobs: list[dict[str, Any]]) -> list[Any]:
    done = subprocess.run(
        [NODE, str(Path(__file__).with_name("interop.mjs"))],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_protocols_golden_mission_key():
    assert mission_key(*GRANTS[0]).hex() == (
        "7538df66c51d3ddb667c0135feb4ac7c2800ba372babc7e61e9423d6a9a65628"
    )


def test_the_protocols_golden_envelope_opens_under_the_accounts_key(bench):
    linked(bench)
    assert bench.vault.open1("enc:1:AAECAwQFBgcICQoL.ZUq/OU6SoxtwD+9lM+/JlXcjHcc=") == "Hi"


@needs_node
def test_a_push_of_ours_opens_elsewhere_with_the_accounts_key_alone(bench):
    linked(bench)
    sent(bench)
    with bench.step("add") as step:
        for n, value in enumerate(VALUES):
            step.insert("tasks", {"metadata": {"v": value}, "title": f"t{n}"}, id=f"t{n}")
    changes = sent(bench)
    jobs = [
        {"do": "open", "key": KEY.hex(), "envelope": change["data"][name]}
        for change in changes
        for name in ("title", "metadata")
    ]
    kept = [wire_form(value) for value in VALUES]
    expected = [told for n, value in enumerate(kept) for told in (f"t{n}", {"v": value})]
    assert node(jobs) == expected


@needs_node
def test_rows_sealed_elsewhere_are_read_here_and_go_back_as_they_came(bench):
    linked(bench)
    sent(bench)
    sealed = node([{"do": "seal", "key": KEY.hex(), "value": value} for value in VALUES])
    rows = [
        {
            **{"table": "tasks", "id": f"t{n}", "op": "insert", "spaceId": bench.scope.id},
            "data": {"metadata": value, "updatedAt": "2026-06-01T12:00:00.000Z"},
        }
        for n, value in enumerate(sealed)
    ]
    page = wire.decode_page(orjson.dumps({"serverChanges": rows, "syncedUntil": "u"}))
    incoming.receive(bench, "todo", "tasks", page.rows)
    found = [
        bench.documents.get(bench.scope, "tasks", f"t{n}")["metadata"] for n in range(len(rows))
    ]
    assert found == VALUES
    with bench.db.transaction() as connection:
        connection.execute("UPDATE tasks SET dirty = '[\"metadata\"]'")
    back = {change["id"]: change["fields"]["metadata"]["value"] for change in sent(bench)}
    assert back == {f"t{n}": value for n, value in enumerate(sealed)}


@needs_node
def test_recovery_wraps_open_on_either_side():
    code, master = recovery.new_code(), bytes(range(100, 132))
    wrapped, iv = recovery.wrap_master(code, master)
    opened, theirs = node(
        [
            {"do": "unwrap", "code": code, "wrapped": wrapped, "iv": iv},
            {"do": "wrap", "code": code, "master": master.hex()},
        ]
    )
    assert bytes.fromhex(opened) == master
    assert recovery.unwrap_master(code, *theirs) == master


@needs_node
def test_mission_keys_are_derived_alike():
    jobs = [
        {"do": "grant", "master": master.hex(), "mission": m, "tables": tables, "records": records}
        for master, m, tables, records in GRANTS
    ]
    assert node(jobs) == [mission_key(*grant).hex() for grant in GRANTS]
