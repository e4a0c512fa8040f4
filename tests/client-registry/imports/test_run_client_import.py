"""Imports from upload to applied: whole or good rows, once and not twice, sealed on the way, told to everybody."""

import json
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from chassis.events import Fact
from client_registry.domain.events import (
    ClientRegistered,
    ConsentChanged,
    HoldingsChanged,
    RelationshipManagerAssigned,
)

NAME, NUMBER, PHONE = "王小明", "110101199001014518", "13800000001"


async def test_a_book_becomes_files_figures_loans_and_facts(registry: Any, small_book: Any) -> None:
    _, operation = await registry.take_in(small_book.csv())
    assert operation["status"] == "succeeded", operation
    assert operation["result"]["clients_created"] == 3
    found = await registry.rows(
        "SELECT c.client_no, u.code, c.manager, c.asset_band, c.asset_lower_bound, c.synthetic, c.service_tier "
        "FROM clients c JOIN units u ON u.id = c.home_unit_id ORDER BY 1"
    )
    assert found == [
        ("A1", "BJ-W1", "staff:101", "below", True, False, "mass"),
        ("A2", "BJ-W1", "staff:102", "below", True, False, "mass"),
        ("A3", "TJ-W1", None, "below", True, False, "mass"),
    ]
    months = await registry.rows(
        "SELECT month, deposit_average FROM monthly_figures f JOIN clients c ON c.id = f.client_id "
        "WHERE c.client_no = 'A1' ORDER BY 1"
    )
    assert months == [(date(2025 + (10 + n) // 12, (10 + n) % 12 + 1, 1), Decimal("600000.00")) for n in range(12)]
    loans = await registry.rows(
        "SELECT c.client_no, l.outstanding, h.overdue_days_max, h.months_covered FROM loan_months l "
        "JOIN repayment_histories h USING (client_id, month) JOIN clients c ON c.id = l.client_id ORDER BY 1"
    )
    assert loans == [("A2", Decimal("1200000.00"), 0, 24), ("A3", Decimal("500.00"), 45, 24)]
    said = await registry.rows("SELECT type, count(*) FROM outbox WHERE topic = 'vip.clients.v1' GROUP BY 1 ORDER BY 1")
    assert said == [("ClientRegistered", 3), ("HoldingsChanged", 3), ("RelationshipManagerAssigned", 2)]


@pytest.mark.parametrize("fact", [ClientRegistered, RelationshipManagerAssigned, ConsentChanged, HoldingsChanged])
async def test_facts_of_an_import_have_the_shape_of_those_of_a_file_opened_by_hand(
    registry: Any, small_book: Any, fact: type[Fact]
) -> None:
    profile = small_book.profile.replace("[figures", 'marketing_consent = { value = "yes" }\n[figures', 1)
    await registry.take_in(small_book.csv(), profile=profile)
    rows = await registry.rows(
        "SELECT o.data, o.topic, o.key, o.aggregate, o.aggregate_id, CAST(c.id AS text) FROM outbox o "
        "JOIN clients c ON c.id = CAST(o.data ->> 'client_id' AS uuid) WHERE o.type = $1 AND c.client_no = 'A1'",
        fact.__name__,
    )
    [(data, topic, key, aggregate, aggregate_id, client_id)] = rows
    assert set(data) == {field.name for field in fields(fact)} - {"at", "version"}
    assert (topic, aggregate) == (fact.topic, fact.aggregate)
    assert key == aggregate_id == client_id
    assert NAME not in json.dumps(data, ensure_ascii=False)


async def test_nothing_of_a_person_stands_in_plain_text_anywhere(registry: Any, small_book: Any) -> None:
    await registry.upload(small_book.csv())
    tables = await registry.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for when in ("uploaded", "applied"):
        for (table,) in tables:
            for (row,) in await registry.rows(f'SELECT row_to_json(t)::text FROM "{table}" AS t'):
                for canary in (NAME, NUMBER, PHONE, NAME.encode().hex(), NUMBER.encode().hex(), PHONE.encode().hex()):
                    assert canary not in row, f"{canary} stands in {table} when {when}"
        await registry.work()


async def test_the_same_files_again_change_nothing(registry: Any, small_book: Any) -> None:
    first, _ = await registry.take_in(small_book.csv())
    before = await registry.rows("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM monthly_figures)")
    _, operation = await registry.take_in(small_book.csv())
    assert operation["result"]["status"] == "unchanged"
    assert operation["result"]["same_as"] == str(first)
    assert before == await registry.rows("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM monthly_figures)")


async def test_a_known_client_keeps_his_file_and_only_new_figures_are_added(registry: Any, small_book: Any) -> None:
    await registry.take_in(small_book.csv())
    later = small_book.with_value(0, "dep", "700000")
    _, operation = await registry.take_in(small_book.csv(later))
    assert operation["result"]["clients_created"] == 0
    assert operation["result"]["clients_known"] == 3
    newest = await registry.rows(
        "SELECT c.client_no, count(*), max(f.deposit_average) FROM monthly_figures f "
        "JOIN clients c ON c.id = f.client_id GROUP BY 1 ORDER BY 1"
    )
    assert newest == [("A1", 24, Decimal(700000)), ("A2", 12, Decimal("12.50")), ("A3", 12, Decimal(0))]
    assert await registry.rows("SELECT count(*) FROM loan_months") == [(2,)]
    assert await registry.rows("SELECT count(*) FROM outbox WHERE type = 'ClientRegistered'") == [(3,)]
    # Whoever was on file before is decided over again.
    marked = "SELECT count(*) FROM due_work WHERE kind = 'client.figures-changed'"
    assert await registry.rows(marked) == [(3,)]


async def test_one_bad_row_keeps_the_whole_book_out(registry: Any, small_book: Any) -> None:
    bad = small_book.with_value(1, "id", "110101198505050029")
    import_id, operation = await registry.take_in(small_book.csv(bad))
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "import.rows-invalid")
    assert await registry.rows("SELECT count(*) FROM clients") == [(0,)]
    report = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert [(f["file"], f["row"], f["column"], f["code"]) for f in report] == [
        ("book.csv", 3, "id", "row.identity-invalid")
    ]
    assert "110101" not in json.dumps(report)


async def test_good_rows_are_taken_and_the_bad_one_is_reported_in_the_readers_language(
    registry: Any, small_book: Any
) -> None:
    bad = small_book.with_value(1, "id", "110101198505050029")
    import_id, operation = await registry.take_in(small_book.csv(bad), mode="good_rows")
    assert (operation["status"], operation["result"]["rows_invalid"]) == ("succeeded", 1)
    assert await registry.rows("SELECT client_no FROM clients ORDER BY 1") == [("A1",), ("A3",)]
    chinese = (await registry.get(f"/v1/client-imports/{import_id}/report", language="zh-CN")).json()["items"]
    assert "证件号码无效" in chinese[0]["reason"]


async def test_validate_only_applies_nothing(registry: Any, small_book: Any) -> None:
    import_id, operation = await registry.take_in(small_book.csv(), validate_only="true")
    assert operation["result"]["status"] == "checked"
    assert await registry.rows("SELECT count(*) FROM clients") == [(0,)]
    assert (await registry.get(f"/v1/client-imports/{import_id}")).json()["rows_total"] == 3


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("no", "A2", "row.client-no-twice"),
        ("no", "", "row.required"),
        ("name", "", "row.required"),
        ("id", "110101198505050024", "row.identity-twice"),
        ("phone", "12", "row.phone-invalid"),
        ("unit", "XX", "row.unknown-unit"),
        ("rm", "999", "row.unknown-manager"),
        ("dep", "much", "row.not-a-number"),
        ("dep", "NaN", "row.not-a-number"),
        ("dep", "1e40", "row.number-rounded"),
        ("dep", "9" * 40, "row.amount-too-large"),
        ("dep", "1.234,56", "row.not-a-number"),
    ],
)
async def test_each_kind_of_bad_row_is_found(
    registry: Any, small_book: Any, column: str, value: str, code: str
) -> None:
    import_id, _ = await registry.take_in(small_book.csv(small_book.with_value(0, column, value)))
    report = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert code in [finding["code"] for finding in report]
    assert await registry.rows("SELECT count(*) FROM clients") == [(0,)]


