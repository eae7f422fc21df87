"""Spaces made here get their place on the server; names changed here are told to it.

``settle`` does what waits, once a round. A space is created with a mark in its metadata, so that a
creation whose answer was lost is found again instead of made twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from store.errors import ManabenchError, NetworkError, ServerError, SignedOutError
from store.spaces import RESERVED, slug_of
from store.stamps import Meta, instant, micros
from store.sync.account import account
from store.sync.net.remote import RemoteSpace
from store.sync.outbox import outgoing
from store.sync.spaces.membership import (
    MARKER,
    agree,
    agreed,
    changed_here,
    memberships,
    names_here,
    put,
    said,
    write_names,
)
from store.sync.spaces.renaming import adopt, rename_space
from store.sync.status import kept, tell
from store.words import _

if TYPE_CHECKING:
    from store.sync.sign.identity import IdentityClient
    from store.sync.sign.session import Session
    from store.workbench import Workbench

ROLES_EVERY = timedelta(hours=1)
"""How long a role that was read from the list of members is taken for true."""

TELL_SLUGS = timedelta(days=7)
"""How long it is told that a space got another slug than its maker wanted."""

_TAKEN = frozenset({"ORGANIZATION_ALREADY_EXISTS", "ORGANIZATION_SLUG_ALREADY_TAKEN"})
_NAMESPACE = uuid.UUID("0d1f3c52-54c5-5a0e-8a54-6d616e616265")


def create_waiting(session: Session) -> int:
    """Do what waits for the server: spaces made here, names changed here, roles grown old.

    Returns how many spaces were created. Does nothing while the vault is locked. One that the
    server refuses waits and is told by ``refused``. Raises NetworkError, SignedOutError,
    ServerError; what was done before stays done.
    """
    bench = session.bench
    known = account(bench)
    if known is None or not known.linked or not bench.vault.unlocked:
        return 0
    adopt(bench, known.user, known.name)
    made, trouble = 0, ""
    waiting = [m for m in memberships(bench) if m.state == "local"]
    listed = session.identity.spaces() if waiting else []
    for one in waiting:
        try:
            place(session, one.space, listed)
            made += 1
        except SignedOutError:
            raise
        except ServerError as error:
            trouble = trouble or error.message
    for one in memberships(bench):
        if one.state == "linked" and changed_here(bench, one.space):
            _tell_names(session, one.space, one.id)
    refresh_roles(session, known.user)
    if trouble != refused(bench):
        tell(bench, creating=trouble)
    return made


def refused(bench: Workbench) -> str:
    """Why the server would not take a space that was made here, "" for no such trouble. Its records
    wait; all else goes on."""
    return str(kept(bench, "creating") or "")


def place(session: Session, number: int, listed: Sequence[RemoteSpace]) -> RemoteSpace:
    """Give a space made here its place on the server: found by its mark, or by slug and type where
    nobody else is in it, else created."""
    bench, identity = session.bench, session.identity
    here = names_here(bench, number)
    rows = bench.db.read(
        'SELECT s.id, coalesce(m.was, s.id) FROM "spaces" s LEFT JOIN memberships m '
        "ON m.space = s.pk WHERE s.pk = ?",
        (number,),
    )
    mark = str(rows[0][1])
    for space in listed:
        if space.metadata.get(MARKER) == mark:
            return bind(bench, number, space)
    names = {"name": here.get("name") or mark, "type": here.get("type") or "team"}
    slug = slug_of(here.get("slug") or names["name"])
    for candidate in _slugs(slug, mark):
        twin = _twin(bench, identity, listed, candidate, names, exact=candidate != slug)
        if twin is not None:
            return bind(bench, number, twin)
        metadata = {"type": names["type"], MARKER: mark}
        try:
            made = identity.create_space(names["name"], candidate, metadata)
        except ServerError as error:
            if error.code_given not in _TAKEN:
                raise
            listed = identity.spaces()  # another device may have been quicker
            for space in listed:
                if space.metadata.get(MARKER) == mark:
                    return bind(bench, number, space)
            twin = _twin(bench, identity, listed, candidate, names, exact=candidate != slug)
            if twin is not None:
                return bind(bench, number, twin)
            continue
        bound = bind(bench, number, made._replace(slug=made.slug or candidate))
        if bound.slug != slug:
            one = [slug, bound.slug, instant(bench.clock())]
            tell(bench, altered={**_altered(bench), bound.id: one})
        return bound
    raise ServerError(
        _("The server takes no slug for the space {slug}.").format(slug=slug),
        kept=_("The space and all its changes are kept here."),
        hint=_("Give it another one: manabench space rename SPACE --slug S"),
    )


def altered(bench: Workbench) -> list[str]:
    """Which spaces made here got another slug lately, because a server has each slug only once,
    whoever's space it is; in words, until they are given another one by a person."""
    spaces = {space["id"]: space for space in bench.spaces.list()}
    said = _("On the server the slug {wanted} is taken, so {name} is {slug} there and here.")
    return [
        said.format(wanted=wanted, name=spaces[id].text("name"), slug=slug)
        for id, (wanted, slug, _at) in _altered(bench).items()
        if id in spaces and spaces[id].text("slug") == slug
    ]


