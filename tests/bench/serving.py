"""The server: taking pushes and answering pulls over loopback, against bare sqlite3."""

from __future__ import annotations

import json
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.bench.measure import Line, scratch, timed
from tests.server.running import PASSWORD, Person

BATCH = 200
TURNS = 20
COLUMNS = 6
EPOCH, FAR = "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
EMAIL = "ann@example.org"


def serving(count: int) -> list[Line]:
    """Rates of pushing ``count`` changes in batches and of pulling them again, one client."""
    with scratch() as (folder, env), _client(folder, env) as client:
        pushing, floor = _push(client, folder, _pushes(count))
        pulling = timed(lambda: _pull(client, count))
        ratios = [ours / bare for ours, bare in zip(pushing, floor, strict=True)]
        return [
            Line(
                f"server takes {count:,} changes, {BATCH} a push, rate",
                count / sum(pushing),
                count / sum(floor),
                statistics.median(ratios),
                "at most 3x",
                "/s",
            ),
            Line(
                "  and gives them back, against taking them",
                count / pulling,
                count / sum(pushing),
                sum(pushing) / pulling,
                "at least 3x",
                "/s",
            ),
        ]


def _push(
    client: httpx2.Client, folder: Path, pushes: list[bytes]
) -> tuple[list[float], list[float]]:
    """Seconds of each turn: pushes to the server, then the rows that came of them by executemany,
    with the same indexes and a commit for each push."""
    headers = {"X-Client-Id": "one"}

    def push(bodies: list[bytes]) -> None:
        for body in bodies:
            answer = client.post("/sync/todo", content=body, headers=headers)
            assert answer.status_code == 200, answer.text

    pushing, floor = [], []
    with (
        closing(sqlite3.connect(f"file:{folder}/server/server.db?mode=ro", uri=True)) as kept,
        closing(_bare(folder / "bare.db", kept)) as bare,
    ):
        turn = max(1, len(pushes) // TURNS)
        for first in range(0, len(pushes), turn):
            bodies = pushes[first : first + turn]
            (last,) = kept.execute("SELECT at FROM change_log").fetchone()
            pushing.append(timed(lambda bodies=bodies: push(bodies)))
            rows = kept.execute("SELECT * FROM changes WHERE at > ?", (last,)).fetchall()
            floor.append(timed(lambda rows=rows: _insert(bare, rows)))
    return pushing, floor


def _bare(path: Path, kept: sqlite3.Connection) -> sqlite3.Connection:
    """A file with the same table and nothing else in it, as durable."""
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    for (sql,) in kept.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'changes' AND sql IS NOT NULL "
        "ORDER BY type DESC"
    ):
        bare.execute(sql)
    return bare


def _insert(bare: sqlite3.Connection, rows: list[Any]) -> None:
    for first in range(0, len(rows), BATCH):
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(
            f"INSERT INTO changes VALUES ({','.join('?' * COLUMNS)})", rows[first : first + BATCH]
        )
        bare.execute("COMMIT")


def _pull(client: httpx2.Client, count: int) -> None:
    """Everything from the beginning, page by page, as another device."""
    since, more, got = EPOCH, True, 0
    while more:
        asked = {"collection": "tasks", "since": since}
        page = client.get("/sync/todo/pull", params=asked).content
        # What a client decodes and merges is measured elsewhere; the cursor stands at the end.
        tail = json.loads(b"{" + page[page.rindex(b'"syncedUntil"') :])
        since, more = tail["syncedUntil"], tail.get("hasMore", False)
        got += page.count(b'"eventId"')
    assert got == count


@contextmanager
def _client(folder: Path, env: dict[str, str]) -> Iterator[httpx2.Client]:
    """Somebody who is signed in at a server in a process of its own."""
    command = [sys.executable, "-m", "tui.main", "--json", "serve"]
    data = ["--data", str(folder / "server")]
    user = [*command, *data, "user", "add", EMAIL, "--password-stdin"]
    subprocess.run(
        user, input=PASSWORD.encode(), env=env, stdout=subprocess.DEVNULL, check=True, timeout=60
    )
    with subprocess.Popen([*command, *data, "--port", "0"], env=env, stdout=subprocess.PIPE) as run:
        try:
            assert run.stdout is not None
            url = json.loads(run.stdout.readline())["data"]["url"]
            with closing(Person(url, EMAIL).sign_in()) as client:
                client.headers.update(client.bearer())
                yield client
        finally:
            run.terminate()


def _pushes(count: int) -> list[bytes]:
    """Bodies as a client sends them: inserts of tasks with what a person writes in one."""
    bodies = []
    for first in range(0, count, BATCH):
        changes = [_task(n) for n in range(first, min(first + BATCH, count))]
        push = {"clientId": "one", "since": FAR, "schemaVersion": 1, "changes": changes}
        bodies.append(json.dumps(push).encode())
    return bodies


def _task(number: int) -> dict[str, Any]:
    at = f"2026-11-{number % 20 + 1:02d}T10:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
    data = {
        "title": f"enc:1:AAECAwQFBgcICQoL.ZUq/OU6SoxtwD+9lM+/JlXcjHcc{number:024d}=",
        "priority": ("low", "medium", "high")[number % 3],
        "isCompleted": number % 2 == 0,
        "dueDate": f"2026-12-{number % 28 + 1:02d}",
        "order": number,
        "tagIds": [f"00000000-0000-4000-8000-{number % 50:012d}"],
        "createdAt": at,
        "updatedAt": at,
    }
    actor = {"kind": "user", "principalId": "guest", "displayName": "Du"}
    return {
        "table": "tasks",
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "op": "insert",
        "data": data,
        "actor": actor,
        "origin": "user",
    }
