"""Units, staff and postings from spreadsheets: all or nothing, every finding at its place (XC-1, XC-2, XC-8)."""

import io
from typing import Any
from uuid import uuid4

import pytest
import xlsxwriter
from chassis.identity import Grant, Principal
from chassis.tokens import mint
from python_calamine import CalamineWorkbook

from .conftest import UNITS as SEEDED

STEWARD = Principal("staff:1008", (Grant("data_steward", "/hq/bj/", "unit"),))
UNIT_HEAD = ["code", "parent_code", "kind", "name_zh", "name_en", "branch_code", "service_institution"]
UNITS = [
    ["bj-03-o1", "bj-03-w1", "outlet", "第一网点", "Outlet 1", "", ""],
    ["bj-03-w1", "bj-03", "wealth_centre", "理财中心", "Centre", "", "wealth_management_centre"],
    ["bj-03", "bj", "second_level_branch", "三分行", "Branch 3", "BJ", ""],
    ["bj-01-c1", "bj-01", "wealth_centre", "机构bj-01-c1", "Unit bj-01-c1", "", ""],
]
STAFF_HEAD = ["staff_no", "name", "work_phone"]
STAFF = [["0003001", "钱新人", "010-66003001"], ["1001", "王经理", "010-66001001"]]
POSTING_HEAD = ["staff_no", "unit_code", "role", "reach", "from_on", "until_on"]
POSTINGS = [
    ["0003001", "BJ-03-W1", "wealth_centre_head", "unit", "2020-05-01", ""],
    ["1001", "bj-01-c1", "relationship_manager", "own", "", ""],
    ["1002", "bj-01-c1", "relationship_manager", "own", "", "2026-12-31"],
]


def csv(head: list[str], rows: list[list[str]], *, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(cells) for cells in [head, *rows]).encode(encoding)


def workbook(**sheets: tuple[list[str], list[list[Any]]]) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    for name, (head, rows) in sheets.items():
        sheet = made.add_worksheet(name)
        for number, cells in enumerate([head, *rows]):
            sheet.write_row(number, 0, cells)
    made.close()
    return out.getvalue()


BOOK = (csv(UNIT_HEAD, UNITS), csv(STAFF_HEAD, STAFF), csv(POSTING_HEAD, POSTINGS))


@pytest.fixture
def take_in(call, keys):
    async def taken(*files: bytes, by: Principal = STEWARD, **form: str):
        token = mint(keys["gateway"], by, audience="client-registry", issuer="gateway")
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), "Accept-Language": "en"}
        sent = [("files", (f"file-{number}", content)) for number, content in enumerate(files)]
        return await call._client.post("/v1/organisation-imports", files=sent, data=form, headers=headers)

    return taken


def places(answer) -> list[tuple[str, int, str, str]]:
    return [(one["file"], one["row"], one["column"], one["code"]) for one in answer.json()["findings"]]


@pytest.mark.requirement("XC-1", "XC-2", "XC-8")
async def test_a_branch_takes_its_organisation_over_and_the_same_files_again_change_nothing(
    bank, call, person, take_in
) -> None:
    tried = await take_in(*BOOK, validate_only="true")
    assert (tried.status_code, tried.json()["status"], tried.json()["findings"]) == (201, "checked", [])
    assert len(await bank.rows("SELECT id FROM units")) == len(SEEDED)
    answer = (await take_in(*BOOK)).json()
    assert (answer["status"], answer["counts"]) == ("applied", {
        "units_opened": 3, "units_changed": 0, "staff_added": 1, "staff_changed": 0, "postings_begun": 1,
        "postings_ended": 1,
    })  # fmt: skip
    unit = await bank.row("SELECT path, service_institution FROM units WHERE code = 'bj-03-o1'")
    assert unit["path"] == "/hq/bj/bj-03/bj-03-w1/bj-03-o1/"
    told = [fact["code"] for fact in (await bank.said("OrgUnitChanged"))[-3:]]
    assert told == ["bj-03", "bj-03-w1", "bj-03-o1"]
    grants = (await call(person("system", "gateway"), "GET", "/internal/principals/staff:0003001")).json()["grants"]
    assert [grant["unit_path"] for grant in grants] == ["/hq/bj/bj-03/bj-03-w1/"]
    assert (await bank.said("StaffPosted"))[-1]["until_on"] == "2026-12-31"
    again = (await take_in(*BOOK)).json()
    assert (again["status"], set(again["counts"].values())) == ("applied", {0})
    kept = await call(STEWARD, "GET", f"/v1/organisation-imports/{answer['organisation_import_id']}")
    assert (kept.status_code, kept.json()["counts"]["units_opened"], kept.json()["started_by"]) == (
        200,
        3,
        "staff:1008",
    )
    stranger = Principal("staff:2009", (Grant("data_steward", "/hq/sh/", "unit"),))
    other = await call(stranger, "GET", f"/v1/organisation-imports/{answer['organisation_import_id']}")
    assert other.status_code == 404


