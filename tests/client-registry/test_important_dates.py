"""Birthdays of the family and other days that come back: kept with their source, told without the year (CR-48, CR-90)."""

import json
from typing import Any
from uuid import UUID

import pytest

FROM = {"source": "active_contact"}
BIRTHDAY = {"kind": "birthday", "month": 8, "day": 15, "lunar": True, "year": 1958, **FROM}


async def keep(call, person, client_id: UUID, body: dict[str, Any], by: str = "1001") -> Any:
    return await call(person(by), "POST", f"/v1/clients/{client_id}/important-dates", body=body)


async def mother_of(call, person, client_id: UUID) -> str:
    opened = await call(
        person("1001"), "POST", "/v1/households", body={"client_id": str(client_id), "from_on": "2026-01-02", **FROM}
    )
    body = {
        "person": {"file_of": str(client_id), "name": "李小红", "consent": "person", "purpose": "family_care"},
        "relation": "parent", "from_on": "2026-01-02", **FROM,
    }  # fmt: skip
    added = await call(person("1001"), "POST", f"/v1/households/{opened.json()['household_id']}/members", body=body)
    return added.json()["members"][-1]["member_id"]


@pytest.mark.requirement("CR-48")
async def test_a_family_members_lunar_birthday_is_kept_sealed_and_told_without_the_year(bank, call, person) -> None:
    client_id = await bank.add_client(manager="staff:1001")
    mother = await mother_of(call, person, client_id)
    kept = await keep(call, person, client_id, {**BIRTHDAY, "member_id": mother})
    assert kept.status_code == 201, kept.text
    seen = kept.json()
    assert (seen["relation"], seen["lunar"], seen["month"], seen["day"]) == ("parent", True, 8, 15)
    assert (seen["year"], seen["has_year"], seen["next_on"]) == (None, True, "2027-09-15")
    assert (seen["source"], seen["collector"], seen["verified_at"]) == ("active_contact", "staff:1001", None)
    (told,) = await bank.said("ClientProfileChanged", client_id)
    assert told["family_version"] == 1
    assert told["family_occasions"] == [
        {"occasion_id": seen["date_id"], "kind": "birthday", "relation": "parent", "month_day": "08-15", "lunar": True,
         "leap_month": False}
    ]  # fmt: skip
    assert "1958" not in json.dumps(told)
    path = f"/v1/clients/{client_id}/important-dates"
    no_purpose = await call(person("1001"), "GET", path, params={"unmasked": True})
    assert no_purpose.json()["errors"][0]["pointer"] == "/purpose"
    opened = await call(person("1001"), "GET", path, params={"unmasked": True, "purpose": "client_service"})
    assert [each["year"] for each in opened.json()["items"]] == [1958]
    assert await bank.rows("SELECT client_id FROM audit WHERE act = 'important-dates.revealed'") == [
        {"client_id": client_id}
    ]
    row = await bank.row("SELECT * FROM important_dates")
    assert b"1958" not in bytes(row["year_sealed"])
    await call(person("1001"), "POST", f"/v1/clients/{client_id}/family-verifications")
    assert (await call(person("1001"), "GET", path)).json()["items"][0]["verified_by"] == "staff:1001"


