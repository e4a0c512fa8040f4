"""Named clocks side by side: each rule's deadline is a pure function of facts, policy version and calendar version."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.calendar import WorkingCalendar
from chassis.texts import Text

from complaint_service.domain.conditions import Condition, Situation
from complaint_service.domain.spans import End, Span, end_of


class Purpose(StrEnum):
    """What stops a clock: the delivered opinion, or word to the client about the progress."""

    ANSWER = "answer"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """One row of the clock table: for whom it runs, how long, and which text of which document says so.

    Several spans mean the earliest of them; each stays visible (A8).
    """

    code: str
    purpose: Purpose
    condition: Condition
    spans: tuple[Span, ...]
    requirement: str
    article: str
    text: Text

    def ends(self, start: datetime, calendar: WorkingCalendar | None) -> tuple[End, ...]:
        """The end of each span, in the rule's order."""
        return tuple(end_of(span, start, calendar) for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One running, met, stopped or breached clock of one round of a case."""

    id: UUID
    code: str
    purpose: Purpose
    round: int
    sequence: int
    policy_version: int
    started_at: datetime
    ends: tuple[End, ...]
    met_at: datetime | None = None
    stopped_at: datetime | None = None
    breached_at: datetime | None = None

    @property
    def due_at(self) -> datetime | None:
        """The earliest known end; None while every span waits for a calendar."""
        return min((end.at for end in self.ends if end.at is not None), default=None)

    @property
    def waits_for_calendar(self) -> bool:
        """True while an end is unknown because no calendar was heard of yet."""
        return any(end.at is None for end in self.ends)

    @property
    def provisional(self) -> bool:
        """True while an end was counted in a year without official notice, or could not be counted yet."""
        return self.waits_for_calendar or any(end.provisional for end in self.ends)

    @property
    def calendar_version(self) -> int | None:
        """The calendar that the working days were counted by."""
        return max((end.calendar_version for end in self.ends if end.calendar_version is not None), default=None)

    @property
    def is_running(self) -> bool:
        """True until it was met or stopped; a breached clock still runs, for the duty does not end with the breach."""
        return self.met_at is None and self.stopped_at is None

    @property
    def met_in_time(self) -> bool | None:
        """Whether it was met before its end; None where it was not met or has no known end."""
        return None if self.met_at is None or self.due_at is None else self.met_at < self.due_at

    def is_overdue(self, now: datetime) -> bool:
        """True when the end has come and nothing met it."""
        return self.is_running and self.due_at is not None and now >= self.due_at

    def meet(self, at: datetime) -> Self:
        """Met by the act of that moment."""
        return replace(self, met_at=at)

    def stop(self, at: datetime) -> Self:
        """Ended without being met: the case no longer owes it."""
        return replace(self, stopped_at=at)

    def breach(self, at: datetime) -> Self:
        """Marked as breached; the mark is set once and stays."""
        return self if self.breached_at else replace(self, breached_at=at)

    def recount(self, calendar: WorkingCalendar) -> Self:
        """The same clock under another calendar. What is over or already breached is history and stays as it was."""
        if not self.is_running or self.breached_at is not None or not any(e.span.needs_calendar for e in self.ends):
            return self
        return replace(self, ends=tuple(end_of(end.span, self.started_at, calendar) for end in self.ends))


def start_clocks(
    rules: tuple[ClockRule, ...],
    situation: Situation,
    *,
    at: datetime,
    policy_version: int,
    calendar: WorkingCalendar | None,
    ids: tuple[UUID, ...],
) -> tuple[Clock, ...]:
    """Every clock that the policy starts for this situation; `ids` has one id for each rule of the table."""
    return tuple(
        Clock(
            id=clock_id,
            code=rule.code,
            purpose=rule.purpose,
            round=situation.round,
            sequence=1,
            policy_version=policy_version,
            started_at=at,
            ends=rule.ends(at, calendar),
        )
        for rule, clock_id in zip(rules, ids, strict=True)
        if rule.condition.holds(situation)
    )


def answer_due_at(clocks: tuple[Clock, ...]) -> datetime | None:
    """The strictest running answer clock: it is what drives alerts (A13). None while none is known."""
    running = (clock.due_at for clock in clocks if clock.purpose is Purpose.ANSWER and clock.is_running)
    return min((due for due in running if due is not None), default=None)


class NoAnswerClock(ValueError):
    """No answer clock with a known end runs for a case: the published policy has a hole."""


def promised_answer(clocks: tuple[Clock, ...]) -> datetime:
    """The same as `answer_due_at` for a case that was just opened: there is always one. Raises NoAnswerClock."""
    due = answer_due_at(clocks)
    if due is None:
        raise NoAnswerClock("the published policy promises this case no answer")
    return due


def restart(clock: Clock, rule: ClockRule, *, clock_id: UUID, at: datetime, calendar: WorkingCalendar | None) -> Clock:
    """The next run of a recurring clock, under the policy version it began with."""
    return Clock(
        id=clock_id,
        code=clock.code,
        purpose=clock.purpose,
        round=clock.round,
        sequence=clock.sequence + 1,
        policy_version=clock.policy_version,
        started_at=at,
        ends=rule.ends(at, calendar),
    )
