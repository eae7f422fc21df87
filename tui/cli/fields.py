"""Options made from a module's declared fields, and the stored values of what was typed there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from store import lengths
from store.colors import color_name
from store.errors import InvalidValueError, UsageError
from store.module import Act, FormField, Module, checklist, checklist_lines
from store.words import _
from tui.cli.call import masked, read_text

if TYPE_CHECKING:
    from store.workbench import Workbench

METAVARS = {"date": "DAY", "moment": "WHEN", "link": "RECORD", "lines": "LINE", "number": "N"}


def named(field: FormField) -> str:
    """The word of a field in the command line: its ``option``, else its name in kebab case."""
    if field.option:
        return field.option
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in field.name).lstrip("-")


def typed(module: Module) -> list[FormField]:
    """The fields that options can give: all but tags, which every record shares."""
    return [field for field in module.fields if field.kind != "tags"]


def title_of(module: Module) -> FormField:
    """The field that ``add WORDS`` fills: the collection's title, else the first line."""
    title = main(module).title
    for field in module.fields:
        if field.name == title:
            return field
    return next(field for field in module.fields if field.kind == "line")


def text_of(module: Module) -> FormField | None:
    """The field that holds long text, if the module has one."""
    return next((field for field in module.fields if field.kind == "text"), None)


def is_long(module: Module) -> bool:
    """Whether a record of this module is a text rather than a line."""
    return bool(main(module).large)


def main(module: Module) -> Any:
    """The declared collection whose records the module lists."""
    return next(c for c in module.collections if c.name == module.main)


def metavar(field: FormField) -> str:
    """How help names what a field takes."""
    return METAVARS.get(field.kind, named(field).upper())


def options(module: Module, *, skip: str = "") -> list[click.Parameter]:
    """One option for each field but ``skip``."""
    return [_option(module, field) for field in typed(module) if field.name != skip]


def _option(module: Module, field: FormField) -> click.Option:
    word = named(field)
    kw: dict[str, Any] = {"help": f"{_(field.words)}.", "default": None}
    if field.kind == "flag":
        return click.Option([f"--{word}/--no-{word}", field.name], **kw)
    shades = [name for one in field.choices if (name := color_name(one))]
    if field.kind == "choice" and shades:
        kw["metavar"] = "COLOUR"
        names = ", ".join(shades)
        kw["help"] = _("{field}: {names}, none.").format(field=_(field.words), names=names)
    elif field.kind == "choice":
        kw["metavar"] = "|".join(field.choices) if len(field.choices) < 6 else "CHOICE"
        if act_of(module, field) is None:
            kw["type"] = click.Choice(field.choices)
    elif field.choices == lengths.SECONDS:
        kw["metavar"] = "TIME"
        kw["help"] = _("{field}: minutes as 45, hours as 1:30 or 2h.").format(field=_(field.words))
    elif field.kind == "number":
        kw["type"] = click.FLOAT
    elif field.kind == "lines":
        kw["multiple"] = True
    kw.setdefault("metavar", METAVARS.get(field.kind, "TEXT"))
    return click.Option([f"--{word}", field.name], **kw)


def act_of(module: Module, field: FormField) -> Act | None:
    """The act that sets this field from typed words, where the module has one."""
    if field.kind not in ("choice", "link", "lines"):
        return None
    word = named(field)
    for act in module.acts:
        if act.argument and (act.argument == field.name or act.id == word):
            return act
    return None


def values(
    bench: Workbench,
    module: Module,
    given: Mapping[str, Any],
    record: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], list[tuple[Act, str]]]:
    """Stored values of the options that were given, and acts to run for those that have one.

    ``-`` reads standard input. record: what is changed, if it is there already. Raises
    InvalidValueError, NotFoundError and AmbiguousError of a link.
    """
    out: dict[str, Any] = {}
    acts: list[tuple[Act, str]] = []
    for field in typed(module):
        raw = given.get(field.name)
        if raw is None or raw == ():
            continue
        act = act_of(module, field)
        if act is None or raw in field.choices:
            old = record.get(field.name) if record else None
            out[field.name] = _value(bench, field, raw, old)
        else:
            acts += [(act, line) for line in (raw if isinstance(raw, tuple) else (raw,))]
    return out, acts


def _value(bench: Workbench, field: FormField, raw: Any, old: Any) -> Any:
    """What ``field`` stores for one option's ``raw`` where ``old`` stands now."""
    if field.kind in ("line", "text"):
        text = read_text().removesuffix("\n") if raw == "-" else raw
        if field.written is not None:
            return field.written.read(text)
        return one_line(text) if field.kind == "line" else text
    if field.kind in ("date", "moment"):
        from store import when

        return when.read(raw, when.now())
    if field.kind == "link":
        return bench.documents.find(bench.scope, field.link, raw)["id"]
    if field.kind == "lines":
        from store import when

        return checklist(raw, old, when.now())
    if field.choices == lengths.SECONDS:
        return lengths.read(raw)
    if field.kind == "number" and raw == int(raw):
        return int(raw)
    return raw


def one_line(text: str) -> str:
    """``text`` on one line. Raises InvalidValueError where nothing is left of it."""
    flat = " ".join(text.splitlines()).strip()
    if not flat:
        raise InvalidValueError(_("The text is empty."), kept=_("Nothing was changed."))
    return flat


def cleared(module: Module, words: Sequence[str]) -> dict[str, Any]:
    """The values that empty the fields called ``words``. Raises UsageError."""
    known = {named(field): field for field in typed(module)}
    out = {}
    for word in words:
        field = known.get(word) or next((f for f in typed(module) if f.name == word), None)
        if field is None or field.name == title_of(module).name:
            raise UsageError(
                _("There is no field {word!r} to clear.").format(word=word),
                kept=_("Nothing was changed."),
                hint=_("Fields: {names}.").format(
                    names=", ".join(w for w, f in known.items() if f != title_of(module))
                ),
            )
        declared = main(module).fields.get(field.name)
        out[field.name] = declared.default if declared else None
    return out


def shown(bench: Workbench, field: FormField, value: Any) -> str:
    """One field's value for a person; empty where there is none."""
    if value is None or value == "" or value == []:
        return ""
    if getattr(value, "reason", None) is not None:
        return masked(value)
    if field.written is not None:
        return field.written.shown(value)
    if field.kind == "flag":
        return _("yes") if value else _("no")
    if field.kind in ("date", "moment"):
        from store import when

        return when.shown(str(value), when.now())
    if field.kind == "link":
        from store.errors import NotFoundError

        try:
            return bench.documents.title(
                field.link, bench.documents.get(bench.scope, field.link, value)
            )
        except NotFoundError:
            return _("{id} (not here)").format(id=str(value)[:8])
    if field.kind == "lines":
        return "\n".join(checklist_lines(value))
    if field.choices == lengths.SECONDS and isinstance(value, int | float):
        return lengths.shown(value)
    return (color_name(value) if field.kind == "choice" else "") or str(value)
