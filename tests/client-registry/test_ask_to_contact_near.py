"""Clients near a standard (CR-16): who is listed, how near, until when it would count, and who is asked to contact them."""

import io
from datetime import date
from uuid import uuid4

import pytest
from client_registry.domain.near_candidates import DeliveredMonth, reach_of
from client_registry.domain.shortfalls import Missing
from python_calamine import CalamineWorkbook

NEAR = "/v1/qualification-candidates/near"


async def near(call, who, **params):
    answer = await call(who, "GET", NEAR, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def full(bank, client, **figures) -> None:
    await bank.deliver(client, range(1, 13), **({"deposit_average": 0, "card_spend": 0} | figures))
    await bank.lend(client, 1, 0)


@pytest.fixture
async def book(bank):
    """At, one cent below, and around the edge of ten percent below the head-office standard of 500,000 in deposits."""
    names = ("at", "cent", "edge", "beyond", "spender", "silent")
    found = dict(zip(names, await bank.add_clients(6, manager="staff:1001"), strict=True))
    for name, deposit in (("at", "500000"), ("cent", "499999.99"), ("edge", "450000"), ("beyond", "449999.99")):
        await full(bank, found[name], deposit_average=deposit)
    await full(bank, found["spender"], card_spend="8000")
    await bank.deliver(found["silent"], range(3, 13), deposit_average="590000", card_spend=0)
    await bank.lend(found["silent"], 1, 0)
    await bank.evaluate()
    return found


@pytest.mark.requirement("CR-16")
async def test_the_nearest_stand_first_and_the_bounds_are_sharp(bank, call, person, book) -> None:
    found = await near(call, person("1001"))
    assert [(each["client_id"], each["missing_percent"], each["nearest_criterion"]) for each in found] == [
        (str(book["cent"]), 1, "deposit"), (str(book["silent"]), 2, "deposit"), (str(book["spender"]), 4, "card_spend"),
        (str(book["edge"]), 10, "deposit"),
    ]  # fmt: skip
    cent, silent, spender, _ = found
    assert (cent["name"], cent["manager"], cent["card_level"], cent["figures_until"]) == (
        "测**",
        "staff:1001",
        "none",
        "2026-10",
    )
    assert (cent["decided"], silent["decided"]) == (True, False)
    deposit = silent["criteria"][0]
    assert (deposit["undelivered_months"], deposit["reason"], deposit["decided"]) == (
        ["2026-09", "2026-10"], "figures-missing", False,
    )  # fmt: skip
    # 96,000 spent in twelve months of 8,000: November 2025 leaves on 1 December, so November 2026 must bring 12,000.
    card = spender["criteria"][0]
    assert (card["missing"]["amount"], card["window_from"], card["window_to"]) == ("4000.00", "2025-11", "2026-10")
    assert (card["leaves_month"], card["leaves_on"], card["leaves_amount"]["amount"], card["open_month_needs"]["amount"]) == (
        "2025-11", "2026-12-01", "8000.00", "12000.00",
    )  # fmt: skip
    assert "4,000.00" in card["explanation"]["zh"]


@pytest.mark.requirement("CR-16")
async def test_the_list_is_narrowed_and_read_in_pages(bank, call, person, book) -> None:
    who = person("1004")
    assert [each["client_id"] for each in await near(call, who, within_percent=5, decided=True)] == [
        str(book["cent"]), str(book["spender"]),
    ]  # fmt: skip
    assert [each["client_id"] for each in await near(call, who, within_amount="4000", criterion="card_spend")] == [
        str(book["spender"])
    ]
    assert await near(call, who, within_amount="3999.99", criterion="card_spend") == []
    assert await near(call, who, manager="staff:1002") == []
    assert len(await near(call, who, unit_id=str(bank.units["bj-01"]))) == 4
    assert await near(call, who, unit_id=str(bank.units["bj-02"])) == []
    everybody = await near(call, who, within_percent=100)
    seen, cursor = [], None
    while True:
        params = {"within_percent": 100, "limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = (await call(who, "GET", NEAR, params=params)).json()
        seen += [each["client_id"] for each in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen == [each["client_id"] for each in everybody] and len(seen) == 5


async def test_another_branch_sees_nobody_and_a_teller_may_not_ask(call, person, book) -> None:
    assert await near(call, person("2002"), within_percent=100) == []
    assert await near(call, person("1002"), within_percent=100) == []
    assert (await call(person("1006"), "GET", NEAR)).status_code == 403


async def test_who_is_a_candidate_or_was_revoked_is_not_near(bank, call, person, book) -> None:
    await bank.run("UPDATE qualifications SET status = 'revoked' WHERE client_id = $1", book["cent"])
    assert str(book["cent"]) not in {each["client_id"] for each in await near(call, person("1004"))}
    # All of them meet the branch's own standard: candidates already, not near.
    assert await near(call, person("1004"), level="branch", within_percent=100) == []


@pytest.mark.requirement("CR-16")
async def test_managers_are_asked_in_bulk_once_and_the_list_says_who_was_contacted(bank, call, person, book) -> None:
    who, named = person("1004"), [str(book["cent"]), str(book["edge"]), str(book["at"]), str(uuid4())]
    first = await call(who, "POST", f"{NEAR}/contacts", body={"client_ids": named})
    assert first.status_code == 201, first.text
    assert first.json()["asked_client_ids"] == sorted(named[:2])
    assert set(first.json()["not_near_client_ids"]) == set(named[2:])
    again = (await call(who, "POST", f"{NEAR}/contacts", body={"client_ids": named[:1]})).json()
    assert (again["asked_client_ids"], again["already_asked_client_ids"]) == ([], named[:1])
    items = await bank.rows("SELECT id, owner, rule FROM work_items WHERE kind = 'qualification.contact-near'")
    assert [(item["owner"], item["rule"]) for item in items] == [("staff:1001", "CR-16")] * 2
    mine = (await call(person("1001"), "GET", "/v1/work-items")).json()["items"]
    one = next(item for item in mine if item["client_id"] == named[0])
    done = await call(person("1001"), "POST", f"/v1/work-items/{one['id']}/completions", body={"result": "reached"})
    assert done.status_code == 200, done.text
    assert [each["client_id"] for each in await near(call, who, contact="done")] == named[:1]
    assert [each["client_id"] for each in await near(call, who, contact="asked")] == named[1:2]
    assert len(await near(call, who, contact="none")) == 2
    acts = await bank.rows("SELECT act FROM audit WHERE act LIKE 'near-candidates.%'")
    assert [row["act"] for row in acts] == ["near-candidates.contact-asked"]


async def test_nobody_asks_about_another_branchs_clients(call, person, book) -> None:
    answer = await call(person("2002"), "POST", f"{NEAR}/contacts", body={"client_ids": [str(book["cent"])]})
    assert answer.json() == {
        "asked_client_ids": [], "already_asked_client_ids": [], "not_near_client_ids": [str(book["cent"])],
    }  # fmt: skip


@pytest.mark.requirement("CR-16")
async def test_the_workbook_holds_the_list_with_masked_names(bank, call, person, book) -> None:
    answer = await call(person("1004"), "GET", f"{NEAR}/sheet", language="zh-CN")
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_name("临近达标客户").to_python()
    heading, first, *_ = rows
    assert heading[:4] == ["客户号", "姓名", "机构", "客户经理"]
    assert (first[1], first[7], first[8:11], first[13]) == ("测**", "deposit", [499999.99, 500000.0, 0.01], "2025-11")
    assert len(rows) == 1 + 4 * 3
    assert [row["act"] for row in await bank.rows("SELECT act FROM audit WHERE act LIKE 'near%'")] == [
        "near-candidates.exported"
    ]


async def test_bad_questions_are_named(call, person) -> None:
    for params, pointer in (
        ({"within_percent": 0}, "/within_percent"), ({"within_percent": 101}, "/within_percent"),
        ({"within_amount": "0"}, "/within_amount"), ({"within_amount": "-1"}, "/within_amount"),
        ({"within_amount": "1.234"}, "/within_amount"), ({"level": "none"}, "/level"), ({"manager": "1001"}, "/manager"),
        ({"unit_id": str(uuid4())}, "/unit_id"), ({"contact": "perhaps"}, "/contact"), ({"cursor": "abc"}, "/cursor"),
        ({"criterion": "x'; DROP"}, "/criterion"),
    ):  # fmt: skip
        answer = await call(person("1004"), "GET", NEAR, params=params)
        assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_empty_and_overlong_lists_are_refused(call, person) -> None:
    for ids in ([], [str(uuid4()) for _ in range(201)]):
        answer = await call(person("1004"), "POST", f"{NEAR}/contacts", body={"client_ids": ids})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/client_ids")


@pytest.mark.parametrize(
    ("came", "undelivered"), [(None, ("2025-11", "2026-03")), (date(2026, 1, 20), ("2026-03",)), (date(2026, 4, 1), ())]
)
def test_a_month_before_the_client_came_is_not_missing(came, undelivered) -> None:
    missing = Missing(
        criterion="card", metric="card_spend_12m", value=100, bound=500, missing=400, missing_percent=80,
        reason="figures-missing", article="",
    )  # fmt: skip
    told = [
        DeliveredMonth(month=date(2025 + (10 + n) // 12, (10 + n) % 12 + 1, 1), deposit=None, card_spend=10)
        for n in range(12)
        if n not in (0, 4)
    ]
    found = reach_of(missing, told, month_end=date(2026, 11, 1), came=came, complete=False)
    assert tuple(f"{month:%Y-%m}" for month in found.undelivered) == undelivered
    assert (found.leaves_amount, found.open_month_needs) == (0, 400)
