"""The pictures of ``screenshots/`` show the app as it is, and are drawn in the right columns."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from tests.harness.emulator import Emulator

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "screenshots"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    """``screenshots/drawing.py``, which is in no package."""
    spec = importlib.util.spec_from_file_location("drawing", FOLDER / "drawing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow(seconds=60)
@pytest.mark.timeout(400)
def test_no_picture_is_stale() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "make.py"), "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_a_picture_is_small_and_says_nothing_of_where_it_was_made() -> None:
    pictures = list(FOLDER.glob("*.svg"))
    assert pictures
    for path in pictures:
        text = path.read_text(encoding="utf-8")
        assert len(text) < 40_000, path.name
        ElementTree.fromstring(text)
        assert not re.search(r"/tmp|/dev/shm|\.venv", text), path.name


def drawn(drawing: ModuleType, text: str, cols: int = 20) -> ElementTree.Element:
    emulator = Emulator(cols, 2)
    emulator.feed(text.encode())
    rows = [emulator.cells(row) for row in range(2)]
    return ElementTree.fromstring(drawing.svg(rows, drawing.DARK, None))


def column(drawing: ModuleType, element: ElementTree.Element) -> float:
    return round((float(element.attrib["x"]) - drawing.EDGE) / drawing.CELL, 1)


def test_text_behind_a_wide_glyph_stands_in_its_column(drawing: ModuleType) -> None:
    texts = list(drawn(drawing, "a 窯元 end").iter(f"{SVG}text"))
    assert [(t.text, column(drawing, t)) for t in texts] == [("a", 0), ("窯元", 2), ("end", 7)]
    widths = [round(float(t.attrib["textLength"]) / drawing.CELL, 1) for t in texts]
    assert widths == [1, 4, 3]


def test_joined_emoji_and_accents_keep_what_follows_in_place(drawing: ModuleType) -> None:
    texts = list(drawn(drawing, "e\u0301t 🌊  x").iter(f"{SVG}text"))
    assert texts[-1].text == "x"
    assert column(drawing, texts[-1]) == 7


def test_lines_are_shapes_that_join(drawing: ModuleType) -> None:
    picture = drawn(drawing, "┌──┐ab█")
    paths = [path.attrib["d"] for path in picture.iter(f"{SVG}path")]
    assert paths[0].count("H") == 1  # one line across four cells
    assert len(paths) == 2
    assert [t.text for t in picture.iter(f"{SVG}text")] == ["ab"]


def test_a_light_screen_is_drawn_on_light_paper(drawing: ModuleType) -> None:
    rows = [[(" ", drawing.Style(bg="fafafa"))] * 8, [("x", drawing.Style("101010", "fafafa"))] * 8]
    picture = ElementTree.fromstring(drawing.svg(rows, drawing.LIGHT, (1, 1)))
    rects = list(picture.iter(f"{SVG}rect"))
    assert rects[0].attrib["fill"] == "#fafafa"
    assert len(rects) == 2  # the paper and the cursor
