"""What the verbs of every module do, whichever module it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from store.errors import UsageError
from store.module import Act, Module
from store.told import counted
from store.words import N_, _, ngettext
from tui.cli import fields, output, pick
from tui.cli.call import Call, read_lines, read_text

if TYPE_CHECKING:
    from store.queries import Query
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench


def _label(done: str, count: int, module: Module) -> str:
    """The name of a step, which stays readable at rest: never a title."""
    return counted("{done} {n} {noun}", "{done} {n} {noun}s", count, done=done, noun=module.noun)


def _lines(sentence: str, module: Module, found: Sequence[Record]) -> list[str]:
    """``sentence``, a short id and the title, for each record."""
    ids = output.short_ids([record["id"] for record in found])
    return [
        f"{sentence} {id}  {output.clean(module.title(record))}"
        for id, record in zip(ids, found, strict=True)
    ]


def _answer_one(call: Call, bench: Workbench, module: Module, id: str, sentence: str) -> None:
    record = bench.documents.get(bench.scope, module.main, id)
    call.answer(pick.exported(bench, [record])[0], lambda: _lines(sentence, module, [record]))


# add, edit -------------------------------------------------------------------------------------


def add(
    call: Call, words: Sequence[str], tags: Sequence[str], module: Module, **given: Any
) -> None:
    """Add one record of typed words, or those that standard input holds, as one step."""
    bench, scope = call.scoped(unlock="must")
    scope.require(fields.main(module))
    texts = _to_add(module, words, given)
    chosen = [tag["id"] for tag in pick.tags_named(bench, tags)]
    values, acts = fields.values(bench, module, given)
    title = fields.title_of(module).name
    ids = []
    with bench.step(_label(N_("Add"), len(texts), module)) as step:
        for text in texts:
            made: dict[str, Any] = {}
            if text:
                made = dict(module.quick(text)) if module.quick else {title: fields.one_line(text)}
            ids.append(step.insert(module.main, {**made, **values}))
            if chosen:
                bench.tags.retag(step, module.main, ids[-1], add=chosen)
        for act, argument in acts:
            act.run(bench, ids, argument)
    added = [bench.documents.get(scope, module.main, id) for id in ids]
    space = pick.space_label(pick.space_of(call, bench))
    sentence = _("Added to {space}:").format(space=space)
    data = pick.exported(bench, added)
    call.answer(data if list(words) == ["-"] else data[0], lambda: _lines(sentence, module, added))


def _to_add(module: Module, words: Sequence[str], given: dict[str, Any]) -> list[str]:
    """What was typed as one title, or what stands on standard input."""
    if list(words) == ["-"]:
        if fields.is_long(module):
            text = read_text()
            found = [text] if text.strip() else []
        else:
            found = read_lines()
        if not found:
            raise UsageError(_("Standard input is empty."), kept=_("Nothing was added."))
        return found
    typed = " ".join(words).strip()
    if not typed and not any(value not in (None, ()) for value in given.values()):
        raise UsageError(
            _("A title is missing."),
            kept=_("Nothing was added."),
            hint=_("See `manabench {noun} add --help`.").format(noun=module.noun),
        )
    return [typed]


def edit(
    call: Call,
    text: str,
    module: Module,
    clear: Sequence[str],
    tags: Sequence[str],
    untags: Sequence[str],
    body: str | None = None,
    **given: Any,
) -> None:
    """Change fields and tags of one record, as one step."""
    if body not in (None, "-"):
        raise UsageError(
            _("Only - may follow the record; values are given by options."),
            kept=_("Nothing was changed."),
        )
    bench, scope = call.scoped(unlock="must")
    record = bench.documents.find(scope, module.main, text)
    id = record["id"]
    values, acts = fields.values(bench, module, given, record)
    values |= fields.cleared(module, clear)
    if body and (long := fields.text_of(module)):
        values[long.name] = read_text()
    gained = [tag["id"] for tag in pick.tags_named(bench, tags)]
    lost = [tag["id"] for tag in pick.tags_named(bench, untags)]
    if not (values or acts or gained or lost):
        raise UsageError(
            _("There is nothing to change."),
            kept=_("Nothing was changed."),
            hint=_("Name fields by options; see `manabench {noun} edit --help`.").format(
                noun=module.noun
            ),
        )
    with bench.step(_label(N_("Edit"), 1, module)) as step:
        if values:
            step.update(module.main, id, values)
        if gained or lost:
            bench.tags.retag(step, module.main, id, add=gained, remove=lost)
        for act, argument in acts:
            act.run(bench, [id], argument)
    _answer_one(call, bench, module, id, _("Changed"))


# list, show ------------------------------------------------------------------------------------


def list_(
    call: Call,
    module: Module,
    tags: Sequence[str],
    sort: str | None,
    deleted: bool,
    limit: int | None,
    **only: bool,
) -> None:
    """List records by filters and tags; the module's first filter where none is named."""
    bench, scope = call.scoped()
    from store.queries import Query

    filters = tuple(f.name for f in module.filters if only[f"only_{f.name}"])
    if not filters and not deleted:
        filters = (module.filters[0].name,)
    chosen = tuple(tag["id"] for tag in pick.tags_named(bench, tags))
    query = Query(module.main, sort or "", filters, chosen, untagged_pass=False, deleted=deleted)
    found = _found(bench, scope, module, query, limit)
    if not found:
        call.note(_empty(bench, module, query))
    call.answer(pick.exported(bench, found) if call.json else None, lambda: _rows(module, found))


