"""Custody of the file key: first start, unlocking, locking, and what other processes must see."""

from __future__ import annotations

import threading
from collections.abc import Callable
from os import urandom
from pathlib import Path
from typing import Any

from store import locations
from store.errors import GuardError, InvalidValueError, LockedError
from store.vault import places, ways
from store.vault.envelope import Cipher
from store.vault.holder import IDLE, Held, Holder
from store.vault.keys import FILE, KEY_FILE, KEY_SIZE, KEYRING, KeyStorage, Ring, Row, file_rows
from store.vault.memory import no_core_dumps, wipe
from store.vault.passphrase import Cost
from store.words import _


class Custody:
    """Locked at first. Every method may be called from any thread.

    storage: rows and epoch, in the database of the home.
    config: the folder of the key file, by default ``locations.config()`` when it is needed.
    home: the folder of the database, which the key file has to avoid.
    idle: seconds that the session holder keeps the key without use.
    cost: what a new passphrase wrap costs.
    """

    def __init__(
        self,
        storage: KeyStorage,
        *,
        config: Path | None = None,
        home: Path | None = None,
        idle: float = IDLE,
        cost: Cost | None = None,
    ) -> None:
        self._storage = storage
        self._config_given = config
        self._folder = home
        self._idle = idle
        self._cost = cost
        self._guard = threading.RLock()
        self._own: Cipher | None = None
        self._ring = Ring()
        self._epoch = 0
        self._key_id = ""
        self._home_id = ""
        self._listeners: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<Vault {self._key_id or '?'} {'unlocked' if self.unlocked else 'locked'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a vault does not leave its process")

    @property
    def unlocked(self) -> bool:
        """Whether values can be sealed and opened now."""
        return self._own is not None

    @property
    def key_id(self) -> str:
        """The id of the file key, known while locked; "" before ``initialise``."""
        if not self._key_id:
            self._key_id = ways.file_key_of(self._storage.load())
        return self._key_id

    def initialise(
        self, *, passphrase: str | None, keyring: bool, config: Path, home_id: str
    ) -> str:
        """Make the file key and its first wrap; unlocked afterwards, but not held.

        Returns how it is kept: "passphrase" if one is given, else "keyring" if asked for and the
        system has one that answers, else "key file". GuardError if there are keys already.
        """
        with self._guard:
            if self._storage.load():
                raise GuardError(
                    _("This home has its keys already."), kept=_("They were not touched.")
                )
            self._config_given = Path(config)
            places.key_file(config, home_id)
            epoch, raw, key_id = self._storage.epoch(), bytearray(urandom(KEY_SIZE)), _new_id()
            if passphrase is not None:
                row = ways.wrap_passphrase(raw, key_id, home_id, passphrase, self._new_cost)
            else:
                row = self._quiet_row(raw, key_id, home_id, keyring)
            self._storage.save([row])
            self._take(key_id, raw, [row], epoch)
            wipe(raw)
            return str(row["wrap"])

    def unlock(
        self,
        *,
        passphrase: str | None = None,
        recovery: str | None = None,
        hold: bool = True,
    ) -> str:
        """Open the file key by passphrase or recovery code.

        hold: leave it in the session holder for the commands that follow. Returns where it is
        held ("kernel keyring", "runtime file") or "" if each command will ask.
        WrongPassphraseError; StorageError if that way in is damaged; LockedError if there is none.
        """
        with self._guard:
            epoch, rows = self._storage.epoch(), self._storage.load()
            if passphrase is not None:
                key_id, raw = ways.by_passphrase(rows, passphrase)
            elif recovery is not None:
                key_id, raw = ways.by_recovery(rows, recovery)
            else:
                raise InvalidValueError(_("Neither a passphrase nor a recovery code was given."))
            self._take(key_id, raw, rows, epoch)
            wipe(raw)
            return self.hold() if hold else ""

    def unlock_quietly(self) -> bool:
        """Open by key file, session holder or OS keyring, whichever there is; never asks, never
        raises for what is absent or damaged. True if the vault is unlocked."""
        if self.check_epoch():
            return True
        with self._guard:
            epoch, rows = self._storage.epoch(), self._storage.load()
            found = None
            # A key file costs less than a look into the holder.
            if file_rows(rows, KEY_FILE):
                found = ways.by_key_file(rows, self._config)
            if found is None:
                found = self._by_holder(rows, epoch)
            if found is None and file_rows(rows, KEYRING):
                found = ways.by_keyring(rows)
            if found is None:
                return False
            self._take(*found, rows, epoch)
            wipe(found[1])
            return True

    def hold(self) -> str:
        """Leave the file key in the session holder; returns where, or "" for nowhere."""
        with self._guard:
            key, holder = self._ring.keys.get(self._key_id), self._holder()
            if key is None or holder is None:
                return ""
            return holder.put(Held(self._epoch, self._key_id, key.raw))

    def touch(self) -> None:
        """Start the idle time of the session holder anew."""
        if (holder := self._holder()) is not None:
            held = holder.get(self._storage.epoch())
            wipe(held.raw if held else None)

    def lock(self) -> None:
        """Drop the keys here, raise the epoch so that every process drops them, and empty the
        session holder. A key file or an OS keyring opens the vault again: see ``opens_alone``."""
        with self._guard:
            was = self._drop()
            try:
                self._epoch = self._storage.raise_epoch()
            finally:
                if (holder := self._holder()) is not None:
                    holder.clear()
        if was:
            self._tell()

    def close(self) -> None:
        """Drop the keys of this process; the session holder keeps its own."""
        with self._guard:
            self._drop()

    def check_epoch(self) -> bool:
        """Drop the keys if another process has locked the home. Returns ``unlocked``. Cheap."""
        if self._own is not None and not self._current():
            with self._guard:
                was = self._drop()
            if was:
                self._tell()
        return self._own is not None

    def refresh(self) -> None:
        """Read the ring again, after another process has added keys to it."""
        with self._guard:
            if self._current():
                raw = self._ring.keys[self._key_id].raw
                self._take(self._key_id, raw, self._storage.load(), self._epoch)

    def when_locked(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after keys were dropped, in the thread that dropped them, so that
        caches go too. Returns the function that ends this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- inside -------------------------------------------------------------------------------

    @property
    def _config(self) -> Path:
        if self._config_given is None:
            self._config_given = locations.config()
        return self._config_given

    @property
    def _new_cost(self) -> Cost:
        return self._cost or Cost()

    def _take(self, key_id: str, raw: bytearray, rows: list[Row], epoch: int) -> None:
        """Become unlocked. The ring is built apart and put in place whole."""
        no_core_dumps()
        ring = Ring()
        own = ring.add(FILE, key_id, raw)
        ring.load(own, rows)
        old, self._ring = self._ring, ring
        self._key_id, self._epoch, self._own = key_id, epoch, own
        self._home_id = ways.home_of(rows)
        old.forget()

    def _drop(self) -> bool:
        """Become locked; whether that changed anything."""
        was, self._own = self._own is not None, None
        old, self._ring = self._ring, Ring()
        old.forget()
        return was

    def _current(self) -> bool:
        """Whether the keys are here and nobody has locked the home since."""
        return self._own is not None and self._storage.epoch() == self._epoch

    def _tell(self) -> None:
        # Never under the guard: a listener may wait for a thread that waits for the vault.
        for listener in list(self._listeners):
            listener()

    def _unlocked_ring(self) -> Ring:
        if self._own is None:
            raise locked()
        return self._ring

    def _open_for_change(self) -> tuple[bytearray, list[Row], str]:
        """The file key, the rows and the home id. LockedError."""
        if not self._current():
            raise locked()
        return self._ring.keys[self._key_id].raw, self._storage.load(), self._home_id

    def _quiet_row(self, raw: bytearray, key_id: str, home_id: str, keyring: bool) -> Row:
        return ways.wrap_quiet(
            raw, key_id, home_id, keyring=keyring, config=self._config, home=self._folder
        )

    def _by_holder(self, rows: list[Row], epoch: int) -> ways.Found | None:
        holder = self._holder()
        held = holder.get(epoch) if holder is not None else None
        if held is None or held.key_id != ways.file_key_of(rows):
            return None
        return held.key_id, held.raw

    def _holder(self) -> Holder | None:
        if not self._home_id:
            self._home_id = ways.home_of(self._storage.load())
        return Holder(self._home_id, self._idle) if self._home_id else None


def _new_id() -> str:
    # Part of every envelope, so short; two keys of one ring never share one in practice.
    return urandom(4).hex()


def locked() -> LockedError:
    """The error for whatever needs a key while there is none."""
    return LockedError(
        _("The vault is locked."),
        kept=_("Nothing was changed."),
        hint=_("Unlock it first: manabench unlock"),
    )
