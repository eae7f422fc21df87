"""template: agents, scenes, missions and first records to begin with; to files and from them."""

from __future__ import annotations

from typing import Any

import click

from store.errors import StorageError
from store.words import _, ngettext
from tui.cli import output, pick
from tui.cli.call import Call
from tui.cli.frame import noun
from tui.cli.space import write_private

template = noun(
    "template",
    _("Templates: an agent, a scene, missions and first records, applied in one step."),
)

_text = click.argument("text", metavar="TEMPLATE")


@template.command("list", help=_("List the templates and which of them were applied here."))
@click.pass_obj
def list_(call: Call) -> None:
    """Every template, as the space of this call sees it."""
    bench, _scope = call.scoped()
    from store.ai.templates.gallery import gallery

    cards = gallery(bench)
    call.answer(
        [card._asdict() for card in cards],
        lambda: output.columns(
            [(card.id, card.category_words, _applied(card), card.label) for card in cards],
            width=output.width(),
        ),
    )


def _applied(card: Any) -> str:
    if card.newer:
        return _("applied, newer here")
    if card.applied:
        return _("applied")
    return _("in part") if card.missing else ""


@template.command(help=_("Show what a template is made of."))
@_text
@click.pass_obj
def show(call: Call, text: str) -> None:
    """One template, part by part."""
    bench, scope = call.scoped()
    from store.ai.templates import files, parts
    from store.ai.templates.gallery import find
    from store.ai.templates.shape import told

    found = told(find(bench, text))
    lacking = parts.missing(bench, found, scope)
    data = files.as_json(found) | {"id": found.id, "missing": list(lacking)}
    call.answer(data, lambda: [output.clean(line, lines=True) for line in _lines(found, lacking)])


def _lines(found: Any, lacking: tuple[str, ...]) -> list[str]:
    from store.ai.cadence_words import shown

    lines = [f"{found.id}  {found.label}", found.tagline, "", found.description, ""]
    if found.agent:
        lines.append(
            _("Agent: {name}: {role}").format(name=found.agent.name, role=found.agent.role)
        )
        if found.foreign:
            lines.append(_("It came from a file: it only proposes, and its missions begin paused."))
    if found.scene:
        cards = ", ".join(card.module for card in found.scene.cards)
        lines.append(_("Scene: {name}: {cards}").format(name=found.scene.name, cards=cards))
    for mission in found.missions:
        how = _("script, needs no model") if mission.script else _("needs a model")
        lines.append(
            _("Mission: {title} ({when}; {how})").format(
                title=mission.title, when=shown(mission.cadence), how=how
            )
        )
        for call in mission.script:
            lines.append(
                f"    {call.tool}: {call.rationale}" if call.rationale else f"    {call.tool}"
            )
    for seed in found.seeds:
        title = seed.fields.get("title") or seed.fields.get("name") or seed.id
        lines.append(_("Record: {title} ({module})").format(title=title, module=seed.module))
    if lacking:
        lines.append(_("Not here yet: {modules}.").format(modules=", ".join(lacking)))
    return lines


@template.command(help=_("Apply a template to the space, as one step that one undo takes back."))
@_text
@click.option("--no-scene", is_flag=True, help=_("Leave its scene out."))
@click.option("--no-missions", is_flag=True, help=_("Leave its missions out."))
@click.option("--no-seeds", is_flag=True, help=_("Leave its first records out."))
@click.option("--active", is_flag=True, help=_("Begin missions active instead of paused."))
@click.option("--again", is_flag=True, help=_("Bring back what was deleted since."))
@click.pass_obj
def apply(
    call: Call,
    text: str,
    no_scene: bool,
    no_missions: bool,
    no_seeds: bool,
    active: bool,
    again: bool,
) -> None:
    """Apply a template."""
    bench, _scope = call.scoped(unlock="must")
    from store.ai.templates import applying
    from store.ai.templates.gallery import find

    found = find(bench, text)
    result = applying.apply(
        bench, found, applying.Options(not no_scene, not no_missions, not no_seeds, active, again)
    )
    space = pick.space_label(pick.space_of(call, bench))
    for warning in result.warnings:
        call.note(output.clean(warning))
    call.answer(
        {
            "template": found.id,
            "version": found.version,
            "agent": result.agent,
            "wasExistingAgent": result.was_existing,
            "scene": result.scene,
            "missions": list(result.missions),
            "outcomes": [outcome._asdict() for outcome in result.outcomes],
            "warnings": list(result.warnings),
        },
        lambda: [*(_outcome(one) for one in result.outcomes), _sum(result, space)],
    )


