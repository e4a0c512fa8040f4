"""What is delivered under a merged number counts for the surviving client; after a reversal each has his own again."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from chassis.identity import Grant, Principal
from client_registry.consumers import MonthlyFiguresDelivered, take_month
from client_registry.store.figures import delivered
from client_registry.use_cases.reevaluate_clients import reevaluate_clients

SYSTEM = Principal("staff:core", (Grant("integration", "/hq/", "unit"),))
LAST = date(2026, 10, 1)


@pytest.fixture
async def pair(bank, call, person) -> tuple[UUID, UUID, str]:
    """Two files, the second merged into the first; and the merger's path."""
    kept, gone = await bank.add_clients(2, manager="staff:1001")
    body = {"surviving_client_id": str(kept), "merged_client_id": str(gone), "reason": "同一人重复建档"}
    proposed = await call(person("1008"), "POST", "/v1/client-mergers", body=body)
    path = f"/v1/client-mergers/{proposed.json()['merger_id']}"
    assert (await call(person("1004"), "POST", f"{path}/approvals")).status_code == 201
    bank.now += timedelta(minutes=1)
    return kept, gone, path


async def deliver(bank, call, no: str, *rows: dict[str, Any]) -> dict[str, Any]:
    body = {"source": "core", "delivery_no": no, "rows": [{"month": "2026-10", **row} for row in rows]}
    answer = await call(SYSTEM, "POST", "/v1/figure-deliveries", body=body)
    assert answer.status_code == 201, answer.text
    bank.now += timedelta(minutes=1)
    return answer.json()


async def number(bank, client: UUID) -> str:
    return str((await bank.client(client))["client_no"])


async def assets(bank, client: UUID) -> Decimal | None:
    """The assets known now, as a decision reads them."""
    async with bank.database.reading() as tx:
        known = await delivered(tx, client, as_of=bank.now.date(), cut_off_at=bank.now, client_since_on=None)
    return known.months[LAST].assets if LAST in known.months else None


async def test_figures_delivered_under_either_number_are_added_up_for_the_survivor(bank, call, pair) -> None:
    kept, gone, _ = pair
    told = await deliver(
        bank, call, "D1", {"client_no": await number(bank, gone), "assets": "500.00"},
        {"client_no": await number(bank, kept), "assets": "300.00"},
    )  # fmt: skip
    assert told["clients_changed"] == 1
    assert await assets(bank, kept) == 800
    await deliver(bank, call, "D2", {"client_id": str(gone), "assets": "700.00"})
    assert await assets(bank, kept) == 1000
    marked = await bank.rows("SELECT subject_id FROM due_work WHERE kind = 'client.figures-changed'")
    assert [row["subject_id"] for row in marked] == [kept]
    async with bank.database.transaction() as tx:
        await reevaluate_clients(tx, [kept], now=bank.now)
    decided = await bank.rows("SELECT client_id, assets FROM qualification_decisions WHERE cut_off_at = $1", bank.now)
    assert decided == [{"client_id": kept, "assets": Decimal(1000)}]


async def test_figures_on_the_topic_under_a_merged_number_are_the_survivors(bank, pair) -> None:
    kept, gone, _ = pair
    fact = MonthlyFiguresDelivered.model_validate(
        {
            "event_id": str(UUID(int=1)), "occurred_at": bank.now.isoformat(), "aggregate_version": 1,
            "source": "core", "delivery_no": "K1", "client_no": await number(bank, gone), "month": "2026-10",
            "currency": "CNY", "assets": "42.00",
            "holdings": [{"product_code": "TD-1", "kind": "time_deposit", "matures_on": "2027-01-31"}],
        }
    )  # fmt: skip
    async with bank.database.transaction() as tx:
        await take_month(tx, fact, now=bank.now)
    assert await assets(bank, kept) == 42
    held = await bank.rows("SELECT client_id, holdings -> 0 ->> 'product_code' AS code FROM client_holdings")
    assert held == [{"client_id": kept, "code": "TD-1"}]


async def test_after_the_reversal_each_file_has_what_was_delivered_under_its_number(bank, call, person, pair) -> None:
    kept, gone, path = pair
    await deliver(
        bank, call, "D1", {"client_id": str(gone), "assets": "500.00", "deposit_average": "50.00",
                           "holdings": [{"product_code": "FD-1", "kind": "fund"}]},
        {"client_id": str(kept), "assets": "300.00"},
    )  # fmt: skip
    before = bank.now
    bank.now += timedelta(minutes=1)
    assert (await call(person("1010"), "POST", f"{path}/reversals")).status_code == 201
    bank.now += timedelta(minutes=1)
    assert (await assets(bank, kept), await assets(bank, gone)) == (300, 500)
    held = await bank.rows("SELECT client_id, jsonb_array_length(holdings) AS n FROM client_holdings")
    assert {row["client_id"]: row["n"] for row in held} == {kept: 0, gone: 1}
    # Nothing that only the other one's number delivered is left with the survivor; as then it counted.
    async with bank.database.reading() as tx:
        now, then = [
            await delivered(tx, kept, as_of=bank.now.date(), cut_off_at=moment, client_since_on=None)
            for moment in (bank.now, before)
        ]
    assert (now.months[LAST].deposit_average, then.months[LAST].deposit_average) == (None, Decimal(50))
    assert then.months[LAST].assets == 800
    await deliver(bank, call, "D2", {"client_no": await number(bank, gone), "assets": "600.00"})
    assert (await assets(bank, kept), await assets(bank, gone)) == (300, 600)


async def test_loans_under_both_numbers_are_one_persons_loans(bank, call, pair) -> None:
    kept, gone, _ = pair
    loan = {"product": "mortgage", "personal": True, "overdue_days_max": 0, "overdue_days_open": 0}
    await deliver(
        bank, call, "D1", {"client_id": str(gone), "loans": [{**loan, "loan_no": "A", "outstanding": "400.00"}]},
        {"client_id": str(kept), "loans": [{**loan, "loan_no": "B", "outstanding": "600.00", "overdue_days_max": 12}]},
    )  # fmt: skip
    async with bank.database.reading() as tx:
        known = await delivered(tx, kept, as_of=bank.now.date(), cut_off_at=bank.now, client_since_on=None)
    assert (known.loans[LAST].outstanding, known.loans[LAST].overdue_days_max) == (1000, 12)


async def test_a_merged_number_is_known_only_where_the_survivor_is_in_scope(bank, call, person, pair) -> None:
    _, gone, _ = pair
    elsewhere = Principal("staff:9", (Grant("data_steward", "/hq/sh/", "unit"),))
    body = {
        "source": "core",
        "delivery_no": "D1",
        "rows": [{"month": "2026-10", "client_id": str(gone), "assets": "1"}],
    }
    answer = await call(elsewhere, "POST", "/v1/figure-deliveries", body=body)
    assert [error["code"] for error in answer.json()["errors"]] == ["figures.client-unknown"]
