"""What came from elsewhere does not act: agents, missions, automations and scripts (law 9).

A record of an acting collection acts only where all that it acts by

    was written here by the person, as the history of this device proves, or
    was looked at here and has not changed since, or
    bears the owner's seal, which only holders of the account's key can make.

All fields act but those known to be mere bookkeeping, so a field nobody knows cannot slip by. A
protected field that came in plaintext into a personal space is never an instruction, whoever
approved it; and nothing that an ``iterations`` list from elsewhere holds is one. In standard mode
the server's operator holds the account's key too: only zero-knowledge keeps the seal from them.
Everything is computed when it is asked, from what is stored.
"""

from __future__ import annotations

import hmac
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from store.ai import bootstrap
from store.collections import COMMON
from store.errors import GuardError, LockedError, NotFoundError, UnreadableError
from store.records import PREFIX, loads
from store.stamps import EPOCH, Meta, canonical, instant, micros
from store.vault.envelope import ENC1
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

SEAL = "ownerSeal"
"""The field that bears the owner's seal."""

_SEAL_INFO = b"manabench owner seal v1"
_SEAL_HEAD = "own1:"
_ACTING = frozenset({("ai", "agents"), ("ai", "aimissions")})
_ACTING_NAMES = frozenset({"automations", "scripts"})
_NAMES = ", ".join(f"'{name}'" for name in sorted({n for _a, n in _ACTING} | _ACTING_NAMES))
_INERT = COMMON | frozenset(
    f"{SEAL} updatedAt iterations nextRunAt lastRunAt runsOn order sortOrder color icon "
    "avatar".split()
)
_PROTECTED = {
    "agents": frozenset({"systemPrompt", "memory"}),
    "aimissions": frozenset({"title", "conceptMarkdown", "objective"}),
}
_WEB = frozenset({"title", "conceptMarkdown", "objective"})
"""Protected fields that an account set to ``interop = "web"`` sends in plaintext by choice."""

Reason = Literal["new", "changed", "unsealed", "unreadable"]

WORDS: dict[str, str] = {
    "new": N_("it came from elsewhere and nobody looked at it here"),
    "changed": N_("it was changed elsewhere since somebody looked at it here"),
    "unsealed": N_("it came unsealed, so anybody on the way could have written it"),
    "unreadable": N_("it does not open here"),
}


class Held(NamedTuple):
    """A record that may not act. ``fields`` are those it would act by, in plaintext, as far as they
    open; reason: why it waits; digest: of what is shown, for ``approve``."""

    app: str
    collection: str
    space: int
    id: str
    title: str
    reason: Reason
    fields: Mapping[str, Any]
    digest: str


class _Acting(NamedTuple):
    """A stored record by what it acts."""

    app: str
    collection: str
    space: int
    id: str
    table: str
    pk: int
    meta: Meta
    fields: dict[str, Any]
    unreadable: bool
    plain: frozenset[str]
    seal: Any

    @property
    def key(self) -> str:
        return f"{self.app}/{self.collection}/{self.space}/{self.id}"

    def digest(self) -> str:
        """64 hex digits over what it acts by."""
        return sha256(canonical(self.fields)).hexdigest()


def acts(app: str, collection: str) -> bool:
    """Whether records of a collection do something by themselves."""
    name = collection.casefold()
    return (app.casefold(), name) in _ACTING or name in _ACTING_NAMES


def may_act(bench: Workbench, app: str, collection: str, space: int, id: str) -> bool:
    """Whether a record may act here; ``space`` is its space's row, 0 for the user level.

    Raises NotFoundError where there is no such live record. While the vault is locked nothing may.
    """
    return _why_not(bench, _one(bench, app, collection, space, id)) is None


