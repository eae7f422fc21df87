"""What every ``ChangeStorage`` promises of forgetting, and of counting what is still to come."""

from __future__ import annotations

import pytest

from store.server.errors import Refusal
from tests.server.contract_changes import Log, insert, update


class ForgetContract:
    """The promises, one each."""

    @pytest.fixture
    def home(self, log: Log) -> Log:
        """Two people with something of their own each, and a space that both write."""
        log.users("ann", "bob")
        log.space("s", ann="owner", bob="member")
        for user in ("ann", "bob"):
            log.push(user, insert(f"{user} own"), insert(f"{user} ours", 0, "s"))
        return log

    def test_of_a_removed_user_only_what_is_the_spaces_stays(self, home: Log):
        home.push("ann", insert("ann private", 0, "s", visibility="private"))
        home.push("ann", update("ann own", 1, title="x"), app="notes")
        assert home.count("ann") == 4
        home.identity.change(lambda rows: rows.remove_user("ann"))
        home.changes.forget_user("ann").result(30)
        assert home.rows("ann") == home.rows("ann", app="notes") == []
        assert home.ids("bob") == ["ann ours", "bob own", "bob ours"]
        # Nobody keeps the record private any more.
        home.push("bob", insert("ann private", 1, "s"))

    def test_what_a_user_keeps_private_goes_though_the_space_stays(self, home: Log):
        home.push("ann", update("ann ours", 1, "s", visibility="private", title="mine"))
        home.push("ann", update("ann ours", 2, "s", visibility="space"))
        home.push("ann", insert("p", 3, "s", visibility="private"))
        before = home.rows("bob")
        home.identity.change(lambda rows: rows.remove_user("ann"))
        home.changes.forget_user("ann").result(30)
        assert home.rows("bob") == before
        home.users("ann")
        home.role("s", "ann", "owner")
        assert home.rows("ann") == [row for row in before if row["id"] != "bob own"]

    def test_a_deleted_space_takes_its_rows_along_and_nothing_else(self, home: Log):
        home.identity.change(lambda rows: rows.remove_organization("s"))
        home.changes.forget_space("s").result(30)
        home.space("s", ann="owner", bob="member")  # no id comes back, but rows would show in one
        assert home.ids("ann") == ["ann own"]
        assert home.ids("bob") == ["bob own"]
        home.push("bob", insert("anew", 0, "s"))
        assert home.ids("ann") == ["ann own", "anew"]

    def test_who_is_gone_can_push_nothing_more(self, home: Log):
        home.identity.change(lambda rows: rows.remove_user("ann"))
        with pytest.raises(Refusal) as caught:
            home.push("ann", insert("late"))
        assert caught.value.status == 401
        home.push("bob", insert("fine"))

    def test_times_do_not_go_back_with_what_is_forgotten(self, home: Log):
        until = home.page("bob").until
        home.identity.change(lambda rows: rows.remove_organization("s"))
        home.changes.forget_space("s").result(30)
        home.push("bob", insert("later"))
        assert home.ids("bob", until) == ["later"]

    def test_pushes_go_on_while_much_is_forgotten(self, home: Log):
        for first in range(0, 9000, 3000):
            home.push("ann", *[insert(f"t{n}") for n in range(first, first + 3000)])
        home.identity.change(lambda rows: rows.remove_user("ann"))
        forgotten = home.changes.forget_user("ann")
        home.push("bob", insert("between"))
        assert not forgotten.done()
        forgotten.result(60)
        assert home.ids("ann") == []
        assert home.ids("bob")[-1] == "between"

    def test_what_is_counted_is_what_will_be_read(self, home: Log):
        home.push("ann", insert("ann private", 0, "s", visibility="private"))
        home.push("bob", *[insert(f"t{n}", 0, "s") for n in range(30)], client="reader")
        for user in ("ann", "bob"):
            for client in ("", "one", "reader", "new"):
                for since in (0, home.page("ann", 0, 1).until):
                    read = len(home.rows(user, since, client=client))
                    assert home.count(user, since, client=client) == read
        assert home.count("ann", client="new") == 34
        assert home.count("bob", client="reader") == 3
        assert home.count("ann", home.page("ann").until) == 0
