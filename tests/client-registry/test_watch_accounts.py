"""A client's accounts watched (CR-51): events stand on the file, changes are measured against the client's own months."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from client_registry.domain.account_watch import DEFAULT, read_watch
from client_registry.use_cases.reevaluate_clients import reevaluate_clients


async def report(bank, client, kind: str, on: date) -> None:
    await bank.run(
        "INSERT INTO bank_reports (client_id, id, topic, source, report_no, kind, product_code, occurred_on, received_at)"
        " VALUES ($1, $2, $3, 'core', $4, $5, 'TD-12', $6, $7)",
        client, uuid4(), "risk" if kind == "loan_overdue" else "account", uuid4().hex, kind, on, bank.now,
    )  # fmt: skip


@pytest.mark.requirement("CR-51")
async def test_account_events_stand_on_the_file_the_newest_first(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    for day, kind in ((3, "opened"), (20, "large_outflow"), (20, "matured"), (9, "closed"), (21, "loan_overdue")):
        await report(bank, client, kind, date(2026, 11, day))
    path = f"/v1/clients/{client}/account-events"
    seen, cursor = [], None
    while True:
        params = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        answer = (await call(person("1001"), "GET", path, params=params)).json()
        seen += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert [each["occurred_on"][-2:] for each in seen] == ["20", "20", "09", "03"]
    assert {each["kind"] for each in seen[:2]} == {"large_outflow", "matured"}
    assert seen[-1]["label"] == {"en": "A product was opened.", "zh": "新开立产品或账户。"}
    assert (await call(person("2001"), "GET", path)).status_code == 404
    assert (await call(person("1006"), "GET", path)).status_code == 403


@pytest.mark.requirement("CR-51")
@pytest.mark.parametrize(
    ("last", "found"),
    [
        ("140000.01", []), ("140000", [("deposit-down", 30)]), ("0", [("deposit-down", 100)]),
        ("299999.99", []), ("300000", [("deposit-up", 50)]), (None, []),
    ],
)  # fmt: skip
async def test_a_change_counts_from_both_its_bounds_on(bank, call, person, last, found) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.deliver(client, range(2, 13), deposit_month_end=200_000, card_spend=0)
    if last is not None:
        await bank.deliver(client, 1, deposit_month_end=last, card_spend=0)
    answer = (await call(person("1001"), "GET", f"/v1/clients/{client}/account-changes")).json()
    assert [(each["code"], each["percent"]) for each in answer["changes"]] == found
    if found:
        assert (answer["changes"][0]["month"], answer["changes"][0]["usual"]["amount"]) == ("2026-10", "200000.00")
        assert f"{found[0][1]}%" in answer["changes"][0]["label"]["zh"]


async def test_few_months_and_small_sums_say_nothing(bank, call, person) -> None:
    new, small = await bank.add_clients(2, manager="staff:1001")
    await bank.deliver(new, range(2, 7), deposit_month_end=900_000)
    await bank.deliver(new, 1, deposit_month_end=1)
    await bank.deliver(small, range(2, 13), deposit_month_end=49_999)
    await bank.deliver(small, 1, deposit_month_end=0)
    for client in (new, small):
        answer = (await call(person("1001"), "GET", f"/v1/clients/{client}/account-changes")).json()
        assert answer["changes"] == []
    assert (await call(person("2001"), "GET", f"/v1/clients/{small}/account-changes")).status_code == 404


async def sweep(bank, *clients) -> None:
    async with bank.database.transaction() as tx:
        await reevaluate_clients(tx, clients, now=bank.now)


async def asked(bank, client) -> list[tuple[str, str, str]]:
    rows = await bank.rows(
        "SELECT owner, rule, text FROM work_items WHERE client_id = $1 AND kind = 'account.changed' ORDER BY text",
        client,
    )
    return [(row["owner"], row["rule"], row["text"]) for row in rows]


@pytest.mark.requirement("CR-51")
async def test_a_changed_pattern_is_put_before_the_manager_once_a_month_and_rule(bank, call, person) -> None:
    client, unowned, usual = [await bank.add_client(manager=manager) for manager in ("staff:1001", None, "staff:1001")]
    for each in (client, unowned, usual):
        await bank.deliver(each, range(2, 13), deposit_month_end=200_000)
    for each in (client, unowned):
        await bank.deliver(each, 1, deposit_month_end=140_000)
    await bank.deliver(usual, 1, deposit_month_end=150_000)
    for _ in range(2):
        await sweep(bank, client, unowned, usual)
    fallen = ("staff:1001", "CR-51", "account.changed.deposit-down")
    assert [await asked(bank, each) for each in (client, unowned, usual)] == [[fallen], [], []]
    (item,) = (await call(person("1001"), "GET", "/v1/work-items")).json()["items"]
    assert item["summary"].startswith("Deposits of this client fell")
    for each, when in ((client, True), (unowned, False)):
        answer = (await call(person("1003"), "GET", f"/v1/clients/{each}/account-changes")).json()
        assert [(found["code"], found["asked_at"] is not None) for found in answer["changes"]] == [
            ("deposit-down", when)
        ]
    # Another rule of the same month is another question; a corrected figure asks nothing again.
    bank.now += timedelta(hours=1)
    await bank.deliver(client, 1, known_at=bank.now, deposit_month_end=1, card_spend=50_000)
    await bank.deliver(client, range(2, 13), known_at=bank.now, card_spend=1_000)
    await sweep(bank, client)
    assert await asked(bank, client) == [fallen, ("staff:1001", "CR-51", "account.changed.spending-up")]


async def test_a_withdrawn_figure_says_nothing(bank) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.deliver(client, range(2, 13), deposit_month_end=200_000)
    await bank.deliver(client, 1, deposit_month_end=0)
    await bank.run(
        "UPDATE monthly_figures SET withdrawn_at = $2 WHERE client_id = $1 AND deposit_month_end = 0", client, bank.now
    )
    await sweep(bank, client)
    assert await asked(bank, client) == []


async def test_the_thresholds_are_the_policys_and_every_look_is_audited(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.deliver(client, range(2, 13), deposit_month_end=200_000)
    await bank.deliver(client, 1, deposit_month_end=140_000)
    changed = "jsonb_set(content, '{account_watch,rules,0,percent}', '31')"
    await bank.run(
        "INSERT INTO information_policies SELECT version + 1, valid_from, article, "
        + changed
        + " FROM information_policies"
    )
    answer = (await call(person("1001"), "GET", f"/v1/clients/{client}/account-changes")).json()
    assert (answer["changes"], answer["article"]) == ([], "BOC-S Art. 22(2)4(2), Art. 31(4); CR-51")
    await call(person("1001"), "GET", f"/v1/clients/{client}/account-events")
    read = await bank.rows("SELECT act FROM audit WHERE client_id = $1 ORDER BY act", client)
    assert [row["act"] for row in read] == ["account-changes.read", "account-events.read"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"months_min": 0}, {"months_min": 12}, {"rules": [{**DEFAULT["rules"][0], "code": "other"}]},
        {"rules": [{**DEFAULT["rules"][0], "percent": 0}]}, {"rules": [{**DEFAULT["rules"][0], "amount": "viel"}]},
        {"rules": [{**DEFAULT["rules"][0], "measure": "loans"}]},
    ],
)  # fmt: skip
def test_a_watch_that_cannot_be_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="account watch"):
        read_watch({**DEFAULT, **wrong})
