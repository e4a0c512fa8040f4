"""Evidence of a revocation: kept sealed, listed with its reason, read on record, and of nobody else's client."""

from uuid import UUID, uuid4

import pytest
from chassis.attachments import SIZE_MAX

PAPER = b"%PDF-1.7 overdue notice"


def attach(call, by, client, record, content=PAPER, name="催收记录.pdf", media_type="application/pdf"):
    return call(
        by, "POST", f"/v1/clients/{client}/records/{record}/attachments", files={"file": (name, content, media_type)}
    )


def revoke(call, by, client, **said):
    body = {"cause": "loan_arrears", "reason": "贷款连续拖欠三期", **said}
    return call(by, "POST", f"/v1/clients/{client}/revocations", body=body)


@pytest.fixture
async def revoked(call, person, member) -> tuple[UUID, str]:
    client, _ = await member()
    answer = await revoke(call, person("1004"), client, risk_event_id=str(UUID(int=9)))
    assert answer.status_code == 201, answer.text
    return client, answer.json()["revocation_id"]


@pytest.mark.requirement("CR-18")
async def test_a_revocation_stands_with_its_reason_its_risk_event_and_its_papers(bank, call, person, revoked) -> None:
    client, revocation = revoked
    kept = await attach(call, person("1004"), client, revocation)
    assert kept.status_code == 201, kept.text
    (found,) = (await call(person("1009"), "GET", f"/v1/clients/{client}/revocations")).json()["items"]
    assert (found["cause"], found["reason"], found["risk_event_id"], found["decided_by"]) == (
        "loan_arrears", "贷款连续拖欠三期", str(UUID(int=9)), "staff:1004",
    )  # fmt: skip
    assert found["evidence"] == [kept.json()]
    assert (kept.json()["name"], kept.json()["media_type"], kept.json()["kind"]) == (
        "催收记录.pdf", "application/pdf", "revocation",
    )  # fmt: skip
    listed = await call(person("1008"), "GET", f"/v1/clients/{client}/records/{revocation}/attachments")
    assert listed.json()["items"] == [kept.json()]
    path = f"/v1/clients/{client}/attachments/{kept.json()['attachment_id']}"
    got = await call(person("1009"), "GET", path, params={"purpose": "audit"})
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, PAPER, "application/pdf")
    assert "催收" not in got.headers["content-disposition"]
    acts = await bank.rows("SELECT act, subject FROM audit WHERE client_id = $1 ORDER BY id", client)
    tail = [(row["act"], row["subject"]) for row in acts][-4:]
    assert tail == [
        ("qualification.revoked", "staff:1004"), ("attachment.added", "staff:1004"),
        ("revocations.read", "staff:1009"), ("attachment.read", "staff:1009"),
    ]  # fmt: skip


@pytest.mark.requirement("CR-18")
async def test_everything_stops_in_one_transaction(bank, revoked) -> None:
    client, _ = revoked
    file = await bank.client(client)
    assert file["card_level"] == "none"
    assert [row["status"] for row in await bank.rows("SELECT status FROM memberships")] == ["ended"]
    assert {row["status"] for row in await bank.rows("SELECT status FROM qualifications")} == {"revoked"}
    rows = await bank.rows(
        "SELECT type, aggregate_version, occurred_at FROM outbox WHERE type IN ('QualificationRevoked', 'ClientDowngraded')"
    )
    assert {row["type"] for row in rows} == {"QualificationRevoked", "ClientDowngraded"}
    assert {(row["aggregate_version"], row["occurred_at"]) for row in rows} == {(file["version"], bank.now)}


async def test_a_risk_event_proves_overdraft_and_arrears_only(call, person, member) -> None:
    client, _ = await member()
    answer = await revoke(call, person("1004"), client, cause="harm_to_bank", risk_event_id=str(uuid4()))
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/risk_event_id", "revocation.risk-event")
    ]


async def test_papers_are_refused_by_content_size_and_place(call, person, revoked) -> None:
    client, revocation = revoked
    wrong = await attach(call, person("1004"), client, revocation, content=b"MZ\x90\x00")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "attachment.type")
    differs = await attach(call, person("1004"), client, revocation, media_type="image/png")
    assert (differs.status_code, differs.json()["errors"][0]["code"]) == (422, "attachment.type-differs")
    large = await attach(call, person("1004"), client, revocation, content=b"%PDF-".ljust(SIZE_MAX + 1, b"\0"))
    assert (large.status_code, large.json()["code"]) == (413, "body-too-large")
    assert (await attach(call, person("1004"), client, uuid4())).status_code == 404
    assert (await attach(call, person("2002"), client, revocation)).status_code == 404
    assert (await attach(call, person("1001"), client, revocation)).status_code == 403


async def test_a_paper_of_another_client_answers_like_none(bank, call, person, revoked) -> None:
    client, revocation = revoked
    kept = (await attach(call, person("1004"), client, revocation)).json()["attachment_id"]
    other = await bank.add_client()
    params = {"purpose": "audit"}
    assert (
        await call(person("1009"), "GET", f"/v1/clients/{other}/attachments/{kept}", params=params)
    ).status_code == 404
    assert (await call(person("1009"), "GET", f"/v1/clients/{client}/attachments/{kept}")).status_code == 422
    assert (await call(person("2002"), "GET", f"/v1/clients/{client}/revocations")).status_code == 404
