"""The widgets on a real pty: what stands there, and what each key costs in bytes."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness import Terminal

pytestmark = pytest.mark.slow
APP = Path(__file__).with_name("demo_app.py")
ROOT = APP.parents[3]
COLOUR = re.compile(
    rb"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|38;[0-9;]+|4[0-7]|48;[0-9;]+|9[0-7]|10[0-7])(?:;[0-9;]*)?m"
)


@pytest.fixture
def demo(terminal):
    def start(*argv: str, env: dict[str, str] | None = None, **options: int) -> Terminal:
        env = {"PYTHONPATH": str(ROOT), **(env or {})}
        return terminal([sys.executable, str(APP), *argv], env=env, **options)

    return start


def cost(term: Terminal, *keys: str, quiet: float = 0.05) -> list[int]:
    """Bytes that each key made the program write."""
    costs = []
    for key in keys:
        mark = term.mark()
        term.press(key).settle(quiet)
        costs.append(term.bytes_since(mark))
    return costs


def ready(term: Terminal, words: str = "rows 100,000") -> Terminal:
    return term.wait_for(words).settle(0.2)


def pointed(term: Terminal) -> str:
    return term.screen[term.row_of("▸")]


def test_moving_through_a_long_list_costs_little_and_idling_nothing(demo):
    term = ready(demo("rows"))
    downs = cost(term, *["j"] * 200, quiet=0.02)
    assert "000201" in pointed(term)
    assert statistics.median(downs) <= 1024
    assert statistics.mean(downs) <= 2048
    assert max(cost(term, "ctrl+d", "ctrl+u", "G", "home", "x")) <= 12 * 1024
    term.settle(0.3)
    mark = term.mark()
    time.sleep(3)
    assert term.bytes_since(mark) == 0
    for step in range(40):
        term.move_mouse(step * 2, step % 24)
    time.sleep(0.4)
    assert term.bytes_since(mark) == 0


def test_the_ends_and_the_middle_of_a_long_list_are_reached(demo):
    term = ready(demo("rows"))
    term.press("G").wait_for("▸ o 100000")
    term.press("k").settle()
    assert "099999" in pointed(term)
    term.press("home").wait_for("▸ o 000001").press("ctrl+d", "ctrl+d").settle()
    assert "000023" in pointed(term)


def test_the_count_has_a_plus_until_all_is_known_and_g_waits_for_it(demo):
    term = demo("slow").wait_for("Loading").wait_for("rows 50+")
    term.press("G").wait_for("▸ o 000050").wait_for("▸ o 100000", limit=6)
    assert "rows 100,000" in term.text


def test_a_later_start_stands_where_the_last_one_ended(demo):
    term = ready(demo("rows", env={"PLACE": "70000"}))
    assert "070000" in pointed(term)
    assert term.row_of("▸") == 3


def test_marks_are_counted_and_seen_without_colour(demo):
    term = ready(demo("rows", "mono"))
    term.press("x").wait_for("1 marked").press("j", "j", "X").wait_for("3 marked")
    term.press("j").settle()
    assert term.screen[1].startswith(" ▪o 000002")
    assert any(style.reverse and "▪" in text for text, style in term.styles(1))
    term.press("*").wait_for("100000 marked", limit=30)
    term.press("n").wait_for("0 marked")


def test_a_deleted_row_gives_the_cursor_to_the_next_one(demo):
    term = ready(demo("rows"))
    term.press("j", "j", "d").wait_gone("000003").wait_for("rows 99,999")
    assert "000004" in pointed(term)


def test_a_row_that_changes_its_group_stays_until_the_list_is_left(demo):
    term = ready(demo("grouped", env={"ROWS": "40"}), "rows 40")
    term.press("j", "space").wait_for("x 000002").settle()
    assert "Done" not in term.text
    assert "▸ x 000002" in pointed(term)
    term.press("L").wait_for("Done")
    assert "▸ x 000002" in pointed(term)


def test_a_new_record_appears_and_the_cursor_can_be_sent_to_it(demo):
    term = ready(demo("rows"))
    term.press("j", "j", "a").wait_for("▸ o 100001").wait_for("rows 100,001")


def test_reading_a_list_again_neither_moves_the_cursor_nor_repaints_it(demo):
    term = ready(demo("rows"))
    term.press("G").wait_for("▸ o 100000").settle(0.3)
    assert cost(term, "r", quiet=0.6)[0] == 0


def test_an_empty_list_says_which_key_to_press_and_a_failed_one_what_happened(demo):
    demo("empty").wait_for("Press a to add one.")
    term = demo("failing").wait_for("The disk is gone.")
    term.wait_for("All is kept.").wait_for("Put it back.")


def test_a_click_moves_a_double_click_opens_the_wheel_goes_by_half_pages(demo):
    term = ready(demo("rows"))
    term.click(10, 4).wait_for("▸ o 000005")
    time.sleep(0.6)
    term.click(10, 7, times=2).wait_for("opened r8")
    term.wheel(10, 5).settle()
    assert "000019" in pointed(term)


@pytest.mark.parametrize(("cols", "rows"), [(40, 15), (60, 20), (80, 24)])
def test_no_colour_means_no_colour_code_at_all_at_every_size(demo, cols, rows):
    term = ready(demo("rows", env={"NO_COLOR": "1"}, cols=cols, rows=rows))
    term.press("j", "x", "j").settle()
    assert not COLOUR.search(term.raw())
    assert any(style.reverse for _text, style in term.styles(term.row_of("▸")))
    assert all(len(line) <= cols for line in term.screen)
    assert "family" in term.text
    assert "unlocked" in term.text


def test_sixteen_colours_are_enough(demo):
    term = ready(demo("rows", env={"TERM": "linux", "COLORTERM": None}))
    assert b"\x1b[38;" not in term.raw()
    assert b";38;" not in term.raw()


def test_typing_in_a_line_costs_little(demo):
    term = demo("line").wait_for("Title").settle(0.2)
    assert max(cost(term, *"Buy milk and bread")) <= 600
    term.paste("漢字 👩\u200d💻 long text " * 12).settle()
    assert max(cost(term, *"abc", "backspace", "ctrl+w", "ctrl+z", "ctrl+y")) <= 600
    term.press("ctrl+a", "ctrl+k").type("done").press("enter").wait_for("committed 4: 'done'")
    term.type("more").press("escape").wait_for("left 8: 'donemore'").settle(0.3)
    mark = term.mark()
    time.sleep(2)
    assert term.bytes_since(mark) == 0


def test_a_password_is_never_on_the_wire(demo):
    term = demo("line").wait_for("Secret").press("tab").settle()
    mark = term.mark()
    term.type("hunter2").settle()
    assert "•••••••" in term.text
    assert b"h" not in re.sub(rb"\x1b\[[?0-9;]*[a-zA-Z]", b"", term.raw(mark))
    term.press("enter").wait_for("committed 7: 'hunter2'")


def test_the_cursor_steps_over_whole_clusters(demo):
    term = demo("line").wait_for("Title").settle(0.2)
    term.paste("a👩\u200d💻e\u0301z").press("left", "left", "backspace").press("enter")
    term.wait_for("committed 4: 'aéz'")


@pytest.mark.parametrize("text", ["👩\u200d💻", "می\u200cخواهم", "日本\u3000語", "e\u0301x"])
def test_what_is_typed_key_by_key_arrives_whole(demo, text):
    term = demo("line").wait_for("Title").settle(0.2)
    term.type(text).press("enter")
    term.wait_for(f"committed {len(text)}:")


def test_typing_in_a_note_sends_only_the_rows_that_changed(demo):
    note = "short\n" + "words " * 60 + "\n" + "漢字の文章です。" * 30
    term = demo("note", env={"NOTE": note}).wait_for("short").settle(0.2)
    assert max(cost(term, *"typed here")) <= 600
    term.press("down", "ctrl+e").settle()
    assert max(cost(term, *"typed", "backspace")) <= 600
    term.press("ctrl+end").settle()
    assert max(cost(term, *"ende")) <= 600
    term.press("enter", "tab").type("in").press("enter").type("x").press("ctrl+s")
    term.wait_for("committed")
    mark = term.mark()
    time.sleep(2)
    assert term.bytes_since(mark) == 0


def test_a_note_is_left_as_it_came_when_nothing_was_typed(demo):
    term = demo("note", env={"NOTE": "a\r\nb"}).wait_for("b").settle(0.2)
    term.press("down", "escape").wait_for(r"committed 4: 'a\r\nb'")


def test_a_note_over_64_kb_says_so_and_takes_no_key(demo):
    term = demo("note", env={"NOTE": "x" * 70_000}).wait_for("68 KB is too long").settle(0.2)
    assert cost(term, "a", "enter", "backspace") == [0, 0, 0]


def test_a_field_is_edited_in_its_place(demo):
    term = demo("fields").wait_for("Call the plumber").settle(0.2)
    assert max(cost(term, *"jkj")) <= 1024
    term.press("home").settle()
    assert cost(term, "e")[0] <= 12 * 1024
    assert "text of title" in term.screen[0]
    assert max(cost(term, *"abc")) <= 600
    term.press("enter").wait_for("committed 16: 'text of titleabc'").wait_for("Call the plumber")
    term.press("j", "j", "e").wait_for("text of body").press("escape")
    term.wait_for("committed 12: 'text of body'").wait_for("A long body")
    term.press("end").settle()
    assert "Field 29" in pointed(term)


def test_the_widgets_load_none_of_the_heavy_parts_of_the_framework():
    code = (
        "import sys, textual.app; before = set(sys.modules);"
        "import tui.widgets.rows, tui.widgets.fields, tui.widgets.status_line;"
        "print([m for m in set(sys.modules) - before if not m.startswith(('tui', 'store'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
    )
    loaded = set(re.findall(r"'([\w.]+)'", done.stdout))
    assert not [m for m in loaded if m.startswith(("textual.widgets", "markdown", "pydantic"))]
