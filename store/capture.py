"""Capture: a line as somebody types it, read by a closed grammar of our own.

    when       a day, a time or both, at the end: tomorrow · fri 17:30 · at 9:05 · 2026-12-03 · +3d
               · next week; with "on", "by", "due", "am", "bis" before it if wanted; or anywhere
               after ``due:``, where all that ``when`` reads is read
    tag        +name #name: a tag there is, anywhere; a new one at the end
    priority   !low !medium !high !urgent, !niedrig !mittel !hoch !dringend
    space      @slug or @name, anywhere; the start of either, at the end

Everything else stays in the title, and so does whatever is said twice. A line of nothing but
readings is a title. Text in double quotes is left alone, and a word after a backslash is itself.
No word is lost: each stands in the title or in one reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from store import when
from store.errors import InvalidValueError
from store.words import N_, _

Kind = Literal["due", "priority", "tag", "space"]

LONGEST_LINE = 1000
"""Characters of a line that is read; a longer one is a text, and a title as it is."""


class SpaceName(NamedTuple):
    """What a space answers to."""

    id: str
    name: str
    slug: str


class Found(NamedTuple):
    """One reading.

    words is what was typed. meaning is the stored day or instant, the stored priority, the tag's
    name or the space's id; name what a person calls that space.
    """

    kind: Kind
    words: str
    meaning: str
    name: str = ""
    is_new: bool = False


@dataclass(frozen=True)
class Reading:
    """A line as it is understood: its title, the readings in the order they were typed, and the
    further lines of a text that had some."""

    title: str
    found: tuple[Found, ...] = ()
    more: str = ""

    def meaning(self, kind: Kind) -> str:
        """What the line says of ``kind``, empty for nothing."""
        return next((found.meaning for found in self.found if found.kind == kind), "")

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of its tags, each once."""
        return tuple(dict.fromkeys(found.meaning for found in self.found if found.kind == "tag"))


def read(
    text: str, now: datetime, spaces: Iterable[SpaceName] = (), tags: Iterable[str] = ()
) -> Reading:
    """What ``text`` says, seen from ``now`` in the zone it bears. Never raises.

    spaces and tags are those there are; without them @ is never read, and every tag is new.
    """
    first, _newline, more = text.strip().partition("\n")
    line = _Line(first, now, tuple(spaces), tuple(tags))
    return Reading(*line.read(), more.strip("\n"))


def said(reading: Reading, now: datetime) -> list[str]:
    """Each reading in a person's words: ``due tomorrow 17:30``, ``#home``, ``high``."""
    return list(dict.fromkeys(one(found, now) for found in reading.found))


def one(found: Found, now: datetime) -> str:
    """One reading in a person's words."""
    if found.kind == "due":
        return _("due {when}").format(when=when.shown(found.meaning, now))
    if found.kind == "tag":
        words = _("#{tag} (new)") if found.is_new else "#{tag}"
        return words.format(tag=found.meaning)
    if found.kind == "space":
        return _("in {space}").format(space=found.name)
    return _(found.meaning)


# The table --------------------------------------------------------------------------------------

_PRIORITIES = {
    **{"!low": "low", "!medium": "medium", "!high": "high", "!urgent": "urgent"},
    **{"!niedrig": "low", "!mittel": "medium", "!hoch": "high", "!dringend": "urgent"},
}
_SHOWN = (N_("low"), N_("medium"), N_("high"), N_("urgent"))

_TAG = re.compile(r"[+#](\w(?:[\w/.&-]*\w)?)([,;]?)")
_SPACE = re.compile(r"@(\w(?:[\w.-]*\w)?)")
_DUE = re.compile(r"(?:due|fällig|faellig):(.*)")
_MARK = re.compile(r"[+#@!][^\W\d_]|due:|fällig:|faellig:")

