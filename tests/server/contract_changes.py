"""What every ``ChangeStorage`` promises. A test file for one of them says how to open it:

class TestSqlite(ChangesContract):
    @pytest.fixture
    def log(self, tmp_path): ...   # yields a Log
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from store.server.errors import Refusal
from store.server.storage import (
    ChangeStorage,
    IdentityStorage,
    Member,
    Organization,
    Rows,
    Stored,
    User,
)
from store.server.wire import decode

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Change = dict[str, Any]


def stamp(second: int) -> str:
    """A stamp on the morning of the tests' day."""
    return f"2026-11-22T11:{second // 60:02d}:{second % 60:02d}.000Z"


def update(id: str, second: int = 0, space: str = "", **fields: Any) -> Change:
    """An update of a task, every field with the same stamp."""
    entries = {name: {"value": value, "at": stamp(second)} for name, value in fields.items()}
    return _change("update", id, space, fields=entries)


def insert(id: str, second: int = 0, space: str = "", **data: Any) -> Change:
    return _change("insert", id, space, data={"updatedAt": stamp(second), **data})


def delete(id: str, second: int = 0, space: str = "") -> Change:
    return _change("delete", id, space, deletedAt=stamp(second))


def _change(op: str, id: str, space: str, **more: Any) -> Change:
    change = {"table": "tasks", "id": id, "op": op, **more}
    return change | ({"spaceId": space} if space else {})


@dataclass
class Log:
    """A log under test, with the identities beside it. now: microseconds that its clock tells."""

    changes: ChangeStorage
    identity: IdentityStorage
    now: list[int] = field(default_factory=lambda: [int(NOW.timestamp()) * 1_000_000])

    def users(self, *ids: str) -> None:
        for id in ids:
            self.identity.change(
                lambda rows, id=id: rows.add_user(User(id, f"{id}@x.org", id, "", 0, 0))
            )

    def space(self, id: str, **roles: str) -> str:
        self.identity.change(lambda rows: rows.add_organization(Organization(id, id, id, 0, {})))
        for user, role in roles.items():
            self.role(id, user, role)
        return id

    def role(self, space: str, user: str, role: str) -> None:
        """Make somebody a member, or with "" none."""

        def act(rows: Any) -> None:
            if role:
                rows.add_member(Member(f"{space}-{user}", space, user, role, 0))
            else:
                rows.remove_member(f"{space}-{user}")

        self.identity.change(act)

    def push(self, user: str, *changes: Change, client: str = "one", app: str = "todo") -> Stored:
        parcels = decode(orjson.dumps({"changes": changes}), NOW).parcels
        return self.changes.push(user, client, app, parcels).result(30)

    def refused(self, user: str, *changes: Change) -> dict[str, Any]:
        """What a push that must be refused is told."""
        with pytest.raises(Refusal) as caught:
            self.push(user, *changes)
        assert caught.value.status == 403
        assert isinstance(caught.value.body, dict)
        return caught.value.body

    def page(self, user: str, since: int = 0, limit: int = 1000, **more: Any) -> Rows:
        asked = {"client": "reader", "app": "todo", "collections": ["tasks"]} | more
        return self.changes.read(user, since=since, limit=limit, **asked)

    def count(self, user: str, since: int = 0, **more: Any) -> int:
        asked = {"client": "reader", "app": "todo", "collections": ["tasks"]} | more
        return self.changes.count(user, since=since, **asked)

    def rows(self, user: str, since: int = 0, **more: Any) -> list[Change]:
        return [orjson.loads(row) for row in self.page(user, since, **more).rows]

    def ids(self, user: str, since: int = 0, **more: Any) -> list[str]:
        return [row["id"] for row in self.rows(user, since, **more)]


