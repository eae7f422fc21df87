"""Our classes never take over a name that the framework uses for itself."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path

from textual.app import App
from textual.screen import Screen
from textual.widget import Widget

TUI = Path(__file__).parents[2] / "tui"
BASES = {"App": App, "Screen": Screen, "Widget": Widget}
MIXED_IN = (
    "manabench everywhere going longer saying dressing linking arriving faults syncing".split()
)
OURS = {f"shell/{name}.py": "App" for name in MIXED_IN} | {"keys/pressing.py": "App"}
OVERRIDDEN = {
    "get_default_screen",
    *(
        "_handle_exception",
        "panic",
        "on_event",
        "get_system_commands",
        "compose",
        "on_mount",
        "theme",
        "app",
    ),
    # A screen that is covered must not paint, and none is painted whole at every change of focus.
    *("is_current", "refresh"),
    # State of the framework that a dying app must set, as its own handler does.
    *("_return_code", "_exception", "_exception_event"),
}


@cache
def framework_names(base: type) -> set[str]:
    """Methods, class attributes and everything that any ``__init__`` of the family sets."""
    found: set[str] = set()
    for kind in base.__mro__[:-1]:
        found |= {n for n in vars(kind) if not n.startswith("__") and not n.isupper()}
        try:
            tree = ast.parse(inspect.getsource(kind))
        except (OSError, TypeError):
            continue
        found |= set(assigned(tree))
    return found


def assigned(tree: ast.AST) -> list[str]:
    return [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]


def defined(tree: ast.AST) -> list[str]:
    return [
        n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def test_no_attribute_or_method_of_ours_hides_one_of_the_framework() -> None:
    clashes = []
    screens = {f"screens/{p.name}": "Screen" for p in (TUI / "screens").glob("*.py")}
    for name, base in {**OURS, **screens}.items():
        tree = ast.parse((TUI / name).read_text())
        theirs = framework_names(BASES[base])
        ours = {n for n in (*assigned(tree), *defined(tree)) if not n.startswith("__")}
        clashes += [f"{name}: {n}" for n in sorted(ours & theirs - OVERRIDDEN)]
    assert not clashes, "\n".join(clashes)
