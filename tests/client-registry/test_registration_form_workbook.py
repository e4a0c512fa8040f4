"""The registration form as an Excel workbook: what is downloaded, filled in and handed back (CR-40, CR-45, CR-53 to CR-74)."""

import io
import zipfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter
from chassis.texts import Text
from client_registry.domain.form_workbook import FORM_SHEET, MARK_SHEET, Kind, Line
from client_registry.domain.form_workbook_cells import value_of
from python_calamine import CalamineWorkbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cells = dict[str, Any]


class Copy:
    """A workbook copied cell by cell, as Excel saves one, with what a person wrote into it."""

    def __init__(self, content: bytes) -> None:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        self.sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
        self.rows = {row[0]: number for number, row in enumerate(self.form) if row and row[0] and number > 2}
        self.merged: list[str] = []
        self.formulas: dict[str, str] = {}

    @property
    def form(self) -> list[list[Any]]:
        return self.sheets[FORM_SHEET]

    def cell(self, key: str, column: str = "C") -> str:
        return f"{column}{self.rows[key] + 1}"

    def put(self, values: Mapping[str, Any], order: Mapping[str, Any] | None = None) -> "Copy":
        for key, value in values.items():
            self.form[self.rows[key]][2] = value
        for key, value in (order or {}).items():
            self.form[self.rows[key]][3] = value
        return self

    def mark(self, **said: Any) -> "Copy":
        rows = {row[0]: row for row in self.sheets[MARK_SHEET]}
        for name, value in said.items():
            rows[name][1] = value
        return self

    def saved(self) -> bytes:
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"strings_to_numbers": False, "strings_to_formulas": False})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in self.sheets.items():
            sheet = book.add_worksheet(name)
            for y, row in enumerate(rows):
                for x, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(y, x, datetime(value.year, value.month, value.day), day)
                    elif value != "":
                        sheet.write(y, x, value)
            if name == FORM_SHEET:
                for where in self.merged:
                    sheet.merge_range(where, "合并")
                for where, formula in self.formulas.items():
                    sheet.write_formula(where, formula, None, 138)
        book.close()
        return out.getvalue()


@pytest.fixture
def template(call, person):
    async def got(by: str = "1001") -> Copy:
        answer = await call(person(by), "GET", "/v1/registration-form-template")
        assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
        return Copy(answer.content)

    return got


@pytest.fixture
def client_values(bank) -> Callable[..., Cells]:
    def made(**more: Any) -> Cells:
        number = bank.resident_id()
        return {
            "name": "王小明", "sex": "男", "identity_type": "身份证 Resident identity card", "identity_number": number,
            "confirm:identity_number": number, "birth_on": date(1980, 1, 1), "mobile": "138 1234 5678",
            "confirm:mobile": "13812345678", "home_phone": "010-66001234", "accepts_marketing": "是", "attends_events": "no",
            "notice_version": "2026-01", "wished_interval": "quarterly", **more,
        }  # fmt: skip

    return made


@pytest.fixture
def hand_in(bank, call, person):
    async def sent(book: Copy | bytes, *, by: str = "1001", unit: str = "bj-01-c1", language: str = "en", **kept: Any):
        content = book if isinstance(book, bytes) else book.saved()
        files = {
            "file": (kept.get("name", "登记表.xlsx"), content, XLSX),
            "home_unit_id": (None, str(bank.units[unit])),
        }
        return await call(
            person(by), "POST", "/v1/registration-form-uploads", files=files, language=language, key=kept.get("key")
        )

    return sent


def errors(answer) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


async def test_the_template_holds_the_whole_form_with_lists_and_text_cells(call, person, template) -> None:
    answer = await call(person("1001"), "GET", "/v1/registration-form-template")
    book = Copy(answer.content)
    labels = [str(row[1]) for row in book.form[3:]]
    assert (
        "姓名\nName" in labels
        and "兴趣爱好：旅游\nHobbies: Travel" in labels
        and "基本情况 Basic information" in labels
    )
    assert list(book.rows)[:3] == ["form_on", "name", "sex"]
    assert [key for key in book.rows if key in ("home_phone", "office_phone", "mobile", "fax", "email")] == [
        "home_phone", "office_phone", "mobile", "fax", "email",
    ]  # fmt: skip
    assert {"confirm:identity_number", "confirm:mobile"} <= book.rows.keys()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
        workbook = archive.read("xl/workbook.xml").decode()
    assert sheet.count('<dataValidation type="list"') > 40 and "选项" in sheet
    assert 'state="veryHidden"' in workbook
    assert 'hidden="1"' in sheet
    assert 'formatCode="@"' in styles or 'numFmtId="49"' in styles
    assert (await call(person("1007"), "GET", "/v1/registration-form-template")).status_code == 403


