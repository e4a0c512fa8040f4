"""Segments and receipts as they are shown."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from card_service.tables import number_segments, org_units, stock_receipts

_TAKEN = (
    sa.select(sa.func.coalesce(sa.func.sum(stock_receipts.c.last_sequence - stock_receipts.c.first_sequence + 1), 0))
    .where(
        stock_receipts.c.segment_id == number_segments.c.id,
        stock_receipts.c.status == sa.any_(sa.literal_column("ARRAY['pending', 'confirmed']")),
    )
    .scalar_subquery()
)
_after = sa.bindparam("after", type_=sa.Uuid)
_SEGMENTS = prepare(
    sa.select(
        number_segments.c.id,
        number_segments.c.branch_code,
        number_segments.c.level,
        number_segments.c.first_sequence,
        number_segments.c.last_sequence,
        number_segments.c.unit_id,
        number_segments.c.allotted_at,
        (number_segments.c.last_sequence - number_segments.c.first_sequence + 1 - _TAKEN).label("not_received"),
    )
    .join(org_units, org_units.c.id == number_segments.c.unit_id)
    .where(visible(unit_path=org_units.c.path), sa.or_(_after.is_(None), number_segments.c.id > _after))
    .order_by(number_segments.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_receipt = (
    sa.select(
        *(column for column in stock_receipts.c),
        number_segments.c.branch_code,
    )
    .join(org_units, org_units.c.id == stock_receipts.c.unit_id)
    .join(number_segments, number_segments.c.id == stock_receipts.c.segment_id)
    .where(visible(unit_path=org_units.c.path))
)
_RECEIPT = prepare(_receipt.where(stock_receipts.c.id == sa.bindparam("id", type_=sa.Uuid)))
_status = sa.bindparam("status", type_=sa.Text)
_RECEIPTS = prepare(
    _receipt.where(
        sa.or_(_after.is_(None), stock_receipts.c.id > _after),
        sa.or_(_status.is_(None), stock_receipts.c.status == _status),
    )
    .order_by(stock_receipts.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_COVERS = prepare(
    sa.select(org_units.c.id)
    .where(org_units.c.id == sa.bindparam("id", type_=sa.Uuid))
    .where(visible(unit_path=org_units.c.path))
)
_SEGMENT = prepare(
    sa.select(number_segments.c.id)
    .join(org_units, org_units.c.id == number_segments.c.unit_id)
    .where(number_segments.c.id == sa.bindparam("id", type_=sa.Uuid))
    .where(visible(unit_path=org_units.c.path))
)


async def list_segments(tx: Tx, *, scope: Scope, after: UUID | None, limit: int) -> list[Record]:
    """Segments of the caller's places; `not_received` numbers have not come in yet (CS-20)."""
    return await tx.fetch(_SEGMENTS, **scope.params(), after=after, limit=limit)


async def list_receipts(tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, limit: int) -> list[Record]:
    """Receipts of the caller's places, the oldest first."""
    return await tx.fetch(_RECEIPTS, **scope.params(), status=status, after=after, limit=limit)


async def get_receipt(tx: Tx, receipt_id: UUID, *, scope: Scope) -> Record:
    """NotFound outside the caller's places and for an unknown one alike."""
    return await _one(tx, _RECEIPT, scope, id=receipt_id)


async def require_unit(tx: Tx, unit_id: UUID, *, scope: Scope) -> None:
    """NotFound for a unit that is not the caller's."""
    await _one(tx, _COVERS, scope, id=unit_id)


async def require_segment(tx: Tx, segment_id: UUID, *, scope: Scope) -> None:
    """NotFound outside the caller's places and for an unknown one alike."""
    await _one(tx, _SEGMENT, scope, id=segment_id)


async def _one(tx: Tx, query: Any, scope: Scope, **params: Any) -> Record:
    row = await tx.fetchrow(query, **scope.params(), **params)
    if row is None:
        raise NotFound()
    return row
