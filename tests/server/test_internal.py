"""The door for a sync server elsewhere: shut without a key, and memberships are all it tells."""

from __future__ import annotations

import pytest

from store.errors import StorageError
from store.server.settings import SERVICE_KEY_FILE, Settings, prepare
from tests.server.running import running
from tests.server.syncing import family, remove

KEY = "a key of the service"
MEMBERSHIPS = "/api/v1/internal/users/{}/memberships"
MEMBER = "/api/v1/internal/org/{}/member/{}"


def with_key(data, text=KEY + "\n", mode=0o600):
    """A data folder with a service key in it."""
    path = prepare(data) / SERVICE_KEY_FILE
    path.write_text(text)
    path.chmod(mode)
    return data


def test_memberships_are_told_to_whoever_has_the_key_and_to_nobody_else(tmp_path):
    with running(with_key(tmp_path / "server")) as server:
        ann, bob = (server.person(f"{name}@example.org") for name in ("ann", "bob"))
        space = family(ann, bob, role="viewer")
        nobody = server.nobody()

        def ask(path, **headers):
            answer = nobody.get(path, headers={"X-Service-Key": KEY} | headers)
            assert answer.status_code == 200
            return answer.json()

        told = ask(MEMBERSHIPS.format(bob.id))
        assert told["userId"] == bob.id
        assert sorted(one["role"] for one in told["memberships"]) == ["owner", "viewer"]
        assert {"organizationId": space, "role": "viewer"} in told["memberships"]
        assert ask(MEMBER.format(space, bob.id)) == {"isMember": True, "role": "viewer"}
        remove(ann, bob, space)
        assert ask(MEMBER.format(space, bob.id)) == {"isMember": False, "role": ""}
        assert ask(MEMBERSHIPS.format("nobody")) == {"userId": "nobody", "memberships": []}
        for path in (MEMBERSHIPS.format(bob.id), MEMBER.format(space, bob.id)):
            for headers in ({}, {"X-Service-Key": ""}, {"X-Service-Key": KEY + "x"}, ann.bearer()):
                refused = nobody.get(path, headers=headers)
                assert refused.status_code == refused.json()["statusCode"] == 401
                assert "message" in refused.json()


def test_without_a_key_no_key_is_right(shared):
    for key in ("", "dev-service-key"):
        headers = {"X-Service-Key": key}
        answer = shared.nobody().get(MEMBERSHIPS.format("x"), headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize(("text", "mode"), [("short", 0o600), ("é" * 40, 0o600), (KEY, 0o644)])
def test_a_key_that_protects_nothing_is_refused_at_the_start(tmp_path, text, mode):
    data = with_key(tmp_path / "server", text, mode)
    with pytest.raises(StorageError, match="service key"):
        _ = Settings(data).service_key


def test_no_mail_is_promised_and_none_is_waited_for(shared):
    nobody = shared.nobody()
    for body in ({"email": "ann@example.org"}, {}):
        told = nobody.post("/api/v1/auth/resend-verification", json=body)
        assert (told.status_code, told.json()) == (200, {"success": True})
    followed = nobody.get("/api/auth/verify-email?token=x&callbackURL=https://evil.example")
    assert (followed.status_code, followed.json()["code"]) == (401, "INVALID_TOKEN")
    assert "location" not in followed.headers
