"""The formats against vectors by others: the protocol's own, Node's WebCrypto, RFC 9106, and the
reference implementation of Argon2."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from store.errors import InvalidValueError, UnreadableError, WrongPassphraseError
from store.vault import envelope, keys, passphrase, recovery
from store.vault.envelope import Cipher

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "vectors.json").read_text())
NODE = shutil.which("node")


def run(first: int) -> bytes:
    return bytes(range(first, first + 32))


@pytest.fixture
def nonces(monkeypatch):
    """Nonce 00..0b, as the protocol's vectors have it."""
    monkeypatch.setattr(envelope, "urandom", lambda size: bytes(range(size)))


def test_the_protocols_enc1_vector_is_sealed_and_opened(nonces):
    text = "enc:1:AAECAwQFBgcICQoL.ZUq/OU6SoxtwD+9lM+/JlXcjHcc="
    cipher = Cipher("mk", run(0))
    assert cipher.seal1("Hi") == text
    assert envelope.open1([cipher], text) == "Hi"


def test_the_protocols_master_key_wrap_vector(nonces):
    blob = Cipher("kek", run(0)).wrap(run(32), None)
    expected = "ZyP0OOHA5DylaL2gncRWQrPntQfETmlLAF7fviFUPo10lD4qJpv0/guJ0OSMfN0B"
    assert base64.b64encode(blob[12:]).decode() == expected
    assert Cipher("kek", run(0)).unwrap(blob, None) == run(32)


def test_the_protocols_recovery_vector(nonces):
    code = recovery.as_code(run(0))
    assert code == (
        "0001-0203-0405-0607-0809-0A0B-0C0D-0E0F-1011-1213-1415-1617-1819-1A1B-1C1D-1E1F"
    )
    assert recovery.wrap_key(recovery.parse(code)).hex() == (
        "e29b7101bde0a9a100f34002714421915c750f10a44c0cd963356057733d0cd4"
    )
    wrapped = "toi9miwULsjvVG2l7A2FVE9xX/w8KVS5BNSc3TAW/UTf31I3VuJSTSr9lBPGGpjP"
    assert recovery.wrap_master(code, run(32)) == (wrapped, "AAECAwQFBgcICQoL")
    assert recovery.unwrap_master(code, wrapped, "AAECAwQFBgcICQoL") == run(32)


@pytest.mark.parametrize("at", range(len(VECTORS["enc1"])))
def test_enc1_of_webcrypto_opens(at):
    vector = VECTORS["enc1"][at]
    cipher = Cipher("mk", bytes.fromhex(vector["key"]))
    opened = envelope.open1([Cipher("other", b"o" * 32), cipher], vector["envelope"])
    assert opened == vector["value"]
    assert type(opened) is type(vector["value"])


def test_half_a_surrogate_pair_from_the_web_opens_as_a_replacement_character():
    vector = VECTORS["half"][0]
    cipher = Cipher("mk", bytes.fromhex(vector["key"]))
    assert envelope.open1([cipher], vector["envelope"]) == vector["value"]


@pytest.mark.parametrize("at", range(len(VECTORS["enc2"])))
def test_enc2_of_webcrypto_opens_with_its_associated_data_only(at):
    vector = VECTORS["enc2"][at]
    cipher = Cipher(vector["keyId"], bytes.fromhex(vector["key"]))
    place = (vector["collection"], vector["record"], vector["field"])
    assert cipher.open(*place, vector["envelope"]) == vector["value"]
    with pytest.raises(UnreadableError):
        cipher.open(*place[:2], place[2] + "x", vector["envelope"])


@pytest.mark.parametrize("at", range(len(VECTORS["recovery"])))
def test_recovery_wraps_of_webcrypto_open(at):
    vector = VECTORS["recovery"][at]
    secret = bytes.fromhex(vector["secret"])
    assert recovery.as_code(secret) == vector["code"]
    assert recovery.wrap_key(secret).hex() == vector["wrapKey"]
    blob = (vector["recoveryWrappedMk"], vector["recoveryIv"])
    assert recovery.unwrap_master(vector["code"], *blob).hex() == vector["master"]


