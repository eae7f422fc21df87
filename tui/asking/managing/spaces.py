"""Spaces: their lines, and what is done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.collections import SPACE_TYPES
from store.queries import Query
from store.words import N_, _, ngettext
from tui.asking.managing.entry import Entry, heading
from tui.screens.pick import Choice

if TYPE_CHECKING:
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

SPACE, HIDDEN = "space", "hidden"

ROLES = {
    "owner": N_("owner"),
    "admin": N_("admin"),
    "member": N_("member"),
    "viewer": N_("viewer"),
}

TYPE_WORDS = {
    "personal": N_("personal"),
    "brand": N_("brand"),
    "club": N_("club"),
    "family": N_("family"),
    "team": N_("team"),
    "practice": N_("practice"),
}


def entries(bench: Workbench) -> list[Entry]:
    """Every space, the personal one first, a dot at the one in view; then what a server no longer
    lists and is kept here."""
    here = bench.scope.id
    shared = standing(bench)
    found = [_entry(bench, space, here, shared) for space in bench.spaces.list()]
    gone = [number for number, (state, _role, _members) in shared.items() if state == "hidden"]
    kept = bench.documents.by_keys(bench.user_scope, "spaces", gone) if gone else []
    lines = [_hidden(space) for space in kept]
    return [*found, heading(_("No longer on the server")), *lines] if lines else found


Standing = dict[int, tuple[str, str, int]]


def standing(bench: Workbench) -> Standing:
    """(state, role, members) with the server, by the number of a space; nothing without one."""
    rows = bench.db.read("SELECT space, state, role, members FROM memberships")
    return {space: (state, role or "", members or 0) for space, state, role, members in rows}


def _hidden(space: Record) -> Entry:
    facts = _("You are not in it any more. It is kept here, and so is what was not sent.")
    forget = _("`manabench space forget {slug}` removes it.").format(slug=space.text("slug"))
    return Entry(
        space["id"],
        space.text("name"),
        HIDDEN,
        space["id"],
        note=type_words(space.text("type")),
        facts=f"{facts}\n{forget}",
        role="dim",
        aligned=True,
    )


def _entry(bench: Workbench, space: Record, here: str, shared: Standing) -> Entry:
    scope = bench.spaces.scope(space["id"])
    allowed = {id: module for id, module in bench.modules.items() if scope.allows(id)}
    count = sum(bench.documents.count(scope, Query(module.main)) for module in allowed.values())
    names = [_(module.words) + ("*" if id in scope.extra else "") for id, module in allowed.items()]
    facts = _("Modules: {names}").format(names=", ".join(names) or _("none"))
    if scope.extra & allowed.keys():
        facts += " " + _("(* allowed by hand)")
    type, slug = type_words(scope.type), space.text("slug")
    note = type if type.casefold() == slug else f"{type} · {slug}"
    state, role, members = shared.get(scope.number, ("", "", 0))
    if members > 1:
        people = ngettext("{n} member", "{n} members", members).format(n=members)
        note += f" · {people}"
    if role and scope.type != "personal":
        note += f" · {_(ROLES.get(role, role))}"
    if state == "missing":
        note += " · " + _("not listed by the server")
    return Entry(
        space["id"],
        space.text("name"),
        SPACE,
        space["id"],
        right=ngettext("{n} record", "{n} records", count).format(n=count),
        note=note,
        facts="\n".join(filter(None, (facts, _left(bench, scope), _context(bench, scope)))),
        glyph="•" if space["id"] == here else " ",
        value=scope.type,
        aligned=True,
    )


def _context(bench: Workbench, scope: Scope) -> str:
    found = bench.spaces.context(scope) if scope.allows("notes") else None
    if found is None:
        return _("No context document; n makes one.")
    return _("Context document: {title}").format(title=bench.documents.title("notes", found))


def type_words(type: str) -> str:
    """A type of spaces in the person's language; one of another version as it is."""
    return _(TYPE_WORDS.get(type, type))


def type_choices(but: str = "") -> list[Choice]:
    """The types that a space can have, each with what it is for."""
    return [Choice(type_words(type), type) for type in SPACE_TYPES if type not in ("personal", but)]


