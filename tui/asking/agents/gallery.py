"""Templates: the gallery, one of them with what it makes and lacks, and applying it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from store.errors import StorageError
from store.words import N_, _, ngettext
from tui.asking import differing
from tui.asking.agents import words
from tui.asking.managing.entry import Entry, heading

if TYPE_CHECKING:
    from store.ai.templates.applying import Result
    from store.ai.templates.gallery import GalleryCard
    from store.ai.templates.shape import Template
    from store.workbench import Workbench

TEMPLATE, OPTION, APPLY = "template", "option", "apply"

_OPTIONS = {
    "scene": N_("its scene"),
    "missions": N_("its missions"),
    "seeds": N_("its first records"),
    "active": N_("missions begin at once instead of paused"),
    "again": N_("bring back what was deleted since"),
}
USUAL = frozenset({"scene", "missions", "seeds"})
"""Options that are ticked to begin with."""

_OUTCOMES = {
    "created": ("✓", N_("made"), "ok"),
    "skipped-exists": ("·", N_("is there"), "dim"),
    "skipped-deleted": ("·", N_("was deleted; tick bring back"), "dim"),
    "failed": ("!", N_("could not be made"), "error"),
    "missing": ("…", N_("its module is not here yet"), "dim"),
}
_KINDS = {
    "agent": N_("Agent"),
    "scene": N_("Scene"),
    "mission": N_("Mission"),
    "seed": N_("Record"),
}


class Opened(NamedTuple):
    """One template as its screen shows it."""

    entries: list[Entry]
    label: str


def entries(bench: Workbench) -> list[Entry]:
    """The gallery by category."""
    from store.ai.templates import gallery

    found: list[Entry] = []
    cards = gallery.gallery(bench)
    for category in dict.fromkeys(card.category for card in cards):
        mine = [card for card in cards if card.category == category]
        found += [heading(mine[0].category_words), *(_card(bench, card) for card in mine)]
    return found


def _card(bench: Workbench, card: GalleryCard) -> Entry:
    state = _("applied") if card.applied else ""
    if card.newer:
        state = _("a newer version")
    lacks = ngettext("{n} module missing", "{n} modules missing", len(card.missing))
    right = lacks.format(n=len(card.missing)) if card.missing else state
    return Entry(
        card.id,
        card.label,
        TEMPLATE,
        card.id,
        right=right,
        note=card.tagline,
        facts=card.description,
        glyph="✓" if card.applied else " ",
        role="dim" if card.missing and not card.applied else "base",
        value=card,
        aligned=True,
    )


def told_card(bench: Workbench, card: GalleryCard) -> differing.Lines:
    """What a template is, what it makes, what it lacks."""
    lines: differing.Lines = [(card.label, "head"), (card.description or card.tagline, "base")]
    makes = [
        _("the agent {name}").format(name=card.agent) if card.agent else "",
        _("the scene {name}").format(name=card.scene) if card.scene else "",
    ]
    if card.missions:
        missions = ngettext("{n} mission", "{n} missions", card.missions).format(n=card.missions)
        if card.scripts:
            scripts = ngettext("{n} needs no model", "{n} need no model", card.scripts).format(
                n=card.scripts
            )
            missions += f" ({scripts})"
        makes.append(missions)
    if card.seeds:
        makes.append(ngettext("{n} record", "{n} records", card.seeds).format(n=card.seeds))
    lines.append((_("Makes: {what}.").format(what=", ".join(filter(None, makes))), "base"))
    if card.missing:
        names = ", ".join(_module(bench, id) for id in card.missing)
        lines.append((_("Not here yet, and left out: {names}.").format(names=names), "warn"))
    version = _("version {n}").format(n=card.version)
    if card.newer:
        version += " · " + _("version {n} was applied here").format(n=card.applied)
    elif card.applied:
        version += " · " + _("applied here")
    if card.own:
        version += " · " + _("from a file")
    return [*lines, (version, "dim")]


def _module(bench: Workbench, id: str) -> str:
    return _(bench.modules[id].words) if id in bench.modules else id


# One of them ------------------------------------------------------------------------------------


def opened(bench: Workbench, id: str, ticked: frozenset[str]) -> Opened:
    """One template: options to tick, then all that it holds. Raises NotFoundError."""
    from store.ai.templates import gallery
    from store.ai.templates.shape import told

    template = told(gallery.find(bench, id))
    card = next(one for one in gallery.gallery(bench) if one.id == template.id)
    lines = [heading(card.label + (f" · {card.tagline}" if card.tagline else ""))]
    lines.append(
        Entry(
            "apply",
            _("Apply it again") if card.applied else _("Apply it"),
            APPLY,
            glyph="+",
            facts="",
            value=card,
            role="strong",
        )
    )
    for name in _offered(template):
        lines.append(
            Entry(
                f"option/{name}",
                _(_OPTIONS[name]),
                OPTION,
                name,
                glyph="✓" if name in ticked else "·",
                value=card,
            )
        )
    return Opened([*lines, *_holds(bench, template)], card.label)


def _offered(template: Template) -> list[str]:
    there = {
        "scene": template.scene is not None,
        "missions": bool(template.missions),
        "seeds": bool(template.seeds),
        "active": bool(template.missions) and not template.foreign,
        "again": True,
    }
    return [name for name in _OPTIONS if there[name]]


def _holds(bench: Workbench, template: Template) -> list[Entry]:
    """All that it would make, to be read."""
    from store.ai import cadence_words

    found: list[Entry] = []
    if template.agent is not None:
        agent = template.agent
        found += [heading(_("Agent")), _part("agent", agent.name, agent.role, agent.prompt)]
    if template.scene is not None:
        cards = ", ".join(_module(bench, card.module) for card in template.scene.cards)
        text = template.scene.description or cards
        found += [heading(_("Scene")), _part("scene", template.scene.name, cards, text)]
    if template.missions:
        found.append(heading(_("Missions")))
    for mission in template.missions:
        calls = [words.tool(step.tool) for step in mission.script]
        text = "\n".join([mission.objective, *(f"  {n}  {c}" for n, c in enumerate(calls, 1))])
        cadence = cadence_words.shown(mission.cadence)
        found.append(_part(f"mission/{mission.id}", mission.title, cadence, text))
    if template.seeds:
        found.append(heading(_("First records")))
    for seed in template.seeds:
        title = next((str(v) for v in seed.fields.values() if isinstance(v, str)), seed.id)
        text = "\n".join(f"{name}: {value}" for name, value in seed.fields.items())
        found.append(_part(f"seed/{seed.id}", title, _module(bench, seed.module), text))
    return found


def _part(id: str, name: str, note: str, facts: str) -> Entry:
    return Entry(id, name, "part", note=note, facts=facts, aligned=True)


def told_part(bench: Workbench, entry: Entry) -> differing.Lines:
    """What stands below while the cursor is on a line of one template."""
    if entry.kind in (APPLY, OPTION):
        return told_card(bench, entry.value)
    return [(line, "base") for line in entry.facts.split("\n")]


# Applying, files --------------------------------------------------------------------------------


def apply(bench: Workbench, id: str, ticked: frozenset[str]) -> Result:
    """Apply what is ticked, as one step."""
    from store.ai.templates import applying, gallery

    options = applying.Options(**{name: name in ticked for name in _OPTIONS})
    return applying.apply(bench, gallery.find(bench, id), options)


def outcome(result: Result) -> tuple[str, differing.Lines]:
    """(a sentence, line by line what became of each part)."""
    made = result.count("created")
    lines: differing.Lines = []
    for one in result.outcomes:
        sign, said, role = _OUTCOMES.get(one.outcome, ("·", one.outcome, "dim"))
        why = one.error or _(said)
        lines.append((f"{sign} {_(_KINDS[one.kind])}: {one.words or one.name}: {why}", role))
    lines += [(f"! {warning}", "warn") for warning in result.warnings]
    if not made:
        return _("Nothing new; all of it was there."), lines
    said = ngettext("{n} thing made. u takes it back.", "{n} things made. u takes them back.", made)
    return said.format(n=made), lines


def take_in(bench: Workbench, path: str) -> str:
    """Keep the template of a file; returns its id. Raises StorageError, InvalidValueError."""
    from store.ai.templates import files
    from store.ai.templates.gallery import keep

    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(files.LARGEST + 1)
    except OSError as error:
        raise StorageError(
            _("{path} could not be read: {why}.").format(path=path, why=error.strerror),
            kept=_("Nothing was changed."),
        ) from None
    found = files.read(data)
    keep(bench, found)
    return found.id


def write_out(bench: Workbench, scene: str, path: str) -> str:
    """Write a scene with its agent and missions as a file; what was there stays.

    Raises StorageError where there is a file already, or it cannot be written.
    """
    from store.ai.templates import exporting, files

    made = exporting.export(bench, bench.scenes.find(scene))
    target = Path(path).expanduser()
    try:
        with target.open("xb") as file:
            target.chmod(0o600)
            file.write(files.write(made.template))
    except OSError as error:
        raise StorageError(
            _("{path} could not be written: {why}.").format(path=path, why=error.strerror),
            kept=_("Nothing was changed."),
            hint=_("Give another name."),
        ) from None
    return _("Wrote {path}, in plain text.").format(path=target)
