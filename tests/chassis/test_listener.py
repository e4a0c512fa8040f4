"""The listener: each event once, in order of its key, and a poisoned one stops nobody but its key."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaProducer
from chassis import dead_letters, outbox
from chassis.clock import system_clock
from chassis.db import Database, Tx
from chassis.envelope import write
from chassis.hearing import Heard, Hears
from chassis.listener import Listener
from chassis.metrics import Metrics
from chassis.query import prepare
from chassis.refusals import TryLater
from chassis.relay import Relay
from vip.broker import EmbeddedBroker
from vip.databases import PostgresAdmin
from vip.processes import free_port

from tests.chassis.conftest import NOON, NewDatabase, a_box, until

SEEN = prepare(sa.text("INSERT INTO seen (box_id, version) VALUES (:box_id, :version)"))
SEEN_MANY = prepare(
    sa.text(
        "INSERT INTO seen (box_id, version) SELECT * FROM unnest(CAST(:boxes AS uuid[]), CAST(:versions AS bigint[]))"
    )
)


class BoxOpened(Heard):
    box_id: UUID
    poisoned: bool = False


class BoxMoved(Heard):
    box_id: UUID


class Poisoned(Exception):
    pass


@dataclass
class Consumers:
    """A little service: it writes down what it hears, and cannot stand poison until it is cured."""

    topic: str
    cured: bool = False
    away: bool = False
    batches: list[int] = field(default_factory=list)

    def one_by_one(self, *, state: str | None = None) -> Hears:
        hears = Hears(self.topic)

        @hears("BoxOpened", state=state)
        async def see(tx: Tx, fact: BoxOpened, *, now: datetime) -> None:
            await tx.execute(SEEN, box_id=fact.box_id, version=fact.aggregate_version)
            if self.away:
                raise TryLater
            if fact.poisoned and not self.cured:
                raise Poisoned("a name that must not be kept")

        return hears

    def in_batches(self) -> Hears:
        hears = Hears(self.topic)

        @hears("BoxOpened", batch=True)
        async def see(tx: Tx, facts: list[BoxOpened], *, now: datetime) -> None:
            await self._all(tx, facts)

        @hears("BoxMoved", batch=True)
        async def see_moved(tx: Tx, facts: list[BoxMoved], *, now: datetime) -> None:
            await self._all(tx, facts)

        return hears

    async def _all(self, tx: Tx, facts: Sequence[Any]) -> None:
        self.batches.append(len(facts))
        await tx.execute(
            SEEN_MANY,
            boxes=[fact.box_id for fact in facts],
            versions=[fact.aggregate_version for fact in facts],
        )
        if any(getattr(fact, "poisoned", False) for fact in facts) and not self.cured:
            raise Poisoned


@pytest.fixture
def consumers() -> Consumers:
    return Consumers(f"test.{uuid4().hex}.v1")


def event(box: UUID, version: int, *, type: str = "BoxOpened", id: UUID | None = None, **data: Any) -> dict[str, Any]:
    """An outbox row as the relay reads it."""
    return {
        "event_id": id or uuid4(),
        "type": type,
        "schema_version": 1,
        "key": str(box),
        "aggregate_id": str(box),
        "aggregate_version": version,
        "occurred_at": NOON,
        "data": json.dumps({"box_id": str(box), **data}),
        "traceparent": None,
    }


async def send(bootstrap: str, topic: str, *rows: dict[str, Any] | bytes, key: bytes | None = None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=1)
    await producer.start()
    try:
        sent = []
        for row in rows:
            if isinstance(row, bytes):
                sent.append(await producer.send(topic, row, key=key))
            else:
                message = write({**row, "topic": topic}, service="box-service")
                sent.append(await producer.send(topic, message.value, key=message.key, headers=message.headers))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


@asynccontextmanager
async def listening(
    database: Database, hears: Hears, bootstrap: str, *, session_timeout_ms: int = 6000, service: str | None = None
) -> AsyncIterator[Metrics]:
    stop, metrics = asyncio.Event(), Metrics("hearer")
    listener = Listener(
        database,
        hears,
        service=service or hears.topics[0],
        bootstrap=bootstrap,
        clock=system_clock,
        metrics=metrics,
        session_timeout_ms=session_timeout_ms,
        delays_s=(0.01, 0.05),
        figures_every_s=0.2,
    )
    running = asyncio.create_task(listener.run(stop))
    try:
        yield metrics
    finally:
        stop.set()
        await asyncio.wait_for(running, timeout=10)


@pytest.fixture
def session_timeout_ms(kafka_idempotent: bool) -> int:
    """Apache Kafka takes no session shorter than six seconds; the embedded broker waits half of it for a group."""
    return 6000 if kafka_idempotent else 1000


async def seen(database: Database) -> dict[UUID, list[int]]:
    async with database.reading() as tx:
        rows = await tx.connection.fetch("SELECT box_id, version FROM seen ORDER BY n")
    found: dict[UUID, list[int]] = {}
    for row in rows:
        found.setdefault(row["box_id"], []).append(row["version"])
    return found


async def heard(database: Database, count: int, *, within_s: float = 15) -> None:
    async def all_heard() -> bool:
        async with database.reading() as tx:
            n: int = await tx.connection.fetchval("SELECT count(*) FROM inbox")
        return n >= count

    await until(all_heard, within_s=within_s)


async def letters(database: Database) -> list[dead_letters.DeadLetter]:
    async with database.reading() as tx:
        return await dead_letters.list_letters(tx)


@pytest.mark.events
async def test_each_event_is_heard_once_however_often_it_comes(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    box, other = uuid4(), uuid4()
    first, second = event(box, 1), event(box, 2)
    rows = [first, first, second, event(other, 1), first, second]
    async with listening(database, consumers.one_by_one(), broker, session_timeout_ms=session_timeout_ms) as metrics:
        await send(broker, consumers.topic, *rows)
        await heard(database, 3)
        await send(broker, consumers.topic, first, event(other, 2))
        await heard(database, 4)
        await until(lambda: _counted(metrics, "repeated", 4))
    assert await seen(database) == {box: [1, 2], other: [1, 2]}


async def _figures_are(metrics: Metrics, *, dead: int, parked: int, lag: int) -> bool:
    letters = (metrics.dead_letters.labels("dead")._value.get(), metrics.dead_letters.labels("parked")._value.get())
    lags = [sample.value for family in metrics.consumer_lag.collect() for sample in family.samples]
    return letters == (dead, parked) and bool(lags) and sum(lags) == lag


async def _counted(metrics: Metrics, outcome: str, times: int) -> bool:
    return bool(metrics.heard.labels("BoxOpened", outcome)._value.get() == times)


@pytest.mark.events
async def test_positions_survive_a_restart(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    box = uuid4()
    for begin in (1, 51):
        async with listening(
            database, consumers.one_by_one(), broker, session_timeout_ms=session_timeout_ms
        ) as metrics:
            await send(broker, consumers.topic, *(event(box, version) for version in range(begin, begin + 50)))
            await heard(database, begin + 49)
        assert metrics.heard.labels("BoxOpened", "repeated")._value.get() == 0
    assert await seen(database) == {box: list(range(1, 101))}


@pytest.mark.events
async def test_a_batch_consumer_gets_many_keys_at_once_and_each_in_order(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    boxes = [uuid4() for _ in range(100)]
    rows = [
        event(box, version, type=kind)
        for box in boxes
        for version, kind in ((1, "BoxOpened"), (2, "BoxMoved"), (3, "BoxOpened"))
    ]
    await send(broker, consumers.topic, *rows)
    async with listening(database, consumers.in_batches(), broker, session_timeout_ms=session_timeout_ms):
        await heard(database, 300)
    assert await seen(database) == {box: [1, 2, 3] for box in boxes}
    assert len(consumers.batches) < 60


@pytest.mark.events
async def test_a_poisoned_event_parks_its_key_and_no_other(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    sick, well = uuid4(), uuid4()
    async with listening(database, consumers.one_by_one(), broker, session_timeout_ms=session_timeout_ms) as metrics:
        await send(
            broker,
            consumers.topic,
            event(sick, 1),
            event(well, 1),
            event(sick, 2, poisoned=True),
            event(sick, 3),
            event(well, 2),
        )
        await heard(database, 5)
        await send(broker, consumers.topic, event(sick, 4), event(well, 3))
        await heard(database, 7)
        await until(lambda: _figures_are(metrics, dead=1, parked=2, lag=0))
    assert await seen(database) == {sick: [1], well: [1, 2, 3]}
    found = await letters(database)
    assert [(letter.state, letter.key) for letter in found] == [
        ("dead", str(sick)),
        ("parked", str(sick)),
        ("parked", str(sick)),
    ]
    assert found[0].attempts == 3 and "Poisoned" in (found[0].error or "")
    assert "a name" not in (found[0].error or "")
    async with database.reading() as tx:
        notices = await tx.connection.fetch("SELECT topic, data FROM outbox WHERE type = 'DeadLetterRecorded'")
    assert [notice["data"]["state"] for notice in notices] == ["dead", "parked", "parked"]
    assert {notice["topic"] for notice in notices} == {f"{consumers.topic}.{consumers.topic}.dlq"}


@pytest.mark.events
async def test_a_replay_handles_the_letter_and_those_behind_it_in_order(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    box, hears = uuid4(), consumers.one_by_one()
    async with listening(database, hears, broker, session_timeout_ms=session_timeout_ms):
        await send(broker, consumers.topic, *(event(box, n, poisoned=n == 1) for n in range(1, 5)))
        await heard(database, 4)
        dead, *parked = await letters(database)
        still = await dead_letters.replay(database, hears, dead.id, by="staff:1", clock=system_clock)
        assert (still.handled, still.failed) == ([], dead.id)
        with pytest.raises(dead_letters.LetterParked):
            await dead_letters.replay(database, hears, parked[0].id, by="staff:1", clock=system_clock)
        consumers.cured = True
        done = await dead_letters.replay(database, hears, dead.id, by="staff:1", clock=system_clock)
        assert (done.handled, done.failed) == ([dead.id, *(letter.id for letter in parked)], None)
        with pytest.raises(dead_letters.LetterEnded):
            await dead_letters.replay(database, hears, dead.id, by="staff:1", clock=system_clock)
        await send(broker, consumers.topic, event(box, 5))
        await heard(database, 5)
    assert await seen(database) == {box: [1, 2, 3, 4, 5]}
    assert await letters(database) == []


async def test_a_skip_gives_up_one_and_handles_the_rest(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    box, hears = uuid4(), consumers.one_by_one()
    async with listening(database, hears, broker, session_timeout_ms=session_timeout_ms):
        await send(
            broker,
            consumers.topic,
            event(box, 1, poisoned=True),
            event(box, 2),
            event(box, 3, poisoned=True),
            event(box, 4),
        )
        await heard(database, 4)
        first, second, third, _ = await letters(database)
        done = await dead_letters.skip(database, hears, first.id, by="staff:1", clock=system_clock)
    assert (done.handled, done.failed) == ([second.id], third.id)
    assert await seen(database) == {box: [2]}
    assert [letter.state for letter in await letters(database)] == ["dead", "parked"]


async def test_what_cannot_be_read_is_buried_at_once_and_parks_nobody(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    box = uuid4()
    async with listening(database, consumers.one_by_one(), broker, session_timeout_ms=session_timeout_ms):
        await send(broker, consumers.topic, b"{no json", b'{"id": "x"}', b"", key=str(box).encode())
        await send(broker, consumers.topic, event(box, 1), event(uuid4(), 1, type="UnknownToUs"))
        await heard(database, 4)
    assert await seen(database) == {box: [1]}
    found = await letters(database)
    assert [(letter.state, letter.attempts, letter.key) for letter in found] == [("dead", 1, None)] * 3


async def test_data_that_does_not_fit_parks_its_key_without_retries(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    box = uuid4()
    async with listening(database, consumers.one_by_one(), broker, session_timeout_ms=session_timeout_ms):
        await send(broker, consumers.topic, event(box, 1, poisoned="perhaps"), event(box, 2))
        await heard(database, 2)
    found = await letters(database)
    assert [(letter.state, letter.attempts) for letter in found] == [("dead", 1), ("parked", 0)]
    assert found[0].error == "data does not fit: poisoned: bool_parsing"


@pytest.mark.events
async def test_an_older_version_than_applied_is_dropped(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    box = uuid4()
    async with listening(
        database, consumers.one_by_one(state="box"), broker, session_timeout_ms=session_timeout_ms
    ) as metrics:
        await send(broker, consumers.topic, event(box, 1), event(box, 5), event(box, 5), event(box, 4))
        await heard(database, 4)
        await send(broker, consumers.topic, event(box, 3), event(box, 6))
        await heard(database, 6)
        await until(lambda: _counted(metrics, "older", 2))
    assert await seen(database) == {box: [1, 5, 5, 6]}


async def test_what_cannot_be_done_now_is_done_later_and_buries_nobody(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    box = uuid4()
    consumers.away = True
    async with listening(database, consumers.one_by_one(), broker, session_timeout_ms=session_timeout_ms):
        await send(broker, consumers.topic, event(box, 1), event(box, 2))
        await asyncio.sleep(2)
        assert await seen(database) == {}
        consumers.away = False
        await heard(database, 2)
    assert await seen(database) == {box: [1, 2]}
    assert await letters(database) == []


@pytest.mark.events
async def test_two_listeners_of_one_service_share_the_work(
    database: Database, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    boxes = [uuid4() for _ in range(60)]
    hears = consumers.one_by_one()
    async with listening(database, hears, broker, session_timeout_ms=session_timeout_ms):
        await send(broker, consumers.topic, *(event(box, 1) for box in boxes))
        await heard(database, 60)
        async with listening(database, hears, broker, session_timeout_ms=session_timeout_ms) as second:
            version = 1
            async with asyncio.timeout(30):
                while not second.heard.labels("BoxOpened", "heard")._value.get():
                    version += 1
                    await send(broker, consumers.topic, *(event(box, version) for box in boxes))
                    await asyncio.sleep(0.3)
            await heard(database, 60 * version)
    assert await seen(database) == {box: list(range(1, version + 1)) for box in boxes}


@pytest.mark.faults
async def test_an_emptied_broker_is_read_from_the_beginning(new_database: NewDatabase, tmp_path: Path) -> None:
    """The whole way: said, relayed, heard; the broker is killed and comes back empty, twice."""
    sayer, hearer, box = await new_database(), await new_database(), uuid4()
    broker = EmbeddedBroker(port=free_port(), log=tmp_path / "broker.log")
    await broker.start(topics=["test.boxes.v1"])
    stop, metrics = asyncio.Event(), Metrics("box-service")
    relay = Relay(sayer, service="box-service", bootstrap=broker.bootstrap, idempotent=False, metrics=metrics)
    relaying = asyncio.create_task(relay.run(stop))
    consumers, said = Consumers("test.boxes.v1"), 0
    try:
        async with listening(hearer, consumers.one_by_one(), broker.bootstrap, session_timeout_ms=1000):
            for restart in (True, True, False):
                for _ in range(10):
                    async with sayer.transaction() as tx:
                        await outbox.add(tx, *(a_box(box, said + n) for n in range(1, 21)))
                    said += 20
                if restart:
                    await heard(hearer, said - 60)
                    assert broker.child is not None
                    broker.child.kill()
                    await broker.start(topics=["test.boxes.v1"])
            await heard(hearer, said, within_s=20)
    finally:
        stop.set()
        await asyncio.wait_for(relaying, timeout=10)
        await broker.stop()
    assert await seen(hearer) == {box: list(range(1, said + 1))}


@pytest.mark.faults
async def test_a_database_that_is_away_loses_nothing(
    new_database: NewDatabase, postgres: PostgresAdmin, broker: str, consumers: Consumers, session_timeout_ms: int
) -> None:
    database, box = await new_database(), uuid4()
    name = database.url.rpartition("/")[2]
    async with listening(database, consumers.one_by_one(), broker, session_timeout_ms=session_timeout_ms):
        await send(broker, consumers.topic, *(event(box, version) for version in range(1, 11)))
        await heard(database, 10)
        await _admin(postgres, f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
        await _admin(postgres, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        await send(broker, consumers.topic, *(event(box, version) for version in range(11, 21)))
        await asyncio.sleep(1.5)
        await _admin(postgres, f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
        await heard(database, 20)
    assert await seen(database) == {box: list(range(1, 21))}
    assert await letters(database) == []


async def _admin(postgres: PostgresAdmin, statement: str) -> None:
    connection = await asyncpg.connect(postgres.admin_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_listener_stops_while_it_waits_for_its_group(database: Database, broker: str) -> None:
    consumers = Consumers(f"test.{uuid4().hex}.v1")
    async with listening(database, consumers.one_by_one(), broker, session_timeout_ms=6000):
        await asyncio.sleep(0.5)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