def _found(
    bench: Workbench, scope: Scope, module: Module, query: Query, limit: int | None
) -> list[Record]:
    order = next((sort for sort in module.sorts if sort.name == query.sort), None)
    if order is None or order.key is None:
        return bench.documents.page(scope, query, limit=limit or -1)
    keys = bench.documents.keys(scope, query)
    return bench.documents.by_keys(scope, module.main, keys[:limit] if limit else keys)


def _rows(module: Module, found: Sequence[Record]) -> list[str]:
    """One line a record: id, glyph, what stands at the right of the screen's row, title."""
    wide = output.width()
    row = module.row
    cells = [row(record, wide or 100) for record in found]
    ids = output.short_ids([record["id"] for record in found])
    return output.columns(
        [(id, glyph, right, text) for id, (glyph, text, right) in zip(ids, cells, strict=True)],
        width=wide,
    )


def _empty(bench: Workbench, module: Module, query: Query) -> str:
    """Why nothing is listed and what to do."""
    if query.deleted:
        return _("Nothing deleted here.")
    count = bench.documents.count(bench.scope, type(query)(module.main))
    if count:
        words = ngettext(
            "Nothing matches; {n} other {noun} here, see `manabench {noun} list --help`.",
            "Nothing matches; {n} other {noun}s here, see `manabench {noun} list --help`.",
            count,
        )
        return words.format(n=count, noun=module.noun)
    words = _("`manabench {noun} add TITLE` adds one.").format(noun=module.noun)
    return f"{_(module.empty)} {words}"


def show(call: Call, text: str, module: Module, form: str | None = None) -> None:
    """All fields of one record, or what the screen would copy of it."""
    bench, scope = call.scoped()
    record = bench.documents.find(scope, module.main, text)
    if form:
        from store.copies import copied

        words, _count = copied(bench, scope, module, [record["id"]], form)
        call.answer({"as": form, "text": words}, lambda: output.clean(words, lines=True))
        return
    data = pick.exported(bench, [record])[0]
    call.answer(data, lambda: _card(bench, module, record, data["tagNames"]))


def _card(bench: Workbench, module: Module, record: Record, tags: Sequence[Any]) -> list[str]:
    """The record's fields by their labels; long text stands below them."""
    facts, bodies = [], []
    for field in module.fields:
        if field.kind == "tags":
            text = ", ".join(output.clean(str(tag)) for tag in tags)
        else:
            text = fields.shown(bench, field, record.get(field.name))
        if field.kind == "text":
            bodies += [(_(field.words), text.rstrip())] if text.strip() else []
        elif text:
            first, *more = text.splitlines()
            facts += [(_(field.words), output.clean(first))]
            facts += [("", output.clean(line)) for line in more]
    lines = output.columns([*facts, (_("Id"), record["id"])])
    many = sum(field.kind == "text" for field in module.fields) > 1
    for words, body in bodies:
        lines += ["", *([f"{words}:"] if many else []), output.clean(body, lines=True)]
    return lines


