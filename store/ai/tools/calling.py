"""The one gate: planner, scripts and tool clients act only through ``Calls``.

    stopped? -> known and offered? -> validate -> guardrails -> policy -> read, write or propose

Whatever a model asks for, ``call`` answers with a ``Result`` and raises nothing: a wrong call is a
result like any other, and the model may try again. What is written is written in one transaction
with the step of the run that tells of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.ai.runs.reference import RunRef
from store.ai.tools import guardrails, reading
from store.ai.tools.catalogue import available, catalogue, validate
from store.ai.tools.destructive import allowed
from store.ai.tools.policy import Decision, decide, effective
from store.ai.tools.reading import Seen
from store.errors import ManabenchError, NotFoundError
from store.records import Record, wire_form
from store.scope import Scope
from store.stamps import canonical
from store.tool import Answer, Tool
from store.words import _

if TYPE_CHECKING:
    from store.stamps import Actor
    from store.workbench import Workbench

Status = Literal["done", "proposed", "denied", "failed"]

SUMMARY = 300
"""Characters that the step of a run keeps of what a call answered."""

NAME = 100
"""Characters that it keeps of a tool's name, which may be anything that a model made up."""

RATIONALE = 2_000
"""Characters that are kept of why a call is made."""


class Result(NamedTuple):
    """What came of a call. proposal: its id if it waits for a look. step: its number in the run,
    -1 where none was noted."""

    status: Status
    message: str
    data: Any = None
    proposal: str = ""
    step: int = -1

    def for_model(self) -> dict[str, Any]:
        """As a model gets it: ``{success, message, data?}``, with the texts that nobody here wrote
        behind fences."""
        said: dict[str, Any] = {
            "success": self.status in ("done", "proposed"),
            "message": reading.disarmed(self.message),
        }
        if self.data is not None:
            said["data"] = reading.fenced(self.data)
        return said


class _RefusedError(Exception):
    """A call that goes no further. Never leaves this file."""

    def __init__(self, message: str, status: Status = "failed") -> None:
        super().__init__()
        self.message = message
        self.status = status


