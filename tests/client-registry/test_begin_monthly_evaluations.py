"""Monthly evaluations begin by themselves (A5): when, once, after an outage, with what result; their policy is changed."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from chassis import operations
from chassis.calendar import WorkingCalendar
from chassis.identity import Grant, Principal
from client_registry.app import SERVICE
from client_registry.domain.evaluation_policy import EvaluationPolicy
from client_registry.domain.monthly_evaluations import Because, latest_at, months_between, reason_to_begin
from client_registry.domain.reference import read_calendar
from client_registry.use_cases.change_evaluation_policy import change_evaluation_policy
from client_registry.use_cases.evaluate_range import evaluate_range
from client_registry.use_cases.load_calendar import load_calendar

from .conftest import builtin

SWEEP = "recurring:monthly-evaluation"
HEAD = Principal("staff:0001", (Grant("head_office_personal_banking", "/hq/", "unit"),))
OPERATOR = Principal("staff:0002", (Grant("operator", "/hq/", "unit"),))
POLICY = EvaluationPolicy(
    version=1, figures_percent=95, from_hour=2, latest_working_day=5, classify=True, near_percent=10
)


@pytest.fixture
def calendar():
    return read_calendar(builtin("working_calendar"), {})


@pytest.fixture
async def published(bank, calendar):
    async with bank.database.transaction() as tx:
        await load_calendar(tx, calendar, now=bank.now)


async def hour(bank, moment: datetime | None = None) -> None:
    """The hourly sweep, as a worker takes it."""
    bank.now = moment or bank.now
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps[SWEEP].call(tx, now=bank.now)


async def begun(bank) -> list[tuple[str, str, int, int]]:
    rows = await bank.rows("SELECT * FROM monthly_evaluations ORDER BY month, kind DESC")
    return [(f"{row['month']:%Y-%m}", row["kind"], row["because"], row["months_missed"]) for row in rows]


async def work_through(bank) -> dict:
    """The evaluation's operation, range by range, as a worker does it."""
    row = await bank.row(
        "SELECT operation_id FROM monthly_evaluations WHERE kind = 'qualification' ORDER BY month DESC LIMIT 1"
    )
    while True:
        async with bank.database.transaction() as tx:
            operation = await operations.get(tx, row["operation_id"])
            step = await evaluate_range(tx, operation, now=bank.now, size=2)
            await tx.connection.execute(
                "UPDATE operations SET done = $2, total = $3, cursor = $4, status = $5, result = $6 WHERE id = $1",
                operation.id, step.done, step.total, step.cursor, "succeeded" if step.finished else "running", step.result,
            )  # fmt: skip
        if step.finished:
            assert step.result is not None
            return step.result


async def test_a_month_is_evaluated_when_its_figures_are_there_and_never_twice(bank, published, months) -> None:
    rich, poor = await bank.add_clients(2)
    await bank.rich(rich, assets=2_100_000)
    await hour(bank, datetime(2026, 11, 5, 17, 30, tzinfo=UTC))  # 01:30 of 6 November in Shanghai
    assert await begun(bank) == []
    await bank.deliver(poor, 1, assets=0)
    await hour(bank)
    assert await begun(bank) == []
    await hour(bank, datetime(2026, 11, 5, 18, 10, tzinfo=UTC))
    await hour(bank)
    assert await begun(bank) == [("2026-10", "qualification", "figures-delivered", 0)]
    assert await bank.rows("SELECT * FROM work_items") == []
    bank.now = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
    result = await work_through(bank)
    assert result["branches"] == {
        "bj": {"evaluated": 2, "qualified": 1, "tiers_up": 1, "tiers_down": 0, "foreseen_down": 0, "undecided": 1},
    }  # fmt: skip
    await hour(bank)
    await hour(bank)
    assert [each[:2] for each in await begun(bank)] == [("2026-10", "qualification"), ("2026-10", "classification")]
    kinds = await bank.rows("SELECT kind, started_by FROM operations ORDER BY created_at, kind")
    assert [(row["kind"], row["started_by"]) for row in kinds] == [
        ("qualification-run", "system:client-registry"), ("classification-run", "system:client-registry"),
    ]  # fmt: skip


async def test_on_the_latest_day_it_begins_all_the_same_and_head_office_is_asked(bank, published) -> None:
    await bank.add_clients(2)
    # 1 November 2026 is a Sunday: the fifth working day is Friday the 6th.
    await hour(bank, datetime(2026, 11, 5, 17, 59, tzinfo=UTC))
    assert await begun(bank) == []
    await hour(bank, datetime(2026, 11, 5, 18, 0, tzinfo=UTC))
    assert await begun(bank) == [("2026-10", "qualification", "latest-day", 0)]
    (item,) = await bank.rows("SELECT text, owner_role, unit_path, rule FROM work_items")
    assert item == {
        "text": "evaluation.figures-missing", "owner_role": "head_office_personal_banking", "unit_path": "/hq/", "rule": "A5",
    }  # fmt: skip


async def test_after_an_outage_the_newest_month_is_evaluated_and_the_missed_ones_are_counted(bank, published) -> None:
    await hour(bank, datetime(2026, 8, 20, 4, 0, tzinfo=UTC))
    await hour(bank, datetime(2026, 11, 22, 4, 0, tzinfo=UTC))
    assert await begun(bank) == [
        ("2026-07", "qualification", "latest-day", 0), ("2026-10", "qualification", "latest-day", 2),
    ]  # fmt: skip


