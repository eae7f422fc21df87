"""Markdown folders: every file is a note or a reported problem, and comes out as it went in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.exchange.items import Item, Problem
from store.exchange.markdown import MarkdownFolder, heading, original
from tests.store.exchange.material import REMARKED, SKIPPED, hostile


def read(folder: Path) -> tuple[dict[str, Item], dict[str, Problem]]:
    items, problems = {}, {}
    for entry in MarkdownFolder(folder).read():
        if isinstance(entry, Problem):
            problems[entry.label] = entry
        else:
            items[entry.label] = entry
    return items, problems


def test_of_a_hostile_folder_everything_readable_comes_in_and_the_rest_is_named(
    tmp_path: Path,
) -> None:
    items, problems = read(hostile(tmp_path / "vault"))
    skipped = {label: p.reason for label, p in problems.items() if p.skipped}
    assert skipped.keys() == SKIPPED.keys()
    for label, word in SKIPPED.items():
        assert word in skipped[label]
    assert {label for label, p in problems.items() if not p.skipped} == REMARKED
    assert items.keys() >= REMARKED | {"empty.md", "blank.md", "folder.md/in.md", "UPPER.MD"}
    assert not {"notes.txt", ".hidden.md", ".git/inside.md"} & items.keys()
    assert items["bad-\\xff-name.md"].fields["title"] == "Odd name"
    assert items["types.md"].fields["title"] == "No"
    assert all(item.fields["title"] for item in items.values())


def test_every_file_can_be_made_again_byte_by_byte(tmp_path: Path) -> None:
    folder = hostile(tmp_path / "vault")
    items, _ = read(folder)
    assert len(items) > 15
    for label, item in items.items():
        path = os.fsencode(folder) + b"/" + label.encode().replace(b"\\xff", b"\xff")
        with open(path, "rb") as file:
            assert original(item.fields["content"], item.metadata) == file.read(), label


@given(st.binary(max_size=200))
def test_any_bytes_are_kept_exactly_or_reported(raw: bytes) -> None:
    from store.exchange.front_matter import UnfitError, split
    from store.exchange.markdown import _SkipError, _text

    try:
        text, form = _text(raw)
        head, body = split(text)
    except (_SkipError, UnfitError):
        return
    form["frontMatter"] = head.raw
    assert original(body, {"markdown": form}) == raw


def test_folders_become_tags_in_a_group_named_after_the_imported_one(tmp_path: Path) -> None:
    place = tmp_path / "vault" / "work" / "2024"
    place.mkdir(parents=True)
    (place / "a.md").write_text("---\ntags: [plan]\n---\ntext")
    items, _ = read(tmp_path / "vault")
    assert items["work/2024/a.md"].tags == (("vault", "work"), ("vault", "2024"), (None, "plan"))


def test_a_moved_folder_and_a_single_file_of_it_are_the_same_source(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "a.md").write_text("text")
    whole = MarkdownFolder(tmp_path / "vault")
    single = MarkdownFolder(tmp_path / "vault" / "a.md")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "vault").rename(tmp_path / "elsewhere" / "vault")
    moved = MarkdownFolder(tmp_path / "elsewhere" / "vault")
    ids = {s.source_id(s.found[0]) for s in (whole, single, moved)}
    assert ids == {"vault/a.md"}


def test_the_order_of_a_walk_is_always_the_same(tmp_path: Path) -> None:
    for name in ("b/2.md", "a.md", "B.md", "b/10.md", "ä.md", "a/z.md"):
        path = tmp_path / "v" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    names = [f.path for f in MarkdownFolder(tmp_path / "v").found]
    assert names == ["a/z.md", "a.md", "b/2.md", "b/10.md", "B.md", "ä.md"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# One\n## Two", "One"),
        ("text\n\n### Third level ###\n", "Third level"),
        ("Under\n=====\n", "Under"),
        ("```\n# code\n```\n# Real", "Real"),
        ("~~~~\n```\n# code\n~~~~\n# Real", "Real"),
        ("#hashtag\n# Real", "Real"),
        ("- item\n---\n", ""),
        ("no heading at all", ""),
        ("#\n# \n# Real", "Real"),
    ],
)
def test_the_title_is_the_first_heading_outside_code(text: str, title: str) -> None:
    assert heading(text) == title


def test_title_dates_and_text_follow_front_matter_then_file(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    folder.mkdir()
    (folder / "a.md").write_text(
        "---\ntitle: T\ndate: 2024-05-01\nfoo: bar\n---\n# H\n[[Wiki|link]]"
    )
    (folder / "b.md").write_text("no heading")
    os.utime(folder / "b.md", (1_700_000_000.5, 1_700_000_000.5))
    items, _ = read(folder)
    a, b = items["a.md"], items["b.md"]
    assert a.fields == {"title": "T", "content": "# H\n[[Wiki|link]]"}
    assert a.created == "2024-05-01T00:00:00.000Z"
    assert "foo: bar" in a.metadata["markdown"]["frontMatter"]
    assert b.fields["title"] == "b"
    assert b.modified == b.created == b.touched == "2023-11-14T22:13:20.500Z"


def test_a_file_that_is_only_touched_counts_as_unchanged(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    before = read(tmp_path)[0]["a.md"].marks()
    os.utime(tmp_path / "a.md", (1, 1))
    assert read(tmp_path)[0]["a.md"].marks() == before
