"""What follows from what the registry says: re-routing on a rise, recounting on a new calendar, copies kept true."""

from datetime import date, timedelta

import pytest
from chassis.db import Database
from chassis.ids import new_id
from chassis.migrating import migrate
from complaint_service import consumers, use_cases
from complaint_service.app import SERVICE
from complaint_service.domain.refusals import ClientNotKnown
from complaint_service.domain.spans import midnight_after


@pytest.mark.requirement("CM-10")
async def test_a_rise_of_the_tier_moves_the_open_case_and_keeps_the_tier_at_intake(database, bank, told) -> None:
    client_id = await told.client("mass")
    async with database.transaction() as tx:
        case = await bank.open(tx, client_id)
    assert case.round.handler == bank.staff["outlet_head"]
    decision_id = await told.upgraded(client_id, "mass", "private_banking")
    async with database.reading() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM cases WHERE id = $1", case.id)
        assert (row["handler"], row["tier_snapshot"]) == (bank.staff["centre_head"], "mass")
        routing = await tx.connection.fetchrow(
            "SELECT * FROM routings WHERE case_id = $1 ORDER BY id DESC LIMIT 1", case.id
        )
        assert (routing["cause"], routing["cause_id"], routing["winner"]) == (
            "client-upgraded", decision_id, "private-banking",
        )  # fmt: skip
        type_, data = (await bank.said(tx, case.id))[-1]
        assert (type_, data["handler"], data["cause"]) == (
            "ComplaintAssigned", bank.staff["centre_head"], "client-upgraded",
        )  # fmt: skip
        items = await bank.items(tx, case.id)
    assert [(item["owner"], item["status"]) for item in items] == [
        (bank.staff["outlet_head"], "done"),
        (bank.staff["centre_head"], "open"),
    ]


async def test_a_rise_of_the_card_level_alone_moves_no_case(database, bank, told) -> None:
    client_id = await told.client("mass")
    async with database.transaction() as tx:
        case = await bank.open(tx, client_id)
    await told.upgraded(client_id, "mass", "mass")
    async with database.reading() as tx:
        count = await tx.connection.fetchval("SELECT count(*) FROM routings WHERE case_id = $1", case.id)
    assert count == 1


async def test_an_answered_case_is_not_moved_by_a_rise(database, bank, told, now) -> None:
    client_id = await told.client("mass")
    async with database.transaction() as tx:
        case = await bank.answer(tx, await bank.open(tx, client_id), now=now)
    await told.upgraded(client_id, "mass", "private_banking")
    async with database.reading() as tx:
        handler = await tx.connection.fetchval("SELECT handler FROM cases WHERE id = $1", case.id)
    assert handler == case.round.handler


async def test_in_a_second_round_a_rise_never_brings_the_first_handler_back(database, bank, told, now) -> None:
    client_id = await told.client("private_banking")
    async with database.transaction() as tx:
        case = await bank.answer(tx, await bank.open(tx, client_id), now=now)
        first = case.round.handler
        await use_cases.reopen_complaint(tx, case.id, "仍不满意", by=bank.person("agent"), now=now)
    await told.upgraded(client_id, "wealth", "private_banking")
    async with database.reading() as tx:
        handler = await tx.connection.fetchval("SELECT handler FROM cases WHERE id = $1", case.id)
    assert handler not in (None, first)


async def test_a_fall_leaves_open_cases_where_they_are(database, bank, told) -> None:
    client_id = await told.client("private_banking")
    async with database.transaction() as tx:
        case = await bank.open(tx, client_id)
    await told.say(
        consumers.follow_fall, consumers.LevelMoved, client_id=client_id, service_tier_from="private_banking",
        service_tier_to="mass", card_level_to="none", decision_id=new_id(),
    )  # fmt: skip
    async with database.transaction() as tx:
        handler = await tx.connection.fetchval("SELECT handler FROM cases WHERE id = $1", case.id)
        following = await bank.open(tx, client_id)
    assert handler == case.round.handler
    assert following.round.handler == bank.staff["outlet_head"]


