"""A decision of then gives the same answer today: late figures and later standards change nothing of it."""

from datetime import date, timedelta
from typing import Any

import pytest


async def decided(bank, *, deposit: int) -> Any:
    """A client of Beijing, decided today; then a day passes."""
    client = await bank.add_client(manager="staff:1001", since=date(2019, 3, 1))
    await bank.rich(client, deposit=deposit)
    await bank.evaluate()
    bank.now += timedelta(days=1)
    return client


async def rechecked(call, person, client: Any, **wanted: Any) -> dict[str, Any]:
    body = {"client_id": str(client), **(wanted or {"as_of": "2026-11-22"})}
    answer = await call(person("1004"), "POST", "/v1/qualification-rechecks", body=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.requirement("CR-14")
async def test_late_figures_and_a_superseded_standard_leave_the_decision_of_then_as_it_was(
    bank, call, person, policies, draft, criterion
) -> None:
    client = await decided(bank, deposit=250_000)
    for back in range(1, 13):
        await bank.deliver(client, back, known_at=bank.now, deposit_average=1)
    await policies.in_force(draft(criteria=[criterion(bound="400000.00")]))
    then = await rechecked(call, person, client)
    assert (then["equal"], then["level_then"], then["level_now"], then["differences"]) == (True, "branch", "branch", [])
    assert "bj-branch-standard/1" in then["policies"]
    await bank.evaluate(as_of=date(2026, 11, 23))
    now = await rechecked(call, person, client, as_of="2026-11-23")
    assert (now["equal"], now["level_then"]) == (True, "none")
    assert "bj-branch-standard/2" in now["policies"]


@pytest.mark.requirement("CR-14")
async def test_the_explanation_of_a_past_day_speaks_from_the_decision_of_then(
    bank, call, person, policies, draft, criterion
) -> None:
    client = await decided(bank, deposit=250_000)
    for back in range(1, 13):
        await bank.deliver(client, back, known_at=bank.now, deposit_average=1)
    await policies.in_force(draft(criteria=[criterion(bound="400000.00")]))
    path = f"/v1/clients/{client}/qualification"
    then = (await call(person("1001"), "GET", path, params={"as_of": "2026-11-22"})).json()
    now = (await call(person("1001"), "GET", path)).json()
    assert (then["card_level_met"], then["inputs"]["deposit_avg_12m"]["amount"]) == ("branch", "250000.00")
    assert (now["card_level_met"], now["inputs"]["deposit_avg_12m"]["amount"]) == ("none", "1.00")
    versions = [
        next(p["version"] for p in body["policies"] if p["code"] == "bj-branch-standard") for body in (then, now)
    ]
    assert versions == [1, 2]


async def test_a_run_for_a_past_day_goes_by_the_standard_of_that_day(bank, policies, draft, criterion) -> None:
    client = await decided(bank, deposit=250_000)
    await policies.in_force(draft(valid_from="2026-11-23", criteria=[criterion(bound="400000.00")]))
    for day in (date(2026, 11, 22), date(2026, 11, 23)):
        await bank.evaluate(as_of=day)
    rows = await bank.rows("SELECT level_met FROM qualification_decisions WHERE client_id = $1 ORDER BY id", client)
    # The day before, nothing came out otherwise: a decision is written for a change.
    assert [row["level_met"] for row in rows] == ["branch", "none"]


async def test_a_difference_is_named_with_its_cause(bank, call, person) -> None:
    client = await decided(bank, deposit=250_000)
    await bank.run("DELETE FROM monthly_figures WHERE client_id = $1 AND month < '2026-05-01'", client)
    found = await rechecked(call, person, client)
    assert found["equal"] is False
    assert [cause["code"] for cause in found["causes"]] == ["figures-differ"]
    assert {"field": "deposit_months", "then": "12", "now": "6"} in found["differences"]
    assert found["causes"][0]["text"]["zh"] != found["causes"][0]["text"]["en"]
    moved = await decided(bank, deposit=250_000)
    await bank.run("UPDATE clients SET home_unit_id = $2 WHERE id = $1", moved, bank.units["bj-02-c1"])
    assert (await rechecked(call, person, moved, as_of="2026-11-23"))["equal"] is True
    await bank.run("DELETE FROM tier_policies WHERE code = 'bj-branch-standard'")
    gone = await rechecked(call, person, moved, as_of="2026-11-23")
    assert [cause["code"] for cause in gone["causes"]] == ["policies-differ"]


async def test_a_recheck_stays_in_scope_and_needs_a_decision(bank, call, person) -> None:
    client = await decided(bank, deposit=250_000)
    body = {"client_id": str(client), "as_of": "2026-11-22"}
    elsewhere = await call(person("2002"), "POST", "/v1/qualification-rechecks", body=body)
    before = await call(person("1004"), "POST", "/v1/qualification-rechecks", body=body | {"as_of": "2026-11-21"})
    assert (elsewhere.status_code, before.status_code) == (404, 404)
    neither = await call(person("1004"), "POST", "/v1/qualification-rechecks", body={"client_id": str(client)})
    assert neither.status_code == 422
    (row,) = await bank.rows("SELECT id FROM qualification_decisions WHERE client_id = $1", client)
    assert (await rechecked(call, person, client, decision_id=str(row["id"])))["equal"] is True
    audit = await bank.rows("SELECT client_id FROM audit WHERE act = 'qualification.rechecked'")
    assert [each["client_id"] for each in audit] == [client]
