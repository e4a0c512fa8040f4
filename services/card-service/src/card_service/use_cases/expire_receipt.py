"""A receipt that nobody countersigned in time is void; its numbers may be proposed again (CS-14)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import system

from card_service.domain.signatures import HeldStatus
from card_service.store import receipts


async def expire_receipt(tx: Tx, receipt_id: UUID, *, now: datetime) -> None:
    """Does nothing to a receipt that was signed or withdrawn in the meantime."""
    receipt = await receipts.lock_receipt(tx, receipt_id)
    if receipt.signatures.status is not HeldStatus.PENDING:
        return
    await receipts.save_receipt(tx, replace(receipt, signatures=receipt.signatures.expired()))
    await audit.record(
        tx,
        act="stock-receipt.expired",
        by=system("card-service"),
        object_type="stock-receipt",
        object_id=receipt_id,
        at=now,
    )
