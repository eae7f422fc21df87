"""The plug is pulled, here, there and in between, at whatever moment: nothing is lost and nothing
stands twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.harness.proxy import Proxy
from tests.server.running import PASSWORD
from tests.sync.real.devices import Device, House, at_once, house, in_step, kill_when

pytestmark = pytest.mark.slow

MANY = 1_500
LINES = [f"task {n:04}" for n in range(MANY)]


@pytest.fixture
def line(there: House) -> Iterator[Proxy]:
    """A way to the server that can be made bad."""
    with there.line() as made:
        yield made


def killed_in(device: Device, ready: Callable[[], bool], *args: str, said: str = "") -> None:
    """Start a command and kill -9 it when ``ready``."""
    child = device.run.start(*args)
    assert child.stdin is not None
    child.stdin.write(said)
    child.stdin.flush()
    was_running = kill_when(child.pid, ready)
    child.communicate()
    assert was_running
    assert child.returncode == -9


def test_kill_9_of_a_client_in_linking_pushing_and_pulling(
    there: House, line: Proxy, someone: Callable[[str], str]
) -> None:
    email = someone("ann")
    desk = there.device()
    desk.add(*LINES)
    desk("space", "create", "Allotment", "--type", "family")
    login = ("login", line.url, "--email", email, "--password-stdin")
    line.set(delay=0.01)
    for connections in (2, 3, 4):  # in the middle of the calls that linking is made of
        before = line.opened + connections, line.received
        killed_in(
            desk,
            lambda b=before: line.opened >= b[0] or line.received > b[1] + 2_000,
            *login,
            said=PASSWORD + "\n",
        )
    desk.log_in(line.url, email)
    line.set(rate=2_000_000)
    for size in (60_000, 200_000):
        sent = line.sent + size
        killed_in(desk, lambda s=sent: line.sent > s, "sync", "--once")
    line.set()
    desk.sync()
    train = there.device(email, line.url)
    line.set(rate=2_000_000)
    for size in (60_000, 200_000):
        came = line.received + size
        killed_in(train, lambda c=came: line.received > c, "sync", "--once")
    line.set()
    in_step(train, desk, rounds=1)
    assert train.titles() == set(LINES)
    assert train.spaces() == desk.spaces()
    assert len(train.spaces()) == 2


def test_kill_9_of_the_server_in_the_middle_of_a_push(tmp_path_factory: pytest.TempPathFactory):
    with house(tmp_path_factory.mktemp("killed") / "server") as there:
        email = there.person("ann@example.org")
        desk, train = there.device(email), there.device(email)
        desk.sync()
        desk.add(*LINES)
        for size in (100_000, 300_000):
            with there.line() as line:
                desk("account", "sync-url", line.url)
                line.set(rate=2_000_000)
                child = desk.run.start("sync", "--once", "--json")
                assert there.served is not None
                assert kill_when(there.served.child.pid, lambda s=size: line.sent > s)
                there.served.child.wait()
                out, err = child.communicate(timeout=60)
                assert child.returncode == 6, out + err
            there.start()
        desk("account", "sync-url", there.url)
        assert desk.status()["pending"] > 0
        in_step(desk, train, rounds=1)
        assert train.titles() == set(LINES)


def test_a_line_that_cuts_starves_resets_and_goes_silent_costs_nothing(
    there: House, line: Proxy, someone: Callable[[str], str]
) -> None:
    email = someone("ann")
    desk, train, slow = (there.device(email, url) for url in ("", "", line.url))
    ends = threading.Event()

    def weather() -> None:
        """From bad to worse, over and over."""
        while True:
            for bad in (
                {"cut_after": 3_000},
                {"delay": 0.02, "cut_sent_after": 20_000, "reset": True},
                {"rate": 200_000},
                {"refuse": True, "reset": True},
                {"cut_after": 400},
            ):
                line.set(**bad)
                if ends.wait(0.4):
                    return
                line.drop_all(reset=bool(bad.get("reset")))

    def typing(device: Device, name: str, tries: int) -> None:
        for n in range(tries):
            device.add(*(f"{name} {n} {k}" for k in range(40)))
            done = device.run("sync", "--once", "--json")
            assert done.code in ((0, 6, 7) if device is slow else (0,)), done.err

    stirring = threading.Thread(target=weather)
    stirring.start()
    try:
        at_once(
            lambda: typing(desk, "desk", 3),
            lambda: typing(train, "train", 3),
            lambda: typing(slow, "slow", 5),
        )
    finally:
        ends.set()
        stirring.join()
    line.set()
    in_step(slow, desk, train, slow, rounds=1)
    expected = {
        f"{name} {n} {k}" for name in ("desk", "train") for n in range(3) for k in range(40)
    }
    expected |= {f"slow {n} {k}" for n in range(5) for k in range(40)}
    for device in (desk, train, slow):
        assert device.titles() == expected
        assert device.status()["pending"] == 0


def test_a_line_that_breaks_is_called_offline_within_seconds_and_comes_back(
    there: House, line: Proxy, someone: Callable[[str], str]
) -> None:
    desk = there.device(someone("ann"), line.url)
    with desk.workbench("synced") as term:
        line.set(refuse=True)
        line.drop_all(reset=True)
        began = time.monotonic()
        term.wait_for("offline", limit=10)
        noticed = time.monotonic() - began
        term.press("a").wait_for("new task").type("typed offline").press("enter")
        term.wait_for("1 waits")
        line.set()
        term.wait_for("synced", limit=60)
        term.press("ctrl+q")
        assert term.wait_exit() == 0
    assert noticed < 5
    other = there.device(desk("account", "--json").data["email"])
    other.sync()
    assert other.titles() == {"typed offline"}
