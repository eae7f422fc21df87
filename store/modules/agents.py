"""agents: named helpers with a role, instructions, a memory and a policy.

An agent has no right of its own: what it may do is decided call by call from its policy, and every
write of it is attributed, shown and can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from store.collections import VISIBILITY, Collection, clear, local, sealed
from store.errors import InvalidValueError
from store.module import (
    Act,
    Cells,
    Filter,
    FormField,
    Module,
    Seed,
    Sort,
    alphabetical,
    bring_to,
    change_each,
    newest,
)
from store.records import Record
from store.told import counted
from store.words import N_, NN_, _

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

MOST_AT_ONCE = 10
"""Missions that an agent may be set to work on at the same time."""

STATES = ("active", "paused", "archived")

MEMORY_WARN = 4000
"""Characters of memory from which on the screen warns."""

MEMORY_MOST = 8000
"""Characters of memory that a prompt takes; the rest is left out."""

_STATE = "json_extract(doc, '$.state')"
_RANK = (
    f"CASE {_STATE} WHEN 'archived' THEN '2 ' WHEN 'paused' THEN '1 ' ELSE '0 ' END"  # as STATES
)
BY_CREATION = f"{_RANK} || {newest('created_at')}"

AGENTS = Collection(
    "agents",
    "ai-agents",
    "ai",
    "agents",
    {
        "name": local(),
        "avatar": local(),
        "role": local(),
        "systemPrompt": sealed(),
        "memory": sealed(),
        "scopeTagIds": clear("list"),
        "defaultWritingStyleId": clear("id"),
        # Which tools it may use: sealed because nobody but who holds the key may change it.
        "policy": local("object"),
        "model": sealed(),
        "maxTokensPerDay": clear("number"),
        "maxMoneyPerDay": clear("number"),
        "maxConcurrentMissions": clear("number", default=1),
        "state": clear("text", *STATES, default="active"),
        "ownerSeal": clear("text"),
        "visibility": VISIBILITY,
    },
    title="name",
    unkept=("ownerSeal",),
    indexes={"created": BY_CREATION},
)

DOCUMENTS = Collection(
    "agentKontextDocs",
    "ai-agents",
    "ai",
    "agentKontextDocs",
    {"agentId": clear("id"), "content": sealed(), "visibility": VISIBILITY},
    title="",
    large=("content",),
)


def title(record: Record) -> str:
    """The agent's name."""
    return record.text("name") or _("No name")


def state(record: Record) -> str:
    """What the agent may do at all: active, paused or archived."""
    found = record.get("state")
    return found if found in STATES else "active"


def row(record: Record, width: int) -> Cells:
    """``●`` active, ``○`` paused, ``✓`` archived; at the right what the agent is for."""
    glyph = {"active": "●", "paused": "○"}.get(state(record), "✓")
    role = record.text("role") if width >= 60 else ""
    return Cells(glyph, title(record), role if len(role) <= 40 else f"{role[:39]}…")


def group(record: Record) -> str | None:
    """The heading above an agent: its state."""
    return _(_STATE_WORDS[state(record)])


_STATE_WORDS = {"active": N_("Active"), "paused": N_("Paused"), "archived": N_("Archived")}


def quick(text: str) -> Mapping[str, Any]:
    """The fields of an agent typed in one go: the first line is its name, more what it is for."""
    name, _newline, more = text.strip().partition("\n")
    if not name.strip():
        raise InvalidValueError(_("An agent needs a name."), kept=_("Nothing was added."))
    return {"name": name.strip(), "role": " ".join(more.split())}


def writing(
    bench: Workbench, step: Step, id: str, fields: Mapping[str, Any], new: bool
) -> Mapping[str, Any]:
    """What is written of an agent: a name that no other bears and, of a new one, a policy."""
    from store.ai.bootstrap import AVATAR, POLICY
    from store.ai.names import require_free

    _check_limits(fields)
    if new:
        fields = {
            "name": "",
            "avatar": AVATAR,
            "policy": dict(POLICY),
            "maxConcurrentMissions": 1,
            "state": "active",
            **fields,
        }
    if "name" not in fields:
        return fields
    scope = bench.spaces.scope(step.space)
    if not new:
        bench.documents.get(scope, "agents", id)  # what is not here is not there to be named
    return {**fields, "name": require_free(bench, scope, str(fields["name"] or ""), own=id)}


