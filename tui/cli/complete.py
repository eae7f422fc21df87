"""What a shell offers after a half typed command line. Asked by the scripts of ``completion``.

Commands, options and choices come from the registry of commands; names of spaces, tags, scenes and
records from the workbench, if it opens without asking anybody. Nothing is cached on disk, nothing
is prompted for, and whatever goes wrong is an empty answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import Verb
from tui.cli.modules import ModuleNoun

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench

LOOKED_AT = 1000
"""Records of a module whose titles are opened for one answer, the first of its list."""
OFFERED = 100
SHELLS = ("bash", "zsh", "fish")
BREAKS = "=:@><|&;("
"""Characters at which bash begins a new word to complete."""
_SPECIAL = re.compile(r"[^\w%+,./:=@-]")


class Offer(NamedTuple):
    """One thing that could stand there, and a word about it."""

    value: str
    help: str = ""


class Answer(NamedTuple):
    """kind is how the shell takes the offers: ``words`` as they are, ``texts`` to be quoted
    (for bash they are already, or it is ``quoted``: inside a quote that is still open), ``files``
    for its own completion of paths, ``none`` for nothing."""

    kind: str
    offers: list[Offer]


NOTHING = Answer("none", [])


@click.command(
    "__complete",
    cls=Verb,
    help="Answer a completion script.",
    hidden=True,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def complete(call: Call, shell: str, words: Sequence[str]) -> None:
    """bash: the line and the place of the cursor in it. Others: the words, the last one half
    typed. The first line of the answer is its kind."""
    answer, cut, is_open = NOTHING, 0, False
    with suppress(Exception):
        typed = list(words) or [""]
        if shell == "bash":
            typed, cut, is_open = words_of(typed[0], int(typed[1]))
        elif shell == "zsh":
            typed[-1] = words_of(f"_ {typed[-1]}")[0][-1]
        answer = answered(call, typed)
    is_bash = shell == "bash"
    lines = ["quoted" if is_open and answer.kind == "texts" else answer.kind]
    for offer in answer.offers[:OFFERED]:
        value = offer.value[cut:]
        if value and value.isprintable():
            if is_bash and lines[0] == "texts":
                value = _SPECIAL.sub(r"\\\g<0>", value)
            lines.append(value if is_bash else f"{value}\t{output.clean(offer.help)}")
    output.write("\n".join(lines) + "\n")


def words_of(line: str, point: int | None = None) -> tuple[list[str], int, bool]:
    """The words before the cursor without the program, as a shell reads them; how many characters
    of the last one bash keeps for itself; and whether a quote is still open."""
    raw = line[:point]
    words, word, quote, started, kept = [], "", "", False, 0
    at = 0
    while at < len(raw):
        char = raw[at]
        if quote:
            if char == quote:
                quote = ""
            elif char == "\\" and quote == '"' and raw[at + 1 : at + 2] in ('"', "\\", "$", "`"):
                at += 1
                word += raw[at]
            else:
                word += char
        elif char in "\"'":
            quote, started = char, True
            kept = len(word)
        elif char == "\\" and at + 1 < len(raw):
            at += 1
            word, started = word + raw[at], True
        elif char in " \t":
            if started:
                words.append(word)
            word, started, kept = "", False, 0
        else:
            word, started = word + char, True
            if char in BREAKS:
                kept = len(word)
        at += 1
    return [*words, word][1:] or [""], kept, bool(quote)


def answered(call: Call, words: list[str]) -> Answer:
    """The offers for the last of ``words``; those before it are whole."""
    from tui.cli.root import root

    command: click.Command = root
    chain: list[click.Command] = [root]
    context = click.Context(root, info_name="manabench")
    option: click.Option | None = None
    given, dashes = 0, False
    for word in words[:-1]:
        if option is not None:
            _keep(call, option, word)
            option = None
        elif word == "--" and not dashes:
            dashes = True
        elif word.startswith("-") and len(word) > 1 and not dashes:
            option = _option(command, word)
            if option is not None and "=" in word:
                _keep(call, option, word.partition("=")[2])
                option = None
        elif isinstance(command, click.Group):
            found = command.get_command(context, word)
            if found is None:
                return NOTHING
            command, given = found, 0
            chain.append(found)
        else:
            given += 1
    last = words[-1]
    if option is not None:
        return _values(call, option, last, chain)
    if last.startswith("--") and "=" in last and not dashes:
        name, _equals, typed = last.partition("=")
        option = _option(command, last)
        if option is None:
            return NOTHING
        kind, offers = _values(call, option, typed, chain)
        return Answer(kind, [Offer(f"{name}={value}", help) for value, help in offers])
    if last.startswith("-") and not dashes:
        return _begun(last, _options(command))
    if isinstance(command, click.Group):
        lines = getattr(command, "lines", None)
        return _begun(last, [Offer(*line) for line in lines(context)] if lines else [])
    return _argument(call, command, given, last, chain)


def _keep(call: Call, option: click.Option, value: str) -> None:
    if option.name in ("home", "space"):
        setattr(call, option.name, value)


def _option(command: click.Command, word: str) -> click.Option | None:
    """The option that ``word`` names, if it takes a value."""
    name = word.partition("=")[0]
    for param in command.params:
        if isinstance(param, click.Option) and name in param.opts and not param.is_flag:
            return param
    return None


def _options(command: click.Command) -> list[Offer]:
    offers = [
        Offer(name, param.help or "")
        for param in command.params
        if isinstance(param, click.Option)
        for name in (*param.opts, *param.secondary_opts)
    ]
    return [*offers, Offer("--help", "")]


def _argument(
    call: Call, command: click.Command, given: int, typed: str, chain: list[click.Command]
) -> Answer:
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    if not arguments:
        return NOTHING
    if given >= len(arguments) and arguments[-1].nargs != -1:
        return NOTHING
    return _values(call, arguments[min(given, len(arguments) - 1)], typed, chain)


def _values(call: Call, param: click.Parameter, typed: str, chain: list[click.Command]) -> Answer:
    """What may be given to one parameter, by its type or else by its metavar."""
    if isinstance(param.type, click.Choice):
        return _begun(typed, [Offer(str(choice)) for choice in param.type.choices])
    what = (param.metavar or param.name or "").strip("[].").upper()
    if "|" in what:
        return _begun(typed, [Offer(word) for word in (param.metavar or "").split("|")])
    if isinstance(param.type, click.Path) or what in ("PATH", "DIR"):
        return Answer("files", [])
    if what == "DAY":
        return _begun(typed, [Offer(day) for day in _DAYS])
    source = _SOURCES.get("CAPTURE" if chain[-1].name == "capture" else what)
    if source is None:
        return NOTHING
    with suppress(Exception):
        bench = call.bench(unlock="never")
        if bench.vault.unlocked:
            from tui.cli import pick

            bench.enter(pick.space_of(call, bench)["id"])
            return Answer("texts", source(bench, typed, chain))
    return NOTHING


_DAYS = (
    *("today", "tomorrow", "monday", "tuesday", "wednesday", "thursday", "friday"),
    *("saturday", "sunday", "+1d", "+1w", "+1m"),
)


def _begun(typed: str, offers: Sequence[Offer]) -> Answer:
    return Answer("words", [offer for offer in offers if offer.value.startswith(typed)])


# From the workbench -------------------------------------------------------------------------


def _spaces(bench: Workbench, typed: str, _chain: Any) -> list[Offer]:
    offers = [Offer(space.text("slug"), space.text("name")) for space in bench.spaces.list()]
    return [offer for offer in offers if offer.value.startswith(typed)]


def _named(records: Sequence[Record], typed: str) -> list[Offer]:
    names = [record.text("name") for record in records]
    return [Offer(name) for name in names if _fits(name, typed)]


def _tags(bench: Workbench, typed: str, _chain: Any) -> list[Offer]:
    return _named(bench.tags.list(), typed)


def _groups(bench: Workbench, typed: str, _chain: Any) -> list[Offer]:
    return _named(bench.tags.groups(), typed)


def _presets(bench: Workbench, typed: str, _chain: Any) -> list[Offer]:
    return _named(bench.tags.presets(), typed)


def _scenes(bench: Workbench, typed: str, _chain: Any) -> list[Offer]:
    return _named(bench.scenes.list(), typed)


def _modules(bench: Workbench, typed: str, _chain: Any) -> list[Offer]:
    return [Offer(id, module.noun) for id, module in bench.modules.items() if id.startswith(typed)]


def _records(bench: Workbench, typed: str, chain: list[click.Command]) -> list[Offer]:
    """Titles that begin with what is typed, and ids that do; a title that two records bear is no
    answer, so their ids are."""
    noun = next((one for one in reversed(chain) if isinstance(one, ModuleNoun)), None)
    modules = [noun.module] if noun is not None else list(bench.modules.values())
    modules = [module for module in modules if bench.scope.allows(module.id)]
    deleted = chain[-1].name == "restore"
    found = [
        (module, record)
        for module in modules
        for record in _looked_at(bench, module, str(chain[-1].name), deleted=deleted)
    ]
    titles = [module.title(record) for module, record in found]
    offers = []
    for (module, record), title in zip(found, titles, strict=True):
        id = str(record["id"])
        if _fits(title, typed):
            twice = titles.count(title) > 1
            offers.append(Offer(id[: output.SHORT], title) if twice else Offer(title, module.noun))
        elif len(typed) > 1 and id.startswith(typed.lower()):
            offers.append(Offer(id[: output.SHORT], title))
    return offers


def _looked_at(bench: Workbench, module: Any, verb: str, *, deleted: bool) -> list[Record]:
    """The first records of the module's list on which the verb makes sense."""
    from store.queries import Query

    query = Query(module.main, deleted=deleted)
    records = bench.documents.page(bench.scope, query, limit=LOOKED_AT)
    guard = next((act.guard for act in module.acts if act.id == verb and act.guard), None)
    return [record for record in records if guard is None or guard(record)]


