"""The book that runs over everybody are measured on: so many clients with twelve months each, filled set by set, run once.

Invented: the figures repeat with the client's number, so that every standard is met by some and missed by most.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from chassis.clock import business_day, system_clock
from chassis.db import Database
from chassis.identity import Grant, Principal
from chassis.operations import Operation
from client_registry.app import SERVICE
from client_registry.use_cases.start_qualification_run import start_qualification_run
from ground import Ground, memory_peak_mib
from service_work import a_unit
from vip.processes import Child

BY = Principal("staff:900002", (Grant("branch_personal_banking", "/hq/", "unit"),))
RANGE = 20_000
# A million clients take minutes where a hundred thousand take seconds.
_PATIENCE_S = 7_200
_LOOK_S = 0.02
_CLIENTS = """
    INSERT INTO clients (id, client_no, kind, name_sealed, name_tokens, home_unit_id, registered_on, client_since_on)
    SELECT uuidv7(), 'Q' || n, 'personal', decode('00', 'hex'), '{}', u.ids[1 + n % cardinality(u.ids)], current_date,
           DATE '2019-03-01'
    FROM generate_series(1, $1::int) n CROSS JOIN (SELECT array_agg(id) AS ids FROM units WHERE kind IN
         ('wealth_centre', 'outlet')) u"""
_MONTHS = """
    INSERT INTO monthly_figures (client_id, month, known_at, deposit_average, deposit_month_end, card_spend, assets)
    SELECT c.id, m.month, now() - interval '1 hour', c.n % 1000 * 300 + c.n % 7 * 1000, c.n % 1000 * 310,
           CASE WHEN extract(month FROM m.month) % 3 = 0 THEN c.n % 90 * 100 ELSE 0 END, c.n % 1000 * 900
    FROM (SELECT id, substr(client_no, 2)::int AS n FROM clients WHERE client_no LIKE 'Q%') c
    CROSS JOIN generate_series(date_trunc('month', $1::date) - interval '12 months',
                               date_trunc('month', $1::date) - interval '1 month', interval '1 month') AS m(month)
    ORDER BY c.id, m.month"""
_LOANS = """
    INSERT INTO loan_months (client_id, month, known_at, outstanding, overdue_days_max, overdue_days_open)
    SELECT c.id, date_trunc('month', $1::date) - interval '1 month', now() - interval '1 hour', c.n % 40 * 30000, 0, 0
    FROM (SELECT id, substr(client_no, 2)::int AS n FROM clients WHERE client_no LIKE 'Q%') c WHERE c.n % 5 < 2
    ORDER BY c.id"""
# Marking each row of a table as it is filled says nothing that the first run does not find by itself.
_UNTOLD = "SET session_replication_role = replica"
_CHANGE = """
    INSERT INTO monthly_figures (client_id, month, known_at, assets)
    SELECT id, date_trunc('month', $1::date) - interval '1 month', now(), 9000000
    FROM clients WHERE client_no LIKE 'Q%' AND substr(client_no, 2)::int % $3::int = $2::int RETURNING client_id"""
# The metrics of a range and nothing else: no corrections, no gaps, no policies, nothing written.
METRICS = """
    SELECT count(*), sum(deposits), sum(spent), sum(assets), sum(owed) FROM (
        SELECT f.client_id, sum(coalesce(f.deposit_average, f.deposit_month_end)) / 12 AS deposits,
               sum(f.card_spend) AS spent, max(f.assets) FILTER (WHERE f.month = $3) AS assets, max(l.outstanding) AS owed
        FROM monthly_figures f LEFT JOIN loan_months l ON l.client_id = f.client_id AND l.month = $3
        WHERE f.client_id > $1 AND f.client_id <= $2 AND f.month >= $3::date - interval '11 months' AND f.month <= $3
        GROUP BY f.client_id) AS metrics"""
_LAST_OF_RANGE = """SELECT id FROM (SELECT id FROM clients WHERE id > $1 ORDER BY id LIMIT $2) AS range
    ORDER BY id DESC LIMIT 1"""
_SESSIONS = """
    SELECT pid, coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8 AS open_s FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'client-registry'"""


@dataclass(slots=True)
class Seen:
    """What was seen of the service's sessions while it worked."""

    longest_s: float = 0.0
    backends_mib: float = 0.0


