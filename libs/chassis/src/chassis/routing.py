"""The way of every request: token, policy, transaction, idempotency key, endpoint, commit, and only then the answer.

One route class does it all, so that no endpoint can forget a part (decision record 2).
"""

import asyncio
import functools
import inspect
import typing
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import date, datetime
from typing import Any, ClassVar

from fastapi import APIRouter
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from chassis import audit, idempotency, problems
from chassis.call import CALL_IN_SCOPE, Call, CallContext, NotBegun
from chassis.db import Tx
from chassis.idempotency import Claim, Replay
from chassis.identity import Principal
from chassis.operation_docs import DECLARED, Declared
from chassis.policy import DeniedPerson
from chassis.receiving import Receiver
from chassis.refusals import Invalid
from chassis.runtime import Runtime
from chassis.scope import Scope, scope_of
from chassis.texts import negotiate
from chassis.tokens import TokenRefused
from chassis.tracing import current_trace_id
from chassis.validation_texts import unknown_query

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
INTERNAL = "/internal/"
# What the gateway has left of its own time for this request, in milliseconds; when it is over, nobody waits any more.
TIME_LEFT = "x-time-left-ms"
UPLOAD_LIMIT_S = 300
_REQUEST = "request_of_the_frame"


def router(prefix: str = "", internal: bool = False) -> APIRouter:
    """Routes of a service: `/v1/...`, or with `internal` `/internal/...`, which the gateway never passes on.

    Raises `ValueError` when a path of one kind is declared on the other.
    """
    return APIRouter(prefix=prefix, route_class=InternalRoute if internal else Route)