# delete, restore, move, tag, acts --------------------------------------------------------------


def delete(call: Call, texts: Sequence[str], module: Module) -> None:
    """Delete records as one step. Raises HeldError where that is a mass deletion."""
    bench, scope = call.scoped()
    found = pick.records(bench, scope, module.main, texts)
    with bench.step(_label(N_("Delete"), len(found), module), confirmed=call.yes) as step:
        for record in found:
            step.delete(module.main, record["id"])
    _answer_ids(call, module, found, _("Deleted"))


def restore(call: Call, texts: Sequence[str], module: Module) -> None:
    """Bring deleted records back as one step."""
    bench, scope = call.scoped()
    found = pick.records(bench, scope, module.main, texts, deleted=True)
    with bench.step(_label(N_("Restore"), len(found), module)) as step:
        for record in found:
            step.restore(module.main, record["id"])
    _answer_ids(call, module, found, _("Restored"))


def _answer_ids(call: Call, module: Module, found: Sequence[Record], sentence: str) -> None:
    data = {"ids": [record["id"] for record in found]}
    call.answer(data, lambda: _lines(sentence, module, found))


def move(call: Call, texts: Sequence[str], target: str, module: Module) -> None:
    """Move records to another space as one step."""
    bench, scope = call.scoped(unlock="must")
    from store.moving import move as move_one

    found = pick.records(bench, scope, module.main, texts)
    space = bench.spaces.find(target)
    there = bench.spaces.scope(space["id"])
    with bench.step(_label(N_("Move"), len(found), module)):
        ids = [move_one(bench, scope, module.main, record["id"], there) for record in found]
    sentence = _("Moved to {space}:").format(space=pick.space_label(space))
    moved = [bench.documents.get(there, module.main, id) for id in ids]
    call.answer({"ids": ids, "spaceId": space["id"]}, lambda: _lines(sentence, module, moved))
    call.note(_("The old space keeps what others already received from it."))


def tag(call: Call, texts: Sequence[str], tags: Sequence[str], module: Module, name: str) -> None:
    """Put tags on records or take them off, as one step."""
    if not tags:
        texts, tags = texts[:1], texts[1:]
    if not tags:
        raise UsageError(
            _("No tag was named."),
            kept=_("Nothing was changed."),
            hint=f"manabench {module.noun} {name} RECORD TAG",
        )
    bench, scope = call.scoped(unlock="must")
    found = pick.records(bench, scope, module.main, texts)
    chosen = [tag["id"] for tag in pick.tags_named(bench, tags)]
    add, words, done = name == "tag", N_("Untag"), _("Untagged")
    if add:
        words, done = N_("Tag"), _("Tagged")
    with bench.step(_label(words, len(found), module)) as step:
        for record in found:
            bench.tags.retag(
                step,
                module.main,
                record["id"],
                add=chosen if add else (),
                remove=() if add else chosen,
            )
    _answer_ids(call, module, found, done)


def act(
    call: Call,
    module: Module,
    what: Act,
    texts: Sequence[str] = (),
    text: str = "",
    words: Sequence[str] = (),
) -> None:
    """Perform one of the module's acts on records, as one step."""
    bench, scope = call.scoped()
    found = pick.records(bench, scope, module.main, texts or (text,))
    argument = read_text().removesuffix("\n") if list(words) == ["-"] else " ".join(words)
    ids = [record["id"] for record in found]
    said = what.run(bench, ids, argument)
    after = [bench.documents.get(scope, module.main, id) for id in ids]
    call.answer({"message": said, "records": pick.exported(bench, after)}, output.clean(said))
