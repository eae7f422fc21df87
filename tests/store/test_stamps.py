"""Who wins a merge, and what time a new write gets: pure functions, as properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.records import wire_form
from store.stamps import (
    EPOCH,
    Meta,
    Stamp,
    Version,
    canonical,
    instant,
    later,
    micros,
    next_at,
    normalise_actor,
    origin_of,
    system,
    user,
    wins,
)


def between(first: int, last: int) -> st.SearchStrategy[datetime]:
    """Moments from the start of one year to the start of another, in UTC."""
    naive = [datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (first, last)]
    return st.datetimes(*naive, timezones=st.just(UTC))


UNTRUSTED = [
    "",
    "yesterday",
    "2026-13-45T99:99:99.999Z",
    "2100-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
    "+12026-01-01T00:00:00.000Z",
]
SAME = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00.000+01:00"]
TRUSTED = [
    EPOCH,
    "1969-12-31T23:59:59.999Z",
    *SAME,
    "2026-01-01T00:00:00.000001Z",
    "2026-01-01T00:00:00.001Z",
    "2026-01-01",
    "2099-12-31T23:59:59.998Z",
]
texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "e\u0301", "\u00e9", "\ufb01", "x" * 3000, "\U0001f600", "null", "1"]),
)
json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([0, 1, -1, 2**53, 2**53 + 1, -(2**70)]),
        st.floats(allow_nan=False, allow_infinity=False),
        texts,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
).map(wire_form)
stamps = st.one_of(
    st.sampled_from([*UNTRUSTED, *TRUSTED]),
    between(2000, 2098).map(instant),
)
versions = st.builds(Version, json_values, stamps, st.booleans())


def key(version: Version) -> tuple[int, bool, bytes]:
    return micros(version.at), version.readable, canonical(version.value)


# -- the merge rule ---------------------------------------------------------------------------


@given(versions, versions)
@example(Version(True, EPOCH), Version(1, EPOCH))
@example(Version("e\u0301", EPOCH), Version("\u00e9", EPOCH))
def test_of_two_different_values_exactly_one_wins(a, b):
    if key(a) == key(b):
        assert not wins(a, b)
        assert not wins(b, a)
    else:
        assert wins(a, b) != wins(b, a)


@given(versions, versions, versions)
def test_winning_is_transitive(a, b, c):
    if wins(a, b) and wins(b, c):
        assert wins(a, c)


@given(st.lists(versions, min_size=1, max_size=5), st.randoms())
def test_the_winner_is_the_same_in_any_order_and_repetition(candidates, random):
    def winner(order):
        best = order[0]
        for one in order[1:]:
            best = one if wins(one, best) else best
        return key(best)

    shuffled = candidates * 2
    random.shuffle(shuffled)
    assert winner(shuffled) == winner(candidates)


@given(json_values, json_values)
def test_equal_instants_written_differently_are_equal(a, b):
    results = {wins(Version(a, x), Version(b, y)) for x in SAME for y in SAME}
    assert len(results) == 1


@pytest.mark.parametrize("at", UNTRUSTED)
@pytest.mark.parametrize("other", TRUSTED)
def test_what_cannot_be_trusted_is_the_oldest(at, other):
    assert wins(Version("a", other), Version("z", at))
    assert not wins(Version("z", at), Version("a", other))


@given(json_values, st.sampled_from(TRUSTED))
def test_a_readable_value_beats_an_unreadable_one_at_the_same_instant(value, at):
    sealed = Version("enc:2:ffffffff:zzzz", at, readable=False)
    assert wins(Version(value, at), sealed)
    assert not wins(sealed, Version(value, at))


def test_equal_instants_are_compared_in_microseconds_and_cut_not_rounded():
    assert micros("2026-01-01T00:00:00.0000019Z") == micros("2026-01-01T00:00:00.000001Z")
    assert micros("2026-01-01T00:00:00.000001Z") > micros("2026-01-01T00:00:00.000Z")


@given(stamps, stamps)
def test_the_quick_comparison_says_what_the_instants_say(a, b):
    assert later(a, b) == (micros(a) > micros(b))


# -- the hybrid clock -------------------------------------------------------------------------

walls = between(1960, 2200)


@given(walls, st.one_of(st.none(), stamps))
@example(datetime(2026, 1, 1, tzinfo=UTC), "2026-13-45T99:99:99.999Z")
@example(datetime(2150, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00.000Z")
@example(datetime(2150, 1, 1, tzinfo=UTC), None)
@example(datetime(1960, 1, 1, tzinfo=UTC), None)
def test_a_persons_next_edit_wins_whatever_the_clock_did(wall, before):
    at = next_at(wall, before)
    assert len(at) == 24
    assert at.endswith("Z")
    assert micros(at) > micros(EPOCH), "what a person chose beats what nobody chose"
    if before is not None:
        assert wins(Version("", at), Version({"z": "z"}, before))


def test_a_sensible_clock_is_taken_as_it_is():
    wall = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert next_at(wall, None) == next_at(wall, EPOCH) == "2026-06-01T12:00:00.000Z"
    assert next_at(wall, instant(wall)) == "2026-06-01T12:00:00.001Z"
    ahead = instant(wall + timedelta(days=400))
    assert next_at(wall, ahead) == ahead.replace(".000Z", ".001Z")


@given(walls.filter(lambda w: w.year >= 1000))
def test_an_instant_has_three_decimals_and_compares_as_text(wall):
    assert instant(wall) < instant(wall + timedelta(milliseconds=1))
    assert datetime.fromisoformat(instant(wall)) <= wall


# -- stamps of a record, actors ---------------------------------------------------------------

own = st.dictionaries(
    st.sampled_from("abcd"), st.builds(Stamp, stamps, st.integers(1, 9), st.sampled_from("us"))
)


@given(st.builds(Stamp, stamps, st.integers(1, 9), st.just("user")), own)
def test_field_meta_survives_being_written(default, named):
    meta = Meta.load(Meta(default, named).dump())
    assert meta.default == default
    assert meta.own == named
    everything = [default, *named.values()]
    assert micros(meta.newest()) == max(micros(stamp.at) for stamp in everything)
    assert meta.of("zz", present=False) is None
    assert meta.of("zz", present=True) == default


@pytest.mark.parametrize(
    ("old", "kind", "principal"),
    [
        (None, "user", "legacy:user"),
        ("Till", "user", "legacy:user"),
        ({"kind": "robot"}, "user", "legacy:user"),
        ({"kind": "user"}, "user", "legacy:user"),
        ({"kind": "ai", "missionId": "m"}, "ai", "legacy:ai-default"),
        ({"kind": "system", "source": "rule"}, "system", "system:rule"),
        ({"kind": "system"}, "system", "legacy:system"),
        (user("u1", "Ada"), "user", "u1"),
    ],
)
def test_every_old_form_of_an_actor_becomes_todays(old, kind, principal):
    actor = normalise_actor(old)
    assert (actor["kind"], actor["principalId"]) == (kind, principal)
    assert normalise_actor(actor) == actor
    assert all(isinstance(value, str) for value in actor.values())


def test_the_origin_follows_the_actor():
    assert origin_of(user()) == "user"
    assert origin_of({"kind": "ai", "principalId": "a", "displayName": "A"}) == "agent"
    assert origin_of(system("import")) == "system"
    assert origin_of(system("migration")) == "migration"


def test_an_actor_of_an_old_form_is_stored_in_todays(bench):
    with bench.step("pull", kind="pull") as step:
        step.merge("notes", "n1", {"title": "x"}, "2026-01-01T00:00:00.000Z", actor={"kind": "ai"})
    (past,) = bench.history.of(bench.scope, "notes", "n1")
    assert past.actor["principalId"] == "legacy:ai-default"
    assert past.actor["missionId"] == ""
