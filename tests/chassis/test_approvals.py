"""Four eyes: who proposes never decides, and what is decided is what was proposed."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from chassis import approvals
from chassis.approvals import AlreadyProposed, Approval, NotOpen, NotTheProposer, Overtaken, SamePerson
from chassis.db import Database
from chassis.identity import Principal

from tests.chassis.conftest import NOON

WANG, LI, ZHAO = Principal("staff:1"), Principal("staff:2"), Principal("staff:3")
KIND = "box-lid"


async def propose(
    database: Database, subject: UUID, *, version: int = 1, by: Principal = WANG, **more: Any
) -> Approval:
    async with database.transaction() as tx:
        said: dict[str, Any] = {"now": NOON, **more}
        return await approvals.propose(tx, kind=KIND, subject_id=subject, subject_version=version, by=by, **said)


async def approve(
    database: Database, subject: UUID, *, version: int = 1, by: Principal = LI, now: Any = NOON
) -> Approval:
    async with database.transaction() as tx:
        return await approvals.approve(tx, kind=KIND, subject_id=subject, subject_version=version, by=by, now=now)


async def refuse(database: Database, subject: UUID, by: Principal) -> Approval:
    async with database.transaction() as tx:
        return await approvals.refuse(tx, kind=KIND, subject_id=subject, by=by, now=NOON, reason="bounds-too-low")


async def statuses(database: Database, subject: UUID) -> list[str]:
    async with database.reading() as tx:
        return [each.status for each in await approvals.list_of(tx, kind=KIND, subject_id=subject)]


@pytest.mark.requirement("XC-34")
async def test_another_person_approves_and_both_are_on_record(database: Database) -> None:
    subject = uuid4()
    await propose(database, subject)
    with pytest.raises(SamePerson):
        await approve(database, subject, by=WANG)
    done = await approve(database, subject)
    assert (done.status, done.proposed_by, done.decided_by, done.decided_at) == ("approved", "staff:1", "staff:2", NOON)
    async with database.reading() as tx:
        rows = await tx.connection.fetch(
            "SELECT act, subject FROM audit WHERE object_id = $1 ORDER BY id", str(subject)
        )
    assert [tuple(row) for row in rows] == [("approval.proposed", "staff:1"), ("approval.approved", "staff:2")]


async def test_what_was_decided_is_not_decided_again(database: Database) -> None:
    subject = uuid4()
    with pytest.raises(NotOpen):
        await approve(database, subject)
    await propose(database, subject)
    await approve(database, subject)
    for again in (approve(database, subject), refuse(database, subject, LI)):
        with pytest.raises(NotOpen):
            await again
    assert await statuses(database, subject) == ["approved"]


async def test_who_proposed_cannot_refuse_either_and_a_refusal_keeps_its_reason(database: Database) -> None:
    subject = uuid4()
    await propose(database, subject)
    with pytest.raises(SamePerson):
        await refuse(database, subject, WANG)
    assert (await refuse(database, subject, LI)).reason == "bounds-too-low"
    await propose(database, subject)
    assert await statuses(database, subject) == ["refused", "open"]


async def test_a_changed_subject_is_not_approved_and_can_be_proposed_anew(database: Database) -> None:
    subject = uuid4()
    await propose(database, subject, version=1)
    with pytest.raises(Overtaken):
        await approve(database, subject, version=2)
    await propose(database, subject, version=2, by=ZHAO)
    await approve(database, subject, version=2)
    assert await statuses(database, subject) == ["overtaken", "approved"]


async def test_the_same_version_waits_only_once_also_when_two_propose_at_once(database: Database) -> None:
    subject = uuid4()
    await propose(database, subject)
    with pytest.raises(AlreadyProposed):
        await propose(database, subject, by=LI)
    contested = uuid4()
    both = await asyncio.gather(
        propose(database, contested), propose(database, contested, by=LI), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in both) == ["AlreadyProposed", "Approval"]
    assert await statuses(database, contested) == ["open"]


async def test_a_proposal_whose_time_is_over_is_not_decided_and_gives_way(database: Database) -> None:
    subject, until = uuid4(), NOON + timedelta(hours=1)
    await propose(database, subject, expires_at=until)
    with pytest.raises(NotOpen):
        await approve(database, subject, now=until)
    await propose(database, subject, now=until)
    await approve(database, subject, now=until)
    assert await statuses(database, subject) == ["expired", "approved"]


async def test_only_the_proposer_withdraws(database: Database) -> None:
    subject = uuid4()
    await propose(database, subject)
    async with database.transaction() as tx:
        with pytest.raises(NotTheProposer):
            await approvals.withdraw(tx, kind=KIND, subject_id=subject, by=LI, now=NOON)
        await approvals.withdraw(tx, kind=KIND, subject_id=subject, by=WANG, now=NOON)
        with pytest.raises(NotOpen):
            await approvals.withdraw(tx, kind=KIND, subject_id=subject, by=WANG, now=NOON)
    assert await statuses(database, subject) == ["withdrawn"]


@pytest.mark.requirement("XC-34")
async def test_the_database_itself_refuses_one_person_in_both_places(database: Database) -> None:
    subject = uuid4()
    await propose(database, subject)
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction() as tx:
            await tx.connection.execute(
                "UPDATE approvals SET status = 'approved', decided_by = proposed_by WHERE subject_id = $1", subject
            )
