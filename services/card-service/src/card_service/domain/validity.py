"""How long a card is good for (CS-25)."""

import calendar
from datetime import date, timedelta

VALID_YEARS = 2
# The registry verifies again and the client is called before the card runs out (CS-26).
NOTICE = timedelta(days=90)


def expiry(issued_on: date) -> date:
    """The last day of validity: the same day two years on (CS-25, CCB Art. 16: 有效期为两年).

    A card of 29 February ends on 28 February: where the month has no such day, its last day counts.
    """
    year = issued_on.year + VALID_YEARS
    last_of_month = calendar.monthrange(year, issued_on.month)[1]
    return date(year, issued_on.month, min(issued_on.day, last_of_month))


def void_from(expires_on: date) -> date:
    """The first day on which the card is void (CS-25: 过期作废)."""
    return expires_on + timedelta(days=1)


def notice_on(expires_on: date) -> date:
    """The day on which the coming expiry is said."""
    return expires_on - NOTICE
