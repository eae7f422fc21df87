"""The contract of scripts: exit codes, options on both sides, one document, errors as data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.tui.cli.harness import Commands

EXITS = [
    (0, "", ("version",)),
    (0, "", ("task", "list")),
    (2, "usage", ("bogus",)),
    (2, "usage", ("task",)),
    (2, "usage", ("task", "bogus")),
    (2, "usage", ("task", "list", "--bogus")),
    (2, "usage", ("task", "show")),
    (2, "usage", ("task", "list", "--limit", "0")),
    (2, "usage", ("capture",)),
    (2, "usage", ("completion", "tcsh")),
    (0, "", ("capture", "x")),
    (0, "", ("today",)),
    (0, "", ("statusline",)),
    (0, "", ("doctor",)),
    (2, "usage", ()),
    (2, "invalid", ("task", "add", "x", "--due", "32 May")),
    (2, "invalid", ("space", "create", "x", "--type", "team", "--slug", "A B")),
    (3, "not_found", ("task", "show", "nothing")),
    (3, "not_found", ("--space", "nowhere", "task", "list")),
    (3, "not_found", ("undo",)),
    (3, "not_found", ("redo",)),
    (3, "ambiguous", ("task", "show", "twin")),
    (3, "not_found", ("record", "show", "app", "things", "x")),
    (5, "refused", ("space", "delete", "personal")),
    (5, "refused", ("purge", "--whole-space")),
    (5, "refused", ("scene", "delete", "Home")),
    (5, "refused", ("init", "--no-passphrase")),
    (1, "storage", ("space", "export", "/nonexistent/x")),
]


@pytest.mark.parametrize(("exit_code", "code", "args"), EXITS, ids=lambda v: str(v)[:40])
def test_exit_codes_and_error_codes(
    cli: Commands, exit_code: int, code: str, args: tuple[str, ...]
) -> None:
    if code == "ambiguous":
        cli("task", "add", "-", input="twin\ntwin\n")
    result = cli(*args, "--json")
    assert result.code == exit_code, result
    if not code:
        assert set(json.loads(result.out)) == {"v", "data"}
        return
    assert result.out == ""
    document = json.loads(result.err)
    assert document["v"] == 1
    assert document["error"]["code"] == code
    assert {"code", "message", "hint", "kept"} <= set(document["error"])
    assert document["error"]["message"]
    plain = cli(*args)
    assert plain.code == exit_code
    if args:
        assert plain.err.startswith("manabench: ")
        assert "Traceback" not in plain.err


def test_no_home_is_not_found_and_names_the_way(bare: Commands) -> None:
    error = bare("task", "list", "--json").error
    assert error["code"] == "not_found"
    assert "manabench init" in error["hint"]


@pytest.mark.parametrize(
    "args",
    [
        ("--json", "--space", "fam", "note", "list"),
        ("note", "--json", "--space", "fam", "list"),
        ("note", "list", "--space", "fam", "--json"),
        ("--space", "fam", "note", "list", "--json"),
        ("--json", "note", "--space=fam", "list"),
        ("--space", "personal", "note", "list", "--json", "--space", "fam"),
    ],
)
def test_global_options_stand_on_either_side(cli: Commands, args: tuple[str, ...]) -> None:
    cli("space", "create", "Fam", "--type", "family")
    cli("note", "add", "here", "--space", "fam")
    cli("note", "add", "there")
    assert [note["title"] for note in cli(*args).data] == ["here"]


def test_home_is_an_option_on_either_side(bare: Commands, tmp_path: Path) -> None:
    home = str(tmp_path / "other")
    assert bare("--home", home, "init", "--no-passphrase").code == 0
    assert bare("task", "add", "x", "--home", home).code == 0
    assert [task["title"] for task in bare("task", "list", "--json", "--home", home).data] == ["x"]
    assert bare("task", "list").code == 3


def test_the_workbench_takes_no_passphrase_for_text_to_capture(cli: Commands) -> None:
    result = cli("--passphrase-stdin", input="secret\n")
    assert result.code == 2
    assert "--home" in result.err


def test_words_behind_two_dashes_are_words(cli: Commands) -> None:
    assert cli("task", "add", "--json", "--", "--json", "--yes").data["title"] == "--json --yes"


def test_every_add_names_the_space_it_wrote_to(cli: Commands) -> None:
    cli("space", "create", "Fam", "--type", "family")
    for noun in ("task", "note", "contact"):
        assert "Added to Personal: " in cli(noun, "add", "Some Thing").out
        assert "Added to Fam: " in cli(noun, "add", "Some Thing", "--space", "fam").out


def test_the_chosen_space_is_the_command_lines_own(cli: Commands) -> None:
    cli("space", "create", "Fam", "--type", "family")
    cli("space", "use", "fam")
    assert "Added to Fam: " in cli("note", "add", "x").out
    assert cli("note", "list", "--json").data[0]["spaceId"].count("-") == 4
    cli("space", "use", "personal")
    assert "Added to Personal: " in cli("note", "add", "x").out


def test_printed_ids_are_accepted_back(cli: Commands) -> None:
    printed = cli("task", "add", "Buy milk").out.split()[3]
    assert len(printed) == 8
    assert cli("task", "show", printed, "--json").data["title"] == "Buy milk"
    assert cli("task", "show", printed[:5], "--json").data["title"] == "Buy milk"


def test_an_ambiguous_title_lists_candidates_and_changes_nothing(cli: Commands) -> None:
    cli("task", "add", "-", input="twin\ntwin\nother\n")
    result = cli("task", "delete", "other", "twin")
    assert result.code == 3
    assert len(re.findall(r"^  [0-9a-f]{8}  twin$", result.err, re.MULTILINE)) == 2
    assert len(cli("task", "list", "--json").data) == 3
    assert len(cli("task", "delete", "twin", "--json").error["candidates"]) == 2


def test_records_in_json_are_whole_and_exact(cli: Commands) -> None:
    cli("tag", "add", "home")
    cli("task", "add", "Tent é 日本\x1b", "--due", "2026-03-09", "--tag", "home")
    (task,) = cli("task", "list", "--json").data
    assert task["title"] == "Tent é 日本\x1b"
    assert task["dueDate"] == "2026-03-09"
    assert task["spaceId"] == "_personal:guest"
    assert task["tagNames"] == ["home"]
    assert len(task["id"]) == 36


def test_control_characters_never_reach_the_terminal_raw(cli: Commands) -> None:
    evil = "x\x1b]0;owned\x07\x9b2Jy"
    cli("note", "add", "-", input=f"{evil}\n\nbody {evil}\n")
    cli("tag", "add", evil)
    outputs = [
        cli("note", "list"),
        cli("note", "show", evil),
        cli("tag", "list"),
        cli("search", "owned"),
        cli("note", "show", evil + "\x1b"),
        cli("note", "list", "--json"),
        cli("history", evil),
    ]
    for result in outputs:
        for text in (result.out, result.err):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text), text


def test_an_unexpected_fault_is_one_line_without_values(
    cli: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store.queries import Documents

    def broken(*args: object, **kw: object) -> None:
        raise RuntimeError("the secret title")

    monkeypatch.setattr(Documents, "page", broken)
    result = cli("task", "list")
    assert result.code == 1
    assert "RuntimeError" in result.err
    assert "secret" not in result.err + result.out
    assert cli("task", "list", "--json").error["code"] == "failed"


def test_standard_input_feeds_add_append_edit_and_records(cli: Commands) -> None:
    added = cli("task", "add", "-", "--json", input="one\n\n two \nthree").data
    assert [task["title"] for task in added] == ["one", "two", "three"]
    (note,) = cli("note", "add", "-", "--json", input="# Title\n\nfirst\n").data
    assert (note["title"], note["content"]) == ("Title", "first\n")
    cli("note", "append", "Title", "-", input="second\n")
    assert cli("note", "show", "Title", "--json").data["content"] == "first\nsecond"
    cli("note", "edit", "Title", "-", input="all new\n")
    assert cli("note", "show", "Title", "--json").data["content"] == "all new\n"
    ids = "\n".join(task["id"] for task in added)
    assert cli("task", "done", "-", input=ids).out == "3 tasks done\n"
    assert cli("undo", "--json").data[0]["changed"] == 3


def test_a_mass_deletion_never_asks_and_is_held(cli: Commands) -> None:
    titles = "\n".join(f"t{n}" for n in range(8))
    cli("task", "add", "-", input=titles)
    result = cli("task", "delete", "-", input=titles)
    assert result.code == 5
    assert "held" in result.err
    assert "--yes" in result.err
    assert len(cli("held", "list", "--json").data) == 8
    assert len(cli("task", "list", "--json").data) == 8
    assert cli("held", "refuse", "--json").data == {"kept": 8}
    cli("task", "delete", "-", input=titles)
    assert cli("held", "accept", "--json").data == {"deleted": 8}
    assert cli("task", "list", "--json").data == []
    cli("undo")
    assert len(cli("task", "delete", "-", "--yes", "--json", input=titles).data["ids"]) == 8


def test_purge_needs_agreement_and_leaves_no_value(cli: Commands) -> None:
    cli("task", "add", "Gone")
    assert cli("purge", "Gone").code == 5
    assert cli("purge", "Gone", "--yes", "--json").data["purged"] == 1
    assert cli("task", "show", "Gone").code == 3
    assert cli("purge", "Gone", "--whole-space").code == 2


def test_an_export_is_private_and_replaces_nothing(cli: Commands, tmp_path: Path) -> None:
    cli("task", "add", "Tent")
    cli("note", "add", "-", input="Title\nbody")
    path = tmp_path / "out.json"
    assert cli("space", "export", str(path), "--json").data["records"] >= 3
    assert path.stat().st_mode & 0o777 == 0o600
    body = json.loads(path.read_text())
    assert body["collections"]["tasks"][0]["title"] == "Tent"
    assert body["collections"]["notes"][0]["content"] == "body"
    assert cli("space", "export", str(path)).code == 1
    assert cli("space", "export", str(path), "--yes").code == 0
    assert json.loads(cli("space", "export", "-").out)["space"]["slug"] == "personal"


def test_search_finds_in_this_space_or_everywhere(cli: Commands) -> None:
    cli("space", "create", "Fam", "--type", "family")
    cli("note", "add", "-", input="Tent\nin the attic")
    cli("note", "add", "-", "--space", "fam", input="Tent\nfor two")
    assert [hit["title"] for hit in cli("search", "attic", "--json").data] == ["Tent"]
    assert cli("search", "two").out == ""
    assert len(cli("search", "tent", "--everywhere", "--json").data) == 2


def test_import_says_what_it_would_do_then_does_it_once(cli: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "a.md").write_text("---\ntags: [x]\n---\n# A\n\ntext\n")
    plan = cli("import", str(folder), "--dry-run", "--json").data
    assert plan["dryRun"] is True
    assert plan["counts"]["new"] == 1
    assert cli("note", "list", "--json").data == []
    assert cli("import", str(folder), "--json").data["counts"]["new"] == 1
    again = cli("import", str(folder), "--json").data
    assert (again["counts"]["new"], again["counts"]["same"]) == (0, 1)
    assert cli("import", str(tmp_path / "nothing")).code == 3


def test_undeclared_collections_can_be_looked_at(cli: Commands) -> None:
    assert cli("record", "list", "--json").data == []
    result = cli("record", "list", "app", "things")
    assert (result.code, result.out) == (0, "")
    assert "record list" in result.err


def test_records_of_unknown_collections_are_shown_as_they_came(cli: Commands) -> None:
    from store.workbench import Workbench

    bench = Workbench.open()
    place = bench.registry.foreign("garden", "beds").place
    sealed = bench.vault.seal(place, "bed-1", "label", "Beans \x1b[2J")
    with bench.db.transaction() as connection:
        connection.execute(
            "INSERT INTO foreign_records (app, collection, id, space, author, private, "
            "created_at, updated_at, doc, meta) VALUES (?, ?, ?, ?, 1, 0, ?, ?, ?, ?)",
            ("garden", "beds", "bed-1", bench.scope.number, "2026-01-01T00:00:00.000Z")
            + ("2026-01-01T00:00:00.000Z", json.dumps({"label": sealed, "rows": 4}), "{}"),
        )
    bench.close()
    assert cli("record", "list", "--json").data == [
        {"app": "garden", "collection": "beds", "records": 1}
    ]
    assert cli("record", "list", "garden", "beds").out == "bed-1  Beans ␛[2J\n"
    shown = cli("record", "show", "garden", "beds", "bed")
    assert "rows" in shown.out
    assert "\x1b" not in shown.out
    assert cli("record", "show", "garden", "beds", "bed-1", "--json").data["rows"] == 4


def test_drafts_are_listed_and_shown(cli: Commands) -> None:
    from store.workbench import Workbench

    bench = Workbench.open(clock=cli.clock)
    bench.drafts.save("capture", "half a thought\nmore")
    bench.close()
    assert cli("draft", "list").out == "today 09:30  capture  half a thought\n"
    assert cli("draft", "show", "capture").out == "half a thought\nmore\n"
    assert cli("draft", "show", "nowhere").code == 3
