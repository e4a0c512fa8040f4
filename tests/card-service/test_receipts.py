"""Segments and stock receipts: whose numbers, two signatures, once only."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from card_service.domain.numbers import NumbersExhausted
from card_service.domain.receipts import OutsideSegment, ReceivedAlready, WrongUnit
from card_service.domain.segments import BranchWithoutLetters
from card_service.domain.signatures import NotPending, SamePerson
from chassis.identity import Grant, Principal


@pytest.mark.requirement("CS-16")
async def test_racing_allotments_never_overlap_and_leave_no_gap(house) -> None:
    await asyncio.gather(*(house.segment(place, count=7) for place in ("bj", "centre", "other", "outlet") * 8))
    rows = await house.rows("SELECT first_sequence AS first, last_sequence AS last FROM number_segments ORDER BY 1")
    assert [(row["first"], row["last"]) for row in rows] == [(7 * n + 1, 7 * n + 7) for n in range(32)]


@pytest.mark.requirement("CS-16")
async def test_the_database_itself_refuses_overlapping_segments(house) -> None:
    await house.segment("bj", count=100)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await house.run(
            "INSERT INTO number_segments SELECT uuidv7(), branch_code, level, 100, 200, unit_id, 'x', now()"
            " FROM number_segments"
        )


@pytest.mark.requirement("CS-18")
async def test_a_segment_carries_the_letters_of_its_first_level_branch(house) -> None:
    await house.segment("sh-centre")
    assert (await house.rows("SELECT branch_code FROM number_segments"))[0]["branch_code"] == "SH"
    with pytest.raises(BranchWithoutLetters):
        await house.segment("hq")


@pytest.mark.requirement("CS-20")
async def test_an_exhausted_branch_is_refused(house) -> None:
    await house.segment("bj", count=99_990)
    with pytest.raises(NumbersExhausted):
        await house.segment("centre", count=10)
    await house.segment("centre", count=9)
    assert await house.segment("centre", "branch", count=10)


@pytest.mark.requirement("CS-20")
async def test_an_exhausted_segment_takes_in_no_more(house) -> None:
    segment = await house.segment("centre", count=10)
    await house.confirm(await house.propose("centre", segment, count=8))
    with pytest.raises(NumbersExhausted):
        await house.propose("centre", segment, count=3)


@pytest.mark.requirement("CS-12", "CS-14")
async def test_cards_come_into_stock_with_the_second_signature_only(house) -> None:
    receipt = await house.propose("centre", await house.segment("centre", count=10), count=10)
    assert await house.rows("SELECT * FROM cards") == []
    await house.confirm(receipt)
    rows = await house.rows("SELECT number, status, place FROM cards ORDER BY number")
    assert [row["number"] for row in rows] == [f"BJ0{n:05d}" for n in range(1, 11)]
    assert {(row["status"], row["place"]) for row in rows} == {("in_stock", f"unit:{house.units['centre']}")}
    await house.books_agree()


@pytest.mark.requirement("CS-14")
async def test_one_person_never_signs_twice(house) -> None:
    receipt = await house.propose("centre", await house.segment("centre"), count=10)
    keeper_and_supervisor = Principal("staff:1001", (Grant("card_supervisor", "/hq/bj/", "unit"),))
    with pytest.raises(SamePerson):
        await house.confirm(receipt, by=keeper_and_supervisor)
    with pytest.raises(asyncpg.CheckViolationError, match="two_people"):
        await house.run(
            "UPDATE stock_receipts SET status = 'confirmed', countersigned_by = proposed_by, countersigned_at = now()"
        )


@pytest.mark.requirement("CS-12")
async def test_a_number_comes_in_once(house) -> None:
    segment = await house.segment("centre")
    await house.confirm(await house.propose("centre", segment, first=1, last=10))
    await house.propose("centre", segment, first=11, last=20)
    for run in [{"first": 10, "last": 12}, {"first": 20, "last": 21}]:
        with pytest.raises(ReceivedAlready):
            await house.propose("centre", segment, **run)
    with pytest.raises(OutsideSegment):
        await house.propose("centre", segment, first=100, last=101)


async def test_racing_duplicates_leave_one_pending_receipt(house) -> None:
    segment = await house.segment("centre")
    ends = await asyncio.gather(
        *(house.propose("centre", segment, first=1, last=50) for _ in range(16)), return_exceptions=True
    )
    assert sum(not isinstance(end, BaseException) for end in ends) == 1
    assert all(isinstance(end, ReceivedAlready) for end in ends if isinstance(end, BaseException))


@pytest.mark.requirement("CS-14")
async def test_racing_countersignatures_shelve_the_cards_once(house) -> None:
    receipt = await house.propose("centre", await house.segment("centre"), count=50)
    ends = await asyncio.gather(*(house.confirm(receipt) for _ in range(16)), return_exceptions=True)
    assert sum(end is None for end in ends) == 1
    assert all(isinstance(end, NotPending) for end in ends if end is not None)
    await house.books_agree()
    assert (await house.rows("SELECT count(*) AS n FROM cards"))[0]["n"] == 50


@pytest.mark.requirement("CS-16")
async def test_only_the_unit_of_the_segment_or_one_above_takes_its_cards_in(house) -> None:
    segment = await house.segment("centre")
    await house.propose("bj", segment, count=5)
    for place in ("other", "outlet", "sh", "hq"):
        with pytest.raises(WrongUnit):
            await house.propose(place, segment, count=5)


async def test_an_unsigned_receipt_runs_out_and_frees_its_numbers(house) -> None:
    segment = await house.segment("centre")
    receipt = await house.propose("centre", segment, first=1, last=10)
    (due,) = await house.rows("SELECT due_at FROM due_work WHERE kind = 'card.receipt-held'")
    assert due["due_at"] == house.now + timedelta(days=3)
    house.now = due["due_at"]
    with pytest.raises(NotPending):
        await house.confirm(receipt)
    await house.sweep("card.receipt-held", receipt)
    assert (await house.rows("SELECT status FROM stock_receipts"))[0]["status"] == "expired"
    assert await house.propose("centre", segment, first=1, last=10)


@pytest.mark.requirement("CS-12")
async def test_the_ledger_refuses_a_card_in_two_places(house) -> None:
    await house.stock("centre", 1)
    leap = (
        "INSERT INTO custody_entries (card_id, step, from_place, to_place, act, act_id, at)"
        " SELECT card_id, 2, 'unit:elsewhere', 'client:x', 'issue', act_id, now() FROM custody_entries"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="chain"):
        await house.run(leap)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="ledger"):
        await house.run("UPDATE cards SET place = 'unit:elsewhere'")
