"""Running what was proposed: alone, or in order after other calls that wait.

An agent that tags ten tasks with a new tag asks ten times, and the first call makes the tag. Shown
each by itself, every one would make it, and after the first approval none of the others would do
what was shown. So calls of one run are rehearsed after those of it that wait already, and several
that are looked at together one after the other, as they would be carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from store.ai.proposals.changes import Watch
from store.ai.proposals.listing import of_run
from store.ai.proposals.rehearsing import Rehearsed, forget, observe, perform
from store.ai.proposals.staging import Proposal
from store.ai.tools.catalogue import catalogue, validate
from store.ai.tools.guardrails import texts
from store.errors import GuardError, ManabenchError, NotFoundError
from store.scope import Scope
from store.tool import Answer, Tool
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

TOLD = (ManabenchError, ValueError, TypeError, LookupError, ArithmeticError)
"""What a call with given arguments may raise without a fault of the program being to blame."""


def tool_named(bench: Workbench, name: str) -> Tool:
    """The tool of the catalogue. Raises NotFoundError."""
    tool = catalogue(bench).get(name)
    if tool is None:
        raise NotFoundError(
            _("There is no tool called {name} here.").format(name=name),
            kept=_("Nothing was changed."),
        )
    return tool


def checked(
    bench: Workbench, proposal: Proposal, tool: Tool, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments as the tool takes them, each id of a live record that the agent may see. Raises
    InvalidValueError, NotFoundError."""
    given = validate(tool, arguments)
    scope = scope_of(bench, proposal)
    for param in tool.params:
        if param.kind == "id" and param.collection and (id := given.get(param.name)):
            given[param.name] = bench.documents.find(scope, param.collection, id)["id"]
    return given


def needed_first(bench: Workbench, proposal: Proposal) -> Proposal | None:
    """A call of the same run that still waits and would make a record which this one names."""
    named = set(texts(proposal.arguments))
    for one in of_run(bench, proposal.run):
        makes = {change.id for change in one.changes if change.kind == "new"}
        if one.state == "pending" and one.id != proposal.id and named & makes:
            return one
    return None


def after(first: Proposal) -> str:
    """That a call comes after another one, in words."""
    return _(
        "It goes on from what {tool} makes, which waits for a look: approve that first."
    ).format(tool=first.tool)


def scope_of(bench: Workbench, proposal: Proposal) -> Scope:
    """What the agent saw when it asked: its space, its tags. Raises NotFoundError."""
    rows = bench.db.read('SELECT id FROM "spaces" WHERE pk = ?', (proposal.space,))
    scope = bench.spaces.scope(rows[0][0] if rows else "")
    return scope._replace(filter=proposal.filter, viewer=0 if proposal.blind else scope.viewer)


def carry(
    bench: Workbench, proposal: Proposal, tool: Tool, watch: Watch | None = None
) -> Rehearsed:
    """Run a call in the transaction that is open, with the deletions that the guard would hold:
    each of them is shown to whoever approves. Raises what the call raises."""
    scope = scope_of(bench, proposal)
    held = _last_held(bench)
    done = observe(
        bench,
        scope,
        proposal.actor,
        proposal.key,
        lambda: tool.run(bench, proposal.arguments),
        watch,
    )
    rows = bench.db.read("SELECT rowid, space FROM held WHERE rowid > ?", (held,))
    if rows:
        whole = scope._replace(filter=(), viewer=bench.viewer)
        if not all(space in (0, scope.number) for _n, space in rows):
            raise GuardError(_("It deletes in another space."), kept=_("Nothing was changed."))
        chosen = [n for n, _space in rows]

        def accept() -> Answer:
            return Answer(str(bench.held.accept(whole, chosen)))

        perform(bench, whole, proposal.actor, proposal.key, accept)
        if watch is not None:
            watch.pass_over()
    return done


def _last_held(bench: Workbench) -> int:
    return int(bench.db.read("SELECT coalesce(max(rowid), 0) FROM held")[0][0])


def one_by_one(
    bench: Workbench, proposals: Iterable[Proposal], watch: Watch
) -> dict[str, tuple[Tool, Rehearsed] | Exception]:
    """What each would do after those before it, by id; or why it could not run.

    Call it in a transaction that is rolled back.
    """
    found: dict[str, tuple[Tool, Rehearsed] | Exception] = {}
    for proposal in proposals:
        try:
            with _savepoint(bench):
                tool = tool_named(bench, proposal.tool)
                checked(bench, proposal, tool, proposal.arguments)
                done = Rehearsed(Answer(""))
                if not tool.outward:
                    done = carry(bench, proposal, tool, watch)
                found[proposal.id] = tool, done
        except TOLD as error:
            found[proposal.id] = error
    return found


@contextmanager
def _savepoint(bench: Workbench) -> Iterator[None]:
    """Take back what a failing call did, and nothing else of the transaction."""
    connection = bench.db.connection()
    connection.execute("SAVEPOINT one_call")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO one_call")
        forget(bench)
        raise
    finally:
        connection.execute("RELEASE one_call")


def carry_waiting(bench: Workbench, run: str, watch: Watch) -> None:
    """Run what waits of a run. In a transaction that is rolled back."""
    waiting = [one for one in of_run(bench, run) if one.state == "pending" and not one.locked]
    one_by_one(bench, waiting, watch)
    watch.pass_over()
