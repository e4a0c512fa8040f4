"""The standing membership in PostgreSQL: found under the client's lock, ended, lowered."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.endings import StandingMembership
from client_registry.domain.levels import CardLevel
from client_registry.domain.qualification import Standing
from client_registry.tables.memberships import memberships

_MEMBERSHIP = prepare(
    sa.select(memberships)
    .where(memberships.c.client_id == sa.bindparam("client_id"), memberships.c.status == "member")
    .with_for_update()
)
_END = prepare(
    sa.update(memberships)
    .where(memberships.c.client_id == sa.bindparam("of_client"), memberships.c.id == sa.bindparam("of_membership"))
    .values(status=sa.bindparam("new_status"), ended_on=sa.bindparam("today"), version=memberships.c.version + 1)
)


def standing_of(file: Record) -> Standing:
    """A locked file's levels as the rules speak of them."""
    return Standing(
        client_id=file["id"],
        card_level=CardLevel(file["card_level"]),
        service_tier=file["service_tier"],
        home_unit_id=file["home_unit_id"],
        version=file["version"],
    )


async def lock_membership(tx: Tx, client_id: UUID) -> StandingMembership | None:
    """The membership that stands, locked."""
    row = await tx.fetchrow(_MEMBERSHIP, client_id=client_id)
    if row is None:
        return None
    return StandingMembership(
        id=row["id"],
        level=CardLevel(row["level"]),
        decision_id=row["decision_id"],
        policy_version=row["policy_version"],
    )


async def end_membership(tx: Tx, client_id: UUID, membership_id: UUID, *, left: bool, today: date) -> None:
    """The membership stands no more: the client left, or it was ended."""
    await tx.execute(
        _END,
        of_client=client_id,
        of_membership=membership_id,
        new_status="left" if left else "ended",
        today=today,
    )
