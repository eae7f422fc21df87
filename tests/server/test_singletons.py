"""What web clients expect to be there is put there once, and never beats what a person wrote."""

from __future__ import annotations

from tests.server.test_orgs import get, join, make

PATH = "/api/v1/me/bootstrap-singletons"
SINCE = "since=2000-01-01T00:00:00Z"


def rows(person, app, collection):
    path = f"/sync/{app}/pull?collection={collection}&{SINCE}"
    return person.get(path, headers=person.bearer()).json()["serverChanges"]


def test_singletons_are_made_once_with_the_oldest_stamps(people):
    ann = people()
    (mine,) = (one["id"] for one in get(ann, "list").json())
    first = ann.post(PATH, headers=ann.bearer()).json()
    assert first == {"ok": True, "bootstrapped": {"userContext": True, "spaces": {mine: True}}}
    again = ann.post(PATH, headers=ann.bearer()).json()
    assert again == {"ok": True, "bootstrapped": {"userContext": False, "spaces": {mine: False}}}
    (context,) = rows(ann, "profile", "userContext")
    assert (context["id"], context["op"], context["origin"]) == ("singleton", "insert", "system")
    assert context["actor"]["principalId"] == "system:bootstrap"
    assert context["data"]["updatedAt"] == "1970-01-01T00:00:00.000Z"
    assert context["data"]["userId"] == ann.id
    assert context["data"]["interview"] == {"answeredIds": [], "skippedIds": []}
    assert "spaceId" not in context
    (document,) = rows(ann, "kontext", "kontextDoc")
    assert (document["spaceId"], document["data"]["content"]) == (mine, "")


def test_what_a_person_wrote_before_is_not_seeded(people):
    ann = people()
    at = {"at": "2026-01-01T00:00:00.000Z"}
    change = {
        "table": "userContext",
        "id": "singleton",
        "op": "update",
        "fields": {"freeform": {"value": "mine", **at}},
    }
    body = {"clientId": "a", "since": "2999-01-01T00:00:00Z", "changes": [change]}
    assert ann.post("/sync/profile", json=body, headers=ann.bearer()).status_code == 200
    told = ann.post(PATH, headers=ann.bearer()).json()["bootstrapped"]
    assert told["userContext"] is False
    assert len(rows(ann, "profile", "userContext")) == 1


def test_a_viewer_seeds_nothing_and_members_of_a_space_seed_it_once(people):
    ann, bob = people(), people()
    space = make(ann)
    join(ann, bob, space, "viewer")
    seeded = bob.post(PATH, headers=bob.bearer()).json()["bootstrapped"]["spaces"]
    assert seeded[space] is False
    assert ann.post(PATH, headers=ann.bearer()).json()["bootstrapped"]["spaces"][space] is True
    again = bob.post(PATH, headers=bob.bearer()).json()["bootstrapped"]["spaces"]
    assert again[space] is False
    assert len([one for one in rows(bob, "kontext", "kontextDoc") if one["spaceId"] == space]) == 1


def test_it_takes_a_token(people):
    assert people().post(PATH).status_code == 401
