"""A script as text: one tool call a line, above it as a comment why it is made.

    # so that Monday starts with a plan
    create_task title="Plan the week" dueDate=monday priority=high

Values are JSON where they are JSON, quoted text where they are quoted, plain words else. What
``shown`` says is read back as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from store.errors import InvalidValueError
from store.words import _

GO_ON = "-"
"""Before a call after which the next is made even if it fails, as in a makefile."""

LONGEST = 100
"""Calls that a script has at most."""

_NAME = r"[A-Za-z_][\w.-]*"
_PLAIN = r"[^\s\"'\[{][^\s]*"


def read(text: str) -> list[dict[str, Any]] | None:
    """The calls of a script, None for an empty text; also from the JSON that is stored of them.
    Raises InvalidValueError naming the line."""
    if text.lstrip()[:1] == "[":
        return _from_json(text)
    calls: list[dict[str, Any]] = []
    why: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        flat = line.strip()
        if flat.startswith("#"):
            why.append(flat.lstrip("#").strip())
        elif flat:
            goes_on = flat.startswith(GO_ON)
            call = _call(flat.removeprefix(GO_ON).lstrip(), number)
            if goes_on:
                call["onError"] = "continue"
            if rationale := " ".join(filter(None, why)):
                call["rationale"] = rationale
            calls.append(call)
            why = []
    if len(calls) > LONGEST:
        raise _broken(_("A script has at most {n} calls.").format(n=LONGEST))
    return calls or None


def shown(value: Any) -> str:
    """A script as text; calls that are none are left out."""
    lines = []
    for call in value if isinstance(value, list) else ():
        if not isinstance(call, Mapping) or not isinstance(call.get("tool"), str):
            continue
        if why := call.get("rationale"):
            lines.append(f"# {' '.join(str(why).split())}")
        arguments = call.get("arguments")
        given = arguments.items() if isinstance(arguments, Mapping) else ()
        line = " ".join([call["tool"], *(f"{name}={_value(one)}" for name, one in given)])
        lines.append(f"{GO_ON} {line}" if call.get("onError") == "continue" else line)
    return "\n".join(lines)


def _from_json(text: str) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _broken(_("The script is no JSON.")) from None
    if len(found) > LONGEST:
        raise _broken(_("A script has at most {n} calls.").format(n=LONGEST))
    for number, call in enumerate(found, 1):
        if not isinstance(call, dict) or not isinstance(call.get("tool"), str):
            raise _broken(_("Call {n} names no tool.").format(n=number))
    return found or None


def _call(line: str, number: int) -> dict[str, Any]:
    head = re.match(_NAME, line)
    if head is None:
        raise _broken(_("Line {n} names no tool.").format(n=number))
    rest, arguments = line[head.end() :], {}
    decoder = json.JSONDecoder()
    while rest := rest.lstrip():
        name = re.match(rf"({_NAME})=", rest)
        if name is None:
            raise _broken(_("Line {n}: after the tool stand name=value.").format(n=number))
        rest = rest[name.end() :]
        try:
            if rest[:1] in ('"', "[", "{"):
                value, end = decoder.raw_decode(rest)
            else:
                value, end = _word(rest)
        except ValueError:
            raise _broken(
                _("Line {n}: the value of {name} is not understood.").format(n=number, name=name[1])
            ) from None
        arguments[name[1]] = value
        rest = rest[end:]
    return {"tool": head[0], "arguments": arguments}


def _word(text: str) -> tuple[Any, int]:
    """A value without JSON's quotes, and where it ends: a number, true, false, or text."""
    if text[:1] == "'":
        end = text.index("'", 1)
        return text[1:end], end + 1
    found = re.match(_PLAIN, text)
    if found is None:
        raise ValueError(text)
    word = found[0]
    if re.fullmatch(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?|true|false|null", word):
        return json.loads(word), found.end()
    return word, found.end()


def _value(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(_PLAIN, value) and _word(value)[0] == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _broken(message: str) -> InvalidValueError:
    return InvalidValueError(
        message,
        kept=_("Nothing was changed."),
        hint=_('Write one call a line: create_task title="Water the plants" dueDate=today.'),
    )
