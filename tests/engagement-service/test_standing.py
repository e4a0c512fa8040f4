"""What the registry's findings mean for contact: value classes set floors, a fall foreseen asks for a talk."""

from datetime import UTC, date, datetime

import pytest
from chassis.ids import new_id
from chassis.query import prepare
from engagement_service import consumers
from engagement_service.tables import contact_plans
from sqlalchemy import bindparam, select, text

_PLAN = prepare(select(contact_plans).where(contact_plans.c.client_id == bindparam("client_id")))
_ITEMS = prepare(text("SELECT * FROM work_items WHERE client_id = :client_id ORDER BY id"))


async def classify(database, now, client, value: str) -> None:
    fact = consumers.ClientClassified(
        event_id=new_id(), occurred_at=now, aggregate_version=4, client_id=client, value_class=value
    )
    async with database.transaction() as tx:
        await consumers.copy_classes(tx, [fact], now=now)


@pytest.mark.requirement("EN-4", "EN-5", "EN-6")
@pytest.mark.parametrize(
    ("value", "rule", "latest"),
    [("high", "EN-4", date(2026, 11, 9)), ("mid", "EN-5", date(2026, 12, 2)), ("low", "EN-6", date(2027, 2, 2))],
)
async def test_the_value_class_sets_a_floor(database, told, now, value, rule, latest) -> None:
    client = await told.register(band="below")
    await classify(database, now, client, value)
    async with database.reading() as tx:
        plan = await tx.fetchrow(_PLAN, client_id=client)
    assert (plan["rule"], plan["latest_on"]) == (rule, latest)


@pytest.mark.requirement("EN-4", "EN-6")
async def test_of_two_floors_the_stricter_wins_and_a_later_class_takes_the_earlier_one_s_place(
    database, told, now
) -> None:
    client = await told.register(band="2m_8m")
    rules = []
    for value in ("low", "high", "low"):
        await classify(database, now, client, value)
        async with database.reading() as tx:
            rules.append((await tx.fetchrow(_PLAN, client_id=client))["rule"])
    assert rules == ["EN-2", "EN-4", "EN-2"]


async def foresee(database, now, client, falls_on: date) -> None:
    fact = consumers.DowngradeForeseen(
        event_id=new_id(), occurred_at=now, aggregate_version=5, client_id=client, days_left=9, falls_on=falls_on
    )
    async with database.transaction() as tx:
        await consumers.plan_shortfall_talk(tx, fact, now=now)


@pytest.mark.parametrize(
    ("falls_on", "due"),
    [(date(2027, 2, 20), datetime(2026, 12, 4, 2, tzinfo=UTC)), (date(2026, 11, 25), datetime(2026, 11, 24, 16, tzinfo=UTC))],
)  # fmt: skip
async def test_a_fall_that_is_foreseen_becomes_a_talk_of_the_manager_in_good_time(
    database, told, now, falls_on, due
) -> None:
    client, alone = await told.register(), await told.register(manager=None)
    await foresee(database, now, client, falls_on)
    await foresee(database, now, alone, falls_on)
    await foresee(database, now, new_id(), falls_on)
    async with database.reading() as tx:
        (item,) = await tx.fetch(_ITEMS, client_id=client)
        (other,) = await tx.fetch(_ITEMS, client_id=alone)
    assert (item["kind"], item["owner"], item["due_at"]) == ("standing.shortfall", "staff:10023", due)
    assert (other["owner"], other["owner_role"], other["unit_path"]) == (
        None, "wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/",
    )  # fmt: skip


async def test_whoever_passes_the_new_verification_need_not_be_talked_to(database, told, now) -> None:
    passed, failed = await told.register(), await told.register()
    for client in (passed, failed):
        await foresee(database, now, client, date(2027, 2, 20))
        fact = consumers.ClientReverified(
            event_id=new_id(), occurred_at=now, aggregate_version=6, client_id=client, passed=client == passed
        )
        async with database.transaction() as tx:
            await consumers.settle_shortfall(tx, fact, now=now)
    async with database.reading() as tx:
        states = [(await tx.fetch(_ITEMS, client_id=client))[0] for client in (passed, failed)]
    assert [(row["status"], row["result"]) for row in states] == [("done", "standard-met"), ("open", None)]
