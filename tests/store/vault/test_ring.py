"""The ring of keys: ways in, damage, further keys, locking between vaults."""

from __future__ import annotations

import json

import pytest

from store.errors import (
    GuardError,
    InvalidValueError,
    LockedError,
    StorageError,
    WrongPassphraseError,
)
from store.vault import Vault, keys
from store.vault.holder import Held
from tests.store.vault.support import QUICK, MemoryStorage

PLACE = ("notes", "n1", "content")


@pytest.fixture
def storage():
    return MemoryStorage()


@pytest.fixture
def config(tmp_path):
    return tmp_path / "config"


@pytest.fixture
def vault(storage, config, tmp_path):
    made = Vault(storage, cost=QUICK)
    how = made.initialise(passphrase="open me", keyring=False, config=config, home_id=tmp_path.name)
    assert how == "passphrase"
    yield made
    made.lock()


def again(storage, config=None) -> Vault:
    return Vault(storage, cost=QUICK, config=config)


def test_a_passphrase_opens_in_another_process_and_a_wrong_one_does_not(vault, storage):
    sealed = vault.seal(*PLACE, "text")
    other = again(storage)
    assert not other.unlocked
    assert other.key_id == vault.key_id
    with pytest.raises(WrongPassphraseError):
        other.unlock(passphrase="Open me")
    assert not other.unlocked
    other.unlock(passphrase="open me", hold=False)
    assert other.open(*PLACE, sealed) == "text"


def test_a_wrong_passphrase_leaves_an_unlocked_vault_unlocked(vault):
    with pytest.raises(WrongPassphraseError):
        vault.unlock(passphrase="no")
    assert vault.unlocked


def test_the_default_cost_is_64_mib_and_three_passes_with_its_own_salt(storage, config):
    vault = Vault(storage)
    vault.initialise(passphrase="p", keyring=False, config=config, home_id="h")
    params = json.loads(storage.row("passphrase")["params"])
    assert (params["memory"], params["passes"], params["lanes"]) == (65536, 3, 4)
    before = params["salt"]
    vault.set_passphrase("q")
    assert json.loads(storage.row("passphrase")["params"])["salt"] != before


def test_stored_parameters_are_used_and_not_those_of_today(vault, storage):
    other = Vault(storage)
    other.unlock(passphrase="open me", hold=False)
    assert other.unlocked


def test_changing_the_passphrase_rewrites_one_row(vault, storage):
    vault.make_recovery()
    vault.add_key("account", "mk1", b"m" * 32)
    vault.add_key("space", "s1", b"s" * 32)
    before, sealed = storage.load(), vault.seal(*PLACE, "text")
    saves = storage.saves
    vault.set_passphrase("new")
    changed = [old["wrap"] for old, new in zip(before, storage.rows, strict=True) if old != new]
    assert changed == ["passphrase"]
    assert storage.saves == saves + 1
    other = again(storage)
    with pytest.raises(WrongPassphraseError):
        other.unlock(passphrase="open me")
    other.unlock(passphrase="new", hold=False)
    assert other.open(*PLACE, sealed) == "text"


def test_an_empty_passphrase_is_refused(vault, storage, config):
    with pytest.raises(InvalidValueError):
        vault.set_passphrase("")
    fresh = MemoryStorage()
    with pytest.raises(InvalidValueError):
        Vault(fresh).initialise(passphrase="", keyring=False, config=config, home_id="h")
    assert fresh.rows == []


def test_keys_are_never_made_twice_for_one_home(vault, storage, config):
    before = storage.load()
    with pytest.raises(GuardError):
        again(storage).initialise(passphrase="x", keyring=False, config=config, home_id="h")
    assert storage.rows == before


def test_the_recovery_code_opens_and_a_new_one_ends_the_old(vault, storage):
    first = vault.make_recovery()
    other = again(storage)
    other.unlock(recovery=first.lower().replace("-", " "), hold=False)
    assert other.unlocked
    second = vault.make_recovery()
    with pytest.raises(WrongPassphraseError):
        again(storage).unlock(recovery=first)
    again(storage).unlock(recovery=second, hold=False)
    assert len(keys.file_rows(storage.rows, "recovery")) == 1


def test_a_way_that_does_not_exist_is_named_with_those_that_do(vault, storage):
    with pytest.raises(LockedError) as caught:
        vault.unlock(recovery="0" * 64)
    assert "passphrase" in caught.value.hint
    with pytest.raises(LockedError):
        Vault(MemoryStorage()).unlock(passphrase="x")
    with pytest.raises(InvalidValueError):
        vault.unlock()


