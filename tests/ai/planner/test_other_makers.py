"""The optional kinds of models do the same work through the same gate, by their own libraries."""

from __future__ import annotations

import json

import pytest

from store.ai.planner import trying
from store.ai.proposals import inbox
from tests.ai.planner.support import World
from tests.ai.served import call, refusal, say, serving

KEY = "sk-of-the-test-0123456789"
OTHER = "sk-of-somebody-else-987654"
KINDS = pytest.mark.parametrize("kind", ["anthropic", "google"])


@pytest.fixture(autouse=True)
def others_keys(monkeypatch):
    """What the libraries would take from the environment, had they been given nothing."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, OTHER)


def world(bench, server, kind):
    return World(bench, server.url.removesuffix("/v1"), kind, KEY)


@KINDS
def test_a_run_reads_proposes_and_ends_as_with_any_model(bench, kind):
    with serving(call("list_tasks")) as server:
        w = world(bench, server, kind)
        task = w.task("Buy milk")
        server.script += [call("complete_task", taskId=task), say("One is done.")]
        run = w.run()
    assert (run.state, run.summary) == ("awaiting-review", "One is done.")
    assert w.steps() == [("list_tasks", "approved"), ("complete_task", "staged")]
    assert run.tokens == 360, "three answers of 120 tokens each"
    (proposal,) = inbox.pending(bench)
    assert proposal.arguments == {"taskId": task}
    assert "Buy milk" in server.requests[1].text
    assert inbox.approve(bench, [proposal.id]).done


@KINDS
def test_the_key_that_was_given_goes_in_the_header_and_no_other_key_anywhere(bench, kind):
    with serving() as server:
        world(bench, server, kind).run()
    (request,) = server.requests
    assert [KEY in value for value in request.headers.values()].count(True) == 1
    assert KEY not in request.path + request.text
    assert OTHER not in request.path + request.text + json.dumps(request.headers)


@KINDS
def test_a_refusal_ends_the_run_with_its_reason_and_without_the_key(bench, kind):
    with serving(afterwards=refusal(401, f"bad key {KEY}")) as server:
        w = world(bench, server, kind)
        run = w.run()
    assert run.state == "failed"
    assert len(server.requests) == 1
    assert "does not accept the key" in run.error["message"]
    assert KEY not in json.dumps(run.error)


@KINDS
def test_a_busy_server_is_asked_again(bench, kind):
    with serving(refusal(429, "slow down", retry_after="0"), say("Late.")) as server:
        run = world(bench, server, kind).run()
    assert (run.state, run.summary) == ("approved", "Late.")
    assert len(server.requests) == 2


@KINDS
def test_a_server_that_hangs_is_left_at_once_when_the_run_is_stopped(bench, kind):
    with serving(say("Much later.").after(20)) as server:
        w = world(bench, server, kind)
        outcome = w.plan(cancelled=lambda: bool(server.requests))
        server.ending = True
    assert outcome.stop == "cancelled"
    assert server.requests[0].left is not None
    assert server.requests[0].left < 5


@KINDS
def test_a_trial_says_whether_it_answers_and_can_call_tools(bench, kind):
    with serving(call("ping", word="ready"), say("I cannot.")) as server:
        world(bench, server, kind)
        able, unable = (trying.trial(bench, "house") for _ in range(2))
    assert (able.tools, able.read, able.written) == (True, 100, 20)
    assert not unable.tools
