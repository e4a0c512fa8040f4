"""What the frame itself keeps about a person goes with the person: papers, work, stored answers (PIPL Art. 47).

Audit, outbox and approvals hold ids and codes only and stay. Stored answers are sealed and cannot be searched, so they
are opened one after the other in a sweep of their own, and what speaks of somebody erased is forgotten.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from chassis import attachments, due_work
from chassis.db import Tx
from chassis.due_work import Due, Sweeps
from chassis.query import prepare

ANSWERS = "erasure.stored-answers"
_COLUMN = "idempotency_keys.answer"
_BITE = 1_000

_PAPERS = prepare(
    sa.text("SELECT DISTINCT subject_id FROM attachments WHERE client_id = ANY(CAST(:client_ids AS uuid[]))")
)
_WORK = prepare(
    sa.text(
        """
        UPDATE work_items SET status = 'done', completed_at = :now, completed_by = :by, result = 'client-erased',
               version = version + 1
        WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND status <> 'done'
        """
    )
)
_FORGET_OF = prepare(sa.text("DELETE FROM idempotency_keys WHERE client_id = ANY(CAST(:client_ids AS uuid[]))"))
_STORED = prepare(sa.text("SELECT id, answer FROM idempotency_keys WHERE answer IS NOT NULL"))
_FORGET = prepare(sa.text("DELETE FROM idempotency_keys WHERE id = ANY(CAST(:ids AS uuid[]))"))


async def forget_papers(tx: Tx, client_ids: Sequence[UUID]) -> int:
    """Removes every paper of these clients, whatever it belongs to; how many."""
    subjects = [row["subject_id"] for row in await tx.fetch(_PAPERS, client_ids=list(client_ids))]
    return await attachments.remove_of(tx, subjects) if subjects else 0


async def forget_clients(tx: Tx, client_ids: Sequence[UUID], *, by: str, now: datetime) -> None:
    """Papers go, open work ends, and stored answers that speak of these clients are looked for at once."""
    await forget_papers(tx, client_ids)
    await tx.execute(_WORK, client_ids=list(client_ids), by=by, now=now)
    await due_work.schedule_many(tx, kind=ANSWERS, due=[(client_id, now) for client_id in sorted(set(client_ids))])


async def forget_answers(tx: Tx, client_ids: Sequence[UUID]) -> int:
    """Forgets the stored answers to requests about these clients, and those in which one of their ids stands; how many."""
    words = [str(client_id) for client_id in client_ids]
    gone = await tx.execute(_FORGET_OF, client_ids=list(client_ids))
    found = []
    # A stream, so that a week of answers is never in memory at once.
    async for row in tx.connection.cursor(_STORED.text, prefetch=_BITE):
        answer = tx.cipher.open(_COLUMN, row["id"], row["answer"])
        if any(word in answer for word in words):
            found.append(row["id"])
    return gone + (await tx.execute(_FORGET, ids=found) if found else 0)


def forget_with_the_person(sweeps: Sweeps) -> None:
    """Make forgetting stored answers one of the service's sweeps."""

    @sweeps(ANSWERS, batch=True)
    async def forget_stored_answers(tx: Tx, due: list[Due], *, now: datetime) -> None:
        await forget_answers(tx, [each.subject_id for each in due])