async def test_an_identity_already_on_file_under_another_number_is_refused(registry: Any, small_book: Any) -> None:
    await registry.take_in(small_book.csv())
    import_id, _ = await registry.take_in(small_book.csv(small_book.with_value(0, "no", "B1")))
    report = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert [finding["code"] for finding in report] == ["row.identity-of-another"]


async def test_a_branch_steward_places_clients_only_in_his_branch(registry: Any, small_book: Any) -> None:
    import_id, _ = await registry.take_in(small_book.csv(), by=small_book.tianjin, mode="good_rows")
    assert await registry.rows("SELECT client_no FROM clients") == [("A3",)]
    assert (await registry.get(f"/v1/client-imports/{import_id}", by=small_book.tianjin)).status_code == 200


async def test_an_import_of_another_place_is_not_found(registry: Any, small_book: Any) -> None:
    import_id, _ = await registry.take_in(small_book.csv())
    for path in ("", "/report", "/report-file"):
        answer = await registry.get(f"/v1/client-imports/{import_id}{path}", by=small_book.tianjin)
        assert answer.status_code == 404


async def test_a_report_file_holds_no_formula(registry: Any, small_book: Any) -> None:
    header = ["=no" if name == "no" else name for name in small_book.header]
    profile = small_book.profile.replace('client_no = "no"', 'client_no = "=no"')
    import_id, _ = await registry.take_in(
        small_book.csv(small_book.with_value(0, "no", ""), header=header), profile=profile
    )
    answer = await registry.get(f"/v1/client-imports/{import_id}/report-file")
    assert answer.headers["content-type"].startswith("text/csv")
    assert ",'=no," in answer.text


