"""The services behind the gateway: one pool of connections, a breaker for each, and a limit to every wait."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import structlog
from aiohttp import hdrs
from chassis.metrics import Metrics
from chassis.tracing import current_traceparent
from prometheus_client import Counter, Gauge
from yarl import URL

from gateway.breaker import Breaker, State
from gateway.refusals import UpstreamAway, UpstreamSlow

Body = bytes | AsyncIterator[bytes] | None
_NO_AUTO_HEADERS = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT, hdrs.CONTENT_TYPE)
_ANSWER_LIMIT = 8 * 1024 * 1024
_SAFE = frozenset({"GET", "HEAD"})
log = structlog.get_logger("upstreams")


def _is_open(breaker: Breaker) -> bool:
    return breaker.state is State.OPEN


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered to a question of ours."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]


class Upstreams:
    """Sends requests to services by name. Raises `UpstreamAway` and `UpstreamSlow`; what was answered is an answer."""

    def __init__(self, addresses: Mapping[str, str], metrics: Metrics, *, connections: int, connect_s: float) -> None:
        self._addresses = {name: address.rstrip("/") for name, address in addresses.items()}
        self._breakers = {name: Breaker() for name in addresses}
        self._connect_s = connect_s
        # No limit over all, one for each: a slow service fills its own share and nobody else's.
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=connections, keepalive_timeout=15)
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            skip_auto_headers=_NO_AUTO_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            raise_for_status=False,
        )
        broken = Gauge("vip_upstream_open", "1 while a service is left alone", ["service"], registry=metrics.registry)
        for name, breaker in self._breakers.items():
            broken.labels(name).set_function(partial(_is_open, breaker))
        self._failures = Counter(
            "vip_upstream_failures", "Calls without an answer", ["service", "reason"], registry=metrics.registry
        )

    @property
    def names(self) -> Sequence[str]:
        """The services there are."""
        return tuple(self._addresses)

    def state_of(self, service: str) -> State:
        """Whether a service is asked, left alone, or being tried again."""
        return self._breakers[service].state

    async def close(self) -> None:
        """Closes all connections."""
        await self._session.close()

    @asynccontextmanager
    async def send(
        self,
        service: str,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Body,
        left_s: float,
        *,
        excused: Callable[[], bool] = _never,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request; the answer's headers are there, its body is still to be read.

        `excused` says that a failure was the caller's doing (an upload broken off) and not the service's.
        """
        address = self._addresses.get(service)
        breaker = self._breakers.get(service)
        if address is None or breaker is None:
            raise UpstreamAway()
        if not breaker.admits():
            raise UpstreamAway(retry_after_s=breaker.retry_after_s())
        told = False
        try:
            response = await self._begin(service, method, URL(address + target, encoded=True), headers, body, left_s)
            told = True
            breaker.succeeded()
        except (UpstreamAway, UpstreamSlow):
            told = not excused()
            if told:
                breaker.failed()
            raise
        finally:
            if not told:
                breaker.given_up()
        try:
            with self._translated(service):
                yield response
        finally:
            # Lets go of a connection whose body was read to its end, cuts one that was not.
            response.close() if not response.content.at_eof() else response.release()

    async def _begin(
        self, service: str, method: str, url: URL, headers: Mapping[str, str], body: Body, left_s: float
    ) -> aiohttp.ClientResponse:
        sent = dict(headers)
        traceparent = current_traceparent()
        if traceparent:
            sent["traceparent"] = traceparent
        sent["x-time-left-ms"] = str(max(1, round(left_s * 1000)))
        timeout = aiohttp.ClientTimeout(total=left_s, connect=min(self._connect_s, left_s))
        # A service that is just being replaced closes idle connections: such a request was not begun there, or may be
        # repeated by contract.
        again = not isinstance(body, AsyncIterator) and (method in _SAFE or "idempotency-key" in sent)
        with self._translated(service):
            try:
                return await self._session.request(
                    method, url, headers=sent, data=body, timeout=timeout, allow_redirects=False
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not again:
                    raise
                return await self._session.request(
                    method, url, headers=sent, data=body, timeout=timeout, allow_redirects=False
                )

    def _translated(self, service: str) -> "_Translated":
        return _Translated(service, self._failures)

    async def ask(
        self,
        service: str,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: Any = None,
        left_s: float,
    ) -> Reply:
        """A question whose answer is a JSON object of at most 8 MiB."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = dict(headers)
        if content is not None:
            sent["content-type"] = "application/json"
        async with self.send(service, method, target, sent, content, left_s) as response:
            raw = await response.content.read(_ANSWER_LIMIT)
            if not response.content.at_eof() and await response.content.read(1):
                raise UpstreamAway()
        try:
            answer = json.loads(raw) if raw else {}
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            log.error("an answer that is no JSON object", upstream=service, status=response.status)
            raise UpstreamAway()
        return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, answer)


class _Translated:
    """Says what aiohttp and the clock raise in the gateway's own words, and counts it."""

    __slots__ = ("_failures", "_service")

    def __init__(self, service: str, failures: Counter) -> None:
        self._service, self._failures = service, failures

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, raised: BaseException | None, trace: object) -> None:
        if isinstance(raised, aiohttp.ConnectionTimeoutError | aiohttp.ServerTimeoutError):
            away = isinstance(raised, aiohttp.ConnectionTimeoutError)
            self._count("connect" if away else "slow")
            raise (UpstreamAway() if away else UpstreamSlow()) from raised
        if isinstance(raised, asyncio.TimeoutError):
            self._count("slow")
            raise UpstreamSlow() from raised
        if isinstance(raised, aiohttp.ClientError):
            self._count("away")
            raise UpstreamAway() from raised

    def _count(self, reason: str) -> None:
        self._failures.labels(self._service, reason).inc()
        log.warning("no answer", upstream=self._service, reason=reason)
