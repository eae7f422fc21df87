"""completion and man: what the shell around us wants to know, made from the registry."""

from __future__ import annotations

import click

from store.errors import StorageError
from store.words import _
from tui.cli import output
from tui.cli.call import Call
from tui.cli.complete import SHELLS
from tui.cli.frame import Verb

_BASH = r"""# Completion of manabench for bash:  source <(manabench completion bash)
_manabench() {
    local kind lines
    mapfile -t lines < <("$1" __complete bash "$COMP_LINE" "$COMP_POINT" 2>/dev/null)
    kind=${lines[0]-none}
    COMPREPLY=("${lines[@]:1}")
    case $kind in
        files) COMPREPLY=(); compopt -o default ;;
        texts) compopt -o nosort 2>/dev/null ;;
        quoted) compopt -o nosort -o filenames 2>/dev/null ;;
    esac
    # The = of an option stays next to its value.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -F _manabench manabench
"""

_ZSH = r"""#compdef manabench
# Completion of manabench for zsh:  source <(manabench completion zsh)
# or this text as a file _manabench in a folder of $fpath.
_manabench() {
    local -a lines values shown
    local line
    lines=("${(@f)$("${(Q)words[1]}" __complete zsh "${(@Q)words[2,CURRENT-1]}" \
        "$words[CURRENT]" 2>/dev/null)}")
    if [[ $lines[1] == files ]]; then
        _files
        return
    fi
    for line in "${(@)lines[2,-1]}"; do
        values+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  }")
    done
    (( $#values )) && compadd -l -M 'm:{[:lower:]}={[:upper:]}' -d shown -a values
}
if [[ ${funcstack[1]-} == _manabench ]]; then
    _manabench "$@"
elif (( $+functions[compdef] )); then
    compdef _manabench manabench
fi
"""

_FISH = r"""# Completion of manabench for fish:  manabench completion fish | source
function __manabench_complete
    set -l whole (commandline -opc)
    set -l last (commandline -ct | string unescape)
    set -l lines (command $whole[1] __complete fish $whole[2..-1] "$last" 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$last"
    else
        printf '%s\n' $lines[2..-1]
    end
end
complete -c manabench -f -a '(__manabench_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@click.command(
    cls=Verb,
    help=_(
        "Print the completion script of a shell, to be sourced by its start file: "
        "`source <(manabench completion bash)`."
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_obj
def completion(call: Call, shell: str) -> None:
    """The script holds no name of anything; it asks this program at each key."""
    call.answer({"shell": shell, "script": _SCRIPTS[shell]}, _SCRIPTS[shell].rstrip("\n"))


@click.command(
    cls=Verb,
    help=_("Print the manual page, as roff: `manabench man | man -l -`."),
)
@click.option("--install", "folder", metavar="DIR", help=_("Write it to DIR/man1 instead."))
@click.pass_obj
def man(call: Call, folder: str | None) -> None:
    """The page of every command, made from the registry."""
    from tui.cli.manual import page

    text = page()
    if folder is None:
        call.answer({"roff": text}, text.rstrip("\n"))
        return
    from pathlib import Path

    path = Path(folder).expanduser() / "man1" / "manabench.1"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            _("The manual page could not be written: {why}.").format(why=error.strerror),
            kept=_("Nothing was changed."),
        ) from None
    call.answer({"path": str(path)}, _("Written to {path}.").format(path=output.clean(str(path))))
