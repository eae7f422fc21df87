"""Where the session's cookie lies: in the OS keyring, else sealed under the file key.

Never in the clear on a disk. A token lives a quarter of an hour and only in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from store.errors import UnreadableError
from store.vault import places

if TYPE_CHECKING:
    from store.workbench import Workbench

_ROW, _RING = "cookie", "keyring"


def keep(bench: Workbench, cookie: str) -> str:
    """Keep the cookie; returns where: "keyring" or "vault". Raises LockedError without either."""
    from store.sync.account import keep as write

    if places.keep_text(_entry(bench), cookie):
        write(bench, cookie=_RING)
        return _RING
    write(bench, cookie=bench.vault.seal("account", _ROW, "value", cookie))
    return "vault"


def load(bench: Workbench) -> str:
    """The cookie, "" for none. Raises LockedError where it is sealed and the vault is locked."""
    rows = bench.db.read("SELECT value FROM account WHERE key = ?", (_ROW,))
    if not rows:
        return ""
    where = orjson.loads(rows[0][0])
    if not isinstance(where, str) or not where:
        return ""
    if where == _RING:
        return places.load_text(_entry(bench)) or ""
    try:
        return str(bench.vault.open("account", _ROW, "value", where))
    except UnreadableError:
        return ""


def forget(bench: Workbench) -> None:
    """Remove the cookie from wherever it lies."""
    from store.sync.account import keep as write

    rows = bench.db.read("SELECT value FROM account WHERE key = ?", (_ROW,))
    if rows and orjson.loads(rows[0][0]) == _RING:
        places.remove_from_keyring(_entry(bench))
    write(bench, cookie="")


def _entry(bench: Workbench) -> str:
    return f"{bench.id}.session"
