"""What is not done in time goes before the next layer, once each, and further up when that layer is late too."""

import importlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis import work_items
from chassis.db import Database
from chassis.identity import Grant, Principal
from chassis.overdue import KIND, Escalation, escalate_overdue
from chassis.process import with_housekeeping
from vip.places import SERVICES

from tests.chassis.conftest import NOON

CENTRE = "/hq/bj/bj-01/"
LADDER = Escalation(people_to="centre_head", above="client_section")
WANG = Principal("staff:1")


async def an_item(database: Database, **said: Any) -> UUID:
    item: dict[str, Any] = {
        "kind": "call-client", "rule": "EN-1", "text": "call-client", "client_id": uuid4(), "subject_id": uuid4(),
        "owner": "staff:1", "owner_role": None, "unit_id": uuid4(), "unit_path": CENTRE, "due_at": NOON,
    }  # fmt: skip
    async with database.transaction() as tx:
        return await work_items.add(tx, **{**item, **said}, now=NOON)


async def escalate(database: Database, now: datetime) -> int:
    async with database.transaction() as tx:
        return await escalate_overdue(tx, LADDER, now=now)


async def raised(database: Database, subject: UUID) -> dict[str, Any]:
    async with database.reading() as tx:
        row = await tx.connection.fetchrow(
            "SELECT * FROM work_items WHERE subject_id = $1 AND kind = $2", subject, KIND
        )
        return {} if row is None else dict(row)


@pytest.mark.requirement("XC-2")
async def test_an_overdue_item_climbs_layer_by_layer_once_each(database: Database) -> None:
    item = await an_item(database)
    assert await escalate(database, NOON + timedelta(days=1)) == 0  # to the very second it is not late yet
    late = NOON + timedelta(days=1, seconds=1)
    assert (await escalate(database, late), await escalate(database, late)) == (1, 0)
    first = await raised(database, item)
    assert (first["owner_role"], first["unit_path"], first["rule"], first["due_at"]) == (
        "centre_head", CENTRE, "EN-1", late + timedelta(days=2),
    )  # fmt: skip
    head = Principal("staff:9", (Grant("centre_head", CENTRE, "unit"),))
    async with database.reading() as tx:
        assert [each.id for each in await work_items.list_mine(tx, head)] == [first["id"]]
    subject, places = first["id"], []
    for step in range(1, 4):
        await escalate(database, late + timedelta(days=4 * step))
        layer = await raised(database, subject)
        if not layer:
            break
        places.append((layer["owner_role"], layer["unit_path"]))
        subject = layer["id"]
    assert places == [("client_section", "/hq/bj/"), ("client_section", "/hq/")]  # above head office there is nobody


async def test_a_roles_item_climbs_at_once_and_a_taken_one_of_the_heads_too(database: Database) -> None:
    roles = await an_item(database, owner=None, owner_role="centre_head")
    taken = await an_item(database, owner="staff:9", owner_role="centre_head")
    tellers = await an_item(database, owner="staff:8", owner_role="teller")
    assert await escalate(database, NOON + timedelta(days=2)) == 3
    assert (await raised(database, roles))["unit_path"] == "/hq/bj/"
    assert (await raised(database, taken))["owner_role"] == "client_section"
    assert (await raised(database, tellers))["owner_role"] == "centre_head"


async def test_what_is_done_in_time_or_stands_nowhere_climbs_not(database: Database) -> None:
    done = await an_item(database)
    async with database.transaction() as tx:
        await work_items.complete(tx, done, by=WANG, result="reached", now=NOON)
    await an_item(database, due_at=None)
    await an_item(database, unit_id=None, unit_path=None)
    assert await escalate(database, NOON + timedelta(days=9)) == 0


async def test_what_was_raised_ends_with_the_item_below(database: Database) -> None:
    item = await an_item(database)
    late = NOON + timedelta(days=2)
    await escalate(database, late)
    async with database.transaction() as tx:
        await work_items.complete(tx, item, by=WANG, result="reached", now=late)
    await escalate(database, late + timedelta(hours=1))
    ended = await raised(database, item)
    assert (ended["status"], ended["result"], ended["completed_by"]) == ("done", "done-below", "staff:1")


def test_the_services_that_keep_managers_and_stock_have_a_next_layer() -> None:
    jobs = {
        name: set(with_housekeeping(importlib.import_module(f"{package}.app").SERVICE).sweeps)
        for name, package in SERVICES.items()
    }
    assert {name for name, kinds in jobs.items() if "recurring:escalate-overdue-work" in kinds} == {
        "client-registry", "card-service", "engagement-service",  # complaints climb by their own clocks (CM-3)
    }  # fmt: skip
