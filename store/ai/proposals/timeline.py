"""What agents did, by day and run, and what they read.

Acts come from the steps that agents left in the history of this device, gathered by run together
with what is known of the run itself. Of a run on another device its mission tells. Little is opened
but what the runs are called, so a locked vault hides little more than names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store import when
from store.ai.actors import Author, authors
from store.errors import ModuleNotInSpaceError, NotFoundError
from store.queries import Query
from store.records import Masked, dumps
from store.scope import Scope
from store.stamps import EPOCH, UNTRUSTED, instant, micros
from store.told import english, retold

if TYPE_CHECKING:
    from store.ai.runs.rows import Run
    from store.workbench import Workbench


MISSIONS, MODULE = "aiMissions", "ai-missions"


class Act(NamedTuple):
    """One step of an agent. n: its row, 0 for a call on another device. number: of the call in its
    run, -1 where it is not known. modules: how many records it changed, by module; of another
    device only that it did. reverted: it was taken back."""

    n: int
    number: int
    at: str
    label: str
    modules: Mapping[str, int]
    reverted: bool
    kept: str = ""

    @property
    def words(self) -> str:
        """What it was, in the person's language; ``label`` says it in English."""
        return retold(self.kept or self.label)

    @property
    def records(self) -> int:
        """How many records it changed."""
        return sum(self.modules.values())


class Bucket(NamedTuple):
    """One run: its acts, oldest first. day: the local day it began on. label: what the mission is
    called. state: the run's, "" where it is not kept. staged, rejected: its proposals that wait and
    that were turned down. reads: how many records it read. reverted: all that it did here was taken
    back."""

    day: str
    mission: str
    iteration: str
    agent: str
    agent_name: str
    began: str
    label: str
    steps: tuple[Act, ...]
    reverted: bool
    space: int = 0
    state: str = ""
    staged: int = 0
    rejected: int = 0
    reads: int = 0

    @property
    def records(self) -> int:
        """How many records it changed."""
        return sum(act.records for act in self.steps)


class Access(NamedTuple):
    """A record that an agent read, when and by which tool. title: what it is called now, "" where
    it is gone or out of reach, a Masked where it is sealed."""

    n: int
    at: str
    run: str
    agent: str
    mission: str
    space: int
    tool: str
    collection: str
    record: str
    title: Any = ""


def acts(
    bench: Workbench,
    scope: Scope | None = None,
    *,
    mission: str = "",
    agent: str = "",
    module: str = "",
    since: str = "",
    limit: int = 500,
) -> list[Bucket]:
    """What agents did, the newest run first.

    scope: only this space. since: an instant or a day. limit: how many steps, and how many runs.
    """
    since = _instant(since)
    found: dict[tuple[str, str], _Gathered] = {}
    for row in _steps(bench, scope, mission, agent, since, limit):
        n, space, label, at, actor, target, undone = row
        who = orjson.loads(actor)
        key = (who.get("missionId", ""), who.get("iterationId", ""))
        gathered = found.setdefault(key, _Gathered(space, who["principalId"], who["displayName"]))
        number = target if target is not None else -1
        gathered.acts.append(Act(n, number, at, english(label), {}, bool(undone), label))
    _count_records(bench, found.values())
    _add_runs(bench, found, scope, mission, agent, since, limit)
    _add_elsewhere(bench, found, scope, mission, agent, since)
    if module:
        for gathered in found.values():
            gathered.acts = [act for act in gathered.acts if module in act.modules]
        found = {key: one for key, one in found.items() if one.acts}
    _add_counts(bench, found)
    buckets = [_bucket(key, gathered) for key, gathered in found.items()]
    return sorted(buckets, key=lambda one: (one.began, one.iteration), reverse=True)


class _Gathered:
    """A run while its parts are brought together."""

    def __init__(self, space: int, agent: str, name: str) -> None:
        self.space = space
        self.agent = agent
        self.name = name
        self.acts: list[Act] = []
        self.began = ""
        self.label = ""
        self.state = ""
        self.staged = self.rejected = self.reads = 0


def _instant(since: str) -> str:
    """A day as the instant at which it begins here."""
    if len(since) != 10:
        return since or EPOCH
    return instant(datetime.fromisoformat(since).replace(tzinfo=when.HERE))


