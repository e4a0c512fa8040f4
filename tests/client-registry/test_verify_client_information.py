"""How good client information is: counted by policy, told with reasons, verified with the client."""

from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
async def client_id(call, person, registration) -> str:
    return (await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"]


@pytest.mark.requirement("CR-77")
async def test_completeness_is_the_share_of_the_policys_weights(call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}"
    quality = (await call(person("1001"), "GET", f"{path}/information-quality")).json()
    # Of 100: identity number 15, birth date 10, sex 3, mobile 15, e-mail 4.
    assert (quality["score"], quality["complete"], quality["policy_version"]) == (47, False, 1)
    assert "address" in [finding["field"] for finding in quality["missing"]] and quality["stale"] == []
    body = {
        "source": "questionnaire", "address": "某街1号", "postcode": "100033", "employer": "某公司", "marital_status": "other",
        "education": "other", "monthly_income": "over_50000", "hobbies": ["travel"],
    }  # fmt: skip
    await call(person("1001"), "PUT", f"{path}/registration-form", body=body, headers={"If-Match": '"0"'})
    quality = (await call(person("1001"), "GET", f"{path}/information-quality")).json()
    assert (quality["score"], quality["complete"]) == (47 + 8 + 2 + 5 + 4 + 3 + 8 + 4, True)


@pytest.mark.requirement("CR-77")
async def test_the_weights_follow_kind_and_tier(bank, call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}/information-quality"
    await bank.run("UPDATE clients SET service_tier = 'private_banking'")
    # Of 118: 15 + 10 + 3 + 15 + e-mail 5.
    assert (await call(person("1001"), "GET", path)).json()["score"] == 100 * 48 // 118
    company = await bank.add_client(manager="staff:1001", kind="corporate", tier="corporate_vip")
    quality = (await call(person("1001"), "GET", f"/v1/clients/{company}/information-quality")).json()
    assert quality["score"] == 0
    assert [finding["field"] for finding in quality["missing"]] == ["address", "identity_number", "office_phone"]


@pytest.mark.requirement("CR-77", "CR-79")
async def test_a_group_is_stale_after_its_months_and_fresh_again_when_confirmed(bank, call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}"
    body = {"source": "questionnaire", "monthly_income": "over_50000", "employer": "某公司"}
    await call(person("1001"), "PUT", f"{path}/registration-form", body=body, headers={"If-Match": '"0"'})
    bank.now = datetime(2027, 5, 22, 4, 0, tzinfo=UTC)
    assert (await call(person("1001"), "GET", f"{path}/information-quality")).json()["stale"] == []
    bank.now += timedelta(seconds=1)
    (finding,) = (await call(person("1001"), "GET", f"{path}/information-quality")).json()["stale"]
    assert finding["field"] == "monthly_income"
    assert finding["reason"] == "Last confirmed on 2026-11-22; the policy asks for it every 6 months."
    body = {"source": "active_contact", "unchanged": ["monthly_income"]}
    verified = await call(person("1001"), "POST", f"{path}/verifications", body=body)
    assert (verified.status_code, verified.json()["stale"]) == (201, [])
    form = (await call(person("1001"), "GET", f"{path}/registration-form")).json()
    (origin,) = [origin for origin in form["origins"] if origin["field"] == "monthly_income"]
    assert (origin["source"], origin["verified_by"]) == ("questionnaire", "staff:1001")


@pytest.mark.requirement("CR-79")
async def test_what_the_client_says_has_changed_is_in_doubt_until_it_is_entered_anew(call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}"
    body = {"source": "questionnaire", "employer": "某公司"}
    await call(person("1001"), "PUT", f"{path}/registration-form", body=body, headers={"If-Match": '"0"'})
    told = {"source": "active_contact", "changed": ["employer"]}
    verified = await call(person("1001"), "POST", f"{path}/verifications", body=told, language="zh-CN")
    (finding,) = verified.json()["stale"]
    assert (finding["field"], finding["reason"]) == ("employer", "客户于 2026-11-22 表示该信息已变更。")
    body = {"source": "active_contact", "employer": "新公司"}
    await call(person("1001"), "PUT", f"{path}/registration-form", body=body, headers={"If-Match": '"1"'})
    assert (await call(person("1001"), "GET", f"{path}/information-quality")).json()["stale"] == []


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/unchanged", "verification.no-field"),
        ({"unchanged": ["shoe_size"]}, "/unchanged/0", "field.unknown"),
        ({"unchanged": ["mobile"], "changed": ["mobile"]}, "/changed/0", "field.twice"),
        ({"unchanged": ["mobile", "employer"]}, "/unchanged/1", "field.nothing-on-file"),
    ],
)
async def test_a_verification_that_makes_no_sense_is_refused(call, person, client_id, body, pointer, code) -> None:
    path = f"/v1/clients/{client_id}/verifications"
    refused = await call(person("1001"), "POST", path, body={"source": "active_contact", **body})
    assert refused.status_code == 422
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(pointer, code)]


async def test_poor_files_are_listed_by_unit_within_the_scope(bank, call, person, client_id) -> None:
    far = await bank.add_client(home="sh-01-c1")
    own = await bank.add_client(manager="staff:1002")
    seen = (await call(person("1004"), "GET", "/v1/incomplete-files", params={"limit": 1})).json()
    assert [file["client_id"] for file in seen["items"]] == [client_id] and seen["items"][0]["score"] == 47
    rest = await call(person("1004"), "GET", "/v1/incomplete-files", params={"cursor": seen["next_cursor"]})
    assert [file["client_id"] for file in rest.json()["items"]] == [str(own)]
    mine = (await call(person("1002"), "GET", "/v1/incomplete-files")).json()["items"]
    assert [file["client_id"] for file in mine] == [str(own)]
    params = {"unit_id": str(bank.units["sh"])}
    assert (await call(person("1004"), "GET", "/v1/incomplete-files", params=params)).json()["items"] == []
    everywhere = (await call(person("1009"), "GET", "/v1/incomplete-files", params=params)).json()["items"]
    assert [file["client_id"] for file in everywhere] == [str(far)]
