"""Previews of reassignments as they are answered: to who asked for them, and to heads whose places cover them."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

_GET = prepare(
    sa.text(
        """
        SELECT r.* FROM manager_reassignments r
        WHERE r.id = :reassignment_id
          AND (r.proposed_by = :me OR NOT EXISTS (SELECT FROM unnest(r.places) AS place
                                                  WHERE NOT place LIKE ANY(CAST(:paths AS text[]))))
        """
    )
)


async def get_reassignment(tx: Tx, reassignment_id: UUID, *, scope: Scope) -> Record:
    """One preview, or NotFound."""
    row = await tx.fetchrow(_GET, reassignment_id=reassignment_id, me=scope.own, paths=scope.paths)
    if row is None:
        raise NotFound()
    return row
