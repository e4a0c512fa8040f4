"""The end of a relationship and its reopening in PostgreSQL."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

REASON = "relationship_endings.reason"
_BEGAN = prepare(sa.text("SELECT registered_on FROM clients WHERE id = :client_id"))
_END = prepare(
    sa.text(
        """
        UPDATE clients SET ended_on = :ended_on, tier_short_since_on = NULL, version = version + 1
        WHERE id = :client_id RETURNING version
        """
    )
)
_REOPEN = prepare(
    sa.text("UPDATE clients SET ended_on = NULL, version = version + 1 WHERE id = :client_id RETURNING version")
)
_ADD = prepare(
    sa.text(
        """
        INSERT INTO relationship_endings (client_id, id, cause, evidence, ended_on, reason_sealed, reported_by, reported_at)
        VALUES (:client_id, :ending_id, :cause, :evidence, :ended_on, :reason_sealed, :by, :now)
        """
    )
)
_CLOSE = prepare(
    sa.text(
        """
        UPDATE relationship_endings SET reopened_on = :reopened_on, reopened_by = :by, reopened_at = :now
        WHERE client_id = :client_id AND reopened_on IS NULL
        """
    )
)
# Nobody files or notifies a former client any more.
_LAPSE = prepare(
    sa.text(
        "UPDATE qualifications SET status = 'lapsed', version = version + 1 "
        "WHERE client_id = :client_id AND status = 'candidate'"
    )
)
_CLOSE_ITEMS = prepare(
    sa.text(
        """
        UPDATE work_items SET status = 'done', completed_at = :now, completed_by = :by, result = 'relationship-ended',
               version = version + 1
        WHERE client_id = :client_id AND status <> 'done'
        """
    )
)


async def began_on(tx: Tx, client_id: UUID) -> date:
    """The day the file was opened."""
    found: date = await tx.fetchval(_BEGAN, client_id=client_id)
    return found


async def end(
    tx: Tx, client_id: UUID, ending_id: UUID, *, cause: str, evidence: str, ended_on: date, reason: str | None, by: str,
    now: datetime,
) -> int:  # fmt: skip
    """The relationship has ended, open work and candidacies with it; the file's version."""
    sealed = None if reason is None else tx.cipher.seal(REASON, ending_id, reason)
    await tx.execute(
        _ADD, client_id=client_id, ending_id=ending_id, cause=cause, evidence=evidence, ended_on=ended_on,
        reason_sealed=sealed, by=by, now=now,
    )  # fmt: skip
    await tx.execute(_LAPSE, client_id=client_id)
    await tx.execute(_CLOSE_ITEMS, client_id=client_id, by=by, now=now)
    return int(await tx.fetchval(_END, client_id=client_id, ended_on=ended_on))


async def reopen(tx: Tx, client_id: UUID, *, reopened_on: date, by: str, now: datetime) -> int:
    """The relationship goes on; the file's version."""
    await tx.execute(_CLOSE, client_id=client_id, reopened_on=reopened_on, by=by, now=now)
    return int(await tx.fetchval(_REOPEN, client_id=client_id))
