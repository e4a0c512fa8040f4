"""The life of a case: what is legal, what is refused, what is said."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from complaint_service.domain import refusals
from complaint_service.domain.case import NEXT, Case, Round
from complaint_service.domain.clocks import NoAnswerClock, Purpose, start_clocks
from complaint_service.domain.opening import case_number, open_case
from complaint_service.domain.policy import HandlingPolicy
from complaint_service.domain.routing import Assignment
from complaint_service.domain.spans import midnight_after
from complaint_service.domain.vocabulary import (
    Channel,
    ClosedBecause,
    ComplaintType,
    DeliveryWay,
    Kind,
    Outcome,
    ServiceTier,
    Status,
)

HEAD, OFFICER, OTHER = "staff:head", "staff:officer", "staff:other"
UNIT = UUID(int=7)
TO_HEAD = Assignment(role="outlet_head", unit_id=UNIT, handler=HEAD)
TO_OTHER = Assignment(role="outlet_deputy", unit_id=UNIT, handler=OTHER)


@pytest.fixture
def opened(policy: HandlingPolicy, now: datetime) -> Case:
    """A wealth client's process complaint, opened by a teller, assigned to the outlet head."""
    return a_case(policy, now)


def a_case(policy: HandlingPolicy, now: datetime, *, kind: Kind = Kind.COMPLAINT) -> Case:
    bare = Case(
        id=UUID(int=1), case_no=case_number("20261120", 123), kind=kind,
        complaint_type=ComplaintType.PROCESS if kind is Kind.COMPLAINT else None, channel=Channel.OUTLET_LOBBY,
        client_id=UUID(int=2), tier_snapshot=ServiceTier.WEALTH, about_unit_id=None, opened_at=now,
        opened_by="staff:teller", opened_at_unit_id=UNIT, first_receiver="staff:teller", status=Status.OPENED,
        round=Round(
            number=1, opened_at=now, role="outlet_head", unit_id=UNIT, handler=None, duty_holder="staff:teller"
        ),
        clocks=(),
    )  # fmt: skip
    ids = tuple(UUID(int=100 + n) for n in range(len(policy.clocks)))
    clocks = start_clocks(policy.clocks, bare.situation, at=now, policy_version=1, calendar=None, ids=ids)
    case, _ = replace(bare, clocks=clocks).assign(TO_HEAD, cause="opened", at=now)
    return case


def answered(case: Case, at: datetime, *, delivered_at: datetime | None = None) -> Case:
    case, _ = case.acknowledge(HEAD, at=at).answer(
        HEAD, Outcome.JUSTIFIED, delivered_at=delivered_at or at, delivery_way=DeliveryWay.PHONE, quiet_days=30, at=at
    )
    return case


def test_the_case_number_carries_the_day_and_six_digits() -> None:
    assert case_number("20261121", 123) == "TS20261121-000123"


@pytest.mark.requirement("CM-9")
@pytest.mark.parametrize(("kind", "type_"), [(Kind.COMPLAINT, None), (Kind.ENQUIRY, ComplaintType.PROCESS)])
def test_a_complaint_needs_a_type_and_nothing_else_has_one(opened: Case, kind: Kind, type_) -> None:
    with pytest.raises(refusals.TypeDoesNotFit):
        open_case(replace(opened, kind=kind, complaint_type=type_))


def test_a_case_without_any_answer_clock_is_a_hole_in_the_policy(opened: Case) -> None:
    with pytest.raises(NoAnswerClock):
        open_case(replace(opened, clocks=()))


@pytest.mark.requirement("CM-4")
def test_the_first_receiver_holds_the_duty_until_the_handler_takes_over(opened: Case, now: datetime) -> None:
    assert (opened.round.handler, opened.round.duty_holder) == (HEAD, "staff:teller")
    taken = opened.acknowledge(HEAD, at=now)
    assert (taken.status, taken.round.duty_holder) == (Status.HANDLING, HEAD)


