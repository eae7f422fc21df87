"""Make the pictures of this folder from the real app on the demo's data, on a real pty.

.venv/bin/python screenshots/make.py

A picture is the terminal's cells drawn as SVG: what a person sees, not what a framework exports.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.harness import Terminal  # noqa: E402 - the project is not a package of its own here

ARGV = [sys.executable, "-m", "tui.main", "demo"]
CELL, LINE, SIZE = 8.4, 18, 14
PAPER, INK = "#1c1c1c", "#d8dbe0"
BASIC = {
    "black": "#16181d",
    "red": "#e06c75",
    "green": "#98c379",
    "brown": "#e5c07b",
    "yellow": "#e5c07b",
    "blue": "#61afef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#d8dbe0",
}

Visit = Callable[[Terminal], object]
PICTURES: dict[str, tuple[int, int, dict[str, str], Visit]] = {
    "tasks-80x24-dark": (80, 24, {}, lambda t: t.wait_for("Water filter")),
    "tasks-120x36-dark": (120, 36, {}, lambda t: t.wait_for("Water filter")),
    "tasks-80x24-mono": (80, 24, {"NO_COLOR": "1"}, lambda t: t.wait_for("Water filter")),
    "record-80x24-dark": (80, 24, {}, lambda t: t.press("enter").wait_for("Description")),
    "notes-80x24-dark": (80, 24, {}, lambda t: t.press("g", "n").wait_for("Schubert")),
    "palette-80x24-dark": (80, 24, {}, lambda t: t.press(":").type("ta").settle()),
    "search-80x24-dark": (80, 24, {}, lambda t: t.press("g", "s").type("harb").settle(0.6)),
    "keys-80x24-dark": (80, 24, {}, lambda t: t.press("?").settle()),
}


def main() -> None:
    for name, (cols, rows, extra, visit) in PICTURES.items():
        with tempfile.TemporaryDirectory() as folder:
            env = {"HOME": folder, "XDG_RUNTIME_DIR": folder, "PATH": os.environ["PATH"], **extra}
            with Terminal(ARGV, cols=cols, rows=rows, env=env, cwd=HERE.parent) as terminal:
                terminal.wait_for("Water filter", limit=30).settle()
                visit(terminal)
                terminal.settle()
                (HERE / f"{name}.svg").write_text(drawn(terminal, cols, rows))
        print(name)


def drawn(terminal: Terminal, cols: int, rows: int) -> str:
    """The terminal's cells as SVG."""
    width, height = cols * CELL + 20, rows * LINE + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
        f'width="{width:.0f}" height="{height}" '
        f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{SIZE}">',
        f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>',
    ]
    for row in range(rows):
        column = 0
        for text, style in terminal.styles(row):
            fg, bg = _colour(style.fg, INK), _colour(style.bg, PAPER)
            if style.reverse:
                fg, bg = bg, fg
            x, y = 10 + column * CELL, 10 + row * LINE
            wide = len(text) * CELL
            if bg != PAPER:
                parts.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{LINE}" fill="{bg}"/>'
                )
            weight = ' font-weight="bold"' if style.bold else ""
            line = ' text-decoration="underline"' if style.underline else ""
            # Word by word, so that columns stand whatever font the viewer has.
            for word in re.finditer(r"\S+", text):
                parts.append(
                    f'<text x="{x + word.start() * CELL:.1f}" y="{y + SIZE}" fill="{fg}" '
                    f'textLength="{len(word.group()) * CELL:.1f}"{weight}{line}>'
                    f"{escape(word.group())}</text>"
                )
            column += len(text)
    return "\n".join([*parts, "</svg>", ""])


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return BASIC.get(name.removeprefix("bright"), f"#{name}")


if __name__ == "__main__":
    main()