def _altered(bench: Workbench) -> dict[str, list[str]]:
    """By space: the slug that was wanted, the one that it got, and when."""
    found: dict[str, list[str]] = kept(bench, "altered") or {}
    late = instant(bench.clock() - TELL_SLUGS)
    return {id: one for id, one in found.items() if one[2] > late}


def _slugs(slug: str, mark: str) -> Iterator[str]:
    """Slugs to try, the same on every device."""
    if slug and slug not in RESERVED:
        yield slug
    base = slug or "space"
    for number in range(2, 6):
        yield f"{base}-{number}"
    yield f"{base[:20]}-{uuid.uuid5(_NAMESPACE, mark).hex[:8]}"


def _twin(
    bench: Workbench,
    identity: IdentityClient,
    listed: Sequence[RemoteSpace],
    slug: str,
    names: dict[str, str],
    *,
    exact: bool,
) -> RemoteSpace | None:
    """The same space made on another device before: slug and type agree, it is not bound here, and
    nobody else is in it who would then read what was private here. exact: the name agrees too."""
    for space in listed:
        if space.slug.lower() != slug.lower() or space.type != names["type"]:
            continue
        if exact and space.name != names["name"]:
            continue
        if bench.db.read('SELECT 1 FROM "spaces" WHERE id = ?', (space.id,)):
            continue
        if len(identity.members(space.id)) == 1:
            return space
    return None


def bind(bench: Workbench, number: int, space: RemoteSpace) -> RemoteSpace:
    """Make a space here and one on the server the same, in one transaction.

    The server's names win, but for what a person gave the personal space.
    """
    with bench.db.transaction() as connection:
        rename_space(bench, number, space.id)
        here = names_here(bench, number)
        theirs = {n: v for n, v in said(space).items() if v and v != here.get(n)}
        if here.get("type") == "personal":
            theirs = {n: v for n, v in theirs.items() if n != "type" and not _chosen(bench, number)}
        write_names(bench, space.id, theirs)
        put(connection, number, state="linked", missing="", role=space.role)
        agree(bench, number, said(space))
        bench.db.touch("spaces", "", None)
    return space


def _chosen(bench: Workbench, number: int) -> bool:
    """Whether a person named the personal space, so that its name is not just the first one."""
    rows = bench.db.read('SELECT meta FROM "spaces" WHERE pk = ?', (number,))
    stamp = Meta.load(rows[0][0]).of("name", True)
    return stamp is not None and stamp.origin == "user"


def _tell_names(session: Session, number: int, id: str) -> None:
    """Tell the server a name that was changed here; what it refuses stays here alone."""
    bench = session.bench
    mine = changed_here(bench, number)
    data: dict[str, Any] = {n: v for n, v in mine.items() if n != "type"}
    if "type" in mine:
        listed = {space.id: space for space in session.identity.spaces()}
        if id in listed:
            data["metadata"] = {**listed[id].metadata, "type": mine["type"]}
    known = agreed(bench, number)
    try:
        session.identity.update_space(id, **data)
    except SignedOutError:
        raise
    except ServerError as error:
        if error.status not in (400, 403, 404):
            raise
        agree(bench, number, {**known, "refused": {**(known.get("refused") or {}), **mine}})
    else:
        agree(bench, number, {**known, **mine})


def refresh_roles(session: Session, me: str, *, now: bool = False) -> None:
    """Read the roles that are older than an hour out of the lists of members; now: all of them,
    as whenever a server refused something, for another role may be why, or make it welcome."""
    bench = session.bench
    now = now or bool(bench.db.read("SELECT 1 FROM aside LIMIT 1"))
    at = instant(bench.clock())
    for one in memberships(bench):
        if one.state != "linked":
            continue
        age = micros(at) - micros(one.checked) if one.checked else -1
        if not now and 0 <= age < ROLES_EVERY.total_seconds() * 1_000_000:
            continue
        try:
            members = session.identity.members(one.id)
        except (NetworkError, SignedOutError):
            raise
        except ManabenchError:
            members = []
        role = next((m.role for m in members if m.user == me), one.role)
        with bench.db.transaction(durable=False) as connection:
            put(connection, one.space, role=role, members=len(members), checked=at)
            if role != one.role or len(members) != one.members:
                bench.db.touch("spaces", "", None)
            if role not in (one.role, "viewer"):
                outgoing.retry_aside(bench)