async def test_moves_managers_and_revocations_reach_our_copy(database, bank, told) -> None:
    client_id = await told.client("wealth")
    await told.say(
        consumers.move_client, consumers.ClientMoved, client_id=client_id, home_unit_id=bank.places["other_outlet"],
        serving_unit_ids=[],
    )  # fmt: skip
    await told.managed(client_id, "staff:77")
    await told.say(
        consumers.revoke_qualification, consumers.QualificationRevoked, client_id=client_id,
        effective_on=date(2026, 11, 20),
    )  # fmt: skip
    async with database.transaction() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM clients WHERE id = $1", client_id)
        case = await bank.open(tx, client_id)
    assert (row["manager"], row["qualification_revoked_on"]) == ("staff:77", date(2026, 11, 20))
    assert case.round.handler == bank.staff["tj_outlet_head"]


async def test_news_of_a_client_we_were_never_told_of_is_not_swallowed(told) -> None:
    with pytest.raises(ClientNotKnown):
        await told.upgraded(new_id(), "mass", "wealth")


@pytest.fixture
async def without_calendar(postgres, field_cipher, told_in):
    """A database that was told of the bank and of no calendar."""
    url = await postgres.fresh_database("complaint_service")
    await migrate(url, migrations=SERVICE.migrations, metadata=SERVICE.metadata)
    database = await Database.open(url, name="tests", cipher=field_cipher)
    told = told_in(database)
    await told.bank()
    yield database, told
    await database.close()


async def test_without_a_calendar_a_working_day_clock_waits_and_the_statutory_one_promises(
    without_calendar, bank, now
) -> None:
    database, told = without_calendar
    client_id = await told.client("wealth")
    async with database.transaction() as tx:
        case = await bank.open(tx, client_id)
    waiting = next(clock for clock in case.clocks if clock.code == "process-on-the-spot")
    assert (waiting.due_at, waiting.provisional) == (None, True)
    assert case.answer_due_at == midnight_after(date(2026, 12, 5))
    await told.calendar(1, years=[2026], off=[], work=[])
    async with database.reading() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM clocks WHERE id = $1", waiting.id)
        assert (row["due_at"], row["provisional"], row["calendar_version"]) == (
            midnight_after(date(2026, 11, 20)), False, 1,
        )  # fmt: skip
        answer_due_at = await tx.connection.fetchval("SELECT answer_due_at FROM cases WHERE id = $1", case.id)
        assert answer_due_at == row["due_at"]
        assert await bank.due(tx, waiting.id) == {("complaint.clock-due", waiting.id): row["due_at"]}
        step = await tx.connection.fetchrow(
            "SELECT * FROM steps WHERE case_id = $1 AND step = 'clocks-recounted'", case.id
        )
        assert step["detail"]["calendar_version"] == 1


async def test_a_notice_for_the_next_year_turns_a_provisional_deadline_into_a_certain_one(
    without_calendar, bank, now
) -> None:
    database, told = without_calendar
    await told.calendar(1, years=[2026], off=[], work=[])
    client_id = await told.client("wealth")
    new_years_eve = now + timedelta(days=41)  # 31 December 2026
    async with database.transaction() as tx:
        case = await bank.open(tx, client_id, now=new_years_eve)
    clock = next(clock for clock in case.clocks if clock.code == "progress")
    assert (clock.due_at, clock.provisional) == (midnight_after(date(2027, 1, 5)), True)
    await told.calendar(2, years=[2026, 2027], off=[date(2027, 1, 1)], work=[date(2027, 1, 3)])
    async with database.reading() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM clocks WHERE id = $1", clock.id)
    # Sunday the 3rd is worked: 3rd, 4th, 5th.
    assert (row["due_at"], row["provisional"], row["calendar_version"]) == (
        midnight_after(date(2027, 1, 5)), False, 2,
    )  # fmt: skip
