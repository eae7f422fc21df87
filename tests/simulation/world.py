"""The world of one run: time, a server, devices, browsers, and the steps that happen to them."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from typing import Any

import orjson

from store.sync.outbox import outgoing
from store.sync.outbox.resending import reseal
from store.vault.envelope import Cipher
from tests.simulation import homes
from tests.simulation.acts import ACTS, DELETES, MARK
from tests.simulation.device import Device
from tests.simulation.homes import ALONE, FRESH, JOINED, SHARED, START
from tests.simulation.link import FAIR, Link, Sent, Weather
from tests.simulation.plans import Plan, Step
from tests.simulation.server import DAY, SECOND, Server, iso
from tests.simulation.web import Web

TABLES = [
    ("notes", "notes"),
    ("todo", "tasks"),
    ("contacts", "contacts"),
    ("tags", "tags"),
    ("mana", "workbenchScenes"),
]


class BrokenError(AssertionError):
    """A promise that a run broke. ``what`` is short and the same for the same kind of defect."""

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(f"{what}: {detail}" if detail else what)
        self.what = what


class World:
    """One run."""

    def __init__(self, plan: Plan, templates: homes.Templates, root: Path) -> None:
        self.plan = plan
        self.templates = templates
        self.root = root
        self.start = self.now = START
        self.wire: list[Sent] = []
        self.trace: list[str] = []
        self.gone: set[str] = set()
        self.forged: set[str] = set()
        self.planted = False
        self._sent: dict[tuple[str, str, str], str] | None = None
        self.chosen: set[tuple[str, str, str]] = set()
        self.masters = {name: [raw] for name, raw in homes.MASTER.items()}
        random = Random(plan.seed ^ 0x5EED)
        self.server = Server(lambda: self.now, plan.shape.traits, Random(plan.seed ^ 0x5E7))
        for person, space in homes.PERSONAL.items():
            self.server.make_space(space, "personal", person)
        self.server.make_space(SHARED, "family", "ann")
        if plan.shape.guests and random.random() < 0.7:
            self.server.members[SHARED]["bob"] = "member"
        self.devices: list[Device] = []
        self.webs: list[Web] = []
        try:
            self._people(random)
        except BaseException:
            self.close()
            raise

    def _people(self, random: Random) -> None:
        shape = self.plan.shape
        for number in range(shape.devices):
            person = "bob" if number >= shape.devices - shape.guests else "ann"
            name = f"{person}{number}"
            link = self._link(person, name)
            member = person in self.server.members[SHARED]
            kind = FRESH if shape.fresh else JOINED if member else ALONE
            device = Device(name, person, number, kind, self.root, self, link)
            link.private = device.private
            link.time = device.time
            self.devices.append(device)
            for app, change in self.templates.sent.get((person, number, kind), ()):
                self.server.push(app, person, f"old-{name}", [change])
            device.skew = random.randint(-shape.skew, shape.skew) if shape.skew else 0
            device.drift = random.randint(min(0, shape.drift), max(0, shape.drift))
        for number in range(shape.webs):
            name = f"web{number}"
            link = self._link("ann", name)
            ciphers = [Cipher("0", raw) for raw in self.masters["ann"]]
            clock = (lambda off: lambda: self.now + off)(random.randint(-shape.skew, shape.skew))
            old = shape.traits.old
            self.webs.append(Web(name, "ann", link, clock, ciphers, TABLES, old=old))

    def _link(self, person: str, name: str) -> Link:
        return Link(self.server, person, name, self.wire, self.pass_time, self._typing)

    def _typing(self, name: str, random: Random) -> None:
        """Somebody goes on writing while a request of that device is under way."""
        for device in self.devices:
            if device.name == name and random.random() < 0.15:
                self.say(f"{name} {device.taken_over(random)}")
            elif device.name == name:
                self._act(random.choice(["edit", "edit", "add", "delete", "undo"]), device, random)

    def named(self, name: str) -> Device:
        return next(device for device in self.devices if device.name == name)

    def sent(self) -> dict[tuple[str, str, str], str]:
        """When a value was first sent, come through or not, by record, field and its own time."""
        if self._sent is None:
            self._sent = {}
            for sent in self.wire:
                for change in orjson.loads(sent.body)["changes"]:
                    id, data = change["id"], change.get("data") or {}
                    for name in data:
                        self._sent.setdefault((id, name, str(data.get("updatedAt"))), sent.at)
                    for name, slot in (change.get("fields") or {}).items():
                        self._sent.setdefault((id, name, str(slot.get("at"))), sent.at)
        return self._sent

    def close(self) -> None:
        for device in self.devices:
            device.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def pass_time(self, random: Random) -> None:
        self.now += random.randrange(1, 20_000)

    def say(self, text: str) -> None:
        self.trace.append(f"{iso(self.now)} {text}")

    # Steps ----------------------------------------------------------------------------------

    def take(self, step: Step) -> None:
        """Let one step happen."""
        random = Random(step.salt)
        kind, _, what = step.kind.partition(":")
        # Many acts fall into one millisecond, so that times are equal often.
        self.now += random.choice([0, 0, 500, 40_000, SECOND, 90 * SECOND])
        if kind == "web":
            self._web(what, self.webs[step.who % len(self.webs)], random)
            return
        device = self.devices[step.who % len(self.devices)]
        if kind == "act":
            self._act(what, device, random)
        elif kind == "crash":
            places = random.choice([1, 2, 3]) if what == "act" else random.randint(1, 30)
            with device.failing(places):
                if what == "act":
                    self._act(random.choice(list(ACTS)), device, random)
                else:
                    self._sync(device, random)
        elif kind == "sync":
            self._sync(device, random)
        else:
            getattr(self, f"_{kind}")(device, random)

    def _act(self, name: str, device: Device, random: Random) -> None:
        act, _ = ACTS[name]
        said: list[str] = []
        dead = device.dead() if name in DELETES else None
        try:
            refused = device.attempt(lambda: said.append(act(device, random)))
        finally:
            if dead is not None:
                self.gone |= device.dead() - dead
        if said != [""]:
            self.say(f"{device.name} {name} {' '.join(said)}{refused}")

    def _sync(self, device: Device, random: Random, weather: Weather | None = None) -> None:
        before = device.link.pushed
        words = device.sync(random, weather or self.plan.shape.weather)
        self.say(f"{device.name} sync: pushed {device.link.pushed - before}, {words}")

    def _clock(self, device: Device, random: Random) -> None:
        device.skew = random.choice([0, random.randint(-DAY, DAY), random.randint(-5000, 5000)])
        self.say(f"{device.name} clock is {device.skew / SECOND} s off")

    def _wait(self, device: Device, random: Random) -> None:
        passed = random.choice([60, 700, 3600, 3 * 86_400, 31 * 86_400]) * SECOND
        self.now += passed
        self.say(f"{passed // SECOND} s pass")

    def _month(self, device: Device, random: Random) -> None:
        self.now += 31 * DAY
        self.say("a month passes")

    def _look(self, device: Device, random: Random) -> None:
        refuse = random.random() < 0.7
        waited: list[int] = []
        words = device.attempt(lambda: waited.append(device.look(refuse=refuse)))
        if waited != [0]:
            self.say(f"{device.name} {'refuses' if refuse else 'accepts'} {waited}{words}")

    def _tool(self, device: Device, random: Random) -> None:
        """A program of ann's that this one knows nothing of writes what this one does not declare:
        every device keeps it, and sends nothing of it back."""
        id, now = f"mood{random.randrange(4)}", iso(self.now)
        space = SHARED if id == "mood0" else homes.PERSONAL["ann"]
        word = f"{MARK}{random.choice('abc')}"
        mood = word if space == SHARED else Cipher("0", self.masters["ann"][-1]).seal1(word)
        fields = {"mood": mood, "level": random.randrange(3)}
        slots = {
            name: {"value": value, "at": now, "updatedAt": now} for name, value in fields.items()
        }
        change = random.choice(
            [
                {"op": "insert", "data": {**fields, "createdAt": now, "updatedAt": now}},
                {"op": "update", "fields": slots},
                {"op": "update", "fields": {"level": slots["level"]}},
                {"op": "delete", "deletedAt": now},
            ]
        )
        if change["op"] == "delete":
            self.gone.add(id)
        whole: dict[str, Any] = {"table": "moods", "id": id, "spaceId": space, **change}
        self.server.push("moodlit", "ann", "ann-moods", [whole])
        self.say(f"ann's other program writes {whole}")

    def _plant(self, device: Device, random: Random) -> None:
        """Somebody who may write on the server plants what acts by itself."""
        space = random.choice([homes.PERSONAL["ann"], SHARED])
        at = iso(self.now - random.randrange(3) * DAY)
        data = {"name": "helper", "systemPrompt": f"planted{random.randrange(9)}", "createdAt": at}
        whole = {"table": "agents", "id": f"agent{random.randrange(3)}", "op": "insert"}
        self.planted = True
        self.server.push("ai", "ann", "ann-tool", [{**whole, "spaceId": space, "data": data}])
        self.say(f"planted: {whole} in {space}")

    def _backup(self, device: Device, random: Random) -> None:
        device.backup()
        self.say(f"{device.name} backup")

    def _putback(self, device: Device, random: Random) -> None:
        if device.put_back():
            self.say(f"{device.name} puts its backup back")

    def _join(self, device: Device, random: Random) -> None:
        self.server.members[SHARED]["bob"] = "member"
        self.say("bob joins")

    def _leave(self, device: Device, random: Random) -> None:
        self.server.members[SHARED].pop("bob", None)
        self.say("bob leaves")

    def _rotate(self, device: Device, random: Random) -> None:
        """The account gets a new master key; this device makes it, others learn it later."""
        raw = random.randbytes(32)
        keys = self.masters[device.person]
        keys.append(raw)
        device.learn(keys)
        device.attempt(lambda: reseal(device.bench))
        for web in self.webs:
            if web.user == device.person:
                web.keys = [Cipher(str(n), key) for n, key in enumerate(keys)][::-1]
        self.say(f"{device.name} rotates the key of {device.person}")

    def _forge(self, device: Device, random: Random) -> None:
        """Somebody else's rows: into our spaces, out of form, dated in the next century."""
        space = random.choice([homes.PERSONAL["ann"], SHARED, "_personal:bob", "sp-nowhere"])
        id = random.choice([f"forged{random.randrange(9)}", self._some_id(random)])
        at = random.choice([iso(self.now), "2150-01-01T00:00:00.000Z", "", "yesterday"])
        change = random.choice(
            [
                {"op": "insert", "data": {"title": "forged", "createdAt": at}},
                {"op": "update", "fields": {"title": {"value": "forged", "at": at}}},
                {"op": "update", "fields": {"content": {"value": {"a": []}, "updatedAt": at}}},
                {"op": "update", "fields": {"x y": {"value": 2**60, "at": at}}},
                {"op": "update", "data": {"title": "unseen"}},
                {"op": "insert"},
            ]
        )
        user = "eve" if not self.plan.shape.traits.checks else "ann"
        self.forged.add(id)
        whole: dict[str, Any] = {"table": "notes", "id": id, "spaceId": space, **change}
        self.server.push("notes", user, f"{user}-tool", [whole])
        self.say(f"{user} forges {whole}")

    def _some_id(self, random: Random) -> str:
        rows = self.server.rows["notes", "notes"]
        return str(random.choice(rows).json["id"]) if rows else "forged"

    # Browsers -------------------------------------------------------------------------------

    def _web(self, what: str, web: Web, random: Random) -> None:
        if what == "sync":
            web.sync(random, self.plan.shape.weather)
            self.say(f"{web.name} sync")
            return
        live = sorted(place for place, item in web.items.items() if not item.deleted)
        if what == "add":
            self._web_add(web, random)
        elif what == "restore":
            dead = sorted(place for place, item in web.items.items() if item.deleted)
            if dead:
                web.restore(random.choice(dead))
                self.say(f"{web.name} restores")
        elif live:
            place = live[0] if random.random() < 0.5 else random.choice(live)
            if what == "delete":
                self.gone.add(place[2])
                web.delete(place)
                self.say(f"{web.name} delete {place}")
            elif place[1] in ("notes", "tasks"):
                shared = web.items[place].space == SHARED
                text = f"{MARK if not shared else 'web'}{random.choice(['a', 'b', 'cde'])}"
                name = random.choice(["title", "color" if place[1] == "notes" else "priority"])
                value = text if name == "title" else random.choice(["low", "high"])
                private = web.items[place].fields.get("visibility") == "private"
                sealed = name == "title" and (private or not shared)
                web.edit(place, {name: web.seal(value) if sealed else value})
                self.say(f"{web.name} edit {place} {name}={value}")

    def _web_add(self, web: Web, random: Random) -> None:
        app, table = random.choice([("notes", "notes"), ("todo", "tasks")])
        space = SHARED if table == "notes" and random.random() < 0.4 else homes.PERSONAL["ann"]
        id = f"w{random.getrandbits(48):012x}"
        title = f"{MARK}{random.choice('abc')}"
        fields = {"title": title if space == SHARED else web.seal(title), "visibility": "space"}
        web.add(app, table, id, space, fields)
        self.say(f"{web.name} add {table} {id} in {space}: {title}")

    # The quiet at the end ---------------------------------------------------------------------

    def calm(self) -> None:
        """Everything is delivered or pulled again, until nobody has anything to say."""
        for device in self.devices:
            device.learn(self.masters[device.person])
            device.look()
        self.say("-- quiet")
        after = before = 0
        # What one device purged and another brings back is complete only when all is pulled again.
        lossy = self.plan.shape.loses_rows or any(device.purged for device in self.devices)
        for turn in range(9):
            # Where rows got lost, a week brings the full pull that every engine makes by itself.
            self.now += 8 * DAY if lossy and not turn else 20 * 60 * SECOND
            random = Random(turn)
            before = sum(one.link.pushed for one in (*self.devices, *self.webs))
            for device in self.devices:
                if self._heard_all(device, turn):
                    continue
                pushed = device.link.pushed
                words = device.sync(random, FAIR)
                device.look()
                device.heard = self.server.count
                self.say(f"{device.name} sync: pushed {device.link.pushed - pushed}, {words}")
            for web in self.webs:
                web.sync(random, FAIR, whole=self.plan.shape.loses_rows_of_browsers)
            after = sum(one.link.pushed for one in (*self.devices, *self.webs))
            quiet = after == before
            if quiet:
                return
        raise BrokenError("no end of repairs", f"{after - before} changes in the last turn")

    def _heard_all(self, device: Device, turn: int) -> bool:
        """Whether a device need not be asked again: nothing came to the server since it was. Every
        fourth run asks all the same, for a round out of nothing must have nothing to say."""
        traits = self.plan.shape.traits
        return (
            turn > 0
            and device.heard == self.server.count
            and not (traits.late or traits.cache)
            and self.plan.seed % 4 != 0
            and not outgoing.pending(device.bench)
        )
