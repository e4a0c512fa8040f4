"""Templates: downloaded in the reader's language, filled in, imported without a profile."""

import csv
import io
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

CLIENT = {
    "客户号": "T1", "姓名": "王小明", "性别": "男", "证件号码": "110101199001014518", "手机": "13800000001",
    "所属机构代码": "BJ-W1", "客户经理工号": "101", "同意营销": "是", "近十二个月月均存款": 600000, "近十二个月刷卡消费": 24000,
    "贷款余额": 1000, "最长逾期天数": 0, "当前逾期天数": 0, "出生日期": "1990-01-01", "客户类型": "个人",
}  # fmt: skip


def sheets_of(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def filled(template: bytes, sheet: str, cells: dict[str, Any]) -> bytes:
    """The template as a person fills it in: all its sheets, one row in one of them."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    for name, rows in sheets_of(template).items():
        page = made.add_worksheet(name)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        if name == sheet:
            page.write_row(1, 0, [cells.get(heading, "") for heading in rows[0]])
    made.close()
    return out.getvalue()


@pytest.mark.requirement("CR-41")
async def test_a_client_book_made_from_the_template_imports_without_a_profile(registry: Any) -> None:
    answer = await registry.get("/v1/client-import-template", language="zh-CN")
    assert answer.headers["content-disposition"] == 'attachment; filename="client-import.xlsx"'
    assert list(sheets_of(answer.content)) == ["客户", "填写说明"]
    _, operation = await registry.take_in(filled(answer.content, "客户", CLIENT), profile=None, name="clients.xlsx")
    assert operation["status"] == "succeeded", operation
    found = await registry.rows(
        "SELECT c.client_no, c.sex, c.manager, k.marketing, l.outstanding, h.overdue_days_max FROM clients c "
        "JOIN client_consents k ON k.client_id = c.id JOIN loan_months l ON l.client_id = c.id "
        "JOIN repayment_histories h ON h.client_id = c.id"
    )
    assert found == [("T1", "male", "staff:101", True, 1000, 0)]
    [(months, spent)] = await registry.rows("SELECT count(deposit_average), sum(card_spend) FROM monthly_figures")
    assert (months, spent) == (12, 24000)


async def test_a_csv_made_from_the_english_template_imports_too(registry: Any) -> None:
    answer = await registry.get("/v1/client-import-template?format=csv")
    header = next(csv.reader([answer.text.removeprefix("\ufeff")]))
    said = {"client_no": "T1", "name": "李芳", "home_unit": "BJ-W1", "kind": "personal", "assets": "12.50"}
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([header, [said.get(name, "") for name in header]])
    _, operation = await registry.take_in(out.getvalue().encode("utf-16"), profile=None, name="clients.csv")
    assert (operation["status"], operation["result"]["clients_created"]) == ("succeeded", 1)


async def test_figures_made_from_the_template_import_without_a_profile(registry: Any, small_book: Any) -> None:
    await registry.take_in(small_book.csv())
    answer = await registry.get("/v1/figure-import-template", language="zh-CN")
    assert list(sheets_of(answer.content)) == ["月度数据", "贷款", "持有产品", "填写说明"]
    content = filled(answer.content, "月度数据", {"客户号": "A1", "月份": "2026-10", "月末管理资产": 5})
    _, operation = await registry.figures(content, name="figures.xlsx")
    assert (operation["status"], operation["result"]["rows_new"]) == ("succeeded", 1)
    loans = await registry.get("/v1/figure-import-template?format=csv&part=loans")
    assert loans.text.removeprefix("\ufeff").startswith("client_no,identity_number,identity_type,customer_no,month,")


async def test_a_heading_that_is_not_the_templates_is_named(registry: Any) -> None:
    import_id, operation = await registry.take_in("客户号,姓名,机构\nA,B,C\n".encode(), profile=None)
    assert operation["problem"]["code"] == "import.files-do-not-fit"
    report = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert [(found["column"], found["code"]) for found in report] == [("机构", "import.column-unknown")]
    import_id, _ = await registry.take_in("客户号,姓名\nA,B\n".encode(), profile=None)
    report = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert [(found["column"], found["code"]) for found in report] == [("home_unit", "import.column-missing")]


async def test_every_heading_of_a_template_is_explained_in_both_languages(registry: Any) -> None:
    for path in ("/v1/client-import-template", "/v1/figure-import-template"):
        for language, instructions in (("en", "instructions"), ("zh-CN", "填写说明")):
            sheets = sheets_of((await registry.get(path, language=language)).content)
            lines = [row for row in sheets.pop(instructions) if row[0]][1:]
            explained = [(row[0], row[1]) for row in lines if row[3]]
            assert explained == [(name, heading) for name, rows in sheets.items() for heading in rows[0]]
