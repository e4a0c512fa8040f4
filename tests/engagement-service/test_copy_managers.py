"""A client's manager changes: his plan, his missed contact and what is to be done go to the new one."""

from datetime import timedelta

import pytest
from chassis import work_items
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from engagement_service import consumers, use_cases

OLD, NEW = "staff:10023", "staff:10024"


async def managed(database, now, *clients) -> None:
    facts = [
        consumers.RelationshipManagerAssigned(
            event_id=new_id(), occurred_at=now, aggregate_version=5, client_id=client, manager=NEW
        )
        for client in clients
    ]
    async with database.transaction() as tx:
        await consumers.copy_managers(tx, facts, now=now)


async def items_of(database, client):
    async with database.reading() as tx:
        return await tx.connection.fetch("SELECT * FROM work_items WHERE client_id = $1 ORDER BY id", client)


@pytest.mark.requirement("CR-44")
async def test_missed_contacts_and_plans_go_to_the_new_manager(database, told, now) -> None:
    mine, stays = await told.register(band="ge_8m", manager=OLD), await told.register(band="ge_8m", manager=OLD)
    async with database.transaction() as tx:
        while await use_cases.miss_contacts(tx, now=now + timedelta(days=30)):
            continue
    assert {item["owner"] for client in (mine, stays) for item in await items_of(database, client)} == {OLD}
    async with database.transaction() as tx:
        (missed,) = await items_of(database, mine)
        await work_items.acknowledge(
            tx, missed["id"], by=Principal(OLD, (Grant("relationship_manager", "/hq/", "own"),)), now=now
        )
    await managed(database, now, mine, new_id())
    (moved,) = await items_of(database, mine)
    assert (moved["owner"], moved["status"], moved["handed_over_by"]) == (NEW, "open", "system:engagement-service")
    assert [item["owner"] for item in await items_of(database, stays)] == [OLD]
