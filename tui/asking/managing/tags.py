"""Tags, their groups and presets: their lines, and what is done to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.colors import COLORS, color_name, color_of
from store.words import N_, _, ngettext
from tui.asking.managing.entry import Entry, heading
from tui.screens.pick import Choice

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench

TAG, GROUP, PRESET = "tag", "group", "preset"


def entries(bench: Workbench) -> list[Entry]:
    """The groups with their tags, the tags of no group, the presets."""
    tags, groups, uses = bench.tags.list(), bench.tags.groups(), bench.tags.uses()
    known = {group["id"] for group in groups}
    found: list[Entry] = []
    for group in groups:
        mine = [tag for tag in tags if tag.get("groupId") == group["id"]]
        found.append(_group(group, [tag["id"] for tag in mine]))
        found += [_tag(tag, uses, group.text("name")) for tag in mine]
    rest = [tag for tag in tags if tag.get("groupId") not in known]
    if groups and rest:
        found.append(heading(_("In no group")))
    found += [_tag(tag, uses, "") for tag in rest]
    if presets := bench.tags.presets():
        found.append(heading(_("Presets: tags that new spaces can begin with")))
        found += [_preset(bench, preset) for preset in presets]
    return found


def _group(group: Record, tags: list[str]) -> Entry:
    count = ngettext("{n} tag", "{n} tags", len(tags)).format(n=len(tags))
    return Entry(
        group["id"],
        group.text("name"),
        GROUP,
        group["id"],
        right=count,
        facts=_("A group. Enter shows the records of all its tags; d keeps the tags."),
        color=_color(group),
        role="head",
        value=tags,
    )


def _tag(tag: Record, uses: dict[str, int], group: str) -> Entry:
    count = uses.get(tag["id"], 0)
    told = ngettext("{n} record bears it.", "{n} records bear it.", count).format(n=count)
    parts = [color_name(tag.get("color")), tag.text("icon")]
    return Entry(
        tag["id"],
        tag.text("name"),
        TAG,
        tag["id"],
        right=str(count),
        note=tag.text("icon"),
        facts=" · ".join(part for part in (told, group, *parts) if part),
        color=_color(tag),
        depth=1 if group else 0,
        value=count,
    )


def _preset(bench: Workbench, preset: Record) -> Entry:
    names = [str(tag["name"]) for tag in bench.tags.source(preset["id"])]
    is_default = bool(preset.get("isDefault"))
    facts = _("New spaces begin with it. ") if is_default else ""
    return Entry(
        preset["id"],
        preset.text("name"),
        PRESET,
        preset["id"],
        right=ngettext("{n} tag", "{n} tags", len(names)).format(n=len(names)),
        note=", ".join(names),
        facts=facts + _("Enter copies its tags into this space."),
        glyph="•" if is_default else " ",
        value=is_default,
    )


def _color(record: Record) -> str:
    color = record.get("color")
    return color_of(color) if color_name(color) else ""


# What is done ----------------------------------------------------------------------------------


def add(bench: Workbench, name: str, group: str) -> tuple[str, str]:
    """Make a tag, in a group or in none; (sentence, id)."""
    id = bench.tags.add(name, group=group)
    return _("Made the tag {name}.").format(name=bench.tags.find(id).text("name")), id


def add_group(bench: Workbench, name: str) -> tuple[str, str]:
    """Make a group; (sentence, id)."""
    id = bench.tags.add_group(name)
    return _("Made the group {name}; m puts tags into it.").format(name=name), id


def add_preset(bench: Workbench, name: str) -> tuple[str, str]:
    """Freeze the tags of the space in view; (sentence, id)."""
    id = bench.tags.preset_from(name)
    return _("Made the preset {name} of the tags of this space.").format(name=name), id


def rename(bench: Workbench, kind: str, id: str, name: str) -> str:
    """Give a tag, group or preset another name."""
    change = {
        TAG: bench.tags.change,
        GROUP: bench.tags.change_group,
        PRESET: bench.tags.change_preset,
    }
    change[kind](id, {"name": name})
    return _("It is now called {name}.").format(name=name)


def colors() -> list[Choice]:
    """The colours by name."""
    return [Choice(_(name), name, color=color) for name, color in COLORS.items()]


def typed_color(text: str) -> Choice | None:
    """The choice of a colour typed as #rrggbb; None for what is none."""
    color = color_of(text) if color_name(text) else ""
    return Choice(color, color, color=color) if color else None


def paint(bench: Workbench, kind: str, ids: Sequence[str], typed: str) -> str:
    """Give tags, or a group, another colour."""
    color = color_of(typed)
    with bench.step(N_("change the colour of tags")):
        for id in ids:
            change = bench.tags.change_group if kind == GROUP else bench.tags.change
            change(id, {"color": color})
    return _("Its colour is {color} now.").format(color=color_name(color))


