"""The registration form (CCB Annex 2): what goes in, who fills which part, what is refused, what is told."""

import pytest

WHOLE = {
    "source": "questionnaire",
    "form_on": "2026-11-20",
    "address": "北京市西城区金融大街1号",
    "postcode": "100033",
    "employer": "某某贸易公司",
    "marital_status": "married_with_children",
    "education": "bachelor",
    "employer_type": "joint_stock",
    "occupation": "trade",
    "position": "general_manager",
    "monthly_income": "over_50000",
    "hobbies": ["travel", "other"],
    "hobbies_other": "围棋",
    "wished_interval": "monthly",
    "accepts_marketing": False,
    "attends_events": True,
    "fund_uses": ["savings", "gold"],
    "wanted_information": ["foreign_exchange"],
    "needs_and_suggestions": "希望提供子女留学购汇服务",
    "passbook_1": "0100 2233 4455",
    "debit_card_1": "6222021234567890123",
    "credit_card": "4367421234567890",
    "rm_opinion": "优质客户",
    "client_category": "head_office_vip",
    "savings_office": "金融街储蓄所3号柜",
}


@pytest.fixture
async def client_id(call, person, registration) -> str:
    return (await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"]


@pytest.fixture
def fill(call, client_id):
    async def filled(by, body, *, version: int = 0, language: str = "en"):
        path = f"/v1/clients/{client_id}/registration-form"
        return await call(by, "PUT", path, body=body, headers={"If-Match": f'"{version}"'}, language=language)

    return filled


@pytest.mark.requirement(
    "CR-40", "CR-53", "CR-54", "CR-56", "CR-57", "CR-58", "CR-59", "CR-60", "CR-61", "CR-62", "CR-63", "CR-64", "CR-65",
    "CR-69", "CR-70", "CR-71", "CR-72",
)  # fmt: skip
async def test_the_whole_form_is_filled_in_and_read_again(bank, call, person, fill, client_id) -> None:
    filled = await fill(person("1001"), WHOLE)
    assert filled.status_code == 200, filled.text
    path = f"/v1/clients/{client_id}/registration-form"
    masked = (await call(person("1001"), "GET", path)).json()
    assert (masked["address"], masked["debit_card_1"]) == ("***", "***************0123")
    assert masked["monthly_income"] == "over_50000" and masked["masked"] is True
    refused = await call(person("1001"), "GET", path, params={"unmasked": "true"})
    assert refused.json()["errors"][0]["code"] == "purpose.missing"
    read = await call(person("1001"), "GET", path, params={"unmasked": "true", "purpose": "client_service"})
    form = read.json()
    entered = {**WHOLE, "passbook_1": "010022334455"}
    assert {name: form[name] for name in entered if name != "source"} == {
        name: value for name, value in entered.items() if name != "source"
    }
    assert (form["name"], form["birth_on"], form["sex"]) == ("王小明", "1980-01-01", "male")
    assert [contact["way"] for contact in form["contacts"]] == ["mobile", "email", "home_phone"]
    acts = await bank.rows("SELECT act, purpose FROM audit WHERE act LIKE 'registration-form%' ORDER BY id")
    assert [(row["act"], row["purpose"]) for row in acts] == [
        ("registration-form.filled", None),
        ("registration-form.revealed", "client_service"),
    ]


@pytest.mark.requirement("CR-75")
async def test_each_field_keeps_its_source_until_it_is_entered_anew(call, person, fill, client_id) -> None:
    await fill(person("1001"), {"source": "questionnaire", "employer": "甲公司", "education": "college"})
    await fill(person("1001"), {"source": "active_contact", "employer": "乙公司", "education": "college"}, version=1)
    form = (await call(person("1001"), "GET", f"/v1/clients/{client_id}/registration-form")).json()
    origins = {origin["field"]: origin for origin in form["origins"]}
    assert origins["employer"]["source"] == "active_contact"
    assert origins["education"]["source"] == "questionnaire"
    assert origins["mobile"]["source"] == "business_handling" and origins["mobile"]["collector"] == "staff:1001"


@pytest.mark.requirement("CR-80")
async def test_words_about_a_person_are_sealed(bank, person, fill, client_id) -> None:
    await fill(person("1001"), WHOLE)
    for table in ("client_fields", "client_changes", "registration_forms", "outbox", "audit", "work_items"):
        for row in await bank.rows(f"SELECT CAST(to_jsonb(t) AS text) AS row FROM {table} t"):
            for secret in ("金融大街", "围棋", "留学", "6222021234567890123", "优质客户"):
                assert secret not in row["row"]
                assert secret.encode().hex() not in row["row"]


@pytest.mark.requirement("CR-73", "CR-45")
async def test_each_role_fills_in_its_own_part(bank, call, person, fill, client_id) -> None:
    await bank.run("UPDATE clients SET serving_unit_ids = $1", [bank.units["bj-01-o1"]])
    teller = await fill(person("1006"), {"source": "questionnaire", "fund_uses": ["car"]})
    assert teller.status_code == 200, teller.text
    refused = await fill(person("1006"), {"source": "questionnaire", "monthly_income": "over_50000"}, version=1)
    assert (refused.status_code, refused.json()["code"]) == (403, "registration-form.field-not-yours")
    assert "monthly_income" in refused.json()["detail"]
    assert (
        await fill(person("1001"), {"source": "questionnaire", "centre_opinion": "同意"}, version=1)
    ).status_code == 403
    assert (await fill(person("1003"), {"source": "questionnaire", "rm_opinion": "同意"}, version=1)).status_code == 403
    head = await fill(person("1003"), {"source": "business_handling", "centre_opinion": "同意"}, version=1)
    assert (head.status_code, head.json()["centre_opinion"]) == (200, "***")
    assert (await fill(person("1002"), {"source": "questionnaire", "education": "other"}, version=2)).status_code == 404
    assert (await fill(person("1009"), {"source": "questionnaire", "education": "other"}, version=2)).status_code == 403


@pytest.mark.requirement("CR-77")
@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"marital_status": "divorced"}, "/marital_status", "code.unknown"),
        ({"hobbies": ["travel", "smoking"]}, "/hobbies/1", "code.unknown"),
        ({"hobbies": ["travel", "travel"]}, "/hobbies/1", "code.twice"),
        ({"hobbies": ["travel"], "hobbies_other": "围棋"}, "/hobbies_other", "other.not-chosen"),
        ({"postcode": "10003"}, "/postcode", "postcode.length"),
        ({"credit_card": "4367"}, "/credit_card", "account.not-valid"),
        ({"debit_card_1": "***************0123"}, "/debit_card_1", "text.masked"),
        ({"form_on": "2026-11-23"}, "/form_on", "form.future"),
        ({"birth_on": "1981-01-01"}, "/birth_on", "birth.differs"),
        ({"contacts": [{"way": "mobile", "value": "138"}]}, "/contacts/0/value", "mobile.too-short"),
        ({"contacts": [{"way": "mobile", "value": "13912345678"}]}, "/confirm_mobile", "double-entry.missing"),
        (
            {"contacts": [{"way": "mobile", "value": "13912345678"}], "confirm_mobile": "13912345679"},
            "/confirm_mobile",
            "double-entry.differs",
        ),
    ],
)
async def test_what_cannot_be_is_refused_field_by_field(bank, person, fill, client_id, body, pointer, code) -> None:
    refused = await fill(person("1001"), {"source": "questionnaire", **body})
    assert refused.status_code == 422, refused.text
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(pointer, code)]
    assert await bank.rows("SELECT 1 FROM registration_forms") == []


