"""Tokens: only what this server signed, for as long as it says and while the session lives."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from store.server.tokens import LIFETIME, new_id
from tests.server.running import running

STATUS = "/api/v1/me/encryption-vault/status"


def key_of(server):
    """The server's own signing key, as only it has it."""
    tokens = server.context.tokens
    return tokens._private, tokens._kid


def signed(server, key=None, header=None, algorithm="EdDSA", **claims):
    """A token made by somebody with ``key``, by default the server's own."""
    private, kid = key_of(server)
    now = int(time.time())
    user = next(iter(server.context.identity.view(lambda rows: rows.users())))
    session = next(iter(server.context.identity.view(lambda rows: rows.sessions(user.id))))
    good = {"sub": user.id, "sid": session.id, "iat": now, "exp": now + 60, "aud": "mana"}
    body = {"email": user.email, "role": "user", "tier": "public", "iss": server.url, **good}
    body = {name: value for name, value in (body | claims).items() if value is not None}
    headers = {"kid": kid, "typ": None} if header is None else header
    if algorithm == "none":
        return jwt.encode(body, None, algorithm="none", headers=headers)
    return jwt.encode(body, key or private, algorithm=algorithm, headers=headers)


@pytest.fixture(scope="module")
def ann(shared):
    return shared.person("ann@example.org")


def status(server, token):
    return server.nobody().get(STATUS, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_says_what_every_verifier_expects(shared, ann):
    token = ann.token()
    assert set(jwt.get_unverified_header(token)) == {"alg", "kid"}
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims) == {"sub", "email", "role", "sid", "tier", "iat", "exp", "iss", "aud"}
    assert claims["sub"] == ann.id
    assert claims["role"] == "user"
    assert claims["iss"] == shared.url
    assert claims["aud"] == "mana"
    assert claims["exp"] == claims["iat"] + LIFETIME == claims["iat"] + 900


def test_the_published_key_checks_every_token(shared, ann):
    answers = [ann.get(path).json() for path in ("/api/auth/jwks", "/api/v1/auth/jwks")]
    assert answers[0] == answers[1]
    (key,) = answers[0]["keys"]
    assert {name: key[name] for name in ("alg", "crv", "kty")} == {
        "alg": "EdDSA",
        "crv": "Ed25519",
        "kty": "OKP",
    }
    x = base64.urlsafe_b64decode(key["x"] + "=")
    token = ann.token()
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    public = Ed25519PublicKey.from_public_bytes(x)
    assert jwt.decode(token, public, algorithms=["EdDSA"], audience="mana")["sub"] == ann.id


def test_the_key_stays_the_same_over_restarts(tmp_path):
    with running(tmp_path / "data") as server:
        ann = server.person("ann@example.org")
        token, keys = ann.token(), ann.get("/api/auth/jwks").json()
        port = int(server.url.rpartition(":")[2])
    with running(tmp_path / "data", port=port) as server:
        assert server.nobody().get("/api/auth/jwks").json() == keys
        assert status(server, token) == 200


def test_a_good_token_is_taken(shared, ann):
    assert status(shared, signed(shared)) == 200


FORGED = {
    "no algorithm": lambda s: signed(s, algorithm="none"),
    "a shared secret": lambda s: signed(s, key=b"x" * 32, algorithm="HS256"),
    "the public key as a secret": lambda s: signed(
        s, key=key_of(s)[0].public_key().public_bytes_raw(), algorithm="HS256"
    ),
    "another key": lambda s: signed(s, key=Ed25519PrivateKey.generate()),
    "an unknown kid": lambda s: signed(s, header={"kid": "nope"}),
    "no kid": lambda s: signed(s, header={}),
    "a kid that is no text": lambda s: header_of(s, {"alg": "EdDSA", "kid": 7}),
    "a path as kid": lambda s: signed(s, header={"kid": "../../server.key"}),
    "expired": lambda s: signed(s, exp=int(time.time()) - 1),
    "no end": lambda s: signed(s, exp=None),
    "not yet": lambda s: signed(s, nbf=int(time.time()) + 60),
    "nobody": lambda s: signed(s, sub=None),
    "an empty subject": lambda s: signed(s, sub=""),
    "another audience": lambda s: signed(s, aud="other"),
    "another issuer": lambda s: signed(s, iss="https://evil.example.org"),
    "no session": lambda s: signed(s, sid=None),
    "an unknown session": lambda s: signed(s, sid=new_id()),
    "rubbish": lambda _: "a.b.c",
    "not ASCII": lambda _: "\u00e4.b.c".encode("latin-1"),
    "too long": lambda s: signed(s, email="x" * 10_000),
    "a byte changed": lambda s: flipped(signed(s)),
    "claims changed": lambda s: raised(signed(s)),
}


def header_of(server, header):
    """A token with a header of our own."""
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{head}.{signed(server).partition('.')[2]}"


def flipped(token):
    head, body, signature = token.split(".")
    return f"{head}.{body}.{signature[:-4]}{'A' if signature[-4] != 'A' else 'B'}{signature[-3:]}"


def raised(token):
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    body = base64.urlsafe_b64encode(json.dumps(claims | {"exp": 10**10}).encode())
    return f"{head}.{body.rstrip(b'=').decode()}.{signature}"


@pytest.mark.parametrize("how", FORGED)
def test_a_token_that_proves_nothing_is_refused_by_both_halves(shared, ann, how):
    token = FORGED[how](shared)
    header = b"Bearer " + (token if isinstance(token, bytes) else token.encode())
    nobody = shared.nobody()
    answer = nobody.get(STATUS, headers={"Authorization": header})
    assert answer.status_code == 401
    assert set(answer.json()) == {"statusCode", "message"}
    sync = nobody.get("/sync/todo/pull?collection=tasks&since=x", headers={"Authorization": header})
    assert sync.status_code == 401
    assert sync.text.startswith("unauthorized: ")
    if isinstance(token, str):
        validated = nobody.post("/api/v1/auth/validate", json={"token": token})
        assert validated.json() == {"valid": False}


@pytest.mark.parametrize("header", [None, "", "Bearer", "bearer X", "Basic X", "X"])
def test_a_header_without_a_token_is_refused(shared, ann, header):
    given = {} if header is None else {"Authorization": header.replace("X", ann.token())}
    assert shared.nobody().get(STATUS, headers=given).status_code == 401


def test_validate_says_what_a_token_holds(shared, ann):
    told = shared.nobody().post("/api/v1/auth/validate", json={"token": ann.token()}).json()
    assert told["valid"] is True
    assert told["payload"]["sub"] == ann.id
    for body in ({}, {"token": None}, {"token": 5}):
        assert shared.nobody().post("/api/v1/auth/validate", json=body).json() == {"valid": False}


def test_a_session_that_ended_elsewhere_is_noticed_within_seconds(server):
    from store.server import serving

    ann = server.person("ann@example.org")
    bearer = ann.bearer()
    assert ann.get(STATUS, headers=bearer).status_code == 200
    # As the command does it, in another process.
    assert serving.set_password(server.settings.data, "ann@example.org", "another password") == 1
    until = time.monotonic() + 5
    while ann.get(STATUS, headers=bearer).status_code == 200:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert ann.get("/api/auth/token").status_code == 401
