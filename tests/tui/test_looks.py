"""Looks: measured contrast, chosen by what the terminal has, a bad theme file never stands in the
way, and nothing but ASCII where that is asked for."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from store.settings import Settings
from tui.looks import files, signs
from tui.looks.roles import GLYPHS, NAMES, ROLES
from tui.looks.themes import Look, choose, colours, framework_theme, look
from tui.widgets import cells

ROOT = Path(__file__).resolve().parents[2]
XTERM = {"TERM": "xterm-256color"}


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2 defines it."""

    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = colour.get_truecolor()
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)


def contrast(style: Style) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    low, high = sorted((luminance(style.color), luminance(style.bgcolor)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_gives_21_to_1_for_black_and_white() -> None:
    assert contrast(Style.parse("color(16) on color(231)")) == pytest.approx(21)


@pytest.mark.parametrize(("theme", "least"), [("dark", 4.5), ("light", 4.5), ("contrast", 7.0)])
def test_every_role_can_be_read(theme: str, least: float) -> None:
    found = {role: round(contrast(style), 2) for role, style in look(theme).styles.items()}
    assert {role: ratio for role, ratio in found.items() if ratio < least} == {}


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
def test_palette_colours_only_and_none_that_a_person_may_have_changed(theme: str) -> None:
    for role, style in look(theme).styles.items():
        for colour in (style.color, style.bgcolor):
            assert colour is not None, role
            assert colour.number is not None, role
            assert colour.number >= 16, role


def test_ansi_has_the_sixteen_and_mono_none() -> None:
    for role, style in look("ansi").styles.items():
        for colour in (style.color, style.bgcolor):
            assert colour is None or (colour.number is not None and colour.number < 16), role
    assert all(s.color is None and s.bgcolor is None for s in look("mono").styles.values())


@pytest.mark.parametrize("theme", NAMES)
def test_a_state_never_shows_by_colour_alone(theme: str) -> None:
    """Cursor, caret and status differ from the plain row by more than a colour in every theme."""
    styles = look(theme).styles
    for role in ("cursor", "cursor_mark", "caret"):
        assert styles[role].reverse, role
    for role in ("warn", "error", "overdue", "head", "key"):
        assert styles[role].bold, role


@pytest.mark.parametrize(
    ("environ", "many"),
    [
        ({"TERM": "xterm-256color"}, 256),
        ({"TERM": "screen-256color"}, 256),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, 256),
        ({"TERM": "xterm-kitty"}, 256),
        ({"TERM": "xterm"}, 16),
        ({"TERM": "screen"}, 16),
        ({"TERM": "tmux"}, 16),
        ({"TERM": "linux"}, 16),
        ({"TERM": "vt100"}, 0),
        ({"TERM": "dumb"}, 0),
        ({}, 0),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, 0),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, 256),
    ],
)
def test_how_many_colours_a_terminal_has(environ: dict[str, str], many: int) -> None:
    assert colours(environ) == many
    shown = {256: "contrast", 16: "ansi", 0: "mono"}[many]
    assert choose(environ, "contrast").name == shown


def test_a_console_gets_signs_that_its_font_has() -> None:
    assert choose({"TERM": "linux"}).is_ascii
    assert choose({"TERM": "vt220"}).is_ascii
    assert not choose(XTERM).is_ascii


# Theme files ----------------------------------------------------------------------------------


def theme(folder: Path, text: str, name: str = "mine") -> files.Dress:
    (folder / files.FOLDER).mkdir(exist_ok=True)
    (folder / files.FOLDER / f"{name}.toml").write_text(text)
    return files.dress(XTERM, Settings(theme=name), folder)


def test_a_theme_of_ones_own_changes_what_it_names_and_keeps_the_rest(tmp_path: Path) -> None:
    worn = theme(tmp_path, 'based_on = "light"\n[roles]\nhead = "italic color(88)"\n')
    assert worn.problems == ()
    head = worn.look.style("head")
    assert head.italic
    assert head.color == Color.parse("color(88)")
    assert head.bgcolor == look("light").style("head").bgcolor
    assert worn.look.style("error") == look("light").style("error")


