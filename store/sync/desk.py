"""``bench.sync``: what screens and commands ask of syncing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.workbench import Workbench


class Desk:
    """Syncing of one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
