"""A standard whose validity ran out: ended with its own last day by the hourly sweep, and its clients decided over."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from chassis.operations_worker import OperationsWorker
from client_registry.app import SERVICE
from client_registry.use_cases.expire_tier_policies import expire_tier_policies


async def expired(bank) -> list[str]:
    async with bank.database.transaction() as tx:
        return [policy.name for policy in await expire_tier_policies(tx, now=bank.now)]


@pytest.mark.requirement("CR-13")
async def test_it_ends_after_its_last_day_and_not_on_it(bank, runtime, call, desk, policies, draft, criterion) -> None:
    client = await bank.add_client()
    await bank.rich(client, deposit=300_000)
    body = draft(code="hq-november", unit="hq", level="head_office", campaign=True, valid_until="2026-11-30",
                 needs_filing=True, criteria=[criterion(bound="250000.00")])  # fmt: skip
    active = await policies.in_force(body, by="hq-author", approver="hq-approver")
    await bank.evaluate()
    assert (await bank.row("SELECT status FROM qualifications WHERE level = 'head_office'"))["status"] == "candidate"
    # The last second of the last day in Shanghai, and the first of the next.
    bank.now = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    assert await expired(bank) == []
    bank.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert await expired(bank) == ["hq-november/1"]
    assert await expired(bank) == []
    row = await bank.row(
        "SELECT status, in_force_until, ceased_at, revision FROM tier_policies WHERE code = 'hq-november'"
    )
    assert row == {
        "status": "ended", "in_force_until": date(2026, 11, 30), "ceased_at": bank.now, "revision": active["revision"] + 1,
    }  # fmt: skip
    history = await call(desk("hq-author"), "GET", f"/v1/tier-policies/{active['id']}/history")
    last = history.json()["items"][-1]
    assert (last["move"], last["moved_by"], last["reason"]) == ("ended", "system:client-registry", "valid_until")
    run = await bank.row("SELECT as_of, unit_path, started_by FROM qualification_runs")
    assert run == {"as_of": date(2026, 12, 1), "unit_path": "/hq/", "started_by": "system:client-registry"}
    worker = OperationsWorker(runtime.database, SERVICE.operations, clock=runtime.clock)
    assert await worker.work_on_one(asyncio.Event())
    decisions = await bank.rows("SELECT level_met FROM qualification_decisions ORDER BY id")
    assert [each["level_met"] for each in decisions] == ["head_office", "branch"]


async def test_an_area_inside_another_is_run_once(bank) -> None:
    await bank.run(
        "UPDATE tier_policies SET valid_until = '2026-11-21' WHERE code IN ('wealth-tier', 'bj-branch-standard')"
    )
    assert sorted(await expired(bank)) == ["bj-branch-standard/1", "wealth-tier/1"]
    assert [row["unit_path"] for row in await bank.rows("SELECT unit_path FROM qualification_runs")] == ["/hq/"]
