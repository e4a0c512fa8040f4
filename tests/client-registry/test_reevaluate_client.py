"""One client decided again on event."""

from datetime import date
from uuid import uuid4

from client_registry.use_cases.reevaluate_client import reevaluate_client

TODAY = date(2026, 11, 22)


async def _reevaluate(bank, client_id):
    async with bank.database.transaction() as tx:
        return await reevaluate_client(tx, client_id, as_of=TODAY, now=bank.now)


async def test_one_client_is_decided_as_a_run_decides_and_nobody_else_is(bank) -> None:
    rich, same, other = await bank.add_clients(3)
    for client in (rich, same, other):
        await bank.rich(client, assets=2_100_000)
    followed = await _reevaluate(bank, rich)
    assert (followed.qualified, followed.tiers_up, followed.bands_moved) == (1, 1, 1)
    assert [fact["level"] for fact in await bank.said("ClientQualified")] == ["head_office"]
    assert (await bank.client(rich))["service_tier"] == "wealth"
    assert (await bank.client(other))["service_tier"] == "mass"
    await bank.evaluate()
    rows = await bank.rows(
        "SELECT client_id, deposit_avg_12m, level_met, tier_met, outcomes FROM qualification_decisions"
        " WHERE client_id = ANY($1) ORDER BY client_id, id",
        [rich, same],
    )
    alone, in_a_run = rows[0], rows[-1]
    assert alone["client_id"] == rich and in_a_run["client_id"] == same
    assert {**alone, "client_id": None} == {**in_a_run, "client_id": None}


async def test_again_without_a_change_says_nothing_new(bank) -> None:
    client = await bank.add_client()
    await bank.rich(client, assets=9_000_000)
    await _reevaluate(bank, client)
    before = await bank.row("SELECT count(*) AS n FROM outbox")
    followed = await _reevaluate(bank, client)
    assert (followed.qualified, followed.lapsed, followed.tiers_up, followed.tiers_down, followed.bands_moved) == (
        0,
    ) * 5
    assert await bank.row("SELECT count(*) AS n FROM outbox") == before


async def test_a_company_and_an_unknown_client_are_left_alone(bank) -> None:
    company = await bank.add_client(kind="corporate")
    await bank.rich(company)
    assert (await _reevaluate(bank, company)).qualified == 0
    assert (await _reevaluate(bank, uuid4())).qualified == 0
    assert await bank.rows("SELECT * FROM qualification_decisions") == []
