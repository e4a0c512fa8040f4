"""Number segments in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound

from card_service.domain.levels import CardLevel
from card_service.domain.numbers import Run
from card_service.domain.segments import Segment

_ADD = prepare(
    sa.text(
        """
        INSERT INTO number_segments (id, branch_code, level, first_sequence, last_sequence, unit_id, allotted_by,
                                     allotted_at)
        VALUES (:id, :branch_code, :level, :first, :last, :unit_id, :by, :at)
        """
    )
)
_RUNS = prepare(
    sa.text(
        "SELECT first_sequence, last_sequence FROM number_segments WHERE branch_code = :branch_code AND level = :level"
    )
)
_LOCK = prepare(
    sa.text(
        "SELECT id, branch_code, level, first_sequence, last_sequence, unit_id FROM number_segments WHERE id = :id"
        " FOR NO KEY UPDATE"
    )
)


async def add_segment(tx: Tx, segment: Segment, *, by: str, at: datetime) -> None:
    """The database refuses a run that meets another of the branch and level."""
    await tx.execute(
        _ADD,
        id=segment.id,
        branch_code=segment.branch_code,
        level=segment.level.value,
        first=segment.run.first,
        last=segment.run.last,
        unit_id=segment.unit_id,
        by=by,
        at=at,
    )


async def allotted_runs(tx: Tx, branch_code: str, level: CardLevel) -> list[Run]:
    """Every run already allotted in this branch and level."""
    rows = await tx.fetch(_RUNS, branch_code=branch_code, level=level.value)
    return [Run(first=row["first_sequence"], last=row["last_sequence"]) for row in rows]


async def lock_segment(tx: Tx, segment_id: UUID) -> Segment:
    """Locked, so that receipts into one segment take turns. NotFound for an unknown one."""
    row = await tx.fetchrow(_LOCK, id=segment_id)
    if row is None:
        raise NotFound()
    return Segment(
        id=row["id"],
        branch_code=row["branch_code"],
        level=CardLevel(row["level"]),
        run=Run(first=row["first_sequence"], last=row["last_sequence"]),
        unit_id=row["unit_id"],
    )