async def test_an_unknown_code_is_answered_with_the_allowed_ones_in_the_callers_language(person, fill) -> None:
    refused = await fill(person("1001"), {"source": "questionnaire", "position": "king"}, language="zh-CN")
    assert "可选：chairman, general_manager, department_manager, other" in refused.text


async def test_nobody_overwrites_what_somebody_else_filled_in(person, fill, call, client_id) -> None:
    assert (await fill(person("1001"), {"source": "questionnaire", "education": "other"})).status_code == 200
    assert (await fill(person("1001"), {"source": "questionnaire", "education": "college"})).status_code == 412
    path = f"/v1/clients/{client_id}/registration-form"
    assert (await call(person("1001"), "PUT", path, body={"source": "questionnaire"})).status_code == 428


@pytest.mark.requirement("XC-21", "CR-58")
async def test_a_new_mobile_entered_twice_moves_the_clients_order_and_is_told(bank, person, fill, client_id) -> None:
    contacts = [{"way": "email", "value": "Wang.XM@example.com"}, {"way": "mobile", "value": "13912345678"}]
    body = {"source": "client_self", "contacts": contacts, "confirm_mobile": "+86 139 1234 5678"}
    filled = await fill(person("1001"), body)
    assert filled.status_code == 200, filled.text
    assert [contact["way"] for contact in filled.json()["contacts"]] == ["email", "mobile"]
    assert (await bank.said("ConsentChanged", client_id))[-1]["channels"] == ["email", "mobile"]
    (told,) = await bank.said("ClientProfileChanged", client_id)
    assert (told["client_id"], told["groups"]) == (client_id, ["basic", "preference"])
    assert {value for name, value in told.items() if name not in ("client_id", "groups")} == {None}


