"""A fault of ours shows and writes where it happened, and nothing that was typed."""

from __future__ import annotations

from pathlib import Path

from store.errors import StorageError
from tui.shell import crash

SECRET = "marker-7f3a"


def broken() -> ValueError:
    local = SECRET
    try:
        raise ValueError(f"cannot read {local}")
    except ValueError as error:
        return error


def test_neither_sentence_nor_file_holds_a_value(tmp_path: Path) -> None:
    error = broken()
    path = crash.write(error, tmp_path)
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert SECRET not in text
    assert "test_crash.py" in text
    assert "broken" in text
    assert SECRET not in crash.sentence(error, path)
    assert str(path) in crash.sentence(error, path)


def test_the_chain_of_causes_is_written() -> None:
    try:
        raise RuntimeError(SECRET) from broken()
    except RuntimeError as error:
        text = crash.places(error)
    assert "RuntimeError" in text
    assert "ValueError" in text
    assert SECRET not in text


def test_an_error_for_people_keeps_its_three_sentences() -> None:
    error = StorageError("The disk is full.", kept="Kept.", hint="Free some.")
    assert crash.sentence(error) == "The disk is full. Kept. Free some."


def test_a_folder_that_cannot_be_written_is_no_second_fault(tmp_path: Path) -> None:
    assert crash.write(broken(), tmp_path / "absent") is None
