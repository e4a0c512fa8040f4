"""People and their postings as somebody changes them; names and work phones are sealed."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.organisation import Posting
from client_registry.tables.organisation import postings, staff

_LOCK = prepare(sa.select(staff).where(staff.c.id == sa.bindparam("staff_id")).with_for_update())
_BY_NUMBER = prepare(sa.select(staff.c.id).where(staff.c.staff_no == sa.bindparam("staff_no")))
_SET_VERSION = prepare(
    sa.update(staff).where(staff.c.id == sa.bindparam("staff_id")).values(version=sa.bindparam("new_version"))
)
_POSTING = prepare(
    sa.select(postings, staff.c.subject)
    .join(staff, staff.c.id == postings.c.staff_id)
    .where(postings.c.id == sa.bindparam("posting_id"))
)
_DROP_POSTING = prepare(sa.delete(postings).where(postings.c.id == sa.bindparam("posting_id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the staff, without what names them."""

    id: UUID
    staff_no: str
    subject: str
    active: bool
    version: int


async def lock_person(tx: Tx, staff_id: UUID) -> Person | None:
    """The person, locked; None for nobody."""
    row = await tx.fetchrow(_LOCK, staff_id=staff_id)
    return None if row is None else _person(row)


async def number_is_taken(tx: Tx, staff_no: str) -> bool:
    """Whether somebody bears the number."""
    return await tx.fetchval(_BY_NUMBER, staff_no=staff_no) is not None


async def set_version(tx: Tx, staff_id: UUID, version: int) -> None:
    """The version that the newest fact about the person carries."""
    await tx.execute(_SET_VERSION, staff_id=staff_id, new_version=version)


async def find_posting(tx: Tx, posting_id: UUID) -> Posting | None:
    """One posting, or None."""
    row = await tx.fetchrow(_POSTING, posting_id=posting_id)
    return None if row is None else Posting(**dict(row))


async def drop_posting(tx: Tx, posting_id: UUID) -> None:
    """A posting that never began leaves nothing."""
    await tx.execute(_DROP_POSTING, posting_id=posting_id)


def _person(row: Record) -> Person:
    return Person(**{name: row[name] for name in ("id", "staff_no", "subject", "active", "version")})
