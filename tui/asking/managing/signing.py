"""What the screen of syncing asks of a server: signing in and out, everything again, a comparison.

All of it speaks to the network, so it runs in a lane of its own. A password passes through and is
kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from store.errors import LockedError, ServerError
from store.words import _, ngettext, number

if TYPE_CHECKING:
    from store.workbench import Workbench

Told = Callable[[str], None]
"""Hears how far it is, in a few words."""


NO_SYNC = "NO_SYNC_SERVER"
"""``code_given`` where no sync server was found beside the place where one signs in."""


class Asked(NamedTuple):
    """What was typed so far. The password is not part of it."""

    url: str = ""
    email: str = ""
    sync_url: str = ""


def known(bench: Workbench) -> Asked:
    """What this home knows of its account: only the password is missing then."""
    from store.sync.account import account

    found = account(bench)
    return Asked() if found is None else Asked(found.identity, found.email)


def join(bench: Workbench, asked: Asked, password: str, recovery: str, told: Told) -> str:
    """Sign in, and join this home to the account."""
    from store.sync.spaces import linking

    found = linking.login(
        bench,
        asked.url,
        asked.email,
        password,
        sync_url=asked.sync_url,
        recovery=recovery,
        progress=told,
    )
    return _("Signed in as {email}; both sides come together now.").format(email=found.email)


def leave(bench: Workbench) -> str:
    """Sign out; every change that was not sent waits."""
    from store.sync.spaces import linking

    count = linking.logout(bench)
    words = _("Signed out. Everything is here.")
    if count:
        waits = ngettext(
            "{n} change waits until somebody signs in.",
            "{n} changes wait until somebody signs in.",
            count,
        )
        words += " " + waits.format(n=number(count))
    return words


def wants_recovery(bench: Workbench, error: Exception) -> bool:
    """Whether the account's key opens only with a recovery code: the vault is open, and yet
    something is locked."""
    return isinstance(error, LockedError) and bench.vault.unlocked


def wants_address(error: Exception) -> bool:
    """Whether signing in worked and no sync server was found."""
    return isinstance(error, ServerError) and error.code_given == NO_SYNC


def refetch(bench: Workbench, told: Told) -> str:
    """Fetch everything again from the start, so that whatever a server forgot to send comes."""
    report = bench.sync.full(_counting(told))
    words = ngettext("Fetched {n} row again.", "Fetched {n} rows again.", report.pulled)
    return words.format(n=number(report.pulled))


def compare(bench: Workbench, told: Told) -> tuple[dict[str, tuple[str, str]], str]:
    """(digest and sentence by the id of the space, what came of it in all)."""
    from store.sync.compare.devices import own_name
    from tui.asking import syncing

    found, differ, apart = {}, 0, set()
    here, now = own_name(bench), bench.clock()
    for one in bench.sync.verify(_counting(told)):
        differ += not one.same
        apart |= {other.name for other in one.others if other.verdict == "differs"}
        words = one.words or syncing.compared(here, one.mine, one.others, now, one.theirs)
        found[one.space] = (one.mine, words)
    if differ:
        words = ngettext("{n} space differs.", "{n} spaces differ.", differ)
        return found, words.format(n=number(differ)) + " " + _("Sync, then compare again.")
    words = _("All spaces are the same here and on the server.")
    if apart:
        words = _("This device is as the server is; {names} is not.")
        words = words.format(names=", ".join(sorted(apart)))
    return found, words


def call_device(bench: Workbench, name: str) -> str:
    """Give this device a name for the others, "" for that of the machine."""
    from store.sync.compare import devices

    devices.rename(bench, name)
    return _("The others call this device {name}.").format(name=devices.own_name(bench))


def forget_device(bench: Workbench, id: str) -> str:
    """Take another device off the list."""
    bench.sync.forget_device(id)
    return _("It is off the list.")


def _counting(told: Told) -> Callable[[int, int], None]:
    """progress(done, total) in words; total is 0 where it is not known."""

    def count(done: int, total: int) -> None:
        words = number(done)
        if total > 0:
            words = _("{done} of {total}").format(done=words, total=number(total))
        told(words)

    return count
