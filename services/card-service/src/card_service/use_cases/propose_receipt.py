"""Propose that finished cards come into stock: the keeper's signature (CS-12 to CS-14)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, due_work
from chassis.db import Tx
from chassis.identity import Principal

from card_service.domain.receipts import Receipt, check_receipt, choose_run
from card_service.domain.signatures import Signatures
from card_service.store import organisation, receipts, segments


async def propose_receipt(
    tx: Tx,
    receipt_id: UUID,
    *,
    unit_id: UUID,
    segment_id: UUID,
    first: int | None,
    last: int | None,
    count: int | None,
    by: Principal,
    now: datetime,
) -> Receipt:
    """Held until the supervisor signs or three days are over. Raises what `check_receipt` and `choose_run` raise."""
    segment = await segments.lock_segment(tx, segment_id)
    unit = await organisation.get_unit(tx, unit_id)
    segment_unit = await organisation.get_unit(tx, segment.unit_id)
    taken = await receipts.taken_runs(tx, segment_id)
    run = choose_run(segment, taken, first=first, last=last, count=count)
    check_receipt(segment=segment, segment_unit=segment_unit, unit=unit, run=run, taken=taken)
    signatures = Signatures.opened(by.subject, at=now)
    receipt = Receipt(id=receipt_id, unit_id=unit_id, segment=segment, run=run, signatures=signatures)
    await receipts.add_receipt(tx, receipt)
    await due_work.schedule(tx, kind="card.receipt-held", subject_id=receipt.id, due_at=signatures.expires_at)
    await audit.record(
        tx,
        act="stock-receipt.proposed",
        by=by,
        object_type="stock-receipt",
        object_id=receipt.id,
        detail={"unit_id": unit_id, "segment_id": segment_id, "first": run.first, "last": run.last},
        at=now,
    )
    return receipt