def _check_limits(fields: Mapping[str, Any]) -> None:
    """Raises InvalidValueError for a budget below 0, and for no mission at once or a part of one;
    state ``paused`` is how an agent is kept from working."""
    for name in ("maxTokensPerDay", "maxMoneyPerDay"):
        value = fields.get(name)
        if isinstance(value, int | float) and not 0 <= value < float("inf"):
            raise InvalidValueError(
                _("A budget is a number from 0 on."),
                kept=_("Nothing was changed."),
                hint=_("0 lets it do nothing; empty is no limit."),
            )
    at_once = fields.get("maxConcurrentMissions")
    if at_once is not None and at_once not in range(1, MOST_AT_ONCE + 1):
        raise InvalidValueError(
            _("An agent works on 1 to {most} missions at once.").format(most=MOST_AT_ONCE),
            kept=_("Nothing was changed."),
            hint=_("To keep it from working, pause it."),
        )


def touching(bench: Workbench, step: Step, ids: Sequence[str]) -> None:
    """Note which of them may act, so that they may go on when a person has changed them."""
    from store.sync.waiting.sealing import trust

    trust(bench, step, "agents", ids)


def written(bench: Workbench, step: Step, ids: Sequence[str]) -> None:
    """Keep the owner's seal on what a person has changed."""
    from store.sync.waiting.sealing import heed

    heed(bench, step, "agents", ids)


def seeds(space: str, type: str) -> Sequence[Seed]:
    """The agent that every space has."""
    from store.ai.bootstrap import seeds as of_space

    return of_space(space, type)


def memory_left(text: str) -> tuple[int, bool]:
    """(characters of memory that a prompt would leave out, whether it is time to warn)."""
    return max(len(text) - MEMORY_MOST, 0), len(text) >= MEMORY_WARN


# What is done with agents -----------------------------------------------------------------------


def _into(wanted: str, one: str, many: str) -> Callable[..., str]:
    return bring_to("agents", "state", wanted, one, many, state)


pause = _into("paused", *NN_("{n} agent paused", "{n} agents paused"))
resume = _into("active", *NN_("{n} agent active", "{n} agents active"))
archive = _into("archived", *NN_("{n} agent archived", "{n} agents archived"))


def set_filter(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Let agents see only records with one of these tags, named with ``#`` or without, and those
    without any tag; ``none`` lets them see all. Raises NotFoundError, AmbiguousError."""
    words = [word.lstrip("#") for word in argument.replace(",", " ").split()]
    if [word.casefold() for word in words] in ([], ["none"], ["-"], ["keine"]):
        words = []
    tags = list(dict.fromkeys(str(bench.tags.find(word)["id"]) for word in words)) or None
    return change_each(
        bench,
        "agents",
        ids,
        lambda n: counted("{n} agent filtered", "{n} agents filtered", n),
        lambda agent: {} if (agent.get("scopeTagIds") or None) == tags else {"scopeTagIds": tags},
    )


MODULE = Module(
    id="ai-agents",
    words=N_("Agents"),
    noun=N_("agent"),
    letter="a",
    collections=(AGENTS, DOCUMENTS),
    main="agents",
    row=row,
    group=group,
    quick=quick,
    title=title,
    listed=("name", "role"),
    writing=writing,
    touching=touching,
    written=written,
    seeds=seeds,
    fields=(
        FormField("name", "line", N_("Name")),
        FormField("role", "line", N_("Role")),
        FormField("avatar", "line", N_("Picture")),
        FormField("systemPrompt", "text", N_("Instructions"), option="instructions"),
        FormField("memory", "text", N_("Memory")),
        FormField("model", "line", N_("Model")),
        FormField("maxTokensPerDay", "number", N_("Tokens a day"), option="tokens"),
        FormField("maxMoneyPerDay", "number", N_("Dollars a day"), option="dollars"),
        FormField("maxConcurrentMissions", "number", N_("Missions at once"), option="at-once"),
    ),
    sorts=(
        Sort("created", N_("Newest first"), BY_CREATION),
        Sort("name", N_("Name"), BY_CREATION, key=lambda a: (alphabetical(title(a)), title(a))),
    ),
    filters=(
        Filter("agents", N_("Agents"), f"{BY_CREATION} < '2'"),
        Filter("paused", N_("Paused"), f"{_STATE} = 'paused'"),
        Filter("archived", N_("Archived"), f"{BY_CREATION} >= '2'"),
        Filter("all", N_("All"), ""),
    ),
    acts=(
        Act("pause", N_("Pause"), (), pause, lambda a: state(a) == "active", main=True),
        Act("resume", N_("Resume"), (), resume, lambda a: state(a) != "active", main=True),
        Act("archive", N_("Archive"), ("r",), archive, lambda a: state(a) != "archived"),
        Act("filter", N_("Tag filter"), ("I",), set_filter, argument=N_("tags")),
    ),
    empty=N_("Agents belong here: helpers that work on missions under your hand."),
)
