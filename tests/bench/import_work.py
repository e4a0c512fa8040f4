"""An import of 45,000 clients with twelve months each, uploaded to one process and worked off by another: CSV and Excel.

Of the Excel book every thousandth row is broken; the good rows are taken, as a branch would have it.
"""

import asyncio
import csv
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
import xlsxwriter
from chassis.clock import business_day, system_clock
from client_registry.app import SERVICE
from ground import STEWARD, Ground, cpu_seconds, memory_peak_mib
from measuring import Measure, Reading
from python_calamine import CalamineWorkbook
from vip.example.book import write_book
from vip.places import project_root
from vip.processes import Child

ROWS = 45_000
# Prepared once, taken in once a round: what was imported is forgotten in between.
_FORGET = """TRUNCATE clients, client_imports, monthly_figures, loan_months, repayment_histories, outbox, operations
    CASCADE"""
PATIENCE_S = 300
BROKEN_EVERY = 1_000
_LOOK_EVERY_S = 0.02
# The transaction that has been open for longest at this moment, whoever's it is.
_OPEN_FOR = """SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


class Import:
    """Floor: the rows read, nothing else. Ours: uploaded, sealed, checked, sealed again row by row, applied, told."""

    def __init__(self, ground: Ground, at: str, worker: Child, url: str, book: Path) -> None:
        self._ground, self._at, self._worker, self._url, self._book = ground, at, worker, url, book
        self._idle_mib = memory_peak_mib(worker)
        self._broken = ROWS // BROKEN_EVERY if book.suffix == ".xlsx" else 0

    async def floor(self) -> Reading:
        began = time.perf_counter()
        rows = await asyncio.to_thread(self._read)
        assert rows == ROWS + 1
        return Reading(ROWS / (time.perf_counter() - began))

    def _read(self) -> int:
        if self._book.suffix == ".xlsx":
            sheet = CalamineWorkbook.from_path(str(self._book)).get_sheet_by_index(0)
            return sum(1 for _ in sheet.iter_rows())
        with self._book.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.reader(file))

    async def ours(self) -> Reading:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(_FORGET)
            watching = asyncio.create_task(self._watch(connection))
            began, worked = time.perf_counter(), cpu_seconds(self._worker)
            await self._take_in()
            took, worked = time.perf_counter() - began, cpu_seconds(self._worker) - worked
            watching.cancel()
            await asyncio.wait([watching])
        finally:
            await connection.close()
        grown = memory_peak_mib(self._worker) - self._idle_mib
        longest = self._longest_s
        notes = {"seconds": took, "worker CPU s": worked, "worker grew MiB": grown, "longest transaction s": longest}
        return Reading(ROWS / took, notes)

    async def _watch(self, connection: asyncpg.Connection) -> None:
        self._longest_s = 0.0
        while True:
            self._longest_s = max(self._longest_s, float(await connection.fetchval(_OPEN_FOR)))
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _take_in(self) -> None:
        profile = project_root() / "examples" / "mappings" / "example-book.toml"
        text = profile.read_text(encoding="utf-8").replace("*.csv*", "*")
        form = aiohttp.FormData({"mode": "good_rows" if self._broken else "whole", "validate_only": "false"})
        form.add_field("profile", text.encode(), filename=profile.name)
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
                    assert found["result"]["clients_created"] == ROWS - self._broken, found
                    return
                if found["status"] == "failed" or time.monotonic() > ends:
                    raise RuntimeError(f"the import: {found}")
                await asyncio.sleep(0.1)

    def _who(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._ground.token(STEWARD, service=SERVICE.name)}"}


def write_workbook(book: Path, source: Path) -> None:
    """The book as an Excel file; every thousandth client has a number of a unit that does not exist."""
    made = xlsxwriter.Workbook(str(book), {"constant_memory": True})
    sheet = made.add_worksheet("clients")
    with source.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        unit = header.index("home_unit")
        sheet.write_row(0, 0, header)
        for number, cells in enumerate(rows, start=1):
            if number % BROKEN_EVERY == 0:
                cells[unit] = "nowhere"
            sheet.write_row(number, 0, cells)
    made.close()


@asynccontextmanager
async def importing(ground: Ground, *, suffix: str = ".csv") -> AsyncIterator[Import]:
    url = await ground.database_of(SERVICE)
    book = ground.folder / "book.csv"
    await asyncio.to_thread(write_book, book, clients=ROWS, seed=7, today=business_day(system_clock()))
    if suffix == ".xlsx":
        source, book = book, ground.folder / "book.xlsx"
        await asyncio.to_thread(write_workbook, book, source)
    async with ground.service(SERVICE, "api", url) as (at, _), ground.service(SERVICE, "work", url) as (_, worker):
        yield Import(ground, at, worker, url, book)


MEASURES = (
    Measure(name="import", work="import of 45,000 clients, rows", goal="≤ 15 s, memory flat", prepare=importing),
    Measure(
        name="import-excel", work="import of 45,000 Excel rows, 45 of them broken", goal="≤ 15 s",
        prepare=partial(importing, suffix=".xlsx"),
    ),
)  # fmt: skip