@pytest.mark.requirement("CR-40", "CR-45", "CR-55", "CR-58", "XC-21")
async def test_a_filled_template_opens_a_client_file_as_the_api_does(
    bank, call, person, template, client_values, hand_in
) -> None:
    values = client_values(
        address="北京市西城区金融大街1号", postcode="100033", monthly_income="over_50000", education="本科",
        form_on="2026/11/20", rm_opinion="优质客户", debit_card_1="6222021234567890123",
        **{"hobbies:travel": "√", "hobbies:other": "√", "hobbies_other": "围棋", "fund_uses:gold": "是"},
    )  # fmt: skip
    book = (await template()).put(values, {"home_phone": 1, "mobile": 2.0})
    answer = await hand_in(book)
    assert answer.status_code == 201, answer.text
    client_id = answer.json()["client_id"]
    read = await call(
        person("1001"), "GET", f"/v1/clients/{client_id}/registration-form",
        params={"unmasked": "true", "purpose": "client_service"},
    )  # fmt: skip
    form = read.json()
    assert (form["name"], form["birth_on"], form["sex"], form["form_on"]) == (
        "王小明",
        "1980-01-01",
        "male",
        "2026-11-20",
    )
    assert [(each["way"], each["value"]) for each in form["contacts"]] == [
        ("home_phone", "+861066001234"), ("mobile", "+8613812345678"),
    ]  # fmt: skip
    assert (form["education"], form["monthly_income"], form["hobbies"]) == (
        "bachelor",
        "over_50000",
        ["travel", "other"],
    )
    assert (form["hobbies_other"], form["fund_uses"], form["debit_card_1"]) == ("围棋", ["gold"], "6222021234567890123")
    assert (form["accepts_marketing"], form["attends_events"], form["wished_interval"]) == (True, False, "quarterly")
    told = [
        len(await bank.said(name)) for name in ("ClientRegistered", "RelationshipManagerAssigned", "ConsentChanged")
    ]
    assert told == [1, 1, 1]
    (paper,) = (await call(person("1001"), "GET", f"/v1/clients/{client_id}/registration-form/uploads")).json()["items"]
    assert (paper["attachment_id"], paper["name"], paper["added_by"]) == (
        answer.json()["attachment_id"], "登记表.xlsx", "staff:1001",
    )  # fmt: skip
    chunk = await bank.row("SELECT content_sealed FROM attachment_chunks LIMIT 1")
    assert not bytes(chunk["content_sealed"]).startswith(b"PK")


async def test_a_document_that_is_on_file_opens_no_second_one(bank, template, client_values, hand_in) -> None:
    book = (await template()).put(client_values())
    assert (await hand_in(book)).status_code == 201
    again = await hand_in(book)
    assert (again.status_code, again.json()["code"]) == (409, "client.known")
    assert (await hand_in(book, by="2001", unit="bj-01-c1")).json()["code"] == "client.unit-outside"
    assert len(await bank.rows("SELECT id FROM clients")) == 1
    assert len(await bank.rows("SELECT id FROM attachments")) == 1


