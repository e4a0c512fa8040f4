"""Classes of clients: points and bands, risk by scores and warnings, needs, what is said and what is asked for."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from chassis.due_work import Due
from chassis.identity import Grant, Principal
from chassis.operations import Operation
from client_registry.app import SERVICE
from client_registry.domain.classification import Inputs, Measure, Model, classify
from client_registry.domain.figures import Repayment
from client_registry.domain.grades import Grade
from client_registry.use_cases.classify_clients import classify_clients
from client_registry.use_cases.classify_range import classify_range

TODAY = date(2026, 11, 22)
MODEL = Model(
    version=1,
    measures=(
        Measure(name="assets", weight=50, bands=((Decimal(200_000), 30), (Decimal(2_000_000), 70), (Decimal(8_000_000), 100))),
        Measure(name="active_months", weight=20, bands=((Decimal(3), 40), (Decimal(9), 100))),
        Measure(name="profit", weight=30, bands=((Decimal(3_000), 40), (Decimal(20_000), 70), (Decimal(60_000), 100))),
    ),
    rates={"deposit": Decimal("0.015"), "loan": Decimal("0.02"), "card_spend": Decimal("0.006")},
    high_from=60, mid_from=25, score_low_from=700, score_mid_from=550,
    severe=frozenset({"overdraft", "overdue", "guarantee_default"}), investment_from=Decimal(50_000),
    settlement_months=3, reassess_months=3,
)  # fmt: skip
PLAIN = Inputs(
    client_id=UUID(int=1), decision_id=UUID(int=2), assets=Decimal(0), deposit=Decimal(0), loan=Decimal(0),
    card_spend=Decimal(0), active_months=0, repayment=Repayment.NONE, credit_score=None, warnings=(),
)  # fmt: skip


@pytest.mark.requirement("CR-28", "CR-29")
@pytest.mark.parametrize(
    ("assets", "months", "deposit", "score", "grade"),
    [
        ("0", 0, "0", "0.0", Grade.LOW),
        ("199999.99", 2, "199999.99", "0.0", Grade.LOW),
        ("200000", 0, "0", "15.0", Grade.LOW),
        ("200000", 3, "0", "23.0", Grade.LOW),
        ("200000", 0, "200000", "27.0", Grade.MID),
        ("2000000", 9, "0", "55.0", Grade.MID),
        ("2000000", 9, "200000", "67.0", Grade.HIGH),
        ("8000000", 9, "4000000", "100.0", Grade.HIGH),
        ("7999999.99", 8, "3999999.99", "64.0", Grade.HIGH),
    ],
)
def test_value_is_points_by_band_times_weight(assets: str, months: int, deposit: str, score: str, grade: Grade) -> None:
    inputs = replace(PLAIN, assets=Decimal(assets), active_months=months, deposit=Decimal(deposit))
    found = classify(MODEL, inputs, today=TODAY)
    assert (str(found.value_score), found.value_class) == (score, grade)


@pytest.mark.requirement("CR-31")
@pytest.mark.parametrize(
    ("wanted", "grade", "reasons"),
    [
        ({}, "low", ()),
        ({"credit_score": 700}, "low", ()),
        ({"credit_score": 699}, "mid", ("credit-score-middling",)),
        ({"credit_score": 550}, "mid", ("credit-score-middling",)),
        ({"credit_score": 549}, "high", ("credit-score-low",)),
        ({"credit_score": 0}, "high", ("credit-score-low",)),
        ({"warnings": ("litigation",)}, "mid", ("warning-litigation",)),
        ({"warnings": ("litigation", "overdraft")}, "high", ("warning-overdraft", "warning-litigation")),
        ({"repayment": Repayment.UNKNOWN}, "mid", ("repayment-unknown",)),
        ({"repayment": Repayment.NOT_CLEAN, "credit_score": 900}, "high", ("repayment-not-clean",)),
        ({"repayment": Repayment.CLEAN}, "low", ()),
    ],
)
def test_the_worst_finding_sets_the_risk(wanted, grade, reasons) -> None:
    found = classify(MODEL, replace(PLAIN, **wanted), today=TODAY)
    assert (found.risk_class, found.risk_reasons) == (grade, reasons)


@pytest.mark.requirement("CR-30")
@pytest.mark.parametrize(
    ("wanted", "needs"),
    [
        ({}, ()),
        ({"assets": Decimal("49999.99"), "active_months": 2}, ()),
        ({"assets": Decimal(50_000)}, ("investment",)),
        ({"loan": Decimal("0.01"), "active_months": 3}, ("financing", "settlement")),
        (
            {"assets": Decimal(10**6), "loan": Decimal(1), "active_months": 12},
            ("investment", "financing", "settlement"),
        ),
    ],
)
def test_a_client_may_have_several_needs(wanted, needs) -> None:
    assert classify(MODEL, replace(PLAIN, **wanted), today=TODAY).needs == needs


async def run(bank, *, unit_path: str = "/hq/", size: int = 2):
    done, cursor, total = 0, {}, None
    while True:
        operation = Operation(
            id=uuid4(), kind="classification-run", status="running", started_by="staff:1004",
            detail={"unit_path": unit_path}, done=done, total=total, cursor=cursor, result=None, problem=None,
            created_at=bank.now, started_at=bank.now, finished_at=None, cancel_requested=False,
        )  # fmt: skip
        async with bank.database.transaction() as tx:
            step = await classify_range(tx, operation, now=bank.now, size=size)
        done, cursor, total = step.done, step.cursor, step.total
        if step.finished:
            return step.result


@pytest.mark.requirement("CR-28", "CR-29", "CR-30", "CR-32")
async def test_a_run_classifies_everybody_over_whom_a_decision_stands_and_says_only_what_moved(bank) -> None:
    rich, poor, undecided = await bank.add_clients(3)
    await bank.deliver(rich, range(1, 13), deposit_average=3_000_000, card_spend=5_000, assets=9_000_000)
    await bank.lend(rich, 1, 0)
    await bank.deliver(poor, range(1, 13), deposit_average=100, card_spend=0, assets=100)
    async with bank.database.transaction() as tx:
        assert await classify_clients(tx, [undecided], now=bank.now) == []
    await bank.evaluate()
    await bank.run("DELETE FROM qualification_decisions WHERE client_id = $1", undecided)
    assert await run(bank) == {"visited": 3, "classified": 2}
    (said,) = await bank.said("ClientClassified", rich)
    assert said == {
        "client_id": str(rich), "value_class": "high", "risk_class": "low", "needs": ["investment", "settlement"],
        "model_version": 2, "classified_on": "2026-11-22",
    }  # fmt: skip
    (low,) = await bank.said("ClientClassified", poor)
    assert (low["value_class"], low["needs"]) == ("low", [])
    versions = {row["id"]: row["version"] for row in await bank.rows("SELECT id, version FROM clients")}
    await run(bank)
    assert len(await bank.said("ClientClassified")) == 2
    assert versions == {row["id"]: row["version"] for row in await bank.rows("SELECT id, version FROM clients")}


DESK = Principal("staff:1008", (Grant("data_steward", "/hq/bj/", "unit"),))


def assess(call, client, **wanted):
    body = {"assessed_on": "2026-11-20", "credit_score": 800, "warnings": [], **wanted}
    return call(DESK, "POST", f"/v1/clients/{client}/credit-assessments", body=body)


@pytest.mark.requirement("CR-31", "CR-36")
async def test_high_risk_becomes_work_at_once_and_again_in_fixed_periods(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.rich(client)
    answer = await assess(call, client, credit_score=400)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"client_id": str(client), "value_class": "mid", "risk_class": "high"}
    items = await bank.rows("SELECT kind, owner, rule FROM work_items")
    assert items == [{"kind": "classification.reassess", "owner": "staff:1001", "rule": "CR-36"}]
    due = await bank.row("SELECT CAST(due_at AT TIME ZONE 'Asia/Shanghai' AS date) AS on_ FROM due_work"
                         " WHERE kind = 'classification.reassess' AND subject_id = $1", client)  # fmt: skip
    assert due["on_"] == date(2027, 2, 22)
    again = Due(kind="classification.reassess", subject_id=client, due_at=bank.now, detail={}, attempts=0)
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps[again.kind].call(tx, again, now=bank.now)
    assert len(await bank.rows("SELECT id FROM work_items")) == 2
    await assess(call, client, assessed_on="2026-11-21")
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps[again.kind].call(tx, again, now=bank.now)
    assert len(await bank.rows("SELECT id FROM work_items")) == 2
    assert [fact["risk_class"] for fact in await bank.said("ClientClassified", client)] == ["high", "low"]


@pytest.mark.requirement("CR-33", "CR-34", "CR-35", "CR-37")
async def test_the_explanation_says_why_and_how_such_a_client_is_treated(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    path = f"/v1/clients/{client}/classification"
    early = await call(person("1001"), "GET", path)
    assert (early.status_code, early.json()["code"]) == (404, "classification.not-yet")
    await bank.rich(client)
    await assess(call, client, warnings=["litigation"])
    found = (await call(person("1001"), "GET", path)).json()
    assert (found["value_class"], found["value_score"], found["risk_class"]) == ("mid", "27.0", "mid")
    assert [(part["measure"], part["points"]) for part in found["parts"]] == [
        ("assets", 30), ("profit", 40), ("active_months", 0),
    ]  # fmt: skip
    assert "asset size 30 × 50%" in found["value_why"]["en"] and "资产规模" in found["value_why"]["zh"]
    assert found["risk_why"] == [{"en": "early warning: litigation", "zh": "预警：涉诉"}]
    assert "满意度" in found["value_treatment"]["zh"] and "Watch changes" in found["risk_treatment"]["en"]
    assert (await call(person("2001"), "GET", path)).status_code == 404
    assert (await call(person("1006"), "GET", path)).status_code == 403


async def test_bad_assessments_are_named(bank, call) -> None:
    client = await bank.add_client()
    for wanted, pointer in (
        ({"credit_score": 1001}, "/credit_score"), ({"credit_score": -1}, "/credit_score"),
        ({"warnings": ["gossip"]}, "/warnings/0"), ({"assessed_on": "2026-11-23"}, "/assessed_on"),
    ):  # fmt: skip
        answer = await assess(call, client, **wanted)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_run_is_begun_over_http(bank, call, person) -> None:
    answer = await call(person("1004"), "POST", "/v1/classification-runs", body={})
    assert (answer.status_code, answer.json()["kind"]) == (202, "classification-run")
    assert (await call(person("1001"), "POST", "/v1/classification-runs", body={})).status_code == 403
