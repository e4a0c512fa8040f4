"""Privacy notices and consent histories as they are answered."""

from uuid import UUID

from chassis.db import Record, Tx

from client_registry.domain.notices import PrivacyNotice
from client_registry.store import notices as store


async def list_notices(tx: Tx, *, before: str | None, size: int) -> list[PrivacyNotice]:
    """Published versions, the newest first."""
    return await store.notices(tx, before=before, size=size)


async def consent_history(tx: Tx, client_id: UUID, *, before: UUID | None, size: int) -> list[Record]:
    """Everything the client ever said yes or no to, the newest first (CR-74)."""
    return await store.history(tx, client_id, before=before, size=size)
