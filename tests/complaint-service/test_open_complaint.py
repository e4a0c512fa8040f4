"""Taking a case in: number, words, handler, clocks, what is said and who is asked."""

import asyncio
import re
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from chassis.ids import new_id
from complaint_service.domain.refusals import ClientNotKnown, TypeDoesNotFit, UnitNotKnown
from complaint_service.domain.spans import midnight_after
from complaint_service.domain.vocabulary import Channel, ComplaintType, Kind, ServiceTier


@pytest.mark.requirement("CM-12")
async def test_a_wealth_management_clients_case_goes_to_his_wealth_centre(tx, bank, told) -> None:
    case = await bank.open(tx, await told.client("wealth_management"))
    assert case.round.handler == bank.staff["centre_head"]
    assert case.tier_snapshot is ServiceTier.WEALTH_MANAGEMENT


# tier | channel | who gets it
WHO = """
mass              | outlet_lobby          | outlet_head
wealth            | outlet_lobby          | rm_supervisor
wealth_management | outlet_lobby          | centre_head
private_banking   | outlet_lobby          | centre_head
corporate_vip     | outlet_lobby          | outlet_head
private_banking   | call_centre_95566     | cc_officer
corporate_vip     | call_centre_95566     | cc_officer
private_banking   | private_banking_phone | bj_officer
mass              | superior_bank         | outlet_head
"""


@pytest.mark.requirement("CM-10", "CM-11", "CM-13", "CM-15", "CM-16")
@pytest.mark.parametrize("line", WHO.strip().splitlines())
async def test_the_nearest_person_with_the_rules_role_gets_the_case(tx, bank, told, line) -> None:
    tier, channel, name = (part.strip() for part in line.split("|"))
    case = await bank.open(tx, await told.client(tier), channel=Channel(channel))
    assert case.round.handler == bank.staff[name]


async def test_a_home_unit_without_the_role_hands_the_case_up_and_says_so(tx, bank, told) -> None:
    home = bank.places["bare_outlet"]
    case = await bank.open(tx, await told.client("private_banking", home=home))
    assert case.round.handler == bank.staff["pb_office"]
    climbed = await tx.connection.fetchval("SELECT climbed FROM routings WHERE case_id = $1", case.id)
    assert climbed == [home]


async def test_an_ordinary_client_is_served_by_the_head_of_the_outlet_that_serves_him(tx, bank, told) -> None:
    client_id = await told.client("mass", home=bank.places["branch"], serving=(bank.places["outlet"],))
    assert (await bank.open(tx, client_id)).round.handler == bank.staff["outlet_head"]
    elsewhere = await bank.open(tx, client_id, about_unit_id=bank.places["other_outlet"])
    assert elsewhere.round.handler == bank.staff["tj_outlet_head"]


async def test_an_unknown_home_unit_leaves_the_case_waiting_for_a_role_and_nobody_is_named(tx, bank, told) -> None:
    client_id = await told.client("wealth", home=new_id())
    case = await bank.open(tx, client_id)
    assert (case.round.handler, case.round.role) == (None, "complaint_officer")
    assert [type_ for type_, _ in await bank.said(tx, case.id)] == ["ComplaintOpened"]
    (item,) = await bank.items(tx, case.id)
    assert (item["owner"], item["owner_role"]) == (None, "complaint_officer")


async def test_a_case_without_a_client_goes_to_the_outlet_it_is_about(tx, bank) -> None:
    case = await bank.open(tx, about_unit_id=bank.places["other_outlet"], by="agent")
    assert (case.round.handler, case.client_id, case.tier_snapshot) == (bank.staff["tj_outlet_head"], None, None)
    ((type_, data), *_) = await bank.said(tx, case.id)
    key = await tx.connection.fetchval("SELECT key FROM outbox WHERE aggregate_id = $1 LIMIT 1", str(case.id))
    assert (type_, data["client_id"], key) == ("ComplaintOpened", None, str(case.id))


async def test_opening_says_it_assigns_it_and_puts_it_on_the_handlers_list(tx, bank, told) -> None:
    client_id = await told.client("wealth")
    case = await bank.open(tx, client_id)
    (opened, data), (assigned, to) = await bank.said(tx, case.id)
    assert (opened, assigned) == ("ComplaintOpened", "ComplaintAssigned")
    assert data == {
        "case_id": str(case.id),
        "client_id": str(client_id),
        "case_no": case.case_no,
        "kind": "complaint",
        "complaint_type": "process",
        "channel": "outlet_lobby",
        "tier_snapshot": "wealth",
        "routed_role": "rm_supervisor",
        "routed_unit_id": str(bank.places["centre"]),
        "answer_due_at": data["answer_due_at"],
        "opened_at": data["opened_at"],
    }
    assert (to["handler"], to["cause"]) == (bank.staff["rm_supervisor"], "opened")
    (item,) = await bank.items(tx, case.id)
    assert (item["owner"], item["kind"], item["rule"]) == (bank.staff["rm_supervisor"], "complaint.handle", "CM-11")
    assert item["due_at"] == case.answer_due_at


