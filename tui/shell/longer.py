"""What takes long or leaves the screen: $EDITOR, imports. Mixed into the app."""

from __future__ import annotations

from typing import Any

from store.errors import ManabenchError
from store.module import Module
from store.records import Masked
from store.words import _
from tui.asking import doing, fieldtext


class Longer:
    """Mixed into the app; ``self`` is always a ``Manabench``."""

    copies_to_disk = False

    # $EDITOR --------------------------------------------------------------------------------

    def edit_record_outside(
        self: Any, module: Module, id: str, name: str, text: str | None = None
    ) -> None:
        """One field of a record in $EDITOR; its long text where no field is named."""
        if not name:
            long = next((f for f in module.fields if f.kind == "text"), None)
            name = long.name if long is not None else module.fields[0].name
        field = next(f for f in module.fields if f.name == name)
        bench, scope, main = self.bench, self.bench.scope, module.main

        def start(found: Any) -> None:
            value = found[0].get(name)
            if isinstance(value, Masked):
                self.say(_("This value cannot be read here, so it cannot be edited."), "warn")
                return
            begun = fieldtext.editable(field, value) if text is None else text
            self.run_worker(edit(begun, value), group="editor", exit_on_error=False)

        async def edit(begun: str, old: Any) -> None:
            new = await self.outside_text(begun)
            place = f"field/{main}/{id}/{name}"
            if new is None:
                return
            spot = doing.spot_of(place, main, id, name) if place in self.drafts else None

            def work() -> str:
                stored = fieldtext.value_of(bench, scope, field, new, old)
                return doing.write(bench, scope, main, id, name, stored)

            self.when_unlocked(lambda: self.change(work, spot=spot))

        self.desk.ask(
            "look", lambda: doing.one(bench, scope, main, id), start, self.fail, group="editor"
        )

    def edit_line_outside(self: Any, screen: Any) -> None:
        """What stands in the line, in $EDITOR; it comes back into the line."""
        if screen.asks_secrets or not screen.keeps_line:
            return

        async def edit() -> None:
            new = await self.outside_text(screen.line.text)
            if new is not None and screen.is_attached:
                screen.line.set_text(" ".join(new.split()))
                self.drafter.changed()

        self.run_worker(edit(), group="editor", exit_on_error=False)

    async def outside_text(self: Any, text: str) -> str | None:
        """``text`` as the editor left it; None where that went wrong, which is said."""
        from tui.shell import outside

        self.drafter.flush()
        if not await self._may_copy():
            self.say(_("The editor was not opened; nothing was written to the disk."))
            return None
        try:
            folder = await self.desk.run("look", outside.folder_for_copy)
            try:
                new = await self.lend_terminal(lambda: outside.edit(text, folder))
            finally:
                await self.desk.run("look", lambda: outside.sweep(folder))
        except ManabenchError as error:
            self.fail(error)
            return None
        return str(new)

    async def _may_copy(self: Any) -> bool:
        """Whether the editor's copy may be written: always into memory, to the disk once the person
        has said so in this run."""
        from tui.shell import outside

        if self.copies_to_disk or await self.desk.run("look", outside.has_memory):
            return True
        from tui.screens.confirm import ConfirmScreen

        question = _(
            "This machine has no folder in memory for the editor's copy. May the text lie "
            "readable on the disk while the editor runs?"
        )
        self.copies_to_disk = await self.push_screen_wait(ConfirmScreen(question))
        return bool(self.copies_to_disk)

    def when_unlocked(self: Any, work: Any) -> None:
        """Now, or after unlocking if the vault was locked meanwhile."""
        if self.bench.vault.unlocked:
            work()
        else:
            self.waiting_work.append(work)

    # Imports --------------------------------------------------------------------------------

    def do_import(self: Any) -> None:
        """Choose what to import."""
        from tui.screens.bring import BringScreen

        if not isinstance(self.screen, BringScreen):
            self.push_screen(BringScreen())
        else:
            self.say(_("You are here already."))

    def show_job(self: Any, text: str) -> None:
        """Running work, on the screen in view."""
        if (job := getattr(self.screen, "job", None)) is not None:
            job(text)
