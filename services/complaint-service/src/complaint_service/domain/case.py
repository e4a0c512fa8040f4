"""A case and its legal moves: each answers with the new state and the fact, or refuses. Time is an argument."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from complaint_service.domain import refusals
from complaint_service.domain.clocks import Clock, Purpose, answer_due_at, promised_answer
from complaint_service.domain.conditions import Situation
from complaint_service.domain.events import (
    ComplaintAnswered,
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintReopened,
)
from complaint_service.domain.routing import Assignment
from complaint_service.domain.spans import Span, Unit, end_of
from complaint_service.domain.vocabulary import (
    NAMES,
    Channel,
    ClosedBecause,
    ComplaintType,
    DeliveryWay,
    Kind,
    Outcome,
    ServiceTier,
    Status,
)

# Read a row as: from this status, these are the only next ones.
NEXT: dict[Status, frozenset[Status]] = {
    Status.OPENED: frozenset({Status.HANDLING, Status.CLOSED}),
    Status.HANDLING: frozenset({Status.OPENED, Status.ANSWERED, Status.CLOSED}),
    Status.ANSWERED: frozenset({Status.OPENED, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.OPENED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One pass through handling: its own handler, clocks and opinion. `duty_holder` answers to the client until the
    hand-over is accepted (CM-4, BOC-S Art. 35(1))."""

    number: int
    opened_at: datetime
    role: str
    unit_id: UUID | None
    handler: str | None
    duty_holder: str | None
    acknowledged_at: datetime | None = None
    outcome: Outcome | None = None
    delivery_way: DeliveryWay | None = None
    answered_at: datetime | None = None
    opinion_delivered_at: datetime | None = None
    quiet_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A complaint, enquiry or suggestion with its present round and that round's clocks."""

    id: UUID
    case_no: str
    kind: Kind
    complaint_type: ComplaintType | None
    channel: Channel
    client_id: UUID | None
    tier_snapshot: ServiceTier | None
    about_unit_id: UUID | None
    opened_at: datetime
    opened_by: str
    opened_at_unit_id: UUID | None
    first_receiver: str | None
    status: Status
    round: Round
    clocks: tuple[Clock, ...]
    closing_proposed_at: datetime | None = None
    closed_at: datetime | None = None
    closed_because: ClosedBecause | None = None
    version: int = 1

    @property
    def awaits_answer(self) -> bool:
        """True while a handler still owes the client an opinion."""
        return self.status in (Status.OPENED, Status.HANDLING)

    @property
    def answer_due_at(self) -> datetime | None:
        """The strictest running answer clock."""
        return answer_due_at(self.clocks)

    @property
    def situation(self) -> Situation:
        """What routing and clocks look at, by the tier as it was at intake."""
        return Situation(
            kind=self.kind,
            complaint_type=self.complaint_type,
            channel=self.channel,
            tier=self.tier_snapshot,
            round=self.round.number,
        )

    def assign(self, to: Assignment, *, cause: str, at: datetime) -> tuple[Self, ComplaintAssigned | None]:
        """Give the case to a person, or to a role that nobody holds yet (then nothing is said)."""
        if not self.awaits_answer:
            raise self._illegal()
        # The new handler has to take it over; a first receiver who still held the duty keeps it until then (CM-4).
        fresh = replace(self.round, role=to.role, unit_id=to.unit_id, handler=to.handler, acknowledged_at=None)
        assigned = self._next(status=Status.OPENED, round=fresh)
        if to.handler is None or to.unit_id is None:
            return assigned, None
        fact = ComplaintAssigned(
            at=at,
            version=assigned.version,
            case_id=self.id,
            client_id=self.client_id,
            handler=to.handler,
            role=to.role,
            unit_id=to.unit_id,
            cause=cause,
            assigned_at=at,
        )
        return assigned, fact

    def acknowledge(self, by: str, *, at: datetime) -> Self:
        """The handler takes the case over, and with it the duty of whoever received it first (CM-4)."""
        self._only_handler(by)
        self._check(Status.HANDLING)
        return self._next(status=Status.HANDLING, round=replace(self.round, acknowledged_at=at, duty_holder=by))

    def report_progress(self, by: str, next_clock: Clock | None, *, at: datetime) -> Self:
        """The client was told how things stand; the progress clock starts anew (CM-21, CM-35)."""
        self._only_handler(by)
        if self.status is not Status.HANDLING:
            raise self._illegal()
        met = self._clocks(lambda c: c.meet(at), Purpose.PROGRESS)
        return self._next(clocks=met + ((next_clock,) if next_clock else ()))

    def answer(
        self,
        by: str,
        outcome: Outcome,
        *,
        delivered_at: datetime,
        delivery_way: DeliveryWay,
        quiet_days: int,
        at: datetime,
    ) -> tuple[Self, ComplaintAnswered]:
        """The client has the handling opinion. Its delivery, not its writing, starts the quiet window (CM-26, A10)."""
        self._only_handler(by)
        if self.status is Status.OPENED:
            raise refusals.NotAcknowledged()
        self._check(Status.ANSWERED)
        if not self.round.opened_at <= delivered_at <= at:
            raise refusals.DeliveryOutOfTime()
        quiet_until = end_of(Span(Unit.DAYS, quiet_days), delivered_at, None).at
        assert quiet_until is not None  # a span of natural days always ends
        round_ = replace(
            self.round,
            outcome=outcome,
            delivery_way=delivery_way,
            answered_at=at,
            opinion_delivered_at=delivered_at,
            quiet_until=quiet_until,
        )
        clocks = tuple(
            clock.meet(delivered_at) if clock.is_running and clock.purpose is Purpose.ANSWER else _stopped(clock, at)
            for clock in self.clocks
        )
        answered = self._next(status=Status.ANSWERED, round=round_, clocks=clocks)
        fact = ComplaintAnswered(
            at=at,
            version=answered.version,
            case_id=self.id,
            client_id=self.client_id,
            kind=self.kind,
            round=self.round.number,
            outcome=outcome,
            opinion_delivered_at=delivered_at,
            quiet_until=quiet_until,
            answered_at=at,
        )
        return answered, fact

    def propose_closing(self, *, at: datetime) -> Self:
        """The window passed in silence: an officer is asked to confirm closing (CM-26, A11). Asked once."""
        if self.status is not Status.ANSWERED or self.closing_proposed_at is not None or not self._quiet_is_over(at):
            return self
        return self._next(closing_proposed_at=at)

    def close(self, because: ClosedBecause, *, by_officer: bool, by: str, at: datetime) -> tuple[Self, ComplaintClosed]:
        """Close for silence after the window, for the client's acceptance of an answer, or as withdrawn.

        A complaint is closed by an officer (A11); an enquiry or suggestion that was answered also by its handler.
        """
        if not by_officer and (self.kind is Kind.COMPLAINT or because is ClosedBecause.WITHDRAWN):
            raise refusals.OfficerMustClose()
        if not by_officer:
            self._only_handler(by)
        self._check(Status.CLOSED)
        if because is not ClosedBecause.WITHDRAWN and self.status is not Status.ANSWERED:
            raise self._illegal()
        if because is ClosedBecause.QUIET and not self._quiet_is_over(at):
            raise refusals.WindowStillOpen(until=_said(self.round.quiet_until))
        closed = self._next(
            status=Status.CLOSED,
            closed_at=at,
            closed_because=because,
            clocks=tuple(_stopped(clock, at) for clock in self.clocks),
        )
        fact = ComplaintClosed(
            at=at,
            version=closed.version,
            case_id=self.id,
            client_id=self.client_id,
            kind=self.kind,
            because=because,
            rounds=self.round.number,
            closed_at=at,
        )
        return closed, fact

    def reopen(
        self, to: Assignment, clocks: tuple[Clock, ...], *, earlier_handlers: frozenset[str], at: datetime
    ) -> tuple[Self, ComplaintReopened]:
        """Complained again inside the window: a new round with a handler who had no round of it (CM-27, CM-28)."""
        self.check_reopening(at=at)
        if to.handler is not None and to.handler in earlier_handlers:
            raise refusals.SameHandler()
        fresh = Round(
            number=self.round.number + 1,
            opened_at=at,
            role=to.role,
            unit_id=to.unit_id,
            handler=to.handler,
            duty_holder=to.handler,
        )
        reopened = self._next(
            status=Status.OPENED,
            round=fresh,
            clocks=clocks,
            closing_proposed_at=None,
            closed_at=None,
            closed_because=None,
        )
        fact = ComplaintReopened(
            at=at,
            version=reopened.version,
            case_id=self.id,
            client_id=self.client_id,
            kind=self.kind,
            round=fresh.number,
            answer_due_at=promised_answer(clocks),
            reopened_at=at,
        )
        return reopened, fact

    def check_reopening(self, *, at: datetime) -> None:
        """Refuses a re-complaint where no opinion was delivered or its window is over."""
        if self.kind is not Kind.COMPLAINT or self.awaits_answer or self.round.quiet_until is None:
            raise self._illegal()
        if self._quiet_is_over(at):
            raise refusals.WindowOver(until=_said(self.round.quiet_until))

    def breach(self, clock_id: UUID, superior: Assignment, *, at: datetime) -> tuple[Self, ComplaintEscalated]:
        """Mark a clock whose end has come as breached and report it to the superior role. ValueError where it is not
        overdue or was marked before: a breach is said once."""
        clock = next(c for c in self.clocks if c.id == clock_id)
        if clock.breached_at is not None or not clock.is_overdue(at):
            raise ValueError(f"clock {clock.code} of case {self.case_no} is not newly overdue")
        marked = self._next(clocks=tuple(c.breach(at) if c.id == clock_id else c for c in self.clocks))
        return marked, marked.escalation(superior, cause="clock-breached", clock=clock, at=at)

    def escalation(self, to: Assignment, *, cause: str, clock: Clock | None, at: datetime) -> ComplaintEscalated:
        """The fact that the case was reported to a superior."""
        return ComplaintEscalated(
            at=at,
            version=self.version,
            case_id=self.id,
            client_id=self.client_id,
            cause=cause,
            clock=clock.code if clock else None,
            due_at=clock.due_at if clock else None,
            from_role=self.round.role,
            to_role=to.role,
            to_unit_id=to.unit_id,
            to_subject=to.handler,
            escalated_at=at,
        )

    def _quiet_is_over(self, at: datetime) -> bool:
        return self.round.quiet_until is not None and at >= self.round.quiet_until

    def _clocks(self, move: Callable[[Clock], Clock], purpose: Purpose) -> tuple[Clock, ...]:
        return tuple(move(c) if c.purpose is purpose and c.is_running else c for c in self.clocks)

    def _only_handler(self, by: str) -> None:
        if by != self.round.handler:
            raise refusals.NotTheHandler()

    def _check(self, wanted: Status) -> None:
        if wanted not in NEXT[self.status]:
            raise self._illegal()

    def _illegal(self) -> refusals.IllegalMove:
        return refusals.IllegalMove(status=NAMES[self.status])

    def _next(self, **changes: object) -> Self:
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]


def _stopped(clock: Clock, at: datetime) -> Clock:
    return clock.stop(at) if clock.is_running else clock


def _said(moment: datetime | None) -> str:
    return moment.isoformat(timespec="minutes") if moment else "—"
