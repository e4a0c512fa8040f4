"""One person of the staff, and who stands in for whom."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.tables.organisation import delegations, postings, staff, units

# Somebody is seen where he is, was or will be posted within the caller's places.
_GET = prepare(
    sa.select(staff).where(
        staff.c.id == sa.bindparam("staff_id"),
        sa.exists(
            sa.select(1)
            .select_from(postings.join(units, units.c.id == postings.c.unit_id))
            .where(postings.c.staff_id == staff.c.id, visible(unit_path=units.c.path, owner=staff.c.subject))
        ),
    )
)
_POSTINGS = prepare(
    sa.select(postings, units.c.code.label("unit_code"))
    .join(units, units.c.id == postings.c.unit_id)
    .where(postings.c.staff_id == sa.bindparam("staff_id"))
    .order_by(postings.c.from_on.desc(), postings.c.id)
)
_absent, _stand_in = staff.alias("absent_person"), staff.alias("stand_in_person")
_after = sa.bindparam("after", type_=sa.Uuid())
_running = sa.bindparam("running_at", type_=sa.DateTime(timezone=True))
_DELEGATIONS = prepare(
    sa.select(
        delegations, _absent.c.subject.label("from_subject"), _stand_in.c.subject.label("to_subject"),
        units.c.code.label("unit_code"),
    )
    .select_from(
        delegations.join(_absent, _absent.c.id == delegations.c.from_staff_id)
        .join(_stand_in, _stand_in.c.id == delegations.c.to_staff_id)
        .join(units, units.c.id == delegations.c.unit_id)
    )
    .where(
        sa.or_(
            visible(unit_path=units.c.path, owner=_absent.c.subject),
            _stand_in.c.subject == sa.bindparam("scope_own", type_=sa.Text()),
        ),
        sa.or_(_running.is_(None), delegations.c.until_at > _running),
        sa.or_(_after.is_(None), delegations.c.id > _after),
    )
    .order_by(delegations.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer()))
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInFull:
    """Somebody with every posting, past and to come."""

    id: UUID
    staff_no: str
    subject: str
    name: str
    work_phone: str | None
    active: bool
    version: int
    postings: list[Record]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingThen:
    """A posting as it is shown with its person."""

    posting_id: UUID
    unit_id: UUID
    unit_code: str
    role: str
    reach: str
    full_time: bool
    from_on: date
    until_on: date | None


async def get_person(tx: Tx, staff_id: UUID, *, scope: Scope) -> PersonInFull:
    """Raises NotFound for somebody who never was at a place of the caller's."""
    row = await tx.fetchrow(_GET, staff_id=staff_id, **scope.params())
    if row is None:
        raise NotFound()
    phone = row["work_phone_sealed"]
    return PersonInFull(
        id=row["id"], staff_no=row["staff_no"], subject=row["subject"], active=row["active"], version=row["version"],
        name=tx.cipher.open("staff.name", staff_id, row["name_sealed"]),
        work_phone=None if phone is None else tx.cipher.open("staff.work_phone", staff_id, phone),
        postings=await tx.fetch(_POSTINGS, staff_id=staff_id),
    )  # fmt: skip


def posting_of(row: Record) -> PostingThen:
    """A stored posting as it is shown."""
    names = ("unit_id", "unit_code", "role", "reach", "full_time", "from_on", "until_on")
    return PostingThen(posting_id=row["id"], **{name: row[name] for name in names})


async def list_delegations(
    tx: Tx, *, scope: Scope, running_at: datetime | None, after: UUID | None, size: int
) -> list[Record]:
    """Delegations at the caller's places, from him or to him; only those not over at `running_at` where given."""
    return await tx.fetch(_DELEGATIONS, running_at=running_at, after=after, size=size, **scope.params())
