"""What was written of a client goes; that he was contacted, when and by whom, stays."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

_MEMOS = prepare(sa.text("UPDATE contacts SET memo = NULL WHERE client_id = :client_id AND memo IS NOT NULL"))
_CLOSE = prepare(
    sa.text(
        """
        UPDATE relationships SET closed_because = 'erased', manager = NULL, serving_unit_ids = '{}', channels = '{}',
               marketing = false, events = false, wished_interval = NULL, version = version + 1
        WHERE client_id = :client_id
        """
    )
)


async def erase_memos(tx: Tx, client_id: UUID) -> int:
    """Every note about a contact; how many there were."""
    return await tx.execute(_MEMOS, client_id=client_id)


async def close(tx: Tx, client_id: UUID) -> None:
    """The relationship keeps its place, classes and days, and nobody finds it."""
    await tx.execute(_CLOSE, client_id=client_id)
