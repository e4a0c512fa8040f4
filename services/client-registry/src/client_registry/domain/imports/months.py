"""Calendar months as dates: moving by whole months, and a month's last day."""

import calendar
from datetime import date


def moved(day: date, months: int) -> date:
    """The same day so many months later (or earlier); the month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_end(month: date) -> date:
    """The last day of the month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])