@pytest.mark.parametrize("how", ["gb18030", "xlsx", "chinese"])
async def test_files_of_chinese_offices_are_read_as_they_come(bank, take_in, how) -> None:
    if how == "gb18030":
        files = [csv(UNIT_HEAD, UNITS, encoding="gb18030"), csv(STAFF_HEAD, STAFF, encoding="gb18030"), BOOK[2]]
    elif how == "xlsx":
        files = [workbook(units=(UNIT_HEAD, UNITS), staff=(STAFF_HEAD, STAFF), postings=(POSTING_HEAD, POSTINGS))]
    else:
        head = ["机构代码", "上级机构代码", "机构类别", "中文名称", "英文名称", "服务机构"]
        rows = [["bj-03", "bj", "二级分行", "三分行", "Branch 3", ""], ["bj-03-w1", "bj-03", "理财中心", "中心", "C", "财富中心"],
                ["bj-03-o1", "bj-03-w1", "网点", "第一网点", "Outlet 1", ""]]  # fmt: skip
        files = [workbook(机构=(head, rows))]
    answer = await take_in(*files)
    assert (answer.json()["status"], answer.json()["counts"]["units_opened"]) == ("applied", 3), answer.text
    assert (await bank.row("SELECT name_zh FROM units WHERE code = 'bj-03-o1'"))["name_zh"] == "第一网点"


async def test_nothing_is_applied_unless_every_row_is_right_and_each_finding_has_its_place(bank, take_in) -> None:
    units = [
        ["bj-04", "bj", "second_level_branch", "四分行", "Branch 4", "", ""],
        ["bj-05", "hq", "second_level_branch", "五分行", "Branch 5", "", ""],
        ["bj-06", "bj", "first_level_branch", "六分行", "Branch 6", "", ""],
        ["bj-08", "bj-09", "sub_branch", "八", "8", "", ""],
        ["bj-09", "bj-08", "sub_branch", "九", "9", "", ""],
        ["bj-01-o1", "bj-01", "wealth_centre", "机构bj-01-o1", "Unit bj-01-o1", "", ""],
        ["sh-01-c1", "sh", "wealth_centre", "改名", "Renamed", "", ""],
        ["bj-11", "nowhere", "sub_branch", "十一", "11", "", ""],
    ]
    staff = [["3001", "无岗", ""]]
    postings = [
        ["1001", "bj-01-c1", "king", "unit", "", ""], ["9999", "bj-99", "lobby_manager", "unit", "", ""],
        ["1008", "bj", "policy_author", "unit", "", ""], ["1001", "sh-01-c1", "lobby_manager", "unit", "", ""],
        ["1002", "bj-04", "third_party_staff", "own", "", ""],
    ]  # fmt: skip
    answer = await take_in(csv(UNIT_HEAD, units), csv(STAFF_HEAD, staff), csv(POSTING_HEAD, postings))
    assert answer.json()["status"] == "refused"
    assert sorted(places(answer)) == sorted([
        ("file-0", 3, "parent_code", "unit.unknown"), ("file-0", 4, "parent_code", "unit.parent-kind"),
        ("file-0", 4, "branch_code", "unit.letters-missing"), ("file-0", 5, "parent_code", "organisation-import.circle"),
        ("file-0", 6, "parent_code", "organisation-import.circle"), ("file-0", 7, "kind", "organisation-import.kind-fixed"),
        ("file-0", 8, "", "not-found"), ("file-0", 9, "parent_code", "organisation-import.unknown-unit"),
        ("file-1", 2, "staff_no", "organisation-import.no-posting"), ("file-2", 2, "role", "posting.unknown-role"),
        ("file-2", 3, "staff_no", "organisation-import.unknown-staff"),
        ("file-2", 3, "unit_code", "organisation-import.unknown-unit"), ("file-2", 4, "", "posting.own-rights"),
        ("file-2", 5, "unit_code", "unit.unknown"), ("file-2", 6, "", "staff.third-party"),
    ])  # fmt: skip
    for one in answer.json()["findings"]:
        assert one["reason_en"].isascii() and not one["reason_zh"].isascii()
    assert len(await bank.rows("SELECT id FROM units")) == len(SEEDED)
    assert await bank.rows("SELECT id FROM audit WHERE act LIKE 'unit.%' OR act LIKE 'staff.%'") == []
    (act,) = await bank.rows("SELECT act FROM audit WHERE object_type = 'organisation_import'")
    assert act["act"] == "organisation-import.refused"


