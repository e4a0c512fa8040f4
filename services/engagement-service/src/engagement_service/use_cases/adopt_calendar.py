"""Keep a newly published working calendar and have every plan made again with it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from chassis import due_work
from chassis.db import Tx

from engagement_service.store import copies

REPLAN = "engagement.replan"
EVERYBODY = UUID(int=0)


async def adopt_calendar(
    tx: Tx,
    *,
    version: int,
    off_days: Sequence[date],
    work_days: Sequence[date],
    noticed_years: Sequence[int],
    now: datetime,
) -> None:
    """Store the version; the plans follow in ranges as due work, so that a book of any size fits."""
    new = await copies.save_calendar(
        tx, version=version, off_days=off_days, work_days=work_days, noticed_years=noticed_years
    )
    if new:
        await due_work.schedule(tx, kind=REPLAN, subject_id=EVERYBODY, due_at=now, detail={"after": str(EVERYBODY)})
