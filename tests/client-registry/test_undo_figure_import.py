"""An import of figures is taken back by two people: what is left counts again, what was known then is still found."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from chassis.identity import Grant, Principal
from chassis.metrics import Metrics
from chassis.operations_worker import OperationsWorker
from chassis.sweeper import Sweeper
from client_registry.app import SERVICE
from client_registry.jobs import sweeps
from client_registry.store.figures import delivered

FIRST = Principal("staff:7001", (Grant("data_steward", "/hq/", "unit"),))
SECOND = Principal("staff:7002", (Grant("data_steward", "/hq/", "unit"),))
ELSEWHERE = Principal("staff:7003", (Grant("data_steward", "/hq/sh/", "unit"),))
LAST = date(2026, 10, 1)
MONTHS = ["2025-11", "2025-12", *(f"2026-{number:02d}" for number in range(1, 11))]


@pytest.fixture
def work(bank):
    """Does whatever waits: operations, then what falls due."""

    async def done(*, steps: int = 1_000) -> None:
        worker = OperationsWorker(bank.database, SERVICE.operations, clock=lambda: bank.now)
        while steps and await worker.work_on_one(asyncio.Event()):
            steps -= 1
        await Sweeper(bank.database, sweeps, clock=lambda: bank.now, metrics=Metrics("client-registry")).sweep()
        bank.now += timedelta(minutes=1)

    return done


@pytest.fixture
def bring(call, work):
    """Imports figures; the path of the import."""

    async def done(*rows: str, header: str = "client_no,month,assets") -> str:
        content = "\n".join([header, *rows, ""]).encode()
        answer = await call(FIRST, "POST", "/v1/figure-imports", files=[("files", ("f.csv", content))])
        assert answer.status_code == 202, answer.text
        await work()
        return f"/v1/figure-imports/{answer.json()['figure_import_id']}"

    return done


@pytest.fixture
def undo(call, work):
    async def done(path: str) -> dict[str, Any]:
        assert (await call(FIRST, "POST", f"{path}/undo-proposals", body={"reason": "wrong_file"})).status_code == 201
        approved = await call(SECOND, "POST", f"{path}/undo-approvals")
        assert approved.status_code == 202, approved.text
        await work()
        return (await call(SECOND, "GET", f"/v1/operations/{approved.json()['operation_id']}")).json()

    return done


async def assets(bank, client: UUID, *, at=None) -> Decimal | None:
    async with bank.database.reading() as tx:
        known = await delivered(tx, client, as_of=bank.now.date(), cut_off_at=at or bank.now, client_since_on=None)
    return known.months[LAST].assets if LAST in known.months else None


async def number(bank, client: UUID) -> str:
    return str((await bank.client(client))["client_no"])


async def test_what_stood_before_stands_again_and_as_then_it_is_still_found(bank, call, bring, undo) -> None:
    old, new, later = await bank.add_clients(3)
    nos = [await number(bank, client) for client in (old, new, later)]
    await bring(f"{nos[0]},2026-10,900")
    wrong = await bring(*(f"{no},2026-10,5000" for no in nos))
    await bring(f"{nos[2]},2026-10,700")
    then = bank.now
    seen = (await call(FIRST, "GET", f"{wrong}/undo")).json()
    assert (seen["clients"], seen["statements"], seen["corrected_since"]) == (3, 3, 1)
    assert (seen["first_month"], seen["last_month"], seen["filed"]) == ("2026-10", "2026-10", [])
    bank.now += timedelta(minutes=1)
    ended = await undo(wrong)
    assert (ended["status"], ended["result"]["clients"], ended["result"]["statements_withdrawn"]) == ("succeeded", 3, 3)
    assert [await assets(bank, client) for client in (old, new, later)] == [900, None, 700]
    assert [await assets(bank, client, at=then) for client in (old, new, later)] == [5000, 5000, 700]
    assert (await call(FIRST, "GET", wrong)).json()["status"] == "undone"
    assert len(await bank.rows("SELECT FROM source_figures")) == 5
    # The same file may come again, and then counts.
    await bring(*(f"{no},2026-10,5000" for no in nos))
    assert await assets(bank, new) == 5000


@pytest.mark.requirement("XC-34")
async def test_two_people_are_needed_and_only_an_applied_import_can_be_undone_once(bank, call, bring, undo) -> None:
    path = await bring(f"{await number(bank, await bank.add_client())},2026-10,5")
    nothing = await call(SECOND, "POST", f"{path}/undo-approvals")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "approval.not-open")
    await call(FIRST, "POST", f"{path}/undo-proposals", body={"reason": "other"})
    same = await call(FIRST, "POST", f"{path}/undo-approvals")
    assert (same.status_code, same.json()["code"]) == (409, "approval.same-person")
    assert (await call(FIRST, "GET", f"{path}/undo")).json()["proposed_by"] == "staff:7001"
    refused = await call(SECOND, "POST", f"{path}/undo-refusals")
    assert refused.json()["status"] == "refused"
    for way in ("undo-proposals", "undo-approvals"):
        body = {"reason": "other"} if way == "undo-proposals" else None
        assert (await call(ELSEWHERE, "POST", f"{path}/{way}", body=body)).status_code == 404
    await undo(path)
    again = await call(FIRST, "POST", f"{path}/undo-proposals", body={"reason": "other"})
    assert (again.status_code, again.json()["code"]) == (409, "import.not-applied")


async def test_a_filed_decision_is_not_reversed_a_review_opens(bank, call, person, bring, undo, work) -> None:
    client = await bank.add_client(since=date(2019, 1, 1))
    no = await number(bank, client)
    path = await bring(*(f"{no},{month},600000" for month in MONTHS), header="client_no,month,deposit_average")
    body = {"level": "head_office", "client_ids": [str(client)]}
    filed = await call(person("1004"), "POST", "/v1/qualification-filings", body=body)
    assert filed.json()["filed"] == 1
    bank.now += timedelta(minutes=1)
    seen = (await call(FIRST, "GET", f"{path}/undo")).json()
    assert seen["filed"] == [{"client_id": str(client), "level": "head_office"}]
    await undo(path)
    row = await bank.row("SELECT status FROM qualifications WHERE client_id = $1 AND level = 'head_office'", client)
    assert row["status"] == "filed"
    (review,) = await bank.rows("SELECT client_id, status, outcome FROM qualification_reviews")
    assert (review["client_id"], review["status"]) == (client, "open")
    decided = await bank.row(
        "SELECT deposit_avg_12m FROM qualification_decisions WHERE client_id = $1 ORDER BY cut_off_at DESC, id DESC LIMIT 1",
        client,
    )
    assert decided["deposit_avg_12m"] == 0


async def test_an_undoing_broken_off_is_taken_up_where_it_stood(bank, call, bring, undo, work, monkeypatch) -> None:
    clients = await bank.add_clients(3)
    path = await bring(*[f"{await number(bank, client)},2026-10,5" for client in clients])
    monkeypatch.setattr("client_registry.use_cases.undo_figure_import.RANGE", 1)
    ended = await undo(path)
    assert (ended["result"]["clients"], ended["result"]["statements_withdrawn"]) == (3, 3)
    assert {await assets(bank, client) for client in clients} == {None}


async def test_loans_and_products_go_back_too(bank, bring, undo) -> None:
    client = await bank.add_client()
    no = await number(bank, client)
    await bring(f"{no},2026-09,FD-1,fund", header="client_no,month,product_code,kind")
    held = await bring(f"{no},2026-10,TD-1,time_deposit", header="client_no,month,product_code,kind")
    owed = await bring(f"{no},2026-10,L1,mortgage,500", header="client_no,month,loan_no,product,outstanding")
    await undo(held)
    await undo(owed)
    (kept,) = await bank.rows("SELECT holdings -> 0 ->> 'product_code' AS code FROM client_holdings")
    assert kept["code"] == "FD-1"
    assert len(await bank.rows("SELECT FROM loan_months WHERE withdrawn_at IS NULL")) == 0


async def test_figures_under_a_merged_number_are_taken_back_from_the_survivor(bank, call, person, bring, undo) -> None:
    kept, gone = await bank.add_clients(2, manager="staff:1001")
    await bring(f"{await number(bank, kept)},2026-10,300")
    body = {"surviving_client_id": str(kept), "merged_client_id": str(gone), "reason": "同一人重复建档"}
    proposed = await call(person("1008"), "POST", "/v1/client-mergers", body=body)
    await call(person("1004"), "POST", f"/v1/client-mergers/{proposed.json()['merger_id']}/approvals")
    bank.now += timedelta(minutes=1)
    path = await bring(f"{await number(bank, gone)},2026-10,500")
    assert await assets(bank, kept) == 800
    await undo(path)
    assert await assets(bank, kept) == 300
