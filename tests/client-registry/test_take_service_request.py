"""Needs of clients: who comes first, and ten minutes to respond."""

from datetime import timedelta
from uuid import UUID

import pytest
from chassis.due_work import Due
from client_registry.domain.service_rules import read_service_rules
from client_registry.jobs import response_overdue

from .conftest import ENTITLEMENTS


@pytest.fixture
def take(bank, call, person):
    async def taken(client: UUID, *, by: str = "2003", unit: str = "sh-01-o1", **wanted):
        row = await bank.row(
            "INSERT INTO client_lookups (id, asked_by, way, value_index, purpose, client_ids, asked_at, expires_at,"
            " confirmed_client_id) VALUES (uuidv7(), $2, 'phone', '\\x00', 'recognition', ARRAY[$1::uuid], $3, $3, $1)"
            " RETURNING id",
            client, f"staff:{by}", bank.now,
        )  # fmt: skip
        body = {"lookup_id": str(row["id"]), "unit_id": str(bank.units[unit]), "need": "counter", **wanted}
        return await call(person(by), "POST", "/v1/service-requests", body=body)

    return taken


@pytest.mark.requirement("CR-26", "CR-101")
@pytest.mark.parametrize(
    ("tier", "level", "priority", "clock"),
    [
        ("private_banking", "none", 1, True),
        ("corporate_vip", "none", 1, True),
        ("wealth", "none", 2, True),
        ("wealth_management", "none", 3, False),
        ("mass", "head_office", 2, False),
        ("mass", "branch", 3, False),
        ("mass", "none", 9, False),
        ("wealth_management", "head_office", 2, False),
    ],
)
def test_the_better_of_tier_and_card_decides_the_place_in_the_queue(tier, level, priority, clock) -> None:
    rules = read_service_rules(ENTITLEMENTS).priority
    assert rules.of(service_tier=tier, card_level=level) == priority
    assert (tier in rules.clock_tiers) is clock
    assert rules.response_within == timedelta(minutes=10)


@pytest.mark.requirement("CR-26", "CR-101")
async def test_any_outlet_serves_by_priority_and_then_by_who_came_first(bank, call, person, take) -> None:
    order = [("mass", 3), ("wealth", 2), ("private_banking", 1), ("wealth", 0)]
    made = []
    for tier, minutes in order:
        client = await bank.add_client(tier=tier)
        stated = (bank.now - timedelta(minutes=minutes)).isoformat()
        answer = await take(client, stated_at=stated)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    expected = [made[2], made[1], made[3], made[0]]
    unit = str(bank.units["sh-01-o1"])
    seen, cursor = [], None
    while True:
        params = {"unit_id": unit, "limit": 1} | ({} if cursor is None else {"cursor": cursor})
        answer = (await call(person("2004"), "GET", "/v1/service-requests", params=params)).json()
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen == expected
    assert (await call(person("1006"), "GET", "/v1/service-requests", params={"unit_id": unit})).json()["items"] == []


@pytest.mark.requirement("CR-101")
async def test_after_ten_minutes_the_head_of_the_outlet_is_told_once(bank, call, person, take) -> None:
    client = await bank.add_client(tier="private_banking")
    request = (await take(client)).json()
    due = bank.now + timedelta(minutes=10)
    row = await bank.row("SELECT due_at FROM due_work WHERE kind = 'service-request.response-due'")
    assert row["due_at"] == due and "10" in request["clock_zh"] and not request["late"]
    bank.now = due
    path = f"/v1/service-requests/{request['id']}/responses"
    for _ in range(2):
        async with bank.database.transaction() as tx:
            await response_overdue(tx, Due("", UUID(request["id"]), due, {}, 0), now=bank.now)
    items = "SELECT owner_role, unit_path, status FROM work_items WHERE kind = 'service-request.overdue'"
    assert await bank.rows(items) == [{"owner_role": "outlet_head", "unit_path": "/hq/sh/sh-01-o1/", "status": "open"}]
    bank.now += timedelta(seconds=1)
    assert (await call(person("1006"), "POST", path)).status_code == 404
    done = await call(person("2004"), "POST", path)
    assert (done.status_code, done.json()["late"], done.json()["responded_by"]) == (201, True, "staff:2004")
    assert (await call(person("2004"), "POST", path)).json()["code"] == "service-request.responded"
    assert [row["status"] for row in await bank.rows(items)] == ["done"]


@pytest.mark.requirement("CR-101")
async def test_a_response_in_the_tenth_minute_is_in_time_and_stops_the_clock(bank, call, person, take) -> None:
    request = (await take(await bank.add_client(tier="wealth"))).json()
    bank.now += timedelta(minutes=10)
    done = await call(person("2004"), "POST", f"/v1/service-requests/{request['id']}/responses")
    assert done.json()["late"] is False
    assert await bank.rows("SELECT 1 FROM due_work WHERE kind = 'service-request.response-due'") == []
    async with bank.database.transaction() as tx:
        await response_overdue(tx, Due("", UUID(request["id"]), bank.now, {}, 0), now=bank.now)
    assert await bank.rows("SELECT 1 FROM work_items WHERE kind = 'service-request.overdue'") == []
    plain = (await take(await bank.add_client())).json()
    assert (plain["due_at"], plain["clock_en"], plain["priority"]) == (None, None, 9)


async def test_needs_that_make_no_sense_are_refused(bank, call, person, take) -> None:
    client = await bank.add_client()
    for wanted, status in (
        ({"stated_at": (bank.now + timedelta(seconds=1)).isoformat()}, 422),
        ({"stated_at": (bank.now - timedelta(minutes=60, seconds=1)).isoformat()}, 422),
        ({"stated_at": (bank.now - timedelta(minutes=60)).isoformat()}, 201),
        ({"need": "lunch"}, 422),
        ({"unit_id": str(bank.units["bj-01-o1"])}, 404),
    ):
        assert (await take(client, **wanted)).status_code == status, wanted
    lost = await take(client, lookup_id="01935a10-0000-7000-8000-00000000c101")
    assert (lost.status_code, lost.json()["code"]) == (404, "lookup.gone")
