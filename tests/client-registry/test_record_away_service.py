"""Service away from home: recorded nationwide, followed up at home, reported to the province within 24 hours."""

from datetime import timedelta
from uuid import UUID

import pytest
from chassis.due_work import Due
from client_registry.jobs import follow_up_overdue, report_overdue


@pytest.fixture
async def client(bank) -> UUID:
    found = await bank.add_client(manager="staff:1001", tier="private_banking")
    await bank.run("UPDATE clients SET card_level = 'head_office' WHERE id = $1", found)
    return found


@pytest.fixture
def recognised(bank):
    """A confirmed look-up of somebody's."""

    async def made(client: UUID, by: str = "staff:2003") -> str:
        row = await bank.row(
            "INSERT INTO client_lookups (id, asked_by, way, value_index, purpose, client_ids, asked_at, expires_at,"
            " confirmed_client_id) VALUES (uuidv7(), $2, 'phone', '\\x00', 'recognition', ARRAY[$1::uuid], $3, $3, $1)"
            " RETURNING id",
            client, by, bank.now,
        )  # fmt: skip
        return str(row["id"])

    return made


@pytest.fixture
def record(bank, call, person, recognised):
    async def made(client: UUID, *, by: str = "2003", unit: str = "sh-01-o1", **wanted):
        body = {
            "lookup_id": await recognised(client, f"staff:{by}"), "unit_id": str(bank.units[unit]), "card_shown": True,
            "product_codes": ["deposit"], "process": "协助王女士办理取款", "result": "已办结", **wanted,
        }  # fmt: skip
        return await call(person(by), "POST", "/v1/away-services", body=body)

    return made


async def items(bank, kind: str) -> list[dict]:
    return await bank.rows("SELECT owner, owner_role, unit_path, due_at, status FROM work_items WHERE kind = $1", kind)


async def sweep(bank, what, service_id: str) -> None:
    due = Due("", UUID(service_id), bank.now, {}, 0)
    async with bank.database.transaction() as tx:
        await what(tx, due, now=bank.now)


@pytest.mark.requirement("CR-99", "XC-13")
async def test_the_home_manager_gets_the_feedback_and_his_clock(bank, call, person, client, record) -> None:
    answer = await record(client)
    assert answer.status_code == 201, answer.text
    service = answer.json()
    due = bank.now + timedelta(hours=72)
    (item,) = await items(bank, "away-service.follow-up")
    assert (item["owner"], item["due_at"]) == ("staff:1001", due)
    (said,) = await bank.said("AwayServiceRecorded", client)
    assert (said["away_service_id"], said["manager"], said["unit_id"]) == (
        service["id"], "staff:1001", str(bank.units["sh-01-o1"]),
    )  # fmt: skip
    assert "王女士" not in str(said) + str(await bank.rows("SELECT CAST(a AS text) FROM away_services a"))
    read = await call(person("1001"), "GET", f"/v1/away-services/{service['id']}")
    assert (read.json()["process"], read.json()["report"]) == ("协助王女士办理取款", None)
    assert await bank.rows("SELECT 1 FROM audit WHERE act = 'away-service.read' AND subject = 'staff:1001'")
    for stranger in ("1002", "1005", "2001"):
        assert (await call(person(stranger), "GET", f"/v1/away-services/{service['id']}")).status_code == 404
        assert (await call(person(stranger), "GET", "/v1/away-services")).json()["items"] == []
    path = f"/v1/away-services/{service['id']}/follow-ups"
    assert (await call(person("2004"), "POST", path, body={"text": "x"})).status_code == 404
    done = await call(person("1001"), "POST", path, body={"text": "已回访"})
    assert (done.status_code, done.json()["followed_up_by"]) == (201, "staff:1001")
    again = await call(person("1001"), "POST", path, body={"text": "已回访"})
    assert again.json()["code"] == "away-service.no-follow-up-open"
    (item,) = await items(bank, "away-service.follow-up")
    assert item["status"] == "done"
    await sweep(bank, follow_up_overdue, service["id"])
    assert await items(bank, "away-service.follow-up-overdue") == []


@pytest.mark.requirement("CR-99")
async def test_an_overdue_follow_up_goes_to_the_supervisor(bank, client, record) -> None:
    wealth = await bank.add_client(manager="staff:1001", tier="wealth")
    for who, role in ((client, "private_banking_supervisor"), (wealth, "rm_supervisor")):
        service = (await record(who)).json()
        await sweep(bank, follow_up_overdue, service["id"])
        assert (await items(bank, "away-service.follow-up-overdue"))[-1]["owner_role"] == role
    due = await bank.rows("SELECT due_at FROM due_work WHERE kind = 'away-service.follow-up-due'")
    assert [row["due_at"] for row in due] == [bank.now + timedelta(hours=72)] * 2


