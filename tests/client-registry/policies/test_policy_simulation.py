"""Simulations: who would move, what it costs, and that nothing of it stays."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.operations import get
from chassis.operations_worker import OperationsWorker
from client_registry.app import SERVICE
from client_registry.use_cases.simulate_range import simulate_range

TRACES = ("qualification_decisions", "qualifications", "qualification_runs", "outbox", "memberships")


async def work_off(runtime) -> None:
    worker = OperationsWorker(runtime.database, SERVICE.operations, clock=runtime.clock)
    assert await worker.work_on_one(asyncio.Event())


@pytest.fixture
def tried(draft):
    """A version written into the simulation itself."""

    def made(**wanted: Any) -> dict[str, Any]:
        return {name: value for name, value in draft(**wanted).items() if name != "reason"}

    return made


async def simulated(call, runtime, who, body: dict[str, Any], **params: Any) -> dict[str, Any]:
    accepted = await call(who, "POST", "/v1/policy-simulations", body=body)
    assert accepted.status_code == 202, accepted.text
    assert accepted.headers["location"] == f"/v1/policy-simulations/{accepted.json()['simulation_id']}"
    await work_off(runtime)
    found = await call(who, "GET", accepted.headers["location"], params=params)
    assert found.status_code == 200, found.text
    return found.json()


async def book(bank) -> dict[str, Any]:
    """Beijing's branch standard is 200,000: one far above, one between, one below; one in Shanghai."""
    made = {}
    for name, deposit, home in (
        ("rich", 900_000, "bj-01-c1"), ("middle", 250_000, "bj-02-c1"), ("small", 150_000, "bj-01-c1"),
        ("shanghai", 250_000, "sh-01-c1"),
    ):  # fmt: skip
        made[name] = await bank.add_client(home=home)
        await bank.rich(made[name], deposit=deposit)
    return made


@pytest.mark.requirement("CR-14", "CS-2")
async def test_a_simulation_says_who_moves_what_managers_do_and_what_cards_cost(
    bank, runtime, call, desk, tried, criterion
) -> None:
    clients = await book(bank)
    easier = tried(criteria=[criterion(bound="150000.00")])
    found = await simulated(call, runtime, desk("bj-author"), {"versions": [easier]})
    assert (found["status"], found["totals"]["evaluated"], found["totals"]["moved"]) == ("succeeded", 3, 1)
    one, nothing = ({"amount": amount, "currency": "CNY"} for amount in ("1.15", "0.00"))
    assert found["totals"]["cards"] == {
        "needed": 1, "cost": one, "by_level": [
            {"level": "branch", "issue": 1, "replace": 0, "stop": 0, "unit_price": one, "cost": one},
            {"level": "head_office", "issue": 0, "replace": 0, "stop": 0, "unit_price": one, "cost": nothing},
        ],
    }  # fmt: skip
    assert [(unit["unit_code"], unit["cost"]) for unit in found["cards"]] == [("bj-01", one)]
    (move,) = found["moves"]
    assert (move["unit_code"], move["card_from"], move["card_to"], move["clients"]) == ("bj-01", "none", "branch", 1)
    load = {unit["unit_code"]: unit for unit in found["load"]}
    # Below two million: four contacts a year (EN-6) for each client who is served.
    assert {code: (u["clients"], u["contacts_a_week_before"], u["contacts_a_week_after"]) for code, u in load.items()} == {
        "bj-01": (2, "0.1", "0.2"), "bj-02": (1, "0.1", "0.1"),
    }  # fmt: skip
    moves = await call(
        desk("bj-author", also="branch_personal_banking"),
        "GET",
        f"/v1/policy-simulations/{found['simulation_id']}/moves",
    )
    (one,) = moves.json()["items"]
    assert (one["client_id"], one["name"], one["home_code"]) == (str(clients["small"]), "测**", "bj-01-c1")
    assert one["reasons"]["before"] == []
    assert one["reasons"]["after"] == [
        {"policy": "bj-branch-standard/1", "level": "branch", "criteria": ["deposit-avg-12m"]}
    ]


@pytest.mark.requirement("EN-1", "EN-2", "EN-6")
async def test_the_load_follows_the_cadence_floors_of_the_asset_bands(
    bank, runtime, call, desk, tried, criterion
) -> None:
    for assets in ("8000000.00", "7999999.99", "2000000.00", "1999999.99"):
        client = await bank.add_client()
        await bank.rich(client, deposit=1, assets=assets)
    harder = tried(
        code="bj-wealth", ladder="service_tier", level="wealth_management", criteria=[criterion("assets", "5000000.00")]
    )
    found = await simulated(call, runtime, desk("bj-author"), {"versions": [harder]})
    # 52 + 26 + 26 + 4 contacts a year before; the last one is no longer served.
    assert found["totals"]["contacts_a_week_before"] == "2.1"
    assert found["totals"]["contacts_a_week_after"] == "2.0"
    other = {"contacts_a_year": {"ge_8m": 104}, "card_unit_prices": {"branch": {"amount": "2.00", "currency": "CNY"}}}
    again = await simulated(call, runtime, desk("bj-author"), {"versions": [harder], "assumptions": other})
    assert again["totals"]["contacts_a_week_before"] == "3.1"
    prices = {each["level"]: each["unit_price"]["amount"] for each in again["totals"]["cards"]["by_level"]}
    assert prices == {"branch": "2.00", "head_office": "1.15"}


