"""Nothing that a record, an agent or a model says steers the terminal of whoever looks at it."""

from __future__ import annotations

import pytest

from store.ai.proposals import inbox
from store.ai.runs import running
from tests.ai.runs.support import agent, mission
from tests.journeys.conftest import workbench

EVIL = "\x1b]0;pwn\x07\x1b[2J\x9b31m[bold]x[/foo]\u202e\r"
RAW = {b"\x1b", b"\x07", b"\r", b"\xc2\x9b", "\u202e".encode()}


@pytest.mark.slow
def test_no_command_lets_a_control_character_through(manabench):
    manabench("init", "--no-passphrase").ok()
    with workbench(manabench.home) as bench:
        with bench.step("add") as step:
            step.insert("tasks", {"title": f"t{EVIL}"}, id="t-1")
        who = agent(bench, f"Ada{EVIL}", role=EVIL)
        calls = [
            {"tool": f"x{EVIL}", "arguments": {EVIL: EVIL}, "onError": "continue"},
            {"tool": "create_task", "arguments": {"title": EVIL}, "rationale": f"r{EVIL}"},
            {"tool": "complete_task", "arguments": {"taskId": "t-1"}, "rationale": f"r{EVIL}"},
        ]
        id = mission(bench, *calls, agent=who, title=f"m{EVIL}", objective=EVIL)
        running.run(bench, id)
        waiting = inbox.pending(bench)
        inbox.reject(bench, [waiting[0].id], EVIL)
        left = waiting[1].id
    shown = 0
    for argv in (
        ("agent", "list"),
        ("mission", "show", id),
        ("mission", "runs", id),
        ("proposal", "list"),
        ("proposal", "show", left),
        ("proposal", "approve", left),
        ("timeline",),
        ("timeline", "--access"),
        ("revert", id),
    ):
        done = manabench(*argv)
        said = (done.out + done.err).encode()
        assert done.code in (0, 2), (argv, said)
        assert not [raw for raw in RAW if raw in said], argv
        shown += b"[bold]x[/foo]" in said
    assert shown >= 5  # what they say was there to be cleaned, and is no markup