def test_another_base_is_behind_every_role(tmp_path: Path) -> None:
    worn = theme(tmp_path, '[roles]\nbase = "color(230) on #102030"\n')
    assert worn.look.style("dim").bgcolor == Color.parse("#102030")
    assert framework_theme(worn.look).background == "#102030"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[roles]\n\nhead = "bald"\n', 3, ["“bald”", "role head", "looks as in dark"]),
        ('based_on="light"\n[roles]\nhead = 3\n', 3, ["role head", "looks as in light"]),
        ('[roles]\ncursor = "blink"\n', 2, ["role cursor"]),
        ('[roles]\nhead = "link http://x.org"\n', 2, ["role head"]),
        ('[roles]\nhaed = "bold"\n', 2, ["no role haed"]),
        ('based_on = "solar"\n', 1, ["no built-in theme solar", "based on dark"]),
        ('colour = "x"\n', 1, ["colour does not belong here"]),
        ("roles = 3\n", 1, ["roles does not belong here"]),
        ("[roles\n", 1, ["not TOML", "The theme dark is shown instead"]),
    ],
)
def test_a_bad_theme_falls_back_and_names_line_and_role(
    tmp_path: Path, text: str, line: int, said: list[str]
) -> None:
    worn = theme(tmp_path, text)
    (problem,) = worn.problems
    assert problem.line == line
    assert str(problem).startswith(f"themes/mine.toml, line {line}: ")
    for words in said:
        assert words in str(problem)
    base = "light" if "light" in text else "dark"
    assert worn.look.styles == look(base).styles


def test_a_theme_that_is_not_there_or_no_text_falls_back(tmp_path: Path) -> None:
    worn = files.dress(XTERM, Settings(theme="gone"), tmp_path)
    assert worn.look.name == "dark"
    assert "themes/gone.toml" in str(worn.problems[0])
    (tmp_path / files.FOLDER).mkdir()
    (tmp_path / files.FOLDER / "gone.toml").write_bytes(b"\xff\xfe")
    assert files.dress(XTERM, Settings(theme="gone"), tmp_path).look.name == "dark"


def test_below_256_colours_only_a_theme_of_sixteen_is_worn(tmp_path: Path) -> None:
    few, none = {"TERM": "xterm"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}
    theme(tmp_path, '[roles]\nhead = "color(88)"\n', "many")
    theme(tmp_path, 'based_on = "ansi"\n[roles]\nhead = "magenta"\n', "few")
    assert files.dress(few, Settings(theme="many"), tmp_path).look.name == "ansi"
    assert files.dress(few, Settings(theme="few"), tmp_path).look.name == "few"
    assert files.dress(none, Settings(theme="few"), tmp_path).look.name == "mono"


def test_all_themes_can_be_chosen_and_a_file_never_hides_a_built_in_one(tmp_path: Path) -> None:
    theme(tmp_path, "", "evening")
    theme(tmp_path, "", "dark")
    assert files.names(tmp_path) == ["auto", *NAMES, "evening"]
    assert files.names(tmp_path / "nowhere") == ["auto", *NAMES]


# Signs ------------------------------------------------------------------------------------------


def spoken_signs() -> dict[str, str]:
    """Every character beyond ASCII that is no letter, in the strings of the program."""
    found: dict[str, str] = {}
    for folder in ("store", "tui"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            words = {
                id(node.value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            }
            for node in ast.walk(tree):
                is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
                if is_text and id(node) not in words:
                    for char in node.value:
                        if ord(char) > 0x7F and unicodedata.category(char)[0] not in "LMNZ":
                            found[char] = path.relative_to(ROOT).as_posix()
    # Data, not drawn by us: what is recognised in texts, shapes of the demo and of the probes,
    # icons of templates, which become a person's own, and what stands round texts for models.
    return {
        char: where
        for char, where in found.items()
        if unicodedata.category(char) not in ("Cf", "Cn", "Co", "Cc", "Cs")
        and "demo" not in where
        and "pseudo" not in where
        and "links" not in where
        and "checkup" not in where
        and "ai/templates" not in where
        and "ai/tools/reading" not in where
        and "ai/mcp" not in where
    }


def test_every_sign_of_ours_has_an_ascii_form_as_wide_as_itself() -> None:
    missing = {c: where for c, where in spoken_signs().items() if not signs.plain(c).isascii()}
    assert missing == {}
    for sign, plain in signs.table().items():
        assert len(plain) == 1
        assert plain.isascii()
        assert cells.width(chr(sign)) == 1, hex(sign)


def test_letters_stay_as_they_are() -> None:
    assert signs.plain("Søren 雪国 ▸ “é” …") == 'Søren 雪国 > "é" ~'


def test_every_glyph_of_the_looks_is_replaced_too() -> None:
    for glyph, plain in GLYPHS.values():
        assert signs.plain(glyph) == plain or signs.plain(glyph).isascii()
        assert Look("x", True, {}).glyph is not None
        assert plain.isascii()


def test_every_role_stands_in_every_theme() -> None:
    assert all(len(words) == len(NAMES) for words in ROLES.values())
