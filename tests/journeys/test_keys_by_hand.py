"""Keys on a real terminal: labels, repeating, moving, own filters, other keys, what was said."""

from __future__ import annotations

from itertools import takewhile

import pytest

from tests.journeys.conftest import SIZES, Walk, workbench

pytestmark = pytest.mark.slow

FEW = [*SIZES, (40, 15)]


def begun(walk: Walk, count: int = 30) -> Walk:
    with workbench(walk.manabench.home) as bench:
        quick = bench.modules["todo"].quick
        assert quick is not None
        with bench.step("fill") as step:
            for n in range(count):
                kind = "boat" if n % 2 else "shed"
                step.insert("tasks", quick(f"{kind} {n:02}"))
        bench.spaces.create("Harbour", "family")
    return walk


def on_list(walk: Walk, **env: str) -> Walk:
    walk.start(env=dict(env) or None).wait_for("shed")
    walk.press("g", "t").sees("Tasks [Open]").sees("boat")
    return walk


def keymap(walk: Walk, text: str) -> None:
    walk.manabench.home.config.mkdir(parents=True, exist_ok=True)
    (walk.manabench.home.config / "keymap.toml").write_text(text)


class Asks:
    """The line is open with this prompt: what is typed now goes there, however fast it comes."""

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt

    def __call__(self, shown: str) -> bool:
        return shown.rstrip("\n").splitlines()[-1].startswith(self.prompt)


def ask(walk: Walk, key: str, text: str) -> Walk:
    """Press a key that opens the line and type into it."""
    walk.press(key).on.wait_for(Asks(key))
    return walk.type(text)


def label_of(walk: Walk, text: str) -> str:
    """The letters that stand before the first row with ``text``."""
    line = next(line for line in walk.on.settle().screen if text in line)
    return "".join(takewhile(lambda char: char.isascii() and char.islower(), line[:2]))


def row(walk: Walk, line: int) -> str:
    """The title of the row that stands on this line of the screen."""
    return " ".join(walk.on.settle().screen[line].split()[-2:])


def dues(walk: Walk) -> dict[str, str]:
    with workbench(walk.manabench.home) as bench:
        from store.queries import Query

        found = bench.documents.page(bench.scope, Query("tasks"), limit=200)
        return {r.text("title"): r.text("dueDate") for r in found}


@pytest.mark.parametrize("walk", FEW, indirect=True)
def test_a_label_leads_to_its_row_and_escape_to_none(walk: Walk) -> None:
    on_list(begun(walk))
    start = walk.cursor_row()
    before = walk.on.settle().screen
    mark = walk.on.mark()
    walk.press("f").sees("Type the letters")
    assert walk.on.settle().bytes_since(mark) <= 12 * 1024
    walk.press("escape").sees_not("Type the letters")
    assert walk.on.settle().screen[1:-1] == before[1:-1]
    assert walk.cursor_row() == start
    walk.press("f").sees("Type the letters")
    wanted = row(walk, 7)
    walk.press(*label_of(walk, wanted)).sees_not("Type the letters")
    assert wanted in walk.cursor_row()
    # A key that is no label ends it and acts.
    walk.press("f").sees("Type the letters").press("home").sees_not("Type the letters")
    assert walk.cursor_row() == start
    walk.leave()


def test_a_tall_screen_has_labels_of_two_letters(walk: Walk) -> None:
    walk.cols, walk.rows = 100, 50
    on_list(begun(walk, 60))
    walk.press("f").sees("Type the letters")
    wanted = row(walk, 45)
    label = label_of(walk, wanted)
    assert len(label) == 2
    walk.press(label[0]).on.settle()
    walk.sees("Type the letters").press(label[1]).sees_not("Type the letters")
    assert wanted in walk.cursor_row()
    walk.leave()


