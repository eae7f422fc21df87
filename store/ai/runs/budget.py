"""What agents may spend: tokens and money, by run, agent and space.

Every call of a model is paid for beforehand: what it may cost at most is reserved in one
transaction together with the look at what is left, so neither two processes nor a restart can get
past a limit. Afterwards the true figure takes its place. The reservation of a process that died
stays: what it used is not known, so it counts as spent. Days are the last 24 hours, not the
calendar's. Money is in millionths of a US dollar.

Limits: of a run in its mission's ``budget`` (tokensPerRun, moneyPerRun), of an agent in
maxTokensPerDay and maxMoneyPerDay, of a space in ``metadata.ai`` (tokensPerDay, moneyPerDay). None
given means none; 0 stops everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from store.ai.runs import process, rows
from store.errors import GuardError, NotFoundError
from store.stamps import instant
from store.words import N_, _

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench

DAY = timedelta(hours=24)
MILLION = 1_000_000
SECONDS = 180
"""How long a run may take, unless its mission says otherwise."""


class BudgetError(GuardError):
    """A budget is used up, or would be by this call. ``whose``: run, agent or space."""

    code = "budget"

    def __init__(self, message: str, *, whose: str = "", **kw: str) -> None:
        super().__init__(message, **kw)
        self.whose = whose


class Reservation(NamedTuple):
    """What was set aside for one call: its row, whose run, how much."""

    n: int
    run: str
    tokens: int
    micros: int


class Left(NamedTuple):
    """What was used and what may be; None where there is no limit."""

    tokens: int
    tokens_most: int | None
    micros: int
    micros_most: int | None

    @property
    def tokens_left(self) -> int | None:
        """Tokens that may still be used, never less than 0."""
        return None if self.tokens_most is None else max(0, self.tokens_most - self.tokens)

    @property
    def micros_left(self) -> int | None:
        """Money that may still be used, never less than 0."""
        return None if self.micros_most is None else max(0, self.micros_most - self.micros)

    @property
    def share(self) -> float | None:
        """How much of the tighter limit is used, from 0.0; None without a limit."""
        pairs = ((self.tokens, self.tokens_most), (self.micros, self.micros_most))
        shares = [used / most if most else 1.0 for used, most in pairs if most is not None]
        return max(shares) if shares else None


class Spender(Protocol):
    """A run as the gate knows it (``reference.RunRef``)."""

    @property
    def id(self) -> str:
        """The run."""

    @property
    def mission(self) -> str:
        """Its mission, "" for none."""

    @property
    def agent(self) -> str:
        """Whose it is."""

    @property
    def space(self) -> int:
        """The row of its space."""


# Spending -----------------------------------------------------------------------------------------


def reserve(
    bench: Workbench, ref: Spender, model: str, tokens: int, micros: int | None
) -> Reservation:
    """Set aside what one call of a model may use at most.

    micros: None where nobody knows what the model costs. Raises BudgetError where it is more than
    any of the limits leaves, or where there is a limit of money and no price; StoppedError where
    the run has ended.
    """
    with bench.db.transaction() as connection:
        rows.require_running(bench, ref.id)
        for whose, found in _all(bench, ref):
            _require(whose, found, tokens, micros)
        cursor = connection.execute(
            "INSERT INTO spending (at, run, agent, mission, space, model, tokens, micros, state, "
            "process) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'reserved', ?)",
            (
                instant(bench.clock()),
                ref.id,
                ref.agent,
                ref.mission,
                ref.space,
                "",  # the name of a model is the person's own word and is kept nowhere in the clear
                tokens,
                micros or 0,
                process.own(),
            ),
        )
        return Reservation(int(cursor.lastrowid or 0), ref.id, tokens, micros or 0)


def settle(bench: Workbench, reservation: Reservation, tokens: int, micros: int) -> None:
    """Put what a call really used in place of what was set aside; a second time changes nothing."""
    with bench.db.transaction() as connection:
        changed = connection.execute(
            "UPDATE spending SET tokens = ?, micros = ?, state = 'settled' "
            "WHERE n = ? AND state = 'reserved'",
            (tokens, micros, reservation.n),
        )
        if changed.rowcount:
            rows.spent(bench, reservation.run, tokens, micros)


def _require(whose: str, found: Left, tokens: int, micros: int | None) -> None:
    kept = _("The call was not made.")
    if found.micros_most is not None and micros is None:
        raise BudgetError(
            _("Nobody knows what this model costs, and there is a limit of money."),
            whose=whose,
            kept=kept,
            hint=_("Say what it costs: manabench model add NAME --price-in X --price-out Y."),
        )
    over_tokens = found.tokens_left is not None and tokens > found.tokens_left
    over_money = found.micros_left is not None and (
        (micros or 0) > found.micros_left or found.micros_most == 0
    )
    if over_tokens or over_money or found.tokens_most == 0:
        raise _used_up(whose, kept)


_WORDS = {
    "run": N_("The budget of this run is used up."),
    "agent": N_("The agent's budget of the last 24 hours is used up."),
    "space": N_("The space's budget of the last 24 hours is used up."),
}


def _used_up(whose: str, kept: str) -> BudgetError:
    return BudgetError(
        _(_WORDS[whose]),
        whose=whose,
        kept=kept,
        hint=_("Raise it, or wait for some hours."),
    )


def spent_out(
    bench: Workbench, scope: Scope, agent: Mapping[str, Any], *, free: bool
) -> BudgetError | None:
    """Why a run need not begin. free: it asks no model, so only a budget of 0 stops it."""
    limits = (
        ("agent", left(bench, "agent", str(agent["id"]), scope=scope)),
        ("space", left(bench, "space", scope=scope)),
    )
    for whose, found in limits:
        nothing = 0 in (found.tokens_most, found.micros_most)
        if nothing or (not free and 0 in (found.tokens_left, found.micros_left)):
            return _used_up(whose, _("Nothing was run."))
    return None


# What is left -------------------------------------------------------------------------------------


def left(bench: Workbench, whose: str, id: str = "", *, scope: Scope | None = None) -> Left:
    """What an ``agent`` (its id), the ``space`` of the scope, or a ``run`` (its id) has used of
    what it may; of a ``mission`` (its id) what its next run may use, and what it used in 24 hours.

    Raises NotFoundError.
    """
    place = scope or bench.scope
    if whose == "space":
        return _of_space(bench, place.number)
    if whose == "agent":
        return _of_agent(bench, place, id)
    if whose == "mission":
        most = _limits(bench, place, "aiMissions", id, "budget")
        used = _used(
            bench, "mission = ? AND space = ? AND at > ?", (id, place.number, _since(bench))
        )
        return Left(used[0], _tokens(most, "tokensPerRun"), used[1], _money(most, "moneyPerRun"))
    run = rows.get(bench, id)
    return _of_run(bench, place, run.id, run.mission)


def _all(bench: Workbench, ref: Spender) -> list[tuple[str, Left]]:
    scope = bench.spaces.scope(rows.space_id(bench, ref.space))
    return [
        ("run", _of_run(bench, scope, ref.id, ref.mission)),
        ("agent", _of_agent(bench, scope, ref.agent)),
        ("space", _of_space(bench, ref.space)),
    ]


def _of_run(bench: Workbench, scope: Scope, run: str, mission: str) -> Left:
    most = _limits(bench, scope, "aiMissions", mission, "budget") if mission else {}
    used = _used(bench, "run = ?", (run,))
    return Left(used[0], _tokens(most, "tokensPerRun"), used[1], _money(most, "moneyPerRun"))


def _of_agent(bench: Workbench, scope: Scope, agent: str) -> Left:
    most = _limits(bench, scope, "agents", agent)
    used = _used(bench, "agent = ? AND space = ? AND at > ?", (agent, scope.number, _since(bench)))
    return Left(used[0], _tokens(most, "maxTokensPerDay"), used[1], _money(most, "maxMoneyPerDay"))


def _of_space(bench: Workbench, number: int) -> Left:
    most: Mapping[str, Any] = {}
    found = bench.db.read('SELECT id FROM "spaces" WHERE pk = ?', (number,))
    if found:
        space = bench.documents.get(bench.user_scope, "spaces", found[0][0])
        metadata = space.get("metadata")
        inner = metadata.get("ai") if isinstance(metadata, Mapping) else None
        most = inner if isinstance(inner, Mapping) else {}
    used = _used(bench, "space = ? AND at > ?", (number, _since(bench)))
    return Left(used[0], _tokens(most, "tokensPerDay"), used[1], _money(most, "moneyPerDay"))


def _limits(
    bench: Workbench, scope: Scope, collection: str, id: str, field: str = ""
) -> Mapping[str, Any]:
    """The record, or one field of it, that holds limits; nothing where it is gone."""
    try:
        record = bench.documents.get(scope.unwatched(), collection, id)
    except NotFoundError:
        return {}
    found = record.get(field) if field else record
    return found if isinstance(found, Mapping) else {}


def seconds(mission: Mapping[str, Any]) -> float:
    """How long a run of a mission may take."""
    budget = mission.get("budget")
    found = budget.get("seconds") if isinstance(budget, Mapping) else None
    if isinstance(found, int | float) and not isinstance(found, bool) and found > 0:
        return float(found)
    return SECONDS


def _since(bench: Workbench) -> str:
    return instant(bench.clock() - DAY)


def _used(bench: Workbench, where: str, values: tuple[Any, ...]) -> tuple[int, int]:
    """Settled and set aside alike: (tokens, micros)."""
    found = bench.db.read(
        f"SELECT coalesce(sum(tokens), 0), coalesce(sum(micros), 0) FROM spending WHERE {where}",
        values,
    )
    return int(found[0][0]), int(found[0][1])


def _tokens(limits: Mapping[str, Any], name: str) -> int | None:
    found = _limit(limits, name)
    return None if found is None else int(found)


def _money(limits: Mapping[str, Any], name: str) -> int | None:
    found = _limit(limits, name)
    return None if found is None else round(found * MILLION)


def _limit(limits: Mapping[str, Any], name: str) -> float | None:
    """A limit as a number; None where none is given. What is no number allows nothing: a limit
    that cannot be read is no permission."""
    found = limits.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or found < 0:
        return 0
    return found
