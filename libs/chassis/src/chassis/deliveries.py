"""Work items told to those outside (domain decisions, 11): at least once, tried again until taken, with proof.

What is told are ids, codes and dates, never anything about a person. Each version of an item is told once to each
adapter; the receiver knows a repeated message by its delivery id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from chassis.db import Record, Tx
from chassis.due_work import Sweeps
from chassis.query import prepare

BATCH = 200
_ROUNDS = 5
_PRUNED_MOST = 200_000
_FIRST_BACK_OFF_S = 60
_LONGEST_BACK_OFF_S = 6 * 3600

# A finished item is told only to those who were told of it before.
_COLLECT = prepare(
    sa.text(
        """
        WITH untold AS (
            SELECT * FROM work_items WHERE told_version < version AND (status <> 'done' OR told_version > 0)
            ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
        ), told AS (
            UPDATE work_items w SET told_version = untold.version FROM untold WHERE w.id = untold.id
        )
        INSERT INTO work_item_deliveries (id, item_id, item_version, adapter, body, created_at, try_at)
        SELECT uuidv7(), u.id, u.version, a.name,
               jsonb_build_object('item_id', u.id, 'version', u.version, 'kind', u.kind, 'rule', u.rule, 'text', u.text,
                                  'status', u.status, 'client_id', u.client_id, 'subject_id', u.subject_id,
                                  'owner', u.owner, 'owner_role', u.owner_role, 'unit_path', u.unit_path,
                                  'due_at', u.due_at),
               :now, :now
        FROM untold u CROSS JOIN unnest(CAST(:adapters AS text[])) AS a(name)
        """
    )
)
_TAKE = prepare(
    sa.text(
        """
        SELECT id, body, attempts FROM work_item_deliveries
        WHERE adapter = :adapter AND status = 'pending' AND try_at <= :now
        ORDER BY try_at, id LIMIT :most FOR UPDATE SKIP LOCKED
        """
    )
)
_DELIVERED = prepare(
    sa.text(
        "UPDATE work_item_deliveries SET status = 'delivered', delivered_at = :now, answer_status = :answer_status, "
        "attempts = attempts + 1, last_error = NULL WHERE id = ANY(CAST(:ids AS uuid[]))"
    )
)
_FAILED = prepare(
    sa.text(
        "UPDATE work_item_deliveries SET attempts = attempts + 1, try_at = :try_at, answer_status = :answer_status, "
        "last_error = :reason WHERE id = ANY(CAST(:ids AS uuid[]))"
    )
)
# An item is told again because of its own version, never because its proof is gone.
_PRUNE = prepare(
    sa.text(
        "DELETE FROM work_item_deliveries WHERE id = ANY (ARRAY(SELECT id FROM work_item_deliveries "
        "WHERE status = 'delivered' AND delivered_at < :before ORDER BY id LIMIT :most))"
    )
)
# For operators: nothing that leads to a client.
_UNDELIVERED = prepare(
    sa.text(
        """
        SELECT d.id, d.item_id, d.item_version, d.adapter, d.body ->> 'kind' AS kind, d.created_at, d.try_at, d.attempts,
               d.answer_status, d.last_error
        FROM work_item_deliveries d WHERE d.status = 'pending' ORDER BY d.created_at, d.id LIMIT :most
        """
    )
)


class NotDelivered(Exception):
    """The other side did not take it; `status` is what it answered, if it answered."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Several items for one adapter, under the id of the first of its deliveries."""

    id: str
    service: str
    items: tuple[dict[str, Any], ...]
    at: datetime


class Adapter(Protocol):
    """A way outside."""

    @property
    def name(self) -> str:
        """What the proof calls it."""

    async def send(self, message: Message) -> int | None:
        """What was answered, where there is an answer; raises NotDelivered."""


async def collect(tx: Tx, adapters: Sequence[Adapter], *, now: datetime) -> None:
    """Put what nobody outside was told of among what is to be sent; asks nobody, so that no item stays locked."""
    while await tx.execute(_COLLECT, most=BATCH, adapters=[each.name for each in adapters], now=now):
        continue


async def deliver(tx: Tx, adapters: Sequence[Adapter], *, service: str, now: datetime) -> int:
    """Try what is collected and due; how many items were taken by the other side."""
    taken = 0
    for adapter in adapters:
        for _ in range(_ROUNDS):
            rows = await tx.fetch(_TAKE, adapter=adapter.name, now=now, most=BATCH)
            if not rows or not await _send(tx, adapter, rows, service=service, now=now):
                break
            taken += len(rows)
    return taken


async def undelivered(tx: Tx, *, limit: int = 100) -> list[dict[str, Any]]:
    """What still waits, the oldest first, with how often it was tried and why it was not taken."""
    return [dict(row) for row in await tx.fetch(_UNDELIVERED, most=limit)]


async def prune_proofs(tx: Tx, *, before: datetime, most: int = _PRUNED_MOST) -> int:
    """Delete proofs of what was taken before then, at most so many; the number deleted. What waits stays."""
    return await tx.execute(_PRUNE, before=before, most=most)


def prune_proofs_daily(sweeps: Sweeps, *, kept: timedelta) -> None:
    """Make deleting old proofs one of the service's recurring sweeps."""

    @sweeps.recurring("prune-work-item-proofs", cron="41 3 * * *")
    async def prune_work_item_proofs(tx: Tx, *, now: datetime) -> None:
        await prune_proofs(tx, before=now - kept)


def deliver_by_the_minute(sweeps: Sweeps, adapters: Sequence[Adapter], *, service: str) -> None:
    """Make delivery one of the service's recurring sweeps; its failures move each row's own next try."""

    @sweeps.recurring("collect-work-items", cron="* * * * *")
    async def collect_work_items(tx: Tx, *, now: datetime) -> None:
        await collect(tx, adapters, now=now)

    @sweeps.recurring("deliver-work-items", cron="* * * * *")
    async def deliver_work_items(tx: Tx, *, now: datetime) -> None:
        await deliver(tx, adapters, service=service, now=now)


async def _send(tx: Tx, adapter: Adapter, rows: Sequence[Record], *, service: str, now: datetime) -> bool:
    ids = [row["id"] for row in rows]
    items = tuple({"delivery_id": str(row["id"]), **row["body"]} for row in rows)
    try:
        answered = await adapter.send(Message(id=str(ids[0]), service=service, items=items, at=now))
    except NotDelivered as failed:
        # The whole batch waits as long as its most tried item asks for.
        attempts = max(row["attempts"] for row in rows)
        await tx.execute(
            _FAILED, ids=ids, try_at=now + back_off(attempts), answer_status=failed.status, reason=failed.reason
        )
        return False
    await tx.execute(_DELIVERED, ids=ids, now=now, answer_status=answered)
    return True


def back_off(attempts: int) -> timedelta:
    """1, 2, 4 … minutes, six hours at most."""
    return timedelta(seconds=min(_FIRST_BACK_OFF_S * 2 ** min(attempts, 20), _LONGEST_BACK_OFF_S))
