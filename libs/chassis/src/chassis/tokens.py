"""Internal tokens: 30 seconds, Ed25519, for one service. Made by the gateway and by services, checked by everyone."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.clock import Clock, system_clock
from chassis.identity import Grant, Principal
from chassis.refusals import Unauthenticated
from chassis.texts import Text

GATEWAY = "gateway"
# EdDSA on curve 25519 by its fully specified name (RFC 9864); the list of what is accepted has this one entry.
ALGORITHM: Final = "Ed25519"
TOKEN_TYPE = "vip-internal+jwt"  # noqa: S105 - the media type of our tokens, not a secret
LIFETIME_S = 30

_MAX_LENGTH = 16 * 1024
_MAX_LIFETIME_S = 60
_CLOCKS_APART_S = 5
_HEADER_FIELDS = frozenset({"alg", "kid", "typ"})
_CACHE_S = 10
_CACHED_TOKENS = 4096


class TokenRefused(Unauthenticated):
    """A token that proves nothing here; why exactly is logged by its reason and never told."""

    code = "token.refused"
    text = Text(
        en="The access token is missing, expired or not for this service.", zh="访问令牌缺失、过期或不适用于本服务。"
    )

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()


class KeySource(Protocol):
    """Where the public keys of issuers come from."""

    async def find(self, issuer: str, kid: str) -> OKPKey | None:
        """The issuer's key of that id, or None: unknown issuer or unknown key. May refuse with `TryLater`."""
        ...


def mint(
    key: OKPKey,
    principal: Principal,
    *,
    audience: str,
    issuer: str = GATEWAY,
    now: datetime | None = None,
    lifetime_s: int = LIFETIME_S,
) -> str:
    """A signed token that carries `principal` to `audience`, good for `lifetime_s` seconds from `now`."""
    issued = int((now or system_clock()).timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": principal.subject,
        "iat": issued,
        "exp": issued + lifetime_s,
        "grants": [_grant_claim(grant) for grant in principal.grants],
    }
    if principal.actor is not None:
        claims["act"] = principal.actor
    header = {"alg": ALGORITHM, "kid": str(key.kid), "typ": TOKEN_TYPE}
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return jws.serialize_compact(header, payload, key, algorithms=[ALGORITHM])


