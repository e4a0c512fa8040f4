"""Households in PostgreSQL: names of people who are no clients go in sealed, memberships are ended, never deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.households import (
    Consent,
    Household,
    HouseholdPurpose,
    InAnotherHousehold,
    Leaving,
    Member,
)
from client_registry.domain.registration_form import Source
from client_registry.tables.households import household_members, households

NAME = "household_members.name"
PHONE = "household_members.phone"
_ADD = prepare(
    sa.insert(households).values(
        {name: sa.bindparam(name) for name in ("id", "head_id", "contact_id", "opened_on", "version")}
    )
)
_LOCK = prepare(sa.select(households).where(households.c.id == sa.bindparam("id", type_=sa.Uuid())).with_for_update())
_MEMBERS = prepare(
    sa.select(
        household_members.c.id, household_members.c.client_id, household_members.c.kind, household_members.c.relation,
        household_members.c.from_on, household_members.c.until_on,
    )
    .where(household_members.c.household_id == sa.bindparam("household_id", type_=sa.Uuid()))
    .order_by(household_members.c.from_on, household_members.c.id)
)  # fmt: skip
_OF_CLIENT = prepare(
    sa.select(household_members.c.household_id).where(
        household_members.c.client_id == sa.bindparam("client_id", type_=sa.Uuid()),
        household_members.c.kind == "client",
        household_members.c.until_on.is_(None),
    )
)
_NEW = (
    "id", "household_id", "client_id", "kind", "relation", "name_sealed", "phone_sealed", "consent", "purpose", "source",
    "collector", "collected_at", "from_on",
)  # fmt: skip
_ADD_MEMBER = prepare(
    insert(household_members).values({name: sa.bindparam(name) for name in _NEW}).on_conflict_do_nothing()
)
_SAVE = prepare(
    sa.text(
        """
        UPDATE households SET head_id = :head_id, contact_id = :contact_id, closed_on = :closed_on, version = version + 1
        WHERE id = :household_id
        """
    )
)
_LEAVE = prepare(
    sa.text(
        """
        UPDATE household_members SET until_on = :until_on, left_because = :because
        WHERE id = ANY(CAST(:member_ids AS uuid[])) AND until_on IS NULL
        """
    )
)
_NO_RELATIONS = prepare(
    sa.text("UPDATE household_members SET relation = NULL WHERE household_id = :household_id AND until_on IS NULL")
)
_RELATE = prepare(sa.text("UPDATE household_members SET relation = :relation WHERE id = :member_id"))
_JOIN = prepare(
    sa.text(
        """
        UPDATE household_members SET household_id = :into, relation = coalesce(CAST(:relation AS text), relation),
               came_from = household_id, came_as = relation
        WHERE household_id = :household_id AND until_on IS NULL
        """
    )
)
_RESUME = prepare(
    sa.text(
        """
        UPDATE household_members AS m SET until_on = NULL, left_because = NULL
        WHERE m.client_id = :client_id AND m.kind = 'client' AND m.left_because = 'merged' AND NOT EXISTS (
            SELECT FROM household_members AS o WHERE o.client_id = m.client_id AND o.kind = 'client'
               AND o.until_on IS NULL)
        RETURNING m.household_id
        """
    )
)
_SEPARATE = prepare(
    sa.text(
        """
        UPDATE household_members SET household_id = came_from, relation = came_as, came_from = NULL, came_as = NULL
        WHERE came_from = :household_id
        """
    )
)
# Who was taken for the same spouse recorded twice is there again, unless another one was recorded since.
_RESUME_REST = prepare(
    sa.text(
        """
        UPDATE household_members AS m SET until_on = NULL, left_because = NULL
        WHERE m.household_id = :household_id AND m.left_because = 'merged'
          AND NOT EXISTS (SELECT FROM household_members AS o WHERE o.household_id = m.household_id
                             AND o.relation = 'spouse' AND o.until_on IS NULL)
          AND (m.kind = 'person' OR NOT EXISTS (SELECT FROM household_members AS o WHERE o.client_id = m.client_id
                             AND o.kind = 'client' AND o.until_on IS NULL))
        """
    )
)
_REOPEN = prepare(sa.text("UPDATE households SET closed_on = NULL, version = version + 1 WHERE id = :household_id"))
_FORGET = prepare(sa.text("UPDATE household_members SET relation = NULL WHERE id = :member_id"))
_HAS_FAMILY = prepare(
    sa.text(
        """
        SELECT EXISTS (SELECT FROM important_dates WHERE client_id = :client_id)
            OR EXISTS (SELECT FROM family_tellings WHERE client_id = :client_id)
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """A member to be written; name, phone, consent and purpose for a person who is no client."""

    id: UUID
    client_id: UUID
    is_client: bool
    relation: str | None
    name: str | None = None
    phone: str | None = None
    consent: Consent | None = None
    purpose: HouseholdPurpose | None = None
    source: Source
    collector: str
    collected_at: datetime
    from_on: date


