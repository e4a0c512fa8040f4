"""From candidate to member: filing, joining, revocation, and what the card service is told."""

from datetime import timedelta
from uuid import UUID

import pytest


@pytest.fixture
async def rich_client(bank) -> UUID:
    client = await bank.add_client(manager="staff:1001")
    await bank.rich(client)
    await bank.evaluate()
    await bank.run("DELETE FROM outbox")
    return client


def enrol(call, by, client, level="head_office"):
    return call(by, "POST", f"/v1/clients/{client}/memberships", body={"level": level, "channel": "outlet"})


def file(call, by, **body):
    return call(by, "POST", "/v1/qualification-filings", body=body)


@pytest.mark.requirement("CR-3", "CR-10")
async def test_a_filed_client_joins_and_the_card_level_goes_up_at_once(bank, call, person, rich_client) -> None:
    early = await enrol(call, person("1001"), rich_client)
    assert (early.status_code, early.json()["code"]) == (409, "membership.not-filed")
    filed = await file(call, person("1004"), level="head_office", client_ids=[str(rich_client)])
    assert filed.status_code == 201, filed.text
    assert (filed.json()["filed"], filed.json()["filed_client_ids"]) == (1, [str(rich_client)])
    assert (await bank.client(rich_client))["card_level"] == "none"
    joined = await enrol(call, person("1001"), rich_client)
    assert joined.status_code == 201, joined.text
    client = await bank.client(rich_client)
    assert client["card_level"] == "head_office"
    (enrolled,) = await bank.said("ClientEnrolled", rich_client)
    (upgraded,) = await bank.said("ClientUpgraded", rich_client)
    assert upgraded == {
        "client_id": str(rich_client), "card_level_from": "none", "card_level_to": "head_office",
        "service_tier_from": "wealth_management", "service_tier_to": "wealth_management", "cause": "enrolment",
        "decision_id": enrolled["decision_id"], "policy_version": "head-office-standard/1",
        "home_unit_id": str(bank.units["bj-01-c1"]), "effective_on": "2026-11-22",
    }  # fmt: skip
    rows = await bank.rows(
        "SELECT id, run_id FROM qualification_decisions WHERE id = $1", UUID(upgraded["decision_id"])
    )
    assert [str(row["run_id"]) for row in rows] == [filed.json()["filing_id"]]
    assert client["version"] == (await bank.row("SELECT max(aggregate_version) AS v FROM outbox WHERE key = $1",
                                                str(rich_client)))["v"]  # fmt: skip
    again = await enrol(call, person("1001"), rich_client)
    assert (again.status_code, again.json()["code"]) == (409, "membership.already-member")


async def test_branch_level_needs_no_filing_and_is_followed_by_the_higher_level(
    bank, call, person, rich_client
) -> None:
    assert (await enrol(call, person("client", rich_client), rich_client, "branch")).status_code == 201
    await file(call, person("1004"), level="head_office", all_candidates=True)
    assert (await enrol(call, person("1001"), rich_client)).status_code == 201
    rows = await bank.rows("SELECT level, status, recorded_by FROM memberships ORDER BY id")
    assert rows == [
        {"level": "branch", "status": "ended", "recorded_by": f"client:{rich_client}"},
        {"level": "head_office", "status": "member", "recorded_by": "staff:1001"},
    ]


async def test_nobody_joins_who_does_not_qualify_or_for_somebody_else(bank, call, person, rich_client) -> None:
    poor = await bank.add_client(manager="staff:1001")
    refused = await enrol(call, person("1001"), poor, "branch")
    assert (refused.status_code, refused.json()["code"]) == (409, "membership.not-qualified")
    assert (await enrol(call, person("1002"), rich_client, "branch")).status_code == 404
    assert (await enrol(call, person("client", poor), rich_client, "branch")).status_code == 404
    assert (await enrol(call, person("1004"), rich_client, "branch")).status_code == 403


@pytest.mark.requirement("CR-10")
async def test_filing_is_with_the_personal_banking_department_of_a_second_level_branch_or_higher(
    bank, call, person, rich_client
) -> None:
    below = await file(call, person("1010"), level="head_office", all_candidates=True)
    assert (below.status_code, below.json()["code"]) == (403, "filing.not-authorised")
    assert (await file(call, person("1001"), level="head_office", all_candidates=True)).status_code == 403
    other = await file(call, person("1005"), level="head_office", client_ids=[str(rich_client)])
    assert (other.json()["filed"], other.json()["not_filed_client_ids"]) == (0, [str(rich_client)])
    assert _reasons(other) == {str(rich_client): "no-candidate"}
    assert (await file(call, person("1004"), level="head_office", all_candidates=True)).json()["filed"] == 1
    again = await call(
        person("1004"), "POST", "/v1/qualification-filings", body={"client_ids": [str(rich_client)]}, language="zh-CN"
    )
    assert (_reasons(again), again.json()["not_filed"][0]["text"]) == (
        {str(rich_client): "filed-already"},
        "该级别已备案。",
    )


def _reasons(answer) -> dict[str, str]:
    return {each["client_id"]: each["reason"] for each in answer.json()["not_filed"]}


