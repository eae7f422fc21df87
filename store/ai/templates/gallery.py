"""The templates there are: those of the program, and those that came from files to this device.

gallery(bench)  -> a card for each, as a screen shows them
find(bench, id) -> one of them
keep / forget   -> templates from files, sealed, of this device alone
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store.ai.templates.known import KNOWN
from store.ai.templates.parts import applied, missing
from store.ai.templates.shape import CATEGORIES, Category, Template, told
from store.ai.templates.whole import WHOLE
from store.errors import GuardError, NotFoundError
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

BUILT_IN = (*WHOLE, *KNOWN)
"""In the order of the gallery: what is whole on a fresh machine comes first."""

MOST = 50
"""Templates from files that one device keeps."""

_KEPT = "templates.own"

CATEGORY_WORDS: dict[Category, str] = {
    "work": N_("Work"),
    "ai": N_("Agents"),
    "wellness": N_("Well-being"),
    "lifeEvent": N_("Life"),
    "delight": N_("Delight"),
}


class GalleryCard(NamedTuple):
    """One template as the gallery shows it, in the person's language.

    agent, scene, missions, scripts, seeds: what it has and how many; scripts are those missions
    that need no model. missing: modules that are not here. version: of the template; applied: the
    version that was applied to the space in view, 0 for none; newer: a newer version than that is
    here. own: it came from a file.
    """

    id: str
    category: Category
    category_words: str
    label: str
    tagline: str
    description: str
    icon: str
    color: str
    agent: str
    scene: str
    missions: int
    scripts: int
    seeds: int
    missing: tuple[str, ...]
    version: int
    applied: int
    newer: bool
    own: bool


def templates(bench: Workbench) -> list[Template]:
    """Every template, those from files last; without those while the vault is locked."""
    return [*BUILT_IN, *own(bench)]


def gallery(bench: Workbench) -> list[GalleryCard]:
    """A card for each template, for the space in view, those with an agent first."""
    scope = bench.scope
    cards = []
    for template in map(told, templates(bench)):
        there = applied(bench, template, scope)
        cards.append(
            GalleryCard(
                template.id,
                template.category,
                _(CATEGORY_WORDS[template.category]),
                template.label,
                template.tagline,
                template.description,
                template.icon,
                template.color,
                template.agent.name if template.agent else "",
                template.scene.name if template.scene else "",
                len(template.missions),
                sum(bool(mission.script) for mission in template.missions),
                len(template.seeds),
                missing(bench, template, scope),
                template.version,
                there,
                0 < there < template.version,
                template.foreign,
            )
        )
    return sorted(cards, key=lambda c: (not c.agent, CATEGORIES.index(c.category)))


def find(bench: Workbench, text: str) -> Template:
    """The template with this id, this start of an id, or this label. Raises NotFoundError."""
    known = templates(bench)
    typed = text.strip().casefold()
    for tier in (
        [t for t in known if t.id == text],
        [t for t in known if typed in (told(t).label.casefold(), t.id.removeprefix("own:"))],
        [t for t in known if typed and t.id.startswith(typed)],
    ):
        if len(tier) == 1:
            return tier[0]
    raise NotFoundError(
        _("There is no template called {text!r}.").format(text=text),
        kept=_("Nothing was changed."),
        hint=_("`manabench template list` shows them."),
    )


# Templates from files ---------------------------------------------------------------------------


def own(bench: Workbench) -> list[Template]:
    """The templates from files that this device keeps, in the order in which they came."""
    found = bench.device.get(_KEPT)
    if not found:
        return []
    from store.ai.templates.files import read_kept

    return read_kept(found)


def keep(bench: Workbench, template: Template) -> bool:
    """Keep a template from a file, in the place of one with the same id; True if there was one.

    Raises LockedError, GuardError where there are too many.
    """
    from store.ai.templates.files import as_json

    known = own(bench)
    there = any(one.id == template.id for one in known)
    if not there and len(known) >= MOST:
        raise GuardError(
            _("There are {n} templates from files already.").format(n=MOST),
            kept=_("Nothing was changed."),
            hint=_("Remove one with `manabench template remove`."),
        )
    kept = [one for one in known if one.id != template.id]
    bench.device.set(_KEPT, [as_json(one) for one in (*kept, template)])
    return there


def forget(bench: Workbench, template: Template) -> None:
    """Remove a template from a file; what it made stays. Raises GuardError for one of ours."""
    if not template.foreign:
        raise GuardError(_("This template belongs to the program."), kept=_("Nothing was changed."))
    bench.device.set(_KEPT, _others(bench, template))


def _others(bench: Workbench, template: Template) -> list[dict[str, object]]:
    from store.ai.templates.files import as_json

    return [as_json(one) for one in own(bench) if one.id != template.id]
