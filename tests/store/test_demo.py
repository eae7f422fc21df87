"""The demo: the same year each time, what it promises to hold, and that nothing of it stays."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.demo import throw_away
from store.demo.reading import FOLDER, SPACES, life
from store.documents import Replica
from store.queries import Query
from store.sync.waiting.authority import may_act
from store.workbench import Workbench

NOON = datetime(2026, 10, 14, 12, 0, tzinfo=UTC)
MODULES = ("tasks", "notes", "contacts")

# Fillers that nobody writes by hand, and shops that are real.
NEVER = re.compile(
    r"lorem|ipsum|\b(?:task|note|item|contact|foo) \d|\{|\}|\bfoo\b|asdf|john doe"
    r"|amazon|google|ikea|apple inc|microsoft|lidl|aldi|dhl",
    re.IGNORECASE,
)


def noon() -> datetime:
    return NOON


@pytest.fixture(scope="module")
def demo() -> Iterator[Workbench]:
    with throw_away(noon) as home:
        bench = Workbench.open(home, clock=noon)
        yield bench
        bench.close()


def contents(bench: Workbench) -> dict[str, list[dict[str, object]]]:
    """Every live record of every space, opened, with its large fields."""
    found: dict[str, list[dict[str, object]]] = {}
    for space in bench.spaces.list():
        scope = bench.spaces.scope(space["id"])
        for name in (*MODULES, "tags", "tagGroups", "todoProjects", "workbenchScenes"):
            keys = bench.documents.keys(scope, Query(name))
            records = bench.documents.by_keys(scope, name, keys)
            if name == "notes":
                records = [bench.documents.get(scope, name, r["id"]) for r in records]
            found[f"{space['slug']}/{name}"] = [{**r, "tags of it": list(r.tags)} for r in records]
    return found


def digest(bench: Workbench) -> str:
    text = json.dumps(contents(bench), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def everywhere(bench: Workbench, collection: str) -> list[dict[str, object]]:
    return [
        r for name, rs in contents(bench).items() if name.endswith(f"/{collection}") for r in rs
    ]


def test_the_demo_is_the_same_each_time(demo: Workbench) -> None:
    with throw_away(noon) as home:
        again = Workbench.open(home, clock=noon)
        try:
            assert digest(again) == digest(demo)
        finally:
            again.close()


def test_a_year_holds_five_thousand_records_in_spaces_of_every_type(demo: Workbench) -> None:
    scopes = [demo.spaces.scope(space["id"]) for space in demo.spaces.list()]
    counts = {s.type: {m: demo.documents.count(s, Query(m)) for m in MODULES} for s in scopes}
    assert sum(n for count in counts.values() for n in count.values()) == 5_000
    assert set(counts) == {"personal", "family", "team", "brand", "club", "practice"}
    assert all(n >= 40 for count in counts.values() for n in count.values())


def test_its_days_lie_around_today(demo: Workbench) -> None:
    tasks = everywhere(demo, "tasks")
    made = sorted(str(task["createdAt"])[:10] for task in tasks)
    assert made[0] < "2025-10-25"
    assert made[-1] <= "2026-10-14"
    done = [task for task in tasks if task.get("isCompleted")]
    assert 0.9 < len(done) / len(tasks) < 0.97
    assert all(str(task["completedAt"]) < "2026-10-14T12" for task in done)
    due = [
        str(task["dueDate"]) for task in tasks if not task.get("isCompleted") and "dueDate" in task
    ]
    for filters in ("today", "overdue", "upcoming"):
        assert demo.documents.count(demo.scope, Query("tasks", filters=(filters,))) >= 2
    assert max(due) < "2026-12-31"
    # The day a note was last written is a day of the year too.
    assert all(
        "2025-10" <= str(note["updatedAt"])[:7] <= "2026-10" for note in everywhere(demo, "notes")
    )


def test_agents_and_missions_are_set_up_and_nothing_of_them_is_due(demo: Workbench) -> None:
    agents = demo.documents.page(demo.scope, Query("agents"))
    missions = demo.documents.page(demo.scope, Query("aiMissions"))
    assert (len(agents), len(missions)) == (3, 3)
    assert demo.documents.count(demo.scope, Query("aiMissions", filters=("due",))) == 0
    (scripted,) = [one for one in missions if one.get("script")]
    assert scripted["nextRunAt"] > "2026-10-14T12"
    for collection, records in (("agents", agents), ("aiMissions", missions)):
        for one in records:
            assert may_act(demo, "ai", collection, demo.scope.number, one["id"])


def test_every_space_is_furnished(demo: Workbench) -> None:
    before = demo.scope.id
    for space in demo.spaces.list():
        scope = demo.enter(space["id"])
        scenes = demo.scenes.list()
        assert len(scenes) >= 2
        assert all(card["widthPx"] for scene in scenes for card in scene["openApps"])
        assert all(scene["scopeTagIds"] for scene in scenes[1:])
        assert demo.spaces.context(scope) is not None
        tags, groups = demo.tags.list(scope), {g["id"] for g in demo.tags.groups(scope)}
        assert len(groups) >= 2
        assert all(t["groupId"] in groups and t["color"].startswith("#") for t in tags)
        assert all(demo.tags.uses(scope).get(t["id"]) for t in tags)
    demo.enter(before)


def test_somebody_has_lived_in_it(demo: Workbench) -> None:
    personal = demo.scope
    assert demo.history.peek_undo(personal) is not None
    assert demo.history.peek_redo(personal) is not None
    task = demo.documents.find(personal, "tasks", "Water filter: order two")
    assert [p.field for p in demo.history.of(personal, "tasks", task["id"])].count("dueDate") == 2
    held = [demo.held.list(demo.spaces.scope(s["id"])) for s in demo.spaces.list()]
    assert sorted(len(waiting) for waiting in held) == [0, 0, 0, 0, 0, 24]
    assert len(demo.drafts.all()) == 1
    assert [preset["name"] for preset in demo.tags.presets()] == ["Everyday"]
    assert demo.db.read("SELECT count(*) FROM tasks WHERE deleted_at IS NOT NULL")[0][0] == 1
    assert demo.db.read("SELECT count(*) FROM notes WHERE deleted_at IS NOT NULL")[0][0] == 1


def test_notes_hold_all_that_a_reader_draws(demo: Workbench) -> None:
    text = "\n".join(str(note["content"]) for note in everywhere(demo, "notes"))
    for part in (r"^# ", r"^## ", r"^- \[x\] ", r"^1\. ", r"^\|", "^```", "^> ", r"\]\(https://"):
        assert re.search(part, text, re.MULTILINE), part
    assert re.search("[\u3040-\u9fff]", text)
    assert re.search("[\U0001f300-\U0001faff]", text)


def test_nothing_in_it_is_a_filler_or_anybody_s(demo: Workbench) -> None:
    found = contents(demo)
    words = [
        text
        for records in found.values()
        for record in records
        for name, text in record.items()
        if isinstance(text, str) and name not in ("id", "spaceId", "authorId")
    ]
    assert [text for text in words if NEVER.search(text)] == []
    for contact in everywhere(demo, "contacts"):
        assert str(contact["email"]).endswith("example.org")
        assert re.match(
            r"\+(49 30 5550|45 35 55 0|81 3 5550 0|44 20 7946 0)",
            str(contact.get("phone") or "+49 30 5550"),
        )
    links = re.findall(r"https?://[^\s)>]+", "\n".join(words))
    assert links
    assert all("example.org" in link for link in links)


def test_a_file_of_words_stays_readable() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted((*SPACES, "people"))
    for path in FOLDER.glob("*.txt"):
        assert path.read_text(encoding="utf-8").count("\n") <= 450
    for name in SPACES:
        for note in life(name).notes:
            assert note.title
            assert note.text.strip()


def test_it_is_filled_in_a_small_multiple_of_writing_as_many_titles(tmp_path: Path) -> None:
    """The limit is twice what was measured: links, tags, long texts and history come on top."""
    bench = Workbench.create(tmp_path / "home", keyring=False)
    try:
        start = time.process_time()
        with bench.step("fill", kind="seed", durable=False) as step:
            rows = [
                Replica(f"task-{n}", {"title": f"{n} bowls"}, "2026-01-01T00:00:00.000Z")
                for n in range(5_000)
            ]
            step.merge_many("tasks", rows)
        floor = time.process_time() - start
    finally:
        bench.close()
    start = time.process_time()
    with throw_away(noon):
        filling = time.process_time() - start
    assert filling < 13 * floor, (filling, floor)


# -- nothing stays -------------------------------------------------------------------------------

OPEN_AND_WAIT = """
import sys, time
from store.demo import throw_away
if "at once" in sys.argv:
    print("begun", flush=True)
