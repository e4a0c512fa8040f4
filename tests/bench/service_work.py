"""A service alone, 32 connections: one client read by id, one client registered."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import aiohttp
import asyncpg
from client_registry.app import SERVICE
from ground import STEWARD, Ground
from measuring import Measure, Reading
from vip.processes import Child

CLIENTS = 200
FLOOR_TABLES = """
    CREATE TABLE floor_rows (id uuid PRIMARY KEY, name text NOT NULL, tier text NOT NULL, version bigint NOT NULL);
    CREATE TABLE floor_outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data jsonb NOT NULL);
"""


class Reads:
    """GET of a client file: token, scope, two statements, decryption, masking, telemetry."""

    def __init__(
        self, ground: Ground, floor: tuple[str, Child], rows: list[UUID], ours: tuple[str, Child], clients: list[str]
    ) -> None:
        self._ground, self._floor, self._ours = ground, floor[1], ours[1]
        self._rows = [f"{floor[0]}/rows/{row}" for row in rows]
        self._files = [f"{ours[0]}/v1/clients/{client}" for client in clients]

    async def floor(self) -> Reading:
        return await self._ground.serve(self._floor, "GET", self._rows, {})

    async def ours(self) -> Reading:
        token = self._ground.token(STEWARD, service=SERVICE.name)
        return await self._ground.serve(self._ours, "GET", self._files, {"Authorization": f"Bearer {token}"})


class Creates:
    """POST of a client file: validation, idempotency key, sealed fields and contacts, audit row, fact, one commit."""

    def __init__(self, ground: Ground, floor: tuple[str, Child], ours: tuple[str, Child], home_unit_id: UUID) -> None:
        self._ground, self._floor, self._ours = ground, floor, ours
        self._body = _registration(home_unit_id)

    async def floor(self) -> Reading:
        at, child = self._floor
        body = json.dumps({"name": "row @NUMBER@", "tier": "mass"})
        return await self._ground.serve(child, "POST", [f"{at}/rows"], {}, body=body)

    async def ours(self) -> Reading:
        at, child = self._ours
        headers = {"Authorization": f"Bearer {self._ground.token(STEWARD, service=SERVICE.name)}"}
        return await self._ground.serve(child, "POST", [f"{at}/v1/clients"], headers, body=self._body)


def _registration(home_unit_id: UUID) -> str:
    return json.dumps(
        {
            "name": "王小明",
            "identity": {"type": "passport", "number": "E@NUMBER@"},
            "sex": "male",
            "contacts": [{"way": "mobile", "value": "138@NUMBER@"}],
            "confirm_identity_number": "E@NUMBER@",
            "confirm_mobile": "138@NUMBER@",
            "consents": {
                "marketing": True,
                "events": False,
                "wished_interval": "quarterly",
                "notice_version": "2026-01",
            },
            "home_unit_id": str(home_unit_id),
        }
    )


async def a_unit(url: str) -> UUID:
    """A wealth centre of the example organisation."""
    connection = await asyncpg.connect(url)
    try:
        unit: UUID = await connection.fetchval(
            "SELECT id FROM units WHERE kind = 'wealth_centre' ORDER BY code LIMIT 1"
        )
        return unit
    finally:
        await connection.close()


async def _rows(url: str) -> list[UUID]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(FLOOR_TABLES)
        rows = [uuid4() for _ in range(CLIENTS)]
        await connection.executemany("INSERT INTO floor_rows VALUES ($1, 'row', 'mass', 1)", [(row,) for row in rows])
        return rows
    finally:
        await connection.close()


async def _register(ground: Ground, at: str, home_unit_id: UUID) -> list[str]:
    headers = {"Authorization": f"Bearer {ground.token(STEWARD, service=SERVICE.name)}"}
    made: list[str] = []
    async with aiohttp.ClientSession(headers=headers) as session:
        for number in range(CLIENTS):
            body = json.loads(_registration(home_unit_id).replace("@NUMBER@", f"{90_000_000 + number}"))
            key = {"Idempotency-Key": uuid4().hex}
            async with session.post(f"{at}/v1/clients", json=body, headers=key) as answer:
                told = await answer.json()
                if answer.status != 201:
                    raise RuntimeError(f"POST /v1/clients: {answer.status} {told}")
                made.append(told["client_id"])
    return made


@asynccontextmanager
async def reads(ground: Ground) -> AsyncIterator[Reads]:
    floor_url, url = await ground.empty_database(), await ground.database_of(SERVICE)
    rows, unit = await _rows(floor_url), await a_unit(url)
    async with ground.floor_app("service", floor_url) as floor, ground.service(SERVICE, "api", url) as ours:
        yield Reads(ground, floor, rows, ours, await _register(ground, ours[0], unit))


@asynccontextmanager
async def creates(ground: Ground) -> AsyncIterator[Creates]:
    floor_url, url = await ground.empty_database(), await ground.database_of(SERVICE)
    await _rows(floor_url)
    unit = await a_unit(url)
    async with ground.floor_app("service", floor_url) as floor, ground.service(SERVICE, "api", url) as ours:
        yield Creates(ground, floor, ours, unit)


MEASURES = (
    Measure(
        name="read", work="read one by id, 32 connections", goal="≥ 0.5, p99 ≤ 2 ×", least=0.5, prepare=reads, rounds=5
    ),
    Measure(
        name="create", work="create + outbox, commit", goal="≥ 0.5, p99 ≤ 2 ×", least=0.5, prepare=creates, rounds=5
    ),
)  # fmt: skip
