"""What every ``ChangeStorage`` promises of records kept private in a shared space."""

from __future__ import annotations

import pytest

from tests.server.contract_changes import Log, delete, insert, update


class PrivateContract:
    """The promises, one each."""

    @pytest.fixture
    def family(self, log: Log) -> Log:
        """Three members of one space."""
        log.users("ann", "bob", "cat")
        log.space("s", ann="owner", bob="member", cat="member")
        return log

    def test_a_private_record_and_its_later_changes_are_its_owners_alone(self, family: Log):
        stored = family.push(
            "ann",
            insert("a", 0, "s", visibility="private", title="mine"),
            update("a", 1, "s", title="still mine"),
            insert("b", 1, "s", title="ours"),
        )
        assert family.push("ann", update("a", 2, "s", title="x")).told == {"ann": {"tasks"}}
        family.push("ann", delete("a", 3, "s"))
        assert stored.told.keys() == {"ann", "bob", "cat"}
        assert family.ids("bob") == ["b"]
        assert family.ids("ann") == ["a", "a", "b", "a", "a"]

    def test_of_a_record_switched_to_private_others_learn_only_that(self, family: Log):
        family.push("ann", insert("a", 0, "s", title="for all"))
        until = family.page("bob").until
        family.push("ann", update("a", 5, "s", visibility="private", title="for me"))
        (told,) = family.rows("bob", until)
        assert told["op"] == "update"
        assert told["spaceId"] == "s"
        assert told["fields"].keys() == {"visibility"}
        family.push("ann", update("a", 6, "s", title="later"))
        assert family.rows("bob", until) == [told]
        titles = [row.get("fields", {}).get("title", {}) for row in family.rows("ann")]
        assert [title.get("value") for title in titles] == [None, None, "for me", "later"]

    def test_of_a_record_inserted_anew_as_private_others_learn_only_that(self, family: Log):
        family.push("ann", insert("a", 0, "s", title="for all"))
        family.push("ann", insert("a", 5, "s", visibility="private", title="for me"))
        (told,) = family.rows("bob")
        assert "data" not in told
        assert told["fields"] == {"visibility": {"value": "private", "at": told_at(5)}}

    def test_who_joins_later_gets_nothing_of_what_is_private_by_then(self, family: Log):
        family.push("ann", insert("a", 0, "s", title="for all"))
        family.push("bob", update("a", 1, "s", title="from bob"))
        family.push("ann", update("a", 5, "s", visibility="private"))
        family.users("dan")
        family.role("s", "dan", "member")
        assert [row["fields"].keys() for row in family.rows("dan")] == [{"visibility"}]
        assert [row["op"] for row in family.rows("ann")] == ["insert"] + ["update"] * 3

    def test_others_may_not_change_what_is_private(self, family: Log):
        family.push("ann", insert("a", 0, "s", visibility="private"))
        for change in (
            update("a", 9, "s", title="x"),
            update("a", 9, "s", visibility="space"),
            insert("a", 9, "s"),
            delete("a", 9, "s"),
        ):
            told = family.refused("bob", insert("b", space="s"), change)
            assert (told["error"], told["changes"]) == ("private", [1])
        assert family.ids("bob") == []

    def test_nobody_makes_another_members_record_private(self, family: Log):
        family.push("ann", insert("a", 0, "s"))
        family.push("bob", insert("b", 0, "s", authorId="ann"))
        hide = [update(id, 5, "s", visibility="private") for id in "ab"]
        assert family.refused("bob", hide[0])["error"] == "private"
        assert family.refused("bob", hide[1])["error"] == "private"
        family.push("ann", *hide)
        assert family.ids("bob") == ["a", "b"]

    def test_a_record_shown_again_is_for_all_from_then_on(self, family: Log):
        family.push("ann", insert("a", 0, "s", visibility="private", title="mine"))
        family.push("ann", update("a", 5, "s", visibility="space", title="ours"))
        family.push("bob", update("a", 6, "s", title="from bob"))
        assert [row["fields"]["title"]["value"] for row in family.rows("cat")] == [
            "ours",
            "from bob",
        ]
        assert family.refused("bob", update("a", 7, "s", visibility="private"))

    def test_visibility_counts_by_its_stamp_and_not_by_its_arrival(self, family: Log):
        family.push("ann", insert("a", 10, "s", visibility="private"))
        family.push("ann", update("a", 5, "s", visibility="space"))
        assert family.ids("bob") == []
        family.push("ann", insert("b", 10, "s", visibility="space"))
        family.push("ann", update("b", 5, "s", visibility="private"))
        family.push("ann", update("b", 11, "s", title="for all"))
        assert family.ids("bob") == ["b", "b", "b"]

    def test_a_retry_of_the_switch_doubles_nothing(self, family: Log):
        switch = [insert("a", 0, "s"), update("a", 5, "s", visibility="private", title="x")]
        family.push("ann", *switch)
        before = family.rows("bob"), family.rows("ann")
        family.push("ann", *switch)
        assert (family.rows("bob"), family.rows("ann")) == before

    def test_private_in_a_space_of_ones_own_changes_nothing(self, family: Log):
        family.push("ann", insert("a", visibility="private"), update("a", 1, title="x"))
        assert family.ids("ann") == ["a", "a"]


def told_at(second: int) -> str:
    return f"2026-11-22T11:00:{second:02d}.000Z"
