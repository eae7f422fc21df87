"""Where the keymap comes from and how it is changed: ``keymap.toml`` in the config folder.

Reading is part of a start: without a file it looks for one and does nothing else. Neither function
may be called on the loop.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from store import locations
from store.errors import StorageError
from store.words import _
from tui.keys.action import Action
from tui.keys.keymap import FILE, Keymap, preset_keys, read, unreadable


def path(config: Path | str | None = None) -> Path:
    """The file, in the folder ``config`` or that of this machine; it need not exist."""
    return (locations.config() if config is None else Path(config)) / FILE


def load(
    actions: Callable[[], Sequence[Action]],
    preset: str = "vim",
    config: Path | str | None = None,
) -> Keymap:
    """The keymap as the file has it now. Never raises; see its ``problems``.

    actions: gives all acts with their default keys; asked only where there is a file. preset: the
    one of the settings, where the file names none.
    """
    try:
        raw = path(config).read_bytes()
    except FileNotFoundError:
        return Keymap(preset)
    except OSError as error:
        return unreadable(preset, error.strerror or type(error).__name__)
    try:
        return read(raw.decode("utf-8-sig"), actions(), preset)
    except UnicodeDecodeError:
        return unreadable(preset, _("it is not UTF-8"))


def text(config: Path | str | None = None) -> str:
    """What the file holds; empty where there is none. Raises StorageError."""
    try:
        return path(config).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(error, config) from None


def changed(before: str, action: Action, keys: tuple[str, ...] | None, preset: str) -> str:
    """The text of the file with other keys for ``action``; None takes its line away.

    Comments and order stay. Raises StorageError where the text is no TOML.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    wanted = None if keys == preset_keys(action, preset) else keys
    try:
        document = tomlkit.parse(before)
        table = document.get("keys")
        if table is None:
            table = document["keys"] = tomlkit.table()
        _forget(table, action.id)
        if wanted is not None:
            table[action.id] = list(wanted)
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError, AttributeError, ValueError) as error:
        raise _broken(error, None) from None


def _forget(table: object, id: str) -> None:
    """Take an act away in whichever form it stands: quoted, or a table in a table."""
    if not isinstance(table, dict):
        return
    if id in table and not isinstance(table[id], dict):
        del table[id]
    first, dot, rest = id.partition(".")
    if dot and isinstance(table.get(first), dict):
        _forget(table[first], rest)
        if not table[first]:
            del table[first]


def write(new: str, config: Path | str | None = None) -> None:
    """Replace the file in one move, readable for this user alone. Raises StorageError."""
    file = Path(os.path.realpath(path(config)))
    spare = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        locations.private_folder(path(config).parent)
        descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            os.fchmod(out.fileno(), 0o600)
            out.write(new)
            out.flush()
            os.fsync(out.fileno())
        spare.replace(file)
    except OSError as error:
        spare.unlink(missing_ok=True)
        raise _broken(error, config) from None


def _broken(error: Exception, config: Path | str | None) -> StorageError:
    why = getattr(error, "strerror", None) or str(error)
    return StorageError(
        _("The keymap cannot be changed ({why}).").format(why=why),
        kept=_("The keys are as they were."),
        hint=_("It is {file}; mend it in an editor.").format(file=path(config)),
    )
