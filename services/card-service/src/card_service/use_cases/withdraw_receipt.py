"""Take a proposed receipt back before its second signature (CS-14)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit, due_work
from chassis.db import Tx
from chassis.identity import Principal

from card_service.domain.receipts import Receipt
from card_service.store import receipts


async def withdraw_receipt(tx: Tx, receipt_id: UUID, *, by: Principal, now: datetime) -> Receipt:
    """Either signatory may; the numbers may be proposed again. Raises `NotPending`."""
    receipt = await receipts.lock_receipt(tx, receipt_id)
    withdrawn = replace(receipt, signatures=receipt.signatures.withdrawn())
    await receipts.save_receipt(tx, withdrawn)
    await due_work.cancel(tx, kind="card.receipt-held", subject_id=receipt_id)
    await audit.record(
        tx, act="stock-receipt.withdrawn", by=by, object_type="stock-receipt", object_id=receipt_id, at=now
    )
    return withdrawn
