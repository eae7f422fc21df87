"""Accounts over HTTP: every answer as clients know it, and nothing told to those who guess."""

from __future__ import annotations

import base64
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, unquote

import pytest

from store.errors import GuardError, InvalidValueError
from store.server import accounts
from tests.server.running import PASSWORD, Person, running

SIGN_IN = "/api/auth/sign-in/email"
LOGIN = "/api/v1/auth/login"
REGISTER = "/api/v1/auth/register"
REFRESH = "/api/v1/auth/refresh"
TO_TOKEN = "/api/v1/auth/session-to-token"
TOKEN = "/api/auth/token"
USER = {
    "id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt", "twoFactorEnabled",
    "accessTier", "kind",
}  # fmt: skip
SESSION = {
    "id", "token", "userId", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent",
}  # fmt: skip


def code(answer):
    """Status with the code of either envelope."""
    body = answer.json()
    return answer.status_code, body.get("code", body.get("error"))


# Signing in -------------------------------------------------------------------------------------


def test_a_native_sign_in_sets_the_cookie_that_everything_else_takes(shared):
    shared.add_user("Ann@Example.org", name="Ann")
    ann = shared.nobody("ann@EXAMPLE.org")
    answer = ann.post(SIGN_IN, json={"email": ann.email, "password": PASSWORD})
    assert set(answer.json()) == {"redirect", "token", "user"}
    assert set(answer.json()["user"]) == USER
    assert answer.json()["user"]["email"] == "ann@example.org"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("mana.session_token=")
    assert cookie.endswith("; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax")
    raw, _dot, mac = unquote(cookie.partition("=")[2].partition(";")[0]).rpartition(".")
    assert raw == answer.json()["token"]
    assert len(raw) == 32
    assert len(base64.b64decode(mac)) == 32
    session = ann.get("/api/auth/get-session")
    assert set(session.json()["session"]) >= SESSION
    assert session.json()["session"]["userId"] == session.json()["user"]["id"]
    assert session.headers["set-auth-jwt"].count(".") == 2


def test_over_https_the_cookie_is_for_https_alone(tmp_path):
    with running(tmp_path / "data", public="https://sync.example.org") as server:
        server.add_user("ann@example.org")
        answer = server.nobody().post(
            SIGN_IN, json={"email": "ann@example.org", "password": PASSWORD}
        )
    assert answer.headers["set-cookie"].startswith("__Secure-mana.session_token=")
    assert "; Secure" in answer.headers["set-cookie"]


def test_a_login_gives_tokens_and_no_cookie(shared):
    shared.add_user("lou@example.org")
    answer = shared.nobody().post(LOGIN, json={"email": "lou@example.org", "password": PASSWORD})
    body = answer.json()
    assert set(body) == {"redirect", "token", "user", "accessToken", "refreshToken"}
    assert body["token"] == body["refreshToken"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (LOGIN, {"email": "nobody@example.org", "password": "x" * 9}, (401, "INVALID_CREDENTIALS")),
        (LOGIN, {"email": "tim@example.org", "password": "x" * 9}, (401, "INVALID_CREDENTIALS")),
        (LOGIN, {"email": "tim@example.org"}, (400, "VALIDATION")),
        (LOGIN, {"email": 7, "password": PASSWORD}, (400, "VALIDATION")),
        (LOGIN, b"{", (400, "VALIDATION")),
        (LOGIN, b"[]", (400, "VALIDATION")),
        (LOGIN, b"\xff", (400, "VALIDATION")),
        (SIGN_IN, {"email": "nix@example.org", "password": "x" * 9},
         (401, "INVALID_EMAIL_OR_PASSWORD")),
        (SIGN_IN, {"email": "tim@example.org", "password": "x" * 9},
         (401, "INVALID_EMAIL_OR_PASSWORD")),
        (SIGN_IN, {"email": "tim@example.org", "password": PASSWORD + "\ud800"},
         (400, "VALIDATION_ERROR")),
        (SIGN_IN, {"email": "no address", "password": PASSWORD}, (400, "INVALID_EMAIL")),
        (SIGN_IN, {"email": "tim@example.org", "password": None}, (400, "VALIDATION_ERROR")),
        (REGISTER, {"email": "a@example.org", "password": PASSWORD}, (429, "SIGNUP_LIMIT_REACHED")),
        (REFRESH, {}, (401, "TOKEN_EXPIRED")),
        (REFRESH, {"refreshToken": "x" * 32}, (401, "TOKEN_EXPIRED")),
        (REFRESH, {"refreshToken": 5}, (401, "TOKEN_EXPIRED")),
        (TO_TOKEN, {}, (401, "UNAUTHORIZED")),
        ("/api/auth/change-password", {"currentPassword": PASSWORD, "newPassword": "y" * 9},
         (401, "UNAUTHORIZED")),
    ],
)  # fmt: skip
def test_a_refusal_has_the_code_that_clients_know(shared, path, body, expected):
    if not shared.context.identity.view(lambda rows: rows.user_by_email("tim@example.org")):
        shared.add_user("tim@example.org")
    if isinstance(body, dict):
        import json

        body = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    assert code(shared.nobody().post(path, content=body, headers=headers)) == expected


