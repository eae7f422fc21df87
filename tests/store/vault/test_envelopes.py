"""Envelopes: what is sealed comes back whole, in its place only, or as one marked field."""

from __future__ import annotations

import base64
import datetime
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.errors import InvalidValueError, LockedError, StorageError, UnreadableError
from store.vault import Vault, is_envelope
from tests.store.vault.support import QUICK, MemoryStorage

PLACE = ("tasks", "0190f1d2-7a33-7c10-8a2b-5d1f6e0c9b11", "title")

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)
names = st.tuples(texts, texts, texts)


def make() -> Vault:
    vault = Vault(MemoryStorage(), cost=QUICK)
    vault.initialise(passphrase="p", keyring=False, config="/nonexistent", home_id="h")
    return vault


VAULT = make()
VAULT.add_key("account-old", "old", b"2" * 32)
VAULT.add_key("account", "now", b"1" * 32)
VAULT.add_key("space", "s1", b"3" * 32)


def reason_of(text: str, place: tuple[str, str, str] = PLACE) -> str:
    with pytest.raises(UnreadableError) as caught:
        VAULT.open(*place, text)
    return caught.value.reason


@given(value=values, place=names)
def test_any_value_comes_back_from_its_own_place(value, place):
    sealed = VAULT.seal(*place, value)
    opened = VAULT.open(*place, sealed)
    assert opened == value
    assert type(opened) is type(value)
    assert is_envelope(sealed)
    assert VAULT.open(*place, VAULT.seal_under("s1", *place, value)) == value


@given(value=values)
def test_any_value_comes_back_from_enc1_under_the_current_and_an_old_key(value):
    assert VAULT.open1(VAULT.seal1(value)) == value
    assert VAULT.open(*PLACE, VAULT.seal1(value, "old")) == value


@given(value=values, place=names, other=names)
def test_an_envelope_opens_nowhere_else(value, place, other):
    if place != other:
        assert reason_of(VAULT.seal(*place, value), other) == "damaged"


@given(left=names, right=names)
def test_no_two_places_share_their_associated_data(left, right):
    from store.vault.envelope import associated

    assert (associated(*left) == associated(*right)) == (left == right)


@given(value=values, bit=st.integers(0))
@settings(max_examples=200)
def test_any_flipped_bit_of_the_bytes_is_found(value, bit):
    sealed = VAULT.seal(*PLACE, value)
    head, _colon, body = sealed.rpartition(":")
    assert reason_of(f"{head}:{flipped(body, bit)}") == "damaged"
    head, _dot, body = VAULT.seal1(value).rpartition(".")
    assert reason_of(f"{head}.{flipped(body, bit)}") == "foreign key"


def flipped(body: str, bit: int) -> str:
    raw = bytearray(base64.b64decode(body))
    at = bit % (8 * len(raw))
    raw[at // 8] ^= 1 << at % 8
    return base64.b64encode(raw).decode()


@given(value=values, at=st.integers(0), char=st.characters())
@settings(max_examples=200)
def test_no_altered_character_ever_yields_another_value(value, at, char):
    for sealed in (VAULT.seal(*PLACE, value), VAULT.seal1(value)):
        place = at % len(sealed)
        altered = sealed[:place] + char + sealed[place + 1 :]
        # A character that only carries padding bits may change without a loss.
        with suppress(UnreadableError):
            assert VAULT.open(*PLACE, altered) == value


@given(text=st.text())
def test_no_text_at_all_breaks_opening(text):
    for start in ("", "enc:", "enc:1:", "enc:2:", f"enc:2:{VAULT.key_id}:", "enc:2:s1:"):
        assert reason_of(start + text) in ("damaged", "foreign key", "unknown format")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("enc:3:abc", "unknown format"),
        ("enc:99:abc", "unknown format"),
        ("plain text", "unknown format"),
        ("", "unknown format"),
        ("enc:2:ffff0000:AAAA", "foreign key"),
        ("enc:2:nothing", "damaged"),
        ("enc:1:", "damaged"),
        ("enc:1:AAAA.AAAA", "damaged"),
        ("enc:1:AAECAwQFBgcICQoL.ZUq/OU6SoxtwD+9lM+/JlXcjHcc=", "foreign key"),
    ],
)
def test_each_way_of_not_opening_has_its_reason(text, reason):
    assert reason_of(text) == reason


def test_two_seals_of_one_value_never_look_alike():
    assert len({VAULT.seal(*PLACE, "same") for _ in range(500)}) == 500


def test_an_envelope_has_the_documented_form():
    head, version, key_id, body = VAULT.seal(*PLACE, "Hi").split(":")
    assert (head, version, key_id) == ("enc", "2", VAULT.key_id)
    assert len(base64.b64decode(body, validate=True)) == 12 + len('"Hi"') + 16


@pytest.mark.parametrize("value", ["enc:1:x", "enc:2:k:x", "enc:77:", "enc:0:"])
def test_every_numbered_format_counts_as_an_envelope(value):
    assert is_envelope(value)


@pytest.mark.parametrize("value", ["", "enc:", "enc:x:y", "enc:1", "Enc:1:", "enc:²:", None, 5, []])
def test_ordinary_values_are_no_envelopes(value):
    assert not is_envelope(value)


@dataclass
class Marker:
    reason: str = "locked"


class Text(str):
    pass


@pytest.mark.parametrize(
    "value",
    [Marker(), Text("x"), datetime.date(2026, 1, 1), {1: "x"}, {"x"}, "\ud800", 2**70, b"x"],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_json_is_refused_instead_of_bent(value):
    for seal in (lambda: VAULT.seal(*PLACE, value), lambda: VAULT.seal1([value])):
        with pytest.raises(InvalidValueError) as caught:
            seal()
        assert "locked" not in str(caught.value)


def test_nesting_beyond_the_encoder_is_refused():
    value: list[object] = []
    for _ in range(2000):
        value = [value]
    with pytest.raises(InvalidValueError):
        VAULT.seal(*PLACE, value)


def test_a_locked_vault_neither_seals_nor_opens():
    vault = make()
    sealed = vault.seal(*PLACE, "secret")
    vault.lock()
    for act in (
        lambda: vault.seal(*PLACE, "x"),
        lambda: vault.open(*PLACE, sealed),
        lambda: vault.seal1("x"),
        lambda: vault.open1("enc:1:AAECAwQFBgcICQoL.ZUq/OU6SoxtwD+9lM+/JlXcjHcc="),
        lambda: vault.seal_under(vault.key_id, *PLACE, "x"),
        lambda: vault.add_key("space", "s", b"s" * 32),
        lambda: vault.set_passphrase("x"),
        lambda: vault.make_recovery(),
        lambda: vault.raw_key("s"),
    ):
        with pytest.raises(LockedError):
            act()
    vault.unlock(passphrase="p", hold=False)
    assert vault.open(*PLACE, sealed) == "secret"


def test_without_an_account_key_the_personal_wire_form_fails_closed():
    with pytest.raises(StorageError):
        make().seal1("x")
