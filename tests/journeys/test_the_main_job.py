"""The main job on real input, by commands alone: a published package's Markdown tree and what a
real Taskwarrior exports, imported twice, tagged, filtered, searched, edited, undone, killed."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

from tests.harness import Manabench
from tests.store.exchange.material import Taskwarrior, fill, markdown_tree

pytestmark = pytest.mark.slow


def test_the_main_job_on_real_input_by_commands_alone(manabench: Manabench, tmp_path: Path) -> None:
    run = manabench
    tree = markdown_tree()
    task = Taskwarrior(tmp_path / "tw")
    fill(task)
    export = task.export(tmp_path / "tasks.json")
    titles = [t["description"] for t in json.loads(export.read_text())][:40]

    run("init", "--passphrase-stdin", input="a long passphrase\n").ok()
    made = {}
    for source in (tree, export):
        assert run("import", str(source), "--dry-run", "--json").ok().data["counts"]["new"] > 200
        made[source] = run("import", str(source), "--json").ok().data["counts"]["new"]
        again = run("import", str(source), "--json").ok().data["counts"]
        assert (again["new"], again["changed"], again["same"]) == (0, 0, made[source])

    assert len(run("note", "list", "--json").ok().data) == made[tree]
    some = run("task", "list", "--json").ok().data[:12]
    run("tag", "add", "today's dozen").ok()
    ids = "\n".join(one["id"] for one in some)
    run("task", "tag", "-", "--tag", "today's dozen", input=ids).ok()
    assert len(run("task", "list", "--tag", "today's dozen", "--json").ok().data) == 12
    assert run("search", "validation in:notes", "--json").ok().data

    before = run("task", "show", some[0]["id"], "--json").ok().data["title"]
    run("task", "edit", some[0]["id"], "--title", "Edited by hand").ok()
    assert run("search", "edited by", "--json").ok().data[0]["title"] == "Edited by hand"
    run("undo").ok()
    assert run("task", "show", some[0]["id"], "--json").ok().data["title"] == before
    run("undo").ok()
    assert run("task", "list", "--tag", "today's dozen", "--json").ok().data == []

    run("space", "create", "Work", "--type", "team", "--slug", "work").ok()
    run("task", "add", "Vexillology evening", "--space", "work").ok()
    assert run("search", "vexillology", "--json").ok().data == []
    assert len(run("search", "vexillology", "--space", "work", "--json").ok().data) == 1

    acknowledged = _kill_in_the_middle(run)
    left = {t["title"] for t in run("task", "list", "--json").ok().data}
    assert acknowledged <= left
    database = sqlite3.connect(run.home.path / "manabench.db")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()

    run("lock").ok()
    assert run("task", "add", "x").code == 4
    assert run.home.find(*titles, "Vexillology evening", "today's dozen", "a long passphrase") == []


def _kill_in_the_middle(run: Manabench) -> set[str]:
    """Add tasks one by one and kill -9 whichever command runs then; the titles it confirmed."""
    done: set[str] = set()
    end = time.monotonic() + 3
    number = 0
    while time.monotonic() < end:
        title = f"Confirmed {number}"
        child = run.start("task", "add", title)
        time.sleep(0.02 * (number % 9))
        child.kill()
        out, _ = child.communicate()
        if title in out:
            done.add(title)
        number += 1
    run("task", "add", "Confirmed at last").ok()
    return done | {"Confirmed at last"}
