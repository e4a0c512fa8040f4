"""Allot a number segment to a unit (CS-16, CS-20)."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal

from card_service.domain.levels import CardLevel
from card_service.domain.numbers import WHOLE, Run, next_run
from card_service.domain.segments import Segment, SegmentTaken, letters_of
from card_service.store import organisation, segments


async def allot_segment(
    tx: Tx,
    segment_id: UUID,
    *,
    unit_id: UUID,
    level: CardLevel,
    run: Run | None,
    count: int | None,
    by: Principal,
    now: datetime,
) -> Segment:
    """The named run, or the branch's lowest free run of `count` numbers.

    Raises `SegmentTaken` for numbers allotted before, `NumbersExhausted` where no free run is long enough and
    `BranchWithoutLetters` for a unit under no first-level branch. The branch is locked: allotments take turns.
    """
    unit = await organisation.get_unit(tx, unit_id)
    letters = letters_of(unit, await organisation.lock_branch_of(tx, unit.path))
    taken = await segments.allotted_runs(tx, letters, level)
    if run is None:
        run = next_run(WHOLE, taken, count=count or len(WHOLE))
    elif any(run.overlaps(other) for other in taken):
        raise SegmentTaken(first=run.first, last=run.last)
    segment = Segment(id=segment_id, branch_code=letters, level=level, run=run, unit_id=unit_id)
    await segments.add_segment(tx, segment, by=by.subject, at=now)
    await audit.record(
        tx,
        act="segment.allotted",
        by=by,
        object_type="number-segment",
        object_id=segment.id,
        detail={"branch_code": letters, "level": level.value, "first": run.first, "last": run.last, "unit_id": unit_id},
        at=now,
    )
    return segment
