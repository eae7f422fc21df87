"""What changed between two values, as lines to read. Off the loop."""

from __future__ import annotations

from collections.abc import Iterator

from store.words import _, ngettext

AROUND = 2
"""Unchanged lines shown around a change."""
MOST = 400
"""Lines of either side that are compared; beyond that they are only counted."""
LONGEST = 2_000
"""Characters of a line that are shown."""

Lines = list[tuple[str, str]]
"""(text, role of its style). A sign stands before each text: + and - also speak without colour."""


def lines(before: str, after: str) -> Lines:
    """From ``before`` to ``after``: whole where both are short, else only what differs."""
    old, new = _split(before), _split(after)
    if len(old) <= 1 and len(new) <= 1:
        return [*(_line("-", text) for text in old), *(_line("+", text) for text in new)]
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    gone, came = old[head : len(old) - tail], new[head : len(new) - tail]
    out: Lines = []
    if head > AROUND:
        out.append(_skipped(head - AROUND))
    out += [_line(" ", text) for text in old[max(0, head - AROUND) : head]]
    out += _changes(gone, came)
    below = old[len(old) - tail :] if tail else []
    out += [_line(" ", text) for text in below[:AROUND]]
    if len(below) > AROUND:
        out.append(_skipped(len(below) - AROUND))
    return out


def _split(text: str) -> list[str]:
    return text.split("\n") if text else []


def _alike(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _changes(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    if len(old) > MOST or len(new) > MOST:
        gone = ngettext("{n} line gone", "{n} lines gone", len(old)).format(n=len(old))
        came = ngettext("{n} line new", "{n} lines new", len(new)).format(n=len(new))
        yield f"  … {gone}, {came} …", "dim"
        return
    import difflib

    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    groups = matcher.get_grouped_opcodes(AROUND)
    end = 0
    for group in groups:
        if group[0][1] > end:
            yield _skipped(group[0][1] - end)
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from (_line(" ", text) for text in old[a:b])
                continue
            yield from (_line("-", text) for text in old[a:b])
            yield from (_line("+", text) for text in new[c:d])
        end = group[-1][2]
    if end < len(old) and end:
        yield _skipped(len(old) - end)


def _line(sign: str, text: str) -> tuple[str, str]:
    role = {"+": "ok", "-": "error"}.get(sign, "dim")
    return f"{sign} {text[:LONGEST]}", role


def _skipped(count: int) -> tuple[str, str]:
    words = ngettext("{n} line alike", "{n} lines alike", count).format(n=count)
    return f"  … {words} …", "dim"


def empty(text: str) -> str:
    """``text``, or words for a value that is empty."""
    return text or _("(empty)")
