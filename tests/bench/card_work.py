"""Card numbers from one shelf, no gaps and no doubles: 32 callers, one card each; and many cards in one transaction."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
from card_service import consumers
from card_service.app import SERVICE
from card_service.domain.levels import CardLevel
from card_service.use_cases.allot_segment import allot_segment
from card_service.use_cases.confirm_receipt import confirm_receipt
from card_service.use_cases.propose_receipt import propose_receipt
from chassis.db import Database
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from ground import Ground
from measuring import Measure, Reading

CALLERS = 32
CARDS_EACH = 6
IN_A_BATCH = 500
BATCHES = 3
STOCK = 12_000
SEGMENT = 4_000
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
_TABLES = """
    CREATE TABLE floor_segments (id int PRIMARY KEY, next_number bigint NOT NULL);
    CREATE TABLE floor_cards (number bigint PRIMARY KEY, client_id uuid NOT NULL);
    INSERT INTO floor_segments VALUES (1, 1);
"""
_TAKE = "SELECT next_number FROM floor_segments WHERE id = 1 FOR UPDATE"
_MOVE = "UPDATE floor_segments SET next_number = next_number + $1 WHERE id = 1"
_KEEP = (
    "INSERT INTO floor_cards SELECT $1 + n - 1, client_id FROM unnest($2::uuid[]) WITH ORDINALITY AS u(client_id, n)"
)


class Numbers:
    """Floor: a counter row locked, moved and a card written. Ours: the rise of a client's card level, heard."""

    def __init__(self, floor: Database, cards: Database, home_unit_id: UUID) -> None:
        self._floor, self._cards, self._home = floor, cards, home_unit_id

    async def _number(self, clients: list[UUID]) -> None:
        async with self._floor.transaction() as tx:
            first = await tx.connection.fetchval(_TAKE)
            await tx.connection.execute(_MOVE, len(clients))
            await tx.connection.execute(_KEEP, first, clients)

    async def _reserve(self, clients: list[UUID]) -> None:
        facts = [
            consumers.LevelMoved(
                event_id=new_id(), occurred_at=NOW, aggregate_version=1, client_id=client,
                card_level_from=CardLevel("none"), card_level_to=CardLevel("head_office"), home_unit_id=self._home,
                decision_id=new_id(), cause="enrolment",
            )
            for client in clients
        ]  # fmt: skip
        async with self._cards.transaction() as tx:
            await consumers.hear_upgraded(tx, facts, now=NOW)

    async def check(self) -> None:
        """No gap and no double among the numbers that went out."""
        async with self._cards.reading() as tx:
            gone = await tx.connection.fetchrow(
                "SELECT count(*) AS n, count(DISTINCT number) AS different, max(number) AS last, min(number) AS first"
                " FROM cards WHERE status = 'reserved'"
            )
            below = await tx.connection.fetchval(
                "SELECT count(*) FROM cards WHERE status = 'in_stock' AND number < $1", gone["last"]
            )
        assert gone["n"] == gone["different"] and not below, f"gaps or doubles: {dict(gone)}, {below} below the last"


class OneByOne(Numbers):
    """32 callers at once, each with a transaction of its own."""

    async def floor(self) -> Reading:
        return await _race(self._number)

    async def ours(self) -> Reading:
        reading = await _race(self._reserve)
        await self.check()
        return reading


class InBatches(Numbers):
    """Many in one transaction, as the listener hears them."""

    async def floor(self) -> Reading:
        return await _in_turn(self._number)

    async def ours(self) -> Reading:
        reading = await _in_turn(self._reserve)
        await self.check()
        return reading


async def _race(take: Callable[[list[UUID]], Awaitable[None]]) -> Reading:
    waits: list[float] = []

    async def caller() -> None:
        for _ in range(CARDS_EACH):
            began = time.perf_counter()
            await take([uuid4()])
            waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    rate = len(waits) / (time.perf_counter() - began)
    waits.sort()
    return Reading(
        rate, {"p50 ms": statistics.median(waits) * 1000, "p99 ms": waits[int(len(waits) * 0.99)] * 1000}
    )  # fmt: skip


async def _in_turn(take: Callable[[list[UUID]], Awaitable[None]]) -> Reading:
    longest, began = 0.0, time.perf_counter()
    for _ in range(BATCHES):
        one = time.perf_counter()
        await take([uuid4() for _ in range(IN_A_BATCH)])
        longest = max(longest, time.perf_counter() - one)
    return Reading(BATCHES * IN_A_BATCH / (time.perf_counter() - began), {"longest transaction ms": longest * 1000})


async def _stocked(database: Database) -> UUID:
    """A branch with one wealth centre, and cards in stock there under both signatures."""
    branch, centre = uuid4(), uuid4()
    places = ((branch, "/hq/bj/", "first_level_branch", "BJ"), (centre, "/hq/bj/bj-01/", "wealth_centre", None))
    units = [
        consumers.OrgUnitChanged(
            event_id=new_id(), occurred_at=NOW, aggregate_version=1, unit_id=unit_id, kind=kind, code=path, path=path,
            name_zh="机构", name_en="Unit", branch_code=letters, active=True,
        )
        for unit_id, path, kind, letters in places
    ]  # fmt: skip
    above, keeper, supervisor = (
        Principal(f"staff:{number}", (Grant(role, "/hq/bj/", "unit"),))
        for number, role in ((1, "branch_personal_banking"), (2, "card_keeper"), (3, "card_supervisor"))
    )
    async with database.transaction() as tx:
        await consumers.hear_units(tx, units, now=NOW)
    for _ in range(STOCK // SEGMENT):
        async with database.transaction() as tx:
            segment = await allot_segment(
                tx, new_id(), unit_id=centre, level=CardLevel("head_office"), run=None, count=SEGMENT, by=above, now=NOW
            )
            receipt = await propose_receipt(
                tx, new_id(), unit_id=centre, segment_id=segment.id, first=None, last=None, count=SEGMENT, by=keeper,
                now=NOW,
            )  # fmt: skip
        async with database.transaction() as tx:
            await confirm_receipt(tx, receipt.id, by=supervisor, now=NOW)
    return centre


@asynccontextmanager
async def _prepared(ground: Ground, kind: type[Numbers]) -> AsyncIterator[Numbers]:
    floor_url = await ground.empty_database()
    connection = await asyncpg.connect(floor_url)
    await connection.execute(_TABLES)
    await connection.close()
    cards_url = await ground.database_of(SERVICE)
    async with ground.open(floor_url, size_max=CALLERS) as floor, ground.open(cards_url, size_max=CALLERS) as cards:
        yield kind(floor, cards, await _stocked(cards))


@asynccontextmanager
async def one_by_one(ground: Ground) -> AsyncIterator[Numbers]:
    async with _prepared(ground, OneByOne) as sides:
        yield sides


@asynccontextmanager
async def in_batches(ground: Ground) -> AsyncIterator[Numbers]:
    async with _prepared(ground, InBatches) as sides:
        yield sides


MEASURES = (
    Measure(
        name="cards", work="card numbers, 32 callers one each", goal="≥ 10 × naive (batched)", prepare=one_by_one, rounds=5
    ),
    Measure(name="cards-batch", work="card numbers, 500 at a time", goal="≥ 0.5", least=0.5, prepare=in_batches, rounds=3),
)  # fmt: skip
