"""What an open complaint changes: silence, and a return visit after the answer."""

from datetime import UTC, date, datetime

import pytest
from engagement_service.views import mutes


async def muted(database, client):
    async with database.reading() as tx:
        return await mutes.mutes_of(tx, client)


@pytest.mark.requirement("CM-38")
async def test_an_opened_complaint_mutes_marketing_and_plans_the_return_visit(database, told) -> None:
    client = await told.register()
    case = await told.complain(client)
    (row,) = await muted(database, client)
    # Answer due on Monday 23 November: three working days later is Thursday.
    assert (row["case_id"], row["lifted_at"], row["due_on"]) == (case, None, date(2026, 11, 26))


@pytest.mark.requirement("CM-38")
async def test_the_answer_moves_the_return_visit(database, told) -> None:
    client = await told.register()
    case = await told.complain(client)
    await told.answer(client, case, datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    (row,) = await muted(database, client)
    assert (row["due_on"], row["counted_from"]) == (date(2026, 11, 25), "answer")


async def test_hearing_the_opening_again_after_the_answer_moves_nothing_back(database, told) -> None:
    client = await told.register()
    case = await told.complain(client)
    await told.answer(client, case, datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    await told.complain(client, case_id=case)
    (row,) = await muted(database, client)
    assert (row["due_on"], row["counted_from"]) == (date(2026, 11, 25), "answer")


async def test_an_enquiry_silences_nothing(database, told) -> None:
    client = await told.register()
    await told.complain(client, kind="enquiry")
    assert await muted(database, client) == []


async def test_closing_one_of_two_cases_keeps_the_other_ones_silence(database, told, now) -> None:
    client = await told.register()
    first, second = await told.complain(client), await told.complain(client)
    await told.close(first, now)
    open_cases = {row["case_id"] for row in await muted(database, client) if row["lifted_at"] is None}
    assert open_cases == {second}
