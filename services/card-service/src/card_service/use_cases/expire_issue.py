"""An issue that nobody countersigned in time is void; its reservations may be proposed again (CS-14)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import system

from card_service.domain.signatures import HeldStatus
from card_service.store import issues


async def expire_issue(tx: Tx, issue_id: UUID, *, now: datetime) -> None:
    """Does nothing to an issue that was signed or withdrawn in the meantime."""
    issue = await issues.lock_issue(tx, issue_id)
    if issue.signatures.status is not HeldStatus.PENDING:
        return
    await issues.save_issue(tx, replace(issue, signatures=issue.signatures.expired()))
    await audit.record(
        tx, act="stock-issue.expired", by=system("card-service"), object_type="stock-issue", object_id=issue_id, at=now
    )
