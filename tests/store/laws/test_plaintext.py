"""Plaintext of protected fields never touches the disk (law 6), and purged values leave it (law 5):
every byte of the home, the configuration and the runtime folder is looked at."""

from __future__ import annotations

import base64
import json
import re
import shutil

import pytest

from store import schema
from store.purge import purge_records, purge_space
from store.queries import Query
from store.stamps import PURGED
from store.workbench import Workbench
from tests.store.laws.filler import MARKER, fill, word
from tests.store.support import every_byte, script, shut, sound

PROGRAM = "from runpy import run_module; run_module('tests.store.laws.filler', run_name='__main__')"


def forms(text):
    """The bytes that ``text`` could be found by: as it is, for other machines, in base64."""
    yield text.encode()
    yield text.upper().encode()
    yield text.encode("utf-16-le")
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + text.encode())[4:-4]


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Home, configuration and runtime folder of this test alone."""
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return tmp_path


def hunt(*folders):
    data = every_byte(*folders)
    assert len(data) > 10_000
    return [form for form in forms(MARKER) if form in data]


def envelopes(bench, *tables):
    """The ciphertext of every envelope that these tables hold."""
    found = set()
    for table in tables:
        for row in bench.db.read(f'SELECT * FROM "{table}"'):
            for cell in row:
                if isinstance(cell, str):
                    found |= set(re.findall(r"enc:2:[0-9a-f]+:([A-Za-z0-9+/=]{30,})", cell))
    return found


def pieces(envelope):
    """Parts of a long envelope, which SQLite spreads over pages."""
    starts = range(0, max(len(envelope) - 39, 1), 200)
    return {envelope[start : start + 40].encode() for start in starts}


def test_the_hunt_finds_what_is_there(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 20_000 + f"..{MARKER}1..".encode())
    assert hunt(tmp_path)
    (tmp_path / "a").write_bytes(b"x" * 20_000 + base64.b64encode(f"ab {MARKER} cd".encode()))
    assert hunt(tmp_path)


def test_no_protected_text_touches_the_disk(make, folders):
    bench = make("home")
    for done in fill(bench):
        assert hunt(folders) == [], done
    schema.restore_point(bench.db)
    bench.vault.lock()
    assert hunt(folders) == []
    bench.vault.unlock_quietly()
    shut(bench)
    assert hunt(folders) == []
    again = Workbench.open(bench.home)
    assert MARKER in str(again.documents.page(again.scope, Query("notes", filters=("all",))))
    shut(again)


def test_nothing_but_what_is_declared_clear_is_readable_in_the_file(make, folders):
    """Numbers and flags of sealed fields are no text, but are sealed all the same."""
    bench = make("home")
    list(fill(bench))
    assert b"77123456" not in every_byte(folders)
    for declared in bench.registry:
        for doc, large in bench.db.read(f'SELECT doc, large FROM "{declared.name}"'):
            for part in (doc, large):
                assert part is None or MARKER not in part


@pytest.mark.slow
@pytest.mark.parametrize("place", range(10))
def test_no_protected_text_is_left_by_a_crash(make, folders, place):
    bench = make("home")
    home = bench.home
    shut(bench)
    process = script(PROGRAM, str(home))
    for _ in range(1 + place * 5):
        assert process.stdout.readline()
    process.kill()
    process.communicate()
    assert hunt(folders) == []
    again = make("home")
    sound(again)
    assert hunt(folders) == []


def test_a_purged_record_is_gone_from_every_byte_even_as_an_envelope(make, folders):
    bench, other = make("home"), make("home")
    with bench.step("add") as step:
        id = step.insert("notes", {"title": word(), "content": word() * 500, "unknown": word()})
        kept = step.insert("notes", {"title": "kept", "content": "kept"})
    for _ in range(5):
        with bench.step("edit") as step:
            step.update("notes", id, {"title": word(), "content": word() * 500})
    bench.history.undo(bench.scope, 2)
    bench.drafts.save("edit", word(), "notes", id, "content")
    schema.restore_point(bench.db)
    other.documents.get(other.scope, "notes", id)
    mine = envelopes(bench, "notes", "history", "drafts")
    keep = {
        value
        for row in bench.db.read("SELECT doc, large FROM notes WHERE id = ?", (kept,))
        for cell in row
        for value in re.findall(r"enc:2:[0-9a-f]+:([A-Za-z0-9+/=]{30,})", cell)
    }
    assert len(mine) > 10
    mine -= keep
    before = every_byte(bench.home)
    there = [value for value in mine if any(piece in before for piece in pieces(value))]
    assert len(there) == len(mine)
    assert purge_records(bench, bench.scope, "notes", [id]) == 1
    data = every_byte(bench.home)
    assert [value for value in mine if any(piece in data for piece in pieces(value))] == []
    assert bench.documents.get(bench.scope, "notes", kept)["content"] == "kept"
    sound_but_purged(bench)


def test_a_purged_record_leaves_a_stone_that_tells_who_and_when(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "x", "order": 1})
    before = bench.db.read("SELECT meta FROM tasks WHERE id = ?", (id,))
    purge_records(bench, bench.scope, "tasks", [id])
    stone = bench.documents.get(bench.scope, "tasks", id)
    assert stone["deletedAt"]
    assert set(stone) >= {"title", "order"}
    assert stone["title"] is stone["order"] is None
    after = json.loads(bench.db.read("SELECT meta FROM tasks WHERE id = ?", (id,))[0][0])
    assert after.pop("f").keys() == {"deletedAt"}
    written = json.loads(before[0][0])["d"]
    assert after == {"d": [*written[:2], PURGED]}
    assert bench.documents.count(bench.scope, Query("tasks")) == 0
    assert all(p.value is None for p in bench.history.of(bench.scope, "tasks", id))
    # Undo finds nothing to bring back.
    bench.history.undo(bench.scope)
    assert bench.documents.get(bench.scope, "tasks", id)["title"] is None
    sound_but_purged(bench)


def sound_but_purged(bench):
    assert bench.db.read("PRAGMA integrity_check") == [("ok",)]


def test_purging_a_space_takes_all_of_it_and_nothing_else(make, folders):
    bench = make("home")
    family = bench.spaces.create("Meyer", "family")
    with bench.step("keep") as step:
        kept = step.insert("tasks", {"title": "kept"})
    bench.enter(family)
    tag = bench.tags.add(word())
    with bench.step("add") as step:
        for collection in ("tasks", "notes", "contacts"):
            id = step.insert(collection, {"unknown": word()})
            bench.tags.tag(step, collection, [id], tag)
    inside = bench.scope
    before = every_byte(bench.home)
    mine = {
        value
        for declared in bench.registry
        if declared.level == "space"
        for row in bench.db.read(
            f'SELECT doc FROM "{declared.name}" WHERE space = ?', (inside.number,)
        )
        for value in re.findall(r"enc:2:[0-9a-f]+:([A-Za-z0-9+/=]{30,})", row[0])
    }
    assert mine
    assert all(value.encode() in before for value in mine)
    bench.enter(bench.spaces.personal())
    assert purge_space(bench, inside) > 4
    data = every_byte(bench.home)
    assert [value for value in mine if value.encode() in data] == []
    assert bench.documents.get(bench.scope, "tasks", kept)["title"] == "kept"
    sound_but_purged(bench)


def test_a_copy_of_the_home_without_the_key_file_opens_nothing(make, folders, monkeypatch):
    bench = make("home")
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": word()})
    shut(bench)
    shutil.copytree(bench.home, folders / "copy")
    monkeypatch.setenv("MANABENCH_CONFIG", str(folders / "elsewhere"))
    copy = Workbench.open(folders / "copy")
    assert not copy.vault.unlocked
    assert str(copy.documents.get(copy.scope, "tasks", id)["title"]) == "(locked)"
    shut(copy)
