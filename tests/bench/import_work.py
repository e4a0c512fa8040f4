"""An import of 45,000 clients with twelve months each, uploaded to one process and worked off by another."""

import asyncio
import csv
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
from chassis.clock import business_day, system_clock
from client_registry.app import SERVICE
from ground import STEWARD, Ground, memory_peak_mib
from measuring import Measure, Reading
from vip.example.book import write_book
from vip.places import project_root
from vip.processes import Child

ROWS = 45_000
# Prepared once, taken in once a round: what was imported is forgotten in between.
_FORGET = """TRUNCATE clients, client_imports, monthly_figures, loan_months, repayment_histories, outbox, operations
    CASCADE"""
PATIENCE_S = 300


class Import:
    """Floor: the rows read, nothing else. Ours: uploaded, sealed, checked, sealed again row by row, applied, told."""

    def __init__(self, ground: Ground, at: str, worker: Child, url: str, book: Path) -> None:
        self._ground, self._at, self._worker, self._url, self._book = ground, at, worker, url, book
        self._idle_mib = memory_peak_mib(worker)

    async def floor(self) -> Reading:
        began = time.perf_counter()
        rows = await asyncio.to_thread(self._read)
        assert rows == ROWS + 1
        return Reading(ROWS / (time.perf_counter() - began))

    def _read(self) -> int:
        with self._book.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.reader(file))

    async def ours(self) -> Reading:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(_FORGET)
        finally:
            await connection.close()
        began = time.perf_counter()
        await self._take_in()
        took = time.perf_counter() - began
        grown = memory_peak_mib(self._worker) - self._idle_mib
        return Reading(ROWS / took, {"seconds": took, "worker grew MiB": grown})

    async def _take_in(self) -> None:
        profile = project_root() / "examples" / "mappings" / "example-book.toml"
        form = aiohttp.FormData({"mode": "whole", "validate_only": "false"})
        form.add_field("profile", profile.read_bytes(), filename=profile.name)
        form.add_field("files", self._book.read_bytes(), filename=self._book.name)
        async with aiohttp.ClientSession() as session:
            key = {"Idempotency-Key": uuid4().hex}
            async with session.post(f"{self._at}/v1/client-imports", data=form, headers=key | self._who()) as answer:
                started = await answer.json()
                if answer.status != 202:
                    raise RuntimeError(f"the upload was refused: {answer.status} {started}")
            ends = time.monotonic() + PATIENCE_S
            while True:
                at = f"{self._at}/v1/operations/{started['operation_id']}"
                async with session.get(at, headers=self._who()) as answer:
                    found = await answer.json()
                if found["status"] == "succeeded":
                    assert found["result"]["clients_created"] == ROWS, found
                    return
                if found["status"] == "failed" or time.monotonic() > ends:
                    raise RuntimeError(f"the import: {found}")
                await asyncio.sleep(0.1)

    def _who(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._ground.token(STEWARD, service=SERVICE.name)}"}


@asynccontextmanager
async def importing(ground: Ground) -> AsyncIterator[Import]:
    url = await ground.database_of(SERVICE)
    book = ground.folder / "book.csv"
    await asyncio.to_thread(write_book, book, clients=ROWS, seed=7, today=business_day(system_clock()))
    async with ground.service(SERVICE, "api", url) as (at, _), ground.service(SERVICE, "work", url) as (_, worker):
        yield Import(ground, at, worker, url, book)


MEASURES = (
    Measure(name="import", work="import of 45,000 clients, rows", goal="≤ 15 s, memory flat", prepare=importing),
)  # fmt: skip
