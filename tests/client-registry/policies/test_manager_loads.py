"""What a simulation asks of managers, what cards it needs, and how two versions differ; the planning values behind it."""

from typing import Any

import pytest
from chassis.identity import Grant, Principal

from .test_policy_simulation import book, simulated

HEAD = Principal("staff:3006", (Grant("head_office_personal_banking", "/hq/", "unit"),))
VALUES = "/v1/planning-values"


@pytest.fixture
def tried(draft):
    def made(**wanted: Any) -> dict[str, Any]:
        return {name: value for name, value in draft(**wanted).items() if name != "reason"}

    return made


async def classed(bank, client_id, value_class: str) -> None:
    await bank.run(
        "INSERT INTO client_classifications (client_id, value_class, value_score, parts, risk_class, risk_reasons, needs,"
        " model_version, decision_id, classified_on) VALUES ($1, $2, 1, '[]', 'low', '{}', '{}', 1, $1, '2026-11-01')",
        client_id, value_class,
    )  # fmt: skip


async def two_managers(bank) -> None:
    """1001 has one far above the standard and two below it, of high and mid value; 1002 has one below, never classed."""
    for manager, deposit, value in (
        ("staff:1001", 900_000, "low"), ("staff:1001", 150_000, "high"), ("staff:1001", 150_000, "mid"),
        ("staff:1002", 150_000, None), ("staff:1002", 10, "high"), (None, 150_000, "high"),
    ):  # fmt: skip
        client = await bank.add_client(manager=manager)
        await bank.rich(client, deposit=deposit)
        if value:
            await classed(bank, client, value)
    await bank.evaluate()
    await bank.run("UPDATE clients SET card_level = 'head_office' WHERE id IN (SELECT client_id FROM client_metrics"
                   " WHERE deposit_avg_12m = 900000)")  # fmt: skip


@pytest.mark.requirement("CR-14", "EN-4", "EN-5", "EN-18")
async def test_managers_above_the_norm_are_found_before_and_after(bank, runtime, call, desk, tried, criterion) -> None:
    await two_managers(bank)
    body = {
        "versions": [tried(criteria=[criterion(bound="150000.00")])],
        "assumptions": {"clients_a_manager": 2, "contacts_a_week_a_manager": 60},
    }
    found = await simulated(call, runtime, desk("bj-author"), body)
    path = f"/v1/policy-simulations/{found['simulation_id']}/managers"
    first = (await call(desk("bj-author"), "GET", path, params={"limit": 1})).json()
    (one,) = first["items"]
    assert (one["manager"], one["unit_code"], one["norms"]) == (
        "staff:1001", "bj-01-c1", {"clients_a_manager": 2, "contacts_a_week_a_manager": "60"},
    )  # fmt: skip
    # Low value 4 a year before; then high 52 (EN-4) and mid 12 (EN-5) beside it: 68 / 52.
    assert (one["before"]["clients"], one["before"]["contacts_a_week"], one["before"]["above_norm"]) == (
        1,
        "0.1",
        False,
    )
    assert (one["after"]["clients"], one["after"]["contacts_a_week"], one["after"]["above_norm"]) == (3, "1.3", True)
    assert one["after"]["value_classes"] == {"high": 1, "mid": 1, "low": 1}
    assert sum(one["after"]["tiers"].values()) == 3
    (two,) = (await call(desk("bj-author"), "GET", path, params={"cursor": first["next_cursor"]})).json()["items"]
    assert (two["manager"], two["before"]["clients"], two["after"]["value_classes"]) == (
        "staff:1002",
        0,
        {"unknown": 1},
    )
    assert (two["after"]["clients"], two["after"]["above_norm"]) == (1, False)
    above = (await call(desk("bj-author"), "GET", path, params={"above_norm": True})).json()
    assert ([each["manager"] for each in above["items"]], above["next_cursor"]) == (["staff:1001"], None)
    (unit,) = found["managers"]
    assert {name: unit[name] for name in ("unit_code", "managers", "clients_before", "clients_after")} == {
        "unit_code": "bj-01", "managers": 2, "clients_before": 1, "clients_after": 4,
    }  # fmt: skip
    assert (unit["above_norm_before"], unit["above_norm_after"]) == (0, 1)
    assert (await call(desk("sh-approver"), "GET", path)).status_code == 404


@pytest.mark.requirement("EN-18")
async def test_exactly_the_norm_is_not_above_it_and_without_a_norm_nobody_is(
    bank, runtime, call, desk, tried, criterion
) -> None:
    await two_managers(bank)
    body = {"versions": [tried(criteria=[criterion(bound="150000.00")])]}
    for norms, above, counted in (
        ({}, None, None), ({"clients_a_manager": 3}, False, 0), ({"contacts_a_week_a_manager": 2}, False, 0),
        ({"contacts_a_week_a_manager": 1}, True, 1),
    ):  # fmt: skip
        found = await simulated(call, runtime, desk("bj-author"), body | {"assumptions": norms})
        path = f"/v1/policy-simulations/{found['simulation_id']}/managers"
        items = (await call(desk("bj-author"), "GET", path)).json()["items"]
        assert (items[0]["after"]["above_norm"], found["managers"][0]["above_norm_after"]) == (above, counted)
        listed = (await call(desk("bj-author"), "GET", path, params={"above_norm": True})).json()["items"]
        assert len(listed) == (counted or 0)


