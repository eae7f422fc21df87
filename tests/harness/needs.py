"""Programs and devices a test wants from the machine."""

from __future__ import annotations

import os
import shutil

import pytest


def need(program: str, why: str = "") -> str:
    """The path of a program on this machine.

    Where it is missing the test is skipped with that reason, but in CI (``CI=true``) it fails: a
    test that nobody runs protects nothing.
    """
    found = shutil.which(program)
    if found is None:
        reason = f"{program} is not installed" + (f" ({why})" if why else "")
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found
