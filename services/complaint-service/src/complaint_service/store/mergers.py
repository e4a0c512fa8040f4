"""Cases that change their client when two files are merged, and come back at the reversal."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

# In case order, so that two writers of overlapping cases cannot lock each other out.
_THERE = prepare(
    sa.text(
        """
        WITH theirs AS (SELECT id FROM cases WHERE client_id = :merged ORDER BY id FOR UPDATE), moved AS (
            UPDATE cases AS c SET client_id = :surviving, version = c.version + 1 FROM theirs WHERE c.id = theirs.id
            RETURNING c.id
        )
        INSERT INTO merger_moves (merger_id, case_id) SELECT :merger_id, id FROM moved ON CONFLICT DO NOTHING
        """
    )
)
_BACK = prepare(
    sa.text(
        """
        UPDATE cases SET client_id = :merged, version = version + 1 WHERE client_id = :surviving AND id IN
            (SELECT case_id FROM merger_moves WHERE merger_id = :merger_id)
        """
    )
)
_ITEMS = prepare(
    sa.text(
        """
        UPDATE work_items SET client_id = :to_client WHERE client_id = :from_client AND subject_id IN
            (SELECT case_id FROM merger_moves WHERE merger_id = :merger_id)
        """
    )
)


async def move(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """The merged client's cases, and what people are asked to do about them; again changes nothing."""
    await tx.execute(_THERE, merger_id=merger_id, surviving=surviving, merged=merged)
    await tx.execute(_ITEMS, merger_id=merger_id, to_client=surviving, from_client=merged)


async def move_back(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """What the merger moved and what is still the survivor's."""
    await tx.execute(_BACK, merger_id=merger_id, surviving=surviving, merged=merged)
    await tx.execute(_ITEMS, merger_id=merger_id, to_client=merged, from_client=surviving)
