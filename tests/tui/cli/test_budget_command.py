"""`manabench space budget`: what agents may spend in a space, set and shown."""

from __future__ import annotations

from tests.tui.cli.harness import Commands


def test_a_budget_is_set_shown_taken_off_and_undone(cli: Commands) -> None:
    assert "no limit" in cli("space", "budget").out
    made = cli("space", "budget", "--tokens", "5000", "--money", "0.5", "--json").data
    assert made["tokens"] == {"used": 0, "most": 5000, "left": 5000}
    assert made["micros"] == {"used": 0, "most": 500_000, "left": 500_000}
    assert "5,000 of 5,000 left today" in cli("space", "budget").out
    assert cli("space", "budget", "--clear", "money", "--json").data["micros"]["most"] is None
    assert cli("undo").code == 0
    assert cli("space", "budget", "--json").data["micros"]["most"] == 500_000
    assert cli("space", "budget", "--tokens", "-1").code == 2
    assert cli("space", "budget", "nowhere").code == 3
