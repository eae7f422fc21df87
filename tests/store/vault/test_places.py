"""Key file and OS keyring: where they lie, who may read them, and what happens without them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import pytest

from store.errors import GuardError, InvalidValueError
from store.vault import Vault, places
from tests.store.vault.support import QUICK, FileStorage, MemoryStorage

ROOT = Path(__file__).resolve().parents[3]


class Ring(keyring.backend.KeyringBackend):
    """A keyring in this process. ``delay`` seconds before each answer."""

    priority = 1
    delay = 0.0

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service, username):
        time.sleep(self.delay)
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password

    def delete_password(self, service, username):
        del self.entries[service, username]


@pytest.fixture
def use():
    """Make a backend the system's keyring for one test."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def config(tmp_path):
    return tmp_path / "config"


def start(config, *, keyring=False, home=None, storage=None):
    storage = storage or MemoryStorage()
    vault = Vault(storage, home=home, cost=QUICK)
    how = vault.initialise(passphrase=None, keyring=keyring, config=config, home_id="home1")
    return vault, storage, how


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_file_is_private_and_opens_without_a_question(config):
    before = os.umask(0)
    try:
        vault, storage, how = start(config)
    finally:
        os.umask(before)
    path = config / "keys" / "home1.key"
    assert how == "key file"
    assert mode(path) == 0o600
    assert mode(path.parent) == mode(config) == 0o700
    assert os.listdir(path.parent) == ["home1.key"]
    other = Vault(storage, config=config)
    assert other.unlock_quietly()
    assert other.open("a", "b", "c", vault.seal("a", "b", "c", 1)) == 1


def test_the_key_file_alone_holds_no_key_of_the_ring(config):
    vault, _storage, _how = start(config)
    raw = bytes(vault._ring.keys[vault.key_id].raw)
    content = (config / "keys" / "home1.key").read_bytes()
    assert places.read_key_file(config, "home1") != raw
    assert raw.hex().encode() not in content


def test_a_key_file_left_open_to_others_is_closed_on_use(config):
    _vault, storage, _how = start(config)
    path = config / "keys" / "home1.key"
    path.chmod(0o644)
    assert Vault(storage, config=config).unlock_quietly()
    assert mode(path) == 0o600


@pytest.mark.parametrize("change", ["gone", "empty", "other", "link", "folder", "noise"])
def test_a_key_file_that_does_not_fit_leaves_the_vault_locked(config, tmp_path, change):
    _vault, storage, _how = start(config)
    path = config / "keys" / "home1.key"
    content = path.read_bytes()
    path.unlink()
    if change == "folder":
        path.mkdir()
    elif change == "link":
        (tmp_path / "elsewhere").write_bytes(content)
        path.symlink_to(tmp_path / "elsewhere")
    elif change != "gone":
        other = b"manabench key 1 " + b"A" * 43 + b"=\n"
        path.write_bytes({"empty": b"", "other": other, "noise": b"\xff" * 99}[change])
    assert not Vault(storage, config=config).unlock_quietly()


def test_a_key_file_that_is_there_is_never_overwritten(config):
    _vault, storage, _how = start(config)
    content = (config / "keys" / "home1.key").read_bytes()
    start(config)
    assert (config / "keys" / "home1.key").read_bytes() == content
    assert Vault(storage, config=config).unlock_quietly()


def test_the_key_file_never_lies_beside_the_database(tmp_path):
    storage = MemoryStorage()
    with pytest.raises(GuardError):
        start(tmp_path, home=tmp_path / "keys", storage=storage)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "manabench.db").touch()
    with pytest.raises(GuardError):
        start(tmp_path, storage=storage)
    assert storage.rows == []
    assert os.listdir(tmp_path / "keys") == ["manabench.db"]


def test_a_config_folder_inside_the_home_still_keeps_its_keys_apart(tmp_path):
    (tmp_path / "manabench.db").touch()
    start(tmp_path, home=tmp_path)
    assert (tmp_path / "keys" / "home1.key").exists()
    assert not list(tmp_path.glob("*.key"))


