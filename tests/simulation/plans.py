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
    skew: how far clocks are off, microseconds. drift: microseconds a second."""

    devices: int
    guests: int
    webs: int
    traits: Traits
    weather: Weather
    skew: int
    drift: int

    @property
    def loses_rows(self) -> bool:
        """Whether rows may get lost that no reader can miss, until it reads all anew."""
        return bool(self.weather.short or self.weather.outage)

    @property
    def loses_rows_of_browsers(self) -> bool:
        """The same of readers who follow cursors strictly and take an answer for a pull."""
        return self.loses_rows or not self.traits.unique or self.traits.answer < 5000


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
}
_GUESTS = {"join": 2, "leave": 1}
_SIZES = ((6, 50), (10, 30), (16, 14), (30, 5), (90, 1))


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
    steps = []
    for kind in kinds:
        who = random.randrange(shape.webs if kind.startswith("web:") else shape.devices)
        steps.append(Step(kind, who, random.getrandbits(32)))
    return Plan(seed, shape, tuple(steps))


def _size(random: Random) -> int:
    sizes = [size for size, _ in _SIZES]
    size = random.choices(sizes, [weight for _, weight in _SIZES])[0]
    return random.randint(size // 2, size)


def _shape(random: Random, devices: int) -> Shape:
    count = devices or random.choices([2, 3, 4], [75, 20, 5])[0]
    guests = 1 if random.random() < 0.3 else 0
    webs = random.choices([0, 1, 2], [55, 40, 5])[0]
    return Shape(
        devices=count,
        guests=min(guests, count - 1),
        webs=webs,
        traits=_traits(random),
        weather=_weather(random),
        skew=random.choice([0, 0, 10 * SECOND, 3600 * SECOND, DAY]),
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
