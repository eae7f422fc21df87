"""Joining a home to an account, and leaving the session again.

    restore point -> account and cookie -> master key -> the person -> each space -> linked

Every arrow is one transaction, and each part first looks whether it is done, so linking goes on
wherever it was interrupted. Until the last one nothing is pushed or pulled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from store.errors import GuardError, ManabenchError, ServerError
from store.stamps import EPOCH
from store.sync.account import Account, account, keep
from store.sync.sign import discovery, master, tokens
from store.sync.sign.identity import IdentityClient, Person
from store.sync.sign.session import Session
from store.sync.spaces.creating import bind, place, refresh_roles
from store.sync.spaces.membership import follow, memberships
from store.sync.spaces.renaming import adopt
from store.vault.custody import locked
from store.words import _

if TYPE_CHECKING:
    from store.sync.net.remote import RemoteSpace
    from store.workbench import Workbench

Progress = Callable[[str], None]


def login(
    bench: Workbench,
    url: str,
    email: str,
    password: str,
    *,
    sync_url: str = "",
    recovery: str = "",
    progress: Progress | None = None,
) -> Account:
    """Sign in and join this home to the account; returns it.

    url: where one signs in; the sync server is looked for beside it unless ``sync_url`` names it.
    recovery: the code of a zero-knowledge account. Raises LockedError, NetworkError, ServerError,
    GuardError for another account than the one this home belongs to; with each of them nothing is
    lost and ``login`` again goes on.
    """
    tell = progress or _silent
    if not bench.vault.check_epoch():
        raise locked()
    given = discovery.base_url(sync_url) if sync_url else ""
    base = discovery.find_identity(discovery.base_url(url))
    identity = IdentityClient(base)
    try:
        person = identity.sign_in(email, password)
        try:
            _same_account(bench, person)
            sync = discovery.find_sync(base, identity.token(), given)
            _keep_account(bench, person, identity, sync)
        except ManabenchError:
            _sign_out(identity)
            raise
    finally:
        identity.close()
    tell(_("Signed in as {email}.").format(email=person.email))
    session = Session(bench)
    try:
        return finish(session, recovery=recovery, progress=progress)
    finally:
        session.close()


def finish(session: Session, *, recovery: str = "", progress: Progress | None = None) -> Account:
    """Link what is not linked yet. Raises as ``login``; repeating it goes on where it stopped."""
    bench, tell = session.bench, progress or _silent
    known = account(bench)
    if known is None:
        raise GuardError(_("This workbench has no account."), kept=_("Nothing was changed."))
    master.ensure(bench, session, recovery=recovery)
    tell(_("The account's key is on this device."))
    if not known.linked:
        adopt(bench, known.user, known.name)
        listed = session.identity.spaces()
        _place_all(session, known.user, listed, tell)
        refresh_roles(session, known.user, now=True)
        from store.sync.waiting.sealing import seal_all

        seal_all(bench)
        keep(bench, linked=True)
    return account(bench) or known


def logout(bench: Workbench) -> int:
    """End the session; every change stays. Returns how many records wait to be sent.

    Raises GuardError where nobody is signed in. A server that does not answer changes nothing.
    """
    known = account(bench)
    if known is None or not known.signed_in:
        raise GuardError(
            _("Nobody is signed in here."),
            kept=_("Nothing was changed."),
            hint=_("`manabench account` shows the account."),
        )
    cookie = tokens.load(bench)
    keep(bench, signed_in=False)
    tokens.forget(bench)
    if cookie:
        identity = IdentityClient(known.identity, cookie)
        try:
            _sign_out(identity)
        finally:
            identity.close()
    return unsent(bench)


def unsent(bench: Workbench, space: int | None = None) -> int:
    """How many records have changes that no server has, in one space or everywhere. What nobody
    chose, such as the Home scene of a new space, is not counted."""
    where = f"dirty IS NOT NULL AND updated_at <> '{EPOCH}'"
    where += "" if space is None else f" AND space = {int(space)}"
    tables = [c.name for c in bench.registry if c.app] + ["foreign_records"]
    parts = " UNION ALL ".join(f'SELECT count(*) FROM "{table}" WHERE {where}' for table in tables)
    return sum(count for (count,) in bench.db.read(parts))


def _silent(_words: str) -> None:
    return


def _sign_out(identity: IdentityClient) -> None:
    """End a session that is not wanted; one that cannot be ended runs out by itself."""
    try:
        identity.sign_out()
    except ManabenchError:
        return


def _same_account(bench: Workbench, person: Person) -> None:
    known = account(bench)
    if known is not None and known.user != person.id:
        raise GuardError(
            _("This workbench belongs to the account of {email}.").format(email=known.email),
            kept=_("Nothing was changed; you are not signed in."),
            hint=_(
                "Sign in as that one, or keep the other account in a home of its own: "
                "manabench --home DIR init, then login there."
            ),
        )


def _keep_account(bench: Workbench, person: Person, identity: IdentityClient, sync: str) -> None:
    """Write whose home this is, after a restore point where it belonged to nobody."""
    known = account(bench)
    if known is None:
        from store import schema

        schema.restore_point(bench.db)
    tokens.keep(bench, identity.cookie)  # outside of a transaction: a keyring may take its time
    keep(
        bench,
        user=person.id,
        email=person.email,
        name=person.name,
        identity=identity.caller.base,
        sync=sync,
        signed_in=True,
        linked=known is not None and known.linked,
        interop=known.interop if known is not None else "",
    )


def _place_all(session: Session, me: str, listed: Sequence[RemoteSpace], tell: Progress) -> None:
    """Bind the personal space, then every other one made here, then take in what else there is."""
    bench = session.bench
    standing = {m.id: m for m in memberships(bench)}
    here = standing[bench.spaces.personal()]
    if here.state == "local":
        bind(bench, here.space, _personal(session, me, listed))
    for one in standing.values():
        if one.state == "local" and one.space != here.space:
            place(session, one.space, listed)
            tell(_("A space got its place on the server."))
    follow(bench, session.identity.spaces())


def _personal(session: Session, me: str, listed: Sequence[RemoteSpace]) -> RemoteSpace:
    """This person's own personal space: the oldest one that they own."""
    found = [space for space in listed if space.type == "personal"]
    if len(found) > 1:
        owned = [
            space
            for space in found
            if any(
                m.user == me and "owner" in m.role.split(",")
                for m in session.identity.members(space.id)
            )
        ]
        found = owned or found
    if not found:
        raise ServerError(
            _("The server has no personal space for this account."),
            kept=_("You are signed in; nothing was sent."),
            hint=_("Sign in once with the server's own client, then try again."),
        )
    return found[0]
