"""Linking when the machine dies, or the server does, at any moment: what is there is one or the
other, and the next login goes on."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress

import pytest

from store.errors import ManabenchError, NetworkError
from store.sync.account import account
from store.sync.sign.calling import Answer, Caller
from store.sync.spaces import linking
from store.sync.spaces.membership import memberships
from store.workbench import Workbench
from tests.server.running import PASSWORD
from tests.store.conftest import _config, clock, make
from tests.store.support import script, shut, sound
from tests.sync.people import fill, listed, shared_server, someone, told

__all__ = ["_config", "clock", "make", "shared_server", "someone"]


def whole(bench: Workbench, before: dict[str, object]) -> None:
    """The home is linked, as it was, and each of its spaces is on the server once."""
    assert told(bench) == before
    assert account(bench).linked
    spaces = listed(bench)
    assert len(spaces) == 2
    assert {m.id for m in memberships(bench) if m.state == "linked"} == {s.id for s in spaces}
    sound(bench)


class Way:
    """The way to the server: fails at the ``at``-th call, before it or with its answer lost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.at = 0
        self.how = ""
        self._real = Caller.call
        monkeypatch.setattr(Caller, "call", lambda caller, *a, **k: self.call(caller, *a, **k))

    def call(self, caller: Caller, *args, **how) -> Answer:
        self.calls += 1
        if self.calls != self.at:
            return self._real(caller, *args, **how)
        if self.how == "503":
            return Answer(503, b"upstream gone", (), "", 0.0)
        if self.how == "lost":
            self._real(caller, *args, **how)
        raise NetworkError("cut", kept="all", hint="again")


@pytest.mark.slow
def test_the_server_fails_at_any_call_and_the_next_login_goes_on(make, someone, monkeypatch):
    way = Way(monkeypatch)
    at = 0
    while at == 0 or way.calls >= at:  # until a whole login needs fewer calls than that
        at += 1
        way.how = ("lost", "503", "cut")[at % 3]
        ann = someone()
        bench = make(f"home-{at}")
        fill(bench)
        before = told(bench)
        way.calls, way.at = 0, at
        with suppress(ManabenchError):
            ann.log_in(bench)
        reached, way.at = way.calls, 0
        assert told(bench) == before
        if account(bench) is None or not account(bench).linked:
            ann.log_in(bench)
        whole(bench, before)
        shut(bench)
        way.calls = reached
    assert at > 12


KILLED = """
import os, signal, sys
from pathlib import Path
from store.database import Database
from store.sync.spaces import linking
from store.workbench import Workbench

home, url, email, password, at = sys.argv[1:]
left = int(at)
real = Database._count

def count(self):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)  # all is written, nothing is committed
    return real(self)

bench = Workbench.open(Path(home))
Database._count = count
linking.login(bench, url, email, password)
bench.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize("at", [4, 8])
def test_linking_goes_on_after_kill_9(make, someone, at):
    ann = someone()
    bench = make("home")
    fill(bench)
    before = told(bench)
    shut(bench)
    child = script(KILLED, str(bench.home), ann.server.url, ann.email, PASSWORD, str(at))
    _out, err = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL, err
    again = make("home")
    ann.log_in(again)
    whole(again, before)


def test_two_processes_may_link_one_home_at_once(make, someone):
    ann = someone()
    one = make("home")
    fill(one)
    before = told(one)
    two = make("home")
    failed: list[BaseException] = []

    def go(bench: Workbench) -> None:
        try:
            linking.login(bench, ann.server.url, ann.email, PASSWORD)
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)

    threads = [threading.Thread(target=go, args=(bench,)) for bench in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    whole(one, before)


def test_another_window_follows_whose_home_it_is(make, someone):
    ann = someone()
    one, two = make("home"), make("home")
    fill(one)
    old = two.scope.id
    ann.log_in(one)
    two._heed({("account", ""): None, ("spaces", ""): None, ("vault", ""): None})
    assert two.writer.person == one.writer.person
    assert two.scope.id == one.spaces.personal() != old
    assert two.vault.open1(one.vault.seal1("Hi")) == "Hi"
    with two.step("x") as step:
        step.insert("notes", {"title": "from the other window", "visibility": "private"}, id="n9")
    assert two.documents.get(two.scope, "notes", "n9")["authorId"] == account(one).user
    assert two.enter(old).id == two.scope.id