@pytest.mark.parametrize("column", ["wrapped", "params", "key_id", "check", "made"])
@pytest.mark.parametrize("damage", ["", "x", None, 5, "AAAA"])
def test_a_damaged_way_in_says_so_and_the_others_still_open(vault, storage, column, damage):
    code, sealed = vault.make_recovery(), vault.seal(*PLACE, "text")
    storage.row("passphrase")[column] = damage
    other = again(storage)
    with pytest.raises(StorageError) as caught:
        other.unlock(passphrase="open me")
    assert "recovery" in caught.value.hint
    assert other.ways == {"passphrase": False, "recovery": True}
    assert not other.unlock_quietly()
    other.unlock(recovery=code, hold=False)
    assert other.open(*PLACE, sealed) == "text"
    other.set_passphrase("repaired")
    again(storage).unlock(passphrase="repaired", hold=False)


def test_parameters_that_would_eat_the_machine_are_damage(vault, storage):
    row = storage.row("passphrase")
    row["params"] = json.dumps({**json.loads(row["params"]), "memory": 2**31})
    row["check"] = keys._check(row)
    with pytest.raises(StorageError):
        again(storage).unlock(passphrase="open me")


def test_a_row_of_a_newer_version_is_carried_along(vault, storage):
    newer = {"kind": "hardware", "wrap": "token", "more": 1}
    storage.rows.append(newer)
    vault.add_key("space", "s1", b"s" * 32)
    vault.set_passphrase("x")
    vault.make_recovery()
    assert newer in storage.rows
    again(storage).unlock(passphrase="x", hold=False)


def test_account_and_space_keys_open_after_a_restart(vault, storage):
    vault.add_key("account", "mk1", b"1" * 32)
    old = vault.seal1("old")
    vault.add_key("account", "mk2", b"2" * 32)
    vault.add_key("space", "s1", b"3" * 32)
    shared, new = vault.seal_under("s1", *PLACE, "shared"), vault.seal1("new")
    other = again(storage)
    other.unlock(passphrase="open me", hold=False)
    assert [other.open(*PLACE, text) for text in (old, new, shared)] == ["old", "new", "shared"]
    kinds = {info.key_id: info.kind for info in other.list_keys()}
    assert kinds == {
        vault.key_id: "file",
        "mk1": "account-old",
        "mk2": "account",
        "s1": "space",
    }
    assert other.raw_key("mk1") == b"1" * 32
    assert new != old
    with pytest.raises(InvalidValueError):
        other.raw_key(other.key_id)


def test_an_old_account_key_can_become_the_current_one_again(vault):
    vault.add_key("account", "mk1", b"1" * 32)
    vault.add_key("account", "mk2", b"2" * 32)
    vault.add_key("account", "mk1", b"1" * 32)
    assert {info.key_id: info.kind for info in vault.list_keys()}["mk1"] == "account"
    assert {info.key_id: info.kind for info in vault.list_keys()}["mk2"] == "account-old"


def test_adding_a_key_again_writes_nothing_and_another_under_its_id_is_refused(vault, storage):
    vault.add_key("space", "s1", b"3" * 32)
    saves = storage.saves
    vault.add_key("space", "s1", b"3" * 32)
    assert storage.saves == saves
    for bad in (("space", "s1", b"4" * 32), ("space", vault.key_id, b"4" * 32)):
        with pytest.raises(InvalidValueError):
            vault.add_key(*bad)
    for bad in (("file", "f", b"4" * 32), ("space", "a:b", b"4" * 32), ("space", "s", b"4")):
        with pytest.raises(InvalidValueError):
            vault.add_key(*bad)


@pytest.mark.parametrize("column", ["wrapped", "kind", "key_id"])
def test_a_damaged_key_row_costs_that_key_only(vault, storage, column):
    vault.add_key("space", "s1", b"1" * 32)
    vault.add_key("space", "s2", b"2" * 32)
    lost, kept = (vault.seal_under(name, *PLACE, name) for name in ("s1", "s2"))
    row = next(row for row in storage.rows if row["key_id"] == "s1")
    row[column] = {"wrapped": "AAAA", "kind": "account", "key_id": "s9"}[column]
    other = again(storage)
    other.unlock(passphrase="open me", hold=False)
    assert len(other.damaged) == 1
    assert other.open(*PLACE, kept) == "s2"
    with pytest.raises(StorageError) as caught:
        other.open(*PLACE, lost)
    assert caught.value.reason == "foreign key"
    # Its row stays: a better version may read it.
    other.add_key("space", "s3", b"3" * 32)
    assert row in storage.rows


