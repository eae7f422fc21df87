"""What a run is made of: a shape and a list of steps, both from one seed.

A step has dice of its own, so that it means the same when other steps are left out.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.simulation.acts import ACTS
from tests.simulation.link import FAIR, Weather
from tests.simulation.server import DAY, KIND, SECOND, Traits


class Step(NamedTuple):
    """kind: what happens; who: to which device or browser, by number; salt: its dice."""

    kind: str
    who: int
    salt: int


class Shape(NamedTuple):
    """devices: how many of ours, the last ``guests`` of them another person's. webs: browsers.
    skew: how far clocks are off, microseconds. drift: microseconds a second. fresh: whether homes
    were linked a moment ago, so that the first round is their first."""

    devices: int
    guests: int
    webs: int
    traits: Traits
    weather: Weather
    skew: int
    drift: int
    fresh: bool = True

    @property
    def loses_rows(self) -> bool:
        """Whether rows may get lost that no reader can miss, until it reads all anew."""
        return bool(self.weather.short or self.weather.outage)

    @property
    def hides_rows_from_browsers(self) -> bool:
        """Whether pages may end between rows of one time: who asks strictly for what lies behind
        a cursor never gets the rest, however often all is read anew."""
        return bool(self.traits.equal) and self.traits.page < 1000

    @property
    def loses_rows_of_browsers(self) -> bool:
        """The same of readers who follow cursors strictly, take an answer for a pull, and ignore
        what comes before that which it is about."""
        kind = self.traits.unique and not self.traits.late and self.traits.answer == 5000
        return self.loses_rows or not kind or bool(self.weather.mixed)


class Plan(NamedTuple):
    seed: int
    shape: Shape
    steps: tuple[Step, ...]


_WEB = {"web:add": 3, "web:edit": 10, "web:delete": 2, "web:restore": 1, "web:sync": 14}
_WORLD = {
    "sync": 34,
    "crash:sync": 4,
    "crash:act": 3,
    "clock": 2,
    "wait": 5,
    "backup": 1,
    "putback": 1,
    "rotate": 1,
    "forge": 1,
    "look": 2,
    "tool": 2,
    "plant": 0.3,
}
_GUESTS = {"join": 2, "leave": 1}
_SIZES = ((2, 50), (5, 33), (11, 14), (30, 2.5), (90, 0.5))


# What seldom comes together by chance, and is where the trouble lies: d and e are two devices, w is
# a browser, what follows the colon happens.
_STORIES = (
    "d:act:add d:sync w:sync w:edit w:sync d:sync",
    "d:act:add d:sync w:sync d:act:edit d:sync w:edit w:sync e:sync",
    "d:act:add d:sync e:sync d:act:edit e:act:edit e:sync d:sync e:sync",
    "d:act:add d:sync e:sync d:act:delete e:act:edit d:sync e:sync d:sync",
    "d:backup d:act:add d:sync d:putback d:act:edit d:sync",
    "d:act:add d:sync d:backup d:act:edit d:sync d:putback d:act:edit d:sync e:sync",
    "d:act:add d:sync w:sync d:act:delete d:sync w:sync d:wait w:sync e:act:edit e:sync",
    "d:act:add d:sync w:sync w:delete w:sync d:act:edit d:sync e:act:restore e:sync",
    "d:act:import e:act:import d:sync e:sync d:act:edit e:act:import e:sync",
    "d:act:tag e:act:tag d:sync e:sync d:act:tag e:act:untag e:sync d:sync",
    "d:act:scene d:sync e:sync e:act:scene e:sync",
    "d:act:add d:sync e:sync d:act:carry d:sync e:act:edit e:sync",
    "d:act:add d:act:edit d:sync e:sync e:act:edit e:sync d:sync d:act:undo d:sync e:sync",
    "d:crash:sync d:act:edit d:crash:sync d:sync e:sync",
    "d:act:add d:rotate d:act:edit d:sync e:sync e:act:edit e:sync",
    "d:act:add d:leave d:sync e:sync d:wait e:act:edit e:sync d:join e:sync",
    "d:act:many d:sync e:act:edit e:sync d:act:undo d:sync",
    "d:act:many d:sync e:sync e:look d:sync e:sync",
    "d:act:add d:sync e:sync d:act:purge d:sync e:act:edit e:sync",
    "d:act:add d:sync e:sync d:act:purge e:act:delete e:sync e:act:restore e:sync d:sync",
    "d:tool d:sync e:sync d:tool d:tool e:sync",
)


def _story(random: Random, shape: Shape) -> list[Step]:
    d, e = random.sample(range(shape.devices), 2)
    steps = []
    for word in random.choice(_STORIES).split():
        who, _, kind = word.partition(":")
        if who == "w" and not shape.webs:
            continue
        if random.random() < 0.9:
            number = {"d": d, "e": e, "w": 0}[who]
            steps.append(
                Step(f"web:{kind}" if who == "w" else kind, number, random.getrandbits(32))
            )
    return steps


def make(seed: int, devices: int = 0) -> Plan:
    """The plan of a seed; ``devices`` asks for as many of ours, 0 lets the seed decide."""
    random = Random(seed)
    shape = _shape(random, devices)
    weights = {f"act:{name}": weight for name, (_, weight) in ACTS.items()} | _WORLD
    if shape.webs:
        weights |= _WEB
    if shape.guests:
        weights |= _GUESTS
    kinds = random.choices(list(weights), list(weights.values()), k=_size(random))
    steps: list[Step] = []
    for kind in kinds:
        if random.random() < 0.1:
            steps += _story(random, shape)
        who = random.randrange(shape.webs if kind.startswith("web:") else shape.devices)
        steps.append(Step(kind, who, random.getrandbits(32)))
    # Of a seed's own, so that the dice of its steps do not depend on it.
    shape = shape._replace(fresh=seed % 5 == 3)
    return Plan(seed, shape, tuple(steps))


def _size(random: Random) -> int:
    sizes = [size for size, _ in _SIZES]
    size = random.choices(sizes, [weight for _, weight in _SIZES])[0]
    return random.randint(size // 2, size)


def _shape(random: Random, devices: int) -> Shape:
    count = devices or random.choices([2, 3, 4], [80, 16, 4])[0]
    guests = 1 if random.random() < 0.3 else 0
    webs = random.choices([0, 1, 2], [55, 40, 5])[0]
    skew = random.choice([0, 0, 10 * SECOND, 3600 * SECOND, DAY])
    # What a browser may lose by itself hides what only a repair can mend.
    kind = webs and random.random() < 0.5
    return Shape(
        devices=count,
        guests=min(guests, count - 1),
        webs=webs,
        traits=KIND if kind else _traits(random),
        weather=FAIR if kind else _weather(random),
        skew=skew or (3600 * SECOND if kind else 0),
        drift=random.choice([0, 0, 0, 1000, -50_000]),
    )


def _traits(random: Random) -> Traits:
    old = random.random() < 0.15
    if random.random() < 0.4:
        return KIND._replace(page=random.choice([4, 20, 1000]), old=old)
    return Traits(
        page=random.choice([4, 20, 1000]),
        answer=random.choice([2, 10, 5000]),
        late=random.choice([0, 50_000, 8 * SECOND]),
        equal=random.choice([0.0, 0.5]),
        cache=random.choice([0, 300]),
        checks=False,
        atomic=False,
        unique=False,
        old=old,
    )


def _weather(random: Random) -> Weather:
    if random.random() < 0.25:
        return FAIR
    faults = dict.fromkeys(Weather._fields, 0.0)
    for name in random.sample(sorted(faults), random.choice([1, 2, 4, len(faults)])):
        faults[name] = random.choice([0.02, 0.1, 0.3])
    return Weather(**faults)