async def test_everyone_is_checked_again_at_filing(bank, call, person, rich_client) -> None:
    still = await bank.add_client()
    await bank.rich(still)
    await bank.evaluate()
    for back in range(1, 13):
        await bank.deliver(rich_client, back, known_at=bank.now - timedelta(minutes=5), deposit_average=0)
    tried = await file(call, person("1004"), level="head_office", all_candidates=True, validate_only=True)
    assert (tried.json()["filing_id"], tried.json()["filed_client_ids"]) == (None, [str(still)])
    assert await bank.rows("SELECT id FROM qualification_filings") == []
    assert {row["status"] for row in await bank.rows("SELECT status FROM qualifications")} == {"candidate"}
    filed = (await file(call, person("1004"), level="head_office", all_candidates=True)).json()
    assert (filed["filed_client_ids"], filed["not_filed_client_ids"]) == ([str(still)], [str(rich_client)])
    assert [each["reason"] for each in filed["not_filed"]] == ["no-longer-meets"]
    row = await bank.row(
        "SELECT status FROM qualifications WHERE client_id = $1 AND level = 'head_office'", rich_client
    )
    assert row["status"] == "lapsed"


async def test_a_filing_names_clients_or_takes_all_never_both(call, person) -> None:
    for body in (
        {"level": "head_office"},
        {"level": "head_office", "all_candidates": True, "client_ids": [str(UUID(int=1))]},
    ):
        assert (await file(call, person("1004"), **body)).status_code == 422


@pytest.mark.requirement("CR-16")
async def test_target_clients_are_listed_with_what_is_missing(bank, call, person, rich_client) -> None:
    def listed(by, **params):
        return call(by, "GET", "/v1/qualification-candidates", params=params)

    (found,) = (await listed(person("1004"))).json()["items"]
    assert (found["client_id"], found["name"], found["status"], found["criteria"], found["missing"]) == (
        str(rich_client), "测**", "candidate", ["deposit"], ["filing", "enrolment"],
    )  # fmt: skip
    (branch,) = (await listed(person("1004"), level="branch")).json()["items"]
    assert branch["missing"] == ["enrolment"]
    assert (await listed(person("1005"))).json()["items"] == []
    assert len((await listed(person("1001"))).json()["items"]) == 1
    await file(call, person("1004"), level="head_office", all_candidates=True)
    (filed,) = (await listed(person("1004"), status="filed")).json()["items"]
    assert filed["missing"] == ["enrolment"]
    await enrol(call, person("1001"), rich_client)
    assert (await listed(person("1004"))).json()["items"] == []


@pytest.mark.requirement("CR-18")
async def test_a_revocation_stops_services_at_once_and_bars_the_way_back(bank, call, person, rich_client) -> None:
    await file(call, person("1004"), level="head_office", all_candidates=True)
    await enrol(call, person("1001"), rich_client)
    await bank.run("DELETE FROM outbox")
    answer = await call(
        person("1004"), "POST", f"/v1/clients/{rich_client}/revocations",
        body={"cause": "loan_arrears", "reason": "连续拖欠三期"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    (revoked,) = await bank.said("QualificationRevoked")
    (down,) = await bank.said("ClientDowngraded")
    assert (revoked["cause"], down["cause"], down["card_level_from"], down["card_level_to"]) == (
        "loan_arrears", "revoked", "head_office", "none",
    )  # fmt: skip
    assert (await bank.client(rich_client))["card_level"] == "none"
    assert "拖欠" not in str(await bank.rows("SELECT data FROM outbox")) + str(
        await bank.rows("SELECT detail FROM audit")
    )
    await bank.evaluate()
    assert await bank.said("ClientQualified") == []
    assert (await enrol(call, person("1001"), rich_client)).json()["code"] == "membership.not-qualified"
    again = await call(
        person("1004"), "POST", f"/v1/clients/{rich_client}/revocations", body={"cause": "harm_to_bank", "reason": "x"}
    )
    assert again.json()["code"] == "qualification.nothing-to-revoke"


@pytest.mark.requirement("CS-22")
async def test_the_card_service_gets_a_fresh_answer(bank, call, person, rich_client) -> None:
    def ask(client, level="head_office", by="card-service"):
        return call(
            person("system", by),
            "POST",
            "/internal/eligibility-checks",
            body={"client_id": str(client), "level": level},
        )

    before = (await ask(rich_client)).json()
    assert (before["eligible"], before["decision_id"], before["reasons"]) == (
        False, None, ["not-a-member", "card-level-below"],
    )  # fmt: skip
    await file(call, person("1004"), level="head_office", all_candidates=True)
    membership = (await enrol(call, person("1001"), rich_client)).json()
    for level in ("head_office", "branch"):
        after = (await ask(rich_client, level)).json()
        assert after == {"eligible": True, "decision_id": membership["decision_id"], "reasons": []}
    assert (await ask(UUID(int=7))).json()["reasons"] == ["client-unknown"]
    assert (await ask(rich_client, by="gateway")).status_code == 403
    await call(
        person("1004"), "POST", f"/v1/clients/{rich_client}/revocations", body={"cause": "harm_to_bank", "reason": "x"}
    )
    assert (await ask(rich_client)).json()["eligible"] is False
