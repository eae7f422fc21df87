"""A person's own filters of a module's list: kept for this machine, sealed. All off the loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from store.errors import InvalidValueError
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench
    from tui.shell.places import View

_KEPT = "views"
MOST = 50
"""Own filters of one module at most."""


class Saved(NamedTuple):
    """What a list showed when it was named. Tags are those of ``space``, so it counts there only;
    without tags it is for every space."""

    name: str
    filter: str = ""
    sort: str = ""
    tags: Sequence[str] = ()
    text: str = ""
    grouped: bool = True
    space: str = ""

    @classmethod
    def of(cls, name: str, view: View, text: str, space: str) -> Saved:
        """What ``view`` and a typed filter show now."""
        where = space if view.tags else ""
        return cls(name, view.filter, view.sort, list(view.tags), text, view.grouped, where)

    def into(self, view: View) -> str:
        """Make ``view`` show it; returns the text to narrow by."""
        view.filter, view.sort, view.tags = self.filter, self.sort, list(self.tags)
        view.grouped = self.grouped
        return self.text


def here(bench: Workbench, module: str, space: str) -> list[Saved]:
    """Own filters of ``module`` that make sense in ``space``, in the order they were made."""
    return [one for one in _all(bench, module) if one.space in ("", space)]


def save(bench: Workbench, module: str, saved: Saved) -> str:
    """Keep one under its name, in place of another one of that name; says so."""
    name = saved.name.strip()
    if not name:
        raise InvalidValueError(_("It needs a name."), kept=_("Nothing was saved."))
    found = _all(bench, module)
    others = [one for one in found if one.name.casefold() != name.casefold()]
    if len(others) >= MOST:
        raise InvalidValueError(
            _("There are {n} saved filters already.").format(n=MOST),
            kept=_("Nothing was saved."),
            hint=_("Delete one first."),
        )
    _keep(bench, module, [*others, saved])
    return _("Saved as “{name}”: v f shows it.").format(name=name)


def rename(bench: Workbench, module: str, old: str, new: str) -> str:
    """Call one by another name."""
    found = _all(bench, module)
    new = new.strip()
    taken = {one.name.casefold() for one in found if one.name != old}
    if not new or new.casefold() in taken:
        raise InvalidValueError(
            _("That name is taken, or none."),
            kept=_("Nothing was changed."),
            hint=_("Type another."),
        )
    _keep(
        bench,
        module,
        [one._replace(name=new) if one.name == old else one for one in found],
    )
    return _("Renamed to “{name}”.").format(name=new)


def forget(bench: Workbench, module: str, name: str) -> str:
    """Delete one; what it showed stays as it is."""
    _keep(bench, module, [one for one in _all(bench, module) if one.name != name])
    return _("Deleted the saved filter “{name}”. v f can bring it back until you leave.").format(
        name=name
    )


def _all(bench: Workbench, module: str) -> list[Saved]:
    kept: Any = bench.device.get(_KEPT, {})
    rows = kept.get(module, []) if isinstance(kept, dict) else []
    known = Saved._fields
    return [
        Saved(**{k: v for k, v in row.items() if k in known})
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("name"), str)
    ]


def _keep(bench: Workbench, module: str, saved: Sequence[Saved]) -> None:
    kept: Any = bench.device.get(_KEPT, {})
    kept = dict(kept) if isinstance(kept, dict) else {}
    kept[module] = [one._asdict() for one in saved]
    bench.device.set(_KEPT, kept)