def test_a_row_with_a_right_checksum_but_another_binding_does_not_open(vault, storage):
    vault.add_key("space", "s1", b"1" * 32)
    row = next(row for row in storage.rows if row["key_id"] == "s1")
    row["kind"] = "account"
    row["check"] = keys._check(row)
    other = again(storage)
    other.unlock(passphrase="open me", hold=False)
    assert other.damaged == ["s1"]


def test_a_key_added_by_another_process_is_there_after_refresh(vault, storage):
    other = again(storage)
    other.unlock(passphrase="open me", hold=False)
    vault.add_key("space", "s1", b"1" * 32)
    sealed = vault.seal_under("s1", *PLACE, "x")
    other.refresh()
    assert other.open(*PLACE, sealed) == "x"
    other.add_key("space", "s2", b"2" * 32)
    assert {row["key_id"] for row in storage.rows} >= {"s1", "s2"}


def test_locking_one_vault_locks_the_other_on_its_next_look(vault, storage):
    other = again(storage)
    other.unlock(passphrase="open me", hold=False)
    told = []
    other.when_locked(lambda: told.append(other.unlocked))
    assert other.check_epoch()
    vault.lock()
    assert not vault.unlocked
    with pytest.raises(LockedError):
        other.add_key("space", "s", b"1" * 32)
    assert not other.check_epoch()
    assert not other.unlocked
    assert told == [False]
    other.unlock(passphrase="open me", hold=False)
    assert other.check_epoch()


def test_a_listener_can_leave(vault):
    told = []
    vault.when_locked(lambda: told.append(1))()
    vault.lock()
    assert told == []


def test_locking_raises_the_epoch_even_while_locked(vault, storage):
    vault.lock()
    vault.lock()
    assert storage.number == 2


def test_keys_are_dropped_even_if_the_epoch_cannot_be_written(vault, storage, monkeypatch):
    def full() -> int:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(storage, "raise_epoch", full)
    with pytest.raises(StorageError):
        vault.lock()
    assert not vault.unlocked
    monkeypatch.undo()


def test_the_last_way_in_cannot_be_removed(vault, storage, config):
    vault.make_recovery()
    with pytest.raises(GuardError):
        vault.remove_way("passphrase")
    assert vault.add_quiet_way(keyring=False) == "key file"
    assert vault.opens_alone == ("key file",)
    vault.remove_way("passphrase")
    assert set(vault.ways) == {"key file", "recovery"}
    with pytest.raises(GuardError):
        vault.remove_way("key file")
    assert again(storage, config).unlock_quietly()


def test_no_representation_and_no_stored_text_shows_a_key(vault, storage):
    vault.add_key("space", "s1", b"SPACEKEY" * 4)
    raw = bytes(vault._ring.keys[vault.key_id].raw)
    held = Held(1, "k", bytearray(raw))
    shown = [
        vault,
        vault._ring,
        vault._ring.keys,
        held,
        [vault._own],
        vault.list_keys(),
        storage.rows,
    ]
    for text in map(repr, shown):
        assert "SPACEKEY" not in text
        assert repr(raw)[2:-1] not in text
        assert raw.hex() not in text


def test_a_vault_and_its_keys_cannot_be_pickled(vault):
    import copy
    import pickle

    for secret in (vault, vault._own):
        with pytest.raises(TypeError):
            pickle.dumps(secret)
        with pytest.raises(TypeError):
            copy.copy(secret)


def test_key_bytes_are_overwritten_on_locking(vault):
    vault.add_key("space", "s1", b"SPACEKEY" * 4)
    raws = [key.raw for key in vault._ring.keys.values()]
    assert len(raws) == 2
    vault.lock()
    assert all(bytes(raw) == bytes(32) for raw in raws)
    assert vault._ring.keys == {}


def test_threads_may_seal_and_open_while_another_locks_and_unlocks(vault):
    import threading

    problems: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                assert vault.open(*PLACE, vault.seal(*PLACE, "x")) == "x"
            except LockedError:
                continue
            except BaseException as problem:  # noqa: BLE001 - whatever it is, it is the finding
                problems.append(problem)
                return

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        vault.lock()
        vault.unlock(passphrase="open me", hold=False)
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