def test_a_body_of_another_type_or_too_long_is_refused(shared):
    nobody = shared.nobody()
    assert nobody.post(SIGN_IN, content=b"email=x").status_code == 415
    huge = b'{"email":"' + b"x" * 100_000 + b'"}'
    answer = nobody.post(SIGN_IN, content=huge, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


# Where from -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (403, "MISSING_OR_NULL_ORIGIN")),
        ({"Origin": "null"}, (403, "MISSING_OR_NULL_ORIGIN")),
        ({"Origin": "https://evil.example.org"}, (403, "INVALID_ORIGIN")),
        ({"Origin": "http://127.0.0.1"}, (403, "INVALID_ORIGIN")),
        ({"Referer": "https://evil.example.org/x"}, (403, "INVALID_ORIGIN")),
        ({"Referer": "URL/page"}, (200, None)),
        ({"Origin": "LOCALHOST"}, (200, None)),
        ({"Origin": "URL"}, (200, None)),
        # Through a tunnel, server and client know each other by different ports.
        ({"Origin": "http://127.0.0.1:4000", "Host": "127.0.0.1:4000"}, (200, None)),
        ({"Origin": "http://localhost:4001", "Host": "localhost:4000"}, (403, "INVALID_ORIGIN")),
        ({"Origin": "file:///x", "Host": "///x"}, (403, "INVALID_ORIGIN")),
    ],
)
def test_a_cookie_is_taken_only_from_a_trusted_place(shared, people, headers, expected):
    ann = people()
    url = shared.url
    named = {
        name: value.replace("URL", url).replace("LOCALHOST", url.replace("127.0.0.1", "localhost"))
        for name, value in headers.items()
    }
    del ann.headers["Origin"]
    body = {"email": ann.email, "password": PASSWORD}
    assert code(ann.post(SIGN_IN, json=body, headers=named)) == expected
    # Without a cookie nothing is at stake.
    with Person(url) as fresh:
        del fresh.headers["Origin"]
        assert fresh.post(SIGN_IN, json=body).status_code == 200


def test_only_configured_web_pages_may_call_with_cookies(tmp_path):
    page = "https://page.example.org"
    with running(tmp_path / "data", origins=(page,)) as server:
        ann = server.person("ann@example.org")
        mine = ann.get("/api/auth/get-session", headers={"Origin": page})
        other = ann.get("/api/auth/get-session", headers={"Origin": "https://evil.example.org"})
        ask = {"Access-Control-Request-Method": "POST", "Origin": page}
        preflight = ann.options("/api/auth/organization/create", headers=ask)
        made = ann.post(
            "/api/auth/organization/create",
            json={"name": "x", "slug": "x", "metadata": {"type": "team"}},
            headers={"Origin": page},
        )
    assert mine.headers["access-control-allow-origin"] == page
    assert mine.headers["access-control-allow-credentials"] == "true"
    exposed = mine.headers["access-control-expose-headers"].split(", ")
    assert {"Set-Cookie", "set-auth-jwt", "Retry-After"} <= set(exposed)
    assert "access-control-allow-origin" not in other.headers
    assert preflight.status_code == 200
    assert made.status_code == 200


