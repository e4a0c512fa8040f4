"""Passes a request on and its answer back, both as streams. Nothing from outside reaches a service but what is listed."""

from collections.abc import AsyncIterator

import aiohttp
from chassis.refusals import TooLarge

from gateway.exchange import Exchange, Fields, Gone
from gateway.passes import Passes
from gateway.refusals import UpstreamAway
from gateway.routes import Route
from gateway.upstreams import Upstreams

# A list of what may pass cannot forget a header: X-User-*, X-Forwarded-*, Authorization, Cookie stay outside.
PASSED_ON = (
    "accept", "accept-language", "content-type", "idempotency-key", "if-match", "if-none-match", "range", "tracestate",
)  # fmt: skip
# Hop by hop (RFC 9110, 7.6.1), and what is ours to say.
_NOT_PASSED_BACK = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
        "upgrade", "server", "date", "x-request-id", "set-cookie", "strict-transport-security", "ratelimit",
        "ratelimit-policy", "x-content-type-options", "referrer-policy", "x-frame-options",
    }
)  # fmt: skip
_AT_ONCE = 256 * 1024


class Proxy:
    """One request at a time to the one service that owns its route."""

    def __init__(self, upstreams: Upstreams, passes: Passes, *, upload_s: float, upload_limit: int) -> None:
        self._upstreams, self._passes = upstreams, passes
        self._upload_s, self._upload_limit = upload_s, upload_limit

    def headers_for(self, exchange: Exchange, service: str) -> dict[str, str]:
        """What a service gets to see: the listed header fields, and our own token for this caller."""
        given = exchange.headers
        sent = {name: given[name] for name in PASSED_ON if name in given}
        sent["authorization"] = f"Bearer {self._passes.for_service(exchange.caller, service)}"
        return sent

    async def pass_on(self, exchange: Exchange, route: Route) -> None:
        """The whole exchange. Raises a refusal as long as no byte of the answer has left."""
        target = exchange.path + (f"?{exchange.query}" if exchange.query else "")
        headers = self.headers_for(exchange, route.service)
        if route.upload:
            await self._upload(exchange, route, target, headers)
            return
        body = await exchange.body()
        async with self._upstreams.send(
            route.service, route.method, target, headers, body or None, exchange.left_s()
        ) as response:
            await send_back(exchange, response)

    async def _upload(self, exchange: Exchange, route: Route, target: str, headers: dict[str, str]) -> None:
        """Streams up to the limit (256 MiB) through a few kilobytes of memory; five minutes of its own."""
        exchange.check_declared_length(self._upload_limit)
        length = exchange.headers.get("content-length")
        if length is not None:
            headers["content-length"] = length
        upload = _Upload(exchange, self._upload_limit)
        try:
            async with self._upstreams.send(
                route.service,
                route.method,
                target,
                headers,
                upload.pieces(),
                self._upload_s,
                excused=upload.is_to_blame,
            ) as response:
                await send_back(exchange, response)
        except UpstreamAway as away:
            # What broke the connection to the service was on our side of it.
            if upload.too_large:
                raise TooLarge(limit_kib=self._upload_limit // 1024) from away
            if upload.gone:
                raise Gone from away
            raise


class _Upload:
    """A body on its way through, counted."""

    def __init__(self, exchange: Exchange, limit: int) -> None:
        self._exchange, self._limit = exchange, limit
        self.too_large = self.gone = self._waiting = False

    def is_to_blame(self) -> bool:
        """Whether the caller's side is why the service got no whole body."""
        return self.too_large or self.gone or self._waiting

    async def pieces(self) -> AsyncIterator[bytes]:
        size, more = 0, True
        while more:
            self._waiting = True
            message = await self._exchange.receive()
            self._waiting = False
            if message["type"] == "http.disconnect":
                self.gone = True
                raise Gone
            piece = message.get("body", b"")
            size += len(piece)
            if size > self._limit:
                self.too_large = True
                raise TooLarge(limit_kib=self._limit // 1024)
            more = message.get("more_body", False)
            if piece:
                yield piece


async def send_back(exchange: Exchange, response: aiohttp.ClientResponse) -> None:
    """Status, header fields and body as they come."""
    fields: Fields = [
        (name.lower(), value)
        for name, value in response.raw_headers
        if name.lower().decode("latin-1") not in _NOT_PASSED_BACK
    ]
    start = {"type": "http.response.start", "status": response.status, "headers": fields}
    if response.content_length is not None and response.content_length <= _AT_ONCE:
        # Read before anything is said: a service that breaks off in the middle still becomes a plain refusal.
        body = await response.content.read()
        await exchange.send(start)
        await exchange.send({"type": "http.response.body", "body": body})
        return
    await exchange.send(start)
    async for piece in response.content.iter_any():
        await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})
