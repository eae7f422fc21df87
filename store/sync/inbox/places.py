"""Which space of ours a change from the wire belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from store.collections import Collection
from store.rows import is_foreign
from store.stamps import GUEST
from store.sync.outbox.forms import SHARED

if TYPE_CHECKING:
    from store.workbench import Workbench

SENTINEL = "_personal:"
"""Before a client knows a person's space it writes this and the person's id."""

USER_LEVEL = frozenset(
    "userSettings userContext newsPreferences meditateSettings sleepSettings moodSettings "
    "timeSettings invoiceSettings broadcastSettings wetterSettings userTagPresets".split()
)
"""Collections that follow a person and not a space, whether this version declares them or not."""


class Hidden(int):
    """The row of a space that we are no longer in: what comes of it concerns nobody here, and is
    pulled again from the start should we come back."""


class Places:
    """The spaces of a workbench by their ids on the wire, as they are at one moment."""

    def __init__(self, bench: Workbench) -> None:
        rows = bench.db.read(
            "SELECT s.pk, s.id, json_extract(s.doc, '$.type'), s.deleted_at, m.state "
            'FROM "spaces" s LEFT JOIN memberships m ON m.space = s.pk'
        )
        self._numbers: dict[str, int] = {}
        self._wire = {0: ""}
        self._shared: set[int] = set()
        self.personal = 0
        for number, id, type, deleted, state in rows:
            self._numbers[id] = Hidden(number) if state == "hidden" else number
            self._wire[number] = id
            if type in SHARED:
                self._shared.add(number)
            if type == "personal" and deleted is None and not self.personal:
                self.personal = number
        users = {GUEST, bench.writer.person["principalId"]}
        for (user,) in bench.db.read("SELECT value FROM account WHERE key = 'user'"):
            users.add(orjson.loads(user))
        for user in users:
            self._numbers[f"{SENTINEL}{user}"] = self.personal
        self._me = bench.viewer
        self._nobody = 0
        self._writer = bench.writer

    def number(self, wire: str) -> int | None:
        """The row of the space with this id; None for one that is not ours."""
        return self._numbers.get(wire)

    def wire(self, number: int) -> str:
        """The id of a space's row; "" for the user level."""
        return self._wire[number]

    def author(self, number: int) -> int:
        """Whose a record is that does not say: mine where nobody else can write, else nobody's."""
        if number in (0, self.personal):
            return self._me
        self._nobody = self._nobody or self._writer.principal("")
        return self._nobody

    def is_shared(self, number: int) -> bool:
        """Whether others read a space, so that its records go out in plaintext."""
        return number in self._shared

    def is_sealed(self, number: int, private: bool, author: int) -> bool:
        """Whether protected texts of such a record go out sealed, as ``Forms.seals`` has it."""
        return not self.is_shared(number) or (private and author == self._me)

    @staticmethod
    def is_user_level(collection: Collection) -> bool:
        """Whether a collection's records follow the person."""
        if is_foreign(collection):
            return collection.wire in USER_LEVEL
        return collection.level == "user"
