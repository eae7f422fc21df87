"""Fills a home with marker words in every place that takes protected text. Run as a program it
says each thing it has done, so that it can be killed in between."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from store.collections import Collection
from store.errors import ManabenchError
from store.modules.todo.acts import add_project, add_subtask
from store.moving import move
from store.stamps import act_as
from store.workbench import Workbench
from tests.store.support import AGENT

MARKER = "zqmarker"
_number = 0


def word() -> str:
    """A new marker word, which may also be a slug."""
    global _number
    _number += 1
    return f"{MARKER}{_number}x"


def protected(collection: Collection) -> dict[str, Any]:
    """A marker in every protected field of a collection, and in fields that nobody declared."""
    shapes: dict[str, Callable[[], Any]] = {
        "list": lambda: [word(), {"inner": word()}],
        "object": lambda: {word(): [word()]},
        "number": lambda: 77_123_456,
    }
    fields = {
        name: shapes.get(field.kind, word)()
        for name, field in collection.fields.items()
        if not field.clear
    }
    return fields | {"unknownField": word(), "unknownObject": {word(): word()}}


def fill(bench: Workbench) -> Iterator[str]:
    """Writes markers everywhere, one place after another; yields what was just done."""
    made: dict[str, str] = {}
    for declared in bench.registry:
        if declared.junction_of:
            continue
        with bench.step("add") as step:
            fields = protected(declared)
            if declared.name == "spaces":
                fields["type"] = "team"
            made[declared.name] = step.insert(declared.name, fields)
        yield f"add {declared.name}"
        with bench.step("edit") as step:
            step.update(declared.name, made[declared.name], protected(declared))
        yield f"edit {declared.name}"
        with act_as(AGENT), bench.step("agent") as step:
            step.merge(declared.name, made[declared.name], protected(declared), "2090-01-01")
        yield f"merge {declared.name}"
    yield from _tags_and_spaces(bench, made)
    yield from _local(bench, made)
    yield from _acts(bench, made)
    bench.history.undo(bench.scope, 4)
    bench.history.redo(bench.scope, 2)
    yield "undo"
    with bench.step("import", durable=False) as step:
        for number in range(30):
            step.merge(
                "notes", f"import-{number}", {"title": word(), "content": word() * 50}, "2026"
            )
    yield "import"
    with bench.step("delete") as step:
        step.delete("tasks", made["tasks"])
    yield "delete"
    bench.search.build()
    bench.search.find(bench.scope, MARKER, everywhere=True)
    yield "search"


def _tags_and_spaces(bench: Workbench, made: dict[str, str]) -> Iterator[str]:
    tag = bench.tags.add(word(), group=bench.tags.add_group(word()))
    with bench.step("tag") as step:
        bench.tags.tag(step, "tasks", [made["tasks"]], tag)
    bench.tags.preset_from(word())
    bench.scenes.change(bench.scenes.add(word()), {"name": word(), "description": word()})
    yield "tags and scenes"
    space = bench.spaces.create(word(), "family", slug=word())
    bench.spaces.rename(space, word(), word())
    bench.tags.copy(bench.scope, bench.spaces.scope(space))
    move(bench, bench.scope, "notes", made["notes"], bench.spaces.scope(space))
    yield "spaces"


def _local(bench: Workbench, made: dict[str, str]) -> Iterator[str]:
    bench.drafts.save("capture", word())
    bench.drafts.save("edit", word(), "tasks", made["tasks"], "title")
    bench.device.set("place", {"filter": word()})
    yield "drafts"
    bench.drafts.clear("capture")
    bench.device.set("place", word())
    yield "cleared"


def _acts(bench: Workbench, made: dict[str, str]) -> Iterator[str]:
    add_project(bench, word())
    add_subtask(bench, [made["tasks"]], word())
    for module in bench.modules.values():
        for act in module.acts:
            for argument in (word(), "high", "2026-12-01", ""):
                try:
                    act.run(bench, [made[module.main]], argument)
                except ManabenchError:
                    continue
        yield f"acts of {module.id}"


if __name__ == "__main__":
    chosen = Workbench.open(Path(sys.argv[1]))
    while True:
        for done in fill(chosen):
            print(done, flush=True)
