"""Sharing grants and their uses in PostgreSQL; what was signed goes in sealed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound

from client_registry.domain.sharing import SharedField, SharingGrant, SharingKind, SharingPurpose
from client_registry.tables.sharing import sharing_grants, sharing_uses

AUTHORISATION = "sharing_grants.authorisation"
AGREEMENT = "sharing_grants.agreement"

_ADD = prepare(
    sa.insert(sharing_grants).values(
        {
            column.name: sa.bindparam(column.name)
            for column in sharing_grants.c
            if column.name not in ("revoked_by", "revoked_at", "version")
        }
    )
)
_LOCK = prepare(sa.select(sharing_grants).where(sharing_grants.c.id == sa.bindparam("grant_id")).with_for_update())
_REVOKE = prepare(
    sa.update(sharing_grants)
    .where(sharing_grants.c.id == sa.bindparam("grant_id"))
    .values(revoked_by=sa.bindparam("by"), revoked_at=sa.bindparam("at"), version=sharing_grants.c.version + 1)
)
_ADD_USE = prepare(
    sa.insert(sharing_uses).values({column.name: sa.bindparam(column.name) for column in sharing_uses.c})
)


def grant_of(row: Record) -> SharingGrant:
    """The row as the rules see it."""
    return SharingGrant(
        id=row["id"],
        client_id=row["client_id"],
        kind=SharingKind(row["kind"]),
        purpose=SharingPurpose(row["purpose"]),
        fields=tuple(SharedField(name) for name in row["fields"]),
        recipient_role=row["recipient_role"],
        recipient_unit_id=row["recipient_unit_id"],
        recipient_name=row["recipient_name"],
        authorised_on=row["authorised_on"],
        agreement_until_on=row["agreement_until_on"],
        from_on=row["from_on"],
        until_on=row["until_on"],
        revoked=row["revoked_at"] is not None,
        version=row["version"],
    )


async def add_grant(
    tx: Tx, grant: SharingGrant, *, authorisation: str | None, agreement: str | None, by: str, now: datetime
) -> None:
    """A new grant with what was signed for it."""
    await tx.execute(
        _ADD,
        id=grant.id,
        client_id=grant.client_id,
        kind=grant.kind.value,
        purpose=grant.purpose.value,
        fields=[each.value for each in grant.fields],
        recipient_role=grant.recipient_role,
        recipient_unit_id=grant.recipient_unit_id,
        recipient_name=grant.recipient_name,
        authorisation_sealed=None if authorisation is None else tx.cipher.seal(AUTHORISATION, grant.id, authorisation),
        authorised_on=grant.authorised_on,
        agreement_sealed=None if agreement is None else tx.cipher.seal(AGREEMENT, grant.id, agreement),
        agreement_until_on=grant.agreement_until_on,
        from_on=grant.from_on,
        until_on=grant.until_on,
        granted_by=by,
        granted_at=now,
    )


async def lock_grant(tx: Tx, grant_id: UUID) -> SharingGrant:
    """One grant, locked. Raises NotFound."""
    row = await tx.fetchrow(_LOCK, grant_id=grant_id)
    if row is None:
        raise NotFound()
    return grant_of(row)


async def revoke_grant(tx: Tx, grant_id: UUID, *, by: str, now: datetime) -> None:
    """From this moment nothing is shown on it any more."""
    await tx.execute(_REVOKE, grant_id=grant_id, by=by, at=now)


async def add_use(
    tx: Tx, *, use_id: UUID, grant_id: UUID, by: str, fields: Sequence[SharedField], now: datetime
) -> None:
    """One use, for whoever follows it up (CR-82)."""
    await tx.execute(
        _ADD_USE, id=use_id, grant_id=grant_id, used_by=by, fields=[each.value for each in fields], used_at=now
    )
