"""Which broker we speak to, whether it is still the same one, and whether its topics are there."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

log = structlog.get_logger(__name__)

PARTITIONS = 12
_REPLICAS = 3


class BrokerAway(Exception):
    """The broker cannot be reached, or has just gone. Try again in a moment."""


class _Watch(asyncio.Protocol):
    def __init__(self, broken: asyncio.Event) -> None:
        self._broken = broken

    def eof_received(self) -> None:
        self._broken.set()

    def connection_lost(self, _: Exception | None) -> None:
        self._broken.set()


@dataclass(frozen=True, slots=True)
class BrokerLink:
    """A connection that carries nothing and is only watched.

    While it holds, the broker is the one whose `cluster_id` was read after it was opened. An embedded broker that is
    started again forgets everything and gets a new id; a client library reconnects to it without a word, so whoever
    must not mistake the one for the other asks `is_broken` before it sends or believes anything.
    """

    cluster_id: str
    broken: asyncio.Event
    transport: asyncio.Transport

    @property
    def is_broken(self) -> bool:
        return self.broken.is_set()

    def close(self) -> None:
        self.transport.close()


async def open_link(bootstrap: str) -> BrokerLink:
    """Watch the first broker of `host:port,host:port` that answers, and read its cluster's id; BrokerAway if none."""
    broken = asyncio.Event()
    transport = await _first_open(bootstrap, broken)
    try:
        cluster_id = await _cluster_id(bootstrap)
    except (KafkaError, OSError, TimeoutError) as unanswered:
        transport.close()
        raise BrokerAway(type(unanswered).__name__) from unanswered
    if broken.is_set():
        raise BrokerAway("it went while it was asked")
    return BrokerLink(cluster_id, broken, transport)


async def _first_open(bootstrap: str, broken: asyncio.Event) -> asyncio.Transport:
    loop = asyncio.get_running_loop()
    refusal: Exception | None = None
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            opening = loop.create_connection(lambda: _Watch(broken), host, int(port))
            transport, _protocol = await asyncio.wait_for(opening, timeout=2)
        except (OSError, TimeoutError) as refused:
            refusal = refused
            continue
        return transport
    raise BrokerAway(type(refusal).__name__) from refusal


async def _cluster_id(bootstrap: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3000)
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


async def ensure_topics(bootstrap: str, topics: Iterable[str]) -> None:
    """Make those that are missing: twelve partitions, three copies where there are three brokers.

    BrokerAway when the broker does not answer.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        missing = sorted(set(topics) - set(await admin.list_topics()))
        if missing:
            replicas = min(_REPLICAS, len((await admin.describe_cluster())["brokers"]))
            answer = await admin.create_topics([NewTopic(topic, PARTITIONS, replicas) for topic in missing])
            for topic, code, *_ in answer.topic_errors:
                error = for_code(code)
                if code != 0 and error is not TopicAlreadyExistsError:
                    raise BrokerAway(f"topic {topic}: {error.__name__}")
    except (KafkaError, OSError, TimeoutError) as unanswered:
        raise BrokerAway(type(unanswered).__name__) from unanswered
    finally:
        await admin.close()
