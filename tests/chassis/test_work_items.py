"""Work items: who sees one, who takes it on, who ends it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis import work_items
from chassis.db import Database
from chassis.identity import Grant, Principal
from chassis.refusals import NotFound
from chassis.work_items import WorkItemDone

from tests.chassis.conftest import NOON

OUTLET, BRANCH, OTHER = "/hq/bj/bj-01/", "/hq/bj/", "/hq/sh/"


def staff(number: int, *grants: Grant) -> Principal:
    return Principal(subject=f"staff:{number}", grants=grants)


WANG = staff(1)
TELLER = staff(2, Grant("card_keeper", OUTLET, "own"))
HEAD = staff(3, Grant("card_keeper", BRANCH, "unit"))
ELSEWHERE = staff(4, Grant("card_keeper", OTHER, "unit"))
BRANCH_ONLY = staff(5, Grant("card_keeper", BRANCH, "own"))


async def ask(database: Database, **said: Any) -> UUID:
    item: dict[str, Any] = {
        "kind": "count-shelf",
        "rule": "CS-21",
        "text": "count-shelf",
        "client_id": None,
        "subject_id": uuid4(),
        "owner": None,
        "owner_role": None,
        "unit_id": None,
        "due_at": NOON + timedelta(days=1),
    }
    async with database.transaction() as tx:
        return await work_items.add(tx, **{**item, **said}, now=NOON)


async def mine(database: Database, who: Principal) -> list[UUID]:
    async with database.reading() as tx:
        return [item.id for item in await work_items.list_mine(tx, who)]


async def test_an_item_is_seen_by_its_owner_or_by_its_role_at_its_place(database: Database) -> None:
    wangs = await ask(database, owner="staff:1")
    shelfs = await ask(database, owner_role="card_keeper", unit_id=uuid4(), unit_path=OUTLET)
    anyones = await ask(database, owner_role="card_keeper")
    assert await mine(database, WANG) == [wangs]
    assert await mine(database, TELLER) == [shelfs, anyones]
    assert await mine(database, HEAD) == [shelfs, anyones]
    assert await mine(database, BRANCH_ONLY) == [anyones]
    assert await mine(database, ELSEWHERE) == [anyones]


async def test_an_item_for_a_role_at_a_unit_needs_the_units_path(database: Database) -> None:
    with pytest.raises(ValueError, match="unit_path"):
        await ask(database, owner_role="card_keeper", unit_id=uuid4())
    with pytest.raises(ValueError, match="owner"):
        await ask(database)


async def test_who_acknowledges_an_item_has_it(database: Database) -> None:
    item = await ask(database, owner_role="card_keeper", unit_id=uuid4(), unit_path=OUTLET)
    async with database.transaction() as tx:
        taken = await work_items.acknowledge(tx, item, by=TELLER, now=NOON)
    assert (taken.status, taken.owner, taken.acknowledged_by, taken.version) == ("acknowledged", *["staff:2"] * 2, 2)
    assert await mine(database, HEAD) == [] and await mine(database, TELLER) == [item]


async def test_an_item_is_handed_over_and_open_again(database: Database) -> None:
    item = await ask(database, owner="staff:2")
    async with database.transaction() as tx:
        await work_items.acknowledge(tx, item, by=TELLER, now=NOON)
        handed = await work_items.hand_over(tx, item, by=TELLER, now=NOON, owner="staff:1")
    assert (handed.status, handed.owner, handed.handed_over_by) == ("open", "staff:1", "staff:2")
    assert handed.acknowledged_at is None
    assert await mine(database, TELLER) == [] and await mine(database, WANG) == [item]


async def test_a_done_item_is_gone_from_the_list_and_done_once(database: Database) -> None:
    item = await ask(database, owner="staff:1")
    async with database.transaction() as tx:
        done = await work_items.complete(tx, item, by=WANG, result="counted", now=NOON)
        assert (done.status, done.result, done.completed_by, done.completed_at) == ("done", "counted", "staff:1", NOON)
        with pytest.raises(WorkItemDone):
            await work_items.complete(tx, item, by=WANG, result="again", now=NOON)
        with pytest.raises(WorkItemDone):
            await work_items.acknowledge(tx, item, by=WANG, now=NOON)
    assert await mine(database, WANG) == []


async def test_anothers_item_and_an_unknown_one_answer_alike(database: Database) -> None:
    item = await ask(database, owner="staff:1")
    for unseen in (item, uuid4()):
        for who in (TELLER, HEAD):
            with pytest.raises(NotFound):
                async with database.transaction() as tx:
                    await work_items.complete(tx, unseen, by=who, result="x", now=NOON)


async def test_items_end_when_what_they_asked_for_has_happened(database: Database) -> None:
    subject = uuid4()
    await ask(database, owner="staff:1", subject_id=subject)
    other = await ask(database, owner="staff:1", subject_id=subject, kind="another")
    async with database.transaction() as tx:
        ended = await work_items.complete_for(
            tx, subject_id=subject, kind="count-shelf", by=WANG, result="counted", now=NOON
        )
        assert ended == 1
        assert [item.id for item in await work_items.list_of_subject(tx, subject)] == [other]


async def test_the_list_goes_on_after_an_id_and_asks_for_one_client(database: Database) -> None:
    client = uuid4()
    items = [await ask(database, owner="staff:1", client_id=client if n % 2 else None) for n in range(6)]
    async with database.reading() as tx:
        page = await work_items.list_mine(tx, WANG, limit=2, after=items[1])
        of_client = await work_items.list_mine(tx, WANG, client_id=client)
    assert [item.id for item in page] == items[2:4]
    assert [item.id for item in of_client] == items[1::2]
