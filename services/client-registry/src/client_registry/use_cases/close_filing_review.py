"""A review of a filed qualification closed with its result."""

from datetime import datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.scope import Scope

from client_registry.domain.filing_reviews import Review, ReviewResult
from client_registry.store import filing_reviews as store
from client_registry.use_cases.open_filing_reviews import KIND


async def close_filing_review(
    tx: Tx, review_id: UUID, result: ReviewResult, *, scope: Scope, by: Principal, now: datetime
) -> Review:
    """Who filed says what becomes of it; a revocation is an act of its own. Raises NotFound, ReviewClosed."""
    review = await store.lock_review(tx, review_id, scope=scope)
    closed = review.close(result, by=by.subject, at=now)
    await store.save_review(tx, closed)
    await work_items.complete_for(tx, subject_id=review_id, kind=KIND, by=by, result=result.value, now=now)
    await audit.record(
        tx, act="qualification-review.closed", by=by, object_type="qualification-review", object_id=review_id,
        client_id=closed.client_id, detail={"result": result.value, "level": closed.level}, at=now,
    )  # fmt: skip
    return closed
