"""What people do with the members of a space, and with a space that is theirs no longer.

Every function asks the server first and then writes what follows here. Raises NetworkError,
SignedOutError, ServerError with the server's reason; nothing has changed here then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from store.errors import AmbiguousError, GuardError, NotFoundError
from store.records import Record
from store.scope import Scope
from store.stamps import EPOCH
from store.sync.account import account
from store.sync.sign.identity import ROLES, Invitation, Member
from store.sync.spaces.creating import refresh_roles
from store.sync.spaces.invited import answered
from store.sync.spaces.membership import Followed, follow, memberships, put
from store.words import _

if TYPE_CHECKING:
    from store.sync.sign.session import Session
    from store.workbench import Workbench


class Unsent(NamedTuple):
    """A record with changes that no server has; title may be Masked."""

    collection: str
    id: str
    title: object


def people(session: Session, space: str) -> list[Member]:
    """Everybody in a space; the roles here are refreshed by it. Raises GuardError for a space that
    is not on the server."""
    there = _on_server(session.bench, space)
    found = session.identity.members(there.id)
    me = _me(session)
    role = next((m.role for m in found if m.user == me), "")
    with session.bench.db.transaction() as connection:
        put(connection, there.number, role=role, members=len(found))
    return found


def invite(session: Session, space: str, email: str, role: str = "member") -> Invitation:
    """Invite somebody by e-mail. Raises GuardError for the personal space."""
    there = _on_server(session.bench, space)
    if there.type == "personal":
        raise GuardError(
            _("The personal space is for one person."),
            kept=_("Nobody was invited."),
            hint=_("Make another space for both of you: manabench space create"),
        )
    return session.identity.invite(there.id, email, role)


def invitations(session: Session, space: str = "") -> list[Invitation]:
    """The invitations of a space; without one, those that wait for this person."""
    id = _on_server(session.bench, space).id if space else ""
    return session.identity.invitations(id)


def accept(session: Session, invitation: str) -> Followed:
    """Accept an invitation; the space appears here, its records come with the next sync."""
    session.identity.answer_invitation(invitation, accept=True)
    answered(session.bench, invitation)
    return refresh(session)


def reject(session: Session, invitation: str) -> None:
    """Decline an invitation."""
    session.identity.answer_invitation(invitation, accept=False)
    answered(session.bench, invitation)


def cancel(session: Session, invitation: str) -> None:
    """Take an invitation to somebody else back."""
    session.identity.cancel_invitation(invitation)


def refresh(session: Session) -> Followed:
    """Look at once which spaces the server lists, and at the roles in them."""
    done = follow(session.bench, session.identity.spaces())
    refresh_roles(session, _me(session), now=True)
    return done


def set_role(session: Session, space: str, who: str, role: str) -> Member:
    """Give a member another role. ``who``: e-mail, name, or the start of an id. Raises
    NotFoundError, AmbiguousError."""
    there = _on_server(session.bench, space)
    if role not in ROLES:
        raise GuardError(
            _("There is no role {role!r}.").format(role=role),
            kept=_("Nothing was changed."),
            hint=_("Choose one of: {names}.").format(names=", ".join(ROLES)),
        )
    member = find(session.identity.members(there.id), who)
    session.identity.set_role(there.id, member.id, role)
    if member.user == _me(session):
        refresh_roles(session, member.user, now=True)
    return member._replace(role=role)


def remove(session: Session, space: str, who: str) -> Member:
    """Take a member out of a space; what they have received they keep. Raises as ``set_role``."""
    there = _on_server(session.bench, space)
    member = find(session.identity.members(there.id), who)
    session.identity.remove_member(there.id, member.id)
    return member


def leave(session: Session, space: str) -> int:
    """Leave a space: it is hidden here at once and kept. Returns how many records of it have
    changes that were never sent."""
    there = _on_server(session.bench, space)
    session.identity.leave(there.id)
    return _hide(session.bench, there.number)


def delete_everywhere(session: Session, space: str) -> int:
    """Delete a space for all its members; what is here is hidden and kept. Returns as ``leave``."""
    there = _on_server(session.bench, space)
    session.identity.delete_space(there.id)
    return _hide(session.bench, there.number)


def find(members: Sequence[Member], text: str) -> Member:
    """The member that ``text`` means: e-mail, row id, user id, name, or the start of an id."""
    folded = text.casefold()
    tiers = (
        [m for m in members if m.email.casefold() == folded or text in (m.id, m.user)],
        [m for m in members if m.name.casefold() == folded],
        [m for m in members if text and (m.id.startswith(text) or m.user.startswith(text))],
    )
    for found in tiers:
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousError(
                _("{text!r} means {count} members.").format(text=text, count=len(found)),
                [(m.id, m.name or m.email) for m in found],
                kept=_("Nothing was changed."),
                hint=_("Give the e-mail address."),
            )
    raise NotFoundError(
        _("Nobody called {text!r} is in this space.").format(text=text),
        kept=_("Nothing was changed."),
        hint=_("`manabench space members` lists them."),
    )


# Spaces that are hidden -------------------------------------------------------------------------


def hidden(bench: Workbench) -> list[Record]:
    """The spaces that the server lists no longer, kept here."""
    numbers = [m.space for m in memberships(bench) if m.state == "hidden"]
    return bench.documents.by_keys(bench.user_scope, "spaces", numbers)


def find_hidden(bench: Workbench, text: str) -> Record:
    """The hidden space with this slug, name or start of an id. Raises NotFoundError,
    AmbiguousError."""
    from store.records import the_one
    from store.words import N_

    spaces = hidden(bench)
    tiers = (
        [s for s in spaces if text in (s["id"], s.get("slug"))],
        [s for s in spaces if s.get("name") == text],
        [s for s in spaces if text and s["id"].startswith(text)],
    )
    hint = _("Only a space that the server no longer lists can be forgotten.")
    return the_one(tiers, text, N_("space"), hint, "name")


def unsent_records(bench: Workbench, number: int, limit: int = 50) -> list[Unsent]:
    """Records of a space with changes that were never sent, at most ``limit``."""
    found: list[Unsent] = []
    scope = Scope(number, "", "personal", bench.viewer)
    for declared in bench.registry:
        if declared.level != "space" or declared.junction_of or not declared.app:
            continue
        rows = bench.db.read(
            f'SELECT pk, id FROM "{declared.name}" WHERE space = ? AND dirty IS NOT NULL '
            "AND deleted_at IS NULL AND updated_at <> ? ORDER BY updated_at DESC LIMIT ?",
            (number, EPOCH, limit - len(found)),
        )
        keys = [pk for pk, _id in rows]
        titles = {r.key: r for r in bench.documents.by_keys(scope, declared.name, keys)}
        for pk, id in rows:
            title = bench.documents.title(declared.name, titles[pk]) if pk in titles else ""
            found.append(Unsent(declared.name, id, title))
        if len(found) >= limit:
            break
    return found


def forget(bench: Workbench, space: str) -> int:
    """Purge a hidden space with all it holds here; returns how many records it had.

    Its rows stay as stones without a value under names of their own, so that the space can come
    back as a new one. Raises NotFoundError, GuardError for a space that is not hidden.
    """
    from store.purge import purge_space

    scope = bench.spaces.scope(space)
    if not any(m.space == scope.number and m.state == "hidden" for m in memberships(bench)):
        raise GuardError(
            _("The server still lists this space."),
            kept=_("Nothing was removed."),
            hint=_("Leave it first: manabench space leave"),
        )
    if bench.scope.number == scope.number:
        bench.enter(bench.spaces.personal())
    count = purge_space(bench, scope)
    with bench.db.transaction() as connection:
        connection.execute("PRAGMA secure_delete=ON")
        for declared in bench.registry:
            if declared.level == "space":
                _stones(bench, declared.name, "space = ?", scope.number)
                bench.db.touch(declared.name, scope.id, None)
        _stones(bench, "spaces", "pk = ?", scope.number)
        for table in ("conflicts", "authority", "memberships", "held"):
            connection.execute(f"DELETE FROM {table} WHERE space = ?", (scope.number,))
        connection.execute("DELETE FROM quarantine WHERE space = ?", (scope.id,))
        connection.execute(
            "DELETE FROM steps WHERE space = ? "
            "AND NOT EXISTS (SELECT 1 FROM history WHERE step = steps.n)",
            (scope.number,),
        )
        bench.db.touch("spaces", "", None)
    bench.db.compact()
    return count


def _stones(bench: Workbench, table: str, where: str, number: int) -> None:
    """Take names, values and marks off purged rows."""
    from store.stamps import instant

    connection = bench.db.connection()
    chosen = (number,)
    connection.execute(
        "UPDATE history SET prior = NULL WHERE collection = ? AND record IN "
        f'(SELECT pk FROM "{table}" WHERE {where})',
        (table, *chosen),
    )
    connection.execute(
        "DELETE FROM aside WHERE collection = ? AND record IN "
        f'(SELECT pk FROM "{table}" WHERE {where})',
        (table, *chosen),
    )
    connection.execute(
        f"UPDATE \"{table}\" SET id = 'forgotten:' || pk, doc = '{{}}', large = NULL, "
        f"dirty = NULL, deleted_at = coalesce(deleted_at, ?) WHERE {where}",
        (instant(bench.clock()), *chosen),
    )


def _on_server(bench: Workbench, space: str) -> Scope:
    """A space that the server has, by the id that it has there: linking may have given it another
    since ``space`` was looked up. Raises NotFoundError, GuardError."""
    there = bench.spaces.scope(space)
    state = next((m.state for m in memberships(bench) if m.space == there.number), "local")
    if state not in ("linked", "missing"):
        raise GuardError(
            _("This space is not on a server."),
            kept=_("Nothing was changed."),
            hint=_("It gets there with the next sync: manabench sync --once"),
        )
    return there


def _me(session: Session) -> str:
    known = account(session.bench)
    return known.user if known else ""


def _hide(bench: Workbench, number: int) -> int:
    from store.sync.spaces.linking import unsent

    with bench.db.transaction() as connection:
        put(connection, number, state="hidden")
        bench.db.touch("spaces", "", None)
    if bench.scope.number == number:
        bench.enter(bench.spaces.personal())
    return unsent(bench, number)
