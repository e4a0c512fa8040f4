"""The public door and the internal one, put together. Raw ASGI: no framework stands on the way of a passed-on request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from chassis.health import Health
from chassis.metrics import CONTENT_TYPE, Metrics
from chassis.policy import DENIED_ROLE, DeniedPerson
from chassis.problems import MethodNotAllowed, NoSuchRoute, Unexpected, status_of
from chassis.refusals import Forbidden, Refusal, TryLater
from chassis.tokens import public_jwks
from joserfc.jwk import OKPKey
from starlette.types import Receive, Scope, Send

from gateway.bank_tokens import BankTokens
from gateway.composing import Composer
from gateway.exchange import Exchange, Gone
from gateway.portal import Portal
from gateway.principals import Principals
from gateway.proxy import Proxy
from gateway.rate_limits import RateLimits, UsedUp
from gateway.refusals import BankTokenRefused, Overloaded
from gateway.routes import COMPOSED, OWN, Route, RoutingTable
from gateway.upstreams import Upstreams

_ALLOWED_HEADERS = b"authorization, content-type, accept-language, idempotency-key, if-match, if-none-match"
_EXPOSED_HEADERS = b"etag, location, retry-after, ratelimit, ratelimit-policy, content-language, x-request-id"
_RECOGNITION = ("/v1/client-lookups", "/v1/caller-cards")
_REPORT_S = 2
log = structlog.get_logger("gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the public door is made of."""

    table: RoutingTable
    tokens: BankTokens
    principals: Principals
    upstreams: Upstreams
    proxy: Proxy
    composer: Composer
    portal: Portal
    limits: RateLimits
    cors_origins: frozenset[str]
    docs_are_open: bool
    in_flight_max: int
    total_s: int


