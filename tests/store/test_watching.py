"""A watcher hears every write, costs nothing meanwhile, and can always be ended."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from store import watching
from store.watching import Watch


@pytest.fixture(params=["told by the system", "looking now and then"])
def watch(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    if request.param != "told by the system":
        monkeypatch.setattr(watching, "_inotify", lambda folder: None)
    made = Watch(tmp_path, every=0.02)
    yield made
    made.close()


def test_a_write_ends_the_waiting(watch: Watch, tmp_path: Path) -> None:
    def write() -> None:
        time.sleep(0.05)
        with (tmp_path / "file").open("ab") as file:
            file.write(b"x")

    writer = threading.Thread(target=write)
    writer.start()
    begun = time.monotonic()
    assert watch.wait(5)
    assert time.monotonic() - begun < 2
    writer.join()


def test_stopping_ends_the_waiting_now_and_from_now_on(watch: Watch) -> None:
    watch.stop()
    assert not watch.wait(None)
    assert not watch.wait(0)


def test_the_time_given_is_the_longest_wait(watch: Watch) -> None:
    begun = time.monotonic()
    assert watch.wait(0.01)
    assert time.monotonic() - begun < 1


def test_nothing_wakes_the_watcher_while_nothing_is_written(tmp_path: Path) -> None:
    watch = Watch(tmp_path, every=0.01)
    if watch._told is None:
        pytest.skip("this system does not tell of writes")
    begun = time.monotonic()
    watch.wait(0.2)
    assert time.monotonic() - begun >= 0.19
    watch.close()
