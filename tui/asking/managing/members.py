"""Members of a space and invitations: their lines, and what is asked of the server about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from store.words import _, ngettext
from tui.asking import doing, syncing
from tui.asking.managing.entry import Entry, heading
from tui.asking.managing.spaces import ROLES
from tui.screens.pick import Choice

if TYPE_CHECKING:
    from store.sync.sign.session import Session
    from store.workbench import Workbench

MEMBER, INVITED, MINE = "member", "invited", "mine"


def role_words(role: str) -> str:
    """A role in the person's language; one of another server as it is."""
    return _(ROLES.get(role, role))


def role_choices() -> list[Choice]:
    """The roles that can be given, the least one first."""
    return [Choice(role_words(role), role) for role in ("member", "viewer", "admin", "owner")]


@contextmanager
def _session(bench: Workbench) -> Iterator[Session]:
    """The session of this home's account, closed at the end. Raises SignedOutError."""
    from store.sync.sign.session import require_session

    session = require_session(bench)
    try:
        yield session
    finally:
        session.close()


def entries(bench: Workbench, space: str) -> list[Entry]:
    """Invitations to me first, then the members, then who is invited. Asks the server."""
    from store.sync.spaces import members

    space = bench.spaces.scope(space).id  # linking may have given it another since it was listed
    with _session(bench) as session:
        waiting = [_mine(bench, one, one.space_name) for one in members.invitations(session)]
        people = [_member(one) for one in members.people(session, space)]
        asked = [one for one in members.invitations(session, space) if one.status == "pending"]
    found = [heading(_("Invitations to you")), *waiting] if waiting else []
    name = next((s.text("name") for s in bench.spaces.list() if s["id"] == space), "")
    found += [heading(_("Members of {name}").format(name=name)), *people]
    if asked:
        found += [heading(_("Invited")), *(_invited(bench, one) for one in asked)]
    return found


def mine(bench: Workbench) -> list[Entry]:
    """Invitations to me, as the server told of them last."""
    if not syncing.has_account(bench):
        return []
    from store.sync.spaces import invited

    waiting = [_mine(bench, one, one.name) for one in invited.waiting(bench)]
    return [heading(_("Invitations to you")), *waiting] if waiting else []


def _member(one: Any) -> Entry:
    return Entry(
        f"member/{one.id}",
        one.name or one.email or one.user[:8],
        MEMBER,
        one.user,
        right=role_words(one.role),
        note=one.email if one.name else "",
        facts=_("p changes the role, d removes the person."),
        value=one.id,
        aligned=True,
    )


def _invited(bench: Workbench, one: Any) -> Entry:
    until = doing.moment(bench, one.expires) if one.expires else ""
    return Entry(
        f"invited/{one.id}",
        one.email,
        INVITED,
        one.id,
        right=role_words(one.role),
        note=_("until {at}").format(at=until) if until else "",
        facts=_("d takes the invitation back."),
        value=one.id,
        aligned=True,
    )


def _mine(bench: Workbench, one: Any, name: str) -> Entry:
    until = doing.moment(bench, one.expires) if one.expires else ""
    return Entry(
        f"mine/{one.id}",
        name or _("A space"),
        MINE,
        one.id,
        right=role_words(one.role),
        note=_("until {at}").format(at=until) if until else "",
        facts=_("Space accepts, r declines."),
        value=one.id,
        role="warn",
        aligned=True,
    )


# What is asked of the server ------------------------------------------------------------------


def invite(bench: Workbench, space: str, email: str, role: str) -> str:
    """Invite somebody."""
    from store.sync.spaces import members

    with _session(bench) as session:
        members.invite(session, space, email, role)
    return _("Invited {email} as {role}.").format(email=email, role=role_words(role))


def set_role(bench: Workbench, space: str, member: str, role: str) -> str:
    """Give a member another role."""
    from store.sync.spaces import members

    with _session(bench) as session:
        members.set_role(session, space, member, role)
    return _("The role is {role} now.").format(role=role_words(role))


def is_me(bench: Workbench, entry: Entry) -> bool:
    """Whether a line is that of the person of this home."""
    return entry.kind == MEMBER and entry.thing == bench.writer.person["principalId"]


def removal(bench: Workbench, space: str, entry: Entry) -> tuple[str, Callable[[], str]]:
    """The question before a removal, and the work behind it."""
    from store.sync.spaces import members

    if entry.kind == INVITED:

        def cancel() -> str:
            with _session(bench) as session:
                members.cancel(session, entry.value)
            return _("Took the invitation back.")

        return _("Take the invitation to {name} back?").format(name=entry.words), cancel
    if is_me(bench, entry):

        def leave() -> str:
            with _session(bench) as session:
                count = members.leave(session, space)
            words = _("You left the space. What came of it stays here, out of sight.")
            held = ngettext("{n} change was never sent.", "{n} changes were never sent.", count)
            return f"{words} {held.format(n=count)}" if count else words

        return _("Leave this space? What came of it stays here, out of sight."), leave

    def remove() -> str:
        with _session(bench) as session:
            members.remove(session, space, entry.value)
        words = _("{name} is no member any more. What was received cannot be recalled.")
        return words.format(name=entry.words)

    question = _("Remove {name}? What they received cannot be recalled.")
    return question.format(name=entry.words), remove


def answer(bench: Workbench, invitation: str, *, accept: bool) -> str:
    """Accept or decline an invitation to me."""
    from store.sync.spaces import members

    with _session(bench) as session:
        if accept:
            members.accept(session, invitation)
            return _("Joined; its records come now.")
        members.reject(session, invitation)
    return _("Declined.")