@pytest.mark.requirement("CR-100")
async def test_a_private_banking_client_is_reported_to_the_province_within_24_hours(
    bank, call, person, client, record
) -> None:
    served = bank.now - timedelta(hours=2)
    service = (await record(client, served_at=served.isoformat())).json()
    due = served + timedelta(hours=24)
    row = await bank.row("SELECT due_at FROM due_work WHERE kind = 'away-service.report-due'")
    assert row["due_at"] == due and service["report_status"] == "due"
    assert "24小时" in service["report_clock_zh"] and "24 hours" in service["report_clock_en"]
    department, path = person("2005"), f"/v1/away-services/{service['id']}/reports"

    async def listed(status: str) -> list[str]:
        answer = await call(department, "GET", "/v1/away-service-reports", params={"status": status})
        return [item["id"] for item in answer.json()["items"]]

    assert await listed("due") == [service["id"]]
    bank.now = due
    assert await listed("due") == [service["id"]] and await listed("overdue") == []
    bank.now += timedelta(seconds=1)
    assert await listed("overdue") == [service["id"]] and await listed("due") == []
    await sweep(bank, report_overdue, service["id"])
    (alarm,) = await items(bank, "away-service.report-overdue")
    assert (alarm["owner_role"], alarm["unit_path"]) == ("private_banking_department", "/hq/sh/")
    form = {"business": "大额转账", "handling": "核实身份", "result": "已办结"}
    assert (await call(person("1001"), "POST", path, body=form)).status_code == 404
    done = await call(person("2003"), "POST", path, body=form)
    assert (done.status_code, done.json()["report_status"]) == (201, "submitted_late")
    assert (await call(person("2003"), "POST", path, body=form)).json()["code"] == "away-service.already-reported"
    assert await listed("submitted_late") == [service["id"]]
    assert {item["status"] for item in await items(bank, "away-service.report-overdue")} == {"done"}
    read = await call(department, "GET", f"/v1/away-services/{service['id']}")
    assert read.json()["report"] == {**form, "remarks": None}


async def test_a_report_in_time_stops_the_alarm_and_other_tiers_owe_none(bank, call, person, client, record) -> None:
    service = (await record(client)).json()
    path = f"/v1/away-services/{service['id']}/reports"
    form = {"business": "转账", "handling": "核实", "result": "办结"}
    assert (await call(person("2003"), "POST", path, body=form)).json()["report_status"] == "submitted"
    assert await bank.rows("SELECT 1 FROM due_work WHERE kind = 'away-service.report-due'") == []
    wealth = await bank.add_client(manager="staff:1001", tier="wealth")
    other = (await record(wealth)).json()
    assert (other["report_due_at"], other["report_status"]) == (None, None)
    refused = await call(person("2003"), "POST", f"/v1/away-services/{other['id']}/reports", body=form)
    assert (refused.status_code, refused.json()["code"]) == (409, "away-service.report-not-asked")


@pytest.mark.requirement("CR-96")
@pytest.mark.parametrize(
    ("amount", "consulted", "before", "code"),
    [
        ("499999.99", None, None, None),
        ("500000", None, None, "away-service.prior-communication-missing"),
        ("500000", "staff:1001", 10, None),
        ("500000", "staff:1002", 10, "away-service.not-the-home-manager"),
        ("500000", "staff:1001", -10, "away-service.prior-communication-missing"),
    ],
)
async def test_a_large_allocation_wants_the_home_manager_beforehand(
    bank, client, record, amount, consulted, before, code
) -> None:
    served = bank.now - timedelta(hours=1)
    wanted = {"allocation": {"amount": amount, "currency": "CNY"}, "served_at": served.isoformat()}
    if consulted is not None:
        wanted |= {
            "consulted_manager": consulted, "consulted_at": (served - timedelta(minutes=before)).isoformat(),
        }  # fmt: skip
    answer = await record(client, **wanted)
    if code is None:
        assert answer.status_code == 201, answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert await bank.rows("SELECT 1 FROM away_services") == []


@pytest.mark.requirement("CR-98", "CS-34")
async def test_a_client_without_the_card_is_told_of_to_the_home_manager(bank, client, record) -> None:
    await record(client, card_shown=False)
    (item,) = await items(bank, "away-service.no-card")
    assert item["owner"] == "staff:1001"
    await bank.run("UPDATE clients SET card_number = 'BJ000001' WHERE id = $1", client)
    await record(client, card_shown=False)
    assert len(await items(bank, "away-service.card-not-shown")) == 1
    plain = await bank.add_client()
    await record(plain, card_shown=False)
    assert len(await items(bank, "away-service.no-card")) == 1


async def test_without_a_manager_the_head_of_the_home_centre_is_asked(bank, record) -> None:
    alone = await bank.add_client(tier="wealth")
    assert (await record(alone)).status_code == 201
    (item,) = await items(bank, "away-service.follow-up")
    assert (item["owner"], item["owner_role"], item["unit_path"]) == (
        None, "wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/",
    )  # fmt: skip


async def test_what_is_no_away_service_is_refused(bank, call, person, client, record, recognised) -> None:
    await bank.run(
        "UPDATE clients SET serving_unit_ids = ARRAY[$2::uuid] WHERE id = $1", client, bank.units["bj-01-o1"]
    )
    at_home = await record(client, by="1006", unit="bj-01-o1")
    assert (at_home.status_code, at_home.json()["code"]) == (409, "away-service.at-home")
    assert (await record(client, unit="bj-01-o1")).status_code == 404
    assert (await record(client, lookup_id=await recognised(client, "staff:1006"))).json()["code"] == "lookup.gone"
    later = (bank.now + timedelta(minutes=1)).isoformat()
    for wanted, pointer in (
        ({"served_at": later}, "/served_at"),
        ({"consulted_at": later}, "/consulted_at"),
        ({"allocation": {"amount": "0", "currency": "CNY"}}, "/allocation"),
        ({"allocation": {"amount": "10", "currency": "USD"}}, "/allocation"),
        ({"process": " "}, "/process"),
        ({"served_at": "2026-11-22T10:00:00"}, "/served_at"),
        ({"product_codes": ["王小明"]}, "/product_codes/0"),
    ):
        answer = await record(client, **wanted)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
