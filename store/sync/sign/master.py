"""The account's master key: fetched, made, unlocked by code, changed, and kept from strangers.

    standard         the server keeps the key and hands it to whoever is signed in
    zero-knowledge   the server keeps only a wrap that a recovery code opens

Before zero-knowledge begins, the wrap is opened here with the code as it was shown; before it ends,
the key is tried on text that it must open. A key that a server hands out although the account is
zero-knowledge is not taken: whoever made it could read what is sealed under it.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.errors import GuardError, LockedError, ServerError, UnreadableError
from store.stamps import instant
from store.sync.account import keep
from store.sync.sign.calling import no_answer, refusal
from store.vault import recovery as codes
from store.vault.custody import locked
from store.vault.envelope import ENC1
from store.words import _

if TYPE_CHECKING:
    from store.sync.sign.session import Session
    from store.workbench import Workbench

VAULT = "/api/v1/me/encryption-vault"
_KEY_INFO = b"manabench account key id"
_SAMPLES = 50


class Blob(NamedTuple):
    """A zero-knowledge account's wrap, which only the recovery code opens."""

    wrapped: str
    iv: str


def ensure(bench: Workbench, session: Session, *, recovery: str = "", accept: bool = False) -> bool:
    """See that the account's current key is in the ring; whether it is new here.

    recovery: the code of a zero-knowledge account. accept: a person agreed to another key although
    the account was zero-knowledge. Raises LockedError where a code is needed and none is given,
    WrongPassphraseError, GuardError for a key that must not be taken, NetworkError, ServerError.
    """
    if not bench.vault.check_epoch():
        raise locked()
    found = fetch(session)
    if isinstance(found, Blob):
        fresh = _from_blob(bench, found, recovery)
        _note(bench, zero_knowledge=True)
    else:
        if _note(bench).get("zero_knowledge") and not _in_ring(bench, found) and not accept:
            raise GuardError(
                _("The server hands out another key although the account is zero-knowledge."),
                kept=_("The key was not taken; nothing was sent."),
                hint=_(
                    "If you turned zero-knowledge off and changed the key on another device, run "
                    "`manabench account accept-key`."
                ),
            )
        fresh = _learn(bench, found)
        _note(bench, zero_knowledge=False)
    if _note(bench).get("rotating"):
        _finish_rotation(bench)
    return fresh


def fetch(session: Session) -> bytes | Blob:
    """The master key, or its wrap; a vault that is not there yet is made. Raises ServerError."""
    answer = session.call("GET", f"{VAULT}/key")
    if answer.status == 404 and refusal(answer).code_given == "VAULT_NOT_INITIALISED":
        answer = session.call("POST", f"{VAULT}/init")
    if answer.status != 200:
        raise refusal(answer)
    return _key_of(answer.json())


def _key_of(body: Any) -> bytes | Blob:
    if isinstance(body, dict) and body.get("requiresRecoveryCode"):
        wrapped, iv = body.get("recoveryWrappedMk"), body.get("recoveryIv")
        if isinstance(wrapped, str) and isinstance(iv, str):
            return Blob(wrapped, iv)
        raise no_answer(200)
    try:
        raw = a2b_base64(body["masterKey"], strict_mode=True)
    except (KeyError, TypeError, ValueError):
        raise no_answer(200) from None
    if len(raw) != 32:
        raise no_answer(200)
    return raw


def _from_blob(bench: Workbench, blob: Blob, recovery: str) -> bool:
    """The key of a zero-knowledge account: what is in the ring goes on, a code opens the wrap."""
    if recovery:
        return _learn(bench, codes.unwrap_master(recovery, blob.wrapped, blob.iv))
    if current(bench) is not None:
        return False
    raise LockedError(
        _("This account is zero-knowledge: its recovery code is needed once on this device."),
        kept=_("You are signed in; nothing was sent."),
        hint=_("Give it: manabench login --recovery"),
    )


