"""What a grant lets somebody see, the grants and their uses; and everything a client may take along."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.domain.sharing import SharedField, SharingGrant
from client_registry.store import figures
from client_registry.store.sharing import AGREEMENT, AUTHORISATION, grant_of
from client_registry.tables.clients import client_cards, client_consents, clients, service_records
from client_registry.tables.decisions import qualifications
from client_registry.tables.memberships import memberships
from client_registry.tables.sharing import sharing_grants, sharing_uses
from client_registry.views.clients import get_file, require_visible

ANYWHERE = Scope(["/%"])
_CLIENT = sa.bindparam("client_id", type_=sa.Uuid())
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_SIZE = sa.bindparam("size", type_=sa.Integer)
_GRANT = prepare(sa.select(sharing_grants).where(sharing_grants.c.id == sa.bindparam("grant_id", type_=sa.Uuid())))
_GRANTS = prepare(
    sa.select(sharing_grants)
    .where(sharing_grants.c.client_id == _CLIENT, sa.or_(_AFTER.is_(None), sharing_grants.c.id > _AFTER))
    .order_by(sharing_grants.c.id)
    .limit(_SIZE)
)
_USES = prepare(
    sa.select(sharing_uses)
    .where(
        sharing_uses.c.grant_id == sa.bindparam("grant_id", type_=sa.Uuid()),
        sa.or_(_AFTER.is_(None), sharing_uses.c.id > _AFTER),
    )
    .order_by(sharing_uses.c.id)
    .limit(_SIZE)
)
_USES_OF_CLIENT = prepare(
    sa.select(sharing_uses, sharing_grants.c.purpose, sharing_grants.c.recipient_name, sharing_grants.c.recipient_role)
    .join(sharing_grants, sharing_grants.c.id == sharing_uses.c.grant_id)
    .where(sharing_grants.c.client_id == _CLIENT)
    .order_by(sharing_uses.c.id)
)
_SINCE = prepare(sa.select(clients.c.client_since_on).where(clients.c.id == _CLIENT))
_CONSENT = prepare(sa.select(client_consents).where(client_consents.c.client_id == _CLIENT))
# What else of the registry is about the client, as it stands there: names and contact ways are opened above.
_ALONG = {
    "memberships": (memberships, memberships.c.enrolled_on),
    "qualifications": (qualifications, qualifications.c.level),
    "cards": (client_cards, client_cards.c.issued_on),
    "services": (service_records, service_records.c.occurred_at),
}
_ALL_OF = {
    name: prepare(sa.select(table).where(table.c.client_id == _CLIENT).order_by(order))
    for name, (table, order) in _ALONG.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantOnFile:
    """A grant, what was signed for it, who gave it and who withdrew it."""

    grant: SharingGrant
    authorisation: str | None
    agreement: str | None
    granted_by: str
    granted_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None


async def find_grant(tx: Tx, grant_id: UUID) -> SharingGrant:
    """One grant. Raises NotFound."""
    return grant_of(await _row(tx, grant_id))


async def _row(tx: Tx, grant_id: UUID) -> Record:
    row = await tx.fetchrow(_GRANT, grant_id=grant_id)
    if row is None:
        raise NotFound()
    return row


async def is_visible(tx: Tx, client_id: UUID, *, scope: Scope) -> bool:
    """Whether the caller may see the client's file without any grant."""
    try:
        await require_visible(tx, client_id, scope=scope)
    except NotFound:
        return False
    return True


async def grant_on_file(tx: Tx, grant_id: UUID) -> GrantOnFile:
    """One grant with what was signed for it. Raises NotFound."""
    return _on_file(tx, await _row(tx, grant_id))


async def list_grants(tx: Tx, client_id: UUID, *, after: UUID | None, size: int) -> list[GrantOnFile]:
    """A client's grants by id."""
    return [_on_file(tx, row) for row in await tx.fetch(_GRANTS, client_id=client_id, after=after, size=size)]


def _on_file(tx: Tx, row: Record) -> GrantOnFile:
    def opened(column: str, blob: bytes | None) -> str | None:
        return None if blob is None else tx.cipher.open(column, row["id"], blob)

    return GrantOnFile(
        grant=grant_of(row),
        authorisation=opened(AUTHORISATION, row["authorisation_sealed"]),
        agreement=opened(AGREEMENT, row["agreement_sealed"]),
        granted_by=row["granted_by"],
        granted_at=row["granted_at"],
        revoked_by=row["revoked_by"],
        revoked_at=row["revoked_at"],
    )


async def list_uses(tx: Tx, grant_id: UUID, *, after: UUID | None, size: int) -> list[Record]:
    """Who used a grant, when, for which fields."""
    return await tx.fetch(_USES, grant_id=grant_id, after=after, size=size)


async def shared_data(
    tx: Tx, client_id: UUID, fields: Iterable[SharedField], *, today: date, now: datetime
) -> dict[str, Any]:
    """Exactly these fields, opened. The use was written down before."""
    wanted = set(fields)
    file = await get_file(tx, client_id, scope=ANYWHERE, masked=False)
    since = await tx.fetchval(_SINCE, client_id=client_id)
    known = await figures.delivered(tx, client_id, as_of=today, cut_off_at=now, client_since_on=since)
    consent = await tx.fetchrow(_CONSENT, client_id=client_id)
    everything: dict[SharedField, Any] = {
        SharedField.NAME: file.name,
        SharedField.IDENTITY: {"type": file.identity_type, "number": file.identity_number},
        SharedField.BIRTH_DATE: file.birth_on,
        SharedField.CONTACTS: [{"way": each.way, "value": each.value} for each in file.contacts],
        SharedField.SERVICE_STANDING: {
            "service_tier": file.service_tier, "card_level": file.card_level, "home_unit": file.home_code,
            "manager": file.manager,
        },
        SharedField.FINANCIAL: [
            {"month": month, "deposit_average": each.deposit_average, "assets": each.assets}
            for month, each in sorted(known.months.items())
        ],
        SharedField.TRANSACTIONAL: [
            {"month": month, "card_spend": each.card_spend} for month, each in sorted(known.months.items())
        ],
        SharedField.PREFERENCE: None
        if consent is None
        else {name: consent[name] for name in ("marketing", "events", "wished_interval")},
        SharedField.RISK: [
            {"month": month, "overdue_days_max": each.overdue_days_max, "overdue_days_open": each.overdue_days_open}
            for month, each in sorted(known.loans.items())
        ],
    }  # fmt: skip
    return {field.value: value for field, value in everything.items() if field in wanted}


async def everything_about(tx: Tx, client_id: UUID, *, today: date, now: datetime) -> dict[str, Any]:
    """All that the registry keeps about a client, opened, for the client (a copy of one's own data)."""
    found = await shared_data(tx, client_id, SharedField, today=today, now=now)
    for name, query in _ALL_OF.items():
        found[name] = [_plain(row) for row in await tx.fetch(query, client_id=client_id)]
    found["sharing_uses"] = [_plain(row) for row in await tx.fetch(_USES_OF_CLIENT, client_id=client_id)]
    return found


def _plain(row: Record) -> dict[str, Any]:
    """Without the keys that only mean something inside, and without what is sealed."""
    return {
        name: value for name, value in row.items() if not name.endswith(("_sealed", "_index")) and name != "client_id"
    }