async def test_a_date_is_changed_and_dropped_only_by_who_read_it_last(bank, call, person) -> None:
    client_id = await bank.add_client(manager="staff:1001")
    made = await keep(call, person, client_id, {"kind": "wedding", "month": 5, "day": 1, **FROM})
    path = f"/v1/clients/{client_id}/important-dates/{made.json()['date_id']}"
    tag = made.headers["ETag"]
    body = {"kind": "wedding", "month": 5, "day": 2, "year": 2004, **FROM}
    assert (await call(person("1001"), "PUT", path, body=body)).status_code == 428
    changed = await call(person("1001"), "PUT", path, body=body, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["day"], changed.json()["version"]) == (200, 2, 2)
    assert (await call(person("1001"), "PUT", path, body=body, headers={"If-Match": tag})).status_code == 412
    assert (await call(person("1001"), "DELETE", path, headers={"If-Match": tag})).status_code == 412
    # A colleague of the same centre keeps other clients; another branch sees nothing.
    assert (await call(person("1002"), "GET", path)).status_code == 404
    assert (await keep(call, person, client_id, BIRTHDAY, by="2001")).status_code == 404
    read = await call(person("1001"), "GET", path)
    gone = await call(person("1001"), "DELETE", path, headers={"If-Match": read.headers["ETag"]})
    assert gone.status_code == 204
    assert (await call(person("1001"), "GET", path)).status_code == 404
    lists = [told["family_occasions"] for told in await bank.said("ClientProfileChanged", client_id)]
    assert [[each["month_day"] for each in told] for told in lists] == [["05-01"], ["05-02"], []]


async def test_a_date_that_cannot_be_names_the_field(bank, call, person) -> None:
    client_id = await bank.add_client(manager="staff:1001")
    stranger = await mother_of(call, person, await bank.add_client(manager="staff:1001"))

    async def refused(pointer: str, code: str, **body: Any) -> None:
        answer = await keep(call, person, client_id, {**BIRTHDAY, **body})
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)

    await refused("/day", "important-date.no-such-day", month=2, day=30, leap_month=True, year=None)
    await refused("/day", "important-date.no-such-day", lunar=False, month=11, day=31)
    await refused("/month", "field.less-than-equal", month=13)
    await refused("/leap_month", "important-date.no-leap-month", month=12, day=1, leap_month=True)
    await refused("/year", "important-date.future", year=2027)
    await refused("/kind", "code.unknown", kind="name_day")
    await refused("/words", "important-date.words-missing", kind="other")
    await refused("/member_id", "household.no-member", member_id=stranger)
    assert (await keep(call, person, client_id, BIRTHDAY)).status_code == 201
    twice = await keep(call, person, client_id, BIRTHDAY)
    assert (twice.status_code, twice.json()["code"]) == (409, "important-date.known")
    chinese = await call(
        person("1001"), "POST", f"/v1/clients/{client_id}/important-dates",
        body={**BIRTHDAY, "lunar": False, "month": 11, "day": 31}, language="zh-CN",
    )  # fmt: skip
    assert chinese.json()["errors"][0]["detail"] == "11月没有31日。"


async def test_a_file_takes_fifty_dates_and_no_more(bank, call, person) -> None:
    client_id = await bank.add_client(manager="staff:1001")
    for day in range(1, 29):
        await bank.run(_PLAIN, client_id, 1, day)
    for day in range(1, 23):
        await bank.run(_PLAIN, client_id, 3, day)
    full = await keep(call, person, client_id, BIRTHDAY)
    assert (full.status_code, full.json()["code"]) == (409, "important-date.too-many")


_PLAIN = (
    "INSERT INTO important_dates (id, client_id, kind, lunar, leap_month, month, day, source, collector, collected_at)"
    " VALUES (uuidv7(), $1, 'memorial', false, false, $2, $3, 'active_contact', 'staff:1001', now())"
)