@pytest.mark.parametrize("home_id", ["", "../x", "a/b", ".hidden", "x\0", "y" * 101])
def test_a_home_id_cannot_leave_the_keys_folder(config, home_id):
    with pytest.raises(InvalidValueError):
        Vault(MemoryStorage()).initialise(
            passphrase=None, keyring=False, config=config, home_id=home_id
        )


def test_removing_the_key_file_removes_its_way_in(config):
    vault, storage, _how = start(config)
    vault.set_passphrase("p")
    vault.remove_way("key file")
    assert os.listdir(config / "keys") == []
    assert not Vault(storage, config=config).unlock_quietly()
    Vault(storage).unlock(passphrase="p", hold=False)


def test_the_keyring_keeps_the_key_and_opens_without_a_question(config, use):
    ring = Ring()
    use(ring)
    vault, storage, how = start(config, keyring=True)
    assert how == "keyring"
    assert not config.exists()
    assert vault.opens_alone == ("keyring",)
    raw = bytes(vault._ring.keys[vault.key_id].raw)
    assert places.read_from_keyring("home1") != raw
    assert Vault(storage, config=config).unlock_quietly()
    ring.entries.clear()
    assert not Vault(storage, config=config).unlock_quietly()


def test_removing_the_keyring_way_removes_its_entry(config, use):
    ring = Ring()
    use(ring)
    vault, _storage, _how = start(config, keyring=True)
    vault.set_passphrase("p")
    vault.remove_way("keyring")
    assert ring.entries == {}


def test_without_a_working_keyring_the_key_file_is_used_and_named(config, use):
    use(keyring.backends.fail.Keyring())
    assert start(config, keyring=True)[2] == "key file"


def test_a_keyring_that_forgets_what_it_was_given_is_not_trusted(config, use):
    ring = Ring()
    ring.set_password = lambda *_args: None
    use(ring)
    assert start(config, keyring=True)[2] == "key file"


def test_a_keyring_that_never_answers_costs_a_limited_time(config, use, monkeypatch):
    assert places.KEYRING_SECONDS == 2.0
    monkeypatch.setattr(places, "KEYRING_SECONDS", 0.05)
    ring = Ring()
    ring.delay = 0.4
    use(ring)
    began = time.monotonic()
    assert start(config, keyring=True)[2] == "key file"
    assert time.monotonic() - began < 0.35


def test_a_passphrase_is_the_only_way_in_when_one_is_given(config, use):
    ring = Ring()
    use(ring)
    vault = Vault(MemoryStorage(), cost=QUICK)
    assert (
        vault.initialise(passphrase="p", keyring=True, config=config, home_id="h") == "passphrase"
    )
    assert ring.entries == {}
    assert not config.exists()


QUIETLY = """
import sys
from pathlib import Path
from store.vault import Vault
from tests.store.vault.support import FileStorage
before = set(sys.modules)
vault = Vault(FileStorage(Path(sys.argv[1])), config=Path(sys.argv[2]))
assert not {name for name in sys.modules if name.split(".")[0] in ("cryptography", "ctypes")}
assert vault.unlock_quietly()
loaded = {name for name in sys.modules if name not in before}
heavy = ("keyring", "platformdirs", "pydantic", "cryptography.hazmat.primitives.kdf")
print([name for name in loaded if name.startswith(heavy)])
import resource, ctypes
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def test_a_key_file_unlock_loads_nothing_heavy_and_turns_core_dumps_off(config, tmp_path):
    start(config, storage=FileStorage(tmp_path / "ring.json"))
    done = subprocess.run(
        [sys.executable, "-c", QUIETLY, str(tmp_path / "ring.json"), str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout.split("\n")[:2] == ["[]", "0 0" if sys.platform == "linux" else "0 1"]
