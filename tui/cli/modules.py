"""The verbs of every module, made from its one declaration: nothing here knows a module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from store.errors import UsageError
from store.modules import Act, Module
from store.words import _, ngettext
from tui.cli import fields, output, pick
from tui.cli.call import Call, read_lines, read_text
from tui.cli.frame import Noun, Verb

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench

MANY = "[RECORD]..."


def noun_of(module: Module) -> Noun:
    """The group of a module's verbs."""
    return ModuleNoun(module)


class ModuleNoun(Noun):
    """``task``, ``note``: each verb is made when it is called."""

    def __init__(self, module: Module) -> None:
        self.module = module
        words = _(module.words)
        super().__init__(
            module.noun,
            help=_(
                "{words}. Records answer to the start of their id or to their exact title; "
                "where several may stand, - reads their ids from standard input."
            ).format(words=words),
            callback=lambda: None,
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs of all modules, then this one's acts."""
        acts = [act.id for act in self.module.acts if act.id not in VERBS]
        return [*VERBS, *acts]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Make the verb ``name``."""
        if name in VERBS:
            return VERBS[name](self.module)
        for act in self.module.acts:
            if act.id == name:
                return _act(self.module, act)
        return None


def _verb(name: str, run: Callable[..., None], help: str, *params: click.Parameter) -> Verb:
    return Verb(name, callback=click.pass_obj(run), params=list(params), help=help)


_TAG = ("--tag", "tags")


def _tags(help: str) -> click.Option:
    return click.Option(_TAG, multiple=True, metavar="TAG", help=help)


def _many() -> click.Argument:
    return click.Argument(["texts"], nargs=-1, required=True, metavar=MANY)


# add, edit -------------------------------------------------------------------------------------


def _add(module: Module) -> Verb:
    one = fields.main(module).large
    stdin = (
        _("- reads the text from standard input.")
        if one
        else _("- reads standard input, one record a line.")
    )
    return _verb(
        "add",
        partial(_run_add, module=module),
        _("Add to the space, which is named in the answer.") + " " + stdin,
        click.Argument(["words"], nargs=-1, metavar="TITLE..."),
        *fields.options(module, skip=fields.title_field(module).name),
        _tags(_("Put this tag on it; repeatable.")),
    )


def _run_add(
    call: Call, words: Sequence[str], tags: Sequence[str], module: Module, **given: Any
) -> None:
    texts = _texts_to_add(module, words, given)
    bench, scope = call.scoped(unlock="must")
    scope.require(fields.main(module))
    chosen = [tag["id"] for tag in pick.tags_named(bench, tags)]
    extra, acts = fields.values(module, given)
    title = fields.title_field(module).name
    label = ngettext("Add {n} {noun}", "Add {n} {noun}s", len(texts) or 1)
    ids = []
    with bench.step(label.format(n=len(texts) or 1, noun=module.noun)) as step:
        for text in texts:
            made = dict(module.quick(text)) if module.quick else {title: fields.one_line(text)}
            ids.append(step.insert(module.main, {**made, **extra}))
            if chosen:
                bench.tags.retag(step, module.main, ids[-1], add=chosen)
        for act, argument in acts:
            act.run(bench, ids, argument)
    added = [bench.documents.get(scope, module.main, id) for id in ids]
    space = pick.space_of(call, bench)
    data = pick.exported(bench, added)

    def lines() -> list[str]:
        where = pick.space_label(space)
        return [
            _("Added to {space}: {id}  {title}").format(
                space=where, id=id, title=output.clean(module.title(record))
            )
            for id, record in zip(output.short_ids(ids), added, strict=True)
        ]

    call.answer(data if "-" in words else data[0], lines)


def _texts_to_add(module: Module, words: Sequence[str], given: Mapping[str, Any]) -> list[str]:
    """What was typed as one title, or what stands on standard input."""
    if list(words) == ["-"]:
        if not fields.main(module).large:
            found = read_lines()
        else:
            found = [text] if (text := read_text()).strip() else []
        if not found:
            raise UsageError(_("Standard input is empty."), kept=_("Nothing was added."))
        return found
    text = " ".join(words).strip()
    if not text and not any(value not in (None, ()) for value in given.values()):
        raise UsageError(
            _("A title is missing."),
            kept=_("Nothing was added."),
            hint=_("See `manabench {noun} add --help`.").format(noun=module.noun),
        )
    return [text]


def _edit(module: Module) -> Verb:
    long = fields.text_field(module)
    params: list[click.Parameter] = [click.Argument(["text"], metavar="RECORD")]
    if long:
        params.append(click.Argument(["body"], required=False, metavar="[-]"))
    hint = _("- replaces {field} by standard input.").format(field=_(long.words)) if long else ""
    return _verb(
        "edit",
        partial(_run_edit, module=module),
        _("Change fields of a record.") + " " + hint,
        *params,
        *fields.options(module),
        click.Option(
            ["--clear"], multiple=True, metavar="FIELD", help=_("Empty this field; repeatable.")
        ),
        _tags(_("Add this tag; repeatable.")),
        click.Option(
            ["--untag"], multiple=True, metavar="TAG", help=_("Take this tag off; repeatable.")
        ),
    )


def _run_edit(
    call: Call,
    text: str,
    module: Module,
    clear: Sequence[str],
    tags: Sequence[str],
    untag: Sequence[str],
    body: str | None = None,
    **given: Any,
) -> None:
    if body not in (None, "-"):
        raise UsageError(
            _("Only - may follow the record; values are given by options."),
            kept=_("Nothing was changed."),
        )
    bench, scope = call.scoped(unlock="must")
    record = bench.documents.find(scope, module.main, text)
    changes, acts = fields.values(module, given)
    changes |= fields.cleared(module, tuple(clear))
    if body and (long := fields.text_field(module)):
        changes[long.name] = read_text()
    add = [tag["id"] for tag in pick.tags_named(bench, tags)]
    take = [tag["id"] for tag in pick.tags_named(bench, untag)]
    if not (changes or acts or add or take):
        raise UsageError(
            _("There is nothing to change."),
            kept=_("Nothing was changed."),
            hint=_("Name fields by options; see `manabench {noun} edit --help`.").format(
                noun=module.noun
            ),
        )
    with bench.step(_("Edit 1 {noun}").format(noun=module.noun)) as step:
        if changes:
            step.update(module.main, record["id"], changes)
        if add or take:
            bench.tags.retag(step, module.main, record["id"], add=add, remove=take)
        for act, argument in acts:
            act.run(bench, [record["id"]], argument)
    after = bench.documents.get(scope, module.main, record["id"])
    _answer_one(call, bench, module, after, _("Changed {id}  {title}"))


def _answer_one(
    call: Call, bench: Workbench, module: Module, record: Record, sentence: str
) -> None:
    call.answer(
        pick.exported(bench, [record])[0],
        lambda: [
            sentence.format(
                id=record["id"][: output.SHORT], title=output.clean(module.title(record))
            )
        ],
    )


# list, show ------------------------------------------------------------------------------------


def _list(module: Module) -> Verb:
    filters = [
        click.Option([f"--{f.name}", f"only_{f.name}"], is_flag=True, help=f"{_(f.words)}.")
        for f in module.filters
    ]
    return _verb(
        "list",
        partial(_run_list, module=module),
        _("List records: {default}, if nothing else is asked for.").format(
            default=_(module.filters[0].words).lower() if module.filters else _("all")
        ),
        *filters,
        _tags(_("Only with this tag; repeated: with any of them.")),
        click.Option(
            ["--sort"],
            type=click.Choice([sort.name for sort in module.sorts]),
            help=_("The order."),
        ),
        click.Option(["--deleted"], is_flag=True, help=_("Deleted ones, to be restored.")),
        click.Option(
            ["--limit"], type=click.IntRange(min=1), metavar="N", help=_("At most so many.")
        ),
    )


def _run_list(
    call: Call,
    module: Module,
    tags: Sequence[str],
    sort: str | None,
    deleted: bool,
    limit: int | None,
    **only: bool,
) -> None:
    bench, scope = call.scoped()
    from store.queries import Query

    chosen = tuple(f.name for f in module.filters if only.get(f"only_{f.name}"))
    if not chosen and not deleted and not tags and module.filters:
        chosen = (module.filters[0].name,)
    query = Query(
        module.main,
        sort or "",
        chosen,
        tuple(tag["id"] for tag in pick.tags_named(bench, tags)),
        untagged_pass=False,
        deleted=deleted,
    )
    found = _found(bench, scope, module, query, limit)
    if not found:
        call.note(_empty(module, query))
    call.answer(pick.exported(bench, found) if call.json else None, lambda: _rows(module, found))


def _found(
    bench: Workbench, scope: Any, module: Module, query: Any, limit: int | None
) -> list[Record]:
    order = next((sort for sort in module.sorts if sort.name == query.sort), None)
    if order is None or order.key is None:
        return bench.documents.page(scope, query, limit=limit or -1)
    keys = bench.documents.keys(scope, query)
    return bench.documents.by_keys(scope, module.main, keys[:limit] if limit else keys)


def _rows(module: Module, found: Sequence[Record]) -> list[str]:
    """One line a record: id, glyph, what stands at the right, title."""
    wide = output.width()
    rows = [module.row(record, wide or 100) for record in found]
    clean = output.clean
    return output.columns(
        [
            (id, cells.glyph, clean(cells.right), clean(cells.text))
            for id, cells in zip(output.short_ids([r["id"] for r in found]), rows, strict=True)
        ],
        width=wide,
    )


def _empty(module: Module, query: Any) -> str:
    words = ", ".join(_(f.words).lower() for f in module.filters if f.name in query.filters)
    if query.deleted:
        return _("Nothing deleted here.")
    if query.tags or words not in ("", _("all")):
        return _(
            "Nothing matches{filters}. `manabench {noun} list --help` names the others."
        ).format(filters=f" ({words})" if words else "", noun=module.noun)
    return f"{_(module.empty)} " + _("`manabench {noun} add TITLE` adds one.").format(
        noun=module.noun
    )


def _show(module: Module) -> Verb:
    return _verb(
        "show",
        partial(_run_show, module=module),
        _("Show all of a record."),
        click.Argument(["text"], metavar="RECORD"),
    )


def _run_show(call: Call, text: str, module: Module) -> None:
    bench, scope = call.scoped()
    record = bench.documents.find(scope, module.main, text)
    data = pick.exported(bench, [record])[0]
    call.answer(data, lambda: _card(bench, scope, module, record, data["tagNames"]))


def _card(
    bench: Workbench, scope: Any, module: Module, record: Record, tags: Sequence[Any]
) -> list[str]:
    """The record's fields by their labels; long text stands below them."""
    facts, body = [], ""
    for field in module.fields:
        if field.kind == "tags":
            text = ", ".join(output.clean(str(tag)) for tag in tags)
        else:
            text = fields.shown(bench, scope, field, record.get(field.name))
        if field.kind == "text":
            body = text
        elif text:
            first, *more = text.splitlines()
            facts += [(_(field.words), output.clean(first))]
            facts += [("", output.clean(line)) for line in more]
    facts.append((_("Id"), record["id"]))
    lines = output.columns(facts)
    return [*lines, "", output.clean(body.rstrip(), lines=True)] if body.strip() else lines


# delete, restore, move, tag, untag, acts -----------------------------------------------------


def _delete(module: Module) -> Verb:
    return _verb(
        "delete",
        partial(_run_delete, module=module),
        _("Delete records; undo or restore brings them back."),
        _many(),
    )


def _run_delete(call: Call, texts: Sequence[str], module: Module) -> None:
    bench, scope = call.scoped(unlock="may")
    found = pick.records(bench, scope, module.main, texts)
    label = ngettext("Delete {n} {noun}", "Delete {n} {noun}s", len(found))
    with bench.step(label.format(n=len(found), noun=module.noun), confirmed=call.yes) as step:
        for record in found:
            step.delete(module.main, record["id"])
    _answer_ids(call, module, found, _("Deleted"))


def _restore(module: Module) -> Verb:
    return _verb(
        "restore", partial(_run_restore, module=module), _("Bring deleted records back."), _many()
    )


def _run_restore(call: Call, texts: Sequence[str], module: Module) -> None:
    bench, scope = call.scoped(unlock="may")
    found = pick.records(bench, scope, module.main, texts, deleted=True)
    label = ngettext("Restore {n} {noun}", "Restore {n} {noun}s", len(found))
    with bench.step(label.format(n=len(found), noun=module.noun)) as step:
        for record in found:
            step.restore(module.main, record["id"])
    _answer_ids(call, module, found, _("Restored"))


def _answer_ids(call: Call, module: Module, found: Sequence[Record], done: str) -> None:
    ids = [record["id"] for record in found]
    call.answer(
        {"ids": ids},
        lambda: [
            f"{done} {id}  {output.clean(module.title(record))}"
            for id, record in zip(output.short_ids(ids), found, strict=True)
        ],
    )


def _move(module: Module) -> Verb:
    return _verb(
        "move",
        partial(_run_move, module=module),
        _("Move records to another space, as copies with new ids."),
        click.Argument(["texts"], nargs=-1, required=True, metavar="RECORD..."),
        click.Argument(["space"], metavar="SPACE"),
    )


def _run_move(call: Call, texts: Sequence[str], space: str, module: Module) -> None:
    bench, scope = call.scoped(unlock="must")
    found = pick.records(bench, scope, module.main, texts)
    target = bench.spaces.find(space)
    from store.moving import move

    there = bench.spaces.scope(target["id"])
    label = ngettext("Move {n} {noun}", "Move {n} {noun}s", len(found))
    with bench.step(label.format(n=len(found), noun=module.noun)):
        ids = [move(bench, scope, module.main, record["id"], there) for record in found]
    where = pick.space_label(target)
    call.answer(
        {"ids": ids, "spaceId": target["id"]},
        lambda: (
            [
                _("Moved to {space}: {id}  {title}").format(
                    space=where, id=id, title=output.clean(module.title(record))
                )
                for id, record in zip(output.short_ids(ids), found, strict=True)
            ]
            + [_("The old space keeps what others already received from it.")]
        ),
    )


def _tagging(module: Module, name: str) -> Verb:
    words = _("Put tags on records.") if name == "tag" else _("Take tags off records.")
    return _verb(
        name,
        partial(_run_tagging, module=module, name=name),
        words + " " + _("Tags are named by --tag, or follow one record."),
        _many(),
        _tags(_("A tag; repeatable.")),
    )


def _run_tagging(
    call: Call, texts: Sequence[str], tags: Sequence[str], module: Module, name: str
) -> None:
    if not tags:
        texts, tags = texts[:1], texts[1:]
    if not tags:
        raise UsageError(
            _("No tag was named."),
            kept=_("Nothing was changed."),
            hint=_("Write `manabench {noun} {verb} RECORD TAG`.").format(
                noun=module.noun, verb=name
            ),
        )
    bench, scope = call.scoped(unlock="must")
    found = pick.records(bench, scope, module.main, texts)
    chosen = pick.tags_named(bench, tags)
    ids = [record["id"] for record in found]
    label = _("Tag {n} records") if name == "tag" else _("Untag {n} records")
    with bench.step(label.format(n=len(ids))) as step:
        for tag in chosen:
            (bench.tags.tag if name == "tag" else bench.tags.untag)(
                step, module.main, ids, tag["id"]
            )
    _answer_ids(call, module, found, _("Tagged") if name == "tag" else _("Untagged"))


def _act(module: Module, act: Act) -> Verb:
    params: list[click.Parameter] = [_many()]
    if act.argument:
        params = [
            click.Argument(["text"], metavar="RECORD"),
            click.Argument(["words"], nargs=-1, required=True, metavar=_metavar(module, act)),
        ]
    words = f"{_(act.words)}."
    if act.argument:
        words += " " + _("- reads it from standard input.")
    return _verb(act.id, partial(_run_act, module=module, act=act), words, *params)


def _metavar(module: Module, act: Act) -> str:
    """How help names what an act asks for."""
    field = next((f for f in module.fields if f.name == act.argument), None)
    if field is None:
        return act.argument.upper()
    return fields.METAVARS.get(field.kind, fields.named(field).upper())


def _run_act(
    call: Call,
    module: Module,
    act: Act,
    texts: Sequence[str] = (),
    text: str = "",
    words: Sequence[str] = (),
) -> None:
    argument = " ".join(words)
    if argument == "-":
        argument = read_text().removesuffix("\n")
    bench, scope = call.scoped(unlock="may")
    found = pick.records(bench, scope, module.main, texts or (text,))
    ids = [record["id"] for record in found]
    said = act.run(bench, ids, argument)
    after = [bench.documents.get(scope, module.main, id) for id in ids]
    call.answer({"message": said, "records": pick.exported(bench, after)}, output.clean(said))


VERBS: dict[str, Callable[[Module], Verb]] = {
    "add": _add,
    "list": _list,
    "show": _show,
    "edit": _edit,
    "delete": _delete,
    "restore": _restore,
    "move": _move,
    "tag": partial(_tagging, name="tag"),
    "untag": partial(_tagging, name="untag"),
}
