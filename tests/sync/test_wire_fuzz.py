"""A slice of the fuzzing on every run; ``MANABENCH_FUZZ=1000000`` or ``python -m tests.sync.fuzz``
for all of it."""

from __future__ import annotations

import os

import pytest

from store.errors import ServerError
from store.sync import wire
from store.sync.compare.digest import digests
from store.sync.inbox import incoming
from store.sync.outbox.resending import resend_all
from tests.store.support import sound
from tests.sync import fuzz
from tests.sync.outbox import sent

COUNT = int(os.environ.get("MANABENCH_FUZZ", "10000"))


@pytest.mark.slow
def test_no_exception_escapes_the_decoder():
    found = fuzz.run(COUNT, 7)
    assert found.total() == COUNT
    assert {"Change", "Malformed", "no answer"} <= found.keys()


@pytest.mark.slow
def test_what_the_decoder_lets_through_can_be_kept_and_sent_back(out):
    with out.db.transaction() as connection:
        connection.execute("UPDATE spaces SET id = 's1'")
    for body in fuzz.messages(1000, 5):
        try:
            rows = wire.decode_page(body).rows
        except ServerError:
            continue
        for app in ("todo", "odd"):
            incoming.receive(out, app, "tasks", rows)
    sound(out)
    before = digests(out)
    assert resend_all(out) > 5
    assert sent(out)
    assert out.db.read("SELECT * FROM aside") == []
    assert digests(out) == before
