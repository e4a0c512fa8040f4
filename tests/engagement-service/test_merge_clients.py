"""Contact follows the person: two clients who turn out to be one, apart again, revoked, dead."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from chassis.ids import new_id
from engagement_service import consumers


@pytest.fixture
def tell(database, now):
    async def said(consumer, model, **fields) -> None:
        fact = model(event_id=new_id(), occurred_at=now, aggregate_version=2, **fields)
        async with database.transaction() as tx:
            await consumer(tx, fact, now=now)

    return said


@pytest.fixture
def merge(tell):
    async def said(surviving: UUID, merged: UUID, merger_id: UUID, *, undone: bool = False) -> None:
        await tell(
            consumers.merge_clients, consumers.ClientsMerged, surviving_client_id=surviving, merged_client_id=merged,
            merger_id=merger_id, reversed=undone,
        )  # fmt: skip

    return said


async def rows(database, sql: str, *args) -> list[dict]:
    async with database.reading() as tx:
        return [dict(row) for row in await tx.connection.fetch(sql, *args)]


async def test_mutes_visits_and_the_last_contact_are_the_survivors_and_come_back(database, told, merge) -> None:
    surviving, merged = await told.register(band="2m_8m"), await told.register(band="ge_8m")
    case = await told.complain(merged)
    async with database.transaction() as tx:
        await tx.connection.execute(
            "UPDATE relationships SET last_contact_on = $1 WHERE client_id = $2", date(2026, 11, 19), merged
        )
    merger_id = uuid4()
    for _ in range(2):
        await merge(surviving, merged, merger_id)
    assert await rows(database, "SELECT client_id FROM mutes WHERE case_id = $1", case) == [{"client_id": surviving}]
    assert await rows(database, "SELECT client_id FROM return_visits WHERE case_id = $1", case) == [
        {"client_id": surviving}
    ]
    plans = await rows(database, "SELECT client_id, counted_from FROM contact_plans WHERE client_id = ANY($1)",
                       [surviving, merged])  # fmt: skip
    assert plans == [{"client_id": surviving, "counted_from": date(2026, 11, 19)}]
    await merge(surviving, merged, merger_id, undone=True)
    assert await rows(database, "SELECT client_id FROM mutes WHERE case_id = $1", case) == [{"client_id": merged}]
    plans = await rows(database, "SELECT client_id, counted_from FROM contact_plans WHERE client_id = ANY($1)",
                       [surviving, merged])  # fmt: skip
    assert {plan["client_id"]: plan["counted_from"] for plan in plans} == {
        surviving: date(2026, 11, 2), merged: date(2026, 11, 19),
    }  # fmt: skip


async def test_a_merged_client_is_never_planned_again(database, told, merge, tell) -> None:
    surviving, merged = await told.register(band="ge_8m"), await told.register(band="ge_8m")
    await merge(surviving, merged, uuid4())
    await tell(
        lambda tx, fact, *, now: consumers.copy_holdings(tx, [fact], now=now), consumers.HoldingsChanged,
        client_id=merged, asset_band="ge_8m",
    )  # fmt: skip
    assert await rows(database, "SELECT FROM contact_plans WHERE client_id = $1", merged) == []


async def test_a_merger_may_be_heard_before_the_survivor(database, told, merge) -> None:
    merged, surviving = await told.register(band="ge_8m"), uuid4()
    case = await told.complain(merged)
    await merge(surviving, merged, uuid4())
    assert await rows(database, "SELECT client_id FROM mutes WHERE case_id = $1", case) == [{"client_id": surviving}]


async def test_a_dead_client_has_no_plan(database, told, tell) -> None:
    client = await told.register(band="ge_8m")
    await tell(consumers.stop_contacting, consumers.ClientDied, client_id=client)
    await told.consent(client, wish="monthly")
    assert await rows(database, "SELECT FROM contact_plans WHERE client_id = $1", client) == []


@pytest.mark.requirement("CR-18")
async def test_a_revoked_client_is_no_member_any_more_and_keeps_his_cadence(database, told, tell) -> None:
    client = await told.register(band="ge_8m")
    async with database.transaction() as tx:
        await tx.connection.execute("UPDATE relationships SET card_level = 'head_office' WHERE client_id = $1", client)
    await tell(consumers.note_revocation, consumers.QualificationRevoked, client_id=client)
    assert (await rows(database, "SELECT card_level FROM relationships WHERE client_id = $1", client))[0] == {
        "card_level": "none"
    }
    assert len(await rows(database, "SELECT FROM contact_plans WHERE client_id = $1", client)) == 1
