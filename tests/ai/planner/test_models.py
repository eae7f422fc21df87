"""The models of this machine: kept sealed, never synced, their keys never shown."""

from __future__ import annotations

import sys

import keyring
import pytest
from keyring.backend import KeyringBackend

from store.ai.planner import models, trying
from store.ai.planner.connecting import connected
from store.ai.planner.models import Model
from store.errors import (
    InvalidValueError,
    LockedError,
    NetworkError,
    NotFoundError,
    ServerError,
    StorageError,
    UsageError,
)
from tests.ai.served import call, refusal, say, serving
from tests.store.support import every_byte

KEY = "sk-my-own-secret-key"
HERE = Model("here", "openai", "http://localhost:11434/v1", "qwen3:8b")
HOSTED = Model("hosted", "openai", "https://api.example.org/v1", "big")


def test_the_first_model_is_the_default_until_another_is_chosen(bench):
    models.add(bench, HERE)
    models.add(bench, HOSTED)
    assert models.default(bench) == "here"
    models.set_default(bench, "hosted")
    assert models.chosen(bench, {}).name == "hosted"
    assert [one.name for one in models.listed(bench)] == ["here", "hosted"]
    models.remove(bench, "hosted")
    assert models.default(bench) == "here", "the only one left"


def test_nothing_of_a_model_is_readable_on_the_disk(bench, tmp_path):
    models.add(bench, HOSTED, KEY)
    bench.db.compact()
    everything = every_byte(tmp_path)
    for word in (KEY, "api.example.org", "hosted"):
        assert word.encode() not in everything


def test_a_key_is_in_no_text_of_a_model(bench):
    made = models.add(bench, HOSTED, KEY)
    assert made.key_in == "vault"
    assert models.key_of(bench, made) == KEY
    assert KEY not in repr(models.listed(bench))


def test_a_changed_model_keeps_its_key_but_not_for_another_server(bench):
    models.add(bench, HOSTED, KEY)
    changed = models.add(bench, HOSTED._replace(model="bigger"))
    assert models.key_of(bench, changed) == KEY
    moved = models.add(bench, HOSTED._replace(url="https://evil.example.org/v1"))
    assert moved.key_in == "none"
    assert models.key_of(bench, moved) == ""


def test_a_removed_model_takes_its_key_along(bench):
    models.add(bench, HOSTED, KEY)
    models.remove(bench, "hosted")
    assert KEY not in str(bench.device.get("model-keys"))
    assert models.key_of(bench, models.add(bench, HOSTED)) == ""
    with pytest.raises(NotFoundError):
        models.get(bench, "nobody")


def test_a_locked_vault_shows_no_models_rather_than_none(bench):
    models.add(bench, HERE)
    bench.vault.set_passphrase("a long enough passphrase")
    bench.vault.remove_way("key file")
    bench.vault.lock()
    with pytest.raises(LockedError):
        models.listed(bench)


@pytest.mark.parametrize(
    "wrong",
    [
        HERE._replace(name=""),
        HERE._replace(name="two words"),
        HERE._replace(kind="other"),
        HERE._replace(model=" "),
        HERE._replace(url=""),
        HERE._replace(url="localhost:11434"),
        HERE._replace(url="ftp://localhost/v1"),
        HERE._replace(url="http://me:secret@localhost/v1"),
        HERE._replace(url="http://[broken/v1"),
        HERE._replace(window=10),
        HERE._replace(seconds=0),
        HERE._replace(price_in=-1.0),
    ],
    ids=lambda model: f"{model.name}|{model.kind}|{model.url}"[:40],
)
def test_what_cannot_be_a_model_is_refused_and_nothing_is_kept(bench, wrong):
    with pytest.raises(InvalidValueError):
        models.add(bench, wrong)
    assert models.listed(bench) == []


@pytest.mark.parametrize(
    ("url", "travels"),
    [
        ("http://api.example.org/v1", False),
        ("http://8.8.8.8/v1", False),
        ("https://api.example.org/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://192.168.1.7:8080/v1", True),
        ("http://localhost:8080/v1", True),
    ],
)
def test_a_key_does_not_travel_unprotected(bench, url, travels):
    model = HOSTED._replace(url=url)
    if travels:
        assert models.key_of(bench, models.add(bench, model, KEY)) == KEY
        return
    with pytest.raises(InvalidValueError):
        models.add(bench, model, KEY)
    models.add(bench, model)


