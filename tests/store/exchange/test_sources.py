"""Telling formats by content, and errors that say what happened, what was kept and what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from store.errors import ManabenchError, NotFoundError, UsageError
from store.exchange.sources import open_source

TASKS = json.dumps(
    [{"uuid": "f73b8b7b-28c8-4f55-b899-f49efd97409b", "description": "x", "status": "pending"}]
)


def refused(path: Path | str, format: str | None = None) -> ManabenchError:
    with pytest.raises(ManabenchError) as caught:
        open_source(path, format)
    error = caught.value
    assert error.message.endswith(".")
    assert error.kept
    assert error.hint.endswith(".")
    return error


def test_a_format_is_told_by_the_content_whatever_the_name(tmp_path: Path) -> None:
    (tmp_path / "export.txt").write_text("\ufeff\n " + TASKS)
    (tmp_path / "note.md").write_text("[]")
    assert open_source(tmp_path / "export.txt").format == "taskwarrior"
    assert open_source(tmp_path / "note.md").format == "markdown"
    assert open_source(tmp_path).format == "markdown"
    assert open_source(tmp_path / "export.txt", "markdown").format == "markdown"


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert isinstance(refused(tmp_path / "nowhere"), NotFoundError)


def test_nothing_in_it(tmp_path: Path) -> None:
    assert "No Markdown" in refused(tmp_path).message
    (tmp_path / "empty").write_text("\n ")
    assert "is empty" in refused(tmp_path / "empty").message
    (tmp_path / "list.json").write_text("[]")
    assert "empty list" in refused(tmp_path / "list.json").message


def test_broken_json_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(TASKS[:-20])
    assert "line 1, column" in refused(path).message
    path.write_text("{broken")
    assert "line 1" in refused(path).message
    path.write_text("[" * 200_000)
    assert "nested too deeply" in refused(path).message
    path.write_text('[{"uuid": NaN}]')
    assert "impossible number" in refused(path).message
    path.write_bytes(b'[{"uuid": "\xff"}]')
    assert "byte 11" in refused(path).message


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for text in ("BEGIN:VCARD", '[{"title": "no task"}]', '{"a": 1}', "[1, 2]", "\x00\x01"):
        path.write_text(text)
        assert "no format" in refused(path).message
    assert isinstance(refused(path, "pdf"), UsageError)
    os.mkfifo(tmp_path / "pipe")
    assert "no format" in refused(tmp_path / "pipe").message


def test_a_taskwarrior_folder_gets_the_right_advice(tmp_path: Path) -> None:
    (tmp_path / "pending.data").write_text("")
    assert "task export" in refused(tmp_path).hint


def test_control_characters_of_old_exports_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(TASKS.replace('"x"', '"a\tb"'))
    (item,) = open_source(path).read()
    assert item.fields["title"] == "a b"  # type: ignore[union-attr]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, store.exchange, store.exchange.sources, store.exchange.markdown;"
        "print([m for m in ('pydantic', 'yaml', 'sqlite_utils') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
