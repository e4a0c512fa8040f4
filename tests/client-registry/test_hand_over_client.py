"""A client goes from one manager to another: offered, answered, recorded, and never lost in between."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from json import loads
from uuid import uuid4

import asyncpg
import pytest
from chassis import work_items
from chassis.clock import SHANGHAI
from chassis.identity import Grant, Principal
from chassis.sweeper import Sweeper
from client_registry.app import SERVICE
from client_registry.domain.reference import read_calendar
from client_registry.use_cases.load_calendar import load_calendar

# Sunday 22 November; three working days later Wednesday is over.
DUE = datetime(2026, 11, 26, tzinfo=SHANGHAI)
OFFERS = "/v1/manager-hand-overs"


@pytest.fixture
async def calendar(bank) -> None:
    notices = loads(files("client_registry").joinpath("reference", "working_calendar.json").read_text(encoding="utf-8"))
    async with bank.database.transaction() as tx:
        await load_calendar(tx, read_calendar(notices, {}), now=bank.now)


@pytest.fixture
async def offered(bank, call, person, calendar):
    """A client of 1001's, offered to 1002 by the head of the centre: client id and hand-over id."""
    client = await bank.add_client(manager="staff:1001", tier="wealth")
    answer = await offer(call, person("1003"), client, remarks="客户偏好上午联系")
    assert answer.status_code == 201, answer.text
    return client, answer.json()["id"]


async def offer(call, by, client, to: str = "staff:1002", **more):
    return await call(by, "POST", f"/v1/clients/{client}/manager-hand-overs", body={"to": to, **more})


async def answer(call, by, hand_over, how: str = "acceptances", body=None):
    return await call(by, "POST", f"{OFFERS}/{hand_over}/{how}", body=body)


async def sweep(bank, runtime, at: datetime) -> None:
    bank.now = at
    await Sweeper(bank.database, SERVICE.sweeps, clock=lambda: at, metrics=runtime.metrics).sweep()


async def items(bank, kind: str):
    return await bank.rows("SELECT * FROM work_items WHERE kind = $1 ORDER BY id", kind)


@pytest.mark.requirement("CR-44", "XC-23")
async def test_the_old_manager_stays_responsible_until_the_new_one_accepts(bank, call, person, offered) -> None:
    client, hand_over = offered
    assert (await bank.client(client))["manager"] == "staff:1001"
    assert await bank.said("RelationshipManagerAssigned", client) == []
    (asked,) = await items(bank, "manager.hand-over-answer")
    assert (asked["owner"], asked["due_at"], asked["client_id"]) == ("staff:1002", DUE, None)
    assert (await call(person("1002"), "GET", f"/v1/clients/{client}")).status_code == 404
    accepted = await answer(call, person("1002"), hand_over)
    assert (accepted.status_code, accepted.json()["status"]) == (201, "accepted"), accepted.text
    (said,) = await bank.said("RelationshipManagerAssigned", client)
    assert (said["manager"], said["from_on"]) == ("staff:1002", "2026-11-22")
    assert (await call(person("1002"), "GET", f"/v1/clients/{client}")).status_code == 200
    assert (await call(person("1001"), "GET", f"/v1/clients/{client}")).status_code == 404
    (done,) = await items(bank, "manager.hand-over-answer")
    assert (done["status"], done["result"]) == ("done", "accepted")
    assert (await bank.rows("SELECT * FROM due_work WHERE kind = 'manager.hand-over-unanswered'")) == []


