"""Tags of a space, their groups, who bears them, and tag presets.

Every link is written in both representations at once (``tagging`` reads them). Deleting a tag keeps
its records and its links: a dead id is ignored, and undo brings the tag back with all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from store.errors import InvalidValueError
from store.queries import Query
from store.records import Masked, Record, the_one
from store.scope import Scope
from store.tagging import link_id, listed
from store.words import N_, _

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

FALLBACK_COLOR = "#6b7280"
"""The colour of a tag id that no live tag has, and of groups by default."""


Frozen = list[dict[str, Any]]
Records = list[Record]
Names = list[str]


class Tags:
    """Tags, groups and presets of one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    # Reading ------------------------------------------------------------------------------

    def list(self, scope: Scope | None = None) -> Records:
        """The live tags of a space in their order."""
        return self._sorted("tags", scope or self._bench.scope)

    def groups(self, scope: Scope | None = None) -> Records:
        """The live tag groups of a space in their order."""
        return self._sorted("tagGroups", scope or self._bench.scope)

    def uses(self, scope: Scope | None = None) -> dict[str, int]:
        """How many live records bear each tag id of the space."""
        scope = scope or self._bench.scope
        counts: dict[str, int] = {}
        for name in self._tagged_collections():
            for tag, count in self._bench.db.read(
                f'SELECT t.tag, count(*) FROM tagged t JOIN "{name}" r ON r.pk = t.record '
                "WHERE t.collection = ? AND r.space = ? AND r.deleted_at IS NULL "
                "AND (r.private = 0 OR r.private = ?) GROUP BY t.tag",
                (name, scope.number, scope.viewer),
            ):
                counts[tag] = counts.get(tag, 0) + count
        return counts

    def find(self, text: str, scope: Scope | None = None, *, collection: str = "tags") -> Record:
        """The tag (or group) with this name, whatever its case, or this start of an id.

        Raises NotFoundError, AmbiguousError.
        """
        records = self._sorted(collection, scope or self._bench.scope)
        wanted = text.lstrip("#+").casefold()
        tiers = (
            [r for r in records if r["id"] == text],
            [r for r in records if r.get("name") == text],
            [r for r in records if r.text("name").casefold() == wanted],
            [r for r in records if len(text) > 3 and r["id"].startswith(text)],
        )
        named = {"tags": N_("tag"), "tagGroups": N_("tag group")}
        what = named.get(collection, N_("tag preset"))
        hint = _("`manabench {what} list` shows them.").format(what=what)
        return the_one(tiers, text, what, hint, "name")

    # Changing tags --------------------------------------------------------------------------

    def add(
        self,
        name: str,
        *,
        color: str = "",
        icon: str = "",
        group: str = "",
        step: Step | None = None,
        id: str | None = None,
    ) -> str:
        """Make a tag; returns its id. ``group`` is a group's id.

        Raises InvalidValueError if a live tag has that name.
        """
        name = self._free_name("tags", name)
        fields: dict[str, Any] = {"name": name, "color": color or "#3B82F6"}
        fields |= {"icon": icon or None, "groupId": group or None}
        if step is not None:
            fields["sortOrder"] = self._count("tags", step)
            return step.insert("tags", fields, id=id)
        with self._bench.step(N_("add a tag")) as own:
            fields["sortOrder"] = self._count("tags", own)
            return own.insert("tags", fields, id=id)

    def change(self, id: str, fields: Mapping[str, Any]) -> None:
        """Rename, recolour, regroup or reorder a tag; records are not touched."""
        if "name" in fields:
            fields = {**fields, "name": self._free_name("tags", fields["name"], but=id)}
        with self._bench.step(N_("change a tag")) as step:
            step.update("tags", id, fields)

    def delete(self, id: str) -> None:
        """Delete a tag; its records stay."""
        with self._bench.step(N_("delete a tag")) as step:
            step.delete("tags", id)

    def merge(self, source: str, target: str) -> int:
        """Give every bearer of ``source`` the tag ``target`` instead and delete ``source``, as one
        step; returns how many records changed. Raises InvalidValueError."""
        if source == target:
            raise InvalidValueError(_("A tag cannot be merged into itself."))
        scope = self._bench.scope
        changed = 0
        with self._bench.step(N_("merge tags")) as step:
            for name in self._tagged_collections():
                rows = self._bench.db.read(
                    f'SELECT r.id FROM tagged t JOIN "{name}" r ON r.pk = t.record '
                    "WHERE t.tag = ? AND t.collection = ? AND r.space = ? "
                    "AND (r.private = 0 OR r.private = ?)",
                    (source, name, scope.number, scope.viewer),
                )
                for (record,) in rows:
                    self.retag(step, name, record, add=(target,), remove=(source,))
                    changed += 1
            step.delete("tags", source)
        return changed

    def merge_all(self, sources: Sequence[str], target: str) -> int:
        """Merge several tags into one, as one step; returns how many records changed."""
        with self._bench.step(N_("merge tags")):
            return sum(self.merge(source, target) for source in sources)

    def bearers(self, tags: Sequence[str], scope: Scope | None = None) -> dict[str, int]:
        """How many live records bear one of ``tags``, by collection; none is left out."""
        scope = scope or self._bench.scope
        found = {
            name: self._bench.documents.count(
                scope, Query(name, tags=tuple(tags), untagged_pass=False)
            )
            for name in self._tagged_collections()
            if scope.allows(self._bench.registry[name].module)
        }
        return {name: count for name, count in found.items() if count}

    def put_in_order(self, ids: Sequence[str], collection: str = "tags") -> None:
        """Put tags (or ``tagGroups``) in the order of ``ids``, renumbered without gaps; those that
        are not named follow as they stood."""
        known = [r["id"] for r in self._sorted(collection, self._bench.scope)]
        wanted = [id for id in dict.fromkeys(ids) if id in known]
        with self._bench.step(N_("reorder tags")) as step:
            for order, id in enumerate([*wanted, *(id for id in known if id not in wanted)]):
                step.update(collection, id, {"sortOrder": order})

    def move(self, id: str, place: int) -> None:
        """Move a tag to ``place`` among all tags, counted from 1. Raises NotFoundError."""
        moved = self.find(id)["id"]
        ids = [t["id"] for t in self.list() if t["id"] != moved]
        ids.insert(max(place - 1, 0), moved)
        self.put_in_order(ids)

    def delete_all(self, ids: Sequence[str]) -> None:
        """Delete tags that somebody chose one by one, as one step; their records stay."""
        with self._bench.step(N_("delete tags"), confirmed=True) as step:
            for id in ids:
                step.delete("tags", id)

    def add_group(self, name: str, *, color: str = "", step: Step | None = None) -> str:
        """Make a tag group; returns its id."""
        name = self._free_name("tagGroups", name)
        fields: dict[str, Any] = {"name": name, "color": color or FALLBACK_COLOR}
        if step is not None:
            fields["sortOrder"] = self._count("tagGroups", step)
            return step.insert("tagGroups", fields)
        with self._bench.step(N_("add a tag group")) as own:
            fields["sortOrder"] = self._count("tagGroups", own)
            return own.insert("tagGroups", fields)

    def change_group(self, id: str, fields: Mapping[str, Any]) -> None:
        """Rename, recolour or reorder a group."""
        if "name" in fields:
            fields = {**fields, "name": self._free_name("tagGroups", fields["name"], but=id)}
        with self._bench.step(N_("change a tag group")) as step:
            step.update("tagGroups", id, fields)

    def delete_group(self, id: str) -> None:
        """Delete a group; its tags stay, without a group."""
        with self._bench.step(N_("delete a tag group")) as step:
            for tag in self.list():
                if tag.get("groupId") == id:
                    step.update("tags", tag["id"], {"groupId": None})
            step.delete("tagGroups", id)

    # Links ----------------------------------------------------------------------------------

    def retag(
        self,
        step: Step,
        collection: str,
        record: str,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
    ) -> None:
        """Add tags to a record and take others off, in both representations.

        Raises NotFoundError, LockedError where the record's list is sealed.
        """
        declared = self._bench.registry[collection]
        link = declared.tag_link
        if link is None:
            raise InvalidValueError(
                _("{collection} bear no tags.").format(collection=collection),
                kept=_("Nothing was changed."),
            )
        gained, lost = tuple(dict.fromkeys(add)), frozenset(remove)
        opened = self._bench.documents.get(self._scope(step), collection, record)
        if link.path:
            field, _dot, inner = link.path.partition(".")
            doc = opened.get(field)
            before = listed(declared, {field: doc}, self._bench.vault, record)
            now = [t for t in self._borne(collection, opened) if t not in lost]
            now += [t for t in gained if t not in now]
            # A list that does not open is left as it is: the junction's evidence is newer.
            damaged = isinstance(doc, Masked) and doc.reason != "locked"
            if before != now and (now or before is not None) and not damaged:
                base = dict(doc) if isinstance(doc, dict) else {}
                step.update(collection, record, {field: {**base, inner: now} if inner else now})
        for tag in gained:
            step.insert(link.junction, {link.key: record, "tagId": tag}, id=link_id(record, tag))
        if lost:
            self._unlink(step, link.junction, link.key, record, lost)

    def set_on(self, step: Step, collection: str, record: str, tags: Sequence[str]) -> None:
        """Make ``tags`` exactly the tags of a record."""
        have = self._bench.documents.get(self._scope(step), collection, record).tags
        self.retag(
            step,
            collection,
            record,
            add=[t for t in tags if t not in have],
            remove=[t for t in have if t not in tags],
        )

    def tag(self, step: Step, collection: str, records: Iterable[str], tag: str) -> None:
        """Give ``tag`` to many records."""
        for record in records:
            self.retag(step, collection, record, add=(tag,))

    def untag(self, step: Step, collection: str, records: Iterable[str], tag: str) -> None:
        """Take ``tag`` off many records."""
        for record in records:
            self.retag(step, collection, record, remove=(tag,))

    def _borne(self, collection: str, record: Record) -> Names:
        """The tags that a record bears, with those whose own record is deleted or not here yet."""
        rows = self._bench.db.read(
            "SELECT tag FROM tagged WHERE record = ? AND collection = ? ORDER BY rowid",
            (record.key, collection),
        )
        return [tag for (tag,) in rows]

    def _unlink(
        self, step: Step, junction: str, key: str, record: str, tags: frozenset[str]
    ) -> None:
        """Delete every junction row of these tags; other clients' rows have ids of their own."""
        for id, tag, old in self._bench.db.read(
            f"SELECT id, json_extract(doc, '$.tagId'), json_extract(doc, '$.labelId') "
            f"FROM \"{junction}\" WHERE json_extract(doc, '$.{key}') = ? AND deleted_at IS NULL "
            "AND space = ?",
            (record, step.number),
        ):
            if (tag or old) in tags:
                step.remove(junction, id)

    # Presets --------------------------------------------------------------------------------

    def presets(self) -> Records:
        """The user's tag presets, the default first."""
        found = self._sorted("userTagPresets", self._bench.user_scope)
        return sorted(found, key=lambda p: not p.get("isDefault"))

    def preset(self, text: str) -> Record:
        """The preset with this name or start of an id. Raises NotFoundError."""
        return self.find(text, self._bench.user_scope, collection="userTagPresets")

    def make_preset(self, name: str, tags: Sequence[Mapping[str, Any]]) -> str:
        """A preset of ``{name, color, icon?, groupName?}``; the first one is the default."""
        name = self._free_name("userTagPresets", name)
        with self._bench.step(N_("add a tag preset")) as step:
            fields = {"name": name, "tags": list(tags), "isDefault": not self.presets()}
            return step.insert("userTagPresets", fields)

    def preset_from(self, name: str, scope: Scope | None = None) -> str:
        """A preset frozen from a space's tags."""
        return self.make_preset(name, self._frozen(scope or self._bench.scope))

    def change_preset(self, id: str, fields: Mapping[str, Any]) -> None:
        """Rename a preset, replace its tags, or make it the one default."""
        if "name" in fields:
            fields = {**fields, "name": self._free_name("userTagPresets", fields["name"], but=id)}
        with self._bench.step(N_("change a tag preset")) as step:
            if fields.get("isDefault"):
                for other in self.presets():
                    if other["id"] != id and other.get("isDefault"):
                        step.update("userTagPresets", other["id"], {"isDefault": False})
            step.update("userTagPresets", id, fields)

    def delete_preset(self, id: str) -> None:
        """Delete a preset; spaces that were seeded from it keep their tags."""
        with self._bench.step(N_("delete a tag preset")) as step:
            step.delete("userTagPresets", id)

    def source(self, name: str) -> Frozen:
        """The tags that a new space begins with: ``personal`` for those of the personal space,
        ``none``, empty for the default preset, else a preset's name or id. Raises NotFoundError."""
        if name == "none":
            return []
        if name == "personal":
            return self._frozen(self._bench.spaces.scope(self._bench.spaces.personal()))
        if name:
            return _entries(self.preset(name))
        default = next((p for p in self.presets() if p.get("isDefault")), None)
        return _entries(default) if default is not None else []

    def apply(self, tags: Sequence[Mapping[str, Any]], scope: Scope | None = None) -> int:
        """Copy frozen tags into a space with new ids and groups; a name that is there is left.

        Returns how many tags were made.
        """
        scope = scope or self._bench.scope
        names = {t.text("name").casefold() for t in self.list(scope)}
        groups = {g.text("name"): g["id"] for g in self.groups(scope)}
        made = 0
        with self._bench.step(N_("apply a tag preset"), scope=scope) as step:
            for order, tag in enumerate(tags):
                if str(tag["name"]).casefold() in names:
                    continue
                group = tag.get("groupName")
                if group and group not in groups:
                    groups[group] = step.insert(
                        "tagGroups",
                        {"name": group, "color": FALLBACK_COLOR, "sortOrder": len(groups)},
                    )
                fields = {"name": tag["name"], "color": tag.get("color"), "icon": tag.get("icon")}
                fields |= {"groupId": groups.get(group) if group else None}
                step.insert("tags", fields | {"sortOrder": len(names) + order})
                made += 1
        return made

    def copy(self, source: Scope, target: Scope) -> int:
        """Copy all tags and groups of one space into another; returns how many were made."""
        return self.apply(self._frozen(source), target)

    # Inside ---------------------------------------------------------------------------------

    def _frozen(self, scope: Scope) -> Frozen:
        """A space's tags as a preset holds them, without names that do not open."""
        groups = {g["id"]: g.text("name") for g in self.groups(scope) if _named(g)}
        return [_frozen(tag, groups) for tag in self.list(scope) if _named(tag)]

    def _sorted(self, collection: str, scope: Scope) -> Records:
        records = self._bench.documents.page(scope, Query(collection), limit=-1)
        return sorted(
            records, key=lambda r: (r.get("sortOrder") or 0, r.text("name").casefold(), r["id"])
        )

    def _scope(self, step: Step) -> Scope:
        return self._bench.spaces.scope(step.space)

    def _tagged_collections(self) -> Names:
        return [c.name for c in self._bench.registry if c.tag_link is not None]

    def _count(self, collection: str, step: Step) -> int:
        return len(self._sorted(collection, self._scope(step)))

    def _free_name(self, collection: str, name: str, *, but: str = "") -> str:
        name = name.strip().lstrip("#+").strip()
        if not name:
            raise InvalidValueError(_("A name is needed."), kept=_("Nothing was changed."))
        level = self._bench.registry[collection].level
        scope = self._bench.user_scope if level == "user" else self._bench.scope
        for record in self._sorted(collection, scope):
            if record["id"] != but and record.text("name").casefold() == name.casefold():
                raise InvalidValueError(
                    _("{name!r} is there already.").format(name=name),
                    kept=_("Nothing was changed."),
                    hint=_("Choose another name, or merge the two."),
                )
        return name


def _named(record: Record) -> bool:
    return not isinstance(record.get("name"), Masked)


def _entries(preset: Record) -> Frozen:
    """The tags of a preset; what another program may have put there besides is left out."""
    tags = preset.get("tags")
    found = tags if isinstance(tags, list) else []
    return [tag for tag in found if isinstance(tag, dict) and tag.get("name")]


def _frozen(tag: Record, groups: Mapping[str, str]) -> dict[str, Any]:
    entry = {"name": tag.text("name"), "color": tag.get("color") or FALLBACK_COLOR}
    if tag.get("icon"):
        entry["icon"] = tag["icon"]
    if (group := groups.get(tag.get("groupId") or "")) is not None:
        entry["groupName"] = group
    return entry
