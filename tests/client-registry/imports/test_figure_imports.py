"""Month-end figures as files: keyed by any number of the client, idempotent per month and source, corrected, refused by row."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from client_registry.domain.imports.figure_profile_reading import read_figure_profile
from client_registry.domain.imports.figure_tables import Part

HEADER = "client_no,month,currency,deposit_average,card_purchases,card_refunds,assets"
LAST = date(2026, 10, 1)


def csv_of(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


@pytest.fixture
async def booked(registry: Any, small_book: Any) -> Any:
    """The small book's clients on file, with a dollar rate of October."""
    await registry.take_in(small_book.csv())
    async with registry.database.transaction() as tx:
        await tx.connection.execute("TRUNCATE monthly_figures, loan_months, repayment_histories, due_work")
        await tx.connection.execute(
            "INSERT INTO exchange_rates VALUES ('USD', '2026-10-01', '2026-11-01', 7.1, 'safe', 'staff:1')"
        )
    return registry


async def figures(registry: Any) -> list[tuple[Any, ...]]:
    return await registry.rows(
        "SELECT DISTINCT ON (c.client_no, f.month) c.client_no, f.month, f.deposit_average, f.card_spend, f.assets "
        "FROM monthly_figures f JOIN clients c ON c.id = f.client_id ORDER BY 1, 2, f.known_at DESC"
    )


@pytest.mark.requirement("CR-4", "CR-32")
async def test_figures_of_a_file_become_months_and_their_clients_are_decided_over(booked: Any) -> None:
    content = csv_of(
        "A1,2026-10,CNY,500000.00,9000,500,2150000", "A1,2026-10,USD,100.00,,,", 'A2,2026/09,,"1,234.50",,,',
        "A2,202610,,１２,,,-3.5",
    )  # fmt: skip
    import_id, operation = await booked.figures(content)
    assert operation["status"] == "succeeded", operation
    assert await figures(booked) == [
        ("A1", LAST, Decimal("500710.00"), Decimal(8500), Decimal(2_150_000)),
        ("A2", date(2026, 9, 1), Decimal("1234.50"), None, None),
        ("A2", LAST, Decimal(12), None, Decimal("-3.50")),
    ]
    marked = "SELECT count(*) FROM due_work WHERE kind = 'client.figures-changed'"
    assert await booked.rows(marked) == [(2,)]
    seen = (await booked.get(f"/v1/figure-imports/{import_id}")).json()
    assert (seen["status"], seen["rows_total"], seen["rows_new"], seen["clients_changed"]) == ("applied", 4, 4, 2)
    assert await booked.rows("SELECT count(*) FROM figure_import_rows") == [(0,)]


async def test_the_same_again_changes_nothing_and_another_word_of_the_source_corrects(booked: Any) -> None:
    first = csv_of("A1,2026-10,,100,,,900", "A2,2026-10,,200,,,800")
    await booked.figures(first, source="core")
    _, again = await booked.figures(first, source="core")
    assert again["result"]["status"] == "unchanged"
    # Another file with the same words, one of them corrected, one month late.
    _, later = await booked.figures(
        csv_of("A1,2026-10,,100,,,950", "A2,2026-10,,200,,,800", "A2,2025-12,,7,,,"), source="core"
    )
    assert (later["result"]["rows_new"], later["result"]["rows_corrected"]) == (1, 1)
    kept = await booked.rows("SELECT assets FROM monthly_figures WHERE assets IS NOT NULL ORDER BY assets")
    assert kept == [(Decimal(800),), (Decimal(900),), (Decimal(950),)]
    # What another system says is added, as over the API.
    await booked.figures(csv_of("A1,2026-10,,,,,50"), source="cards")
    assert (await figures(booked))[0][4] == 1000


async def test_a_file_says_the_same_as_a_delivery_over_the_api(booked: Any) -> None:
    await booked.figures(csv_of("A1,2026-10,,100,,,900"), source="core")
    kept = await booked.rows("SELECT source, rows_total, rows_new, clients_changed FROM figure_deliveries")
    assert kept == [("core", 1, 1, 1)]
    assert await booked.rows("SELECT source, currency, assets FROM source_figures") == [("core", "CNY", Decimal(900))]


