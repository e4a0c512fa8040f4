"""The ordered relay: outbox rows to the broker, each at least once, in the order in which they were written.

One is active per service, by a session lock on a connection of its own; all its statements run on that connection, so
losing the lock and losing the right to mark rows are the same thing. The next one takes over when the connection drops.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.broker_link import BrokerAway, BrokerLink, ensure_topics, open_link
from chassis.db import Connection, Database, DatabaseAway, Record, connect, speaking
from chassis.envelope import write
from chassis.metrics import Metrics
from chassis.waiting import Pace, wait_for_stop

log = structlog.get_logger(__name__)

KEPT = timedelta(days=7)
_LOCK = 7_041_953_002
_BATCH = 500
_BUSY_S = 0.02
_IDLE_S = 0.25
_STANDBY_S = 0.5
_FIGURES_EVERY_S = 5.0
_ANSWER_WITHIN_S = 15.0

_COLUMNS = """id, event_id, type, schema_version, topic, key, aggregate_id, aggregate_version, occurred_at,
    CAST(data AS text) AS data, traceparent"""
_UNPUBLISHED = f"SELECT {_COLUMNS} FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT {_BATCH}"  # noqa: S608
_MARK = "UPDATE outbox SET published_at = now() WHERE id = ANY ($1::bigint[])"
# A listener forgets an event id some time after the outbox has forgotten the row: older rows are never sent again.
_KEPT_AGAIN = f"""
    SELECT {_COLUMNS} FROM outbox
    WHERE id > $1 AND id <= $2 AND published_at > now() - $3::interval ORDER BY id LIMIT {_BATCH}"""  # noqa: S608
_RESEND = "SELECT resend_after, resend_until FROM relay_state WHERE part = 'relay' AND resend_until IS NOT NULL"
# Not when a replay asked for in the meantime has set it back.
_RESENT = "UPDATE relay_state SET resend_after = $1 WHERE part = 'relay' AND resend_after = $2"
_RESENT_ALL = """
    UPDATE relay_state SET resend_after = NULL, resend_until = NULL
    WHERE part = 'relay' AND resend_after = $1 AND resend_until = $2"""
_MEET = """
    INSERT INTO relay_state AS s (part, cluster_id) VALUES ('relay', $1)
    ON CONFLICT (part) DO UPDATE
    SET cluster_id = excluded.cluster_id, changed_at = now(), resend_after = 0,
        resend_until = (SELECT max(id) FROM outbox WHERE published_at IS NOT NULL)
    WHERE s.cluster_id IS DISTINCT FROM excluded.cluster_id
    RETURNING resend_until"""
_FIGURES = """
    SELECT count(*) AS depth, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age
    FROM (SELECT created_at FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 100000) AS waiting"""


class _Producer(AIOKafkaProducer):  # type: ignore[misc]
    """A producer for one broker and no other.

    The library sends again by itself, to whoever answers at the old address: a batch on its way could slip into a broker
    that was started anew, ahead of the rows which that one has yet to be sent again. So nothing is sent on a connection
    made after the link broke. The link was opened before any of them and its end is read before a new one is ready.
    """

    def only_over(self, link: BrokerLink) -> None:
        """From now on send nothing once `link` is broken."""
        ready = self.client.ready

        async def ready_and_the_same(node_id: object, **where: object) -> bool:
            return await ready(node_id, **where) and not link.is_broken

        self.client.ready = ready_and_the_same

    async def forget(self) -> None:
        """Stop at once and give up what is unsent; `stop` would wait until it is sent."""
        self._closed = True
        try:
            await asyncio.wait_for(self._sender.close(), timeout=3)
        finally:
            await self.client.close()


class Relay:
    """Sends the outbox of one service for as long as it runs; broker and database may come and go."""

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        bootstrap: str,
        idempotent: bool,
        metrics: Metrics,
        kept: timedelta = KEPT,
    ) -> None:
        self._url = database.url
        self._service = service
        self._bootstrap = bootstrap
        self._idempotent = idempotent
        self._metrics = metrics
        self._kept = kept
        self._figures_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what was sent by then is marked."""
        pace = Pace(0.1, 2.0)
        while not stop.is_set():
            try:
                await self._lead(stop, pace)
            except DatabaseAway as away:
                log.warning("relay.database-away", reason=str(away))
                await wait_for_stop(stop, pace.slower())

    async def _lead(self, stop: asyncio.Event, pace: Pace) -> None:
        """Wait for the lock, then relay until told to stop or until the database is gone, and the lock with it."""
        connection = await connect(self._url, name=f"{self._service}-relay")
        try:
            with speaking(connection):
                while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
                    if await wait_for_stop(stop, _STANDBY_S):
                        return
                while not stop.is_set():
                    await self._serve_or_wait(connection, stop, pace)
        finally:
            await connection.close(timeout=2)

    async def _serve_or_wait(self, connection: Connection, stop: asyncio.Event, pace: Pace) -> None:
        try:
            await self._serve(connection, stop, pace)
        except (BrokerAway, KafkaError) as away:
            log.warning("relay.broker-away", reason=f"{type(away).__name__} {away}")
            await self._take_figures(connection)
            await wait_for_stop(stop, pace.slower())

    async def _serve(self, connection: Connection, stop: asyncio.Event, pace: Pace) -> None:
        """Relay through one producer, for as long as the broker stays the one it was opened to."""
        link = await open_link(self._bootstrap)
        producer = self._producer()
        producer.only_over(link)
        try:
            await self._start(producer)
            await connection.execute(_MEET, link.cluster_id)
            sending = _Sending(producer, link, self._bootstrap, self._service)
            idle = Pace(_BUSY_S, _IDLE_S)
            while not stop.is_set():
                await self._take_figures(connection)
                sent = await self._send_some(connection, sending)
                pace.reset()
                if sent:
                    idle.reset()
                if sent < _BATCH:
                    await wait_for_stop(stop, idle.slower())
                if link.is_broken:
                    raise BrokerAway("connection lost")
        finally:
            link.close()
            await producer.forget()

    async def _start(self, producer: _Producer) -> None:
        # An idempotent producer asks for its number for as long as nobody answers; we would rather look again.
        try:
            await asyncio.wait_for(producer.start(), timeout=_ANSWER_WITHIN_S)
        except TimeoutError as unanswered:
            raise BrokerAway("the producer was not taken") from unanswered

    async def _send_some(self, connection: Connection, sending: "_Sending") -> int:
        """One batch, kept rows asked for again before new ones; the number of rows."""
        again = await connection.fetchrow(_RESEND)
        if again is not None:
            after, until = again["resend_after"], again["resend_until"]
            rows = await connection.fetch(_KEPT_AGAIN, after, until, self._kept)
            if not rows:
                await connection.execute(_RESENT_ALL, after, until)
                return _BATCH
            await sending.send(rows)
            await connection.execute(_RESENT, rows[-1]["id"], after)
        else:
            rows = await connection.fetch(_UNPUBLISHED)
            if rows:
                await sending.send(rows)
                await connection.execute(_MARK, [row["id"] for row in rows])
        for event_type, count in Counter(row["type"] for row in rows).items():
            self._metrics.published.labels(event_type).inc(count)
        return len(rows)

    async def _take_figures(self, connection: Connection) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._figures_at:
            return
        self._figures_at = now + _FIGURES_EVERY_S
        row = await connection.fetchrow(_FIGURES)
        if row is not None:
            self._metrics.outbox_depth.set(row["depth"])
            self._metrics.outbox_age_seconds.set(row["age"])

    def _producer(self) -> _Producer:
        return _Producer(
            bootstrap_servers=self._bootstrap,
            client_id=f"{self._service}-relay",
            acks="all",
            enable_idempotence=self._idempotent,
            linger_ms=2,
            max_batch_size=512 * 1024,
            request_timeout_ms=5000,
        )