def test_nobody_but_the_handler_takes_over_answers_or_reports(opened: Case, now: datetime) -> None:
    taken = opened.acknowledge(HEAD, at=now)
    with pytest.raises(refusals.NotTheHandler):
        opened.acknowledge(OTHER, at=now)
    with pytest.raises(refusals.NotTheHandler):
        taken.report_progress(OTHER, None, at=now)
    with pytest.raises(refusals.NotTheHandler):
        taken.answer(
            OTHER, Outcome.JUSTIFIED, delivered_at=now, delivery_way=DeliveryWay.PHONE, quiet_days=30, at=now
        )  # fmt: skip


def test_who_has_not_taken_a_case_over_cannot_answer_it(opened: Case, now: datetime) -> None:
    with pytest.raises(refusals.NotAcknowledged):
        opened.answer(
            HEAD, Outcome.JUSTIFIED, delivered_at=now, delivery_way=DeliveryWay.PHONE, quiet_days=30, at=now
        )  # fmt: skip


def test_an_opinion_is_delivered_neither_before_the_case_nor_in_the_future(opened: Case, now: datetime) -> None:
    later = now + timedelta(hours=3)
    for delivered_at in (now - timedelta(seconds=1), later + timedelta(seconds=1)):
        with pytest.raises(refusals.DeliveryOutOfTime):
            answered(opened, later, delivered_at=delivered_at)


@pytest.mark.requirement("CM-26")
def test_the_quiet_window_is_thirty_natural_days_from_delivery_not_from_writing(opened: Case, now: datetime) -> None:
    case = answered(opened, now + timedelta(days=2), delivered_at=now)
    assert case.round.quiet_until == midnight_after(datetime(2026, 12, 20).date())


def test_delivery_meets_the_answer_clocks_and_ends_the_progress_clock(opened: Case, now: datetime) -> None:
    at = now + timedelta(hours=5)
    case = answered(opened, at, delivered_at=now + timedelta(hours=4))
    assert case.clocks
    for clock in case.clocks:
        assert not clock.is_running
        if clock.purpose is Purpose.ANSWER:
            assert clock.met_at == now + timedelta(hours=4)
        else:
            assert (clock.met_at, clock.stopped_at) == (None, at)
    assert case.answer_due_at is None


@pytest.mark.requirement("CM-26")
def test_silence_closes_only_after_the_window_and_only_by_an_officer(opened: Case, now: datetime) -> None:
    case = answered(opened, now)
    until = case.round.quiet_until
    assert until is not None
    with pytest.raises(refusals.WindowStillOpen):
        case.close(ClosedBecause.QUIET, by_officer=True, by=OFFICER, at=until - timedelta(seconds=1))
    with pytest.raises(refusals.OfficerMustClose):
        case.close(ClosedBecause.QUIET, by_officer=False, by=HEAD, at=until)
    closed, fact = case.close(ClosedBecause.QUIET, by_officer=True, by=OFFICER, at=until)
    assert (closed.status, fact.because, fact.rounds) == (Status.CLOSED, ClosedBecause.QUIET, 1)


def test_closing_is_proposed_once_and_only_after_silence(opened: Case, now: datetime) -> None:
    case = answered(opened, now)
    until = case.round.quiet_until
    assert until is not None
    assert case.propose_closing(at=until - timedelta(seconds=1)) is case
    proposed = case.propose_closing(at=until)
    assert proposed.closing_proposed_at == until
    assert proposed.propose_closing(at=until + timedelta(days=1)) is proposed


def test_a_complaint_nobody_answered_cannot_be_closed_as_accepted(opened: Case, now: datetime) -> None:
    with pytest.raises(refusals.IllegalMove):
        opened.close(ClosedBecause.ACCEPTED, by_officer=True, by=OFFICER, at=now)


def test_a_withdrawn_complaint_ends_at_once_and_owes_nothing(opened: Case, now: datetime) -> None:
    closed, _ = opened.close(ClosedBecause.WITHDRAWN, by_officer=True, by=OFFICER, at=now)
    assert closed.status is Status.CLOSED
    assert all(clock.stopped_at == now for clock in closed.clocks)


