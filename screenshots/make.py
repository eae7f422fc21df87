"""Make the pictures of this folder from the real app on the demo's data, on a real pty.

.venv/bin/python screenshots/make.py                 all of them
.venv/bin/python screenshots/make.py home tasks      those whose names begin so
.venv/bin/python screenshots/make.py --check         make none; exit 1 if one is stale
.venv/bin/python screenshots/make.py --out FOLDER    put them elsewhere

A picture is the terminal's cells drawn as SVG: what a person sees, not what a framework exports.
Every run gives the same bytes: the data has one seed, the clock stands still, nothing blinks.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import synced  # noqa: E402 - this folder is no package
import triaged  # noqa: E402
from at_noon import clock  # noqa: E402
from drawing import DARK, LIGHT, Paper, svg  # noqa: E402

from tests.harness.terminal import Terminal  # noqa: E402

PLUM_CAKE = "---\ntags: [baking]\n---\n# Plum cake\n\nA kilo of plums, and patience.\n"
RYE = "# Rye, two days\n\nStart it on Thursday for Saturday.\n"

NOWHERE = "/srv/jonna/manabench"
"""The home of a first start; nothing is made there."""

LOOKS: dict[str, tuple[str, Paper, dict[str, str | None]]] = {
    "dark": ("dark", DARK, {}),
    "light": ("light", LIGHT, {}),
    "mono": ("auto", DARK, {"NO_COLOR": "1"}),
    "contrast": ("contrast", DARK, {}),
    "ansi": ("auto", DARK, {"TERM": "xterm-16color", "COLORTERM": None}),
}
"""How it looks: the theme in the settings, the terminal's own colours, the environment."""


HOMES = {"demo": "home", "synced": "synced", "triaged": "triaged"}
"""What a picture is of, and the folder that is copied for it."""


class Picture(NamedTuple):
    """One screen: the keys that lead to it from a start, and a text that stands on it then.

    keys: names as ``Terminal.press`` takes them, apart by blanks; in quotes what is typed;
    ``~word`` waits until the word is there. looks: size and look of each copy. of: what it is
    started on.
    """

    name: str
    keys: str
    shows: str
    looks: str = "80x24-dark"
    of: str = "demo"


SMALL = "80x24-dark 80x24-light 80x24-mono"
EVERY = f"{SMALL} 120x36-dark 120x36-light"

RUN = "g m ~Start / 'Start' ~Start enter"
"""The keys to a mission of the demo that has a script."""

