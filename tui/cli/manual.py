"""The manual page as roff, from the registry of commands: nothing in it is written twice."""

from __future__ import annotations

from collections.abc import Iterator

import click

from store.words import _
from tui.cli.frame import Noun

_GLOBAL = ("home", "space", "json", "yes", "passphrase_stdin")


def page() -> str:
    """The whole page."""
    from tui.cli.root import root

    context = click.Context(root, info_name="manabench")
    lines = [
        '.TH MANABENCH 1 "" "manabench" "' + _text(_("User commands")) + '"',
        _section(_("Name")),
        "manabench \\- " + _text(_("a keyboard-driven workbench over one encrypted local file")),
        _section(_("Synopsis")),
        ".B manabench",
        _text(_("[options] [command [arguments]]")),
        _section(_("Description")),
        _text(str(root.help)),
        ".PP",
        _text(str(root.epilog)),
        _section(_("Options")),
        *_options(root, every=True),
        _section(_("Commands")),
    ]
    for path, command, at in _walk(root, context):
        with click.Context(command, info_name=path, parent=at) as own:
            usage = " ".join(command.collect_usage_pieces(own)).replace("[OPTIONS]", "").split()
        lines += [f".SS {_text(' '.join([path, *usage]))}", _text(str(command.help or ""))]
        lines += _options(command)
    lines += [
        _section(_("Environment")),
        *_entry("MANABENCH_HOME", _("Where the database lives, unless --home says.")),
        *_entry("MANABENCH_CONFIG", _("Where settings, themes and the key file live.")),
        *_entry("MANABENCH_PASSPHRASE_FILE", _("A file whose first line is the passphrase.")),
        *_entry("NO_COLOR", _("No colours at all.")),
    ]
    return "\n".join(lines) + "\n"


def _walk(
    group: click.Group, context: click.Context, before: str = ""
) -> Iterator[tuple[str, click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        path = f"{before} {name}".strip()
        yield path, command, context
        if isinstance(command, Noun):
            yield from _walk(command, context, path)


def _options(command: click.Command, *, every: bool = False) -> list[str]:
    """Its own options; those that every command takes stand at the top of the page alone."""
    lines = []
    for param in command.params:
        if isinstance(param, click.Option) and (every or param.name not in _GLOBAL):
            names = ", ".join((*param.opts, *param.secondary_opts))
            value = "" if param.is_flag else f" {param.metavar or param.type.name.upper()}"
            lines += _entry(names + value, param.help or "")
    return lines


def _entry(what: str, words: str) -> list[str]:
    return [".TP", f".B {_text(what)}", _text(words)]


def _section(title: str) -> str:
    return f'.SH "{_text(title.upper())}"'


def _text(text: str) -> str:
    """Text that roff prints as it is, on one line."""
    plain = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain
