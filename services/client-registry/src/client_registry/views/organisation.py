"""Units, staff, and what a caller may do: the organisation as it is asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.identity import Grant
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.organisation import postings, staff, units

_PATHS = sa.bindparam("paths", type_=ARRAY(sa.Text()))
_place = sa.func.unnest(_PATHS).column_valued("place")
_BELOW = sa.exists(sa.select(1).select_from(_place).where(sa.func.starts_with(units.c.path, _place)))
_ABOVE_OR_BELOW = sa.exists(
    sa.select(1)
    .select_from(_place)
    .where(sa.func.starts_with(units.c.path, _place) | sa.func.starts_with(_place, units.c.path))
)
_AFTER_PATH = sa.bindparam("after", type_=sa.Text())
_LIST_UNITS = prepare(
    sa.select(units)
    .where(_ABOVE_OR_BELOW, sa.or_(_AFTER_PATH.is_(None), units.c.path > _AFTER_PATH))
    .order_by(units.c.path)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_DAY = sa.bindparam("day", type_=sa.Date())
_VALID = sa.and_(postings.c.from_on <= _DAY, sa.or_(postings.c.until_on.is_(None), postings.c.until_on >= _DAY))
_ROLE = sa.bindparam("role", type_=sa.Text())
_UNIT_CODE = sa.bindparam("unit_code", type_=sa.Text())
_AFTER_ID = sa.bindparam("after", type_=sa.Uuid())
_LIST_STAFF = prepare(
    sa.select(
        postings.c.id, staff.c.id.label("staff_id"), staff.c.staff_no, staff.c.subject, staff.c.name_sealed,
        postings.c.unit_id, units.c.code.label("unit_code"), postings.c.role, postings.c.reach, postings.c.from_on,
        postings.c.until_on,
    )
    .join(staff, staff.c.id == postings.c.staff_id)
    .join(units, units.c.id == postings.c.unit_id)
    .where(
        _VALID,
        _BELOW,
        sa.or_(_ROLE.is_(None), postings.c.role == _ROLE),
        sa.or_(_UNIT_CODE.is_(None), units.c.code == _UNIT_CODE),
        sa.or_(_AFTER_ID.is_(None), postings.c.id > _AFTER_ID),
    )
    .order_by(postings.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)  # fmt: skip
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


async def list_units(tx: Tx, *, paths: list[str], after: str | None, size: int) -> list[Record]:
    """Units at, below and above the caller's places, in the order of the tree."""
    return await tx.fetch(_LIST_UNITS, paths=paths, after=after, size=size)


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
