"""Every screen in the pseudo-locale: all of its words go through the catalogue."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from store import words
from store.pseudo import pseudo
from tests.harness.homes import Home
from tests.journeys.conftest import workbench
from tests.screens.driving import Driven, driven
from tests.screens.places import PLACES, Place, fill
from tests.tui.pseudo import ENV, cut_off, env_of, is_pseudo, speaking, unwrapped_words

DATA = {
    inspect.getsource(fill),  # what the home holds
    "Home Personal todo notes contacts task tasks calendar",  # and what every home is made with
    "auto dark vim plain",  # values of settings, as they stand in their file
}


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    made = Home.make()
    with workbench(made) as bench:
        fill(bench)
    yield made
    made.remove()


async def _go(on: Driven, place: Place) -> None:
    for key in place.keys:
        if key.startswith("text:"):
            await on.type(key.removeprefix("text:"))
        else:
            await on.press(key)


def test_a_plain_word_is_found_and_data_keys_and_commands_are_not():
    said = pseudo("Nothing was changed.")
    assert unwrapped_words(f"{said} u undo  Enter: yes", {"yes"}) == [
        f"undo: {said} u undo  Enter: yes"
    ]
    assert unwrapped_words(f"heron `manabench undo` {said} ~/notes --yes", {"Heron"}) == []
    assert cut_off(f"ok\n{said[:9]}…") == [f"{said[:9]}…"]
    assert is_pseudo(said)


@pytest.mark.slow
@pytest.mark.parametrize(
    "place", [p for p in PLACES if p.home == "filled"], ids=lambda place: place.name
)
async def test_every_word_of_a_screen_is_translated(place, home):
    with speaking("en-XA"):
        async with driven(home, (100, 30), env=ENV) as on:
            await _go(on, place)
            if on.screen_name != place.screen:
                pytest.skip(f"{place.keys} lead to {on.screen_name}")
            assert is_pseudo(on.text), on.text
            assert unwrapped_words(on.text, DATA) == [], on.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "size"), [("en-XA", (40, 15)), ("de", (60, 20))], ids=["en-XA", "de"]
)
@pytest.mark.parametrize(
    "place", [p for p in PLACES if p.home == "filled"], ids=lambda place: place.name
)
async def test_a_screen_stands_in_a_longer_language(place, language, size, home):
    with speaking(language):
        async with driven(home, size, env=env_of(language)) as on:
            assert words.language() == language
            await _go(on, place)
            lines = on.text.split("\n")
            assert max(map(cell_len, lines)) <= size[0], on.text
            assert lines[0].strip(), on.text
            assert any(line.strip() for line in lines[1:]), on.text
