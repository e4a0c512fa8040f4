"""What other services did for a client goes into the service record of the file (CR-38, CR-78)."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.ids import new_id

from client_registry.store import clients as store


async def record_service(
    tx: Tx, *, client_id: UUID, kind: str, object_id: UUID, detail: dict[str, str], occurred_at: datetime
) -> None:
    """One row of codes and ids; a client we do not keep gets none."""
    if await store.exists(tx, client_id):
        await store.add_service_record(
            tx,
            client_id=client_id,
            id=new_id(),
            kind=kind,
            object_id=object_id,
            detail=detail,
            occurred_at=occurred_at,
        )
