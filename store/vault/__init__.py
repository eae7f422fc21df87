"""Custody of the keys: the only place that seals and opens protected values.

What is stored where
====================

**In the database, on every protected field** (``envelope.py``)::

    enc:2:<key id>:<base64(nonce 12 + ciphertext + tag 16)>

AES-256-GCM, a fresh random nonce each time; plaintext: the value as compact JSON in UTF-8;
associated data: the compact JSON array ``["collection","record id","field"]``, so an envelope
opens only in the field it was sealed for. The key id names the file key, or the space key of a
sealed space. Base64 is the standard alphabet, padded.

**On the wire of personal spaces, and at rest where it came so**::

    enc:1:<base64(iv 12)>.<base64(ciphertext + tag 16)>

AES-256-GCM under the account's master key, no key id and no associated data, plaintext as above.
Any other ``enc:<number>:`` is opaque: kept, never shown, never taken for plaintext.

**In the database, on the key ring** (``keys.py``): rows of text. The file key, 32 random bytes
made on this device and never sent anywhere, is wrapped once for each way of opening it::

    wrap        the key that wraps it                                   where that key is
    passphrase  Argon2id(passphrase, salt), 64 MiB, 3 passes, 4 lanes   a person's head
    keyring     32 random bytes                                         the system's keyring
    key file    32 random bytes                                         <config>/keys/<home>.key
    recovery    HKDF-SHA256(code, info "mana-recovery-v1")              on paper

Account master keys (current and old) and space keys are wrapped by the file key (wrap ``file``).
``wrapped`` is base64(nonce 12 + ciphertext 32 + tag 16); its associated data is the JSON array
``["manabench wrap", key id, kind, wrap, params]``, so no row can pass for another. ``check`` is a
plain checksum of the row: it tells damage from a wrong passphrase and protects nothing.

**In memory, between commands** (``holder.py``): after ``unlock`` the file key, with the epoch and
an idle limit, in the kernel's user keyring under ``manabench:<home id>``, or else in a 0600 file
``<runtime>/<home id>.session`` if that folder is in memory; nowhere otherwise. ``lock`` removes
it and raises the epoch, which makes every copy and every process that remembers the old one drop
its keys.

**Nowhere**: the passphrase, the recovery code, and any key in the clear on a disk, but for the
key file, which opens nothing without the database. Whoever has both can read.
"""

from __future__ import annotations

from store.vault.envelope import is_envelope
from store.vault.keys import KeyInfo, KeyStorage
from store.vault.passphrase import Cost
from store.vault.vault import Vault

__all__ = ["Cost", "KeyInfo", "KeyStorage", "Vault", "is_envelope"]