def waiting(bench: Workbench, space: int | None = None) -> list[Held]:
    """Every live record that may not act and that nobody refused as it is now; none while the
    vault is locked, when nobody can look."""
    held: list[Held] = []
    if not bench.vault.unlocked:
        return held
    for record in _all(bench):
        if space is not None and record.space != space:
            continue
        reason = _why_not(bench, record)
        if reason is None or _looked(bench, record) == ("refused", record.digest()):
            continue
        held.append(
            Held(
                record.app,
                record.collection,
                record.space,
                record.id,
                _title(record),
                reason,
                record.fields,
                record.digest(),
            )
        )
    return held


def approve(
    bench: Workbench, app: str, collection: str, space: int, id: str, *, seen: str = ""
) -> None:
    """Let a record act as it is now: a person looked at it.

    seen: the digest of what they looked at. Raises NotFoundError, LockedError; GuardError for what
    has changed since that look, and for what came unsealed, which never acts.
    """
    record = _one(bench, app, collection, space, id)
    if seen and seen != record.digest():
        raise GuardError(
            _("It was changed elsewhere just now."),
            kept=_("It may not act."),
            hint=_("Look at it again."),
        )
    if not bench.vault.check_epoch() or record.unreadable:
        raise LockedError(
            _("It does not open here, so nobody can have looked at it."),
            kept=_("It may not act."),
            hint=_("Unlock the vault, or ask its author for the key."),
        )
    if _unsealed(bench, record, _from_elsewhere(bench, record)):
        raise GuardError(
            _("It came unsealed into a personal space, so its author cannot be known."),
            kept=_("It may not act."),
            hint=_("Write it anew here."),
        )
    _keep(bench, record, "approved")
    from store.sync.waiting import sealing

    sealing.approved(bench, app, collection, space, id)


def renew(bench: Workbench, app: str, collection: str, space: int, id: str) -> None:
    """Let a record go on acting that could before the person changed it here.

    Raises NotFoundError. What is not there in plaintext is not renewed.
    """
    record = _one(bench, app, collection, space, id)
    if not record.unreadable and _from_elsewhere(bench, record):
        _keep(bench, record, "approved")


def refuse(bench: Workbench, app: str, collection: str, space: int, id: str) -> None:
    """Keep a record from acting as it is now, and off the list. Raises NotFoundError."""
    _keep(bench, _one(bench, app, collection, space, id), "refused")


def has_seal_key(bench: Workbench) -> bool:
    """Whether this home can make an owner's seal now: it has an account, and is unlocked."""
    from store.sync.sign.master import current

    return bench.vault.unlocked and current(bench) is not None


def owner_seal(bench: Workbench, app: str, collection: str, space: int, id: str) -> str:
    """The owner's seal of a record as it is now, to be written into its field ``ownerSeal``.

    It binds place, id, values and the times they were written at, so that it fits no other record
    and no older state. Raises NotFoundError, LockedError, GuardError for a record that may not act
    here: nobody seals what they have not looked at.
    """
    record = _one(bench, app, collection, space, id)
    if _why_not(bench, record) is not None:
        raise GuardError(
            _("What may not act here cannot get the owner's seal."),
            kept=_("Nothing was changed."),
            hint=_("Look at it and approve it first."),
        )
    key = _seal_key(bench)
    if key is None:
        raise LockedError(_("No account key is on this device."), kept=_("Nothing was changed."))
    mark = hmac.digest(key, _bound(bench, record), "sha256")
    return _SEAL_HEAD + b2a_base64(mark, newline=False).decode()


# Deciding ---------------------------------------------------------------------------------------


def _why_not(bench: Workbench, record: _Acting) -> Reason | None:
    """Why a record may not act; None where it may."""
    if record.unreadable or not bench.vault.check_epoch():
        return "unreadable"
    theirs = _from_elsewhere(bench, record)
    if not theirs:
        return None
    if _unsealed(bench, record, theirs):
        return "unsealed"
    looked = _looked(bench, record)
    if looked == ("approved", record.digest()) or _sealed_by_owner(bench, record):
        return None
    return "changed" if looked is not None and looked[0] == "approved" else "new"


