"""A device that syncs with a real server: the raw wire, without the project's own client."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from tests.server.running import Person

EPOCH = "1970-01-01T00:00:00Z"
FAR = "2999-01-01T00:00:00Z"


class Device:
    """One client id of one person. Reads are strict: from the last cursor, never overlapping."""

    def __init__(self, person: Person, client: str, app: str = "todo") -> None:
        self.person = person
        self.client = client
        self.app = app
        self.headers = person.bearer() | {"X-Client-Id": client}
        self.since: dict[str, str] = {}

    def send(self, body: Any, **headers: str) -> httpx2.Response:
        """Push a body as it is."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.person.post(
            f"/sync/{self.app}", content=content, headers=self.headers | headers
        )

    def push(self, *changes: dict[str, Any], since: str = FAR) -> dict[str, Any]:
        """Push changes that are taken; returns the answer."""
        answer = self.send({"since": since, "schemaVersion": 1, "changes": list(changes)})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def page(self, table: str = "tasks", since: str = EPOCH) -> dict[str, Any]:
        """One page of a collection."""
        answer = self.person.get(
            f"/sync/{self.app}/pull",
            params={"collection": table, "since": since},
            headers=self.headers,
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def pull(self, table: str = "tasks") -> list[dict[str, Any]]:
        """Everything behind the last cursor."""
        rows, more = [], True
        while more:
            page = self.page(table, self.since.get(table, EPOCH))
            rows += page["serverChanges"]
            self.since[table] = page["syncedUntil"]
            more = page.get("hasMore", False)
        return rows

    def ids(self, table: str = "tasks") -> list[str]:
        """The records of everything behind the last cursor."""
        return [row["id"] for row in self.pull(table)]


def phone(device: Device) -> Device:
    """Another device of the same person."""
    return Device(device.person, "phone", device.app)


def family(owner: Person, *others: Person, role: str = "member") -> str:
    """A space of a person with others in it; its id."""
    made = owner.org("create", name="Us", slug=f"us-{owner.id[:8]}", metadata={"type": "family"})
    assert made.status_code == 200, made.text
    space = str(made.json()["id"])
    for other in others:
        join(owner, other, space, role)
    return space


def join(owner: Person, other: Person, space: str, role: str = "member") -> None:
    """Invite, and be accepted; a role that nobody is invited with is given afterwards."""
    invited = "member" if role == "viewer" else role
    asked = owner.org("invite-member", organizationId=space, email=other.email, role=invited)
    assert asked.status_code == 200, asked.text
    done = other.org("accept-invitation", invitationId=asked.json()["id"])
    assert done.status_code == 200, done.text
    if role != invited:
        member = done.json()["member"]["id"]
        owner.org(
            "update-member-role", organizationId=space, memberId=member, role=role
        ).raise_for_status()


def remove(owner: Person, other: Person, space: str) -> None:
    """Remove a member."""
    gone = owner.org("remove-member", organizationId=space, memberIdOrEmail=other.email)
    assert gone.status_code == 200, gone.text
