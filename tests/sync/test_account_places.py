"""Finding the services behind an address."""

from __future__ import annotations

import pytest

from store.errors import GuardError, InvalidValueError, ServerError
from store.sync.account import account
from store.sync.sign import discovery
from tests.store.conftest import _config, clock, make
from tests.sync.people import canned, session, shared_server, someone

__all__ = ["_config", "clock", "make", "shared_server", "someone"]


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("example.org", "https://example.org"),
        ("https://auth.example.org/", "https://auth.example.org"),
        ("localhost:3001", "http://localhost:3001"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("[::1]:3001", "http://[::1]:3001"),
        ("http://192.168.1.5:3001", "http://192.168.1.5:3001"),
        ("100.100.1.1:3001", "http://100.100.1.1:3001"),
        ("https://example.org/bench/", "https://example.org/bench"),
    ],
)
def test_an_address_as_it_is_typed(typed, base):
    assert discovery.base_url(typed) == base


@pytest.mark.parametrize(
    "typed",
    ["", "ftp://x", "https://", "https://a:b@example.org", "http://x:port", "https://x?y=1"],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(InvalidValueError):
        discovery.base_url(typed)


def test_a_password_never_crosses_the_open_network_in_the_clear():
    with pytest.raises(GuardError):
        discovery.base_url("http://example.org")


@pytest.mark.parametrize(
    ("base", "other"),
    [
        ("https://auth.example.org", "https://sync.example.org"),
        ("http://localhost:3001", "http://localhost:3050"),
        ("https://example.org", ""),
    ],
)
def test_the_sync_server_is_guessed_by_convention(base, other):
    assert discovery._sibling(base, discovery._AUTH, discovery._SYNC) == other


def test_one_address_for_both_is_recognised(make, someone):
    ann = someone()
    bench = make("home")
    ann.log_in(bench)
    assert account(bench).sync == ann.server.url


def test_a_page_that_is_no_sync_server_is_not_taken_for_one(make, someone):
    ann = someone()
    bench = make("home")
    ann.log_in(bench)
    pages = [(200, {}, b"<html>"), (200, {}, b"{}"), (404, {}, b""), (302, {}, b""), (500, {}, b"")]
    with session(bench) as one:
        for page in pages:
            with canned(lambda *_asked, page=page: page) as base, pytest.raises(ServerError):
                discovery.find_sync(ann.server.url, one.jwt(), base)
        with canned(lambda *_asked: (402, {}, b'{"error":"sync_inactive"}')) as base:
            assert discovery.find_sync(ann.server.url, one.jwt(), base) == base


def test_services_apart_are_both_kept_and_the_unclear_one_is_asked_for(make, someone):
    ann = someone()
    bench = make("home")
    with canned(lambda *_asked: (404, {}, b"")) as base:
        with pytest.raises(ServerError) as caught:
            ann.log_in(bench, sync_url=base)
        assert "--sync-url" in caught.value.hint
        assert account(bench) is None
        with pytest.raises(ServerError):
            discovery.find_identity(base)
    with canned(lambda *_asked: (200, {}, b'{"serverChanges":[],"syncedUntil":"x"}')) as base:
        ann.log_in(bench, sync_url=base)
        assert account(bench).sync == base
        assert account(bench).identity == ann.server.url