def _looked(bench: Workbench, record: _Acting) -> tuple[str, str] | None:
    rows = bench.db.read("SELECT state, digest FROM authority WHERE key = ?", (record.key,))
    return (str(rows[0][0]), str(rows[0][1])) if rows else None


def _keep(bench: Workbench, record: _Acting, state: str) -> None:
    with bench.db.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO authority "
            "(key, app, collection, space, id, digest, state, noticed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.key,
                record.app,
                record.collection,
                record.space,
                record.id,
                record.digest(),
                state,
                instant(bench.clock()),
            ),
        )
        bench.db.touch("authority", "", None)


def _unsealed(bench: Workbench, record: _Acting, theirs: frozenset[str]) -> bool:
    """Whether a protected field came in plaintext to where everything protected is sealed. theirs:
    the fields that came at all; what was written here is sealed under this home's own key."""
    rows = bench.db.read(
        "SELECT json_extract(doc, '$.type') FROM \"spaces\" WHERE pk = ?", (record.space,)
    )
    if rows and rows[0][0] != "personal":
        return False
    protected = _PROTECTED.get(record.collection.casefold(), frozenset()) & record.plain & theirs
    from store.sync.account import account

    known = account(bench)
    if known is not None and known.interop == "web":
        protected -= _WEB
    return any(record.fields.get(name) not in (None, "") for name in protected)


def _from_elsewhere(bench: Workbench, record: _Acting) -> frozenset[str]:
    """The acting fields that no person wrote on this device, or over which something came since;
    one that is no field where there is nothing to act by.

    Actor, origin and time of a stamp prove nothing: they travel, and anybody can write them. The
    steps of this device's history do not travel. A value that undo brought back is as good as it
    was before. The default agent that this program seeded is as good as written here.
    """
    if record.table == "foreign_records" or not record.fields:
        return frozenset(record.fields) or frozenset({""})
    seeded = (record.app, record.collection) == ("ai", "agents") and bootstrap.is_default(record.id)
    rows = bench.db.read(
        "SELECT h.wrote, h.prior, CASE s.kind WHEN 'seed' THEN ? AND h.wrote = ? "
        "ELSE s.kind IN ('step', 'undo', 'redo') "
        "AND json_extract(a.json, '$.kind') = 'user' END FROM history h "
        "LEFT JOIN steps s ON s.n = h.step LEFT JOIN actors a ON a.n = s.actor "
        "WHERE h.record = ? AND h.collection = ? ORDER BY h.n",
        (seeded, EPOCH, record.pk, record.table),
    )
    born = ""
    last: dict[str, str] = {}  # field -> the time of a person's value, "" for anybody else's
    ours: set[tuple[str, str]] = set()
    theirs: set[tuple[str, str]] = set()
    for wrote, prior, person in rows:
        if prior is None:
            born, last = (wrote if person else ""), {}
            continue
        for name, entry in orjson.loads(prior).items():
            at, restores = (*entry, *[None] * 7)[5:7]
            back = (name, restores or "")
            again = not restores or ((restores == born or back in ours) and back not in theirs)
            mine = bool(person and again)
            last[name] = (at or wrote) if mine else ""
            (ours if mine else theirs).add((name, at or wrote))
    found = set()
    usual = bootstrap.of_space(bench, record.space) if seeded else {}
    for name, value in record.fields.items():
        if name in usual and usual[name] == value:
            continue  # harmless, whoever wrote it
        stamp = record.meta.of(name, True)
        if stamp is None or not stamp.at or stamp.at != last.get(name, born):
            found.add(name)
    return frozenset(found)


def _sealed_by_owner(bench: Workbench, record: _Acting) -> bool:
    if not isinstance(record.seal, str) or not record.seal.startswith(_SEAL_HEAD):
        return False
    key = _seal_key(bench)
    if key is None:
        return False
    try:
        given = a2b_base64(record.seal[len(_SEAL_HEAD) :], strict_mode=True)
    except ValueError:
        return False
    return hmac.compare_digest(given, hmac.digest(key, _bound(bench, record), "sha256"))


