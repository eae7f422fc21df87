"""The demo: a year of a plausible person's spaces, the same one each time, dated around today.

Jonna teaches pottery and rows. She keeps a household with Mika and the children (Lake House), runs
a small studio with two colleagues (Studio Kite), sells a series of her own (Kite Blue), sits on the
board of a rowing club, and gives hours with clay in a practice. ``life/`` holds the words,
``year`` makes records of them, ``filling`` writes these, ``place`` keeps the home and removes it.
"""

from __future__ import annotations

from store.demo.filling import SEED, fill
from store.demo.place import throw_away

__all__ = ["SEED", "fill", "throw_away"]
