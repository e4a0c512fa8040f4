"""Which products a client holds, as events of accounts and month-end statements tell it, in whatever order they come."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from client_registry.domain.bank_reports import AccountEventKind, RiskEventKind
from client_registry.store import circumstances, held_products
from client_registry.use_cases.record_account_event import AccountEvent, record_account_event
from client_registry.use_cases.record_risk_event import RiskEvent, record_risk_event
from client_registry.use_cases.reevaluate_clients import reevaluate_clients

CARD = "boc-wealth-card"
MARK = "SELECT subject_id FROM due_work WHERE kind = 'client.figures-changed'"


async def happen(bank, client: UUID, kind: str, on: date, **wanted: Any) -> None:
    number = (await bank.client(client))["client_no"]
    event = AccountEvent(
        source="core", report_no=f"{kind}{on}{wanted.pop('no', '')}", client_no=number, kind=AccountEventKind(kind),
        product_code=CARD, product_kind="other", occurred_on=on, **wanted,
    )  # fmt: skip
    async with bank.database.transaction() as tx:
        await record_account_event(tx, event, now=bank.now)


async def held_on(bank, client: UUID, day: date, *, window: int = 0) -> list[tuple[str, date | None]]:
    async with bank.database.reading() as tx:
        known = await circumstances.known(tx, client, as_of=day, cut_off_at=bank.now)
    return [(each.product_code, each.since_on) for each in known.holdings[window]]


async def state(bank, client: UUID, month: date, holdings: list[dict[str, Any]]) -> list[UUID]:
    """A month-end statement of everything held, as a delivery of figures brings it."""
    async with bank.database.transaction() as tx:
        await tx.connection.execute(
            "INSERT INTO source_figures (client_id, month, source, currency, known_at, delivery_id, holdings)"
            " VALUES ($1, $2, 'core', 'CNY', $3, $4, $5)",
            client, month, bank.now, UUID(int=1), holdings,
        )  # fmt: skip
        return await held_products.note_stated(tx, [(client, month)], now=bank.now)


@pytest.mark.requirement("CR-22")
async def test_a_card_that_is_opened_gives_its_tier_at_once_and_one_that_is_closed_takes_it_after_the_grace(
    bank,
) -> None:
    client = await bank.add_client()
    await bank.rich(client, assets=100)
    await happen(bank, client, "opened", date(2026, 11, 22))
    assert [row["subject_id"] for row in await bank.rows(MARK)] == [client]
    async with bank.database.transaction() as tx:
        await reevaluate_clients(tx, [client], now=bank.now)
    assert (await bank.client(client))["service_tier"] == "wealth"
    bank.now += timedelta(days=1)
    await happen(bank, client, "closed", date(2026, 11, 23))
    async with bank.database.transaction() as tx:
        await reevaluate_clients(tx, [client], now=bank.now)
    file = await bank.client(client)
    assert (file["service_tier"], file["tier_short_since_on"]) == ("wealth", date(2026, 11, 23))
    assert [fact["service_tier_to"] for fact in await bank.said("ClientUpgraded", client)] == ["wealth"]


async def test_opened_is_held_that_day_and_closed_is_not_held_that_day(bank) -> None:
    client = await bank.add_client()
    await happen(bank, client, "opened", date(2026, 10, 31))
    await happen(bank, client, "closed", date(2026, 11, 20))
    days = {
        day: bool(await held_on(bank, client, date(2026, *day))) for day in ((10, 30), (10, 31), (11, 19), (11, 20))
    }
    assert days == {(10, 30): False, (10, 31): True, (11, 19): True, (11, 20): False}
    assert await held_on(bank, client, date(2026, 11, 22), window=1) == [(CARD, date(2026, 10, 31))]
    assert await held_on(bank, client, date(2026, 10, 31), window=1) == []


async def test_events_in_the_wrong_order_and_twice_come_to_the_same(bank) -> None:
    client = await bank.add_client()
    await happen(bank, client, "closed", date(2026, 11, 10))
    await happen(bank, client, "opened", date(2026, 11, 20), opened_on=date(2026, 11, 1))
    await happen(bank, client, "opened", date(2026, 11, 20), opened_on=date(2026, 11, 1))
    assert await held_on(bank, client, date(2026, 11, 9)) == [(CARD, date(2026, 11, 1))]
    assert await held_on(bank, client, date(2026, 11, 22)) == []
    assert (await bank.row("SELECT count(*) AS n FROM held_products"))["n"] == 2


async def test_one_of_two_pieces_closed_leaves_the_product_held(bank) -> None:
    client = await bank.add_client()
    await happen(bank, client, "opened", date(2026, 3, 1))
    await happen(bank, client, "opened", date(2026, 6, 1))
    await happen(bank, client, "matured", date(2026, 11, 1), opened_on=date(2026, 3, 1))
    assert await held_on(bank, client, date(2026, 11, 22)) == [(CARD, date(2026, 3, 1))]
    await happen(bank, client, "closed", date(2026, 11, 2))
    assert await held_on(bank, client, date(2026, 11, 22)) == []


async def test_a_statement_lists_all_that_is_held_at_its_month_end(bank) -> None:
    client = await bank.add_client()
    card, other = ({"product_code": code, "kind": "other"} for code in (CARD, "other-card"))
    assert await state(bank, client, date(2026, 8, 1), [{**card, "opened_on": "2026-05-05"}]) == [client]
    assert await held_on(bank, client, date(2026, 5, 4)) == []
    assert await held_on(bank, client, date(2026, 5, 5)) == [(CARD, date(2026, 5, 5))]
    bank.now += timedelta(minutes=1)
    # The same again says nothing; what is not listed any more is not held at that month-end.
    assert await state(bank, client, date(2026, 9, 1), [{**card, "opened_on": "2026-05-05"}]) == []
    bank.now += timedelta(minutes=1)
    assert await state(bank, client, date(2026, 10, 1), [other]) == [client]
    assert await held_on(bank, client, date(2026, 10, 30)) == [(CARD, date(2026, 5, 5))]
    assert await held_on(bank, client, date(2026, 10, 31)) == [("other-card", date(2026, 10, 31))]
    bank.now += timedelta(minutes=1)
    # A correction of the older month is known later, and the younger statement still stands.
    assert await state(bank, client, date(2026, 9, 1), []) == [client]
    assert await held_on(bank, client, date(2026, 9, 29)) == [(CARD, date(2026, 5, 5))]
    assert await held_on(bank, client, date(2026, 9, 30)) == []
    assert await held_on(bank, client, date(2026, 10, 31)) == [("other-card", date(2026, 10, 31))]


async def test_a_delivery_of_holdings_marks_whose_products_changed(bank, call, person) -> None:
    client = await bank.add_client()
    row = {"client_id": str(client), "month": "2026-10", "currency": "CNY",
           "holdings": [{"product_code": CARD, "kind": "other", "opened_on": "2026-10-02"}]}  # fmt: skip
    for number in ("D1", "D2"):
        body = {"source": "core", "delivery_no": number, "rows": [row]}
        answer = await call(person("1008"), "POST", "/v1/figure-deliveries", body=body)
        assert answer.status_code == 201, answer.text
    assert [marked["subject_id"] for marked in await bank.rows(MARK)] == [client]
    assert await held_on(bank, client, date(2026, 11, 22)) == [(CARD, date(2026, 10, 2))]
    assert (await bank.row("SELECT count(*) AS n FROM held_products"))["n"] == 1


async def test_a_risk_event_is_looked_at_at_once(bank) -> None:
    client = await bank.add_client()
    number = (await bank.client(client))["client_no"]
    event = RiskEvent(
        source="core", report_no="R1", client_no=number, kind=RiskEventKind.LOAN_OVERDUE, days_overdue=30,
        occurred_on=date(2026, 11, 20),
    )  # fmt: skip
    async with bank.database.transaction() as tx:
        await record_risk_event(tx, event, now=bank.now)
    assert [marked["subject_id"] for marked in await bank.rows(MARK)] == [client]


@pytest.mark.requirement("CR-22")
async def test_a_run_finds_who_opened_or_closed_a_card_and_nobody_else(bank) -> None:
    opened, closed, still, unasked = await bank.add_clients(4)
    for client in (opened, closed, still, unasked):
        await bank.rich(client)
    await bank.hold(closed, (CARD, date(2026, 1, 1), True))
    await bank.hold(still, (CARD, date(2026, 1, 1), True))
    await bank.evaluate()
    bank.now += timedelta(hours=1)
    await bank.hold(opened, (CARD, date(2026, 11, 22), True), known_at=bank.now)
    await bank.hold(closed, (CARD, date(2026, 11, 22), False), known_at=bank.now)
    await bank.hold(unasked, ("some-deposit", date(2026, 11, 22), True), known_at=bank.now)
    await bank.evaluate()
    rows = await bank.rows("SELECT client_id, count(*) AS n FROM qualification_decisions GROUP BY client_id")
    assert {row["client_id"]: row["n"] for row in rows} == {opened: 2, closed: 2, still: 1, unasked: 1}
    assert (await bank.client(opened))["service_tier"] == "wealth"
    assert (await bank.client(closed))["tier_short_since_on"] == date(2026, 11, 22)
