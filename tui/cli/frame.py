"""What a command is: click's classes with our options on both sides and verbs that load late."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from store.words import ENGLISH, _, language


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Put a global option that was typed here into the call; the innermost one wins."""
    if value is not None and value is not False and param.name:
        setattr(ctx.obj, param.name, value)


def _globals(hidden: bool) -> list[click.Parameter]:
    common: dict[str, Any] = {"expose_value": False, "callback": _keep, "hidden": hidden}
    return [
        click.Option(["--home"], metavar="DIR", help=_("Where the database lives."), **common),
        click.Option(["--space"], metavar="SLUG", help=_("The space to act in."), **common),
        click.Option(["--json"], is_flag=True, help=_("One JSON document on stdout."), **common),
        click.Option(
            ["--yes"], is_flag=True, help=_("Agree to what would be asked for."), **common
        ),
        click.Option(
            ["--passphrase-stdin"],
            is_flag=True,
            help=_("Read the passphrase from the first line of standard input."),
            **common,
        ),
    ]


if language() != ENGLISH:
    from tui.cli.borrowed import speak

    speak()

_shown = _globals(hidden=False)
_hidden = _globals(hidden=True)
_SEE = _("Also: --home DIR, --space SLUG, --json, --yes, before or after the command.")
HELP = {"help_option_names": ["-h", "--help"]}


class Verb(click.Command):
    """A command that takes the global options too."""

    def __init__(self, name: str | None, **attrs: Any) -> None:
        attrs.setdefault("context_settings", HELP)
        attrs.setdefault("epilog", _SEE)
        super().__init__(name, **attrs)
        self.params.extend(_hidden)


class Noun(click.Group):
    """A group of verbs that takes the global options too.

    ``late`` maps a verb or noun to (module, attribute, one line of help): what is not called is
    not imported.
    """

    command_class = Verb
    late: dict[str, tuple[str, str, str]]

    def __init__(
        self, name: str | None = None, *, late: dict[str, Any] | None = None, **attrs: Any
    ) -> None:
        attrs.setdefault("context_settings", HELP)
        attrs.setdefault("no_args_is_help", False)
        super().__init__(name, **attrs)
        self.late = late or {}
        self.params.extend(_shown if name == "manabench" else _hidden)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb as it was written, then those that load late in the order of their table."""
        return [*self.commands, *self.late]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The verb called ``name``, imported now if need be."""
        if name in self.late:
            module, attribute, _help = self.late[name]
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return super().get_command(ctx, name)

    def lines(self, ctx: click.Context) -> list[tuple[str, str]]:
        """(verb, one line of help) of all verbs, importing none that loads late."""
        found = []
        for name in self.list_commands(ctx):
            if name in self.late:
                found.append((name, _(self.late[name][2])))
            elif (command := self.get_command(ctx, name)) and not command.hidden:
                found.append((name, command.get_short_help_str(80)))
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs with their lines of help."""
        with formatter.section(_("Commands")):
            formatter.write_dl(self.lines(ctx))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown verb is answered with those it is like, else with all."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from difflib import get_close_matches

            known = self.list_commands(ctx)
            words = _("There is no command {name!r}. There are: {known}")
            begun = [one for one in known if one.startswith(name)]
            if near := begun or get_close_matches(name, known):
                words, known = _("There is no command {name!r}. There is: {known}"), near
            raise click.UsageError(words.format(name=name, known=" ".join(known)), ctx)
        return super().resolve_command(ctx, args)


@click.pass_context
def need_verb(ctx: click.Context) -> None:
    """The function of a group that does nothing by itself. Raises UsageError without a verb."""
    if ctx.invoked_subcommand is None and isinstance(ctx.command, Noun):
        known = " ".join(ctx.command.list_commands(ctx))
        raise click.UsageError(
            _("A command is missing. There are: {known}").format(known=known), ctx
        )


def noun(name: str, help: str, **attrs: Any) -> Noun:
    """A group that does nothing by itself."""
    return Noun(name, help=help, callback=need_verb, invoke_without_command=True, **attrs)
