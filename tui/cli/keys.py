"""keys: the table of keys as it is in force, and whether ``keymap.toml`` holds."""

from __future__ import annotations

import click

from store.words import _, ngettext
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import Verb


@click.command(cls=Verb, help=_("List the keys in force, or check the keymap file."))
@click.option("--markdown", "as_page", is_flag=True, help=_("As a page, with both presets."))
@click.option("--check", "checks", is_flag=True, help=_("Only say what does not hold; exit 1."))
@click.option(
    "--preset",
    type=click.Choice(("vim", "plain")),
    help=_("The keys of a preset, as if there were no keymap file."),
)
@click.pass_obj
def keys(call: Call, as_page: bool, checks: bool, preset: str | None) -> None:
    """The keys of every act, by place."""
    from store import settings
    from store.modules import installed
    from tui.keys import keymap_file, keypage
    from tui.keys.actions import everything
    from tui.keys.keymap import Keymap

    modules = installed()
    if preset is None:
        keymap = keymap_file.load(lambda: everything(modules), settings.load().keys)
    else:
        keymap = Keymap(preset)
    problems = [str(problem) for problem in keymap.problems]
    if checks:
        wrong = sum(not problem.warning for problem in keymap.problems)
        told = problems or [_("The keymap holds.")]
        call.answer(
            {
                "problems": [keypage.problem_data(problem) for problem in keymap.problems],
                "holds": not wrong,
            },
            lambda: told,
        )
        if wrong:
            click.get_current_context().exit(1)
        return
    if problems:
        words = ngettext(
            "{n} problem in keymap.toml; `manabench keys --check` names it.",
            "{n} problems in keymap.toml; `manabench keys --check` names them.",
            len(problems),
        )
        call.note(words.format(n=len(problems)))
    if as_page:
        call.answer(keypage.data(modules, keymap), keypage.markdown(modules, keymap).rstrip("\n"))
        return
    call.answer(
        keypage.data(modules, keymap),
        lambda: output.columns(
            [
                (row.place, row.shown, "•" if row.is_own else "", row.id, row.words)
                for row in keypage.rows(modules, keymap)
            ],
            width=output.width(),
        ),
    )
