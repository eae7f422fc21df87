"""The demo: a plausible person's spaces, the same ones each time, dated around today.

Jonna teaches pottery, keeps a household with Mika, and runs a small studio with two colleagues.
"""

from __future__ import annotations

import os
import random
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store import locations
from store.stamps import instant

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

_SEED = 20_260

TAGS = {
    "personal": ("home #22C55E", "health #EF4444", "errand #F59E0B", "reading #8B5CF6"),
    "family": ("school #3B82F6", "garden #22C55E", "money #F59E0B"),
    "team": ("kiln #EF4444", "course #3B82F6", "shop #06B6D4", "press #EC4899"),
}

TASKS = {
    "personal": (
        "Book the eye doctor|3|high|health",
        "Return the library books|0|medium|reading,errand",
        "Renew the passport before March|41|medium|errand",
        "Water filter: order two|-2|medium|home",
        "Call Aunt Hilde back|1|medium|",
        "Bicycle: new brake pads|6|low|errand",
        "Read the lease again, mark the odd clause|9|medium|home",
        "Cancel the old phone contract|-1|urgent|errand",
        "Winter tyres|12|medium|errand",
        "Learn the second half of the Schubert||low|",
        "Find a frame for the harbour print||low|home",
        "Photos of the summer: choose forty||low|",
        "Descale the kettle|0|low|home",
        "Ask Leo about the hiking route|4|low|",
        "Physio exercises, three sets|0|medium|health",
        "Back up the laptop|5|medium|home",
    ),
    "family": (
        "Sign the school trip form|1|urgent|school",
        "Plant the tulip bulbs|4|medium|garden",
        "Parents' evening, bring the questions|8|high|school",
        "Heating bill: compare with last year|-3|medium|money",
        "Birthday cake for Mika: hazelnut|11|medium|",
        "Repair the garden gate||low|garden",
        "Pay the music school|2|high|money,school",
        "Empty the rain barrel before the frost|6|medium|garden",
        "Plan the week in Denmark||low|",
    ),
    "team": (
        "Glaze test 14: celadon over iron|0|high|kiln",
        "Fire the bisque load on Thursday|3|urgent|kiln",
        "Confirm the hall for the spring course|2|high|course",
        "Shop: photograph the blue series|5|medium|shop",
        "Answer the magazine about the interview|-1|high|press",
        "Order 120 kg of stoneware clay|7|medium|kiln",
        "Write the course text, 900 characters|4|medium|course",
        "Replace the thermocouple of kiln two|-4|urgent|kiln",
        "Price list for the winter market|9|medium|shop",
        "Thank-you cards for the autumn group||low|course",
        "Check the insurance of the kiln room|15|medium|",
    ),
}

NOTES = {
    "personal": (
        "Schubert, D 960|# Schubert, D 960\n\nSecond movement slower than I think.\n\n"
        "- bars 43 to 50: left hand alone\n- pedal only where the bass moves\n|reading",
        "Hiking: Lake to ridge|Leave by the first bus at 6:52. The hut closes at the end of "
        "October.\n\n1. lake\n2. chapel\n3. ridge, 1,940 m\n|",
        "Bread that worked|500 g flour, 350 g water, 100 g starter, 10 g salt.\n\nFold four "
        "times, overnight at 6 °C, 245 °C with steam.|home",
        "Books to look for|- The Summer Book\n- A Month in the Country\n- 雪国 (Snow Country)\n"
        "- Die Wand\n|reading",
        "What the doctor said|Blood pressure fine. Come again in a year. Ask about the left "
        "knee if it still clicks in spring.|health",
    ),
    "family": (
        "Wi-Fi for guests|Name: lakehouse-guests. The card with the code hangs in the hall.|",
        "Denmark, first ideas|Ferry from Rostock, 1 h 45. House near the dunes with a stove.\n\n"
        "Mika wants *one* day with no plan.|",
        "Garden, what grew|Beans well, courgettes too well, carrots not at all. Next year: "
        "carrots in the high bed.|garden",
    ),
    "team": (
        "Glaze book: celadon|Potash feldspar 44, silica 28, whiting 18, kaolin 10, iron 1.5.\n\n"
        "Cone 9, reduction from 950 °C. Test 12 crawled on the foot ring.|kiln",
        "Spring course, outline|Six evenings, eight people. Evening 1: pinch pots and names. "
        "Evening 6: the kiln is opened.|course",
        "Market, what sold|Small bowls first, then the blue cups. Nobody asked for vases. "
        "Bring change for fifties.|shop",
        "Interview, points|We repair. We fire with wood twice a year. The wheel was my "
        "grandmother's.|press",
    ),
}

