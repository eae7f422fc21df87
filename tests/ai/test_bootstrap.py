"""The agent that every space has: whose ids, names and stamps compatible clients know."""

from __future__ import annotations

import pytest

from store.queries import Query
from store.stamps import EPOCH, Meta

NAMES = {
    "personal": "Mana",
    "family": "Familien-Helfer",
    "team": "Team-Assistent",
    "brand": "Brand-Assistent",
    "club": "Verein-Helfer",
    "practice": "Praxis-Assistent",
}


def only_agent(bench):
    (found,) = bench.documents.page(bench.scope, Query("agents", filters=("all",)))
    return found


@pytest.mark.parametrize("type", NAMES)
def test_its_id_and_name_follow_from_the_space_and_its_stamps_are_older_than_any_choice(
    bench, type
):
    space = bench.scope.id if type == "personal" else bench.spaces.create("Ours", type)
    bench.enter(space)
    agent = only_agent(bench)
    wanted = "legacy:ai-default" if type == "personal" else f"default:{space}"
    assert (agent["id"], agent["name"]) == (wanted, NAMES[type])
    assert (agent["state"], agent["maxConcurrentMissions"]) == ("active", 1)
    (row,) = bench.db.read("SELECT meta FROM agents WHERE id = ?", (wanted,))
    meta = Meta.load(row[0])
    assert {stamp.at for stamp in (meta.default, *meta.own.values())} == {EPOCH}


def test_what_a_person_made_of_it_stays_at_the_next_visit(bench):
    space = bench.scope.id
    with bench.step("rename") as step:
        step.update("agents", "legacy:ai-default", {"name": "Ada", "state": "paused"})
    bench.enter(bench.spaces.create("Ours", "team"))
    bench.enter(space)
    agent = only_agent(bench)
    assert (agent["name"], agent["state"]) == ("Ada", "paused")
