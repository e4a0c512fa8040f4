"""What recognition shows: nothing about a person before the factor, a masked card after it (CR-97, XC-12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.masking import mask_card_number, mask_name
from chassis.query import prepare
from chassis.refusals import NotFound

from client_registry.domain.levels import ServiceTier, tier_rank
from client_registry.store import entitlements, served
from client_registry.store.clients import NAME

_TIERS = prepare(sa.text("SELECT DISTINCT service_tier FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[]))"))
_CARD = prepare(
    sa.text(
        """
        SELECT c.id, c.name_sealed, c.service_tier, c.card_level, c.card_number, c.manager, c.home_unit_id,
               u.code AS home_code, u.name_zh AS home_name_zh, u.name_en AS home_name_en,
               s.id AS staff_id, s.name_sealed AS manager_sealed, s.work_phone_sealed
        FROM clients c JOIN units u ON u.id = c.home_unit_id LEFT JOIN staff s ON s.subject = c.manager
        WHERE c.id = :client_id
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionCard:
    """Surname, tier, home unit, manager with work phone; the card number by its last four."""

    client_id: UUID
    name: str
    service_tier: str
    card_level: str
    card_number: str | None
    home_unit_id: UUID
    home_code: str
    home_name_zh: str
    home_name_en: str
    manager: str | None
    manager_name: str | None
    manager_work_phone: str | None


async def highest_tier(tx: Tx, client_ids: Sequence[UUID]) -> str | None:
    """The tier that decides queue priority (CR-101); None where nobody fits."""
    found = [ServiceTier(row["service_tier"]) for row in await tx.fetch(_TIERS, client_ids=list(client_ids))]
    return max(found, key=tier_rank).value if found else None


async def recognised_client(tx: Tx, lookup_id: UUID, *, by: Principal, now: datetime) -> UUID | None:
    """Whom the caller recognised by this look-up; None where it is not his, too old, or not confirmed."""
    rules = await entitlements.rules_in_force(tx, day=business_day(now))
    _, client_id = await served.recognised(tx, lookup_id, asked_by=by.subject, since=now - rules.away.recognised_for)
    return client_id


async def recognition_card(tx: Tx, client_id: UUID) -> RecognitionCard:
    """The masked card of a recognised client, nationwide."""
    row = await tx.fetchrow(_CARD, client_id=client_id)
    if row is None:
        raise NotFound()
    phone = row["work_phone_sealed"]
    known = row["staff_id"] is not None
    return RecognitionCard(
        client_id=client_id,
        name=mask_name(tx.cipher.open(NAME, client_id, row["name_sealed"])),
        service_tier=row["service_tier"],
        card_level=row["card_level"],
        card_number=None if row["card_number"] is None else mask_card_number(row["card_number"]),
        home_unit_id=row["home_unit_id"],
        home_code=row["home_code"],
        home_name_zh=row["home_name_zh"],
        home_name_en=row["home_name_en"],
        manager=row["manager"],
        manager_name=tx.cipher.open("staff.name", row["staff_id"], row["manager_sealed"]) if known else None,
        manager_work_phone=None if phone is None else tx.cipher.open("staff.work_phone", row["staff_id"], phone),
    )