def _steps(
    bench: Workbench, scope: Scope | None, mission: str, agent: str, since: str, limit: int
) -> list[Any]:
    """The newest steps of agents; the last column says whether the revert that took one back
    stands."""
    where = ["s.kind = 'agent'", "s.at >= :since"]
    if scope is not None:
        where.append("s.space = :space")
    if mission:
        where.append("json_extract(a.json, '$.missionId') = :mission")
    if agent:
        where.append("json_extract(a.json, '$.principalId') = :agent")
    return bench.db.read(
        "SELECT s.n, s.space, s.label, s.at, a.json, s.target, s.undone > 0 AND NOT EXISTS "
        "(SELECT 1 FROM steps r WHERE r.n = s.undone AND r.undone > 0) "
        "FROM steps s JOIN actors a ON a.n = s.actor "
        f"WHERE {' AND '.join(where)} ORDER BY s.n DESC LIMIT :limit",
        {
            "since": since,
            "space": scope.number if scope else 0,
            "mission": mission,
            "agent": agent,
            "limit": limit,
        },
    )


def _count_records(bench: Workbench, found: Iterable[_Gathered]) -> None:
    modules: dict[int, dict[str, int]] = {}
    steps = [act.n for gathered in found for act in gathered.acts]
    for step, collection, count in bench.db.read(
        "SELECT step, collection, count(DISTINCT record) FROM history "
        "WHERE step IN (SELECT value FROM json_each(?)) GROUP BY step, collection",
        (dumps(steps),),
    ):
        if collection not in bench.registry:
            continue
        declared = bench.registry[collection]
        if declared.junction_of is None:
            counted = modules.setdefault(step, {})
            counted[declared.module] = counted.get(declared.module, 0) + count
    for gathered in found:
        gathered.acts = [act._replace(modules=modules.get(act.n, {})) for act in gathered.acts]
        gathered.acts.reverse()


def _add_runs(
    bench: Workbench,
    found: dict[tuple[str, str], _Gathered],
    scope: Scope | None,
    mission: str,
    agent: str,
    since: str,
    limit: int,
) -> None:
    """What the runs themselves say, also of those that changed nothing."""
    from store.ai.runs import rows

    wanted = bench.db.read(
        "SELECT id FROM runs WHERE began >= ? AND (? IS NULL OR space = ?) "
        "AND (? = '' OR mission = ?) AND (? = '' OR agent = ?) ORDER BY n DESC LIMIT ?",
        (since, *[scope and scope.number] * 2, mission, mission, agent, agent, limit),
    )
    known = {id for (id,) in wanted} | {iteration for _mission, iteration in found}
    for run in rows.several(bench, known):
        one = _Gathered(run.space, run.agent, run.agent_name)
        gathered = found.setdefault((run.mission, run.id), one)
        gathered.began, gathered.label, gathered.state = run.began, run.mission_title, run.state


def _add_elsewhere(
    bench: Workbench,
    found: dict[tuple[str, str], _Gathered],
    scope: Scope | None,
    mission: str,
    agent: str,
    since: str,
) -> None:
    """Runs on other devices, as the records of their missions tell of them."""
    from store.ai.runs import iterations
    from store.ai.tools.catalogue import catalogue

    writing = {name: tool for name, tool in catalogue(bench).items() if not tool.reads}
    known = authors(bench)
    for place in [scope] if scope is not None else _places(bench):
        if not place.allows(MODULE):
            continue
        for record in bench.documents.page(place, Query(MISSIONS), limit=-1):
            if mission not in ("", record["id"]):
                continue
            whole = bench.documents.get(place, MISSIONS, record["id"])
            for run in iterations.runs_of(bench, whole):
                if run.n or (run.mission, run.id) in found or run.began < since:
                    continue
                who, name, back = _who(bench, place, run, known)
                if agent not in ("", who):
                    continue
                gathered = _Gathered(place.number, who, name)
                gathered.began, gathered.state = run.began, run.state
                gathered.label = bench.documents.title(MISSIONS, record)
                gathered.acts = [
                    Act(0, step.number, run.began, step.summary or step.tool, modules, back)
                    for step in run.steps
                    if step.status == "approved" and step.tool in writing
                    for modules in ({writing[step.tool].module: 1},)
                ]
                found[run.mission, run.id] = gathered


def _places(bench: Workbench) -> list[Scope]:
    return [bench.spaces.scope(space["id"]) for space in bench.spaces.list()]