# The ring ---------------------------------------------------------------------------------------


def key_id(raw: bytes) -> str:
    """The name of an account key in the ring, the same wherever it is fetched."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    made = HKDF(algorithm=SHA256(), length=6, salt=None, info=_KEY_INFO).derive(raw)
    return f"a{made.hex()}"


def current(bench: Workbench) -> str | None:
    """The id of the account's current key, None before it was fetched."""
    ids = [info.key_id for info in bench.vault.list_keys() if info.kind == "account"]
    return ids[-1] if ids else None


def _in_ring(bench: Workbench, raw: bytes) -> bool:
    return any(info.key_id == key_id(raw) for info in bench.vault.list_keys())


def _learn(bench: Workbench, raw: bytes) -> bool:
    """Make a key the account's current one; the one before stays for what it sealed."""
    id = key_id(raw)
    if current(bench) == id:
        return False
    with bench.db.transaction():
        bench.vault.add_key("account", id, raw)
        bench.db.touch("vault", "", None)
    return True


def _note(bench: Workbench, **values: Any) -> dict[str, Any]:
    """What is remembered of the account's vault, changed by ``values``."""
    rows = bench.db.read("SELECT value FROM account WHERE key = 'vault'")
    known: dict[str, Any] = orjson.loads(rows[0][0]) if rows else {}
    changed = {name: value for name, value in values.items() if known.get(name) != value}
    if changed:
        known |= changed
        keep(bench, vault=known)
    return known


def is_zero_knowledge(bench: Workbench) -> bool:
    """Whether the account was zero-knowledge when its key was last looked at."""
    return bool(_note(bench).get("zero_knowledge"))


# Recovery and zero-knowledge --------------------------------------------------------------------


def make_recovery(bench: Workbench, session: Session, code: str = "") -> str:
    """A recovery code for the account, whose wrap the server now keeps; shown once.

    code: one that a person has written down already; else a fresh one is made. The wrap was opened
    here with it before it was sent, and in zero-knowledge mode is read back. Raises LockedError,
    NetworkError, ServerError.
    """
    raw = _current_raw(bench, session)
    code = code or codes.new_code()
    wrapped, iv = codes.wrap_master(code, raw)
    _post(session, "recovery-wrap", {"recoveryWrappedMk": wrapped, "recoveryIv": iv})
    stored = fetch(session)
    if isinstance(stored, Blob) and not _opens(stored, code, raw):
        raise _broken_wrap()
    return code


def zero_knowledge_on(bench: Workbench, session: Session, code: str) -> None:
    """Take the key from the server. ``code`` is what a person has written down just now.

    Its wrap is made and opened here first, and read back from the server afterwards: one that does
    not open puts the key back. Raises InvalidValueError for what is no code, ServerError.
    """
    raw = _current_raw(bench, session)
    wrapped, iv = codes.wrap_master(code, raw)
    _post(session, "recovery-wrap", {"recoveryWrappedMk": wrapped, "recoveryIv": iv})
    _post(session, "zero-knowledge", {"enable": True})
    stored = fetch(session)
    if not isinstance(stored, Blob) or not _opens(stored, code, raw):
        if isinstance(stored, Blob):
            _post(session, "zero-knowledge", {"enable": False, "masterKey": _text(raw)})
        raise _broken_wrap()
    _note(bench, zero_knowledge=True)


