"""The signing key, the tokens that it signs, and the session cookie.

A token is EdDSA over Ed25519, lives for 15 minutes and names its session (``sid``), so that the
end of the session can be its end too. Everything kept is under a key drawn from the server's own
by HKDF, one for each purpose.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from store.errors import StorageError
from store.server.storage import Identities, IdentityStorage, Session, SigningKey, User
from store.words import _

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    from store.server.settings import Settings

ALGORITHM = "EdDSA"
AUDIENCE = "mana"
LIFETIME = 15 * 60
"""Seconds that a token is good for."""

SESSION_DAYS = 7
SESSION_LIFETIME = SESSION_DAYS * 86400
"""Seconds that a session lives without being used."""

TOKEN_LENGTH = 32
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_IV = 12
_LONGEST = 4096


class Claims(NamedTuple):
    """What a good token says. expires: seconds since 1970."""

    user: str
    session: str
    email: str
    tier: str
    expires: int


class BadToken(Exception):  # noqa: N818 - an answer, not a fault
    """A token that proves nothing; ``words`` say why, in the terms of the wire."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def new_id(length: int = TOKEN_LENGTH) -> str:
    """A random id of letters and digits: 32 of them hold 190 bits."""
    return "".join(secrets.choice(_ALPHABET) for _place in range(length))


def digest(token: str) -> bytes:
    """What is kept of a session's token. It is random, so no salt and no slow hash is needed."""
    return hashlib.sha256(token.encode()).digest()


def derived(key: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose, from the server's own key."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=f"manabench-server:{purpose}".encode()).derive(key)


class Tokens:
    """Makes and checks tokens and cookies of one server."""

    def __init__(self, settings: Settings, identity: IdentityStorage) -> None:
        """Load the signing key, or make it where there is none yet.

        Raises StorageError where the key file is not the one that sealed it.
        """
        self._issuer = settings.public
        self._cookie_key = derived(settings.key, "cookie")
        self.cookie_name = ("__Secure-" if settings.secure else "") + "mana.session_token"
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" * settings.secure)
        sealing = derived(settings.key, "signing-key")
        keys = identity.change(lambda rows: _keys(rows, sealing))
        self._kid = keys[-1].kid
        self._private = _open(keys[-1], sealing)
        self._public: dict[str, Ed25519PublicKey] = {key.kid: _public(key) for key in keys}
        self.jwks: dict[str, Any] = {"keys": [_jwk(key) for key in keys]}

    # Tokens -------------------------------------------------------------------------------

    def issue(self, user: User, session: Session) -> str:
        """A token for ``user``, good for 15 minutes or until the session ends."""
        import jwt

        now = int(time.time())
        claims = {
            "sub": user.id,
            "email": user.email,
            "role": "user",
            "sid": session.id,
            "tier": user.tier,
            "iat": now,
            "exp": now + LIFETIME,
            "iss": self._issuer,
            "aud": AUDIENCE,
        }
        header = {"kid": self._kid, "typ": None}
        return jwt.encode(claims, self._private, algorithm=ALGORITHM, headers=header)

    def verify(self, token: str) -> Claims:
        """What ``token`` says. Raises BadToken. Whether its session still lives is not asked."""
        import jwt

        if len(token) > _LONGEST:
            raise BadToken("parse token: token is malformed")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != ALGORITHM:
                raise BadToken("parse token: signing method is invalid")
            if not isinstance(kid := header.get("kid"), str):
                raise BadToken("parse token: token is unverifiable: missing kid in token header")
            if (key := self._public.get(kid)) is None:
                raise BadToken("parse token: token is unverifiable: unknown key ID")
            found = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise BadToken("parse token: token has invalid claims: token is expired") from None
        except jwt.PyJWTError:
            raise BadToken("parse token: token is invalid") from None
        user, session = found["sub"], found.get("sid")
        if not user or not isinstance(session, str):
            raise BadToken("missing sub claim")
        email, tier = str(found.get("email", "")), str(found.get("tier", ""))
        return Claims(user, session, email, tier, int(found["exp"]))

    # Cookies ------------------------------------------------------------------------------

    def cookie(self, token: str) -> str:
        """The Set-Cookie header that carries a session's token, signed."""
        value = quote(f"{token}.{self._signature(token)}", safe="")
        age = SESSION_LIFETIME
        return f"{self.cookie_name}={value}; Max-Age={age}{self._attributes}"

    def clearing(self) -> list[str]:
        """The Set-Cookie headers of a logout."""
        start, _dot, _name = self.cookie_name.rpartition(".")
        names = (self.cookie_name, f"{start}.session_data", f"{start}.dont_remember")
        return [f"{name}=; Max-Age=0{self._attributes}" for name in names]

    def token_of(self, cookie: str) -> str:
        """The session's token that a cookie's value carries; "" where its signature is wrong."""
        if len(cookie) > _LONGEST:
            return ""
        token, dot, signature = unquote(cookie).rpartition(".")
        known = self._signature(token)
        good = hmac.compare_digest(signature.encode(), known.encode())
        return token if dot and good else ""

    def _signature(self, token: str) -> str:
        mac = hmac.new(self._cookie_key, token.encode(), hashlib.sha256)
        return base64.b64encode(mac.digest()).decode()


def _keys(rows: Identities, sealing: bytes) -> list[SigningKey]:
    """All signing keys, oldest first; the last one signs."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not (keys := list(rows.signing_keys())):
        private = Ed25519PrivateKey.generate()
        kid = new_id()
        sealed = _seal(private.private_bytes_raw(), sealing, kid)
        public = private.public_key().public_bytes_raw()
        keys = [SigningKey(kid, sealed, public, int(time.time() * 1000))]
        rows.add_signing_key(keys[0])
    return keys


def _seal(secret: bytes, key: bytes, kid: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    iv = secrets.token_bytes(_IV)
    return iv + AESGCM(key).encrypt(iv, secret, kid.encode())


def _open(found: SigningKey, key: bytes) -> Ed25519PrivateKey:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    iv, sealed = found.sealed[:_IV], found.sealed[_IV:]
    try:
        secret = AESGCM(key).decrypt(iv, sealed, found.kid.encode())
    except InvalidTag:
        raise StorageError(
            _("The key file is not the one that this server's database was made with."),
            kept=_("Nothing was changed."),
            hint=_("Put database and key file back from the same backup."),
        ) from None
    return Ed25519PrivateKey.from_private_bytes(secret)


def _public(key: SigningKey) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(key.public)


def _jwk(key: SigningKey) -> dict[str, str]:
    x = base64.urlsafe_b64encode(key.public).rstrip(b"=").decode()
    return {"alg": ALGORITHM, "crv": "Ed25519", "kty": "OKP", "kid": key.kid, "x": x}
