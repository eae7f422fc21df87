"""A year of one space, as plain records with their times. Nothing here touches a database.

The year ends a little after ``today``: what lies before is mostly done, what lies after is open.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from store.demo.moulds import Moulds
from store.demo.reading import Life, NoteText
from store.stamps import instant

DAYS = 364
"""How far the year goes back."""
_AHEAD = 12
_WEEKDAYS = "mon tue wed thu fri sat sun".split()
_NOTE_COLORS = (None, None, None, "#f59e0b", "#22c55e", "#3b82f6", "#8b5cf6")


@dataclass
class Entry:
    """One record: its values, the tags it bears, when each field was written, and what was
    written into it later, oldest first: (values, when)."""

    collection: str
    id: str
    fields: dict[str, Any]
    tags: tuple[str, ...]
    at: str | dict[str, str]
    later: list[tuple[dict[str, Any], str]] = field(default_factory=list)


class Year:
    """The records of one space, made with the dice of ``rng`` around ``today`` (local midnight)."""

    def __init__(self, life: Life, rng: random.Random, today: datetime) -> None:
        self._life = life
        self._rng = rng
        self._today = today
        self._moulds = Moulds(life.slots, rng)
        self._note_moulds = Moulds(life.slots, rng)
        self.begin = instant(today - timedelta(days=DAYS + 1))
        names = (parts[0] for parts in life.projects)
        self.projects: Mapping[str, str] = {name: self.id() for name in names}

    def id(self) -> str:
        """A new id, the same one each time the demo is made."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    # Tasks ------------------------------------------------------------------------------------

    def tasks(self) -> Iterator[Entry]:
        """The tasks at hand, those that come round, and the many single ones; as many as told."""
        edits: dict[str, list[tuple[str, str, int]]] = {}
        for title, name, value, ago in self._life.edits:
            edits.setdefault(title, []).append((name, value, int(ago)))
        made = 0
        for parts in self._life.open:
            made += 1
            yield self._at_hand(parts, edits.get(parts[0], []))
        for day, parts in sorted(self._rounds(), key=lambda found: found[0]):
            made += 1
            yield self._routine(day, parts)
        seen: set[str] = set()
        while made < self._life.counts[0]:
            entry = self._chore(seen)
            seen.add(entry.fields["title"])
            made += 1
            yield entry

    def _at_hand(self, parts: tuple[str, ...], edits: list[tuple[str, str, int]]) -> Entry:
        title, days, priority, project, tags, *rest = parts
        created = self._moment(-self._rng.randint(22, 40))
        fields = self._task(title, priority, project)
        if days:
            fields["dueDate"] = self._day(int(days))
        if rest and rest[0]:
            fields["subtasks"] = [self._sub(text, n) for n, text in enumerate(rest[0].split(";"))]
        if len(rest) > 1:
            fields["description"] = rest[1]
        entry = self._entry("tasks", fields, tags, created)
        for name, value, ago in edits:
            entry.later.append(({name: entry.fields.get(name)}, self._moment(ago)))
            entry.fields[name] = self._day(int(value)) if name == "dueDate" else value
        return entry

    def _sub(self, text: str, order: int) -> dict[str, Any]:
        title = text.strip()
        done = title.startswith("*")
        return {
            "id": self.id(),
            "title": title.lstrip("*"),
            "isCompleted": done,
            "order": order,
            **({"completedAt": self._moment(-self._rng.randint(1, 9))} if done else {}),
        }

    def _rounds(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """(day from today, routine) of everything that comes round; ahead only the next time."""
        for parts in self._life.routines:
            falls = _falls(parts[0])
            for away in range(-DAYS, _AHEAD + 1):
                if falls((self._today + timedelta(days=away)).date(), away):
                    yield away, parts[1:]
                    if away > 0:
                        break

    def _routine(self, away: int, parts: tuple[str, ...]) -> Entry:
        title, priority, project, tags = parts
        text = self._moulds.occasion(self._date(away), title)(title)
        fields = self._task(text, priority, project) | {"dueDate": self._day(away)}
        created = self._moment(max(away - self._rng.randint(1, 7), -DAYS), 7)
        done = self._moment(away, self._rng.randint(8, 20)) if away < 0 else ""
        return self._entry("tasks", fields, tags, created, done)

    def _chore(self, seen: set[str]) -> Entry:
        rng = self._rng
        away = rng.randint(-DAYS, _AHEAD)
        text = ""
        while not text or (text in seen and rng.random() < 0.9):
            title, priority, project, tags, *months = rng.choice(self._life.chores)
            if months and not _within(months[0], self._date(away)):
                continue
            text = self._moulds.occasion(self._date(away), title)(title)
        fields = self._task(text, priority, project)
        late = 0.03 if away > -30 else 0.0
        is_done = away < 0 and rng.random() >= late
        if rng.random() < 0.85:
            fields["dueDate"] = self._day(away)
        created = self._moment(max(min(away, 0) - rng.randint(1, 15), -DAYS))
        after = min(away + rng.choice((-1, 0, 0, 0, 1, 3)), -1)
        done = self._moment(after, rng.randint(8, 21)) if is_done else ""
        entry = self._entry("tasks", fields, tags, created, max(done, created) if done else "")
        if "dueDate" in fields and rng.random() < 0.08:
            moved = self._moment(min(away, 0) - 1, 21)
            entry.later.append(({"dueDate": fields["dueDate"]}, max(moved, created)))
            fields["dueDate"] = self._day(away - rng.randint(1, 6))
        return entry

    def _task(self, title: str, priority: str, project: str) -> dict[str, Any]:
        fields: dict[str, Any] = {"title": title, "priority": priority or "medium"}
        fields |= {"isCompleted": False, "order": 0}
        return fields | {"projectId": self.projects[project]} if project else fields

    # Notes ------------------------------------------------------------------------------------

    def notes(self) -> Iterator[Entry]:
        """The notes written once, then the copies of each mould, spread over the year."""
        single = [note for note in self._life.notes if not note.mould]
        moulds = [note for note in self._life.notes if note.mould]
        left = self._life.counts[1] - len(single)
        for note in single:
            yield self._written(note)
        whole = sum(note.copies for note in moulds)
        for number, note in enumerate(moulds):
            count = left * note.copies // whole if number < len(moulds) - 1 else left
            left, whole = left - count, whole - note.copies
            for copy in range(count):
                away = -DAYS + copy * DAYS // count + self._rng.randint(0, 2)
                yield self._moulded(note, min(away, -1))

    def _written(self, note: NoteText) -> Entry:
        created = self._moment(-self._rng.randint(60, DAYS))
        fields = self._note(note.title, note.text) | {"isPinned": note.mark == "pin"}
        if note.mark == "context":
            fields["isSpaceContext"] = True
        entry = self._entry("notes", fields, note.tags, created)
        # It grew: what stands there now was written in two sittings.
        first, cut, _rest = note.text.rstrip().rpartition("\n\n")
        if cut:
            entry.fields["content"] = first + "\n"
            entry.later.append(({"content": note.text}, self._moment(-self._rng.randint(2, 50))))
        return entry

    def _moulded(self, note: NoteText, away: int) -> Entry:
        fill = self._note_moulds.occasion(self._date(away), note.title)
        fields = self._note(fill(note.title), fill(note.text))
        if self._rng.random() < 0.15:
            fields["isArchived"] = True
        return self._entry("notes", fields, note.tags, self._moment(away))

    def _note(self, title: str, text: str) -> dict[str, Any]:
        color = self._rng.choice(_NOTE_COLORS)
        return {
            "title": title,
            "content": text,
            "color": color,
            "isPinned": False,
            "isArchived": False,
        }

    # Days -------------------------------------------------------------------------------------

    def entry(self, collection: str, fields: dict[str, Any], tag: str) -> Entry:
        """A record made some time in the year."""
        return self._entry(collection, fields, tag, self._moment(-self._rng.randint(1, DAYS)))

    def _entry(
        self, collection: str, fields: dict[str, Any], tags: str, created: str, done: str = ""
    ) -> Entry:
        at: str | dict[str, str] = created
        if done:
            fields |= {"isCompleted": True, "completedAt": done}
            at = dict.fromkeys(fields, created) | {"isCompleted": done, "completedAt": done}
        fields["createdAt"] = created
        names = tuple(name.strip() for name in tags.split(",") if name.strip())
        return Entry(collection, self.id(), fields, names, at)

    def _date(self, away: int) -> date:
        return (self._today + timedelta(days=away)).date()

    def _day(self, away: int) -> str:
        return self._date(away).isoformat()

    def _moment(self, away: int, hour: int = 0) -> str:
        """An instant on a day before today; one that would lie ahead becomes this midnight."""
        hour = hour or self._rng.randint(7, 21)
        at = self._today + timedelta(days=away, hours=hour, minutes=self._rng.randint(0, 59))
        return instant(min(at, self._today))


def _falls(cadence: str) -> Callable[[date, int], bool]:
    """Whether a routine falls on a day: ``d9`` every ninth day, ``d9+4`` four days before those,
    ``m5`` on the fifth of the month, ``tue`` every Tuesday, ``2tue`` every second one; with
    ``@4-10`` only from April to October."""
    if "@" in cadence:
        cadence, _at, months = cadence.partition("@")
        at_all = _falls(cadence)
        return lambda day, away: at_all(day, away) and _within(months, day)
    if cadence[0] == "d":
        step, _plus, shift = cadence[1:].partition("+")
        return lambda day, away: (away + int(shift or 0)) % int(step) == 0
    if cadence[0] == "m" and cadence[1:].isdigit():
        number = int(cadence[1:])
        return lambda day, away: day.day == number
    weekday = _WEEKDAYS.index(cadence.lstrip("2"))
    every = 2 if cadence.startswith("2") else 1
    return lambda day, away: day.weekday() == weekday and day.isocalendar().week % every == 0


def _within(months: str, day: date) -> bool:
    """Whether ``day`` is in the months ``4-10``, the first and the last included."""
    first, last = (int(month) for month in months.split("-"))
    return first <= day.month <= last
