"""Published versions of the working calendar in PostgreSQL."""

from datetime import datetime

import sqlalchemy as sa
from chassis.calendar import WorkingCalendar
from chassis.db import Tx
from chassis.query import prepare

from client_registry.tables.calendar import working_calendars

_LATEST = prepare(
    sa.select(working_calendars)
    .where(working_calendars.c.calendar == sa.bindparam("calendar"))
    .order_by(working_calendars.c.version.desc())
    .limit(1)
)
_ADD = prepare(
    sa.insert(working_calendars).values({column.name: sa.bindparam(column.name) for column in working_calendars.c})
)


async def latest(tx: Tx, calendar: str) -> WorkingCalendar | None:
    """The newest version, or None before the first."""
    row = await tx.fetchrow(_LATEST, calendar=calendar)
    if row is None:
        return None
    return WorkingCalendar(
        version=row["version"],
        off_days=frozenset(row["off_days"]),
        work_days=frozenset(row["work_days"]),
        noticed_years=frozenset(row["noticed_years"]),
    )


async def add(tx: Tx, calendar: str, published: WorkingCalendar, *, source: str, now: datetime) -> None:
    """A new version; two of the same number cannot stand side by side."""
    await tx.execute(
        _ADD,
        calendar=calendar,
        version=published.version,
        off_days=sorted(published.off_days),
        work_days=sorted(published.work_days),
        noticed_years=sorted(published.noticed_years),
        source=source,
        published_at=now,
    )