def _seal_key(bench: Workbench) -> bytes | None:
    """The key of the owner's seal, out of the account's current key alone: a key is changed
    because somebody may have the one before."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    from store.sync.sign.master import current

    id = current(bench)
    if id is None or not bench.vault.check_epoch():
        return None
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_SEAL_INFO)
    return hkdf.derive(bench.vault.raw_key(id))


def _bound(bench: Workbench, record: _Acting) -> bytes:
    rows = bench.db.read('SELECT id FROM "spaces" WHERE pk = ?', (record.space,))
    space = str(rows[0][0]) if rows else ""
    fields = {}
    for name, value in record.fields.items():
        stamp = record.meta.of(name, True)
        fields[name] = [micros(stamp.at) if stamp else 0, value]
    return canonical([record.app, record.collection, space, record.id, fields])


# Reading ----------------------------------------------------------------------------------------


def _one(bench: Workbench, app: str, collection: str, space: int, id: str) -> _Acting:
    for record in _all(bench, (app, collection, space, id)):
        return record
    raise NotFoundError(
        _("No such record: {id}.").format(id=id[:8]), kept=_("Nothing was changed.")
    )


def _all(bench: Workbench, only: tuple[str, str, int, str] | None = None) -> Iterator[_Acting]:
    """Live acting records of declared and undeclared collections."""
    columns = "pk, id, space, doc, meta"
    for declared in bench.registry:
        if not acts(declared.app, declared.wire) or (
            only and only[:2] != (declared.app, declared.wire)
        ):
            continue
        one = " AND space = ? AND id = ?" if only else ""
        # The runs of a mission are no part of what it acts by, so its large column is not read.
        rows = bench.db.read(
            f'SELECT {columns} FROM "{declared.name}" WHERE deleted_at IS NULL{one}',
            only[2:] if only else (),
        )
        names = (declared.app, declared.wire)
        for pk, id, space, doc, meta in rows:
            yield _acting(bench, names, space, id, declared.name, pk, loads(doc), meta)
    where = f"deleted_at IS NULL AND lower(collection) IN ({_NAMES})"
    values_: tuple[Any, ...] = ()
    if only is not None:
        where += " AND app = ? AND collection = ? AND space = ? AND id = ?"
        values_ = only
    for pk, id, space, doc, meta, app, collection in bench.db.read(
        f"SELECT {columns}, app, collection FROM foreign_records WHERE {where}", values_
    ):
        if acts(app, collection):
            yield _acting(
                bench, (app, collection), space, id, "foreign_records", pk, loads(doc), meta
            )


def _acting(
    bench: Workbench,
    names: tuple[str, str],
    space: int,
    id: str,
    table: str,
    pk: int,
    values: dict[str, Any],
    meta: str,
) -> _Acting:
    place = f"{names[0]}/{names[1]}"
    fields: dict[str, Any] = {}
    plain: set[str] = set()
    unreadable, seal = False, None
    for name, value in values.items():
        if value is None or (name in _INERT and name != SEAL):
            continue
        if isinstance(value, str) and value.startswith(PREFIX):
            sealed = value.startswith(ENC1)
            try:
                value = bench.vault.open(place, id, name, value)
            except (LockedError, UnreadableError):
                unreadable = unreadable or name != SEAL
                continue
        else:
            sealed = False
        if name == SEAL:
            seal = value
            continue
        fields[name] = value
        if not sealed:
            plain.add(name)
    return _Acting(
        *names, space, id, table, pk, Meta.load(meta), fields, unreadable, frozenset(plain), seal
    )


def _title(record: _Acting) -> str:
    for name in ("name", "title"):
        if isinstance(value := record.fields.get(name), str):
            return value
    return ""