async def test_clients_are_named_by_identity_number_or_the_banks_customer_number(booked: Any, small_book: Any) -> None:
    header = (*small_book.header, "core_no")
    people = [(*person, f"C-{person[0]}") for person in small_book.people]
    profile = small_book.profile.replace('name = "name"', 'name = "name"\ncustomer_no = "core_no"', 1)
    _, operation = await booked.take_in(small_book.csv(people, header=header), profile=profile)
    assert operation["status"] == "succeeded", operation
    content = csv_of(
        "110101199001014518,,1", ",C-A2,2", "110101197803030035,C-A3,3", "110101199001014518,C-A2,4",
        header="identity_number,customer_no,assets",
    )  # fmt: skip
    import_id, _ = await booked.figures(content, mode="good_rows")
    found = [(no, assets) for no, month, _, _, assets in await figures(booked) if assets is not None]
    assert found == [("A1", 1), ("A2", 2), ("A3", 3)]
    assert await booked.refused(import_id) == [(5, "", "row.keys-disagree")]


def workbook(**sheets: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    for name, rows in sheets.items():
        sheet = made.add_worksheet(name)
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    made.close()
    return out.getvalue()


async def test_loans_and_products_come_in_sheets_of_their_own(booked: Any) -> None:
    content = workbook(
        说明=[["anything"]],
        月度数据=[["客户号", "月份", "月日均存款", "无贷款"], ["A1", "2026-10", 5, ""], ["A2", "2026-10", 6, "是"]],
        贷款=[
            ["客户号", "贷款编号", "贷款产品", "个人贷款", "贷款余额", "当月最长逾期天数", "月末逾期天数"],
            ["A1", "L-1", "mortgage", "是", 400000.5, 12, 3], ["A1", "L-2", "mortgage", "是", 600000, 0, 0],
            ["A1", "L-3", "business", "否", 9000000, 90, 90],
        ],
        持有产品=[
            ["客户号", "产品代码", "产品类别", "开立日", "到期日", "收益率"],
            ["A1", "TD-1", "time_deposit", "2026-01-31", "2027/01/31", "1.75%"], ["A1", "TD-1", "time_deposit", "", "", ""],
        ],
    )  # fmt: skip
    _, operation = await booked.figures(content, name="october.xlsx")
    assert operation["status"] == "succeeded", operation
    loans = await booked.rows(
        "SELECT c.client_no, l.outstanding, l.overdue_days_max, l.overdue_days_open FROM loan_months l "
        "JOIN clients c ON c.id = l.client_id ORDER BY 1"
    )
    assert loans == [("A1", Decimal("1000000.50"), 12, 3), ("A2", Decimal(0), 0, 0)]
    [(held,)] = await booked.rows("SELECT holdings FROM client_holdings")
    assert [(h["product_code"], h["opened_on"], h["matures_on"], h["yield_percent"]) for h in held] == [
        ("TD-1", "2026-01-31", "2027-01-31", "1.75"), ("TD-1", None, None, None),
    ]  # fmt: skip


async def test_no_loans_beside_loans_and_no_products_beside_products_are_refused(booked: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("client_registry.use_cases.check_figure_import.RANGE", 2)
    content = workbook(
        figures=[
            ["client_no", "month", "currency", "assets", "no_loans", "no_holdings"],
            ["A1", "2026-10", "CNY", 5, "是", ""], ["A2", "2026-10", "CNY", 6, "yes", "yes"],
            ["A3", "2026-10", "CNY", 7, "yes", "yes"], ["A1", "2026-09", "CNY", 8, "yes", "no"],
        ],
        loans=[
            ["client_no", "month", "currency", "loan_no", "product", "outstanding"],
            ["A1", "2026-10", "USD", "L-1", "mortgage", 400],
        ],
        holdings=[["client_no", "month", "product_code", "kind"], ["A2", "2026-10", "TD-1", "time_deposit"]],
    )  # fmt: skip
    import_id, operation = await booked.figures(content, name="october.xlsx", mode="good_rows")
    assert operation["status"] == "succeeded", operation
    report = (await booked.get(f"/v1/figure-imports/{import_id}/report")).json()["items"]
    assert [(found["sheet"], found["row"], found["column"], found["code"]) for found in report] == [
        ("figures", 2, "no_loans", "row.none-beside-rows"), ("figures", 3, "no_holdings", "row.none-beside-rows"),
    ]  # fmt: skip
    assert "矛盾" in report[0]["reason_zh"]
    assert [(no, month.month) for no, month, *_ in await figures(booked)] == [("A1", 9), ("A3", 10)]
    assert await booked.rows("SELECT sum(outstanding) FROM loan_months WHERE month = '2026-10-01'") == [
        (Decimal(2840),)
    ]


async def test_a_day_that_a_spreadsheet_has_turned_into_a_number_is_refused_as_that(booked: Any) -> None:
    content = csv_of(
        "A1,P-1,fund,46042,", "A1,P-2,fund,2026-01-20,46042.5", "A1,P-3,fund,20260120,", "A1,P-4,fund,99999,",
        header="client_no,product_code,kind,opened_on,matures_on",
    )  # fmt: skip
    import_id, _ = await booked.figures(content)
    assert await booked.refused(import_id) == [
        (2, "opened_on", "row.date-is-number"), (3, "matures_on", "row.date-is-number"), (5, "opened_on", "row.not-a-date"),
    ]  # fmt: skip


BAD_ROWS = (
    ("NOBODY,2026-10,,1,,,", "client_no", "figures.client-unknown"),
    ("A1,2026-12,,1,,,", "month", "figures.month-future"),
    ("A1,2026-11,,1,,,", "month", "figures.month-open"),
    ("A1,October,,1,,,", "month", "row.not-a-month"),
    ("A1,2026-09,USD,1,,,", "currency", "figures.rate-missing"),
    ("A1,2026-10,XYZ,1,,,", "currency", "figures.currency-unknown"),
    ("A1,2026-10,,,-1,,", "card_purchases", "figures.negative"),
    ("A1,2026-10,,,,,", "", "figures.nothing-said"),
    (",2026-10,,1,,,", "client_no", "row.required"),
    ("A1,2026-10,,12a,,,", "deposit_average", "row.not-a-number"),
    ('A1,2026-10,,"1.234,56",,,', "deposit_average", "row.not-a-number"),
    ("A1,2026-10,,1.5E+9,,,", "deposit_average", "row.number-rounded"),
    ("1.10101E+17,2026-10,,1,,,", "client_no", "row.number-rounded"),
    ("A1,2026-10,,1.23456,,,", "deposit_average", "row.too-many-decimals"),
    ("A1,2026-10,,1,,,,,surplus", "", "row.too-many-cells"),
)


async def test_each_bad_row_is_told_by_row_column_and_reason_in_both_languages(booked: Any) -> None:
    import_id, operation = await booked.figures(csv_of("A2,2026-10,,5,,,", *(row for row, _, _ in BAD_ROWS)))
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "import.rows-invalid")
    expected = [(number, column, code) for number, (_, column, code) in enumerate(BAD_ROWS, start=3)]
    assert await booked.refused(import_id) == expected
    assert await booked.rows("SELECT count(*) FROM monthly_figures") == [(0,)]
    report = (await booked.get(f"/v1/figure-imports/{import_id}/report")).json()["items"]
    assert all(found["reason_en"] and found["reason_zh"] != found["reason_en"] for found in report)


async def test_a_row_that_stands_twice_is_refused_within_and_across_batches(booked: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("client_registry.use_cases.check_figure_import._BATCH", 2)
    monkeypatch.setattr("client_registry.use_cases.check_figure_import.RANGE", 4)
    row = "A1,2026-10,,1,,,"
    import_id, _ = await booked.figures(csv_of(row, row, "A2,2026-10,,1,,,", row, row), mode="good_rows")
    assert await booked.refused(import_id) == [(n, "", "figures.row-twice") for n in (3, 5, 6)]
    assert len(await figures(booked)) == 2


async def test_refused_rows_are_downloaded_put_right_and_sent_again(booked: Any) -> None:
    content = csv_of("A1,2026-10,,1,,,-7", "NOBODY,2026-10,,2,,,-8", "A2,soon,,3,,,-9")
    import_id, operation = await booked.figures(content, mode="good_rows")
    assert (operation["result"]["rows_invalid"], operation["result"]["rows_new"]) == (2, 1)
    answer = await booked.get(f"/v1/figure-imports/{import_id}/refused-rows")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[0] == f"{HEADER},reason"
    assert lines[1] == "NOBODY,2026-10,,2,,,-8,There is no such client in your scope."
    seen = await booked.rows("SELECT count(*) FROM audit WHERE act = 'import.refused-rows-read'")
    assert seen == [(1,)]
    fixed = answer.text.replace("NOBODY", "A3").replace("soon", "2026-09")
    _, again = await booked.figures(fixed.encode())
    assert (again["status"], again["result"]["rows_new"]) == ("succeeded", 2)


async def test_refused_rows_lie_sealed_and_end_after_thirty_days(booked: Any) -> None:
    from datetime import UTC, datetime

    from client_registry.use_cases.forget_stopped_imports import forget_stopped_imports

    await booked.figures(csv_of("NOBODY-77,2026-10,,1,,,"))
    kept = await booked.rows("SELECT row_to_json(r)::text FROM import_refused_rows r")
    assert len(kept) == 2
    assert "NOBODY-77" not in str(kept)
    for day, left in ((21, 2), (23, 0)):
        async with booked.database.transaction() as tx:
            await forget_stopped_imports(tx, now=datetime(2026, 12, day, 3, tzinfo=UTC))
        assert await booked.rows("SELECT count(*) FROM import_refused_rows") == [(left,)]


async def test_a_profile_maps_other_headings_codes_and_units_of_money(booked: Any) -> None:
    profile = """
    name = "core-month-end"
    source = "core"
    [[file]]
    name = "balances"
    match = "bal*.csv"
    delimiter = ";"
    [[file]]
    name = "loans"
    match = "loans*.csv"
    [money]
    factor = "10000"
    [figures]
    client_no = "KHH"
    month = "YF"
    currency = { column = "BZ", codes = { "01" = "CNY", "14" = "USD" } }
    assets = "AUM"
    [loans]
    file = "loans"
    client_no = "KHH"
    loan_no = "JJH"
    product = { value = "mortgage" }
    outstanding = "YE"
    """
    _, operation = await booked.figures(
        "KHH;YF;BZ;AUM\nA1;202610;01;215.5\nA1;202610;14;0.01\n".encode("gb18030"), profile=profile, name="bal-10.csv",
        more={"loans.csv": b"KHH,JJH,YE\nA1,L1,120\n"},
    )  # fmt: skip
    assert operation["status"] == "succeeded", operation
    assert (await figures(booked))[0][4] == Decimal("2155710.00")
    assert await booked.rows("SELECT outstanding FROM loan_months") == [(Decimal(1_200_000),)]
    assert await booked.rows("SELECT DISTINCT source FROM source_figures") == [("core",)]


async def test_a_broken_profile_of_figures_is_refused_at_once_with_every_fault(booked: Any) -> None:
    profile = 'name = "x"\n[[file]]\nname = "f"\n[figures]\nassets = "a"\nbalance = "b"\n[loans]\nclient_no = "n"\n'
    answer = await booked.upload(b"a\n", profile=profile, name="f.csv", to="/v1/figure-imports")
    assert (answer.status_code, answer.json()["code"]) == (422, "import.profile-broken")
    codes = [error["code"] for error in answer.json()["errors"]]
    assert codes.count("profile.missing") == 4
    assert "profile.unknown-key" in codes


async def test_an_unknown_heading_and_an_open_default_month_are_refused(booked: Any) -> None:
    _, operation = await booked.figures(csv_of("A1,5", header="client_no,balance"))
    assert operation["problem"]["code"] == "import.files-do-not-fit"
    answer = await booked.upload(
        csv_of("A1,5", header="client_no,assets"), profile=None, to="/v1/figure-imports", month="2026-11"
    )
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/month"]


async def test_a_branch_knows_only_its_own_clients_and_imports(booked: Any, small_book: Any) -> None:
    import_id, _ = await booked.figures(
        csv_of("A1,2026-10,,1,,,", "A3,2026-10,,3,,,"), by=small_book.tianjin, mode="good_rows"
    )
    assert [no for no, *_ in await figures(booked)] == ["A3"]
    other, _ = await booked.figures(csv_of("A1,2026-10,,1,,,"))
    for path in ("", "/report", "/refused-rows"):
        answer = await booked.get(f"/v1/figure-imports/{other}{path}", by=small_book.tianjin)
        assert answer.status_code == 404
    assert (await booked.get(f"/v1/client-imports/{import_id}")).status_code == 404


async def test_figures_cut_short_between_steps_go_on_where_they_stood(booked: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("client_registry.use_cases.check_figure_import.RANGE", 2)
    monkeypatch.setattr("client_registry.use_cases.run_figure_import.APPLY_RANGE", 1)
    content = csv_of(*(f"A{n},2026-10,,{n},,," for n in (1, 2, 3)))
    _, operation = await booked.figures(content)
    assert (operation["status"], operation["done"], operation["total"]) == ("succeeded", 6, 6)
    assert operation["result"]["rows_new"] == 3


async def test_only_checked_figures_are_not_kept(booked: Any) -> None:
    _, operation = await booked.figures(csv_of("A1,2026-10,,1,,,"), validate_only="true")
    assert operation["result"]["status"] == "checked"
    assert await booked.rows("SELECT count(*) FROM source_figures") == [(0,)]


def test_the_example_profile_of_figures_reads_all_three_tables() -> None:
    text = (Path(__file__).parents[3] / "examples" / "mappings" / "figures" / "core-month-end.toml").read_text("utf-8")
    profile = read_figure_profile(text)
    assert (profile.source, profile.factor, list(profile.parts)) == ("core", Decimal(10_000), list(Part))