PICTURES = (
    Picture("home", "j k", "DEMO", EVERY),
    Picture("tasks", "g t", "Water filter", f"{EVERY} 80x24-contrast 80x24-ansi"),
    Picture("notes", "g n", "Denmark in May"),
    Picture("contacts", "g c ~Contacts", "+49"),
    Picture("record", "g t ~Water / 'Renew' ~Renew enter enter", "Description", SMALL),
    Picture("history", "g t ~Water i", "History"),
    Picture("reader", "g n ~Denmark / 'Denmark' ~Denmark enter enter", "Rostock", EVERY),
    Picture("search", "s 'Studio' enter ~Firing g s 'kiln'", "found", "80x24-dark 120x36-dark"),
    Picture("choose-space", "s", "Studio Kite"),
    Picture("palette", ": 'ta'", "ta", "80x24-dark 80x24-mono"),
    Picture("keys", "?", "row", "80x24-dark 120x36-dark"),
    Picture("keymap", "g ?", "Everywhere"),
    Picture("settings", "g ,", "Theme", "80x24-dark 80x24-light"),
    Picture("capture", "c 'Call the ferry office tomorrow 9:30 !high'", "ferry"),
    Picture("when", "g t ~Water w", "tomorrow"),
    Picture("marks", "g t ~Water x j x j x", "3", "80x24-dark 80x24-mono"),
    Picture("jump", "g t ~Water f", "Water"),
    Picture("studio", "s 'Studio' enter", "Studio Kite", "120x36-dark"),
    Picture("spaces", "g S", "Studio Kite"),
    Picture("tags", "s 'Studio' enter ~Firing g T", "glaze", "80x24-dark 80x24-light"),
    Picture("scenes", "s 'Studio' enter ~Firing g L", "Firing"),
    Picture("inbox", "s 'Rowing' enter ~Minutes g i", "Rowing"),
    Picture("deleted", "g D", "What the doctor said"),
    Picture("files", "g I", "Recipes"),
    Picture("import", "g I ~Recipes j enter ~plum enter", "new"),
    Picture("sync", "g Y ~jonna", "to send", "80x24-dark 80x24-mono 120x36-dark", of="synced"),
    Picture("conflicts", "g C ~Plumber j", "before", "80x24-dark 80x24-mono", of="synced"),
    Picture("quarantine", "g i ~quarantine", "quarantine", of="synced"),
    Picture("missions", "g m ~Start", "By hand"),
    Picture(
        "mission", f"{RUN} enter ~Objective r ~over", "Script", "80x24-dark 80x24-mono 120x36-dark"
    ),
    Picture("proposals", f"{RUN} r ~over g i ~Plan", "risk", SMALL),
    Picture("proposal", f"{RUN} r ~over g i ~Plan enter", "agent says", "80x24-dark 80x24-mono"),
    Picture("timeline", f"{RUN} r ~over g i ~Plan space ~Approved g l", "Start the week"),
    Picture(
        "agent-policy", "g a ~Hedda enter ~Persona end", "asks first", "80x24-dark 120x36-dark"
    ),
    Picture("triage", "g i ~roof", "has a day", "80x24-dark 80x24-mono", of="triaged"),
    Picture("triage-run", "g m ~triage / 'triage' ~triage enter enter", "tokens", of="triaged"),
    Picture("templates", "g p ~Weekly", "Meeting", "80x24-dark 120x36-dark"),
    Picture("locked", "L", "Locked"),
    Picture("first", "", "begin", "80x24-dark 80x24-light", of="plain"),
)
"""What there is a picture of; a new screen is one line."""


class Job(NamedTuple):
    """One file to be made."""

    picture: Picture
    look: str
    cols: int
    rows: int

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return f"{self.picture.name}-{self.cols}x{self.rows}-{self.look}"


def jobs(wanted: list[str]) -> Iterator[Job]:
    """One job for each copy of each picture whose name begins with one of ``wanted``."""
    for picture in PICTURES:
        for copy in picture.looks.split():
            size, look = copy.split("-")
            cols, rows = (int(part) for part in size.split("x"))
            job = Job(picture, look, cols, rows)
            if not wanted or any(job.name.startswith(word) for word in wanted):
                yield job


def make(wanted: list[str], out: Path, at_once: int = 4) -> list[str]:
    """Make the pictures in ``out``; returns what failed, in words."""
    from store.demo import throw_away

    out.mkdir(parents=True, exist_ok=True)
    failed = []
    # A picture never hangs on the machine's own zone or language.
    os.environ["TZ"] = "UTC"
    with throw_away(clock) as home, ThreadPoolExecutor(at_once) as pool:
        for of, made in (("synced", synced), ("triaged", triaged)):
            if any(job.picture.of == of for job in jobs(wanted)):
                made.prepare(home, home.parent / "config", home.parent / HOMES[of])
        making = {job: pool.submit(taken, job, home.parent) for job in jobs(wanted)}
        for job, done in making.items():
            try:
                (out / f"{job.name}.svg").write_text(done.result(), encoding="utf-8")
            except (AssertionError, OSError) as error:
                failed.append(f"{job.name}: {error}")
    return failed


