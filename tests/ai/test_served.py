"""The scripted server says what it was told to, whole or streamed, and notes what it was asked."""

from __future__ import annotations

import httpx2
from pydantic_ai import direct
from pydantic_ai.messages import ModelRequest

from store.ai.planner.connecting import connected
from store.ai.planner.models import Model
from tests.ai.served import call, calls, garbage, hang_up, refusal, say, serving


async def test_an_answer_is_the_same_whole_and_streamed():
    answer = calls(("look", {"where": "there"}), ("listen", {}), text="I look.")
    asked = [ModelRequest.user_text_prompt("hello")]
    with serving(answer, answer) as server:
        async with connected(Model("m", "openai", server.url, "scripted"), "k") as ready:
            whole = await direct.model_request(ready, asked)
            async with direct.model_request_stream(ready, asked) as stream:
                async for _event in stream:
                    pass
                streamed = stream.get()
    assert streamed.text == whole.text == "I look."
    made = [(c.tool_name, c.args_as_dict()) for c in whole.tool_calls]
    assert made == [("look", {"where": "there"}), ("listen", {})]
    assert [(c.tool_name, c.args_as_dict()) for c in streamed.tool_calls] == made
    assert streamed.usage.input_tokens == whole.usage.input_tokens == 100


def test_faults_are_real_ones():
    with serving(refusal(429, retry_after="7"), garbage(), hang_up()) as server:
        url = f"{server.url}/chat/completions"
        refused = httpx2.post(url, json={"messages": []})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
        for _fault in range(2):
            try:
                httpx2.post(url, json={})
            except httpx2.RemoteProtocolError:
                continue
            raise AssertionError("an answer came")
        assert httpx2.post(url, json={}).json()["choices"][0]["message"]["content"] == "Done."
        assert len(server.completions) == 4


def test_an_answer_may_depend_on_what_was_asked():
    with serving(lambda request: call("echo", said=request.said("user"))) as server:
        sent = {"messages": [{"role": "user", "content": "hello"}]}
        answer = httpx2.post(f"{server.url}/chat/completions", json=sent).json()
    made = answer["choices"][0]["message"]["tool_calls"][0]["function"]
    assert made == {"name": "echo", "arguments": '{"said": "hello"}'}
    assert say("x").without_usage().usage is None
