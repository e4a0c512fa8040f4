"""A closed complaint gives marketing its voice back, unless another case of the client is still open."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx

from engagement_service.store import complaints


async def unmute_marketing(tx: Tx, case_id: UUID, *, at: datetime) -> None:
    """Lift the mute of one case; mutes of the client's other cases stay."""
    await complaints.unmute(tx, case_id, at=at)
