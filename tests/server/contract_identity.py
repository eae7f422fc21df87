"""What every ``IdentityStorage`` promises. A test file for one of them says how to open it:

class TestSqlite(IdentityContract):
    @pytest.fixture
    def storage(self, tmp_path): ...
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from store.server.storage import (
    AUDITED,
    Failure,
    Identities,
    IdentityStorage,
    Invitation,
    Member,
    Organization,
    Session,
    SigningKey,
    Taken,
    User,
    Vault,
)

ANN = User("u1", "ann@example.org", "Ann", "hash", 1_000, 1_000)
BOB = User("u2", "bob@example.org", "Bob", "hash", 2_000, 2_000, "image", "beta", "persona")
HOME = Organization("o1", "Home", "home", 1_000, {"type": "personal", "x": [1, None, "é"]})
TEAM = Organization("o2", "Team", "team", 2_000, {"type": "team"}, "logo")
SESSION = Session("s1", b"digest", "u1", 1_000, 1_000, 9_000, "127.0.0.1", "agent", "o1")
ANN_AT_HOME = Member("m1", "o1", "u1", "owner", 1_000)
BOB_IN_TEAM = Member("m2", "o2", "u2", "admin", 2_000)
INVITED = Invitation("i1", "o2", "ann@example.org", "member", "pending", 9_000, 1_000, "u2")
VAULT = Vault("u1", "wrapped", "iv", "env-v1")
KEY = SigningKey("k1", b"sealed", b"public", 1_000)


def filled(rows: Identities) -> None:
    """Two people, a space of each, an invitation, a session, keys."""
    for user in (ANN, BOB):
        rows.add_user(user)
    for organization in (HOME, TEAM):
        rows.add_organization(organization)
    for member in (ANN_AT_HOME, BOB_IN_TEAM):
        rows.add_member(member)
    rows.add_session(SESSION)
    rows.add_invitation(INVITED)
    rows.put_vault(VAULT)
    rows.add_signing_key(KEY)


def everything(rows: Identities) -> list[Any]:
    """Every row, by each way that leads to it."""
    return [
        [rows.user(one.id) for one in (ANN, BOB)],
        [rows.user_by_email(one.email) for one in (ANN, BOB)],
        rows.users(),
        [rows.session("s1"), rows.session_by_digest(b"digest"), rows.sessions("u1")],
        [rows.organization("o1"), rows.organization_by_slug("team"), rows.organizations("u2")],
        [rows.member("m1"), rows.member_of("o2", "u2"), rows.members("o1"), rows.memberships("u2")],
        [rows.invitation("i1"), rows.invitations("o2"), rows.invitations_for("ann@example.org")],
        [rows.vault("u1"), rows.signing_keys()],
    ]


class IdentityContract:
    """The promises."""

    @pytest.fixture
    def storage(self) -> IdentityStorage:
        raise NotImplementedError

    @pytest.fixture
    def full(self, storage: IdentityStorage) -> IdentityStorage:
        storage.change(filled)
        return storage

    def test_what_was_written_is_found_by_every_way(self, full):
        assert full.view(everything) == [
            [ANN, BOB],
            [ANN, BOB],
            [ANN, BOB],
            [SESSION, SESSION, [SESSION]],
            [HOME, TEAM, [TEAM]],
            [ANN_AT_HOME, BOB_IN_TEAM, [ANN_AT_HOME], [BOB_IN_TEAM]],
            [INVITED, [INVITED], [INVITED]],
            [VAULT, [KEY]],
        ]

    def test_what_is_not_there_is_none_or_empty(self, full):
        def missing(rows: Identities) -> list[Any]:
            one = [rows.user("x"), rows.user_by_email("x"), rows.session("x"), rows.vault("u2")]
            one += [rows.session_by_digest(b"x"), rows.organization("x"), rows.member("x")]
            one += [rows.organization_by_slug("x"), rows.member_of("o1", "u2")]
            many = [rows.sessions("u2"), rows.members("x"), rows.invitations("o1")]
            return [*one, rows.invitation("x"), *many, rows.invitations_for("x")]

        assert not any(full.view(missing))

    @pytest.mark.parametrize(
        ("add", "what"),
        [
            (lambda r: r.add_user(ANN._replace(email="x")), "user"),
            (lambda r: r.add_user(ANN._replace(id="x")), "email"),
            (lambda r: r.put_user(BOB._replace(email=ANN.email)), "email"),
            (lambda r: r.add_organization(HOME._replace(slug="x")), "organization"),
            (lambda r: r.add_organization(HOME._replace(id="x")), "slug"),
            (lambda r: r.put_organization(HOME._replace(slug="team")), "slug"),
            (lambda r: r.add_member(ANN_AT_HOME._replace(id="x")), "member"),
            (lambda r: r.add_session(SESSION._replace(id="x")), "session"),
            (lambda r: r.add_invitation(INVITED), "invitation"),
            (lambda r: r.add_signing_key(KEY), "key"),
        ],
    )
    def test_a_unique_value_is_taken_once_and_the_refusal_leaves_nothing(self, full, add, what):
        before = full.view(everything)
        with pytest.raises(Taken) as taken:
            full.change(add)
        assert taken.value.what == what
        assert full.view(everything) == before

    def test_a_change_that_raises_leaves_nothing(self, storage):
        def half(rows: Identities) -> None:
            filled(rows)
            raise KeyError

        with pytest.raises(KeyError):
            storage.change(half)
        assert storage.view(lambda rows: rows.users()) == []

    def test_put_replaces_all_of_a_row(self, full):
        changed = [
            ANN._replace(name="Anna", password="new", updated=5_000),
            SESSION._replace(active="o2", expires=99_000),
            TEAM._replace(name="T", metadata={"type": "club"}),
            BOB_IN_TEAM._replace(role="owner"),
            INVITED._replace(status="accepted"),
            VAULT._replace(
                wrapped="",
                wrap_iv="",
                recovery="r",
                recovery_iv="i",
                recovery_set=7,
                zero_knowledge=True,
            ),
        ]

        def put(rows: Identities) -> None:
            user, session, organization, member, invitation, vault = changed
            rows.put_user(user)
            rows.put_session(session)
            rows.put_organization(organization)
            rows.put_member(member)
            rows.put_invitation(invitation)
            rows.put_vault(vault)

        full.change(put)
        assert (
            full.view(
                lambda r: [
                    r.user("u1"),
                    r.session("s1"),
                    r.organization("o2"),
                    r.member("m2"),
                    r.invitation("i1"),
                    r.vault("u1"),
                ]
            )
            == changed
        )

    def test_with_a_user_go_sessions_memberships_invitations_and_keys(self, full):
        def remove(rows: Identities) -> None:
            rows.audit("u1", "init", "ok", 1)
            rows.remove_user("u1")
            rows.remove_user("u2")

        full.change(remove)
        left = full.view(
            lambda r: [r.session("s1"), r.member("m1"), r.vault("u1"), r.invitation("i1")]
        )
        assert left == [None] * 4
        assert full.view(lambda rows: rows.audited("u1")) == []
        assert full.view(lambda rows: rows.organization("o1")) == HOME

    def test_with_a_space_go_members_and_invitations(self, full):
        full.change(lambda rows: rows.remove_organization("o2"))
        assert full.view(lambda r: [r.member("m2"), r.invitation("i1")]) == [None, None]
        assert full.view(lambda rows: rows.user("u2")) == BOB

    def test_members_and_sessions_are_removed_one_by_one_and_by_age(self, full):
        def more(rows: Identities) -> None:
            rows.add_session(SESSION._replace(id="s2", digest=b"2", expires=10_000))
            rows.add_session(SESSION._replace(id="s3", digest=b"3", expires=20_000))
            rows.remove_member("m1")
            rows.remove_session("s3")

        full.change(more)
        assert full.change(lambda rows: rows.remove_expired_sessions(9_000)) == 1
        assert [one.id for one in full.view(lambda rows: rows.sessions("u1"))] == ["s2"]
        assert full.view(lambda rows: rows.members("o1")) == []

    def test_wrong_passwords_are_kept_in_order_until_they_are_forgiven_or_old(self, full):
        one, two = Failure(b"one", 5), Failure(b"two", 3)
        full.change(lambda rows: rows.add_failures([one, one, two]))
        full.change(lambda rows: rows.add_failures([Failure(b"one", 9)]))
        last = Failure(b"one", 9)
        assert full.view(lambda rows: rows.failures(0)) == [two, one, one, last]
        assert full.view(lambda rows: rows.failures(5)) == [last]
        full.change(lambda rows: rows.remove_old_failures(4))
        assert full.view(lambda rows: rows.failures(0)) == [one, one, last]
        full.change(lambda rows: rows.add_failures([two]))
        full.change(lambda rows: rows.remove_failures(b"one"))
        assert full.view(lambda rows: rows.failures(0)) == [two]

    def test_users_are_counted_from_an_instant_on(self, full):
        assert full.view(lambda r: [r.users_since(at) for at in (0, 1_001, 2_001)]) == [2, 1, 0]

    def test_audit_rows_stay_in_order(self, full):
        for number, name in enumerate(("init", "fetch", "rotate")):
            full.change(lambda rows, a=name, n=number: rows.audit("u1", a, "ok", n))
        told = full.view(lambda rows: [tuple(one) for one in rows.audited("u1")])
        assert told == [("init", "ok", 0), ("fetch", "ok", 1), ("rotate", "ok", 2)]

    def test_the_newest_audit_rows_are_kept_and_none_of_somebody_gone(self, full):
        def many(rows: Identities) -> None:
            rows.audit("nobody", "fetch", "ok", 1)
            rows.audit("u2", "init", "ok", 1)
            for number in range(AUDITED + 5):
                rows.audit("u1", "fetch", "ok", number)

        full.change(many)
        told = full.view(lambda rows: [one[2] for one in rows.audited("u1")])
        assert told == list(range(5, AUDITED + 5))
        assert len(full.view(lambda rows: rows.audited("u2"))) == 1
        assert full.view(lambda rows: rows.audited("nobody")) == []

    @pytest.mark.parametrize(
        "broken",
        [
            VAULT._replace(wrapped="", wrap_iv=""),
            VAULT._replace(wrap_iv=""),
            VAULT._replace(zero_knowledge=True),
            VAULT._replace(recovery="r"),
        ],
    )
    def test_a_vault_without_a_way_in_cannot_be_written(self, full, broken):
        with pytest.raises(Exception, match="CHECK|check"):
            full.change(lambda rows: rows.put_vault(broken))
        assert full.view(lambda rows: rows.vault("u1")) == VAULT

    def test_changes_from_many_threads_never_pass_each_other(self, full):
        def raise_by_one(rows: Identities) -> None:
            user = rows.user("u1")
            rows.put_user(user._replace(updated=user.updated + 1))

        def from_threads(act: Callable[[], Any]) -> None:
            with ThreadPoolExecutor(4) as pool:
                for done in [pool.submit(act) for _one in range(40)]:
                    done.result()

        from_threads(lambda: full.change(raise_by_one))
        assert full.view(lambda rows: rows.user("u1").updated) == ANN.updated + 40

    def test_a_view_does_not_wait_for_a_change_and_does_not_see_it_half_done(self, full):
        changing, seen = threading.Event(), threading.Event()

        def slow(rows: Identities) -> None:
            rows.put_user(ANN._replace(name="half"))
            changing.set()
            assert seen.wait(20)

        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(full.change, slow)
            assert changing.wait(20)
            assert full.view(lambda rows: rows.user("u1").name) == "Ann"
            seen.set()
            done.result()
        assert full.view(lambda rows: rows.user("u1").name) == "half"
