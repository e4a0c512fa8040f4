"""What the card service keeps of the organisation follows it: paths after a move, stand-ins while somebody is absent."""

from datetime import timedelta

import pytest
from card_service import consumers
from chassis import work_items
from chassis.identity import Grant, Principal
from chassis.ids import new_id

OLD, NEW = "/hq/bj/bj-01/bj-01-c1/", "/hq/sh/bj-01-c1/"


async def moved(house) -> None:
    fact = consumers.OrgUnitChanged(
        event_id=new_id(), occurred_at=house.now, aggregate_version=2, unit_id=house.units["centre"],
        kind="wealth_centre", code="centre", path=NEW, name_zh="机构", name_en="Unit", branch_code=None, active=True,
    )  # fmt: skip
    async with house.database.transaction() as tx:
        await consumers.hear_units(tx, [fact], now=house.now)


@pytest.mark.requirement("XC-1", "XC-3")
async def test_work_and_reservations_follow_a_unit_that_moved(house) -> None:
    async with house.database.transaction() as tx:
        for path in (OLD, "/hq/bj/bj-01/"):
            await work_items.add(
                tx, kind="k", rule="CS-13", text="t", client_id=None, subject_id=new_id(), owner=None,
                owner_role="card_keeper", unit_id=house.units["centre"], unit_path=path, due_at=None, now=house.now,
            )  # fmt: skip
    await moved(house)
    async with house.database.reading() as tx:
        rows = await tx.connection.fetch("SELECT unit_path FROM work_items ORDER BY unit_path")
        here = await work_items.list_mine(tx, Principal("staff:1", (Grant("card_keeper", "/hq/sh/", "unit"),)))
    assert [row["unit_path"] for row in rows] == ["/hq/bj/bj-01/", NEW]
    assert len(here) == 1


@pytest.mark.requirement("XC-15")
async def test_an_absent_keepers_items_are_his_stand_ins_until_it_ends(house) -> None:
    until = house.now + timedelta(hours=1)
    fact = consumers.DelegationChanged(
        event_id=new_id(), occurred_at=house.now, aggregate_version=1, delegation_id=new_id(), subject="staff:1001",
        stand_in="staff:1005", role="card_keeper", reach="unit", from_at=house.now, until_at=until,
    )  # fmt: skip
    async with house.database.transaction() as tx:
        await consumers.hear_delegation(tx, fact, now=house.now)
        item = await work_items.add(
            tx, kind="k", rule="CS-13", text="t", client_id=None, subject_id=new_id(), owner="staff:1001", owner_role=None,
            unit_id=None, due_at=None, now=house.now,
        )  # fmt: skip
    stand_in = Principal("staff:1005")
    async with house.database.transaction() as tx:
        assert [one.id for one in await work_items.list_mine(tx, stand_in, now=house.now)] == [item]
        assert await work_items.list_mine(tx, stand_in, now=until) == []
        ended = fact.model_copy(update={"until_at": house.now})
        await consumers.hear_delegation(tx, ended, now=house.now)
        assert await work_items.list_mine(tx, stand_in, now=house.now) == []
        assert len(await work_items.list_mine(tx, Principal("staff:1001"), now=house.now)) == 1