@pytest.mark.requirement("CR-14", "CS-2")
async def test_cards_are_issued_replaced_and_stopped_by_level(bank, runtime, call, desk, tried, criterion) -> None:
    await book(bank)
    # Nobody reaches head office's level any more, and the branch's begins at 300,000.
    versions = [
        tried(code="hq-head-office-standard", level="head_office", unit="hq",
              criteria=[criterion(bound="2000000.00")]),
        tried(criteria=[criterion(bound="300000.00")]),
    ]  # fmt: skip
    prices = {"branch": {"amount": "2.50", "currency": "CNY"}}
    found = await simulated(
        call, runtime, desk("hq-author"), {"versions": versions, "assumptions": {"card_unit_prices": prices}}
    )
    branch, head_office = found["totals"]["cards"]["by_level"]
    assert (branch["issue"], branch["replace"], branch["stop"], branch["cost"]["amount"]) == (0, 1, 1, "2.50")
    assert (head_office["issue"], head_office["replace"], head_office["stop"]) == (0, 0, 0)
    assert found["totals"]["cards"]["cost"]["amount"] == "2.50"
    assert {unit["unit_code"]: unit["cost"]["amount"] for unit in found["cards"]} == {"bj": "2.50"}


@pytest.mark.requirement("CR-14")
async def test_two_versions_are_compared_by_level_and_by_client(
    bank, runtime, call, desk, policies, draft, criterion
) -> None:
    clients = await book(bank)
    ours = await policies.written(draft(criteria=[criterion(bound="150000.00")]))
    other = await policies.written(draft(criteria=[criterion(bound="260000.00")]))
    body = {"policy_ids": [ours["id"]], "against_policy_ids": [other["id"]]}
    found = await simulated(call, runtime, desk("bj-author", also="branch_personal_banking"), body)
    cards = {
        (each["unit_code"], each["level"]): (each["before"], each["after"])
        for each in found["levels"]
        if each["ladder"] == "card_level"
    }
    assert cards == {
        ("bj-01", "none"): (1, 0), ("bj-01", "branch"): (0, 1), ("bj-01", "head_office"): (1, 1),
        ("bj-02", "none"): (1, 0), ("bj-02", "branch"): (0, 1),
    }  # fmt: skip
    path = f"/v1/policy-simulations/{found['simulation_id']}/moves"
    who = desk("bj-author", also="branch_personal_banking")
    items = (await call(who, "GET", path, params={"card_from": "none", "card_to": "branch"})).json()["items"]
    assert {item["client_id"] for item in items} == {str(clients["small"]), str(clients["middle"])}
    version = f"{ours['code']}/{ours['version']}"
    for item in items:
        before, after = (
            {(met["policy"], met["level"]) for met in item["reasons"][side]} for side in ("before", "after")
        )
        assert after - before == {(version, "branch")}
    assert (await call(who, "GET", path, params={"card_to": "head_office"})).json()["items"] == []
    assert (await call(who, "GET", path, params={"card_to": "gold"})).status_code == 422
    same = await call(who, "POST", "/v1/policy-simulations", body=body | {"against_policy_ids": [ours["id"]]})
    assert [(each["pointer"], each["code"]) for each in same.json()["errors"]] == [
        ("/against_policy_ids/0", "simulation.against-itself")
    ]


@pytest.mark.requirement("EN-18", "CS-2")
async def test_planning_values_are_dated_data_of_head_office(bank, runtime, call, desk, tried) -> None:
    found = await call(desk("bj-author"), "GET", VALUES)
    values = found.json()
    assert (values["version"], values["contacts_a_year_by_value"]) == (1, {"high": 52, "mid": 12, "low": 4})
    assert values["card_unit_prices"]["branch"] == {"amount": "1.15", "currency": "CNY"}
    assert values["norms"] == {"clients_a_manager": None, "contacts_a_week_a_manager": None}
    body = {"clients_a_manager": 300, "valid_from": "2026-12-01", "article": "总行通知"}
    assert (await call(desk("bj-author"), "PUT", VALUES, body=body, headers={"If-Match": '"1"'})).status_code == 403
    assert (await call(HEAD, "PUT", VALUES, body=body)).status_code == 428
    later = await call(HEAD, "PUT", VALUES, body=body, headers={"If-Match": found.headers["etag"]})
    assert (later.status_code, later.json()["version"], later.json()["newest_version"]) == (200, 1, 2)
    assert (await call(HEAD, "PUT", VALUES, body=body, headers={"If-Match": found.headers["etag"]})).status_code == 412
    head = {"If-Match": later.headers["etag"]}
    for wrong, pointer in (
        ({"valid_from": "2026-11-21"}, "/valid_from"), ({"clients_a_manager": 0}, "/clients_a_manager"),
        ({"contacts_a_year": {"ge_8m": 367}}, "/contacts_a_year/ge_8m"), ({"article": ""}, "/article"),
        ({"card_unit_prices": {"branch": {"amount": "-1.00", "currency": "CNY"}}}, "/card_unit_prices/branch"),
        ({"card_unit_prices": {"branch": {"amount": "1.00", "currency": "USD"}}}, "/card_unit_prices/branch"),
        ({"card_unit_prices": {"branch": {"amount": "1.001", "currency": "CNY"}}}, "/card_unit_prices/branch"),
    ):  # fmt: skip
        answer = await call(HEAD, "PUT", VALUES, body=body | wrong, headers=head)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    now = await call(HEAD, "PUT", VALUES, body=body | {"valid_from": "2026-11-22"}, headers=head)
    assert (now.json()["version"], now.json()["norms"]["clients_a_manager"]) == (3, 300)
    simulation = await simulated(call, runtime, desk("bj-author"), {"versions": [tried()]})
    assert simulation["norms"]["clients_a_manager"] == 300
    acts = await bank.rows("SELECT act FROM audit WHERE act = 'planning-values.changed'")
    assert len(acts) == 2
