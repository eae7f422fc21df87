"""A module is one file: its verbs, options and acts come from its declaration alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import store.modules
from tests.tui.cli.harness import Commands

TOY = """
from store.collections import Collection, TagLink, clear, junction, sealed
from store.module import Act, Cells, Filter, FormField, Module, Sort, change_each, checklist

SHIPS = Collection(
    "toyShips", "toy", "toy", "ships",
    {
        "title": sealed(), "log": sealed(), "kind": clear("text", "boat", "raft"),
        "afloat": clear("flag"), "masts": clear("number"), "built": clear("day"),
        "sails": clear("instant"), "tagIds": clear("list"), "sister": clear("id"),
        "crew": sealed("list"),
    },
    indexes={"own": "pk"},
    tag_link=TagLink("toyShipTags", "shipId", "tagIds"),
)

def rename(bench, ids, argument):
    return change_each(bench, "toyShips", ids, lambda n: f"{n} renamed",
                       lambda ship: {"title": argument})

MODULE = Module(
    id="toy", words="Ships", noun="ship", letter="y",
    collections=(SHIPS, junction("toyShipTags", "toy", "toy", "shipId", "toyShips")),
    main="toyShips",
    row=lambda record, width: Cells("~", record.text("title"), record.text("kind")),
    fields=(
        FormField("title", "line", "Title"),
        FormField("log", "text", "Log"),
        FormField("kind", "choice", "Kind", ("boat", "raft")),
        FormField("afloat", "flag", "Afloat"),
        FormField("masts", "number", "Masts"),
        FormField("built", "date", "Built"),
        FormField("sails", "moment", "Sails at", option="sails-at"),
        FormField("tags", "tags", "Tags"),
        FormField("sister", "link", "Sister", link="toyShips"),
        FormField("crew", "lines", "Crew"),
    ),
    sorts=(Sort("own", "Own", "pk"),),
    filters=(Filter("all", "All", ""),),
    acts=(Act("rename", "Rename", (), rename, argument="title"),),
    empty="Ships belong here.",
)
"""


@pytest.fixture
def toy(bare: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    """The commands with one more file among the modules."""
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.setattr(store.modules, "__path__", [*store.modules.__path__, str(tmp_path)])
    assert bare("init", "--no-passphrase").code == 0
    yield bare
    sys.modules.pop("store.modules.toy", None)


def test_every_kind_of_field_is_an_option_and_comes_back(toy: Commands) -> None:
    toy("tag", "add", "sea")
    toy("ship", "add", "Anna")
    given = ("--log", "day one", "--kind", "raft", "--afloat", "--masts", "3", "--built", "+1d")
    more = ("--sails-at", "2026-05-01 10:00", "--tag", "sea", "--crew", "Ada", "--crew", "[x] Bob")
    ship = toy("ship", "add", "Bertha", *given, *more, "--json").data
    assert ship["title"] == "Bertha"
    assert (ship["kind"], ship["afloat"], ship["masts"]) == ("raft", True, 3)
    assert (ship["built"], ship["sails"]) == ("2026-03-05", "2026-05-01T10:00:00.000Z")
    assert ship["tagNames"] == ["sea"]
    assert [line["title"] for line in ship["crew"]] == ["Ada", "Bob"]
    shown = toy("ship", "show", "Bertha").out
    for text in ("raft", "yes", "tomorrow", "1 May 10:00", "sea", "[ ] Ada", "[x] Bob", "day one"):
        assert text in shown


def test_links_are_given_by_title_and_shown_by_title(toy: Commands) -> None:
    toy("ship", "add", "Anna")
    toy("ship", "add", "Bertha", "--sister", "Anna")
    assert "Anna" in toy("ship", "show", "Bertha").out
    assert toy("ship", "add", "Carla", "--sister", "Nobody").code == 3


def test_wrong_values_are_refused_before_anything_is_written(toy: Commands) -> None:
    assert toy("ship", "add", "x", "--kind", "submarine").code == 2
    assert toy("ship", "add", "x", "--masts", "many").code == 2
    assert toy("ship", "add", "x", "--built", "never").code == 2
    assert toy("ship", "list", "--json").data == []


def test_its_acts_are_verbs_and_its_noun_is_listed(toy: Commands) -> None:
    toy("ship", "add", "Anna")
    assert toy("ship", "rename", "Anna", "Zoe").out == "1 renamed\n"
    assert "Zoe" in toy("ship", "list").out
    assert toy("ship", "edit", "Zoe", "--no-afloat", "--clear", "kind").code == 0
    assert toy("undo").code == 0
    assert "ship" in toy("--help").out
    assert "--sails-at" in toy("ship", "add", "--help").out


def test_without_its_file_nothing_refers_to_it_and_its_records_wait(
    toy: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy("ship", "add", "Anna")
    monkeypatch.setattr(store.modules, "__path__", store.modules.__path__[:1])
    assert toy("ship", "list").code == 2
    assert "ship" not in toy("--help").out
    assert toy("task", "add", "still works").code == 0
