"""Write a home as this version makes it, to be opened by every later one.

.venv/bin/python -m tests.store.released.make

Run once for each release; what it writes is never written again. The key file is committed beside
the database, because the data is the demo's and protects nobody.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from store import demo
from store.database import MAJOR, MINOR
from store.queries import Query
from store.workbench import Workbench

HERE = Path(__file__).parent


def main() -> None:
    folder = HERE / f"{MAJOR}.{MINOR}"
    os.environ["MANABENCH_CONFIG"] = str(folder / "config")
    bench = Workbench.create(folder / "home", keyring=False)
    demo.fill(bench)
    with bench.step("edit") as step:
        task = bench.documents.page(bench.scope, Query("tasks"))[0]
        step.update("tasks", task["id"], {"title": "Edited before the release"})
    bench.db.compact()
    (folder / "expected.json").write_text(json.dumps(counted(bench), indent=1) + "\n")
    bench.close()


def counted(bench: Workbench) -> dict[str, dict[str, int]]:
    """Live records by space type and collection."""
    found: dict[str, dict[str, int]] = {}
    for space in bench.spaces.list():
        scope = bench.spaces.scope(space["id"])
        found[space["type"]] = {
            name: bench.documents.count(scope, Query(name))
            for name in ("tasks", "notes", "contacts", "tags", "workbenchScenes")
        }
    return found


if __name__ == "__main__":
    main()
