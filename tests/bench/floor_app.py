"""The floors that ours are measured against: the same libraries, none of our promises.

`python floor_app.py KIND PORT TARGET` with KIND one of: `service` (one row read, two written; TARGET is a database),
`proxy` (passes on to TARGET), `upstream` (one fixed answer, and what a gateway asks its neighbours; TARGET is a file
with the key set), `plain` and `measured` (an answer without a database, the latter inside our telemetry).
"""

import gc
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import uvicorn
from chassis.logs import configure_logging
from chassis.metrics import Metrics
from chassis.telemetry import TelemetryMiddleware
from fastapi import FastAPI
from pydantic import BaseModel

ANSWER = json.dumps(
    {"client_id": str(UUID(int=7)), "contacts": [{"way": "mobile", "value": "138****5678"}] * 8}
).encode()
RIGHTS = {"grants": [{"role": "data_steward", "unit_path": "/hq/", "reach": "unit", "until": None}]}


class Row(BaseModel):
    """What a read answers."""

    id: UUID
    name: str
    tier: str
    version: int


class NewRow(BaseModel):
    """What a write is given."""

    name: str
    tier: str


def frozen() -> None:
    """What was loaded so far lives as long as the process: the collector need not look at it."""
    gc.collect()
    gc.freeze()


def service(database_url: str) -> FastAPI:
    @asynccontextmanager
    async def pool(app: FastAPI) -> AsyncIterator[None]:
        app.state.pool = await asyncpg.create_pool(database_url, min_size=4, max_size=10)
        frozen()
        yield
        await app.state.pool.close()

    app = FastAPI(lifespan=pool)

    @app.get("/rows/{row_id}")
    async def read(row_id: UUID) -> Row:
        async with app.state.pool.acquire() as connection:
            row = await connection.fetchrow("SELECT id, name, tier, version FROM floor_rows WHERE id = $1", row_id)
        return Row(**dict(row))

    @app.post("/rows", status_code=201)
    async def create(body: NewRow) -> Row:
        row_id = uuid4()
        async with app.state.pool.acquire() as connection, connection.transaction():
            await connection.execute("INSERT INTO floor_rows VALUES ($1, $2, $3, 1)", row_id, body.name, body.tier)
            await connection.execute("INSERT INTO floor_outbox (data) VALUES ($1)", f'{{"id": "{row_id}"}}')
        return Row(id=row_id, name=body.name, tier=body.tier, version=1)

    return app


def plain() -> FastAPI:
    """One answer, modelled and validated; no database."""

    @asynccontextmanager
    async def quiet(app: FastAPI) -> AsyncIterator[None]:
        frozen()
        yield

    app = FastAPI(lifespan=quiet)

    @app.get("/rows/{row_id}")
    async def read(row_id: UUID) -> Row:
        return Row(id=row_id, name="row", tier="mass", version=1)

    return app


def measured() -> TelemetryMiddleware:
    """The same inside our own stack."""
    configure_logging("bench")
    return TelemetryMiddleware(plain(), metrics=Metrics("bench"))


class Proxy:
    """Raw ASGI over one aiohttp session: everything is passed on, nothing is checked."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200), auto_decompress=False)
            frozen()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._session.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        message = await receive()
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"] if name != b"host"]
        url = self._upstream + scope["raw_path"].decode()
        async with self._session.request(scope["method"], url, headers=headers, data=message["body"] or None) as answer:
            body = await answer.read()
            await _say(send, body, answer.status)


class Upstream:
    """What stands behind a gateway: always the same answer, the issuer's keys, everybody's rights."""

    def __init__(self, key_file: str) -> None:
        self._keys = Path(key_file).read_bytes()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path == "/jwks":
            await _say(send, self._keys)
        elif path.startswith("/internal/principals/"):
            await _say(send, json.dumps(RIGHTS).encode())
        else:
            await _say(send, ANSWER)


async def _say(send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    kind, port, target = sys.argv[1:]
    made = {
        "service": lambda: service(target),
        "proxy": lambda: Proxy(target),
        "upstream": lambda: Upstream(target),
        "plain": plain,
        "measured": measured,
    }
    lifespan = "off" if kind == "upstream" else "auto"
    uvicorn.run(
        made[kind](), host="127.0.0.1", port=int(port), lifespan=lifespan, access_log=False, log_config=None,
        server_header=False, date_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
