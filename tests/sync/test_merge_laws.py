"""The merge laws on the real path from the wire: what arrives may come in any order, in any pages,
any number of times, by way of any other replica, and every home ends the same (laws 7 and 8)."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.errors import UnreadableError
from store.records import wire_form
from store.stamps import Meta, canonical, micros
from store.sync.inbox.incoming import receive
from store.sync.wire import Change
from store.vault import is_envelope
from store.vault.envelope import Cipher
from store.workbench import Workbench
from tests.simulation.homes import FRESH, MASTER, PERSONAL, Templates, reopened
from tests.store.support import NOON, UNOPENABLE, Clock, shut

A, B, C = (f"2026-01-0{n}T00:00:00.000Z" for n in (1, 2, 3))
SAME = ("2026-01-02T01:00:00.000+01:00", "2026-01-02T00:00:00.000000Z", B)
UNTRUSTED = ("", "yesterday", "2150-01-01T00:00:00.000Z")
ACTOR = {"kind": "user", "principalId": "ann", "displayName": "Ann"}
_CIPHER = Cipher("web", MASTER["ann"])

times = st.sampled_from([A, B, C, *SAME, *UNTRUSTED])
texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["", "e\u0301", "\u00e9", "\U0001f600", "x" * 50_000, "x" * 50_001, "enc:9:x"]),
)
numbers = st.one_of(
    st.integers(-(2**53), 2**53),
    st.sampled_from([2**53 + 1, 2**60, -(2**63), 0, 1, 3.0, -0.0, 1.5, 1e300, 0.1]),
    st.floats(allow_nan=False, allow_infinity=False),
)
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


def sealed(value: Any) -> Any:
    """As a web client of the same account would send it: no number beyond what it can hold."""
    return None if value is None else _CIPHER.seal1(wire_form(value))


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title": st.one_of(texts, texts.map(sealed), st.just(UNOPENABLE), st.none()),
    "content": st.one_of(texts, texts.map(sealed)),
    "metadata": st.one_of(plain, plain.map(sealed), st.just(UNOPENABLE)),
    "isPinned": st.sampled_from([True, False, None, 1, 0, "yes"]),
    "color": st.sampled_from(["#fff", None, ""]),
    "unheardOf": st.one_of(plain, st.just(UNOPENABLE)),
}


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """One change as a server passes it on; whose record is said later."""
    op = draw(st.sampled_from(["insert", "update", "update", "update", "delete"]))
    data: dict[str, Any] = {}
    fields: dict[str, tuple[Any, str]] = {}
    deleted = ""
    if op == "delete":
        deleted = draw(times)
    else:
        names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3, unique=True))
        if op == "insert":
            data = {name: draw(VALUES[name]) for name in names}
            dated = draw(st.sampled_from(["updatedAt", "createdAt", ""]))
            data |= {dated: draw(times)} if dated else {}
        else:
            fields = {name: (draw(VALUES[name]), draw(times)) for name in names}
            if draw(st.integers(0, 5)) == 0:
                fields["deletedAt"] = (None, draw(times))
    return Change("notes", "", op, data, fields, deleted, PERSONAL["ann"], ACTOR, "user", "")


@pytest.fixture(scope="module")
def four() -> Iterator[list[Workbench]]:
    """Four homes of one account, each with a file key of its own."""
    templates = Templates()
    benches = []
    try:
        for number in range(4):
            folder = templates.root / "laws" / str(number)
            home = templates.copy("ann", number, FRESH, folder)
            benches.append(reopened(home, "ann", Clock(NOON)))
        yield benches
    finally:
        for bench in benches:
            shut(bench)
        templates.close()


def fresh(benches: Sequence[Workbench]) -> str:
    """The id of a new record, two hours later: many deletions of one hour would be held."""
    for bench in benches:
        bench.clock.tick(7200)  # type: ignore[attr-defined]
    return str(uuid.uuid4())


def take(bench: Workbench, record: str, rows: Sequence[Change]) -> None:
    """One page."""
    receive(bench, "notes", "notes", [row._replace(id=record) for row in rows])


def held(bench: Workbench, record: str) -> Any:
    """What a home holds, as a person could see it, and when it was written."""
    found = bench.db.read("SELECT doc, large, meta, deleted_at FROM notes WHERE id = ?", (record,))
    if not found:
        return None
    doc, large, text, deleted = found[0]
    meta, declared = Meta.load(text), bench.registry["notes"]
    values: dict[str, Any] = {}
    for name, value in (orjson.loads(doc) | (orjson.loads(large) if large else {})).items():
        stamp = meta.of(name, True)
        assert stamp is not None
        if is_envelope(value) and not declared.is_clear(name):
            try:
                value = bench.vault.open(declared.place, record, name, value)
            except UnreadableError:
                value = Opaque(value)
        values[name] = (value, micros(stamp.at), stamp.at)
    return values if deleted is None else ("deleted", deleted, values)


class Opaque(str):
    """An envelope that does not open here."""

    __slots__ = ()


def same(a: Any, b: Any) -> bool:
    """Whether two homes hold the same; the text of a time may be another's for the same instant."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return micros(a[1]) == micros(b[1])
    if not isinstance(a, dict) or not isinstance(b, dict):
        return a is b
    plain = [
        {n: (canonical(v), at) for n, (v, at, _) in one.items() if v is not None} for one in (a, b)
    ]
    return plain[0] == plain[1]


