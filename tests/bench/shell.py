"""The command line: listing tasks against what it imports, and against Taskwarrior."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.material import home, tasks
from tests.bench.measure import Line, compare, pairs, run, scratch

RUNS = 11
FLOOR = "import sqlite3, click, orjson"
COMPLETING = ["__complete", "bash", "manabench task done a", "21"]
INSTALLED = Path(sys.executable).with_name("manabench")
MANABENCH = [str(INSTALLED)] if INSTALLED.exists() else [sys.executable, "-m", "tui.main"]


def shell(count: int) -> list[Line]:
    """``manabench task list`` of ``count`` tasks, opened by a session holder."""
    lines = []
    with scratch() as (folder, env):
        home(folder / "home", count)
        _hold(folder, env)
        listing = [*MANABENCH, "task", "list"]
        lines.append(
            compare(
                f"task list of {count:,} tasks, against its imports",
                *pairs(
                    lambda: run(listing, env),
                    lambda: run([sys.executable, "-c", FLOOR], env),
                    RUNS,
                ),
                "at most 4x",
            )
        )
        for words, command, aim in (
            ("statusline, against its imports", ["statusline"], "below 3x"),
            ("completing a title, against its imports", COMPLETING, "at most 4x"),
        ):
            asked = [*MANABENCH, *command]
            ratio = pairs(
                lambda asked=asked: run(asked, env),
                lambda: run([sys.executable, "-c", FLOOR], env),
                RUNS,
            )
            lines.append(compare(words, *ratio, aim))
        if shutil.which("task"):
            theirs = _taskwarrior(folder, count)
            lines.append(
                compare(
                    "  against Taskwarrior's `task list` of the same",
                    *pairs(
                        lambda: run(listing, env),
                        lambda: run(["task", "rc.confirmation=off", "list"], env | theirs),
                        RUNS,
                    ),
                    "below 1x",
                )
            )
    return lines


def _hold(folder: Path, env: dict[str, str]) -> None:
    """Exchange the key file for a passphrase, and unlock once for the commands that follow."""
    from store.workbench import Workbench

    bench = Workbench.open(folder / "home")
    bench.vault.set_passphrase("a long passphrase for the bench")
    bench.vault.remove_way("key file")
    bench.close()
    (folder / "pass").write_text("a long passphrase for the bench\n")
    unlock = env | {"MANABENCH_PASSPHRASE_FILE": str(folder / "pass")}
    subprocess.run([*MANABENCH, "unlock"], env=unlock, check=True, stdout=subprocess.DEVNULL)


def _taskwarrior(folder: Path, count: int) -> dict[str, str]:
    rows = []
    for replica in tasks(count):
        row = {"uuid": replica.id, "description": replica.fields["title"]}
        row |= {"status": "completed" if replica.fields["isCompleted"] else "pending"}
        row |= {"entry": "20260301T100000Z"}
        if row["status"] == "completed":
            row["end"] = "20260401T100000Z"
        if due := replica.fields.get("dueDate"):
            row["due"] = due.replace("-", "") + "T100000Z"
        rows.append(row)
    (folder / "tw").mkdir()
    (folder / "taskrc").write_text(f"data.location={folder / 'tw'}\n")
    env = {"TASKRC": str(folder / "taskrc"), "TASKDATA": str(folder / "tw")}
    path = folder / "tasks.json"
    path.write_text(json.dumps(rows))
    subprocess.run(
        ["task", "rc.confirmation=off", "import", str(path)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)} | env,
        check=True,
        capture_output=True,
    )
    return env
