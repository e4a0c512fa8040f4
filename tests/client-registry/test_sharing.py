"""Sharing of client data: stated, limited in time, followed; and a client's own copy."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.identity import Grant, Principal

RISK = Principal("staff:3001", (Grant("branch_personal_banking", "/hq/sh/sh-01-c1/", "unit"),))
OTHER_ROLE = Principal("staff:3002", (Grant("counter_teller", "/hq/sh/sh-01-c1/", "unit"),))
OTHER_PLACE = Principal("staff:3003", (Grant("branch_personal_banking", "/hq/bj/bj-02/", "unit"),))
INTERNAL = {
    "kind": "internal", "purpose": "risk_control", "fields": ["name", "risk"],
    "recipient_role": "branch_personal_banking", "from_on": "2026-11-22", "until_on": "2026-12-31",
}  # fmt: skip
EXTERNAL = {
    "kind": "external", "purpose": "service", "fields": ["name", "contacts"], "recipient_name": "某保险公司",
    "authorisation": "授权书 2026-118：可向某保险公司提供姓名与联系方式", "authorised_on": "2026-11-20",
    "agreement": "保密协议 B-7：不得转用、不得泄露", "agreement_until_on": "2027-06-30",
    "from_on": "2026-11-22", "until_on": "2027-01-31",
}  # fmt: skip


@pytest.fixture
async def client_id(call, person, registration) -> UUID:
    made = await call(person("1001"), "POST", "/v1/clients", body=registration())
    assert made.status_code == 201, made.text
    return UUID(made.json()["client_id"])


async def granted(bank, call, person, client_id, **changed: Any) -> Any:
    wanted = INTERNAL | {"recipient_unit_id": str(bank.units["sh"])} | changed
    return await call(person("1004"), "POST", f"/v1/clients/{client_id}/sharing-grants", body=wanted)


async def used(call, by, grant, *fields: str) -> Any:
    path = f"/v1/sharing-grants/{grant.json()['grant_id']}/uses"
    return await call(by, "POST", path, body={"fields": list(fields)})


@pytest.mark.requirement("CR-82", "XC-17")
async def test_the_recipient_sees_what_was_granted_and_every_use_is_followed(bank, call, person, client_id) -> None:
    await bank.lend(client_id, 1, 5_000, worst=12, open_=3)
    grant = await granted(bank, call, person, client_id)
    assert (grant.status_code, grant.json()["in_force"]) == (201, True)
    assert (await call(RISK, "GET", f"/v1/clients/{client_id}")).status_code == 404
    shown = await used(call, RISK, grant, "name", "risk")
    assert shown.status_code == 201, shown.text
    assert shown.json()["data"] == {
        "name": "王小明",
        "risk": [{"month": "2026-10-01", "overdue_days_max": 12, "overdue_days_open": 3}],
    }
    uses = await call(person("1004"), "GET", f"/v1/sharing-grants/{grant.json()['grant_id']}/uses")
    (use,) = uses.json()["items"]
    assert (use["used_by"], use["fields"], use["use_id"]) == ("staff:3001", ["name", "risk"], shown.json()["use_id"])
    audited = await bank.row("SELECT * FROM audit WHERE act = 'sharing.used'")
    assert (audited["subject"], audited["purpose"], audited["client_id"]) == ("staff:3001", "risk_control", client_id)


@pytest.mark.requirement("CR-82")
async def test_what_was_not_granted_is_not_shown(bank, call, person, client_id) -> None:
    grant = await granted(bank, call, person, client_id)
    beyond = await used(call, RISK, grant, "name", "financial")
    assert beyond.status_code == 422
    assert (beyond.json()["errors"][0]["pointer"], "financial" in beyond.text) == ("/fields", True)
    for stranger in (OTHER_ROLE, OTHER_PLACE):
        assert (await used(call, stranger, grant, "name")).status_code == 404
    at_home = await used(call, person("1001"), grant, "name")
    assert (at_home.status_code, at_home.json()["code"]) == (403, "sharing.not-the-recipient")
    assert await bank.rows("SELECT 1 FROM sharing_uses") == []


@pytest.mark.requirement("CR-82")
@pytest.mark.parametrize("days", [-1, 40])
async def test_before_and_after_its_period_a_grant_shows_nothing(bank, call, person, client_id, days) -> None:
    grant = await granted(bank, call, person, client_id, from_on="2026-11-22", until_on="2026-12-31")
    bank.now += timedelta(days=days)
    answer = await used(call, RISK, grant, "name")
    assert (answer.status_code, answer.json()["code"]) == (409, "sharing.not-in-force")
    assert "王" not in answer.text


@pytest.mark.requirement("CR-82")
async def test_the_last_day_counts(bank, call, person, client_id) -> None:
    grant = await granted(bank, call, person, client_id, until_on="2026-11-22")
    # 23:59 in Shanghai.
    bank.now = bank.now.replace(hour=15, minute=59)
    assert (await used(call, RISK, grant, "name")).status_code == 201
    bank.now += timedelta(minutes=1)
    assert (await used(call, RISK, grant, "name")).status_code == 409


@pytest.mark.requirement("CR-81", "CR-82")
async def test_the_client_withdraws_a_grant_at_once(bank, call, person, client_id) -> None:
    grant = await granted(bank, call, person, client_id)
    path = f"/v1/sharing-grants/{grant.json()['grant_id']}/revocations"
    assert (await call(person("client", client_id), "POST", path)).status_code == 201
    answer = await used(call, RISK, grant, "name")
    assert (answer.status_code, answer.json()["code"]) == (409, "sharing.not-in-force")
    again = await call(person("1004"), "POST", path)
    assert (again.status_code, again.json()["code"]) == (409, "sharing.already-revoked")
    assert (await call(person("client", uuid4()), "POST", path)).status_code == 404


@pytest.mark.requirement("CR-83")
async def test_outside_sharing_needs_authorisation_and_agreement(bank, call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}/sharing-grants"
    for missing in ("authorisation", "authorised_on", "agreement", "agreement_until_on", "recipient_name"):
        body = {name: value for name, value in EXTERNAL.items() if name != missing}
        refused = await call(person("1004"), "POST", path, body=body)
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/{missing}", "sharing.incomplete")
    short = await call(person("1004"), "POST", path, body=EXTERNAL | {"agreement_until_on": "2026-12-31"})
    assert short.json()["errors"][0]["code"] == "sharing.agreement-too-short"
    later = await call(person("1004"), "POST", path, body=EXTERNAL | {"authorised_on": "2026-11-23"})
    assert later.json()["errors"][0]["code"] == "sharing.authorised-later"
    grant = await call(person("1004"), "POST", path, body=EXTERNAL)
    assert grant.status_code == 201, grant.text
    assert grant.json()["agreement"] == EXTERNAL["agreement"]
    shown = await used(call, person("1001"), grant, "contacts")
    assert {each["way"] for each in shown.json()["data"]["contacts"]} == {"mobile", "email", "home_phone"}
    assert (await used(call, RISK, grant, "contacts")).status_code == 404
    stored = await bank.row("SELECT * FROM sharing_grants")
    assert "授权书".encode() not in stored["authorisation_sealed"]


@pytest.mark.requirement("CR-84", "XC-24")
async def test_disclosure_by_law_names_its_basis_and_is_short(bank, call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}/sharing-grants"
    legal = {
        "kind": "legal", "purpose": "legal_disclosure", "fields": ["financial"], "recipient_name": "某区人民法院",
        "agreement": "（2026）某执字第 1 号协助查询通知书", "from_on": "2026-11-22", "until_on": "2026-12-01",
    }  # fmt: skip
    assert (await call(person("1004"), "POST", path, body=legal)).status_code == 201
    no_basis = await call(person("1004"), "POST", path, body=legal | {"agreement": None})
    assert no_basis.json()["errors"][0]["pointer"] == "/agreement"
    too_long = await call(person("1004"), "POST", path, body=legal | {"until_on": "2026-12-23"})
    assert too_long.json()["errors"][0]["code"] == "sharing.period"
    other_purpose = await call(person("1004"), "POST", path, body=legal | {"purpose": "service"})
    assert other_purpose.json()["errors"][0]["code"] == "sharing.purpose"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"until_on": "2026-11-21"}, "sharing.period"),
        ({"from_on": "2026-11-01", "until_on": "2026-11-21"}, "sharing.past"),
        ({"until_on": "2027-11-23"}, "sharing.period"),
        ({"recipient_unit_id": str(uuid4())}, "unit.unknown"),
    ],
)
async def test_a_grant_that_cannot_be_is_refused(bank, call, person, client_id, changed, code) -> None:
    answer = await granted(bank, call, person, client_id, **changed)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert await bank.rows("SELECT 1 FROM sharing_grants") == []


@pytest.mark.requirement("CR-81")
async def test_a_client_takes_a_copy_of_everything_kept(bank, call, person, client_id) -> None:
    await bank.deliver(client_id, 1, deposit_average=600_000)
    grant = await granted(bank, call, person, client_id)
    await used(call, RISK, grant, "name")
    answer = await call(person("client", client_id), "POST", f"/v1/clients/{client_id}/data-copies")
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["name"] == "王小明"
    assert data["financial"][-1]["deposit_average"] == "600000.00"
    assert data["sharing_uses"][0]["used_by"] == "staff:3001"
    assert {"contacts", "preference", "memberships", "qualifications", "cards", "services"} <= data.keys()
    audited = await bank.row("SELECT * FROM audit WHERE act = 'client.copied'")
    assert audited["subject"] == f"client:{client_id}"
    someone_else = await call(person("client", uuid4()), "POST", f"/v1/clients/{client_id}/data-copies")
    assert someone_else.status_code == 404
    assert (await call(person("1001"), "POST", f"/v1/clients/{client_id}/data-copies")).status_code == 403
