"""What is said and kept when the program itself fails: places in our code, never a value.

An exception's text and its local variables may hold protected text, so neither is used.
"""

from __future__ import annotations

import os
from pathlib import Path

from store.errors import ManabenchError
from store.words import _

FILE = "crash.txt"


def sentence(error: BaseException, written: Path | None = None) -> str:
    """One line: what happened, what was kept, what to do."""
    if isinstance(error, ManabenchError):
        return " ".join(part for part in (error.message, error.kept, error.hint) if part)
    words = _("manabench stopped because of a fault of its own ({kind}).").format(
        kind=type(error).__name__
    )
    kept = _("Everything saved and every draft is kept.")
    do = _("Start it again.")
    if written is not None:
        do += " " + _("{file} holds where it happened, without any of your text.").format(
            file=written
        )
    return f"{words} {kept} {do}"


def shortly(error: BaseException, written: Path | None = None) -> str:
    """The same for a fault that ended only the one thing that was asked for."""
    words = _("That failed because of a fault of manabench ({kind}).").format(
        kind=type(error).__name__
    )
    where = _("{file} holds where it happened, without any of your text.").format(file=written)
    return " ".join(
        part for part in (words, _("Nothing was changed."), where if written else "") if part
    )


def places(error: BaseException) -> str:
    """The kinds of the chain of exceptions and the lines of code they passed, no values."""
    lines = []
    seen: BaseException | None = error
    while seen is not None:
        lines.append(f"{type(seen).__module__}.{type(seen).__name__}")
        step = seen.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            lines.append(f"  {code.co_filename}:{step.tb_lineno} {code.co_qualname}")
            step = step.tb_next
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines) + "\n"


def write(error: BaseException, home: Path) -> Path | None:
    """Write ``places`` into the home, readable by this user alone; None where that fails."""
    path = home / FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(places(error))
    except OSError:
        return None
    return path
