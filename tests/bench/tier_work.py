"""Work over everybody and over one: runs, simulations, classes, marked clients, one client on event.

Each is measured on the book of each size that was asked for; two in a hundred change between two runs.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from chassis.clock import business_day, system_clock
from chassis.db import Database
from client_registry.app import SERVICE
from client_registry.domain.simulations import Assumptions
from client_registry.store import policies
from client_registry.use_cases.reevaluate_client import reevaluate_client
from client_registry.use_cases.reevaluate_clients import KIND, mark_changed
from client_registry.use_cases.start_classification_run import start_classification_run
from client_registry.use_cases.start_policy_simulation import start_policy_simulation
from ground import Ground
from measuring import Measure, Reading
from tier_book import BY, METRICS, Book, a_book, fill, last_month

_PLANNED = Assumptions(
    contacts_a_year={"ge_8m": 52, "2m_8m": 26, "below": 4, "unknown": 4},
    card_unit_prices=dict.fromkeys(("branch", "head_office"), Decimal("1.15")),
)
_ONE_CLIENT_TIMES = 100
_SWEPT_AT_ONCE = 500
# One in ten is marked, and no more than ten thousand.
_MARKED_ONE_IN = 10
_MARKED_MOST = 10_000
_LEFT = "SELECT count(*) FROM due_work WHERE kind = $1"
_PATIENCE_S = 600
_OF_THESE = METRICS.replace("f.client_id > $1 AND f.client_id <= $2", "f.client_id = ANY($1)").replace("$3", "$2")
_TOUCH = "UPDATE clients SET version = version + 1 WHERE id = ANY($1)"


class Everybody:
    """Floor: the metrics alone, in ranges of 20,000. Ours: the run, with decisions, changes, history and facts."""

    def __init__(self, book: Book, made: dict[str, float]) -> None:
        self._book, self._made = book, made

    async def floor(self) -> Reading:
        return Reading(await self._book.add_up())

    async def ours(self) -> Reading:
        await self._book.change()
        row, seen = await self._book.run()
        took = (row["finished_at"] - row["started_at"]).total_seconds()
        result: dict[str, Any] = row["result"]
        moved = {"tiers moved": result["tiers_up"] + result["tiers_down"]}
        return Reading(result["evaluated"] / took, moved | self._book.notes(seen) | self._made)


class Simulated(Everybody):
    """Floor: the metrics alone, in ranges of 20,000. Ours: both sets over everybody, counts and moves written."""

    async def ours(self) -> Reading:
        now = system_clock()
        async with self._book.database.transaction() as tx:
            (lowest,) = [each for each in await policies.list_active(tx) if each.code == "wealth-management-tier"]
            criteria = tuple(replace(each, bound=each.bound * 2) for each in lowest.criteria)
            started = await start_policy_simulation(
                tx, tried=[replace(lowest, version=2, criteria=criteria)], against=[], unit_path="/hq/",
                as_of=business_day(now), assumptions=_PLANNED, by=BY, now=now,
            )  # fmt: skip
        row, seen = await self._book.finished(started.operation)
        took = (row["finished_at"] - row["started_at"]).total_seconds()
        assert row["result"]["evaluated"] == self._book.clients
        return Reading(self._book.clients / took, {"moved": row["result"]["moved"]} | self._book.notes(seen))


class Classified(Everybody):
    """Floor: the metrics alone, in ranges of 20,000. Ours: value, risk and needs of everybody, kept, and told where moved."""

    async def ours(self) -> Reading:
        async with self._book.database.transaction() as tx:
            operation = await start_classification_run(tx, unit_path="/hq/", by=BY, now=system_clock())
        row, seen = await self._book.finished(operation)
        took = (row["finished_at"] - row["started_at"]).total_seconds()
        assert row["result"]["classified"] == self._book.clients
        return Reading(self._book.clients / took, self._book.notes(seen))


class Marked:
    """Floor: the metrics of 500 clients and their files changed, committed. Ours: marked clients decided over by the sweep."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._clients: list[UUID] = []

    async def floor(self) -> Reading:
        one_in = max(_MARKED_ONE_IN, self._book.clients // _MARKED_MOST)
        self._clients = await self._book.change(one_in=one_in)
        month, began = last_month(), time.perf_counter()
        for first in range(0, len(self._clients), _SWEPT_AT_ONCE):
            these = self._clients[first : first + _SWEPT_AT_ONCE]
            async with self._book.database.transaction() as tx:
                await tx.connection.fetchrow(_OF_THESE, these, month)
                await tx.connection.execute(_TOUCH, these)
        return Reading(len(self._clients) / (time.perf_counter() - began))

    async def ours(self) -> Reading:
        ends = time.monotonic() + _PATIENCE_S
        async with self._book.watched() as seen:
            async with self._book.database.transaction() as tx:
                await mark_changed(tx, self._clients, now=system_clock())
            began = time.perf_counter()
            while True:
                async with self._book.database.reading() as tx:
                    if not await tx.connection.fetchval(_LEFT, KIND):
                        break
                if time.monotonic() > ends:
                    raise RuntimeError("marked clients are left")
                await asyncio.sleep(0.01)
            took = time.perf_counter() - began
        return Reading(len(self._clients) / took, {"marked": float(len(self._clients))} | self._book.notes(seen))


class OneClient:
    """Floor: the metrics of one client and one changed row, committed. Ours: decision, standing, tier, facts."""

    def __init__(self, database: Database, clients: list[UUID]) -> None:
        self._database, self._clients = database, clients

    async def floor(self) -> Reading:
        month, began = last_month(), time.perf_counter()
        for client in self._clients:
            async with self._database.transaction() as tx:
                await tx.connection.fetchrow(METRICS, UUID(int=client.int - 1), client, month)
                await tx.connection.execute("UPDATE clients SET version = version + 1 WHERE id = $1", client)
        return Reading((time.perf_counter() - began) / len(self._clients) * 1000)

    async def ours(self) -> Reading:
        now = system_clock()
        began = time.perf_counter()
        for client in self._clients:
            async with self._database.transaction() as tx:
                await reevaluate_client(tx, client, as_of=business_day(now), now=now)
        return Reading((time.perf_counter() - began) / len(self._clients) * 1000)


async def _book(ground: Ground) -> tuple[Book, dict[str, float]]:
    found: tuple[Book, dict[str, float]] = await ground.kept(
        f"book of {ground.clients}", partial(a_book, ground, ground.clients)
    )
    return found


@asynccontextmanager
async def everybody(ground: Ground) -> AsyncIterator[Everybody]:
    yield Everybody(*await _book(ground))


@asynccontextmanager
async def simulated(ground: Ground) -> AsyncIterator[Simulated]:
    yield Simulated(*await _book(ground))


@asynccontextmanager
async def classified(ground: Ground) -> AsyncIterator[Classified]:
    yield Classified(*await _book(ground))


@asynccontextmanager
async def marked(ground: Ground) -> AsyncIterator[Marked]:
    book, _ = await _book(ground)
    yield Marked(book)


@asynccontextmanager
async def one_client(ground: Ground) -> AsyncIterator[OneClient]:
    url = await ground.database_of(SERVICE)
    await fill(ground, url, 5_000)
    async with ground.open(url) as database:
        async with database.reading() as tx:
            rows = await tx.connection.fetch(
                "SELECT id FROM clients WHERE client_no LIKE 'Q%' ORDER BY id LIMIT $1", _ONE_CLIENT_TIMES
            )
        yield OneClient(database, [row["id"] for row in rows])


MEASURES = (
    Measure(
        name="tiers", work="qualification run, clients", goal="≥ 0.67, no transaction over 500 ms", least=0.67,
        prepare=everybody, sized=True,
    ),
    Measure(
        name="simulation", work="policy simulation, clients", goal="≥ 1.0", least=1.0, prepare=simulated, sized=True,
    ),
    Measure(
        name="tiers-marked", work="re-tier marked clients", goal="≥ 0.6", least=0.6, prepare=marked, sized=True,
    ),
    Measure(
        name="classes", work="classification run, clients", goal="no transaction over 500 ms", prepare=classified,
        sized=True,
    ),
    Measure(
        name="tier-one", work="re-tier one client", goal="≥ 0.2 (5 ×)", least=0.2, unit="ms", better="less",
        prepare=one_client, rounds=5,
    ),
)  # fmt: skip