class PublicDoor:
    """Who calls, may they, not too often: then the request goes to its service. Business rules never live here."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # No web sockets here: an unanswered handshake is refused by the server.
            return
        exchange = Exchange.of(scope, receive, send, total_s=self._parts.total_s)
        self._in_flight += 1
        try:
            await self._answer(exchange)
        except Refusal as refusal:
            await self._refuse(exchange, refusal)
        except Gone:
            scope["problem_code"] = "caller-gone"
        except Exception:
            log.error("request failed", exc_info=True)
            if exchange.started:
                raise
            await exchange.refuse(Unexpected(), 500)
        finally:
            self._in_flight -= 1

    async def _refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        if exchange.started:
            # Half an answer is out: the connection is cut, so that nobody takes it for a whole one.
            raise refusal
        status = 405 if isinstance(refusal, MethodNotAllowed) else status_of(refusal)
        if isinstance(refusal, BankTokenRefused):
            log.warning("token refused", reason=refusal.reason)
        await exchange.refuse(refusal, status, refusal.fields if isinstance(refusal, UsedUp) else None)

    async def _answer(self, exchange: Exchange) -> None:
        self._allow_origin(exchange)
        if self._in_flight > self._parts.in_flight_max:
            raise Overloaded()
        path = exchange.path
        if self._parts.portal.has(path) and exchange.method in {"GET", "HEAD"}:
            await self._documentation(exchange)
            return
        routes = self._parts.table.find(path)
        if not routes:
            raise NoSuchRoute()
        if exchange.method == "OPTIONS" and "access-control-request-method" in exchange.headers:
            await self._preflight(exchange, routes)
            return
        route = routes.get(exchange.method)
        if route is None:
            exchange.extra.append((b"allow", ", ".join(sorted(routes)).encode()))
            raise MethodNotAllowed()
        exchange.scope["route_template"] = route.template
        await self._admit(exchange, route)
        if route.service == OWN:
            await self._parts.composer.answer(exchange, route)
        else:
            await self._parts.proxy.pass_on(exchange, route)

    async def _admit(self, exchange: Exchange, route: Route) -> None:
        """Who, how often, what: raises until all three are answered well."""
        subject = await self._subject(exchange)
        limits = self._parts.limits
        exchange.extra += await limits.take(limits.calls, subject)
        if route.method == "POST" and route.template.startswith(_RECOGNITION):
            exchange.extra += await limits.take(limits.recognitions, subject)
        principal = (await self._parts.principals.principal_of(subject)).at(datetime.now(UTC))
        exchange.principal = principal
        if any(grant.role == DENIED_ROLE for grant in principal.grants):
            await self._report_denied(exchange, route)
            raise DeniedPerson()
        if not route.admits(principal):
            log.warning("access denied", caller=subject, route=route.template, method=route.method)
            raise Forbidden()

    async def _subject(self, exchange: Exchange) -> str:
        try:
            subject = await self._parts.tokens.subject_of(exchange.token())
        except BankTokenRefused as refused:
            # Many people sit behind one address, and an expired token is no attempt at anything.
            if refused.reason not in {"no token", "expired"}:
                await self._parts.limits.token_refused(exchange.address)
            raise
        exchange.scope["caller"] = subject
        return subject

    async def _report_denied(self, exchange: Exchange, route: Route) -> None:
        """A third party's attempt is shown to the service it was aimed at, without its body: the service denies it too
        and writes the audit row (CR-85, XC-8, XC-19)."""
        log.warning("third party denied", caller=exchange.caller.subject, route=route.template, method=route.method)
        service, method, target = route.service, route.method, exchange.path
        if service == OWN:
            service = route.homes[0]
            composed = COMPOSED.get((route.method, route.template))
            if composed is not None:
                method, target = composed.first[0], composed.first[1].replace("{", "").replace("}", "")
        headers = self._parts.proxy.headers_for(exchange, service)
        try:
            reply = await self._parts.upstreams.ask(service, method, target, headers=headers, left_s=_REPORT_S)
        except TryLater:
            log.error("a denied attempt could not be audited", upstream=service)
            return
        if reply.status != 403:
            log.error("a denied attempt was not denied by its service", upstream=service, status=reply.status)

    async def _documentation(self, exchange: Exchange) -> None:
        exchange.scope["route_template"] = "/docs" if exchange.path.startswith("/docs") else exchange.path
        if not self._parts.docs_are_open:
            await self._subject(exchange)
        await self._parts.portal.answer(exchange)

    def _allow_origin(self, exchange: Exchange) -> None:
        origin = exchange.headers.get("origin")
        if not self._parts.cors_origins:
            return
        exchange.extra.append((b"vary", b"origin"))
        if origin in self._parts.cors_origins:
            exchange.extra.append((b"access-control-allow-origin", str(origin).encode()))
            exchange.extra.append((b"access-control-expose-headers", _EXPOSED_HEADERS))

    async def _preflight(self, exchange: Exchange, routes: Mapping[str, Route]) -> None:
        if exchange.headers.get("origin") in self._parts.cors_origins:
            exchange.extra += [
                (b"access-control-allow-methods", ", ".join(sorted(routes)).encode()),
                (b"access-control-allow-headers", _ALLOWED_HEADERS),
                (b"access-control-max-age", b"600"),
            ]
        await exchange.send({"type": "http.response.start", "status": 204, "headers": []})
        await exchange.send({"type": "http.response.body", "body": b""})


class InternalDoor:
    """What schedulers, Prometheus and the services ask; on a port of its own that the public never reaches."""

    def __init__(self, health: Health, metrics: Metrics, key: OKPKey) -> None:
        self._health, self._metrics, self._jwks = health, metrics, public_jwks(key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        exchange = Exchange.of(scope, receive, send, total_s=5)
        path = exchange.path.removeprefix("/internal") if exchange.path != "/internal/jwks" else exchange.path
        if path == "/metrics":
            await exchange.answer(200, self._metrics.render(), media_type=CONTENT_TYPE.encode())
        elif path == "/internal/jwks":
            await exchange.answer_json(self._jwks)
        elif path in {"/livez", "/readyz", "/startupz"}:
            verbose = "verbose" in exchange.query
            answers = {"/livez": self._health.livez, "/startupz": self._health.startupz}
            answer = answers[path]() if path in answers else await self._health.readyz(verbose=verbose)
            await exchange.answer_json(answer.body, status=answer.status)
        else:
            await exchange.refuse(NoSuchRoute(), 404)