@pytest.mark.requirement("XC-23")
async def test_the_record_names_both_and_lists_what_went_over(bank, call, person, offered) -> None:
    client, hand_over = offered
    async with bank.database.transaction() as tx:
        item = await work_items.add(
            tx, kind="qualification.contact", rule="CR-16", text="qualification.contact", client_id=client,
            subject_id=client, owner="staff:1001", owner_role=None, unit_id=None, due_at=None, now=bank.now,
        )  # fmt: skip
    bank.now = bank.now + timedelta(hours=1)
    await answer(call, person("1002"), hand_over)
    assert (await bank.row("SELECT owner, status FROM work_items WHERE id = $1", item)) == {
        "owner": "staff:1002", "status": "open",
    }  # fmt: skip
    for reader in ("1001", "1002", "1003", "1009"):
        (record,) = (await call(person(reader), "GET", "/v1/post-hand-overs")).json()["items"]
        assert (record["from_subject"], record["to_subject"], record["clients"], record["work_items"]) == (
            "staff:1001", "staff:1002", 1, 1,
        )  # fmt: skip
        assert record["remarks"] is None and record["has_remarks"]
        assert [(s["part"], s["subject"]) for s in record["signatures"]] == [
            ("gives", "staff:1003"), ("receives", "staff:1002"),
        ]  # fmt: skip
    where = f"/v1/post-hand-overs/{record['id']}"
    read = await call(person("1009"), "GET", where)
    assert read.json()["remarks"] == "客户偏好上午联系"
    assert await bank.rows("SELECT subject FROM audit WHERE act = 'post-hand-over.read'") == [{"subject": "staff:1009"}]
    listed = (await call(person("1001"), "GET", f"{where}/items")).json()["items"]
    assert {(it["kind"], it["object_id"]) for it in listed} == {("client", str(client)), ("work_item", str(item))}
    for stranger in ("2001", "2002"):
        asked = person(stranger)
        assert (await call(asked, "GET", "/v1/post-hand-overs")).json()["items"] == []
        assert (await call(asked, "GET", where)).status_code == 404
        assert (await call(asked, "GET", f"{where}/items")).status_code == 404


@pytest.mark.requirement("XC-23")
@pytest.mark.parametrize("table", ["post_hand_overs", "post_hand_over_items", "post_hand_over_signatures"])
async def test_a_record_is_never_changed(bank, call, person, offered, table) -> None:
    await answer(call, person("1002"), offered[1])
    column = "signed_at" if table.endswith("signatures") else "kind" if table.endswith("items") else "made_at"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await bank.run(statement)
    again = await call(
        person("1002"), "POST", f"/v1/post-hand-overs/{(await bank.row('SELECT id FROM post_hand_overs'))['id']}/signatures",
    )  # fmt: skip
    assert (again.status_code, again.json()["code"]) == (409, "post-hand-over.signed")


async def test_remarks_lie_sealed(bank, offered) -> None:
    row = await bank.row("SELECT remarks_sealed FROM hand_over_remarks")
    assert "客户".encode() not in row["remarks_sealed"]


@pytest.mark.requirement("CR-44")
async def test_a_declined_client_stays_where_he_was_and_can_be_offered_again(bank, call, person, offered) -> None:
    client, hand_over = offered
    refused = await answer(call, person("1002"), hand_over, "refusals", {"reason": "workload"})
    assert (refused.status_code, refused.json()["refusal"]) == (201, "workload")
    assert (await bank.client(client))["manager"] == "staff:1001"
    late = await answer(call, person("1002"), hand_over)
    assert (late.status_code, late.json()["code"]) == (409, "hand-over.answered")
    assert (await offer(call, person("1001"), client)).status_code == 201
    assert (await bank.rows("SELECT id FROM post_hand_overs")) == []


