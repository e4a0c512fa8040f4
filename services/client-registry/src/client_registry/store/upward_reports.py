"""What managers report upward, in PostgreSQL: the words go in sealed."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.upward_reports import ReportKind
from client_registry.tables.upward_reports import upward_reports

TEXT = "upward_reports.text"
_CLIENT = sa.bindparam("client_id", type_=sa.Uuid())
_ID = sa.bindparam("report_id", type_=sa.Uuid())
_NEW = ("id", "client_id", "kind", "text_sealed", "reported_by", "reported_at", "to_role", "to_unit_id", "item_id")
_ADD = prepare(sa.insert(upward_reports).values({name: sa.bindparam(name) for name in _NEW}))
_LOCK = prepare(
    sa.select(upward_reports).where(upward_reports.c.client_id == _CLIENT, upward_reports.c.id == _ID).with_for_update()
)
_ACKNOWLEDGE = prepare(
    sa.update(upward_reports)
    .where(upward_reports.c.id == _ID)
    .values(acknowledged_by=sa.bindparam("by"), acknowledged_at=sa.bindparam("now"))
)
_BEFORE = sa.bindparam("before", type_=sa.Uuid())
_LIST = prepare(
    sa.select(upward_reports)
    .where(upward_reports.c.client_id == _CLIENT, sa.or_(_BEFORE.is_(None), upward_reports.c.id < _BEFORE))
    .order_by(upward_reports.c.id.desc())
    .limit(sa.bindparam("size", type_=sa.Integer))
)


async def add(
    tx: Tx, report_id: UUID, *, client_id: UUID, kind: ReportKind, text: str, to_role: str, to_unit_id: UUID,
    item_id: UUID, by: str, now: datetime,
) -> None:  # fmt: skip
    """One report, with the work item that asks for its acknowledgement."""
    await tx.execute(
        _ADD,
        id=report_id,
        client_id=client_id,
        kind=kind.value,
        text_sealed=tx.cipher.seal(TEXT, report_id, text),
        reported_by=by,
        reported_at=now,
        to_role=to_role,
        to_unit_id=to_unit_id,
        item_id=item_id,
    )


async def lock(tx: Tx, client_id: UUID, report_id: UUID) -> Record | None:
    """A report on this client, locked."""
    return await tx.fetchrow(_LOCK, client_id=client_id, report_id=report_id)


async def acknowledge(tx: Tx, report_id: UUID, *, by: str, now: datetime) -> None:
    """Somebody took note."""
    await tx.execute(_ACKNOWLEDGE, report_id=report_id, by=by, now=now)


async def list_of(tx: Tx, client_id: UUID, *, before: UUID | None, size: int) -> list[Record]:
    """A client's reports, the newest first."""
    return await tx.fetch(_LIST, client_id=client_id, before=before, size=size)
