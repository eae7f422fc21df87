"""A copy is one function for screen and command line, whole, harmless, and never sealed text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import copies, links
from store.errors import LockedError
from store.records import Masked, Record
from store.workbench import Workbench


def made(bench: Workbench, module: str, **fields: object) -> str:
    found = bench.modules[module]
    with bench.step("make") as step:
        return step.insert(found.main, {**found.quick("x"), **fields})


def text(bench: Workbench, module: str, ids: list[str], form: str) -> str:
    return copies.copied(bench, bench.scope, bench.modules[module], ids, form)[0]


def test_markdown_holds_what_is_filled_in_and_the_text_as_it_is(bench: Workbench) -> None:
    tag = bench.tags.add("river")
    body = "First line\n\n- one\n- two\n\n```\ncode   kept\n```"
    id = made(bench, "notes", title="Heron", content=body)
    with bench.step("tag") as step:
        bench.tags.tag(step, "notes", [id], tag)
    shown = text(bench, "notes", [id], "markdown")
    assert shown.startswith("# Heron\n\n")
    assert shown.endswith("\n\n" + body + "\n")
    assert "- Tags: #river" in shown


def test_a_task_shows_its_date_and_subtasks(bench: Workbench) -> None:
    steps = [{"id": "1", "title": "wash", "isCompleted": True, "order": 0}]
    id = made(bench, "todo", title="Boat", dueDate="2026-12-24", subtasks=steps)
    shown = text(bench, "todo", [id], "markdown")
    assert "2026-12-24" in shown
    assert "- [x] wash" in shown


def test_json_is_what_scripts_get_and_one_record_is_no_list(bench: Workbench) -> None:
    first, second = made(bench, "todo", title="a"), made(bench, "todo", title="b")
    one = json.loads(text(bench, "todo", [first], "json"))
    assert one["id"] == first
    both = json.loads(text(bench, "todo", [first, second], "json"))
    assert [record["id"] for record in both] == [first, second]


def test_titles_are_one_line_each(bench: Workbench) -> None:
    first = made(bench, "todo", title="two\nlines")
    second = made(bench, "todo", title="b")
    assert text(bench, "todo", [first, second], "title") == "two lines\nb"


def test_a_link_leads_back_and_a_bracket_in_the_title_does_not_break_it(bench: Workbench) -> None:
    id = made(bench, "todo", title="a ] b")
    assert text(bench, "todo", [id], "link") == f"[a \\] b](manabench:task/{id})"
    record = Record({"description": text(bench, "todo", [id], "link")}, 1)
    assert links.links_of(bench.modules["todo"], record) == [f"manabench:task/{id}"]


def test_deleted_records_are_copied_too(bench: Workbench) -> None:
    id = made(bench, "todo", title="gone")
    with bench.step("drop") as step:
        step.delete("tasks", id)
    assert text(bench, "todo", [id], "title") == "gone"


@pytest.mark.parametrize("form", ["title", "markdown", "link"])
def test_a_sealed_title_is_never_copied_as_its_reason(bench: Workbench, form: str) -> None:
    module = bench.modules["todo"]
    record = Record({"id": "1", "title": Masked("locked")}, 1)
    with pytest.raises(LockedError) as caught:
        copies.FORMS[form].make(bench, bench.scope, module, [record])
    assert "Nothing was copied" in caught.value.kept


def test_json_tells_a_sealed_field_apart(bench: Workbench) -> None:
    record = Record({"id": "1", "title": Masked("locked")}, 1)
    found = copies.FORMS["json"].make(bench, bench.scope, bench.modules["todo"], [record])
    assert json.loads(found)["title"] == {"sealed": "locked"}


@pytest.mark.parametrize("form", list(copies.FORMS))
def test_a_paste_steers_no_terminal(bench: Workbench, form: str) -> None:
    nasty = "a\x1b]52;c;eA==\x07b\x9b31mc\x7f\rd"
    id = made(bench, "todo", title=nasty, description=nasty)
    found = text(bench, "todo", [id], form)
    assert not any(c in found for c in "\x1b\x07\x9b\x7f\r")


# Links ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("see https://a.example/x, and more", ["https://a.example/x"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("https://a.example/wiki/Heron_(bird).", ["https://a.example/wiki/Heron_(bird)"]),
        ("[name](https://a.example/?q=1&r=2#s)", ["https://a.example/?q=1&r=2#s"]),
        ("<https://a.example>", ["https://a.example"]),
        ("**https://a.example/b**", ["https://a.example/b"]),
        ("HTTPS://A.example", ["https://A.example"]),
        ("write to ada@example.org!", ["mailto:ada@example.org"]),
        ("mailto:ada@example.org", ["mailto:ada@example.org"]),
        ("https://user@a.example/x", ["https://user@a.example/x"]),
        ("https://雪.example/国", ["https://雪.example/国"]),
        ("https:// nothing", []),
        ("file:///etc/passwd javascript:alert(1) ftp://x", []),
        ("no link here. e.g. v1.2.3", []),
        ("https://a.example/\x1b[31m", ["https://a.example"]),
    ],
)
def test_links_are_found_as_people_write_them(written: str, found: list[str]) -> None:
    assert [link.rstrip("/") for link in links.links_in(written)] == found


def test_fields_for_sites_and_mail_are_links_without_a_scheme(bench: Workbench) -> None:
    record = Record(
        {"website": "example.org/about", "email": "ada@example.org", "firstName": "ada.md"}, 1
    )
    assert links.links_of(bench.modules["contacts"], record) == [
        "mailto:ada@example.org",
        "https://example.org/about",
    ]


@pytest.mark.parametrize(
    "link", ["file:///x", "javascript:x", "-x", "https:", "https://a b", "https://a\x1b", "x"]
)
def test_what_is_no_page_or_address_is_not_handed_over(link: str) -> None:
    assert not links.is_safe(link)


@given(st.text())
def test_whatever_is_written_a_link_holds_no_blank_and_no_control_character(text: str) -> None:
    for link in links.links_in(f"{text} https://x.example/{text}"):
        assert link.split() == [link] or not link.isascii()
        assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in link)
