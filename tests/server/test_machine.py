"""Faults of the machine, on real processes: a full disk, a folder that nobody can write, signals,
a closed terminal, a power cut while devices listen."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.server import machine
from tests.harness import Home, Manabench
from tests.harness.needs import need
from tests.server.contract_changes import insert
from tests.server.listening import Deaf, Socket, Stream
from tests.server.process import PATIENCE, Served, add_user, serving
from tests.server.running import PASSWORD, Running, running
from tests.server.syncing import EPOCH, Device, phone

ANN = "ann@example.org"
MANABENCH = shlex.join([sys.executable, "-m", "tui.main"])


@pytest.fixture
def data(home: Home) -> Path:
    return home.root / "server"


# The disk ---------------------------------------------------------------------------------------


def namespace() -> list[str]:
    """The start of a command that sees mounts of its own, gone with it."""
    unshare, _mount = need("unshare"), need("mount")
    words = [unshare, "--mount", *([] if os.getuid() == 0 else ["--user", "--map-root-user"])]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    return words


@contextlib.contextmanager
def speaking(child: subprocess.Popen[str]) -> Iterator[Served]:
    """A server that has said where it listens; it is closed at the end, whatever happens."""
    assert child.stdout is not None
    with child:
        try:
            line = ""
            while "http" not in line:
                ready, _write, _error = select.select([child.stdout], [], [], PATIENCE)
                line = child.stdout.readline() if ready else ""
                assert line, child.communicate(timeout=PATIENCE)
            served = Served(child, "http" + line.rpartition("http")[2].strip(), line)
            yield served
            served.close()
        finally:
            if child.poll() is None:
                child.kill()


@contextlib.contextmanager
def within(home: Home, script: str) -> Iterator[Served]:
    """A server that a shell script becomes, inside mounts of its own."""
    child = subprocess.Popen(
        [*namespace(), "sh", "-euc", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=home.env | {"PASSWORD": PASSWORD},
        cwd=home.root,
        text=True,
    )
    with speaking(child) as served:
        yield served


@pytest.mark.slow
def test_a_full_disk_is_told_stores_nothing_by_half_and_passes(home: Home, data: Path):
    script = f"""
        mkdir {data}; mount -t tmpfs -o size=6m,mode=700 tmpfs {data}
        echo "$PASSWORD" | {MANABENCH} serve user add {ANN} --password-stdin --data {data}
        head -c 2000000 /dev/zero > {data}/ballast
        exec {MANABENCH} serve --port 0 --data {data}
    """
    with within(home, script) as served:
        ann = Device(served.again(ANN), "laptop")
        reader = phone(ann)
        with Stream(reader, "tasks") as events:
            stored = []
            for number in range(200):
                changes = [insert(f"{number}-{k}", push=number, x="y" * 4000) for k in range(20)]
                answer = ann.send({"changes": changes})
                if answer.status_code != 200:
                    break
                stored.append(number)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
            assert answer.text == "the server has no room left on its disk; nothing was stored\n"
            assert len(stored) > 10
            assert {ann.send({"changes": changes}).status_code for _again in range(3)} == {503}
            # It goes on with all that needs no room.
            assert events.ids(20 * len(stored))
            found = Counter(row["data"]["push"] for row in reader.pull())
            assert found == dict.fromkeys(stored, 20)
            for path, code in (
                ("/api/v1/auth/login", "error"),
                ("/api/auth/sign-in/email", "code"),
            ):
                told = served.nobody().post(path, json={"email": ANN, "password": PASSWORD})
                if told.status_code != 200:  # a session may still fit
                    assert told.status_code == 503
                    assert told.json()[code] == "SERVICE_UNAVAILABLE"
            os.unlink(f"/proc/{served.child.pid}/root{data}/ballast")
            ann.push(insert("later"))
            assert events.ids(1) == ["later"]
            ann.push(*[insert(f"again {k}", x="y" * 4000) for k in range(20)])
            assert len(reader.pull()) == 21
        code, _out, err = served.stop()
        assert code == 0
        assert err.count("no room left") == 1
        assert len(err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("before", [False, True])
def test_a_folder_that_cannot_be_written_is_told_at_the_start(
    home: Home, manabench: Manabench, data: Path, before: bool
):
    if before:
        add_user(manabench, data, ANN)
    data.mkdir(mode=0o700, exist_ok=True)
    script = f"""
        mount --bind {data} {data}; mount -o remount,bind,ro {data}
        exec {MANABENCH} serve --port 0 --data {data}
    """
    done = subprocess.run(
        [*namespace(), "sh", "-euc", script],
        env=home.env, cwd=home.root, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"The folder {data} cannot be written." in done.stderr
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "no room"),
        (sqlite3.SQLITE_IOERR_WRITE, "cannot be read or written"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "cannot be read or written"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_CONSTRAINT, ""),
    ],
)
def test_each_fault_has_words_and_a_shape_that_its_clients_read(code: int, words: str):
    error = sqlite3.OperationalError("a secret")
    error.sqlite_errorcode = code
    found = machine.unable(error)
    if not words:
        assert found is None
        return
    assert found is not None
    assert words in found.words
    for path in (
        "/sync/todo",
        "/api/v1/me/encryption-vault/key",
        "/api/v1/auth/login",
        "/api/auth/x",
    ):
        answer = machine.answer(path, found)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
        assert words in bytes(answer.body).decode()
        assert b"secret" not in bytes(answer.body)


def test_a_database_that_another_process_holds_is_told(
    shared: Running, monkeypatch: pytest.MonkeyPatch, people
):
    ann = Device(people("ann"), "laptop")
    writer = shared.context.identity.file._writer
    writer.execute("PRAGMA busy_timeout = 50")
    with contextlib.closing(
        sqlite3.connect(shared.settings.data / "server.db", isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = ann.send({"changes": [insert("a")]})
        assert (answer.status_code, "busy" in answer.text) == (503, True)
        other.execute("ROLLBACK")
    writer.execute("PRAGMA busy_timeout = 20000")
    ann.push(insert("a"))
    assert phone(ann).ids() == ["a"]


# Signals ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def detached(home: Home, data: Path, *before: str) -> Iterator[Served]:
    """A server without a terminal."""
    child = subprocess.Popen(
        [*before, sys.executable, "-m", "tui.main", "serve", "--port", "0", "--data", str(data)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=home.env,
        cwd=home.root,
        text=True,
        start_new_session=True,
    )
    with speaking(child) as served:
        yield served


@pytest.mark.slow
@pytest.mark.parametrize("before", ["", "nohup"])
def test_sighup_ends_no_server_that_runs_without_a_terminal(home: Home, data: Path, before: str):
    with detached(home, data, *([need(before)] if before else [])) as served:
        served.child.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert served.nobody().get("/health").status_code == 200
        code, _out, err = served.stop()
        assert code == 0
        assert "Traceback" not in err
        assert ("SIGHUP" in err) is not bool(before)


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_the_server_in_it_in_order(manabench: Manabench, data: Path):
    add_user(manabench, data, ANN)
    screen = manabench.terminal("serve", "--port", "0", "--data", str(data), cols=200)
    screen.wait_for("Serving")
    screen.close_pty()
    screen.wait_exit()
    assert screen.exit_status == 0
    with contextlib.closing(sqlite3.connect(data / "server.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # Folded in and removed: the database was closed, not dropped.
    assert not (data / "server.db-wal").exists()


@pytest.mark.slow
def test_sigterm_ends_it_within_seconds_whatever_is_open(manabench: Manabench, data: Path):
    add_user(manabench, data, ANN)
    with serving(manabench, data) as served, contextlib.ExitStack() as stack:
        ann = Device(served.again(ANN), "laptop")
        ann.push(*[insert(f"t{n}", x="y" * 80_000) for n in range(100)])
        port = int(served.url.rpartition(":")[2])
        head = "POST /sync/todo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in ann.headers.items()
        )
        pull = f"GET /sync/todo/pull?collection=tasks&since={EPOCH} HTTP/1.1\r\nHost: x\r\n"
        proof = f"Authorization: {ann.headers['Authorization']}\r\n\r\n"
        for words in ("", "GET / HTTP/1.1\r\n", head + "\r\n{", pull + proof):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", port))
            one.sendall(words.encode())
        stream = stack.enter_context(Stream(phone(ann), "nothing"))
        stack.enter_context(Deaf(phone(ann), "tasks", since=EPOCH))
        talk = stack.enter_context(Socket(ann)).auth()
        assert stream.headers_after < 5
        began = time.monotonic()
        code, _out, err = served.stop()
        assert code == 0
        assert time.monotonic() - began < 12
        assert "Traceback" not in err
        assert stream.next() == ("end", None)
        assert talk.next()["closed"] in (1001, 1012)


# A power cut ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_devices_that_listened_come_back_after_a_kill_and_miss_nothing(
    manabench: Manabench, data: Path
):
    add_user(manabench, data, ANN)
    with serving(manabench, data) as served:
        port = int(served.url.rpartition(":")[2])
        ann = Device(served.again(ANN), "laptop")
        reader = phone(ann)
        with Stream(reader, "tasks") as events, Socket(reader) as talk:
            talk.auth()
            ann.push(insert("a"))
            assert events.ids(1) == ["a"]
            reader.pull()
            ann.push(insert("b"))
            served.kill()
            while events.next()[0] != "end":
                pass
            while "closed" not in talk.next():
                pass
        with serving(manabench, data, port=port):
            # Session, token and cursor are as good as before.
            since = reader.since["tasks"]
            with Stream(reader, "tasks", since=since) as events, Socket(reader) as talk:
                talk.auth()
                ann.push(insert("c"))
                assert events.ids(2) == ["b", "c"]
                assert talk.next()["type"] == "sync-available"
            assert reader.ids() == ["b", "c"]


def test_a_clock_that_was_set_back_while_the_server_was_down_takes_no_row_behind_a_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with running(tmp_path / "server") as server:
        ann = Device(server.person(ANN), "laptop")
        ann.push(insert("a"))
        reader = phone(ann)
        assert reader.ids() == ["a"]
    now = time.time_ns
    monkeypatch.setattr("store.server.sqlite_changes.time.time_ns", lambda: now() - 10**9 * 86_400)
    with running(tmp_path / "server") as server:
        again = Device(server.again(ANN), "laptop")
        later = Device(again.person, "phone")
        later.since = reader.since
        before = dict(reader.since)
        again.push(insert("b"))
        assert later.ids() == ["b"]
        assert later.since["tasks"] > before["tasks"]
