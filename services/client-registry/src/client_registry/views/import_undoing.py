"""Who has asked that an import be undone."""

from uuid import UUID

from chassis import approvals
from chassis.db import Tx

from client_registry.domain.import_undoing import Undoing


async def proposed_by(tx: Tx, undoing: Undoing, import_id: UUID) -> str | None:
    """Whoever waits for the second person's decision; None where nothing does."""
    proposals = await approvals.list_of(tx, kind=undoing.kind, subject_id=import_id)
    return next((each.proposed_by for each in proposals if each.status == "open"), None)
