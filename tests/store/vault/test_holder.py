"""The session holder between real processes: kept, expired, refreshed, emptied, never on a disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from store.vault import Vault, holder
from store.vault.holder import Held, Holder
from tests.store.vault.support import QUICK, FileStorage

ROOT = Path(__file__).resolve().parents[3]
SHM = Path("/dev/shm")

COMMAND = """
import sys
from pathlib import Path
from store.vault import Vault, holder
from tests.store.vault.support import FileStorage
if sys.argv[2] == "file":
    holder._numbers = lambda: None
vault = Vault(FileStorage(Path(sys.argv[1])), config=Path("/nonexistent"), idle=float(sys.argv[3]))
match sys.argv[4]:
    case "unlock":
        print(vault.unlock(passphrase="p"))
    case "lock":
        vault.lock()
    case "open":
        print(vault.unlock_quietly() and vault.open("a", "b", "c", sys.argv[5]))
"""


def kernel_works() -> bool:
    probe = holder._Kernel("manabench-test-probe")
    works = probe.put(b"probe", 5) and probe.get() == b"probe"
    probe.clear()
    return bool(works)


@pytest.fixture(params=["kernel", "file"])
def place(request, monkeypatch):
    """Each place in turn; the file in a runtime folder that is in memory."""
    if request.param == "kernel":
        if not kernel_works():
            pytest.skip("the kernel keyring is closed to us")
        yield "kernel"
        return
    if not holder.in_memory(SHM):
        pytest.skip("there is no folder in memory")
    with tempfile.TemporaryDirectory(dir=SHM) as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setattr(holder, "_numbers", lambda: None)
        yield "file"


@pytest.fixture
def session(tmp_path, place):
    """``session("open", envelope)`` runs one command in its own process."""
    storage = FileStorage(tmp_path / "ring.json")
    vault = Vault(storage, cost=QUICK)
    home_id = f"test-{os.getpid()}-{tmp_path.name}"
    vault.initialise(passphrase="p", keyring=False, config=tmp_path, home_id=home_id)

    def run(*command: str, idle: float = 60) -> str:
        words = [str(tmp_path / "ring.json"), place, str(idle), *command]
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return done.stdout.strip()

    run.vault, run.storage, run.home_id = vault, storage, home_id
    run.sealed = vault.seal("a", "b", "c", "text")
    yield run
    Holder(home_id).clear()


@pytest.fixture
def own(place, tmp_path):
    """A holder in this process."""
    made = Holder(f"test-{os.getpid()}-{tmp_path.name}", 60)
    yield made
    made.clear()


def test_after_unlock_the_next_commands_open_until_lock(session, place):
    assert session("open", session.sealed) == "False"
    named = {"kernel": "kernel keyring", "file": "runtime file"}[place]
    assert session("unlock") == named
    assert session("open", session.sealed) == "text"
    session("lock")
    assert session("open", session.sealed) == "False"
    assert not session.vault.check_epoch()


def test_a_first_start_with_a_passphrase_holds_nothing(session):
    assert session.vault.unlocked
    assert session("open", session.sealed) == "False"


@pytest.mark.slow
def test_the_idle_time_ends_what_is_held(session):
    session("unlock", idle=1)
    time.sleep(1.3)
    assert session("open", session.sealed) == "False"


@pytest.mark.slow
def test_each_use_starts_the_idle_time_anew(own):
    own._idle = 3
    own.put(Held(0, "k", bytearray(32)))
    for _ in range(3):
        time.sleep(1.2)
        assert own.get(0) is not None
    time.sleep(3.2)
    assert own.get(0) is None


def test_what_an_older_epoch_left_behind_is_not_used_and_is_removed(own):
    own.put(Held(4, "k", bytearray(b"x" * 32)))
    assert own.get(5) is None
    assert own.get(4) is None


def test_a_key_held_for_another_file_key_is_not_used(session):
    Holder(session.home_id).put(Held(0, "other", bytearray(32)))
    assert session("open", session.sealed) == "False"


@pytest.mark.parametrize("noise", [b"", b"1 0 k", b"2 0 k 60 " + b"A" * 43 + b"=", b"\xff" * 40])
def test_noise_in_the_holder_is_no_key(own, noise):
    for one in own._places:
        one.put(noise, 60)
    assert own.get(0) is None


def test_two_homes_do_not_share_a_holder(own, tmp_path):
    own.put(Held(0, "k", bytearray(32)))
    other = Holder(f"test-{os.getpid()}-other-{tmp_path.name}")
    assert other.get(0) is None
    other.clear()
    assert own.get(0) is not None


@pytest.mark.skipif(not holder.in_memory(SHM), reason="there is no folder in memory")
class TestTheRuntimeFile:
    @pytest.fixture(autouse=True)
    def runtime(self, monkeypatch):
        with tempfile.TemporaryDirectory(dir=SHM) as folder:
            monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
            monkeypatch.setattr(holder, "_numbers", lambda: None)
            self.path = Path(folder) / "manabench" / "h.session"
            yield

    def test_is_private_and_removed(self):
        own, before = Holder("h"), os.umask(0)
        try:
            assert own.put(Held(0, "k", bytearray(32))) == "runtime file"
        finally:
            os.umask(before)
        assert stat.S_IMODE(self.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(self.path.parent.stat().st_mode) == 0o700
        own.clear()
        assert os.listdir(self.path.parent) == []

    def test_is_ignored_when_others_may_read_it_or_it_is_a_link(self, tmp_path):
        own = Holder("h")
        own.put(Held(0, "k", bytearray(32)))
        self.path.chmod(0o644)
        assert own.get(0) is None
        self.path.chmod(0o600)
        self.path.rename(self.path.with_name("elsewhere"))
        self.path.symlink_to(self.path.with_name("elsewhere"))
        assert own.get(0) is None

    def test_does_not_come_back_by_a_late_refresh(self):
        own = Holder("h")
        own.put(Held(0, "k", bytearray(32)))
        file = own._places[1]
        opened = file._open(os.O_WRONLY)
        own.clear()
        os.pwrite(opened, b"%020d" % 2**62, 0)
        os.close(opened)
        assert own.get(0) is None


def test_without_memory_nothing_is_held_and_nothing_touches_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(holder, "_numbers", lambda: None)
    monkeypatch.setattr(holder, "in_memory", lambda folder: False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    vault = Vault(FileStorage(tmp_path / "ring.json"), cost=QUICK)
    vault.initialise(passphrase="p", keyring=False, config=tmp_path, home_id="h")
    assert vault.unlock(passphrase="p") == ""
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith("session")]


def test_a_disk_is_not_taken_for_memory():
    found = {path: holder.in_memory(Path(path)) for path in ("/proc", "/nonexistent")}
    assert found == {"/proc": False, "/nonexistent": False}
    if SHM.is_dir():
        assert holder.in_memory(SHM) == ("tmpfs" in Path("/proc/mounts").read_text())
