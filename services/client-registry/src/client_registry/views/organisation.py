"""Units, staff, and what a caller may do: the organisation as it is asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.identity import Grant
from chassis.query import prepare

from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.tables.organisation import units

_LIST_UNITS = prepare(
    sa.text(
        """
        SELECT u.* FROM units u
        WHERE EXISTS (SELECT FROM unnest(CAST(:paths AS text[])) AS place
                      WHERE starts_with(u.path, place) OR starts_with(place, u.path))
          AND (CAST(:after AS text) IS NULL OR u.path > :after)
          AND (NOT CAST(:lacks_manager AS boolean) OR u.active AND u.kind <> 'department' AND NOT EXISTS (
              SELECT FROM postings p JOIN staff s ON s.id = p.staff_id JOIN units w ON w.id = p.unit_id
              WHERE (w.id = u.id OR w.parent_id = u.id AND w.kind = 'department') AND s.active AND p.full_time
                AND p.role = ANY(CAST(:managers AS text[]))
                AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)))
        ORDER BY u.path LIMIT :size
        """
    )
)
_LIST_STAFF = prepare(
    sa.text(
        """
        SELECT p.id, s.id AS staff_id, s.staff_no, s.subject, s.name_sealed, p.unit_id, u.code AS unit_code, p.role,
               p.reach, p.from_on, p.until_on
        FROM postings p JOIN staff s ON s.id = p.staff_id JOIN units u ON u.id = p.unit_id
        WHERE p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
          AND EXISTS (SELECT FROM unnest(CAST(:paths AS text[])) AS place WHERE starts_with(u.path, place))
          AND (CAST(:role AS text) IS NULL OR p.role = :role)
          AND (CAST(:unit_code AS text) IS NULL OR u.code = :unit_code)
          AND (CAST(:after AS uuid) IS NULL OR p.id > :after)
        ORDER BY p.id LIMIT :size
        """
    )
)
_GRANTS = prepare(
    sa.text(
        """
        SELECT p.role, u.path AS unit_path, p.reach, CAST(NULL AS timestamptz) AS until
        FROM postings p JOIN staff s ON s.id = p.staff_id JOIN units u ON u.id = p.unit_id
        WHERE s.subject = :subject AND s.active AND u.active
          AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
        UNION
        SELECT d.role, u.path, d.reach, d.until_at
        FROM delegations d
        JOIN staff s ON s.id = d.to_staff_id JOIN staff f ON f.id = d.from_staff_id JOIN units u ON u.id = d.unit_id
        WHERE s.subject = :subject AND s.active AND f.active AND u.active AND d.from_at <= :now AND :now < d.until_at
          AND EXISTS (SELECT FROM postings p WHERE p.staff_id = d.from_staff_id AND p.role = d.role
                        AND p.unit_id = d.unit_id AND p.from_on <= :day
                        AND (p.until_on IS NULL OR :day <= p.until_on))
        ORDER BY 1, 2, 3
        """
    )
)
_HOME_OF_CLIENT = prepare(
    sa.text("SELECT u.path FROM clients c JOIN units u ON u.id = c.home_unit_id WHERE c.id = :client_id")
)
_FIND_UNIT = prepare(sa.select(units).where(units.c.id == sa.bindparam("unit_id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedPerson:
    """Somebody at a post."""

    posting_id: UUID
    staff_id: UUID
    staff_no: str
    subject: str
    name: str
    unit_id: UUID
    unit_code: str
    role: str
    reach: str
    from_on: date
    until_on: date | None


async def list_units(
    tx: Tx, *, paths: list[str], lacks_manager: bool, day: date, after: str | None, size: int
) -> list[Record]:
    """Units at, below and above the caller's places, in the order of the tree; with `lacks_manager` only those whose
    level has no full-time client manager (CR-43)."""
    return await tx.fetch(
        _LIST_UNITS, paths=paths, lacks_manager=lacks_manager, managers=sorted(MANAGER_ROLES), day=day, after=after,
        size=size,
    )  # fmt: skip


async def find_unit(tx: Tx, unit_id: UUID) -> Record | None:
    """One unit, or None."""
    return await tx.fetchrow(_FIND_UNIT, unit_id=unit_id)


async def list_staff(
    tx: Tx, *, paths: list[str], role: str | None, unit_code: str | None, day: date, after: UUID | None, size: int
) -> list[PostedPerson]:
    """Valid postings at and below the caller's places."""
    rows = await tx.fetch(_LIST_STAFF, paths=paths, role=role, unit_code=unit_code, day=day, after=after, size=size)
    return [_posted(tx, row) for row in rows]


async def grants_of(tx: Tx, subject: str, *, day: date, now: datetime) -> list[Grant]:
    """What a member of staff may do where on that day: valid postings and running delegations of valid postings."""
    rows = await tx.fetch(_GRANTS, subject=subject, day=day, now=now)
    return [Grant(row["role"], row["unit_path"], row["reach"], row["until"]) for row in rows]


async def home_path_of_client(tx: Tx, client_id: UUID) -> str | None:
    """The path of the unit that keeps the client's file; None for nobody we know."""
    found: str | None = await tx.fetchval(_HOME_OF_CLIENT, client_id=client_id)
    return found


def _posted(tx: Tx, row: Record) -> PostedPerson:
    given: dict[str, Any] = dict(row)
    sealed, posting_id = given.pop("name_sealed"), given.pop("id")
    return PostedPerson(posting_id=posting_id, name=tx.cipher.open("staff.name", given["staff_id"], sealed), **given)
