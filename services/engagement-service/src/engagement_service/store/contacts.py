"""Contacts and what the client permits."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound

from engagement_service.domain.contacts import Contact, Permissions
from engagement_service.tables import contacts, relationships

_PERMISSIONS = prepare(
    sa.text(
        """
        SELECT r.marketing, r.channels,
               EXISTS (SELECT 1 FROM mutes m WHERE m.client_id = r.client_id AND m.lifted_at IS NULL) AS muted
        FROM relationships r WHERE r.client_id = :client_id FOR UPDATE OF r
        """
    )
)

_ADD = prepare(
    contacts.insert().values(
        {
            name: sa.bindparam(name)
            for name in (
                "id",
                "client_id",
                "by",
                "channel",
                "direction",
                "reason",
                "reached",
                "memo",
                "happened_at",
                "written_at",
            )
        }
    )
)

_TOUCH = prepare(
    relationships.update()
    .where(relationships.c.client_id == sa.bindparam("of_client"))
    .values(
        last_contact_on=sa.func.greatest(relationships.c.last_contact_on, sa.bindparam("contact_on", type_=sa.Date)),
        version=relationships.c.version + 1,
    )
    .returning(relationships.c.version)
)


async def permissions(tx: Tx, client_id: UUID) -> Permissions:
    """What this client permits, his row locked; NotFound where we do not know him."""
    row = await tx.fetchrow(_PERMISSIONS, client_id=client_id)
    if row is None:
        raise NotFound()
    return Permissions(marketing=row["marketing"], channels=tuple(row["channels"]), muted=row["muted"])


async def add_contact(tx: Tx, contact: Contact, *, memo: str | None, now: datetime) -> None:
    await tx.execute(
        _ADD,
        id=contact.id,
        client_id=contact.client_id,
        by=contact.by,
        channel=contact.channel.value,
        direction=contact.direction.value,
        reason=contact.reason.value,
        reached=contact.reached,
        memo=tx.cipher.seal("contacts.memo", contact.id, memo) if memo else None,
        happened_at=contact.happened_at,
        written_at=now,
    )


async def touch(tx: Tx, client_id: UUID, *, contact_on: date | None) -> int:
    """Raise the client's version and, where the contact counts, his last contact day; returns the new version."""
    version: int = await tx.fetchval(_TOUCH, of_client=client_id, contact_on=contact_on)
    return version