CONTACTS = {
    "personal": (
        "Hilde|Brandt||hilde@example.org|+49 30 5550 101|Potsdam",
        "Leo|Okafor|Alpine Club|leo@example.org|+41 44 555 01 02|Zürich",
        "Dr. Amira|Said|Eye clinic|praxis@example.org|+49 30 5550 103|Berlin",
        "Søren|Kjær||soren@example.org||Aarhus",
        "美咲|田中||misaki@example.org|+81 3 5550 0104|東京",
    ),
    "family": (
        "Ms. Petra|Lindqvist|Lake School|petra@example.org|+49 30 5550 110|Potsdam",
        "Music school||Music school|office@example.org|+49 30 5550 111|Potsdam",
    ),
    "team": (
        "Tomás|Ferreira|Studio Kite|tomas@example.org|+49 30 5550 120|Berlin",
        "Ines|Moreau|Studio Kite|ines@example.org|+49 30 5550 121|Berlin",
        "Clay and Co.||Clay and Co.|orders@example.org|+49 30 5550 122|Höhr-Grenzhausen",
        "Ruth|Abebe|Form Magazine|ruth@example.org||Hamburg",
    ),
}


def fill(bench: Workbench) -> None:
    """Fill a fresh workbench. Takes a fraction of a second."""
    personal = bench.scope
    with bench.step("demo", kind="seed"):
        places = {
            "personal": personal.id,
            "family": bench.spaces.create("Lake House", "family"),
            "team": bench.spaces.create("Studio Kite", "team"),
        }
    rng = random.Random(_SEED)  # noqa: S311 - the same data each time, no secret
    for kind, space in places.items():
        scope = bench.enter(space)
        with bench.step("demo", kind="seed", scope=scope) as step:
            filler = _Filler(bench, step, rng, kind)
            filler.tasks(TASKS[kind])
            filler.notes(NOTES[kind])
            filler.contacts(CONTACTS[kind])
    bench.enter(personal.id)


@contextmanager
def throw_away() -> Iterator[Path]:
    """A filled home in memory where the machine has such a place; gone afterwards.

    The real home and config are neither touched nor named meanwhile.
    """
    from store.workbench import Workbench

    before = os.environ.get("MANABENCH_CONFIG")
    with tempfile.TemporaryDirectory(
        prefix="demo-", dir=locations.runtime(), ignore_cleanup_errors=True
    ) as made:
        os.environ["MANABENCH_CONFIG"] = os.path.join(made, "config")
        try:
            bench = Workbench.create(Path(made) / "home", keyring=False)
            fill(bench)
            bench.close()
            yield Path(made) / "home"
        finally:
            if before is None:
                del os.environ["MANABENCH_CONFIG"]
            else:
                os.environ["MANABENCH_CONFIG"] = before


class _Filler:
    """Puts the lists above into one space, each record some time in the last 200 days."""

    def __init__(self, bench: Workbench, step: Step, rng: random.Random, kind: str) -> None:
        self._bench, self._step, self._rng = bench, step, rng
        self._now = bench.now().replace(hour=9, minute=0, second=0, microsecond=0)
        self._tags = {}
        for entry in TAGS[kind]:
            name, color = entry.split()
            self._tags[name] = bench.tags.add(name, color=color, step=step)

    def tasks(self, entries: tuple[str, ...]) -> None:
        for order, entry in enumerate(entries):
            title, days, priority, tags = entry.split("|")
            fields: dict[str, Any] = {"title": title, "priority": priority, "isCompleted": False}
            fields["order"] = order
            if days:
                fields["dueDate"] = (self._now + timedelta(days=int(days))).date().isoformat()
            elif self._rng.random() < 0.15:
                done = instant(self._now - timedelta(days=2))
                fields |= {"isCompleted": True, "completedAt": done}
            self._put("tasks", fields, tags)

    def notes(self, entries: tuple[str, ...]) -> None:
        for entry in entries:
            title, content, tags = entry.split("|")
            fields = {"title": title, "content": content, "isArchived": False}
            self._put("notes", fields | {"isPinned": self._rng.random() < 0.2}, tags)

    def contacts(self, entries: tuple[str, ...]) -> None:
        names = ("firstName", "lastName", "company", "email", "phone", "city")
        for entry in entries:
            texts = zip(names, entry.split("|"), strict=True)
            self._put("contacts", {name: text for name, text in texts if text}, "")

    def _put(self, collection: str, fields: dict[str, Any], tags: str) -> None:
        step, rng = self._step, self._rng
        id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        ago = timedelta(days=rng.randint(1, 200), minutes=rng.randint(0, 600))
        at = instant(self._now - ago)
        step.merge(collection, id, fields, at, actor=step.actor, origin="user")
        borne = [self._tags[name] for name in tags.split(",") if name]
        self._bench.tags.retag(step, collection, id, add=borne)