async def add(tx: Tx, household_id: UUID, head: NewMember) -> None:
    """A household of its head alone. Raises InAnotherHousehold."""
    await tx.execute(_ADD, id=household_id, head_id=head.id, contact_id=head.id, opened_on=head.from_on, version=1)
    await add_member(tx, household_id, head)


async def add_member(tx: Tx, household_id: UUID, member: NewMember) -> None:
    """A member more; the household is locked. Raises InAnotherHousehold: the unique index decides, not a look."""
    added = await tx.execute(
        _ADD_MEMBER,
        id=member.id,
        household_id=household_id,
        client_id=member.client_id,
        kind="client" if member.is_client else "person",
        relation=member.relation,
        name_sealed=_sealed(tx, NAME, member.id, member.name),
        phone_sealed=_sealed(tx, PHONE, member.id, member.phone),
        consent=None if member.consent is None else member.consent.value,
        purpose=None if member.purpose is None else member.purpose.value,
        source=member.source.value,
        collector=member.collector,
        collected_at=member.collected_at,
        from_on=member.from_on,
    )
    if not added:
        raise InAnotherHousehold()


async def lock(tx: Tx, household_id: UUID) -> Household | None:
    """A household with everybody, locked."""
    row = await tx.fetchrow(_LOCK, id=household_id)
    if row is None:
        return None
    return Household(
        id=row["id"],
        head_id=row["head_id"],
        contact_id=row["contact_id"],
        closed_on=row["closed_on"],
        members=tuple(_member(each) for each in await tx.fetch(_MEMBERS, household_id=household_id)),
        version=row["version"],
    )


async def lock_of_client(tx: Tx, client_id: UUID) -> Household | None:
    """The household the client is in today, locked."""
    household_id = await household_of(tx, client_id)
    return None if household_id is None else await lock(tx, household_id)


async def household_of(tx: Tx, client_id: UUID) -> UUID | None:
    """The household the client is in today."""
    found: UUID | None = await tx.fetchval(_OF_CLIENT, client_id=client_id)
    return found


async def save(tx: Tx, household: Household, *, contact_id: UUID | None, closed_on: date | None = None) -> None:
    """Head, contact person and end, one version on; lock it first."""
    await tx.execute(
        _SAVE, household_id=household.id, head_id=household.head_id, contact_id=contact_id, closed_on=closed_on
    )


async def leave(tx: Tx, member_ids: list[UUID], *, until_on: date, because: Leaving) -> None:
    """These memberships end."""
    await tx.execute(_LEAVE, member_ids=member_ids, until_on=until_on, because=because.value)


async def relate(tx: Tx, household_id: UUID, relations: Mapping[UUID, str]) -> None:
    """Everybody's relation to the head anew; who is not named has none."""
    # First nobody has one: between two updates there would be two spouses.
    await tx.execute(_NO_RELATIONS, household_id=household_id)
    await tx.executemany(_RELATE, [{"member_id": member_id, "relation": code} for member_id, code in relations.items()])


async def join(tx: Tx, household_id: UUID, *, into: UUID, relation: str | None = None) -> None:
    """Everybody who is in one household is in the other from now on, with his own relation or the one given."""
    await tx.execute(_JOIN, household_id=household_id, into=into, relation=relation)


async def separate(tx: Tx, client_id: UUID) -> None:
    """What a merger of files ended or joined for this client comes back, as far as its place is still free."""
    for row in await tx.fetch(_RESUME, client_id=client_id):
        for query in (_SEPARATE, _RESUME_REST, _REOPEN):
            await tx.execute(query, household_id=row["household_id"])


async def forget_relation(tx: Tx, member_id: UUID) -> None:
    """This member is the head now: he is nobody's relative to himself."""
    await tx.execute(_FORGET, member_id=member_id)


async def has_family(tx: Tx, client_id: UUID) -> bool:
    """Whether anything of this client's family was ever told, or is to be."""
    return bool(await tx.fetchval(_HAS_FAMILY, client_id=client_id))


def _member(row: Record) -> Member:
    return Member(
        id=row["id"],
        client_id=row["client_id"],
        is_client=row["kind"] == "client",
        relation=row["relation"],
        from_on=row["from_on"],
        until_on=row["until_on"],
    )


def _sealed(tx: Tx, column: str, row_id: UUID, plain: str | None) -> bytes | None:
    return None if plain is None else tx.cipher.seal(column, row_id, plain)
