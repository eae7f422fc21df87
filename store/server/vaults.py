"""The account's master key in custody: a state machine with three states behind one row.

Absent -> standard (wrapped under the server's key) -> with a recovery wrap -> zero-knowledge, in
which the recovery wrap alone remains and the server can read nothing. In standard mode whoever
runs the server can read what the account sealed; only zero-knowledge changes that.

Failures are audited too: an outcome is written first and told afterwards. Only that a key was
fetched, which every start of every client does, is written within a second, together with others.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import secrets
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.server import answers
from store.server.errors import Refusal, vault
from store.server.sessions import now_ms
from store.server.storage import AUDITED, Identities, Vault
from store.server.tokens import derived

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from store.server.context import Context

LOG = logging.getLogger("manabench.server")

KEY = 32
IV = 12
WRAPPED = KEY + 16
KEK_ID = "env-v1"
"""What compatible servers call the one key that wraps; clients only pass it on."""

FORMAT = 1
BASE = "/api/v1/me/encryption-vault"
FETCH = "fetch"
SOON = 0.5
"""Seconds until a fetched key is audited."""

Answer = dict[str, Any]
Act = Callable[[Identities, str, dict[str, Any]], Answer]


class Vaults:
    """The acts on one user's vault, each inside a transaction. They raise Refusal."""

    def __init__(self, key: bytes) -> None:
        """key: the server's own, from which the one that wraps is drawn."""
        self._kek = derived(key, "vault")

    def status(self, rows: Identities, user: str, _body: dict[str, Any]) -> Answer:
        """What there is; never an error."""
        found = rows.vault(user)
        recovery = found.recovery_set if found else 0
        return {
            "vaultExists": found is not None,
            "hasRecoveryWrap": bool(found and found.recovery),
            "zeroKnowledge": bool(found and found.zero_knowledge),
            "recoverySetAt": answers.instant(recovery) if recovery else None,
        }

    def init(self, rows: Identities, user: str, _body: dict[str, Any]) -> Answer:
        """The key, made now where there was none."""
        found = rows.vault(user)
        if found is None:
            found = self._wrap(user, secrets.token_bytes(KEY))
            rows.put_vault(found)
        return self._told(found)

    def key(self, rows: Identities, user: str, _body: dict[str, Any]) -> Answer:
        """The key, or what the recovery code opens."""
        return self._told(_existing(rows, user))

    def rotate(self, rows: Identities, user: str, _body: dict[str, Any]) -> Answer:
        """A fresh key. The recovery wrap of the old one goes."""
        found = rows.vault(user)
        if found and found.zero_knowledge:
            raise vault(409, "ZK_ROTATE_FORBIDDEN", "rotation is not possible in zero-knowledge")
        fresh = self._wrap(user, secrets.token_bytes(KEY))
        rows.put_vault(fresh)
        return self._told(fresh)

    def set_recovery(self, rows: Identities, user: str, body: dict[str, Any]) -> Answer:
        """Keep a wrap under the person's code. It is looked at only for its form."""
        blob, iv = body.get("recoveryWrappedMk"), body.get("recoveryIv")
        if len(_bytes(blob) or b"") != WRAPPED or len(_bytes(iv) or b"") != IV:
            raise vault(400, "BAD_REQUEST", "recoveryWrappedMk and recoveryIv are required")
        found = _existing(rows, user)
        rows.put_vault(
            found._replace(recovery=str(blob), recovery_iv=str(iv), recovery_set=now_ms())
        )
        return {"ok": True}

    def clear_recovery(self, rows: Identities, user: str, _body: dict[str, Any]) -> Answer:
        """Drop the recovery wrap, which zero-knowledge cannot do without."""
        found = _existing(rows, user)
        if found.zero_knowledge:
            raise vault(409, "ZK_ACTIVE", "zero-knowledge mode needs the recovery wrap")
        rows.put_vault(found._replace(recovery="", recovery_iv="", recovery_set=0))
        return {"ok": True}

    def zero_knowledge(self, rows: Identities, user: str, body: dict[str, Any]) -> Answer:
        """Drop the server's wrap, or take the key back into custody."""
        enable = body.get("enable")
        if not isinstance(enable, bool):
            raise vault(400, "BAD_REQUEST", "enable must be true or false")
        found = _existing(rows, user)
        if enable and not found.zero_knowledge:
            if not found.recovery:
                raise vault(400, "RECOVERY_WRAP_MISSING", "set a recovery wrap first")
            rows.put_vault(found._replace(wrapped="", wrap_iv="", zero_knowledge=True))
        elif not enable and found.zero_knowledge:
            key = _bytes(body.get("masterKey"))
            if key is None or len(key) != KEY:
                raise vault(400, "BAD_REQUEST", "masterKey must be 32 bytes in base64")
            fresh = self._wrap(user, key)
            rows.put_vault(
                fresh._replace(
                    recovery=found.recovery,
                    recovery_iv=found.recovery_iv,
                    recovery_set=found.recovery_set,
                )
            )
        return {"ok": True, "zeroKnowledge": enable}

    # Wrapping -----------------------------------------------------------------------------

    def _wrap(self, user: str, key: bytes) -> Vault:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        iv = secrets.token_bytes(IV)
        wrapped = AESGCM(self._kek).encrypt(iv, key, user.encode())
        return Vault(user, _text(wrapped), _text(iv), KEK_ID)

    def _told(self, found: Vault) -> Answer:
        if found.zero_knowledge:
            return {
                "requiresRecoveryCode": True,
                "recoveryWrappedMk": found.recovery,
                "recoveryIv": found.recovery_iv,
                "formatVersion": FORMAT,
            }
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            key = AESGCM(self._kek).decrypt(
                base64.b64decode(found.wrap_iv),
                base64.b64decode(found.wrapped),
                found.user.encode(),
            )
        except InvalidTag:
            raise Refusal(500, {"statusCode": 500, "message": "unwrap failed"}) from None
        return {"masterKey": _text(key), "formatVersion": FORMAT, "kekId": found.kek}


