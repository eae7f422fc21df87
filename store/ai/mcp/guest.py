"""One connected program as an agent.

    announced name -> agent (made at the first connection, cautious) -> Calls -> answers

The name is what the program says of itself and proves nothing: a new name is a new agent that may
do little. The first name of a connection holds for all of it. Whoever wants to be sure starts the
server for one agent (``--agent``).
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from store.ai.mcp import lasting
from store.ai.runs.reference import RunRef
from store.ai.tools import reading
from store.ai.tools.calling import Calls, narrowed
from store.ai.tools.catalogue import catalogue
from store.errors import GuardError, LockedError, ManabenchError, NotFoundError
from store.ids import derived, new_id
from store.records import Record
from store.tool import Tool
from store.words import N_, _

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench

PREFIX = "MCP: "
"""What the name of an agent begins with that was made for a program."""

NAMELESS = "unknown"
"""The name of a program that announces none."""

LONGEST_NAME = 60

MOST_CALLS = 500
"""Calls of one connection. Nobody's work needs more, and a program that runs wild ends there."""

MOST_AGENTS = 20
"""Agents that are made for programs in one space: a program that gives itself a new name each time
ends there too."""

RATIONALE = "rationale"
"""A parameter that every tool has which changes something: why, shown to the person who decides."""


class Answer(NamedTuple):
    """What a program is told of its call."""

    said: dict[str, Any]
    failed: bool


