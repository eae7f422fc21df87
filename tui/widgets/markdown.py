"""Markdown as blocks of styled text, parsed chunk by chunk (``markdown_cut``). No screen, no width.

Parsing belongs off the loop; the parser is imported when the first chunk is parsed.

Nothing that was written disappears: HTML, definitions of links and what is nested too deeply are
shown as the text that they are.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from store.words import _
from tui.widgets import cells
from tui.widgets.markdown_cut import DEFINED, Chunk

SHORT = 50
"""A line shorter than this ended where its writer wanted; a longer one was broken by a program."""

_URL = re.compile(r"https?://[^\s<>\"`]+[^\s<>\"`.,;:!?')\]]")
_BOX = re.compile(r"\[([ xX])\](?=\s|$)[ \t]?")

Span = tuple[str, str]
"""(text, role of its style)."""


class Link(NamedTuple):
    """Where a link leads. Its number is its place in the list, from 1."""

    text: str
    url: str


class Table(NamedTuple):
    """What the rows of a table share: natural widths in cells, alignments (left, right, center)."""

    widths: tuple[int, ...]
    aligns: tuple[str, ...]


class Block(NamedTuple):
    """A paragraph, heading, line of code, row of a table, rule or gap.

    kind: text, head1 to head6, code, rule, row, line (under a table's head) or gap. first and rest
    stand before its first row and before all others. source: the line where it begins.
    """

    kind: str
    first: str
    rest: str
    spans: tuple[Span, ...] = ()
    source: int = 0
    cells: tuple[str, ...] = ()
    table: Table | None = None

    @property
    def text(self) -> str:
        """What it says, without styles."""
        return "".join(text for text, _role in self.spans)


def packed(blocks: Sequence[Block]) -> bytes:
    """``blocks`` as one object: of a long text there are so many that whoever collects garbage
    would look through them for longer than a frame."""
    return marshal.dumps([(*b[:6], tuple(b.table) if b.table else None) for b in blocks])


def unpacked(data: bytes) -> list[Block]:
    """What ``packed`` made; the bytes are our own and never left this process."""
    return [
        Block(*rest, Table(*table) if table else None)
        for *rest, table in marshal.loads(data)  # noqa: S302
    ]


BULLET, BAR, CODE, RULE, DOUBLE, CROSS = "•│┊─═┼"
"""What tells items, quotes and code apart without colour."""


def definitions(text: str) -> dict[str, dict[str, str]]:
    """The link definitions of the whole text, as the parser wants to know them."""
    from markdown_it.common.utils import normalizeReference

    found: dict[str, dict[str, str]] = {}
    for match in DEFINED.finditer(text):
        label = normalizeReference(match[1])
        found.setdefault(label, {"href": match[2].strip("<>"), "title": ""})
    return found


# Parsing ----------------------------------------------------------------------------------------


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 200})
    # Definitions are found beforehand, for the whole text, and stay on the page as text.
    return parser.enable(["table", "strikethrough"]).disable(["reference"])


def parse(
    chunk: Chunk,
    defined: Mapping[str, Any],
    count: int,
    *,
    begins: bool = False,
) -> tuple[list[Block], list[Link]]:
    """The blocks of one chunk and its links, which are numbered behind ``count`` earlier ones.

    begins: nothing stands before it, so it begins without a gap.
    """
    try:
        tokens = _parser().parse(chunk.text, {"references": dict(defined)})
        return _Builder(chunk, count).build(tokens, gap=not (chunk.joined or begins))
    except (RecursionError, IndexError, ValueError):
        # A fault of the parser over an odd text: the text itself is what must be shown.
        lines = chunk.text.split("\n")
        return [
            Block("text", "", "", ((line, "base"),), chunk.start + n)
            for n, line in enumerate(lines)
        ], []


class _Container:
    """A quote or an item of a list, around the blocks inside it."""

    def __init__(self, first: str, rest: str) -> None:
        self.first, self.rest = first, rest
        self.used = False


class _Builder:
    """Walks the tokens of one chunk once."""

    def __init__(self, chunk: Chunk, count: int) -> None:
        self._chunk = chunk
        self._count = count
        self._blocks: list[Block] = []
        self._links: list[Link] = []
        self._in: list[_Container] = []
        self._tight: list[bool] = []
        self._gap = False
        self._source = 0
        self._head = ""

    def build(self, tokens: Sequence[Any], *, gap: bool) -> tuple[list[Block], list[Link]]:
        """Blocks and links."""
        self._gap = gap
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.map:
                self._source = self._chunk.start + token.map[0]
            if token.type == "table_open":
                at = self._table(tokens, at)
            else:
                self._take(token, tokens, at)
            at += 1
        return self._blocks, self._links

    def _take(self, token: Any, tokens: Sequence[Any], at: int) -> None:
        kind = token.type
        if kind == "inline":
            self._text(token)
        elif kind == "heading_open":
            self._head = "head" + token.tag[1:]
        elif kind == "heading_close":
            self._head = ""
        elif kind in ("fence", "code_block"):
            self._code(token)
        elif kind == "hr":
            self._emit("rule", ())
        elif kind == "blockquote_open":
            bar = BAR + " "
            self._in.append(_Container(bar, bar))
        elif kind in ("blockquote_close", "list_item_close"):
            if not self._in[-1].used:
                self._emit("text", ())
            self._in.pop()
            if kind == "blockquote_close":
                self._gap = not self._is_tight
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._tight.append(_is_tight(tokens, at))
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._tight.pop()
            self._gap = not self._is_tight
        elif kind == "list_item_open":
            mark = f"{token.info}{token.markup} " if token.info else f"{BULLET} "
            self._in.append(_Container(mark, " " * len(mark)))

    @property
    def _is_tight(self) -> bool:
        return bool(self._tight) and self._tight[-1]

    def _emit(self, kind: str, spans: Sequence[Span], **more: Any) -> None:
        if self._gap and kind != "line":
            begun = "".join(box.rest for box in self._in if box.used)
            self._blocks.append(Block("gap", begun, begun, (), self._source))
        first = "".join(box.rest if box.used else box.first for box in self._in)
        rest = "".join(box.rest for box in self._in)
        for box in self._in:
            box.used = True
        self._gap = not self._is_tight
        source = more.pop("source", self._source)
        self._blocks.append(Block(kind, first, rest, _whole(spans), source, **more))

    def _text(self, token: Any) -> None:
        spans = self._inline(token.children or (), "head" if self._head else "base")
        box = self._in[-1] if self._in else None
        text, role = spans[0] if spans else ("", "base")
        found = _BOX.match(text) if box is not None and box.rest.isspace() else None
        if box is not None and found is not None and not box.used:
            ticked = found[1] != " "
            box.first, box.rest = f"[{'x' if ticked else ' '}] ", " " * 4
            spans[0] = (text[found.end() :], role)
            if ticked:
                spans = [(t, "done" if r == "base" else r) for t, r in spans]
        self._emit(self._head or "text", spans)

    def _code(self, token: Any) -> None:
        bar = CODE + " "
        self._in.append(_Container(bar, bar))
        lines = token.content.removesuffix("\n").split("\n")
        source = self._source
        if token.type == "fence":
            source += 1
            if token.info.strip():
                self._emit("code", ((token.info.strip(), "dim"),), source=self._source)
                self._gap = False
        for number, line in enumerate(lines):
            self._emit("code", ((line.expandtabs(4), "code"),), source=source + number)
            self._gap = False
        self._in.pop()
        self._gap = not self._is_tight

    def _table(self, tokens: Sequence[Any], at: int) -> int:
        """The rows of a table; returns the place of its last token."""
        rows: list[tuple[int, list[str]]] = []
        aligns: list[str] = []
        while tokens[at].type != "table_close":
            token = tokens[at]
            if token.type == "tr_open":
                rows.append((self._chunk.start + token.map[0] if token.map else self._source, []))
            elif token.type == "th_open":
                style = str(token.attrGet("style") or "")
                aligns.append(style.rpartition(":")[2] or "left")
            elif token.type == "inline":
                spans = self._inline(token.children or (), "base")
                rows[-1][1].append(" ".join("".join(text for text, _r in spans).split("\n")))
            at += 1
        count = len(aligns)
        widths = [
            max(cells.width(row[n]) for _s, row in rows if n < len(row)) for n in range(count)
        ]
        table = Table(tuple(widths), tuple(aligns))
        for number, (source, row) in enumerate(rows):
            role = "base" if number else "strong"
            bar = f" {BAR} "
            spans = [part for cell in row for part in ((bar, "dim"), (cell, role))][1:]
            self._emit("row", spans, source=source, cells=tuple(row), table=table)
            self._gap = False
            if not number:
                self._emit("line", (), source=source, cells=tuple(row), table=table)
                self._gap = False
        self._gap = not self._is_tight
        return at

    # Inside a line --------------------------------------------------------------------------

    def _inline(self, children: Sequence[Any], base: str) -> list[Span]:
        spans: list[Span] = []
        roles = [base]
        links: list[tuple[str, int]] = []
        column = 0
        for token in children:
            kind, text = token.type, token.content
            role = roles[-1]
            if kind in ("softbreak", "hardbreak"):
                breaks = kind == "hardbreak" or column < SHORT
                spans.append(("\n" if breaks else " ", base))
                column = 0
                continue
            if kind in ("strong_open", "em_open", "s_open", "link_open"):
                inner = {"strong_open": "strong", "em_open": "emph", "link_open": "link"}
                roles.append(role if base == "head" else inner.get(kind, role))
                text = "~~" if kind == "s_open" else ""
                if kind == "link_open":
                    links.append((str(token.attrGet("href") or ""), len(spans)))
            elif kind in ("strong_close", "em_close", "s_close"):
                roles.pop()
                text = "~~" if kind == "s_close" else ""
            elif kind == "link_close":
                roles.pop()
                url, start = links.pop()
                role, text = "dim", self._link("".join(t for t, _r in spans[start:]), url)
            elif kind == "code_inline":
                role, text = "code", f"`{text}`"
            elif kind == "image":
                named = _("[image: {alt}]").format(alt=text)
                role, text = "dim", named + self._link(text, str(token.attrGet("src") or ""))
            elif kind in ("text", "text_special") and not links and "://" in text:
                spans += self._bare(text, role)
                column += len(text)
                continue
            spans.append((text, role))
            column += len(text)
        return [span for span in spans if span[0]]

    def _link(self, text: str, url: str) -> str:
        self._links.append(Link(text, url))
        return f" [{self._count + len(self._links)}]"

    def _bare(self, text: str, role: str) -> list[Span]:
        """Addresses that were typed without any marks are links too."""
        spans: list[Span] = []
        at = 0
        for match in _URL.finditer(text):
            spans += [(text[at : match.start()], role), (match[0], "link")]
            spans.append((self._link(match[0], match[0]), "dim"))
            at = match.end()
        return [*spans, (text[at:], role)]


def _is_tight(tokens: Sequence[Any], at: int) -> bool:
    """Whether the list that opens at ``at`` has no blank lines between its items."""
    level = tokens[at].level
    for token in tokens[at + 1 :]:
        if token.type == "paragraph_open" and token.level == level + 2:
            return bool(token.hidden)
        if token.level <= level:
            break
    return True


def _whole(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans of which none begins inside a cluster, which would be drawn apart, and no two
    neighbours share a role."""
    out: list[Span] = []
    for text, role in spans:
        if out and not text.isascii():
            last, was = out[-1]
            grown = next(cells.clusters(last[-1:] + text), "")
            if (more := len(grown) - len(last[-1:])) > 0 and last:
                out[-1] = (last + text[:more], was)
                text = text[more:]
        if text and out and out[-1][1] == role:
            out[-1] = (out[-1][0] + text, role)
        elif text:
            out.append((text, role))
    return tuple(out)


def heading(title: str, below: str, text: str) -> list[Block]:
    """The title above the text, unless the text begins with it, and a line below it."""
    first = text.lstrip().partition("\n")[0].lstrip("# ").strip()
    blocks = []
    if title and first != title.strip():
        blocks.append(Block("head1", "", "", ((" ".join(title.split()), "head"),)))
    if below:
        blocks.append(Block("text", "", "", ((below, "dim"),)))
    return [*blocks, Block("gap", "", "")] if blocks else []
