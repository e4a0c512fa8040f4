"""A client's manager changes: what the earlier one handled as such is the new one's, and nothing else moves."""

import pytest
from chassis import work_items
from chassis.ids import new_id
from complaint_service.domain.refusals import ClientNotKnown

OLD, NEW = "staff:2010", "staff:2011"


async def handled_by(database, case, handler: str, role: str) -> None:
    async with database.transaction() as tx:
        await tx.connection.execute(
            "UPDATE cases SET handler = $1, status = 'handling' WHERE id = $2", handler, case.id
        )
        await tx.connection.execute(
            "UPDATE rounds SET handler = $1, role = $2 WHERE case_id = $3 AND number = 1", handler, role, case.id
        )


async def opened(database, bank, client_id):
    async with database.transaction() as tx:
        return await bank.open(tx, client_id)


async def row(database, sql: str, *args):
    async with database.reading() as tx:
        return await tx.connection.fetchrow(sql, *args)


@pytest.mark.requirement("CR-44")
async def test_the_cases_and_the_work_of_the_earlier_manager_go_over(database, bank, told) -> None:
    client_id, other = await told.client("wealth"), await told.client("wealth")
    mine, others = await opened(database, bank, client_id), await opened(database, bank, other)
    for case in (mine, others):
        await handled_by(database, case, OLD, "relationship_manager")
    async with database.transaction() as tx:
        item = await work_items.add(
            tx, kind="complaint.tell", rule="CM-20", text="complaint.handle", client_id=client_id, subject_id=new_id(),
            owner=OLD, owner_role=None, unit_id=None, due_at=None, now=mine.opened_at,
        )  # fmt: skip
    await told.managed(client_id, NEW)
    assert (await row(database, "SELECT handler FROM cases WHERE id = $1", mine.id))["handler"] == NEW
    assert (await row(database, "SELECT handler FROM cases WHERE id = $1", others.id))["handler"] == OLD
    assert (await row(database, "SELECT owner FROM work_items WHERE id = $1", item))["owner"] == NEW
    asked = await row(
        database,
        "SELECT owner FROM work_items WHERE subject_id = $1 AND kind = 'complaint.handle' AND status <> 'done'", mine.id,
    )  # fmt: skip
    assert asked["owner"] == NEW
    said = await row(
        database, "SELECT data FROM outbox WHERE type = 'ComplaintAssigned' AND aggregate_id = $1 ORDER BY id DESC",
        str(mine.id),
    )  # fmt: skip
    assert (said["data"]["handler"], said["data"]["cause"]) == (NEW, "manager-changed")


async def test_what_somebody_handles_by_another_post_stays_his(database, bank, told) -> None:
    client_id = await told.client("wealth")
    case = await opened(database, bank, client_id)
    await handled_by(database, case, OLD, "outlet_deputy")
    await told.managed(client_id, NEW)
    assert (await row(database, "SELECT handler FROM cases WHERE id = $1", case.id))["handler"] == OLD


@pytest.mark.requirement("CM-27")
async def test_who_handled_an_earlier_round_does_not_get_the_next_one(database, bank, told) -> None:
    client_id = await told.client("wealth")
    case = await opened(database, bank, client_id)
    await handled_by(database, case, NEW, "relationship_manager")
    async with database.transaction() as tx:
        await tx.connection.execute(
            "INSERT INTO rounds (case_id, number, opened_at, role, unit_id, handler)"
            " SELECT case_id, 2, opened_at, role, unit_id, $1 FROM rounds WHERE case_id = $2",
            OLD, case.id,
        )  # fmt: skip
        await tx.connection.execute("UPDATE cases SET round = 2, handler = $1 WHERE id = $2", OLD, case.id)
    await told.managed(client_id, NEW)
    assert (await row(database, "SELECT handler FROM cases WHERE id = $1", case.id))["handler"] is None
    asked = await row(
        database, "SELECT owner, owner_role FROM work_items WHERE subject_id = $1 AND status <> 'done'", case.id
    )
    assert (asked["owner"], asked["owner_role"]) == (None, "relationship_manager")


async def test_news_of_an_unknown_client_is_not_swallowed(told) -> None:
    with pytest.raises(ClientNotKnown):
        await told.managed(new_id(), NEW)
