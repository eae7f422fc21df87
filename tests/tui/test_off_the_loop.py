"""No call of the database or the vault's cipher is made on the loop, whatever is pressed."""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from collections.abc import Callable, Iterator

import pytest

from store.database import Database
from store.vault import Vault
from tests.harness.homes import Home
from tests.journeys.conftest import workbench
from tui.shell.manabench import Manabench
from tui.shell.opening import Opening
from tui.shell.work import Answer, Desk

KEYS = (
    "j k space u U x asterisk escape d u t escape w m i q e escape enter j j e escape q "
    "slash b enter escape v d v d v f escape s 2 enter b g n g c g t g s a enter q colon a d d "
    "escape question_mark escape a h i enter c escape L enter"
).split()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    made = Home.make()
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    with workbench(made) as bench:
        quick = bench.modules["todo"].quick
        assert quick is not None
        with bench.step("fill") as step:
            for n in range(40):
                step.insert("tasks", quick(f"task {n}"))
        bench.spaces.create("Harbour", "team")
    yield made
    made.remove()


@pytest.mark.slow
async def test_every_key_leaves_the_loop_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    loop_thread = threading.current_thread()
    guilty: list[str] = []

    def watched(kind: type, name: str) -> None:
        inner = getattr(kind, name)

        def outer(*given: object, **named: object) -> object:
            if threading.current_thread() is loop_thread and not is_over:
                guilty.append(f"{name} from " + "".join(traceback.format_stack(limit=12)))
            return inner(*given, **named)

        monkeypatch.setattr(kind, name, outer)

    is_over = False
    opening = Opening(home.path)
    opening.start()
    watched(Database, "connection")
    for name in ("seal", "open", "lock", "unlock", "unlock_quietly"):
        watched(Vault, name)
    app = Manabench(opening)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: bool(getattr(app.main_list, "panels", ())))
        await until(lambda: app.main_list is not None and len(app.main_list.rows.pages) == 40)
        for key in KEYS:
            await pilot.press(key)
            await asyncio.sleep(0.03)
        await asyncio.sleep(0.3)
        is_over = True
    assert not app.failed
    assert not guilty, "\n".join(guilty)


async def until(ready: Callable[[], bool], limit: float = 10.0) -> None:
    end = time.monotonic() + limit
    while not ready():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


class Listener:
    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def post_message(self, message: Answer) -> bool:
        self.answers.append(message)
        return True


def test_changes_keep_the_order_of_the_keys() -> None:
    listener, done = Listener(), []
    desk = Desk(listener)  # type: ignore[arg-type]
    for n in range(50):
        desk.ask("write", lambda n=n: done.append(n))
    assert desk.drain(2)
    assert done == list(range(50))


def test_only_the_newest_answer_of_a_group_is_told() -> None:
    listener, told = Listener(), []
    desk = Desk(listener)  # type: ignore[arg-type]
    started, go = threading.Event(), threading.Event()
    desk.ask("look", lambda: (started.set(), go.wait(2), 1)[2], told.append, group="words")
    started.wait(2)
    desk.ask("look", lambda: 2, told.append, group="words")
    desk.ask("look", lambda: 3, told.append, group="words")
    go.set()
    end = time.monotonic() + 2
    while not listener.answers and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.05)
    for answer in listener.answers:
        desk.settle(answer)
    assert told == [3]


def test_what_fails_off_the_loop_is_handed_to_who_asked() -> None:
    listener, failed = Listener(), []
    desk = Desk(listener)  # type: ignore[arg-type]
    desk.ask("write", lambda: 1 / 0, None, failed.append)
    assert desk.drain(2)
    for answer in listener.answers:
        desk.settle(answer)
    assert [type(error) for error in failed] == [ZeroDivisionError]