@pytest.mark.parametrize("at", range(len(VECTORS["wraps"])))
def test_ring_rows_of_webcrypto_open_as_their_own_kind_only(at):
    vector = VECTORS["wraps"][at]
    cipher = Cipher("file", bytes.fromhex(vector["file"]))
    assert keys.open_row(vector["row"], cipher).hex() == vector["raw"]
    for name in ("key_id", "kind", "wrap", "params"):
        assert keys.open_row({**vector["row"], name: "other"}, cipher) is None


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_webcrypto_opens_what_the_vault_seals():
    cipher, jobs, values = Cipher("k1", run(7)), [], []
    for vector in VECTORS["enc1"]:
        values.append(vector["value"])
        jobs.append({"key": run(7).hex(), "envelope": cipher.seal1(vector["value"])})
    for vector in VECTORS["enc2"]:
        place = [vector["collection"], vector["record"], vector["field"]]
        values.append(vector["value"])
        sealed = cipher.seal(*place, vector["value"])
        jobs.append({"key": run(7).hex(), "envelope": sealed, "aad": place})
    done = subprocess.run(
        [NODE, str(HERE / "open_ours.mjs")],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert json.loads(done.stdout) == values


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_the_committed_vectors_are_what_the_script_makes(tmp_path):
    script = tmp_path / "make_vectors.mjs"
    shutil.copy(HERE / "make_vectors.mjs", script)
    subprocess.run([NODE, str(script)], check=True, timeout=30)
    assert (tmp_path / "vectors.json").read_text() == (HERE / "vectors.json").read_text()


@pytest.mark.parametrize(
    ("text", "cost"),
    [("correct horse", (64, 1, 1)), ("Grüße", (256, 3, 4)), ("x", (65536, 3, 4))],
)
def test_argon2id_agrees_with_the_reference_implementation(text, cost):
    from argon2.low_level import Type, hash_secret_raw

    expected = hash_secret_raw(
        secret=text.encode(),
        salt=bytes(range(16)),
        time_cost=cost[1],
        memory_cost=cost[0],
        parallelism=cost[2],
        hash_len=32,
        type=Type.ID,
    )
    assert passphrase.derive(text, bytes(range(16)), passphrase.Cost(*cost)) == expected


def test_argon2id_agrees_with_rfc_9106():
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(
        salt=b"\2" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        ad=b"\4" * 12,
        secret=b"\3" * 8,
    )
    assert kdf.derive(b"\1" * 32).hex() == (
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    )


def test_accents_in_pieces_are_the_same_passphrase():
    one, two = (
        passphrase.derive(text, bytes(16), passphrase.Cost(64, 1, 1))
        for text in ("\u00e9", "e\u0301")
    )
    assert one == two


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.replace("-", " "), "\n  {}\t".format]
)
def test_a_recovery_code_may_be_typed_in_any_case_and_spacing(change):
    code = recovery.new_code()
    assert recovery.parse(change(code)) == recovery.parse(code)


@pytest.mark.parametrize("code", ["", "00", "0" * 63, "0" * 65, "g" * 64, "٣" * 64])
def test_what_is_no_recovery_code_is_refused_as_such(code):
    with pytest.raises(InvalidValueError):
        recovery.parse(code)


def test_a_wrong_recovery_code_and_a_damaged_wrap_are_one_error():
    wrapped, iv = recovery.wrap_master(recovery.as_code(run(0)), run(32))
    for code, blob in (
        (recovery.as_code(run(1)), (wrapped, iv)),
        (recovery.as_code(run(0)), (wrapped[:-4] + "AAAA", iv)),
        (recovery.as_code(run(0)), ("?", "")),
    ):
        with pytest.raises(WrongPassphraseError):
            recovery.unwrap_master(code, *blob)
