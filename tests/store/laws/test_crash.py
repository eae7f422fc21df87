"""Several processes, and processes that are killed: no error, no lost word, a whole file."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from store.errors import NotFoundError, StorageError
from store.queries import Query
from store.vault import custody
from store.workbench import Workbench
from tests.store.support import content, script, shut, sound

WRITER = """
import sys, time
from pathlib import Path
from store.errors import NotFoundError
from store.workbench import Workbench
home, name, seconds = sys.argv[1:]
b = Workbench.open(Path(home))
until, n, tag = time.monotonic() + float(seconds), 0, b.tags.find("shared")["id"]
print("ready", flush=True)
sys.stdin.readline()
while time.monotonic() < until:
    title = f"{name}-{n}"
    with b.step("add") as step:
        id = step.insert("tasks", {"title": title, "description": "x" * (n % 7) * 300})
        b.tags.tag(step, "tasks", [id], tag)
    print("added", id, title, flush=True)
    if n % 3 == 1:
        with b.step("edit") as step:
            step.update("tasks", id, {"title": title + "!", "order": n})
        print("added", id, title + "!", flush=True)
    if n % 5 == 2:
        try:
            with b.step("delete") as step:
                step.delete("tasks", id)
            print("deleted", id, "-", flush=True)
        except NotFoundError:
            pass  # another process has undone its making
    if n % 7 == 3:
        b.history.undo(b.scope)
    if n % 11 == 4:
        with b.step("shared") as step:
            step.update("tasks", "shared", {"title": title})
    n += 1
