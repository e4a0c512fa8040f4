"""A client's manager changes: what there was to do about the client's cards goes to the new one."""

import pytest
from card_service import consumers
from chassis import work_items
from chassis.ids import new_id


@pytest.mark.requirement("CR-44")
async def test_open_work_about_a_client_goes_to_the_new_manager(house, clients) -> None:
    mine, stays, unheard = clients(3)

    async def told(manager: str, *client_ids) -> None:
        facts = [
            consumers.RelationshipManagerAssigned(
                **house.envelope(), client_id=client_id, manager=manager, unit_id=house.units["centre"]
            )
            for client_id in client_ids
        ]
        async with house.database.transaction() as tx:
            await consumers.hear_managers(tx, facts, now=house.now)

    await told("staff:77", mine, stays)
    async with house.database.transaction() as tx:
        items = {
            client_id: await work_items.add(
                tx, kind="card.fetch", rule="CS-10", text="card.fetch", client_id=client_id, subject_id=new_id(),
                owner="staff:77", owner_role=None, unit_id=None, due_at=None, now=house.now,
            )
            for client_id in (mine, stays)
        }  # fmt: skip
        done = await work_items.add(
            tx, kind="card.fetch", rule="CS-10", text="card.fetch", client_id=mine, subject_id=new_id(),
            owner="staff:77", owner_role=None, unit_id=None, due_at=None, now=house.now,
        )  # fmt: skip
        await tx.connection.execute("UPDATE work_items SET status = 'done' WHERE id = $1", done)
    await told("staff:78", mine, unheard)
    async with house.database.reading() as tx:
        rows = await tx.connection.fetch("SELECT id, owner FROM work_items WHERE kind = 'card.fetch'")
        known = await tx.connection.fetch("SELECT manager FROM clients WHERE client_id = $1", unheard)
    assert {row["id"]: row["owner"] for row in rows} == {
        items[mine]: "staff:78", items[stays]: "staff:77", done: "staff:77",
    }  # fmt: skip
    assert [row["manager"] for row in known] == ["staff:78"]
