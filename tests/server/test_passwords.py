"""Passwords are kept as nobody can read them, and guessing gets nowhere and learns nothing."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from store.server import passwords
from store.server.passwords import FAILURES, FAILURES_ANYWHERE, Failures, hashed, matches
from store.server.settings import Settings
from store.server.storage import Failure
from tests.server.running import PASSWORD, running

SIGN_IN = "/api/auth/sign-in/email"
LOGIN = "/api/v1/auth/login"


def test_a_password_is_kept_as_argon2id_and_never_as_itself(shared):
    user = shared.add_user("hash@example.org")
    kept = shared.context.identity.view(lambda rows: rows.user(user.id)).password
    assert kept.startswith("argon2id$m=64,t=1,p=1$")
    assert PASSWORD not in kept
    data = b"".join(one.read_bytes() for one in shared.settings.data.iterdir())
    assert PASSWORD.encode() not in data


def test_a_hash_is_what_an_independent_implementation_computes(tmp_path):
    from argon2.low_level import Type, hash_secret_raw

    kept = hashed(Settings(tmp_path, memory=128, passes=2), "pässword")
    salt, wanted = (base64.b64decode(part) for part in kept.split("$")[2:])
    assert hash_secret_raw("pässword".encode(), salt, 2, 128, 1, 32, Type.ID) == wanted
    # The costs are those of the hash, whatever is chosen today.
    today = Settings(tmp_path, memory=64, passes=1)
    assert matches(today, "pässword", kept)
    assert not matches(today, "passwort", kept)
    assert hashed(today, "x") != hashed(today, "x")


@pytest.mark.parametrize(
    "kept", ["", "plain", "argon2id$m=64$x$y", "argon2id$$$", "sha1$m=1,t=1$a$b"]
)
def test_a_hash_that_is_none_takes_as_long_and_matches_nothing(tmp_path, kept, monkeypatch):
    asked = []
    real = passwords._argon2
    monkeypatch.setattr(passwords, "_argon2", lambda *a: asked.append(a[2:]) or real(*a))
    assert not matches(Settings(tmp_path, memory=64, passes=3), kept or "x", kept)
    assert asked == [(64, 3)]


# Guessing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["target@example.org", "nobody@example.org"])
def test_five_failures_lock_an_account_whether_or_not_it_exists(server, email):
    server.add_user("target@example.org")
    nobody = server.nobody()
    wrong = {"email": email, "password": "wrong password"}
    for _try in range(FAILURES):
        assert nobody.post(LOGIN, json=wrong).status_code == 401
    locked = nobody.post(LOGIN, json=wrong | {"password": PASSWORD})
    assert (locked.status_code, locked.json()["error"]) == (429, "ACCOUNT_LOCKED")
    assert 0 < locked.json()["retryAfterSec"] <= 901
    assert locked.headers["retry-after"] == str(locked.json()["retryAfterSec"])
    native = nobody.post(SIGN_IN, json=wrong | {"password": PASSWORD})
    assert native.status_code == 429
    assert set(native.json()) == {"message"}
    assert int(native.headers["x-retry-after"]) > 0


def test_failures_age_and_a_success_forgives():
    now = [0.0]
    failures = Failures(lambda: now[0])
    for _one in range(FAILURES):
        assert failures.wait("a", "here") == 0
        failures.count("a", "here", 0)
    assert failures.wait("a", "here") == 901
    assert failures.wait("a", "elsewhere") == 0
    assert failures.wait("b", "here") == 0
    now[0] = 901.0
    assert failures.wait("a", "here") == 0
    failures.count("a", "here", 0)
    failures.forgive("a", "here")
    for _one in range(FAILURES_ANYWHERE):
        failures.count("a", f"{_one}", 0)
    assert failures.wait("a", "a new place") > 0


def test_a_restart_forgives_no_failure_and_remembers_what_was_forgiven(tmp_path):
    wrong = {"email": "target@example.org", "password": "wrong password"}
    with running(tmp_path / "server") as server:
        server.add_user("target@example.org")
        server.add_user("other@example.org")
        nobody = server.nobody()
        for _try in range(FAILURES - 1):
            assert nobody.post(LOGIN, json=wrong).status_code == 401
        mistyped = wrong | {"email": "other@example.org"}
        assert nobody.post(LOGIN, json=mistyped).status_code == 401
        server.again("other@example.org")
        kept = b"".join(one.read_bytes() for one in server.settings.data.iterdir())
        assert kept.count(b"127.0.0.1") <= 1  # the session's
        rows = server.context.identity.view(lambda rows: rows.failures(0))
        assert len(rows) == 3 * FAILURES - 1  # the pair of the other account is forgiven
        assert len({row.who for row in rows}) == 4
    with running(tmp_path / "server") as server:
        nobody = server.nobody()
        server.context.identity.change(lambda rows: rows.add_failures([Failure(b"old", 1)]))
        for _try in range(FAILURES - 1):
            assert nobody.post(LOGIN, json=mistyped).status_code == 401
        rows = server.context.identity.view(lambda rows: rows.failures(0))
        assert b"old" not in {row.who for row in rows}
        assert nobody.post(LOGIN, json=wrong).status_code == 401
        assert nobody.post(LOGIN, json=wrong).status_code == 429


def test_a_failure_ages_on_over_a_restart_whatever_the_clock_does():
    minute = 60_000
    now = [1000.0]
    failures = Failures(lambda: now[0])
    for name, times in (("a", [-20, -14, -14, -14, -1, -1]), ("b", [1440] * FAILURES)):
        who = _keys_of(name, "here")
        failures.load([Failure(one, at * minute) for at in times for one in who], 0)
    assert failures.wait("a", "here") == 61
    assert failures.wait("b", "here") == 901  # not a day: the clock was set back since
    now[0] += 61
    assert failures.wait("a", "here") == 0


def _keys_of(email, address):
    return [one.who for one in Failures().count(email, address, 0)]


def test_failures_take_bounded_memory(monkeypatch):
    monkeypatch.setattr(passwords, "_MOST", 100)
    failures = Failures(lambda: 0.0)
    for number in range(1_000):
        failures.count(f"{number}@x", f"{number}", 0)
    assert len(failures._at) < 200


def test_who_has_an_account_cannot_be_told_from_answers_or_from_time(server, monkeypatch):
    server.add_user("real@example.org")
    nobody = server.nobody()
    hashes = []
    real = passwords._argon2
    monkeypatch.setattr(passwords, "_argon2", lambda *a: hashes.append(a[2:]) or real(*a))
    told = [
        nobody.post(path, json={"email": email, "password": "wrong password"}).text
        for path in (LOGIN, SIGN_IN)
        for email in ("real@example.org", "unreal@example.org")
    ]
    assert told[0] == told[1]
    assert told[2] == told[3]
    assert len(hashes) == 4
    assert len(set(hashes)) == 1


def test_guesses_sent_at_once_count_one_by_one(server):
    server.add_user("target@example.org")
    nobody = server.nobody()

    def guess(number):
        body = {"email": "target@example.org", "password": f"guess number {number}"}
        return nobody.post(LOGIN, json=body).status_code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count(401) == FAILURES
    assert answers.count(429) == 24 - FAILURES


def test_a_flood_of_passwords_is_turned_away(server, monkeypatch):
    monkeypatch.setattr("store.server.context._MOST_HASHES", 0)
    body = {"email": "somebody@example.org", "password": "a password"}
    answer = server.nobody().post(LOGIN, json=body)
    assert (answer.status_code, answer.json()["error"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "10"
