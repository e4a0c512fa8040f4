"""When a level is looked at again: policy values as data (CR-17, CCB Art. 16; A5), and the days they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from client_registry.domain.figures import month_of, months_back

NO_CARD = "no_card"
CARD_EXPIRY = "card_expiry"
GRACE = "grace"
OVERRIDE_END = "override_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPolicy:
    """One version. `review_after_months` counts from enrolment where no card was issued; `foresee_days` is the lead
    of a shortfall notice; a member keeps his level at least `tenure_months_min` months and `grace_days` after the
    card's end; an undecided client is looked at again after `retry_days`."""

    version: int
    review_after_months: int
    foresee_days: int
    tenure_months_min: int
    grace_days: int
    retry_days: int
    exception_months_max: int
    # CR-22, CR-24: the longest run of an entry of the corporate list, and how long its tier outlives it.
    corporate_vip_months_max: int = 24
    corporate_vip_grace_days: int = 0

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(version=row["version"], **row["values"])

    def review_on(self, *, enrolled_on: date, card_expires_on: date | None) -> tuple[date, str]:
        """The day on which the level falls unless the standard is met then, and why that day."""
        if card_expires_on is None:
            cause, day = NO_CARD, months_later(enrolled_on, self.review_after_months)
        else:
            cause, day = CARD_EXPIRY, card_expires_on + timedelta(days=1)
        day += timedelta(days=self.grace_days)
        return max(day, months_later(enrolled_on, self.tenure_months_min)), cause

    def foresee_on(self, falls_on: date) -> date:
        """When the client is told what is missing."""
        return falls_on - timedelta(days=self.foresee_days)

    def retry_on(self, today: date) -> date:
        """When an undecided client is looked at again, should no figures come before."""
        return today + timedelta(days=self.retry_days)

    def exception_until(self, today: date) -> date:
        """The last day an exceptional admission may name (CR-11)."""
        return months_later(today, self.exception_months_max)


def months_later(day: date, months: int) -> date:
    """The same day so many months on, the month's last day where it has no such day."""
    first = months_back(month_of(day), -months)
    last = months_back(first, -1) - timedelta(days=1)
    return min(first.replace(day=min(day.day, last.day)), last)
