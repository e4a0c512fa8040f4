"""Taking over, telling, answering, closing, complaining again: as use cases on a real database."""

from datetime import date, timedelta

import asyncpg
import pytest
from chassis.identity import system
from complaint_service import jobs, use_cases
from complaint_service.domain import refusals
from complaint_service.domain.spans import midnight_after
from complaint_service.domain.vocabulary import ClosedBecause, Status


@pytest.mark.requirement("CM-4")
async def test_acknowledging_hands_the_duty_over_and_leaves_a_trace(tx, bank, told, now) -> None:
    case = await bank.open(tx, await told.client("wealth"))
    taken = await use_cases.acknowledge_complaint(tx, case.id, by=bank.person("rm_supervisor"), now=now)
    assert (taken.status, taken.round.duty_holder) == (Status.HANDLING, bank.staff["rm_supervisor"])
    detail = await tx.connection.fetchval(
        "SELECT detail FROM steps WHERE case_id = $1 AND step = 'acknowledged'", case.id
    )
    assert detail == {"duty_from": bank.staff["teller"], "duty_to": bank.staff["rm_supervisor"]}
    acts = await tx.connection.fetch("SELECT act FROM audit WHERE object_id = $1 ORDER BY id", str(case.id))
    assert [row["act"] for row in acts] == ["complaint.opened", "complaint.acknowledged"]


@pytest.mark.requirement("CM-21", "CM-35")
async def test_telling_the_client_starts_the_progress_clock_anew(tx, bank, told, now) -> None:
    case = await bank.open(tx, await told.client("wealth"))
    handler = bank.person("rm_supervisor")
    await use_cases.acknowledge_complaint(tx, case.id, by=handler, now=now)
    later = now + timedelta(days=3)  # Monday 23 November
    told_ = await use_cases.report_progress(tx, case.id, "正在核实", by=handler, now=later)
    first, second = [clock for clock in told_.clocks if clock.code == "progress"]
    assert (first.met_at, first.met_in_time) == (later, True)
    assert (second.sequence, second.due_at) == (2, midnight_after(date(2026, 11, 26)))
    due = await bank.due(tx, first.id, second.id)
    assert set(due) == {("complaint.clock-due", second.id)}


@pytest.mark.requirement("CM-26")
async def test_an_answer_ends_the_clocks_and_schedules_the_end_of_the_quiet_window(tx, bank, told, now) -> None:
    case = await bank.answer(tx, await bank.open(tx, await told.client("wealth")), now=now)
    until = midnight_after(date(2026, 12, 20))
    assert await bank.due(tx, case.id, *(clock.id for clock in case.clocks)) == {
        ("complaint.quiet-over", case.id): until
    }
    type_, data = (await bank.said(tx, case.id))[-1]
    assert (type_, data["round"], data["outcome"]) == ("ComplaintAnswered", 1, "justified")
    (item,) = await bank.items(tx, case.id)
    assert (item["status"], item["result"]) == ("done", "answered")


@pytest.mark.requirement("CM-26")
async def test_after_thirty_quiet_days_closing_is_proposed_to_an_officer_and_not_done(tx, bank, told, now) -> None:
    case = await bank.answer(tx, await bank.open(tx, await told.client("wealth")), now=now)
    over = now + timedelta(days=31)
    await use_cases.propose_closing(tx, case.id, now=over)
    await use_cases.propose_closing(tx, case.id, now=over)
    proposed = await tx.connection.fetchrow("SELECT * FROM cases WHERE id = $1", case.id)
    assert (proposed["status"], proposed["closing_proposed_at"]) == ("answered", over)
    items = [item for item in await bank.items(tx, case.id) if item["kind"] == "complaint.confirm-closing"]
    assert [item["owner"] for item in items] == [bank.staff["bj_officer"]]
    closed = await use_cases.close_complaint(tx, case.id, ClosedBecause.QUIET, by=bank.person("bj_officer"), now=over)
    assert closed.closed_because is ClosedBecause.QUIET
    assert all(item["status"] == "done" for item in await bank.items(tx, case.id))
    assert (await bank.said(tx, case.id))[-1][0] == "ComplaintClosed"


async def test_an_officer_of_another_branch_closes_nothing_here(tx, bank, told, now) -> None:
    case = await bank.answer(tx, await bank.open(tx, await told.client("wealth")), now=now)
    with pytest.raises(refusals.OfficerMustClose):
        await use_cases.close_complaint(tx, case.id, ClosedBecause.ACCEPTED, by=bank.person("tj_officer"), now=now)


