"""Every request leaves one log line, one count and one span. A pure ASGI middleware, outermost in the stack.

What is inside may say more in the scope: `caller` (the subject), `route` (an object with `path`) or `route_template`,
and `problem_code`. Paths, queries, headers and bodies are never written.
"""

from time import perf_counter
from typing import Any

import structlog
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.metrics import Metrics
from chassis.tracing import span

_QUIET = (
    "/internal/livez",
    "/internal/readyz",
    "/internal/startupz",
    "/internal/metrics",
    "/livez",
    "/readyz",
    "/metrics",
)
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class TelemetryMiddleware:
    """Wraps an ASGI application. Answers carry the trace id as `X-Request-Id`."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        # Bound once: the module's proxy would be looked through on every request.
        self._log = structlog.get_logger("access").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
        status = 500
        with span("request", parent=parent, kind=SpanKind.SERVER) as here:

            async def tell(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    request_id = (b"x-request-id", here.trace_id.encode())
                    message = {**message, "headers": [*message.get("headers", ()), request_id]}
                await send(message)

            started = perf_counter()
            self._metrics.in_flight += 1
            try:
                await self._app(scope, receive, tell)
            finally:
                self._metrics.in_flight -= 1
                if scope["path"] not in _QUIET:
                    self._record(scope, status, perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _KNOWN_METHODS else "other"
        route = _route(scope)
        self._metrics.answered(method, route, status, seconds)
        outcome = "failed" if status >= 500 else "refused" if status >= 400 else "ok"
        details: dict[str, Any] = {"caller": scope.get("caller"), "code": scope.get("problem_code")}
        self._log.info(
            "request",
            method=method,
            route=route,
            status=status,
            outcome=outcome,
            duration_ms=round(seconds * 1000, 2),
            **{name: value for name, value in details.items() if value is not None},
        )


def _route(scope: Scope) -> str:
    template = scope.get("route_template") or getattr(scope.get("route"), "path", None)
    return str(template) if template else "unmatched"
