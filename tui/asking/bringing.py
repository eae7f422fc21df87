"""Folders and files to import from, and carrying an import out. Nothing here draws.

Reading a folder may hang for ever on a file system that went away. Each reading therefore gets a
thread that nobody else waits for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from store.words import _, ngettext

if TYPE_CHECKING:
    from store.exchange.planning import Plan
    from store.exchange.running import Result
    from tui.shell.manabench import Manabench

MOST = 5_000
"""Entries of a folder that are shown."""
COUNTED = 300
"""Folders whose contents are counted."""
SECONDS = 1.0
"""What counting may take; what is not counted by then has no count."""
TOLD_EVERY = 0.25
"""Seconds between two counts of running work."""

ENDINGS = (".md", ".markdown", ".json")


class Entry(NamedTuple):
    """A folder or file. name as a person reads it, path as the file system wants it; size in
    bytes; counted: what a folder holds, in words."""

    name: str
    path: str
    is_folder: bool
    size: int = 0
    counted: str = ""


class Folder(NamedTuple):
    """What a folder holds: folders first, hidden ones left out; more: entries that are not shown;
    error: why it cannot be read."""

    path: str
    entries: tuple[Entry, ...] = ()
    more: int = 0
    error: str = ""


def read(path: str) -> Folder:
    """List a folder. Never raises: why it cannot be read is told."""
    from store.exchange.items import naturally, readable

    found: list[Entry] = []
    more = 0
    try:
        with os.scandir(path) as scan:
            for entry in scan:
                if entry.name.startswith("."):
                    continue
                if len(found) >= MOST:
                    more += 1
                    continue
                is_folder = _is_folder(entry)
                size = 0 if is_folder else _size(entry)
                found.append(Entry(readable(entry.name), entry.path, is_folder, size))
    except OSError as error:
        return Folder(path, error=error.strerror or type(error).__name__)
    found.sort(key=lambda e: (not e.is_folder, naturally(e.name), e.name))
    return Folder(path, tuple(found), more)


def counted(folder: Folder) -> Folder:
    """``folder`` with what its folders hold; those that take too long stay without a count."""
    end = time.monotonic() + SECONDS
    entries, asked = [], 0
    for entry in folder.entries:
        if entry.is_folder and asked < COUNTED and time.monotonic() < end:
            asked += 1
            entry = entry._replace(counted=_held(entry.path))
        entries.append(entry)
    return folder._replace(entries=tuple(entries))


def _held(path: str) -> str:
    notes = folders = 0
    try:
        with os.scandir(path) as scan:
            for entry in scan:
                if entry.name.startswith("."):
                    continue
                if entry.name.lower().endswith(ENDINGS):
                    notes += 1
                elif _is_folder(entry):
                    folders += 1
    except OSError as error:
        return str(error.strerror or "")
    words = []
    if notes:
        words.append(ngettext("{n} file", "{n} files", notes).format(n=notes))
    if folders:
        words.append(ngettext("{n} folder", "{n} folders", folders).format(n=folders))
    return ", ".join(words) or _("empty")


def importable(path: str) -> str:
    """How many Markdown files lie in a folder and the folders in it, in words; "" for none."""
    end = time.monotonic() + SECONDS
    count = 0
    for _here, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        count += sum(
            name.lower().endswith(ENDINGS[:2]) and not name.startswith(".") for name in names
        )
        if time.monotonic() > end:
            return _("more than {n} notes").format(n=count)
    return ngettext("{n} note", "{n} notes", count).format(n=count) if count else ""


def path_of(text: str) -> str:
    """The path that was typed, pasted or dropped: quotes, ``file://``, ``~`` and escaped spaces
    are understood. Empty where the text is no path but words."""
    text = text.strip().strip("\0")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    if not text.startswith(("/", "~", "./", "../")) and text not in (".", ".."):
        return ""
    whole = os.path.expanduser(text)
    if "\\" in whole and not os.path.lexists(whole):
        whole = whole.replace("\\ ", " ")
    return os.path.abspath(whole)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def apart(app: Any, work: Callable[[], Any], then: Callable[[Any], None], owner: Any) -> None:
    """Run ``work`` in a thread of its own; ``then`` gets its value on the loop while ``owner`` is
    there. ``work`` does not raise."""

    def tell(value: Any) -> None:
        if owner.is_attached:
            then(value)

    def run() -> None:
        app.call_later(tell, work())

    threading.Thread(target=run, name="bench-files", daemon=True).start()


# Running ----------------------------------------------------------------------------------------


class Import:
    """One import under way. ``cancelled`` is set by Escape, wherever the person is by then."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.cancelled = threading.Event()
        self._begun = time.monotonic()
        self._told = 0.0

    def start(
        self, app: Manabench, then: Callable[[Result], None], failed: Callable[[Exception], None]
    ) -> None:
        """Begin; the running count stands in the message line of the screen in view."""
        app.importing = self.cancelled

        def over() -> None:
            app.importing = None
            for screen in app.screen_stack:
                if (job := getattr(screen, "job", None)) is not None and screen.is_mounted:
                    job("")

        def ended(result: Result) -> None:
            over()
            then(result)

        def broke(error: Exception) -> None:
            over()
            failed(error)

        def work() -> Result:
            from store import exchange

            return exchange.run(
                app.bench,
                self.plan,
                lambda done, total: self._tell(app, done, total),
                self.cancelled.is_set,
            )

        app.show_job(_("Importing … · Esc cancels"))
        app.desk.ask("jobs", work, ended, broke)

    def _tell(self, app: Manabench, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told < TOLD_EVERY or self.cancelled.is_set():
            return
        self._told = now
        rate = round(done / max(0.001, now - self._begun))
        words = _("Importing {done} of {total} · {rate}/s · Esc cancels")
        app.call_later(app.show_job, words.format(done=done, total=total, rate=rate))


def planned(app: Manabench, path: str) -> Plan:
    """What importing ``path`` would do. Raises what ``exchange.plan`` raises."""
    from store import exchange

    return exchange.plan(app.bench, path)
