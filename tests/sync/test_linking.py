"""A home joins an account: nothing is lost or doubled, wherever it is interrupted."""

from __future__ import annotations

import orjson
import pytest

from store.errors import GuardError, LockedError, NetworkError, ServerError
from store.sync.account import account, keep
from store.sync.sign import master
from store.sync.sign.session import Session
from store.sync.spaces import linking
from store.sync.spaces.creating import create_waiting
from store.sync.spaces.membership import MARKER, memberships
from store.workbench import Workbench
from tests.server.conftest import server
from tests.server.running import PASSWORD, Running
from tests.store.conftest import _config, clock, make
from tests.store.support import every_byte, shut, sound
from tests.sync.people import ANN, ann, fill, listed, told

__all__ = ["_config", "ann", "clock", "make", "server"]


def log_in(bench: Workbench, server: Running, **how: str) -> None:
    linking.login(bench, server.url, ANN, PASSWORD, **how)


def test_a_used_home_becomes_the_accounts(make, ann):
    bench = make("home")
    fill(bench)
    before, personal = told(bench), bench.spaces.personal()
    log_in(bench, ann)
    known = account(bench)
    assert known.signed_in
    assert known.linked
    assert (known.identity, known.sync, known.email) == (ann.url, ann.url, ANN)
    assert told(bench) == before
    remote = {s.id: s for s in listed(bench)}
    assert {m.id for m in memberships(bench)} == set(remote)
    assert all(m.state == "linked" and m.role == "owner" for m in memberships(bench))
    mine = bench.spaces.personal()
    assert mine != personal
    assert remote[mine].type == "personal"
    assert bench.scope.id == mine
    assert bench.spaces.scope(personal).id == mine
    sound(bench)