print("end", flush=True)
"""


def acknowledged(lines):
    """What the writer said was saved: id to its last title, or None where it was deleted."""
    said = {}
    for line in lines:
        parts = line.split()
        # The last line of a killed process may be cut.
        if line.endswith("\n") and len(parts) == 3:
            said[parts[1]] = None if parts[0] == "deleted" else parts[2]
    return said


@pytest.fixture
def start():
    """``start(source, *args)``: a process that is gone after the test, whatever happened."""
    started = []

    def one(*args, **kw):
        started.append(script(*args, **kw))
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()


@pytest.fixture
def shared(make):
    bench = make("home", clock=None)
    bench.tags.add("shared")
    with bench.step("add", kind="seed") as step:
        step.insert("tasks", {"title": "x"}, id="shared")
    return bench


def check(bench, said, *, undone=False):
    """Every acknowledged word is current or, where a later undo took it back, in the history."""
    for id, title in said.items():
        record = bench.documents.get(bench.scope, "tasks", id)
        if undone:
            past = {str(p.value) for p in bench.history.of(bench.scope, "tasks", id)}
            assert title is None or title in past, (id, title)
        elif title is None:
            assert record.get("deletedAt"), id
        else:
            assert record["title"] == title


@pytest.mark.slow
def test_eight_processes_write_at_once_and_nothing_is_lost(shared, start):
    bench = shared
    heard = []
    bench.db.watch(every=0.02)
    bench.db.subscribe(heard.append)
    before = counters(bench)
    writers = [start(WRITER, str(bench.home), f"w{n}", "4", stdin=-1) for n in range(8)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    mine = []
    until = time.monotonic() + 3
    while time.monotonic() < until:
        with bench.step("mine") as step:
            mine.append(step.insert("tasks", {"title": "mine"}))
        time.sleep(0.05)
    total = 0
    for writer in writers:
        out, err = writer.communicate(timeout=60)
        assert writer.returncode == 0, err
        assert err == ""
        said = acknowledged(out.splitlines(keepends=True))
        assert out.endswith("end\n")
        assert said
        total += len(said)
        check(bench, said, undone=True)
    check(bench, dict.fromkeys(mine, "mine"))
    assert total > 100
    time.sleep(0.1)
    assert any(changes.get(("tasks", bench.scope.id), ()) is None for changes in heard)
    after = counters(bench)
    steps = bench.db.read("SELECT count(DISTINCT step) FROM history WHERE collection = 'tasks'")
    assert after["tasks"] - before["tasks"] == steps[0][0] - 1
    sound(bench)
    keys = bench.db.read("SELECT count(*), count(DISTINCT pk), count(DISTINCT id) FROM tasks")[0]
    assert keys[0] == keys[1] == keys[2]


def counters(bench):
    return {c: n for c, _, n in bench.db.read("SELECT * FROM counters WHERE space <> ''")}


def killed_once(start, bench, rng, lines):
    """One writer that is killed after about ``lines`` acknowledged writes; what it had said."""
    writer = start(WRITER, str(bench.home), f"k{lines}", "60", stdin=-1)
    assert writer.stdout.readline() == "ready\n"
    writer.stdin.write("go\n")
    writer.stdin.flush()
    said = [writer.stdout.readline() for _ in range(lines)]
    time.sleep(rng.random() * 0.02)
    writer.kill()
    return acknowledged(said + writer.stdout.readlines())


def survives(start, make, shared, rounds):
    home = shared.home
    shut(shared)
    rng = random.Random(7)
    known = {}
    for number in range(rounds):
        bench = make("home", clock=None)
        known |= killed_once(start, bench, rng, 1 + number * 4)
        shut(bench)
        assert (home / "manabench.db").exists()
        again = make("home", clock=None)
        sound(again)
        check(again, known, undone=True)
        state = content(again)
        if again.history.peek_undo(again.scope):
            again.history.undo(again.scope, 2)
            again.history.redo(again.scope, 2)
        assert content(again) == state
        shut(again)
    assert len(known) > rounds


def test_a_killed_process_loses_nothing_that_it_had_acknowledged(start, make, shared):
    survives(start, make, shared, 2)


@pytest.mark.slow
def test_processes_killed_at_random_points_lose_nothing(start, make, shared):
    survives(start, make, shared, 12)


# -- a first start that breaks off --------------------------------------------------------------

BEGINNER = """
import sys
from pathlib import Path
from store.workbench import Workbench
import sqlite_utils
print("ready", flush=True)
Workbench.create(Path(sys.argv[1]), keyring=False)
print("made", flush=True)
sys.stdin.readline()
"""


def can_be_used(path: Path) -> None:
    """Whatever was left in ``path``, a person gets a working home there."""
    try:
        bench = Workbench.open(path)
    except NotFoundError:
        bench = Workbench.create(path, keyring=False)
    with bench.step("add") as step:
        step.insert("tasks", {"title": "x"})
    assert bench.documents.count(bench.scope, Query("tasks")) == 1
    assert [s["type"] for s in bench.spaces.list()] == ["personal"]
    sound(bench)
    shut(bench)


@pytest.mark.slow
def test_a_first_start_that_is_killed_can_be_made_again(tmp_path):
    for number in range(10):
        path = tmp_path / f"h{number}"
        process = script(BEGINNER, str(path), stdin=-1)
        assert process.stdout.readline() == "ready\n"
        time.sleep(number * 0.004)
        process.kill()
        process.communicate()
        can_be_used(path)


def test_a_first_start_that_fails_leaves_nothing_in_the_way(tmp_path, monkeypatch):
    def fails(*args, **kw):
        raise StorageError("No keys today.")

    monkeypatch.setattr(custody.Custody, "initialise", fails)
    with pytest.raises(StorageError):
        Workbench.create(tmp_path / "h", keyring=False)
    monkeypatch.undo()
    monkeypatch.setenv("MANABENCH_CONFIG", str(tmp_path / "config"))
    with pytest.raises(NotFoundError):
        Workbench.open(tmp_path / "h")
    can_be_used(tmp_path / "h")


def test_an_empty_file_is_no_home_yet_and_can_become_one(tmp_path):
    (tmp_path / "h").mkdir(mode=0o700)
    (tmp_path / "h" / "manabench.db").touch(0o600)
    can_be_used(tmp_path / "h")


def test_somebody_elses_database_is_never_made_a_home(tmp_path):
    import sqlite3

    (tmp_path / "h").mkdir(mode=0o700)
    other = sqlite3.connect(tmp_path / "h" / "manabench.db")
    other.execute("CREATE TABLE home (key TEXT)")
    other.commit()
    other.close()
    before = (tmp_path / "h" / "manabench.db").read_bytes()
    with pytest.raises(StorageError):
        Workbench.create(tmp_path / "h", keyring=False)
    assert (tmp_path / "h" / "manabench.db").read_bytes() == before
    assert os.listdir(tmp_path / "h") == ["manabench.db"]
