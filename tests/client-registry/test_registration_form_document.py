"""The paper form in Word: Chinese labels, ticked boxes, never without a purpose."""

import io

import pytest
from docx import Document

BODY = {
    "source": "questionnaire", "form_on": "2026-11-20", "address": "北京市西城区金融大街1号", "education": "bachelor",
    "hobbies": ["travel", "other"], "hobbies_other": "围棋", "debit_card_1": "6222021234567890123", "rm_opinion": "优质客户",
}  # fmt: skip


@pytest.fixture
async def path(call, person, registration) -> str:
    client_id = (await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"]
    form = f"/v1/clients/{client_id}/registration-form"
    filled = await call(person("1001"), "PUT", form, body=BODY, headers={"If-Match": '"0"'})
    assert filled.status_code == 200, filled.text
    return f"{form}/document"


async def test_the_form_is_printed_with_what_stands_in_it(bank, call, person, path) -> None:
    answer = await call(person("1001"), "GET", path, params={"purpose": "client_service"})
    assert answer.status_code == 200, answer.text
    client = await bank.row("SELECT client_no FROM clients")
    assert client["client_no"] in answer.headers["content-disposition"]
    paper = Document(io.BytesIO(answer.content))
    rows = {row.cells[0].text: row.cells[1].text for table in paper.tables for row in table.rows}
    assert (rows["姓名"], rows["出生日期"], rows["储蓄卡1"]) == ("王小明", "1980年1月1日", "6222021234567890123")
    assert rows["教育程度"] == "□研究生及以上  ☑本科  □大专  □高中或中专  □其他"
    assert "☑旅游" in rows["兴趣爱好"] and rows["兴趣爱好"].endswith("☑其他：围棋")
    assert rows["1. 希望的联系频率"].count("☑") == 1 and "☑每季一次" in rows["1. 希望的联系频率"]
    assert (rows["2. 是否接受营销邮件及资料"], rows["3. 是否愿意参加客户联谊活动"]) == ("☑是  □否", "□是  ☑否")
    assert rows["优先使用顺序"] == "C → E → A" and rows["客户经理意见"] == "优质客户"
    assert any("2026年11月20日" in paragraph.text for paragraph in paper.paragraphs)
    looked = await bank.row("SELECT purpose FROM audit WHERE act = 'registration-form.downloaded'")
    assert looked["purpose"] == "client_service"


async def test_without_a_purpose_or_outside_the_scope_nothing_is_printed(bank, call, person, path) -> None:
    refused = await call(person("1001"), "GET", path)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "purpose.missing")
    assert (await call(person("1002"), "GET", path, params={"purpose": "client_service"})).status_code == 404
    assert await bank.rows("SELECT 1 FROM audit WHERE act = 'registration-form.downloaded'") == []
