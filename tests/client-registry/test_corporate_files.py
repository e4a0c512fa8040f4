"""Companies: what their file holds, who decides there, and companies in layers with their numbers (CR-49, CR-50)."""

from typing import Any
from uuid import UUID

import pytest
from chassis.identity import Grant, Principal
from stdnum.cn import uscc

MANAGER = Principal("staff:3001", (Grant("corporate_manager", "/hq/bj/bj-01/bj-01-c1/", "own"),))
HEAD = Principal("staff:3002", (Grant("corporate_head", "/hq/bj/", "unit"),))
FAR = Principal("staff:3003", (Grant("corporate_head", "/hq/sh/", "unit"),))
FILE = {
    "investors": "外商独资，母公司在德国", "business": "工业机器人", "industry": "C", "region": "110115",
    "characteristics": ["high_technology", "foreign_trade"], "needs": ["financing"],
    "people": [
        {"role": "decision_maker", "name": "孙大力", "position": "总经理", "phone": "13712345678"},
        {"role": "influencer", "name": "周小文", "position": "财务总监"},
    ],
    "source": "active_contact",
}  # fmt: skip


async def write(call, client_id: UUID | str, tag: str = '"0"', by: Principal = MANAGER, **body: Any) -> Any:
    path = f"/v1/clients/{client_id}/corporate-file"
    return await call(by, "PUT", path, body={**FILE, **body}, headers={"If-Match": tag})


@pytest.mark.requirement("CR-49")
async def test_a_company_is_registered_by_its_credit_code_and_its_file_holds_who_decides(bank, call) -> None:
    body = "91110115MA01ABCD1"
    code = body + uscc.calc_check_digit(body)
    company = {
        "name": "北京机器人有限公司", "identity": {"type": "unified_social_credit", "number": code},
        "confirm_identity_number": code, "consents": {"marketing": False, "events": False},
        "home_unit_id": str(bank.units["bj-01-c1"]), "manager": "staff:1001",
    }  # fmt: skip
    wrong = body + ("A" if code[-1] != "A" else "B")
    refused = await call(
        MANAGER, "POST", "/v1/clients",
        body={**company, "identity": {"type": "unified_social_credit", "number": wrong}, "confirm_identity_number": wrong},
    )  # fmt: skip
    error = refused.json()["errors"][0]
    assert (refused.status_code, error["pointer"], error["code"]) == (422, "/identity/number", "identity.check-digit")
    made = await call(MANAGER, "POST", "/v1/clients", body=company)
    assert made.status_code == 201, made.text
    client_id = made.json()["client_id"]
    await bank.run("UPDATE clients SET manager = 'staff:3001' WHERE id = $1::text::uuid", client_id)
    path = f"/v1/clients/{client_id}/corporate-file"
    empty = await call(MANAGER, "GET", path)
    assert (empty.json()["version"], empty.json()["people"]) == (0, [])
    kept = await write(call, client_id, empty.headers["ETag"])
    assert kept.status_code == 200, kept.text
    seen = kept.json()
    assert (seen["industry"], seen["region"], seen["business"], seen["investors"]) == (
        "C",
        "110115",
        "工业机器人",
        "***",
    )
    assert [(each["role"], each["name"], each["position"]) for each in seen["people"]] == [
        ("decision_maker", "孙**", "***"), ("influencer", "周**", "***"),
    ]  # fmt: skip
    assert (seen["source"], seen["collector"]) == ("active_contact", "staff:3001")
    blind = await call(MANAGER, "GET", path, params={"unmasked": True})
    assert blind.json()["errors"][0]["pointer"] == "/purpose"
    open_ = await call(MANAGER, "GET", path, params={"unmasked": True, "purpose": "relationship_management"})
    assert (open_.json()["people"][0]["name"], open_.json()["investors"]) == ("孙大力", FILE["investors"])
    assert len(await bank.rows("SELECT 1 FROM audit WHERE act = 'corporate-file.revealed'")) == 1
    row = await bank.row("SELECT name_sealed FROM corporate_persons WHERE role = 'decision_maker'")
    assert "孙".encode() not in bytes(row["name_sealed"])
    assert (await write(call, client_id)).status_code == 412
    again = await write(call, client_id, kept.headers["ETag"], people=[])
    assert (again.status_code, again.json()["version"], again.json()["people"]) == (200, 2, [])
    file = await call(MANAGER, "GET", f"/v1/clients/{client_id}")
    assert (file.json()["kind"], file.json()["identity_type"]) == ("corporate", "unified_social_credit")


