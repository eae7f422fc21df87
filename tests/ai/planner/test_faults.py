"""Whatever a server does, a run ends, says why, and costs what it was."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from store.ai.planner import asking, models
from store.errors import NetworkError, ServerError
from tests.ai.planner.support import World, world
from tests.ai.served import (
    call,
    calls,
    garbage,
    hang_up,
    huge,
    no_json,
    refusal,
    say,
    serving,
    wrong_json,
)

QUIET = 0.05


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """The pauses between attempts, a hundredth of what they are."""
    monkeypatch.setattr(asking, "PAUSE", 0.005)


def refused(bench, *script, **kw):
    with serving(*script, **kw) as server:
        w = world(bench, server, seconds=5)
        outcome = w.plan()
    assert outcome.stop == "llm-error"
    assert outcome.error is not None
    assert outcome.error.hint
    assert outcome.error.kept
    return outcome, server


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "refused the request (status 400)"),
        (401, "does not accept the key"),
        (403, "does not accept the key"),
        (404, "does not know the model"),
    ],
)
def test_a_refusal_is_told_once_and_costs_nothing(bench, status, words):
    outcome, server = refused(bench, afterwards=refusal(status, "the prompt said: Sort the tasks"))
    assert words in outcome.error.message
    assert "Sort" not in f"{outcome.error.message} {outcome.error.hint} {outcome.error.kept}"
    assert len(server.requests) == 1
    assert outcome.tokens == 0


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(bench, status):
    with serving(refusal(status), refusal(status), say("There.")) as server:
        w = world(bench, server)
        outcome = w.plan()
    assert (outcome.stop, outcome.summary) == ("assistant-stop", "There.")
    assert len(server.requests) == 3
    assert outcome.rounds == 1, "attempts are no rounds"
    assert outcome.tokens == 120, "only what was answered was paid for"


def test_trying_again_has_an_end(bench):
    outcome, server = refused(bench, afterwards=refusal(503))
    assert len(server.requests) == asking.ATTEMPTS
    assert isinstance(outcome.error, ServerError)
    assert outcome.error.status == 503


def test_a_server_s_wish_to_wait_is_heeded(bench):
    with serving(refusal(429, retry_after="1"), say("There.")) as server:
        w = world(bench, server)
        assert w.plan().stop == "assistant-stop"
        first, second = server.requests
    assert second.at - first.at >= 1


def test_a_wait_longer_than_the_run_is_not_waited(bench):
    with serving(afterwards=refusal(429, retry_after="3600")) as server:
        w = world(bench, server)
        began = time.monotonic()
        outcome = w.plan()
    assert time.monotonic() - began < 5
    assert "asks for a pause" in outcome.error.message


@pytest.mark.parametrize(
    "broken",
    [
        garbage(),
        hang_up(),
        no_json(),
        wrong_json({"choices": []}),
        wrong_json([1, 2]),
        wrong_json(None),
    ],
    ids=["garbage", "hang-up", "no-json", "no-choices", "a-list", "null"],
)
def test_an_answer_that_is_none_ends_the_run_in_words(bench, broken):
    outcome, server = refused(bench, afterwards=broken)
    assert 1 <= len(server.requests) <= asking.ATTEMPTS
    assert isinstance(outcome.error, NetworkError | ServerError)


def test_a_hang_up_is_tried_again(bench):
    with serving(hang_up(), garbage(), say("There.")) as server:
        assert world(bench, server).plan().summary == "There."


def test_an_answer_without_an_end_is_given_up(bench, monkeypatch):
    from store.ai.planner import connecting

    monkeypatch.setattr(connecting, "LARGEST", 200_000)
    outcome, _server = refused(bench, afterwards=huge(1_000_000))
    assert isinstance(outcome.error, NetworkError | ServerError)


def test_nobody_listening_is_told(bench):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    outcome = World(bench, url).plan()
    assert isinstance(outcome.error, NetworkError)
    assert "cannot be reached" in outcome.error.message


def test_a_slow_answer_is_waited_for_and_no_longer_than_is_allowed(bench):
    with serving(say("Late.").after(0.4), say("Too late.").after(5)) as server:
        w = world(bench, server, seconds=5)
        assert w.plan().summary == "Late."
        models.add(bench, models.get(bench, "house")._replace(seconds=0.3))
        began = time.monotonic()
        outcome = w.plan()
    assert time.monotonic() - began < 3
    assert "did not answer in time" in outcome.error.message
    assert len(server.requests) == 2, "one that was given all its time is not asked again"


def test_an_answer_that_only_drips_is_given_up(bench):
    with serving(afterwards=say("x" * 2_000, over=4)) as server:
        began = time.monotonic()
        outcome = world(bench, server, seconds=0.6).plan()
    assert time.monotonic() - began < 3
    assert "did not answer in time" in outcome.error.message


def test_cancelling_ends_a_request_within_a_second_and_closes_its_connection(bench):
    stop = threading.Event()
    with serving(say("Never.").after(30)) as server:
        w = world(bench, server)
        timer = threading.Thread(target=lambda: (server.wait(1), time.sleep(QUIET), stop.set()))
        timer.start()
        began = time.monotonic()
        outcome = w.plan(cancelled=stop.is_set)
        took = time.monotonic() - began
        timer.join()
        until = time.monotonic() + 2
        while server.requests[0].left is None and time.monotonic() < until:
            time.sleep(0.01)
        left = server.requests[0].left
    assert outcome.stop == "cancelled"
    assert took < 1.0
    assert left is not None, "the server saw the connection go"
    assert outcome.tokens > 0, "what was sent was read, and counts"


def test_cancelling_a_run_from_outside_ends_it_as_cancelled(bench):
    from store.ai.runs import rows, running

    with serving(say("Never.").after(30)) as server:
        w = world(bench, server)

        def cancel():
            server.wait(1)
            running.cancel(bench, w.scope, w.mission_id)
            bench.db.leave()

        thread = threading.Thread(target=cancel)
        thread.start()
        began = time.monotonic()
        run = w.run()
        thread.join()
    assert time.monotonic() - began < 2.5
    assert run.state == "failed"
    assert run.error["name"] == "cancelled"
    assert not rows.running(bench)


def test_the_time_of_a_run_ends_it_in_the_middle_of_a_request(bench):
    with serving(call("get_task_stats"), say("Never.").after(30)) as server:
        w = world(bench, server)
        began = time.monotonic()
        outcome = w.plan(seconds=0.6)
    assert outcome.stop == "timeout"
    assert time.monotonic() - began < 2
    assert w.steps() == [("get_task_stats", "approved")]


@pytest.mark.parametrize("end", ["cancelled", "timeout"])
def test_a_helper_ends_with_its_run(bench, end):
    ask = call("task", subagent_type="research", description="look", prompt="Look around.")
    stop = threading.Event()
    with serving(ask, say("Never.").after(30)) as server:
        w = world(bench, server)
        timer = threading.Thread(target=lambda: (server.wait(2), stop.set()))
        timer.start()
        began = time.monotonic()
        if end == "timeout":
            outcome = w.plan(seconds=0.6)
        else:
            outcome = w.plan(cancelled=stop.is_set)
        timer.join()
    assert outcome.stop == end
    assert time.monotonic() - began < 2
    assert len(server.requests) == 2


def test_a_helper_that_cannot_be_asked_is_a_failed_result(bench):
    ask = call("task", subagent_type="general", description="look", prompt="Look around.")
    with serving(ask, refusal(400), say("Then not.")) as server:
        w = world(bench, server)
        assert w.plan().summary == "Then not."
        (result,) = server.requests[2].results()
    assert result["success"] is False
    assert w.steps() == [("task", "failed")]


def test_missing_usage_is_guessed_and_never_nothing(bench):
    with serving(say("Hello.").without_usage()) as server:
        outcome = world(bench, server).plan()
    assert outcome.tokens > 500, "the prompt alone is longer"


@pytest.mark.parametrize(
    "odd",
    [
        calls(("get_task_stats", {}), text="half a \ud800 letter"),
        calls(("get_task_stats", "\ud800")),
        calls(("\ud800", {})),
        calls(("", {})),
        calls(("get_task_stats", '{"a": ' * 2_000)),
    ],
    ids=["text", "arguments", "name", "no name", "deep"],
)
def test_odd_letters_in_an_answer_end_no_run(bench, odd):
    with serving(odd, say("Done.")) as server:
        assert world(bench, server).plan().summary == "Done."


@pytest.mark.parametrize(
    ("usage", "least"),
    [((-500, -20), 500), ((10**30, 1), 10**9), ((100, -90), 100), ((0, 0), 500)],
    ids=["negative", "huge", "less than nothing", "nothing"],
)
def test_what_a_server_says_it_used_is_not_simply_believed(bench, usage, least):
    with serving(say("Hello.", usage=usage)) as server:
        outcome = world(bench, server).plan()
    assert outcome.stop in ("assistant-stop", "llm-error")
    assert outcome.tokens >= least


def test_an_answer_cut_short_is_said_to_be(bench):
    with serving(say("I was about to", finish="length")) as server:
        outcome = world(bench, server).plan()
    assert outcome.stop == "no-tool-calls"
    assert outcome.summary == "I was about to"


def test_an_empty_answer_is_no_crash(bench):
    with serving(call("get_task_stats"), say(""), say("")) as server:
        outcome = world(bench, server).plan()
    assert outcome.stop in ("assistant-stop", "llm-error")


def test_a_failed_run_tells_the_person_in_its_error(bench):
    with serving(afterwards=refusal(401)) as server:
        run = world(bench, server).run()
    assert run.state == "failed"
    assert "does not accept the key" in run.error["message"]
    assert "manabench model add house" in run.error["message"]


def test_nothing_of_a_key_or_a_prompt_reaches_a_log(bench, caplog):
    caplog.set_level("DEBUG")
    with serving(refusal(500), call("list_tasks"), say("Done.")) as server:
        w = world(bench, server)
        models.add(bench, models.get(bench, "house"), "sk-very-secret")
        w.task("Buy milk")
        w.plan()
        assert server.requests[0].headers["authorization"] == "Bearer sk-very-secret"
    assert "POST" in caplog.text, "the libraries log"
    for word in ("sk-very-secret", "Buy milk", "Sort the open tasks"):
        assert word not in caplog.text


def test_a_server_learns_no_more_of_the_machine_than_the_program_s_name(bench):
    with serving() as server:
        world(bench, server).plan()
    headers = server.requests[0].headers
    assert headers["user-agent"] == "manabench"
    assert not [name for name in headers if name.startswith("x-stainless")]
