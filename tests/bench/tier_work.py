"""Qualification: everybody at once, and one client. Twelve months each, two in a hundred change between runs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from chassis.clock import business_day, system_clock
from chassis.db import Database
from chassis.identity import Grant, Principal
from client_registry.app import SERVICE
from client_registry.domain.simulations import Assumptions
from client_registry.store import policies
from client_registry.use_cases.reevaluate_client import reevaluate_client
from client_registry.use_cases.start_policy_simulation import start_policy_simulation
from client_registry.use_cases.start_qualification_run import start_qualification_run
from ground import Ground, memory_peak_mib
from measuring import Measure, Reading
from service_work import a_unit
from vip.processes import Child

_PLANNED = Assumptions(
    contacts_a_year={"ge_8m": 52, "2m_8m": 26, "below": 4, "unknown": 4}, card_unit_price=Decimal("1.15")
)
FLOOR_RANGE = 20_000
ONE_CLIENT_TIMES = 100
PATIENCE_S = 600
BY = Principal("staff:900002", (Grant("branch_personal_banking", "/hq/", "unit"),))

# Invented: the figures repeat with the client's number, so that every standard is met by some and missed by most.
_CLIENTS = """
    INSERT INTO clients (id, client_no, kind, name_sealed, name_tokens, home_unit_id, registered_on, client_since_on)
    SELECT uuidv7(), 'Q' || n, 'personal', decode('00', 'hex'), '{}', $2, current_date, DATE '2019-03-01'
    FROM generate_series(1, $1::int) n"""
_MONTHS = """
    INSERT INTO monthly_figures (client_id, month, known_at, deposit_average, deposit_month_end, card_spend, assets)
    SELECT c.id, m.month, now() - interval '1 hour', c.n % 1000 * 300 + c.n % 7 * 1000, c.n % 1000 * 310,
           CASE WHEN extract(month FROM m.month) % 3 = 0 THEN c.n % 90 * 100 ELSE 0 END, c.n % 1000 * 900
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM clients WHERE client_no LIKE 'Q%') c
    CROSS JOIN generate_series(date_trunc('month', $1::date) - interval '12 months',
                               date_trunc('month', $1::date) - interval '1 month', interval '1 month') AS m(month)"""
_LOANS = """
    INSERT INTO loan_months (client_id, month, known_at, outstanding, overdue_days_max, overdue_days_open)
    SELECT c.id, date_trunc('month', $1::date) - interval '1 month', now() - interval '1 hour', c.n % 40 * 30000, 0, 0
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM clients WHERE client_no LIKE 'Q%') c WHERE c.n % 5 < 2"""
_CHANGE = """
    INSERT INTO monthly_figures (client_id, month, known_at, assets)
    SELECT id, date_trunc('month', $1::date) - interval '1 month', now(), 9000000
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM clients WHERE client_no LIKE 'Q%') c WHERE n % 50 = $2::int"""
# The metrics of a range and nothing else: no corrections, no gaps, no policies, nothing written.
_METRICS = """
    SELECT count(*), sum(deposits), sum(spent), sum(assets), sum(owed) FROM (
        SELECT f.client_id, sum(coalesce(f.deposit_average, f.deposit_month_end)) / 12 AS deposits,
               sum(f.card_spend) AS spent, max(f.assets) FILTER (WHERE f.month = $3) AS assets, max(l.outstanding) AS owed
        FROM monthly_figures f LEFT JOIN loan_months l ON l.client_id = f.client_id AND l.month = $3
        WHERE f.client_id > $1 AND f.client_id <= $2 AND f.month >= $3::date - interval '11 months' AND f.month <= $3
        GROUP BY f.client_id) AS metrics"""
_LAST_OF_RANGE = """SELECT id FROM (SELECT id FROM clients WHERE id > $1 ORDER BY id LIMIT $2) AS range
    ORDER BY id DESC LIMIT 1"""
_LONGEST = """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'client-registry' AND xact_start IS NOT NULL"""


class Everybody:
    """Floor: the metrics alone, in ranges of 20,000. Ours: the run, with decisions, changes, history and facts."""

    def __init__(self, database: Database, worker: Child, clients: int) -> None:
        self._database, self._worker, self._clients = database, worker, clients
        self._runs = 0

    async def floor(self) -> Reading:
        month_last = _month_before(business_day(system_clock()))
        after, counted, began = UUID(int=0), 0, time.perf_counter()
        async with self._database.reading() as tx:
            while upto := await tx.connection.fetchval(_LAST_OF_RANGE, after, FLOOR_RANGE):
                counted += (await tx.connection.fetchrow(_METRICS, after, upto, month_last))["count"]
                after = upto
        assert counted == self._clients, f"{counted} of {self._clients} counted"
        return Reading(counted / (time.perf_counter() - began))

    async def ours(self) -> Reading:
        await self.change()
        return await self.evaluate()

    async def change(self) -> None:
        """Two in a hundred, others each time, now have nine million."""
        self._runs += 1
        async with self._database.transaction() as tx:
            await tx.connection.execute(_CHANGE, business_day(system_clock()), self._runs)
        async with self._database.reading() as tx:
            await tx.connection.execute("ANALYZE monthly_figures")

    async def evaluate(self) -> Reading:
        """One run by the worker process, from taken up to finished."""
        now = system_clock()
        async with self._database.transaction() as tx:
            operation = await start_qualification_run(tx, as_of=business_day(now), unit_path="/hq/", by=BY, now=now)
        longest, ends = 0.0, time.monotonic() + PATIENCE_S
        while True:
            async with self._database.reading() as tx:
                longest = max(longest, await tx.connection.fetchval(_LONGEST))
                row = await tx.connection.fetchrow("SELECT * FROM operations WHERE id = $1", operation.id)
            if row["status"] == "succeeded":
                break
            if row["status"] == "failed" or time.monotonic() > ends:
                raise RuntimeError(f"the run {row['status']}: {row['problem']} {row['last_error']}")
            await asyncio.sleep(0.02)
        took = (row["finished_at"] - row["started_at"]).total_seconds()
        result: dict[str, Any] = row["result"]
        return Reading(
            result["evaluated"] / took,
            {
                "tiers moved": result["tiers_up"] + result["tiers_down"],
                "longest transaction ms": longest * 1000,
                "worker's peak MiB": memory_peak_mib(self._worker),
            },
        )


class OneClient:
    """Floor: the metrics of one client and one changed row, committed. Ours: decision, standing, tier, facts."""

    def __init__(self, database: Database, clients: list[UUID]) -> None:
        self._database, self._clients = database, clients

    async def floor(self) -> Reading:
        month_last = _month_before(business_day(system_clock()))
        began = time.perf_counter()
        for client in self._clients:
            async with self._database.transaction() as tx:
                await tx.connection.fetchrow(_METRICS, UUID(int=client.int - 1), client, month_last)
                await tx.connection.execute("UPDATE clients SET version = version + 1 WHERE id = $1", client)
        return Reading((time.perf_counter() - began) / len(self._clients) * 1000)

    async def ours(self) -> Reading:
        now = system_clock()
        began = time.perf_counter()
        for client in self._clients:
            async with self._database.transaction() as tx:
                await reevaluate_client(tx, client, as_of=business_day(now), now=now)
        return Reading((time.perf_counter() - began) / len(self._clients) * 1000)


class Simulated:
    """Floor: the metrics alone, in ranges of 20,000. Ours: both sets over everybody, counts and moves written."""

    def __init__(self, everybody: Everybody, database: Database, clients: int) -> None:
        self._everybody, self._database, self._clients = everybody, database, clients

    async def floor(self) -> Reading:
        return await self._everybody.floor()

    async def ours(self) -> Reading:
        now = system_clock()
        async with self._database.transaction() as tx:
            (lowest,) = [each for each in await policies.list_active(tx) if each.code == "wealth-management-tier"]
            criteria = tuple(replace(each, bound=each.bound * 2) for each in lowest.criteria)
            started = await start_policy_simulation(
                tx, tried=[replace(lowest, version=2, criteria=criteria)], against=[], unit_path="/hq/",
                as_of=business_day(now), assumptions=_PLANNED, by=BY, now=now,
            )  # fmt: skip
        row = await _finished(self._database, started.operation.id)
        took = (row["finished_at"] - row["started_at"]).total_seconds()
        assert row["result"]["evaluated"] == self._clients
        return Reading(self._clients / took, {"moved": row["result"]["moved"]})


async def _finished(database: Database, operation_id: UUID) -> Any:
    ends = time.monotonic() + PATIENCE_S
    while True:
        async with database.reading() as tx:
            row = await tx.connection.fetchrow("SELECT * FROM operations WHERE id = $1", operation_id)
        if row["status"] == "succeeded":
            return row
        if row["status"] == "failed" or time.monotonic() > ends:
            raise RuntimeError(f"the work {row['status']}: {row['problem']} {row['last_error']}")
        await asyncio.sleep(0.02)


def _month_before(day: date) -> date:
    return date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)


async def _fill(url: str, clients: int) -> None:
    unit = await a_unit(url)
    connection = await asyncpg.connect(url)
    try:
        today = business_day(system_clock())
        await connection.execute(_CLIENTS, clients, unit)
        await connection.execute(_MONTHS, today)
        await connection.execute(_LOANS, today)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


@asynccontextmanager
async def everybody(ground: Ground) -> AsyncIterator[Everybody]:
    url = await ground.database_of(SERVICE)
    await _fill(url, ground.clients)
    async with ground.open(url) as database, ground.service(SERVICE, "work", url) as (_, worker):
        sides = Everybody(database, worker, ground.clients)
        # The first run gives everybody a tier; what is measured is the change from one run to the next.
        await sides.evaluate()
        yield sides


@asynccontextmanager
async def simulated(ground: Ground) -> AsyncIterator[Simulated]:
    url = await ground.database_of(SERVICE)
    await _fill(url, ground.clients)
    async with ground.open(url) as database, ground.service(SERVICE, "work", url) as (_, worker):
        yield Simulated(Everybody(database, worker, ground.clients), database, ground.clients)


@asynccontextmanager
async def one_client(ground: Ground) -> AsyncIterator[OneClient]:
    url = await ground.database_of(SERVICE)
    await _fill(url, 5_000)
    async with ground.open(url) as database:
        async with database.reading() as tx:
            rows = await tx.connection.fetch(
                "SELECT id FROM clients WHERE client_no LIKE 'Q%' ORDER BY id LIMIT $1", ONE_CLIENT_TIMES
            )
        yield OneClient(database, [row["id"] for row in rows])


MEASURES = (
    Measure(name="tiers", work="qualification run, clients", goal="no transaction over 500 ms", prepare=everybody),
    Measure(
        name="simulation", work="policy simulation, clients", goal="evaluate-only, nothing but results", prepare=simulated
    ),
    Measure(
        name="tier-one", work="re-tier one client", goal="≥ 0.2 (5 ×)", least=0.2, unit="ms", better="less",
        prepare=one_client, rounds=5,
    ),
)  # fmt: skip
