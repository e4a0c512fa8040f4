"""Units, staff and postings in PostgreSQL. Names and work phones of staff are sealed."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.organisation import Posting, ServiceInstitution, Unit, UnitKind
from client_registry.tables.organisation import postings, staff, units

_ALL_UNITS = prepare(sa.select(units).order_by(units.c.path))
_GET_UNIT = prepare(sa.select(units).where(units.c.id == sa.bindparam("unit_id")))
_save_unit = insert(units).values({column.name: sa.bindparam(column.name) for column in units.c})
_SAVE_UNIT = prepare(
    _save_unit.on_conflict_do_update(
        index_elements=[units.c.id],
        set_={
            name: _save_unit.excluded[name]
            for name in (
                "parent_id",
                "kind",
                "path",
                "name_zh",
                "name_en",
                "branch_code",
                "active",
                "version",
                "service_institution",
            )
        },
    )
)
_LOCK_STAFF = prepare(
    sa.select(staff.c.id, staff.c.version).where(staff.c.staff_no == sa.bindparam("staff_no")).with_for_update()
)
_ADD_STAFF = prepare(
    sa.insert(staff).values(
        {name: sa.bindparam(name) for name in ("id", "staff_no", "subject", "name_sealed", "work_phone_sealed")}
    )
)
_SAVE_STAFF = prepare(
    sa.update(staff)
    .where(staff.c.id == sa.bindparam("staff_id"))
    .values(
        name_sealed=sa.bindparam("name_sealed"),
        work_phone_sealed=sa.bindparam("work_phone_sealed"),
        version=sa.bindparam("new_version"),
    )
)
_POSTINGS = prepare(
    sa.select(postings, staff.c.subject)
    .join(staff, staff.c.id == postings.c.staff_id)
    .where(postings.c.staff_id == sa.bindparam("staff_id"))
    .order_by(postings.c.from_on, postings.c.id)
)
_ADD_POSTING = prepare(sa.insert(postings).values({column.name: sa.bindparam(column.name) for column in postings.c}))
_END_POSTING = prepare(
    sa.update(postings).where(postings.c.id == sa.bindparam("posting_id")).values(until_on=sa.bindparam("until_on"))
)
_IS_POSTED = prepare(
    sa.text(
        """
        SELECT EXISTS (SELECT FROM postings p JOIN staff s ON s.id = p.staff_id
                       WHERE s.subject = :subject AND s.active AND p.role = ANY(CAST(:roles AS text[]))
                         AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on))
        """
    )
)


async def list_units(tx: Tx) -> list[Unit]:
    """The whole tree, parents before children."""
    return [_unit(row) for row in await tx.fetch(_ALL_UNITS)]


async def find_unit(tx: Tx, unit_id: UUID) -> Unit | None:
    """One unit, or None."""
    row = await tx.fetchrow(_GET_UNIT, unit_id=unit_id)
    return None if row is None else _unit(row)


async def save_units(tx: Tx, changed: Sequence[Unit]) -> None:
    """New or changed units, parents first."""
    await tx.executemany(
        _SAVE_UNIT,
        [
            {
                "id": unit.id,
                "parent_id": unit.parent_id,
                "kind": unit.kind.value,
                "code": unit.code,
                "path": unit.path,
                "name_zh": unit.name_zh,
                "name_en": unit.name_en,
                "branch_code": unit.branch_code,
                "active": unit.active,
                "version": unit.version,
                "service_institution": unit.service_institution,
                "merged_into_id": unit.merged_into_id,
            }
            for unit in changed
        ],
    )


async def lock_staff(tx: Tx, staff_no: str) -> tuple[UUID, int] | None:
    """Id and version of a person, locked; None for somebody new."""
    row = await tx.fetchrow(_LOCK_STAFF, staff_no=staff_no)
    return None if row is None else (row["id"], row["version"])


async def add_staff(tx: Tx, *, staff_id: UUID, staff_no: str, name: str, work_phone: str | None) -> None:
    """A new person, version 1."""
    await tx.execute(
        _ADD_STAFF,
        id=staff_id,
        staff_no=staff_no,
        subject=f"staff:{staff_no}",
        name_sealed=tx.cipher.seal("staff.name", staff_id, name),
        work_phone_sealed=_sealed_phone(tx, staff_id, work_phone),
    )


async def save_staff(tx: Tx, *, staff_id: UUID, name: str, work_phone: str | None, version: int) -> None:
    """A known person's name and phone, and the version after the change."""
    await tx.execute(
        _SAVE_STAFF,
        staff_id=staff_id,
        name_sealed=tx.cipher.seal("staff.name", staff_id, name),
        work_phone_sealed=_sealed_phone(tx, staff_id, work_phone),
        new_version=version,
    )


async def list_postings(tx: Tx, staff_id: UUID) -> list[Posting]:
    """All postings of a person, ended ones too."""
    return [Posting(**dict(row)) for row in await tx.fetch(_POSTINGS, staff_id=staff_id)]


async def add_posting(tx: Tx, posting: Posting) -> None:
    """A new posting."""
    await tx.execute(
        _ADD_POSTING,
        id=posting.id,
        staff_id=posting.staff_id,
        unit_id=posting.unit_id,
        role=posting.role,
        reach=posting.reach,
        from_on=posting.from_on,
        until_on=posting.until_on,
        full_time=posting.full_time,
    )


async def end_posting(tx: Tx, posting_id: UUID, *, until_on: date) -> None:
    """Sets the last day that counts."""
    await tx.execute(_END_POSTING, posting_id=posting_id, until_on=until_on)


async def is_posted(tx: Tx, subject: str, roles: frozenset[str], *, day: date) -> bool:
    """Whether a person holds one of these roles on that day."""
    return bool(await tx.fetchval(_IS_POSTED, subject=subject, roles=sorted(roles), day=day))


def unit_of(row: Record) -> Unit:
    """A stored unit as a value."""
    institution = row["service_institution"]
    kinds = {
        "kind": UnitKind(row["kind"]),
        "service_institution": None if institution is None else ServiceInstitution(institution),
    }
    return Unit(**{**dict(row), **kinds})


def _unit(row: Record) -> Unit:
    return unit_of(row)


def _sealed_phone(tx: Tx, staff_id: UUID, work_phone: str | None) -> bytes | None:
    return None if work_phone is None else tx.cipher.seal("staff.work_phone", staff_id, work_phone)
