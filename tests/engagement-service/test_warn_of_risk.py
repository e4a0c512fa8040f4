"""A late payment is put before the manager at once."""

from uuid import UUID

import pytest
from chassis import work_items
from chassis.ids import new_id
from engagement_service import consumers


def risk(client_id: UUID, now, kind: str = "loan_overdue") -> consumers.RiskEventRecorded:
    return consumers.RiskEventRecorded(
        event_id=new_id(), occurred_at=now, aggregate_version=1, client_id=client_id, risk_event_id=new_id(), kind=kind
    )


@pytest.mark.requirement("EN-27")
@pytest.mark.parametrize(
    ("manager", "owner", "role"), [("staff:10023", "staff:10023", None), (None, None, "rm_supervisor")]
)
async def test_the_manager_is_reminded_at_once_or_his_supervisor(database, told, now, manager, owner, role) -> None:
    fact = risk(await told.register(manager=manager), now)
    async with database.transaction() as tx:
        await consumers.warn_of_risk(tx, fact, now=now)
        (item,) = await work_items.list_of_subject(tx, fact.risk_event_id)
    assert (item.owner, item.owner_role, item.rule, item.due_at) == (owner, role, "EN-27", now)


async def test_a_settled_debt_and_an_unknown_client_are_no_work(database, told, now) -> None:
    facts = [risk(await told.register(), now, "cured"), risk(new_id(), now)]
    for fact in facts:
        async with database.transaction() as tx:
            await consumers.warn_of_risk(tx, fact, now=now)
            assert await work_items.list_of_subject(tx, fact.risk_event_id) == []
