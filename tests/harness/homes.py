"""A throw-away home: its folders, the environment that points there, and a hunt through its bytes.

Everything lies under one short folder (paths of sockets have a length limit), nothing of the
person's own machine is reachable through the environment, and no desktop keyring is asked.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.terminal import clean_environment

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Home:
    """``path`` holds the database, ``config`` settings and key file, ``runtime`` the holder."""

    root: Path
    env: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def make(cls) -> Home:
        """New, empty and private. ``path`` and ``config`` do not exist yet, as at a first start."""
        made = cls(Path(tempfile.mkdtemp(prefix="mb-")))
        for folder in (made.runtime, made.person, made.temp):
            folder.mkdir(mode=0o700)
        made.env = clean_environment(
            {
                "MANABENCH_HOME": str(made.path),
                "MANABENCH_CONFIG": str(made.config),
                "XDG_RUNTIME_DIR": str(made.runtime),
                "HOME": str(made.person),
                "TMPDIR": str(made.temp),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
                # So that every program started here finds the packages of this checkout.
                "PYTHONPATH": str(PROJECT),
            }
        )
        return made

    @property
    def path(self) -> Path:
        return self.root / "home"

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def runtime(self) -> Path:
        return self.root / "run"

    @property
    def person(self) -> Path:
        """The person's own home folder, where nothing should appear."""
        return self.root / "me"

    @property
    def temp(self) -> Path:
        """What the program takes for /tmp."""
        return self.root / "tmp"

    def __fspath__(self) -> str:
        return str(self.path)

    def files(self) -> Iterator[Path]:
        """Every regular file in any of the folders."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    yield path

    def find(self, *words: str) -> list[tuple[str, str]]:
        """Plaintext hunt: (word, path) for every file, by content or by name, that holds a word.

        Looks for UTF-8 and UTF-16 and for the bytes of the word in JSON escapes.
        """
        found = []
        for path in sorted(self.files()):
            data = path.read_bytes()
            name = str(path.relative_to(self.root))
            found += [(word, name) for word in words if word in name or _within(word, data)]
        return found

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def _within(word: str, data: bytes) -> bool:
    escaped = json.dumps(word)[1:-1].encode()
    return any(form in data for form in (word.encode(), word.encode("utf-16-le"), escaped))
