"""Keys in this process's memory: no core dumps, and bytes forgotten as far as Python allows."""

from __future__ import annotations

import sys

PR_SET_DUMPABLE = 4
_done = False


def no_core_dumps() -> None:
    """Core dumps off for the rest of this process's life, and no reading of its memory by others
    of the same user. It stays off after locking: Python cannot promise that every copy of a key
    or of an opened value is gone. Where the system has no such switch, nothing happens.
    """
    global _done
    if _done:
        return
    _done = True
    try:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    except (ImportError, OSError, ValueError):
        pass
    if sys.platform == "linux":
        try:
            import ctypes

            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        except (ImportError, OSError, AttributeError):
            pass


def wipe(*secrets: bytearray | None) -> None:
    """Overwrite key bytes in place. Immutable copies made on the way are beyond reach."""
    for secret in secrets:
        if secret is not None:
            secret[:] = bytes(len(secret))