def relayed(bench: Workbench, record: str) -> list[Change]:
    """The state of a home as updates with every field, which is how one replica tells another; an
    envelope goes on as it is, and what only looks like one is sealed."""

    def sent(value: Any) -> Any:
        looks = isinstance(value, str) and is_envelope(value) and not isinstance(value, Opaque)
        return sealed(value) if looks else value

    values = held(bench, record)
    if values is None:
        return []
    update = Change("notes", record, "update", {}, {}, "", PERSONAL["ann"], ACTOR, "user", "")
    if isinstance(values, tuple):
        _, deleted, values = values
        fields = {name: (sent(value), at) for name, (value, _, at) in values.items()}
        return [update._replace(fields=fields), update._replace(op="delete", deleted=deleted)]
    fields = {name: (sent(value), at) for name, (value, _, at) in values.items()}
    (text,) = bench.db.read("SELECT meta FROM notes WHERE id = ?", (record,))[0]
    restored = Meta.load(text).of("deletedAt", False)
    if restored is not None:
        fields["deletedAt"] = (None, restored.at)
    return [update._replace(fields=fields)]


_quick = settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@_quick
@given(changes(), changes())
def test_merging_is_commutative(four, a, b):
    record = fresh(four)
    take(four[0], record, [a, b])
    take(four[1], record, [b])
    take(four[1], record, [a])
    assert same(held(four[0], record), held(four[1], record))


@_quick
@given(changes(), changes(), changes())
def test_merging_is_associative(four, a, b, c):
    record = fresh(four)
    take(four[0], record, [a, b])
    take(four[0], record, [c])
    take(four[1], record, [b, c])
    take(four[1], record, [a])
    assert same(held(four[0], record), held(four[1], record))