class Route(APIRoute):
    """A route of ours. `declared` is what `operation(...)` said; None stops the service from starting."""

    internal: ClassVar[bool] = False
    declared: Declared | None = None

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        if path.startswith(INTERNAL) is not self.internal:
            raise ValueError(f"{path}: paths under {INTERNAL} belong to router(internal=True), and only they")
        extra = dict(kwargs.get("openapi_extra") or {})
        self.declared = extra.pop(DECLARED, None)
        kwargs["openapi_extra"] = extra or None
        if self.declared is not None:
            unsafe = bool(UNSAFE.intersection(kwargs.get("methods") or ()))
            endpoint = _begun(endpoint, self.declared, unsafe=unsafe)
        super().__init__(path, endpoint, **kwargs)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler FastAPI calls: ours around its own."""
        inner = super().get_route_handler()
        return inner if self.declared is None else _Answering(self, self.declared, inner)


class InternalRoute(Route):
    """A route between services."""

    internal = True


class _Undo(Exception):
    """An endpoint answered with an error itself: the answer goes out, the transaction does not."""

    def __init__(self, response: Response) -> None:
        super().__init__("undone")
        self.response = response


class _Answering:
    """Answers the requests of one route."""

    def __init__(self, route: Route, declared: Declared, inner: Callable[[Request], Any]) -> None:
        self.declared = declared
        self.path = route.path_format
        methods = route.methods or set()
        self.unsafe = bool(UNSAFE & methods)
        self.keyed = "POST" in methods and declared.idempotent
        self.name = f"{' '.join(sorted(methods))} {self.path}"
        self._queried = _queried(route)
        self._limit_s = UPLOAD_LIMIT_S if declared.upload else None
        self._inner = inner

    async def __call__(self, request: Request) -> Response:
        request.scope["route_template"] = self.path
        try:
            async with asyncio.timeout(_seconds_left(request, self._limit_s)):
                return await self._answer(request)
        except (_Undo, Replay) as ended:
            return ended.response
        except Exception as raised:
            return problems.answer(raised, request)

    async def _answer(self, request: Request) -> Response:
        runtime: Runtime = request.app.state.runtime
        now = runtime.clock()
        principal = (await runtime.verifier.verify(_bearer(request))).at(now)
        request.scope["caller"] = principal.subject
        scope = await self._admit(runtime, principal, now)
        self._refuse_unknown(request)
        receiver = None
        if self.unsafe:
            receiver = Receiver(request, self.declared.body_limit(runtime.settings.upload_limit))
            request = Request(request.scope, receiver)
            if not self.declared.upload:
                await request.body()
        key = idempotency.key_of(request) if self.keyed else None
        async with AsyncExitStack() as stack:
            work = _Work(self, runtime, request, receiver, key, stack)
            work.call = CallContext(
                principal=principal,
                policy=self.declared.policy,
                scope=scope,
                now=now,
                language=negotiate(request.headers.get("accept-language")),
                trace_id=current_trace_id() or "",
                app=runtime,
                request=request,
                opening=work.open,
            )
            request.scope[CALL_IN_SCOPE] = work.call
            response: Response = await self._inner(request)
            headers = response.headers
            headers.setdefault("Content-Language", work.call.language.value)
            headers.setdefault("Cache-Control", "no-store")
            await work.finish(response)
        # The transaction has committed with the end of the block: only now may the answer leave.
        return response

    def _refuse_unknown(self, request: Request) -> None:
        if request.scope["query_string"]:
            unknown = [name for name in request.query_params if name not in self._queried]
            if unknown:
                raise Invalid(unknown_query(unknown))

    async def _admit(self, runtime: Runtime, principal: Principal, now: datetime) -> Scope:
        try:
            return scope_of(principal, self.declared.policy, now)
        except DeniedPerson:
            async with runtime.database.transaction() as tx:
                await audit.record(
                    tx, act="access.denied", by=principal, object_type="route", object_id=self.name, at=now
                )
            raise


class _Work:
    """The transaction of one request, opened when the endpoint is about to run."""

    __slots__ = ("_answering", "_key", "_receiver", "_request", "_runtime", "_stack", "call", "claim", "tx")

    def __init__(
        self,
        answering: _Answering,
        runtime: Runtime,
        request: Request,
        receiver: Receiver | None,
        key: str | None,
        stack: AsyncExitStack,
    ) -> None:
        self._answering = answering
        self._runtime = runtime
        self._request = request
        self._receiver = receiver
        self._key = key
        self._stack = stack
        self.call: CallContext
        self.claim: Claim | None = None
        self.tx: Tx | None = None

    async def open(self) -> Tx:
        """A plain connection for a GET; otherwise the one transaction, with the idempotency key claimed in it."""
        database = self._runtime.database
        if self._receiver is None:
            self.tx = await self._stack.enter_async_context(database.reading())
            return self.tx
        if self._key is None:
            self.tx = await self._stack.enter_async_context(database.transaction())
            return self.tx
        # Digested before the transaction opens: a large upload must not hold one.
        body = await self._receiver.digest(self._request)
        print_ = idempotency.fingerprint(self._request, body)
        self.tx = await self._stack.enter_async_context(database.transaction())
        self.claim = await idempotency.claim(
            self.tx,
            self.call.principal,
            self._answering.name,
            self._key,
            print_,
            now=self.call.now,
            client_id=idempotency.client_of(self._request),
        )
        return self.tx

    async def finish(self, response: Response) -> None:
        """Keeps the answer with its effect; an error the endpoint answered itself undoes the effect."""
        if self._receiver is None:
            return
        if response.status_code >= 400:
            raise _Undo(response)
        if self._key is None:
            return
        if self.tx is None or self.claim is None:
            raise NotBegun(f"{self._answering.name} answered without await call.begin()")
        await idempotency.keep(self.tx, self.claim, response)


def _queried(route: APIRoute) -> frozenset[str]:
    """The names of the query parameters that the operation has. Raises TypeError for a day that takes a number."""
    fields = [field for field in get_flat_params(route.dependant) if isinstance(field.field_info, Query)]
    for field in fields:
        read, _ = field.validate("0", {}, loc=())
        if isinstance(read, date):
            raise TypeError(f"{route.path}: {field.alias} takes 0 for 1970-01-01; use Day or Moment of chassis.days")
    return frozenset(field.alias for field in fields)


def _seconds_left(request: Request, otherwise: float | None) -> float | None:
    left = request.headers.get(TIME_LEFT, "")
    return int(left) / 1000 if left.isdecimal() else otherwise


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused("no token")
    return token.strip()


def _begun(endpoint: Callable[..., Any], declared: Declared, *, unsafe: bool) -> Callable[..., Any]:
    """The endpoint with its transaction open: after the request was found valid, so that a broken one costs nothing."""
    if not inspect.iscoroutinefunction(endpoint):
        raise TypeError(f"{declared.operation_id}: an endpoint is an async def")
    hints = typing.get_type_hints(endpoint, include_extras=True)
    name = next((parameter for parameter, hint in hints.items() if hint == Call), None)
    if name is None:
        if unsafe:
            raise TypeError(f"{declared.operation_id}: an endpoint that changes something takes `call: Call`")
        return endpoint

    # FastAPI fills one parameter with the request: the endpoint's own, where it has one.
    own = next((parameter for parameter, hint in hints.items() if hint is Request), None)

    @functools.wraps(endpoint)
    async def begun(**given: Any) -> Any:
        request = given[own] if own else given.pop(_REQUEST)
        call: CallContext = request.scope[CALL_IN_SCOPE]
        if not declared.late:
            await call.begin()
        return await endpoint(**given, **{name: call})

    # The request costs nothing to hand over; a dependency for `call` would cost each request a tenth of its time.
    begun.__signature__ = _without_call(endpoint, hints, name, asks=own is None)  # type: ignore[attr-defined]
    return begun


def _without_call(
    endpoint: Callable[..., Any], hints: Mapping[str, Any], name: str, *, asks: bool
) -> inspect.Signature:
    """The endpoint's signature without `call`; where it `asks`, with the request in its place."""
    signature = inspect.signature(endpoint)
    kept = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints.get(parameter.name, Any))
        for parameter in signature.parameters.values()
        if parameter.name != name
    ]
    if asks:
        kept.append(inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request))
    return signature.replace(parameters=kept, return_annotation=hints.get("return", Any))
