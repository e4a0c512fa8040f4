"""Outgoing HTTP in one place: the only module that imports httpx, so that its successor is one line away."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_ANSWER_LIMIT = 8 * 1024 * 1024


class HostAway(Exception):
    """No whole answer within the time: refused, unreachable, too slow, cut off, or not what it should be."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a JSON object."""

    status: int
    body: dict[str, Any]


class HttpClient:
    """A pool of connections for low-volume calls between services. Follows no redirect, reads no proxy settings."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=15)
        self._client = httpx.AsyncClient(transport=transport, limits=limits, follow_redirects=False, trust_env=False)

    async def call(
        self,
        method: str,
        url: str,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> Reply:
        """One request, `timeout_s` for all of it. Raises `HostAway`; a refusal of the other side is a `Reply`."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = {"Accept": "application/json", **(headers or {})}
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            # httpx limits each step; a peer that drips would take as long as it likes.
            async with (
                asyncio.timeout(timeout_s),
                self._client.stream(
                    method, url, headers=sent, content=content, params=params, timeout=timeout_s
                ) as answer,
            ):
                return Reply(answer.status_code, _object(await _read(answer)))
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, ValueError) as failed:
            raise HostAway(type(failed).__name__) from failed

    async def post_bytes(
        self, url: str, content: bytes, *, headers: Mapping[str, str], timeout_s: float, server_name: str | None = None
    ) -> int:
        """One POST whose answer counts by its status alone; `server_name` is whom the certificate must name where the
        address stands in the URL. Raises `HostAway`; a redirect is an answer like any other."""
        extensions = {} if server_name is None else {"sni_hostname": server_name}
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._client.stream(
                    "POST", url, content=content, headers=dict(headers), timeout=timeout_s, extensions=extensions
                ) as answer,
            ):
                return answer.status_code
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, TimeoutError) as failed:
            raise HostAway(type(failed).__name__) from failed

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


async def _read(response: httpx.Response) -> bytes:
    received = bytearray()
    async for chunk in response.aiter_bytes():
        received += chunk
        if len(received) > _ANSWER_LIMIT:
            raise ValueError("answer too large")
    return bytes(received)


def _object(content: bytes) -> dict[str, Any]:
    found = json.loads(content) if content else {}
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found
