"""Scripts of missions: fixed lists of tool calls, read and checked by the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store.ai import script_words
from store.errors import InvalidValueError
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

LONGEST = script_words.LONGEST
GO_ON = "continue"
"""``onError`` of a call after which the next is made even if it fails."""

_PARTS = frozenset({"tool", "arguments", "rationale", "onError"})


def read(bench: Workbench, text: str) -> list[dict[str, Any]]:
    """The script that a file holds: a JSON list of ``{"tool", "arguments", "rationale"?,
    "onError"?}``, or a call a line, both as ``script_words`` reads them. Raises InvalidValueError
    naming the call that is wrong.
    """
    return checked(bench, script_words.read(text) or [])


def checked(bench: Workbench, script: object) -> list[dict[str, Any]]:
    """A script every call of which the catalogue knows and can be given what it asks for.

    Whether the agent may make them is decided when it runs. Raises InvalidValueError.
    """
    if not isinstance(script, list) or not script:
        raise _wrong(_("A script is a list of calls."))
    if len(script) > LONGEST:
        raise _wrong(_("A script has at most {n} calls.").format(n=LONGEST))
    return [_call(bench, number, call) for number, call in enumerate(script, 1)]


def _call(bench: Workbench, number: int, call: object) -> dict[str, Any]:
    from store.ai.tools.catalogue import catalogue, validate

    if not isinstance(call, Mapping) or not isinstance(name := call.get("tool"), str):
        raise _wrong(_("Call {n} names no tool.").format(n=number))
    if strange := sorted(set(call) - _PARTS):
        raise _wrong(
            _("Call {n}: {name!r} is not known.").format(n=number, name=str(strange[0])[:40])
        )
    tool = catalogue(bench).get(name)
    if tool is None:
        raise _wrong(_("Call {n}: there is no tool {name!r}.").format(n=number, name=name[:60]))
    if call.get("onError") not in (None, "stop", GO_ON):
        raise _wrong(_("Call {n}: onError is stop or continue.").format(n=number))
    arguments = call.get("arguments") or {}
    if not isinstance(arguments, Mapping):
        raise _wrong(_("Call {n}: the arguments are no object.").format(n=number))
    known = {param.name for param in tool.params}
    if strange := sorted(set(arguments) - known):
        raise _wrong(
            _("Call {n}, {name}: it has no {parameter!r}; it has {known}.").format(
                n=number, name=name, parameter=strange[0][:40], known=", ".join(sorted(known))
            )
        )
    try:
        validate(tool, arguments)
    except InvalidValueError as error:
        raise _wrong(
            _("Call {n}, {name}: {why}").format(n=number, name=name, why=error.message)
        ) from None
    return {**call, "arguments": dict(arguments)}


def _wrong(message: str) -> InvalidValueError:
    return InvalidValueError(
        message,
        kept=_("The mission is as it was."),
        hint=_("`manabench tools` lists the tools and what each asks for."),
    )


def is_script(mission: Mapping[str, Any]) -> bool:
    """Whether a mission carries a script, and so needs no model."""
    return bool(script_of(mission))


def script_of(mission: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The calls of a mission's script; what is no call is left out."""
    found = mission.get("script")
    calls = found if isinstance(found, list) else []
    return [dict(c) for c in calls if isinstance(c, Mapping) and isinstance(c.get("tool"), str)]
