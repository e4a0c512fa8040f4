"""Dead letters: look at them, replay them with what was parked behind, or skip them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from chassis.clock import Clock
from chassis.db import Database, DatabaseAway, Record, Tx
from chassis.frame_tables import FRAME
from chassis.handling import Delivery, Outcome, Run, apply, describe, take_in
from chassis.hearing import Hears
from chassis.query import prepare
from chassis.refusals import NotFound, RuleBroken
from chassis.texts import Text

State = Literal["dead", "parked", "replayed", "skipped"]

_LETTERS = FRAME.dead_letters
_LIST = prepare(
    sa.text(
        "SELECT * FROM dead_letters WHERE state = ANY (CAST(:states AS text[])) AND id > :after ORDER BY id LIMIT :limit"
    )
)
_FIND = prepare(sa.select(_LETTERS).where(_LETTERS.c.id == sa.bindparam("id")))
_LOCK = prepare(sa.select(_LETTERS).where(_LETTERS.c.id == sa.bindparam("id")).with_for_update())
# Alone: no listener may decide meanwhile whether the key is parked.
_ALONE = prepare(sa.text("SELECT pg_advisory_xact_lock(7041953003)"))
_NEXT_PARKED = prepare(
    sa.text("SELECT id FROM dead_letters WHERE state = 'parked' AND topic = :topic AND key = :key ORDER BY id LIMIT 1")
)
_END = prepare(sa.text("UPDATE dead_letters SET state = :state, ended_at = :now, ended_by = :by WHERE id = :id"))
_FAIL = prepare(
    sa.text("UPDATE dead_letters SET state = 'dead', error = :error, attempts = attempts + 1 WHERE id = :id")
)


class LetterEnded(RuleBroken):
    code = "dead-letter.ended"
    text = Text(en="This letter was already replayed or skipped.", zh="该死信已重放或已跳过。")


class LetterParked(RuleBroken):
    code = "dead-letter.parked"
    text = Text(
        en="This event waits behind a dead letter of the same key; replay or skip that one.",
        zh="该事件排在同一键的死信之后，请先重放或跳过那条死信。",
    )


class StillUnreadable(RuleBroken):
    code = "dead-letter.unreadable"
    text = Text(en="The message still cannot be read.", zh="该消息仍无法解析。")

    def __init__(self, fault: str) -> None:
        super().__init__(fault=fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that could not be handled (dead), or a later one of the same key (parked). `message` is the event."""

    id: int
    state: State
    topic: str
    partition: int
    position: int
    key: str | None
    event_id: UUID
    type: str | None
    message: bytes
    error: str | None
    attempts: int
    recorded_at: datetime
    ended_at: datetime | None
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay or a skip has done: letters handled in this order, and the one that failed again, if any."""

    handled: list[int]
    failed: int | None
    error: str | None


def _letter(row: Record | None) -> DeadLetter:
    if row is None:
        raise NotFound()
    return DeadLetter(**dict(row))


async def list_letters(
    tx: Tx, *, states: Sequence[State] = ("dead", "parked"), limit: int = 100, after: int = 0
) -> list[DeadLetter]:
    """Letters in those states, the oldest first, after that id."""
    return [_letter(row) for row in await tx.fetch(_LIST, states=list(states), limit=limit, after=after)]


async def inspect(tx: Tx, letter_id: int) -> DeadLetter:
    """One letter with its message; NotFound for an unknown id."""
    return _letter(await tx.fetchrow(_FIND, id=letter_id))


async def replay(database: Database, hears: Hears, letter_id: int, *, by: str, clock: Clock) -> Replay:
    """Handle a dead letter again, then those parked behind it, in order, each in its own transaction.

    Stops at the first that fails: that one is dead then, and the rest stays parked behind it.
    LetterParked, LetterEnded, NotFound.
    """
    letter = await _begin(database, letter_id)
    done = Replay([], None, None)
    return await _go_on(database, hears, letter, done, by=by, clock=clock)


async def skip(database: Database, hears: Hears, letter_id: int, *, by: str, clock: Clock) -> Replay:
    """Give a dead letter up for good and handle those parked behind it, as `replay` does."""
    letter = await _begin(database, letter_id)
    async with database.transaction() as tx:
        await tx.execute(_ALONE)
        _dead(await tx.fetchrow(_LOCK, id=letter_id))
        await tx.execute(_END, id=letter_id, state="skipped", by=by, now=clock())
        following = await _following(tx, letter)
    done = Replay([], None, None)
    if following is None:
        return done
    return await _go_on(database, hears, following, done, by=by, clock=clock)


async def _begin(database: Database, letter_id: int) -> DeadLetter:
    async with database.reading() as tx:
        return _dead(await tx.fetchrow(_FIND, id=letter_id))


def _dead(row: Record | None) -> DeadLetter:
    letter = _letter(row)
    if letter.state == "parked":
        raise LetterParked()
    if letter.state != "dead":
        raise LetterEnded()
    return letter


async def _go_on(database: Database, hears: Hears, first: DeadLetter, done: Replay, *, by: str, clock: Clock) -> Replay:
    following: DeadLetter | None = first
    while following is not None:
        letter = following
        try:
            following = await _replay_one(database, hears, letter.id, by=by, clock=clock)
        except (DatabaseAway, LetterEnded):
            raise
        except Exception as failed:
            error = describe(failed)
            async with database.transaction() as tx:
                await tx.execute(_FAIL, id=letter.id, error=error)
            return Replay(done.handled, letter.id, error)
        done.handled.append(letter.id)
    return done


async def _replay_one(database: Database, hears: Hears, letter_id: int, *, by: str, clock: Clock) -> DeadLetter | None:
    """Handle one letter; the next one of its key, seen before any listener could add to them."""
    async with database.transaction(statement_timeout_ms=30_000) as tx:
        await tx.execute(_ALONE)
        letter = _letter(await tx.fetchrow(_LOCK, id=letter_id))
        if letter.state not in ("dead", "parked"):
            raise LetterEnded()
        delivery = _delivery(hears, letter)
        # A type that nobody hears any more needs no handling.
        if delivery is not None:
            if delivery.fault is not None or delivery.hearer is None:
                raise StillUnreadable(delivery.fault or "")
            await apply(tx, Run(delivery.hearer, [delivery]), Outcome([]), now=clock())
        await tx.execute(_END, id=letter_id, state="replayed", by=by, now=clock())
        return await _following(tx, letter)


def _delivery(hears: Hears, letter: DeadLetter) -> Delivery | None:
    return take_in(
        hears,
        topic=letter.topic,
        partition=letter.partition,
        position=letter.position,
        key=letter.key.encode() if letter.key is not None else None,
        value=letter.message,
        headers=None,
    )


async def _following(tx: Tx, letter: DeadLetter) -> DeadLetter | None:
    if letter.key is None:
        return None
    following = await tx.fetchval(_NEXT_PARKED, topic=letter.topic, key=letter.key)
    return None if following is None else await inspect(tx, following)
