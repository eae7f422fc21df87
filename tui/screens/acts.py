"""What is done to records, the same on the list (cursor or marks) and on the fields of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.module import Act, FormField, Module
from store.words import _, ngettext
from tui.asking import doing
from tui.keys.actions import Action
from tui.screens.copying import Copying
from tui.screens.moving import Moving
from tui.screens.repeating import Repeating

if TYPE_CHECKING:
    from tui.shell.manabench import Manabench


class Acts(Moving, Repeating, Copying):
    """Mixed into screens that show records.

    They give ``module``, ``targets()`` (the ids an act is for, marked ones first), ``is_deleted``
    and ``acted()`` (an act is done).
    """

    if TYPE_CHECKING:
        app: Manabench
        module: Module
        is_deleted: bool
        say: Callable[..., None]
        ask_line: Callable[..., None]

        def targets(self) -> list[str]: ...
        def acted(self) -> None: ...

    # Acts of the module -----------------------------------------------------------------------

    def do_main_act(self) -> None:
        """Space: restore what is deleted, else the module's main act."""
        ids = self.targets()
        if not ids:
            return
        if self.is_deleted:
            bench, scope, main = self.app.bench, self.app.bench.scope, self.module.main
            self._change(lambda: doing.restore(bench, scope, main, ids))
        else:
            self._act([act for act in self.module.acts if act.main], ids)

    def own_actions(self) -> tuple[Action, ...]:
        """The module's acts, with the keys in force."""
        return self.app.own_acts[self.module.id]

    def do_own_act(self, id: str) -> None:
        """An act of the module, or that of the same key which fits the record."""
        ids = self.targets()
        chosen = next(a for a in self.module.acts if a.id == id)
        alike = [a for a in self.module.acts if a is chosen or (a.keys and a.keys == chosen.keys)]
        if not ids:
            return
        if chosen.argument:
            self._ask_argument(chosen, ids)
        else:
            self._act([chosen, *(a for a in alike if a is not chosen)], ids)

    def _act(self, acts: list[Act], ids: list[str]) -> None:
        bench, module = self.app.bench, self.module
        if not acts:
            self.say(_("There is no such act here."))
            return
        if module.main == "aiMissions" and acts[0].id == "run":
            self.app.run_missions(ids)  # in a lane of its own: a run may take minutes
            return
        self.act_on(ids, lambda them: doing.act(bench, module, acts, them))

    def _ask_argument(self, act: Act, ids: list[str]) -> None:
        field = next((f for f in self.module.fields if f.name == act.argument), None)

        def run(text: str) -> None:
            bench = self.app.bench
            self.act_on(ids, lambda them: act.run(bench, them, text))

        if field is not None and field.kind in ("choice", "link"):
            self.choose_for(field, run)
        else:
            hint = _(field.words) if field is not None else _(act.argument)
            self.ask_line(_(act.words) + ":", run, hint=hint)

    def choose_for(self, field: FormField, take: Callable[[str], None]) -> None:
        """Let one of a field's choices, or a record it may link to, be picked."""
        from store.colors import color_name
        from tui.screens.pick import Choice, PickScreen, matching

        bench, scope = self.app.bench, self.app.bench.scope
        is_link = field.kind == "link"

        def offered() -> list[Choice]:
            if is_link:
                return doing.link_choices(bench, scope, field.link)
            colors = [Choice(color_name(c), c, color=c) for c in field.choices if color_name(c)]
            words = [c for c in field.choices if not color_name(c)]
            none = [Choice(_("none"), "")] if colors else []
            return [*colors, *(Choice(_(c) if c else _("none"), c) for c in words), *none]

        def new(text: str) -> Choice:
            return Choice(_("+ new: {name}").format(name=text), "+" + text)

        self.app.push_screen(
            PickScreen(_(field.words), matching(offered), unknown=new if is_link else None),
            lambda choice: take(choice.value) if choice is not None else None,
        )

    # When --------------------------------------------------------------------------------------

    def _when_act(self) -> Act | None:
        dates = {f.name for f in self.module.fields if f.kind in ("date", "moment")}
        acts = [a for a in self.module.acts if a.argument in dates or "w" in a.keys]
        if not acts:
            self.say(_("{module} have no due date.").format(module=_(self.module.words)))
        return acts[0] if acts else None

    def do_when(self, day: str) -> None:
        """w and t, m or w."""
        ids, act, bench = self.targets(), self._when_act(), self.app.bench
        if act is not None and not self._takes_days(act):
            self.do_when_typed()
        elif ids and act is not None:
            self.act_on(ids, lambda them: act.run(bench, them, day))

    def do_when_typed(self, first: str = "") -> None:
        """w and the first letter of a day, or Enter: the day is typed."""
        ids, act = self.targets(), self._when_act()
        if ids and act is not None:
            bench = self.app.bench
            self.ask_line(
                _("When:"),
                lambda text: self.act_on(ids, lambda them: act.run(bench, them, text)),
                text=first,
                hint=_("friday, 2026-12-24, +3d, 17:30, none")
                if self._takes_days(act)
                else _("daily 9:00, every 2h, mon 9:00, manual"),
            )

    def _takes_days(self, act: Act) -> bool:
        """Whether what ``w`` sets is a day or moment, and no rule."""
        kinds = {f.name: f.kind for f in self.module.fields}
        return kinds.get(act.argument) in ("date", "moment")

    # Deleting, tags, history --------------------------------------------------------------------

    def do_delete(self) -> None:
        """Delete; only what undo could not mend at a glance asks first, naming the count."""
        ids = self.targets()
        if ids and not self.is_deleted:
            self.keep_act(lambda screen, again: screen._delete(list(again)))
            self._delete(ids)
        elif ids:
            self.say(_("This is deleted. Space brings it back; then it can be edited."), "warn")

    def _delete(self, ids: list[str]) -> None:
        bench, scope, main = self.app.bench, self.app.bench.scope, self.module.main
        if len(ids) == 1:
            self._change(lambda: doing.delete(bench, scope, main, ids, confirmed=True))
            return
        self.app.desk.ask(
            "look",
            lambda: doing.is_mass(bench, scope, main, len(ids)),
            lambda mass: self._delete_many(ids, ask=mass),
            self.app.fail,
            owner=self,
        )

    def _delete_many(self, ids: list[str], *, ask: bool) -> None:
        bench, scope, main = self.app.bench, self.app.bench.scope, self.module.main

        def go() -> None:
            self._change(lambda: doing.delete(bench, scope, main, ids, confirmed=True))

        if not ask:
            go()
            return
        from tui.screens.confirm import ConfirmScreen

        words = ngettext("Delete {n} record?", "Delete {n} records?", len(ids)).format(n=len(ids))
        self.app.push_screen(ConfirmScreen(words), lambda yes: go() if yes else None)

    def do_tags(self) -> None:
        """Switch tags of the record or the marked ones; a new name makes a tag."""
        from tui.screens.pick import Choice, PickScreen, matching

        ids = self.targets()
        if not ids:
            return
        bench, scope, main = self.app.bench, self.app.bench.scope, self.module.main
        if bench.registry[main].tag_link is None:
            self.say(_("These records bear no tags."))
            return

        def taken(choice: Choice | None) -> None:
            if choice is not None:
                tag, name = (choice.value, "") if choice.glyph != "+" else ("", choice.value)
                self._switch_tag(ids, tag, name)

        title = _("Tag") if len(ids) == 1 else _("Tag {n}").format(n=len(ids))
        self.app.push_screen(
            PickScreen(
                title,
                matching(lambda: doing.tag_choices(bench, scope, main, ids)),
                hint=_("a tag, or a new name"),
                unknown=lambda name: Choice(name, name, _("new tag"), "+"),
            ),
            taken,
        )

    def _switch_tag(self, ids: list[str], tag: str, name: str) -> None:
        """Repeated, a tag goes the way it went: never off where it was put on before."""
        from tui.asking.retagging import retag, switch_tag

        bench, scope, main = self.app.bench, self.app.bench.scope, self.module.main

        def switched(done: tuple[str, str, bool]) -> None:
            words, switch, on = done
            self.keep_act(
                lambda screen, again: screen._change(
                    lambda: retag(bench, scope, main, again, switch, on=on)
                )
            )
            self._changed(words)

        self.app.change(lambda: switch_tag(bench, scope, main, ids, tag, name), switched)

    def do_history(self) -> None:
        """Every value the record had."""
        from tui.screens.past import PastScreen

        ids = self.targets()
        if ids:
            self.app.push_screen(PastScreen(self.module, ids[0]))

    # Inside ------------------------------------------------------------------------------------

    def _change(self, work: Callable[[], Any]) -> None:
        self.app.change(work, self._changed)

    def _changed(self, words: str) -> None:
        self.app.say(words)
        self.acted()
