"""The one moment in which order could be lost: rows on their way when the broker is replaced by an empty one."""

import asyncio
import secrets
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.conn import create_conn
from aiokafka.protocol.admin import CreateTopicsRequest
from chassis import outbox
from chassis.db import Database
from chassis.envelope import read
from chassis.metrics import Metrics
from chassis.relay import Relay
from vip import broker as embedded
from vip.processes import Child, free_port

from tests.chassis.conftest import a_box, until

TOPIC = "test.boxes.v1"


class Road:
    """A road to the broker that can be closed: what is on it is lost, and nobody gets on."""

    def __init__(self, port: int, to: int) -> None:
        self._port, self._to = port, to
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._swallowing = False

    async def open(self) -> None:
        self._swallowing = False
        self._server = await asyncio.start_server(self._travel, "127.0.0.1", self._port)

    def swallow(self) -> None:
        """From now on nothing arrives, and nobody is told."""
        self._swallowing = True

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await asyncio.sleep(0)

    async def _travel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, back}
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if not self._swallowing:
                    writer.write(data)
        except ConnectionError:
            return
        finally:
            writer.close()


async def start_broker(port: int, advertised: int, log: Path) -> Child:
    """An empty broker with its topic, known to its clients by the road's address."""
    child = Child(
        "broker",
        [
            *(str(embedded._program()), "broker", "--storage-engine", "memory://tansu/"),
            *("--cluster-id", f"embedded-{secrets.token_hex(8)}"),
            *(
                "--listener-url",
                f"tcp://127.0.0.1:{port}",
                "--advertised-listener-url",
                f"tcp://127.0.0.1:{advertised}",
            ),
        ],
        log=log,
        env={"RUST_LOG": "warn"},
    )
    child.start()
    await embedded.wait_for_kafka(f"127.0.0.1:{port}", child)
    connection = await create_conn("127.0.0.1", port)
    topics = CreateTopicsRequest(create_topic_requests=[(TOPIC, 12, 1, [], [])], timeout=3000, validate_only=False)
    await connection.send(topics)
    connection.close()
    return child


@pytest.mark.faults
async def test_rows_on_their_way_never_reach_a_new_broker_ahead_of_older_ones(
    database: Database, tmp_path: Path
) -> None:
    inner, outer, box = free_port(), free_port(), uuid4()
    road, stop = Road(outer, inner), asyncio.Event()
    relay = Relay(
        database,
        service="box-service",
        bootstrap=f"127.0.0.1:{outer}",
        idempotent=False,
        metrics=Metrics("box-service"),
    )
    child = await start_broker(inner, outer, tmp_path / "broker.log")
    await road.open()
    relaying = asyncio.create_task(relay.run(stop))

    async def say(first: int, last: int) -> None:
        async with database.transaction() as tx:
            await outbox.add(tx, *(a_box(box, version) for version in range(first, last + 1)))

    async def drained() -> bool:
        async with database.reading() as tx:
            n: int = await tx.connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        return n == 0

    try:
        await say(1, 50)
        await until(drained)
        road.swallow()
        await say(51, 100)
        await asyncio.sleep(0.6)
        assert not await drained()
        # The broker dies with the rows on their way; an empty one, topic and all, stands there at once.
        child.kill()
        await road.close()
        child = await start_broker(inner, outer, tmp_path / "broker.log")
        await road.open()
        await until(drained)
        versions = await arrived(f"127.0.0.1:{outer}", at_least=100)
    finally:
        stop.set()
        await asyncio.wait_for(relaying, timeout=10)
        await road.close()
        child.kill()
    assert versions == list(range(1, 101))


async def arrived(bootstrap: str, *, at_least: int) -> list[int]:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[int] = []
        async with asyncio.timeout(10):
            while len(found) < at_least:
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    found.extend(read(record.value).aggregate_version for record in records)
        return found
    finally:
        await consumer.stop()