def test_an_answered_enquiry_may_be_closed_by_its_handler(policy: HandlingPolicy, now: datetime) -> None:
    case = answered(a_case(policy, now, kind=Kind.ENQUIRY), now)
    closed, _ = case.close(ClosedBecause.ACCEPTED, by_officer=False, by=HEAD, at=now)
    assert closed.status is Status.CLOSED
    with pytest.raises(refusals.NotTheHandler):
        case.close(ClosedBecause.ACCEPTED, by_officer=False, by=OTHER, at=now)


@pytest.mark.requirement("CM-27")
def test_a_new_round_has_another_handler_or_is_refused(opened: Case, policy: HandlingPolicy, now: datetime) -> None:
    case = answered(opened, now)
    situation = replace(case.situation, round=2)
    ids = tuple(UUID(int=200 + n) for n in range(len(policy.clocks)))
    clocks = start_clocks(policy.clocks, situation, at=now, policy_version=1, calendar=None, ids=ids)
    with pytest.raises(refusals.SameHandler):
        case.reopen(TO_HEAD, clocks, earlier_handlers=frozenset({HEAD}), at=now)
    reopened, fact = case.reopen(TO_OTHER, clocks, earlier_handlers=frozenset({HEAD}), at=now)
    assert (reopened.round.number, reopened.round.handler, reopened.status) == (2, OTHER, Status.OPENED)
    assert [clock.code for clock in reopened.clocks if clock.purpose is Purpose.ANSWER] == ["re-investigation"]
    assert fact.answer_due_at == midnight_after(datetime(2026, 11, 30).date())


def test_after_the_window_complaining_again_is_a_new_case(opened: Case, now: datetime) -> None:
    case = answered(opened, now)
    until = case.round.quiet_until
    assert until is not None
    case.check_reopening(at=until - timedelta(seconds=1))
    with pytest.raises(refusals.WindowOver):
        case.check_reopening(at=until)


def test_a_clock_is_marked_once_and_still_runs(opened: Case, now: datetime) -> None:
    clock = next(clock for clock in opened.clocks if clock.code == "statutory")
    assert clock.due_at is not None
    assert not clock.is_overdue(clock.due_at - timedelta(seconds=1))
    superior = Assignment(role="complaint_officer", unit_id=UNIT, handler=OFFICER)
    marked, fact = opened.breach(clock.id, superior, at=clock.due_at)
    assert (fact.clock, fact.to_subject, fact.cause) == ("statutory", OFFICER, "clock-breached")
    after = next(c for c in marked.clocks if c.id == clock.id)
    assert (after.breached_at, after.is_running) == (clock.due_at, True)
    with pytest.raises(ValueError, match="not newly overdue"):
        marked.breach(clock.id, superior, at=clock.due_at + timedelta(days=1))


def test_moving_a_case_to_another_handler_asks_him_to_take_over_again(opened: Case, now: datetime) -> None:
    moved, fact = opened.acknowledge(HEAD, at=now).assign(TO_OTHER, cause="client-upgraded", at=now)
    assert fact is not None
    assert (moved.status, moved.round.acknowledged_at, moved.round.duty_holder) == (Status.OPENED, None, HEAD)
    assert (fact.handler, fact.cause) == (OTHER, "client-upgraded")


# from each status, the moves that are tried and must be refused
@pytest.mark.parametrize("status", Status)
def test_the_table_of_moves_is_what_the_case_obeys(opened: Case, now: datetime, status: Status) -> None:
    case = replace(opened, status=status)
    moves = {
        Status.HANDLING: lambda: case.acknowledge(HEAD, at=now),
        Status.CLOSED: lambda: case.close(ClosedBecause.WITHDRAWN, by_officer=True, by=OFFICER, at=now),
    }
    for target, move in moves.items():
        if target in NEXT[status]:
            assert (result := move()) is not None
            assert (result[0] if isinstance(result, tuple) else result).status is target
        else:
            with pytest.raises(refusals.IllegalMove):
                move()


def test_versions_grow_by_one_with_each_move(opened: Case, now: datetime) -> None:
    taken = opened.acknowledge(HEAD, at=now)
    assert (opened.version, taken.version) == (2, 3)
