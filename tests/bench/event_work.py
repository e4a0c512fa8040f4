"""Facts on their way: the relay, a listener in batches, and the whole way from commit to effect at 200 writes a second."""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from card_service.app import SERVICE as CARDS
from chassis import outbox
from chassis.clock import system_clock
from chassis.db import Database
from chassis.envelope import write
from chassis.ids import new_id
from chassis.listener import Listener
from chassis.metrics import Metrics
from chassis.relay import Relay
from client_registry.app import SERVICE as REGISTRY
from client_registry.domain.events import CLIENTS, ClientRegistered
from ground import Ground
from measuring import Measure, Reading

ROWS = 6_000
FACTS = 6_000
BATCH = 500
WRITES = 600
PER_SECOND = 200
PATIENCE_S = 60
# As our listener: the embedded broker answers a fetch when this is over.
FETCH_WAIT_MS = 30

_UNPUBLISHED = f"""SELECT id, topic, key, CAST(data AS text) AS data FROM outbox WHERE published_at IS NULL
    ORDER BY id LIMIT {BATCH}"""
_MARK = "UPDATE outbox SET published_at = now() WHERE id = ANY ($1::bigint[])"
_KEEP = """WITH fresh AS (
        INSERT INTO floor_inbox SELECT DISTINCT u.event_id FROM unnest($1::uuid[]) AS u(event_id)
        ON CONFLICT DO NOTHING RETURNING event_id)
    INSERT INTO floor_clients SELECT u.client_id, u.unit_id, 1
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS u(event_id, client_id, unit_id) JOIN fresh USING (event_id)
    ON CONFLICT (id) DO UPDATE SET unit_id = excluded.unit_id"""
_FLOOR_TABLES = """
    CREATE TABLE floor_inbox (event_id uuid PRIMARY KEY);
    CREATE TABLE floor_clients (id uuid PRIMARY KEY, unit_id uuid NOT NULL, version int NOT NULL);
"""


def registered(client_id: UUID) -> ClientRegistered:
    """The fact of a new client file."""
    return ClientRegistered(
        at=system_clock(), version=1, client_id=client_id, client_no=f"B{client_id.hex[:12]}", kind="personal",
        home_unit_id=uuid4(), serving_unit_ids=[], manager="staff:1001", service_tier="mass", card_level="none",
        asset_band=None, synthetic=True, registered_on=date(2026, 11, 22),
    )  # fmt: skip


async def say(database: Database, count: int) -> list[UUID]:
    """So many facts in the outbox."""
    made = [new_id() for _ in range(count)]
    for start in range(0, count, 1000):
        async with database.transaction() as tx:
            await outbox.add(tx, *(registered(client_id) for client_id in made[start : start + 1000]))
    return made


async def until(reached: Callable[[], Any], what: str, *, every_s: float = 0.01) -> None:
    """Returns when the question is answered with true."""
    ends = time.monotonic() + PATIENCE_S
    while not await reached():
        if time.monotonic() > ends:
            raise RuntimeError(f"{what} took more than {PATIENCE_S} seconds")
        await asyncio.sleep(every_s)


def counted(metrics: Metrics, name: str) -> float:
    """How many new clients a part of ours has counted; it counts after its commit."""
    outcome = {"outcome": "heard"} if "heard" in name else {}
    return metrics.registry.get_sample_value(name, {"type": "ClientRegistered", **outcome}) or 0


async def the_rate(count: Callable[[], float], whole: int, what: str) -> Reading:
    """From the first batch to the last: the start, which a process pays once, is no part of it."""

    async def begun() -> bool:
        return count() > 0

    async def ended() -> bool:
        return count() >= whole

    await until(begun, what, every_s=0.002)
    first, began = count(), time.perf_counter()
    await until(ended, what, every_s=0.002)
    return Reading((whole - first) / (time.perf_counter() - began))


@asynccontextmanager
async def running(role: Callable[[asyncio.Event], Any]) -> AsyncIterator[None]:
    """A role of a process, for as long as the block lasts."""
    stop = asyncio.Event()
    task = asyncio.create_task(role(stop))
    try:
        yield
    finally:
        stop.set()
        await task


