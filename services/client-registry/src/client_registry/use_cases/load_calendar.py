"""Publishing the working calendar without a release (domain decisions, section 10)."""

from datetime import datetime

from chassis import outbox
from chassis.calendar import WorkingCalendar
from chassis.db import Tx

from client_registry.domain.events import WorkingCalendarPublished
from client_registry.domain.reference import CalendarFacts
from client_registry.store import calendar as store


async def load_calendar(tx: Tx, facts: CalendarFacts, *, now: datetime) -> int:
    """The version under which these days now stand; the same days again keep the version and say nothing."""
    latest = await store.latest(tx, facts.calendar)
    if latest is not None and _same(latest, facts):
        return latest.version
    published = WorkingCalendar(
        version=1 if latest is None else latest.version + 1,
        off_days=facts.off_days,
        work_days=facts.work_days,
        noticed_years=facts.noticed_years,
    )
    await store.add(tx, facts.calendar, published, source=facts.source, now=now)
    await outbox.add(
        tx,
        WorkingCalendarPublished(
            at=now,
            version=published.version,
            calendar=facts.calendar,
            calendar_version=published.version,
            off_days=tuple(sorted(published.off_days)),
            work_days=tuple(sorted(published.work_days)),
            noticed_years=tuple(sorted(published.noticed_years)),
        ),
    )
    return published.version


def _same(latest: WorkingCalendar, facts: CalendarFacts) -> bool:
    return (latest.off_days, latest.work_days, latest.noticed_years) == (
        facts.off_days,
        facts.work_days,
        facts.noticed_years,
    )