async def test_nobody_but_the_receiver_answers(call, person, offered) -> None:
    for other in ("1001", "2001"):
        assert (await answer(call, person(other), offered[1])).status_code == 404
        assert (await answer(call, person(other), offered[1], "refusals", {"reason": "workload"})).status_code == 404
    assert (await answer(call, person("1003"), offered[1])).status_code == 403
    assert (await answer(call, person("1002"), uuid4())).status_code == 404
    unknown = await answer(call, person("1002"), offered[1], "refusals", {"reason": "no mood"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/reason")


async def test_an_offer_is_refused_where_it_cannot_be_meant(bank, call, person, calendar) -> None:
    client, free = await bank.add_client(manager="staff:1001"), await bank.add_client()
    for by, to, code in (
        ("1003", "staff:1001", "hand-over.same-manager"), ("1003", "staff:1006", "manager.not-at-home-unit"),
        ("1003", "staff:2001", "manager.not-at-home-unit"), ("1003", "staff:9999", "manager.not-at-home-unit"),
    ):  # fmt: skip
        refused = await offer(call, person(by), client, to)
        body = refused.json()
        assert code in (body["code"], *(error["code"] for error in body.get("errors", []))), (to, body)
    nobody = await offer(call, person("1003"), free)
    assert (nobody.status_code, nobody.json()["code"]) == (409, "hand-over.no-manager")
    assert (await offer(call, person("1002"), client)).status_code == 404  # not the manager's own client
    assert (await offer(call, person("1006"), client)).status_code == 403
    assert (await offer(call, person("2002"), client)).status_code == 404
    broken = await offer(call, person("1003"), client, "王经理")
    assert (broken.status_code, broken.json()["errors"][0]["pointer"]) == (422, "/to")


async def test_two_offers_of_one_client_never_stand_side_by_side(bank, call, person, calendar) -> None:
    client = await bank.add_client(manager="staff:1001")
    both = await asyncio.gather(offer(call, person("1003"), client), offer(call, person("1001"), client))
    assert sorted(each.status_code for each in both) == [201, 409]
    (refused,) = [each.json()["code"] for each in both if each.status_code == 409]
    assert refused == "hand-over.pending"


@pytest.mark.requirement("XC-23")
async def test_one_person_never_signs_both(bank, call, person, calendar) -> None:
    client = await bank.add_client(manager="staff:1001")
    both = Principal("staff:1002", (Grant("wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/", "unit"),))
    refused = await offer(call, both, client)
    assert (refused.status_code, refused.json()["code"]) == (409, "hand-over.same-person")


async def test_an_offer_is_withdrawn_by_who_made_it_or_a_head(bank, call, person, calendar) -> None:
    for taker in ("1001", "1003"):
        client = await bank.add_client(manager="staff:1001")
        made = (await offer(call, person("1001"), client)).json()["id"]
        assert (await answer(call, person("1002"), made, "withdrawals")).status_code == 404
        taken = await answer(call, person(taker), made, "withdrawals")
        assert (taken.status_code, taken.json()["status"]) == (201, "withdrawn")
        assert (await answer(call, person("1002"), made)).json()["code"] == "hand-over.answered"


@pytest.mark.requirement("CR-44")
async def test_an_offer_nobody_answers_goes_before_the_head_after_three_working_days(bank, runtime, offered) -> None:
    client, hand_over = offered
    await sweep(bank, runtime, DUE - timedelta(seconds=1))
    assert await items(bank, "manager.hand-over-unanswered") == []
    await sweep(bank, runtime, DUE)
    (told,) = await items(bank, "manager.hand-over-unanswered")
    assert (told["owner_role"], told["unit_path"], told["client_id"]) == (
        "wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/", client,
    )  # fmt: skip
    assert str(told["subject_id"]) == hand_over and (await bank.client(client))["manager"] == "staff:1001"


async def test_without_a_calendar_no_day_is_guessed(bank, runtime, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await offer(call, person("1003"), client)
    (asked,) = await items(bank, "manager.hand-over-answer")
    assert asked["due_at"] is None
    later = bank.now + timedelta(days=30)
    await sweep(bank, runtime, later)
    assert await items(bank, "manager.hand-over-unanswered") == []
    (again,) = await bank.rows("SELECT due_at FROM due_work WHERE kind = 'manager.hand-over-unanswered'")
    assert again["due_at"] == (later + timedelta(hours=1)).astimezone(UTC)


async def test_who_no_longer_stands_at_the_home_unit_cannot_accept(bank, call, person, offered) -> None:
    await bank.run("UPDATE clients SET home_unit_id = $1 WHERE id = $2", bank.units["bj-02-c1"], offered[0])
    gone = await answer(call, person("1002"), offered[1])
    assert (gone.status_code, gone.json()["code"]) == (409, "hand-over.receiver-not-there")


async def test_another_way_to_a_manager_overtakes_the_offer(bank, call, person, offered) -> None:
    client, hand_over = offered
    await bank.run(
        "UPDATE postings SET until_on = $1 WHERE staff_id = (SELECT id FROM staff WHERE staff_no = '1001')",
        date(2026, 11, 21),
    )
    path = f"/v1/clients/{client}/manager-assignments"
    assert (await call(person("1003"), "POST", path, body={"manager": "staff:1002"})).status_code == 201
    seen = await call(person("1003"), "GET", f"{OFFERS}/{hand_over}", language="zh-CN")
    assert (seen.json()["status"], bool(seen.headers["etag"])) == ("overtaken", True)
    assert (await answer(call, person("1002"), hand_over)).json()["code"] == "hand-over.answered"


async def test_offers_are_listed_to_both_and_the_place_by_status(call, person, offered) -> None:
    for reader in ("1001", "1002", "1003", "1009"):
        (listed,) = (await call(person(reader), "GET", OFFERS, params={"status": "proposed"})).json()["items"]
        assert (listed["id"], listed["service_tier"], listed["has_remarks"]) == (offered[1], "wealth", True)
        assert (await call(person(reader), "GET", OFFERS, params={"status": "accepted"})).json()["items"] == []
    assert (await call(person("2001"), "GET", OFFERS)).json()["items"] == []
    assert (await call(person("1003"), "GET", OFFERS, params={"status": "maybe"})).status_code == 422
