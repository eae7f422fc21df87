"""The whole way: two homes sign in at a real server and sync, from commands and from processes that
are ended the hard way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store.errors import NetworkError, SignedOutError
from store.sync.spaces import linking
from store.workbench import Workbench
from tests.server.running import PASSWORD, Running, running
from tests.store.support import content, script

EMAIL = "ada@example.org"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "server") as found:
        found.add_user(EMAIL, name="Ada")
        yield found


def signed_in(make: Any, server: Running) -> Workbench:
    bench: Workbench = make()
    linking.login(bench, server.url, EMAIL, PASSWORD)
    bench.enter(bench.spaces.personal())
    return bench


def add(bench: Workbench, title: str, count: int = 1) -> None:
    with bench.step("add") as step:
        for n in range(count):
            step.insert("notes", {"title": f"{title} {n}", "content": "text"})


@pytest.mark.slow
def test_two_homes_sign_in_sync_and_are_verified_equal(server, make):
    one, two = signed_in(make, server), signed_in(make, server)
    family = one.spaces.create("Family", "family")
    add(one, "private")
    with one.step("add", scope=one.spaces.scope(family)) as step:
        step.insert("notes", {"title": "for all"})
    report = one.sync.once()
    assert report.pushed >= 2
    two.sync.once()
    two.sync.once()
    assert content(one) == content(two)
    found = two.sync.verify()
    assert len(found) == 3
    assert all(one.mine == one.theirs for one in found)
    status = two.sync.status()
    assert (status.state, status.pending, bool(status.pulled)) == ("idle", 0, True)


@pytest.mark.slow
def test_verify_tells_what_the_server_has_not(server, make):
    one = signed_in(make, server)
    add(one, "kept")
    one.sync.once()
    with one.db.transaction() as connection:
        connection.execute("UPDATE notes SET deleted_at = '2026-01-01T00:00:00.000Z'")
    found = {each.space: each.mine == each.theirs for each in one.sync.verify()}
    assert found == {"": True, one.spaces.personal(): False}
    assert not list(one.home.glob("verify-*"))


@pytest.mark.slow
def test_a_full_pull_brings_back_what_this_home_lost(server, make):
    one = signed_in(make, server)
    add(one, "kept", 3)
    one.sync.once()
    with one.db.transaction() as connection:
        connection.execute("DELETE FROM history")
        connection.execute("DELETE FROM notes")
    one.sync.once()
    assert one.db.read("SELECT count(*) FROM notes") == [(0,)]
    one.sync.full()
    assert one.db.read("SELECT count(*) FROM notes") == [(3,)]


def test_a_home_without_a_session_says_how_to_get_one(bench):
    assert bench.sync.status().state == "none"
    with pytest.raises(SignedOutError) as caught:
        bench.sync.once()
    assert "login" in caught.value.hint


@pytest.mark.slow
def test_a_server_that_is_gone_costs_nothing(tmp_path, make):
    with running(tmp_path / "server") as server:
        server.add_user(EMAIL)
        one = signed_in(make, server)
        one.sync.once()
    add(one, "waits")
    with pytest.raises(NetworkError):
        one.sync.once()
    status = one.sync.status()
    assert (status.state, status.pending) == ("offline", 1)


ONCE = """
import sys
from pathlib import Path
from store.workbench import Workbench
bench = Workbench.open(Path(sys.argv[1]))
print("open", flush=True)
bench.sync.once()
bench.close()
"""


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_a_round_loses_nothing(server, make):
    one, two = signed_in(make, server), signed_in(make, server)
    add(one, "many", 600)
    for after in (0.25, 0.4, 0.6):
        process = script(ONCE, str(one.home))
        process.stdout.readline()
        time.sleep(after)
        process.kill()
        process.communicate()
        add(one, f"between {after}")
    one.sync.once()
    two.sync.once()
    assert content(one) == content(two)
    assert two.db.read("SELECT count(*) FROM notes") == [(603,)]
    assert one.sync.status().pending == 0