# What is written wrongly, the places in the order, and where which fault is named.
FAULTY: list[tuple[Cells, Cells, list[tuple[str, str]]]] = [
        ({"identity_number": 1.1010119800101e17}, {}, [("identity_number", "sheet.number-rounded")]),
        ({"identity_number": "1.10101E+17"}, {}, [("identity_number", "sheet.number-rounded")]),
        ({"mobile": 13812345678}, {}, [("mobile", "sheet.number-rounded")]),
        ({"debit_card_1": 6.22202123456789e18}, {}, [("debit_card_1", "sheet.number-rounded")]),
        ({"postcode": 100033}, {}, [("postcode", "sheet.number-rounded")]),
        ({"birth_on": 29221}, {}, [("birth_on", "sheet.date-number")]),
        ({"birth_on": "01/02/80"}, {}, [("birth_on", "sheet.date")]),
        ({"birth_on": "1980-02-30"}, {}, [("birth_on", "sheet.date")]),
        ({"form_on": "2027-01-01"}, {}, [("form_on", "form.future")]),
        ({"sex": "女"}, {}, [("sex", "sex.differs")]),
        ({"home_phone": "66001234"}, {}, [("home_phone", "phone.area-code-missing")]),
        ({"birth_on": date(1981, 1, 1)}, {}, [("birth_on", "birth.differs")]),
        ({"education": "博士后"}, {}, [("education", "sheet.code")]),
        ({"hobbies:travel": "很喜欢"}, {}, [("hobbies:travel", "sheet.tick")]),
        ({"accepts_marketing": "也许"}, {}, [("accepts_marketing", "sheet.yes-no")]),
        ({"attends_events": ""}, {}, [("attends_events", "sheet.required")]),
        ({"name": "", "identity_type": ""}, {}, [("name", "sheet.required"), ("identity_type", "sheet.required")]),
        ({"name": True}, {}, [("name", "sheet.not-text")]),
        ({"employer": "公" * 201}, {}, [("employer", "sheet.too-long")]),
        ({"confirm:mobile": ""}, {}, [("confirm:mobile", "double-entry.missing")]),
        ({"confirm:identity_number": "110101198001010011"}, {}, [("confirm:identity_number", "double-entry.differs")]),
        ({"hobbies_other": "围棋"}, {}, [("hobbies_other", "other.not-chosen")]),
        ({"postcode": "10003"}, {}, [("postcode", "postcode.length")]),
        ({"notice_version": "2020-01"}, {}, [("notice_version", "notice.unknown")]),
        ({}, {"mobile": 1, "home_phone": 1}, [("mobile/D", "sheet.order-twice")]),
        ({}, {"mobile": 6}, [("mobile/D", "sheet.order")]),
        ({}, {"fax": 1}, [("fax/D", "sheet.order-empty")]),
    ]  # fmt: skip


@pytest.mark.requirement("CR-77", "XC-21")
async def test_each_fault_is_named_at_its_cell_and_nothing_is_done(bank, template, client_values, hand_in) -> None:
    empty = await template()
    right = client_values()
    for wrong, order, found in FAULTY:
        book = deepcopy(empty).put({**right, **wrong}, order)
        places = [
            (f"/file/{book.cell(key.removesuffix('/D'), 'D' if key.endswith('/D') else 'C')}", code)
            for key, code in found
        ]
        assert sorted(errors(await hand_in(book))) == sorted(places), (wrong, order)
    assert await bank.rows("SELECT id FROM clients") == [] and await bank.rows("SELECT id FROM attachments") == []


@pytest.mark.requirement("CR-77")
async def test_every_fault_of_the_sheet_is_told_at_once_in_the_readers_language(
    template, client_values, hand_in
) -> None:
    wrong = {"identity_number": "110101198013010010", "education": "博士", "birth_on": 1, "mobile": "138"}
    book = (await template()).put(client_values(**wrong))
    answers = {language: await hand_in(book, language=language) for language in ("en", "zh-CN")}
    named = {pointer for pointer, _ in errors(answers["en"])}
    assert {f"/file/{book.cell(key)}" for key in wrong} <= named
    said = {each["pointer"]: each["detail"] for each in answers["zh-CN"].json()["errors"]}
    cell = book.cell("education")
    assert said[f"/file/{cell}"].startswith(f"{cell} 教育程度：请从下列选项中选择：研究生及以上、本科")
    english = {each["pointer"]: each["detail"] for each in answers["en"].json()["errors"]}
    assert english[f"/file/{cell}"].startswith(f"{cell} Education: Choose one of: Postgraduate or above, Bachelor")
    assert "博士" not in answers["zh-CN"].text.replace("博士后", "") and "110101198013010010" not in answers["en"].text


@pytest.mark.requirement("CR-77")
async def test_a_merged_cell_and_a_formula_are_refused_where_they_stand(template, client_values, hand_in) -> None:
    book = (await template()).put(client_values(address="", employer=""))
    row = book.rows["address"] + 1
    book.merged.append(f"C{row}:C{row + 1}")
    book.formulas[book.cell("employer")] = '="某"&"公司"'
    assert set(errors(await hand_in(book))) >= {
        (f"/file/{book.cell('address')}", "sheet.merged"), (f"/file/{book.cell('employer')}", "sheet.formula"),
    }  # fmt: skip


