"""Households as they are answered: whoever sees one of its clients sees it; another unit's members only masked."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.masking import mask_name, mask_phone
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.store.clients import NAME as CLIENT_NAME
from client_registry.store.households import NAME, PHONE, household_of
from client_registry.tables.clients import clients
from client_registry.tables.households import household_members, households
from client_registry.tables.organisation import units
from client_registry.views.clients import VISIBLE

_ID = sa.bindparam("household_id", type_=sa.Uuid())
_HOUSEHOLD = prepare(sa.select(households).where(households.c.id == _ID))
_MEMBERS = prepare(
    sa.select(
        household_members,
        clients.c.client_no,
        clients.c.name_sealed.label("client_name"),
        sa.func.coalesce(VISIBLE, sa.false()).label("in_scope"),
    )
    .join(clients, clients.c.id == household_members.c.client_id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(household_members.c.household_id == _ID)
    .order_by(household_members.c.from_on, household_members.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """One member; client and number only where his file is in the caller's scope, opened only where asked for."""

    member_id: UUID
    kind: str
    client_id: UUID | None
    client_no: str | None
    in_scope: bool
    relation: str | None
    name: str
    phone: str | None
    consent: str | None
    purpose: str | None
    source: str
    collector: str | None
    collected_at: datetime
    verified_at: datetime | None
    from_on: date
    until_on: date | None
    left_because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdView:
    """A household with everybody who is or was in it."""

    household_id: UUID
    head_id: UUID
    contact_id: UUID | None
    opened_on: date
    closed_on: date | None
    version: int
    masked: bool
    members: list[MemberView]

    def file_of(self, member_id: UUID) -> UUID | None:
        """The client in whose file that member stands, where the caller sees it."""
        return next((each.client_id for each in self.members if each.member_id == member_id), None)

    @property
    def seen_clients(self) -> set[UUID]:
        """The clients of this household that the caller sees."""
        return {each.client_id for each in self.members if each.client_id is not None}


async def get_household(tx: Tx, household_id: UUID, *, scope: Scope, masked: bool = True) -> HouseholdView:
    """NotFound where none of its present clients, or of the last ones of a closed one, is in scope.

    The caller audits before asking for it unmasked.
    """
    row = await tx.fetchrow(_HOUSEHOLD, household_id=household_id)
    if row is None:
        raise NotFound()
    members = await tx.fetch(_MEMBERS, household_id=household_id, **scope.params())
    seen_by = [each for each in members if each["kind"] == "client"]
    if row["closed_on"] is None:
        seen_by = [each for each in seen_by if each["until_on"] is None]
    if not any(each["in_scope"] for each in seen_by):
        raise NotFound()
    return HouseholdView(
        household_id=row["id"],
        head_id=row["head_id"],
        contact_id=row["contact_id"],
        opened_on=row["opened_on"],
        closed_on=row["closed_on"],
        version=row["version"],
        masked=masked,
        members=[_member(tx, each, masked=masked or not each["in_scope"]) for each in members],
    )


async def household_of_client(tx: Tx, client_id: UUID, *, scope: Scope) -> HouseholdView:
    """The household that the client is in today; the file is in scope. NotFound for one who is in none."""
    household_id = await household_of(tx, client_id)
    if household_id is None:
        raise NotFound()
    return await get_household(tx, household_id, scope=scope)


def _member(tx: Tx, row: Record, *, masked: bool) -> MemberView:
    is_client = row["kind"] == "client"
    if is_client:
        name = tx.cipher.open(CLIENT_NAME, row["client_id"], row["client_name"])
    else:
        name = tx.cipher.open(NAME, row["id"], row["name_sealed"])
    phone = None if row["phone_sealed"] is None else tx.cipher.open(PHONE, row["id"], row["phone_sealed"])
    seen = row["in_scope"]
    return MemberView(
        member_id=row["id"],
        kind=row["kind"],
        client_id=row["client_id"] if seen else None,
        client_no=row["client_no"] if seen and is_client else None,
        in_scope=seen,
        relation=row["relation"],
        name=mask_name(name) if masked else name,
        phone=mask_phone(phone) if masked and phone is not None else phone,
        consent=row["consent"],
        purpose=row["purpose"],
        source=row["source"],
        collector=row["collector"] if seen else None,
        collected_at=row["collected_at"],
        verified_at=row["verified_at"],
        from_on=row["from_on"],
        until_on=row["until_on"],
        left_because=row["left_because"],
    )
