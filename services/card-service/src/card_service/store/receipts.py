"""Stock receipts in PostgreSQL."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound

from card_service.domain.numbers import Run
from card_service.domain.receipts import Receipt
from card_service.store import papers
from card_service.store.segments import lock_segment

_ADD = prepare(
    sa.text(
        """
        INSERT INTO stock_receipts (id, unit_id, segment_id, level, first_sequence, last_sequence, status, proposed_by,
                                    proposed_at, expires_at)
        VALUES (:id, :unit_id, :segment_id, :level, :first, :last, :status, :proposed_by, :proposed_at, :expires_at)
        """
    )
)
_SAVE = prepare(
    sa.text(
        "UPDATE stock_receipts SET status = :status, countersigned_by = :countersigned_by,"
        " countersigned_at = :countersigned_at WHERE id = :id"
    )
)
_LOCK = prepare(
    sa.text(
        f"SELECT id, unit_id, segment_id, first_sequence, last_sequence, {papers.COLUMNS}"  # noqa: S608
        " FROM stock_receipts WHERE id = :id FOR UPDATE"
    )
)
_TAKEN = prepare(
    sa.text(
        "SELECT first_sequence, last_sequence FROM stock_receipts"
        " WHERE segment_id = :segment_id AND status IN ('pending', 'confirmed')"
        " AND (CAST(:besides AS uuid) IS NULL OR id <> :besides)"
    )
)


async def add_receipt(tx: Tx, receipt: Receipt) -> None:
    """The database refuses numbers that another standing receipt holds."""
    await tx.execute(
        _ADD,
        id=receipt.id,
        unit_id=receipt.unit_id,
        segment_id=receipt.segment.id,
        level=receipt.segment.level.value,
        first=receipt.run.first,
        last=receipt.run.last,
        **papers.opening(receipt.signatures),
    )


async def save_receipt(tx: Tx, receipt: Receipt) -> None:
    """Keeps the signatures; the database refuses one person twice."""
    await tx.execute(_SAVE, id=receipt.id, **papers.closing(receipt.signatures))


async def lock_receipt(tx: Tx, receipt_id: UUID) -> Receipt:
    """With its segment, both locked. NotFound for an unknown one."""
    row = await tx.fetchrow(_LOCK, id=receipt_id)
    if row is None:
        raise NotFound()
    return Receipt(
        id=row["id"],
        unit_id=row["unit_id"],
        segment=await lock_segment(tx, row["segment_id"]),
        run=Run(first=row["first_sequence"], last=row["last_sequence"]),
        signatures=papers.signatures(row),
    )


async def taken_runs(tx: Tx, segment_id: UUID, *, besides: UUID | None = None) -> list[Run]:
    """Runs of the segment that stand on a pending or confirmed receipt, but for one."""
    rows = await tx.fetch(_TAKEN, segment_id=segment_id, besides=besides)
    return [Run(first=row["first_sequence"], last=row["last_sequence"]) for row in rows]
