"""A home that belongs to an account, written through the real parts of syncing, without a server.

Somebody signed out a while ago; before that a conflict arose, two rows went into quarantine, one
record was refused, an instruction came from elsewhere.
"""

from __future__ import annotations

from store.sync import account, status
from store.sync.inbox.incoming import receive
from store.sync.outbox import outgoing
from store.sync.spaces import membership
from store.sync.wire import Change
from store.workbench import Workbench

LATER = "2026-06-01T12:00:30.000Z"
THEM = {"kind": "user", "principalId": "user-them", "displayName": "Grace"}
ME = "user-me"


def join(bench: Workbench, *, signed_in: bool = False) -> None:
    """The account and its key, and every space on its server but the second."""
    bench.vault.add_key("account", "a1", bytes(range(32)))
    account.keep(
        bench,
        user=ME,
        email="ada@example.org",
        name="Ada",
        identity="https://auth.example.org",
        sync="https://sync.example.org",
        signed_in=signed_in,
        linked=True,
    )
    with bench.db.transaction() as connection:
        for at, space in enumerate(bench.spaces.list()):
            number = bench.spaces.scope(space["id"]).number
            state = "local" if at else "linked"
            membership.put(connection, number, state=state, role="owner", members=1)


def change(table: str, id: str, space: str, field: str, value: object, at: str = LATER) -> Change:
    """A change of one field by somebody else."""
    fields = {field: (value, at)}
    return Change(table, id, "update", {}, fields, "", space, THEM, "user", f"event-{id}-{field}")


def fill(bench: Workbench) -> None:
    """Everything that waits for a look."""
    join(bench)
    scope = bench.scope
    with bench.step("fill") as step:
        mine = [step.insert("tasks", {"title": f"heron nest {n}"}) for n in range(2)]
        noted = step.insert("notes", {"title": "ledger of nests", "content": "one\ntwo\nthree"})
    changed = change("notes", noted, scope.id, "content", "one\n2\nthree")
    receive(bench, "notes", "notes", [changed])
    receive(bench, "todo", "tasks", [change("tasks", mine[0], scope.id, "title", "heron gone")])
    receive(
        bench,
        "todo",
        "tasks",
        [change("tasks", f"stray-{n}", "not-ours", "title", "astray") for n in range(2)],
    )
    agent = {"name": ("Heron helper", LATER), "systemPrompt": ("file every heron", LATER)}
    receive(
        bench,
        "ai",
        "agents",
        [Change("agents", "agent-1", "update", {}, agent, "", scope.id, THEM, "user", "event-a")],
    )
    sent = outgoing.batches(bench, app="todo")
    mark = next(m for batch in sent for m in batch.marks if m.collection == "tasks")
    outgoing.set_aside(bench, mark, "the title is too long for this server")
    status.tell(
        bench,
        acknowledged="2026-06-01T11:12:00.000Z",
        pulled="2026-06-01T11:12:00.000Z",
        rates={"at": "2026-06-01T12:00:00.000Z", "counts": [0.0, 3.0, 40.0, 200.0, 90.0]},
    )
