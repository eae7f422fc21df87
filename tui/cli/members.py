"""space members, invite, invitations, accept, reject, cancel, role, remove, leave, forget."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from store.errors import GuardError, NotFoundError
from store.words import _, ngettext
from tui.cli import output, pick
from tui.cli.call import Call, masked
from tui.cli.frame import Verb

if TYPE_CHECKING:
    from store.sync.sign.identity import Invitation
    from store.sync.sign.session import Session
    from store.workbench import Workbench

ROLES = ("owner", "admin", "member", "viewer")


def _space(call: Call, unlock: str = "may") -> tuple[Workbench, str, str]:
    """The workbench, the id of the space of this call and its name."""
    bench = call.bench(unlock=unlock)
    record = pick.space_of(call, bench)
    return bench, record["id"], pick.space_label(record)


def _asked(bench: Workbench, ask: Callable[[Session], Any]) -> Any:
    from tui.cli.account import _asked as with_session

    return with_session(bench, ask)


@click.command(cls=Verb, help=_("List who is in the space, with their roles."))
@click.pass_obj
def members(call: Call) -> None:
    """Everybody in the space of this call."""
    from store.sync.spaces import members as acts

    bench, id, _name = _space(call)
    found = _asked(bench, lambda s: acts.people(s, id))
    call.answer(
        [m._asdict() for m in found],
        lambda: output.columns(
            [(m.role, output.clean(m.name), output.clean(m.email)) for m in found],
            width=output.width(),
        ),
    )


@click.command(cls=Verb, help=_("Invite EMAIL into the space."))
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="member", help=_("As what."))
@click.pass_obj
def invite(call: Call, email: str, role: str) -> None:
    """Invite somebody."""
    from store.sync.spaces import members as acts

    bench, id, name = _space(call)
    made = _asked(bench, lambda s: acts.invite(s, id, email, role))
    call.answer(
        made._asdict(),
        [
            _("{email} is invited into {space}.").format(
                email=output.clean(made.email or email), space=name
            ),
            _("They accept with: manabench space accept {id}").format(id=made.id),
        ],
    )


@click.command(cls=Verb, help=_("List the invitations that wait for you, or those of the space."))
@click.option("--sent", is_flag=True, help=_("Those of the space of this call."))
@click.pass_obj
def invitations(call: Call, sent: bool) -> None:
    """Invitations to me; --sent: of the space."""
    from store.sync.spaces import members as acts

    bench, id, _name = _space(call)
    found = _asked(bench, lambda s: acts.invitations(s, id if sent else ""))
    if not found:
        call.note(_("There are no invitations."))
    call.answer(
        [i._asdict() for i in found],
        lambda: output.columns(
            [
                (i.id, i.status, i.role, output.clean(i.email if sent else i.space_name or i.space))
                for i in found
            ],
            width=output.width(),
        ),
    )


def _invitation(session: Session, text: str, space: str = "") -> Invitation | str:
    """The invitation whose id starts with ``text``, or ``text`` where none is listed."""
    listed = session.identity.invitations(space)
    found = [i for i in listed if i.id == text] or [i for i in listed if i.id.startswith(text)]
    if len(found) > 1:
        raise NotFoundError(
            _("{text!r} means {count} invitations.").format(text=text, count=len(found)),
            kept=_("Nothing was changed."),
            hint=_("Give more of the id."),
        )
    return found[0] if found else text


def _id_of(found: Invitation | str) -> str:
    return found if isinstance(found, str) else found.id


@click.command(cls=Verb, help=_("Accept an invitation; the space comes with the next sync."))
@click.argument("invitation")
@click.pass_obj
def accept(call: Call, invitation: str) -> None:
    """Join a space."""
    from store.sync.spaces import members as acts

    bench = call.bench(unlock="must")
    done = _asked(bench, lambda s: acts.accept(s, _id_of(_invitation(s, invitation))))
    joined = [r for r in bench.spaces.list() if r.key in done.joined]
    lines = [
        _("You are in {name} now; its records come with the next sync.").format(
            name=pick.space_label(record)
        )
        for record in joined
    ]
    call.answer([dict(r) for r in joined], lines or [_("Accepted.")])


@click.command(cls=Verb, help=_("Decline an invitation."))
@click.argument("invitation")
@click.pass_obj
def reject(call: Call, invitation: str) -> None:
    """Decline."""
    from store.sync.spaces import members as acts

    bench = call.bench()
    _asked(bench, lambda s: acts.reject(s, _id_of(_invitation(s, invitation))))
    call.answer({"rejected": invitation}, _("Declined."))


@click.command(cls=Verb, help=_("Take an invitation of the space back."))
@click.argument("invitation")
@click.pass_obj
def cancel(call: Call, invitation: str) -> None:
    """Cancel an invitation to somebody."""
    from store.sync.spaces import members as acts

    bench, id, _name = _space(call)
    _asked(bench, lambda s: acts.cancel(s, _id_of(_invitation(s, invitation, id))))
    call.answer({"canceled": invitation}, _("The invitation is taken back."))


@click.command(cls=Verb, help=_("Give MEMBER of the space another role."))
@click.argument("member")
@click.argument("role", type=click.Choice(ROLES))
@click.pass_obj
def role(call: Call, member: str, role: str) -> None:
    """Change a role."""
    from store.sync.spaces import members as acts

    bench, id, name = _space(call)
    done = _asked(bench, lambda s: acts.set_role(s, id, member, role))
    call.answer(
        done._asdict(),
        _("{who} is {role} of {space} now.").format(
            who=output.clean(done.name or done.email), role=role, space=name
        ),
    )


@click.command(cls=Verb, help=_("Take MEMBER out of the space; what they received they keep."))
@click.argument("member")
@click.pass_obj
def remove(call: Call, member: str) -> None:
    """Remove a member."""
    from store.sync.spaces import members as acts

    bench, id, name = _space(call)
    done = _asked(bench, lambda s: acts.remove(s, id, member))
    call.answer(
        done._asdict(),
        _("{who} is no longer in {space}; what they received they keep.").format(
            who=output.clean(done.name or done.email), space=name
        ),
    )


@click.command(cls=Verb, help=_("Leave SPACE; what is here is hidden and kept."))
@click.argument("text", metavar="SPACE")
@click.option("--delete", is_flag=True, help=_("Delete it on the server, for all its members."))
@click.pass_obj
def leave(call: Call, text: str, delete: bool) -> None:
    """Leave a space, or delete it for everybody."""
    from store.sync.spaces import members as acts

    bench = call.bench()
    record = bench.spaces.find(text)
    name = pick.space_label(record)
    if delete and not call.yes:
        raise GuardError(
            _("{name} would be deleted for all its members.").format(name=name),
            kept=_("Nothing was changed."),
            hint=_("Repeat with --yes."),
        )
    act = acts.delete_everywhere if delete else acts.leave
    waiting = _asked(bench, lambda s: act(s, record["id"]))
    words = _("{name} is deleted on the server.") if delete else _("You have left {name}.")
    lines = [words.format(name=name)]
    if waiting:
        lines.append(
            ngettext(
                "{n} record of it has changes that were never sent.",
                "{n} records of it have changes that were never sent.",
                waiting,
            ).format(n=waiting)
        )
    lines.append(_("What is here is kept: `manabench space forget` removes it for good."))
    call.answer({"id": record["id"], "waiting": waiting}, lines)


@click.command(cls=Verb, help=_("Purge a space that the server no longer lists; shows it first."))
@click.argument("text", metavar="[SPACE]", required=False)
@click.pass_obj
def forget(call: Call, text: str | None) -> None:
    """Show what was never sent, and with --yes remove a hidden space for good."""
    from store.sync.spaces import linking
    from store.sync.spaces import members as acts

    bench = call.bench()
    if not text:
        found = acts.hidden(bench)
        call.answer(
            [dict(r) | {"waiting": linking.unsent(bench, r.key)} for r in found],
            lambda: (
                [
                    f"{pick.space_label(r)}  {r['id'][:8]}  {linking.unsent(bench, r.key)}"
                    for r in found
                ]
                or [_("No space is hidden.")]
            ),
        )
        return
    record = acts.find_hidden(bench, text)
    name, waiting = pick.space_label(record), linking.unsent(bench, record.key)
    unsent = acts.unsent_records(bench, record.key)
    if not call.yes:
        for one in unsent:
            call.note(f"  {one.collection}: {masked(one.title) or one.id[:8]}")
        words = _("{name} is kept on this machine; all that was written in it was sent.")
        if waiting:
            words = ngettext(
                "{name} holds {n} record whose changes were never sent.",
                "{name} holds {n} records whose changes were never sent.",
                waiting,
            )
        raise GuardError(
            words.format(name=name, n=waiting),
            kept=_("Nothing was removed."),
            hint=_("Repeat with --yes to remove the space from this machine for good."),
        )
    count = acts.forget(bench, record["id"])
    call.answer(
        {"id": record["id"], "removed": count, "unsent": waiting},
        ngettext(
            "{name} is gone from this machine with {n} record.",
            "{name} is gone from this machine with {n} records.",
            count,
        ).format(name=name, n=count),
    )
