"""model: which models this machine knows, and whether they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from store.errors import StorageError, UsageError
from store.words import _, ngettext
from tui.cli import output
from tui.cli.call import Call, read_line
from tui.cli.frame import noun

if TYPE_CHECKING:
    from store.ai.planner.models import Model
    from store.workbench import Workbench

KINDS = ("openai", "anthropic", "google")

model = noun(
    "model", _("Models that missions may be planned by. They stay on this machine, keys too.")
)

_name = click.argument("name", metavar="NAME")


@model.command("list", help=_("List the models; * marks the default."))
@click.pass_obj
def list_(call: Call) -> None:
    """All models by name."""
    from store.ai.planner import models

    bench = call.bench(unlock="must")
    known, first = models.listed(bench), models.default(bench)
    if not known:
        call.note(
            _(
                "No models yet. `manabench model add --detect` looks for one on this machine; "
                "`manabench model add NAME --url URL --model MODEL` adds one. Missions with a "
                "script need none."
            )
        )
    call.answer(
        [_shown(one, first) for one in known],
        lambda: output.columns(
            [
                ("*" if one.name == first else " ", one.name, one.kind, one.model, _where(one))
                for one in known
            ],
            width=output.width(),
        ),
    )


def _where(one: Model) -> str:
    from urllib.parse import urlsplit

    return urlsplit(one.url).netloc or one.kind


def _shown(one: Model, first: str) -> dict[str, Any]:
    return {**one._asdict(), "default": one.name == first, "local": one.local}


@model.command(
    help=_(
        "Add the model NAME, or change it. The key is asked for, or comes with --key-stdin or "
        "--key-file; it is kept sealed and never shown."
    )
)
@click.argument("name", metavar="NAME", required=False, default="")
@click.option("--url", default="", metavar="URL", help=_("Where it answers, often ending in /v1."))
@click.option("--model", "wire", default="", metavar="M", help=_("What its server calls it."))
@click.option("--kind", type=click.Choice(KINDS), help=_("Which protocol; openai by default."))
@click.option("--key-stdin", is_flag=True, help=_("Read the key from standard input."))
@click.option("--key-file", default="", metavar="FILE", help=_("Read the key from a file."))
@click.option("--no-key", is_flag=True, help=_("It needs no key; nothing is asked."))
@click.option("--keyring", is_flag=True, help=_("Keep the key in the system's keyring."))
@click.option("--window", type=int, metavar="N", help=_("Tokens of context that it can read."))
@click.option("--price-in", type=float, metavar="X", help=_("US dollars for a million tokens in."))
@click.option("--price-out", type=float, metavar="X", help=_("The same for tokens out."))
@click.option("--timeout", type=float, metavar="S", help=_("Seconds to wait for one answer."))
@click.option("--default", "first", is_flag=True, help=_("Agents that name none use it."))
@click.option("--detect", is_flag=True, help=_("Look for models on this machine and add them."))
@click.pass_obj
def add(call: Call, name: str, detect: bool, **given: Any) -> None:
    """Add or change a model, or those that are found."""
    bench = call.bench(unlock="must")
    if detect:
        _detected(call, bench, name, given)
        return
    if not name:
        raise UsageError(
            _("The name of the model is missing."),
            hint=_("Give it: manabench model add NAME --url URL --model MODEL"),
        )
    from store.ai.planner import models

    wanted = _wanted(bench, name, given)
    key = _key(call, wanted, given, known=models.has_key_for(bench, wanted))
    made = models.add(bench, wanted, key, keyring=given["keyring"])
    if given["first"]:
        models.set_default(bench, name)
    first = models.default(bench)
    lines = [_("Model “{name}” is ready to be asked.").format(name=made.name)]
    lines.append(_("Try it: manabench model test {name}").format(name=made.name))
    call.answer(_shown(made, first), lines)


def _wanted(bench: Workbench, name: str, given: dict[str, Any]) -> Model:
    """What was typed, over what was known of a model of that name."""
    from store.ai.planner.models import Model, listed

    old = next((one for one in listed(bench) if one.name == name), None)
    base = old or Model(name, "openai", "", "")
    typed = {
        "url": given["url"] or None,
        "model": given["wire"] or None,
        "kind": given["kind"],
        "window": given["window"],
        "price_in": given["price_in"],
        "price_out": given["price_out"],
        "seconds": given["timeout"],
    }
    return base._replace(**{field: value for field, value in typed.items() if value is not None})


def _key(call: Call, wanted: Model, given: dict[str, Any], *, known: bool) -> str:
    """The key: from standard input, a file, or typed unseen; never from arguments."""
    chosen = [given["key_stdin"], bool(given["key_file"]), given["no_key"]]
    if sum(chosen) > 1 or (given["key_stdin"] and call.passphrase_stdin):
        raise UsageError(_("Only one secret can come from standard input or a file."))
    if given["key_stdin"]:
        return _not_empty(read_line())
    if given["key_file"]:
        try:
            with open(given["key_file"], encoding="utf-8") as file:
                return _not_empty(file.readline())
        except (OSError, UnicodeError):
            raise StorageError(
                _("The file with the key could not be read."),
                kept=_("Nothing was changed."),
                hint=_("Check its path and permissions."),
            ) from None
    # `model add NAME` and nothing else can only mean its key.
    bare = not any(given[name] for name in _ABOUT)
    if given["no_key"] or not call.can_ask() or (not bare and (known or wanted.local)):
        return ""
    import getpass

    words = _("Key of {name} (Enter: it needs none): ")
    if known:
        words = _("Key of {name} (Enter: the one it has): ")
    return getpass.getpass(words.format(name=wanted.name)).strip()


_ABOUT = ("url", "wire", "kind", "window", "price_in", "price_out", "timeout", "first")
"""The options that say something of the model beside its key."""


def _not_empty(text: str) -> str:
    if not text.strip():
        raise UsageError(_("The key is empty."), kept=_("Nothing was changed."))
    return text.strip()


def _detected(call: Call, bench: Workbench, name: str, given: dict[str, Any]) -> None:
    """Add what answers on this machine; ``name`` only the first of it, under that name."""
    from store.ai.planner import models, trying

    places = [("server", given["url"].rstrip("/"))] if given["url"] else trying.PLACES
    found = [one for one in trying.detect(places) if given["wire"] in ("", one.model)]
    if name:
        found = [one._replace(name=name) for one in found[:1]]
    if given["window"]:
        found = [one._replace(window=given["window"]) for one in found]
    made = [models.add(bench, one) for one in found]
    if made and given["first"]:
        models.set_default(bench, made[0].name)
    if not made:
        call.note(
            _(
                "No server of models answers on this machine. Start Ollama or llama.cpp, or add "
                "one by its address."
            )
        )
    first = models.default(bench)
    said = ngettext("{n} model was found and added.", "{n} models were found and added.", len(made))
    call.answer(
        [_shown(one, first) for one in made],
        lambda: [said.format(n=len(made)), *(f"  {one.name}" for one in made)] if made else [],
    )


@model.command(help=_("Forget a model and its key."))
@_name
@click.pass_obj
def remove(call: Call, name: str) -> None:
    """Forget it here; its server is not told."""
    from store.ai.planner import models

    models.remove(call.bench(unlock="must"), name)
    call.answer({"name": name}, _("Model “{name}” is forgotten here.").format(name=name))


@model.command(help=_("Agents that name no model use this one."))
@_name
@click.pass_obj
def default(call: Call, name: str) -> None:
    """Choose the default."""
    from store.ai.planner import models

    models.set_default(call.bench(unlock="must"), name)
    call.answer({"name": name}, _("Model “{name}” is the default.").format(name=name))


@model.command(help=_("Ask a model one small thing for real, and say how it went."))
@_name
@click.pass_obj
def test(call: Call, name: str) -> None:
    """One call with one function: does it answer, and can it call functions."""
    from store.ai.planner import trying

    found = trying.trial(call.bench(unlock="must"), name)
    tools = (
        _("It can call tools: missions can be planned by it.")
        if found.tools
        else _("It did not call the tool it was given: missions cannot be planned by it.")
    )
    lines = [
        _("{model} answered after {seconds} s.").format(
            model=output.clean(found.model), seconds=f"{found.seconds:.1f}"
        ),
        tools,
        _("{read} tokens in, {written} tokens out.").format(read=found.read, written=found.written),
    ]
    call.answer(found._asdict(), lines)
