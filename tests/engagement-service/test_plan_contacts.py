"""Plans follow what the registry says, in one statement a batch."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from chassis.ids import new_id
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope
from engagement_service import consumers, use_cases
from engagement_service.tables import contact_plans
from engagement_service.views import plans
from sqlalchemy import bindparam, select

EVERYWHERE = Scope(paths=["/%"])
_PLAN = prepare(select(contact_plans).where(contact_plans.c.client_id == bindparam("client_id")))


async def plan_of(database, client_id):
    async with database.reading() as tx:
        return await tx.fetchrow(_PLAN, client_id=client_id)


@pytest.mark.requirement("EN-1", "EN-2")
@pytest.mark.parametrize(("band", "latest"), [("ge_8m", date(2026, 11, 9)), ("2m_8m", date(2026, 11, 16))])
async def test_a_new_client_is_planned_by_his_asset_band(database, told, band, latest) -> None:
    plan = await plan_of(database, await told.register(band=band))
    assert (plan["latest_on"], plan["plan_on"]) == (latest, date(2026, 11, 20))


async def test_a_client_below_every_floor_has_no_plan(database, told) -> None:
    assert await plan_of(database, await told.register(band="below")) is None


@pytest.mark.requirement("EN-7")
async def test_a_wish_makes_a_plan_where_no_floor_does(database, told) -> None:
    client = await told.register(band="below")
    await told.consent(client, wish="monthly")
    plan = await plan_of(database, client)
    assert (plan["rule"], plan["latest_on"]) == ("EN-7", date(2026, 12, 2))


async def test_a_fall_in_assets_takes_the_plan_away(database, told, now) -> None:
    client = await told.register(band="ge_8m")
    fact = consumers.HoldingsChanged(
        event_id=new_id(), occurred_at=now, aggregate_version=3, client_id=client, asset_band="below"
    )
    async with database.transaction() as tx:
        await consumers.copy_holdings(tx, [fact], now=now)
    assert await plan_of(database, client) is None


async def test_a_new_calendar_plans_everybody_again(database, told, now) -> None:
    client = await told.register(band="ge_8m")
    async with database.transaction() as tx:
        await use_cases.adopt_calendar(
            tx, version=2, off_days=[date(2026, 11, 20)], work_days=[date(2026, 11, 21)], noticed_years=[2026], now=now
        )
        last = UUID(int=0)
        while last is not None:
            last = await use_cases.replan_range(tx, last, now=now)
        plan = await tx.fetchrow(_PLAN, client_id=client)
        assert (plan["plan_on"], plan["calendar_version"]) == (date(2026, 11, 21), 2)
        await tx.connection.execute("DELETE FROM working_calendars WHERE version = 2")


@pytest.mark.requirement("EN-13")
async def test_a_missed_contact_is_said_once(database, told) -> None:
    client = await told.register(band="ge_8m")
    later = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    async with database.transaction() as tx:
        while await use_cases.miss_contacts(tx, now=later):
            pass
        assert await use_cases.miss_contacts(tx, now=later) == 0
        said = await tx.connection.fetch(
            "SELECT data FROM outbox WHERE type = 'ContactMissed' AND key = $1", str(client)
        )
        items = await tx.connection.fetch("SELECT owner, rule FROM work_items WHERE subject_id = $1", client)
    assert [row["data"]["latest_on"] for row in said] == ["2026-11-09"]
    assert [(row["owner"], row["rule"]) for row in items] == [("staff:10023", "EN-1")]


async def test_another_units_client_and_an_unknown_one_answer_alike(database, told) -> None:
    client = await told.register(band="ge_8m")
    async with database.reading() as tx:
        seen = await plans.contact_plan(tx, client, scope=Scope(paths=["/hq/bj/%"]))
        assert seen["rule"] == "EN-1"
        for client_id, scope in ((client, Scope(paths=["/hq/sh/%"])), (new_id(), EVERYWHERE)):
            with pytest.raises(NotFound):
                await plans.contact_plan(tx, client_id, scope=scope)


async def test_the_days_list_holds_the_managers_own_clients_in_order(database, told) -> None:
    mine = [await told.register(band=band, manager="staff:777") for band in ("ge_8m", "2m_8m")]
    await told.register(band="ge_8m", manager="staff:778")
    async with database.reading() as tx:
        rows = await plans.due_plans(tx, until=date(2026, 12, 31), size=10, scope=Scope(own="staff:777"))
    assert {row["client_id"] for row in rows} == set(mine)
    assert [row["plan_on"] for row in rows] == sorted(row["plan_on"] for row in rows)
