"""Several schemes of grades on one ladder: reference data in versions, and what each calls a client."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from chassis.identity import Grant, Principal

AUTHOR = Principal("staff:3004", (Grant("policy_author", "/hq/", "unit"),))
APPROVER = Principal("staff:3005", (Grant("policy_approver", "/hq/", "unit"),))
BRANCH = Principal(
    "staff:3001", (Grant("policy_author", "/hq/bj/", "unit"), Grant("policy_approver", "/hq/bj/", "unit"))
)
GRADE = {
    "code": "head-office", "name_zh": "总行级", "name_en": "Head-office level", "attribute": "card_level",
    "value": "head_office", "article": "CCB Art. 6",
}  # fmt: skip
VERSION = {
    "name_zh": "建行卡级别", "name_en": "CCB card level", "article": "CCB Art. 2", "valid_from": "2026-12-01",
    "grades": [GRADE],
}  # fmt: skip
PATH = "/v1/schemes/ccb-card-level"


@pytest.mark.requirement("CR-2", "CR-24", "CR-27", "CR-28", "CR-30", "CR-31")
async def test_every_grade_names_its_attribute_in_both_languages_and_in_order(call, person) -> None:
    items = (await call(person("1001"), "GET", "/v1/schemes")).json()["items"]
    found = {item["code"]: [(g["name_zh"], g["attribute"], g["value"]) for g in item["grades"]] for item in items}
    assert found["ccb-card-level"] == [("总行级", "card_level", "head_office"), ("分行级", "card_level", "branch")]
    assert found["boc-service-tier"] == [
        ("公司VIP", "service_tier", "corporate_vip"), ("私行", "service_tier", "private_banking"),
        ("财富", "service_tier", "wealth"), ("理财", "service_tier", "wealth_management"),
        ("潜力客户", "potential", "yes"), ("普通/大众客户", "service_tier", "mass"),
    ]  # fmt: skip
    assert {code: [value for _, _, value in grades] for code, grades in found.items() if code.startswith("boc-c")} == {
        "boc-c-value": ["high", "mid", "low"], "boc-c-risk": ["high", "mid", "low"],
        "boc-c-need": ["investment", "financing", "settlement"],
    }  # fmt: skip
    assert [value for _, _, value in found["boc-service-institution"]] == [
        "private_bank", "wealth_centre", "wealth_management_centre",
    ]  # fmt: skip
    assert all(grade["name_en"] and grade["article"] for item in items for grade in item["grades"])
    assert [grade["order"] for grade in items[0]["grades"]] == list(range(1, len(items[0]["grades"]) + 1))
    one = await call(person("1001"), "GET", PATH)
    assert (one.json()["version"], one.headers["etag"]) == (1, '"1"')
    assert (await call(person("1001"), "GET", "/v1/schemes/nobody")).status_code == 404
    assert (await call(person("1001"), "GET", PATH, params={"on": "2019-12-31"})).status_code == 404


@pytest.mark.requirement("CR-24")
async def test_a_client_is_named_by_every_scheme_with_where_it_comes_from(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001", tier="wealth")
    await bank.run("UPDATE clients SET card_level = 'branch' WHERE id = $1", client)
    await bank.run("UPDATE units SET service_institution = 'wealth_centre' WHERE code = 'bj-01-c1'")
    await bank.run(
        "INSERT INTO client_classifications (client_id, value_class, value_score, parts, risk_class, risk_reasons, needs,"
        " model_version, decision_id, classified_on) VALUES ($1, 'mid', 50, '[]', 'low', '{}',"
        " '{financing,investment}', 1, $2, '2026-11-01')",
        client, uuid4(),
    )  # fmt: skip
    answer = (await call(person("1001"), "GET", f"/v1/clients/{client}/grades")).json()
    grades = {each["scheme"]: [grade["code"] for grade in each["grades"]] for each in answer["schemes"]}
    assert grades == {
        "ccb-card-level": ["branch"], "boc-service-tier": ["wealth"], "boc-c-value": ["mid"], "boc-c-risk": ["low"],
        "boc-c-need": ["investment", "financing"], "boc-service-institution": ["wealth-centre"],
    }  # fmt: skip
    tier = next(each for each in answer["schemes"] if each["scheme"] == "boc-service-tier")["grades"][0]
    assert (tier["name_zh"], tier["name_en"], tier["attribute"], tier["value"]) == (
        "财富",
        "Wealth",
        "service_tier",
        "wealth",
    )
    assert "持有产品" in tier["explanation"]["zh"] and "products held" in tier["explanation"]["en"]
    assert (await call(person("2001"), "GET", f"/v1/clients/{client}/grades")).status_code == 404
    plain = await bank.add_client(manager="staff:1001")
    bare = (await call(person("1001"), "GET", f"/v1/clients/{plain}/grades")).json()
    assert {each["scheme"]: [g["code"] for g in each["grades"]] for each in bare["schemes"]}["boc-service-tier"] == [
        "ordinary"
    ]


@pytest.mark.requirement("CR-24", "XC-34")
async def test_a_new_version_holds_from_its_first_day_after_another_persons_yes(bank, call, person) -> None:
    body = {**VERSION, "grades": [{**GRADE, "name_zh": "总行级贵宾"}]}
    proposed = await call(AUTHOR, "POST", f"{PATH}/versions", body=body)
    assert (proposed.status_code, proposed.json()["version"], proposed.json()["status"]) == (201, 2, "proposed")
    version = f"/v1/scheme-versions/{proposed.json()['id']}"
    both = Principal(AUTHOR.subject, (*AUTHOR.grants, *APPROVER.grants))
    assert (await call(both, "POST", f"{version}/approvals")).json()["code"] == "approval.same-person"
    assert (await call(BRANCH, "POST", f"{version}/approvals")).json()["code"] == "scheme.head-office-only"
    assert (await call(BRANCH, "POST", f"{PATH}/versions", body=body)).json()["code"] == "scheme.head-office-only"
    approved = await call(APPROVER, "POST", f"{version}/approvals")
    assert (approved.status_code, approved.json()["status"]) == (201, "approved")
    assert (await call(APPROVER, "POST", f"{version}/refusals")).json()["code"] == "scheme.decided"
    for day, number in (("2026-11-30", 1), ("2026-12-01", 2)):
        assert (await call(person("1001"), "GET", PATH, params={"on": day})).json()["version"] == number
    assert (await call(person("1001"), "GET", PATH)).json()["version"] == 1
    bank.now = datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert (await call(person("1001"), "GET", PATH)).json()["grades"][0]["name_zh"] == "总行级贵宾"


async def test_a_refused_version_and_one_whose_first_day_went_by_never_hold(bank, call, person) -> None:
    first = (await call(AUTHOR, "POST", f"{PATH}/versions", body=VERSION)).json()
    assert (await call(APPROVER, "POST", f"/v1/scheme-versions/{first['id']}/refusals")).json()["status"] == "refused"
    late = (await call(AUTHOR, "POST", f"{PATH}/versions", body=VERSION)).json()
    assert late["version"] == 3
    bank.now = datetime(2026, 12, 2, 4, tzinfo=UTC)
    answer = await call(APPROVER, "POST", f"/v1/scheme-versions/{late['id']}/approvals")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "scheme.begins-past")
    assert (await call(person("1001"), "GET", PATH)).json()["version"] == 1
    assert (await call(AUTHOR, "POST", "/v1/schemes/nobody/versions", body=VERSION)).status_code == 404
    assert (await call(APPROVER, "POST", f"/v1/scheme-versions/{uuid4()}/approvals")).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "pointer", "code"),
    [
        ({"valid_from": "2026-11-21"}, "/valid_from", "scheme.begins-past"),
        ({"valid_until": "2026-11-30"}, "/valid_until", "scheme.dates-reversed"),
        ({"grades": [{**GRADE, "attribute": "charm"}]}, "/grades/0/attribute", "scheme.attribute-unknown"),
        ({"grades": [{**GRADE, "value": "gold"}]}, "/grades/0/value", "scheme.value-unknown"),
        ({"grades": [GRADE, {**GRADE, "value": "branch"}]}, "/grades/1/code", "scheme.code-twice"),
        ({"grades": [GRADE, {**GRADE, "code": "other"}]}, "/grades/1/value", "scheme.value-twice"),
    ],
)
async def test_what_makes_no_sense_is_named_in_both_languages(call, wanted: dict[str, Any], pointer, code) -> None:
    said = set()
    for language in ("en", "zh-CN"):
        answer = await call(AUTHOR, "POST", f"{PATH}/versions", body={**VERSION, **wanted}, language=language)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, code)
        said.add(error["detail"])
    assert len(said) == 2