_DAY = (
    r"(?:today|tomorrow|heute|morgen|übermorgen|uebermorgen|"
    r"tue|thu|fri|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend|"
    r"next week|nächste woche|naechste woche|\+[0-9]{1,4}[dtwm]|[0-9]{4}-[0-9]{2}-[0-9]{2})"
)
_SHORT = r"(?:mon|wed|sat|sun|mo|di|mi|do|fr|sa|so)"
_TIME = r"(?:[0-9]{1,2}:[0-9]{2}(?: uhr)?|[0-9]{1,2} uhr)"
_BEFORE = (
    r"(?:(?:by|due|bis) |(?:on|am) (?=[a-z]+day|mon|tue|thu|fri|[a-zü]+tag|mitt|sonna|[0-9]))?"
)
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_BEFORE}(?P<day>{_DAY})(?: at| um| @)? (?P<time>{_TIME})",
        rf"(?:(?:on|by|due|am|bis) )?(?P<day>{_SHORT})(?: at| um| @)? (?P<time>{_TIME})",
        rf"(?:(?:at|um|by|bis|due|@) )?(?P<time>{_TIME}) {_BEFORE}(?P<day>{_DAY})",
        rf"{_BEFORE}(?P<day>{_DAY})",
        rf"(?:on|by|due|am|bis) (?P<day>{_SHORT})",
        rf"(?:(?:at|um|by|bis|due|@) )?(?P<time>{_TIME})",
        r"(?:(?:by|due|bis) )?(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9]{2}:[0-9]{2}"
        r"(?::[0-9]{2})?(?:z|[+-][0-9]{2}:?[0-9]{2})?)",
    )
)
_LONGEST = 6
"""Words that a day and a time have at most: on next week at 15 Uhr."""

_DATELIKE = re.compile(
    rf"(?:{_DAY}|{_TIME}|yesterday|gestern|week|woche|[0-9]{1, 2}[:.][0-9]{2}.*)"
)
"""A word before a date that makes one more date of the two, or a range."""

_HOLDS = frozenset(
    # Before one of these a day is no due date but a part of what is said.
    "the a an this that last past next previous every each all some no not of for from since until "
    "till before after between about than like in is was are be as and or to into vs via without "
    "against & - – — / = * : why not only der die das den dem des ein eine einen einem diesen "
    "dieser dieses dies letzten letzter letztes letzte vorigen nächsten nächster naechsten jeden "
    "jeder jedes jede kein keine von vom für fuer seit ab vor nach zwischen über ueber zum zur als "
    "wie im ist war und oder nicht guten gegen ohne statt gegenüber "
    # Names and figures.
    "black good cyber ash easter holy super fat blue bloody shrove palm maundy grüner blauer usa "
    "ratio scale score psalm verse chapter page version pace split duration length john matthew "
    "mark luke genesis exodus takes lasts".split()
)
_PHRASAL = {
    "by": frozenset("drop stop come swing pass stand".split()),
    "on": frozenset("carry hang hold log keep".split()),
}
"""Verbs whose ``by`` or ``on`` is their own."""
_PREPOSITIONS = frozenset("at by on um @ due bis am".split())


# Reading ----------------------------------------------------------------------------------------


class _Word:
    """A word of the line; ``plain`` ones are never read. ``gone`` ones are in a reading."""

    __slots__ = ("at", "gone", "key", "plain", "text")

    def __init__(self, at: int, text: str, plain: bool) -> None:
        self.at, self.text, self.plain, self.gone = at, text, plain, False
        self.key = unicodedata.normalize("NFC", text).casefold()


