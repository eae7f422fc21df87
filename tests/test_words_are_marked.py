"""Nothing that a person reads stands in the source without a mark for translation.

Two nets. Whatever looks like a sentence must be marked, wherever it stands; and whatever is handed
to a function that shows it must be, even if it is one word.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [
    path
    for folder in ("store", "tui")
    for path in sorted((ROOT / folder).rglob("*.py"))
    # What the demo is filled with is somebody's data, not the program's words.
    if "demo" not in path.relative_to(ROOT / folder).as_posix()
]

MARKS = {"_", "N_", "NN_", "ngettext", "phrase", "counted"}
SHOWN_BY = {
    "say": 0,
    "tell": 0,
    "note": 0,
    "ask_line": 0,
    "Choice": 0,
    "Segment": 0,
    "Filter": 1,
    "Sort": 1,
    "Act": 1,
    "FormField": 2,
    "noun": 1,
}
"""Functions, and which of their arguments a person reads."""
NAMED = {"help", "epilog", "short_help", "hint", "kept", "empty", "prompt", "words", "heading"}
"""Arguments by name that a person reads."""
NOT_SHOWN = {"ValueError", "TypeError", "RuntimeError", "KeyError", "AttributeError", "LookupError"}
"""Errors that never leave the code, or are caught and told in other words."""

FOR_MODELS = {"Tool", "Param"}
"""What is made with these is read by models, which are spoken to in English."""
FOR_THE_MODEL = "# for the model"
"""Behind the first line of an assignment, or on the line above it: prompts, which nobody but a
model reads."""

SENTENCE = re.compile(r"[A-Z][^\n]*[a-z]{2,},? [^\n]*[a-z0)”»’`][.:!?…]|[A-Z][a-z]+(?: [a-z]+)+")
WORD = re.compile(r"[A-Za-z]{3,}")
TYPED = re.compile(
    r"`[^`]*`|\$[A-Z]+|[\w-]+(?:\.[\w-]+)+|manabench(?: [a-z0-9-]+)*|[A-Z][A-Z_]+"
    r"|\b(?:Esc|Enter)\b|~?/\w+"
)
"""What stays as it is in every language: commands, keys, names of files and options."""
SQL = re.compile(r"\b(?:SELECT|FROM|WHERE|CASE|AND|JOIN|NULL|PRAGMA|INSERT|UPDATE)\b")

ALLOWED = {
    # Read by programs, not by people.
    "Value error, ",
    "Answer a completion script.",  # a hidden command, called by scripts alone
    # A seeded record's text, which is the same on every device whatever its language.
    "Standard assistant for all missions",
}


def text_of(node: ast.AST) -> str | None:
    """A literal as text, with a blank for each field of an f-string."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "0" for v in node.values)
    return None


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def below(node: ast.AST) -> set[int]:
    return {id(inner) for inner in ast.walk(node)}


def exempt(tree: ast.Module) -> set[int]:
    """Nodes that are marked, or nobody reads: docstrings, types, internal errors, SQL."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            found |= below(node.annotation)
        elif isinstance(node, ast.JoinedStr):
            found |= below(node) - {id(node)}
        elif (
            isinstance(node, ast.Subscript)
            or isinstance(node, ast.Assign)
            and [
                n
                for n in node.targets
                if isinstance(n, ast.Name) and n.id in ("__all__", "__slots__")
            ]
        ):
            found |= below(node)
        elif isinstance(node, ast.Call) and name_of(node) in MARKS:
            found |= set().union(*(below(arg) for arg in node.args if text_of(arg) is not None))
        elif isinstance(node, ast.Call) and name_of(node) in NOT_SHOWN | {"compile"}:
            found |= below(node)
    return found


def shown(tree: ast.Module) -> Iterator[ast.AST]:
    """Literals that are handed to something that shows them."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node)
        is_error = name.endswith("Error") and name not in NOT_SHOWN
        place = 0 if is_error else SHOWN_BY.get(name, len(node.args))
        yield from node.args[place : place + 1]
        if is_error or name in SHOWN_BY or name in ("command", "option", "Option", "Module"):
            yield from (word.value for word in node.keywords if word.arg in NAMED)


def for_models(tree: ast.Module, source: str) -> set[int]:
    """Nodes that only a model reads."""
    found: set[int] = set()
    lines = source.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node) in FOR_MODELS:
            found |= below(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            near = lines[max(node.lineno - 2, 0) : node.lineno]
            if any(FOR_THE_MODEL in line for line in near):
                found |= below(node)
    return found


def unmarked(source: str) -> list[tuple[int, str]]:
    """(line, text) of what should be marked and is not."""
    tree = ast.parse(source)
    free = exempt(tree) | for_models(tree, source)
    found: dict[int, tuple[int, str]] = {}
    for node in ast.walk(tree):
        text = text_of(node)
        if text and id(node) not in free and SENTENCE.fullmatch(text) and not SQL.search(text):
            found[id(node)] = (node.lineno, text)
    for node in shown(tree):
        text = text_of(node)
        if text and id(node) not in free and WORD.search(TYPED.sub("", text)):
            found[id(node)] = (node.lineno, text)
    return sorted((line, text) for line, text in found.values() if text not in ALLOWED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_word_for_a_person_is_marked(path):
    assert unmarked(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        'raise NotFoundError("nothing here", kept=_("Kept."))',
        'raise GuardError(_("No."), hint="try it again")',
        'raise GuardError(f"{name} is no tag")',
        'self.say("deleted")',
        'Choice("none", "")',
        'click.option("--tag", help="A tag.")',
        'Act("done", "Done", (), complete)',
        'words = "Nothing was changed."',
        '_WORDS = ("The disk is full; nothing was saved.",)',
        'x = f"There is nothing at {path}."',
    ],
)
def test_a_word_without_a_mark_is_found(line):
    assert unmarked(line)


@pytest.mark.parametrize(
    "line",
    [
        'raise NotFoundError(_("Nothing here."), kept=_("Kept."))',
        'raise ValueError("a key does not leave its process")',
        'self.say(_("Deleted."))',
        'Choice(_("none"), "")',
        '"""A docstring, which nobody is shown."""',
        'Tool("create_task", "Add a task to the list.", run)',
        'PROMPT = "You work for a person. Read first."  # for the model',
        'db.read("SELECT id FROM tags WHERE name = ?")',
        'hint = f"manabench {noun} {name} RECORD TAG"',
    ],
)
def test_what_nobody_reads_needs_no_mark(line):
    assert unmarked(line) == []


# The language is chosen when the program starts and may change while it runs ---------------------


def said_at_import(source: str) -> list[int]:
    """Lines on which a word is translated while the file is imported."""
    found: list[int] = []

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for early in [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]:
                if early is not None:
                    walk(early)
            return
        if isinstance(node, ast.Call) and name_of(node) in ("_", "ngettext"):
            found.append(node.lineno)
        for inner in ast.iter_child_nodes(node):
            walk(inner)

    walk(ast.parse(source))
    return found


@pytest.mark.parametrize(
    # A command's line of help is said as it is defined, after the language was chosen.
    "path",
    [path for path in FILES if "cli" not in path.parts],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_no_word_is_translated_before_the_language_is_known(path):
    assert said_at_import(path.read_text(encoding="utf-8")) == []


def test_a_word_translated_too_early_is_found():
    early = 'A = _("x")\nclass B:\n    c = _("y")\ndef d(e=_("z")):\n    return _("late")\n'
    assert said_at_import(early + 'F = lambda: _("late")\n') == [1, 3, 4]
