"""What an identity service may answer, and what a person is told: every shape, no exception."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.errors import ManabenchError, NetworkError, ServerError, SignedOutError, UnpaidError
from store.sync.sign import master
from store.sync.sign.calling import Answer, plain, refusal
from store.sync.sign.identity import IdentityClient, session_cookie
from tests.sync.people import canned

COOKIE = "mana.session_token=abc.def%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
USER = {"id": "u1", "email": "ann@example.org", "name": "Ann"}


def answer(status: int, body: object, retry: float = 0.0) -> Answer:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Answer(status, raw, (), "", retry)


SHAPES = [
    (401, {"error": "INVALID_CREDENTIALS", "message": "no", "status": 401}, "INVALID_CREDENTIALS"),
    (403, {"message": "E-mail not verified", "code": "EMAIL_NOT_VERIFIED"}, "EMAIL_NOT_VERIFIED"),
    (403, {"message": "You are not allowed to do that"}, ""),
    (500, {"statusCode": 500, "message": "Internal", "details": {"x": 1}}, ""),
    (409, {"error": "zero-knowledge is active", "code": "ZK_ACTIVE"}, "ZK_ACTIVE"),
    (404, b"404 Not Found", ""),
    (404, b"", ""),
    (503, b"upstream gone\n", ""),
    (429, {"error": "ACCOUNT_LOCKED", "message": "wait", "retryAfterSec": 900}, "ACCOUNT_LOCKED"),
    (429, {"message": "Too many requests."}, ""),
    (403, {"error": {"nested": True}, "message": ["list"], "code": 7}, ""),
    (418, b"\xff\xfe\x00", ""),
    (400, [1, 2], ""),
    (400, None, ""),
]


@pytest.mark.parametrize(("status", "body", "code"), SHAPES)
def test_every_shape_of_a_refusal_becomes_three_sentences(status, body, code):
    error = refusal(answer(status, body), signing_in=True)
    assert isinstance(error, ServerError)
    assert error.status == status
    assert error.code_given == code or not code
    for sentence in (error.message, error.kept, error.hint):
        assert sentence and sentence[-1] in ".)?" or "manabench" in sentence


def test_a_lock_says_how_long_it_lasts():
    error = refusal(answer(429, {"error": "ACCOUNT_LOCKED", "retryAfterSec": 900}))
    assert "900" in error.hint
    assert "30" in refusal(answer(429, {"message": "slow"}, retry=30.0)).hint


def test_a_session_that_ended_and_a_subscription_that_is_off_are_errors_of_their_own():
    assert isinstance(refusal(answer(401, {"message": "x"})), SignedOutError)
    assert isinstance(refusal(answer(402, {"error": "sync_inactive"})), UnpaidError)
    assert "redirect" not in refusal(answer(302, b"")).message


def test_a_servers_words_cannot_drive_the_terminal():
    wild = "\x1b[2Jgone\r\nfake line\x07\u202e" + "x" * 400
    error = refusal(answer(400, {"message": wild}))
    assert "\x1b" not in error.message
    assert "\n" not in error.message
    assert "\u202e" not in error.words
    assert len(plain("y" * 1000)) == 160
    assert "<html" not in refusal(answer(500, b"<html><body>login</body>")).message


# On the wire ------------------------------------------------------------------------------------


def signing_in(status: int, headers: dict[str, str], body: bytes) -> ManabenchError | str:
    with canned(lambda method, path, sent, got: (status, headers, body)) as base:
        client = IdentityClient(base)
        try:
            client.sign_in("ann@example.org", "secret")
        except ManabenchError as error:
            return error
        finally:
            client.close()
    return client.cookie


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b"<html>a hotel's login page</html>"),
        (200, {"Set-Cookie": COOKIE}, b"[]"),
        (200, {"Set-Cookie": COOKIE}, b'{"user": null}'),
        (200, {"Set-Cookie": COOKIE}, b'{"twoFactorRedirect": true}'),
        (200, {}, orjson.dumps({"token": "t", "user": USER})),
        (302, {"Location": "https://evil.example/"}, b""),
        (200, {"Set-Cookie": COOKIE}, b'{"user": {"id": ""}}'),
        (503, {}, b""),
        (429, {"X-Retry-After": "9"}, b'{"message": "slow"}'),
        (403, {}, b'{"code": "INVALID_ORIGIN", "message": "Invalid origin"}'),
        (0, {}, b""),
    ],
)
def test_no_answer_to_a_sign_in_but_a_good_one_is_taken_for_one(status, headers, body):
    error = signing_in(status, headers, body)
    assert isinstance(error, ServerError | NetworkError)
    assert "secret" not in repr(vars(error))
    assert "secret" not in str(error)


def test_signing_in_sends_the_origin_and_no_old_cookie():
    seen: list[dict[str, str]] = []

    def reply(method, path, sent, got):
        seen.append(sent)
        return 200, {"Set-Cookie": COOKIE}, orjson.dumps({"token": "t", "user": USER})

    with canned(reply) as base:
        client = IdentityClient(base, "mana.session_token=stale")
        client.sign_in("ann@example.org", "secret")
        assert client.cookie == "mana.session_token=abc.def%3D"
        client.close()
    assert seen[0]["origin"] == base
    assert "cookie" not in seen[0]
    assert seen[0]["content-type"] == "application/json"


def test_a_list_of_spaces_is_whole_or_an_error():
    good = {"id": "s1", "name": "A", "slug": "a", "metadata": {"type": "team"}, "createdAt": "2"}
    lists = [
        (b'{"spaces": []}', None),
        (orjson.dumps([good, {"name": "no id"}]), None),
        (orjson.dumps([good, "text"]), None),
        (orjson.dumps([{**good, "id": "_personal:me"}]), None),
        (orjson.dumps([{**good, "id": "a\nb"}]), None),
        (orjson.dumps([good, {**good, "id": "s0", "createdAt": "1"}]), ["s0", "s1"]),
        (orjson.dumps([{**good, "metadata": '{"type": "family"}'}]), ["s1"]),
        (orjson.dumps([{**good, "metadata": 7, "name": None}]), ["s1"]),
    ]
    for body, ids in lists:
        with canned(lambda *_asked, body=body: (200, {}, body)) as base:
            client = IdentityClient(base, "mana.session_token=x")
            try:
                found = [space.id for space in client.spaces()]
                assert found == ids
            except ServerError:
                assert ids is None, body
            finally:
                client.close()


def test_an_answer_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr("store.sync.sign.calling.LARGEST", 1000)
    assert isinstance(signing_in(200, {}, b"x" * 2000), ServerError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**60) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "id userId user role name email slug metadata type members invitation token "
                "organizationId masterKey requiresRecoveryCode recoveryIv keys status".split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([200, 200, 200, 400, 401, 403, 404, 429, 500]))
@settings(max_examples=300)
def test_no_answer_whatever_it_holds_breaks_more_than_its_own_call(body, status):
    client = IdentityClient("http://127.0.0.1:1", "mana.session_token=x")
    canned_one = Answer(status, orjson.dumps(body), (COOKIE,), "", 0.0)
    client.caller.call = lambda *a, **k: canned_one
    acts = [
        client.token,
        client.spaces,
        client.sign_out,
        client.is_over,
        client.invitations,
        lambda: client.sign_in("a", "b"),
        lambda: client.members("s"),
        lambda: client.create_space("n", "s", {"type": "team"}),
        lambda: client.invite("s", "e", "member"),
        lambda: client.answer_invitation("i", accept=True),
    ]
    for act in acts:
        client.use("mana.session_token=x")
        try:
            act()
        except ManabenchError as error:
            assert error.kept  # noqa: PT017 - it may be raised or not
    try:
        master._key_of(body)
    except ManabenchError as error:
        assert error.kept  # noqa: PT017


def test_the_cookie_is_taken_by_its_name():
    assert session_cookie(("a=b", COOKIE)) == "mana.session_token=abc.def%3D"
    assert session_cookie(("__Secure-mana.session_token=v; Secure",)).startswith("__Secure-")
    assert session_cookie(("mana.session_token=; Max-Age=0",)) == ""
    assert session_cookie(("mana.session_token=a\tb", "other=1")) == ""
