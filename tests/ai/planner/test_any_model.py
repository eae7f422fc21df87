"""The library's own test models: one that calls every tool with whatever fits its schema."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.test import TestModel

from store.ai.planner import connecting
from store.ai.proposals import inbox
from tests.ai.planner.support import World


@pytest.fixture
def answered_by(monkeypatch):
    def put(model):
        @asynccontextmanager
        async def connected(_model, _key):
            yield model

        monkeypatch.setattr(connecting, "connected", connected)

    return put


def test_every_tool_bears_whatever_fits_its_schema(bench, answered_by):
    """And none of it is written without a look."""
    w = World(bench, "http://127.0.0.1:9/v1")
    w.task("Buy milk")
    before = bench.db.read("SELECT count(*) FROM history")
    for seed in (0, 1):
        answered_by(TestModel(seed=seed, custom_output_text="Done."))
        outcome = w.plan()
        assert (outcome.stop, outcome.summary) == ("assistant-stop", "Done.")
        tried = {tool for tool, _status in w.steps()}
        assert tried >= {tool.name for tool in w.calls.offered()}
    assert bench.db.read("SELECT count(*) FROM history") == before
    assert all(proposal.state == "pending" for proposal in inbox.pending(bench))


@pytest.mark.parametrize(
    "arguments",
    [
        None,
        "",
        "null",
        "[]",
        "{}",
        '{"taskId": null}',
        '{"taskId": {"a": 1}}',
        '{"\\u0000": 1}',
    ],
    ids=range(8),
)
def test_no_arguments_of_a_call_are_a_fault_of_the_program(bench, answered_by, arguments):
    def model(messages, info):
        if any(isinstance(m, ModelResponse) for m in messages):
            return ModelResponse(parts=[TextPart("Done.")])
        return ModelResponse(parts=[ToolCallPart("complete_task", arguments)])

    answered_by(FunctionModel(model))
    w = World(bench, "http://127.0.0.1:9/v1")
    assert w.plan().stop == "assistant-stop"
    assert w.steps() == [("complete_task", "failed")]


def test_an_answer_that_the_library_stumbles_over_is_told_as_one(bench, answered_by):
    def model(messages, info):
        raise TypeError("what the library did not expect")

    answered_by(FunctionModel(model))
    outcome = World(bench, "http://127.0.0.1:9/v1").plan()
    assert outcome.stop == "llm-error"
    assert "is no answer" in outcome.error.message
    assert outcome.tokens > 0
