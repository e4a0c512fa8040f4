"""Schemes of grades in PostgreSQL: versions are added, never changed."""

from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import Query, prepare

from client_registry.domain.schemes import Scheme, SchemeGrade
from client_registry.tables.schemes import grade_schemes

_ALL = prepare(sa.select(grade_schemes).order_by(grade_schemes.c.code, grade_schemes.c.version))
_LOCK = prepare(
    sa.select(grade_schemes).where(grade_schemes.c.id == sa.bindparam("id", type_=sa.Uuid())).with_for_update()
)
_ADD = prepare(sa.insert(grade_schemes).values({column.name: sa.bindparam(column.name) for column in grade_schemes.c}))
_DECIDE = prepare(
    sa.update(grade_schemes)
    .where(grade_schemes.c.id == sa.bindparam("of_id"))
    .values(status=sa.bindparam("new_status"), decided_by=sa.bindparam("new_decided_by"))
)
# One author at a time: the next version number is asked over all of them.
_LOCK_ALL = Query("SELECT pg_advisory_xact_lock(hashtext('grade-schemes'))", ())


async def list_all(tx: Tx) -> list[Scheme]:
    """Every version of every scheme."""
    return [scheme_of(row) for row in await tx.fetch(_ALL)]


async def lock_all(tx: Tx) -> list[Scheme]:
    """The same; nobody else adds one until the transaction ends."""
    await tx.execute(_LOCK_ALL)
    return await list_all(tx)


async def lock(tx: Tx, scheme_id: UUID) -> Scheme | None:
    """One version, locked."""
    row = await tx.fetchrow(_LOCK, id=scheme_id)
    return None if row is None else scheme_of(row)


async def add(tx: Tx, scheme: Scheme) -> None:
    """A version that waits for its decision."""
    await tx.execute(_ADD, **asdict(scheme))


async def save_decision(tx: Tx, scheme: Scheme) -> None:
    """A version after the second person's word."""
    await tx.execute(_DECIDE, of_id=scheme.id, new_status=scheme.status, new_decided_by=scheme.decided_by)


def scheme_of(row: Record) -> Scheme:
    """A stored version as a value."""
    given = dict(row)
    return Scheme(**(given | {"grades": tuple(SchemeGrade(**grade) for grade in given["grades"])}))
