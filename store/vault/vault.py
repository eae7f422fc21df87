"""The vault of one home, the only door to its keys: sealing and opening, ways in, more keys."""

from __future__ import annotations

from store.errors import GuardError, InvalidValueError, StorageError, UnreadableError
from store.vault import places, ways
from store.vault.custody import Custody, locked
from store.vault.envelope import (
    DAMAGED,
    ENC1,
    ENC2,
    FOREIGN,
    UNKNOWN,
    Cipher,
    Json,
    is_envelope,
    open1,
    unreadable,
)
from store.vault.keys import (
    ACCOUNT,
    ACCOUNT_OLD,
    FILE,
    KEY_FILE,
    KEY_SIZE,
    KEYRING,
    KINDS,
    RECOVERY,
    WAYS,
    Key,
    KeyInfo,
    Row,
    file_rows,
    is_damaged,
    make_row,
)
from store.vault.memory import wipe
from store.words import _


class Vault(Custody):
    """See ``Custody`` for how it is made, unlocked and locked.

    Methods that change the ring read all rows and write them back; between processes, call them
    inside one write transaction of the database.
    """

    is_envelope = staticmethod(is_envelope)

    # -- sealing and opening ------------------------------------------------------------------

    def seal(self, collection: str, record: str, field: str, value: Json) -> str:
        """``value`` sealed under the file key for this field only.

        LockedError while locked; InvalidValueError if ``value`` is not plain JSON. Floats must
        be finite: the write path sees to that.
        """
        own = self._own
        if own is None:
            raise locked()
        return own.seal(collection, record, field, value)

    def open(self, collection: str, record: str, field: str, envelope: str) -> Json:
        """The value of an envelope of any known format, under any key of the ring.

        LockedError while locked; UnreadableError with ``reason`` "damaged", "foreign key" or
        "unknown format". Plaintext is no envelope: "unknown format", too.
        """
        own = self._own
        if own is None:
            raise locked()
        if envelope.startswith(own.prefix):
            return own.open(collection, record, field, envelope)
        if envelope.startswith(ENC1):
            return open1(self._ring.accounts, envelope)
        if not envelope.startswith(ENC2):
            raise unreadable(UNKNOWN)
        key_id, colon, _body = envelope[len(ENC2) :].partition(":")
        key = self._ring.keys.get(key_id)
        if key is None:
            raise unreadable(FOREIGN if colon else DAMAGED)
        return key.cipher.open(collection, record, field, envelope)

    def seal_under(self, key_id: str, collection: str, record: str, field: str, value: Json) -> str:
        """Like ``seal``, under another key of the ring: the key of a sealed space."""
        return self._key(key_id).cipher.seal(collection, record, field, value)

    def seal1(self, value: Json, key_id: str = "") -> str:
        """``value`` as ``enc:1`` under the account's current master key, or the one named.

        Leave null and absent fields out: that form does not seal them. LockedError while locked;
        StorageError if there is no account key.
        """
        cipher = self._key(key_id).cipher if key_id else self._unlocked_ring().current
        if cipher is None:
            raise StorageError(_("No account key is on this device."))
        return cipher.seal1(value)

    def move1(self, collection: str, record: str, field: str, envelope: str) -> str:
        """An envelope of ``seal`` as one of ``seal1``, under the account's current master key.
        LockedError without either key; UnreadableError: "damaged"."""
        own, current = self._own, self._ring.current
        if own is None or current is None:
            raise locked()
        return own.moved1(current, collection, record, field, envelope)

    def open1(self, envelope: str) -> Json:
        """The value of an ``enc:1``: the current master key first, then the old ones. Errors as
        ``open``; with a key id in none of them, damage reads as "foreign key"."""
        return open1(self._unlocked_ring().accounts, envelope)

    def is_current1(self, envelope: str) -> bool:
        """Whether an ``enc:1`` opens under the account's current master key. LockedError."""
        current = self._unlocked_ring().current
        if current is None:
            return False
        try:
            open1((current,), envelope)
        except UnreadableError:
            return False
        return True

    # -- the ways in --------------------------------------------------------------------------

    @property
    def ways(self) -> dict[str, bool]:
        """The ways in that exist ("passphrase", "keyring", "key file", "recovery"), each with
        whether its row is whole."""
        rows = self._storage.load()
        found = {way: file_rows(rows, way) for way in WAYS}
        return {way: not is_damaged(of[-1]) for way, of in found.items() if of}

    @property
    def opens_alone(self) -> tuple[str, ...]:
        """The ways in that ask nobody; after ``lock`` the next command opens by them."""
        return tuple(way for way in self.ways if way in (KEYRING, KEY_FILE))

    def set_passphrase(self, passphrase: str) -> None:
        """Make or change the passphrase: one row. Other ways in stay; see ``remove_way``."""
        with self._guard:
            raw, rows, home_id = self._open_for_change()
            row = ways.wrap_passphrase(raw, self._key_id, home_id, passphrase, self._new_cost)
            self._storage.save(ways.replace(rows, row))

    def make_recovery(self) -> str:
        """A fresh recovery code that opens this home; the one before ends. Shown once."""
        with self._guard:
            raw, rows, home_id = self._open_for_change()
            code, row = ways.wrap_recovery(raw, self._key_id, home_id)
            self._storage.save(ways.replace(rows, row))
            return code

    def add_quiet_way(self, *, keyring: bool) -> str:
        """Add a way in that asks nobody; returns "keyring" or, if that was not asked for or does
        not answer, "key file"."""
        with self._guard:
            raw, rows, home_id = self._open_for_change()
            row = self._quiet_row(raw, self._key_id, home_id, keyring)
            self._storage.save(ways.replace(rows, row))
            return str(row["wrap"])

    def remove_way(self, way: str) -> None:
        """Remove a way in, and the key file or keyring entry with it. GuardError if no other one
        besides the recovery code would remain whole. Copies of the database from before can then
        be opened only by the ways that they hold and that still exist."""
        with self._guard:
            _raw, rows, home_id = self._open_for_change()
            there = self.ways
            if way not in there:
                return
            if not any(there[other] for other in set(there) - {way, RECOVERY}):
                raise GuardError(
                    _("That is the only way into this home."),
                    kept=_("Nothing was changed."),
                    hint=_("Set a passphrase first."),
                )
            gone = file_rows(rows, way)
            self._storage.save([row for row in rows if row not in gone])
            if way == KEY_FILE:
                places.remove_key_file(self._config, home_id)
            elif way == KEYRING:
                places.remove_from_keyring(home_id)

    # -- the other keys -----------------------------------------------------------------------

    def list_keys(self) -> list[KeyInfo]:
        """All keys of the ring, the file key first, without their bytes. Works while locked."""
        seen: dict[str, KeyInfo] = {}
        for row in self._storage.load():
            kind, key_id, made = row.get("kind"), row.get("key_id"), row.get("made")
            if isinstance(kind, str) and isinstance(key_id, str):
                seen[key_id] = KeyInfo(kind, key_id, str(made or ""), key_id in self._ring.keys)
        return sorted(seen.values(), key=lambda info: info.kind != FILE)

    @property
    def damaged(self) -> list[str]:
        """The ids of keys whose rows did not open at the last unlock."""
        return list(self._ring.damaged)

    def add_key(self, kind: str, key_id: str, raw: bytes) -> None:
        """Add an account master key ("account", "account-old") or a space key ("space").

        A new "account" key turns the one before into "account-old". Adding a key again changes
        nothing; InvalidValueError if the id names another key already.
        """
        if kind not in KINDS:
            raise InvalidValueError(_("“{kind}” is no kind of key.").format(kind=kind))
        if len(raw) != KEY_SIZE or not key_id or ":" in key_id or not key_id.isprintable():
            raise InvalidValueError(_("That is not a key of 32 bytes with a short id."))
        with self._guard:
            self.refresh()
            file_raw, rows, _home = self._open_for_change()
            there = self._ring.keys.get(key_id)
            taken = any(row.get("key_id") == key_id for row in rows)
            if (taken and not there) or (there and there.raw != raw):
                raise InvalidValueError(
                    _("The id {id} names another key already.").format(id=key_id),
                    kept=_("Nothing was changed."),
                )
            if there and there.kind == kind:
                return
            changed = [Key(kind, bytearray(raw), Cipher(key_id, raw))]
            if kind == ACCOUNT:
                olds = (key for key in self._ring.keys.values() if key.kind == ACCOUNT)
                changed = [*(key._replace(kind=ACCOUNT_OLD) for key in olds), *changed]
            rows = self._rewrapped(rows, changed)
            self._storage.save(rows)
            self._take(self._key_id, file_raw, rows, self._epoch)
            wipe(changed[-1].raw)

    def raw_key(self, key_id: str) -> bytes:
        """The bytes of a key, for wrapping it to somebody else. LockedError; InvalidValueError
        for the file key, which never leaves, and for ids that are not in the ring."""
        if key_id == self.key_id:
            raise InvalidValueError(_("The file key never leaves this device."))
        return bytes(self._key(key_id).raw)

    # -- inside -------------------------------------------------------------------------------

    def _key(self, key_id: str) -> Key:
        key = self._unlocked_ring().keys.get(key_id)
        if key is None:
            raise InvalidValueError(_("There is no key {id} on this device.").format(id=key_id))
        return key

    def _rewrapped(self, rows: list[Row], changed: list[Key]) -> list[Row]:
        """The rows with those of ``changed`` made anew at the end; the last one is the newest."""
        own = self._ring.keys[self._key_id].cipher
        ids = {key.cipher.key_id for key in changed}
        new = [
            make_row(own, key.raw, key_id=key.cipher.key_id, kind=key.kind, wrap=FILE)
            for key in changed
        ]
        return [row for row in rows if row.get("key_id") not in ids] + new