def test_labels_work_on_cards_tabs_fields_and_choices(walk: Walk) -> None:
    on_list(begun(walk))
    walk.press("f").sees("Type the letters")
    tabs = walk.on.settle().screen[1]
    at = tabs.index("one ") if "one " in tabs else tabs.index("ompleted")
    walk.press(tabs[at - 1]).sees("Nothing is in")
    walk.press("v", "f").sees("Show").type("open").press("enter").sees("boat")
    walk.press("enter").sees("Description").press("f").sees("Type the letters")
    walk.press(label_of(walk, "escription")[0]).sees_not("Type the letters")
    assert "escription" in walk.cursor_row()
    walk.press("g", "h").sees("Notes").press("f").sees("Type the letters")
    line = next(line for line in walk.on.settle().screen if "2 Notes" in line)
    walk.press(line[line.index("2 Notes") - 1]).sees_not("Type the letters")
    walk.sees("Notes belong here")
    walk.leave()


@pytest.mark.parametrize("walk", FEW, indirect=True)
def test_the_last_act_is_repeated_with_its_argument_on_rows_and_marks(walk: Walk) -> None:
    on_list(begun(walk))
    walk.press(".").sees("Nothing was done here yet")
    walk.press("w").type("friday").press("enter").sees("Due Fri")
    walk.press("j", ".").on.settle()
    walk.press("j", "x", "x", "x", ".").sees("3 tasks")
    assert sum(bool(due) for due in dues(walk).values()) == 5
    walk.press("u").sees("Undone")
    assert sum(bool(due) for due in dues(walk).values()) == 2
    walk.leave()


def test_a_repeated_tag_is_put_on_and_never_off(walk: Walk) -> None:
    on_list(begun(walk))
    walk.press("t").sees("a tag, or a new name").type("summer").press("enter")
    walk.sees("Tagged 1 record").press(".").sees("Nothing to change").press("j", ".")
    walk.sees("Tagged 1 record")
    with workbench(walk.manabench.home) as bench:
        assert list(bench.tags.uses().values()) == [2]
    # Another module has not had that act.
    walk.press("g", "n").sees("Notes belong here").press(".").sees("Nothing was done here")
    walk.leave()


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_marked_rows_move_to_a_project_or_a_space_as_one_step(walk: Walk) -> None:
    on_list(begun(walk))
    walk.press("x", "x", "m").sees("Move 2 records to").type("winter").sees("new project")
    walk.press("enter").sees("2 tasks moved")
    walk.press("x", "x", "x", "m").sees("Move 3 records to").sees("winter").type("harbour")
    walk.sees("space").press("enter").sees("Moved 3 records to Harbour").sees(
        "old space keeps what"
    )
    assert len(dues(walk)) == 27
    walk.press("u").sees("Undone: move 3 records")
    assert len(dues(walk)) == 30
    walk.leave()


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_what_is_shown_is_saved_under_a_name_and_shown_again(walk: Walk) -> None:
    on_list(begun(walk))
    ask(walk, "/", "boat 0").press("enter").sees_not("shed")
    walk.press("v", "f").sees("Show").type("near ones").sees("save what is shown")
    walk.press("enter").sees("Saved as “near ones”")
    walk.press("escape").sees("shed")
    walk.press("v", "f").sees("near ones").type("near").press("enter").sees_not("shed")
    ask(walk, ":", "rename a saved").sees("rename a saved").press("enter").sees("Rename")
    walk.press("enter").sees("Name:").press("ctrl+u").type("first boats").press("enter")
    walk.sees("Renamed to").press("escape").sees("shed")
    walk.leave()
    on_list(walk).press("v", "f").sees("first boats").press("escape")
    ask(walk, ":", "delete a saved").sees("delete a saved").press("enter")
    walk.sees("first boats").press("enter").sees("Deleted the saved filter")
    walk.press("v", "f").sees("bring back").type("first").press("enter").sees("Saved as")
    walk.sees_not("shed")
    assert walk.manabench.home.find("first boats") == []
    walk.leave()


def test_groups_go_and_come_back_and_stay_as_they_were_left(walk: Walk) -> None:
    on_list(begun(walk)).sees("No date").press("v", "g").sees("Groups: off").sees_not("No date")
    walk.leave()
    walk.start().wait_for("shed")
    walk.sees_not("No date").press("v", "g").sees("No date")
    walk.leave()


