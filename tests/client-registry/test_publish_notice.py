"""Privacy notices: published once, never changed, and a yes is worth what was shown."""

import pytest

NOTICE = {
    "version": "2026-02", "title_zh": "隐私告知", "title_en": "Notice", "text_zh": "保密。", "text_en": "Confidential.",
}  # fmt: skip


def consents(version, *, marketing=True, events=False):
    return {"marketing": marketing, "events": events, "wished_interval": None, "notice_version": version}


def register(call, person, registration, **said):
    return call(person("1001"), "POST", "/v1/clients", body=registration(consents=consents(**said)))


@pytest.fixture
def head_office(person):
    chassis_person = person("1004")
    grant = type(chassis_person.grants[0])("head_office_personal_banking", "/hq/", "unit")
    return type(chassis_person)("staff:9100", (grant,))


@pytest.mark.requirement("CR-74")
async def test_a_version_is_published_once_in_both_languages(call, person, head_office) -> None:
    published = await call(head_office, "POST", "/v1/privacy-notices", body=NOTICE)
    assert (published.status_code, published.json()["text"]) == (201, "Confidential.")
    listed = (await call(person("1001"), "GET", "/v1/privacy-notices", language="zh-CN")).json()["items"]
    assert [notice["version"] for notice in listed] == ["2026-02", "2026-01"]
    assert listed[0]["text"] == "保密。"
    # Confidentiality, allowed ways only, and the four disclaimers stand in the notice that the form shows.
    assert all(word in listed[1]["text"] for word in ("保密", "允许的方式", "号码变更", "窃听", "遗失或被盗", "邮箱"))
    again = await call(head_office, "POST", "/v1/privacy-notices", body={**NOTICE, "text_zh": "另一份"})
    assert (again.status_code, again.json()["code"]) == (409, "notice.published")
    assert (await call(person("1004"), "POST", "/v1/privacy-notices", body=NOTICE)).status_code == 403


async def test_a_version_is_a_year_and_a_month(call, head_office) -> None:
    answer = await call(head_office, "POST", "/v1/privacy-notices", body={**NOTICE, "version": "latest-1"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "notice.version")


@pytest.mark.requirement("CR-74")
async def test_a_yes_needs_a_published_notice_and_a_no_needs_none(call, person, registration, head_office) -> None:
    for version, code in ((None, "notice.needed"), ("2026-02", "notice.unknown")):
        refused = await register(call, person, registration, version=version)
        assert refused.status_code == 422
        assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/consents/notice_version", code)]
    assert (await register(call, person, registration, version=None, marketing=False)).status_code == 201
    later = {**NOTICE, "valid_from": "2026-11-23"}
    await call(head_office, "POST", "/v1/privacy-notices", body=later)
    assert (await register(call, person, registration, version="2026-02")).status_code == 422
