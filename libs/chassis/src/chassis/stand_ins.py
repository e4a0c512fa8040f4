"""Who stands in for whom while somebody is absent: what the absent person keeps is seen by the stand-in too."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Tx
from chassis.query import prepare

_KEEP = prepare(
    sa.text(
        """
        INSERT INTO stand_ins (delegation_id, absent, stand_in, role, reach, from_at, until_at)
        VALUES (:delegation_id, :absent, :stand_in, :role, :reach, :from_at, :until_at)
        ON CONFLICT (delegation_id) DO UPDATE SET absent = excluded.absent, stand_in = excluded.stand_in,
            role = excluded.role, reach = excluded.reach, from_at = excluded.from_at, until_at = excluded.until_at
        """
    )
)


async def keep(
    tx: Tx,
    *,
    delegation_id: UUID,
    absent: str,
    stand_in: str,
    role: str,
    reach: str,
    from_at: datetime,
    until_at: datetime,
) -> None:
    """The newest form of one delegation; `absent` and `stand_in` are subjects, the span ends before `until_at`."""
    await tx.execute(
        _KEEP,
        delegation_id=delegation_id,
        absent=absent,
        stand_in=stand_in,
        role=role,
        reach=reach,
        from_at=from_at,
        until_at=until_at,
    )
