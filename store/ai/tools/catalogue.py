"""Every tool of the installed modules: its parameters as a schema, and calls checked against them.

The catalogue is the modules' own lists put together. Tools for agents, missions and their policies
do not exist: an agent never decides what an agent may do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from store.errors import InvalidValueError
from store.records import wire_form
from store.tool import Param, Tool
from store.words import _

if TYPE_CHECKING:
    from pydantic import BaseModel

    from store.scope import Scope
    from store.workbench import Workbench

LONGEST = {"text": 1_000, "long": 100_000, "id": 200}
"""Characters that a text of a kind may have, where its parameter says nothing else."""

MOST = 2**53
"""The greatest number that every peer can hold."""


def catalogue(bench: Workbench) -> dict[str, Tool]:
    """Every tool by its name, with the module that it belongs to."""
    found: dict[str, Tool] = {}
    for module in bench.modules.values():
        for tool in module.tools:
            if tool.name in found:
                raise ValueError(f"two tools are called {tool.name}")
            found[tool.name] = tool._replace(module=module.id)
    return found


def available(bench: Workbench, scope: Scope) -> dict[str, Tool]:
    """The tools of modules that are allowed in a space."""
    return {name: tool for name, tool in catalogue(bench).items() if scope.allows(tool.module)}


# For models -------------------------------------------------------------------------------------

_JSON_TYPES = {
    "text": "string",
    "long": "string",
    "id": "string",
    "number": "number",
    "integer": "integer",
    "flag": "boolean",
    "list": "array",
    "object": "object",
}


def schema(tool: Tool) -> dict[str, Any]:
    """The parameters as JSON schema, the way models are told of functions."""
    properties: dict[str, Any] = {}
    for param in tool.params:
        said: dict[str, Any] = {"type": _JSON_TYPES[param.kind], "description": param.words}
        if param.choices:
            said["enum"] = list(param.choices)
        if param.kind in ("number", "integer") and param.most:
            said["maximum"] = param.most
        properties[param.name] = said
    return {
        "type": "object",
        "properties": properties,
        "required": [param.name for param in tool.params if param.required],
        "additionalProperties": False,
    }


# Checking a call --------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def parameters(tool: Tool) -> type[BaseModel]:
    """The parameters as a pydantic model, made once for each tool."""
    from pydantic import BeforeValidator, ConfigDict, Field, create_model

    fields: dict[str, Any] = {}
    for param in tool.params:
        kind, limits = _kind(param)
        coerced: Any = Annotated[kind, BeforeValidator(_coercion(param))]
        if param.required:
            fields[param.name] = (coerced, Field(description=param.words, **limits))
        else:
            fields[param.name] = (
                coerced | None,
                Field(default=None, description=param.words, **limits),
            )
    made: type[BaseModel] = create_model(
        tool.name, __config__=ConfigDict(extra="forbid", strict=True), **fields
    )
    return made


def _kind(param: Param) -> tuple[Any, dict[str, Any]]:
    """The type that a parameter is checked as, and its limits."""
    if param.kind in LONGEST:
        return str, {"max_length": int(param.most) or LONGEST[param.kind]}
    if param.kind in ("number", "integer"):
        most = param.most or MOST
        kind: Any = int if param.kind == "integer" else float
        return kind, {"ge": -MOST, "le": int(most) if param.kind == "integer" else most}
    return {"flag": bool, "list": list[Any], "object": dict[str, Any]}[param.kind], {}


def _coercion(param: Param) -> Callable[[Any], Any]:
    """What is made of a value before it is checked: models write numbers and flags as text."""

    def coerced(value: Any) -> Any:
        if param.kind in ("number", "integer"):
            value = _number(value)
            if param.kind == "number" and type(value) is int:
                return float(value)
        elif param.kind == "flag" and isinstance(value, str):
            value = {"true": True, "false": False}.get(value.strip().casefold(), value)
        if param.choices:
            value = str(value)
            if value not in param.choices:
                raise ValueError("one of: " + ", ".join(param.choices))
        return value

    return coerced


def _number(value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text) if not text.lstrip("+-").isdigit() else int(text)
        except ValueError:
            return text
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST:
        return int(value)
    return value


def validate(tool: Tool, arguments: object) -> dict[str, Any]:
    """The arguments of a call as the tool gets them: coerced, checked, without what is null.

    Raises InvalidValueError, whose message names the parameter and never repeats its value.
    """
    if not isinstance(arguments, Mapping):
        raise InvalidValueError(
            _("The arguments of {tool} must be an object.").format(tool=tool.name),
            kept=_("Nothing was changed."),
        )
    from pydantic import ValidationError

    given = {name: value for name, value in wire_form(dict(arguments)).items() if value is not None}
    try:
        model = parameters(tool).model_validate(given)
    except ValidationError as error:
        raise InvalidValueError(
            _("{tool} was called wrongly: {what}.").format(tool=tool.name, what=_why(tool, error)),
            kept=_("Nothing was changed."),
            hint=_("Its parameters are: {names}.").format(names=_signature(tool) or "-"),
        ) from None
    return {
        name: value
        for name in (param.name for param in tool.params)
        if (value := getattr(model, name)) is not None
    }


def _why(tool: Tool, error: Any) -> str:
    """What is wrong, parameter by parameter, in the order of the call."""
    known = {param.name: param for param in tool.params}
    said: dict[str, str] = {}
    for one in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(one["loc"][0]) if one["loc"] else ""
        param = known.get(name)
        if param is None:
            said["?"] = _("there is a parameter that it does not have")
        elif one["type"] == "missing":
            said[name] = _("{name} is missing").format(name=name)
        elif param.choices:
            names = ", ".join(param.choices)
            said[name] = _("{name} must be one of {names}").format(name=name, names=names)
        elif "too_long" in one["type"] or "less_than" in one["type"] or "greater" in one["type"]:
            said[name] = _("{name} is too long or too great").format(name=name)
        else:
            kind = _JSON_TYPES[param.kind]
            said[name] = _("{name} must be a {kind}").format(name=name, kind=kind)
    return "; ".join(said.values())


def _signature(tool: Tool) -> str:
    """``title, dueDate?, priority? (low|medium|high)``."""
    return ", ".join(
        param.name
        + ("" if param.required else "?")
        + (f" ({'|'.join(param.choices)})" if param.choices else "")
        for param in tool.params
    )
