"""What the engagement service keeps of the organisation follows it; a stand-in sees the absent manager's clients."""

from datetime import date, timedelta

import pytest
from chassis import work_items
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.scope import Scope
from engagement_service import consumers
from engagement_service.views import plans


@pytest.mark.requirement("XC-15")
async def test_a_stand_in_sees_the_absent_managers_plans_until_it_ends(database, told, now) -> None:
    client = await told.register(band="ge_8m", manager="staff:8001")
    until = now + timedelta(days=1)
    fact = consumers.DelegationChanged(
        event_id=new_id(), occurred_at=now, aggregate_version=1, delegation_id=new_id(), subject="staff:8001",
        stand_in="staff:8002", role="relationship_manager", reach="own", from_at=now, until_at=until,
    )  # fmt: skip
    async with database.transaction() as tx:
        await consumers.hear_delegation(tx, fact, now=now)

    async def seen(subject: str, at) -> list:
        async with database.reading() as tx:
            scope = Scope(own=subject, now=at)
            rows = await plans.due_plans(tx, until=date(2027, 12, 31), size=50, scope=scope)
        return [row["client_id"] for row in rows]

    assert await seen("staff:8001", now) == [client]
    assert await seen("staff:8002", now) == [client]
    assert await seen("staff:8002", until) == []
    assert await seen("staff:8003", now) == []


@pytest.mark.requirement("XC-1", "XC-3")
async def test_work_asked_for_at_a_unit_follows_it_when_it_moves(database, now) -> None:
    unit_id = new_id()
    for version, path in ((1, "/hq/bj/x-1/"), (2, "/hq/sh/x-1/")):
        fact = consumers.OrgUnitChanged(
            event_id=new_id(), occurred_at=now, aggregate_version=version, unit_id=unit_id, path=path, kind="outlet",
            code="x-1", active=True,
        )  # fmt: skip
        async with database.transaction() as tx:
            await consumers.copy_unit(tx, fact, now=now)
            if version == 1:
                await work_items.add(
                    tx, kind="k", rule="EN-1", text="t", client_id=None, subject_id=unit_id, owner=None,
                    owner_role="outlet_head", unit_id=unit_id, unit_path=path, due_at=None, now=now,
                )  # fmt: skip
    async with database.reading() as tx:
        for place, count in (("/hq/sh/", 1), ("/hq/bj/", 0)):
            head = Principal("staff:1", (Grant("outlet_head", place, "unit"),))
            assert len(await work_items.list_mine(tx, head)) == count