def _outcome(one: Any) -> str:
    words = {
        "created": _("made"),
        "skipped-exists": _("is there"),
        "skipped-deleted": _("was deleted, --again brings it back"),
        "failed": _("could not be made"),
        "missing": _("its module is not here yet"),
    }
    kinds = {
        "agent": _("Agent"),
        "scene": _("Scene"),
        "mission": _("Mission"),
        "seed": _("Record"),
    }
    said = f"{kinds[one.kind]}: {output.clean(one.words)}: {one.error or words[one.outcome]}"
    return output.clean(said)


def _sum(result: Any, space: str) -> str:
    made = result.count("created")
    if not made:
        return _("Nothing new in {space}.").format(space=space)
    return ngettext("{n} thing made in {space}.", "{n} things made in {space}.", made).format(
        n=made, space=space
    )


@template.command(help=_("Write a scene with its agent and missions as a template file."))
@click.argument("scene", metavar="SCENE")
@click.argument("path", type=click.Path())
@click.option(
    "--records",
    type=click.Choice(["none", "tagged", "all"]),
    default="none",
    help=_("Which records go along: none, those with the scene's tags, or all of its cards."),
)
@click.option("--memory", is_flag=True, help=_("Give the agent's memory along too."))
@click.option("--no-missions", is_flag=True, help=_("Leave the missions out."))
@click.option(
    "--version",
    "version_",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help=_("Its version, raised when it changes."),
)
@click.pass_obj
def export(
    call: Call,
    scene: str,
    path: str,
    records: Any,
    memory: bool,
    no_missions: bool,
    version_: int,
) -> None:
    """Write a template file; - writes to standard output."""
    bench, _scope = call.scoped(unlock="must")
    from store.ai.templates import exporting, files

    made = exporting.export(
        bench,
        bench.scenes.find(scene),
        records=records,
        memory=memory,
        missions=not no_missions,
        version=version_,
    )
    for warning in made.warnings:
        call.note(output.clean(warning))
    data = files.write(made.template)
    if path == "-":
        output.write(data)
        return
    write_private(path, data, replace=call.yes)
    found = made.template
    call.answer(
        {
            "path": path,
            "id": found.id,
            "agent": found.agent is not None,
            "missions": len(found.missions),
            "seeds": len(found.seeds),
            "warnings": list(made.warnings),
        },
        _("Wrote {path}: {missions} missions, {seeds} records, in plain text.").format(
            path=output.clean(path), missions=len(found.missions), seeds=len(found.seeds)
        ),
    )


@template.command("import", help=_("Take a template file into the gallery; apply it afterwards."))
@click.argument("path", type=click.Path())
@click.pass_obj
def import_(call: Call, path: str) -> None:
    """Read a template file, - for standard input, and keep it on this device."""
    bench, _scope = call.scoped(unlock="must")
    from store.ai.templates import files
    from store.ai.templates.gallery import keep

    found = files.read(_load(path, files.LARGEST))
    replaced = keep(bench, found)
    words = (
        _("{id} is replaced. `manabench template show {id}` shows it.")
        if replaced
        else _("{id} is in the gallery. `manabench template show {id}` shows it.")
    )
    call.answer({"id": found.id, "version": found.version}, words.format(id=found.id))


def _load(path: str, most: int) -> bytes:
    """A file, but never much more than ``most`` bytes of it. Raises StorageError."""
    try:
        if path == "-":
            return click.get_binary_stream("stdin").read(most + 1)
        with open(path, "rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise StorageError(
            _("{path} could not be read: {why}.").format(
                path=output.clean(path), why=error.strerror
            ),
            kept=_("Nothing was changed."),
        ) from None


@template.command(help=_("Take a template from a file out of the gallery; what it made stays."))
@_text
@click.pass_obj
def remove(call: Call, text: str) -> None:
    """Remove a template that came from a file."""
    bench, _scope = call.scoped(unlock="must")
    from store.ai.templates.gallery import find, forget

    found = find(bench, text)
    forget(bench, found)
    call.answer({"id": found.id}, _("{id} is removed.").format(id=found.id))
