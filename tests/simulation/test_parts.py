"""What the simulator is worth: with a part of the program switched off it must fail.

Each trial takes one part away and tells stories until the check that guards it speaks. A check that
no trial can make speak proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from store.being import Being
from store.stamps import micros, next_ms
from store.sync.engine import clientid, rounds
from store.sync.engine.lock import EngineLock
from store.sync.inbox import incoming
from store.sync.outbox.forms import Forms
from store.sync.waiting import authority
from store.sync.waiting.quarantine import Quarantine
from tests.simulation.regressions import told
from tests.simulation.running import Bench

Off = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def nothing(*_args: Any, **_kw: Any) -> None:
    return None


def put(place: Any, name: str, value: Any = nothing) -> Off:
    return lambda patch: patch.setattr(place, name, value)


def one_name_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A restored home goes on under its old client id."""
    taken = clientid.Client.open

    def opened(self: clientid.Client) -> str:
        kept = clientid._kept(self._bench)
        if not kept:
            return taken(self)
        self.id, self._counter = str(kept["id"]), int(kept["counter"])
        return self.id

    patch.setattr(clientid.Client, "open", opened)


def seeds_count_as_chosen(patch: pytest.MonkeyPatch) -> None:
    """What nobody chose comes in as if it were the newest."""
    field = Being._field

    def newest(self: Being, name: str, value: Any, at: str, arrived: Any) -> None:
        stamp = self.meta.of(name, name in self.doc)
        field(self, name, value, next_ms(stamp.at) if stamp and not micros(at) else at, arrived)

    patch.setattr(Being, "_field", newest)


def what_is_missing_is_deleted(patch: pytest.MonkeyPatch) -> None:
    """What a pull does not bring is taken for deleted."""
    pull = rounds.Rounds.pull

    def pulled(self: rounds.Rounds, app: str, collection: str, **kw: Any) -> Any:
        got = pull(self, app, collection, **kw)
        bench = self._bench
        for number, space, id in bench.db.read(
            "SELECT t.space, s.id, t.id FROM notes t JOIN spaces s ON s.pk = t.space "
            "WHERE t.deleted_at IS NULL AND t.dirty IS NULL LIMIT 1"
        ):
            with (
                bench.step("pull", scope=bench.user_scope, confirmed=True) as step,
                step.into(number, space),
            ):
                step.remove("notes", id)
        return got

    patch.setattr(rounds.Rounds, "pull", pulled)


def as_at_rest(patch: pytest.MonkeyPatch) -> None:
    """Values go out under a key that nobody else has."""
    make = Forms.__init__

    def made(self: Forms, bench: Any) -> None:
        make(self, bench)
        self.move = lambda _place, _id, _name, value: value

    patch.setattr(Forms, "__init__", made)


TRIALS: dict[str, tuple[Off, str, str]] = {
    "a new client id after a restore": (
        one_name_for_ever,
        "a home in use is put back after its owner sent more",
        "replicas differ",
    ),
    "the fence": (
        put(EngineLock, "check"),
        "somebody types while a push is under way",
        "AssertionError",
    ),
    "the archive of conflicts": (
        put(incoming._Receiver, "_clashes"),
        "two devices type into the same fields apart",
        "a loser without a conflict",
    ),
    "the repair of what is older": (
        put(incoming._Receiver, "_mend"),
        "a browser with a slow clock writes behind what it has seen",
        "browser differs",
    ),
    "the repair of what is as old": (
        put(incoming._Receiver, "_mend"),
        "a browser writes twice in one millisecond",
        "browser differs",
    ),
    "the answer behind a deletion": (
        put(Being, "entomb"),
        "a browser that forgot a deletion hears of it behind a late edit",
        "browser differs",
    ),
    "a time behind that of the record": (
        put(Being, "_is_behind", lambda *_: False),
        "a field is older than the record that another device made",
        "browser differs",
    ),
    "history": (
        put(Being, "_remember"),
        "two devices type into the same fields apart",
        "a value was lost",
    ),
    "the rank of what was chosen": (
        seeds_count_as_chosen,
        "two devices choose their scenes after each was seeded",
        "a seed over a choice",
    ),
    "the word of somebody for every deletion": (
        what_is_missing_is_deleted,
        "a 500 that passed is not held against a record",
        "deleted by nobody",
    ),
    "quarantine": (
        put(Quarantine, "add"),
        "rows of strangers come under the ids of ours",
        "replicas differ",
    ),
    "the look at what acts": (
        put(authority, "_why_not"),
        "what acts by itself is planted",
        "acts unseen",
    ),
    "the seal of a new record": (
        put(Forms, "seals", lambda *_: False),
        "a backup is put back after its owner sent more",
        "readable on the wire",
    ),
    "the account's key": (
        as_at_rest,
        "a backup is put back after its owner sent more",
        "sealed under a key of the home's own",
    ),
}


@pytest.mark.parametrize("part", TRIALS)
def test_without_a_part_the_simulator_fails(bench, monkeypatch, part):
    off, story, wanted = TRIALS[part]
    off(monkeypatch)
    failures = []
    for plan in told(story):
        failures.append(bench.run(plan).failure)
        if wanted in failures[-1]:
            return
    pytest.fail(f"without {part} {story!r} ends with {failures}")