@pytest.mark.requirement("CR-66", "CR-67", "CR-68")
async def test_survey_one_to_three_stand_with_the_consents_and_are_told_once(
    bank, call, person, fill, client_id
) -> None:
    await fill(person("1001"), {"source": "questionnaire", "wished_interval": "yearly", "accepts_marketing": False})
    said = await bank.said("ConsentChanged", client_id)
    assert [(each["wished_interval"], each["marketing"], each["events"]) for each in said] == [
        ("quarterly", True, False),
        ("yearly", False, False),
    ]
    await fill(person("1001"), {"source": "questionnaire", "wished_interval": "yearly"}, version=1)
    assert len(await bank.said("ConsentChanged", client_id)) == 2


async def test_nothing_changed_is_nothing_told(bank, person, fill, client_id) -> None:
    await fill(person("1001"), {"source": "questionnaire", "education": "college"})
    again = await fill(person("1001"), {"source": "active_contact", "education": "college"}, version=1)
    assert again.json()["version"] == 1
    assert len(await bank.said("ClientProfileChanged", client_id)) == 1


async def test_a_birth_date_of_a_passport_is_told_as_month_and_day(bank, call, person, registration) -> None:
    form = registration(identity={"type": "passport", "number": "E12345678"})
    client_id = (await call(person("1001"), "POST", "/v1/clients", body=form)).json()["client_id"]
    path = f"/v1/clients/{client_id}/registration-form"
    body = {"source": "client_self", "birth_on": "1980-03-07"}
    filled = await call(person("1001"), "PUT", path, body=body, headers={"If-Match": '"0"'})
    assert filled.status_code == 200, filled.text
    assert (await bank.said("ClientProfileChanged", client_id))[0]["occasion_month_day"] == "03-07"
    assert (await bank.client(client_id))["birth_month_day"] == "03-07"
    later = await call(
        person("1001"), "PUT", path, body={**body, "birth_on": "2026-11-23"}, headers={"If-Match": '"1"'}
    )  # fmt: skip
    assert later.json()["errors"][0]["code"] == "birth.future"


@pytest.mark.requirement("CR-79")
async def test_those_concerned_are_told_and_the_history_says_what_changed(bank, call, person, fill, client_id) -> None:
    await bank.run("UPDATE clients SET serving_unit_ids = $1", [bank.units["bj-01-o1"]])
    contacts = [{"way": "email", "value": "new@example.com"}]
    await fill(person("1003"), {"source": "active_contact", "contacts": contacts, "employer": "甲公司"})
    await fill(person("1003"), {"source": "active_contact", "employer": "乙公司"}, version=1)
    items = await bank.rows(
        "SELECT owner, owner_role, unit_path FROM work_items WHERE kind = 'profile.changed' ORDER BY id"
    )
    assert [(item["owner"], item["owner_role"], item["unit_path"]) for item in items] == [
        ("staff:1001", None, "/hq/bj/bj-01/bj-01-c1/"),
        (None, "outlet_head", "/hq/bj/bj-01/bj-01-o1/"),
    ]
    path = f"/v1/clients/{client_id}/changes"
    first = (await call(person("1001"), "GET", path, params={"limit": 1})).json()
    (latest,) = first["items"]
    assert (latest["field"], latest["before"], latest["changed_by"]) == ("employer", "***", "staff:1003")
    rest = await call(person("1001"), "GET", path, params={"cursor": first["next_cursor"]})
    fields = {change["field"]: change for change in rest.json()["items"]}
    assert fields["mobile"]["before"] == "+86138******78" and fields["mobile"]["after"] is None
    unmasked = await call(person("1001"), "GET", path, params={"unmasked": "true", "purpose": "correction"})
    assert unmasked.json()["items"][0]["before"] == "甲公司"
    assert (await call(person("1002"), "GET", path)).status_code == 404