class _Sending:
    """One producer and the broker it was opened to."""

    def __init__(self, producer: _Producer, link: BrokerLink, bootstrap: str, service: str) -> None:
        self._producer = producer
        self._link = link
        self._bootstrap = bootstrap
        self._service = service
        self._topics: set[str] = set()

    async def send(self, rows: Sequence[Record]) -> None:
        """Returns when the broker has acknowledged every row; BrokerAway when it has not, for whatever reason."""
        missing = {row["topic"] for row in rows} - self._topics
        if missing:
            await ensure_topics(self._bootstrap, missing)
            self._topics |= missing
        if self._link.is_broken:
            raise BrokerAway("connection lost")
        gone = asyncio.create_task(self._link.broken.wait())
        sent = asyncio.create_task(self._send_all(rows))
        try:
            await asyncio.wait({gone, sent}, timeout=_ANSWER_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            if not sent.done():
                raise BrokerAway("no acknowledgement")
            sent.result()
        finally:
            gone.cancel()
            sent.cancel()
            await asyncio.gather(gone, sent, return_exceptions=True)

    async def _send_all(self, rows: Sequence[Record]) -> None:
        acknowledgements = []
        for row in rows:
            message = write(row, service=self._service)
            acknowledgement = await self._producer.send(
                message.topic, message.value, key=message.key, headers=message.headers
            )
            acknowledgement.add_done_callback(_looked_at)
            acknowledgements.append(acknowledgement)
        for outcome in await asyncio.gather(*acknowledgements, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise BrokerAway(type(outcome).__name__) from outcome


def _looked_at(acknowledgement: asyncio.Future[object]) -> None:
    # One that was given up on the way is nobody's surprise any more.
    if not acknowledgement.cancelled():
        acknowledgement.exception()