def test_records_named_after_a_space_follow_it_with_their_history(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    mine = bench.spaces.personal()
    past = bench.history.of(bench.spaces.scope(mine), "workbenchScenes", f"seed-home-{mine}")
    assert [p.value for p in past if p.field == "name"] == ["Bench", "Desk", "Home"]
    bench.history.undo(bench.scope, 2)
    scene = bench.documents.get(bench.scope, "workbenchScenes", f"seed-home-{mine}")
    assert scene["name"] == "Home"
    assert bench.db.read("SELECT count(*) FROM \"workbenchScenes\" WHERE instr(id, 'guest')")[
        0
    ] == (0,)
    bench.history.redo(bench.scope, 2)
    family = bench.spaces.find("family")["id"]
    assert bench.device.get(f"scene:{family}") == f"seed-home-{family}"
    assert bench.device.get("place") == {"space": family}


def test_who_wrote_as_a_guest_is_the_person_of_the_account(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    user = account(bench).user
    assert bench.writer.person == {"kind": "user", "principalId": user, "displayName": "Ann"}
    assert bench.documents.get(bench.scope, "notes", "n1")["authorId"] == user
    actors = [orjson.loads(text) for (text,) in bench.db.read("SELECT json FROM actors")]
    assert "guest" not in {actor["principalId"] for actor in actors}
    again = make("home")
    assert again.writer.person == bench.writer.person
    assert again.viewer == bench.viewer
    with again.step("more") as step:
        step.insert("tasks", {"title": "more"})
    assert bench.db.read("SELECT count(*) FROM principals WHERE id = 'guest'") == [(0,)]


def test_a_restore_point_is_made_before_the_first_change_and_only_then(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    points = sorted((bench.home / "restore-points").glob("*.db"))
    assert len(points) == 1
    linking.logout(bench)
    log_in(bench, ann)
    assert sorted((bench.home / "restore-points").glob("*.db")) == points


def test_neither_password_nor_cookie_nor_key_lies_in_the_clear(make, ann, tmp_path):
    bench = make("home")
    log_in(bench, ann)
    session = Session(bench)
    cookie, token = session.cookie, session.jwt()
    session.close()
    raw = bench.vault.raw_key(master.current(bench))
    everything = every_byte(bench.home, tmp_path / "config")
    value = cookie.partition("=")[2]
    for secret in (PASSWORD, value, value.partition(".")[0], token):
        assert secret.encode() not in everything
    assert raw not in everything
    assert raw.hex().encode() not in everything
    assert cookie not in repr(session)
    assert cookie not in repr(session.identity)


def test_logout_keeps_every_change_and_login_goes_on(make, ann):
    bench = make("home")
    fill(bench)
    log_in(bench, ann)
    waiting = linking.unsent(bench)
    spaces = {s["id"] for s in bench.spaces.list()}
    assert linking.logout(bench) == waiting > 0
    assert not account(bench).signed_in
    assert account(bench).linked
    with pytest.raises(ServerError):
        Session(bench)
    with pytest.raises(GuardError):
        linking.logout(bench)
    log_in(bench, ann)
    assert account(bench).signed_in
    assert {s["id"] for s in bench.spaces.list()} == spaces


def test_another_account_is_refused_with_the_way_out(make, ann):
    ann.add_user("bob@example.org")
    bench = make("home")
    log_in(bench, ann)
    before = bench.db.read("SELECT * FROM account")
    with pytest.raises(GuardError) as caught:
        linking.login(bench, ann.url, "bob@example.org", PASSWORD)
    assert "--home" in caught.value.hint
    assert ANN in caught.value.message
    assert bench.db.read("SELECT * FROM account") == before


def test_a_wrong_password_changes_nothing(make, ann):
    bench = make("home")
    before = every_byte(bench.home / "manabench.db")
    with pytest.raises(ServerError) as caught:
        linking.login(bench, ann.url, ANN, "not that one")
    assert caught.value.status == 401
    assert "password" in caught.value.message
    assert account(bench) is None
    assert every_byte(bench.home / "manabench.db") == before


def test_a_locked_vault_is_said_before_anything_is_sent(make, ann):
    bench = make("home", passphrase="open sesame")
    bench.vault.lock()
    with pytest.raises(LockedError):
        log_in(bench, ann)
    assert account(bench) is None


def test_a_server_that_is_away_changes_nothing(make):
    bench = make("home")
    with pytest.raises(NetworkError):
        linking.login(bench, "http://127.0.0.1:9", ANN, PASSWORD)
    assert account(bench) is None


# Interrupted -------------------------------------------------------------------------------------


class Unplugged(BaseException):
    """The plug was pulled."""


def unplugged(bench: Workbench, monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """Let the ``at``-th write of this home be the last; the returned list counts them."""
    whole = type(bench.db).transaction
    counted = [0]

    def transaction(self, **how):
        if self is bench.db and not self.writing:
            counted[0] += 1
            if counted[0] == at:
                raise Unplugged
        return whole(self, **how)

    monkeypatch.setattr(type(bench.db), "transaction", transaction)
    return counted


@pytest.mark.slow
def test_linking_goes_on_after_the_plug_was_pulled_at_any_write(
    tmp_path, make, server, monkeypatch
):
    """At every transaction of a login another home is cut off, then goes on."""
    at, total = 1, 99
    while at <= total:
        email = f"cut{at}@example.org"
        server.add_user(email, name="Cut")
        bench = make(f"cut-{at}")
        fill(bench)
        before = told(bench)
        with monkeypatch.context() as patch:
            counted = unplugged(bench, patch, at)
            try:
                linking.login(bench, server.url, email, PASSWORD)
                total = counted[0]
            except Unplugged:
                pass
        shut(bench)
        again = make(f"cut-{at}")
        linking.login(again, server.url, email, PASSWORD)
        assert told(again) == before, f"after write {at}"
        assert account(again).linked
        assert again.writer.person["principalId"] != "guest"
        spaces = listed(again)
        assert {m.id for m in memberships(again)} == {s.id for s in spaces}
        assert len(spaces) == 2
        sound(again)
        at += 1
    assert total >= 8


def test_a_space_whose_creation_lost_its_answer_is_found_by_its_mark(make, ann, monkeypatch):
    bench = make("home")
    log_in(bench, ann)
    made = bench.spaces.create("Garden", "club")
    session = Session(bench)
    real = type(session.identity).create_space

    def lost(self, *args):
        real(self, *args)
        raise NetworkError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(session.identity), "create_space", lost)
        with pytest.raises(NetworkError):
            create_waiting(session)
    assert create_waiting(session) == 1
    session.close()
    found = [s for s in listed(bench) if s.name == "Garden"]
    assert len(found) == 1
    assert found[0].metadata[MARKER] == made
    assert bench.spaces.find("garden")["id"] == found[0].id


def test_nothing_is_linked_while_the_home_only_signed_in(make, ann, monkeypatch):
    bench = make("home")
    fill(bench)
    monkeypatch.setattr(master, "fetch", lambda session: (_ for _ in ()).throw(NetworkError("x")))
    with pytest.raises(NetworkError):
        log_in(bench, ann)
    assert account(bench).signed_in
    assert not account(bench).linked
    assert bench.writer.person["principalId"] == "guest"
    keep(bench, interop="")
    monkeypatch.undo()
    session = Session(bench)
    linking.finish(session)
    session.close()
    assert account(bench).linked
