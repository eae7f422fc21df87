"""Real and hostile material for imports: a Taskwarrior export, a published Markdown tree, and a
small corpus of files that go wrong.

The two real ones are made or fetched once per machine and kept in the system's temp folder.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import uuid
from pathlib import Path, PurePosixPath

import pytest

from tests.harness.needs import need

PACKAGE = "instructor==1.17.0"
"""MIT licence; its source distribution holds the whole documentation: 288 Markdown files, 254 of
them with front matter."""

_CACHE = Path(tempfile.gettempdir()) / f"manabench-material-{os.getuid()}"


def markdown_tree() -> Path:
    """The Markdown files of ``PACKAGE``'s source distribution, as they were published.

    Skips where no package index answers, and fails there in CI.
    """
    done = _CACHE / PACKAGE.replace("==", "-")
    if done.is_dir():
        return done
    with tempfile.TemporaryDirectory(prefix="mb-sdist-") as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            folder,
        ]
        command += ["--no-binary", ":all:", "--disable-pip-version-check", PACKAGE]
        # What pip needs to name the package comes as it is published; only the package itself
        # has to be a source distribution.
        command[command.index(":all:")] = PACKAGE.partition("==")[0]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=300)
        archives = list(Path(folder).glob("*.tar.gz"))
        if not archives:
            give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            give_up(f"{PACKAGE} could not be fetched: {outcome.stderr[-200:]}")
        _CACHE.mkdir(mode=0o700, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=_CACHE))
        _unpack(archives[0], making)
        os.rename(making, done)
    return done


def _unpack(archive: Path, target: Path) -> None:
    """Only Markdown files and the licence; names that leave the folder are left out."""
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts[1:]
            wanted = member.name.endswith((".md", ".markdown", "LICENSE"))
            if not member.isfile() or not wanted or not parts or ".." in parts:
                continue
            place = target.joinpath(*parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            assert source is not None
            place.write_bytes(source.read())
            os.utime(place, (member.mtime, member.mtime))


# Taskwarrior --------------------------------------------------------------------------------------


class Taskwarrior:
    """The real ``task`` program in a throw-away data folder."""

    def __init__(self, folder: Path) -> None:
        self.program = need("task", "Debian: taskwarrior")
        (folder / "data").mkdir(parents=True)
        rc = folder / "taskrc"
        rc.write_text(
            f"data.location={folder / 'data'}\nconfirmation=no\nhooks=off\nverbose=nothing\n"
            "recurrence.confirmation=no\nuda.estimate.type=numeric\nuda.estimate.label=Estimate\n"
            "uda.client.type=string\nuda.client.label=Client\n"
        )
        self.env = {"TASKRC": str(rc), "TASKDATA": str(folder / "data"), "TZ": "UTC"}
        self.env |= {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}

    def __call__(self, *arguments: str, text: str = "") -> str:
        """Run ``task`` and give what it printed; its refusals (exit 1) pass, as for a person."""
        done = subprocess.run(
            [self.program, *arguments],
            input=text.encode(),
            env=self.env,
            capture_output=True,
            timeout=30,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout.decode()

    def export(self, path: Path) -> Path:
        """Write ``task export`` to ``path``."""
        path.write_text(self("export"))
        return path


def fill(task: Taskwarrior, count: int = 260) -> None:
    """A few hundred tasks: most by ``task import``, some dozens by the commands people type."""
    rng = random.Random(20240501)
    made = []
    for number in range(count):
        entry = (
            f"2024{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}T{rng.randint(6, 22):02d}0000Z"
        )
        one: dict[str, object] = {
            "uuid": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "description": f'Task {number} für Ümläut 漢字 "quoted" \\ {rng.random():.4f}',
            "entry": entry,
            "modified": entry,
            "status": rng.choice(["pending"] * 3 + ["completed"]),
        }
        if rng.random() < 0.5:
            one["project"] = rng.choice(["Home", "Home.Garden", "Work", "Work.Clients.A"])
        if rng.random() < 0.4:
            one["tags"] = rng.sample(["phone", "errand", "deep", "waiting", "Straße"], 2)
        if rng.random() < 0.3:
            one["priority"] = rng.choice("HML")
        if rng.random() < 0.3:
            one["due"] = f"2027{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}T000000Z"
        if rng.random() < 0.1:
            one |= {"estimate": rng.randint(1, 8), "client": "Kunde & Söhne"}
        if one["status"] == "completed":
            one["end"] = "20250101T120000Z"
        made.append(one)
    task("import", "-", text=json.dumps(made))
    for number in range(1, 13):
        task("add", f"Typed {number}", f"+typed{number % 3}", "project:Typed", "pri:H", "due:eom")
        task(str(number), "annotate", f"seen on page {number}")
        task(str(number + 20), "modify", "+urgent", "scheduled:2027-02-01")
        task(str(number + 40), "done")
    task("add", "Blocked by the first two", "depends:1,2")
    task("add", "Sleeps", "wait:2030-01-01", "until:2031-01-01")
    task("add", "Rent", "due:2027-01-01", "recur:monthly", "estimate:2.5")
    task("list")
    task("200", "delete")


# Hostile files ------------------------------------------------------------------------------------


def hostile(folder: Path) -> Path:
    """Files that are odd but readable, and files that must be reported and skipped."""
    folder.mkdir()
    write = {
        "bom.md": b"\xef\xbb\xbf---\ntitle: With a mark\n---\ntext\n",
        "crlf.md": b"---\r\ntitle: From Windows\r\ntags: [a, b]\r\n---\r\nline\r\nline\r\n",
        "mixed.md": b"one\r\ntwo\nthree\r\n",
        "latin1.md": "Straße und Größe".encode("latin-1"),
        "nul.md": b"half\0half",
        "empty.md": b"",
        "blank.md": b"   \n\n\t\n",
        "big.md": b"# Big\n" + b"x" * 2_000_000,
        "quotes.md": b'"' * 600_000,
        "broken.md": b"---\ntitle: [never closed\n---\n# Still here\n",
        "bomb.md": _bomb(),
        "huge.md": b"---\n" + b"".join(b"k%d: v\n" % n for n in range(20_000)) + b"---\nbody\n",
        "deep.md": b"---\na: " + b"[" * 4000 + b"]" * 4000 + b"\n---\nbody\n",
        "rule.md": b"---\nJust a rule above.\n\n---\n\nAnd one below.\n",
        "python.md": b"---\ntitle: !!python/object/apply:os.system [echo]\nx: 1\n---\nbody\n",
        "types.md": b"---\ntitle: No\ntags: [1.10, yes, 2024-05-01]\ndate: 2024-02-30\n---\nbody\n",
        "unclosed.md": b"---\ntitle: never ends\n\nbody\n",
        "emoji 🍊 & 'quotes'.md": b"# Orange\n",
        "-rf.md": b"dash\n",
        "  spaces  .md": b"spaces\n",
        "UPPER.MD": b"# Upper\n",
        "notes.txt": b"not Markdown\n",
        ".hidden.md": b"hidden\n",
    }
    for name, raw in write.items():
        (folder / name).write_bytes(raw)
    Path(os.fsdecode(os.fsencode(folder) + b"/bad-\xff-name.md")).write_bytes(b"# Odd name\n")
    (folder / ".git").mkdir()
    (folder / ".git" / "inside.md").write_text("hidden folder\n")
    deep = folder.joinpath(*(f"d{n}" for n in range(30)))
    deep.mkdir(parents=True)
    (deep / "deep down.md").write_text("# Deep\n")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "gone.md").symlink_to(folder / "nowhere")
    (folder / "folder.md").mkdir()
    (folder / "folder.md" / "in.md").write_text("in a folder that looks like a file\n")
    os.mkfifo(folder / "pipe.md")
    return folder


def _bomb() -> bytes:
    lines = ["---", 'a: &a ["lol", "lol", "lol", "lol", "lol", "lol", "lol", "lol", "lol"]']
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join([*lines, "---", "body", ""]).encode()


SKIPPED = {
    "latin1.md": "UTF-8",
    "nul.md": "NUL",
    "big.md": "1 MB",
    "quotes.md": "1 MB",
    "gone.md": "cannot be read",
    "pipe.md": "ordinary file",
    "loop": "link to a folder",
    ".git": "hidden folder",
}
"""What of the hostile corpus is left out, and a word of the reason."""
REMARKED = {"broken.md", "bomb.md", "huge.md", "deep.md"}
"""What comes in whole with its front matter left in the text."""
