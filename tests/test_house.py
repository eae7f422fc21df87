"""The walls of the house: who may import whom, how long a file may be, what an import may do.

The static half reads every file with ``ast``; the other half proves it in clean interpreters.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for folder in ("store", "tui") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FILE_LINES = 450
FUNCTION_LINES = 60

# Who stands on whom inside store: a file imports from its own floor and from those below. What is
# not named stands on the floor of documents.
GROUND = {
    "errors",
    "words",
    "mo",
    "pseudo",
    "locations",
    "settings",
    "collections",
    "watching",
    "ids",
    "refusals",
}
CELLAR = {"vault", "stamps", "schema", "schema_ai", "schema_sync", "database"}
UPPER = {"modules", "ai", "sync", "exchange", "server"}
TOP = {"workbench", "demo"}
VAULT_MAY_USE = GROUND | {"vault"}
DATABASE_MAY_USE = GROUND | {"database", "schema", "schema_ai", "schema_sync", "stamps"}

# Loaded inside the functions that need them, so that a command pays only for what it uses.
HEAVY = (
    "textual",
    "rich",
    "pydantic",
    "sqlite_utils",
    "keyring",
    "markdown_it",
    "tomlkit",
    "yaml",
    "hypothesis",
    "httpx2",
    "websockets",
    "starlette",
    "uvicorn",
    "jwt",
    "pydantic_ai",
    "openai",
    "mcp",
    "cronsim",
    "genai_prices",
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """(module, line) of every import that runs, wherever it stands; type-only ones do not run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    type_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in type_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            # `from store import vault` names a module too.
            for alias in node.names:
                if node.module in ("store", "tui"):
                    yield f"{node.module}.{alias.name}", node.lineno


def part(module: str) -> str:
    """``vault`` of ``store.vault.ring``; empty for what is not inside store."""
    names = module.split(".")
    return names[1] if names[0] == "store" and len(names) > 1 else ""


def floor(name: str) -> int:
    for number, names in enumerate((GROUND, CELLAR, None, UPPER, TOP)):
        if names is not None and name in names:
            return number
    return 2


def offences(rule: str) -> list[str]:
    """``file:line imports module`` for every import that breaks the named rule."""
    found = []
    for path in SOURCES:
        own = dotted(path)
        for module, line in imports(path):
            if RULES[rule](own, module):
                found.append(f"{relative(path)}:{line} imports {module}")
    return found


def _into(module: str, *packages: str) -> bool:
    return any(module == one or module.startswith(one + ".") for one in packages)


RULES = {
    "store knows no screen": lambda own, module: (
        _into(own, "store") and _into(module, "tui", "textual", "rich")
    ),
    "nothing below imports what stands above": lambda own, module: (
        bool(part(own)) and bool(part(module)) and floor(part(module)) > floor(part(own))
    ),
    "the vault stands alone": lambda own, module: (
        _into(own, "store.vault") and bool(part(module)) and part(module) not in VAULT_MAY_USE
    ),
    "the database knows no documents and no vault": lambda own, module: (
        part(own) in ("database", "schema", "schema_ai", "schema_sync", "stamps")
        and bool(part(module))
        and part(module) not in DATABASE_MAY_USE
    ),
    "nobody reaches into the framework's private parts": lambda _, module: module.startswith(
        ("textual._", "rich._", "textual.widgets._")
    ),
    "no product code imports a test": lambda _, module: _into(module, "tests", "pytest"),
}


@pytest.mark.parametrize("rule", RULES)
def test_import_rule(rule):
    assert offences(rule) == []


@pytest.mark.parametrize(
    ("rule", "own", "module"),
    [
        ("store knows no screen", "store.search", "tui.keys.reading"),
        ("nothing below imports what stands above", "store.documents", "store.modules.todo"),
        ("nothing below imports what stands above", "store.modules.todo", "store.workbench"),
        ("nothing below imports what stands above", "store.errors", "store.stamps"),
        ("the vault stands alone", "store.vault.ring", "store.database"),
        ("the database knows no documents and no vault", "store.database", "store.vault"),
        ("nobody reaches into the framework's private parts", "tui.app", "textual._context"),
    ],
)
def test_an_import_that_breaks_a_rule_is_found(rule, own, module):
    assert RULES[rule](own, module)
    assert not RULES[rule](module, own)


