"""Tags of the space with their groups and presets; Enter shows the records that bear one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.module import FormField
from store.words import N_, _
from tui.asking.managing import tags
from tui.asking.managing.entry import Entry
from tui.asking.managing.tags import GROUP, PRESET, TAG
from tui.screens.manage import Choice, ManageScreen
from tui.shell.places import Place

if TYPE_CHECKING:
    from store.workbench import Workbench

_COLLECTIONS = {TAG: "tags", GROUP: "tagGroups", PRESET: "userTagPresets"}

_FIELDS = (
    FormField("name", "line", N_("Name")),
    FormField("color", "choice", N_("Colour")),
    FormField("icon", "line", N_("Icon")),
)


class TagsScreen(ManageScreen):
    """Tags by group, then presets. Marks are for tags."""

    scopes = ("tags", "ordering", "manage", "marking", "narrow", "move", "everywhere", "always")
    title_words = N_("Tags")

    def read(self, bench: Workbench) -> list[Entry]:
        """Groups, tags, presets."""
        return tags.entries(bench)

    def empty_words(self) -> str:
        """What belongs here."""
        words = _("Tags belong here: words that records of all modules can bear.")
        return words + "\n" + _("a adds one, n adds a group, t on a record tags it.")

    def enter(self, entry: Entry) -> None:
        """The records that bear the tag; of a preset, its tags into this space."""
        bench = self.app.bench
        if entry.kind == PRESET:
            self.change(lambda: tags.apply(bench, entry.thing))
            return
        if entry.kind == GROUP:
            ids = list(entry.value)
        else:
            ids = [e.thing for e in self.entries.targets() if e.kind == TAG] or [entry.thing]
        here = self.app.place.module

        def found(module: str) -> None:
            if module:
                self.app.go(Place(space=bench.scope.id, module=module, tags=ids))
            else:
                self.say(_("No record bears it. t on a record puts tags on it."))

        self.app.desk.ask(
            "look", lambda: tags.module_of(bench, ids, here), found, self.app.fail, owner=self
        )

    # Making -----------------------------------------------------------------------------------

    def do_manage_add(self) -> None:
        """A tag, in the group under the cursor."""
        bench, group = self.app.bench, self._group()
        prompt = _("New tag:")
        if group is not None:
            prompt = _("New tag in {group}:").format(group=group.words)
        within = group.thing if group is not None else ""
        self.ask_name(
            prompt,
            f"new/tag/{bench.scope.id}",
            lambda name, spot: self.change(
                lambda: tags.add(bench, name, within), spot, follow=True
            ),
        )

    def _group(self) -> Entry | None:
        """The group under or over the cursor."""
        chosen, found = self.entries.chosen, None
        for entry in self.entries.entries:
            if entry.kind == GROUP or not entry.depth:
                found = entry if entry.kind == GROUP else None
            if chosen is not None and entry.id == chosen.id:
                return found
        return None

    def do_tags_add_group(self) -> None:
        """A group."""
        bench = self.app.bench
        self.ask_name(
            _("New group:"),
            f"new/tag group/{bench.scope.id}",
            lambda name, spot: self.change(lambda: tags.add_group(bench, name), spot, follow=True),
        )

    def do_tags_add_preset(self) -> None:
        """A preset of the tags that this space has now."""
        bench = self.app.bench
        self.ask_name(
            _("New preset:"),
            "new/tag preset",
            lambda name, spot: self.change(lambda: tags.add_preset(bench, name), spot, follow=True),
        )

    # Changing ---------------------------------------------------------------------------------

    def do_manage_edit(self) -> None:
        """Another name for the tag, group or preset."""
        if (entry := self.chosen()) is None:
            return
        bench, kind, id = self.app.bench, entry.kind, entry.thing
        self.ask_name(
            _("Name:"),
            f"field/{_COLLECTIONS[kind]}/{id}/name",
            lambda name, spot: self.change(lambda: tags.rename(bench, kind, id, name), spot),
            text=entry.words,
        )

    def do_tags_color(self) -> None:
        """One of the named colours, or one typed as #rrggbb."""
        group = self._alone(GROUP)
        found = [group] if group is not None else self.targets(TAG)
        if not found:
            return
        bench, kind, ids = self.app.bench, found[0].kind, [e.thing for e in found]
        self.pick(
            _("Colour"),
            tags.colors,
            lambda choice: self.change(lambda: tags.paint(bench, kind, ids, choice.value)),
            hint=_("a name or #rrggbb"),
            unknown=tags.typed_color,
        )

    def do_tags_icon(self) -> None:
        """The name of an icon, which other clients draw; none takes it off."""
        found = self.targets(TAG)
        if found:
            bench, ids = self.app.bench, [e.thing for e in found]
            self.ask_line(
                _("Icon:"),
                lambda icon: self.change(lambda: tags.set_icon(bench, ids, icon)),
                text=found[0].note,
            )

    def do_tags_group(self) -> None:
        """Into a group, a new one by its name, or out of all."""
        found = self.targets(TAG)
        if not found:
            return
        bench, ids = self.app.bench, [e.thing for e in found]

        def take(choice: Choice) -> None:
            new = choice.value if choice.glyph == "+" else ""
            into = "" if new else choice.value
            self.change(lambda: tags.regroup(bench, ids, into, new))

        self.pick(
            _("Group"),
            lambda: tags.group_choices(bench),
            take,
            hint=_("a group, or a new name"),
            unknown=lambda name: Choice(name, name, _("new group"), "+"),
        )

    def do_tags_merge(self) -> None:
        """All records of the tag, or of the marked ones, get another; both counts are named."""
        found = self.targets(TAG)
        if not found:
            return
        bench, ids = self.app.bench, [e.thing for e in found]
        self.pick(
            tags.merge_title(found),
            lambda: tags.merge_choices(bench, ids),
            lambda choice: self.change(lambda: tags.merge(bench, ids, choice.value), follow=True),
        )

    def do_tags_default(self) -> None:
        """Let new spaces begin with the preset, or no longer."""
        if (entry := self.chosen(PRESET)) is not None:
            bench = self.app.bench
            self.change(lambda: tags.make_default(bench, entry.thing, not entry.value))

    def do_order(self, how: str) -> None:
        """Change places with the tag or group before or behind."""
        if (entry := self.chosen(TAG, GROUP)) is None:
            return
        other = self.entries.neighbour(1 if how == "later" else -1, entry)
        if other is not None:
            bench = self.app.bench
            self.change(lambda: tags.swap(bench, entry.kind, entry.thing, other.thing))
        else:
            self.say(_("It stands at the end already."))

    def do_manage_delete(self) -> None:
        """Delete the tag or the marked ones, or the group or preset under the cursor."""
        alone = self._alone(GROUP, PRESET)
        found: Sequence[Entry] = [alone] if alone is not None else self.targets(TAG)
        if found:
            bench = self.app.bench
            self.change(lambda: tags.delete(bench, found[0].kind, found))

    def _alone(self, *kinds: str) -> Entry | None:
        """The entry under the cursor, if it is of one of ``kinds`` and nothing is marked."""
        chosen = self.entries.chosen
        if chosen is None or self.entries.marks or chosen.kind not in kinds:
            return None
        return chosen

    def do_manage_history(self) -> None:
        """What it was called before."""
        if (entry := self.chosen()) is not None:
            self.history_of(_COLLECTIONS[entry.kind], entry.thing, _FIELDS)
