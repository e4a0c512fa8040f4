"""What the complaint service keeps of the organisation follows it: paths after a move, stand-ins for absent handlers."""

from datetime import timedelta

import pytest
from chassis import work_items
from chassis.db import Database
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.migrating import migrate
from complaint_service import consumers
from complaint_service.app import SERVICE


@pytest.mark.requirement("XC-1", "XC-3")
async def test_work_asked_for_at_a_unit_follows_it_when_it_moves(postgres, told_in, field_cipher, bank, now) -> None:
    url = await postgres.fresh_database("complaint_service")
    await migrate(url, migrations=SERVICE.migrations, metadata=SERVICE.metadata)
    own = await Database.open(url, name="tests", cipher=field_cipher)
    told, unit_id = told_in(own), new_id()
    place = {"unit_id": unit_id, "parent_id": None, "kind": "outlet", "name_zh": "网点", "name_en": "Outlet"}
    await told.say(consumers.copy_unit, consumers.OrgUnitChanged, **place, path="/hq/bj/o_1/", active=True)
    async with own.transaction() as tx:
        await work_items.add(
            tx, kind="k", rule="CM-12", text="t", client_id=None, subject_id=unit_id, owner=None,
            owner_role="complaint_officer", unit_id=unit_id, unit_path="/hq/bj/o_1/", due_at=None, now=now,
        )  # fmt: skip
    await told.say(consumers.copy_unit, consumers.OrgUnitChanged, **place, path="/hq/sh/o_1/", active=True)
    async with own.reading() as tx:
        for path, count in (("/hq/sh/", 1), ("/hq/bj/", 0)):
            officer = Principal("staff:1", (Grant("complaint_officer", path, "unit"),))
            assert len(await work_items.list_mine(tx, officer)) == count
    await own.close()


@pytest.mark.requirement("XC-15")
async def test_an_absent_handlers_work_is_his_stand_ins_until_the_delegation_ends(database, bank, told, now) -> None:
    client_id = await told.client("mass")
    async with database.transaction() as tx:
        case = await bank.open(tx, client_id)
    handler, until = case.round.handler, now + timedelta(days=1)
    await told.say(
        consumers.hear_delegation, consumers.DelegationChanged, delegation_id=new_id(), subject=handler,
        stand_in="staff:7777", role=case.round.role, reach="unit", from_at=now, until_at=until,
    )  # fmt: skip
    stand_in = Principal("staff:7777")
    async with database.reading() as tx:
        mine = await work_items.list_mine(tx, stand_in, now=now, limit=200)
        assert case.id in [item.subject_id for item in mine]
        assert await work_items.list_mine(tx, stand_in, now=until) == []
