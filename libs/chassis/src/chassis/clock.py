"""The time: instants are UTC, business days are Shanghai's."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The instant now, aware, in UTC. Only edges ask it; rules are handed `now`."""
    return datetime.now(UTC)


def business_day(now: datetime) -> date:
    """The bank's calendar day at that instant. A naive datetime is refused with ValueError."""
    if now.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return now.astimezone(SHANGHAI).date()
