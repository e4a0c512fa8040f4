"""A run from the door to its result, the standards it went by, and the explanation of one client."""

import asyncio
from uuid import UUID

import pytest
from chassis.operations_worker import OperationsWorker
from client_registry.app import SERVICE


async def work_off(runtime) -> None:
    worker = OperationsWorker(runtime.database, SERVICE.operations, clock=runtime.clock)
    assert await worker.work_on_one(asyncio.Event())


@pytest.mark.requirement("CR-14")
async def test_the_standards_stand_as_data_with_their_articles(call, person) -> None:
    items = (await call(person("1001"), "GET", "/v1/tier-policies")).json()["items"]
    standard = next(item for item in items if item["code"] == "head-office-standard")
    assert [(c["code"], c["bound"]["amount"], c["article"], c["conditions"]) for c in standard["criteria"]] == [
        ("deposit", "500000.00", "CCB Art. 6(1)", []),
        ("loan", "1000000.00", "CCB Art. 6(2)", ["repayment_clean"]),
        ("card_spend", "100000.00", "CCB Art. 6(3)", []),
    ]
    assert (standard["combinator"], standard["needs_filing"], standard["scope_path"]) == ("ANY", True, "/hq/")
    tiers = {
        item["level"]: item["criteria"][0]["bound"]["amount"] for item in items if item["ladder"] == "service_tier"
    }
    assert tiers == {"private_banking": "8000000.00", "wealth": "2000000.00", "wealth_management": "200000.00"}


async def test_a_run_is_accepted_worked_off_and_reports_its_result(bank, runtime, call, person) -> None:
    inside, outside = await bank.add_client(), await bank.add_client(home="sh-01-c1")
    for client in (inside, outside):
        await bank.rich(client)
    accepted = await call(person("1004"), "POST", "/v1/qualification-runs", body={})
    assert accepted.status_code == 202, accepted.text
    where = accepted.headers["location"]
    assert where == f"/v1/operations/{accepted.json()['operation_id']}"
    await work_off(runtime)
    done = (await call(person("1004"), "GET", where)).json()
    assert (done["status"], done["done"], done["result"]["evaluated"], done["result"]["qualified"]) == (
        "succeeded", 1, 1, 1,
    )  # fmt: skip
    assert [fact["client_id"] for fact in await bank.said("ClientQualified")] == [str(inside)]


async def test_a_run_stays_inside_the_starters_scope_and_out_of_the_future(bank, call, person) -> None:
    elsewhere = {"unit_id": str(bank.units["sh"])}
    assert (await call(person("1004"), "POST", "/v1/qualification-runs", body=elsewhere)).status_code == 404
    below = {"unit_id": str(bank.units["bj-02"]), "as_of": "2026-10-31"}
    assert (await call(person("1004"), "POST", "/v1/qualification-runs", body=below)).status_code == 202
    assert (await bank.row("SELECT unit_path FROM qualification_runs"))["unit_path"] == "/hq/bj/bj-02/"
    future = await call(person("1004"), "POST", "/v1/qualification-runs", body={"as_of": "2026-11-23"})
    assert future.json()["errors"][0]["code"] == "as-of.future"
    assert (await call(person("1001"), "POST", "/v1/qualification-runs", body={})).status_code == 403


async def test_an_explanation_says_figures_rule_and_article_in_both_languages(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.rich(client, deposit="480000.50")
    await bank.lend(client, range(1, 13), 1_200_000, worst=None, open_=None, known_at=bank.now)
    await bank.evaluate()
    answer = await call(person("1001"), "GET", f"/v1/clients/{client}/qualification")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["window"], body["card_level_met"], body["inputs"]["repayment"]) == (
        {"from_month": "2025-11", "to_month": "2026-10"}, "branch", "unknown",
    )  # fmt: skip
    standard = next(policy for policy in body["policies"] if policy["code"] == "head-office-standard")
    deposit, loan, spend = standard["criteria"]
    assert (deposit["outcome"], deposit["reason"], deposit["article"]) == ("not_met", "below-bound", "CCB Art. 6(1)")
    assert deposit["explanation"] == {
        "zh": "480,000.50，低于标准 500,000.00。", "en": "480,000.50 is below the bound of 500,000.00.",
    }  # fmt: skip
    assert (loan["outcome"], loan["reason"]) == ("not_met", "repayment-unknown")
    assert "还款" in loan["rule"]["zh"] and spend["outcome"] == "not_met"
    (standing,) = body["standings"]
    assert (standing["level"], standing["status"], standing["criteria"]) == ("branch", "candidate", ["deposit"])
    assert body["last_decision_id"] == standing["decision_id"]
    own = await call(person("client", client), "GET", f"/v1/clients/{client}/qualification")
    assert own.status_code == 200
    assert (await call(person("1002"), "GET", f"/v1/clients/{client}/qualification")).status_code == 404
    assert (await call(person("1001"), "GET", f"/v1/clients/{UUID(int=1)}/qualification")).status_code == 404