class Ring(KeyringBackend):
    priority = 1

    def __init__(self):
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_key_may_lie_in_the_keyring_alone(bench, ring, tmp_path):
    made = models.add(bench, HOSTED, KEY, keyring=True)
    assert made.key_in == "keyring"
    assert models.key_of(bench, made) == KEY
    assert list(ring.kept.values()) == [KEY]
    models.remove(bench, "hosted")
    assert ring.kept == {}


def test_a_key_that_left_the_keyring_is_said_to_be_gone(bench, ring):
    made = models.add(bench, HOSTED, KEY, keyring=True)
    ring.kept.clear()
    with pytest.raises(StorageError):
        models.key_of(bench, made)


def test_a_keyring_that_does_not_answer_changes_nothing(bench):
    with pytest.raises(StorageError):
        models.add(bench, HOSTED, KEY, keyring=True)
    assert models.listed(bench) == []


@pytest.mark.parametrize(
    ("model", "window"),
    [
        (HERE, 32_000),
        (HERE._replace(model="gpt-4o-mini"), 32_000),
        (HOSTED._replace(model="gpt-4o-mini"), 128_000),
        (HOSTED, 32_000),
        (HOSTED._replace(window=5_000), 5_000),
    ],
    ids=["local", "local namesake", "listed", "unknown", "said"],
)
def test_how_much_a_model_can_read_is_said_or_known_or_guessed_low(bench, model, window):
    assert models.add(bench, model).window == window


# -- trying one -----------------------------------------------------------------------------------


def test_a_trial_says_whether_a_model_answers_and_can_call_tools(bench):
    with serving(call("ping", word="ready"), say("I cannot."), call("dance")) as server:
        models.add(bench, Model("m", "openai", server.url, "scripted"), KEY)
        able, unable, other = (trying.trial(bench, "m") for _ in range(3))
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert (able.tools, able.model, able.read, able.written) == (True, "scripted", 100, 20)
    assert able.seconds > 0
    assert not unable.tools
    assert not other.tools


def test_a_trial_that_fails_says_why(bench):
    with serving(refusal(401), say("Late.").after(5)) as server:
        models.add(bench, Model("m", "openai", server.url, "scripted", seconds=0.3))
        with pytest.raises(ServerError) as refused:
            trying.trial(bench, "m")
        with pytest.raises(NetworkError):
            trying.trial(bench, "m")
    assert "manabench model add m" in refused.value.hint


@pytest.mark.parametrize("kind", ["anthropic", "google"])
def test_a_kind_whose_library_is_missing_says_what_to_install(bench, kind, monkeypatch):
    library = {"anthropic": "anthropic", "google": "google.genai"}[kind]
    monkeypatch.setitem(sys.modules, library, None)
    for name in (f"pydantic_ai.models.{kind}", f"pydantic_ai.providers.{kind}"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    models.add(bench, Model("m", kind, "", "some-model"), KEY)
    with pytest.raises(UsageError) as raised:
        trying.trial(bench, "m")
    assert f"manabench[{kind}]" in raised.value.hint


def test_models_of_this_machine_are_found_only_when_asked_for(bench):
    with serving(model="library/qwen3:8b.gguf") as server:
        assert models.listed(bench) == []
        (found,) = trying.detect([("ollama", server.url), ("nobody", "http://127.0.0.1:9/v1")])
        assert (found.name, found.model) == ("qwen3:8b", "library/qwen3:8b.gguf")
        assert [request.path for request in server.requests] == ["/v1/models"]


async def test_no_key_of_the_environment_is_ever_sent(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-from-the-environment")
    from pydantic_ai import direct
    from pydantic_ai.messages import ModelRequest

    with serving() as server:
        async with connected(Model("m", "openai", server.url, "scripted"), "") as ready:
            await direct.model_request(ready, [ModelRequest.user_text_prompt("hello")])
        assert "from-the-environment" not in str(server.requests[0].headers)
