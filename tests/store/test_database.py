"""The file: what is refused, what is made, what other processes notice, what a full disk costs."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from store.database import Database, create_file
from store.documents import Replica
from store.errors import NotFoundError, StorageError
from store.queries import Query
from store.refusals import explain
from store.workbench import Workbench
from tests.store.support import EARLIER, content, every_byte, run, shut, sound


def add(bench, title="x", **kw):
    with bench.step("add", **kw) as step:
        return step.insert("tasks", {"title": title})


def snapshot(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}


# -- opening ----------------------------------------------------------------------------------


def test_there_is_one_home_to_a_folder(bench):
    with pytest.raises(StorageError):
        Workbench.create(bench.home, keyring=False)


def test_opening_a_folder_without_a_home_says_so(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        Workbench.open(tmp_path / "nothing")
    assert caught.value.hint
    assert not (tmp_path / "nothing").exists()


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    (tmp_path / "h").mkdir()
    (tmp_path / "h" / "manabench.db").write_bytes(b"not a database, but somebody's text" * 40)
    before = snapshot(tmp_path / "h")
    with pytest.raises(StorageError) as caught:
        Workbench.open(tmp_path / "h")
    assert caught.value.kept
    assert snapshot(tmp_path / "h") == before


def test_home_is_for_this_user_alone(bench):
    assert bench.home.stat().st_mode & 0o777 == 0o700
    assert (bench.home / "manabench.db").stat().st_mode & 0o777 == 0o600


def test_opening_waits_for_no_writer(make):
    """A long import in one process must not keep a list in another from opening."""
    bench = make("home")
    add(bench)
    with bench.step("import", durable=False) as step:
        step.insert("tasks", {"title": "half"})
        began = time.monotonic()
        out = run(
            "import sys; from store.workbench import Workbench; from pathlib import Path\n"
            "b = Workbench.open(Path(sys.argv[1]))\n"
            "from store.queries import Query\n"
            "print(b.documents.count(b.scope, Query('tasks')))",
            str(bench.home),
        )
        assert time.monotonic() - began < 10
    assert out.strip() == "1"


# -- transactions -----------------------------------------------------------------------------


class BrokenOffError(Exception):
    """What a test raises inside a step."""


def break_off(bench):
    with bench.step("add") as step:
        step.insert("tasks", {"title": "x"})
        bench.tags.add("half")
        raise BrokenOffError


def test_what_fails_half_way_leaves_nothing(bench):
    before = content(bench), bench.db.read("SELECT * FROM history")
    with pytest.raises(BrokenOffError):
        break_off(bench)
    assert (content(bench), bench.db.read("SELECT * FROM history")) == before
    add(bench)
    sound(bench)


def test_actors_and_people_first_seen_in_a_step_that_failed_are_not_taken_for_known(bench):
    from store.stamps import act_as

    stranger = {"kind": "user", "principalId": "u9", "displayName": "Nine"}
    for fails in (True, False):
        try:
            with act_as(stranger), bench.step("add") as step:
                step.merge("tasks", "t1", {"title": "x", "authorId": "u9"}, "2026-01-01")
                if fails:
                    raise RuntimeError
        except RuntimeError:
            continue
    (past,) = bench.history.of(bench.scope, "tasks", "t1")
    assert past.actor == stranger
    assert bench.documents.get(bench.scope, "tasks", "t1")["authorId"] == "u9"


def test_two_threads_write_one_after_the_other(bench):
    done: list[str] = []

    def work(name):
        for number in range(20):
            done.append(add(bench, f"{name}{number}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bench.documents.count(bench.scope, Query("tasks")) == len(done) == 60
    sound(bench)


def test_a_reader_sees_only_what_was_committed(bench):
    seen = []
    with bench.step("add") as step:
        step.insert("tasks", {"title": "x"})
        thread = threading.Thread(
            target=lambda: seen.append(bench.documents.count(bench.scope, Query("tasks")))
        )
        thread.start()
        thread.join()
    assert seen == [0]
    assert bench.documents.count(bench.scope, Query("tasks")) == 1


# -- notices ----------------------------------------------------------------------------------


def test_a_notice_names_what_changed_and_comes_after_the_commit(bench):
    heard = []

    def tell(changes):
        heard.append((changes, bench.documents.count(bench.scope, Query("tasks"))))

    leave = bench.db.subscribe(tell)
    id = add(bench)
    assert heard == [({("tasks", bench.scope.id): {id}}, 1)]
    with pytest.raises(BrokenOffError):
        break_off(bench)
    leave()
    add(bench)
    assert len(heard) == 1


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_a_watcher_hears_of_another_process_and_not_of_itself(make):
    one, two = make("home"), make("home")
    heard: list[dict] = []
    two.db.watch(every=0.01)
    time.sleep(0.05)
    two.db.subscribe(heard.append)
    add(one)
    until(lambda: heard)
    assert heard == [{("tasks", one.scope.id): None}]


def test_a_write_of_ours_does_not_hide_anothers_that_came_just_before(make):
    one, two = make("home"), make("home")
    heard: list[dict] = []
    two.db.watch(every=0.3)
    time.sleep(0.05)
    two.db.subscribe(heard.append)
    for _ in range(3):
        heard.clear()
        add(one)
        add(two)
        until(lambda: {("tasks", one.scope.id): None} in heard, 2)


def test_a_write_of_ours_that_failed_does_not_hide_anothers_after_it(make):
    one, two = make("home"), make("home")
    add(one)
    heard: list[dict] = []
    two.db.watch(every=0.02)
    two.db.subscribe(heard.append)

    def fails_at_the_commit():
        with two.db.transaction() as connection:
            two.db.touch("tasks", two.scope.id, {"x"})
            assert two.db._count()
            connection.execute("SELECT nothing")

    with pytest.raises(StorageError):
        fails_at_the_commit()
    heard.clear()
    add(one)
    until(lambda: {("tasks", one.scope.id): None} in heard, 2)


# -- disks ------------------------------------------------------------------------------------


def mount(*options):
    """A mount of our own; skipped where this user may not have one."""
    done = subprocess.run(["mount", *map(str, options)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting needs root in its own machine")


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid():
        pytest.skip("mounting needs root")
    mount("-t", "tmpfs", "-o", "size=1500k", "tmpfs", place)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_refuses_the_write_and_loses_nothing(small_disk, monkeypatch):
    bench = Workbench.create(small_disk / "home", keyring=False)
    saved = []

    def write_on():
        while len(saved) < 2000:
            with bench.step("add") as step:
                id = step.insert("tasks", {"title": "x", "description": "x" * 5000})
            saved.append(id)

    with pytest.raises(StorageError) as caught:
        write_on()
    assert "full" in caught.value.message
    assert caught.value.kept
    assert caught.value.hint
    assert len(saved) > 5
    for id in saved:
        assert bench.documents.get(bench.scope, "tasks", id)
    assert bench.documents.count(bench.scope, Query("tasks")) == len(saved)
    shut(bench)
    mount("-o", "remount,size=8m", small_disk)
    again = Workbench.open(small_disk / "home")
    assert again.documents.count(again.scope, Query("tasks")) == len(saved)
    add(again)
    sound(again)
    shut(again)


def test_a_database_that_may_not_grow_refuses_and_loses_nothing(bench):
    """The same without a disk of its own."""
    first = add(bench)
    pages = bench.db.read("PRAGMA page_count")[0][0]
    bench.db._writer.execute(f"PRAGMA max_page_count={pages + 3}")
    many = [Replica(f"t{n}", {"description": "x" * 5000}, EARLIER) for n in range(200)]
    with pytest.raises(StorageError) as caught, bench.step("import") as step:
        step.merge_many("tasks", many)
    assert "full" in caught.value.message
    assert bench.documents.count(bench.scope, Query("tasks")) == 1
    bench.db._writer.execute("PRAGMA max_page_count=1073741823")
    add(bench)
    assert bench.documents.get(bench.scope, "tasks", first)["title"] == "x"
    sound(bench)


@pytest.fixture
def sealed_folder(make, tmp_path):
    """A home on a file system that was mounted read-only after it had been used."""
    bench = make("disk/home")
    add(bench, "kept")
    bench.close()
    if os.geteuid():
        (tmp_path / "disk/home").chmod(0o500)
        (tmp_path / "disk/home" / "manabench.db").chmod(0o400)
        yield tmp_path / "disk/home"
        (tmp_path / "disk/home").chmod(0o700)
        return
    mount("--bind", tmp_path / "disk", tmp_path / "disk")
    mount("-o", "remount,bind,ro", tmp_path / "disk")
    yield tmp_path / "disk/home"
    subprocess.run(["umount", "-l", str(tmp_path / "disk")], check=True)


def test_a_read_only_folder_is_told_in_words_and_nothing_is_lost(sealed_folder):
    before = snapshot(sealed_folder)
    with pytest.raises(StorageError) as caught:
        Workbench.open(sealed_folder)
    assert caught.value.exit_code == 1
    assert caught.value.kept
    assert "read-only" in caught.value.hint or "permission" in caught.value.hint
    assert snapshot(sealed_folder) == before


def test_every_refusal_of_sqlite_has_three_sentences():
    for text in (
        "database or disk is full",
        "attempt to write a readonly database",
        "unable to open database file",
        "database is locked",
        "database disk image is malformed",
        "file is not a database",
        "something nobody has seen",
    ):
        error = explain(sqlite3.OperationalError(text))
        assert isinstance(error, StorageError)
        assert error.message
        assert error.kept
        assert error.hint


def test_the_home_holds_nothing_but_its_files(bench):
    add(bench)
    names = {p.name for p in bench.home.iterdir()}
    assert names <= {"manabench.db", "manabench.db-wal", "manabench.db-shm"}
    assert b"SQLite format 3" in every_byte(bench.home)


ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT max(i) FROM (SELECT i FROM n LIMIT 1000000)"
)


def test_closing_while_others_read_ends_their_reads_and_not_the_process(tmp_path):
    create_file(tmp_path / "slow" / "manabench.db")
    db = Database(tmp_path / "slow" / "manabench.db")
    started, told = threading.Barrier(5), []

    def reads():
        db.read("SELECT 1")
        started.wait()
        try:
            while True:
                db.read(ENDLESS)
        except StorageError as error:
            told.append(error)

    readers = [threading.Thread(target=reads) for _ in range(4)]
    for reader in readers:
        reader.start()
    started.wait()
    db.close()
    for reader in readers:
        reader.join(20)
    assert len(told) == 4


def test_threads_that_leave_while_it_closes_take_nothing_with_them(make):
    for number in range(20):
        bench = make(f"closing-{number}")
        begin = threading.Barrier(5)

        def come_and_go(bench=bench, begin=begin):
            with suppress(StorageError):
                bench.db.read("SELECT 1")
            begin.wait()
            bench.db.leave()

        threads = [threading.Thread(target=come_and_go) for _ in range(4)]
        for thread in threads:
            thread.start()
        begin.wait()
        bench.close()
        for thread in threads:
            thread.join()


def test_closing_while_threads_make_their_first_read_takes_nothing_with_it(tmp_path):
    path = tmp_path / "first" / "manabench.db"
    create_file(path)
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.00005)
    try:
        for number in range(200):
            db = Database(path)

            def first(db=db):
                with suppress(StorageError):
                    db.read("SELECT 1")

            threads = [threading.Thread(target=first) for _ in range(6)]
            for thread in threads:
                thread.start()
            time.sleep(0.0005 * (number % 4))
            db.close()
            for thread in threads:
                thread.join()
            with pytest.raises(StorageError):
                db.read("SELECT 1")
    finally:
        sys.setswitchinterval(before)