def zero_knowledge_off(bench: Workbench, session: Session, code: str = "") -> None:
    """Give the key back to the server, after it was tried on something that it must open: values
    that came from the server, else the server's own wrap by the recovery code.

    Raises LockedError where neither is there, GuardError where the key does not fit, ServerError.
    """
    id = current(bench)
    if id is None:
        raise locked()
    raw = bench.vault.raw_key(id)
    stored = fetch(session)
    if not isinstance(stored, Blob):
        _note(bench, zero_knowledge=False)
        return
    fits = _opens(stored, code, raw) if code else _opens_known(bench, id)
    if fits is None:
        raise LockedError(
            _("Nothing is here yet on which the key could be tried."),
            kept=_("Zero-knowledge stays on."),
            hint=_("Give the recovery code: manabench account zero-knowledge off --recovery"),
        )
    if not fits:
        raise GuardError(
            _("The key of this device does not open what is stored."),
            kept=_("Zero-knowledge stays on; nothing was sent."),
            hint=_("Fetch the right one with the recovery code: manabench login --recovery"),
        )
    _post(session, "zero-knowledge", {"enable": False, "masterKey": _text(raw)})
    if fetch(session) != raw:
        raise no_answer(200)
    _note(bench, zero_knowledge=False)


def _opens(blob: Blob, code: str, raw: bytes) -> bool:
    try:
        return codes.unwrap_master(code, blob.wrapped, blob.iv) == raw
    except LockedError:
        return False


def _opens_known(bench: Workbench, id: str) -> bool | None:
    """Whether the key opens one of the newest values that came sealed; None where there is none."""
    from store.vault.envelope import Cipher, open1

    cipher, tried = Cipher(id, bench.vault.raw_key(id)), 0
    for envelope in _sealed_values(bench):
        tried += 1
        try:
            open1((cipher,), envelope)
            return True
        except UnreadableError:
            if tried >= _SAMPLES:
                break
    return False if tried else None


def _sealed_values(bench: Workbench) -> Iterator[str]:
    """Values sealed under an account key, the newest of each collection first."""
    for table in (*(c.name for c in bench.registry if c.app), "foreign_records"):
        for (doc,) in bench.db.read(
            f'SELECT doc FROM "{table}" WHERE instr(doc, ?) ORDER BY pk DESC LIMIT 20',
            (f'"{ENC1}',),
        ):
            for value in orjson.loads(doc).values():
                if isinstance(value, str) and value.startswith(ENC1):
                    yield value


def _current_raw(bench: Workbench, session: Session) -> bytes:
    ensure(bench, session)
    id = current(bench)
    if id is None:
        raise locked()
    return bench.vault.raw_key(id)


def _post(session: Session, path: str, body: dict[str, Any]) -> Any:
    answer = session.call("POST", f"{VAULT}/{path}", json=body)
    if answer.status != 200:
        raise refusal(answer)
    return answer.json()


def _text(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode()


def _broken_wrap() -> ServerError:
    return ServerError(
        _("The server did not keep the recovery wrap as it was sent."),
        kept=_("The key is on this device and opens everything; zero-knowledge is not on."),
        hint=_("Try again; if it persists, tell the server's operator."),
    )


# Changing the key -------------------------------------------------------------------------------


def rotate(bench: Workbench, session: Session) -> int:
    """Change the account's key; returns how many values this device sends again under the new one.

    Old keys stay in the ring. The server forgets the recovery wrap. An interruption is made good
    by the next ``ensure``. Raises LockedError, ServerError (not while zero-knowledge is on).
    """
    ensure(bench, session)
    before = current(bench)
    _note(bench, rotating={"from": before, "at": instant(bench.clock())})
    try:
        body = _post(session, "rotate", {})
    except ServerError as error:
        if 400 <= error.status < 500:
            _note(bench, rotating=None)
        raise
    found = _key_of(body)
    if isinstance(found, Blob):
        raise no_answer(200)
    _learn(bench, found)
    return _finish_rotation(bench)


def _finish_rotation(bench: Workbench) -> int:
    """Seal anew what the key before sealed, if the key did change; whoever rotates does it."""
    rotating = _note(bench)["rotating"]
    count = 0
    with bench.db.transaction():
        if rotating["from"] != current(bench):
            from store.sync.outbox import resending
            from store.sync.waiting.sealing import seal_all

            seal_all(bench)
            count = resending.reseal(bench)
        _note(bench, rotating=None)
    return count
