"""The first meeting with a client is on file after it (CR-47): what was obtained, from whom, and who is reminded."""

from datetime import UTC, date, datetime, timedelta

import pytest
from chassis.due_work import Due
from client_registry.app import SERVICE
from client_registry.use_cases.await_first_meeting import DUE


async def register(bank, call, person, registration) -> str:
    made = await call(person("1001"), "POST", "/v1/clients", body=registration())
    assert made.status_code == 201, made.text
    return made.json()["client_id"]


async def fill(call, who, client, **fields) -> None:
    read = await call(who, "GET", f"/v1/clients/{client}/registration-form")
    done = await call(
        who, "PUT", f"/v1/clients/{client}/registration-form", body={"source": "active_contact", **fields},
        headers={"If-Match": read.headers["ETag"]},
    )  # fmt: skip
    assert done.status_code == 200, done.text


async def fall_due(bank, client) -> list[dict]:
    """Sweeps the reminder as the worker does; the work items that the client's manager has then."""
    due = Due(kind=DUE, subject_id=client, due_at=bank.now, detail={}, attempts=0)
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps[DUE].call(tx, due, now=bank.now)
    return await bank.rows(
        "SELECT owner, rule, status FROM work_items WHERE client_id = $1 AND kind = 'first-meeting.record'", client
    )


async def due_on(bank, client) -> list[datetime]:
    rows = await bank.rows("SELECT due_at FROM due_work WHERE kind = $1 AND subject_id = $2", DUE, client)
    return [row["due_at"] for row in rows]


@pytest.mark.requirement("CR-47")
async def test_a_first_meeting_without_a_record_is_the_managers_work_until_it_is_filed(
    bank, call, person, registration
) -> None:
    client = await register(bank, call, person, registration)
    assert await due_on(bank, client) == [bank.now + timedelta(days=7)]
    bank.now += timedelta(days=7)
    asked = {"owner": "staff:1001", "rule": "CR-47", "status": "open"}
    assert await fall_due(bank, client) == [asked]
    assert await fall_due(bank, client) == [asked]
    await fill(call, person("1001"), client, address="北京市西城区金融大街1号", hobbies=["travel"])
    filed = await call(
        person("1001"), "POST", f"/v1/clients/{client}/meetings",
        body={"met_on": "2026-11-29", "fields": ["address", "hobbies"]},
    )  # fmt: skip
    assert filed.status_code == 201, filed.text
    assert [row["status"] for row in await fall_due(bank, client)] == ["done"]
    answer = await call(person("1003"), "GET", f"/v1/clients/{client}/meetings")
    (meeting,) = answer.json()["items"]
    assert (meeting["met_on"], meeting["collector"]) == ("2026-11-29", "staff:1001")
    assert [(each["field"], each["source"], each["collector"]) for each in meeting["fields"]] == [
        ("address", "active_contact", "staff:1001"), ("hobbies", "active_contact", "staff:1001"),
    ]  # fmt: skip
    assert "金融大街" not in answer.text
    # A manager who takes the client over has nothing to make good.
    await bank.run("UPDATE clients SET manager = NULL WHERE id = $1", client)
    given = await call(
        person("1003"), "POST", f"/v1/clients/{client}/manager-assignments", body={"manager": "staff:1002"}
    )
    assert (given.status_code < 300, await due_on(bank, client)) == (True, [])


@pytest.mark.requirement("CR-47")
async def test_a_client_who_is_given_a_manager_is_to_be_met_too(bank, call, person) -> None:
    client = await bank.add_client()
    given = await call(
        person("1003"), "POST", f"/v1/clients/{client}/manager-assignments", body={"manager": "staff:1002"}
    )
    assert given.status_code < 300, given.text
    assert await due_on(bank, client) == [bank.now + timedelta(days=7)]
    await bank.run("UPDATE clients SET died_on = DATE '2026-11-22' WHERE id = $1", client)
    assert await fall_due(bank, client) == []


async def test_what_was_not_entered_since_the_meeting_is_not_filed_as_obtained(
    bank, call, person, registration
) -> None:
    client = await register(bank, call, person, registration)
    bank.now = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # the 25th in Shanghai
    path = f"/v1/clients/{client}/meetings"
    for met_on, fields, found in (
        ("2026-11-23", ["mobile"], [("/fields/0", "meeting.field-not-entered")]),
        ("2026-11-22", ["mobile", "address"], [("/fields/1", "meeting.field-not-entered")]),
        ("2026-11-22", ["mobile", "mobile"], [("/fields/1", "meeting.field-twice")]),
        ("2026-11-22", ["shoe_size"], [("/fields/0", "meeting.field-not-entered")]),
        ("2026-11-26", ["mobile"], [("/met_on", "meeting.future")]),
    ):
        refused = await call(person("1001"), "POST", path, body={"met_on": met_on, "fields": fields})
        assert refused.status_code == 422
        assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == found
    nothing = await call(person("1001"), "POST", path, body={"met_on": "2026-11-22", "fields": []})
    assert [each["pointer"] for each in nothing.json()["errors"]] == ["/fields"]
    body = {"met_on": "2026-11-22", "fields": ["mobile"]}
    assert (await call(person("2001"), "POST", path, body=body)).status_code == 404
    assert (await call(person("1001"), "POST", path, body=body)).status_code == 201
    assert (await bank.row("SELECT met_on FROM client_meetings"))["met_on"] == date(2026, 11, 22)
