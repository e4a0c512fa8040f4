"""A standard from the draft to its end: four eyes, days in force, history."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from chassis.sweeper import Sweeper
from client_registry.app import SERVICE

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.mark.requirement("CR-12", "CR-14", "XC-34")
async def test_a_branch_standard_goes_from_draft_to_force_and_supersedes_the_one_before(
    bank, call, desk, policies, draft
) -> None:
    written = await policies.written(draft())
    assert (written["version"], written["status"], written["revision"], written["scope_path"]) == (
        2, "draft", 1, "/hq/bj/",
    )  # fmt: skip
    client = await bank.add_client()
    await bank.rich(client, deposit=250_000)
    await bank.evaluate()
    submitted = await policies.move(written, "submissions", "bj-author")
    assert (submitted.json()["status"], submitted.json()["needs_head_office"]) == ("submitted", False)
    assert (await policies.move(written, "approvals", "bj-approver")).json()["status"] == "approved"
    active = (await policies.move(written, "activations", "bj-approver")).json()
    assert (active["status"], active["in_force_from"]) == ("active", "2026-11-22")
    await bank.evaluate()
    levels = await bank.rows("SELECT level_met FROM qualification_decisions ORDER BY id")
    assert [row["level_met"] for row in levels] == ["branch", "none"]
    old = await bank.row("SELECT * FROM tier_policies WHERE code = 'bj-branch-standard' AND version = 1")
    assert (old["status"], old["in_force_until"]) == ("superseded", date(2026, 11, 21))
    history = await call(desk("bj-author"), "GET", f"/v1/tier-policies/{written['id']}/history")
    assert [(m["move"], m["moved_by"], m["reason"], m["article"]) for m in history.json()["items"]] == [
        ("drafted", "staff:3001", "年度检视", "CCB Art. 8"),
        ("submitted", "staff:3001", "按规定", "CCB Art. 8"),
        ("approved", "staff:3003", "按规定", "CCB Art. 8"),
        ("activated", "staff:3003", "按规定", "CCB Art. 8"),
    ]


@pytest.mark.requirement("XC-34", "XC-20")
async def test_nobody_approves_what_he_wrote_changed_or_submitted(call, desk, policies, draft) -> None:
    written = await policies.written(draft())
    path = f"/v1/tier-policies/{written['id']}"
    body = {name: value for name, value in draft().items() if name != "code"}
    second = desk("bj-author-2", also="policy_approver")
    assert (await call(second, "PUT", path, body=body, headers={"If-Match": '"1"'})).status_code == 200
    await policies.move(written, "submissions", "bj-author")
    for author in (desk("bj-author", also="policy_approver"), second):
        for to in ("approvals", "refusals"):
            answer = await policies.move(written, to, author)
            assert (answer.status_code, answer.json()["code"]) == (409, "approval.same-person")
    assert (await policies.move(written, "approvals", "bj-approver")).status_code == 201


async def test_an_approval_is_overtaken_by_a_changed_draft(call, desk, policies, draft, criterion) -> None:
    written = await policies.written(draft())
    await policies.move(written, "submissions", "bj-author")
    path = f"/v1/tier-policies/{written['id']}"
    body = {name: value for name, value in draft(criteria=[criterion(bound="210000.00")]).items() if name != "code"}
    changed = await call(desk("bj-author"), "PUT", path, body=body, headers={"If-Match": '"2"'})
    assert (changed.json()["status"], changed.json()["revision"], changed.headers["etag"]) == ("draft", 3, '"3"')
    overtaken = await policies.move(written, "approvals", "bj-approver")
    assert (overtaken.status_code, overtaken.json()["code"]) == (409, "approval.overtaken")
    assert (await policies.move(written, "submissions", "bj-author")).status_code == 201
    assert (await policies.move(written, "approvals", "bj-approver")).status_code == 201


async def test_a_change_needs_the_version_that_was_read_and_stops_with_the_approval(
    call, desk, policies, draft
) -> None:
    written = await policies.written(draft())
    path = f"/v1/tier-policies/{written['id']}"
    body = {name: value for name, value in draft().items() if name != "code"}
    assert (await call(desk("bj-author"), "PUT", path, body=body)).status_code == 428
    assert (await call(desk("bj-author"), "PUT", path, body=body, headers={"If-Match": '"7"'})).status_code == 412
    for to, who in (("submissions", "bj-author"), ("approvals", "bj-approver")):
        await policies.move(written, to, who)
    late = await call(desk("bj-author"), "PUT", path, body=body, headers={"If-Match": '"3"'})
    assert (late.status_code, late.json()["code"]) == (409, "policy.not-a-draft")


async def test_activation_waits_for_approval_and_for_the_first_day(bank, policies, draft) -> None:
    written = await policies.written(draft(valid_from="2026-12-01"))
    early = await policies.move(written, "activations", "bj-author")
    assert (early.status_code, early.json()["code"]) == (409, "policy.not-approved")
    await policies.move(written, "submissions", "bj-author")
    assert (await policies.move(written, "activations", "bj-author")).json()["code"] == "policy.not-approved"
    await policies.move(written, "approvals", "bj-approver")
    waits = await policies.move(written, "activations", "bj-author")
    assert (waits.status_code, waits.json()["code"]) == (409, "policy.not-yet-valid")
    bank.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)  # midnight of 1 December in Shanghai
    assert (await policies.move(written, "activations", "bj-author")).json()["status"] == "active"


@pytest.mark.requirement("CR-13")
async def test_an_approved_policy_comes_into_force_by_itself_on_its_first_day(bank, runtime, policies, draft) -> None:
    written = await policies.written(draft(valid_from="2026-12-01"))
    for to, who in (("submissions", "bj-author"), ("approvals", "bj-approver")):
        await policies.move(written, to, who)
    sweeper = Sweeper(runtime.database, SERVICE.sweeps, clock=lambda: bank.now, metrics=runtime.metrics)
    bank.now = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
    await sweeper.sweep()
    status = "SELECT status, in_force_from FROM tier_policies WHERE code = 'bj-branch-standard' ORDER BY version"
    assert [row["status"] for row in await bank.rows(status)] == ["active", "approved"]
    bank.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    await sweeper.sweep()
    rows = await bank.rows(status)
    assert [row["status"] for row in rows] == ["superseded", "active"]
    assert rows[1]["in_force_from"] == date(2026, 12, 1)


async def test_a_refused_version_is_a_draft_again(policies, draft) -> None:
    written = await policies.written(draft())
    nothing = await policies.move(written, "refusals", "bj-approver")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "approval.not-open")
    await policies.move(written, "submissions", "bj-author")
    assert (await policies.move(written, "refusals", "bj-approver")).json()["status"] == "draft"
    assert (await policies.move(written, "approvals", "bj-approver")).json()["code"] == "approval.not-open"
    assert (await policies.move(written, "submissions", "bj-author")).status_code == 201


async def test_an_ended_policy_counts_to_its_last_day(bank, policies, draft) -> None:
    active = await policies.in_force(draft())
    past = await policies.move(active, "endings", "bj-approver", last_day="2026-11-21")
    assert past.json()["errors"][0]["code"] == "policy.last-day-past"
    ended = await policies.move(active, "endings", "bj-approver", last_day="2026-11-30")
    assert (ended.json()["status"], ended.json()["in_force_until"]) == ("ended", "2026-11-30")
    again = await policies.move(active, "endings", "bj-approver")
    assert again.json()["code"] == "policy.not-active"
    client = await bank.add_client()
    await bank.rich(client, deposit=350_000)
    await bank.evaluate(as_of=date(2026, 11, 22))
    bank.now += timedelta(days=9)
    await bank.evaluate(as_of=date(2026, 12, 1))
    levels = await bank.rows("SELECT level_met FROM qualification_decisions ORDER BY id")
    assert [row["level_met"] for row in levels] == ["branch", "none"]


@pytest.mark.requirement("CR-13", "CR-14")
async def test_the_list_narrows_by_place_ladder_level_status_and_day(
    bank, call, desk, policies, draft, criterion
) -> None:
    await policies.written(draft())
    spring = draft(
        code="spring", unit="hq", level="head_office", campaign=True, valid_from="2026-11-22", valid_until="2026-11-30",
        needs_filing=True, criteria=[criterion(bound="250000.00")],
    )  # fmt: skip
    await policies.in_force(spring, by="hq-author", approver="hq-pb")

    async def names(who: str, **params: str) -> list[str]:
        found = await call(desk(who), "GET", "/v1/tier-policies", params=params)
        return [f"{item['code']}/{item['version']}" for item in found.json()["items"]]

    assert await names("bj-author", status="draft") == ["bj-branch-standard/2"]
    assert await names("sh-approver", status="draft") == []
    assert await names("bj-author", level="branch", status="active") == ["bj-branch-standard/1"]
    assert await names("bj-author", unit_id=str(bank.units["hq"]), ladder="card_level") == [
        "head-office-standard/1", "spring/1",
    ]  # fmt: skip
    assert await names("bj-author", level="head_office", in_force_on="2026-11-30") == [
        "head-office-standard/1",
        "spring/1",
    ]
    assert await names("bj-author", level="head_office", in_force_on="2026-12-01") == ["head-office-standard/1"]
    pages, cursor = [], None
    while True:
        found = (
            await call(
                desk("hq-pb"), "GET", "/v1/tier-policies", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
            )
        ).json()
        pages.append(len(found["items"]))
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert sum(pages) == 7 and max(pages) == 2


async def test_two_authors_of_one_code_write_one_version_each(policies, draft) -> None:
    both = await asyncio.gather(policies.written(draft()), policies.written(draft(), by="bj-author-2"))
    assert sorted(each["version"] for each in both) == [2, 3]


@pytest.mark.requirement("CR-4")
async def test_what_can_be_measured_is_named_with_its_meaning(call, desk) -> None:
    items = (await call(desk("bj-author"), "GET", "/v1/policy-metrics")).json()["items"]
    assert {item["name"]: item["window_months"] for item in items} == {
        "deposit_avg_12m": 12, "loan_outstanding": 1, "card_spend_12m": 12, "assets": 1, "holds_product": 0,
    }  # fmt: skip
    assert all(item["meaning_zh"] and item["meaning_en"] for item in items)