class _Line:
    """One reading under way: words are taken out until nothing more is found."""

    def __init__(
        self, text: str, now: datetime, spaces: tuple[SpaceName, ...], tags: tuple[str, ...]
    ) -> None:
        self.text, self.now, self.spaces = text.strip(), now, spaces
        self.words = [_Word(at, *word) for at, word in enumerate(_parted(text))]
        self.tags = {_joined(tag): tag for tag in reversed(tags)}
        self.known = dict(self.tags)
        self.found: list[tuple[int, Found]] = []
        self.single: dict[Kind, int] = {}

    def read(self) -> tuple[str, tuple[Found, ...]]:
        """(title, readings)."""
        if len(self.text) > LONGEST_LINE:
            return self.text, ()
        if not any(word.plain for word in self.words) and not _may_hold(self.text):
            return self.text, ()
        self._count_marks()
        self._after_due()
        while self._once():
            pass
        live = self._live()
        if self.found and not live:
            return self.text, ()
        readings = tuple(found for _at, found in sorted(self.found, key=lambda each: each[0]))
        changed = readings or any(word.text not in self.text.split() for word in live)
        return (" ".join(word.text for word in live) if changed else self.text), readings

    def _once(self) -> bool:
        live = self._live()
        if not live:
            return False
        return (
            self._date(live)
            or self._mark(live[-1], is_last=True)
            or any(self._mark(word, is_last=False) for word in live)
        )

    def _live(self) -> list[_Word]:
        return [word for word in self.words if not word.gone]

    def _take(self, words: Sequence[_Word], found: Found) -> bool:
        for word in words:
            word.gone = True
        self.found.append((words[0].at, found))
        return True

    # When ---------------------------------------------------------------------------------

    def _count_marks(self) -> None:
        """How often priority, space and due: are named; what is said twice is not read."""
        for word in self.words:
            if word.plain:
                continue
            if word.key in _PRIORITIES:
                kind: Kind = "priority"
            elif _DUE.fullmatch(word.key):
                kind = "due"
            elif _SPACE.fullmatch(word.key) and self._space_of(word, is_last=True):
                kind = "space"
            else:
                continue
            self.single[kind] = self.single.get(kind, 0) + 1

    def _after_due(self) -> None:
        """Take ``due:`` with the longest date that follows it."""
        if self.single.get("due") != 1:
            return
        at = next(w.at for w in self.words if not w.plain and _DUE.fullmatch(w.key))
        for size in range(min(5, len(self.words) - at), 0, -1):
            words = self.words[at : at + size]
            if any(word.plain for word in words):
                continue
            typed = " ".join(word.text for word in words)
            _due, _colon, date = typed.partition(":")
            if date.strip() and (value := self._value(date)):
                self._take(words, Found("due", typed, value))
                return

    def _date(self, live: list[_Word]) -> bool:
        """Take a date off the end."""
        if self.single.get("due"):
            return False
        for size in range(min(_LONGEST, len(live)), 0, -1):
            words = live[-size:]
            if any(word.plain or word.text == "Morgen" for word in words):
                continue
            typed = " ".join(word.key for word in words)
            form = next((match for form in _FORMS if (match := form.fullmatch(typed))), None)
            if form is None or not self._may_stand(live[:-size], words):
                continue
            parts = form.groupdict()
            day, time = parts.get("day") or "", parts.get("time") or ""
            if value := self._value(f"{day} {time}".strip()):
                self.single["due"] = 1
                return self._take(words, Found("due", " ".join(word.text for word in words), value))
        return False

    def _may_stand(self, before: list[_Word], words: list[_Word]) -> bool:
        """Whether what stands before these words lets them be a due date."""
        last = next((word for word in reversed(before) if not _MARK.match(word.key)), None)
        if last is None or last.plain:
            return True
        key = last.key.rstrip(",;")
        if key in _PHRASAL.get(words[0].key, ()):
            return False
        verb = before[-2].key if len(before) > 1 else ""
        if key in _PREPOSITIONS and verb not in _PHRASAL.get(key, ()):
            # It belongs to the date, and with it the date may not stand here.
            return False
        return key not in _HOLDS and last.key not in _HOLDS and not _DATELIKE.fullmatch(key)

    def _value(self, typed: str) -> str:
        try:
            return when.read(typed, self.now)
        except InvalidValueError:
            return ""

    # Marks --------------------------------------------------------------------------------

    def _mark(self, word: _Word, *, is_last: bool) -> bool:
        """Take a tag, a priority or a space."""
        if word.plain or len(word.key) < 2:
            return False
        if word.key in _PRIORITIES:
            if self.single.get("priority") != 1:
                return False
            return self._take([word], Found("priority", word.text, _PRIORITIES[word.key]))
        if match := _TAG.fullmatch(unicodedata.normalize("NFC", word.text)):
            return bool(is_last or not match[2]) and self._tag(word, match[1], is_last)
        if word.key[0] == "@" and self.single.get("space") == 1:
            space = self._space_of(word, is_last)
            if space is not None:
                return self._take([word], Found("space", word.text, space.id, space.name))
        return False

    def _tag(self, word: _Word, name: str, is_last: bool) -> bool:
        known = self.known.get(name.casefold())
        is_new = name.casefold() not in self.tags
        if known is not None and not name.isdecimal():
            return self._take([word], Found("tag", word.text, known, is_new=is_new))
        if not is_last or len(name) < 2 or not name[0].isalpha() or _is_colour(word.key):
            return False
        # Known from here on: the same new tag twice is one tag.
        self.known[name.casefold()] = name
        return self._take([word], Found("tag", word.text, name, is_new=True))

    def _space_of(self, word: _Word, is_last: bool) -> SpaceName | None:
        match = _SPACE.fullmatch(word.key)
        if match is None:
            return None
        typed = match[1]
        exact = [s for s in self.spaces if typed in (s.slug.casefold(), _joined(s.name))]
        if exact:
            return exact[0] if len(exact) == 1 else None
        if not is_last or len(typed) < 2:
            return None
        begun = [
            s
            for s in self.spaces
            if s.slug.casefold().startswith(typed) or _joined(s.name).startswith(typed)
        ]
        return begun[0] if len(begun) == 1 else None


