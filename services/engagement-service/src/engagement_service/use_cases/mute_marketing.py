"""An opened complaint silences marketing to its client until it is closed."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx

from engagement_service.domain.complaints import Mute
from engagement_service.store import complaints


async def mute_marketing(tx: Tx, client_id: UUID, case_id: UUID, *, muted_at: datetime) -> None:
    """Marketing to the client is silent from ``muted_at`` until the case is closed; saying it twice changes nothing."""
    await complaints.mute(tx, Mute(client_id=client_id, case_id=case_id, muted_at=muted_at))
