"""Calls from one service to another: a token of our own for each, one second, and a plain refusal when it fails."""

import time
from collections.abc import Mapping
from typing import Any

from joserfc.jwk import OKPKey

from chassis.http_client import HostAway, HttpClient
from chassis.identity import Principal, system
from chassis.refusals import Refusal, TryLater
from chassis.texts import Text
from chassis.tokens import mint
from chassis.tracing import current_traceparent

# An internal token lives 30 s and is used for at most 10, so that it never arrives stale.
_REUSE_S = 10
_KEPT_TOKENS = 1000


class PeerAway(TryLater):
    """The other service gave no answer in time (503 with Retry-After); the rule that asked fails closed."""

    code = "peer.away"
    text = Text(en="A service this depends on ({peer}) is away.", zh="依赖的服务（{peer}）暂不可用。")


class PeerRefused(Refusal):
    """The other service refused (502 unless caught): `status` and `refused_code` say what it answered."""

    code = "peer.refused"
    text = Text(en="{peer} refused: {refused}.", zh="{peer} 拒绝了请求：{refused}。")

    def __init__(self, peer: str, status: int, refused_code: str) -> None:
        self.peer = peer
        self.status = status
        self.refused_code = refused_code
        super().__init__(peer=peer, refused=refused_code)


class Peers:
    """The other services by name, each at its address."""

    def __init__(self, *, service: str, addresses: Mapping[str, str], key: OKPKey, http: HttpClient) -> None:
        self._service = service
        self._addresses = {name: address.rstrip("/") for name, address in addresses.items()}
        self._key = key
        self._http = http
        self._tokens: dict[tuple[str, Principal], tuple[str, float]] = {}

    async def get(
        self,
        peer: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        on_behalf_of: Principal | None = None,
        timeout_s: float = 1.0,
    ) -> dict[str, Any]:
        """Reads from `peer`. Raises `PeerAway` and `PeerRefused`."""
        return await self._call("GET", peer, path, on_behalf_of, timeout_s, params=params)

    async def post(
        self,
        peer: str,
        path: str,
        *,
        json: Any,
        on_behalf_of: Principal | None = None,
        timeout_s: float = 1.0,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Asks `peer` to answer or do something; give a key where it does. Raises `PeerAway` and `PeerRefused`."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return await self._call("POST", peer, path, on_behalf_of, timeout_s, body=json, headers=headers)

    async def _call(
        self,
        method: str,
        peer: str,
        path: str,
        on_behalf_of: Principal | None,
        timeout_s: float,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        sent = {"Authorization": f"Bearer {self._token(peer, on_behalf_of)}", **(headers or {})}
        traceparent = current_traceparent()
        if traceparent:
            sent["traceparent"] = traceparent
        try:
            reply = await self._http.call(
                method, self._addresses[peer] + path, timeout_s=timeout_s, headers=sent, body=body, params=params
            )
        except HostAway as away:
            raise PeerAway(peer=peer) from away
        if reply.status in {429, 502, 503, 504} or 300 <= reply.status < 400:
            raise PeerAway(peer=peer)
        if reply.status >= 400:
            raise PeerRefused(peer, reply.status, str(reply.body.get("code", reply.status)))
        return reply.body

    def _token(self, peer: str, on_behalf_of: Principal | None) -> str:
        """Our token for one callee: the caller's subject and grants with us as actor, or ourselves."""
        if on_behalf_of is None or on_behalf_of.kind == "system":
            principal = system(self._service)
        else:
            principal = Principal(on_behalf_of.subject, on_behalf_of.grants, actor=self._service)
        now = time.monotonic()
        token, until = self._tokens.get((peer, principal), ("", 0.0))
        if until <= now:
            if len(self._tokens) >= _KEPT_TOKENS:
                self._tokens.clear()
            token = mint(self._key, principal, audience=peer, issuer=self._service)
            self._tokens[(peer, principal)] = (token, now + _REUSE_S)
        return token
