"""A whole gateway on real sockets, with an issuer and services that say what the test wants them to say."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from aiohttp import web
from chassis.tokens import generate_key, write_key
from gateway.opening import Doors, open_gateway
from gateway.serving import server_for
from gateway.settings import GatewaySettings
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ISSUER = "https://login.bank.test"
SERVICES = ("client-registry", "card-service", "complaint-service", "engagement-service")
CLIENT = "0190f5e0-0000-7000-8000-000000000001"
TELLER = "staff:100001"
AGENT = "staff:955660"
STRANGER = "staff:900009"
OUTSIDER = "staff:700007"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    """One request as a service saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def _lower(request: web.Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


@dataclass
class FakeService:
    """A service on a port of its own. `answers` maps "GET /path" to a handler, `streams` to one that
    reads the body itself; everything else is echoed."""

    name: str
    url: str = ""
    answers: dict[str, Handler] = field(default_factory=dict)
    streams: dict[str, Handler] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    grants: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def says(self, operation: str, body: Any, *, status: int = 200, after_s: float = 0.0) -> None:
        async def answer(_: web.Request) -> web.Response:
            await asyncio.sleep(after_s)
            return web.json_response(body, status=status)

        self.answers[operation] = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        handler = self.answers.get(f"{request.method} {request.path}")
        streamed = self.streams.get(f"{request.method} {request.path}")
        if streamed is not None:
            return await streamed(request)
        if handler is not None:
            self.seen.append(Seen(request.method, request.path_qs, _lower(request), await request.read()))
            return await handler(request)
        if request.path.startswith("/internal/principals/"):
            subject = request.path.rpartition("/")[2]
            if subject not in self.grants:
                return web.json_response({"code": "not-found"}, status=404)
            return web.json_response({"subject": subject, "grants": self.grants[subject]})
        self.seen.append(Seen(request.method, request.path_qs, _lower(request), await request.read()))
        return web.json_response({"service": self.name, "path": request.path_qs}, headers={"ETag": '"1-abc"'})


@asynccontextmanager
async def listening(service: FakeService, *, port: int = 0) -> AsyncIterator[FakeService]:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{tail:.*}", service.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()


@dataclass
class House:
    """Everything a test may touch."""

    url: str
    internal: str
    doors: Doors
    services: dict[str, FakeService]
    issuer_key: ECKey
    http: aiohttp.ClientSession

    @property
    def registry(self) -> FakeService:
        return self.services["client-registry"]

    @property
    def cards(self) -> FakeService:
        return self.services["card-service"]

    def token(
        self, subject: str = TELLER, *, key: ECKey | None = None, header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        now = int(time.time())
        given = {"iss": ISSUER, "sub": subject, "aud": "vip-platform", "iat": now, "exp": now + 300, **claims}
        return bank_token(key or self.issuer_key, {k: v for k, v in given.items() if v is not None}, header)

    async def ask(
        self, method: str, path: str, *, by: str | None = TELLER, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> "Answered":
        sent = dict(headers or {})
        if by is not None:
            sent.setdefault("Authorization", f"Bearer {self.token(by)}")
        async with self.http.request(method, self.url + path, headers=sent, **kwargs) as response:
            return Answered(response.status, response.headers.copy(), await response.read())


@dataclass
class Answered:
    """An answer read to its end."""

    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["code"])


def bank_token(key: ECKey, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    full = {"alg": "ES256", "kid": key.kid, "typ": "JWT", **(header or {})}
    return jwt.encode(full, claims, key, algorithms=["ES256"])


def grant(role: str, unit_path: str = "/hq/bj/", reach: str = "unit", until: str | None = None) -> dict[str, Any]:
    return {"role": role, "unit_path": unit_path, "reach": reach, "until": until}


def operation(operation_id: str, *roles: str, body: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation_id,
        "x-roles": list(roles),
        "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}},
    }
    if body is not None:
        found["requestBody"] = {"content": {body: {"schema": {"type": "object"}}}}
    return found


JSON = "application/json"
FRAME = {
    "/v1/operations/{operation_id}": {"get": operation("getOperation", "*")},
    "/v1/work-items": {"get": operation("listWorkItems", "*")},
    "/v1/audit-records": {"get": operation("listAuditRecords", "auditor")},
    "/v1/work-items/{item_id}/completions": {"post": operation("completeWorkItem", "*", body=JSON)},
}
PATHS: dict[str, dict[str, Any]] = {
    "client-registry": {
        "/v1/clients": {
            "get": operation("listClients", "counter_teller", "call_centre_agent"),
            "post": operation("registerClient", "counter_teller", body=JSON),
        },
        "/v1/clients/{client_id}": {"get": operation("getClient", "counter_teller", "client")},
        "/v1/clients/{client_id}/evidence": {"get": operation("getEvidence", "auditor")},
        "/v1/client-imports": {"post": operation("importClients", "counter_teller", body="multipart/form-data")},
        "/v1/client-lookups": {"post": operation("lookUpClient", "call_centre_agent", body=JSON)},
        "/v1/client-lookups/{lookup_id}/confirmations": {
            "post": operation("confirmLookup", "call_centre_agent", body=JSON)
        },
        "/v1/data-feeds": {"post": operation("feed", body=JSON)},
    },
    "card-service": {
        "/v1/cards/{card_id}": {"get": operation("getCard", "counter_teller")},
        "/v1/clients/{client_id}/cards": {"get": operation("listCards", "counter_teller", "call_centre_agent")},
    },
    "complaint-service": {
        "/v1/clients/{client_id}/complaints": {"get": operation("listComplaints", "counter_teller", "call_centre_agent")},
    },
    "engagement-service": {
        "/v1/clients/{client_id}/contact-plan": {"get": operation("getPlan", "relationship_manager")},
    },
}  # fmt: skip


def _in_path(path: str) -> list[dict[str, Any]]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return [{"in": "path", "name": name, "required": True, "schema": {"type": "string"}} for name in names]


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    folder = tmp_path / "contracts" / "openapi"
    folder.mkdir(parents=True)
    for service, paths in PATHS.items():
        described = {
            path: {method: {**described, "parameters": _in_path(path)} for method, described in item.items()}
            for path, item in {**paths, **FRAME}.items()
        }
        document = {"openapi": "3.1.0", "info": {"title": service, "version": "1"}, "paths": described}
        for suffix in ("", ".zh-CN"):
            (folder / f"{service}{suffix}.json").write_text(json.dumps(document))
    return tmp_path / "contracts"


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[str]:
    server: uvicorn.Server = server_for(app, "127.0.0.1", 0)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def a_house(
    contracts: Path, folder: Path, *, monotonic: Callable[[], float] = time.monotonic, **settings: Any
) -> AsyncIterator[House]:
    issuer_key = ECKey.generate_key("P-256", {"kid": "bank-1", "use": "sig"})
    key_file = folder / "gateway-key.json"
    write_key(generate_key("gateway-test"), key_file, development=True)
    issuer = FakeService("issuer")
    issuer.says("GET /jwks", KeySet([issuer_key]).as_dict(private=False))
    services = {name: FakeService(name) for name in SERVICES}
    services["client-registry"].grants = {
        TELLER: [grant("counter_teller")],
        AGENT: [grant("call_centre_agent", "/hq/")],
        OUTSIDER: [grant("third_party_staff"), grant("counter_teller")],
        f"client:{CLIENT}": [grant("client", "/hq/", "own")],
    }
    async with listening(issuer), _all(services):
        given = {
            "environment": "development", "public_port": 0, "internal_port": 0, "signing_key_file": key_file,
            "contracts_dir": contracts, "issuer": ISSUER, "issuer_jwks_url": f"{issuer.url}/jwks",
            "upstreams": {name: service.url for name, service in services.items()},
            "registry_url": services["client-registry"].url, "requests_per_minute": 100_000, **settings,
        }  # fmt: skip
        async with (
            open_gateway(GatewaySettings(**given), monotonic=monotonic) as doors,
            running(doors.public) as url,
            running(doors.internal) as internal,
            aiohttp.ClientSession(auto_decompress=False) as http,
        ):
            doors.health.started = True
            yield House(url, internal, doors, services, issuer_key, http)


@asynccontextmanager
async def _all(services: dict[str, FakeService]) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for service in services.values():
            await stack.enter_async_context(listening(service))
        yield


@pytest.fixture
async def house(contracts: Path, tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(contracts, tmp_path) as made:
        yield made
