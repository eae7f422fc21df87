"""The homes that screens are opened on, what they hold, and the time that it is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from store import when
from store.errors import HeldError
from store.workbench import Workbench
from tests.harness.homes import Home
from tests.journeys.conftest import fill_tasks
from tests.tui.pseudo import speaking

NOON = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
MANY = 100_000

HELD = 6
"""Notes that a deletion without a yes left waiting."""


def clock() -> datetime:
    """It is always the same noon, so that screens always show the same."""
    return NOON


class Homes:
    """Each kind of home, made when it is first needed and copied for whoever changes it.

    filled, held (filled, with deletions that wait), synced (held, with an account), agents (filled,
    with an agent that has worked), empty (a space without a record), fresh (none was made yet),
    locked (only a passphrase opens it), large (a hundred thousand tasks).
    """

    def __init__(self) -> None:
        self._made: dict[str, Home] = {}
        self._copies: list[Home] = []

    def home(self, kind: str) -> Home:
        """The home of that kind; only look at it."""
        if kind not in self._made:
            home = self._made[kind] = Home.make()
            if kind == "fresh":
                return home
            with store(home) as bench:
                if kind != "empty":
                    fill(bench)
                    fill_folder(home)
                if kind == "large":
                    fill_tasks(bench, MANY)
                if kind == "held":
                    hold(bench)
                if kind == "synced":
                    from tests.screens import synced

                    hold(bench)
                    synced.fill(bench)
                if kind == "agents":
                    from tests.screens import agents

                    with speaking("en"):  # what a run says of itself is kept as it was said
                        agents.fill(bench)
                if kind == "locked":
                    _shut(bench)
        return self._made[kind]

    def copy(self, kind: str) -> Home:
        """A home of its own of that kind."""
        source, made = self.home(kind), Home.make()
        self._copies.append(made)
        for name in ("path", "config", "person"):
            old, new = getattr(source, name), getattr(made, name)
            if old.exists():
                shutil.copytree(old, new, dirs_exist_ok=True)
        return made

    def keep(self, kind: str, root: Path) -> None:
        """Take the home of that kind from ``root``, or put it there."""
        if not root.exists():
            shutil.copytree(self.home(kind).root, root)
            return
        made = self._made[kind] = Home.make()
        for name in ("path", "config", "person"):
            shutil.copytree(
                root / getattr(made, name).name, getattr(made, name), dirs_exist_ok=True
            )

    def forget_copies(self) -> None:
        """Remove the homes that were changed."""
        while self._copies:
            self._copies.pop().remove()

    def close(self) -> None:
        """Remove all of them."""
        self.forget_copies()
        for home in self._made.values():
            home.remove()


@contextmanager
def environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """These variables in this process, then as before. An empty one is taken away."""
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set({name: value or "" for name, value in before.items()})


def _set(wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)


@contextmanager
def store(home: Home) -> Iterator[Workbench]:
    """The store of ``home`` at noon, made if it is not there; closed at the end."""
    with environment({k: v for k, v in home.env.items() if k.startswith(("MANA", "XDG"))}):
        is_there = (home.path / "manabench.db").exists()
        bench = (
            Workbench.open(clock=clock)
            if is_there
            else Workbench.create(keyring=False, clock=clock)
        )
        try:
            yield bench
        finally:
            bench.close()
            when.set_clock(lambda: datetime.now(UTC))


def fill(bench: Workbench) -> None:
    """Something for every screen to show, and a second space that must not show through."""
    todo, notes, contacts = (bench.modules[name].quick for name in ("todo", "notes", "contacts"))
    assert todo is not None
    assert notes is not None
    assert contacts is not None
    with bench.step("fill") as step:
        family = bench.tags.add("family", step=step)
        bench.tags.add("errand", step=step)
        made = [step.insert("tasks", todo(f"heron {n:02}")) for n in range(30)]
        step.update("tasks", made[-1], {"dueDate": "2026-01-02", "priority": "high"})
        bench.tags.tag(step, "tasks", made[-3:], family)
        links = "[one](https://example.org) and <https://example.com/two>"
        body = f"# Ink\n\n- {links}\n- two\n\n" + "words and words " * 40
        for n in range(4):
            step.insert("notes", {**notes(f"ledger {n}"), "content": body})
        years = [f"## Year {year}\n\n{'so it went ' * 30}" for year in range(1990, 2020)]
        step.insert("notes", {**notes("annals"), "content": "\n\n".join(years)})
        step.insert("contacts", contacts("Ada Brook"))
        step.insert("contacts", contacts("Bea Stone"))
        lost = step.insert("tasks", todo("gone astray"))
    with bench.step("delete", confirmed=True) as step:
        step.delete("tasks", lost)
    bench.scenes.add("Evening", ["notes"])
    other = bench.spaces.create("Harbour", "team")
    here = bench.scope.id
    bench.enter(other)
    with bench.step("fill") as step:
        step.insert("tasks", todo("cormorant"))
    bench.enter(here)


def fill_folder(home: Home) -> None:
    """Something to import, in the person's own folder."""
    folder = home.person / "letters"
    folder.mkdir()
    for name in ("ash", "elm", "oak"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nA letter.\n", encoding="utf-8")


def hold(bench: Workbench) -> None:
    """Deletions that wait for a look."""
    with bench.step("fill", kind="seed") as step:
        ids = [step.insert("notes", {"title": f"look {n}"}) for n in range(HELD)]
    with suppress(HeldError), bench.step("delete") as step:
        for id in ids:
            step.delete("notes", id)


def _shut(bench: Workbench) -> None:
    """Let only a passphrase open the home."""
    bench.vault.set_passphrase("a long enough phrase")
    for way in bench.vault.opens_alone:
        bench.vault.remove_way(way)
