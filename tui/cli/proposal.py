"""proposal: what agents ask for, and a person's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from store.errors import GuardError, InvalidValueError, NotFoundError, UsageError
from store.words import _, ngettext, number
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import noun

if TYPE_CHECKING:
    from store.ai.proposals.staging import Proposal
    from store.workbench import Workbench

proposal = noun("proposal", _("What agents ask for, and your answer."))


def as_json(bench: Workbench, one: Proposal) -> dict[str, Any]:
    """A proposal as scripts see it."""
    spaces = dict(bench.db.read('SELECT pk, id FROM "spaces"'))
    return {
        "id": one.id,
        "state": one.state,
        "risk": one.risk,
        "flags": list(one.flags),
        "spaceId": spaces.get(one.space, ""),
        "agentId": one.agent,
        "agent": one.agent_name,
        "missionId": one.mission,
        "mission": one.mission_title,
        "run": one.run,
        "step": one.step,
        "tool": one.tool,
        "arguments": one.arguments,
        "rationale": one.rationale,
        "changes": [
            {
                "collection": change.collection,
                "id": change.id,
                "title": change.title,
                "kind": change.kind,
                "held": change.held,
                "fields": [
                    {"field": field.field, "before": field.before, "after": field.after}
                    for field in change.fields
                ],
            }
            for change in one.changes
        ],
        "answer": one.answer,
        "made": one.made,
        "expires": one.expires,
        "decided": one.decided,
        "feedback": one.feedback,
        "stale": one.stale,
        "withdrawn": one.withdrawn,
        "trouble": one.trouble,
        "locked": one.locked,
    }


def lines_of(bench: Workbench, one: Proposal) -> list[str]:
    """A proposal as a person reads it: the call, why, and each field before and after."""
    from tui.asking.agents import proposals

    if one.locked:
        return [f"{one.id}", _("It is sealed. Unlock the vault to see what it would do.")]
    lines = [output.clean(text, lines=True) for text, _role in proposals.told(bench, one)]
    return [one.id, *lines]


@proposal.command("list", help=_("List what waits: the riskiest first, those of a run together."))
@click.option("--run", "run", metavar="RUN", help=_("All of this run, decided ones too."))
@click.pass_obj
def list_(call: Call, run: str | None) -> None:
    """What waits in all spaces, or in the one of --space."""
    from store import when
    from store.ai.proposals import inbox
    from tui.asking.agents import words

    bench, scope = call.scoped()
    inbox.expire(bench)
    found = inbox.pending(bench, scope.number if call.space else None)
    if run is not None:
        found = inbox.of_run(bench, run_named(bench, run))
    if not found:
        call.note(_("Nothing waits for a look."))
    now = when.now()

    def said(one: Proposal) -> str:
        if one.locked:
            return _("(locked)")
        titles = ", ".join(change.title for change in one.changes[:3] if change.title)
        return f"{words.tool(one.tool)}: {titles}" if titles else words.tool(one.tool)

    call.answer(
        [as_json(bench, one) for one in found],
        lambda: output.columns(
            [
                (
                    id,
                    words.risk(one.risk),
                    words.overtaken(one) or words.state(one.state),
                    one.agent_name,
                    one.mission_title,
                    when.shown(one.expires, now),
                    said(one),
                )
                for id, one in zip(output.short_ids([p.id for p in found]), found, strict=True)
            ],
            width=output.width(),
        ),
    )


def run_named(bench: Workbench, text: str) -> str:
    """The run whose id begins so, of those that asked for something. Raises NotFoundError."""
    from store.ai.proposals import inbox

    found = inbox.runs_named(bench, text)
    if len(found) != 1:
        raise NotFoundError(
            _("No run, or more than one, is called {text}.").format(text=text),
            kept=_("Nothing was changed."),
            hint=_("`manabench timeline` lists the runs."),
        )
    return found[0]


_some = [
    click.argument("ids", nargs=-1, metavar="[PROPOSAL]..."),
    click.option("--run", "run", metavar="RUN", help=_("All that wait of this run.")),
    click.option("--all", "all_", is_flag=True, help=_("All that wait in the space.")),
]


def _chosen(
    call: Call, ids: Sequence[str], run: str | None, all_: bool
) -> tuple[Workbench, list[Proposal]]:
    """What was meant. Raises UsageError, NotFoundError, AmbiguousError."""
    from store.ai.proposals import inbox

    if sum((bool(ids), run is not None, all_)) != 1:
        raise UsageError(
            _("Name proposals, or give --run or --all."), kept=_("Nothing was changed.")
        )
    bench, scope = call.scoped(unlock="must")
    inbox.expire(bench)
    if all_:
        return bench, inbox.pending(bench, scope.number)
    if run is not None:
        these = inbox.of_run(bench, run_named(bench, run))
        return bench, [one for one in these if one.state == "pending"]
    found = [inbox.get(bench, id) for id in ids]
    return bench, list({one.id: one for one in found}.values())


@proposal.command(help=_("Show what PROPOSAL... would do now; that counts as a look."))
@click.argument("ids", nargs=-1, metavar="PROPOSAL...", required=True)
@click.pass_obj
def show(call: Call, ids: Sequence[str]) -> None:
    """The call, why it is made, and every field before and after."""
    from store.ai.proposals import inbox

    bench, chosen = _chosen(call, ids, None, all_=False)
    found = inbox.look_all(bench, [one.id for one in chosen])
    call.answer([as_json(bench, one) for one in found], lambda: _all_lines(bench, found))


def _all_lines(bench: Workbench, found: Sequence[Proposal]) -> list[str]:
    lines: list[str] = []
    for one in found:
        lines += [*([""] if lines else []), *lines_of(bench, one)]
    return lines


@proposal.command(help=_("Show PROPOSAL... and do exactly that; what changed since is only shown."))
@_some[0]
@_some[1]
@_some[2]
@click.pass_context
def approve(ctx: click.Context, ids: Sequence[str], run: str | None, all_: bool) -> None:
    """Each in a transaction of its own; one that fails does not stop the rest."""
    from store.ai.proposals import inbox

    call: Call = ctx.obj
    bench, chosen = _chosen(call, ids, run, all_)
    decided = [one for one in chosen if one.state != "pending"]
    looked = inbox.look_all(bench, [one.id for one in chosen if one.state == "pending"])
    fresh = [one for one in looked if not one.stale and not one.trouble]
    if (len(looked) > 1 or any(one.withdrawn for one in looked)) and not call.yes:
        _agree(call, bench, looked)
    done = inbox.approve(bench, [p.id for p in fresh], {p.id: p.shown for p in fresh})
    stale = [*done.stale, *(one.id for one in looked if one.stale)]
    failed = [
        *done.failed,
        *((one.id, one.trouble) for one in looked if one.trouble and not one.stale),
        *((one.id, _("It was decided before.")) for one in decided),
    ]
    call.answer(
        {
            "approved": done.done,
            "stale": stale,
            "failed": [{"id": id, "reason": why} for id, why in failed],
        },
        lambda: [*_all_lines(bench, looked), "", *_told(done.done, stale, failed)],
    )
    if stale or failed:
        ctx.exit(GuardError.exit_code)


def _agree(call: Call, bench: Workbench, found: Sequence[Proposal]) -> None:
    """Raises GuardError unless the person agrees, by --yes or at a terminal."""
    from tui.asking.agents import words

    if call.can_ask():
        call.note("\n".join(_all_lines(bench, found)))
        count = ngettext("{n} proposal", "{n} proposals", len(found)).format(n=number(len(found)))
        answer = call.ask(_("Approve {what}? Type yes: ").format(what=count))
        if answer.casefold() in ("yes", _("yes")):
            return
    raise GuardError(
        next(
            (words.withdrawn(one.withdrawn) for one in found if one.withdrawn),
            _("Approving several at once was not agreed to."),
        ),
        kept=_("Nothing was changed."),
        hint=_("Repeat with --yes, or name one.") if len(found) > 1 else _("Repeat with --yes."),
    )


def _told(
    done: Sequence[str], stale: Sequence[str], failed: Sequence[tuple[str, str]]
) -> list[str]:
    lines = []
    if done or not (stale or failed):
        words = ngettext("Approved {n} proposal.", "Approved {n} proposals.", len(done))
        lines.append(words.format(n=number(len(done))))
    lines += [
        _("{id} would do something else by now, as shown; approve it again if you agree.").format(
            id=id[: output.SHORT]
        )
        for id in stale
    ]
    lines += [
        _("{id} was not done: {why}").format(id=id[: output.SHORT], why=output.clean(why))
        for id, why in failed
    ]
    return lines


@proposal.command(help=_("Turn PROPOSAL... down; nothing of it is done."))
@_some[0]
@_some[1]
@_some[2]
@click.option("--feedback", default="", metavar="TEXT", help=_("Told to the mission's next run."))
@click.pass_obj
def reject(call: Call, ids: Sequence[str], run: str | None, all_: bool, feedback: str) -> None:
    """The feedback stands with the run and reaches the next one."""
    from store.ai.proposals import inbox

    bench, chosen = _chosen(call, ids, run, all_)
    count = inbox.reject(bench, [one.id for one in chosen], feedback)
    call.answer(
        {"rejected": count},
        ngettext("Rejected {n} proposal.", "Rejected {n} proposals.", count).format(
            n=number(count)
        ),
    )


@proposal.command(help=_("Change the call of PROPOSAL: NAME=VALUE..., JSON for lists and objects."))
@click.argument("id", metavar="PROPOSAL")
@click.argument("pairs", nargs=-1, metavar="NAME=VALUE...", required=True)
@click.pass_obj
def edit(call: Call, id: str, pairs: Sequence[str]) -> None:
    """Give other arguments; what it would do then is shown and waits for approval."""
    from store.ai.proposals import inbox

    bench, (one,) = _chosen(call, [id], None, all_=False)
    kinds = {param.name: param.kind for param in inbox.tool_named(bench, one.tool).params}
    changed = inbox.edit(bench, one.id, {**one.arguments, **_pairs(pairs, kinds)})
    call.answer(
        as_json(bench, changed),
        lambda: [
            *lines_of(bench, changed),
            "",
            _("Approve it with `manabench proposal approve {id}`.").format(
                id=changed.id[: output.SHORT]
            ),
        ],
    )


def _pairs(pairs: Sequence[str], kinds: Mapping[str, str]) -> dict[str, Any]:
    """``NAME=VALUE`` as arguments; an empty value takes one away. Raises UsageError,
    InvalidValueError."""
    import json

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(
                _("{pair} is not NAME=VALUE.").format(pair=pair), kept=_("Nothing was changed.")
            )
        found[name] = text or None
        if text and kinds.get(name) in ("list", "object"):
            try:
                found[name] = json.loads(text)
            except ValueError:
                raise InvalidValueError(
                    _("{name} must be JSON.").format(name=name), kept=_("Nothing was changed.")
                ) from None
    return found
