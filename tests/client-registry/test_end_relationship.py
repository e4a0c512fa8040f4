"""A client leaves the bank, and comes back: dated, with evidence, read-only in between."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from client_registry import consumers


def leave(call, by, client, **said):
    body = {"ended_on": "2026-11-22", "cause": "client_left", "evidence": "closing_form", **said}
    return call(by, "POST", f"/v1/clients/{client}/relationship-endings", body=body)


@pytest.fixture
async def client_id(call, person, registration) -> UUID:
    made = await call(person("1001"), "POST", "/v1/clients", body=registration())
    assert made.status_code == 201, made.text
    return UUID(made.json()["client_id"])


async def test_membership_consents_and_work_end_with_the_relationship_and_it_is_told(
    bank, call, person, member
) -> None:
    client, _ = await member()
    tag = (await call(person("1001"), "GET", f"/v1/clients/{client}/consents")).headers["etag"]
    body = {"marketing": True, "events": True, "wished_interval": "monthly", "notice_version": "2026-01"}
    await call(person("1001"), "PUT", f"/v1/clients/{client}/consents", body=body, headers={"If-Match": tag})
    await bank.run("DELETE FROM outbox")
    left = await leave(call, person("1001"), client)
    assert left.status_code == 201, left.text
    types = [row["type"] for row in await bank.rows("SELECT type FROM outbox ORDER BY id")]
    assert types == ["MembershipEnded", "ClientDowngraded", "ConsentChanged", "RelationshipEnded"]
    (said,) = await bank.said("RelationshipEnded", client)
    assert (said["cause"], said["ended_on"]) == ("client_left", "2026-11-22")
    assert [row["status"] for row in await bank.rows("SELECT status FROM memberships")] == ["left"]
    assert await bank.rows("SELECT FROM work_items WHERE client_id = $1 AND status <> 'done'", client) == []
    # Nobody decides about him any more, whatever figures come.
    await bank.run("DELETE FROM outbox")
    await bank.evaluate()
    assert await bank.rows("SELECT FROM outbox") == []
    paper = await call(
        person("1004"), "POST", f"/v1/clients/{client}/records/{left.json()['ending_id']}/attachments",
        files={"file": ("销户申请.pdf", b"%PDF-1.7 form", "application/pdf")},
    )  # fmt: skip
    assert (paper.status_code, paper.json()["kind"]) == (201, "relationship-ending"), paper.text


async def test_a_former_clients_file_is_only_read(bank, call, person, client_id) -> None:
    await leave(call, person("1001"), client_id, reason="迁居海外")
    shown = await call(person("1001"), "GET", f"/v1/clients/{client_id}")
    assert (shown.status_code, shown.json()["ended_on"]) == (200, "2026-11-22")
    unit = str(bank.units["bj-01-c1"])
    for by, method, path, body in (
        ("1004", "POST", "moves", {"home_unit_id": unit, "serving_unit_ids": []}),
        ("1003", "POST", "manager-assignments", {"manager": "staff:1002"}),
        ("1001", "PUT", "registration-form", {"source": "questionnaire", "fund_uses": ["savings"]}),
        ("1001", "POST", "verifications", {"source": "active_contact", "changed": []}),
        ("1004", "POST", "deaths", {"died_on": "2026-11-18", "source": "certificate"}),
        ("1001", "POST", "relationship-endings",
         {"ended_on": "2026-11-22", "cause": "client_left", "evidence": "letter"}),
    ):  # fmt: skip
        answer = await call(
            person(by), method, f"/v1/clients/{client_id}/{path}", body=body, headers={"If-Match": '"0"'}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "client.relationship-over"), (path, answer.text)
    spoken = await call(person("1003"), "POST", f"/v1/clients/{client_id}/manager-assignments",
                        body={"manager": "staff:1002"}, language="zh-CN")  # fmt: skip
    assert "终止" in spoken.json()["detail"]


async def test_a_client_who_comes_back_reopens_the_file_of_then(bank, call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}/reopenings"
    early = await call(person("1001"), "POST", path, body={"reopened_on": "2026-11-22"})
    assert (early.status_code, early.json()["code"]) == (409, "client.relationship-stands")
    await leave(call, person("1001"), client_id)
    for day, code in (("2026-11-23", "relationship.future"), ("2026-11-21", "relationship.before-end")):
        wrong = await call(person("1001"), "POST", path, body={"reopened_on": day})
        assert [(e["pointer"], e["code"]) for e in wrong.json()["errors"]] == [("/reopened_on", code)]
    back = await call(person("1001"), "POST", path, body={"reopened_on": "2026-11-22"})
    assert back.status_code == 201, back.text
    assert (await bank.client(client_id))["ended_on"] is None
    assert [said["reopened_on"] for said in await bank.said("RelationshipReopened", client_id)] == ["2026-11-22"]
    verified = await call(
        person("1001"),
        "POST",
        f"/v1/clients/{client_id}/verifications",
        body={"source": "active_contact", "changed": ["employer"]},
    )
    assert verified.status_code == 201, verified.text
    (record,) = (await call(person("1008"), "GET", f"/v1/clients/{client_id}/relationship-endings")).json()["items"]
    assert (record["ended_on"], record["reopened_on"], record["reopened_by"]) == (
        "2026-11-22", "2026-11-22", "staff:1001",
    )  # fmt: skip


async def test_a_day_that_cannot_be_is_refused(bank, call, person, client_id) -> None:
    for day, code in (("2026-11-23", "relationship.future"), ("2026-11-21", "relationship.before-begin")):
        answer = await leave(call, person("1001"), client_id, ended_on=day)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/ended_on", code)]
    assert (await leave(call, person("1001"), client_id, evidence="rumour")).status_code == 422
    assert (await leave(call, person("1002"), client_id)).status_code == 404


async def test_core_banking_ends_a_relationship_when_the_last_account_is_closed(bank, call, person, client_id) -> None:
    number = (await bank.client(client_id))["client_no"]
    for report in ("R-1", "R-1", "R-2"):
        fact = consumers.RelationshipEndReported(
            event_id=uuid4(), occurred_at=bank.now, aggregate_version=1, source="core", report_no=report,
            client_no=number, ended_on=(bank.now + timedelta(hours=8)).date(),
        )  # fmt: skip
        async with bank.database.transaction() as tx:
            await consumers.note_relationship_end(tx, fact, now=bank.now)
    (said,) = await bank.said("RelationshipEnded", client_id)
    assert (said["cause"], said["ended_on"]) == ("accounts_closed", "2026-11-22")
    (record,) = await bank.rows("SELECT evidence, reported_by FROM relationship_endings")
    assert record == {"evidence": "core_banking", "reported_by": "system:client-registry"}