def taken(job: Job, demo: Path) -> str:
    """The picture of one job, from a program of its own on a copy of the demo."""
    theme, paper, extra = LOOKS[job.look]
    with tempfile.TemporaryDirectory(dir=demo.parent) as made:
        folder = Path(made)
        own = folder / "jonna"
        config = own / ".config" / "manabench"
        shutil.copytree(demo / "config", config)
        home: Path | str = NOWHERE
        if job.picture.of in HOMES:
            home = shutil.copytree(demo / HOMES[job.picture.of], folder / "home")
        (config / "settings.toml").write_text(
            f'[screen]\ntheme = "{theme}"\n\n[language]\nlanguage = "en"\n'
        )
        bring_along(own)
        env = {
            "HOME": str(own),
            "XDG_RUNTIME_DIR": made,
            "MANABENCH_CONFIG": str(config),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "TZ": "UTC",
            "PYTHONPATH": str(HERE.parent),
            **extra,
        }
        argv = [sys.executable, str(HERE / "at_noon.py"), job.picture.of, str(home)]
        with ExitStack() as stack:
            if job.picture.of == "synced":
                stack.enter_context(synced.another_engine(folder / "home"))
            terminal = Terminal(argv, cols=job.cols, rows=job.rows, env=env, cwd=own)
            stack.enter_context(terminal)
            begins = {"demo": "DEMO", "synced": "conflicts", "triaged": "proposals"}.get(
                job.picture.of, job.picture.shows
            )
            terminal.wait_for(begins, limit=30)
            rest(terminal)
            walk(terminal, job.picture.keys)
            rest(terminal.wait_for(job.picture.shows))
            emulator = terminal.emulator
            cursor = emulator.cursor if 25 in emulator.modes else None
            return svg([emulator.cells(row) for row in range(job.rows)], paper, cursor)


def bring_along(folder: Path) -> None:
    """What the import screen finds in the person's own folder."""
    for name, text in (("Recipes/plum-cake.md", PLUM_CAKE), ("Recipes/rye.md", RYE)):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        os.utime(path, (clock().timestamp(), clock().timestamp()))
    os.utime(folder / "Recipes", (clock().timestamp(), clock().timestamp()))


def walk(terminal: Terminal, keys: str) -> None:
    """Press ``keys`` as ``Picture`` writes them, with a rest after each word."""
    for typed, key in re.findall(r"'([^']*)'|(\S+)", keys):
        if key.startswith("~"):
            terminal.wait_for(key[1:])
        elif key:
            terminal.press(key)
        else:
            terminal.type(typed)
        terminal.settle(0.15)


def rest(terminal: Terminal, quiet: float = 0.5, limit: float = 20.0) -> None:
    """Until the program has neither written nor worked for ``quiet`` seconds.

    Silence alone would also be that of a program which a busy machine lets wait.
    """
    end = time.monotonic() + limit
    while time.monotonic() < end:
        written, worked = terminal.mark(), terminal.cpu()
        time.sleep(quiet)
        if terminal.mark() == written and terminal.cpu() - worked < 0.015:
            return
    raise AssertionError(f"it did not come to rest in {limit} s")


def stale(wanted: list[str]) -> list[str]:
    """What differs between this folder and the app as it is now, in words."""
    with tempfile.TemporaryDirectory() as folder:
        found = make(wanted, Path(folder))
        for job in jobs(wanted):
            name = f"{job.name}.svg"
            now, kept = Path(folder) / name, HERE / name
            if not kept.exists():
                found.append(f"{name}: not there")
            elif now.exists() and now.read_bytes() != kept.read_bytes():
                found.append(f"{name}: stale\n{difference(kept, now)}")
    if not wanted:
        names = {f"{job.name}.svg" for job in jobs([])}
        found += [f"{p.name}: of no picture" for p in HERE.glob("*.svg") if p.name not in names]
    return found


def difference(kept: Path, now: Path) -> str:
    """The first rows of text that differ, without where they stand."""
    before, after = (_words(path.read_text(encoding="utf-8")) for path in (kept, now))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    shown = [f"    {line}" for line in lines if not line.startswith("@@")][:8]
    return "\n".join(shown) or "    the same words, in another place or colour"


def _words(text: str) -> list[str]:
    """What is written on a picture, row by row."""
    rows: dict[int, list[str]] = {}
    for y, words in re.findall(r'<text x="[^"]*" y="(\d+)"[^>]*>([^<]*)<', text):
        rows.setdefault(int(y), []).append(words)
    return ["  ".join(words) for _y, words in sorted(rows.items())]


def main() -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(description="Make the pictures of this folder.")
    parser.add_argument("names", nargs="*", help="only those whose names begin so")
    parser.add_argument("--check", action="store_true", help="make none, name the stale ones")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to put them in")
    told = parser.parse_args()
    wrong = stale(told.names) if told.check else make(told.names, told.out)
    for line in wrong:
        print(line)
    if wrong and told.check:
        print("Make them anew with: .venv/bin/python screenshots/make.py")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
