"""One file (or folder) for each module; ``store.module`` says what a module gives."""

from __future__ import annotations

import importlib
import pkgutil

from store.module import Module


def installed() -> dict[str, Module]:
    """Every module of this folder by id, in the order of their file names."""
    found = {}
    for info in pkgutil.iter_modules(__path__):
        module: Module = importlib.import_module(f"{__name__}.{info.name}").MODULE
        found[module.id] = module
    return found