def set_icon(bench: Workbench, ids: Sequence[str], icon: str) -> str:
    """Give tags another icon, or none."""
    with bench.step(N_("change the icon of tags")):
        for id in ids:
            bench.tags.change(id, {"icon": icon.strip() or None})
    return _("Its icon is {icon} now.").format(icon=icon.strip() or _("none"))


def group_choices(bench: Workbench) -> list[Choice]:
    """The groups, and none."""
    groups = [Choice(group.text("name"), group["id"]) for group in bench.tags.groups()]
    return [*groups, Choice(_("no group"), "")]


def regroup(bench: Workbench, ids: Sequence[str], group: str, name: str = "") -> str:
    """Put tags into a group or out of all; ``name`` makes a new group first."""
    with bench.step(N_("group tags")):
        into = bench.tags.add_group(name) if name else group
        for id in ids:
            bench.tags.change(id, {"groupId": into or None})
    count = len(ids)
    return ngettext("Moved {n} tag.", "Moved {n} tags.", count).format(n=count)


def merge_choices(bench: Workbench, but: Sequence[str]) -> list[Choice]:
    """The other tags with their counts."""
    uses = bench.tags.uses()
    return [
        Choice(tag.text("name"), tag["id"], _bearers(uses.get(tag["id"], 0)))
        for tag in bench.tags.list()
        if tag["id"] not in but
    ]


def _bearers(count: int) -> str:
    return ngettext("{n} record", "{n} records", count).format(n=count)


def merge_title(tags: Sequence[Entry]) -> str:
    """``errand (3 records) into``: what is about to be merged, with its counts."""
    if len(tags) > 1:
        total = sum(int(tag.value) for tag in tags)
        return _("{n} tags ({uses}) into").format(n=len(tags), uses=_bearers(total))
    return _("{tag} ({uses}) into").format(tag=tags[0].words, uses=_bearers(int(tags[0].value)))


def merge(bench: Workbench, sources: Sequence[str], target: str) -> tuple[str, str]:
    """Give the bearers of ``sources`` the tag ``target`` and delete the sources; (sentence, the
    target's id)."""
    count = bench.tags.merge_all(sources, target)
    words = ngettext(
        "Merged into {name}: {n} record changed. u undoes that.",
        "Merged into {name}: {n} records changed. u undoes that.",
        count,
    )
    return words.format(name=bench.tags.find(target).text("name"), n=count), target


def delete(bench: Workbench, kind: str, things: Sequence[Entry]) -> str:
    """Delete tags, or one group or preset; the records and tags stay."""
    ids = [thing.thing for thing in things]
    if kind == TAG:
        bench.tags.delete_all(ids)
        return _deleted_tags(things)
    with bench.step(N_("delete a tag group") if kind == GROUP else N_("delete a tag preset")):
        for id in ids:
            (bench.tags.delete_group if kind == GROUP else bench.tags.delete_preset)(id)
    return _("Deleted {name}; the tags stay. u brings it back.").format(name=things[0].words)


def _deleted_tags(tags: Sequence[Entry]) -> str:
    total = _bearers(sum(int(tag.value) for tag in tags))
    if len(tags) > 1:
        words = _("Deleted {n} tags, borne by {uses}. u brings them back.")
        return words.format(n=len(tags), uses=total)
    words = _("Deleted the tag {name}, borne by {uses}. u brings it back.")
    return words.format(name=tags[0].words, uses=total)


def swap(bench: Workbench, kind: str, one: str, other: str) -> str:
    """Let two tags, or two groups, change places in the order."""
    found = bench.tags.groups() if kind == GROUP else bench.tags.list()
    ids = [record["id"] for record in found]
    if one in ids and other in ids:
        a, b = ids.index(one), ids.index(other)
        ids[a], ids[b] = ids[b], ids[a]
        bench.tags.put_in_order(ids, "tagGroups" if kind == GROUP else "tags")
    return ""


def apply(bench: Workbench, preset: str) -> str:
    """Copy a preset's tags into the space in view."""
    made = bench.tags.apply(bench.tags.source(preset))
    words = ngettext("Added {n} tag.", "Added {n} tags.", made)
    return words.format(n=made) if made else _("All its tags are here already.")


def make_default(bench: Workbench, preset: str, is_default: bool) -> str:
    """Let new spaces begin with a preset, or with none any more."""
    bench.tags.change_preset(preset, {"isDefault": is_default})
    if is_default:
        return _("New spaces begin with it now.")
    return _("New spaces begin without tags now.")


def module_of(bench: Workbench, tags: Sequence[str], here: str) -> str:
    """The module whose list to show for ``tags``: ``here`` if it has some of their records, else
    the one with most; empty if nothing bears them."""
    counts = bench.tags.bearers(tags)
    found = {m.id: counts[m.main] for m in bench.modules.values() if m.main in counts}
    if here in found or not found:
        return here if found else ""
    return max(found, key=lambda id: found[id])
