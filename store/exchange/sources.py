"""Which format a path holds, and the source that reads it.

Decided by content, never by a file's ending alone: a folder with Markdown in it or one Markdown
file is notes, a JSON text whose objects have ``uuid`` and ``description`` is a Taskwarrior export.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from store.errors import ManabenchError, NotFoundError, UsageError
from store.exchange.items import Problem, Source
from store.words import N_, _

FORMATS = ("markdown", "taskwarrior")
LARGEST = 200_000_000
"""Bytes of one export, which is read whole."""

_KEPT = N_("Nothing was imported.")


def open_source(path: str | os.PathLike[str], format: str | None = None) -> Source:
    """The source at ``path``. ``format`` is one of FORMATS, None to find out.

    Raises NotFoundError, UsageError, or ManabenchError for what cannot be read.
    """
    if format is not None and format not in FORMATS:
        raise UsageError(
            _("There is no import format called {format!r}.").format(format=format),
            kept=_(_KEPT),
            hint=_("Choose one of: {formats}.").format(formats=", ".join(FORMATS)),
        )
    place = Path(path).expanduser()
    if not place.exists():
        raise NotFoundError(
            _("There is nothing at {path}.").format(path=path),
            kept=_(_KEPT),
            hint=_("Check the path; give a folder of Markdown files or a Taskwarrior export."),
        )
    if place.is_dir():
        return _folder(place, format)
    if not place.is_file():
        raise _unknown(place)
    if format == "markdown" or (format is None and _is_markdown(place)):
        return _folder(place, "markdown")
    return _export(place, format)


def _is_markdown(path: Path) -> bool:
    from store.exchange.markdown import ENDINGS

    return path.name.lower().endswith(ENDINGS)


def _folder(path: Path, format: str | None) -> Source:
    from store.exchange.markdown import MarkdownFolder

    if format == "taskwarrior" or (path / "pending.data").is_file():
        raise ManabenchError(
            _("{path} is a folder, not a Taskwarrior export.").format(path=path),
            kept=_(_KEPT),
            hint=_("Write one with `task export > tasks.json` and import that file."),
        )
    source = MarkdownFolder(path)
    if not source.found:
        why = "".join(f" {problem.reason}" for problem in source.problems[:1])
        raise ManabenchError(
            _("No Markdown file was found in {path}.").format(path=path) + why,
            kept=_(_KEPT),
            hint=_("Files must end in .md or .markdown; hidden folders are left out."),
        )
    return source


def _export(path: Path, format: str | None) -> Source:
    text = _text(path)
    if not text.strip():
        raise ManabenchError(
            _("{path} is empty.").format(path=path),
            kept=_(_KEPT),
            hint=_("Write an export again with `task export > tasks.json`."),
        )
    if text.lstrip()[:1] not in "[{":
        raise _unknown(path)
    numbered, problems = _objects(path, text)
    if not numbered and not problems:
        raise ManabenchError(
            _("{path} holds an empty list.").format(path=path),
            kept=_(_KEPT),
            hint=_("Export without a filter that matches nothing: `task export > tasks.json`."),
        )
    if format is None and not any(_is_task(raw) for _where, raw in numbered):
        raise _unknown(path)
    from store.exchange.taskwarrior import TaskwarriorExport

    return TaskwarriorExport(path, numbered, problems)


def _is_task(raw: Any) -> bool:
    return isinstance(raw, dict) and "uuid" in raw and ("description" in raw or "status" in raw)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise ManabenchError(
                _("{path} is larger than 200 MB.").format(path=path),
                kept=_(_KEPT),
                hint=_("Export it in parts, for example one project at a time."),
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManabenchError(
            _("{path} is not UTF-8: byte {position} does not fit.").format(
                path=path, position=error.start
            ),
            kept=_(_KEPT),
            hint=_("Write the export again, or convert the file to UTF-8."),
        ) from None
    except OSError as error:
        raise ManabenchError(
            _("{path} cannot be read: {reason}.").format(path=path, reason=error.strerror),
            kept=_(_KEPT),
            hint=_("Check the permissions of the file."),
        ) from None


def _objects(path: Path, text: str) -> tuple[list[tuple[str, Any]], list[Problem]]:
    """(where, object) of a JSON list, or of lines with one object each, and lines that are none."""
    if text.lstrip().startswith("["):
        try:
            values = _json(text)
        except _BrokenError as broken:
            raise _broken(path, str(broken)) from None
        name = _("task {number}")
        return [(name.format(number=i), v) for i, v in enumerate(values, 1)], []
    numbered, problems = [], []
    for where, line in _lines(text):
        try:
            numbered.append((where, _json(line)))
        except _BrokenError as broken:
            problems.append(Problem(where, _("Not valid JSON: {reason}.").format(reason=broken)))
    if not numbered:
        raise _broken(path, f"{problems[0].label}: {problems[0].reason.rstrip('.')}")
    return numbered, problems


def _lines(text: str) -> Iterator[tuple[str, str]]:
    name = _("line {number}")
    for number, line in enumerate(text.split("\n"), 1):
        if line := line.strip().removesuffix(","):
            yield name.format(number=number), line


class _BrokenError(Exception):
    """Where a JSON text breaks."""


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    # Old exports hold bare control characters, which only the lenient reader takes.
    import json

    try:
        return json.loads(text, strict=False, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise _BrokenError(
            _("{what} in line {line}, column {column}").format(
                what=error.msg, line=error.lineno, column=error.colno
            )
        ) from None
    except (RecursionError, ValueError):
        raise _BrokenError(_("it is nested too deeply or holds an impossible number")) from None


def _no_number(_name: str) -> Any:
    raise ValueError


def _broken(path: Path, reason: str) -> ManabenchError:
    return ManabenchError(
        _("{path} is not valid JSON: {reason}.").format(path=path, reason=reason),
        kept=_(_KEPT),
        hint=_("Write the export again with `task export > tasks.json`; it may have been cut."),
    )


def _unknown(path: Path) -> ManabenchError:
    return ManabenchError(
        _("{path} is in no format that can be imported.").format(path=path),
        kept=_(_KEPT),
        hint=_("Give a folder of Markdown files, or what `task export` wrote."),
    )