def test_a_command_file_never_imports_the_framework():
    # tui.cli.workbench opens the screen on request, inside a function.
    found = [
        f"{relative(path)}:{line}"
        for path in SOURCES
        if _into(dotted(path), "tui.cli")
        for module, line in imports(path)
        if _into(module, "textual", "rich")
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=relative)
def test_a_file_and_its_functions_stay_within_the_budget(path):
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= FILE_LINES
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_says_what_it_is_for(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree)


def test_every_library_used_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    distributions = {"markdown_it": "markdown-it-py", "argon2": "argon2-cffi"}
    distributions |= {"yaml": "pyyaml", "jwt": "pyjwt", "pydantic_ai": "pydantic-ai-slim"}
    # With Textual, which is pinned exactly.
    runtime = {_name(line) for line in project["dependencies"]} | {"rich"}
    every = runtime | {_name(line) for line in project["optional-dependencies"]["dev"]}
    ours = {"store", "tui", "tests", "__future__"}
    missing = set()
    for path in SOURCES + TESTS:
        allowed = every if path in TESTS else runtime
        for module, _ in imports(path):
            top = module.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in ours:
                wanted = distributions.get(top, top.replace("_", "-"))
                if wanted not in allowed:
                    missing.add(f"{relative(path)}: {top}")
    assert sorted(missing) == []


def _name(requirement: str) -> str:
    return re.split(r"[^\w-]", requirement, maxsplit=1)[0]


# -- proof in clean interpreters --------------------------------------------------------------


def in_clean_interpreter(source: str, *args: str, env: dict[str, str] | None = None) -> str:
    """Run ``source`` in a new process at the project's root; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", source, *args],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def heavy_of(names: list[str]) -> list[str]:
    return sorted({name.partition(".")[0] for name in names} & set(HEAVY))


def test_importing_the_store_loads_nothing_heavy():
    loaded = in_clean_interpreter(
        "import json, sys, store.workbench; print(json.dumps(list(sys.modules)))"
    )
    assert heavy_of(json.loads(loaded)) == []


RUN_AND_TELL = """
import json, os, runpy, sys
report, sys.argv = sys.argv[1], ["manabench", *sys.argv[2:]]
os._exit = sys.exit  # a command ends at once; here somebody looks first at what it loaded
try:
    runpy.run_module("tui.main", run_name="__main__")
except SystemExit as leaving:
    code = leaving.code
with open(report, "w") as file:
    json.dump([code, list(sys.modules)], file)
"""

HEADLESS = [
    ["--help"],
    ["version"],
    ["task", "add", "one"],
    ["task", "list", "--json"],
    ["note", "list"],
    ["space", "list"],
    ["tag", "add", "home"],
    ["search", "one"],
    ["undo"],
]


def test_a_headless_command_never_loads_the_framework(home, tmp_path):
    report = tmp_path / "report"
    wrong = []
    for words in [["init", "--no-passphrase"], *HEADLESS]:
        in_clean_interpreter(RUN_AND_TELL, str(report), *words, env=home.env)
        code, loaded = json.loads(report.read_text())
        # sqlite_utils makes the tables and keyring keeps the key, once, at the very start.
        allowed = {"sqlite_utils", "keyring"} if words[0] == "init" else set()
        if code or (found := set(heavy_of(loaded)) - allowed):
            wrong.append(
                f"{' '.join(words)}: exit {code}, loads {sorted(found) if not code else ''}"
            )
    assert wrong == []


IMPORT_AND_WATCH = """
import json, os, sys, sysconfig, threading
sys.dont_write_bytecode = True
current, acts = "", []
free = tuple(os.path.realpath(sysconfig.get_path(name)) for name in
             ("stdlib", "platstdlib", "purelib", "platlib")) + (os.path.realpath(sys.base_prefix),)