class Guest:
    """One connection. Its methods may be called from any thread, one at a time."""

    def __init__(self, bench: Workbench, scope: Scope, agent: str = "") -> None:
        """``agent``: the id of the agent it is, empty to go by the announced name."""
        self._bench = bench
        self._scope = scope
        self._id = agent
        self._calls: Calls | None = None
        self._made = 0
        self._tainted = False
        self._lock = threading.Lock()
        self.announced = ""

    @property
    def run(self) -> str:
        """The id of the run that this connection is; empty before anything was asked."""
        return self._calls.run.id if self._calls else ""

    # What a program asks for --------------------------------------------------------------------

    def tools(self, announced: str = "") -> list[Tool]:
        """The tools offered now: none while its agent may not work.

        Raises LockedError; GuardError, NotFoundError where there can be no such agent.
        """
        with self._lock:
            calls, agent = self._ready(announced)
            return calls.offered() if self._refusal(agent) is None else []

    def call(self, name: str, arguments: Mapping[str, Any], announced: str = "") -> Answer:
        """Make a call through the gate; never raises for what a program or the vault may do.

        Among the arguments may be the rationale of a change (see ``RATIONALE``).
        """
        given = dict(arguments)
        why = given.pop(RATIONALE, "") if takes_rationale(self._bench, name) else ""
        with self._lock:
            try:
                calls, agent = self._ready(announced)
                if (refusal := self._refusal(agent)) is not None:
                    return _refused(refusal)
                if self._made >= MOST_CALLS:
                    return _refused(
                        _("This connection has made {n} calls; connect again to go on.").format(
                            n=MOST_CALLS
                        )
                    )
                self._made += 1
                result = calls.call(name, given, rationale=why if isinstance(why, str) else "")
                self._keep_taint(calls)
            except ManabenchError as error:
                return refused(error)
            return Answer(result.for_model(), result.status in ("denied", "failed"))

    def _keep_taint(self, calls: Calls) -> None:
        """Before the program gets what it read."""
        from store.ai.runs import rows

        if calls.tainted and not self._tainted:
            rows.taint(self._bench, calls.run.id)
            self._tainted = True

    def beat(self) -> None:
        """A sign of life for the run."""
        from store.ai.runs import rows

        if self.run:
            rows.beat(self._bench, self.run)

    def close(self) -> None:
        """End the run. While the vault is locked it is ended by whoever opens it next."""
        from store.ai.runs import rows

        if self.run and self._bench.vault.check_epoch():
            rows.finish(self._bench, self.run)

    # Its agent --------------------------------------------------------------------------------

    def _ready(self, announced: str) -> tuple[Calls, Record]:
        """The gate, and the agent as it is now: a change of its policy counts at once."""
        bench = self._bench
        if not bench.vault.check_epoch() and not bench.vault.unlock_quietly():
            raise LockedError(
                _("The vault is locked."),
                kept=_("Nothing was done."),
                hint=_("Run `manabench unlock` in a terminal; no new connection is needed."),
            )
        agent = self._agent(announced)
        if self._calls is None:
            self._calls = self._begin(agent)
        self._calls.policy = agent.get("policy")
        self._calls.scope = narrowed(self._scope, agent)
        return self._calls, agent

    def _agent(self, announced: str) -> Record:
        if not self._id:
            self._id = self._make(announced)
        try:
            found = self._bench.documents.get(self._scope, "agents", self._id)
        except NotFoundError:
            raise _gone() from None
        if found.get("deletedAt"):
            raise _gone()
        return found

    def _refusal(self, agent: Record) -> str | None:
        """Why the agent may do nothing now; None where it may work."""
        from store.ai.runs import rows
        from store.sync.waiting.authority import may_act

        if agent.get("state") in ("paused", "archived"):
            return _("The agent of this connection is paused or archived.")
        if not may_act(self._bench, "ai", "agents", self._scope.number, self._id):
            return _(
                "The agent of this connection came from elsewhere and waits for a person's look: "
                "`manabench sync instructions list`."
            )
        if rows.cancelled(self._bench, self.run):
            return _("This connection was ended by the person.")
        return None

    def _make(self, announced: str) -> str:
        """The id of the agent of a program that calls itself so; made if it was never there."""
        from store.ai.names import folded

        name = named(announced)
        self.announced = name
        # There is one personal space, and linking it to an account gives it another id.
        space = "personal" if self._scope.type == "personal" else self._scope.id
        id = derived(f"mcp/{space}/{folded(name)}")
        if not self._bench.db.read(
            "SELECT 1 FROM agents WHERE space = ? AND id = ?", (self._scope.number, id)
        ):
            self._insert(id, name)
        return id

    def _insert(self, id: str, name: str) -> None:
        from store.ai.tools.policy import preset
        from store.queries import Query

        known = self._bench.documents.page(self._scope, Query("agents", filters=("all",)), limit=-1)
        if sum(agent.text("name").startswith(PREFIX) for agent in known) >= MOST_AGENTS:
            raise GuardError(
                _("There are {n} agents of programs already.").format(n=MOST_AGENTS),
                kept=_("Nothing was done."),
                hint=_("Delete those nobody needs, or start with --agent NAME."),
            )
        fields = {
            "name": PREFIX + name,
            "avatar": "🔌",
            "role": _("A program that uses the tools of this workbench."),
            "policy": preset("cautious", catalogue(self._bench).values()),
        }
        # The person started this server, so its agent is their own step, and undo takes it away.
        with self._bench.step(N_("connect a program"), scope=self._scope) as step:
            step.insert("agents", fields, id=id)

    def _begin(self, agent: Record) -> Calls:
        from store.ai.runs import rows

        run = RunRef(
            new_id(),
            "",
            "",
            agent["id"],
            agent.text("name"),
            self._scope.number,
            lambda: bool(self.run) and rows.cancelled(self._bench, self.run),
        )
        rows.begin(
            self._bench,
            id=run.id,
            mission="",
            agent=run.agent,
            space=run.space,
            source=lasting.SOURCE,
            agent_name=run.agent_name,
        )
        calls = Calls(self._bench, run, agent, scope=self._scope)
        calls.earlier = lambda: lasting.writes(self._bench, run.agent, run.space)
        calls.tainted = self._tainted = lasting.tainted(self._bench, run.agent, run.space)
        reading.sweep(self._bench)
        return calls


def takes_rationale(bench: Workbench, name: str) -> bool:
    """Whether a call of this tool may say why it is made."""
    tool = catalogue(bench).get(name)
    return tool is not None and gives_rationale(tool)


def gives_rationale(tool: Tool) -> bool:
    """Whether a tool changes something and has no parameter of its own of that name."""
    return not tool.reads and all(param.name != RATIONALE for param in tool.params)


def named(announced: str) -> str:
    """A program's name as it is kept: one short line of letters that can be seen."""
    seen = "".join(
        char if unicodedata.category(char)[0] not in "CZ" else " " for char in announced[:1000]
    )
    return " ".join(seen.split())[:LONGEST_NAME].strip() or NAMELESS


def refused(error: ManabenchError) -> Answer:
    """What a program is told of an error."""
    return _refused(" ".join(filter(None, (error.message, error.kept, error.hint))))


def _refused(message: str) -> Answer:
    return Answer({"success": False, "message": message}, True)


def _gone() -> GuardError:
    return GuardError(
        _("The agent of this connection was deleted."),
        kept=_("Nothing was done."),
        hint=_("Restore it, or start with --agent NAME."),
    )
