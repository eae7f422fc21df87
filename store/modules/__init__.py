"""One file (or folder) for each module; ``store.module`` says what a module gives."""

from __future__ import annotations

import importlib
import os

from store.module import Module


def installed() -> dict[str, Module]:
    """Every module of this folder by id, in the order of their file names."""
    found = {}
    for folder in __path__:
        for name in sorted(map(_module_name, os.scandir(folder))):
            if name:
                module: Module = importlib.import_module(f"{__name__}.{name}").MODULE
                found[module.id] = module
    return found


def _module_name(entry: os.DirEntry[str]) -> str:
    """What a file or folder is imported as; empty for one that is no module."""
    if entry.name.endswith(".py"):
        return entry.name[:-3] if entry.name != "__init__.py" else ""
    return entry.name if os.path.isfile(os.path.join(entry.path, "__init__.py")) else ""
