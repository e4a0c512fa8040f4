"""The listener: events from the broker through the service's consumers, each once, a key's events in order.

Inbox row and effect commit together; only then is the position committed to the broker. What cannot be handled ends as
a dead letter, in the transaction that ends its handling.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from chassis.broker_link import BrokerAway, BrokerLink, ensure_topics, open_link
from chassis.clock import Clock
from chassis.db import Database, DatabaseAway
from chassis.handling import Delivery, Outcome, bury_failed, describe, handle, take_in
from chassis.hearing import Hears
from chassis.metrics import Metrics
from chassis.query import Query
from chassis.refusals import Invalid, TryLater
from chassis.waiting import Pace, wait_for_stop

log = structlog.get_logger(__name__)

_BATCH = 1000
_POLL_MS = 250
# The embedded broker answers a fetch when this is over, not when something comes: it is the price of a quick ear there.
_FETCH_WAIT_MS = 30
_FIGURES_EVERY_S = 5.0
_STATEMENT_TIMEOUT_MS = 30_000
# Kafka ends a member that does not ask for more within five minutes; retrying one batch stays far below.
_RETRYING_AT_MOST_S = 60.0
_DELAYS_S = (0.1, 0.5, 2.0)

_MEET = Query(
    "INSERT INTO relay_state AS s (part, cluster_id) VALUES ('listener', $1) ON CONFLICT (part) DO UPDATE "
    "SET cluster_id = excluded.cluster_id, changed_at = now() WHERE s.cluster_id IS DISTINCT FROM excluded.cluster_id",
    ("cluster_id",),
)
_LETTERS = Query("SELECT state, count(*) AS n FROM dead_letters WHERE state IN ('dead', 'parked') GROUP BY state", ())


class _NewBroker(BrokerAway):
    """The broker that answers now is not the one whose positions we hold."""


class Listener:
    """Listens to a service's topics for as long as it runs; broker and database may come and go."""

    def __init__(
        self,
        database: Database,
        hears: Hears,
        *,
        service: str,
        bootstrap: str,
        clock: Clock,
        metrics: Metrics,
        session_timeout_ms: int = 6000,
        delays_s: Sequence[float] = _DELAYS_S,
        figures_every_s: float = _FIGURES_EVERY_S,
    ) -> None:
        self._database = database
        self._hears = hears
        self._service = service
        self._bootstrap = bootstrap
        self._clock = clock
        self._metrics = metrics
        self._session_timeout_ms = session_timeout_ms
        self._delays_s = tuple(delays_s)
        self._figures_every_s = figures_every_s
        self._cluster_id: str | None = None
        self._figures_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; the batch in hand is finished and its positions are committed."""
        pace = Pace(0.1, 2.0)
        while not stop.is_set():
            try:
                await self._listen(stop, pace)
            except (BrokerAway, KafkaError, DatabaseAway) as away:
                log.warning("listener.waiting", reason=f"{type(away).__name__} {away}")
                await wait_for_stop(stop, pace.slower())

    async def _listen(self, stop: asyncio.Event, pace: Pace) -> None:
        """Listen through one consumer, for as long as the broker stays the same cluster."""
        link = await open_link(self._bootstrap)
        consumer: AIOKafkaConsumer | None = None
        try:
            start_over = await self._meet(link.cluster_id)
            await ensure_topics(self._bootstrap, self._hears.topics)
            consumer = self._consumer()
            if not await _start(consumer, stop):
                return
            if start_over:
                # Old positions mean nothing in a broker that was started anew; the inbox removes what repeats.
                await consumer.seek_to_beginning()
            log.info("listener.listening", topics=self._hears.topics, start_over=start_over)
            pace.reset()
            while not stop.is_set():
                fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH)
                if link.is_broken:
                    link = await self._same_cluster_again(link)
                if fetched:
                    await self._take(consumer, fetched, stop)
                await self._take_figures(consumer)
        finally:
            link.close()
            if consumer is not None:
                await _leave(consumer)

    async def _meet(self, cluster_id: str) -> bool:
        """Whether this cluster is another one than this service, or this process, last listened to."""
        async with self._database.transaction() as tx:
            other = await tx.execute(_MEET, cluster_id=cluster_id) == 1
        start_over = other or self._cluster_id not in (None, cluster_id)
        self._cluster_id = cluster_id
        return start_over

    async def _same_cluster_again(self, link: BrokerLink) -> BrokerLink:
        """Go on with the consumer if the broker is back as it was. What it fetched from another one is dropped: its
        positions belong to the old cluster and may have skipped the beginning."""
        link.close()
        again = await open_link(self._bootstrap)
        if again.cluster_id != link.cluster_id:
            again.close()
            raise _NewBroker(again.cluster_id)
        return again

    async def _take(
        self,
        consumer: AIOKafkaConsumer,
        fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]],
        stop: asyncio.Event,
    ) -> None:
        """Handle what was fetched and commit as far as it was handled; the rest is fetched again."""
        begun = {place: records[0].offset for place, records in fetched.items()}
        ended = {place: records[-1].offset + 1 for place, records in fetched.items()}
        deliveries = [
            delivery
            for place, records in fetched.items()
            for record in records
            if (delivery := self._delivery(place, record)) is not None
        ]
        reached = dict(ended)
        try:
            left = await self._handle(deliveries, stop)
        except (DatabaseAway, TryLater) as away:
            # Not the event's fault: nothing is buried for it, and nothing is skipped.
            log.warning("listener.not-now", reason=type(away).__name__)
            reached, left = dict(begun), []
            await wait_for_stop(stop, 1.0)
        for delivery in reversed(left):
            reached[TopicPartition(delivery.topic, delivery.partition)] = delivery.position
        for place, position in reached.items():
            if position != ended[place]:
                _rewind(consumer, place, position)
        await self._commit(
            consumer, {place: position for place, position in reached.items() if position != begun[place]}
        )

    def _delivery(self, place: TopicPartition, record: ConsumerRecord) -> Delivery | None:
        return take_in(
            self._hears,
            topic=place.topic,
            partition=place.partition,
            position=record.offset,
            key=record.key,
            value=record.value,
            headers=record.headers,
        )

    async def _handle(self, deliveries: Sequence[Delivery], stop: asyncio.Event) -> Sequence[Delivery]:
        """All at once if that goes well, one by one if not; what is left when time is up or a stop was asked for.

        DatabaseAway and TryLater when it cannot be done now, though some of it may have been.
        """
        if not deliveries:
            return ()
        try:
            await self._together(deliveries)
        except (DatabaseAway, TryLater):
            raise
        except Exception as failed:
            log.warning("listener.batch-failed", events=len(deliveries), reason=describe(failed))
            return await self._one_by_one(deliveries, stop)
        return ()

    async def _together(self, deliveries: Sequence[Delivery]) -> None:
        async with self._database.transaction(statement_timeout_ms=_STATEMENT_TIMEOUT_MS) as tx:
            outcome = await handle(tx, deliveries, service=self._service, now=self._clock())
        self._count(outcome)

    async def _one_by_one(self, deliveries: Sequence[Delivery], stop: asyncio.Event) -> Sequence[Delivery]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _RETRYING_AT_MOST_S
        for n, delivery in enumerate(deliveries):
            if loop.time() > deadline or not await self._try(delivery, stop):
                return deliveries[n:]
        return ()

    async def _try(self, delivery: Delivery, stop: asyncio.Event) -> bool:
        """One event, with retries and in the end a dead letter; False when a stop came first."""
        attempts = 0
        while True:
            attempts += 1
            try:
                await self._together([delivery])
            except (DatabaseAway, TryLater):
                raise
            except Exception as failed:
                # What makes no sense makes none the second time either; nobody else waits for that.
                if attempts > len(self._delays_s) or isinstance(failed, Invalid):
                    await self._give_up(delivery, failed, attempts)
                    return True
                if await wait_for_stop(stop, self._delays_s[attempts - 1]):
                    return False
            else:
                return True

    async def _give_up(self, delivery: Delivery, failed: Exception, attempts: int) -> None:
        log.error("listener.dead-letter", event_id=str(delivery.event_id), type=delivery.type, exc_info=failed)
        async with self._database.transaction() as tx:
            outcome = await bury_failed(
                tx,
                delivery,
                error=describe(failed),
                attempts=attempts,
                service=self._service,
                now=self._clock(),
            )
        self._count(outcome)

    async def _commit(self, consumer: AIOKafkaConsumer, positions: Mapping[TopicPartition, int]) -> None:
        if not positions:
            return
        try:
            await consumer.commit(dict(positions))
        except (KafkaError, IllegalStateError) as uncommitted:
            # The partitions have gone to another member, or the broker is away: the inbox removes what comes again.
            log.warning("listener.positions-not-committed", reason=type(uncommitted).__name__)

    async def _take_figures(self, consumer: AIOKafkaConsumer) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._figures_at:
            return
        self._figures_at = now + self._figures_every_s
        self._metrics.consumer_lag.clear()
        for place in consumer.assignment():
            end = consumer.highwater(place)
            if end is not None:
                lag = max(0, end - await consumer.position(place))
                self._metrics.consumer_lag.labels(place.topic, str(place.partition)).set(lag)
        try:
            async with self._database.reading() as tx:
                waiting = {row["state"]: row["n"] for row in await tx.fetch(_LETTERS)}
        except DatabaseAway:
            return
        for state in ("dead", "parked"):
            self._metrics.dead_letters.labels(state).set(waiting.get(state, 0))

    def _count(self, outcome: Outcome) -> None:
        for (event_type, became), count in Counter(outcome.counted).items():
            self._metrics.heard.labels(event_type, became).inc(count)

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            *self._hears.topics,
            bootstrap_servers=self._bootstrap,
            client_id=f"{self._service}-listener",
            group_id=self._service,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._session_timeout_ms,
            heartbeat_interval_ms=self._session_timeout_ms // 6,
            metadata_max_age_ms=30_000,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )


async def _start(consumer: AIOKafkaConsumer, stop: asyncio.Event) -> bool:
    """Start it, which waits for the group to form; False when a stop came first."""
    starting = asyncio.create_task(consumer.start())
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            return False
        starting.result()
        return True
    finally:
        starting.cancel()
        stopped.cancel()
        await asyncio.gather(starting, stopped, return_exceptions=True)


async def _leave(consumer: AIOKafkaConsumer) -> None:
    # As a task of its own: when the broker is gone, aiokafka's stop ends in the cancellation of one of its own parts,
    # which must not pass for ours.
    leaving = asyncio.ensure_future(consumer.stop())
    await asyncio.wait({leaving}, timeout=5)
    if not leaving.done() or leaving.cancelled():
        leaving.cancel()
        log.warning("listener.left-without-a-word", reason="no answer")
    elif (unanswered := leaving.exception()) is not None:
        # The group will notice by itself, once the session is over.
        log.warning("listener.left-without-a-word", reason=type(unanswered).__name__)


def _rewind(consumer: AIOKafkaConsumer, place: TopicPartition, position: int) -> None:
    # A partition that was taken from us meanwhile begins at its committed position wherever it is now.
    if place in consumer.assignment():
        consumer.seek(place, position)