# Words ------------------------------------------------------------------------------------------

_QUOTES = {'"': '"', "„": "“”", "“": "”"}
_LEADS = re.compile(rf"{_MARK.pattern}|\+[0-9]+[dtwm]$|{_DAY}$|{_SHORT}$|{_TIME}$|next$|nächste$")
_ANY = re.compile(r"[+#!@][^\W_]|due:|f(?:ä|ae)llig:", re.IGNORECASE)
_LAST = re.compile(rf"(?:.*\s)?(?:{_DAY}|{_SHORT}|{_TIME}|[0-9tz:+-]{{16,}}|week|woche)")


def _may_hold(text: str) -> bool:
    """Whether anything could be read at all: most lines are titles, and are done here."""
    key = unicodedata.normalize("NFC", text).casefold()
    return bool(_ANY.search(key) or _LAST.fullmatch(key))


def _parted(text: str) -> list[tuple[str, bool]]:
    """The words with whether each is plain; a backslash that made one plain is dropped."""
    words: list[tuple[str, bool]] = []
    quoted = ""
    raw = text.split()
    for at, word in enumerate(raw):
        if not quoted and word[0] in _QUOTES and _closes(raw[at:], _QUOTES[word[0]]):
            quoted = _QUOTES[word[0]]
            ends = len(word) > 1 and word.rstrip(".,;:!?)")[-1:] in tuple(quoted)
            words.append((word, True))
            quoted = "" if ends else quoted
        elif quoted:
            words.append((word, True))
            quoted = "" if word.rstrip(".,;:!?)")[-1:] in tuple(quoted) else quoted
        elif word[0] == "\\" and len(word) > 1:
            rest = word[1:]
            key = unicodedata.normalize("NFC", rest).casefold()
            words.append((rest if _LEADS.match(key) else word, True))
        else:
            words.append((word, False))
    return words


def _closes(words: list[str], marks: str) -> bool:
    ends = [word.rstrip(".,;:!?)")[-1:] for word in words]
    return (len(words[0]) > 1 and ends[0] in tuple(marks)) or any(
        e in tuple(marks) for e in ends[1:]
    )


def _joined(name: str) -> str:
    """A name as it is typed after its mark: one word, without case."""
    return "-".join(unicodedata.normalize("NFC", name).casefold().split())


def _is_colour(key: str) -> bool:
    """Whether ``#fff`` or ``#c0ffee`` is a colour, not a word such as #dad."""
    digits = key[1:]
    if key[0] != "#" or len(digits) not in (3, 6, 8) or not re.fullmatch("[0-9a-f]+", digits):
        return False
    return len(set(digits)) == 1 or any(char.isdigit() for char in digits)
