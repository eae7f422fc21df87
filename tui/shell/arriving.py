"""Opening the workbench at one record: which one is meant, and the way there.

``find`` needs no screen and is asked by the command line first; ``go_to`` asks it again where the
vault was still locked then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from store.errors import AmbiguousError, NotFoundError
from store.words import _

if TYPE_CHECKING:
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench


class Target(NamedTuple):
    """A record to open: the ids of its space and of itself, and its module. ``text`` is what was
    typed for one that is not looked up yet; the ids are empty then."""

    space: str = ""
    module: str = ""
    id: str = ""
    text: str = ""


def find(bench: Workbench, scope: Scope, text: str) -> Target:
    """The record of any module that ``text`` means: in the space ``scope``, else in any other.

    Raises NotFoundError, AmbiguousError.
    """
    others = (s for s in bench.spaces.list() if s["id"] != scope.id)
    for scopes in ([scope], [bench.spaces.scope(space["id"]) for space in others]):
        found: list[tuple[Target, str]] = []
        also: list[tuple[str, str]] = []
        for place in scopes:
            for record, module in _in(bench, place, text, also):
                found.append((Target(place.id, module, record["id"]), record.text("title")))
        if len(found) == 1 and not also:
            return found[0][0]
        if found or also:
            raise AmbiguousError(
                _("{text!r} means more than one record.").format(text=text),
                [(target.id, title) for target, title in found] + also,
                kept=_("Nothing was opened."),
                hint=_("Give more of the id."),
            )
    raise NotFoundError(
        _("Nothing is called {text!r}.").format(text=text),
        kept=_("Nothing was opened."),
        hint=_("Give the start of its id, or its exact title."),
    )


def _in(
    bench: Workbench, scope: Scope, text: str, also: list[tuple[str, str]]
) -> list[tuple[Record, str]]:
    """(record, module) of each module of one space that has one; ``also`` gets what is ambiguous
    in itself."""
    found = []
    for module in bench.modules.values():
        if not scope.allows(module.id):
            continue
        try:
            found.append((bench.documents.find(scope, module.main, text), module.id))
        except AmbiguousError as error:
            also += error.candidates
        except NotFoundError:
            continue
    return found


def go_to(app: Any, target: Target) -> None:
    """Show the record in the app, whose first screen stands. What goes wrong is its message."""
    bench, scope = app.bench, app.bench.scope

    def arrived(found: Target) -> None:
        main = bench.modules[found.module].main
        if found.space == bench.scope.id and found.module == app.place.module:
            app.open_record(main, found.id)
            return
        from tui.shell.opening import Place

        app.go(Place(space=found.space, module=found.module))
        # Behind the change of place, in its lane.
        app.desk.ask("write", lambda: None, lambda _: app.open_record(main, found.id), app.fail)

    if target.id:
        arrived(target)
    else:
        app.desk.ask("rows", lambda: find(bench, scope, target.text), arrived, app.fail)