@pytest.mark.requirement("CM-27", "CM-28")
async def test_complaining_again_brings_another_handler_and_ten_days(tx, bank, told, now) -> None:
    case = await bank.answer(tx, await bank.open(tx, await told.client("wealth")), now=now)
    again = now + timedelta(days=20)  # 10 December
    reopened = await use_cases.reopen_complaint(tx, case.id, "仍不满意", by=bank.person("agent"), now=again)
    assert reopened.round.number == 2
    assert reopened.round.handler not in (None, bank.staff["rm_supervisor"])
    assert reopened.answer_due_at == midnight_after(date(2026, 12, 20))
    assert [t for t, _ in await bank.said(tx, case.id)][-2:] == ["ComplaintReopened", "ComplaintAssigned"]
    assert ("complaint.quiet-over", case.id) not in await bank.due(tx, case.id)


@pytest.mark.requirement("CM-27")
async def test_the_database_itself_refuses_the_first_handler_for_the_second_round(database, bank, told, now) -> None:
    client_id = await told.client("wealth")
    async with database.transaction() as tx:
        case = await bank.answer(tx, await bank.open(tx, client_id), now=now)
        await use_cases.reopen_complaint(tx, case.id, "仍不满意", by=bank.person("agent"), now=now)
    with pytest.raises(asyncpg.UniqueViolationError, match="rounds_other_handler"):
        async with database.transaction() as tx:
            await tx.connection.execute(
                "UPDATE rounds SET handler = $2 WHERE case_id = $1 AND number = 2", case.id, case.round.handler
            )


async def test_a_closed_case_is_reopened_inside_its_window_and_not_after(tx, bank, told, now) -> None:
    case = await bank.answer(tx, await bank.open(tx, await told.client("wealth")), now=now)
    await use_cases.close_complaint(tx, case.id, ClosedBecause.ACCEPTED, by=bank.person("bj_officer"), now=now)
    with pytest.raises(refusals.WindowOver):
        await use_cases.reopen_complaint(tx, case.id, "仍不满意", by=bank.person("agent"), now=now + timedelta(days=31))
    reopened = await use_cases.reopen_complaint(
        tx, case.id, "仍不满意", by=bank.person("agent"), now=now + timedelta(days=30)
    )
    assert (reopened.status, reopened.closed_at) == (Status.OPENED, None)


async def test_a_breach_is_marked_once_said_once_and_lands_with_the_superior(tx, bank, told, now) -> None:
    case = await bank.open(tx, await told.client("wealth"))
    clock = next(clock for clock in case.clocks if clock.code == "process-on-the-spot")
    over = now + timedelta(days=1)
    await use_cases.breach_clock(tx, clock.id, now=over)
    await use_cases.breach_clock(tx, clock.id, now=over + timedelta(hours=1))
    escalated = [data for type_, data in await bank.said(tx, case.id) if type_ == "ComplaintEscalated"]
    assert [(e["clock"], e["from_role"], e["to_subject"]) for e in escalated] == [
        ("process-on-the-spot", "rm_supervisor", bank.staff["centre_head"])
    ]
    marked = await tx.connection.fetchval("SELECT breached_at FROM clocks WHERE id = $1", clock.id)
    assert marked == over
    items = [item for item in await bank.items(tx, case.id) if item["kind"] == "complaint.escalated"]
    assert [(item["owner"], item["rule"]) for item in items] == [(bank.staff["centre_head"], "CM-23")]


async def test_a_clock_whose_end_has_not_come_is_left_alone(tx, bank, told, now) -> None:
    case = await bank.open(tx, await told.client("wealth"))
    for clock in case.clocks:
        await use_cases.breach_clock(tx, clock.id, now=now)
    assert [t for t, _ in await bank.said(tx, case.id)] == ["ComplaintOpened", "ComplaintAssigned"]


async def test_an_answer_in_time_leaves_nothing_to_sweep(tx, bank, told, now) -> None:
    case = await bank.answer(tx, await bank.open(tx, await told.client("wealth")), now=now)
    for clock in case.clocks:
        await use_cases.breach_clock(tx, clock.id, now=now + timedelta(days=60))
    assert "ComplaintEscalated" not in [t for t, _ in await bank.said(tx, case.id)]


def test_both_kinds_of_due_rows_are_swept() -> None:
    assert set(jobs.sweeps.sweeps) == {"complaint.clock-due", "complaint.quiet-over"}
    assert system("complaint-service").subject == "system:complaint-service"
