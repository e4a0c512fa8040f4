"""Late and corrected months: what they touch is decided again, a filing is never reversed silently."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from chassis import work_items
from chassis.identity import Grant, Principal
from chassis.metrics import Metrics
from chassis.sweeper import Sweeper
from client_registry.jobs import sweeps

SYSTEM = Principal("staff:core", (Grant("integration", "/hq/", "unit"),))


async def correct(bank, call, client: UUID, month: str, deposit: str) -> None:
    """A source says otherwise about a month, and the worker has swept."""
    bank.now += timedelta(hours=1)
    body = {"source": "core", "delivery_no": uuid4().hex,
            "rows": [{"month": month, "client_id": str(client), "deposit_average": deposit}]}  # fmt: skip
    answer = await call(SYSTEM, "POST", "/v1/figure-deliveries", body=body)
    assert answer.status_code == 201, answer.text
    await Sweeper(bank.database, sweeps, clock=lambda: bank.now, metrics=Metrics("client-registry")).sweep()


async def filed(bank, call, person) -> UUID:
    """A client filed at head-office level by the Beijing branch, just above the bound."""
    client = await bank.add_client()
    await bank.rich(client, deposit=500_000)
    await bank.evaluate()
    body = {"level": "head_office", "client_ids": [str(client)]}
    answer = await call(person("1004"), "POST", "/v1/qualification-filings", body=body)
    assert answer.json()["filed"] == 1
    return client


async def standing(bank, client: UUID) -> str:
    row = await bank.row("SELECT status FROM qualifications WHERE client_id = $1 AND level = 'head_office'", client)
    return row["status"]


@pytest.mark.requirement("CR-10")
async def test_a_correction_under_a_filing_opens_a_review_and_reverses_nothing(bank, call, person) -> None:
    client = await filed(bank, call, person)
    await correct(bank, call, client, "2026-07", "499999.99")
    assert await standing(bank, client) == "filed"
    (shown,) = (await call(person("1004"), "GET", "/v1/qualification-reviews")).json()["items"]
    assert (shown["client_id"], shown["outcome"], shown["status"]) == (str(client), "not_met", "open")
    decisions = {row["id"]: row for row in await bank.rows("SELECT * FROM qualification_decisions")}
    then, now = (decisions[UUID(shown[name])] for name in ("filed_decision_id", "review_decision_id"))
    assert (then["level_met"], now["level_met"], then["as_of"]) == ("head_office", "branch", now["as_of"])
    async with bank.database.reading() as tx:
        (item,) = await work_items.list_of_subject(tx, UUID(shown["review_id"]))
    assert (item.owner_role, item.unit_path, item.kind) == (
        "branch_personal_banking",
        "/hq/bj/",
        "qualification.review",
    )
    # Another correction while it is open adds nothing.
    await correct(bank, call, client, "2026-08", "400000.00")
    assert len(await bank.rows("SELECT id FROM qualification_reviews")) == 1


async def test_a_review_is_closed_once_by_who_filed_and_the_same_correction_opens_no_other(bank, call, person) -> None:
    client = await filed(bank, call, person)
    await correct(bank, call, client, "2026-07", "1.00")
    (shown,) = (await call(person("1004"), "GET", "/v1/qualification-reviews")).json()["items"]
    path = f"/v1/qualification-reviews/{shown['review_id']}/closures"
    assert (await call(person("2002"), "POST", path, body={"result": "stands"})).status_code == 404
    assert (await call(person("1003"), "POST", path, body={"result": "stands"})).status_code == 403
    closed = await call(person("1004"), "POST", path, body={"result": "stands"})
    assert (closed.status_code, closed.json()["result"]) == (201, "stands")
    again = await call(person("1004"), "POST", path, body={"result": "to_be_revoked"})
    assert (again.status_code, again.json()["code"]) == (409, "review.closed")
    assert (await call(person("1004"), "POST", path, body={"result": "perhaps"})).status_code == 422
    (item,) = await bank.rows("SELECT status, result FROM work_items")
    assert item == {"status": "done", "result": "stands"}
    acts = await bank.rows("SELECT subject, detail FROM audit WHERE act = 'qualification-review.closed'")
    assert [(act["subject"], act["detail"]["result"]) for act in acts] == [("staff:1004", "stands")]
    # A month outside the filing's twelve is none of its business.
    await correct(bank, call, client, "2025-10", "1.00")
    assert (await call(person("1004"), "GET", "/v1/qualification-reviews?status=open")).json()["items"] == []
    await correct(bank, call, client, "2026-06", "1.00")
    assert len((await call(person("1004"), "GET", "/v1/qualification-reviews?status=open")).json()["items"]) == 1


async def test_a_correction_that_the_filing_still_bears_opens_nothing(bank, call, person) -> None:
    client = await filed(bank, call, person)
    await correct(bank, call, client, "2026-07", "500001.00")
    assert await bank.rows("SELECT id FROM qualification_reviews") == []


async def test_a_candidate_is_simply_decided_over_again(bank, call) -> None:
    client, other = await bank.add_clients(2)
    for each in (client, other):
        await bank.rich(each, deposit=500_000)
    await bank.evaluate()
    await correct(bank, call, client, "2026-07", "1.00")
    assert (await standing(bank, client), await standing(bank, other)) == ("lapsed", "candidate")
    touched = await bank.rows("SELECT client_id FROM qualification_decisions WHERE cut_off_at = $1", bank.now)
    assert [row["client_id"] for row in touched] == [client]
    assert (await bank.row("SELECT max(as_of) AS day FROM qualification_decisions"))["day"] == date(2026, 11, 22)
