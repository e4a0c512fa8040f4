"""Monthly evaluations in PostgreSQL: which month was begun, and how much of its figures is there."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.monthly_evaluations import Because, MonthlyKind
from client_registry.domain.policies import HEAD_OFFICE_PATH
from client_registry.tables.monthly_evaluations import monthly_evaluations
from client_registry.tables.organisation import units

_OF_MONTH = prepare(
    sa.select(monthly_evaluations).where(
        monthly_evaluations.c.month == sa.bindparam("month"),
        monthly_evaluations.c.unit_path == sa.bindparam("unit_path"),
    )
)
_LAST_BEFORE = prepare(
    sa.select(sa.func.max(monthly_evaluations.c.month)).where(
        monthly_evaluations.c.month < sa.bindparam("month"),
        monthly_evaluations.c.unit_path == sa.bindparam("unit_path"),
    )
)
# Whoever writes the row begins it; a month is begun once however many ask.
_CLAIM = prepare(
    sa.text(
        """
        INSERT INTO monthly_evaluations (month, kind, unit_path, begun_at, because, figures_percent, months_missed)
        VALUES (:month, :kind, :unit_path, :now, :because, :figures_percent, :months_missed)
        ON CONFLICT (month, kind, unit_path) DO NOTHING
        """
    )
)
_SET_OPERATION = prepare(
    sa.text(
        "UPDATE monthly_evaluations SET operation_id = :operation_id "
        "WHERE month = :month AND kind = :kind AND unit_path = :unit_path"
    )
)
_STOP_TOLD = prepare(
    sa.text(
        "UPDATE monthly_evaluations SET stop_told_at = :now WHERE operation_id = :operation_id AND stop_told_at IS NULL"
    )
)
_DELIVERED = prepare(
    sa.text(
        """
        SELECT CAST(count(f.client_id) * 100 / greatest(count(*), 1) AS int) AS percent
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        LEFT JOIN (SELECT DISTINCT client_id FROM monthly_figures WHERE month = :month) f ON f.client_id = c.id
        WHERE c.kind = 'personal' AND c.merged_into IS NULL AND c.died_on IS NULL AND starts_with(u.path, :unit_path)
          AND (c.client_since_on IS NULL OR c.client_since_on < CAST(:month AS date) + interval '1 month')
        """
    )
)
_HEAD_OFFICE = prepare(sa.select(units.c.id).where(units.c.path == sa.bindparam("path")))


async def of_month(tx: Tx, month: date, *, unit_path: str) -> dict[MonthlyKind, Record]:
    """What was begun of a month."""
    return {MonthlyKind(row["kind"]): row for row in await tx.fetch(_OF_MONTH, month=month, unit_path=unit_path)}


async def last_before(tx: Tx, month: date, *, unit_path: str) -> date | None:
    """The newest month before it that was begun."""
    found: date | None = await tx.fetchval(_LAST_BEFORE, month=month, unit_path=unit_path)
    return found


async def claim(
    tx: Tx,
    month: date,
    kind: MonthlyKind,
    *,
    unit_path: str,
    because: Because,
    figures_percent: int,
    months_missed: int,
    now: datetime,
) -> bool:
    """True for the one who begins it."""
    written = await tx.execute(
        _CLAIM, month=month, kind=kind.value, unit_path=unit_path, because=because.value,
        figures_percent=figures_percent, months_missed=months_missed, now=now,
    )  # fmt: skip
    return written == 1


async def set_operation(tx: Tx, month: date, kind: MonthlyKind, operation_id: UUID, *, unit_path: str) -> None:
    """The work that does it."""
    await tx.execute(_SET_OPERATION, month=month, kind=kind.value, unit_path=unit_path, operation_id=operation_id)


async def tell_stop_once(tx: Tx, operation_id: UUID, *, now: datetime) -> bool:
    """True the first time."""
    return await tx.execute(_STOP_TOLD, operation_id=operation_id, now=now) == 1


async def delivered_percent(tx: Tx, month: date, *, unit_path: str) -> int:
    """Of a hundred personal clients who were there, how many have figures of the month; rounded down."""
    return int(await tx.fetchval(_DELIVERED, month=month, unit_path=unit_path))


async def head_office_id(tx: Tx) -> UUID | None:
    """The unit at the root; None before there is an organisation."""
    found: UUID | None = await tx.fetchval(_HEAD_OFFICE, path=HEAD_OFFICE_PATH)
    return found