@_quick
@given(st.lists(changes(), min_size=1, max_size=4))
def test_merging_is_idempotent(four, rows):
    record = fresh(four)
    take(four[0], record, rows)
    before = held(four[0], record)
    history = four[0].db.read("SELECT count(*) FROM history")
    take(four[0], record, rows)
    take(four[0], record, [*rows, *rows])
    assert same(held(four[0], record), before)
    assert four[0].db.read("SELECT count(*) FROM history") == history


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.lists(changes(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_any_order_any_pages_and_any_repetition_end_the_same(four, rows, random):
    record = fresh(four)
    take(four[0], record, rows)
    for bench in four[1:]:
        mixed = rows + random.sample(rows, random.randint(0, len(rows)))
        random.shuffle(mixed)
        while mixed:
            size = random.randint(1, len(mixed))
            take(bench, record, mixed[:size])
            mixed = mixed[size:]
    assert all(same(held(bench, record), held(four[0], record)) for bench in four[1:])


def _sayable(rows: Sequence[Change]) -> bool:
    """Whether a relay can say all of it. The value of a deletion is its time: one without a time,
    or a restore without one, cannot be passed on as it was."""
    lives = [row.deleted for row in rows if row.op == "delete"]
    lives += [row.fields["deletedAt"][1] for row in rows if "deletedAt" in row.fields]
    return not set(lives) & set(UNTRUSTED)


@_quick
@given(
    st.lists(changes(), min_size=1, max_size=3).filter(_sayable),
    st.lists(changes(), min_size=1, max_size=3).filter(_sayable),
)
def test_the_join_of_two_replicas_is_the_join_of_all_they_saw(four, here, there):
    record = fresh(four)
    take(four[0], record, [*here, *there])
    take(four[1], record, here)
    take(four[2], record, there)
    take(four[3], record, [*relayed(four[2], record), *relayed(four[1], record)])
    assert same(held(four[3], record), held(four[0], record))


TIES = [
    ({"title": ("a", B)}, {"title": (sealed("a"), B)}),
    ({"title": ("a", B)}, {"title": (sealed("b"), B)}),
    ({"title": (UNOPENABLE, B)}, {"title": ("", B)}),
    ({"title": (UNOPENABLE, B)}, {"title": (None, B)}),
    ({"title": ("e\u0301", B)}, {"title": ("\u00e9", B)}),
    ({"title": ("", B)}, {"title": (None, B)}),
    ({"metadata": (1, B)}, {"metadata": (True, B)}),
    ({"metadata": (3.0, B)}, {"metadata": (3, B)}),
    ({"metadata": (2**60, B)}, {"metadata": (str(2**60), B)}),
    ({"metadata": (0.1, B)}, {"metadata": (0.1 + 2e-17, B)}),
    ({"metadata": ({"b": 1, "a": 2}, B)}, {"metadata": ({"a": 2, "b": 1}, B)}),
    ({"metadata": ([], B)}, {"metadata": ({}, B)}),
    ({"isPinned": (True, SAME[0])}, {"isPinned": (1, SAME[1])}),
    ({"title": ("new", "yesterday")}, {"title": ("old", "2150-01-01T00:00:00.000Z")}),
    ({"title": ("x" * 200_000, B)}, {"title": ("x" * 200_001, B)}),
    ({"content": ("x" * 200_000, A)}, {"content": (None, B)}),
    ({"unheardOf": (UNOPENABLE, B)}, {"unheardOf": ({"a": [None]}, B)}),
]


@pytest.mark.parametrize(("first", "second"), TIES)
def test_two_values_of_one_instant_end_the_same_in_any_order(four, first, second):
    rows = [
        Change("notes", "", "update", {}, fields, "", PERSONAL["ann"], ACTOR, "user", "")
        for fields in ({"color": ("#fff", A)}, first, second)
    ]
    results = []
    for number, order in enumerate(itertools.permutations(rows)):
        record, bench = fresh(four), four[number % 4]
        for row in order:
            take(bench, record, [row])
        results.append(held(bench, record))
    assert all(same(result, results[0]) for result in results)


@settings(max_examples=40)
@given(st.lists(changes(), min_size=1, max_size=4))
@example([])
def test_a_whole_pull_again_changes_nothing(four, rows):
    record = fresh(four)
    take(four[0], record, rows)
    before = held(four[0], record)
    whole = [row._replace(id=record) for row in rows]
    receive(four[0], "notes", "notes", whole, whole=True)
    assert same(held(four[0], record), before)


@settings(max_examples=40)
@given(changes().filter(lambda row: row.fields and "deletedAt" not in row.fields))
def test_a_time_that_cannot_be_trusted_is_older_than_everything(four, row):
    record = fresh(four)
    sure = row._replace(fields=dict.fromkeys(row.fields, ("sure", A)))
    wild = row._replace(
        fields={n: (v, "2150-01-01T00:00:00.000Z") for n, (v, _) in row.fields.items()}
    )
    take(four[0], record, [sure, wild])
    values = held(four[0], record)
    assert all(values[n][:2] == ("sure", micros(A)) for n in row.fields)