def _titles(main: str) -> Callable[[Workbench, str, list[click.Command]], list[Offer]]:
    """The titles of one module's records."""

    def offers(bench: Workbench, typed: str, _chain: list[click.Command]) -> list[Offer]:
        from store.queries import Query

        records = bench.documents.page(bench.scope, Query(main), limit=LOOKED_AT)
        names = [bench.documents.title(main, record) for record in records]
        return [Offer(name) for name in names if _fits(name, typed)]

    return offers


def _proposals(bench: Workbench, typed: str, _chain: Any) -> list[Offer]:
    from store.ai.proposals.listing import pending

    waiting = [one for one in pending(bench) if one.id.startswith(typed)]
    return [Offer(one.id[: output.SHORT], one.tool) for one in waiting]


def _runs(bench: Workbench, typed: str, _chain: Any) -> list[Offer]:
    from store.ai.proposals.timeline import acts

    found = [one for one in acts(bench, limit=LOOKED_AT) if one.iteration.startswith(typed)]
    return [Offer(one.iteration[: output.SHORT], one.label) for one in found]


def _fits(name: str, typed: str) -> bool:
    return (
        bool(name)
        and name.isprintable()
        and name[0] != "-"
        and name.casefold().startswith(typed.casefold())
    )


def _capture(bench: Workbench, typed: str, chain: list[click.Command]) -> list[Offer]:
    """What the grammar of capture knows after its marks."""
    mark, rest = typed[:1], typed[1:]
    if mark == "@":
        offers = _spaces(bench, rest, chain)
    elif mark in ("+", "#"):
        names = (tag.value for tag in _tags(bench, "", chain))
        joined = ["-".join(name.casefold().split()) for name in names]
        offers = [Offer(name) for name in joined if name.startswith(rest.casefold())]
    elif mark == "!":
        choices = ("low", "medium", "high", "urgent")
        offers = [Offer(word) for word in choices if word.startswith(rest)]
    else:
        return []
    return [Offer(mark + value, help) for value, help in offers]


_SOURCES: dict[str, Callable[[Workbench, str, list[click.Command]], list[Offer]]] = {
    "RECORD": _records,
    "SPACE": _spaces,
    "SLUG": _spaces,
    "TAG": _tags,
    "INTO": _tags,
    "GROUP": _groups,
    "SCENE": _scenes,
    "PRESET": _presets,
    "MODULE": _modules,
    "MODULES": _modules,
    "CAPTURE": _capture,
    "MISSION": _titles("aiMissions"),
    "AGENT": _titles("agents"),
    "PROPOSAL": _proposals,
    "RUN": _runs,
    "ITERATION": _runs,
}
