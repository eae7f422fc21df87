"""What takes things away is allowed space by space, by whoever answers for the space."""

from __future__ import annotations

from typing import Any

import pytest

from store.ai.tools.destructive import allow, allowed
from store.errors import GuardError, NotFoundError
from store.workbench import Workbench
from tests.ai.tools.worlds import WIPE, equip


@pytest.fixture
def place(bench: Workbench) -> int:
    equip(bench, WIPE)
    return bench.scope.number


def keep(bench: Workbench, space: str, metadata: Any) -> None:
    with bench.step("x") as step:
        step.update("spaces", space, {"metadata": metadata})


def test_nothing_is_allowed_until_somebody_does_and_undo_takes_it_back(bench, place):
    assert allowed(bench, place) == frozenset()
    assert allow(bench, place, "wipe") == ["wipe"]
    assert allowed(bench, place) == {"wipe"}
    bench.history.undo(bench.scope)
    assert allowed(bench, place) == frozenset()


def test_the_rest_of_what_a_space_keeps_stays(bench, place):
    keep(bench, bench.scope.id, {"theme": "dark", "ai": {"tokensPerDay": 9}})
    allow(bench, place, "wipe")
    allow(bench, place, "wipe", on=False)
    space = bench.spaces.find("personal")
    assert space["metadata"] == {
        "theme": "dark",
        "ai": {"tokensPerDay": 9, "allowDestructive": []},
    }


@pytest.mark.parametrize("name", ["create_task", "nope", ""])
def test_only_a_tool_that_is_destructive_can_be_allowed(bench, place, name):
    with pytest.raises(NotFoundError):
        allow(bench, place, name)


@pytest.mark.parametrize(
    "garbled",
    [None, [], {"ai": 3}, {"ai": {"allowDestructive": "wipe"}}, {"ai": {"allowDestructive": 1}}],
)
def test_a_list_that_nobody_understands_allows_nothing(bench, place, garbled):
    with bench.db.transaction() as connection:
        sealed = bench.vault.seal("core/spaces", bench.scope.id, "metadata", garbled)
        connection.execute(
            "UPDATE spaces SET doc = json_set(doc, '$.metadata', ?) WHERE pk = ?", (sealed, place)
        )
    assert allowed(bench, place) == frozenset()


def test_a_locked_space_allows_nothing(bench, place):
    allow(bench, place, "wipe")
    bench.vault.lock()
    assert allowed(bench, place) == frozenset()


@pytest.mark.parametrize(
    ("role", "may"), [("owner", True), ("admin", True), ("member", False), ("viewer", False)]
)
def test_in_a_shared_space_only_owners_and_admins_allow_and_anybody_takes_away(bench, role, may):
    equip(bench, WIPE)
    scope = bench.spaces.scope(bench.spaces.create("Us", "team"))
    with bench.db.transaction() as connection:
        connection.execute(
            "INSERT INTO memberships (space, state, role) VALUES (?, 'member', ?)",
            (scope.number, role),
        )
    if may:
        assert allow(bench, scope.number, "wipe") == ["wipe"]
    else:
        with pytest.raises(GuardError):
            allow(bench, scope.number, "wipe")
    assert allow(bench, scope.number, "wipe", on=False) == []
