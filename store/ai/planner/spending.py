"""Paying for a model's calls: set aside before each, settled after, counted for the run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from store.ai.planner import prices
from store.ai.runs import budget

if TYPE_CHECKING:
    from store.ai.planner.models import Model
    from store.ai.runs.budget import Reservation, Spender
    from store.workbench import Workbench

ANSWERS = (4_096, 1_024, 256)
"""Tokens that an answer may have, the greatest that the budgets leave room for."""

MOST_TOLD = 10**9
"""Tokens that a server is believed to have used for one answer."""


class Purse:
    """What one run spends on one model; shared by the planner, its helpers and its compactions.

    read, written, micros: what was used so far, in tokens and millionths of a dollar. asked: how
    many calls were answered.
    """

    def __init__(self, bench: Workbench, ref: Spender, model: Model) -> None:
        self._bench = bench
        self._ref = ref
        self.model = model
        self.read = 0
        self.written = 0
        self.micros = 0
        self.asked = 0

    @property
    def tokens(self) -> int:
        """All tokens used."""
        return self.read + self.written

    def open(self, letters: int) -> Payment:
        """Set aside what a call with so many letters may use. Raises BudgetError where even a short
        answer is more than is left, StoppedError where the run has ended."""
        read = prices.guess(letters)
        answers = [most for most in ANSWERS if most <= self.model.window // 4] or [256]
        for most in answers[:-1]:
            with suppress(budget.BudgetError):
                return self._paid(read, most)
        return self._paid(read, answers[-1])

    def _paid(self, read: int, most: int) -> Payment:
        cost = prices.micros(self.model, read, most)
        held = budget.reserve(self._bench, self._ref, self.model.name, read + most, cost)
        return Payment(self, held, read, most)

    def share(self) -> float:
        """How much of this run's tighter limit is used; 0.0 without one."""
        left = budget.left(self._bench, "run", self._ref.id, scope=self._scope())
        return left.share or 0.0

    def _scope(self) -> Any:
        from store.ai.runs import rows

        return self._bench.spaces.scope(rows.space_id(self._bench, self._ref.space))

    def _settle(self, held: Reservation, read: int, written: int) -> None:
        cost = prices.micros(self.model, read, written) or 0
        budget.settle(self._bench, held, read + written, cost)
        self.read += read
        self.written += written
        self.micros += cost


class Payment:
    """What is set aside for one call. most: tokens that its answer may have."""

    def __init__(self, purse: Purse, held: Reservation, read: int, most: int) -> None:
        self._purse = purse
        self._held: Reservation | None = held
        self._read = read
        self.most = most

    def answered(self, read: int, written: int, letters: int) -> None:
        """The call was answered. A server that tells no usage is taken to have used what so many
        letters of an answer are at most."""
        self._purse.asked += 1
        read, written = (min(max(0, tokens), MOST_TOLD) for tokens in (read, written))
        if read + written <= 0:
            read, written = self._read, prices.guess(letters)
        self._close(read, written)

    def refused(self) -> None:
        """The server did not take the call, so it cost nothing."""
        self._close(0, 0)

    def lost(self) -> None:
        """The call broke off: the server read it, and what it wrote nobody knows."""
        self._close(self._read, 0)

    def _close(self, read: int, written: int) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._purse._settle(held, read, written)
