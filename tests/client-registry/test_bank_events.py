"""What the bank's systems say on their topics: the same use cases as the API; a bad message is put aside with its reason."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from chassis.due_work import Due
from chassis.handling import bury_failed, describe, handle, take_in
from chassis.refusals import Invalid
from client_registry.app import SERVICE
from client_registry.consumers import hears
from client_registry.domain.risk_events import ReportedRisk, standing_risks
from client_registry.store.classification import model_on

FIGURES, ACCOUNTS, RISKS = "bank.figures.v1", "bank.account-events.v1", "bank.risk-events.v1"


def message(type_: str, data: dict[str, Any], *, event_id: str | None = None) -> bytes:
    event = {
        "specversion": "1.0", "id": event_id or str(uuid4()), "source": "/bank/core", "type": type_,
        "subject": data.get("client_no", ""), "time": "2026-11-22T04:00:00Z", "data": data,
    }  # fmt: skip
    return json.dumps(event).encode()


async def hear(bank, topic: str, *messages: bytes) -> list[str]:
    """Handles each message as the listener does, one by one; what became of it."""
    became = []
    for position, value in enumerate(messages):
        key = json.loads(value)["data"]["client_no"].encode() if value.startswith(b"{") else b""
        delivery = take_in(hears, topic=topic, partition=0, position=position, key=key, value=value, headers=[])
        assert delivery is not None
        try:
            async with bank.database.transaction() as tx:
                outcome = await handle(tx, [delivery], service="client-registry", now=bank.now)
        except Invalid as refused:
            async with bank.database.transaction() as tx:
                outcome = await bury_failed(
                    tx, delivery, error=describe(refused), attempts=1, service="client-registry", now=bank.now
                )
        became += [each for _, each in outcome.counted]
    return became


def month(client_no: str, **wanted: Any) -> dict[str, Any]:
    return {"source": "core", "delivery_no": "N1", "client_no": client_no, "month": "2026-10", "currency": "CNY",
            "assets": "9000000.00", **wanted}  # fmt: skip


async def test_figures_on_the_topic_are_taken_like_a_delivery_once(bank) -> None:
    client = await bank.client(await bank.add_client())
    body = month(client["client_no"], loans=[{"loan_no": "L", "product": "m", "personal": True, "outstanding": "5.00"}])
    event = message("MonthlyFiguresDelivered", body)
    again = message("MonthlyFiguresDelivered", body)
    assert await hear(bank, FIGURES, event, event, again) == ["heard", "repeated", "heard"]
    assert len(await bank.rows("SELECT assets FROM monthly_figures")) == 1
    assert len(await bank.rows("SELECT outstanding FROM loan_months")) == 1
    marked = await bank.rows("SELECT subject_id FROM due_work WHERE kind = 'client.figures-changed'")
    assert [row["subject_id"] for row in marked] == [client["id"]]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"month": "2026-11"}, "refused: invalid; /rows/0/month: figures.month-open"),
        ({"client_no": "NOBODY"}, "refused: invalid; /rows/0/client_no: figures.client-unknown"),
        ({"currency": "USD"}, "refused: invalid; /rows/0/currency: figures.rate-missing"),
        ({"assets": "1.23456"}, "data does not fit: assets: decimal_max_places"),
        ({"assets": "NaN"}, "data does not fit: assets: finite_number"),
        ({"month": "October"}, "data does not fit: month: string_pattern_mismatch"),
    ],
)
async def test_a_bad_message_is_a_dead_letter_with_its_reason_and_blocks_no_other_client(bank, wrong, reason) -> None:
    bad, good = [await bank.client(await bank.add_client()) for _ in range(2)]
    became = await hear(
        bank,
        FIGURES,
        message("MonthlyFiguresDelivered", month(bad["client_no"]) | wrong),
        message("MonthlyFiguresDelivered", month(good["client_no"], delivery_no="N2")),
    )
    assert became == ["dead", "heard"]
    (letter,) = await bank.rows("SELECT state, error, key FROM dead_letters")
    assert (letter["state"], letter["error"]) == ("dead", reason)
    assert [row["client_id"] for row in await bank.rows("SELECT client_id FROM monthly_figures")] == [good["id"]]


async def test_what_is_no_event_at_all_is_put_aside(bank) -> None:
    assert await hear(bank, RISKS, b"\x00\x01") == ["dead"]


def account(client_no: str, no: str, kind: str, **wanted: Any) -> bytes:
    return message("AccountEventReported", {
        "source": "core", "report_no": no, "client_no": client_no, "kind": kind, "product_code": "TD-12",
        "product_kind": "time_deposit", "occurred_on": "2026-11-20", **wanted,
    })  # fmt: skip


@pytest.mark.requirement("CR-51")
async def test_account_events_are_surfaced_as_they_come(bank) -> None:
    client = await bank.client(await bank.add_client(manager="staff:1001"))
    await bank.run("UPDATE clients SET asset_band = 'below' WHERE id = $1", client["id"])
    no = client["client_no"]
    opened = account(no, "1", "opened", matures_on="2027-11-20", yield_percent="1.75")
    assert await hear(bank, ACCOUNTS, opened, account(no, "1", "opened"), account(no, "2", "opened")) == ["heard"] * 3
    assert await hear(bank, ACCOUNTS, account(no, "3", "matured"), account(no, "4", "large_outflow")) == ["heard"] * 2
    told = await bank.said("HoldingsChanged", client["id"])
    assert [[held["matures_on"] for held in fact["holdings"]] for fact in told] == [
        ["2027-11-20"], ["2027-11-20", None], [None],
    ]  # fmt: skip
    (item,) = await bank.rows("SELECT owner, rule, text, due_at FROM work_items")
    assert item == {
        "owner": "staff:1001", "rule": "CR-51", "text": "account.look.large_outflow",
        "due_at": bank.now + timedelta(days=1),
    }  # fmt: skip
    unknown = account("NOBODY", "5", "opened")
    assert await hear(bank, ACCOUNTS, unknown) == ["dead"]


@pytest.mark.requirement("CR-18", "EN-27")
async def test_a_risk_event_is_told_once(bank) -> None:
    client = await bank.client(await bank.add_client())
    data = {"source": "credit", "report_no": "R1", "client_no": client["client_no"], "kind": "loan_overdue",
            "days_overdue": 3, "occurred_on": "2026-11-20"}  # fmt: skip
    event = message("RiskEventReported", data)
    assert await hear(bank, RISKS, event, message("RiskEventReported", data)) == ["heard", "heard"]
    (said,) = await bank.said("RiskEventRecorded", client["id"])
    assert (said["kind"], said["days_overdue"], said["occurred_on"]) == ("loan_overdue", 3, "2026-11-20")
    worse = message("RiskEventReported", data | {"report_no": "R2", "days_overdue": -1})
    assert await hear(bank, RISKS, worse) == ["dead"]


def risk(client_no: str, no: str, kind: str, on: str = "2026-11-20", days: int | None = None) -> bytes:
    return message("RiskEventReported", {"source": "credit", "report_no": no, "client_no": client_no, "kind": kind,
                                         "days_overdue": days, "occurred_on": on})  # fmt: skip


async def classes(bank, client) -> list[tuple[str, int]]:
    return [(fact["risk_class"], fact["model_version"]) for fact in await bank.said("ClientClassified", client["id"])]


@pytest.mark.requirement("CR-31", "CR-36")
async def test_a_risk_event_moves_the_class_at_once_and_asks_for_the_follow_ups(bank, call, person) -> None:
    client = await bank.client(await bank.add_client(manager="staff:1001"))
    no = client["client_no"]
    assert await hear(bank, RISKS, risk(no, "R1", "loan_overdue", days=29)) == ["heard"]
    assert await classes(bank, client) == [("mid", 2)]
    assert await bank.rows("SELECT kind FROM work_items") == []
    await hear(bank, RISKS, risk(no, "R2", "loan_overdue", days=30), risk(no, "R2", "loan_overdue", days=30))
    assert await classes(bank, client) == [("mid", 2), ("high", 2)]
    assert await bank.rows("SELECT rule, owner FROM work_items") == [{"rule": "CR-36", "owner": "staff:1001"}]
    due = await bank.rows(
        "SELECT kind, CAST(due_at AT TIME ZONE 'Asia/Shanghai' AS date) AS on_ FROM due_work WHERE subject_id = $1"
        " AND kind LIKE 'classification.%' ORDER BY kind", client["id"],
    )  # fmt: skip
    assert [(row["kind"], row["on_"]) for row in due] == [
        ("classification.reassess", date(2027, 2, 22)), ("classification.risk-decays", date(2027, 5, 20)),
    ]  # fmt: skip
    found = (await call(person("1001"), "GET", f"/v1/clients/{client['id']}/classification")).json()
    assert (found["risk_class"], found["risk_reasons"]) == ("high", ["event-loan_overdue", "event-loan_overdue"])
    assert [(event["days_overdue"], event["grade"], event["decays_on"]) for event in found["risk_events"]] == [
        (29, "mid", "2027-05-20"), (30, "high", "2028-11-20"),
    ]  # fmt: skip
    assert found["risk_events"][1]["label"]["zh"] == "风险事件：贷款逾期"


@pytest.mark.requirement("CR-31")
async def test_an_event_loses_its_weight_when_the_model_says_so(bank) -> None:
    client = await bank.client(await bank.add_client())
    await hear(bank, RISKS, risk(client["client_no"], "R1", "card_overdue", days=3))
    bank.now = datetime(2027, 5, 19, 22, 0, tzinfo=UTC)
    decays = Due(kind="classification.risk-decays", subject_id=client["id"], due_at=bank.now, detail={}, attempts=0)
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps[decays.kind].call(tx, decays, now=bank.now)
    assert await classes(bank, client) == [("mid", 2), ("low", 2)]


@pytest.mark.requirement("CR-31")
async def test_a_paid_debt_ends_a_short_overdue_and_nothing_worse(bank) -> None:
    short, long = [await bank.client(await bank.add_client()) for _ in range(2)]
    for client, days in ((short, 10), (long, 60)):
        no = client["client_no"]
        await hear(
            bank, RISKS, risk(no, f"{no}a", "loan_overdue", days=days), risk(no, f"{no}b", "cured", on="2026-11-21")
        )
    assert await classes(bank, short) == [("mid", 2), ("low", 2)]
    assert await classes(bank, long) == [("high", 2)]


async def test_a_company_is_told_of_and_not_classified(bank) -> None:
    company = await bank.client(await bank.add_client(kind="corporate"))
    await hear(bank, RISKS, risk(company["client_no"], "R1", "guarantee_default"))
    assert len(await bank.said("RiskEventRecorded", company["id"])) == 1
    assert await classes(bank, company) == []


async def test_what_an_event_weighs_and_how_long(bank) -> None:
    async with bank.database.reading() as tx:
        weights = (await model_on(tx, date(2026, 11, 22))).event_weights
    for kind, days, on, today, grade in (
        ("loan_overdue", None, "2026-11-22", "2026-11-22", "mid"),
        ("loan_overdue", 29, "2026-11-22", "2027-05-21", "mid"),
        ("loan_overdue", 29, "2026-11-22", "2027-05-22", None),
        ("loan_overdue", 30, "2026-11-22", "2028-11-21", "high"),
        ("loan_overdue", 30, "2026-11-22", "2028-11-22", None),
        ("malicious_overdraft", 0, "2026-08-31", "2026-11-22", "high"),
        ("guarantee_default", None, "2026-11-23", "2026-11-22", None),
        ("cured", None, "2026-11-20", "2026-11-22", None),
    ):
        event = ReportedRisk(kind=kind, days_overdue=days, occurred_on=date.fromisoformat(on))
        found = standing_risks(weights, [event], today=date.fromisoformat(today))
        assert [each.grade for each in found] == ([] if grade is None else [grade]), (kind, days, today)
