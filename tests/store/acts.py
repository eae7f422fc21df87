"""What the tests of tags and of undo do, in their own short words."""

from __future__ import annotations

LINKS = {
    "tasks": ("taskLabels", "taskId", "metadata", "labelIds"),
    "notes": ("noteTags", "noteId", "", ""),
    "contacts": ("contactTags", "contactId", "tagIds", ""),
}
BEARERS = sorted(LINKS)


def add_to(bench, collection="tasks", **fields):
    with bench.step("add") as step:
        return step.insert(collection, fields)


def tag(bench, collection, id, name_or_id, on=True):
    with bench.step("tag") as step:
        (bench.tags.tag if on else bench.tags.untag)(step, collection, [id], name_or_id)


def tags_of(bench, collection, id):
    return set(bench.documents.get(bench.scope, collection, id).tags)


def add(bench, title="x", **fields):
    return add_to(bench, title=title, **fields)


def edit(bench, id, **fields):
    with bench.step("edit") as step:
        step.update("tasks", id, fields)


def title(bench, id):
    return bench.documents.get(bench.scope, "tasks", id)["title"]


def undo(bench, count=1):
    return bench.history.undo(bench.scope, count)


def redo(bench, count=1):
    return bench.history.redo(bench.scope, count)
