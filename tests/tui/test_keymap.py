"""A keymap file can be wrong in every way and never costs a key that somebody needs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.modules import installed
from tui.keys import keymap_file
from tui.keys.actions import PLACES, everything, in_scopes
from tui.keys.keymap import ESSENTIAL, Keymap, clashes, in_palette, read
from tui.keys.reading import Press, Reader, bind

ACTS = everything(installed())
BY_ID = {a.id: a for a in ACTS}


def one(text: str, line: int, *words: str, id: str = "", warning: bool = False) -> Keymap:
    """The keymap of a text with one problem, which names its line and these words."""
    found = read(text, ACTS)
    assert len(found.problems) == 1, [str(p) for p in found.problems]
    problem = found.problems[0]
    assert problem.line == line
    assert f"line {line}:" in str(problem)
    for word in words:
        assert word in str(problem)
    assert problem.id == id
    assert problem.warning is warning
    return found


def test_keys_of_the_file_are_in_force_for_their_acts_only() -> None:
    found = read('[keys]\nundo = ["ctrl+y", "Z"]\ntodo.priority = "V"\n"add" = "F5"\n', ACTS)
    assert found.problems == ()
    assert found.own == {"undo": ("ctrl+y", "Z"), "todo.priority": ("V",), "add": ("f5",)}
    changed = {a.id for a, b in zip(ACTS, found.applied(ACTS), strict=True) if a != b}
    assert changed == set(found.own)


def test_without_a_file_nothing_is_read_and_the_preset_is_in_force(tmp_path: Path) -> None:
    assert keymap_file.load(lambda: pytest.fail("asked"), "plain", tmp_path) == Keymap("plain")


def test_the_file_names_the_preset_over_the_settings() -> None:
    assert read('preset = "plain"', ACTS, "vim").preset == "plain"
    assert one('preset = "emacs"', 1, "no preset", "vim is in force").preset == "vim"


def test_an_unknown_act_is_named_with_the_nearest_one() -> None:
    found = one('[keys]\nundoo = "z"\nadd = "V"', 2, "undoo", "nearest is undo")
    assert found.own == {"add": ("V",)}


def test_two_acts_on_one_key_are_both_named_and_the_other_one_keeps_it() -> None:
    found = one('[keys]\ndelete = "a"', 2, "“a”", "add", "keeps its keys: d, Delete", id="delete")
    assert found.own == {}
    found = one('[keys]\nadd = "n"\n', 2, "“n”", "add", id="add")
    others = ("todo.subtask", "notes.append", "ai-agents.filter")
    assert any(other in str(found.problems[0]) for other in others)


def test_two_acts_may_change_places() -> None:
    found = read('[keys]\nadd = "e"\nedit = "a"\n', ACTS)
    assert (found.problems, found.own) == ((), {"add": ("e",), "edit": ("a",)})


def test_of_two_lines_that_want_a_key_the_first_has_it() -> None:
    found = one('[keys]\ntags = "T"\nadd = "T"\n', 3, "tags", "add keeps", id="add")
    assert found.own == {"tags": ("T",)}


def test_a_line_that_gives_way_takes_the_ones_along_that_built_on_it() -> None:
    # tags wants the key that add leaves, but add may not have its new one.
    found = read('[keys]\ntags = "a"\nadd = "ctrl+m"\n', ACTS)
    assert found.own == {}
    assert [p.id for p in found.problems] == ["tags", "add"]


def test_a_key_behind_another_one_is_unreachable() -> None:
    one('[keys]\nadd = "g"\n', 2, "“g”", "hides", id="add")
    one('[keys]\nadd = "a b"\nspace = "a"\n', 3, "hides", "space keeps its keys: s", id="space")
    one('[keys]\nadd = "g escape"\n', 2, "end a sequence", id="add")


def test_an_act_may_lose_its_keys_only_where_the_palette_has_it() -> None:
    found = read("[keys]\nadd = []\nhistory = []\n", ACTS)
    assert found.own == {"add": (), "history": ()}
    one("[keys]\nmove.down = []\n", 2, "keep one", "↓, j", id="move.down")
    for id in ESSENTIAL:
        one(f'[keys]\n"{id}" = []\n', 2, "keep one", id=id)


@pytest.mark.parametrize(
    "key", ["ctrl+h", "ctrl+i", "ctrl+m", "Ctrl+J", "ctrl+[", "ctrl+b", "alt+x", "ctrl+shift+a"]
)
def test_keys_that_terminals_do_not_send_are_refused(key: str) -> None:
    one(f'[keys]\nredo = "{key}"\n', 2, key, "do not send", id="redo")


def test_keys_that_need_altgr_are_taken_with_a_warning() -> None:
    found = one('[keys]\njump = "#"\n', 2, "AltGr", "all the same", id="jump", warning=True)
    assert found.own == {"jump": ("#",)}


def test_no_change_can_be_put_on_the_tail_of_a_torn_key() -> None:
    one('[keys]\nadd = "D"\n', 2, "torn key", id="add")
    assert read('[keys]\njump = "F"\n', ACTS).problems == ()


def test_digits_stay_cards() -> None:
    one('[keys]\nadd = "5"\n', 2, "digits", id="add")


def test_what_types_cannot_be_a_key_while_typing() -> None:
    one('[keys]\ntyping.commit = "s"\n', 2, "types there", id="typing.commit")
    one('[keys]\ntyping.undo = "f9"\n', 2, "text field", id="typing.undo")
    assert read('[keys]\ntyping.commit = "f9"\n', ACTS).problems == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[keys\n", 1),
        ('[keys]\nadd = "a"\nadd = "b"\n', 3),
        ("[keys]\nadd = 5\n", 2),
        ("[keys]\nadd = [1]\n", 2),
        ('[keys]\nadd = "no such key"\n', 2),
        ('[keys]\nadd = ""\n', 2),
        ("\nkeys = 3\n", 2),
        ('add = "x"\n', 1),
        ("preset = 1\n", 1),
        ("[keys.when]\ntoday = 7\n", 2),
    ],
)
def test_wrong_toml_and_wrong_types_are_told_with_their_line(text: str, line: int) -> None:
    found = read(text, ACTS)
    assert [p.line for p in found.problems][:1] == [line], [str(p) for p in found.problems]
    assert found.own == {}


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "keymap.toml").write_bytes(b"\xff\xfe\x00")
    found = keymap_file.load(lambda: ACTS, "vim", tmp_path)
    assert "UTF-8" in str(found.problems[0])
    (tmp_path / "keymap.toml").unlink()
    (tmp_path / "keymap.toml").mkdir()
    assert keymap_file.load(lambda: ACTS, "vim", tmp_path).problems


# Any file at all ---------------------------------------------------------------------------------

IDS = st.one_of(st.sampled_from(sorted(BY_ID)), st.text(max_size=8))
KEYS = st.one_of(
    st.sampled_from("a d g q u x z G D ? : / # 1 space enter escape f5 ctrl+p ctrl+h tab".split()),
    st.sampled_from(["g t", "g g", "v q", "w t", "a b", "u u u u", "<text>", "w <text>"]),
    st.text(max_size=4),
)
VALUES = st.one_of(KEYS, st.lists(KEYS, max_size=3), st.integers(), st.booleans())


def quoted(text: str) -> str:
    marked = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in marked) + '"'


def as_toml(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(v) for v in value) + "]"
    return str(value).lower()


def is_whole(keymap: Keymap) -> None:
    """Every act is reached by a key or the palette, the essentials by a key in their place."""
    acts = keymap.applied(ACTS)
    assert list(clashes(acts)) == []
    for action in acts:
        assert action.keys or in_palette(action) or not BY_ID[action.id].keys, action.id
        if action.id in ESSENTIAL:
            assert action.keys
    for scopes in PLACES.values():
        here = [a for a in in_scopes(acts, scopes) if a.run != "do_own_act"]
        bound = bind(here)
        for action in here:
            if action.id in ESSENTIAL or (action.run and not in_palette(action)):
                assert any(presses(keys, bound) == action.id for keys in action.sequences), action


def presses(keys: tuple[str, ...], bound: object) -> str:
    """The act that these keys reach when they are pressed."""
    reader, meaning = Reader(), None
    for at, key in enumerate(keys):
        name = "x" if key == "<text>" else key
        character = " " if name == "space" else name if len(name) == 1 else None
        press = Press(name, character, 10.0 + at)
        meaning = reader.read(press, bound, typing=False)  # type: ignore[arg-type]
    return meaning.action.id if meaning is not None and meaning.action is not None else ""


@given(st.text())
def test_no_text_crashes_the_reader(text: str) -> None:
    is_whole(read(text, ACTS))


@given(st.dictionaries(IDS, VALUES, max_size=6), st.sampled_from(["vim", "plain", "x"]))
def test_whatever_the_file_says_every_act_is_still_reached(
    lines: dict[str, object], preset: str
) -> None:
    text = f"preset = {quoted(preset)}\n[keys]\n"
    text += "".join(f"{quoted(id)} = {as_toml(value)}\n" for id, value in lines.items())
    keymap = read(text, ACTS)
    is_whole(keymap)
    told = {problem.id or problem.given.get("name") for problem in keymap.problems}
    assert set(lines) <= set(keymap.own) | told, (text, keymap)


# Changing the file -------------------------------------------------------------------------------


def test_a_change_keeps_comments_and_everything_else(tmp_path: Path) -> None:
    before = '# mine\npreset = "vim"\n\n[keys]\nundo = ["u", "Z"]  # twice\ntodo.priority = "Y"\n'
    text = keymap_file.changed(before, BY_ID["todo.priority"], ("p", "Y"), "vim")
    assert "# mine" in text
    assert "# twice" in text
    text = keymap_file.changed(text, BY_ID["add"], ("V",), "vim")
    assert read(text, ACTS).own == {"undo": ("u", "Z"), "todo.priority": ("p", "Y"), "add": ("V",)}
    text = keymap_file.changed(text, BY_ID["undo"], None, "vim")
    assert "undo" not in read(text, ACTS).own
    assert keymap_file.changed("", BY_ID["add"], None, "vim").strip() in ("", "[keys]")


def test_the_file_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    keymap_file.write("[keys]\n", tmp_path / "config")
    file = tmp_path / "config" / "keymap.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keymap_file.text(tmp_path / "config") == "[keys]\n"
    assert keymap_file.text(tmp_path / "elsewhere") == ""
