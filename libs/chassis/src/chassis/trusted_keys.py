"""The public keys of those whose tokens we accept, fetched without ever standing in a request's way twice."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.http_client import HostAway, HttpClient
from chassis.refusals import TryLater
from chassis.texts import Text
from chassis.tokens import ALGORITHM

_AGAIN_S = 30
_AGAIN_WITHOUT_KEYS_S = 1
_FETCH_TIMEOUT_S = 2.0
log = structlog.get_logger("keys")


class KeysAway(TryLater):
    """An issuer's keys were never had and cannot be had now: nobody can be recognised (503)."""

    code = "keys.away"
    text = Text(en="Callers cannot be recognised at the moment.", zh="暂时无法验证调用方身份。")


class TrustedKeys:
    """Keys by issuer. Each is a JWKS address, or the JWKS itself.

    An unknown key id asks the address again, at most every 30 seconds (every second while we have no key at all); a
    failed fetch keeps the old set. One fetch at a time for each issuer; the others wait for it.
    """

    def __init__(
        self,
        sources: Mapping[str, str | Mapping[str, Any]],
        http: HttpClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = {issuer: source for issuer, source in sources.items() if isinstance(source, str)}
        self._keys = {issuer: keys_of(source) for issuer, source in sources.items() if not isinstance(source, str)}
        self._locks = {issuer: asyncio.Lock() for issuer in self._addresses}
        self._asked_at: dict[str, float] = {}
        self._http = http
        self._monotonic = monotonic

    async def find(self, issuer: str, kid: str) -> OKPKey | None:
        """The issuer's key of that id, or None. Raises `KeysAway` while the issuer's set was never had."""
        key = self._keys.get(issuer, {}).get(kid)
        if key is not None or issuer not in self._addresses:
            return key
        async with self._locks[issuer]:
            if kid not in self._keys.get(issuer, {}) and self._may_ask(issuer):
                await self._refresh(issuer)
        if issuer not in self._keys:
            raise KeysAway()
        return self._keys[issuer].get(kid)

    def _may_ask(self, issuer: str) -> bool:
        pause = _AGAIN_S if issuer in self._keys else _AGAIN_WITHOUT_KEYS_S
        asked = self._asked_at.get(issuer)
        return asked is None or self._monotonic() - asked >= pause

    async def _refresh(self, issuer: str) -> None:
        self._asked_at[issuer] = self._monotonic()
        try:
            reply = await self._http.call("GET", self._addresses[issuer], timeout_s=_FETCH_TIMEOUT_S)
            if reply.status != 200:
                raise HostAway(str(reply.status))
            self._keys[issuer] = keys_of(reply.body)
        except (HostAway, ValueError, JoseError) as failed:
            log.warning("keys not refreshed", issuer=issuer, reason=type(failed).__name__)


def keys_of(jwks: Mapping[str, Any]) -> dict[str, OKPKey]:
    """The Ed25519 keys of a JWKS by key id; others are left out. Raises `ValueError` for what is no key set."""
    entries = jwks.get("keys")
    if not isinstance(entries, list):
        raise ValueError("no key set")
    ours = [
        entry for entry in entries if isinstance(entry, dict) and entry.get("crv") == ALGORITHM and entry.get("kid")
    ]
    return {str(entry["kid"]): OKPKey.import_key({k: v for k, v in entry.items() if k != "d"}) for entry in ours}