# Tokens from the session ------------------------------------------------------------------------


def test_every_way_to_a_token_works_with_cookie_body_or_bearer(shared, people):
    ann = people()
    raw = ann.get("/api/auth/get-session").json()["session"]["token"]
    bearer = {"Authorization": f"Bearer {raw}"}
    nobody = shared.nobody()
    answers = [
        ann.get(TOKEN),
        nobody.get(TOKEN, headers=bearer),
        *(
            answer
            for path in (REFRESH, TO_TOKEN)
            for answer in (
                ann.post(path),
                nobody.post(path, json={"refreshToken": raw}),
                nobody.post(path, headers=bearer),
            )
        ),
    ]
    for answer in answers:
        body = answer.json()
        token = body.get("token") or body["accessToken"]
        assert shared.context.tokens.verify(token).user == ann.id
        assert body.get("refreshToken", raw) == raw
    del ann.headers["Origin"]
    assert ann.post(REFRESH).status_code == 200


def test_a_token_is_no_session_and_a_session_token_is_no_cookie(shared, people):
    ann = people()
    raw = ann.get("/api/auth/get-session").json()["session"]["token"]
    for bearer in (ann.token(), raw):
        answer = shared.nobody().get(
            "/api/auth/organization/list", headers={"Authorization": f"Bearer {bearer}"}
        )
        assert code(answer) == (401, "UNAUTHORIZED")
    token = {"Authorization": f"Bearer {ann.token()}"}
    assert shared.nobody().post(REFRESH, headers=token).status_code == 401


def another(letter: str) -> str:
    """A letter that is not this one."""
    return "B" if letter == "A" else "A"


@pytest.mark.parametrize("change", ["mac", "token", "nothing", "half", "other", "text", "long"])
def test_a_cookie_that_was_tampered_with_is_nobody_s(shared, people, change):
    ann = people()
    name, value = next((one.name, one.value) for one in ann.cookies.jar)
    raw, _dot, mac = unquote(value).rpartition(".")
    forged = {
        "mac": f"{raw}.{another(mac[0])}{mac[1:]}",
        "token": f"{another(raw[0])}{raw[1:]}.{mac}",
        "nothing": f"{raw}.",
        "half": raw,
        "other": f"{people().get('/api/auth/get-session').json()['session']['token']}.{mac}",
        "text": "ä\u2028;=",
        "long": f"{raw * 200}.{mac}",
    }[change]
    headers = {"Cookie": f"{name}={quote(forged, safe='')}"}
    assert shared.nobody().get("/api/auth/get-session", headers=headers).json() is None
    assert shared.nobody().get(TOKEN, headers=headers).status_code == 401
    assert ann.get(TOKEN).status_code == 200


# Sessions ---------------------------------------------------------------------------------------


def test_without_a_session_the_session_is_null_under_all_its_names(shared):
    for path in ("/api/auth/get-session", "/api/v1/auth/session", "/api/v1/auth/profile"):
        answer = shared.nobody().get(path)
        assert (answer.status_code, answer.json()) == (200, None)