async def test_cells_and_files_that_cannot_be_read_are_named(bank, take_in) -> None:
    rows = [["bj-04", "bj", "moon", "", "B" * 81, "", "palace"], ["bj-04", "bj", "sub_branch", "四", "4", "", ""]]
    answer = await take_in(csv(UNIT_HEAD, rows), csv(POSTING_HEAD, [["1", "bj", "x", "all", "2026-02-30", ""]]))
    assert places(answer) == [
        ("file-0", 2, "kind", "row.not-one-of"), ("file-0", 2, "name_zh", "row.required"),
        ("file-0", 2, "name_en", "row.too-long"), ("file-0", 2, "service_institution", "row.not-one-of"),
        ("file-1", 2, "reach", "row.not-one-of"), ("file-1", 2, "from_on", "row.not-a-date"),
        ("file-0", 3, "code", "organisation-import.twice"),
    ]  # fmt: skip
    assert places(await take_in(b"a,b\r\n1,2")) == [("file-0", 1, "", "organisation-import.no-table")]
    assert places(await take_in(b"")) == [("file-0", 0, "", "import.file-empty")]
    assert places(await take_in(b"PK\x03\x04 not a workbook")) == [("file-0", 0, "", "import.file-damaged")]
    assert places(await take_in(workbook(other=(["a"], [])))) == [("file-0", 0, "", "import.sheet-missing")]
    numbers = workbook(staff=(STAFF_HEAD, [[1234567890123456, "某人", ""]]))
    assert places(await take_in(numbers)) == [("file-0", 2, "staff_no", "import.number-rounded")]


@pytest.mark.requirement("XC-15", "XC-20")
async def test_only_a_data_steward_or_head_office_imports(take_in, person) -> None:
    for by in (person("1004"), person("1009"), person("1003")):
        assert (await take_in(*BOOK, by=by)).status_code == 403


async def test_a_unit_that_stands_elsewhere_in_the_file_is_moved(bank, take_in) -> None:
    rows = [["bj-02-c1", "bj-01", "wealth_centre", "新名", "New", "", ""]]
    assert (await take_in(csv(UNIT_HEAD, rows))).json()["counts"]["units_changed"] == 1
    unit = await bank.row("SELECT path, name_zh FROM units WHERE code = 'bj-02-c1'")
    assert unit == {"path": "/hq/bj/bj-01/bj-02-c1/", "name_zh": "新名"}


@pytest.mark.requirement("XC-1", "XC-8")
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_template_filled_in_is_read_back_in_either_language(
    bank, call, person, take_in, language: str
) -> None:
    answer = await call(STEWARD, "GET", "/v1/organisation-import-template", language=language)
    assert answer.status_code == 200 and answer.content.startswith(b"PK")
    given = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    zh = language == "zh-CN"
    assert given.sheet_names == (["机构", "人员", "任职", "说明"] if zh else ["units", "staff", "postings", "Notes"])
    heads = {name: given.get_sheet_by_name(name).to_python()[0] for name in given.sheet_names[:3]}
    assert next(iter(heads.values()))[:3] == (["机构代码", "上级机构代码", "机构类别"] if zh else UNIT_HEAD[:3])
    words = {"outlet": "网点", "wealth_centre": "理财中心", "second_level_branch": "二级分行",
             "wealth_management_centre": "理财中心"} if zh else {}  # fmt: skip
    units = [[words.get(cell, cell) if at in (2, 6) else cell for at, cell in enumerate(row)] for row in UNITS]
    rows = dict(zip(given.sheet_names, (units, STAFF, POSTINGS), strict=False))
    book = workbook(**{name: (heads[name], rows[name]) for name in rows})
    done = (await take_in(book)).json()
    assert (done["status"], done["findings"], done["counts"]["units_opened"]) == ("applied", [], 3)
    assert (await call(person("1001"), "GET", "/v1/organisation-import-template")).status_code == 403