def _who(
    bench: Workbench, scope: Scope, run: Run, authors: Mapping[tuple[str, str], Author]
) -> Author:
    """Who wrote in a run; of one that wrote nothing here, whose it is."""
    if (known := authors.get((run.mission, run.id))) is not None:
        return known
    try:
        name = bench.documents.get(scope, "agents", run.agent).text("name")
    except NotFoundError:
        name = ""
    return Author(run.agent, name, False)


def _add_counts(bench: Workbench, found: dict[tuple[str, str], _Gathered]) -> None:
    runs = {iteration: gathered for (_mission, iteration), gathered in found.items()}
    those = (dumps(list(runs)),)
    for run, state, count in bench.db.read(
        "SELECT run, state, count(*) FROM proposals "
        "WHERE run IN (SELECT value FROM json_each(?)) GROUP BY run, state",
        those,
    ):
        if state == "pending":
            runs[run].staged = count
        elif state == "rejected":
            runs[run].rejected = count
    for run, count in bench.db.read(
        "SELECT run, count(*) FROM (SELECT DISTINCT run, collection, record FROM reads "
        "WHERE run IN (SELECT value FROM json_each(?))) GROUP BY run",
        those,
    ):
        runs[run].reads = count


def _bucket(key: tuple[str, str], gathered: _Gathered) -> Bucket:
    mission, iteration = key
    began = gathered.began or (gathered.acts[0].at if gathered.acts else EPOCH)
    at = (
        datetime.fromisoformat(began)
        if micros(began) != UNTRUSTED
        else datetime.fromtimestamp(0, UTC)
    )
    day = when.local(at).date().isoformat()
    return Bucket(
        day=day,
        mission=mission,
        iteration=iteration,
        agent=gathered.agent,
        agent_name=gathered.name,
        began=began,
        label=gathered.label,
        steps=tuple(gathered.acts),
        reverted=bool(gathered.acts) and all(act.reverted for act in gathered.acts),
        space=gathered.space,
        state=gathered.state,
        staged=gathered.staged,
        rejected=gathered.rejected,
        reads=gathered.reads,
    )


# Data access ----------------------------------------------------------------------------------


def accesses(
    bench: Workbench,
    scope: Scope | None = None,
    *,
    mission: str = "",
    agent: str = "",
    module: str = "",
    run: str = "",
    since: str = "",
    limit: int = 500,
) -> list[Access]:
    """What agents read, newest first; of one space, or of all."""
    names = [c.name for c in bench.registry if module in ("", c.module)]
    rows = bench.db.read(
        "SELECT n, at, run, agent, mission, space, tool, collection, record FROM reads "
        "WHERE (:space IS NULL OR space = :space) AND (:mission = '' OR mission = :mission) "
        "AND (:agent = '' OR agent = :agent) AND (:run = '' OR run = :run) AND at >= :since "
        "AND (:all OR collection IN (SELECT value FROM json_each(:names))) "
        "ORDER BY n DESC LIMIT :limit",
        {
            "space": scope.number if scope else None,
            "mission": mission,
            "agent": agent,
            "run": run,
            "since": _instant(since),
            "all": not module,
            "names": dumps(names),
            "limit": limit,
        },
    )
    found = [Access(*row) for row in rows]
    titles = _titles(bench, found)
    return [
        one._replace(title=titles.get((one.space, one.collection, one.record), "")) for one in found
    ]


def _titles(bench: Workbench, found: Iterable[Access]) -> dict[tuple[int, str, str], Any]:
    """What the records are called now."""
    groups: dict[tuple[int, str], set[str]] = {}
    for one in found:
        groups.setdefault((one.space, one.collection), set()).add(one.record)
    spaces = dict(bench.db.read('SELECT pk, id FROM "spaces"'))
    titles: dict[tuple[int, str, str], Any] = {}
    for (space, name), ids in groups.items():
        if name not in bench.registry:
            continue
        try:
            scope = bench.spaces.scope(spaces.get(space, ""))
            if bench.registry[name].level == "user":
                scope = bench.user_scope
            keys = [
                key
                for (key,) in bench.db.read(
                    f'SELECT pk FROM "{name}" WHERE space = ? '
                    "AND id IN (SELECT value FROM json_each(?))",
                    (scope.number, dumps(sorted(ids))),
                )
            ]
            for record in bench.documents.by_keys(scope, name, keys):
                sealed = record.get(bench.registry[name].title)
                title = bench.documents.title(name, record)
                titles[space, name, record["id"]] = sealed if isinstance(sealed, Masked) else title
        except (NotFoundError, ModuleNotInSpaceError):
            continue
    return titles