with throw_away() as home:
    print(home, flush=True)
    time.sleep(60)
"""


def started(folder: Path, *args: str) -> subprocess.Popen[str]:
    env = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}
    env["PYTHONPATH"] = str(Path(__file__).parents[2])
    argv = [sys.executable, "-c", OPEN_AND_WAIT, *args]
    return subprocess.Popen(argv, env=env, cwd=folder, stdout=subprocess.PIPE, text=True)


def demos(folder: Path) -> list[Path]:
    return list(folder.glob("manabench/demo-*"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_removes_it(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path) as process:
        assert process.stdout is not None
        home = Path(process.stdout.readline().strip())
        assert home.is_dir()
        process.send_signal(number)
        process.wait(20)
    assert demos(tmp_path) == []
    assert list(tmp_path.glob("*.db")) == []


@pytest.mark.slow
def test_a_signal_while_it_is_filled_removes_it(tmp_path: Path) -> None:
    with started(tmp_path, "at once") as process:
        assert process.stdout is not None
        process.stdout.readline()
        end = time.monotonic() + 10
        while not demos(tmp_path) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.1)
        process.terminate()
        process.wait(20)
    assert demos(tmp_path) == []


@pytest.mark.slow
def test_the_next_demo_removes_what_a_killed_one_left_and_nothing_else(tmp_path: Path) -> None:
    with started(tmp_path) as alive, started(tmp_path) as killed:
        assert alive.stdout is not None
        assert killed.stdout is not None
        living, dead = Path(alive.stdout.readline().strip()), Path(killed.stdout.readline().strip())
        killed.kill()
        killed.wait(20)
        assert dead.is_dir()
        with started(tmp_path) as third:
            assert third.stdout is not None
            assert Path(third.stdout.readline().strip()).is_dir()
            assert not dead.exists()
            assert living.is_dir()
            third.terminate()
        alive.terminate()
    assert demos(tmp_path) == []


def test_the_person_s_own_folders_are_not_named_meanwhile(tmp_path: Path) -> None:
    before = os.environ.get("MANABENCH_CONFIG")
    with throw_away(noon) as home:
        assert os.environ["MANABENCH_CONFIG"] == str(home.parent / "config")
        assert {path.name for path in home.parent.iterdir()} == {"home", "config", "in-use"}
    assert os.environ.get("MANABENCH_CONFIG") == before
    assert not home.exists()
