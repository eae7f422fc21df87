"""Writing the demo's year into a fresh workbench: in bulk, through the one write path."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from store.demo.helpers import set_up
from store.demo.people import Crowd
from store.demo.reading import SPACES, Life, life, people
from store.demo.year import DAYS, Entry, Year
from store.documents import Replica, Step
from store.errors import HeldError
from store.queries import Query
from store.stamps import instant
from store.tagging import link_id

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench

SEED = 20_260
_HELD = 24
"""How many old entries of the club are held: more than a step may delete without a look."""

Ago = Callable[[timedelta], None]
"""Sets the workbench's clock back by so much."""


def fill(bench: Workbench, ago: Ago | None = None) -> None:
    """Fill a fresh workbench with six spaces, 5,000 records, and some steps of the last days.

    ago: how the clock of ``bench`` is set back for those steps; without it they happen now.
    """
    rng = random.Random(SEED)  # noqa: S311 - the same data each time, no secret
    today = bench.now().replace(hour=0, minute=0, second=0, microsecond=0)
    crowd = Crowd(people(), rng)
    personal = bench.scope.id
    for name in SPACES:
        found = life(name)
        year = Year(found, rng, today)
        with bench.step("demo", kind="seed", durable=False) as step:
            id = personal if found.type == "personal" else _space(bench, step, found, year)
        scope = bench.enter(id)
        with bench.step("demo", kind="seed", scope=scope, durable=False) as step:
            _Filler(bench, step, found, year).fill(crowd)
    _lived_in(bench, today, ago or (lambda past: None))
    bench.enter(personal)


def _space(bench: Workbench, step: Step, found: Life, year: Year) -> str:
    id = year.id()
    fields = {"name": found.name, "type": found.type, "slug": found.slug}
    fields["createdAt"] = year.begin
    step.merge("spaces", id, fields, year.begin, actor=step.actor, origin="user")
    bench.spaces.bootstrap(step, id)
    return id


class _Filler:
    """Puts one year into one space, a collection at a time."""

    def __init__(self, bench: Workbench, step: Step, found: Life, year: Year) -> None:
        self._bench, self._step, self._life, self._year = bench, step, found, year
        self._tags: dict[str, str] = {}

    def fill(self, crowd: Crowd) -> None:
        """Tags first, since everything else bears them."""
        self._make_tags()
        self._make_projects()
        self._make_scenes()
        year, tags = self._year, tuple(self._tags)
        self._write(list(year.tasks()))
        self._write(list(year.notes()))
        contacts = crowd.contacts(self._life.counts[2], self._life.firms, tags)
        self._write([year.entry("contacts", fields, tag) for fields, tag in contacts])
        if self._life.type == "personal":
            self._make_preset()

    def _make_tags(self) -> None:
        groups: list[tuple[str, dict[str, Any]]] = []
        tags: list[tuple[str, dict[str, Any]]] = []
        for order, (head, *members) in enumerate(self._life.tags):
            name, color = head.rsplit(" ", 1)
            group = self._year.id()
            groups.append((group, {"name": name, "color": color, "sortOrder": order}))
            for member in members:
                name, color = member.rsplit(" ", 1)
                self._tags[name] = self._year.id()
                fields = {"name": name, "color": color, "groupId": group, "sortOrder": len(tags)}
                tags.append((self._tags[name], fields))
        self._merge("tagGroups", groups)
        self._merge("tags", tags)

    def _make_projects(self) -> None:
        rows = []
        for order, (name, color) in enumerate(self._life.projects):
            fields = {"name": name, "color": color, "order": order}
            rows.append((self._year.projects[name], fields))
        self._merge("todoProjects", rows)

    def _make_scenes(self) -> None:
        """Home is there already; its cards are those of the modules that there are."""
        home = {"openApps": _cards("todo:560 notes:460 contacts:340"), "name": "Home", "order": 0}
        rows = [(f"seed-home-{self._step.space}", home)]
        for order, (name, cards, tags, about) in enumerate(self._life.scenes, 1):
            fields: dict[str, Any] = {"name": name, "description": about, "order": order}
            fields["openApps"] = _cards(cards)
            fields["scopeTagIds"] = [self._tags[tag] for tag in tags.split(",")]
            rows.append((self._year.id(), fields))
        self._merge("workbenchScenes", rows)

    def _make_preset(self) -> None:
        tags = [
            {"name": name, "color": color, "groupName": head.rsplit(" ", 1)[0]}
            for head, *members in self._life.tags
            for name, color in (member.rsplit(" ", 1) for member in members)
        ]
        fields = {"name": "Everyday", "tags": tags, "isDefault": True}
        self._merge("userTagPresets", [(self._year.id(), fields)])

    def _merge(self, collection: str, rows: Sequence[tuple[str, dict[str, Any]]]) -> None:
        at = self._year.begin
        replicas = [Replica(id, {**fields, "createdAt": at}, at) for id, fields in rows]
        self._write_many(collection, replicas)

    def _write(self, entries: list[Entry]) -> None:
        """Records of one collection, their links first: so each is weighed once."""
        collection = entries[0].collection
        link = self._bench.registry[collection].tag_link
        assert link is not None  # noqa: S101 - all three modules have tags
        links, records, edits = [], [], []
        path, _dot, inner = link.path.partition(".")
        for entry in entries:
            tags = [self._tags[name] for name in entry.tags]
            created = entry.fields["createdAt"]
            if tags and path:
                entry.fields[path] = {inner: tags} if inner else tags
                if isinstance(entry.at, dict):
                    entry.at[path] = created
            for tag in tags:
                fields = {link.key: entry.id, "tagId": tag, "createdAt": created}
                links.append(Replica(link_id(entry.id, tag), fields, created))
            records.append(Replica(entry.id, entry.fields, entry.at))
            edits += [Replica(entry.id, fields, at) for fields, at in entry.later]
        self._write_many(link.junction, links)
        self._write_many(collection, records)
        self._write_many(collection, edits)

    def _write_many(self, collection: str, replicas: list[Replica]) -> None:
        if replicas:
            self._step.merge_many(collection, replicas, actor=self._step.actor, origin="user")