def _existing(rows: Identities, user: str) -> Vault:
    found = rows.vault(user)
    if found is None:
        raise vault(404, "VAULT_NOT_INITIALISED", "the vault is not initialised")
    return found


def _bytes(value: Any) -> bytes | None:
    """base64 of the standard alphabet, padded; None for anything else."""
    if not isinstance(value, str) or len(value) > 1000:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


# Endpoints -------------------------------------------------------------------------------------


def routes(context: Context) -> list[BaseRoute]:
    """Every endpoint of this part."""
    from starlette.routing import Route

    of, fetches = Vaults(context.settings.key), Fetches(context)
    context.closing.append(fetches.end)
    table: tuple[tuple[str, str, Act, str], ...] = (
        ("GET", "status", of.status, ""),
        ("POST", "init", of.init, "init"),
        ("GET", "key", of.key, FETCH),
        ("POST", "rotate", of.rotate, "rotate"),
        ("POST", "recovery-wrap", of.set_recovery, "recovery_set"),
        ("DELETE", "recovery-wrap", of.clear_recovery, "recovery_clear"),
        ("POST", "zero-knowledge", of.zero_knowledge, "zk"),
    )
    return [
        *(
            Route(f"{BASE}/{path}", _endpoint(context, fetches, act, audit), methods=[method])
            for method, path, act, audit in table
        ),
        Route("/api/v1/me/ai-mission-grant", _grant(context), methods=["POST"]),
    ]


class Fetches:
    """Audits of fetched keys that are not written down yet."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rows: deque[tuple[str, str, str, int]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._over = False

    def add(self, user: str, outcome: str) -> None:
        """Have one written soon."""
        self._rows.append((user, FETCH, outcome, now_ms()))
        if self._task is None:
            self._task = asyncio.create_task(self._soon())

    async def _soon(self) -> None:
        await asyncio.sleep(SOON)
        self._task = None
        if self._over:
            return
        try:
            await self._context.change(self.write)
        except Exception as error:  # noqa: BLE001 - nobody waits who could be told
            LOG.error("%s while auditing", type(error).__name__)

    def write(self, rows: Identities) -> None:
        """Write down all of them, in the order in which they came."""
        waiting = list(self._rows)
        for row in waiting[-AUDITED:]:
            rows.audit(*row)
        for _row in waiting:
            self._rows.popleft()

    def end(self) -> None:
        """Write down what is left at the server's end. A disk that is full then costs no more than
        these audits."""
        self._over = True
        if self._rows:
            try:
                self._context.identity.change(self.write)
            except sqlite3.Error as error:
                LOG.error("%s while auditing", type(error).__name__)


async def _fetched(context: Context, fetches: Fetches, user: str, act: Act) -> Response:
    done = await context.view(lambda rows: _tried(rows, user, act, {}))
    fetches.add(user, _outcome(done))
    if isinstance(done, Refusal):
        raise done
    return answers.json(done)


def _endpoint(context: Context, fetches: Fetches, act: Act, audit: str) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        claims = await context.bearer(request)
        body: dict[str, Any] = {}
        if audit == FETCH:
            return await _fetched(context, fetches, claims.user, act)
        if request.method == "POST":
            body = await answers.body(
                request, lambda: vault(400, "BAD_REQUEST", "the body is no JSON object")
            )
        if not audit:
            return answers.json(await context.view(lambda rows: act(rows, claims.user, body)))
        name = audit
        if audit == "zk":
            name = "zk_enable" if body.get("enable") is True else "zk_disable"

        def run(rows: Identities) -> Answer | Refusal:
            fetches.write(rows)  # they came before
            return _audited(rows, claims.user, name, act, body)

        done = await context.change(run)
        if isinstance(done, Refusal):
            raise done
        return answers.json(done)

    return endpoint


def _audited(
    rows: Identities, user: str, name: str, act: Act, body: dict[str, Any]
) -> Answer | Refusal:
    """Run an act and write down what came of it. Every act writes only once it cannot fail any
    more, so a refusal leaves nothing but its audit row."""
    done = _tried(rows, user, act, body)
    rows.audit(user, name, _outcome(done), now_ms())
    return done


def _tried(rows: Identities, user: str, act: Act, body: dict[str, Any]) -> Answer | Refusal:
    if rows.user(user) is None:
        return Refusal(401, {"statusCode": 401, "message": "session has ended"})
    try:
        return act(rows, user, body)
    except Refusal as refusal:
        return refusal


def _outcome(done: Answer | Refusal) -> str:
    if not isinstance(done, Refusal):
        return "ok"
    return str(done.body.get("code", "")) if isinstance(done.body, dict) else ""


def _grant(context: Context) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        """No runner's key is configured here, and none can be: missions run in the client."""
        await context.bearer(request)
        raise vault(503, "GRANT_NOT_CONFIGURED", "mission grants are not configured")

    return endpoint