def test_an_empty_message_line_shows_keys_and_moving_sends_them_once(walk: Walk) -> None:
    on_list(begun(walk)).sees("a add").sees("Space done").sees("? keys")
    costs = []
    for _n in range(8):
        mark = walk.on.settle().mark()
        walk.press("j").on.settle()
        costs.append(walk.on.bytes_since(mark))
        assert b"add" not in walk.on.raw(mark)
    assert sorted(costs)[4] <= 1024
    walk.leave()


def test_waiting_keys_are_shown_after_a_while_and_give_the_message_back(walk: Walk) -> None:
    on_list(begun(walk)).press("space").sees("1 task done")
    walk.press("v").sees("choose what is shown").press("escape").sees_not("choose what is shown")
    walk.sees("1 task done")
    walk.leave()


# Keys of one's own -------------------------------------------------------------------------------


def test_keys_of_the_file_act_also_on_another_alphabet_and_wrong_lines_are_told(
    walk: Walk,
) -> None:
    keymap(walk, '[keys]\nadd = "z z"\njump = "ctrl+g"\nmove.down = "f"\nspace = "u"\nfoo = "1"\n')
    walk.start().wait_for("begin")
    walk.press("enter").sees("3 problems in keymap.toml")
    walk.leave()


def test_a_changed_keymap_is_in_force_at_once_and_after_a_restart(walk: Walk) -> None:
    keymap(walk, '# kept\n[keys]\nadd = "V"\n')
    on_list(begun(walk)).press("V").sees("new task").press("escape")
    walk.press("g", "?").sees("act of your own")
    ask(walk, "/", "list: add here").press("enter")
    walk.sees("V").press("enter").sees("Press the key").press("d").sees("means both")
    walk.press("enter").sees("Press the key").press("escape").sees("as they were")
    walk.press("enter").sees("Press the key").press("n").sees("means both")
    walk.press("enter").sees("Press the key").press("Y").sees("add here: Y")
    walk.press("q").sees("Tasks/").press("Y").sees("new task").press("escape")
    walk.leave()
    assert "# kept" in (walk.manabench.home.config / "keymap.toml").read_text()
    on_list(walk).press("Н").sees("new task").press("escape")  # the same key, Cyrillic
    walk.press("g", "?")
    ask(walk, "/", "list: add here").press("enter")
    walk.press("d").sees("the preset's keys, a").press("u").sees("Undone")
    walk.press("q").press("Y").sees("new task").press("escape")
    walk.leave()


@pytest.mark.parametrize("walk", FEW, indirect=True)
def test_the_plain_preset_is_used_with_arrows_and_function_keys(walk: Walk) -> None:
    keymap(walk, 'preset = "plain"\n')
    walk.start().wait_for("begin")
    walk.press("enter").sees("Insert adds" if walk.cols > 40 else "Tasks")
    walk.press("g", "t").sees("Tasks [Open]")
    for n in range(3):
        walk.press("insert").sees("new task").type(f"plain {n}").press("enter").sees(f"○ plain {n}")
    walk.press("home").sees("▸ ○ plain 2").press("down").sees("▸ ○ plain 1")
    walk.press("j").on.settle()
    assert "plain 1" in walk.cursor_row()
    walk.press("f8").sees("Deleted 1 record").press("ctrl+u").sees("Undone")
    walk.press("f1").sees("Keys here").press("f10").sees("plain")
    walk.leave()


# What was said -----------------------------------------------------------------------------------


def test_messages_are_kept_in_memory_and_gone_with_the_lock(walk: Walk) -> None:
    on_list(begun(walk)).press("space").sees("1 task done").press("g", "M")
    walk.sees("Messages").sees("1 task done")
    ask(walk, "/", "no such words").sees("Nothing here")
    walk.press("escape").sees("1 task done").press("q", "L").sees("locked")
    walk.press("enter").sees("Tasks/").press("g", "M").sees("Messages").sees_not("1 task done")
    walk.press("q").press(".").sees("Nothing was done here yet")
    walk.leave()
    assert walk.manabench.home.find("1 task done") == []


def test_help_is_narrowed_by_words(walk: Walk) -> None:
    on_list(begun(walk)).press("?").sees("Keys here")
    ask(walk, "/", "tags").sees_not("Moving")
    walk.sees("t").press("enter").press("escape").sees("Keys here").press("escape").sees("Tasks/")
    walk.leave()