class ChangesContract:
    """The promises, one each."""

    # The order of the log ------------------------------------------------------------------

    def test_rows_come_in_the_order_of_the_push_each_with_an_event_of_its_own(self, log: Log):
        log.users("ann")
        log.push("ann", *[insert(f"t{n}", n) for n in range(50)])
        rows = log.rows("ann")
        assert [row["id"] for row in rows] == [f"t{n}" for n in range(50)]
        assert len({row["eventId"] for row in rows}) == 50
        assert log.rows("ann") == rows

    @pytest.mark.parametrize("limit", [1, 7, 10, 100])
    def test_no_rows_meet_at_the_border_of_a_page_even_when_the_clock_stands_still(
        self, log: Log, limit: int
    ):
        log.users("ann", "bob")
        log.space("one", ann="owner", bob="member")
        log.space("two", ann="owner", bob="member")
        for n in range(0, 40, 2):
            log.push("ann", insert(f"t{n}", n, "one"), insert(f"t{n + 1}", n, "two"))
        got: list[str] = []
        since, more = 0, True
        while more:
            page = log.page("bob", since, limit)
            assert len(page.rows) <= limit
            got += [orjson.loads(row)["id"] for row in page.rows]
            since, more = page.until, page.more
        assert got == [f"t{n}" for n in range(40)]

    @pytest.mark.parametrize(("size", "lengths"), [(1, [1] * 5), (2500, [3, 2]), (99_999, [5])])
    def test_a_page_ends_early_where_its_rows_are_long(
        self, log: Log, size: int, lengths: list[int]
    ):
        log.users("ann")
        log.push("ann", *[insert(f"t{n}", text="x" * 1000) for n in range(5)])
        since, got = 0, []
        for last, length in enumerate(lengths, 1):
            page = log.page("ann", since, size=size)
            assert (len(page.rows), page.more) == (length, last < len(lengths))
            since = page.until
            got += [orjson.loads(row)["id"] for row in page.rows]
        assert got == [f"t{n}" for n in range(5)]

    def test_a_clock_that_goes_back_takes_no_row_behind_a_cursor(self, log: Log):
        log.users("ann")
        log.push("ann", insert("a"))
        until = log.page("ann").until
        log.now[0] -= 3600 * 1_000_000
        log.push("ann", insert("b"))
        assert log.ids("ann", until) == ["b"]

    def test_a_cursor_is_never_ahead_of_what_can_still_come(self, log: Log):
        log.users("ann")
        assert log.page("ann", since=12345).until == 0
        log.push("ann", insert("a"))
        log.now[0] += 10_000_000
        page = log.page("ann")
        assert page.until < log.now[0]
        assert log.page("ann", page.until).until == page.until
        # As after a restored backup of the server: a cursor from the future comes back.
        assert log.page("ann", page.until + 10**12).until == page.until

    def test_a_page_ends_before_it_grows_without_bound(self, log: Log):
        log.users("ann")
        log.push("ann", *[insert(f"t{n}", text="x" * 3_000_000) for n in range(5)])
        page = log.page("ann")
        assert page.more
        assert len(page.rows) == 3
        assert log.ids("ann", page.until) == ["t3", "t4"]

    # Who gets what --------------------------------------------------------------------------

    def test_a_client_never_gets_its_own_rows_but_another_device_does(self, log: Log):
        log.users("ann")
        log.push("ann", insert("a"), client="laptop")
        assert log.ids("ann", client="laptop") == []
        assert log.ids("ann", client="phone") == ["a"]

    def test_a_client_without_an_id_gets_everything(self, log: Log):
        log.users("ann")
        log.push("ann", insert("a"), client="")
        assert log.ids("ann", client="") == ["a"]

    def test_another_persons_client_of_the_same_name_loses_nothing(self, log: Log):
        log.users("ann", "bob")
        log.space("s", ann="owner", bob="member")
        log.push("ann", insert("a", space="s"), client="laptop")
        assert log.ids("bob", client="laptop") == ["a"]

    def test_apps_and_collections_are_apart(self, log: Log):
        log.users("ann")
        log.push("ann", insert("a"), insert("b") | {"table": "projects"})
        log.push("ann", insert("c"), app="notes")
        assert log.ids("ann") == ["a"]
        assert log.ids("ann", collections=["projects"]) == ["b"]
        assert log.ids("ann", collections=None) == ["a", "b"]
        assert log.ids("ann", collections=[]) == []
        assert log.ids("ann", app="notes") == ["c"]

    def test_what_has_no_space_is_the_users_own(self, log: Log):
        log.users("ann", "bob")
        log.push("ann", insert("a"), insert("b", space="_personal:ann"))
        assert log.ids("ann") == ["a", "b"]
        assert log.ids("bob") == []

    def test_members_get_the_rows_of_their_spaces_and_nobody_else(self, log: Log):
        log.users("ann", "bob", "eve")
        log.space("s", ann="owner", bob="viewer")
        stored = log.push("ann", insert("a", space="s"))
        assert log.ids("bob") == ["a"]
        assert log.ids("eve") == []
        assert stored.told == {"ann": {"tasks"}, "bob": {"tasks"}}

    # Who may write --------------------------------------------------------------------------

    @pytest.mark.parametrize("role", ["owner", "admin", "member", "member,admin"])
    def test_members_may_write(self, log: Log, role: str):
        log.users("ann", "bob")
        log.space("s", ann="owner", bob=role)
        log.push("bob", insert("a", space="s"))
        assert log.ids("ann") == ["a"]

    def test_a_strangers_push_is_refused_whole_and_names_what_is_wrong(self, log: Log):
        log.users("ann", "eve")
        log.space("s", ann="owner")
        changes = [insert("a"), update("b", space="s", title="x"), delete("c", space="s")]
        told = log.refused("eve", *changes)
        assert (told["error"], told["change"], told["changes"]) == ("not_a_member", 1, [1, 2])
        assert log.ids("eve") == log.ids("ann") == []

    def test_a_viewer_may_not_write(self, log: Log):
        log.users("ann", "bob")
        log.space("s", ann="owner", bob="viewer")
        assert log.refused("bob", insert("a", space="s"))["error"] == "read_only"

    @pytest.mark.parametrize("space", ["nowhere", "_personal:ann", "s,t", "S"])
    def test_a_space_that_is_none_of_ones_own_is_refused(self, log: Log, space: str):
        log.users("ann", "eve")
        log.space("s", ann="owner", eve="owner")
        assert log.refused("eve", insert("a", space=space))["error"] == "not_a_member"

    def test_a_removed_member_neither_writes_nor_reads(self, log: Log):
        log.users("ann", "bob")
        log.space("s", ann="owner", bob="member")
        log.push("bob", insert("a", space="s"))
        log.role("s", "bob", "")
        assert log.refused("bob", update("a", 1, "s", title="x"))["error"] == "not_a_member"
        assert log.ids("bob") == []
        assert log.push("ann", update("a", 2, "s", title="y")).told == {"ann": {"tasks"}}

    def test_a_push_that_is_refused_leaves_those_beside_it_alone(self, log: Log):
        log.users("ann", "eve")
        good, bad = insert("a"), insert("b", space="nowhere")
        waiting = [
            log.changes.push(user, "c", "todo", decode(orjson.dumps({"changes": [one]}), NOW)[2])
            for user, one in [("eve", bad), ("ann", good), ("eve", bad), ("eve", good)] * 20
        ]
        failed = [future.exception(30) is not None for future in waiting]
        assert failed == [True, False, True, False] * 20
        assert log.ids("ann") == log.ids("eve") == ["a"]

    # Once is enough -------------------------------------------------------------------------

    def test_a_retry_doubles_nothing(self, log: Log):
        log.users("ann")
        changes = [insert("a"), update("a", 1, title="x"), update("a", 2, done=True), delete("b")]
        assert log.push("ann", *changes).rows == 4
        assert log.push("ann", *changes).rows == 0
        assert log.push("ann", *changes, insert("c")).rows == 1
        assert log.push("ann", update("d", n=1), update("d", n=1)).rows == 1
        assert log.ids("ann") == ["a", "a", "a", "b", "c", "d"]

    def test_other_values_other_stamps_or_another_client_are_no_retry(self, log: Log):
        log.users("ann")
        log.push("ann", update("a", 1, title="x"))
        assert log.push("ann", update("a", 2, title="x")).rows == 1
        assert log.push("ann", update("a", 2, title="y")).rows == 1
        assert log.push("ann", update("a", 1, title="x"), client="two").rows == 1

    def test_what_carries_no_time_is_never_taken_for_a_retry(self, log: Log):
        log.users("ann")
        gone = _change("delete", "a", "")
        bare = _change("update", "a", "", fields={"title": {"value": "x"}})
        assert [log.push("ann", one).rows for one in (gone, bare, gone, bare)] == [1] * 4

    def test_a_value_sent_again_over_somebody_elses_is_stored_again(self, log: Log):
        # A repair: who took the other value would not hear of the first one otherwise.
        log.users("ann", "bob")
        log.space("s", ann="owner", bob="member")
        mine = update("a", 5, "s", title="x")
        log.push("ann", mine)
        log.push("bob", update("a", 3, "s", title="older"), client="web")
        assert log.push("ann", mine).rows == 1
        assert log.push("ann", mine).rows == 0

    # Many at once ---------------------------------------------------------------------------

    def test_a_strict_reader_beside_four_writers_misses_nothing(self, log: Log):
        log.users("ann")
        reader_done, got = threading.Event(), list[str]()

        def write(number: int) -> None:
            for n in range(40):
                log.push("ann", *[insert(f"{number}-{n}-{k}") for k in range(5)], client="w")

        def read() -> None:
            since, last = 0, False
            while True:
                last = reader_done.is_set()
                page = log.page("ann", since, 100)
                got.extend(orjson.loads(row)["id"] for row in page.rows)
                since = page.until
                if last and not page.more:
                    return

        reader = threading.Thread(target=read)
        reader.start()
        _together([lambda number=number: write(number) for number in range(4)])
        reader_done.set()
        reader.join(60)
        assert len(got) == len(set(got)) == 4 * 40 * 5


def _together(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
