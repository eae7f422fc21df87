"""What is typed is written in time, once, and forgotten only when it was committed."""

from __future__ import annotations

from collections.abc import Callable

from tui.shell.drafting import Drafter, Spot

SPOT = Spot("todo/add/space", start="")


class Desk:
    """A clock, its timers, and what was saved."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.saved: list[tuple[float, str]] = []
        self.cleared = 0
        self.text = ""
        self.drafter = Drafter(self._save, self._clear, self._timer, lambda: self.now)

    def _save(self, spot: Spot, text: str) -> None:
        self.saved.append((round(self.now, 2), text))

    def _clear(self, spot: Spot) -> None:
        self.cleared += 1

    def _timer(self, seconds: float, call: Callable[[], None]) -> Timer:
        entry = (self.now + seconds, call)
        self.timers.append(entry)
        return Timer(lambda: self.timers.remove(entry))

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((t for t in self.timers if t[0] <= end), key=lambda t: t[0]):
            self.timers.remove(due[0])
            self.now = due[0][0]
            due[0][1]()
        self.now = end

    def type(self, text: str, gap: float) -> None:
        for character in text:
            self.text += character
            self.drafter.changed()
            self.pass_time(gap)


class Timer:
    def __init__(self, stop: Callable[[], None]) -> None:
        self.stop = stop


def test_a_draft_is_written_after_a_second_of_rest() -> None:
    desk = Desk()
    desk.drafter.begin(SPOT, lambda: desk.text)
    desk.type("milk", 0.2)
    assert desk.saved == []
    desk.pass_time(1.0)
    assert desk.saved == [(1.6, "milk")]
    desk.pass_time(60)
    assert len(desk.saved) == 1
    assert desk.timers == []


def test_endless_typing_is_written_every_five_seconds() -> None:
    desk = Desk()
    desk.drafter.begin(SPOT, lambda: desk.text)
    desk.type("x" * 60, 0.2)
    assert [at for at, _ in desk.saved] == [5.0, 10.0]


def test_leaving_writes_at_once() -> None:
    desk = Desk()
    desk.drafter.begin(SPOT, lambda: desk.text)
    desk.type("mi", 0.1)
    desk.drafter.leave()
    assert desk.saved == [(0.2, "mi")]
    assert desk.timers == []
    assert desk.drafter.spot is None


def test_a_field_left_as_it_was_leaves_no_draft() -> None:
    desk = Desk()
    desk.drafter.begin(SPOT, lambda: desk.text)
    desk.drafter.leave()
    assert desk.saved == []
    desk.drafter.begin(SPOT, lambda: desk.text)
    desk.type("x", 2.0)
    desk.text = ""
    desk.drafter.changed()
    desk.drafter.leave()
    assert desk.cleared == 1
