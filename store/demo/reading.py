"""The texts of the demo: one file for each space, read into plain tuples.

A file has sections (``@@ name``) of one entry a line, its parts between ``|``. Notes are several
lines each: a head ``how many | title | tags | pin``, ``@`` before it for one that is made in many
copies, and ``---`` after the text. ``{word}`` stands for one of the values of that slot, ``{3-9}``
for a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "life"
SPACES = ("personal", "family", "team", "brand", "club", "practice")
"""The files of spaces, in the order in which they are made."""

Parts = tuple[str, ...]


class NoteText(NamedTuple):
    """A note, or the mould of ``copies`` notes."""

    copies: int
    title: str
    tags: str
    mark: str
    text: str
    mould: bool


class Life(NamedTuple):
    """What one space is made of. ``counts``: its tasks, notes and contacts."""

    name: str
    type: str
    slug: str
    counts: tuple[int, int, int]
    tags: tuple[Parts, ...]
    projects: tuple[Parts, ...]
    slots: Mapping[str, Parts]
    routines: tuple[Parts, ...]
    chores: tuple[Parts, ...]
    open: tuple[Parts, ...]
    notes: tuple[NoteText, ...]
    scenes: tuple[Parts, ...]
    firms: Parts
    edits: tuple[Parts, ...]


class People(NamedTuple):
    """Names by language, jobs, and what is known of somebody."""

    names: tuple[Parts, ...]
    jobs: Parts
    firm_jobs: Parts
    known: Parts


def life(name: str) -> Life:
    """The file of one space."""
    found = _sections(name)
    title, type, slug = _parts(found["space"][0])
    tasks, notes, contacts = (int(part) for part in _parts(found["counts"][0]))
    table = {section: tuple(_parts(line) for line in lines) for section, lines in found.items()}
    slots = dict(line.split(":", 1) for line in found["slots"])
    return Life(
        title,
        type,
        slug,
        (tasks, notes, contacts),
        table["tags"],
        table["projects"],
        {slot: _values(values) for slot, values in slots.items()},
        table["routines"],
        table["chores"],
        table["open"],
        _notes(found["notes"]),
        table["scenes"],
        _values(found["firms"][0]),
        table["edits"],
    )


def people() -> People:
    """The file of names."""
    found = _sections("people")
    names = tuple(_parts(line) for line in found["names"])
    jobs, firm_jobs, known = (_values(found[name][0]) for name in ("jobs", "firm jobs", "known"))
    return People(names, jobs, firm_jobs, known)


def _sections(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@@ "):
            lines = found[line[3:]] = []
        elif line or lines is found.get("notes"):
            lines.append(line)
    return found


def _notes(lines: list[str]) -> tuple[NoteText, ...]:
    notes = []
    head: Parts = ()
    text: list[str] = []
    for line in lines:
        if not head:
            head = _parts(line)
        elif line == "---":
            count, title, tags, mark = head
            mould = count.startswith("@")
            body = "\n".join(text) + "\n"
            notes.append(NoteText(int(count.lstrip("@ ")), title, tags, mark, body, mould))
            head, text = (), []
        else:
            text.append(line)
    return tuple(notes)


def _parts(line: str) -> Parts:
    return tuple(part.strip() for part in line.split("|"))


def _values(line: str) -> Parts:
    return tuple(part.strip() for part in line.split(";"))
