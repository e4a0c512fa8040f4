"""Evidence about a client as of a moment: what was known then, for the auditor, and the proof without an erased person."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

LATER = timedelta(hours=2)


async def ask(call, by, client, as_of, *, purpose="audit", language="en"):
    return await call(
        by, "GET", f"/v1/clients/{client}/evidence", language=language,
        params={"as_of": as_of.isoformat(), "purpose": purpose},
    )  # fmt: skip


@pytest.mark.requirement("XC-15", "XC-17")
async def test_what_came_later_is_not_in_the_evidence_as_of_before(bank, call, person, member, months) -> None:
    client, membership = await member()
    then = bank.now
    before = (await ask(call, person("1009"), client, then)).json()["parts"]
    # Later: a late figure, another decision, another policy.
    bank.now = then + LATER
    await bank.deliver(client, 1, known_at=bank.now - timedelta(minutes=5), deposit_average=1)
    await bank.evaluate()
    policy = uuid4()
    await bank.run(
        "INSERT INTO tier_policies (id, code, version, ladder, level, combinator, criteria, needs_filing, article,"
        " valid_from, status, activated_at, in_force_from) VALUES ($1, 'later', 1, 'card_level', 'branch', 'ANY', '[]',"
        " false, 'Art. 1', '2026-11-22', 'active', $2, '2026-11-22')",
        policy, bank.now,
    )  # fmt: skip
    again = (await ask(call, person("1009"), client, then)).json()
    assert again["parts"] == before
    now = (await ask(call, person("1009"), client, bank.now)).json()["parts"]
    assert len(now["decisions"]) > len(before["decisions"])
    assert len(now["figures"]) == len(before["figures"]) + 1
    assert {row["id"] for row in now["policies"]} - {row["id"] for row in before["policies"]} == {str(policy)}
    assert [row["id"] for row in now["memberships"]] == [str(membership)]


async def test_the_parts_show_on_what_a_decision_rests(bank, call, person, member) -> None:
    client, _ = await member()
    answer = await ask(call, person("1009"), client, bank.now, purpose="regulator")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    parts = found["parts"]
    decision = parts["decisions"][-1]
    assert decision["deposit_avg_12m"] == "600000.00"
    assert decision["windows"]["figures"] == {"first_month": "2025-11-01", "last_month": "2026-10-01"}
    assert decision["windows"]["repayment"]["first_month"] == "2024-11-01"
    told = {row["id"]: row for row in parts["policies"]}
    for outcome in decision["outcomes"]:
        assert told[outcome["policy_id"]]["version"] == outcome["version"]
        assert told[outcome["policy_id"]]["article"]
        assert all(each["text_zh"] and each["text_en"] for each in told[outcome["policy_id"]]["criteria"])
    assert len(parts["figures"]) == 12
    assert [row["filed_by"] for row in parts["filings"]] == ["staff:1004"]
    assert parts["memberships"][0] | {"id": "", "decision_id": ""} == parts["memberships"][0] | {
        "id": "", "decision_id": "", "level": "head_office", "status": "member", "ended_on": None,
    }  # fmt: skip
    assert parts["client"][0]["name"] == "测**"
    assert all(note["en"] and note["zh"] for note in found["notes"])
    (row,) = await bank.rows("SELECT * FROM audit WHERE act = 'evidence.exported'")
    assert (row["subject"], row["client_id"], row["purpose"]) == ("staff:1009", client, "regulator")


async def test_a_client_filed_and_joined_later_is_neither_before(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.rich(client)
    await bank.evaluate()
    then = bank.now
    bank.now = then + LATER
    body = {"level": "head_office", "client_ids": [str(client)]}
    assert (await call(person("1004"), "POST", "/v1/qualification-filings", body=body)).status_code == 201
    joined = await call(
        person("1001"), "POST", f"/v1/clients/{client}/memberships", body={"level": "head_office", "channel": "outlet"}
    )
    assert joined.status_code == 201, joined.text
    parts = (await ask(call, person("1009"), client, then)).json()["parts"]
    assert (parts["filings"], parts["memberships"]) == ([], [])
    parts = (await ask(call, person("1009"), client, bank.now)).json()["parts"]
    assert len(parts["filings"]) == len(parts["memberships"]) == 1


async def test_consents_come_with_the_notice_that_was_read_and_the_person_masked(
    bank, call, person, registration
) -> None:
    form = registration()
    made = await call(person("1001"), "POST", "/v1/clients", body=form)
    client = made.json()["client_id"]
    answer = await ask(call, person("1009"), client, bank.now)
    parts = answer.json()["parts"]
    assert {row["purpose"] for row in parts["consents"]} >= {"marketing"}
    assert [row["version"] for row in parts["notices"]] == ["2026-01"]
    assert parts["notices"][0]["text_zh"] and parts["notices"][0]["text_en"]
    for open_ in ("王小明", form["identity"]["number"], "13812345678", "example.com"):
        assert open_.lower() not in answer.text.lower()


async def test_other_roles_unknown_clients_and_moments_to_come_are_refused(bank, call, person) -> None:
    client = await bank.add_client()
    for who in ("1001", "1004", "1008", "1007"):
        assert (await ask(call, person(who), client, bank.now)).status_code == 403
    assert (await ask(call, person("1009"), uuid4(), bank.now)).status_code == 404
    assert (await ask(call, person("1009"), client, datetime(2026, 11, 1, tzinfo=UTC))).status_code == 404
    ahead = await ask(call, person("1009"), client, bank.now + timedelta(seconds=1), language="zh-CN")
    assert (ahead.status_code, ahead.json()["errors"][0]["pointer"]) == (422, "/as_of")
    assert ahead.json()["errors"][0]["detail"] == "取证截至时间不能晚于当前时间。"
    for params in (
        {"as_of": bank.now.isoformat()},
        {"purpose": "curiosity"},
        {"as_of": "yesterday", "purpose": "audit"},
    ):
        wrong = await call(person("1009"), "GET", f"/v1/clients/{client}/evidence", params=params)
        assert wrong.status_code == 422
    assert await bank.rows("SELECT 1 FROM audit WHERE act = 'evidence.exported'") == []


async def test_a_part_with_too_many_rows_is_refused_and_never_cut(bank, call, person, monkeypatch) -> None:
    client = await bank.add_client()
    await bank.rich(client)
    monkeypatch.setattr("client_registry.views.evidence.PART_MAX", 11)
    answer = await ask(call, person("1009"), client, bank.now)
    assert (answer.status_code, answer.json()["code"]) == (409, "evidence.too-large")
    assert "figures" in answer.json()["detail"]


@pytest.mark.requirement("CR-80")
async def test_an_erased_client_gives_the_proof_without_the_person(bank, call, person, member) -> None:
    client, membership = await member()
    await bank.run(
        "UPDATE clients SET erased_on = '2026-11-22', ended_on = '2026-11-22', name_sealed = $2 WHERE id = $1",
        client, b"nothing",
    )  # fmt: skip
    await bank.run(
        "INSERT INTO client_erasures (client_id, kind, erased_on, erased_at, cause)"
        " VALUES ($1, 'file', '2026-11-22', $2, 'retention')",
        client, bank.now,
    )  # fmt: skip
    assert (await call(person("1009"), "GET", f"/v1/clients/{client}")).status_code == 410
    answer = await ask(call, person("1009"), client, bank.now)
    assert answer.status_code == 200, answer.text
    parts = answer.json()["parts"]
    assert parts["client"][0]["name"] is None and parts["client"][0]["identity_number"] is None
    assert parts["decisions"] and parts["filings"] and UUID(parts["memberships"][0]["id"]) == membership
    assert [row["kind"] for row in parts["erasures"]] == ["file"]
