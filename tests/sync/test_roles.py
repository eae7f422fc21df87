"""What a viewer wrote is kept, and goes out as soon as the role allows it."""

from __future__ import annotations

from store.sync.spaces import creating, members
from store.sync.spaces.membership import memberships
from tests.store.conftest import _config, clock, make
from tests.sync.people import session, shared_server, someone
from tests.sync.test_membership import family

__all__ = ["_config", "clock", "family", "make", "shared_server", "someone"]


def test_what_a_viewer_wrote_goes_out_by_itself_once_the_role_allows_it(family):
    one, two, space = family
    two.sync.once()
    bob = two.writer.person["principalId"]

    def given(role: str) -> str:
        """The role as Bob's home knows it at its next look, within the hour."""
        with session(one) as ours:
            members.set_role(ours, space, bob, role)
        with session(two) as theirs:
            creating.refresh_roles(theirs, bob)
        return next(m.role for m in memberships(two) if m.id == space)

    with session(one) as ours:
        members.set_role(ours, space, bob, "viewer")
    with two.step("x", scope=two.spaces.scope(space)) as step:
        step.insert("notes", {"title": "said by a viewer"}, id="n1")
    two.sync.once()
    assert two.db.read("SELECT count(*) FROM aside") == [(1,)]
    assert given("viewer") == "viewer"
    assert two.db.read("SELECT count(*) FROM aside") == [(1,)]
    assert given("member") == "member"
    two.sync.once()
    assert two.db.read("SELECT count(*) FROM aside") == [(0,)]
    one.sync.once()
    assert one.documents.get(one.enter(space), "notes", "n1")["title"] == "said by a viewer"