@pytest.mark.requirement("CR-48")
async def test_what_comes_is_listed_by_day_with_lunar_days_resolved_and_only_in_scope(bank, call, person) -> None:
    mine, colleagues, dead, away = await bank.add_clients(4, manager="staff:1001")
    await bank.run("UPDATE clients SET manager = 'staff:1002' WHERE id = $1", colleagues)
    await bank.run("UPDATE clients SET died_on = '2026-01-01' WHERE id = $1", dead)
    await bank.run(
        "UPDATE clients SET home_unit_id = $2, manager = 'staff:2001' WHERE id = $1", away, bank.units["sh-01-c1"]
    )
    await bank.run("UPDATE clients SET birth_month_day = '02-29' WHERE true")
    mother = await mother_of(call, person, mine)
    # The lunar New Year's Eve of that year is a 29th; the last day before it is 16 February 2027 minus eleven.
    await keep(
        call, person, mine, {"kind": "birthday", "month": 12, "day": 30, "lunar": True, "member_id": mother, **FROM}
    )
    await keep(call, person, mine, {"kind": "wedding", "month": 2, "day": 20, **FROM})
    await keep(call, person, colleagues, {"kind": "wedding", "month": 2, "day": 21, **FROM}, by="1002")
    asked = {"from_on": "2027-02-01", "until_on": "2027-02-28"}

    async def coming(by: str, **more: Any) -> list[tuple[str, str, str]]:
        answer = await call(person(by), "GET", "/v1/family-occasions", params={**asked, **more})
        assert answer.status_code == 200, answer.text
        return [(each["on_day"], each["kind"], each["relation"]) for each in answer.json()["items"]]

    own = [
        ("2027-02-05", "birthday", "parent"),
        ("2027-02-20", "wedding", "self"),
        ("2027-02-28", "birthday", "self"),  # born on 29 February
    ]
    assert await coming("1001") == own
    centre = [*own[:2], ("2027-02-21", "wedding", "self"), own[2], own[2]]
    assert await coming("1003") == centre
    assert await coming("1003", manager="staff:1001") == own
    assert await coming("1004", unit_id=str(bank.units["bj-02"])) == []
    assert await coming("2001") == [own[2]]
    first = await call(person("1003"), "GET", "/v1/family-occasions", params={**asked, "limit": 3})
    second = await call(
        person("1003"),
        "GET",
        "/v1/family-occasions",
        params={**asked, "limit": 3, "cursor": first.json()["next_cursor"]},
    )
    paged = [*first.json()["items"], *second.json()["items"]]
    assert [(each["on_day"], each["kind"], each["relation"]) for each in paged] == centre
    assert second.json()["next_cursor"] is None
    for wrong in (
        {"until_on": "2027-01-31"},
        {"until_on": "2027-12-31"},
        {"from_on": "1899-01-01", "until_on": "1899-01-02"},
    ):
        answer = await call(person("1001"), "GET", "/v1/family-occasions", params={**asked, **wrong})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "occasions.range")


@pytest.mark.requirement("CR-90")
async def test_greetings_stand_in_the_catalogue_and_the_days_they_need_are_served(bank, call, person) -> None:
    catalogue = await call(person("1001"), "GET", "/v1/entitlements")
    (greetings,) = [each for each in catalogue.json()["items"] if each["code"] == "greetings"]
    assert (greetings["family"], greetings["status"]) == ("care", "active")
    client_id = await bank.add_client(manager="staff:1001")
    await bank.run("UPDATE clients SET birth_month_day = '02-10' WHERE id = $1", client_id)
    mother = await mother_of(call, person, client_id)
    body = {"kind": "birthday", "month": 1, "day": 15, "lunar": True, "member_id": mother, **FROM}
    assert (await keep(call, person, client_id, body)).status_code == 201
    asked = {"from_on": "2027-02-01", "until_on": "2027-02-28"}
    days = (await call(person("1001"), "GET", "/v1/festivals", params=asked)).json()["items"]
    assert [(each["on_day"], each["name_zh"]) for each in days] == [
        ("2027-02-05", "除夕"), ("2027-02-06", "春节"), ("2027-02-20", "元宵节"),
    ]  # fmt: skip
    birthdays = (await call(person("1001"), "GET", "/v1/family-occasions", params=asked)).json()["items"]
    assert [(each["on_day"], each["relation"]) for each in birthdays] == [
        ("2027-02-10", "self"),
        ("2027-02-20", "parent"),
    ]
    wrong = await call(person("1001"), "GET", "/v1/festivals", params={**asked, "until_on": "2028-02-01"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "occasions.range")
