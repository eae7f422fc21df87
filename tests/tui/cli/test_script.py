"""The main job as one script: two real kinds of source, two spaces, by commands alone."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.harness import Manabench

MARK = "quokka"
"""A word that stands in every protected text and must be found nowhere on the disk."""


def _sources(folder: Path) -> tuple[str, str]:
    notes = folder / "vault"
    (notes / "trips").mkdir(parents=True)
    for n in range(12):
        (notes / "trips" / f"{n}.md").write_text(
            f"---\ntags: [{MARK}tag]\n---\n# Trip {n} {MARK}\n\nto [[place {n}]] {MARK}{n}\n"
        )
    tasks = [
        {
            "uuid": f"00000000-0000-4000-8000-0000000000{n:02}",
            "description": f"Pack {MARK} {n}",
            "status": "completed" if n % 3 == 0 else "pending",
            "entry": "20260101T090000Z",
            "modified": "20260102T090000Z",
            "due": "20260601T000000Z",
            "priority": "H",
            "project": f"{MARK}project",
            "tags": ["outdoor"],
            **({"end": "20260103T090000Z"} if n % 3 == 0 else {}),
        }
        for n in range(12)
    ]
    export = folder / "tasks.json"
    export.write_text(json.dumps(tasks))
    return str(notes), str(export)


@pytest.mark.slow
def test_the_main_job_by_commands_alone(manabench: Manabench, tmp_path: Path) -> None:
    run = manabench
    notes, export = _sources(tmp_path)
    run("init", "--passphrase-stdin", input="a long passphrase\n").ok()
    for source in (notes, export):
        assert run("import", source, "--json").ok().data["counts"]["new"] == 12
        assert run("import", source, "--json").ok().data["counts"]["same"] == 12

    assert len(run("note", "list", "--tag", f"{MARK}tag", "--json").ok().data) == 12
    assert len(run("task", "list", "--json").ok().data) == 8
    assert len(run("task", "list", "--completed", "--json").ok().data) == 4
    assert len(run("search", f"{MARK}7", "--json").ok().data) == 1

    ids = "\n".join(task["id"] for task in run("task", "list", "--json").ok().data)
    run("tag", "add", f"{MARK} urgent").ok()
    run("task", "tag", "-", "--tag", f"{MARK} urgent", input=ids).ok()
    assert len(run("task", "list", "--tag", f"{MARK} urgent", "--json").ok().data) == 8
    run("undo").ok()
    assert run("task", "list", "--tag", f"{MARK} urgent", "--json").ok().data == []

    note = f"Trip 3 {MARK}"
    run("note", "edit", note, "--title", f"Trip 3b {MARK}").ok()
    run("undo").ok()
    assert run("note", "show", note, "--json").ok().data["title"] == note

    run("space", "create", f"Club {MARK}", "--type", "club", "--slug", "club").ok()
    run("task", "add", f"Meeting {MARK}", "--space", "club").ok()
    run("task", "add", f"Meeting {MARK}").ok()
    assert len(run("task", "list", "--space", "club", "--json").ok().data) == 1
    assert len(run("search", "meeting", "--json").ok().data) == 1
    assert len(run("search", "meeting", "--everywhere", "--json").ok().data) == 2

    child = run.start("task", "add", "-")
    assert child.stdin is not None
    child.stdin.write("".join(f"never {MARK} {n}\n" for n in range(3000)))
    child.stdin.close()
    time.sleep(0.35)
    child.kill()
    child.wait()
    child.stdin = None
    assert len(run("task", "list", "--json").ok().data) in (9, 3009)

    run("lock").ok()
    assert run("task", "add", "x").code == 4
    assert MARK not in run("task", "list", "--json").ok().out
    assert manabench.home.find(MARK) == []
