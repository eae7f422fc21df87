"""The settings of a person on this machine: ``settings.toml`` in the config folder.

``load`` never fails: what cannot be read falls back to its default and is told in ``problems``.
``change`` writes one value and leaves every comment and unknown name in the file as it is. Nothing
here belongs to a space, nothing is secret, nothing is synchronised.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from store import locations
from store.words import N_, _

FILE = "settings.toml"
MOST_MINUTES = 24 * 60


class Problem(NamedTuple):
    """Something in a file of settings or looks that does not hold.

    ``str()`` gives its three sentences; they are translated only then, because the language is one
    of the settings. line counts from 1; 0 where the line is not known.
    """

    line: int
    happened: str
    kept: str
    hint: str
    given: Mapping[str, str]
    file: str = FILE

    def __str__(self) -> str:
        given = {**self.given, "line": str(self.line), "file": self.file}
        given["allowed"] = _(given.get("allowed", ""))
        where = _("{file}, line {line}:") if self.line else "{file}:"
        parts = (where, *(_(words) for words in (self.happened, self.kept, self.hint)))
        return " ".join(part.format(**given) for part in parts if part)


class Rule(NamedTuple):
    """Where a setting stands in the file and what it may be.

    choices are the values it may have, empty for those that ``fits`` tells. words says what the
    setting does, allowed what it may be.
    """

    section: str
    key: str
    fits: Callable[[Any], bool]
    words: str
    allowed: str
    choices: tuple[str, ...] = ()


def _one_of(*choices: str) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and value in choices


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_minutes(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= MOST_MINUTES


def _is_name(value: Any) -> bool:
    return type(value) is str and re.fullmatch(r"[A-Za-z0-9_-]{1,40}", value) is not None


def _choice(section: str, key: str, words: str, *choices: str) -> Rule:
    return Rule(section, key, _one_of(*choices), words, ", ".join(choices), choices)


RULES: dict[str, Rule] = {
    "theme": Rule(
        "screen",
        "theme",
        _is_name,
        N_("which colours are drawn"),
        N_("auto, dark, light, contrast, ansi, mono or the name of a theme file"),
    ),
    "ascii": Rule("screen", "ascii", _is_flag, N_("draw no signs beyond ASCII"), "true, false"),
    "mouse": Rule(
        "screen",
        "mouse",
        _is_flag,
        N_("clicks and the wheel act here"),
        "true, false",
    ),
    "idle_lock_minutes": Rule(
        "screen",
        "idle_lock_minutes",
        _is_minutes,
        N_("locks after so long without a key"),
        N_("a number of minutes from 0, which is never, to 1440"),
    ),
    "keys": _choice("screen", "keys", N_("which keys act"), "vim", "plain"),
    "language": _choice(
        "language", "language", N_("of all words here; auto asks the system"), "auto", "en", "de"
    ),
    "first_weekday": _choice(
        "language",
        "first_weekday",
        N_("the day that a week begins with"),
        N_("monday"),
        N_("sunday"),
        N_("saturday"),
    ),
    "clock": _choice("language", "clock", N_("how times of day are written"), "24h", "12h"),
}
"""name: where it stands and what it may be, in the order of the settings screen."""


class Settings(NamedTuple):
    """What a person has chosen; the defaults where nothing was. Times are in minutes."""

    theme: str = "auto"
    ascii: bool = False
    mouse: bool = True
    idle_lock_minutes: float = 15.0
    keys: str = "vim"
    language: str = "auto"
    first_weekday: str = "monday"
    clock: str = "24h"
    problems: tuple[Problem, ...] = ()

    @property
    def idle_seconds(self) -> float:
        """After how many seconds without a key the vault locks; 0 for never."""
        return self.idle_lock_minutes * 60


def path(config: Path | str | None = None) -> Path:
    """The file, in the folder ``config`` or that of this machine; it need not exist."""
    return (locations.config() if config is None else Path(config)) / FILE


def load(config: Path | str | None = None) -> Settings:
    """The settings as the file has them now. Never raises; see ``problems``."""
    try:
        raw = path(config).read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        why = {"why": error.strerror or type(error).__name__}
        return _none(0, N_("The file cannot be read ({why})."), N_("Look at its rights."), why)
    import tomllib

    mend = N_("Mend that line in an editor.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _none(line, N_("This is not UTF-8."), mend, {})
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, why_words = broken_at(error, text)
        return _none(line, N_("This is not TOML ({why})."), mend, {"why": why_words})
    return _checked(found, text)


def change(name: str, value: Any, config: Path | str | None = None) -> Settings:
    """Write one setting; returns all of them as they are now.

    Comments, order and unknown names stay. Never call it on the loop. Raises InvalidValueError
    for a value that does not fit, and StorageError where the file cannot be read or written; the
    file is then as it was.
    """
    rule = RULES[name]
    if not rule.fits(value):
        from store.errors import InvalidValueError

        raise InvalidValueError(
            _("“{value}” is no value of {name}.").format(value=value, name=rule.key),
            kept=_("The settings are as they were."),
            hint=_("It may be: {allowed}.").format(allowed=_(rule.allowed)),
        )
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    file = path(config)
    kept = _("The settings are as they were.")
    try:
        text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
        document = tomlkit.parse(text)
        section = document.get(rule.section)
        if section is None:
            section = document[rule.section] = tomlkit.table()
        section[rule.key] = value
        locations.private_folder(file.parent)
        _write(file, tomlkit.dumps(document))
    except (OSError, UnicodeDecodeError, TOMLKitError, TypeError, AttributeError) as error:
        from store.errors import StorageError

        why = getattr(error, "strerror", None) or str(error)
        raise StorageError(
            _("The settings file cannot be changed ({why}).").format(why=why),
            kept=kept,
            hint=_("It is {file}; mend it in an editor.").format(file=file),
        ) from None
    return load(config)


def _write(file: Path, text: str) -> None:
    """Replace the file in one move, readable for this user alone; a link stays a link."""
    target = Path(os.path.realpath(file))
    spare = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            os.fchmod(out.fileno(), 0o600)
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        spare.replace(target)
    except OSError:
        spare.unlink(missing_ok=True)
        raise


def _none(line: int, happened: str, hint: str, given: Mapping[str, str]) -> Settings:
    kept = N_("All settings have their defaults.")
    return Settings(problems=(Problem(line, happened, kept, hint, given),))


def _checked(found: Mapping[str, Any], text: str) -> Settings:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    known = {(rule.section, rule.key): name for name, rule in RULES.items()}
    for section in dict.fromkeys(rule.section for rule in RULES.values()):
        given = found.get(section, {})
        if not isinstance(given, dict):
            problems.append(_no_section(section, text))
            continue
        for key, value in given.items():
            name = known.get((section, key))
            if name is None:
                problems.append(_unknown(section, key, text))
            elif RULES[name].fits(value):
                values[name] = float(value) if name == "idle_lock_minutes" else value
            else:
                problems.append(_bad(name, value, text))
    problems.sort(key=lambda problem: problem.line)
    return Settings(**values, problems=tuple(problems))


def _bad(name: str, value: Any, text: str) -> Problem:
    rule = RULES[name]
    default = getattr(Settings(), name)
    given = {
        "name": f"{rule.section}.{rule.key}",
        "value": written(value)[:40],
        "default": written(default),
        "allowed": rule.allowed,
    }
    return Problem(
        line_of(text, rule.section, rule.key),
        N_("“{value}” is no value of {name}."),
        N_("The default stays in force: {default}."),
        N_("It may be: {allowed}."),
        given,
    )


def _unknown(section: str, key: str, text: str) -> Problem:
    return Problem(
        line_of(text, section, key),
        N_("There is no setting {name}."),
        N_("It is left alone."),
        N_("Look for a slip of the pen."),
        {"name": f"{section}.{key}"[:60]},
    )


def _no_section(section: str, text: str) -> Problem:
    return Problem(
        line_of(text, "", section),
        N_("{name} is not a section."),
        N_("Its settings have their defaults."),
        N_("Write [{name}] on a line of its own."),
        {"name": section},
    )


def written(value: Any) -> str:
    """A value as a person writes it into the file, without the quotes of a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def line_of(text: str, section: str, key: str) -> int:
    """The line of ``key`` in ``[section]`` of a TOML text, from 1; 0 where it is not found."""
    here = ""
    heading = re.compile(r"\s*\[\s*\"?([^\]\"]+?)\"?\s*\]\s*(?:#.*)?$")
    for number, line in enumerate(text.splitlines(), 1):
        if found := heading.match(line):
            here = found[1]
            if here == key and not section:
                return number
            continue
        name = line.partition("=")[0].strip().replace('"', "").replace("'", "")
        full = f"{here}.{name}" if here else name
        full = re.sub(r"\s*\.\s*", ".", full)
        if full == (f"{section}.{key}" if section else key):
            return number
    return 0


def broken_at(error: Exception, text: str) -> tuple[int, str]:
    """(line, what) of tomllib's message, such as ``Expected '=' (at line 3, column 5)``."""
    said = str(error)
    found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", said)
    if found is None:
        return 0, said
    line = int(found[1]) if found[1] else text.count("\n") + 1
    return line, said[: found.start()]
