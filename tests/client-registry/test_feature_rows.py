"""A run decides over those alone who can come out otherwise than last time, and finds every one of them."""

from datetime import date, timedelta
from uuid import UUID

import client_registry.use_cases.evaluate_range as evaluate_range
import pytest


async def decisions(bank) -> dict[UUID, int]:
    rows = await bank.rows("SELECT client_id, count(*) AS n FROM qualification_decisions GROUP BY client_id")
    return {row["client_id"]: row["n"] for row in rows}


async def test_a_second_run_writes_decisions_only_where_something_changed(bank) -> None:
    changed, corrected, silent, grown = await bank.add_clients(4)
    for client in (changed, corrected, silent, grown):
        await bank.rich(client)
    await bank.evaluate()
    await bank.evaluate()
    assert await decisions(bank) == dict.fromkeys((changed, corrected, silent, grown), 1)
    bank.now += timedelta(hours=1)
    await bank.deliver(changed, 1, known_at=bank.now, assets=9_000_000)
    # Told with an older moment, and by hand: the row is stale all the same.
    await bank.deliver(grown, 3, known_at=bank.now - timedelta(days=2), deposit_average=700_000)
    # The same figure again is a row that changes nothing.
    await bank.deliver(corrected, 1, known_at=bank.now, deposit_average=600_000)
    result = await bank.evaluate()
    assert (result["evaluated"], result["tiers_up"]) == (4, 1)
    assert await decisions(bank) == {changed: 2, grown: 2, corrected: 1, silent: 1}


async def test_a_figure_known_after_the_cut_off_waits_for_the_next_run(bank) -> None:
    client = await bank.add_client()
    await bank.rich(client)
    await bank.deliver(client, 1, known_at=bank.now + timedelta(minutes=5), assets=9_000_000)
    await bank.evaluate()
    assert (await bank.client(client))["asset_band"] == "below"
    bank.now += timedelta(minutes=10)
    await bank.evaluate()
    assert (await bank.client(client))["asset_band"] == "ge_8m"
    assert await decisions(bank) == {client: 2}


async def test_a_new_month_other_standards_and_another_home_are_changes(bank) -> None:
    client = await bank.add_client()
    await bank.rich(client, deposit=250_000)
    await bank.evaluate()
    await bank.run("UPDATE clients SET home_unit_id = $2 WHERE id = $1", client, bank.units["sh-01-c1"])
    await bank.evaluate()
    assert (await decisions(bank))[client] == 2
    level = "SELECT level_met FROM qualification_decisions ORDER BY id DESC LIMIT 1"
    assert (await bank.row(level))["level_met"] == "none"
    await bank.evaluate(as_of=date(2026, 12, 1))
    assert (await decisions(bank))[client] == 3


async def test_what_somebody_else_made_of_the_standing_is_looked_at_again(bank) -> None:
    client = await bank.add_client()
    await bank.rich(client)
    await bank.evaluate()
    await bank.run("UPDATE qualifications SET status = 'lapsed' WHERE client_id = $1", client)
    await bank.evaluate()
    rows = await bank.rows("SELECT DISTINCT status FROM qualifications")
    assert rows == [{"status": "candidate"}]


@pytest.mark.parametrize("due", [1, 3, 7])
async def test_a_range_takes_no_more_due_clients_than_a_transaction_may(bank, monkeypatch, due) -> None:
    monkeypatch.setattr(evaluate_range, "DUE", due)
    clients = await bank.add_clients(7)
    for client in clients[::2]:
        await bank.rich(client)
    result = await bank.evaluate(size=5)
    assert result["evaluated"] == 7
    assert await decisions(bank) == dict.fromkeys(clients, 1)
    again = await bank.evaluate(size=5)
    assert (again["evaluated"], again["steps"]) == (7, 2)
