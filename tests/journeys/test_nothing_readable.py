"""Nothing a person typed is readable on the disk, whatever a developer's environment asks for."""

from __future__ import annotations

import signal

import pytest

from tests.journeys.conftest import Walk

pytestmark = pytest.mark.slow

WORDS = {
    "passphrase": "quaggapass",
    "title": "numbatword",
    "draft": "okapiword",
    "tag": "tapirword",
    "search": "jerboaword",
    "filter": "pangolinword",
}
VARIABLES = (
    *("TEXTUAL", "TEXTUAL_LOG", "TEXTUAL_DEBUG", "TEXTUAL_PRESS", "TEXTUAL_SCREENSHOT"),
    *("TEXTUAL_SCREENSHOT_LOCATION", "TEXTUAL_SCREENSHOT_FILENAME", "TEXTUAL_SHOW_RETURN"),
    *("TEXTUAL_DRIVER", "TEXTUAL_SLOW_THRESHOLD"),
)
"""What the framework logs, records or presses keys by."""


def developer(walk: Walk) -> dict[str, str]:
    """Every developer variable set to something that would leave a trace."""
    temp = walk.manabench.home.temp
    values = dict.fromkeys(VARIABLES, "1")
    values |= {
        "TEXTUAL": "debug,devtools",
        "TEXTUAL_LOG": str(temp / "framework.log"),
        "TEXTUAL_PRESS": "x,y,z",
        "TEXTUAL_SCREENSHOT": "0",
        "TEXTUAL_SCREENSHOT_LOCATION": str(temp),
        "TEXTUAL_SCREENSHOT_FILENAME": "shot.svg",
        "TEXTUAL_DRIVER": "nothing:Real",
    }
    return values


@pytest.mark.parametrize("walk", [(80, 24)], indirect=True)
@pytest.mark.parametrize("end", ["quit", "hang-up", "kill", "terminate"])
def test_typed_words_leave_no_trace_on_the_disk(walk: Walk, end: str) -> None:
    walk.start(env=developer(walk)).wait_for("begin")
    walk.press("p").sees("Passphrase:").type(WORDS["passphrase"]).press("enter")
    walk.sees("The same again").type(WORDS["passphrase"]).press("enter").sees("a adds")
    walk.press("a").type(f"buy {WORDS['title']}").press("enter").sees(f"○ buy {WORDS['title']}")
    walk.press("/").type(WORDS["filter"]).sees(WORDS["filter"])
    walk.press("escape").press("escape").sees(f"○ buy {WORDS['title']}")
    walk.press("g", "s").type(WORDS["search"]).sees(WORDS["search"]).press("escape")
    walk.press("b")
    walk.press("c").type(WORDS["draft"]).sees(WORDS["draft"])
    walk.on.settle(1.4)
    if end == "quit":
        # An Escape and what follows at once are one key with Alt to every terminal program.
        walk.press("escape").on.settle()
        walk.press("ctrl+q")
        assert walk.on.wait_exit() == 0
    elif end == "kill":
        walk.on.kill()
    elif end == "hang-up":
        walk.on.close_pty()
        walk.on.wait_exit()
    else:
        walk.on.signal(signal.SIGTERM)
        walk.on.wait_exit()
    assert walk.manabench.home.find(*WORDS.values()) == []


@pytest.mark.parametrize("walk", [(80, 24)], indirect=True)
def test_locking_repaints_the_screen_and_the_title_names_nothing(walk: Walk) -> None:
    walk.start(env=developer(walk)).wait_for("begin")
    walk.press("p").sees("Passphrase:").type(WORDS["passphrase"]).press("enter")
    walk.sees("The same again").type(WORDS["passphrase"]).press("enter").sees("a adds")
    walk.press("a").type(f"buy {WORDS['title']}").press("enter").sees(f"○ buy {WORDS['title']}")
    walk.press("L").sees("Locked")
    walk.sees_not(WORDS["title"])
    walk.on.settle()
    mark = walk.on.mark()
    walk.on.resize(100, 30)
    walk.on.settle()
    assert WORDS["title"].encode() not in walk.on.raw(mark)
    assert WORDS["passphrase"].encode() not in walk.on.raw()
    assert not any(WORDS["title"] in title for title in walk.on.emulator.titles)