async def test_codes_may_be_written_as_their_words_in_either_language(
    call, person, template, client_values, hand_in
) -> None:
    written = {
        "education": "Bachelor",
        "occupation": "it",
        "position": "总经理",
        "marital_status": "未婚 Unmarried",
        "sex": "MALE",
    }
    answer = await hand_in((await template()).put(client_values(**written)))
    path = f"/v1/clients/{answer.json()['client_id']}/registration-form"
    form = (await call(person("1001"), "GET", path)).json()
    assert [form[name] for name in written] == ["bachelor", "it", "general_manager", "unmarried", "male"]


@pytest.mark.parametrize(
    "written", ["1980-01-31", "1980/1/31", "1980.01.31", "19800131", "1980年1月31日", 19800131.0, date(1980, 1, 31),
                datetime(1980, 1, 31), "1980-01-31 00:00:00"],
)  # fmt: skip
def test_a_date_may_be_written_in_any_clear_way(written: Any) -> None:
    line = Line(key="birth_on", label=Text(en="", zh=""), kind=Kind.DATE, note=Text(en="", zh=""))
    assert value_of(line, written, {}) == date(1980, 1, 31)


@pytest.mark.requirement("CR-77")
async def test_what_is_no_filled_template_is_refused_as_a_file(template, client_values, hand_in) -> None:
    empty = await template()
    assert errors(await hand_in(empty)) == [("/file", "workbook.empty")]
    old = (await template()).put(client_values()).mark(version="0.1")
    assert errors(await hand_in(old)) == [("/file", "workbook.version")]
    assert "now 1." in (await hand_in(old)).json()["errors"][0]["detail"]
    foreign = io.BytesIO()
    book = xlsxwriter.Workbook(foreign)
    book.add_worksheet("客户").write_string(0, 0, "姓名")
    book.close()
    assert errors(await hand_in(foreign.getvalue())) == [("/file", "workbook.foreign")]
    assert errors(await hand_in(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))) == [("/file", "workbook.xls")]
    assert errors(await hand_in("姓名,性别".encode())) == [("/file", "workbook.damaged")]
    torn = (await template()).put(client_values()).saved()[:-200]
    assert errors(await hand_in(torn)) == [("/file", "workbook.damaged")]
    lost = (await template()).put(client_values())
    lost.form[lost.rows["employer"]][0] = ""
    assert errors(await hand_in(lost)) == [("/file", "workbook.lines")]
    large = await hand_in(b"PK\x03\x04" + bytes(2 * 1024 * 1024))
    assert (large.status_code, large.json()["code"]) == (413, "body-too-large")


async def test_lines_may_have_moved_but_keep_their_keys(template, client_values, hand_in) -> None:
    book = (await template()).put(client_values())
    book.form.insert(5, ["", "备注", "", "", ""])
    assert (await hand_in(book)).status_code == 201


