"""Documents that fail when they lie: README, CONTRIBUTING, CHANGELOG, lock file and licence."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
SETUP_AND_DEMO = "bash .ci/setup && .venv/bin/manabench demo"
SETUP_AND_TEST = "bash .ci/test"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, object]:
    return tomllib.loads(read("pyproject.toml"))["project"]


def code_lines(text: str) -> Iterator[str]:
    """Every line of the fenced shell blocks (``sh``, ``bash``, ``console``), prompts removed."""
    for block in re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", text, re.S | re.M):
        for line in block.splitlines():
            yield line.removeprefix("$ ").strip()


def commands(node: object = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command of the command line as a path of words, groups included."""
    import click

    if node is None:
        from tui.cli.root import root as node
    context = click.Context(node, info_name=path[-1] if path else "manabench")
    for name in node.list_commands(context):
        command = node.get_command(context, name)
        assert command is not None, f"manabench {' '.join((*path, name))} is listed but not there"
        if command.hidden:
            continue
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


# -- README -----------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [SETUP_AND_DEMO, SETUP_AND_TEST])
def test_the_readme_has_the_command_that_sets_up_and(line):
    assert line in list(code_lines(read("README.md")))


def test_every_file_the_readme_runs_is_there_and_can_be_run():
    for line in code_lines(read("README.md")):
        for word in line.split():
            if word.startswith((".ci/", "./")):
                assert (ROOT / word).is_file(), line
                assert os.access(ROOT / word, os.X_OK), word


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_link_to_a_file_leads_somewhere(name):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(name)):
        if "://" not in target:
            assert (ROOT / target).exists(), f"{name} links to {target}"


def test_every_command_is_in_the_readme():
    # A line such as `tag  list | add | rename` documents three.
    lines = [set(re.findall(r"[a-z][a-z-]*", line)) for line in read("README.md").splitlines()]
    missing = [path for path in commands() if not any(set(path) <= words for words in lines)]
    assert [" ".join(path) for path in missing] == []


ACT_ALONE = {"sync", "serve", "account"}
"""Nouns that do something without a verb."""


def test_every_call_in_the_readme_exists():
    known = set(commands())
    nouns = {path[0] for path in known}
    wrong = []
    for line in code_lines(read("README.md")):
        call = re.search(r"(?:^|\s|/)manabench\s+(.*)", line.split(" #")[0])
        if call is None:
            continue
        words = [w for w in shlex.split(call[1].split("|")[0]) if not w.startswith("-")]
        if words and words[0].isalpha() and words[0].islower():
            verbs = {path[1] for path in known if path[0] == words[0] and len(path) > 1}
            alone = len(words) < 2 and words[0] in ACT_ALONE
            if words[0] not in nouns or (verbs and not alone and not verbs & {*words[1:2]}):
                wrong.append(line)
    assert wrong == []


def test_the_keymap_and_the_theme_in_the_readme_hold(home, manabench):
    keymap, theme = re.findall(r"^```toml\n(.*?)^```", read("README.md"), re.S | re.M)
    (home.config / "themes").mkdir(parents=True)
    (home.config / "keymap.toml").write_text(keymap)
    (home.config / "themes/mine.toml").write_text(theme)
    (home.config / "settings.toml").write_text('[screen]\ntheme = "mine"\n')
    assert manabench("keys", "--check").out == "The keymap holds.\n"
    told = {one["about"]: one["state"] for one in manabench("doctor", "--json").data["findings"]}
    assert (told["settings"], told["keymap"]) == ("ok", "ok")


# -- the others -------------------------------------------------------------------------------


def test_contributing_can_be_read_in_one_go():
    text = read("CONTRIBUTING.md")
    assert len(text.splitlines()) < 150
    for path in re.findall(r"`((?:store|tui|tests|\.ci)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), f"CONTRIBUTING names {path}"


def test_the_changelog_starts_with_what_is_not_released():
    first = re.search(r"^## (.*)$", read("CHANGELOG.md"), re.M)
    assert first is not None
    assert first[1].startswith(("Unreleased", str(project()["version"])))


def test_the_licence_is_the_one_that_is_declared():
    assert project()["license"] == "MIT"
    assert read("LICENSE").startswith("MIT License\n\nCopyright (c) 2026 manabench contributors")


class TestLock:
    def locked(self) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", read("requirements.lock"), re.M))

    def test_it_holds_every_dependency_in_a_version_that_fits(self):
        extras = project()["optional-dependencies"]
        for line in [*project()["dependencies"], *extras["dev"]]:
            wanted = Requirement(line)
            assert self.locked()[wanted.name] in wanted.specifier, line

    def test_every_entry_is_pinned_by_hash(self):
        entries = re.split(r"^(?=[\w])", read("requirements.lock"), flags=re.M)[1:]
        assert len(entries) > 20
        assert [e.split()[0] for e in entries if "--hash=sha256:" not in e] == []

    def test_it_names_no_registry(self):
        assert not re.search(r"://|^--|\bindex\b", read("requirements.lock"), re.M)

    def test_the_framework_is_pinned_exactly(self):
        assert "textual==8.2.8" in project()["dependencies"]