async def test_an_import_cut_short_between_steps_goes_on_where_it_stood(
    registry: Any, small_book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("client_registry.use_cases.check_client_import.RANGE", 2)
    monkeypatch.setattr("client_registry.use_cases.run_client_import.APPLY_RANGE", 1)
    _, operation = await registry.take_in(small_book.csv())
    assert (operation["status"], operation["done"], operation["total"]) == ("succeeded", 6, 6)
    assert await registry.rows("SELECT client_no FROM clients ORDER BY 1") == [("A1",), ("A2",), ("A3",)]
    assert await registry.rows("SELECT count(*) FROM client_import_chunks") == [(0,)]
    assert await registry.rows("SELECT count(*) FROM client_import_rows") == [(0,)]


async def test_a_header_without_rows_is_refused(registry: Any, small_book: Any) -> None:
    import_id, operation = await registry.take_in(small_book.csv([]))
    assert operation["problem"]["code"] == "import.files-do-not-fit"
    report = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert [(found["file"], found["code"]) for found in report] == [("book.csv", "import.no-rows")]


async def test_full_width_digits_thousands_and_debts_are_read(registry: Any, small_book: Any) -> None:
    rows = [(*person[:6], amount, *person[7:]) for person, amount in zip(
        small_book.people, ("１２３４５.５", "1,234,567.80", "-20.5"), strict=True
    )]  # fmt: skip
    _, operation = await registry.take_in(small_book.csv(rows))
    assert operation["status"] == "succeeded", operation
    found = await registry.rows("SELECT DISTINCT deposit_average FROM monthly_figures ORDER BY 1")
    assert found == [(Decimal("-20.50"),), (Decimal("12345.50"),), (Decimal("1234567.80"),)]


async def test_ragged_rows_and_days_turned_into_numbers_are_refused_with_their_place(
    registry: Any, small_book: Any
) -> None:
    profile = small_book.profile.replace('name = "name"', 'name = "name"\nbirth_date = "born"', 1)
    rows = [
        (*person, born)
        for person, born in zip(small_book.people, ("32874", "1985-05-05", "1978-03-03"), strict=True)
    ]  # fmt: skip
    rows[2] = (*rows[2], "", "surplus")
    content = small_book.csv([*rows, ("A4", "赵六"), (*rows[1], "", "")], header=(*small_book.header, "born"))
    import_id, _ = await registry.take_in(content, profile=profile, mode="good_rows")
    report = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    found = [(f["file"], f["row"], f["column"], f["code"]) for f in report]
    # A row that ends early lacks what it lacks; empty cells beyond the header are none.
    assert found == [
        ("book.csv", 2, "born", "row.date-is-number"),
        ("book.csv", 4, "", "row.too-many-cells"),
        ("book.csv", 5, "unit", "row.unknown-unit"),
        ("book.csv", 6, "client_no", "row.client-no-twice"),
    ]
