"""Which clients somebody was already asked to contact."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

_LOCK = prepare(
    sa.text("SELECT id FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE")
)
_ASKED = prepare(
    sa.text(
        "SELECT DISTINCT subject_id FROM work_items "
        "WHERE subject_id = ANY(CAST(:client_ids AS uuid[])) AND kind = :kind AND status <> 'done'"
    )
)


async def lock_asked(tx: Tx, client_ids: Sequence[UUID], *, kind: str) -> set[UUID]:
    """Locks the files in id order; of which of them an item of that kind is open."""
    await tx.fetch(_LOCK, client_ids=list(client_ids))
    return {row["subject_id"] for row in await tx.fetch(_ASKED, client_ids=list(client_ids), kind=kind)}