quiet = ("/proc/", "/sys/", "/dev/null", "/usr/lib", "/usr/share", "/lib", "/etc/")
code = (".py", ".pyc", ".so", ".pth", ".mo", ".zip")

def watch(event, args):
    if not current:
        return
    if event == "open":
        path, mode, flags = args
        if not isinstance(path, str):
            return
        full = os.path.realpath(path)
        writes = bool((flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if writes or not (full.startswith(free + quiet) or full.endswith(code)):
            acts.append(f"{current}: {'writes' if writes else 'reads'} {path}")
    elif event.startswith(("sqlite3.connect", "socket.", "subprocess.", "os.mkdir", "os.rename",
                           "os.remove", "os.system")):
        if event != "socket.gethostname":
            acts.append(f"{current}: {event}")

def start(thread, begin=threading.Thread.start):
    if current:
        acts.append(f"{current}: starts a thread")
    begin(thread)

threading.Thread.start = start
sys.addaudithook(watch)
for current in sys.argv[1:]:
    __import__(current)
current = ""
print(json.dumps(acts))
"""


@pytest.mark.parametrize("package", ["store", "tui"])
def test_importing_any_module_does_nothing(package, home):
    names = [dotted(path) for path in SOURCES if dotted(path).startswith(package)]
    names = [name for name in names if not name.endswith("__main__")]
    assert names
    acts = json.loads(in_clean_interpreter(IMPORT_AND_WATCH, *names, env=home.env))
    assert acts == []
    assert list(home.files()) == []


GUILTY = """
import sqlite3, threading
open("written", "w").close()
open("written").close()
sqlite3.connect(":memory:").close()
threading.Thread(target=print).start()
"""


def test_an_import_that_does_something_is_found(tmp_path):
    (tmp_path / "guilty.py").write_text(GUILTY)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_AND_WATCH, "guilty"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    told = "\n".join(json.loads(done.stdout.strip().splitlines()[-1]))
    for act in ("writes written", "reads written", "sqlite3.connect", "starts a thread"):
        assert f"guilty: {act}" in told


# -- words that do not belong in the project --------------------------------------------------

FORBIDDEN = {
    # Written in pieces, so that this file does not hold what it forbids.
    "a path of somebody's machine": re.compile(
        r"/wo" + r"rk/|/ro" + r"ot/|/tmp/" + r"bash|(?<!\w)/home/[a-z]"
    ),
    "a registry or mirror": re.compile(
        r"pypi\." + r"org|pythonhosted\.|deb\.debian\." + r"|registry\.npm|index-url https?:"
    ),
    "a path outside the project": re.compile(r"\.\./sha" + "red"),
    "a name of some workplace": re.compile(r"\bfarm" + r"-[a-z]|bash_" + "jobs"),
    "an open end": re.compile(r"(?:#|//|--)\s*(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"),
}


def tracked() -> list[Path]:
    """Files of the project: tracked, or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:  # a source archive without git
        hidden = re.compile(r"/\.(?!ci/)[^/]+/|/__pycache__/")
        paths = [path for path in ROOT.rglob("*") if not hidden.search(f"/{relative(path)}")]
    return [path for path in paths if path.is_file()]


def test_no_file_holds_a_word_that_does_not_belong():
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            found += [
                f"{relative(path)}:{number}: {what}"
                for what, pattern in FORBIDDEN.items()
                if pattern.search(line)
            ]
    assert found == []


def test_no_file_is_there_by_accident():
    names = [relative(path) for path in tracked()]
    stray = [n for n in names if re.search(r"\.(orig|rej|swp|bak|log|pyc)$|~$|\.coverage$", n)]
    assert stray == []
    assert [n for n in names if (ROOT / n).stat().st_size > 2_000_000] == []
