"""A service away from home is followed by a contact of the client's own manager."""

from datetime import timedelta

import pytest
from chassis import work_items
from chassis.identity import Principal
from chassis.ids import new_id
from engagement_service import consumers, use_cases
from engagement_service.domain.contacts import Channel, Contact, Direction, Reason


async def hear(database, client, now, *, manager, due=True) -> None:
    fact = consumers.AwayServiceRecorded(
        event_id=new_id(), occurred_at=now, aggregate_version=1, client_id=client, manager=manager,
        follow_up_due_at=now + timedelta(hours=72) if due else None,
    )  # fmt: skip
    async with database.transaction() as tx:
        await consumers.ask_manager(tx, fact, now=now)


async def asked(database, client, manager) -> list[work_items.WorkItem]:
    async with database.reading() as tx:
        return await work_items.list_mine(tx, Principal(manager), client_id=client)


@pytest.mark.requirement("CR-99")
async def test_the_manager_is_asked_until_the_client_is_reached(database, told, now) -> None:
    client, manager = await told.register(), f"staff:{new_id().hex[:10]}"
    await hear(database, client, now, manager=manager)
    (item,) = await asked(database, client, manager)
    assert (item.kind, item.rule, item.due_at) == ("contact.after-away-service", "CR-99", now + timedelta(hours=72))
    for reached, left in ((False, 1), (True, 0)):
        contact = Contact(
            id=new_id(), client_id=client, by=manager, channel=Channel.PHONE, direction=Direction.OUTBOUND,
            reason=Reason.CADENCE, reached=reached, happened_at=now - timedelta(hours=1),
        )  # fmt: skip
        async with database.transaction() as tx:
            await use_cases.log_contact(tx, contact, memo=None, now=now)
        assert len(await asked(database, client, manager)) == left


async def test_without_a_manager_or_a_follow_up_nobody_is_asked(database, told, now) -> None:
    client, manager = await told.register(), f"staff:{new_id().hex[:10]}"
    await hear(database, client, now, manager=None)
    await hear(database, client, now, manager=manager, due=False)
    async with database.reading() as tx:
        assert await work_items.list_of_subject(tx, client) == []
    assert await asked(database, client, manager) == []