def test_logout_ends_the_session_and_its_tokens_at_once(shared, people):
    ann = people()
    other = shared.again(ann.email)
    bearer, name = ann.bearer(), shared.context.tokens.cookie_name
    cookie = ann.cookies[name]
    status = "/api/v1/me/encryption-vault/status"
    assert ann.get(status, headers=bearer).status_code == 200
    answer = ann.post("/api/v1/auth/logout")
    assert answer.json() == {"success": True}
    assert len(answer.headers.get_list("set-cookie")) == 3
    assert all("Max-Age=0" in one for one in answer.headers.get_list("set-cookie"))
    assert ann.get(status, headers=bearer).status_code == 401
    assert ann.get("/sync/todo/pull?collection=tasks&since=x", headers=bearer).status_code == 401
    kept = {"Cookie": f"{name}={cookie}"}
    assert shared.nobody().get("/api/auth/get-session", headers=kept).json() is None
    assert other.get(TOKEN).status_code == 200
    assert shared.nobody().post("/api/v1/auth/logout").json() == {"success": True}


def test_logout_from_a_strange_page_ends_nothing(shared, people):
    ann = people()
    strange = {"Origin": "https://evil.example.org"}
    assert code(ann.post("/api/v1/auth/logout", headers=strange)) == (403, "INVALID_ORIGIN")
    assert ann.get(TOKEN).status_code == 200


def age(server, person, **times):
    """Make the only session of a person older."""

    def put(rows):
        (session,) = rows.sessions(person.id)
        rows.put_session(session._replace(**times))

    server.context.identity.change(put)


def test_a_session_slides_while_it_is_used_and_ends_when_it_is_not(shared, people):
    ann = people()
    now = int(time.time() * 1000)
    assert "set-cookie" not in ann.get("/api/auth/get-session").headers
    age(shared, ann, slid=now - 90_000_000, expires=now + 1_000_000)
    moved = ann.get("/api/auth/get-session")
    assert moved.headers["set-cookie"].startswith("mana.session_token=")
    assert moved.json()["session"]["expiresAt"] > time.strftime(
        "%Y-%m-%d", time.gmtime(now / 1000 + 6 * 86400)
    )
    token = ann.bearer()
    age(shared, ann, expires=now - 1)
    shared.context._alive.clear()
    assert ann.get("/api/auth/get-session").json() is None
    assert ann.get("/api/v1/me/encryption-vault/status", headers=token).status_code == 401


def test_one_person_cannot_fill_the_server_with_sessions(shared, people, monkeypatch):
    monkeypatch.setattr("store.server.sessions._MOST_OF_ONE", 3)
    first = people()
    last = [shared.again(first.email) for _one in range(4)][-1]
    kept = shared.context.identity.view(lambda rows: rows.sessions(first.id))
    assert len(kept) == 3
    assert first.get(TOKEN).status_code == 401
    assert last.get(TOKEN).status_code == 200


# Passwords --------------------------------------------------------------------------------------


def test_a_new_password_replaces_the_old_one_and_can_end_other_sessions(shared, people):
    ann = people()
    other = shared.again(ann.email)
    third = {"currentPassword": PASSWORD, "newPassword": "another password"}
    assert ann.post("/api/auth/change-password", json=third).status_code == 200
    assert other.get(TOKEN).status_code == 200
    back = {
        "currentPassword": "another password",
        "newPassword": "a third password",
        "revokeOtherSessions": True,
    }
    assert ann.post("/api/auth/change-password", json=back).status_code == 200
    assert other.get(TOKEN).status_code == 401
    assert ann.get(TOKEN).status_code == 200
    old = shared.nobody().post(SIGN_IN, json={"email": ann.email, "password": PASSWORD})
    assert old.status_code == 401
    assert shared.again(ann.email, "a third password").get(TOKEN).status_code == 200


@pytest.mark.parametrize(
    ("present", "new", "expected"),
    [
        ("wrong password", "another password", (400, "INVALID_PASSWORD")),
        (PASSWORD, "short", (400, "PASSWORD_TOO_SHORT")),
        (PASSWORD, "x" * 129, (400, "PASSWORD_TOO_LONG")),
        (None, "another password", (400, "VALIDATION_ERROR")),
    ],
)
def test_a_password_that_cannot_be_changes_nothing(shared, people, present, new, expected):
    ann = people()
    body = {"currentPassword": present, "newPassword": new}
    assert code(ann.post("/api/auth/change-password", json=body)) == expected
    assert shared.again(ann.email).get(TOKEN).status_code == 200


