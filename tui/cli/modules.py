"""The verbs of every module, made from its one declaration: nothing here knows a module.

``verbs`` holds what they do; this file what they are called and which words they take.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from store.module import Act, Module
from store.words import N_, _
from tui.cli import fields, verbs
from tui.cli.frame import Noun, Verb, need_verb

MORE: dict[str, dict[str, tuple[str, str, str]]] = {
    "agent": {
        "policy": ("tui.cli.agent", "policy", N_("Show what an agent may do, or change it.")),
    },
    "mission": {
        "add": ("tui.cli.mission", "add", N_("Add to the space, which the answer names.")),
        "edit": ("tui.cli.mission", "edit", N_("Change fields of a record.")),
        "run": ("tui.cli.mission", "run", N_("Run a mission now.")),
        "runs": ("tui.cli.mission", "runs", N_("List the runs of a mission.")),
        "feedback": ("tui.cli.mission", "feedback", N_("Say what you think of the newest run.")),
        "cancel": ("tui.cli.mission", "cancel", N_("Stop the runs of a mission under way.")),
        "take-over": ("tui.cli.mission", "take_over", N_("Let missions run on this device.")),
        "script": ("tui.cli.mission", "script", N_("Show a mission's script, or set it.")),
        "inputs": ("tui.cli.mission", "inputs", N_("The records that a mission reads.")),
    },
}
"""Verbs of a module that its declaration cannot tell, by its noun, in place of those it has."""


def noun_of(module: Module) -> Noun:
    """The group of a module's verbs."""
    return ModuleNoun(module)


class ModuleNoun(Noun):
    """``task``, ``note``: each verb is made when it is called."""

    def __init__(self, module: Module) -> None:
        self.module = module
        words = _(
            "{words}. Records answer to the start of their id or to their exact title; where "
            "several may stand, - reads them from standard input."
        )
        super().__init__(
            module.noun,
            help=words.format(words=_(module.words)),
            callback=need_verb,
            invoke_without_command=True,
            late=MORE.get(module.noun),
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs of all modules, then this one's acts."""
        acts = (act.id for act in self.module.acts)
        return list(dict.fromkeys([*VERBS, *acts, *self.late]))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Make the verb ``name``."""
        if name in self.late:
            return super().get_command(ctx, name)
        if name in VERBS:
            return VERBS[name](self.module)
        found = next((act for act in self.module.acts if act.id == name), None)
        return _act(self.module, found) if found else None


def _verb(
    name: str, run: Callable[..., None], words: str, /, *params: click.Parameter, **fixed: Any
) -> Verb:
    callback = click.pass_obj(partial(run, **fixed))
    return Verb(name, callback=callback, params=list(params), help=words)


def _one() -> click.Argument:
    return click.Argument(["text"], metavar="RECORD")


def _many() -> click.Argument:
    return click.Argument(["texts"], nargs=-1, required=True, metavar="RECORD...")


def _tags(name: str, words: str) -> click.Option:
    return click.Option([f"--{name}", f"{name}s"], multiple=True, metavar="TAG", help=words)


def _add(module: Module) -> Verb:
    words = _("Add to the space, which the answer names.") + " "
    if fields.is_long(module):
        words += _("- reads one text from standard input, its first line the title.")
    else:
        words += _("- reads standard input, one record a line.")
    return _verb(
        "add",
        verbs.add,
        words,
        click.Argument(["words"], nargs=-1, metavar="TITLE..."),
        *fields.options(module, skip=fields.title_of(module).name),
        _tags("tag", _("Put this tag on it; repeatable.")),
        module=module,
    )


def _list(module: Module) -> Verb:
    first = module.filters[0]
    words = _("List records; if nothing else is asked for: {default}.")
    return _verb(
        "list",
        verbs.list_,
        words.format(default=_(first.words).lower()),
        *(
            click.Option([f"--{f.name}", f"only_{f.name}"], is_flag=True, help=f"{_(f.words)}.")
            for f in module.filters
        ),
        _tags("tag", _("Only with this tag; repeated: with any of them.")),
        click.Option(
            ["--sort"],
            type=click.Choice([sort.name for sort in module.sorts]),
            help=_("The order."),
        ),
        click.Option(["--deleted"], is_flag=True, help=_("Deleted ones, which can be restored.")),
        click.Option(
            ["--limit"], type=click.IntRange(min=1), metavar="N", help=_("At most so many.")
        ),
        module=module,
    )


def _show(module: Module) -> Verb:
    from store.copies import FORMS

    form = click.Option(
        ["--as", "form"], type=click.Choice(list(FORMS)), help=_("Only this, as the screen copies.")
    )
    return _verb("show", verbs.show, _("Show all of a record."), _one(), form, module=module)


def _edit(module: Module) -> Verb:
    words, params = _("Change fields of a record."), [_one()]
    if long := fields.text_of(module):
        params.append(click.Argument(["body"], required=False, metavar="[-]"))
        words += " " + _("- puts standard input into: {field}.").format(field=_(long.words))
    return _verb(
        "edit",
        verbs.edit,
        words,
        *params,
        *fields.options(module),
        click.Option(
            ["--clear"], multiple=True, metavar="FIELD", help=_("Empty this field; repeatable.")
        ),
        _tags("tag", _("Put this tag on it; repeatable.")),
        _tags("untag", _("Take this tag off; repeatable.")),
        module=module,
    )


def _delete(module: Module) -> Verb:
    words = _("Delete records; undo or restore brings them back.")
    return _verb("delete", verbs.delete, words, _many(), module=module)


def _restore(module: Module) -> Verb:
    return _verb("restore", verbs.restore, _("Bring deleted records back."), _many(), module=module)


def _move(module: Module) -> Verb:
    return _verb(
        "move",
        verbs.move,
        _("Move records to another space, as copies with new ids."),
        _many(),
        click.Argument(["target"], metavar="SPACE"),
        module=module,
    )


def _tag(module: Module, name: str = "tag") -> Verb:
    words = _("Put tags on records.") if name == "tag" else _("Take tags off records.")
    words += " " + _("Tags follow a single record, or are named by --tag.")
    option = _tags("tag", _("A tag; repeatable."))
    return _verb(name, verbs.tag, words, _many(), option, module=module, name=name)


def _act(module: Module, act: Act) -> Verb:
    params: list[click.Parameter] = [_many()]
    words = f"{_(act.words)}."
    if act.argument:
        field = next((f for f in module.fields if f.name == act.argument), None)
        asked = fields.metavar(field) if field else _(act.argument).upper()
        params = [_one(), click.Argument(["words"], nargs=-1, required=True, metavar=asked)]
        words += " " + _("- reads it from standard input.")
    return _verb(act.id, verbs.act, words, *params, module=module, what=act)


VERBS: dict[str, Callable[[Module], Verb]] = {
    "add": _add,
    "list": _list,
    "show": _show,
    "edit": _edit,
    "delete": _delete,
    "restore": _restore,
    "move": _move,
    "tag": _tag,
    "untag": partial(_tag, name="untag"),
}