async def test_without_a_calendar_it_waits_for_the_figures_and_a_stopped_run_is_told_once(bank) -> None:
    client = await bank.add_client()
    await hour(bank)
    assert await begun(bank) == []
    await bank.deliver(client, 1, assets=1)
    await hour(bank)
    await bank.run("UPDATE operations SET status = 'cancelled'")
    await hour(bank)
    await hour(bank)
    assert [row["text"] for row in await bank.rows("SELECT text FROM work_items")] == ["evaluation.stopped"]


async def test_two_workers_begin_a_month_once(bank, published) -> None:
    await asyncio.gather(hour(bank), hour(bank), hour(bank))
    assert await begun(bank) == [("2026-10", "qualification", "latest-day", 0)]
    assert len(await bank.rows("SELECT id FROM operations")) == 1


def test_the_latest_day_is_a_working_day_and_the_share_is_inclusive(calendar) -> None:
    days = WorkingCalendar(
        version=1, off_days=calendar.off_days, work_days=calendar.work_days, noticed_years=calendar.noticed_years
    )

    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 10, day, hour, 0, tzinfo=UTC) - timedelta(hours=8)

    october = latest_at(replace(POLICY, latest_working_day=1), days, date(2026, 9, 1))
    assert october.date() == days.add_working_days(date(2026, 9, 30), 1) != date(2026, 10, 1)
    for percent, day, local, because in (
        (95, 2, 2, Because.FIGURES_DELIVERED), (94, 2, 2, None), (100, 2, 1, None), (0, 28, 23, Because.LATEST_DAY),
        (0, 28, 1, None),
    ):  # fmt: skip
        found = reason_to_begin(POLICY, days, month=date(2026, 9, 1), figures_percent=percent, now=at(day, local))
        assert found is because, (percent, day, local)
    assert [months_between(date(2025, 11, 1), date(2026, month, 1)) for month in (1, 2, 3)] == [1, 2, 3]


async def test_the_policy_is_read_and_changed_by_those_who_may(bank, published, call, person) -> None:
    path = "/v1/evaluation-policy"
    found = await call(OPERATOR, "GET", path)
    assert (found.status_code, found.json()["month"], found.json()["latest_at"]) == (
        200,
        "2026-10",
        "2026-11-06T02:00:00+08:00",
    )
    body = {"figures_percent": 80, "from_hour": 3, "latest_working_day": 3, "classify": False, "near_percent": 20,
            "article": "2026年第12号通知"}  # fmt: skip
    missing = await call(HEAD, "PUT", path, body=body)
    assert missing.status_code == 428
    changed = await call(HEAD, "PUT", path, body=body, headers={"If-Match": found.headers["etag"]})
    assert (changed.status_code, changed.json()["version"], changed.json()["latest_at"]) == (
        200,
        2,
        "2026-11-04T03:00:00+08:00",
    )
    stale = await call(OPERATOR, "PUT", path, body=body, headers={"If-Match": found.headers["etag"]})
    assert stale.status_code == 412
    assert (await call(person("1004"), "PUT", path, body=body, headers={"If-Match": '"2"'})).status_code == 403
    assert (await call(person("1001"), "GET", path)).status_code == 403
    for wrong, pointer in (
        ({"figures_percent": 0}, "/figures_percent"), ({"from_hour": 24}, "/from_hour"),
        ({"latest_working_day": 21}, "/latest_working_day"), ({"near_percent": 101}, "/near_percent"),
        ({"article": ""}, "/article"),
    ):  # fmt: skip
        answer = await call(HEAD, "PUT", path, body=body | wrong, headers={"If-Match": changed.headers["etag"]})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert [row["version"] for row in await bank.rows("SELECT version FROM evaluation_policies ORDER BY 1")] == [1, 2]
    async with bank.database.transaction() as tx:
        same = replace(POLICY, version=2)
        assert await change_evaluation_policy(tx, same, same.values(), article="x", by=HEAD, now=bank.now) is same


async def test_what_ran_is_listed_with_its_figures(bank, published, call) -> None:
    await bank.add_client(tier="wealth")
    await hour(bank, datetime(2026, 10, 22, 4, 0, tzinfo=UTC))
    await hour(bank, datetime(2026, 11, 22, 4, 0, tzinfo=UTC))
    await work_through(bank)
    path = "/v1/monthly-evaluations"
    first = (await call(OPERATOR, "GET", path, params={"limit": 1})).json()
    (one,) = first["items"]
    assert (one["month"], one["kind"], one["status"], one["because"], one["figures_percent"]) == (
        "2026-10", "qualification", "succeeded", "latest-day", 0,
    )  # fmt: skip
    assert one["branches"] == [
        {
            "branch": "bj",
            "evaluated": 1,
            "qualified": 0,
            "tiers_up": 0,
            "tiers_down": 0,
            "foreseen_down": 0,
            "undecided": 1,
        }
    ]
    rest = (await call(OPERATOR, "GET", path, params={"cursor": first["next_cursor"]})).json()
    assert [(each["month"], each["status"]) for each in rest["items"]] == [("2026-09", "queued")]