class Calls:
    """One agent in one run.

    scope: the space it works in; it is narrowed here to what the agent may see, whoever made it.
    tainted: the run has read text that nobody here wrote. writes: how many of its calls changed
    something or would. earlier: how many changes of the last hour count, of a program that connects
    again and again. Reads may come from several threads at once; the rest waits its turn.
    """

    def __init__(
        self, bench: Workbench, run: RunRef, agent: Mapping[str, Any], *, scope: Scope
    ) -> None:
        self._bench = bench
        self.run = run
        self._home = scope.unwatched()
        self._known_as = _acting_parts(agent)
        self.policy = agent.get("policy")
        self.scope = narrowed(scope, agent)
        self.tainted = False
        self.writes = 0
        self.earlier: Callable[[], int] = lambda: 0
        self._rate = guardrails.Rate()
        self._destroyed: set[bytes] = set()
        self._logged: set[reading.Read] = set()
        self._coming: dict[str, str] = {}
        self._lock = threading.RLock()

    # What there is --------------------------------------------------------------------------

    def tools(self) -> dict[str, Tool]:
        """The tools that this agent may call here, by name: the denied ones are left out."""
        allow = allowed(self._bench, self.scope.number)
        return {
            name: tool
            for name, tool in available(self._bench, self.scope).items()
            if decide(self.policy, tool) != "deny" and (not tool.destructive or name in allow)
        }

    def offered(self) -> list[Tool]:
        """What a model is told of, in the order of the catalogue."""
        return list(self.tools().values())

    # Calling --------------------------------------------------------------------------------

    def call(
        self, name: object, arguments: object, *, rationale: str = "", propose: bool = False
    ) -> Result:
        """Do what was asked for, or say why not. propose: only ever propose it, whatever the policy
        allows. Raises what no model can cause: a run that ended meanwhile, a locked vault, a full
        disk."""
        known, called = _plain(arguments), _name(name)
        rationale = str(_plain(rationale) or "")[:RATIONALE]
        if self.run.cancelled():
            return Result("failed", _("The run was stopped."))
        try:
            self._heed()
            tool = self._known(called)
            with nullcontext() if tool.reads else self._lock:
                return self._checked(tool, arguments, rationale, propose)
        except _RefusedError as refused:
            return self._noted(called, known, refused.status, refused.message)
        except ManabenchError as error:
            if _is_ours(error):
                raise
            return self._noted(called, known, "failed", _sentences(error))

    def _heed(self) -> None:
        """Take in what the person changed of the agent since the run began: a pause, a tool denied
        or a filter set meanwhile counts from the next call."""
        try:
            agent = self._bench.documents.get(self._home, "agents", self.run.agent)
        except NotFoundError:
            return
        parts = _acting_parts(agent)
        if parts == self._known_as:
            return
        from store.sync.waiting.authority import may_act

        if agent.get("deletedAt") or (agent.get("state") or "active") != "active":
            raise _RefusedError(_("The agent was paused, archived or deleted meanwhile."), "denied")
        if not may_act(self._bench, "ai", "agents", self._home.number, self.run.agent):
            words = _("The agent was changed elsewhere meanwhile and waits for a look.")
            raise _RefusedError(words, "denied")
        self.policy, self._known_as = agent.get("policy"), parts
        self.scope = narrowed(self._home, agent)

    def _known(self, name: str) -> Tool:
        tool = available(self._bench, self.scope).get(name)
        if tool is None:
            if name in catalogue(self._bench):
                words = _("{tool} is not available in this space.")
                raise _RefusedError(words.format(tool=name), "denied")
            words = _("There is no such tool; use only those that are offered.")
            raise _RefusedError(words)
        if decide(self.policy, tool) == "deny":
            raise _RefusedError(_denied(tool), "denied")
        verdict = guardrails.destructive(tool, allowed(self._bench, self.scope.number))
        if not verdict.ok:
            raise _RefusedError(verdict.reason, "denied")
        return tool

    def _checked(self, tool: Tool, arguments: object, rationale: str, propose: bool) -> Result:
        given = validate(tool, arguments)
        self._guard(guardrails.size(given))
        self._guard(guardrails.required(tool, given))
        self._guard(guardrails.repeated(tool, given, frozenset(self._destroyed)))
        with self._lock:
            self._guard(self._rate.take(tool))
        given = self._visible(tool, given)
        flags = guardrails.flags([given, rationale])
        if self.tainted:
            flags = (*flags, guardrails.TAINTED)
        decision = effective(self.policy, tool, tainted=self.tainted)
        if decision == "deny":
            raise _RefusedError(_denied(tool), "denied")
        if tool.reads and self._awaited(given):
            words = _("That record is not there yet: making it waits for the person's approval.")
            raise _RefusedError(words)
        if not tool.reads and (propose or self._awaited(given)):
            decision = "propose"
        if tool.reads and decision == "auto":
            return self._read(tool, given)
        self._guard(guardrails.writes(self.writes))
        return self._changed(tool, given, decision, rationale, flags)

    @staticmethod
    def _guard(verdict: guardrails.Verdict) -> None:
        if not verdict.ok:
            raise _RefusedError(verdict.reason)

    def _visible(self, tool: Tool, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments with their ids whole; each names a live record that the agent may see.
        Raises NotFoundError."""
        whole = dict(given)
        for param in tool.params:
            if param.kind == "id" and param.collection and (id := given.get(param.name)):
                if id in self._awaited(id) and self._coming[id] == param.collection:
                    continue
                whole[param.name] = self._one(param.collection, id)["id"]
        return whole

    def _awaited(self, given: Any) -> set[str]:
        """The ids among these arguments of records that calls of this run would make and that are
        not there yet. What goes on from them can only be proposed, after what makes them."""
        named = {text for text in guardrails.texts(given) if text in self._coming}
        return {
            id
            for id in named
            if not self._bench.db.read(f'SELECT 1 FROM "{self._coming[id]}" WHERE id = ?', (id,))
        }

    def _one(self, collection: str, id: str) -> Record:
        found = self._bench.documents.get(self.scope, collection, id)
        if found.get("deletedAt"):
            raise NotFoundError(
                _("No such record: {id}.").format(id=id[:8]), kept=_("Nothing was changed.")
            )
        return found

    # Reading --------------------------------------------------------------------------------

    @contextmanager
    def reading(self, tool: str) -> Iterator[Seen]:
        """Read as the agent: inside, ``bench.scope`` is the agent's. What was read there is then
        written to the access log under the name ``tool``, and counts for trust."""
        with self._watched() as seen:
            yield seen
        with self._lock:
            reading.log(self._bench, self.run, tool, seen, self._logged)

    @contextmanager
    def _watched(self) -> Iterator[Seen]:
        seen = Seen()
        with self._bench.within(self.scope._replace(watch=seen)):
            yield seen
        seen.strange = reading.untrusted(self._bench, self.scope, seen)
        if seen.strange:
            self.tainted = True

    def _read(self, tool: Tool, given: dict[str, Any]) -> Result:
        with self._watched() as seen:
            answer = tool.run(self._bench, given)
        strange = seen.strange
        if guardrails.flags(answer.data):
            # Orders in a text that the person wrote may be quoted: it is data all the same.
            self.tainted = True
            strange = strange or set(seen.records.values())
        said = str(answer.message)
        with self._lock, self._bench.db.transaction(durable=False):
            reading.log(self._bench, self.run, tool.name, seen, self._logged)
            step = self._step(tool.name, given, "approved", said)
        return Result("done", said, reading.mark(answer.data, strange), step=step)

    # Writing --------------------------------------------------------------------------------

    def _changed(
        self,
        tool: Tool,
        given: dict[str, Any],
        decision: Decision,
        rationale: str,
        flags: tuple[str, ...],
    ) -> Result:
        from store.ai.runs import rows

        number = rows.next_step(self._bench, self.run.id)
        if decision == "propose":
            result = self._proposed(tool, given, number, rationale, flags)
        else:
            result = self._written(tool, given, number, flags)
        if result.proposal or decision != "propose":
            self.writes += 1
            if tool.destructive:
                self._destroyed.add(guardrails.fingerprint(tool, given))
        return result

    def _written(
        self, tool: Tool, given: dict[str, Any], number: int, flags: tuple[str, ...]
    ) -> Result:
        """Run it for good, in one transaction with the run's step. What looks like an order, after
        text that nobody here wrote was read, is said with the step: nobody looked at it before."""
        from store.ai.proposals.rehearsing import forget, perform
        from store.ai.runs import rows

        try:
            with self._keeping():
                rows.require_running(self._bench, self.run.id)
                answer = perform(
                    self._bench, self.scope, self.actor, self._key(number), self._run(tool, given)
                )
                said = answer.message
                if {guardrails.INJECTION, guardrails.TAINTED} <= set(flags):
                    said += " " + _("Its input looks like an order to a machine.")
                step = self._step(tool.name, given, "approved", said)
        except BaseException:
            forget(self._bench)
            raise
        return Result("done", said, answer.data, step=step)

    def _proposed(
        self, tool: Tool, given: dict[str, Any], number: int, rationale: str, flags: tuple[str, ...]
    ) -> Result:
        """Rehearse it and keep it for a person's look. What would change nothing needs none."""
        from store.ai.proposals.rehearsing import Rehearsed, rehearse
        from store.ai.proposals.staging import stage

        rehearsed = Rehearsed(Answer(""))
        if not tool.outward:
            rehearsed = rehearse(
                self._bench, self.scope, self.actor, self._key(number), self._run(tool, given)
            )
            if not rehearsed.changes:
                step = self._step(tool.name, given, "approved", rehearsed.answer.message)
                said = _("It would change nothing: {what}").format(what=rehearsed.answer.message)
                return Result("done", said, step=step)
        with self._keeping():
            proposal = stage(
                self._bench, self.run, number, tool, given, rationale, flags, self.scope, rehearsed
            )
            said = _("Proposed; it waits for the person's approval and is not done yet.")
            step = self._step(
                tool.name, given, "staged", rehearsed.answer.message or said, proposal.id
            )
        data = {"proposal": proposal.id}
        made = {one.id: one.collection for one in rehearsed.changes if one.kind == "new"}
        self._coming |= made
        answered = rehearsed.answer.data
        if isinstance(answered, dict) and answered.get("id") in made:
            data["id"] = answered["id"]  # the one that it will have: it follows from run and step
        return Result("proposed", said, data, proposal.id, step)

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        """The transaction of a change. Counted inside it, so that of two connections which change
        something at the same moment the later one sees the other's."""
        with self._bench.db.transaction():
            self._guard(guardrails.hourly(self.earlier()))
            yield

    def _run(self, tool: Tool, given: Mapping[str, Any]) -> Callable[[], Answer]:
        return lambda: tool.run(self._bench, given)

    @property
    def actor(self) -> Actor:
        """As whom this run writes."""
        from store.ai.proposals.staging import actor_of

        return actor_of(self.run.agent, self.run.agent_name, self.run.mission, self.run.id)

    def _key(self, number: int) -> str:
        return f"{self.run.id}-{number}"

    # The run's steps ------------------------------------------------------------------------

    def _noted(self, name: str, params: Any, status: Status, message: str) -> Result:
        given = params if isinstance(params, dict) else {}
        kept = given if guardrails.size(given).ok else {}
        step = self._step(name[:NAME], kept, "failed", message)
        return Result(status, message, step=step)

    def _step(
        self, tool: str, params: Mapping[str, Any], status: str, said: str, proposal: str = ""
    ) -> int:
        from store.ai.runs import rows

        with self._lock:  # so that a write knows its number before it is noted
            return rows.add_step(
                self._bench, self.run.id, tool, params, status, said[:SUMMARY], proposal
            )


def _acting_parts(agent: Mapping[str, Any]) -> bytes:
    """What decides on an agent's calls, to be compared."""
    names = ("policy", "scopeTagIds", "state", "deletedAt")
    return canonical([_plain(agent.get(name)) for name in names])


def narrowed(scope: Scope, agent: Mapping[str, Any]) -> Scope:
    """``scope`` as an agent sees it: by its tag filter, and without anybody's private records in a
    space that is shared. A filter that is no list of tags lets only untagged records through."""
    tags = agent.get("scopeTagIds")
    if tags is None or tags == []:
        wanted: tuple[str, ...] = ()
    elif isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        wanted = tuple(tags)
    else:
        wanted = ("",)
    viewer = scope.viewer if scope.type == "personal" else 0
    return scope._replace(filter=wanted, viewer=viewer, watch=None)


def _name(value: object) -> str:
    """A tool's name as text; what is no text names no tool."""
    return str(_plain(value)) if isinstance(value, str) else ""


def _plain(value: object) -> Any:
    """``value`` as it can be kept, None where it cannot."""
    try:
        return wire_form(value)
    except (ManabenchError, RecursionError):
        return None


def _is_ours(error: ManabenchError) -> bool:
    """Whether an error is nothing that another call could mend."""
    return error.code in ("stopped", "locked", "storage", "newer_schema")


def _denied(tool: Tool) -> str:
    return _("{tool} is not allowed to this agent.").format(tool=tool.name)


def _sentences(error: ManabenchError) -> str:
    return " ".join(filter(None, (error.message, error.kept, error.hint)))