@pytest.mark.requirement("CM-23")
async def test_every_clock_that_applies_starts_and_the_strictest_is_the_promise(tx, bank, told, now) -> None:
    case = await bank.open(tx, await told.client())
    due = {clock.code: clock.due_at for clock in case.clocks}
    assert set(due) == {"process-on-the-spot", "statutory", "progress"}
    assert case.answer_due_at == due["process-on-the-spot"] == midnight_after(date(2026, 11, 20))
    waiting = await bank.due(tx, *(clock.id for clock in case.clocks))
    assert waiting == {("complaint.clock-due", clock.id): clock.due_at for clock in case.clocks}


@pytest.mark.requirement("CM-4")
async def test_the_first_receiver_stays_on_record_until_the_hand_over(tx, bank, told) -> None:
    case = await bank.open(tx, await told.client(), first_receiver="staff:2002")
    assert (case.first_receiver, case.round.duty_holder) == ("staff:2002", "staff:2002")
    case = await bank.open(tx, await told.client())
    assert case.round.duty_holder == bank.staff["teller"]


@pytest.mark.requirement("CM-31")
async def test_reporters_at_the_outlet_are_reported_upward_at_once(tx, bank, told) -> None:
    case = await bank.open(tx, await told.client(), channel=Channel.MEDIA, complaint_type=ComplaintType.MEDIA)
    assert case.round.handler == bank.staff["outlet_head"]
    type_, data = (await bank.said(tx, case.id))[-1]
    assert (type_, data["cause"], data["to_subject"]) == ("ComplaintEscalated", "media", bank.staff["bj_officer"])
    assert [item["kind"] for item in await bank.items(tx, case.id)] == ["complaint.handle", "complaint.escalated"]


@pytest.mark.requirement("CM-55")
@pytest.mark.parametrize("kind", [Kind.ENQUIRY, Kind.SUGGESTION])
async def test_enquiries_and_suggestions_share_the_intake_with_clocks_of_their_own(tx, bank, told, kind) -> None:
    case = await bank.open(tx, await told.client(), kind=kind, complaint_type=None)
    assert {clock.code for clock in case.clocks} == {"prompt-reply", "progress"}


async def test_a_client_nobody_told_us_of_is_refused(tx, bank) -> None:
    with pytest.raises(ClientNotKnown):
        await bank.open(tx, new_id())


async def test_an_outlet_nobody_told_us_of_is_refused(tx, bank) -> None:
    with pytest.raises(UnitNotKnown):
        await bank.open(tx, about_unit_id=new_id())


async def test_a_complaint_without_a_type_is_refused(tx, bank) -> None:
    with pytest.raises(TypeDoesNotFit):
        await bank.open(tx, complaint_type=None)


async def test_words_are_sealed_in_the_rows(database, bank, told) -> None:
    canary = "金丝雀王小明13800138000"
    client_id = await told.client()
    async with database.transaction() as tx:
        case = await bank.open(tx, client_id, subject=canary, text=canary)
    async with database.reading() as tx:
        tables = (
            "cases",
            "rounds",
            "texts",
            "steps",
            "routings",
            "clocks",
            "outbox",
            "work_items",
            "audit",
            "due_work",
        )
        for table in tables:
            rows = await tx.connection.fetch(f"SELECT t::text AS row FROM {table} AS t")
            assert rows, table
            assert not [row for row in rows if canary in row["row"] or canary.encode().hex() in row["row"]], table
    assert case.id


async def test_twenty_openers_at_once_get_twenty_numbers_of_the_shanghai_day(database, bank) -> None:
    # 16:30 UTC is half past midnight in Shanghai: the number carries the next day.
    late = datetime.fromisoformat("2026-11-23T16:30:00+00:00")

    async def one() -> str:
        async with database.transaction() as tx:
            return (await bank.open(tx, now=late)).case_no

    numbers = await asyncio.gather(*(one() for _ in range(20)))
    assert len(set(numbers)) == 20
    assert all(re.fullmatch(r"TS20261124-\d{6}", number) for number in numbers)


async def test_each_day_begins_its_numbers_anew(tx, bank, now) -> None:
    day = now + timedelta(days=40)
    first, second = [(await bank.open(tx, now=day)).case_no for _ in range(2)]
    assert (first, second) == ("TS20261230-000001", "TS20261230-000002")


async def test_of_two_people_with_one_role_the_one_with_fewer_open_cases_is_chosen(tx, bank, told) -> None:
    outlet = bank.places["bare_outlet"]
    await told.post("staff:5001", outlet, "outlet_head")
    await told.post("staff:5002", outlet, "outlet_head")
    try:
        client_id = await told.client(home=outlet)
        handlers = [(await bank.open(tx, client_id)).round.handler for _ in range(4)]
        assert handlers == ["staff:5001", "staff:5002", "staff:5001", "staff:5002"]
    finally:
        for subject in ("staff:5001", "staff:5002"):
            await told.post(subject, outlet, "outlet_head", until_on=date(2026, 1, 2))


async def test_a_posting_that_has_ended_finds_nobody(tx, bank, told) -> None:
    outlet: UUID = bank.places["bare_outlet"]
    await told.post("staff:5003", outlet, "outlet_head", until_on=date(2026, 11, 19))
    case = await bank.open(tx, await told.client(home=outlet))
    assert case.round.handler != "staff:5003"
