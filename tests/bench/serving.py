"""The server: taking pushes and answering pulls over loopback, against bare sqlite3."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.bench.measure import Line, scratch, timed

BATCH = 200
PAGE = 1000
COLUMNS = 6
EPOCH, FAR = "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"

SERVE = """
import sys
from pathlib import Path
import uvicorn
from store.server.accounts import create_user
from store.server.app import create_app
from store.server.settings import Settings
port = int(sys.argv[2])
settings = Settings(data=Path(sys.argv[1]), public=f"http://127.0.0.1:{port}", memory=64, passes=1)
app = create_app(settings)
context = app.state.context
create_user(context.identity, settings, "ann@example.org", "correct horse battery", "Ann")
uvicorn.run(app, port=port, log_level="error", access_log=False, lifespan="on")
"""


def serving(count: int) -> list[Line]:
    """Rates of pushing ``count`` changes in batches and of pulling them again."""
    with scratch() as (folder, env), _server(folder, env) as url, _client(url) as client:
        pushes = _pushes(count)

        def push() -> None:
            for body in pushes:
                answer = client.post("/sync/todo", content=body, headers={"X-Client-Id": "one"})
                assert answer.status_code == 200, answer.text

        pushing = timed(push)
        pulled = []

        def pull() -> None:
            since, more = EPOCH, True
            while more:
                asked = {"collection": "tasks", "since": since}
                answer = client.get("/sync/todo/pull", params=asked)
                page = json.loads(answer.content)
                pulled.append(len(page["serverChanges"]))
                since, more = page["syncedUntil"], page.get("hasMore", False)

        pulling = timed(pull)
        assert sum(pulled) == count
        floor = _floor(folder)
        return [
            Line(
                f"server takes {count:,} changes, {BATCH} a push, rate",
                count / pushing,
                count / floor,
                pushing / floor,
                "at most 3x",
                "/s",
            ),
            Line(
                "  and gives them back, against taking them",
                count / pulling,
                count / pushing,
                pushing / pulling,
                "at least 3x",
                "/s",
            ),
        ]


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


@contextmanager
def _server(folder: Path, env: dict[str, str]) -> Iterator[str]:
    port = _free_port()
    argv = [sys.executable, "-c", SERVE, str(folder / "server"), str(port)]
    process = subprocess.Popen(argv, env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    import socket

    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        assert process.poll() is None
        try:
            httpx2.get(f"{url}/health", trust_env=False)
            return
        except httpx2.TransportError:
            time.sleep(0.02)
    raise AssertionError("the server did not start")


@contextmanager
def _client(url: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=url, headers={"Origin": url}, trust_env=False) as client:
        who = {"email": "ann@example.org", "password": "correct horse battery"}
        client.post("/api/auth/sign-in/email", json=who).raise_for_status()
        token = client.get("/api/auth/token").json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def _floor(folder: Path) -> float:
    """Seconds for the same rows with the same indexes by executemany, a commit for each batch."""
    source = sqlite3.connect(f"file:{folder / 'server' / 'server.db'}?mode=ro", uri=True)
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    for (sql,) in source.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'changes' AND sql IS NOT NULL "
        "ORDER BY type DESC"
    ):
        bare.execute(sql)
    rows = source.execute("SELECT * FROM changes ORDER BY at").fetchall()
    insert = f"INSERT INTO changes VALUES ({','.join('?' * COLUMNS)})"

    def work() -> None:
        for first in range(0, len(rows), BATCH):
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany(insert, rows[first : first + BATCH])
            bare.execute("COMMIT")

    seconds = timed(work)
    bare.close()
    source.close()
    return seconds
