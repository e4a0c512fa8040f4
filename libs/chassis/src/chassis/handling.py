"""Events as a listener handles them: read, told apart, put through the consumers, buried or parked. No broker here."""

import hashlib
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import ValidationError

from chassis.db import Tx
from chassis.envelope import Envelope, Unreadable, read, type_in_headers
from chassis.hearing import Heard, Hearer, Hears
from chassis.query import prepare
from chassis.refusals import Invalid, Refusal
from chassis.tracing import span

_INBOX = prepare(
    sa.text(
        "INSERT INTO inbox (event_id, heard_at) SELECT DISTINCT id, CAST(:now AS timestamptz) "
        "FROM unnest(CAST(:event_ids AS uuid[])) AS id ON CONFLICT DO NOTHING RETURNING event_id"
    )
)
# A replay holds this lock alone while it handles a letter, so that no later event of the key overtakes the parked ones.
_HOLD_REPLAYS = prepare(sa.text("SELECT pg_advisory_xact_lock_shared(7041953003)"))
_PARKED_KEYS = prepare(
    sa.text(
        "SELECT DISTINCT topic, key FROM dead_letters "
        "WHERE state IN ('dead', 'parked') AND key = ANY (CAST(:keys AS text[]))"
    )
)
_KNOWN_VERSIONS = prepare(
    sa.text(
        "SELECT aggregate_id, version FROM heard_versions "
        "WHERE state = :state AND aggregate_id = ANY (CAST(:ids AS text[])) FOR UPDATE"
    )
)
_KEEP_VERSIONS = prepare(
    sa.text(
        "INSERT INTO heard_versions AS h (state, aggregate_id, version) "
        "SELECT :state, u.id, u.version FROM unnest(CAST(:ids AS text[]), CAST(:versions AS bigint[])) AS u(id, version) "
        "ON CONFLICT (state, aggregate_id) DO UPDATE SET version = greatest(h.version, excluded.version)"
    )
)
_BURY = prepare(
    sa.text(
        """
        WITH letter AS (
            INSERT INTO dead_letters
                (state, topic, partition, position, key, event_id, type, message, error, attempts, recorded_at)
            VALUES (:state, :topic, :partition, :position, :key, :event_id, :type, :message, :error, :attempts, :now)
            ON CONFLICT (event_id) DO NOTHING
            RETURNING id
        )
        INSERT INTO outbox (type, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data)
        SELECT 'DeadLetterRecorded', :notice_topic, :notice_key, 'dead-letter', CAST(letter.id AS text), 1, :now, :notice
        FROM letter
        """
    )
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that concerns us: where it came from, and what it says if it could be read.

    `fault` says why it could not; then it goes straight to the dead letters. Without a readable envelope there is no
    key either: a stray message must not stop a client's events.
    """

    topic: str
    partition: int
    position: int
    key: str | None
    message: bytes
    event_id: UUID
    type: str | None = None
    hearer: Hearer | None = None
    envelope: Envelope | None = None
    fact: Heard | None = None
    fault: str | None = None

    @property
    def lane(self) -> tuple[str, str] | None:
        """What is kept in order: the key within its topic."""
        return None if self.key is None else (self.topic, self.key)


def take_in(
    hears: Hears, *, topic: str, partition: int, position: int, key: bytes | None, value: bytes | None, headers: object
) -> Delivery | None:
    """The message as a delivery; None when nobody here hears its type."""
    told = type_in_headers(headers)
    if told is not None and told not in hears.hearers:
        return None
    message = value or b""
    try:
        envelope = read(message)
    except Unreadable as unreadable:
        digest = hashlib.sha256(topic.encode() + b"\0" + message).digest()
        return Delivery(
            topic, partition, position, None, message, UUID(bytes=digest[:16], version=5), fault=str(unreadable)
        )
    hearer = hears.hearers.get(envelope.type)
    if hearer is None:
        return None
    fact: Heard | None = None
    fault: str | None = None
    try:
        fact = hearer.model.model_validate(
            {
                **envelope.data,
                "event_id": envelope.event_id,
                "occurred_at": envelope.occurred_at,
                "aggregate_version": envelope.aggregate_version,
            }
        )
    except ValidationError as wrong:
        fault = describe(wrong)
    lane = (key or b"").decode(errors="replace") or envelope.aggregate_id
    return Delivery(
        topic, partition, position, lane, message, envelope.event_id, envelope.type, hearer, envelope, fact, fault
    )


def describe(error: BaseException) -> str:
    """What went wrong, without any value: an exception's own words may hold a person's data."""
    if isinstance(error, ValidationError):
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in error.errors(include_input=False))
        return f"data does not fit: {'; '.join(faults)}"[:1000]
    if isinstance(error, Invalid):
        return "; ".join(["refused: invalid", *(f"{each.pointer}: {each.code}" for each in error.errors)])[:1000]
    if isinstance(error, Refusal):
        return f"refused: {error.code}"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__module__}.{type(error).__qualname__}{place}"


@dataclass(frozen=True, slots=True)
class Run:
    """Deliveries for one consumer, in order of each key."""

    hearer: Hearer
    deliveries: list[Delivery]


def runs(deliveries: Iterable[Delivery]) -> list[Run]:
    """As few runs as the order within each key allows: a batch consumer is then called once for many keys.

    A delivery joins the first run of its consumer that does not come before the run its key was last in.
    """
    made: list[Run] = []
    last_of_lane: dict[tuple[str, str] | None, int] = {}
    open_runs: dict[str, list[int]] = {}
    for delivery in deliveries:
        hearer = delivery.hearer
        if hearer is None:
            raise ValueError("a delivery without a consumer cannot be handled")
        earliest = last_of_lane.get(delivery.lane, 0)
        places = open_runs.setdefault(hearer.event_type, [])
        place = next((place for place in places if place >= earliest), None)
        if place is None:
            place = len(made)
            made.append(Run(hearer, []))
            places.append(place)
        made[place].deliveries.append(delivery)
        last_of_lane[delivery.lane] = place
    return made


@dataclass(slots=True)
class Outcome:
    """What became of a batch: pairs of type and outcome, to be counted once the transaction has committed."""

    counted: list[tuple[str, str]]

    def note(self, delivery: Delivery, outcome: str) -> None:
        self.counted.append((delivery.type or "unreadable", outcome))


async def handle(tx: Tx, deliveries: Sequence[Delivery], *, service: str, now: datetime) -> Outcome:
    """Handle them in one transaction: each event once, later ones of a dead key parked, unreadable ones buried.

    Whatever a consumer raises ends the transaction: nothing of the batch has happened then.
    """
    outcome = Outcome([])
    await tx.execute(_HOLD_REPLAYS)
    fresh = {
        row["event_id"]
        for row in await tx.fetch(_INBOX, event_ids=[delivery.event_id for delivery in deliveries], now=now)
    }
    parked = await _parked_lanes(tx, deliveries)
    ready: list[Delivery] = []
    for delivery in deliveries:
        if delivery.event_id not in fresh:
            outcome.note(delivery, "repeated")
            continue
        # The same event twice in one batch is fresh only once.
        fresh.discard(delivery.event_id)
        if delivery.lane in parked:
            await bury(tx, delivery, state="parked", error=None, attempts=0, service=service, now=now)
            outcome.note(delivery, "parked")
        elif delivery.fault is not None:
            await bury(tx, delivery, state="dead", error=delivery.fault, attempts=1, service=service, now=now)
            outcome.note(delivery, "dead")
            if delivery.lane is not None:
                parked.add(delivery.lane)
        else:
            ready.append(delivery)
    for run in runs(ready):
        await apply(tx, run, outcome, now=now)
    return outcome


async def apply(tx: Tx, run: Run, outcome: Outcome, *, now: datetime) -> None:
    """Put a run through its consumer, without those that a newer version has made void."""
    deliveries = run.deliveries
    if run.hearer.state is not None:
        deliveries = await _not_older(tx, run.hearer.state, deliveries, outcome)
    if not deliveries:
        return
    if run.hearer.batch:
        await run.hearer.call(tx, [delivery.fact for delivery in deliveries], now=now)
    else:
        for delivery in deliveries:
            traceparent = delivery.envelope.traceparent if delivery.envelope else None
            with span(f"hear {delivery.type}", parent=traceparent):
                await run.hearer.call(tx, delivery.fact, now=now)
    for delivery in deliveries:
        outcome.note(delivery, "heard")


async def bury_failed(tx: Tx, delivery: Delivery, *, error: str, attempts: int, service: str, now: datetime) -> Outcome:
    """End the handling of an event that keeps failing: a dead letter, and its event id in the inbox."""
    outcome = Outcome([])
    await tx.execute(_HOLD_REPLAYS)
    if await tx.fetch(_INBOX, event_ids=[delivery.event_id], now=now):
        await bury(tx, delivery, state="dead", error=error, attempts=attempts, service=service, now=now)
        outcome.note(delivery, "dead")
    return outcome


async def bury(
    tx: Tx, delivery: Delivery, *, state: str, error: str | None, attempts: int, service: str, now: datetime
) -> None:
    """The row, and a notice of it on `<topic>.<service>.dlq`."""
    notice: dict[str, Any] = {
        "event_id": str(delivery.event_id),
        "event_type": delivery.type,
        "topic": delivery.topic,
        "partition": delivery.partition,
        "position": delivery.position,
        "state": state,
        "error": error,
    }
    await tx.execute(
        _BURY,
        state=state,
        topic=delivery.topic,
        partition=delivery.partition,
        position=delivery.position,
        key=delivery.key,
        event_id=delivery.event_id,
        type=delivery.type,
        message=delivery.message,
        error=error,
        attempts=attempts,
        now=now,
        notice_topic=f"{delivery.topic}.{service}.dlq",
        notice_key=delivery.key or str(delivery.event_id),
        notice=notice,
    )


async def _parked_lanes(tx: Tx, deliveries: Sequence[Delivery]) -> set[tuple[str, str] | None]:
    keys = {delivery.key for delivery in deliveries if delivery.key is not None}
    return {(row["topic"], row["key"]) for row in await tx.fetch(_PARKED_KEYS, keys=list(keys))}


async def _not_older(tx: Tx, state: str, deliveries: list[Delivery], outcome: Outcome) -> list[Delivery]:
    ids = sorted({delivery.envelope.aggregate_id for delivery in deliveries if delivery.envelope is not None})
    known = {row["aggregate_id"]: row["version"] for row in await tx.fetch(_KNOWN_VERSIONS, state=state, ids=ids)}
    kept: list[Delivery] = []
    moved: dict[str, int] = {}
    for delivery in deliveries:
        if delivery.envelope is None:
            raise ValueError("an unreadable delivery has no version")
        aggregate_id, version = delivery.envelope.aggregate_id, delivery.envelope.aggregate_version
        if version < known.get(aggregate_id, version):
            outcome.note(delivery, "older")
            continue
        kept.append(delivery)
        known[aggregate_id] = moved[aggregate_id] = version
    if moved:
        await tx.execute(_KEEP_VERSIONS, state=state, ids=list(moved), versions=list(moved.values()))
    return kept