@pytest.fixture
async def filled(call, person, registration):
    """A client with a form, and his workbook."""
    client_id = (await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"]
    path = f"/v1/clients/{client_id}/registration-form"
    body = {"source": "questionnaire", "form_on": "2026-11-20", "employer": "某某贸易公司", "education": "bachelor",
            "hobbies": ["reading", "travel"], "passbook_1": "0100 2233 4455", "rm_opinion": "优质"}  # fmt: skip
    assert (await call(person("1001"), "PUT", path, body=body, headers={"If-Match": '"0"'})).status_code == 200

    async def workbook() -> Copy:
        answer = await call(person("1001"), "GET", f"{path}/workbook", params={"purpose": "client_service"})
        assert answer.status_code == 200, answer.text
        return Copy(answer.content)

    async def sent(book: Copy, by: str = "1001", language: str = "en"):
        files = {"file": ("表.xlsx", book.saved(), XLSX), "source": (None, "active_contact")}
        return await call(person(by), "POST", f"{path}/uploads", files=files, language=language)

    return client_id, workbook, sent


@pytest.mark.requirement("CR-75", "CR-79")
async def test_a_workbook_downloaded_and_uploaded_unchanged_records_nothing(bank, call, person, filled) -> None:
    client_id, workbook, sent = filled
    before = await bank.rows("SELECT act FROM audit WHERE act = 'registration-form.filled'")
    book = await workbook()
    assert (book.form[book.rows["name"]][2], book.form[book.rows["mobile"]][3]) == ("王小明", 1.0)
    answer = await sent(book)
    assert (answer.status_code, answer.json()["status"], answer.json()["changed"]) == (201, "unchanged", [])
    assert answer.json()["version"] == 1 and answer.json()["attachment_id"] is None
    assert await bank.rows("SELECT id FROM attachments") == []
    assert await bank.rows("SELECT act FROM audit WHERE act = 'registration-form.filled'") == before
    (look,) = await bank.rows("SELECT purpose FROM audit WHERE act = 'registration-form.downloaded'")
    assert look["purpose"] == "client_service"
    path = f"/v1/clients/{client_id}/registration-form/workbook"
    assert (await call(person("1001"), "GET", path)).json()["errors"][0]["code"] == "purpose.missing"
    assert (await call(person("2001"), "GET", path, params={"purpose": "client_service"})).status_code == 404


@pytest.mark.requirement("CR-75", "CR-79", "XC-21")
async def test_a_changed_workbook_changes_just_that_and_is_kept(bank, call, person, filled) -> None:
    client_id, workbook, sent = filled
    book = (await workbook()).put(
        {"employer": "", "education": "大专", "hobbies:travel": "", "mobile": "13900001111"},
        {"mobile": 3, "home_phone": 1},
    )
    assert errors(await sent(book)) == [(f"/file/{book.cell('confirm:mobile')}", "double-entry.missing")]
    answer = await sent(book.put({"confirm:mobile": "139 0000 1111"}))
    assert answer.status_code == 201, answer.text
    assert answer.json()["changed"] == ["contacts", "education", "employer", "hobbies"]
    path = f"/v1/clients/{client_id}/registration-form"
    form = (await call(person("1001"), "GET", path)).json()
    assert (form["employer"], form["education"], form["hobbies"], form["version"]) == (None, "college", ["reading"], 2)
    assert [each["way"] for each in form["contacts"]] == ["home_phone", "email", "mobile"]
    assert {each["source"] for each in form["origins"] if each["field"] in ("education", "mobile")} == {
        "active_contact"
    }
    (paper,) = (await call(person("1001"), "GET", f"{path}/uploads")).json()["items"]
    assert paper["attachment_id"] == answer.json()["attachment_id"]
    again = await sent(book)
    assert (again.status_code, again.json()["code"]) == (409, "workbook.form-moved-on")


async def test_a_clients_workbook_is_his_and_his_name_is_not_changed_by_it(
    call, person, registration, filled, hand_in, template
) -> None:
    _, workbook, sent = filled
    book = (await workbook()).put({"name": "王大明"})
    assert errors(await sent(book)) == [(f"/file/{book.cell('name')}", "sheet.not-by-form")]
    assert errors(await hand_in(await workbook())) == [("/file", "workbook.of-a-client")]
    other = (await call(person("1001"), "POST", "/v1/clients", body=registration(name="李四"))).json()["client_id"]
    files = {"file": ("表.xlsx", (await workbook()).saved(), XLSX)}
    answer = await call(person("1001"), "POST", f"/v1/clients/{other}/registration-form/uploads", files=files)
    assert errors(answer) == [("/file", "workbook.another-client")]
    nothing = await call(person("1001"), "POST", f"/v1/clients/{other}/registration-form/uploads")
    assert errors(nothing) == [("/file", "attachment.missing")]
    assert (await sent(await workbook(), by="2001")).status_code == 404


async def test_an_empty_template_only_adds_to_a_clients_form(call, person, filled, template) -> None:
    client_id, _, sent = filled
    book = (await template()).put({"occupation": "律师", "fax": "010-66005678"}, {"fax": 1})
    answer = await sent(book)
    assert (answer.status_code, answer.json()["changed"]) == (201, ["contacts", "occupation"])
    form = (await call(person("1001"), "GET", f"/v1/clients/{client_id}/registration-form")).json()
    assert (form["occupation"], form["education"]) == ("lawyer", "bachelor")
    assert [each["way"] for each in form["contacts"]] == ["fax", "mobile", "email", "home_phone"]


@pytest.mark.requirement("CR-40", "CR-45", "CR-73")
async def test_a_teller_hands_in_the_survey_and_nothing_of_the_managers_part(
    bank, call, person, filled, template
) -> None:
    client_id, _, sent = filled
    here = {"home_unit_id": str(bank.units["bj-01-c1"]), "serving_unit_ids": [str(bank.units["bj-01-o1"])]}
    assert (await call(person("1004"), "POST", f"/v1/clients/{client_id}/moves", body=here)).status_code == 201
    answer = await sent((await template()).put({"fund_uses:gold": "√"}), by="1006")
    assert answer.status_code == 201, answer.text
    refused = await sent((await template()).put({"rm_opinion": "好"}), by="1006")
    assert (refused.status_code, refused.json()["code"]) == (403, "registration-form.field-not-yours")
