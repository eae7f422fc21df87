"""What the reader draws of a Markdown text, whatever the text: no row too wide, no word lost, no
control character, and no text that takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.asking import differing
from tui.widgets import cells
from tui.widgets.markdown import Block, Link, definitions, packed, parse, unpacked
from tui.widgets.markdown_cut import Chunk, chunks
from tui.widgets.markdown_rows import Row, column_widths, find_in, fold

WORD = re.compile(r"[a-zäöüß]+", re.IGNORECASE)

SAMPLE = """# Head *line*

First para with **strong**, `code`, ~~gone~~ and [shown](https://a.example/b "named").
![alt words](picture.png) and <b>html</b> &amp; https://bare.example/x.

1. one
2. two
   - nested
     - deeper [ ] no box
- [ ] open box
- [x] ticked box

> quoted
>
> > twice

```python
def code(): pass
```

| Left | Right | Middle |
|:--|--:|:-:|
| a | 1 | x |
| longer | 22 | y |

[named]: https://defined.example/
"""

HOSTILE = {
    "brackets": "[" * 30_000,
    "images": "![" * 15_000,
    "stars": "*a" * 15_000,
    "strong": "**a_" * 8_000,
    "ticks": "".join("`" * n + " " for n in range(250)),
    "quotes": ">" * 30_000,
    "quotes apart": "> " * 15_000,
    "markers": "- " * 15_000,
    "numbers": "1. " * 10_000,
    "references": "[a][b" * 6_000,
    "links": "[" * 15_000 + "a" + "](x)" * 4_000,
    "a table of one line": "|" * 30_000 + "\n" + "|-" * 15_000,
    "a long table": "a|b\n-|-\n" + "a|b\n" * 8_000,
    "many columns": "|a" * 400 + "\n" + "|-" * 400 + "\n" + ("|b" * 400 + "\n") * 20,
    "nested lists": "".join("  " * n + "- a\n" for n in range(300)),
    "quoted lines": "> a\n" * 8_000,
    "headings": "# h\n" * 8_000,
    "one word": "x" * 64_000,
    "blank lines": "\n" * 64_000,
    "accents": "a" + "\u0301" * 30_000,
    "emoji": "👩‍👩‍👧 " * 5_000,
    "wide": "日本語" * 10_000,
    "right to left": "שלום עולם " * 3_000,
    "escapes": "\x1b[31m\x07\x9b" * 5_000,
    "bidi": "\u202eabc\u2066def " * 3_000,
    "open fence": "```\n" + "y" * 64_000,
    "entities": "&#27;[2J&#x9b;" * 3_000,
}


def read(text: str, width: int) -> tuple[list[Row], list[Link], list[Block]]:
    """As the reader does it: chunk by chunk."""
    defined = definitions(text)
    rows: list[Row] = []
    links: list[Link] = []
    everything: list[Block] = []
    for number, chunk in enumerate(chunks(text)):
        blocks, found = parse(chunk, defined, len(links), begins=not number)
        links += found
        everything += blocks
        rows += fold(blocks, width)
    return rows, links, everything


def drawn(rows: list[Row]) -> list[str]:
    return ["".join(text for text, _role in row.line) for row in rows]


def holds_the_laws(text: str, width: int) -> list[str]:
    lines = drawn(read(text, width)[0])
    assert max((cells.width(line) for line in lines), default=0) <= max(8, width)
    for line in lines:
        assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in line)
    return lines


@pytest.mark.parametrize("width", [8, 20, 38, 78, 198])
def test_no_row_is_wider_than_the_screen_and_no_word_is_lost(width: int) -> None:
    lines = holds_the_laws(SAMPLE, width)
    _rows, links, blocks = read(SAMPLE, width)
    shown = " ".join(block.text for block in blocks) + " ".join(link.url for link in links)
    for word in WORD.findall(SAMPLE):
        if word not in ("amp", "x", "named"):
            assert word in shown, word
    if width >= 38:
        flat = " ".join(" ".join(lines).split())
        for word in ("strong", "nested", "twice", "ticked box", "longer", "def code"):
            assert word in flat


def test_what_blocks_are_shows_without_any_colour() -> None:
    lines = drawn(read(SAMPLE, 78)[0])
    text = "\n".join(lines)
    assert "Head line\n═════════" in text
    assert "• [ ] no" not in text
    for piece in ("[ ] open box", "[x] ticked box", "│ quoted", "│ │ twice", "┊ def code()"):
        assert piece in text
    assert "  • nested" in text.replace("   • nested", "  • nested")
    assert "Left   │ Right │ Middle" in text
    assert "a      │     1 │   x" in text
    assert "shown [1]" in text
    assert "[image: alt words] [2]" in text
    assert "<b>html</b> & https://bare.example/x [3]" in text


def test_links_have_the_numbers_that_stand_in_the_text() -> None:
    links = read(SAMPLE, 78)[1]
    assert [link.url for link in links] == [
        "https://a.example/b",
        "picture.png",
        "https://bare.example/x",
        "https://defined.example/",
    ]


def test_a_definition_serves_the_whole_text_and_stays_on_the_page() -> None:
    text = "[far][d]\n\n" + "filler words\n\n" * 2_000 + "[d]: https://far.example/"
    assert len(chunks(text)) > 2
    rows, links, _blocks = read(text, 60)
    assert links[0] == Link("far", "https://far.example/")
    assert any("[d]: https://far.example/" in line for line in drawn(rows))


words = st.text("abcxyz äé日👍\u0301\u200d\u202e\t", min_size=1, max_size=12)
pieces = st.one_of(
    words,
    words.map(lambda w: f"**{w}**"),
    words.map(lambda w: f"_{w}_"),
    words.map(lambda w: f"`{w}`"),
    words.map(lambda w: f"[{w}](https://e.example/{len(w)})"),
    words.map(lambda w: f"![{w}](p.png)"),
    words.map(lambda w: f"\n- {w}\n  - [x] {w}"),
    words.map(lambda w: f"\n\n> {w}\n\n"),
    words.map(lambda w: f"\n\n# {w}\n"),
    words.map(lambda w: f"\n\n```\n{w}\n```\n"),
    words.map(lambda w: f"\n\n|{w}|b|\n|-|-|\n|{w}|{w}|\n\n"),
    st.sampled_from(
        ["\n", "\n\n", "  \n", "***\n", "\x1b[2J", "\x00", "\x9b", "\r", "&#27;", "|", "["]
    ),
    st.text(max_size=20),
)


@given(st.lists(pieces, max_size=14).map("".join), st.integers(8, 90))
def test_any_text_keeps_the_laws(text: str, width: int) -> None:
    holds_the_laws(text, width)


plain_words = st.lists(st.text("abcdefghij", min_size=1, max_size=9), min_size=1, max_size=8)
shapes = st.sampled_from(
    ["{}", "# {}", "- {}", "1. {}", "> {}", "**{}**", "`{}`", "- [ ] {}", "<{}>"]
)


@given(st.lists(st.tuples(shapes, plain_words), max_size=8), st.integers(24, 80))
def test_every_word_is_on_the_page(made: list[tuple[str, list[str]]], width: int) -> None:
    text = "\n\n".join(shape.format(" ".join(found)) for shape, found in made)
    shown = " ".join(drawn(read(text, width)[0])).split()
    held = " ".join(shown)
    for _shape, found in made:
        for word in found:
            assert word in held


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_only_a_text(name: str) -> None:
    holds_the_laws(HOSTILE[name][:10_000], 38)


@pytest.mark.slow
def test_no_part_of_a_hostile_text_takes_long() -> None:
    """Parsing is done beside the loop; a part must not keep the others waiting for seconds."""
    begun = time.perf_counter()
    read(SAMPLE * 12, 78)
    floor = time.perf_counter() - begun
    for name, text in HOSTILE.items():
        defined = definitions(text)
        for chunk in chunks(text)[:2]:
            begun = time.perf_counter()
            blocks, _links = parse(chunk, defined, 0)
            fold(blocks, 38)
            assert time.perf_counter() - begun < 60 * floor + 0.5, name


@pytest.mark.parametrize("text", ["[" * 4000, "[ " * 2000, ("[" * 99 + "\n") * 40, "[a][" * 1000])
def test_brackets_without_end_do_not_cost_what_the_parser_would_take(text: str) -> None:
    begun = time.perf_counter()
    parse(Chunk(text, 0), {}, 0)
    whole = time.perf_counter() - begun
    begun = time.perf_counter()
    blocks = [block for chunk in chunks(text) for block in parse(chunk, {}, 0)[0]]
    assert (time.perf_counter() - begun) * 2 < whole
    shown = "".join(text for block in blocks for text, _role in block.spans)
    assert shown.count("[") == text.count("[")
    assert "\\" not in shown


def test_brackets_stay_as_they_are_where_few_are_open_and_in_code() -> None:
    text = "[one](https://one.example) " * 60
    (chunk,) = chunks(text)
    assert chunk.text == text
    code = "```\n" + "[" * 90 + "\n```"
    assert [c.text for c in chunks(code)] == [code]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=30).map(tuple), st.integers(8, 200))
def test_columns_always_fit(natural: tuple[int, ...], room: int) -> None:
    widths = column_widths(natural, room)
    assert sum(widths) + 3 * (len(widths) - 1) <= max(room, 1)
    if sum(natural) + 3 * (len(natural) - 1) <= room:
        assert widths == natural


def test_words_are_found_across_folds_and_styles_whatever_their_case() -> None:
    text = "One **bold Heron** stood " + "and waited " * 12 + "for another hEron."
    _rows, _links, blocks = read(text, 30)
    found = find_in([packed(blocks)], "heron")
    assert len(found) == 2
    assert [blocks[m.block].text[m.start : m.stop].lower() for m in found] == ["heron", "heron"]
    assert find_in([packed(blocks)], "bold heron stood")


def test_packed_blocks_come_back_as_they_were() -> None:
    blocks = read(SAMPLE + "\n\nlone \ud800 half", 60)[2]
    assert unpacked(packed(blocks)) == blocks


@given(st.text("ab\n", max_size=40), st.text("ab\n", max_size=40))
def test_a_difference_holds_every_changed_line(before: str, after: str) -> None:
    lines = differing.lines(before, after)
    gone = [text[2:] for text, role in lines if role == "error"]
    came = [text[2:] for text, role in lines if role == "ok"]
    old, new = before.split("\n"), after.split("\n")
    assert all(line in old for line in gone)
    assert all(line in new for line in came)
    if before == after:
        assert before.count("\n") == 0 or not gone + came
    for line in set(new) - set(old):
        assert line in came or not after


def test_a_difference_of_two_long_texts_is_only_counted() -> None:
    lines = differing.lines(
        "\n".join(map(str, range(5000))), "\n".join(map(str, range(5001, 9999)))
    )
    assert len(lines) == 1
    assert "5000" in lines[0][0]
