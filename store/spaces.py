"""Spaces: the tenants. A space is a record of its own, and its row number is what records bear.

The personal space exists from first start and cannot be deleted. Its id is the placeholder that
compatible clients use before an account is known; linking an account renames that one row.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from store.allowlist import allowed
from store.collections import SPACE_TYPES
from store.database import no_home
from store.errors import (
    GuardError,
    InvalidValueError,
    NotFoundError,
    ScopeNotReadyError,
)
from store.module import Seed
from store.queries import Query
from store.records import Masked, Record, the_one
from store.scope import Scope, user_level
from store.stamps import GUEST
from store.words import N_, _

if TYPE_CHECKING:
    from store.documents import Step
    from store.module import Module
    from store.workbench import Workbench

PERSONAL = f"_personal:{GUEST}"

RESERVED = frozenset(
    "me admin api auth login logout signup signin register settings new app www support help "
    "billing invite".split()
)
"""Slugs that servers keep for themselves."""

HOME_CARDS = ("todo", "calendar", "notes")


def slug_of(name: str) -> str:
    """A slug made from ``name``: lower case, runs of anything else one dash, at most 30 letters."""
    slug = re.sub(r"[^a-z0-9-]+", "-", name.strip().lower())
    return re.sub(r"-{2,}", "-", slug).strip("-")[:30]


Records = list[Record]
Names = list[str]


class Spaces:
    """All spaces of one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def list(self) -> Records:
        """Every live space, the personal one first, then by name; without those that the account's
        server no longer lists."""
        records = self._bench.documents.page(self._bench.user_scope, Query("spaces"), limit=-1)
        hidden = self._bench.db.read("SELECT space FROM memberships WHERE state = 'hidden'")
        records = [record for record in records if (record.key,) not in hidden]
        return sorted(records, key=lambda r: (r["type"] != "personal", r.text("name").casefold()))

    def find(self, text: str) -> Record:
        """The space with this slug, exact name, or unambiguous start of its id.

        ``personal`` always means the personal space. Raises NotFoundError, AmbiguousError.
        """
        spaces = self.list()
        tiers = (
            [s for s in spaces if s["id"] == text],
            [s for s in spaces if s.get("slug") == text],
            [s for s in spaces if text == "personal" and s["id"] == self.personal()],
            [s for s in spaces if s.get("name") == text],
            [s for s in spaces if text and s["id"].startswith(text)],
        )
        hint = _("`manabench space list` shows them all.")
        if any(isinstance(s.get("slug"), Masked) for s in spaces):
            hint = _("The vault is locked: unlock it, or give the space's id.")
        return the_one(tiers, text, N_("space"), hint, "name")

    def scope(self, id: str) -> Scope:
        """The read scope of the space with this id. Raises NotFoundError."""
        found = (
            "SELECT pk, id, json_extract(doc, '$.type'), json_extract(doc, '$.modules') "
            'FROM "spaces" WHERE deleted_at IS NULL AND '
        )
        rows = self._bench.db.read(f"{found} id = ?", (id,))
        if not rows:
            # Whoever looked at it while it was linked knows it by the id of before.
            was = "pk = (SELECT space FROM memberships WHERE was = ?)"
            rows = self._bench.db.read(f"{found} {was}", (id,))
        if not rows:
            raise NotFoundError(_("There is no space with the id {id}.").format(id=id[:8]))
        number, id, type, modules = rows[0]
        extra = frozenset(orjson.loads(modules)) if modules else frozenset()
        return Scope(number, id, type, self._bench.viewer, extra)

    def create(
        self, name: str, type: str, *, slug: str = "", tags: Sequence[Mapping[str, Any]] = ()
    ) -> str:
        """Make a space with its Home scene and fresh copies of ``tags`` (see ``Tags.source``), as
        one step; returns its id.

        Raises InvalidValueError for a bad type, name or slug.
        """
        self._choosable(type)
        name = name.strip()
        if not name:
            raise InvalidValueError(_("A space needs a name."), kept=_("Nothing was changed."))
        with self._bench.step(N_("create a space"), scope=self._view()) as step:
            slug = self._free_slug(slug or slug_of(name), given=bool(slug))
            id = str(uuid.uuid4())
            step.insert("spaces", {"type": type, "name": name, "slug": slug}, id=id)
            self.bootstrap(step, id)
            if tags:
                self._bench.tags.apply(tags, self.scope(id))
        return id

    def retype(self, id: str, type: str) -> Names:
        """Give a space another type, which decides the modules that it offers.

        Modules that the new type lacks stay allowed where the space holds records of them, so that
        none gets out of reach; returns those. Raises GuardError for the personal space, which is a
        person's own and no other can become, InvalidValueError, NotFoundError.
        """
        before = self.scope(id)
        if before.type == "personal":
            raise GuardError(
                _("The personal space keeps its type."),
                kept=_("Nothing was changed."),
                hint=_("Make another space and move records there."),
            )
        self._choosable(type)
        kept = [
            module.id
            for module in self._bench.modules.values()
            if before.allows(module.id)
            and not allowed(type, module.id)
            and (module.id in before.extra or self._holds(before, module))
        ]
        fields: dict[str, Any] = {"type": type}
        if extra := sorted(before.extra.union(kept)):
            fields["modules"] = extra
        with self._bench.step(N_("change the type of a space"), scope=self._view()) as step:
            step.update("spaces", id, fields)
        return [module for module in kept if module not in before.extra]

    def _holds(self, scope: Scope, module: Module) -> bool:
        """Whether a space has records of ``module``, deleted ones included: they may come back."""
        return any(
            self._bench.db.read(
                f'SELECT 1 FROM "{collection.name}" WHERE space = ? LIMIT 1', (scope.number,)
            )
            for collection in module.collections
            if collection.level == "space"
        )

    @staticmethod
    def _choosable(type: str) -> None:
        if type not in SPACE_TYPES or type == "personal":
            raise InvalidValueError(
                _("A space cannot be made with the type {type!r}.").format(type=type),
                kept=_("Nothing was changed."),
                hint=_("Choose one of: {names}.").format(
                    names=", ".join(t for t in SPACE_TYPES if t != "personal")
                ),
            )

    def rename(self, id: str, name: str = "", slug: str = "") -> None:
        """Give a space another name, slug or both. Raises InvalidValueError, NotFoundError."""
        fields = {}
        if name.strip():
            fields["name"] = name.strip()
        if slug:
            fields["slug"] = self._free_slug(slug, given=True)
        with self._bench.step(N_("rename a space"), scope=self._view()) as step:
            step.update("spaces", id, fields)

    def delete(self, id: str) -> None:
        """Hide a space with all it holds; undo brings it back. The personal one stays.

        Raises GuardError, NotFoundError.
        """
        if self.scope(id).type == "personal":
            raise GuardError(
                _("The personal space cannot be deleted."),
                kept=_("Nothing was changed."),
                hint=_("Purge single records instead."),
            )
        if self._view().id == id:
            self._bench.enter(self.personal())
        with self._bench.step(N_("delete a space"), scope=self._view()) as step:
            step.delete("spaces", id)

    def widen(self, id: str, module: str, *, allow: bool = True) -> None:
        """Allow a module in one space beyond its type's table, or take that back."""
        if module not in self._bench.modules:
            raise NotFoundError(
                _("There is no module called {module!r}.").format(module=module),
                hint=_("There are: {names}.").format(names=", ".join(self._bench.modules)),
            )
        extra = self.scope(id).extra
        modules = sorted(extra | {module} if allow else extra - {module})
        with self._bench.step(N_("widen a space"), scope=self._view()) as step:
            step.update("spaces", id, {"modules": modules})

    def personal(self) -> str:
        """The id of the personal space."""
        rows = self._bench.db.read(
            "SELECT id FROM \"spaces\" WHERE json_extract(doc, '$.type') = 'personal' "
            "AND deleted_at IS NULL ORDER BY pk LIMIT 1"
        )
        if not rows:
            raise no_home(self._bench.home)
        return str(rows[0][0])

    def context(self, scope: Scope) -> Record | None:
        """The space context document, a note; None if there is none."""
        rows = self._bench.db.read(
            'SELECT id FROM "notes" WHERE space = ? AND deleted_at IS NULL '
            "AND (private = 0 OR private = ?) "
            "AND json_extract(doc, '$.isSpaceContext') ORDER BY updated_at DESC LIMIT 1",
            (scope.number, scope.viewer),
        )
        return self._bench.documents.get(scope, "notes", rows[0][0]) if rows else None

    def make_context(self, id: str) -> str:
        """The id of the context document of a space; one is made where there is none.

        Raises NotFoundError, LockedError.
        """
        scope = self.scope(id)
        if (found := self.context(scope)) is not None:
            return str(found["id"])
        name = next(s.text("name") for s in self.list() if s["id"] == scope.id)
        with self._bench.step(N_("make a context document"), scope=scope) as step:
            return step.insert("notes", {"title": name, "isSpaceContext": True})

    def bootstrap(self, step: Step, id: str) -> None:
        """Seed what every space has, at its making and at each first visit; changes nothing when
        it is there."""
        scope = self.scope(id)
        with step.into(scope.number, id):
            for seed in self._seeds(id, scope.type):
                step.seed(*seed)

    def _seeds(self, id: str, type: str) -> Iterator[Seed]:
        cards = [{"appId": card} for card in HOME_CARDS]
        home = {"name": "Home", "order": 0, "openApps": cards}
        yield Seed("workbenchScenes", f"seed-home-{id}", home)
        for module in self._bench.modules.values():
            if module.seeds is not None:
                yield from module.seeds(id, type)

    def visit(self, id: str) -> Scope:
        """The scope of a space, seeded if something of that was never here."""
        scope = self.scope(id)
        id = scope.id  # it may have been asked for by the id of before it was linked
        if not self._bench.vault.unlocked:
            return scope
        seeds = list(self._seeds(id, scope.type))
        there = ", ".join(
            f'EXISTS (SELECT 1 FROM "{seed.collection}" WHERE id = ? AND space = {scope.number})'
            for seed in seeds
        )
        if not all(self._bench.db.read(f"SELECT {there}", tuple(seed.id for seed in seeds))[0]):
            with self._bench.step("seed", kind="seed", scope=scope) as step:
                self.bootstrap(step, id)
        return scope

    def make_personal(self) -> None:
        """The personal space of a new home."""
        with self._bench.step("seed", kind="seed", scope=user_level(self._bench.viewer)) as step:
            step.seed(
                "spaces", PERSONAL, {"type": "personal", "name": "Personal", "slug": "personal"}
            )
            self.bootstrap(step, PERSONAL)

    def _view(self) -> Scope:
        try:
            return self._bench.scope
        except ScopeNotReadyError:
            return self.scope(self.personal())

    def _free_slug(self, slug: str, *, given: bool) -> str:
        taken: set[str] = {s.text("slug") for s in self.list()} | RESERVED
        if given and (slug_of(slug) != slug or slug in taken or not slug):
            raise InvalidValueError(
                _("The slug {slug!r} is taken or has letters a slug cannot have.").format(
                    slug=slug
                ),
                kept=_("Nothing was changed."),
                hint=_("Use a to z, 0 to 9 and single dashes, at most 30."),
            )
        base, number = slug or f"space-{uuid.uuid4().hex[:6]}", 2
        slug = base
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        return slug
