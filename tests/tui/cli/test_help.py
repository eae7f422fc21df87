"""Every command there is, listed with its help; nothing is listed that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.tui.cli.harness import Commands
from tui.cli.root import root

KNOWN = Path(__file__).parent / "commands.txt"


def _walk(group: click.Group, path: str) -> Iterator[tuple[str, click.Command, click.Context]]:
    ctx = click.Context(group, info_name=path)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None, f"{path} {name} is listed and does not exist"
        yield f"{path} {name}", command, ctx
        if isinstance(command, click.Group):
            yield from _walk(command, f"{path} {name}")


ALL = [(path, command) for path, command, _ctx in _walk(root, "manabench")]


def listing() -> str:
    """Every command with its one line of help: what ``commands.txt`` must hold."""
    return "".join(f"{path}: {command.get_short_help_str(200)}\n" for path, command in ALL)


def test_the_commands_are_those_written_down() -> None:
    assert listing() == KNOWN.read_text()


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_each_command_has_help_and_clear_parameters(path: str, command: click.Command) -> None:
    names = [param.name for param in command.params]
    assert len(names) == len(set(names)), "two parameters of one name overwrite each other"
    assert command.help, "help is missing"
    opts = [opt for param in command.params for opt in (*param.opts, *param.secondary_opts)]
    assert len(opts) == len(set(opts))
    assert {"--home", "--space", "--json", "--yes", "--passphrase-stdin"} <= set(opts)
    assert not any("passphrase" in opt for opt in opts if opt != "--passphrase-stdin") or (
        path == "manabench init"
    )


@pytest.mark.parametrize("path", [path for path, _ in ALL])
def test_help_is_printed_for_every_command(path: str, bare: Commands) -> None:
    result = bare(*path.split()[1:], "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: {path}")


def test_no_option_takes_a_secret() -> None:
    for path, command in ALL:
        for param in command.params:
            if isinstance(param, click.Option) and not param.is_flag:
                assert not {"passphrase", "password", "code", "secret"} & set(
                    (param.name or "").split("_")
                ), path
