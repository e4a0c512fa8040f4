"""Exceptional admission: proposed near the client, approved by the tier-1 branch one by one, ended by itself."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from chassis.due_work import Due
from chassis.identity import Grant, Principal
from client_registry.app import SERVICE

HEAD = Principal("staff:1004", (Grant("branch_personal_banking", "/hq/bj/", "unit"),))
OTHER_HEAD = Principal("staff:3004", (Grant("branch_personal_banking", "/hq/bj/", "unit"),))
UNTIL = "2027-11-21"


@pytest.fixture
async def modest(bank) -> UUID:
    """A client below every number."""
    client = await bank.add_client(manager="staff:1001")
    await bank.rich(client, deposit=10_000)
    return client


def propose(call, by, client, **wanted):
    body = {
        "client_id": str(client),
        "kind": "enterprise_head",
        "justification": "本市重点企业负责人",
        "expires_on": UNTIL,
    }
    return call(by, "POST", "/v1/exceptional-admissions", body={**body, **wanted})


def approve(call, by, admission):
    return call(by, "POST", f"/v1/exceptional-admissions/{admission}/approvals")


def enrol(call, by, client):
    body = {"level": "head_office", "channel": "outlet"}
    return call(by, "POST", f"/v1/clients/{client}/memberships", body=body)


async def admitted(call, person, client) -> str:
    made = await propose(call, person("1003"), client)
    assert made.status_code == 201, made.text
    yes = await approve(call, HEAD, made.json()["admission_id"])
    assert yes.status_code == 201, yes.text
    return str(made.json()["admission_id"])


async def end(bank, admission: str) -> None:
    due = Due(kind="standing.exception-end", subject_id=UUID(admission), due_at=bank.now, detail={}, attempts=0)
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps[due.kind].call(tx, due, now=bank.now)


@pytest.mark.requirement("CR-11")
async def test_a_client_below_the_numbers_joins_after_the_individual_approval_of_the_tier_1_branch(
    bank, call, person, modest
) -> None:
    made = (await propose(call, person("1003"), modest)).json()
    assert (made["status"], made["proposed_by"], made["decided_by"]) == ("proposed", "staff:1003", None)
    early = await enrol(call, person("1001"), modest)
    assert early.json()["code"] == "membership.not-qualified"
    answer = await approve(call, HEAD, made["admission_id"])
    assert answer.status_code == 201, answer.text
    assert (answer.json()["status"], answer.json()["decided_by"]) == ("approved", "staff:1004")
    joined = await enrol(call, person("1001"), modest)
    assert joined.status_code == 201, joined.text
    assert (await bank.client(modest))["card_level"] == "head_office"
    assert joined.json()["decision_id"] == made["decision_id"]
    decision = await bank.row("SELECT level_met FROM qualification_decisions WHERE id = $1", UUID(made["decision_id"]))
    assert decision == {"level_met": "none"}
    (item,) = await bank.rows("SELECT owner FROM work_items WHERE kind = 'admission.approved'")
    assert item["owner"] == "staff:1001"


@pytest.mark.requirement("CR-11")
async def test_the_explanation_says_that_it_was_an_exception_by_whom_and_until_when(call, person, modest) -> None:
    await admitted(call, person, modest)
    found = (await call(person("1001"), "GET", f"/v1/clients/{modest}/qualification")).json()
    exception = found["exception"]
    assert (exception["kind"], exception["approved_by"], exception["expires_on"]) == (
        "enterprise_head", "staff:1004", UNTIL,
    )  # fmt: skip
    assert "staff:1004" in exception["explanation"]["zh"] and UNTIL in exception["explanation"]["en"]
    assert [row["status"] for row in found["standings"]] == ["approved"]


@pytest.mark.requirement("CR-11")
async def test_who_proposed_never_approves_and_only_the_tier_1_branch_does(call, person, modest) -> None:
    made = (await propose(call, HEAD, modest)).json()["admission_id"]
    own = await approve(call, HEAD, made)
    assert (own.status_code, own.json()["code"]) == (409, "approval.same-person")
    centre = await approve(call, person("1010"), made)
    assert (centre.status_code, centre.json()["code"]) == (403, "admission.not-authorised")
    assert (await approve(call, person("2002"), made)).status_code == 404
    assert (await approve(call, person("1003"), made)).status_code == 403
    assert (await approve(call, OTHER_HEAD, made)).status_code == 201
    again = await approve(call, OTHER_HEAD, made)
    assert (again.status_code, again.json()["code"]) == (409, "admission.decided")


async def test_a_file_that_has_changed_since_is_overtaken(bank, call, person, modest) -> None:
    made = (await propose(call, person("1003"), modest)).json()["admission_id"]
    await bank.run("UPDATE clients SET version = version + 1 WHERE id = $1", modest)
    answer = await approve(call, HEAD, made)
    assert (answer.status_code, answer.json()["code"]) == (409, "approval.overtaken")
    assert (await call(HEAD, "GET", f"/v1/exceptional-admissions/{made}")).json()["status"] == "proposed"


@pytest.mark.parametrize(
    ("expires_on", "code"),
    [("2026-11-22", "admission.expired"), ("2020-01-01", "admission.expired"), ("2028-11-23", "admission.too-long")],
)
async def test_an_exception_ends_in_the_future_and_within_the_policy_s_time(
    call, person, modest, expires_on, code
) -> None:
    answer = await propose(call, person("1003"), modest, expires_on=expires_on)
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/expires_on", code)
    assert (await propose(call, person("1003"), modest, expires_on="2028-11-22")).status_code == 201


async def test_bad_input_is_named(call, person, modest) -> None:
    for wanted, pointer in (
        ({"kind": "friend"}, "/kind"), ({"justification": "  "}, "/justification"), ({"expires_on": "soon"}, "/expires_on"),
    ):  # fmt: skip
        answer = await propose(call, person("1003"), modest, **wanted)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await propose(call, person("1003"), uuid4())).status_code == 404
    assert (await propose(call, person("1001"), modest)).status_code == 403


async def test_who_meets_the_standard_who_was_revoked_and_a_company_are_not_admitted(
    bank, call, person, member
) -> None:
    rich = await bank.add_client()
    await bank.rich(rich)
    joined, _ = await member()
    revoked, _ = await member()
    company = await bank.add_client(kind="corporate")
    body = {"cause": "harm_to_bank", "reason": "x"}
    await call(person("1004"), "POST", f"/v1/clients/{revoked}/revocations", body=body)
    codes = [(await propose(call, person("1003"), each)).json()["code"] for each in (rich, joined, revoked, company)]
    assert codes == ["admission.not-needed", "admission.not-needed", "admission.barred", "admission.personal-only"]


async def test_one_case_a_client_waits_and_a_refused_one_may_be_proposed_again(bank, call, person, modest) -> None:
    made = (await propose(call, person("1003"), modest)).json()["admission_id"]
    twice = await propose(call, person("1004"), modest)
    assert (twice.status_code, twice.json()["code"]) == (409, "approval.already-proposed")
    path = f"/v1/exceptional-admissions/{made}/refusals"
    no = await call(HEAD, "POST", path, body={"reason": "not_justified"})
    assert (no.status_code, no.json()["status"], no.json()["refusal"]) == (201, "refused", "not_justified")
    assert (await call(HEAD, "POST", path, body={"reason": "whim"})).status_code == 422
    assert (await propose(call, person("1003"), modest)).status_code == 201
    listed = (await call(HEAD, "GET", "/v1/exceptional-admissions", params={"status": "proposed"})).json()["items"]
    assert [case["client_id"] for case in listed] == [str(modest)]
    assert "justification" not in listed[0]
    assert (await call(person("2002"), "GET", "/v1/exceptional-admissions")).json()["items"] == []


async def test_the_justification_is_sealed_and_its_reading_is_audited(bank, call, person, modest) -> None:
    made = (await propose(call, person("1003"), modest)).json()["admission_id"]
    raw = await bank.row("SELECT justification_sealed FROM exceptional_admissions")
    assert "重点企业".encode() not in raw["justification_sealed"]
    read = await call(HEAD, "GET", f"/v1/exceptional-admissions/{made}")
    assert read.json()["justification"] == "本市重点企业负责人"
    acts = [row["act"] for row in await bank.rows("SELECT act FROM audit WHERE object_id = $1 ORDER BY id", made)]
    assert acts == ["exceptional-admission.proposed", "exceptional-admission.read"]
    assert "重点企业" not in str(await bank.rows("SELECT detail FROM audit"))


@pytest.mark.requirement("CR-11")
async def test_the_level_comes_down_at_once_when_the_exception_ends(bank, call, person, modest) -> None:
    admission = await admitted(call, person, modest)
    await enrol(call, person("1001"), modest)
    rows = await bank.rows("SELECT kind, CAST(due_at AT TIME ZONE 'Asia/Shanghai' AS date) AS on_ FROM due_work"
                           " WHERE subject_id = $1 ORDER BY kind", UUID(admission))  # fmt: skip
    assert [(row["kind"], row["on_"]) for row in rows] == [
        ("standing.exception-end", date(2027, 11, 22)), ("standing.exception-foresee", date(2027, 8, 24)),
    ]  # fmt: skip
    await bank.run("DELETE FROM outbox")
    bank.now += timedelta(days=2)
    await end(bank, admission)
    (down,) = await bank.said("ClientDowngraded", modest)
    (ended,) = await bank.said("MembershipEnded", modest)
    (verified,) = await bank.said("ClientReverified", modest)
    assert (down["card_level_from"], down["card_level_to"], down["cause"]) == ("head_office", "none", "ended")
    assert (ended["cause"], verified["passed"], verified["reasons"]) == ("ended", False, ["exception-ended"])
    assert (await bank.client(modest))["card_level"] == "none"
    assert (await enrol(call, person("1001"), modest)).json()["code"] == "membership.not-qualified"
    await end(bank, admission)
    assert len(await bank.said("ClientDowngraded", modest)) == 1


@pytest.mark.requirement("CR-11")
async def test_who_meets_the_standard_by_then_keeps_his_level(bank, call, person, modest) -> None:
    admission = await admitted(call, person, modest)
    await enrol(call, person("1001"), modest)
    await bank.deliver(modest, range(1, 13), known_at=bank.now, deposit_average=800_000)
    bank.now += timedelta(days=2)
    await end(bank, admission)
    assert (await bank.client(modest))["card_level"] == "head_office"
    assert await bank.said("ClientDowngraded", modest) == []
    (row,) = await bank.rows("SELECT status FROM qualifications WHERE client_id = $1 AND level = 'head_office'", modest)
    assert row["status"] == "candidate"


async def test_a_running_exception_passes_the_re_verification_and_its_end_is_foreseen(
    bank, call, person, modest
) -> None:
    admission = await admitted(call, person, modest)
    await enrol(call, person("1001"), modest)
    async with bank.database.transaction() as tx:
        due = Due(kind="standing.review", subject_id=modest, due_at=bank.now, detail={}, attempts=0)
        await SERVICE.sweeps.sweeps[due.kind].call(tx, due, now=bank.now)
        detail = {"client_id": str(modest), "falls_on": "2026-12-31"}
        due = Due(
            kind="standing.exception-foresee", subject_id=UUID(admission), due_at=bank.now, detail=detail, attempts=0
        )
        await SERVICE.sweeps.sweeps[due.kind].call(tx, due, now=bank.now)
    (verified,) = await bank.said("ClientReverified", modest)
    assert (verified["passed"], verified["reasons"]) == (True, ["exceptional-admission"])
    (said,) = await bank.said("DowngradeForeseen", modest)
    assert (said["cause"], said["level_to"], said["days_left"]) == ("override_end", "none", 39)
