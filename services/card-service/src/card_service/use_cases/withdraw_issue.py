"""Take a proposed issue back before its second signature (CS-14)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit, due_work
from chassis.db import Tx
from chassis.identity import Principal

from card_service.domain.issues import StockIssue
from card_service.store import issues


async def withdraw_issue(tx: Tx, issue_id: UUID, *, by: Principal, now: datetime) -> StockIssue:
    """Either signatory may, for instance when the registry confirms only some of the lines. Raises `NotPending`."""
    issue = await issues.lock_issue(tx, issue_id)
    withdrawn = replace(issue, signatures=issue.signatures.withdrawn())
    await issues.save_issue(tx, withdrawn)
    await due_work.cancel(tx, kind="card.issue-held", subject_id=issue_id)
    await audit.record(tx, act="stock-issue.withdrawn", by=by, object_type="stock-issue", object_id=issue_id, at=now)
    return withdrawn
