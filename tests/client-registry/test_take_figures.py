"""Figures delivered by other systems of the bank, over HTTP: taken whole, once, corrected by later rows."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from chassis.identity import Grant, Principal
from chassis.metrics import Metrics
from chassis.sweeper import Sweeper
from client_registry.jobs import sweeps

SYSTEM = Principal("staff:core", (Grant("integration", "/hq/", "unit"),))
LAST = date(2026, 10, 1)


async def deliver(call, rows: list[dict[str, Any]], *, by=SYSTEM, no: str = "D1", source: str = "core", **wanted: Any):
    return await call(
        by, "POST", "/v1/figure-deliveries", body={"source": source, "delivery_no": no, "rows": rows}, **wanted
    )


async def sweep(bank) -> None:
    await Sweeper(bank.database, sweeps, clock=lambda: bank.now, metrics=Metrics("client-registry")).sweep()


async def client_no(bank, client) -> str:
    return (await bank.client(client))["client_no"]


async def figures(bank, client, month: date = LAST) -> dict[str, Any]:
    rows = await bank.rows(
        "SELECT deposit_average, deposit_month_end, card_spend, assets FROM monthly_figures"
        " WHERE client_id = $1 AND month = $2 ORDER BY known_at DESC LIMIT 1",
        client, month,
    )  # fmt: skip
    return rows[0] if rows else {}


def errors(answer) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def rate(bank, currency: str, value: str, month: date = LAST) -> None:
    await bank.run(
        "INSERT INTO exchange_rates VALUES ($1, $2, $3, $4, 'safe', 'staff:1')",
        currency, month, bank.now - timedelta(days=10), Decimal(value),
    )  # fmt: skip


@pytest.mark.requirement("CR-7", "CR-9")
async def test_a_delivery_becomes_figures_and_the_client_is_decided_over(bank, call) -> None:
    client = await bank.add_client(since=date(2019, 1, 1))
    rows = [
        {
            "month": f"{2026 - (m > 10)}-{(m - 1) % 12 + 1:02d}", "client_no": await client_no(bank, client),
            "deposit_average": "500000.00", "card_purchases": "9000.00", "card_refunds": "500.00",
            "card_cash_advances": "70000.00", "card_fees": "300.00",
        }
        for m in range(1, 13)
    ]  # fmt: skip
    answer = await deliver(call, rows)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["rows_new"], told["rows_corrected"], told["clients_changed"]) == (12, 0, 1)
    assert (await figures(bank, client))["card_spend"] == Decimal("8500.00")
    await sweep(bank)
    (qualified,) = await bank.said("ClientQualified", client)
    assert (qualified["level"], qualified["criteria"]) == ("head_office", ["deposit", "card_spend"])


async def test_the_same_again_changes_nothing_and_another_content_under_the_number_is_refused(bank, call) -> None:
    client = await bank.add_client()
    row = {"month": "2026-10", "client_id": str(client), "assets": "900.00"}
    first = await deliver(call, [row])
    again = await deliver(call, [row])
    assert (first.status_code, again.status_code, again.json()["repeated"]) == (201, 200, True)
    assert again.json()["delivery_id"] == first.json()["delivery_id"]
    other = await deliver(call, [{**row, "assets": "901.00"}])
    assert (other.status_code, other.json()["code"]) == (409, "figures.delivery-number-taken")
    told = (await deliver(call, [row], no="D2")).json()
    assert (told["rows_unchanged"], told["clients_changed"]) == (1, 0)
    assert len(await bank.rows("SELECT month FROM monthly_figures")) == 1
    assert len(await bank.rows("SELECT month FROM source_figures")) == 1


async def test_a_correction_is_a_later_row_and_replaces_only_what_it_says(bank, call) -> None:
    client = await bank.add_client()
    row = {"month": "2026-10", "client_id": str(client)}
    await deliver(call, [{**row, "deposit_average": "100.00", "assets": "900.00"}])
    told = (await deliver(call, [{**row, "assets": "950.00"}], no="D2")).json()
    assert (told["rows_new"], told["rows_corrected"], told["clients_changed"]) == (0, 1, 1)
    rows = await bank.rows("SELECT assets, known_at FROM monthly_figures ORDER BY known_at")
    assert [row["assets"] for row in rows] == [Decimal(900), Decimal(950)]
    assert rows[0]["known_at"] < rows[1]["known_at"]
    assert (await figures(bank, client))["deposit_average"] == Decimal(100)


@pytest.mark.requirement("CR-7")
async def test_currencies_and_sources_are_added_up_at_the_month_ends_rate(bank, call) -> None:
    client = await bank.add_client()
    await rate(bank, "USD", "7.1")
    await rate(bank, "USD", "6.9", date(2026, 9, 1))
    row = {"client_id": str(client)}
    await deliver(
        call,
        [
            {**row, "month": "2026-10", "deposit_average": "1000.00", "assets": "10.00"},
            {**row, "month": "2026-10", "currency": "USD", "deposit_average": "100.00"},
            {**row, "month": "2026-09", "currency": "USD", "deposit_month_end": "100.00"},
        ],
    )
    await deliver(call, [{**row, "month": "2026-10", "deposit_month_end": "5.55"}], source="cards")
    assert await figures(bank, client) == {
        "deposit_average": Decimal("1715.55"), "deposit_month_end": Decimal("1715.55"), "card_spend": None,
        "assets": Decimal(10),
    }  # fmt: skip
    assert (await figures(bank, client, date(2026, 9, 1)))["deposit_month_end"] == Decimal(690)
    kept = await bank.row("SELECT deposit_average FROM source_figures WHERE currency = 'USD' AND month = $1", LAST)
    assert kept["deposit_average"] == Decimal(100)


def _loan(no: str, outstanding: str, *, personal: bool = True, longest: int | None = 0, now: int | None = 0) -> Mapping:
    return {
        "loan_no": no, "product": "mortgage", "personal": personal, "outstanding": outstanding,
        "overdue_days_max": longest, "overdue_days_open": now,
    }  # fmt: skip


@pytest.mark.requirement("CR-8")
@pytest.mark.parametrize(
    ("loans", "expected"),
    [
        ([_loan("A", "600000"), _loan("B", "400000"), _loan("C", "9000000", personal=False, longest=90)],
         (Decimal(1_000_000), 0, 0)),
        ([_loan("A", "600000", longest=29, now=5), _loan("B", "1", longest=3)], (Decimal(600_001), 29, 5)),
        ([_loan("A", "600000", longest=None), _loan("B", "1", longest=29)], (Decimal(600_001), None, 0)),
        ([_loan("A", "600000", longest=None), _loan("B", "1", longest=30)], (Decimal(600_001), 30, 0)),
        ([], (Decimal(0), 0, 0)),
    ],
)  # fmt: skip
async def test_personal_loans_make_one_loan_month(bank, call, loans, expected) -> None:
    client = await bank.add_client()
    answer = await deliver(call, [{"month": "2026-10", "client_id": str(client), "loans": loans}])
    assert answer.status_code == 201, answer.text
    row = await bank.row("SELECT outstanding, overdue_days_max, overdue_days_open FROM loan_months")
    assert tuple(row.values()) == expected


GOOD = {"month": "2026-10", "assets": "1.00"}
BAD = [
    ({"month": "2026-11"}, "/month", "figures.month-open"),
    ({"month": "2027-01"}, "/month", "figures.month-future"),
    ({"client_no": "KH-NOBODY", "client_id": None}, "/client_no", "figures.client-unknown"),
    ({"client_id": str(uuid4())}, "/client_id", "figures.client-unknown"),
    ({"client_no": "X"}, "/client_no", "figures.one-client"),
    ({"client_id": None}, "/client_no", "figures.one-client"),
    ({"currency": "XXQ"}, "/currency", "figures.currency-unknown"),
    ({"currency": "USD"}, "/currency", "figures.rate-missing"),
    ({"assets": None}, "", "figures.nothing-said"),
    ({"card_refunds": "-1.00"}, "/card_refunds", "figures.negative"),
    ({"assets": "1000000000000000"}, "/assets", "figures.too-large"),
    ({"loans": [_loan("A", "1"), _loan("A", "1")]}, "/loans/1/loan_no", "figures.loan-twice"),
    ({"loans": [_loan("A", "1", longest=1, now=2)]}, "/loans/0/overdue_days_open", "figures.overdue-contradicts"),
    ({"holdings": [{"product_code": "P", "kind": "fund", "opened_on": "2026-02-01", "matures_on": "2026-01-01"}]},
     "/holdings/0/matures_on", "figures.matures-before-opened"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "pointer", "code"), BAD, ids=[code for *_, code in BAD])
async def test_a_bad_row_is_named_and_nothing_of_the_delivery_is_done(bank, call, wrong, pointer, code) -> None:
    client, other = await bank.add_clients(2)
    rows = [{**GOOD, "client_id": str(other)}, {**GOOD, "client_id": str(client), **wrong}]
    answer = await deliver(call, rows)
    assert answer.status_code == 422
    assert errors(answer) == [(f"/rows/1{pointer}", code)]
    assert await bank.rows("SELECT * FROM monthly_figures") == []
    assert await bank.rows("SELECT * FROM figure_deliveries") == []
    zh = await deliver(call, rows, language="zh-CN")
    assert zh.json()["errors"][0]["detail"] != answer.json()["errors"][0]["detail"]


async def test_a_row_twice_and_every_fault_of_every_row_are_answered_at_once(bank, call) -> None:
    client = await bank.add_client()
    row = {**GOOD, "client_id": str(client)}
    answer = await deliver(call, [row, {**row, "assets": "2.00"}, {**row, "month": "2026-11", "currency": "QQQ"}])
    assert errors(answer) == [
        ("/rows/1", "figures.row-twice"), ("/rows/2/month", "figures.month-open"),
        ("/rows/2/currency", "figures.currency-unknown"),
    ]  # fmt: skip


async def test_too_many_rows_and_amounts_that_are_no_amounts_are_refused(bank, call) -> None:
    client = str(await bank.add_client())
    many = await deliver(call, [{**GOOD, "client_id": client}] * 1_001)
    assert many.status_code == 422
    for wrong in (1.5, "1e9", "12.34567", "NaN", ""):
        answer = await deliver(call, [{**GOOD, "client_id": client, "assets": wrong}])
        assert (answer.status_code, errors(answer)[0][0]) == (422, "/rows/0/assets"), wrong


async def test_a_data_steward_delivers_for_his_own_branch_only(bank, call, person) -> None:
    inside, outside = await bank.add_client(), await bank.add_client(home="sh-01-c1")
    assert (await deliver(call, [{**GOOD, "client_id": str(inside)}], by=person("1008"))).status_code == 201
    answer = await deliver(call, [{**GOOD, "client_id": str(outside)}], by=person("1008"), no="D2")
    assert errors(answer) == [("/rows/0/client_id", "figures.client-unknown")]
    assert (await deliver(call, [GOOD], by=person("1001"))).status_code == 403


@pytest.mark.requirement("CR-51", "CR-76")
async def test_holdings_are_told_when_they_change(bank, call) -> None:
    client = await bank.add_client()
    await bank.run("UPDATE clients SET asset_band = 'below' WHERE id = $1", client)
    deposit = {"product_code": "TD-12", "kind": "time_deposit", "opened_on": "2026-01-05", "matures_on": "2027-01-05",
               "yield_percent": "1.75"}  # fmt: skip
    row = {"month": "2026-10", "client_id": str(client)}
    await deliver(call, [{**row, "holdings": [deposit]}])
    await deliver(call, [{**row, "holdings": [deposit], "assets": "5.00"}], no="D2")
    await deliver(call, [{**row, "holdings": []}], no="D3")
    held, nothing = await bank.said("HoldingsChanged", client)
    assert (held["products"], held["asset_band"], held["as_of"]) == (["TD-12"], "below", "2026-10-31")
    assert held["holdings"] == [deposit]
    assert nothing["products"] == []
    await deliver(call, [{"month": "2026-09", "client_id": str(client), "holdings": [deposit]}], no="D4")
    assert len(await bank.said("HoldingsChanged", client)) == 2