# Making accounts --------------------------------------------------------------------------------


def test_sign_up_is_closed_until_the_operator_opens_it(shared, tmp_path):
    status = "/api/v1/auth/signup-status"
    assert shared.nobody().get(status).json()["registrationOpen"] is False
    with running(tmp_path / "open", signup=True, day=2) as server:
        nobody = server.nobody()
        told = nobody.get(status).json()
        assert told["registrationOpen"] is True
        assert (told["spotsRemaining"], told["totalToday"], told["limit"]) == (2, 0, 2)
        new = {"email": "New@Example.org", "password": PASSWORD, "name": "New"}
        first = nobody.post(REGISTER, json=new)
        assert first.status_code == 200
        assert first.json()["token"] is None
        assert set(first.json()["user"]) == USER
        again = nobody.post(REGISTER, json=new | {"password": "another password"})
        assert again.status_code == 200
        assert again.json()["user"].keys() == first.json()["user"].keys()
        assert again.json()["user"]["id"] != first.json()["user"]["id"]
        assert server.again("new@example.org").id == first.json()["user"]["id"]
        for body, expected in (
            (new | {"email": "x"}, (400, "VALIDATION")),
            (new | {"password": 5}, (400, "VALIDATION")),
            (new | {"password": "short"}, (400, "WEAK_PASSWORD")),
        ):
            assert code(nobody.post(REGISTER, json=body)) == expected
        nobody.post(REGISTER, json=new | {"email": "b@example.org"})
        full = nobody.post(REGISTER, json=new | {"email": "c@example.org"})
        assert code(full) == (429, "SIGNUP_LIMIT_REACHED")
        assert nobody.get(status).json()["registrationOpen"] is False


def test_an_account_is_made_once_with_its_personal_space(shared):
    ann = shared.person("one.two+x@example.org", name=" One ")
    (space,) = ann.get("/api/auth/organization/list").json()
    assert (space["name"], space["slug"]) == ("One", "one-two-x")
    assert space["metadata"]["type"] == "personal"
    with pytest.raises(GuardError):
        shared.add_user("One.Two+x@example.org")
    for email, password in (("nix", PASSWORD), ("x@example.org", "short")):
        with pytest.raises(InvalidValueError):
            shared.add_user(email, password)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (" A@B.c ", "a@b.c"),
        ("a@b@c", ""),
        ("a b@c", ""),
        ("@b", ""),
        ("a@", ""),
        ("a\n@b", ""),
        ("x" * 300 + "@b", ""),
        (None, ""),
        ("a\0@b", ""),
    ],
)
def test_an_address_has_one_form(text, known):
    assert accounts.address_of(text) == known


# Secrets ----------------------------------------------------------------------------------------


def test_nothing_secret_reaches_a_log(server, caplog):
    caplog.set_level(logging.DEBUG)
    ann = server.person("ann@example.org")
    token = ann.token()
    raw = ann.get("/api/auth/get-session").json()["session"]["token"]
    ann.post(SIGN_IN, json={"email": "ann@example.org", "password": "a wrong secret"})
    ann.post("/api/v1/auth/validate", json={"token": token})
    ann.post("/api/v1/me/encryption-vault/init", headers=ann.bearer())
    ann.post("/api/v1/auth/logout")
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    told = "\n".join(f"{one.getMessage()} {one.exc_text} {one.args}" for one in ours)
    for secret in (PASSWORD, "a wrong secret", token, raw):
        assert secret not in told


def test_two_hundred_at_once_are_all_served(shared, people):
    ann = people()
    bearer = ann.bearer()
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _n: ann.get("/api/auth/organization/list").status_code, range(200))
        )
    assert set(found) == {200}
    assert ann.get("/api/v1/me/encryption-vault/status", headers=bearer).status_code == 200