def sources(bench: Workbench) -> list[Choice]:
    """Where a new space's tags can come from; the first is what comes without choosing."""
    default, others = [], []
    for preset in bench.tags.presets():
        count = len(bench.tags.source(preset["id"]))
        name = _("the preset {name}").format(name=preset.text("name"))
        choice = Choice(name, preset["id"], str(count), "•" if preset.get("isDefault") else " ")
        (default if preset.get("isDefault") else others).append(choice)
    mine = len(bench.tags.source("personal"))
    none = Choice(_("no tags"), "none", "0")
    personal = [Choice(_("the tags of the personal space"), "personal", str(mine))] if mine else []
    return [*default, none, *personal, *others]


def create(bench: Workbench, name: str, type: str, source: str) -> tuple[str, str]:
    """Make a space; (sentence, id)."""
    id = bench.spaces.create(name, type, tags=bench.tags.source(source))
    made = len(bench.tags.list(bench.spaces.scope(id)))
    words = _("Made the space {name}; Enter goes there.").format(name=name)
    if made:
        came = ngettext("{n} tag came with it.", "{n} tags came with it.", made)
        words += " " + came.format(n=made)
    return words, id


def rename(bench: Workbench, id: str, name: str) -> str:
    """Give a space another name; its slug stays, for scripts know it by that."""
    bench.spaces.rename(id, name)
    return _("It is now called {name}.").format(name=name)


def reslug(bench: Workbench, id: str, slug: str) -> str:
    """Give a space another slug."""
    bench.spaces.rename(id, slug=slug)
    return _("Its short name is {slug} now.").format(slug=slug)


def set_budget(bench: Workbench, id: str, text: str) -> str:
    """Let the agents of a space together spend so much a day. Raises InvalidValueError."""
    from store.ai import budget_words
    from store.ai.runs import limits

    found = limits.set_space(bench, bench.spaces.find(id), budget_words.read_day(text))
    if not found:
        return _("Its agents have no common budget now.")
    return _("Its agents together may spend {limit} a day.").format(
        limit=budget_words.shown_day(found)
    )


def _left(bench: Workbench, scope: Scope) -> str:
    """What the agents of a space have left, empty without a limit."""
    from store.ai.runs import budget
    from tui.asking.agents import spending

    left = budget.left(bench, "space", scope=scope)
    limits = ((left.tokens_most, 0), (left.micros_most, 1))
    lines = spending.lines_of(left)
    return " · ".join(lines[n][1] for most, n in limits if most is not None)


def retype(bench: Workbench, id: str, type: str) -> str:
    """Give a space another type; what it holds stays in reach."""
    kept = bench.spaces.retype(id, type)
    words = _("It is a {type} space now.").format(type=type_words(type))
    if kept:
        names = ", ".join(_(bench.modules[module].words) for module in kept)
        words += " " + _("Still allowed, for it has records of them: {names}.").format(names=names)
    return words


def module_choices(bench: Workbench, id: str) -> list[Choice]:
    """Every module, ticked where a space allows it by hand; a dot where its type does."""
    scope = bench.spaces.scope(id)
    by_type = scope._replace(extra=frozenset())
    choices = []
    for module in bench.modules.values():
        is_fixed = by_type.allows(module.id)
        told = _("by its type") if is_fixed else ""
        glyph = "•" if is_fixed else "✓" if scope.allows(module.id) else " "
        choices.append(Choice(_(module.words), module.id, told, glyph))
    return choices


def widen(bench: Workbench, id: str, module: str, allow: bool) -> str:
    """Allow a module in a space or no longer; its records stay in any case."""
    scope = bench.spaces.scope(id)
    words = _(bench.modules[module].words)
    if scope._replace(extra=frozenset()).allows(module):
        return _("{module} are allowed by the type of the space.").format(module=words)
    held = 0
    if not allow and scope.allows(module):
        held = bench.documents.count(scope, Query(bench.modules[module].main))
    bench.spaces.widen(id, module, allow=allow)
    if allow:
        return _("{module} are allowed there now.").format(module=words)
    told = _("{module} are no longer allowed there.").format(module=words)
    if held:
        stay = ngettext(
            "{n} record stays, out of sight until they are.",
            "{n} records stay, out of sight until they are.",
            held,
        )
        told += " " + stay.format(n=held)
    return told


def delete(bench: Workbench, id: str, name: str) -> str:
    """Delete a space with all it holds."""
    bench.spaces.delete(id)
    return _("Deleted the space {name} with all it holds. u brings it back.").format(name=name)