class Verifier:
    """Checks tokens for one service. A verified token is remembered for at most ten seconds and never beyond its end."""

    def __init__(
        self, *, audience: str, issuers: Collection[str], keys: KeySource, clock: Clock = system_clock
    ) -> None:
        self._audience = audience
        self._issuers = frozenset(issuers)
        self._keys = keys
        self._clock = clock
        self._verified: dict[str, tuple[Principal, float]] = {}

    async def verify(self, token: str) -> Principal:
        """The caller a token proves. Raises `TokenRefused`, or `TryLater` while an issuer's keys cannot be had."""
        now = self._clock().timestamp()
        known = self._verified.get(token)
        if known is not None and known[1] > now:
            return known[0]
        principal, expires_at = await self._verify(token, now)
        if len(self._verified) >= _CACHED_TOKENS:
            # The oldest quarter goes: entries are in the order they came.
            for old in list(self._verified)[: _CACHED_TOKENS // 4]:
                del self._verified[old]
        self._verified.pop(token, None)
        self._verified[token] = (principal, min(expires_at, now + _CACHE_S))
        return principal

    async def _verify(self, token: str, now: float) -> tuple[Principal, float]:
        if len(token) > _MAX_LENGTH or not token.isascii():
            raise TokenRefused("not a token")
        header, claims = _peek(token)
        issuer, kid = claims.get("iss"), header.get("kid")
        if not isinstance(issuer, str) or issuer not in self._issuers:
            raise TokenRefused("issuer not trusted")
        if not isinstance(kid, str) or not 0 < len(kid) <= 128:
            raise TokenRefused("no key id")
        key = await self._keys.find(issuer, kid)
        if key is None:
            raise TokenRefused("key not known")
        try:
            jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
        except (JoseError, ValueError) as broken:
            raise TokenRefused("signature") from broken
        return _principal(claims, issuer), _check_times(claims, self._audience, now)


def _peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose signature is not checked yet; refuses what we never make.

    Only alg, kid and typ are read: `jku`, `x5u`, `jwk`, `x5c` and `crit` would let a token bring its own key.
    """
    try:
        found = jws.extract_compact(token.encode())
        header, claims = found.headers(), json.loads(found.payload)
    except (JoseError, ValueError, RecursionError) as broken:
        raise TokenRefused("not a token") from broken
    if not isinstance(claims, dict) or header.get("alg") != ALGORITHM or header.get("typ") != TOKEN_TYPE:
        raise TokenRefused("algorithm or type")
    if not _HEADER_FIELDS.issuperset(header):
        raise TokenRefused("header fields")
    return header, claims


def _check_times(claims: dict[str, Any], audience: str, now: float) -> float:
    if claims.get("aud") != audience:
        raise TokenRefused("audience")
    issued, expires, begins = claims.get("iat"), claims.get("exp"), claims.get("nbf", claims.get("iat"))
    if type(issued) is not int or type(expires) is not int or type(begins) is not int:
        raise TokenRefused("times")
    if expires <= now or expires - issued > _MAX_LIFETIME_S:
        raise TokenRefused("expired")
    if max(begins, issued) > now + _CLOCKS_APART_S:
        raise TokenRefused("not yet valid")
    return expires


def _principal(claims: dict[str, Any], issuer: str) -> Principal:
    """The caller. A service speaks for itself or names itself as actor; only the gateway passes a person on alone."""
    subject, actor = claims.get("sub"), claims.get("act")
    if not isinstance(subject, str):
        raise TokenRefused("subject")
    kind, _, name = subject.partition(":")
    if kind not in {"staff", "client", "system"} or not name:
        raise TokenRefused("subject")
    if kind == "system":
        if name != issuer or actor is not None:
            raise TokenRefused("actor")
    elif actor != (None if issuer == GATEWAY else issuer):
        raise TokenRefused("actor")
    try:
        if kind == "client":
            UUID(name)
        return Principal(subject, tuple(_grant(claim) for claim in claims.get("grants", ())), actor)
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        raise TokenRefused("grants") from broken


def _grant_claim(grant: Grant) -> dict[str, Any]:
    until = None if grant.until is None else grant.until.astimezone(UTC).isoformat()
    return {"role": grant.role, "unit_path": grant.unit_path, "reach": grant.reach, "until": until}


def _grant(claim: dict[str, Any]) -> Grant:
    role, path, reach, until = claim["role"], claim["unit_path"], claim["reach"], claim.get("until")
    if not isinstance(role, str) or not isinstance(path, str) or reach not in {"own", "unit"}:
        raise ValueError("grant")
    if not (path.startswith("/") and path.endswith("/")):
        raise ValueError("path")
    ends = None if until is None else datetime.fromisoformat(until)
    if ends is not None and ends.tzinfo is None:
        raise ValueError("until")
    return Grant(role, path, reach, ends)


def generate_key(kid: str) -> OKPKey:
    """A fresh Ed25519 signing key; its id should name the service and the day."""
    return OKPKey.generate_key(ALGORITHM, {"kid": kid, "use": "sig"})


def write_key(key: OKPKey, path: Path, *, development: bool) -> None:
    """Writes a private key for its owner's eyes only; a development key says so and is refused in production."""
    content = {**key.as_dict(private=True), "development": development}
    path.touch(mode=0o600)
    path.write_text(json.dumps(content))


def read_key(path: Path) -> tuple[OKPKey, bool]:
    """A private signing key and whether it is one of development. Raises `ValueError` for anything else."""
    content = json.loads(path.read_text())
    development = bool(content.pop("development", False))
    key = OKPKey.import_key(content)
    if not key.is_private or key.curve_name != ALGORITHM or not key.kid:
        raise ValueError(f"{path.name} is not a private Ed25519 key with a key id")
    return key, development


def public_jwks(*keys: OKPKey) -> dict[str, Any]:
    """The public halves, as `/internal/jwks` shows them."""
    return {"keys": [{**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": ALGORITHM} for key in keys]}
