"""Nothing is left to be looked at: the client is no member any more."""

from uuid import UUID

from chassis import due_work
from chassis.db import Tx

from client_registry.use_cases.plan_review import FORESEE, REVERIFY, REVIEW


async def drop_reviews(tx: Tx, client_id: UUID) -> None:
    """Forgets what was planned for a member."""
    for kind in (REVIEW, FORESEE, REVERIFY):
        await due_work.cancel(tx, kind=kind, subject_id=client_id)
