"""The doctor without a terminal: each ill is found, named once, and told what to do about."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import doctor, locations
from store.doctor import Finding
from store.workbench import Workbench
from tests.harness import Home


@pytest.fixture
def place(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a key file, in the environment of this process."""
    for name in ("MANABENCH_HOME", "MANABENCH_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, home.env[name])
    bench = Workbench.create(home.path, keyring=False)
    with bench.step("add") as step:
        step.insert("tasks", {"title": "Zinnober"})
    bench.close()
    return home


def found(home: Path, about: str, **kw: bool) -> list[Finding]:
    return [one for one in doctor.examine(home, **kw) if one.about == about]


def only(home: Path, about: str, **kw: bool) -> Finding:
    (one,) = found(home, about, **kw)
    return one


def test_a_sound_home_has_nothing_bad_and_every_ill_has_a_remedy(place: Home) -> None:
    findings = list(doctor.examine(place.path, deep=True))
    assert {one.state for one in findings} <= {"ok", "note"}
    assert {"home", "permissions", "disk", "schema", "integrity", "key file", "lock"} <= {
        one.about for one in findings
    }
    assert all(one.todo for one in findings if one.about in ("key file", "recovery"))
    assert "Zinnober" not in str(findings)


def test_no_home_at_all_is_a_note(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANABENCH_CONFIG", str(home.config))
    findings = list(doctor.examine(home.path))
    assert [one.state for one in findings if one.about == "home"] == ["note"]
    assert not home.path.exists()
    assert not home.config.exists()


def test_looking_changes_no_byte_and_leaves_no_file(place: Home) -> None:
    def state() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in sorted(place.root.rglob("*")) if p.is_file()}

    before = state()
    list(doctor.examine(place.path, deep=True))
    assert state() == before


@pytest.mark.parametrize(
    ("mode", "state"), [(0o644, "warn"), (0o640, "warn"), (0o666, "bad"), (0o602, "bad")]
)
def test_a_database_that_others_reach_is_named_with_the_command(
    place: Home, mode: int, state: str
) -> None:
    path = place.path / locations.DATABASE
    path.chmod(mode)
    one = only(place.path, "permissions")
    assert one.state == state
    assert one.todo == f"Run: chmod 0600 '{path}'"


def test_a_key_file_that_others_can_read_is_bad(place: Home) -> None:
    key = next((place.config / "keys").glob("*.key"))
    key.chmod(0o644)
    assert only(place.path, "permissions").state == "bad"


def test_a_folder_that_others_may_list_is_named(place: Home) -> None:
    place.path.chmod(0o755)
    one = only(place.path, "permissions")
    assert one.todo == f"Run: chmod 0700 '{place.path}'"


def test_a_newer_schema_is_bad_and_not_touched(place: Home) -> None:
    path = place.path / locations.DATABASE
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99001")
    connection.close()
    one = only(place.path, "schema")
    assert one.state == "bad"
    assert "99.1" in one.words
    assert "Update" in one.todo


def test_a_newer_minor_schema_is_a_note(place: Home) -> None:
    path = place.path / locations.DATABASE
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1999")
    connection.close()
    assert only(place.path, "schema").state == "note"


def test_damage_is_found(place: Home) -> None:
    path = place.path / locations.DATABASE
    body = bytearray(path.read_bytes())
    for page in range(4, len(body) // 4096):
        body[page * 4096 : page * 4096 + 64] = os.urandom(64)
    path.write_bytes(body)
    states = {one.state for one in found(place.path, "integrity")}
    assert "bad" in states


def test_a_file_that_is_no_database_is_bad(place: Home) -> None:
    (place.path / locations.DATABASE).write_bytes(b"not a database at all" * 400)
    assert only(place.path, "integrity").state == "bad"


def test_a_missing_key_file_is_bad_where_it_is_the_only_way(place: Home) -> None:
    shutil.rmtree(place.config / "keys")
    assert only(place.path, "key file").state == "bad"
    assert only(place.path, "lock").state == "bad"


def test_a_key_file_beside_the_database_is_warned_of(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(place.config, place.path / "config")
    monkeypatch.setenv("MANABENCH_CONFIG", str(place.path / "config"))
    one = only(place.path, "key file")
    assert one.state == "warn"
    assert "both" in one.words


def test_a_locked_home_is_fine_and_says_so(place: Home) -> None:
    bench = Workbench.open(place.path)
    bench.vault.set_passphrase("a long passphrase")
    bench.vault.remove_way("key file")
    bench.vault.lock()
    bench.close()
    one = only(place.path, "lock")
    assert one.state == "ok"
    assert "locked" in one.words
    assert found(place.path, "key file") == []


def test_an_unlocked_session_is_seen(place: Home) -> None:
    bench = Workbench.open(place.path)
    bench.vault.set_passphrase("a long passphrase")
    bench.vault.remove_way("key file")
    held = bench.vault.hold()
    bench.close()
    if not held:
        pytest.skip("no place to hold a key on this machine")
    assert "unlocked" in only(place.path, "lock").words


def test_a_recovery_code_is_seen(place: Home) -> None:
    assert only(place.path, "recovery").state == "note"
    bench = Workbench.open(place.path)
    bench.vault.make_recovery()
    bench.close()
    assert only(place.path, "recovery").state == "ok"


def test_a_damaged_way_in_is_told(place: Home) -> None:
    with sqlite3.connect(place.path / locations.DATABASE) as connection:
        connection.execute(
            "UPDATE vault_keys SET row = json_set(row, '$.check', 'x') "
            "WHERE json_extract(row, '$.wrap') = 'key file'"
        )
    connection.close()
    assert only(place.path, "keys").state == "bad"


@pytest.fixture
def holder(place: Home) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has the database open."""
    program = (
        "import sys, time; f = open(sys.argv[1], 'rb'); print('open', flush=True); time.sleep(60)"
    )
    path = place.path / locations.DATABASE
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(path), "a title in the arguments"],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    yield child
    child.kill()
    child.communicate()


def test_other_processes_are_named_by_number_and_program_never_by_arguments(
    place: Home, holder: subprocess.Popen[bytes]
) -> None:
    one = only(place.path, "process")
    assert one.state == "note"
    assert str(holder.pid) in one.words
    assert f"kill {holder.pid}" in one.todo
    assert "title" not in str(one)


def test_a_stopped_process_is_warned_of(place: Home, holder: subprocess.Popen[bytes]) -> None:
    os.kill(holder.pid, signal.SIGSTOP)
    end = time.monotonic() + 5
    while only(place.path, "process").state != "warn":
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_log_left_by_a_dead_process_is_a_note(place: Home) -> None:
    program = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode=WAL')\n"
        "c.execute('CREATE TABLE more (x)'); c.commit(); os._exit(9)"
    )
    database = str(place.path / locations.DATABASE)
    subprocess.run([sys.executable, "-c", program, database], check=False)
    one = only(place.path, "log")
    assert one.state == "note"
    assert "lost" in one.words


def test_problems_of_the_settings_are_told_with_their_line(place: Home) -> None:
    (place.config / "settings.toml").write_text("[screen]\nmouse = 7\n")
    one = only(place.path, "settings")
    assert one.state == "warn"
    assert "2" in one.words


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_bad(place: Home) -> None:
    small = place.root / "small"
    small.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "none", str(small)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        shutil.copytree(place.path, small / "home")
        one = only(small / "home", "disk")
        assert one.state == "bad"
        assert "full" in one.words
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_synced_folder_is_warned_of(place: Home) -> None:
    synced = place.root / "Dropbox"
    shutil.copytree(place.path, synced / "home")
    one = only(synced / "home", "place")
    assert one.state == "warn"
    assert "Dropbox" in one.words


def test_a_keyring_that_does_not_answer_is_given_two_seconds(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(place.path / locations.DATABASE) as connection:
        connection.execute(
            "UPDATE vault_keys SET row = json_set(row, '$.wrap', 'keyring') "
            "WHERE json_extract(row, '$.wrap') = 'key file'"
        )
    connection.close()
    start = time.monotonic()
    assert only(place.path, "keyring").state == "bad"
    assert time.monotonic() - start < 10
