"""What tells a word that was never translated from data, keys and commands."""

from __future__ import annotations

from store.pseudo import pseudo
from tests.tui.pseudo import cut_off, is_pseudo, unwrapped_words


def test_a_plain_word_is_found_and_data_keys_and_commands_are_not():
    said = pseudo("Nothing was changed.")
    assert unwrapped_words(f"{said} u undo  Enter: yes", {"yes"}) == [
        f"undo: {said} u undo  Enter: yes"
    ]
    assert unwrapped_words(f"heron `manabench undo` {said} ~/notes --yes", {"Heron"}) == []
    assert cut_off(f"ok\n{said[:9]}…") == [f"{said[:9]}…"]
    assert is_pseudo(said)
