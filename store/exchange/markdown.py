"""A folder of Markdown files as notes.

The text comes in as it stands; only a byte order mark and pure CRLF line ends are taken off, and
the front matter moves into the sealed ``metadata``, all three so that the exact file can be made
again (``original``). Folders become tags in a group named after the imported folder. Wiki links
stay text.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Set
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from store.exchange import front_matter
from store.exchange.items import Item, Problem, TagName, naturally, one_line, readable
from store.stamps import EPOCH, instant
from store.words import _

ENDINGS = (".md", ".markdown")
LIMIT = 1_000_000
"""Bytes of one file, and of its text as JSON: what one value of the store may hold."""
DEPTH = 64
"""Folders within folders that are walked."""

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_BOM = b"\xef\xbb\xbf"
_ATX = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$")
_CODE = re.compile(r"^ {0,3}(```+|~~~+)")
_NO_TITLE = ("    ", "\t", ">", "-", "*", "+", "|")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")


class Found(NamedTuple):
    """One file of the walk: the path parts below the root, names as the file system gives them."""

    parts: tuple[str, ...]

    @property
    def path(self) -> str:
        """The relative path, printable."""
        return readable("/".join(self.parts))


class MarkdownFolder:
    """A folder, or one file of it, as a source. Opening it walks; ``read`` opens the files.

    The source id of a note is ``<folder's name>/<path below it>``, so that a folder that moved is
    still the same source and a single file is the same note as in its folder.
    """

    format = "markdown"

    def __init__(self, path: Path) -> None:
        single = path.is_file()
        self.folder = path.parent if single else path
        self.root = readable(str(path.absolute()))
        self.label = readable(self.folder.absolute().name or "files")
        self.found: list[Found] = []
        self.problems: list[Problem] = []
        if single:
            self.found.append(Found((path.name,)))
        else:
            self._walk()

    @property
    def size(self) -> int:
        """Files found, and what was left out on the way."""
        return len(self.found) + len(self.problems)

    def source_id(self, found: Found) -> str:
        """What the file is called across machines: its name in composed Unicode."""
        return unicodedata.normalize("NFC", f"{self.label}/{found.path}")

    def read(self, only: Set[str] | None = None) -> Iterator[Item | Problem]:
        """Every note in path order; a file that cannot be read is a problem among them."""
        if only is None:
            yield from self.problems
        for found in self.found:
            if only is not None and self.source_id(found) not in only:
                continue
            try:
                raw, touched = _load(self.folder.joinpath(*found.parts))
                item, remark = self._note(found, raw, touched)
            except _SkipError as skip:
                yield Problem(found.path, str(skip))
                continue
            if remark and only is None:
                yield Problem(found.path, remark, skipped=False)
            yield item

    # The walk -----------------------------------------------------------------------------

    def _walk(self) -> None:
        pending: list[tuple[str, ...]] = [()]
        hidden = []
        while pending:
            parts = pending.pop()
            here = Found(parts).path or self.label
            try:
                with os.scandir(self.folder.joinpath(*parts)) as scan:
                    entries = sorted(scan, key=lambda e: (naturally(e.name), os.fsencode(e.name)))
            except OSError as error:
                reason = _("The folder cannot be read: {reason}.")
                self.problems.append(Problem(here, reason.format(reason=error.strerror)))
                continue
            folders = []
            for entry in entries:
                inner = (*parts, entry.name)
                if _is_folder(entry):
                    if entry.name.startswith("."):
                        hidden.append(Found(inner).path)
                    elif entry.is_symlink():
                        reason = _("A link to a folder; links to folders are not followed.")
                        self.problems.append(Problem(Found(inner).path, reason))
                    elif len(inner) > DEPTH:
                        reason = _("The folders are nested too deeply.")
                        self.problems.append(Problem(Found(inner).path, reason))
                    else:
                        folders.append(inner)
                elif entry.name.lower().endswith(ENDINGS) and not entry.name.startswith("."):
                    self.found.append(Found(inner))
            pending.extend(reversed(folders))
        self.found.sort(key=lambda f: [(naturally(p), os.fsencode(p)) for p in f.parts])
        for path in hidden:
            self.problems.append(Problem(path, _("A hidden folder; it was left out.")))

    # One note -----------------------------------------------------------------------------

    def _note(self, found: Found, raw: bytes, touched: str) -> tuple[Item, str]:
        text, form = _text(raw)
        remark = ""
        try:
            head, body = front_matter.split(text)
        except front_matter.UnfitError as unfit:
            head, body = front_matter.FrontMatter(), text
            remark = _("Its front matter stays in the text: {reason}.").format(reason=unfit)
        if head.raw:
            form["frontMatter"] = head.raw
        if max(_json_size(body), _json_size(form)) > LIMIT - 1_000:
            raise _SkipError(_("Larger than 1 MB."))
        stem = readable(Path(found.parts[-1]).stem)
        title = head.title or one_line(heading(body)) or one_line(stem) or found.path
        folders: list[TagName] = [(self.label, readable(p)) for p in found.parts[:-1]]
        tags = dict.fromkeys([*folders, *((None, tag) for tag in head.tags)])
        form["path"] = found.path
        item = Item(
            source_id=self.source_id(found),
            collection="notes",
            label=found.path,
            modified=head.updated or touched,
            created=head.created or head.updated or touched,
            fields={"title": title, "content": body},
            tags=tuple(tags),
            metadata={"markdown": form},
            touched=touched,
        )
        return item, remark


def original(content: str, metadata: dict[str, Any]) -> bytes:
    """The bytes of the file that a note was made from, its front matter first."""
    form = metadata.get("markdown", {})
    text: str = form.get("frontMatter", "") + content
    if form.get("newline") == "crlf":
        text = text.replace("\n", "\r\n")
    return (_BOM if form.get("bom") else b"") + text.encode()


def heading(text: str) -> str:
    """The text of the first heading, "" if there is none; lines of code are no headings."""
    fence = ""
    before = ""
    for line in text.splitlines()[:2000]:
        code = _CODE.match(line)
        if fence:
            if code and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if code:
            fence, before = code.group(1), ""
        elif match := _ATX.match(line):
            if match.group(1).strip():
                return match.group(1).strip()
        elif _UNDERLINE.match(line) and before:
            return before
        else:
            before = "" if line.startswith(_NO_TITLE) else line.strip()
    return ""


class _SkipError(Exception):
    """Why a file is left out: a sentence for a person."""


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _load(path: Path) -> tuple[bytes, str]:
    """(bytes, time of last writing) of a regular file. Raises _SkipError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode):
                raise _SkipError(_("Not an ordinary file."))
            raw = file.read(LIMIT + 1) if info.st_size <= LIMIT else b"x" * (LIMIT + 1)
    except OSError as error:
        reason = _("The file cannot be read: {reason}.")
        raise _SkipError(reason.format(reason=error.strerror)) from None
    if len(raw) > LIMIT:
        raise _SkipError(_("Larger than 1 MB."))
    return raw, _instant(info.st_mtime_ns)


def _instant(nanoseconds: int) -> str:
    """A file's time as a UTC instant; before 1970 and after 2100 it says nothing."""
    milliseconds = nanoseconds // 1_000_000
    if not 0 <= milliseconds < 4_102_444_800_000:
        return EPOCH
    return instant(_ZERO + timedelta(milliseconds=milliseconds))


def _text(raw: bytes) -> tuple[str, dict[str, Any]]:
    """The text of a file, and what was taken off it. Raises _SkipError where it is no text."""
    form: dict[str, Any] = {}
    if raw.startswith(_BOM):
        form["bom"] = True
        raw = raw[len(_BOM) :]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        reason = _("Not UTF-8: byte {position} does not fit. Save it as UTF-8.")
        raise _SkipError(reason.format(position=error.start)) from None
    if "\0" in text:
        raise _SkipError(_("Not a text: it holds NUL bytes."))
    if "\r\n" in text and text.count("\n") == text.count("\r") == text.count("\r\n"):
        form["newline"] = "crlf"
        text = text.replace("\r\n", "\n")
    return text, form


def _json_size(value: Any) -> int:
    return len(orjson.dumps(value))
