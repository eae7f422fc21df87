"""An app around one widget, for the tests on a real pty.

    python demo_app.py rows|grouped|empty|failing|slow|line|note|fields [look]

Rows come from a fake source of 100,000 records (``ROWS``) read in a thread, as real ones do.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from array import array
from collections.abc import Sequence

from textual.app import App, ComposeResult

from store.errors import StorageError
from tui.looks import themes
from tui.widgets.fields import Field, Fields
from tui.widgets.line_field import LineField
from tui.widgets.message_line import MessageLine
from tui.widgets.note_field import NoteField
from tui.widgets.rows import Item, Rows
from tui.widgets.status_line import Segment, StatusLine

TITLES = ["Call the plumber about the kitchen", "家族の写真を整理する", "Pay 👩‍💻 the web designer"]
TITLES += ["שלום עולם, a note", "Read\tthe \x1b[31mred\x1b[0m manual", "Naïve cafe\u0301"]


class Source:
    """Rows made from their numbers. Odd acts: ``drop`` deletes, ``bump`` changes a group."""

    def __init__(self, count: int, grouped: bool = False, delay: float = 0.0) -> None:
        self.count, self.grouped, self.delay = count, grouped, delay
        self.gone: set[int] = set()
        self.done: set[int] = set()
        self.order = array("q", range(1, count + 1))

    def item(self, key: int) -> Item:
        is_done = key in self.done
        text = f"{key:06d} {TITLES[key % len(TITLES)]}"
        group = ("Done" if is_done else f"Week {(key - 1) // 5 + 1}") if self.grouped else None
        glyph, style = ("x", "done") if is_done else ("o", "base")
        return Item(key, f"r{key}", glyph, text, f"{key % 28 + 1} May", group, style)

    def _wait(self) -> None:
        time.sleep(self.delay)

    async def first(self, limit: int) -> list[Item]:
        return [self.item(key) for key in (await self.keys())[:limit]]

    async def keys(self) -> Sequence[int]:
        await asyncio.to_thread(self._wait)
        return array("q", [key for key in self.order if key not in self.gone])

    async def fetch(self, keys: Sequence[int]) -> list[Item]:
        await asyncio.to_thread(self._wait)
        return [self.item(key) for key in keys if key not in self.gone]


class Failing(Source):
    async def first(self, limit: int) -> list[Item]:
        raise StorageError("The disk is gone.", kept="All is kept.", hint="Put it back.")


class Demo(App[None]):
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS = "Screen { layout: vertical; overflow: hidden; }"
    BINDINGS = [
        *[(key, f"rows('move', {n})", "") for key, n in (("j,down", 1), ("k,up", -1))],
        *[(key, f"rows('half_page', {n})", "") for key, n in (("ctrl+d", 1), ("ctrl+u", -1))],
        ("pagedown", "rows('half_page', 1)", ""),
        ("pageup", "rows('half_page', -1)", ""),
        ("home", "rows('home')", ""),
        ("G,end", "rows('end')", ""),
        ("enter", "rows('open_cursor')", ""),
        ("x", "rows('toggle_mark')", ""),
        ("X", "rows('mark_to_here')", ""),
        ("asterisk", "rows('mark_all')", ""),
        ("n", "rows('clear_marks')", ""),
        ("d", "delete", ""),
        ("space", "done", ""),
        ("r", "rows('reload')", ""),
        ("L", "rows('leave')", ""),
        ("a", "add", ""),
        ("e", "edit", ""),
        ("ctrl+q", "quit", ""),
    ]

    def __init__(self, kind: str, name: str = "") -> None:
        self.kind = kind
        self.look = themes.choose(os.environ, name)
        os.environ.pop("NO_COLOR", None)
        super().__init__()
        theme = themes.framework_theme(self.look)
        self.register_theme(theme)
        self.theme = theme.name

    def compose(self) -> ComposeResult:
        if self.kind == "line":
            yield LineField(prompt="Title", hint="what is to be done")
            yield LineField(prompt="Secret", password=True)
        elif self.kind == "note":
            yield NoteField(os.environ.get("NOTE", "one\n  two\nthree " + "words " * 40))
        elif self.kind == "fields":
            yield Fields()
        else:
            yield Rows()
        yield MessageLine()
        yield StatusLine()

    def on_mount(self) -> None:
        self.query_one(StatusLine).update(
            [
                Segment("family · family", "status_strong", 1),
                Segment("unlocked", "status", 2),
                Segment("no recovery code", "status_warn", 3),
                Segment("scene Home", "status", 4),
                Segment("12 pending", "status", 5),
            ]
        )
        count = int(os.environ.get("ROWS", "100000"))
        if self.kind == "fields":
            long = "A long body. " * 40
            self.query_one(Fields).set_fields(
                [
                    Field("title", "line", "Title", "Call the plumber"),
                    Field("due", "date", "Due", "2024-05-01"),
                    Field("body", "text", "Body", long),
                    Field("pin", "line", "Pin", "locked", True),
                    *[Field(f"f{n}", "line", f"Field {n}", f"value {n}") for n in range(30)],
                ]
            )
        if self.kind in {"rows", "grouped", "empty", "failing", "slow"}:
            kinds = {"empty": Source(0), "failing": Failing(0)}
            delay = 1.0 if self.kind == "slow" else 0.0
            self.source = kinds.get(self.kind) or Source(count, self.kind == "grouped", delay)
            rows = self.query_one(Rows)
            if place := os.environ.get("PLACE"):
                rows.restore({"key": int(place), "below_top": 3})
            rows.set_source(self.source, "No tasks here yet. Press a to add one.")

    def action_rows(self, name: str, *args: int) -> None:
        target = self.query_one(Fields if self.kind == "fields" else Rows)
        getattr(target, name)(*args)

    def action_delete(self) -> None:
        rows = self.query_one(Rows)
        ids = rows.marked_ids or [rows.cursor_id]
        self.source.gone |= {int(id[1:]) for id in ids if id}
        rows.clear_marks()
        rows.reload([id for id in ids if id])

    def action_done(self) -> None:
        rows = self.query_one(Rows)
        self.source.done.add(int(rows.cursor_id[1:]))
        rows.reload([rows.cursor_id])

    def action_add(self) -> None:
        key = self.source.count + 1
        self.source.count = key
        self.source.order.insert(0, key)
        self.query_one(Rows).seek(key)
        self.query_one(Rows).reload([f"r{key}"])

    def action_edit(self) -> None:
        self.query_one(Fields).request_edit()

    def say(self, text: str) -> None:
        self.query_one(MessageLine).say(text)

    def on_rows_opened(self, message: Rows.Opened) -> None:
        self.say(f"opened {message.id}")

    def on_rows_marks_changed(self, message: Rows.MarksChanged) -> None:
        self.say(f"{message.count} marked")

    def on_rows_counted(self, message: Rows.Counted) -> None:
        self.query_one(MessageLine).job(f"rows {message.text}")

    def on_line_field_committed(self, message: LineField.Committed) -> None:
        self._ended("committed", message.text)

    def on_line_field_left(self, message: LineField.Left) -> None:
        self._ended("left", message.text)

    def on_note_field_committed(self, message: NoteField.Committed) -> None:
        self._ended("committed", message.text)

    def _ended(self, how: str, text: str) -> None:
        self.say(f"{how} {len(text)}: {text!r}"[:76])
        if self.kind == "fields":
            self.query_one(Fields).close_editor()

    def on_fields_edit_requested(self, message: Fields.EditRequested) -> None:
        self.query_one(Fields).edit(message.name, f"text of {message.name}")


if __name__ == "__main__":
    Demo(*sys.argv[1:]).run()
