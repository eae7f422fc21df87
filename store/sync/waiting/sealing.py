"""Keeping the owner's seal on what a person writes here, so that their other devices let it act.

One place does it: the end of every step that changed an agent or a mission. The seal is written in
that very step, has no history and no part in undo, and is computed anew by whatever changes the
record, undo included. A change from elsewhere breaks it, and nobody here mends it unasked.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from store.errors import GuardError, LockedError, NotFoundError
from store.records import dumps
from store.stamps import EPOCH
from store.sync.waiting import authority
from store.words import N_

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench


def trust(bench: Workbench, step: Step, collection: str, ids: Sequence[str]) -> None:
    """Note before a person's first write of a step which records may act as they are now: those may
    go on when the person has changed them."""
    if not _by_person(step):
        return
    declared = bench.registry[collection]
    for id in ids:
        key = (collection, step.number, id)
        if key in step.touched:
            continue
        step.touched.add(key)
        with suppress(NotFoundError):
            if authority.may_act(bench, declared.app, declared.wire, step.number, id):
                step.trusted.add(key)


def heed(bench: Workbench, step: Step, collection: str, ids: Sequence[str]) -> None:
    """Seal what a person has changed in a step, where the account's key is at hand. What is seeded
    on the way was chosen by nobody: every device makes it, so it needs no seal."""
    if not _by_person(step):
        return
    declared = bench.registry[collection]
    chosen = bench.db.read(
        f'SELECT id FROM "{collection}" WHERE space = ? AND updated_at > ? '
        "AND id IN (SELECT value FROM json_each(?))",
        (step.number, EPOCH, dumps(list(ids))),
    )
    for (id,) in chosen:
        with suppress(NotFoundError, LockedError):
            if (collection, step.number, id) in step.trusted:
                authority.renew(bench, declared.app, declared.wire, step.number, id)
            seal(bench, step, collection, id)


def seal(bench: Workbench, step: Step, collection: str, id: str) -> bool:
    """Write the owner's seal of a record as it is now; False where it may not act here, or this
    home has no account. Raises NotFoundError, LockedError."""
    declared = bench.registry[collection]
    if not authority.has_seal_key(bench):
        return False
    try:
        mark = authority.owner_seal(bench, declared.app, declared.wire, step.number, id)
    except GuardError:
        return False
    step.update(collection, id, {authority.SEAL: mark})
    return True


def seal_all(bench: Workbench) -> int:
    """Seal every record that may act here, after this home got an account or its key was changed;
    returns how many. What nobody chose needs no seal: every device makes it."""
    done = 0
    if not authority.has_seal_key(bench):
        return done
    for declared in bench.registry:
        if not authority.acts(declared.app, declared.wire):
            continue
        rows = bench.db.read(
            f'SELECT r.id, s.id FROM "{declared.name}" r JOIN "spaces" s ON s.pk = r.space '
            "WHERE r.deleted_at IS NULL AND s.deleted_at IS NULL AND r.updated_at > ?",
            (EPOCH,),
        )
        for id, space in rows:
            with (
                suppress(NotFoundError, LockedError),
                bench.step(N_("seal"), kind="seal", scope=bench.spaces.scope(space)) as step,
            ):
                done += seal(bench, step, declared.name, id)
    return done


def approved(bench: Workbench, app: str, wire: str, space: int, id: str) -> None:
    """Seal what a person looked at and approved, as a step that is no step of theirs."""
    declared = bench.registry.wire(app, wire)
    if declared is None or not space or not authority.has_seal_key(bench):
        return
    scope = bench.spaces.scope(_wire_id(bench, space))
    with suppress(NotFoundError), bench.step(N_("seal"), kind="seal", scope=scope) as step:
        seal(bench, step, declared.name, id)


def _wire_id(bench: Workbench, space: int) -> str:
    return str(bench.db.read('SELECT id FROM "spaces" WHERE pk = ?', (space,))[0][0])


def _by_person(step: Step) -> bool:
    return step.actor["kind"] == "user" and step.kind in ("step", "undo", "redo")
