"""What a person sees, command by command, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.cli.harness import Commands, play

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_commands_answer_as_written(path: Path, bare: Commands) -> None:
    written = path.read_text()
    assert play(written, bare) == written
