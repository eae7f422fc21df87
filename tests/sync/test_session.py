"""The session: tokens are renewed in time, its end is seen by every process, nothing leaks."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from store.errors import LockedError, ServerError, SignedOutError
from store.sync.account import account
from store.sync.sign import tokens
from store.sync.sign.identity import no_session
from store.sync.sign.session import LONGEST, SHORTEST, Session, lifetime
from store.vault import places
from tests.store.conftest import _config, clock, make
from tests.sync.people import session, shared_server, someone

__all__ = ["_config", "clock", "make", "shared_server", "someone"]


def test_a_token_is_used_until_it_ages_and_then_renewed(make, someone, monkeypatch):
    bench = make("home")
    someone().log_in(bench)
    with session(bench) as one:
        first = one.jwt()
        assert one.jwt() == first
        now = time.monotonic()
        clock = SimpleNamespace(monotonic=lambda: now + LONGEST - 60)
        monkeypatch.setattr("store.sync.sign.session.time", clock)
        assert one.jwt() == first
        clock.monotonic = lambda: now + LONGEST + 60
        calls = []
        real = one.identity.token
        monkeypatch.setattr(one.identity, "token", lambda: calls.append(1) or real())
        one.jwt()
        one.jwt()
        one.jwt(fresh=True)
        assert len(calls) == 2


def test_the_age_of_a_token_is_its_own_span_and_never_this_machines_clock():
    assert lifetime("not a token") == lifetime("a.b.c") == SHORTEST
    head = "x.eyJleHAiOjE5MDAsImlhdCI6MTAwMH0.y"  # 900 seconds in 1970
    assert SHORTEST < lifetime(head) < 900


def test_a_session_that_ended_elsewhere_is_seen_by_every_process(make, someone):
    ann = someone()
    bench = make("home")
    ann.log_in(bench)
    other = make("home")
    with session(bench) as one:
        one.jwt()
        for row in one.identity.spaces():
            assert row.id
        cookie = one.cookie
        browser = ann.server.nobody()
        gone = browser.post("/api/v1/auth/logout", headers={"Cookie": cookie}, json={})
        assert gone.status_code == 200
        with pytest.raises(SignedOutError):
            one.jwt(fresh=True)
    assert not account(other).signed_in
    assert account(other).linked
    with pytest.raises(SignedOutError):
        Session(other)


def test_a_login_in_another_window_is_taken_up_by_this_one(make, someone):
    ann = someone()
    bench = make("home")
    ann.log_in(bench)
    with session(bench) as old:
        old.jwt()
        browser = ann.server.nobody()
        browser.post("/api/v1/auth/logout", headers={"Cookie": old.cookie}, json={})
        ann.log_in(make("home"))
        assert old.jwt(fresh=True)
        assert old.cookie == tokens.load(bench)
    assert account(bench).signed_in


def test_a_token_of_somebody_else_is_never_used(make, someone, monkeypatch):
    bench, other = make("home"), make("other")
    someone().log_in(bench)
    someone("Bob").log_in(other)
    with session(bench) as one, session(other) as bobs:
        monkeypatch.setattr(one.identity, "token", bobs.identity.token)
        with pytest.raises(ServerError, match="another account"):
            one.jwt()


def test_a_refusal_by_whatever_stands_in_front_ends_no_session(make, someone, monkeypatch):
    bench = make("home")
    someone().log_in(bench)
    with session(bench) as one:
        monkeypatch.setattr(one.identity, "token", lambda: (_ for _ in ()).throw(no_session()))
        with pytest.raises(SignedOutError):
            one.jwt()
    assert account(bench).signed_in


def test_without_a_keyring_the_cookie_lies_sealed_and_a_locked_vault_keeps_it(make, someone):
    bench = make("home", passphrase="open sesame")
    someone().log_in(bench)
    cookie = tokens.load(bench)
    assert cookie.startswith("mana.session_token=")
    bench.vault.lock()
    with pytest.raises(LockedError):
        Session(bench)
    bench.vault.unlock(passphrase="open sesame", hold=False)
    assert tokens.load(bench) == cookie
    tokens.forget(bench)
    assert tokens.load(bench) == ""


class Ring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service, name):
        return self.held.get((service, name))

    def set_password(self, service, name, text):
        self.held[service, name] = text

    def delete_password(self, service, name):
        del self.held[service, name]


def test_a_keyring_that_answers_keeps_the_cookie(make, someone, monkeypatch):
    ring = Ring()
    monkeypatch.setattr(places, "_keyring", lambda: ring)
    bench = make("home")
    someone().log_in(bench)
    assert list(ring.held.values()) == [tokens.load(bench)]
    rows = bench.db.read("SELECT value FROM account WHERE key = 'cookie'")
    assert rows == [('"keyring"',)]
    tokens.forget(bench)
    assert ring.held == {}


def test_a_keyring_that_hangs_is_given_up_and_the_vault_takes_over(make, someone, monkeypatch):
    def hang():
        time.sleep(5)

    monkeypatch.setattr(places, "KEYRING_SECONDS", 0.05)
    monkeypatch.setattr(places, "_keyring", hang)
    bench = make("home")
    someone().log_in(bench)
    assert tokens.load(bench).startswith("mana.session_token=")
    with session(bench) as one:
        assert one.jwt()


def test_a_session_does_not_leave_its_process(make, someone):
    import pickle

    bench = make("home")
    someone().log_in(bench)
    with session(bench) as one, pytest.raises(TypeError):
        pickle.dumps(one)