class Relaying:
    """The same rows, marked unsent before each run; ours sends whole CloudEvents and holds the order."""

    def __init__(self, database: Database, bootstrap: str) -> None:
        self._database, self._bootstrap = database, bootstrap

    async def floor(self) -> Reading:
        await self._unsend()
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, acks="all", enable_idempotence=False, linger_ms=2
        )
        await producer.start()
        connection = await asyncpg.connect(self._database.url)
        first_batch_at = 0.0
        try:
            while rows := await connection.fetch(_UNPUBLISHED):
                sent = [
                    await producer.send(row["topic"], row["data"].encode(), key=row["key"].encode()) for row in rows
                ]
                await asyncio.gather(*sent)
                await connection.execute(_MARK, [row["id"] for row in rows])
                first_batch_at = first_batch_at or time.perf_counter()
            return Reading((ROWS - BATCH) / (time.perf_counter() - first_batch_at))
        finally:
            await producer.stop()
            await connection.close()

    async def ours(self) -> Reading:
        await self._unsend()
        metrics = Metrics("bench")
        relay = Relay(
            self._database, service="client-registry", bootstrap=self._bootstrap, idempotent=False, metrics=metrics
        )
        async with running(relay.run):
            return await the_rate(lambda: counted(metrics, "vip_events_published_total"), ROWS, "the relay")

    async def _unsend(self) -> None:
        async with self._database.transaction() as tx:
            await tx.connection.execute("UPDATE outbox SET published_at = NULL")
            await tx.connection.execute("UPDATE relay_state SET resend_after = NULL, resend_until = NULL")


class Hearing:
    """The same facts in the broker, heard from the beginning by a new group each time."""

    def __init__(self, floor_url: str, database: Database, bootstrap: str) -> None:
        self._floor_url, self._database, self._bootstrap = floor_url, database, bootstrap

    async def floor(self) -> Reading:
        connection = await asyncpg.connect(self._floor_url)
        await connection.execute("TRUNCATE floor_inbox, floor_clients")
        consumer = AIOKafkaConsumer(
            CLIENTS, bootstrap_servers=self._bootstrap, group_id=f"floor-{uuid4().hex[:6]}", enable_auto_commit=False,
            auto_offset_reset="earliest", fetch_max_wait_ms=FETCH_WAIT_MS,
        )  # fmt: skip
        await consumer.start()
        heard, first, began = 0, 0, 0.0
        try:
            while heard < FACTS:
                fetched = await consumer.getmany(timeout_ms=250, max_records=1000)
                said = [json.loads(record.value) for records in fetched.values() for record in records]
                if not said:
                    continue
                data = [each["data"] for each in said]
                await connection.execute(
                    _KEEP,
                    [each["id"] for each in said],
                    [d["client_id"] for d in data],
                    [d["home_unit_id"] for d in data],
                )
                await consumer.commit()
                heard += len(said)
                if not began:
                    first, began = heard, time.perf_counter()
            return Reading((heard - first) / (time.perf_counter() - began))
        finally:
            await consumer.stop()
            await connection.close()

    async def ours(self) -> Reading:
        async with self._database.transaction() as tx:
            await tx.connection.execute("TRUNCATE inbox, heard_versions, clients CASCADE")
        assert CARDS.hears is not None
        metrics = Metrics("bench")
        listener = Listener(
            self._database, CARDS.hears, service=f"card-service-{uuid4().hex[:6]}", bootstrap=self._bootstrap,
            clock=system_clock, metrics=metrics,
        )  # fmt: skip
        async with running(listener.run):
            return await the_rate(lambda: counted(metrics, "vip_events_heard_total"), FACTS, "the listener")


class TheWholeWay:
    """200 commits a second in the registry; the relay and the card service's listener are processes of their own."""

    def __init__(self, bootstrap: str, registry: Database, cards: Database) -> None:
        self._bootstrap, self._registry, self._cards = bootstrap, registry, cards

    async def floor(self) -> Reading:
        """Produced and consumed, without a database."""
        topic, sent, delays = f"floor-{uuid4().hex[:6]}", {}, []
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all", enable_idempotence=False)
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=self._bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=FETCH_WAIT_MS
        )
        await producer.start()
        await producer.send_and_wait(topic, b"first")
        await consumer.start()

        async def hear() -> None:
            while len(delays) < WRITES:
                fetched = await consumer.getmany(timeout_ms=250)
                now = time.perf_counter()
                delays.extend(
                    now - sent[record.value]
                    for records in fetched.values()
                    for record in records
                    if record.value in sent
                )

        hearing = asyncio.create_task(hear())
        try:
            await asyncio.sleep(0.5)

            async def produce() -> None:
                name = uuid4().bytes
                sent[name] = time.perf_counter()
                await producer.send_and_wait(topic, name)

            await at_a_steady_pace(produce)
            await asyncio.wait_for(hearing, PATIENCE_S)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            await consumer.stop()
            await producer.stop()
        return _latency(delays)

    async def ours(self) -> Reading:
        committed: dict[UUID, float] = {}
        delays: list[float] = []
        done = asyncio.Event()

        async def look() -> None:
            while not (done.is_set() and not committed):
                waiting = list(committed)
                async with self._cards.reading() as tx:
                    rows = await tx.connection.fetch(
                        "SELECT client_id FROM clients WHERE client_id = ANY ($1::uuid[])", waiting
                    )
                now = time.perf_counter()
                delays.extend(now - committed.pop(row["client_id"]) for row in rows)
                await asyncio.sleep(0.003)

        async def register() -> None:
            client_id = new_id()
            async with self._registry.transaction() as tx:
                await outbox.add(tx, registered(client_id))
            committed[client_id] = time.perf_counter()

        looking = asyncio.create_task(look())
        try:
            await at_a_steady_pace(register)
            done.set()
            await asyncio.wait_for(looking, PATIENCE_S)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        return _latency(delays)


