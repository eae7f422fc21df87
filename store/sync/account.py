"""The account that this home belongs to: at most one, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from store.workbench import Workbench


class Account(NamedTuple):
    """Whose home this is. identity and sync are base URLs without a slash at the end.

    signed_in: there is a session; without one changes wait and nothing is lost. linked: every
    local space has its place on the server, so that syncing may start. interop: "" or "web".
    """

    user: str
    email: str
    name: str
    identity: str
    sync: str
    signed_in: bool
    linked: bool
    interop: str = ""


def account(bench: Workbench) -> Account | None:
    """The account of this home, None before the first login."""
    found = {key: orjson.loads(value) for key, value in bench.db.read("SELECT * FROM account")}
    if "user" not in found:
        return None
    return Account(**{name: found[name] for name in Account._fields if name in found})


def keep(bench: Workbench, **values: Any) -> None:
    """Write values of the account, for every process to see."""
    with bench.db.transaction() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO account VALUES (?, ?)",
            [(key, orjson.dumps(value).decode()) for key, value in values.items()],
        )
        bench.db.touch("account", "", None)
