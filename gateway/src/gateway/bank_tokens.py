"""The bank's tokens: they prove who calls, and nothing else. What the person may do is the registry's to say."""

import json
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from gateway.refusals import BankTokenRefused, IssuerAway
from gateway.remembered import Remembered

CACHE_S = 20
_CACHED_TOKENS = 4096
_MAX_LENGTH = 16 * 1024
_CLOCKS_APART_S = 5
_AGAIN_S = 30
_AGAIN_WITHOUT_KEYS_S = 1
_REFRESH_S = 300
_HEADER_FIELDS = frozenset({"alg", "kid", "typ"})
_TYPES = frozenset({None, "JWT", "at+jwt", "application/at+jwt"})
_SUBJECT = re.compile(r"staff:[A-Za-z0-9._-]{1,64}|client:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS_OF_KEY = (RSAKey, ECKey, OKPKey)
log = structlog.get_logger("issuer")


class Fetch(Protocol):
    """How a JSON object is fetched; raises `OSError` or `ValueError` when it cannot be had."""

    async def __call__(self, url: str) -> Mapping[str, Any]: ...


class IssuerKeys:
    """The issuer's public keys by id.

    An unknown id asks again, at most every 30 seconds; every five minutes the set is renewed, so that a withdrawn key
    ends. A failed fetch keeps the old set.
    """

    def __init__(self, url: str, fetch: Fetch, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url, self._fetch, self._monotonic = url, fetch, monotonic
        self._keys: dict[str, Key] = {}
        self._had_at: float | None = None
        self._asked_at: float | None = None
        self._asking: Remembered[str, bool] = Remembered(most=4, monotonic=monotonic)

    async def find(self, kid: str) -> Key | None:
        """The key of that id, or None. Raises `IssuerAway` while the set was never had."""
        if kid not in self._keys or self._is_old():
            await self._refresh()
        if self._had_at is None:
            raise IssuerAway()
        return self._keys.get(kid)

    def _is_old(self) -> bool:
        return self._had_at is None or self._monotonic() - self._had_at >= _REFRESH_S

    async def _refresh(self) -> None:
        pause = _AGAIN_WITHOUT_KEYS_S if self._had_at is None else _AGAIN_S
        if self._asked_at is None or self._monotonic() - self._asked_at >= pause:
            await self._asking.ask("keys", self._renew)

    async def _renew(self) -> tuple[bool, float]:
        try:
            self._keys = _signing_keys(await self._fetch(self._url))
            self._had_at = self._monotonic()
        except (OSError, ValueError, JoseError) as failed:
            log.warning("the issuer's keys cannot be had", reason=type(failed).__name__)
        self._asked_at = self._monotonic()
        return True, 0.0


def _signing_keys(jwks: Mapping[str, Any]) -> dict[str, Key]:
    entries = jwks.get("keys")
    if not isinstance(entries, list):
        raise ValueError("no key set")
    found: dict[str, Key] = {}
    for entry in entries:
        # A symmetric key in a public set would let anyone sign: only kinds with a public half are taken.
        if (
            isinstance(entry, dict)
            and entry.get("kid")
            and entry.get("use", "sig") == "sig"
            and entry.get("kty") != "oct"
        ):
            key = import_key(entry)
            if isinstance(key, _KINDS_OF_KEY):
                found[str(entry["kid"])] = key
    return found


@dataclass(frozen=True, slots=True)
class BankTokens:
    """Checks access tokens of one issuer for one audience. A good one is remembered at most 20 s, never past its end."""

    issuer: str
    audience: str
    algorithms: Collection[str]
    keys: IssuerKeys
    wall_clock: Callable[[], float]
    verified: Remembered[str, str]

    async def subject_of(self, token: str) -> str:
        """`staff:<no>` or `client:<id>`. Raises `BankTokenRefused`, or `IssuerAway` while no key was ever had."""
        known = self.verified.get(token)
        if known is not None:
            return known
        now = self.wall_clock()
        header, claims = _peek(token, self.algorithms)
        key = await self.keys.find(header["kid"])
        if key is None:
            raise BankTokenRefused("key not known")
        try:
            jws.deserialize_compact(token, key, algorithms=[header["alg"]])
        except (JoseError, ValueError) as broken:
            raise BankTokenRefused("signature") from broken
        expires = self._check(claims, now)
        subject: str = claims["sub"]
        self.verified.put(token, subject, for_s=min(CACHE_S, expires - now))
        return subject

    def _check(self, claims: dict[str, Any], now: float) -> int:
        audience = claims.get("aud")
        if claims.get("iss") != self.issuer:
            raise BankTokenRefused("issuer")
        if self.audience not in (audience if isinstance(audience, list) else [audience]):
            raise BankTokenRefused("audience")
        # Keycloak marks its ID and refresh tokens so; they prove a login, not a right to call.
        if claims.get("typ", "Bearer") != "Bearer":
            raise BankTokenRefused("kind")
        expires, begins = claims.get("exp"), claims.get("nbf", claims.get("iat", 0))
        if type(expires) is not int or type(begins) is not int:
            raise BankTokenRefused("times")
        if expires <= now:
            raise BankTokenRefused("expired")
        if begins > now + _CLOCKS_APART_S:
            raise BankTokenRefused("not yet valid")
        if not isinstance(claims.get("sub"), str) or not _SUBJECT.fullmatch(claims["sub"]):
            raise BankTokenRefused("subject")
        return expires


def bank_tokens(
    issuer: str,
    audience: str,
    algorithms: Collection[str],
    keys: IssuerKeys,
    monotonic: Callable[[], float] = time.monotonic,
) -> BankTokens:
    """The checker as a process uses it."""
    verified: Remembered[str, str] = Remembered(most=_CACHED_TOKENS, monotonic=monotonic)
    return BankTokens(issuer, audience, frozenset(algorithms), keys, time.time, verified)


def _peek(token: str, algorithms: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims before the signature is checked. Only alg, kid and typ may stand in the header: `jku`, `x5u`,
    `jwk`, `x5c` would let a token bring its own key, `crit` asks for what we do not know."""
    if len(token) > _MAX_LENGTH or not token.isascii():
        raise BankTokenRefused("not a token")
    try:
        found = jws.extract_compact(token.encode())
        header, claims = found.headers(), json.loads(found.payload)
    except (JoseError, ValueError, RecursionError) as broken:
        raise BankTokenRefused("not a token") from broken
    if not isinstance(claims, dict) or header.get("alg") not in algorithms or header.get("typ") not in _TYPES:
        raise BankTokenRefused("algorithm or type")
    kid = header.get("kid")
    if not _HEADER_FIELDS.issuperset(header) or not isinstance(kid, str) or not 0 < len(kid) <= 256:
        raise BankTokenRefused("header fields")
    return header, claims
