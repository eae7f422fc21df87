"""The account's key: whoever keeps it, a wrong step never makes anything unreadable."""

from __future__ import annotations

from binascii import b2a_base64
from os import urandom

import pytest

from store.errors import GuardError, LockedError, ServerError, WrongPassphraseError
from store.stamps import EPOCH
from store.sync.account import account
from store.sync.sign import master
from store.vault import recovery as codes
from tests.store.conftest import _config, clock, make
from tests.sync.people import session, shared_server, someone

__all__ = ["_config", "clock", "make", "shared_server", "someone"]


@pytest.fixture
def linked(make, someone):
    """A linked home and its person."""
    ann = someone()
    bench = make("home")
    ann.log_in(bench)
    return bench, ann


def test_two_devices_have_the_same_key_under_the_same_name(linked, make):
    bench, ann = linked
    other = make("other")
    ann.log_in(other)
    assert master.current(bench) == master.current(other)
    assert other.vault.open1(bench.vault.seal1("Hi")) == "Hi"
    with session(bench) as one:
        assert master.ensure(bench, one) is False


def test_zero_knowledge_needs_the_code_on_a_new_device_and_goes_on_without_it_here(linked, make):
    bench, ann = linked
    code = codes.new_code()
    with session(bench) as one:
        master.zero_knowledge_on(bench, one, code)
        assert isinstance(master.fetch(one), master.Blob)
        assert master.ensure(bench, one) is False
    assert master.is_zero_knowledge(bench)
    other = make("other")
    with pytest.raises(LockedError) as caught:
        ann.log_in(other)
    assert "--recovery" in caught.value.hint
    assert account(other).signed_in
    assert not account(other).linked
    with pytest.raises(WrongPassphraseError):
        ann.log_in(other, recovery=codes.new_code())
    assert master.current(other) is None
    ann.log_in(other, recovery=code.lower().replace("-", " "))
    assert account(other).linked
    assert master.current(other) == master.current(bench)


def test_a_server_that_keeps_garbage_does_not_get_rid_of_the_key(linked, monkeypatch):
    bench, ann = linked
    code = codes.new_code()
    real = master._post

    def garbled(session, path, body):
        if path == "recovery-wrap":
            body = {**body, "recoveryWrappedMk": b2a_base64(urandom(48), newline=False).decode()}
        return real(session, path, body)

    with session(bench) as one:
        monkeypatch.setattr(master, "_post", garbled)
        with pytest.raises(ServerError):
            master.zero_knowledge_on(bench, one, code)
        monkeypatch.undo()
        assert isinstance(master.fetch(one), bytes), "the key went back"
        assert master.ensure(bench, one) is False
    assert not master.is_zero_knowledge(bench)


def test_a_wrap_that_does_not_open_is_never_sent(linked, monkeypatch):
    bench, _ann = linked
    sent = []
    monkeypatch.setattr(codes, "unwrap_master", lambda *a: b"x" * 32)
    monkeypatch.setattr(master, "_post", lambda *a: sent.append(a))
    with session(bench) as one, pytest.raises(Exception, match="open"):
        master.zero_knowledge_on(bench, one, codes.new_code())
    assert sent == []


def test_leaving_zero_knowledge_proves_the_key_first(linked):
    bench, ann = linked
    code = codes.new_code()
    with session(bench) as one:
        master.zero_knowledge_on(bench, one, code)
        with pytest.raises(LockedError):
            master.zero_knowledge_off(bench, one)
        with pytest.raises(GuardError):
            master.zero_knowledge_off(bench, one, codes.new_code())
        master.zero_knowledge_off(bench, one, code)
        assert isinstance(master.fetch(one), bytes)
        master.zero_knowledge_off(bench, one)
    assert not master.is_zero_knowledge(bench)


def plant(bench, envelope: str) -> None:
    """A value as it came from the server."""
    with bench.step("pull", kind="pull") as step:
        step.insert("tasks", {"title": "x"}, id="t1")
    with bench.db.transaction() as connection:
        connection.execute(
            "UPDATE tasks SET doc = json_set(doc, '$.title', ?) WHERE id = 't1'", (envelope,)
        )


def test_known_ciphertext_decides_whether_the_key_is_right(linked):
    bench, ann = linked
    from store.vault.envelope import Cipher

    plant(bench, Cipher("other", urandom(32)).seal1("not ours"))
    with session(bench) as one:
        master.zero_knowledge_on(bench, one, codes.new_code())
        with pytest.raises(GuardError):
            master.zero_knowledge_off(bench, one)
        assert isinstance(master.fetch(one), master.Blob)
        plant_again = bench.vault.seal1("ours")
        with bench.db.transaction() as connection:
            connection.execute(
                "UPDATE tasks SET doc = json_set(doc, '$.title', ?) WHERE id = 't1'",
                (plant_again,),
            )
        master.zero_knowledge_off(bench, one)