def _cards(text: str) -> list[dict[str, Any]]:
    cards = (card.split(":") for card in text.split())
    return [{"appId": app, "widthPx": int(width)} for app, width in cards]


# The last days ----------------------------------------------------------------------------------


def _lived_in(bench: Workbench, today: datetime, ago: Ago) -> None:
    """What makes it somebody's: steps to undo, one undone, deleted and held records, a draft."""
    from store.modules import todo

    scopes = {space.text("slug"): bench.spaces.scope(space["id"]) for space in bench.spaces.list()}
    now = bench.now()
    ago(timedelta(days=9, hours=4))
    bench.enter(scopes["personal"].id)
    set_up(bench, now)
    ago(timedelta(days=3, hours=2))
    bench.enter(scopes["nordufer"].id)
    _hold_old_ones(bench, today)
    personal = bench.enter(scopes["personal"].id)
    with bench.step("1 note deleted") as step:
        step.delete("notes", _named(bench, personal, "notes", "What the doctor said"))
    ago(timedelta(days=1, hours=3))
    todo.set_priority(bench, [_named(bench, personal, "tasks", "Book the eye doctor")], "high")
    seeds = _named(bench, personal, "tasks", "Sort the seed tins before spring")
    with bench.step("1 task deleted") as step:
        step.delete("tasks", seeds)
    ago(timedelta(hours=2))
    todo.set_due(bench, [_named(bench, personal, "tasks", "Winter tyres")], "+12d")
    ago(timedelta(minutes=40))
    frame = _named(bench, personal, "tasks", "Find a frame for the harbour print")
    todo.complete(bench, [frame])
    bench.history.undo(personal)
    place = f"add/{scopes['studio-kite'].id}/todo"
    bench.drafts.save(place, "Ask the clay pit whether the grogged one ", "tasks")
    ago(timedelta())


def _hold_old_ones(bench: Workbench, today: datetime) -> None:
    """Somebody tidied up: last winter's tasks wait for a look before they go."""
    done = bench.documents.page(bench.scope, Query("tasks", filters=("completed",)), limit=-1)
    before = instant(today - timedelta(days=DAYS // 2))
    old = [task["id"] for task in done if task["createdAt"] < before][:_HELD]
    try:
        with bench.step("tasks deleted") as step:
            for id in old:
                step.delete("tasks", id)
    except HeldError:
        return


def _named(bench: Workbench, scope: Scope, collection: str, title: str) -> str:
    return str(bench.documents.find(scope, collection, title)["id"])
