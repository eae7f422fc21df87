"""The key of a mission: what an account's master key becomes for the records of one grant.

A grant names tables and records, and its key opens only what was sealed under that key: whoever
gives one seals copies of those values for it.
"""

from __future__ import annotations

from collections.abc import Iterable

_INFO = "mana-ai-mission-grant:v1:tables={tables}:ids={ids}"


def mission_key(
    master: bytes, mission: str, tables: Iterable[str], records: Iterable[str]
) -> bytes:
    """The 32-byte key of a mission over ``tables`` and ``records`` (HKDF-SHA256, the mission's id
    as salt). Their order is no matter; as peers do it, they are sorted by UTF-16 code units."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = _INFO.format(tables=_sorted(tables), ids=_sorted(records)).encode()
    return HKDF(algorithm=SHA256(), length=32, salt=mission.encode(), info=info).derive(master)


def _sorted(names: Iterable[str]) -> str:
    return ",".join(sorted(names, key=lambda name: name.encode("utf-16-be")))