def test_another_key_is_not_taken_while_the_account_is_zero_knowledge(linked, monkeypatch):
    """Else an operator who lost the key could hand out one of their own."""
    bench, ann = linked
    before = master.current(bench)
    with session(bench) as one:
        master.zero_knowledge_on(bench, one, codes.new_code())
        monkeypatch.setattr(master, "fetch", lambda session: urandom(32))
        with pytest.raises(GuardError) as caught:
            master.ensure(bench, one)
        assert "accept-key" in caught.value.hint
        assert master.current(bench) == before
        assert master.ensure(bench, one, accept=True) is True
    assert master.current(bench) != before


def test_a_new_recovery_code_replaces_the_one_before(linked, make):
    bench, ann = linked
    with session(bench) as one:
        first = master.make_recovery(bench, one)
        master.zero_knowledge_on(bench, one, first)
        second = master.make_recovery(bench, one)
    other = make("other")
    with pytest.raises(WrongPassphraseError):
        ann.log_in(other, recovery=first)
    ann.log_in(other, recovery=second)


# Changing the key --------------------------------------------------------------------------------


def filled(bench) -> None:
    with bench.step("x") as step:
        step.insert("tasks", {"title": "water"}, id="t1")
        step.seed("tasks", "t2", {"title": "seed"})


def test_the_device_that_changes_the_key_sends_again_and_keeps_the_old_one(linked):
    bench, ann = linked
    filled(bench)
    envelope, before = bench.vault.seal1("old"), master.current(bench)
    meta = bench.db.read("SELECT id, meta FROM tasks ORDER BY id")
    steps = bench.db.read("SELECT count(*) FROM steps")
    with bench.db.transaction() as connection:
        connection.execute("UPDATE tasks SET dirty = NULL")
    with session(bench) as one:
        assert master.rotate(bench, one) >= 2
    assert master.current(bench) != before
    assert bench.vault.open1(envelope) == "old"
    assert bench.db.read("SELECT id, meta FROM tasks ORDER BY id") == meta
    assert bench.db.read("SELECT count(*) FROM steps") == steps
    assert all(dirty for (dirty,) in bench.db.read("SELECT dirty FROM tasks"))
    assert EPOCH in meta[1][1]


def test_a_key_changed_elsewhere_is_noticed_and_nothing_is_sent_again(linked, make):
    bench, ann = linked
    other = make("other")
    ann.log_in(other)
    filled(other)
    with other.db.transaction() as connection:
        connection.execute("UPDATE tasks SET dirty = NULL")
    with session(bench) as one:
        master.rotate(bench, one)
    with session(other) as one:
        assert master.ensure(other, one) is True
        assert master.ensure(other, one) is False
    assert other.vault.open1(bench.vault.seal1("new")) == "new"
    assert other.db.read("SELECT count(*) FROM tasks WHERE dirty IS NOT NULL") == [(0,)]


def test_a_change_of_key_whose_answer_was_lost_is_made_good(linked, monkeypatch):
    bench, ann = linked
    filled(bench)
    with bench.db.transaction() as connection:
        connection.execute("UPDATE tasks SET dirty = NULL")
    real = master._post

    def lost(session, path, body):
        real(session, path, body)
        raise ServerError("gone", status=502)

    with session(bench) as one:
        with monkeypatch.context() as patch:
            patch.setattr(master, "_post", lost)
            with pytest.raises(ServerError):
                master.rotate(bench, one)
        assert master.ensure(bench, one) is True
    assert bench.db.read("SELECT count(*) FROM tasks WHERE dirty IS NOT NULL") == [(2,)]


def test_the_key_does_not_change_while_zero_knowledge_is_on(linked):
    bench, ann = linked
    before = master.current(bench)
    with session(bench) as one:
        master.zero_knowledge_on(bench, one, codes.new_code())
        with pytest.raises(ServerError) as caught:
            master.rotate(bench, one)
        assert caught.value.code_given == "ZK_ROTATE_FORBIDDEN"
        assert master.ensure(bench, one) is False
    assert master.current(bench) == before


def test_nothing_about_keys_happens_while_the_vault_is_locked(make, someone):
    bench = make("home", passphrase="open sesame")
    someone().log_in(bench)
    with session(bench) as one:
        bench.vault.lock()
        with pytest.raises(LockedError):
            master.ensure(bench, one)