async def at_a_steady_pace(act: Callable[[], Any]) -> None:
    """So many acts a second, whether the last one is finished or not."""
    began, acts = time.perf_counter(), []
    for number in range(WRITES):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
        acts.append(asyncio.create_task(act()))
    await asyncio.gather(*acts)


def _latency(delays: Sequence[float]) -> Reading:
    ordered = sorted(delays)
    return Reading(statistics.median(ordered) * 1000, {"p99 ms": ordered[int(len(ordered) * 0.99)] * 1000})


@asynccontextmanager
async def relaying(ground: Ground) -> AsyncIterator[Relaying]:
    async with ground.broker() as bootstrap, ground.open(await ground.database_of(REGISTRY)) as database:
        async with database.transaction() as tx:
            await tx.connection.execute("TRUNCATE outbox")
        await say(database, ROWS)
        yield Relaying(database, bootstrap)


@asynccontextmanager
async def hearing(ground: Ground) -> AsyncIterator[Hearing]:
    floor_url = await ground.empty_database()
    connection = await asyncpg.connect(floor_url)
    await connection.execute(_FLOOR_TABLES)
    await connection.close()
    async with ground.broker() as bootstrap, ground.open(await ground.database_of(CARDS)) as cards:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=False, linger_ms=5)
        await producer.start()
        for number in range(FACTS):
            fact = registered(new_id())
            row = {
                "event_id": new_id(), "type": "ClientRegistered", "schema_version": 1, "topic": CLIENTS,
                "key": fact.partition_key(), "aggregate_id": fact.aggregate_key(), "aggregate_version": 1,
                "occurred_at": fact.at, "data": json.dumps(fact.data()), "traceparent": None,
            }  # fmt: skip
            message = write(row, service="client-registry")
            await producer.send(message.topic, message.value, key=message.key, headers=message.headers)
            if number % 1000 == 999:
                await producer.flush()
        await producer.stop()
        yield Hearing(floor_url, cards, bootstrap)


@asynccontextmanager
async def the_whole_way(ground: Ground) -> AsyncIterator[TheWholeWay]:
    registry_url, cards_url = await ground.database_of(REGISTRY), await ground.database_of(CARDS)
    async with ground.broker() as bootstrap, ground.open(registry_url) as registry, ground.open(cards_url) as cards:
        relay = ground.service(REGISTRY, "relay", registry_url, bootstrap=bootstrap)
        listen = ground.service(CARDS, "listen", cards_url, bootstrap=bootstrap)
        async with relay, listen:
            # Until the organisation's own facts are through, nothing of ours is timed.
            await say(registry, 1)

            async def heard() -> bool:
                async with cards.reading() as tx:
                    return bool(await tx.connection.fetchval("SELECT count(*) FROM clients"))

            await until(heard, "the first fact")
            yield TheWholeWay(bootstrap, registry, cards)


MEASURES = (
    Measure(name="relay", work="relay, events", goal="≥ 0.7", least=0.7, prepare=relaying, rounds=5),
    Measure(
        name="listener", work="listener in batches, facts", goal="≥ 2,000/s a process", prepare=hearing, rounds=5
    ),
    Measure(
        name="event", work="commit to effect, 200 writes/s, p50", goal="p50 ≤ 50 ms, p99 ≤ 250 ms", unit="ms",
        better="less", prepare=the_whole_way,
    ),
)  # fmt: skip