class Book:
    """The filled database, and the worker process that does the runs over it."""

    def __init__(self, database: Database, url: str, worker: Child, clients: int) -> None:
        self.database, self.url, self.worker, self.clients = database, url, worker, clients
        self._changes = 0

    async def add_up(self) -> float:
        """The metrics of everybody in ranges, and nothing else; clients a second."""
        month, after, counted, began = last_month(), UUID(int=0), 0, time.perf_counter()
        async with self.database.reading() as tx:
            while upto := await tx.connection.fetchval(_LAST_OF_RANGE, after, RANGE):
                counted += (await tx.connection.fetchrow(METRICS, after, upto, month))["count"]
                after = upto
        assert counted == self.clients, f"{counted} of {self.clients} counted"
        return counted / (time.perf_counter() - began)

    async def change(self, *, one_in: int = 50) -> list[UUID]:
        """So many, others each time, now have nine million; who they are."""
        self._changes += 1
        async with self.database.transaction(statement_timeout_ms=600_000) as tx:
            today = business_day(system_clock())
            rows = await tx.connection.fetch(_CHANGE, today, self._changes % one_in, one_in)
        return [row["client_id"] for row in rows]

    async def run(self) -> tuple[Any, Seen]:
        """One qualification run by the worker, from taken up to finished."""
        now = system_clock()
        async with self.database.transaction() as tx:
            operation = await start_qualification_run(tx, as_of=business_day(now), unit_path="/hq/", by=BY, now=now)
        return await self.finished(operation)

    async def finished(self, operation: Operation) -> tuple[Any, Seen]:
        """The row of the operation when the worker has done it."""
        ends = time.monotonic() + _PATIENCE_S
        async with self.watched() as seen:
            while True:
                async with self.database.reading() as tx:
                    row = await tx.connection.fetchrow("SELECT * FROM operations WHERE id = $1", operation.id)
                if row["status"] == "succeeded":
                    return row, seen
                if row["status"] == "failed" or time.monotonic() > ends:
                    raise RuntimeError(f"the work {row['status']}: {row['problem']} {row['last_error']}")
                await asyncio.sleep(_LOOK_S)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Seen]:
        """Looks at the service's sessions as long as the block lasts."""
        seen = Seen()
        watching = asyncio.create_task(self._watch(seen))
        try:
            yield seen
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _watch(self, seen: Seen) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            while True:
                sessions = await connection.fetch(_SESSIONS)
                seen.longest_s = max([seen.longest_s, *(row["open_s"] for row in sessions)])
                seen.backends_mib = max(seen.backends_mib, sum(_own_mib(row["pid"]) for row in sessions))
                await asyncio.sleep(_LOOK_S)
        finally:
            await connection.close()

    def notes(self, seen: Seen) -> dict[str, float]:
        return {
            "longest transaction ms": seen.longest_s * 1000,
            "worker's peak MiB": memory_peak_mib(self.worker),
            "PostgreSQL's sessions MiB": seen.backends_mib,
        }


def _own_mib(pid: int) -> float:
    """What a session of the database holds for itself, without the buffers that all share."""
    status = Path(f"/proc/{pid}/status")
    with suppress(OSError):
        for line in status.read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1024
    return 0.0


def last_month() -> date:
    """The month that closed last."""
    today = business_day(system_clock())
    return date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)


async def fill(ground: Ground, url: str, clients: int) -> float:
    """So many clients with their figures; how many seconds that took."""
    await a_unit(url)
    began = time.perf_counter()
    # As the administrator: the service's role may not leave the triggers out.
    connection = await asyncpg.connect((await ground.postgres()).url_for(url.rpartition("/")[2]))
    try:
        today = business_day(system_clock())
        await connection.execute(_UNTOLD)
        await connection.execute(_CLIENTS, clients)
        await connection.execute(_MONTHS, today)
        await connection.execute(_LOANS, today)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return time.perf_counter() - began


@asynccontextmanager
async def a_book(ground: Ground, clients: int) -> AsyncIterator[tuple[Book, dict[str, float]]]:
    """A book over which one run has gone: everybody has a tier. With what it took to make it, measured apart."""
    url = await ground.database_of(SERVICE)
    filled_s = await fill(ground, url, clients)
    async with ground.open(url) as database, ground.service(SERVICE, "work", url) as (_, worker):
        book = Book(database, url, worker, clients)
        row, _ = await book.run()
        first_s = (row["finished_at"] - row["started_at"]).total_seconds()
        yield book, {"filled in s": filled_s, "first run s": first_s}
