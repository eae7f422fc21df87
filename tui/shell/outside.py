"""A text in the person's own editor: a private folder in memory, nothing left behind."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from store import locations
from store.errors import ManabenchError
from store.words import _

_NO_COPIES = {
    # Editors that would write swap, undo or backup files beside or far from the text.
    "vim": ["-n", "-i", "NONE", "--cmd", "set nobackup nowritebackup noundofile noswapfile"],
    "nvim": ["-n", "-i", "NONE", "--cmd", "set nobackup nowritebackup noundofile noswapfile"],
    "vi": [],
    "nano": ["--nohelp", "-U"],
    "emacs": ["-nw", "--eval", "(setq make-backup-files nil auto-save-default nil)"],
    "micro": ["-backup", "false", "-savecursor", "false", "-saveundo", "false"],
}


def command(environ: dict[str, str], path: Path) -> list[str]:
    """The editor's command line for ``path``: $VISUAL, $EDITOR, else vi or nano."""
    wanted = environ.get("VISUAL") or environ.get("EDITOR") or ""
    words = shlex.split(wanted)
    if not words:
        words = [next((name for name in ("vi", "nano") if shutil.which(name)), "vi")]
    found = shutil.which(words[0]) or words[0]
    name = os.path.basename(words[0])
    if name in ("vi", "view", "ex") and "vim" in os.path.basename(os.path.realpath(found)):
        name = "vim"
    options = [] if name == "nano" else _NO_COPIES.get(name, [])
    return [*words, *options, str(path)]


def has_memory() -> bool:
    """Whether this machine has a folder in memory for the editor's copy."""
    return locations.runtime() is not None


def folder_for_copy() -> Path:
    """A fresh 0700 folder: in memory, on the disk only where the machine has no such place. Whoever
    calls this without ``has_memory`` has asked the person first."""
    return Path(tempfile.mkdtemp(prefix="edit-", dir=locations.runtime()))


def edit(text: str, folder: Path, *, suffix: str = ".md") -> str:
    """Run the editor on ``text`` and return what it left; blocks until the editor ends.

    Raises ManabenchError if the editor cannot be started or was killed without saving.
    """
    path = folder / f"text{suffix}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    words = command(dict(os.environ), path)
    try:
        done = subprocess.run(words, check=False)
    except OSError as error:
        raise ManabenchError(
            _("The editor {name} could not be started: {why}.").format(
                name=words[0], why=error.strerror
            ),
            kept=_("Nothing was changed."),
            hint=_("Set EDITOR to a program that is installed."),
        ) from None
    try:
        found = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        found = text
    if done.returncode and found == text:
        raise ManabenchError(
            _("The editor ended with an error and saved nothing."),
            kept=_("The text is as it was."),
        )
    # Editors end a file with a line end; a text that had none keeps none.
    if not text.endswith("\n") and found.endswith("\n"):
        found = found[:-1]
    return found


def sweep(folder: Path) -> None:
    """Remove the folder with whatever the editor left in it."""
    shutil.rmtree(folder, ignore_errors=True)