async def test_what_cannot_stand_on_a_companys_file_names_the_field(bank, call, person) -> None:
    company = await bank.add_client(manager="staff:3001", kind="corporate")
    wang = await bank.add_client(manager="staff:3001")

    async def refused(pointer: str, code: str, **body: Any) -> None:
        answer = await write(call, company, **body)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, code)

    await refused("/industry", "code.unknown", industry="Z")
    await refused("/industry", "code.unknown", industry="manufacturing")
    await refused("/region", "code.unknown", region="990000")
    await refused("/region", "field.string-pattern-mismatch", region="1101")
    await refused("/characteristics/1", "code.twice", characteristics=["listed", "listed"])
    await refused("/needs/0", "code.unknown", needs=["gold"])
    not_a_company = await write(call, wang)
    assert (not_a_company.status_code, not_a_company.json()["code"]) == (409, "corporate-file.not-corporate")
    assert (await write(call, company, by=FAR)).status_code == 404
    assert (await call(person("1001"), "GET", f"/v1/clients/{company}/corporate-file")).status_code == 403


@pytest.mark.requirement("CR-50")
async def test_companies_are_kept_per_outlet_and_counted_by_layer_in_scope(bank, call) -> None:
    here, there, bare = await bank.add_clients(3, manager="staff:3001", kind="corporate")
    away = await bank.add_client(home="sh-01-c1", manager="staff:3003", kind="corporate")
    await bank.add_client(manager="staff:3001")
    await bank.run("UPDATE clients SET home_unit_id = $2 WHERE id = $1", there, bank.units["bj-02-c1"])
    assert (await write(call, here)).status_code == 200
    assert (await write(call, there, region="310000", industry="J", characteristics=["listed"])).status_code == 200
    assert (await write(call, away, by=FAR, industry="J")).status_code == 200

    async def counts(by: Principal, layer: str, **more: Any) -> dict[str | None, int]:
        answer = await call(by, "GET", "/v1/corporate-client-statistics", params={"by": layer, **more})
        assert answer.status_code == 200, answer.text
        return {each["code"]: each["clients"] for each in answer.json()["items"]}

    assert await counts(HEAD, "industry") == {"C": 1, "J": 1, None: 1}
    assert await counts(HEAD, "region") == {"110000": 1, "310000": 1, None: 1}
    assert await counts(HEAD, "characteristic") == {"high_technology": 1, "foreign_trade": 1, "listed": 1, None: 1}
    assert await counts(HEAD, "need") == {"financing": 2, None: 1}
    assert await counts(HEAD, "outlet") == {"bj-01-c1": 2, "bj-02-c1": 1}
    assert await counts(HEAD, "industry", need="financing", unit_id=str(bank.units["bj-02"])) == {"J": 1}
    assert await counts(FAR, "industry") == {"J": 1}
    words = (await call(HEAD, "GET", "/v1/corporate-client-statistics", params={"by": "industry"})).json()["items"][0]
    assert (words["text_zh"], words["text_en"]) == ("制造业", "Manufacturing")

    async def listed(**more: Any) -> list[str]:
        answer = await call(HEAD, "GET", "/v1/corporate-clients", params=more)
        return [each["client_id"] for each in answer.json()["items"]]

    assert await listed() == [str(each) for each in sorted((here, there, bare))]
    assert await listed(region="110000") == [str(here)]
    assert await listed(region="110115", industry="C") == [str(here)]
    assert await listed(characteristic="listed") == [str(there)]
    first = await call(HEAD, "GET", "/v1/corporate-clients", params={"limit": 2})
    second = await call(
        HEAD, "GET", "/v1/corporate-clients", params={"limit": 2, "cursor": first.json()["next_cursor"]}
    )
    assert (len(first.json()["items"]), len(second.json()["items"]), second.json()["next_cursor"]) == (2, 1, None)
