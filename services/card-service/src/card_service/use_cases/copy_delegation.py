"""Keep who stands in for whom while somebody is absent."""

from datetime import datetime
from uuid import UUID

from chassis import stand_ins
from chassis.db import Tx


async def copy_delegation(
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
    """The newest form of a delegation; what the absent person keeps is seen by the stand-in until it ends."""
    await stand_ins.keep(
        tx,
        delegation_id=delegation_id,
        absent=absent,
        stand_in=stand_in,
        role=role,
        reach=reach,
        from_at=from_at,
        until_at=until_at,
    )
