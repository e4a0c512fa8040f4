"""A service put together: its parts in one value, the open runtime, the application."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as PlainRoute

from chassis import problems
from chassis.audit_router import audit_router
from chassis.clock import Clock, system_clock
from chassis.db import Database
from chassis.due_work import Sweeps
from chassis.fields import FieldCipher
from chassis.health import Answer, Check, Health
from chassis.hearing import Hears
from chassis.http_client import HttpClient
from chassis.metrics import CONTENT_TYPE, Metrics
from chassis.openapi_document import document
from chassis.operations import Operations
from chassis.operations_router import operations_router
from chassis.overdue import Escalation
from chassis.peers import Peers
from chassis.query import Query
from chassis.routing import Route
from chassis.runtime import Runtime
from chassis.settings import ServiceSettings
from chassis.telemetry import TelemetryMiddleware
from chassis.texts import Language, Text
from chassis.tokens import Verifier, public_jwks, read_key
from chassis.trusted_keys import TrustedKeys
from chassis.work_items_router import work_items_router

Command = Callable[[Runtime, Sequence[str]], Awaitable[int]]
# FastAPI would record each request a second time, with the text of exceptions in its logs.
_NO_SECOND_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
_ALIVE = Query("SELECT 1", ())


class PolicyMissing(Exception):
    """A route declares no policy; the service does not start (conventions 18)."""


@dataclass(frozen=True)
class Service:
    """The parts of one service. `commands` are its own words of `python -m <service>`: `async (runtime, args) -> exit`.

    `work_item_texts` are the sentences behind the text codes of work items, `escalation` before whom overdue
    ones go. `conflicts` says for a unique index by its name what somebody is told who came second at the same moment.
    Routes for operations and work items are added by the frame and need not be listed.
    """

    name: str
    settings: type[ServiceSettings]
    metadata: sa.MetaData
    migrations: Path
    routers: tuple[APIRouter, ...] = ()
    hears: Hears | None = None
    sweeps: Sweeps = field(default_factory=Sweeps)
    operations: Operations = field(default_factory=Operations)
    commands: Mapping[str, Command] = field(default_factory=dict)
    title: Text | None = None
    work_item_texts: Mapping[str, Text] = field(default_factory=dict)
    escalation: Escalation | None = None
    conflicts: problems.Conflicts = field(default_factory=dict)
    version: str = "1.0"


async def open_runtime(
    service: Service, settings: ServiceSettings, *, clock: Clock = system_clock, http: HttpClient | None = None
) -> Runtime:
    """Opens what a process needs; nothing is asked of anybody yet, so a dependency may be away."""
    cipher = FieldCipher.from_key_file(settings.field_keys_file)
    key, _ = read_key(settings.signing_key_file)
    http = http or HttpClient()
    database = await Database.open(
        settings.database_url.get_secret_value(),
        name=service.name,
        size_max=settings.database_pool_max,
        statement_timeout_ms=settings.statement_timeout_ms,
        cipher=cipher,
    )

    async def database_answers() -> None:
        async with database.reading() as tx:
            await tx.fetchval(_ALIVE)

    return Runtime(
        name=service.name,
        settings=settings,
        database=database,
        cipher=cipher,
        key=key,
        verifier=Verifier(
            audience=service.name, issuers=settings.trusted_jwks, keys=TrustedKeys(settings.trusted_jwks, http)
        ),
        peers=Peers(service=service.name, addresses=settings.peers, key=key, http=http),
        http=http,
        clock=clock,
        metrics=Metrics(service.name),
        health=Health([Check("database", database_answers)]),
    )


def create_app(service: Service, runtime: Runtime | None = None) -> FastAPI:
    """The application; without a runtime it can only describe itself (`.openapi()`).

    Raises `PolicyMissing` for a route without a declared policy.
    """
    title = _title(service)
    app = FastAPI(
        title=title.zh,
        version=service.version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry=_NO_SECOND_TELEMETRY,
    )
    # The routes themselves, not included routers: FastAPI would look each one up through its router every time.
    app.router.routes.extend(_routes(service))
    app.router.routes.extend(_frame_routes(service, runtime))
    app.add_exception_handler(HTTPException, _framework_problem)
    app.add_exception_handler(Exception, _framework_problem)
    app.state.runtime = runtime
    app.state.conflicts = service.conflicts
    if runtime is not None:
        app.add_middleware(TelemetryMiddleware, metrics=runtime.metrics)

    def describe() -> dict[str, Any]:
        return openapi(service, Language.ZH)

    app.openapi = describe  # type: ignore[method-assign]
    return app


def create_health_app(service: Service, runtime: Runtime) -> Starlette:
    """What a process without the `api` role answers: its health, its figures, its public key."""
    return Starlette(routes=_frame_routes(service, runtime))


def openapi(service: Service, language: Language, *, internal: bool = False) -> dict[str, Any]:
    """The service's OpenAPI document in one language; with `internal` that of the operations between services."""
    return document(
        _routes(service), title=_title(service), version=service.version, language=language, internal=internal
    )


def _title(service: Service) -> Text:
    return service.title or Text(en=service.name, zh=service.name)


def _routes(service: Service) -> list[BaseRoute]:
    """The service's routes and the frame's; each one must have said who may use it."""
    found: list[BaseRoute] = []
    ids: set[str] = set()
    for route in _all(service):
        if not isinstance(route, Route) or route.declared is None:
            raise PolicyMissing(
                f"{getattr(route, 'path', route)} of {service.name} declares no policy: **operation(...)"
            )
        if route.declared.operation_id in ids:
            raise ValueError(f"{service.name}: two operations are called {route.declared.operation_id}")
        ids.add(route.declared.operation_id)
        found.append(route)
    return found


def _all(service: Service) -> Iterator[BaseRoute]:
    for router in service.routers:
        yield from router.routes
    given = {getattr(route, "path", "") for router in service.routers for route in router.routes}
    own = (operations_router(), work_items_router(service.work_item_texts), audit_router(service.name))
    for router in own:
        yield from (route for route in router.routes if getattr(route, "path", "") not in given)


def _frame_routes(service: Service, runtime: Runtime | None) -> list[BaseRoute]:
    """What schedulers and neighbours ask; never reachable through the gateway."""
    if runtime is None:
        return []
    health, metrics = runtime.health, runtime.metrics
    jwks = public_jwks(runtime.key)

    async def livez(_: Request) -> Response:
        return _said(health.livez())

    async def startupz(_: Request) -> Response:
        return _said(health.startupz())

    async def readyz(request: Request) -> Response:
        return _said(await health.readyz(verbose="verbose" in request.query_params))

    async def figures(_: Request) -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    async def keys(_: Request) -> Response:
        return JSONResponse(jwks, headers={"Cache-Control": "max-age=300"})

    async def documents(request: Request) -> Response:
        language = Language.EN if request.query_params.get("language") == "en" else Language.ZH
        return JSONResponse(openapi(service, language, internal="internal" in request.query_params))

    return [
        PlainRoute("/livez", livez),
        PlainRoute("/startupz", startupz),
        PlainRoute("/readyz", readyz),
        PlainRoute("/metrics", figures),
        PlainRoute("/internal/jwks", keys),
        PlainRoute("/internal/openapi.json", documents),
    ]


def _said(answer: Answer) -> Response:
    return JSONResponse(answer.body, answer.status)


async def _framework_problem(request: Request, raised: Exception) -> Response:
    """Unknown paths and methods, and whatever a middleware did not expect."""
    return problems.answer(raised, request)
