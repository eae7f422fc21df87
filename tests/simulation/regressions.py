"""What the simulator found, or must always find: stories told again with several dice, and seeds.

A story stays what it is when the weights of ``plans`` change; a seed then is only a seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.simulation.link import FAIR
from tests.simulation.plans import Plan, Shape, Step
from tests.simulation.server import DAY, KIND

TELLINGS = range(27, 35)
"""With which dice each story is told; with three of these the first one fails where no repair is
written."""

_TWO = Shape(2, 0, 0, KIND, FAIR, 0, 0)
_LONG = _TWO._replace(fresh=False)
_WEB = Shape(2, 0, 1, KIND, FAIR, DAY, 0)
_APART = _WEB._replace(skew=40 * DAY)
_GUEST = Shape(2, 1, 0, KIND, FAIR, 0, 0)

STORIES: dict[str, tuple[Shape, str]] = {
    "a browser with a slow clock writes behind what it has seen": (
        _WEB,
        "act:add act:add sync web:sync act:edit sync web:sync web:edit web:sync sync",
    ),
    "a 500 that passed is not held against a record": (
        _TWO._replace(weather=FAIR._replace(refused=0.3, part=0.3)),
        "act:import sync act:preset sync 1:sync sync",
    ),
    "somebody types while a push is under way": (
        _TWO._replace(weather=FAIR._replace(typing=0.5)),
        "act:add sync act:edit sync 1:sync act:edit sync 1:sync",
    ),
    "a backup is put back after its owner sent more": (
        _TWO,
        "act:add sync backup act:edit act:add sync putback act:edit sync 1:sync sync",
    ),
    "a home in use is put back after its owner sent more": (
        _LONG,
        "act:add sync backup act:edit act:add sync putback act:edit sync 1:sync sync",
    ),
    "the power goes in the middle of a round": (
        _TWO,
        "act:add crash:sync act:edit crash:sync crash:sync 1:act:add 1:crash:sync sync",
    ),
    "more is deleted at once than one may without a look": (
        _TWO,
        "act:import act:import act:import sync 1:sync 1:act:many 1:act:many 1:sync sync",
    ),
    "a guest leaves, is missed and comes back": (
        _GUEST,
        "join act:add sync 1:sync act:add leave sync 1:sync wait 1:act:edit 1:sync join 1:sync",
    ),
    "the key changes under a device that writes on": (
        _TWO,
        "act:add sync 1:sync rotate 1:act:add 1:sync sync act:edit sync 1:sync",
    ),
    "both devices read the same file in and tag it": (
        _TWO,
        "act:import 1:act:import act:tag 1:act:tag sync 1:sync act:tag 1:act:untag 1:sync sync",
    ),
    "a field is older than the record that another device made": (
        _APART,
        "act:import sync web:sync 1:act:import " + 10 * "1:act:edit " + "1:sync sync",
    ),
    "a browser that forgot a deletion hears of it behind a late edit": (
        _WEB,
        "act:add sync 1:sync web:sync act:delete sync web:sync month web:sync 1:act:edit 1:sync",
    ),
    "a browser that slept through a deletion hears of it behind a late edit": (
        _WEB,
        "act:add sync 1:sync act:delete sync month web:sync 1:act:edit 1:sync web:sync",
    ),
    "a browser writes twice in one millisecond": (
        _WEB._replace(skew=0),
        "web:add web:edit web:edit web:sync sync web:edit web:edit web:edit web:sync sync",
    ),
    "a browser that edits behind a long sleep of ours is answered": (
        _WEB,
        "act:add sync web:sync web:edit month web:sync act:edit 1:sync sync",
    ),
    "two devices type into the same fields apart": (
        _LONG,
        "act:add sync 1:sync " + 6 * "1:act:edit " + 6 * "act:edit " + "sync 1:sync",
    ),
    "deletions of others are refused": (
        _LONG,
        "act:import act:import act:import sync 1:sync 1:act:many 1:act:many 1:sync sync look sync",
    ),
    "one device purges what the other goes on with": (
        _LONG,
        "act:import sync 1:sync act:purge act:purge act:purge 1:act:edit 1:sync sync 1:sync "
        + 5 * "1:act:restore "
        + "1:sync sync",
    ),
    "a program that nobody here knows writes what nobody declared": (
        _GUEST,
        "tool tool sync 1:sync tool tool sync tool join 1:sync sync",
    ),
    "what acts by itself is planted": (_GUEST, "join plant sync 1:sync plant plant sync 1:sync"),
    "rows of strangers come under the ids of ours": (
        _GUEST._replace(traits=KIND._replace(checks=False)),
        "join act:import sync forge forge forge sync 1:sync " + 6 * "forge " + "sync 1:sync",
    ),
    "two devices choose their scenes after each was seeded": (
        _TWO._replace(fresh=True),
        "act:scene sync 1:sync 1:act:scene 1:sync sync act:scene sync",
    ),
}

SEEDS: tuple[int, ...] = (
    *(36, 165, 280, 305, 323, 343, 4176, 40085, 40156, 40407, 202853),
    *(800169, 810017, 810124, 821514, 821939),
)
"""Seeds that failed while sync was built."""


def told(name: str) -> Iterator[Plan]:
    """A story as plans; the words before a colon that are numbers say which device."""
    shape, words = STORIES[name]
    for telling in TELLINGS:
        random = Random(telling)
        steps = []
        for word in words.split():
            who, _, kind = word.partition(":") if word[0].isdigit() else ("0", "", word)
            steps.append(Step(kind, int(who), random.getrandbits(32)))
        yield Plan(telling, shape, tuple(steps))