async def test_a_simulation_leaves_no_trace_in_decisions_qualifications_and_events(
    bank, runtime, call, desk, tried, criterion
) -> None:
    await book(bank)
    await bank.evaluate()

    async def traces() -> dict[str, Any]:
        counted = {name: (await bank.row(f"SELECT count(*) AS n FROM {name}"))["n"] for name in TRACES}
        return counted | {
            "clients": await bank.rows("SELECT id, version, service_tier, card_level FROM clients ORDER BY id")
        }

    before = await traces()
    found = await simulated(call, runtime, desk("bj-author"), {"versions": [tried(criteria=[criterion(bound="1.00")])]})
    assert found["totals"]["moved"] == 1
    assert await traces() == before
    assert await bank.rows("SELECT code FROM tier_policies WHERE status <> 'active'") == []


@pytest.mark.requirement("CR-14")
async def test_a_simulation_foretells_what_a_run_decides(bank, runtime, call, desk, policies, draft, criterion) -> None:
    await book(bank)
    written = await policies.written(draft(criteria=[criterion(bound="300000.00")]))
    found = await simulated(call, runtime, desk("bj-author"), {"policy_ids": [written["id"]]})
    foretold = {(m["card_from"], m["card_to"]): m["clients"] for m in found["moves"]}
    await bank.evaluate(unit_path="/hq/bj/")
    for to, who in (("submissions", "bj-author"), ("approvals", "bj-approver"), ("activations", "bj-approver")):
        assert (await policies.move(written, to, who)).status_code == 201
    await bank.evaluate(unit_path="/hq/bj/")
    came = await bank.rows(
        "SELECT f.level_met AS f, t.level_met AS t, count(*) AS n FROM qualification_decisions f"
        " JOIN qualification_decisions t ON t.client_id = f.client_id AND t.id > f.id WHERE f.level_met <> t.level_met"
        " GROUP BY 1, 2"
    )
    assert {(row["f"], row["t"]): row["n"] for row in came} == foretold == {("branch", "none"): 1}


async def test_simulations_are_compared_with_one_another_and_with_another_version(
    bank, runtime, call, desk, policies, draft, tried, criterion
) -> None:
    await book(bank)
    author = desk("bj-author")
    wide = await simulated(call, runtime, author, {"versions": [tried(criteria=[criterion(bound="150000.00")])]})
    narrow = {"versions": [tried(criteria=[criterion(bound="300000.00")])]}
    found = await simulated(call, runtime, author, narrow, compare_with=wide["simulation_id"])
    assert found["comparison"] == {
        "simulation_id": wide["simulation_id"], "moved": 0, "contacts_a_week_after": "0.0", "cards_needed": -1,
        "cost": {"amount": "-1.15", "currency": "CNY"},
    }  # fmt: skip
    other = await policies.written(draft(criteria=[criterion(bound="150000.00")]))
    two = await simulated(call, runtime, author, narrow | {"against_policy_ids": [other["id"]]})
    assert (two["totals"]["moved"], two["policies_before"].count("bj-branch-standard/2")) == (2, 1)


async def test_a_simulation_goes_on_where_it_stopped_and_counts_nobody_twice(bank, runtime, call, desk, tried) -> None:
    await bank.add_clients(7)
    accepted = await call(desk("bj-author"), "POST", "/v1/policy-simulations", body={"versions": [tried()]})
    cursor: dict[str, Any] = {}
    done = steps = 0
    while True:
        async with bank.database.transaction() as tx:
            operation = await get(tx, UUID(accepted.json()["operation_id"]))
            step = await simulate_range(tx, replace(operation, cursor=cursor, done=done), now=bank.now, size=3)
        cursor, done, steps = step.cursor, step.done, steps + 1
        if step.finished:
            break
    assert (steps, done, step.result["evaluated"]) == (4, 7, 7)
    assert (await bank.row("SELECT sum(clients) AS n FROM policy_simulation_counts"))["n"] == 7


async def test_bad_input_of_a_simulation_has_its_answers(bank, call, desk, tried, criterion) -> None:
    async def asked(body: dict[str, Any], who: str = "bj-author") -> Any:
        return await call(desk(who), "POST", "/v1/policy-simulations", body=body)

    assert (await asked({})).status_code == 422
    future = await asked({"versions": [tried()], "as_of": "2026-11-23"})
    assert future.json()["errors"][0]["code"] == "as-of.future"
    junk = await asked({"versions": [tried(criteria=[criterion("charm")])]})
    assert junk.json()["errors"][0]["code"] == "criterion.metric-unknown"
    assert (await asked({"policy_ids": [str(uuid4())]})).status_code == 404
    assert (await asked({"versions": [tried(unit="sh")]})).status_code == 404
    assert (await asked({"versions": [tried()], "unit_id": str(bank.units["sh"])})).status_code == 404
    mine = (await asked({"versions": [tried()]})).json()["simulation_id"]
    for path in (f"/v1/policy-simulations/{mine}", f"/v1/policy-simulations/{mine}/moves"):
        assert (await call(desk("bj-approver"), "GET", path)).status_code == 200
        assert (await call(desk("sh-approver"), "GET", path)).status_code == 404
