"""The relay: at least once, in the order of each aggregate, whatever comes and goes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from chassis import outbox
from chassis.db import Database
from chassis.envelope import read
from chassis.metrics import Metrics
from chassis.relay import Relay
from chassis.replaying import replay_outbox
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from vip.broker import EmbeddedBroker
from vip.processes import free_port

from tests.chassis.conftest import BoxOpened, NewDatabase, a_box, until


@asynccontextmanager
async def relaying(database: Database, bootstrap: str, *, idempotent: bool = False) -> AsyncIterator[Metrics]:
    """A relay that runs while the block runs."""
    stop, metrics = asyncio.Event(), Metrics("box-service")
    relay = Relay(database, service="box-service", bootstrap=bootstrap, idempotent=idempotent, metrics=metrics)
    running = asyncio.create_task(relay.run(stop))
    try:
        yield metrics
    finally:
        stop.set()
        await asyncio.wait_for(running, timeout=10)


async def say(database: Database, *facts: BoxOpened) -> None:
    async with database.transaction() as tx:
        await outbox.add(tx, *facts)


async def is_drained(database: Database) -> bool:
    async with database.reading() as tx:
        waiting: int = await tx.connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
    return waiting == 0


async def drained(database: Database, *, within_s: float = 15) -> None:
    await until(lambda: is_drained(database), within_s=within_s)


async def everything(bootstrap: str, boxes: set[UUID], *, at_least: int) -> list[Any]:
    """All messages about these boxes, read without a group; waits until there are so many, then a moment more."""
    consumer = AIOKafkaConsumer("test.boxes.v1", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    wanted = {str(box).encode() for box in boxes}
    found: list[Any] = []
    quiet_since, ends = time.monotonic(), time.monotonic() + 15
    try:
        while time.monotonic() < ends and (len(found) < at_least or time.monotonic() - quiet_since < 0.6):
            for records in (await consumer.getmany(timeout_ms=100)).values():
                mine = [record for record in records if record.key in wanted]
                found.extend(mine)
                if mine:
                    quiet_since = time.monotonic()
    finally:
        await consumer.stop()
    assert len(found) >= at_least
    return found


def versions_by_box(messages: list[Any]) -> dict[str, list[int]]:
    order: dict[str, list[int]] = {}
    for message in messages:
        event = read(message.value)
        order.setdefault(event.aggregate_id, []).append(event.aggregate_version)
    return order


def first_times(versions: list[int]) -> list[int]:
    return list(dict.fromkeys(versions))


@pytest.mark.events
async def test_a_fact_arrives_as_a_cloud_event(database: Database, broker: str, kafka_idempotent: bool) -> None:
    box = uuid4()
    async with relaying(database, broker, idempotent=kafka_idempotent):
        await say(database, a_box(box, 3, weight=7))
        (message,) = await everything(broker, {box}, at_least=1)
    event = JSONFormat().read(CloudEvent, message.value.decode())
    assert (event.get_type(), event.get_source()) == ("BoxOpened", "/vip/box-service")
    assert event.get_dataschema() == "BoxOpened.v1.schema.json"
    assert event.get_subject() == str(box)
    assert event.get_extension("aggregateversion") == 3
    assert event.get_extension("partitionkey") == str(box)
    assert event.get_data() == {"box_id": str(box), "weight": 7, "poisoned": False}
    headers = dict(message.headers)
    assert headers["content-type"] == b"application/cloudevents+json; charset=UTF-8"
    assert headers["ce_id"].decode() == event.get_id() and headers["ce_type"] == b"BoxOpened"


@pytest.mark.events
async def test_each_aggregate_keeps_its_order(database: Database, broker: str, kafka_idempotent: bool) -> None:
    boxes = [uuid4() for _ in range(20)]
    for version in range(1, 41):
        await say(database, *(a_box(box, version) for box in boxes))
    async with relaying(database, broker, idempotent=kafka_idempotent) as metrics:
        await drained(database)
        messages = await everything(broker, set(boxes), at_least=800)
        assert metrics.published.labels("BoxOpened")._value.get() == 800
    assert versions_by_box(messages) == {str(box): list(range(1, 41)) for box in boxes}


@pytest.mark.events
async def test_a_late_commit_is_not_skipped(database: Database, broker: str) -> None:
    early, late = uuid4(), uuid4()
    async with relaying(database, broker):
        async with database.transaction() as slow:
            await outbox.add(slow, a_box(late))
            await say(database, a_box(early))
            messages = await everything(broker, {early, late}, at_least=1)
            assert list(versions_by_box(messages)) == [str(early)]
        messages = await everything(broker, {early, late}, at_least=2)
    assert list(versions_by_box(messages)) != [] and set(versions_by_box(messages)) == {str(early), str(late)}
    async with database.reading() as tx:
        ids = await tx.connection.fetch("SELECT key FROM outbox ORDER BY id")
    assert [row["key"] for row in ids] == [str(late), str(early)]


@pytest.mark.events
async def test_of_two_relays_one_is_active_and_the_other_takes_over(database: Database, broker: str) -> None:
    box = uuid4()
    async with relaying(database, broker) as first:
        await say(database, a_box(box, 1))
        await drained(database)
        async with relaying(database, broker) as second:
            await say(database, *(a_box(box, version) for version in range(2, 200)))
            await drained(database)
            assert first.published.labels("BoxOpened")._value.get() == 199
            assert second.published.labels("BoxOpened")._value.get() == 0
            # The active one loses its connection, and its lock with it.
            async with database.reading() as tx:
                await tx.connection.execute(
                    "SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) "
                    "WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()"
                )
            await say(database, *(a_box(box, version) for version in range(200, 300)))
            await drained(database)
            messages = await everything(broker, {box}, at_least=299)
    assert versions_by_box(messages) == {str(box): list(range(1, 300))}


@pytest.mark.events
async def test_kept_rows_are_replayed_before_new_ones(database: Database, broker: str) -> None:
    box = uuid4()
    await say(database, *(a_box(box, version) for version in range(1, 6)))
    async with relaying(database, broker):
        await drained(database)
        async with database.transaction() as tx:
            await outbox.add(tx, a_box(box, 6))
            assert await replay_outbox(tx) == 5
        messages = await everything(broker, {box}, at_least=11)
    assert versions_by_box(messages)[str(box)] == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6]


@pytest.mark.faults
async def test_a_new_cluster_is_given_the_kept_rows_first(database: Database, tmp_path: Path) -> None:
    box = uuid4()
    broker = EmbeddedBroker(port=free_port(), log=tmp_path / "broker.log")
    await broker.start(topics=["test.boxes.v1"])
    try:
        async with relaying(database, broker.bootstrap):
            await say(database, *(a_box(box, version) for version in range(1, 1201)))
            await drained(database)
            await broker.stop()
            await say(database, *(a_box(box, version) for version in range(1201, 1301)))
            await broker.start(topics=["test.boxes.v1"])
            await drained(database)
            messages = await everything(broker.bootstrap, {box}, at_least=1300)
    finally:
        await broker.stop()
    assert versions_by_box(messages)[str(box)] == list(range(1, 1301))


@pytest.mark.faults
async def test_killed_brokers_never_see_new_rows_ahead_of_kept_ones(database: Database, tmp_path: Path) -> None:
    """The broker is killed in the middle of sending, and is back before anybody has time to look."""
    box = uuid4()
    broker = EmbeddedBroker(port=free_port(), log=tmp_path / "broker.log")
    await broker.start(topics=["test.boxes.v1"])
    said = 0
    try:
        async with relaying(database, broker.bootstrap):
            for _ in range(4):
                for _ in range(20):
                    await say(database, *(a_box(box, said + n) for n in range(1, 51)))
                    said += 50
                assert broker.child is not None
                broker.child.kill()
                await broker.start(topics=["test.boxes.v1"])
            await drained(database, within_s=20)
            messages = await everything(broker.bootstrap, {box}, at_least=said)
    finally:
        await broker.stop()
    assert first_times(versions_by_box(messages)[str(box)]) == list(range(1, said + 1))


@pytest.mark.faults
async def test_a_broker_that_is_away_stops_nobody(database: Database, tmp_path: Path) -> None:
    box = uuid4()
    broker = EmbeddedBroker(port=free_port(), log=tmp_path / "broker.log")
    async with relaying(database, broker.bootstrap) as metrics:
        for version in range(1, 21):
            begun = time.monotonic()
            await say(database, a_box(box, version))
            assert time.monotonic() - begun < 1
            await asyncio.sleep(0.3)
        await until(lambda: _is_late(metrics))
        await broker.start(topics=[])
        try:
            await drained(database, within_s=5)
            messages = await everything(broker.bootstrap, {box}, at_least=20)
        finally:
            await broker.stop()
    assert versions_by_box(messages)[str(box)] == list(range(1, 21))


async def _is_late(metrics: Metrics) -> bool:
    return bool(metrics.outbox_age_seconds._value.get() > 1 and metrics.outbox_depth._value.get() > 0)


async def test_old_rows_are_not_sent_again(new_database: NewDatabase, broker: str) -> None:
    """A listener has forgotten what it heard of a row that is past its time."""
    database, box = await new_database(), uuid4()
    await say(database, a_box(box, 1), a_box(box, 2))
    async with database.transaction() as tx:
        await tx.connection.execute(
            "UPDATE outbox SET published_at = now() - interval '8 days' WHERE aggregate_version = 1"
        )
        await tx.connection.execute("UPDATE outbox SET published_at = now() WHERE aggregate_version = 2")
        await tx.connection.execute("INSERT INTO relay_state (part, cluster_id) VALUES ('relay', 'one of before')")
    async with relaying(database, broker):
        messages = await everything(broker, {box}, at_least=1)
    assert versions_by_box(messages) == {str(box): [2]}


async def test_the_outbox_row_holds_the_fact_as_said(database: Database) -> None:
    box = uuid4()
    await say(database, a_box(box, 5, weight=2))
    async with database.reading() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM outbox")
    assert row is not None
    assert (row["type"], row["aggregate"], row["aggregate_id"], row["aggregate_version"]) == (
        "BoxOpened",
        "box",
        str(box),
        5,
    )
    assert row["data"] == json.loads(json.dumps({"box_id": str(box), "weight": 2, "poisoned": False}))
    assert row["published_at"] is None
