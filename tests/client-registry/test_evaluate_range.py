"""Runs over all clients in SQL: the hand-worked table, agreement with the plain evaluator, ranges, what follows."""

from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from client_registry.domain.circumstances import Circumstances
from client_registry.domain.figures import Metrics, MonthFigures, metrics
from client_registry.domain.levels import asset_band
from client_registry.domain.policies import TierPolicy, applicable, evaluate
from client_registry.store import circumstances, figures, policies

from .generated_clients import EARLIER, HOMES, NOW, TODAY, Book, add_november
from .hand_worked import ALL12, HAND, PATHS, local_standards, months_given

_METRICS = [field.name for field in fields(Metrics)]


@pytest.mark.requirement("CR-7", "CR-8", "CR-9", "CR-12", "CR-13", "CR-22", "CR-23", "CR-25")
async def test_the_hand_worked_table_holds_in_sql_and_in_plain_python(bank, months) -> None:
    assert len(HAND) >= 60
    assert len({name for name, *_ in HAND}) == len(HAND)
    made: dict[str, UUID] = {}
    async with bank.database.transaction() as tx:
        for standard in local_standards(bank.units):
            await policies.add(tx, standard)
    for name, given, *_ in HAND:
        made[name] = await bank.add_client(home=given.get("home", "bj-01-c1"), since=given.get("since"))
        for back, row in months_given(given):
            await bank.deliver(made[name], back, **row)
        for back, (outstanding, worst, open_) in given.get("loan", {}).items():
            await bank.lend(made[name], back, outstanding, worst=worst, open_=open_)
        await bank.hold(made[name], *given.get("held", []))
        await bank.harm(made[name], *given.get("risks", []))
        if "history" in given:
            back, covered, worst, open_ = given["history"]
            await bank.run(
                "INSERT INTO repayment_histories (client_id, month, known_at, months_covered, overdue_days_max,"
                " overdue_days_open) VALUES ($1, $2, $3, $4, $5, $6)",
                made[name], months(back), EARLIER, covered, worst, open_,
            )  # fmt: skip
    await bank.evaluate()
    async with bank.database.reading() as tx:
        standards = await policies.list_once_in_force(tx)
    for name, given, level, undecided, criteria, reasons, tier, band in HAND:
        row = await bank.row("SELECT * FROM qualification_decisions WHERE client_id = $1", made[name])
        cards = [o for o in row["outcomes"] if o["ladder"] == "card_level"]
        met = {code for o in cards if o["level"] == level and o["outcome"] == "met" for code in o["criteria_met"]}
        head_office = next(o for o in cards if o["code"] == "head-office-standard")
        assert (row["level_met"], row["card_undecided"], met, row["tier_met"], row["asset_band"]) == (
            level, undecided, criteria, tier, band
        ), name  # fmt: skip
        assert set(head_office["reasons"]) == reasons, name
        async with bank.database.reading() as tx:
            known = await figures.delivered(
                tx, made[name], as_of=TODAY, cut_off_at=NOW, client_since_on=given.get("since")
            )
            beside = await circumstances.known(tx, made[name], as_of=TODAY, cut_off_at=NOW)
        home_path = PATHS[given.get("home", "bj-01-c1")]
        plain = evaluate(applicable(standards, home_path=home_path, day=TODAY), metrics(known, as_of=TODAY), beside)
        assert (plain.card_level, plain.card_undecided, plain.service_tier) == (level, undecided, tier), name


# Six groups (two homes, three moments since when): 3,000 clients through the runs as they are, with the feature rows.
# The evaluators themselves are compared over 100,000 in `test_generated_clients`.
@pytest.mark.parametrize("per_group", [500, pytest.param(16_700, marks=pytest.mark.soak)])
async def test_sql_and_plain_python_agree_on_generated_clients(bank, months, per_group) -> None:
    await add_november(bank)
    book, delivered, homes, beside = Book(20261122, months), {}, {}, {}
    for home in HOMES:
        for since in (None, date(2026, 3, 15), date(2019, 1, 1)):
            for client_id in await bank.add_clients(per_group, home=home, since=since):
                delivered[client_id] = book.client(client_id, since)
                beside[client_id] = book.circumstances(client_id)
                homes[client_id] = HOMES[home]
    await book.write(bank)
    result = await bank.evaluate()
    assert result["evaluated"] == 6 * per_group
    async with bank.database.reading() as tx:
        standards = await policies.list_active(tx)
    applying = {path: applicable(standards, home_path=path, day=TODAY) for path in HOMES.values()}
    seen: set[tuple[str, bool]] = set()
    said: set[str] = set()
    ids = list(delivered)
    for start in range(0, len(ids), 10_000):
        these = ids[start : start + 10_000]
        for row in await bank.rows("SELECT * FROM qualification_decisions WHERE client_id = ANY($1)", these):
            client_id = row["client_id"]
            found = metrics(delivered.pop(client_id), as_of=TODAY)
            agree(row, found, applying[homes[client_id]], beside[client_id])
            seen.add((row["level_met"], row["card_undecided"]))
            said.update(reason for each in row["outcomes"] for reason in each["reasons"])
    assert delivered == {}
    # Guards the generator: all kinds of verdict occur, so agreement means something.
    assert {("none", False), ("none", True), ("branch", False), ("branch", True), ("head_office", False)} <= seen
    assert {"veto-bad-repayment", "veto-risk-event", "tenure-too-short", "tenure-unknown"} <= said


def agree(row: dict[str, Any], found: Metrics, applying: tuple[TierPolicy, ...], beside: Circumstances) -> None:
    """The decision in the database is what plain Python says, figure by figure and policy by policy."""
    assert {name: row[name] for name in _METRICS} == {name: getattr(found, name) for name in _METRICS}
    plain = evaluate(applying, found, beside)
    assert (row["level_met"], row["card_undecided"], row["tier_met"], row["tier_undecided"], row["asset_band"]) == (
        plain.card_level, plain.card_undecided, plain.service_tier, plain.tier_undecided,
        asset_band(found.assets) if found.assets_known else None,
    )  # fmt: skip
    verdicts = {
        (o["code"], o["outcome"], tuple(o["criteria_met"]), tuple(sorted(o["reasons"]))) for o in row["outcomes"]
    }
    assert verdicts == {(r.policy.code, r.outcome, r.criteria_met, r.reasons) for r in plain.results}


async def test_stored_figures_are_read_as_they_were_known_then(bank, months) -> None:
    client = await bank.add_client()
    await bank.deliver(client, 1, known_at=EARLIER, deposit_average=100, assets=500)
    await bank.deliver(client, 1, known_at=NOW - timedelta(days=1), deposit_average=200)
    await bank.deliver(client, 1, known_at=NOW + timedelta(days=1), deposit_average=300)
    async with bank.database.reading() as tx:
        then = await figures.delivered(tx, client, as_of=TODAY, cut_off_at=NOW, client_since_on=None)
    assert then.months == {months(1): MonthFigures(deposit_average=Decimal(200), assets=Decimal(500))}


@pytest.mark.requirement("CR-16")
async def test_a_run_makes_candidates_once_and_says_so_once(bank) -> None:
    client = await bank.add_client()
    await bank.rich(client, assets=2_100_000)
    first = await bank.evaluate()
    again = await bank.evaluate()
    assert (first["qualified"], first["tiers_up"], again["qualified"], again["tiers_up"]) == (1, 1, 0, 0)
    (qualified,) = await bank.said("ClientQualified", client)
    assert (qualified["level"], qualified["criteria"], qualified["policy_version"], qualified["as_of"]) == (
        "head_office", ["deposit"], "head-office-standard/1", "2026-11-22",
    )  # fmt: skip
    (up,) = await bank.said("ClientUpgraded", client)
    assert (up["service_tier_from"], up["service_tier_to"], up["card_level_to"], up["cause"]) == (
        "mass", "wealth", "none", "evaluation",
    )  # fmt: skip
    assert [fact["asset_band"] for fact in await bank.said("HoldingsChanged", client)] == ["2m_8m"]
    standings = await bank.rows("SELECT level, status FROM qualifications WHERE client_id = $1 ORDER BY level", client)
    assert standings == [{"level": "branch", "status": "candidate"}, {"level": "head_office", "status": "candidate"}]


async def test_a_candidate_lapses_when_the_figures_fall_and_stays_when_they_are_missing(bank) -> None:
    fallen, silent = await bank.add_clients(2)
    await bank.rich(fallen)
    await bank.rich(silent)
    await bank.evaluate()
    later = NOW - timedelta(hours=1)
    for back in ALL12:
        await bank.deliver(fallen, back, known_at=later, deposit_average=10)
    await bank.run("DELETE FROM monthly_figures WHERE client_id = $1", silent)
    await bank.evaluate()
    rows = await bank.rows("SELECT client_id, status FROM qualifications WHERE level = 'head_office'")
    assert {row["client_id"]: row["status"] for row in rows} == {fallen: "lapsed", silent: "candidate"}


async def test_a_service_tier_rises_at_once_and_falls_after_three_months_of_grace(bank, months) -> None:
    client = await bank.add_client(tier="wealth")
    for back in range(1, 13):
        await bank.deliver(client, back, assets=300_000)
    await bank.evaluate(as_of=date(2026, 8, 10))
    assert (await bank.client(client))["tier_short_since_on"] == date(2026, 8, 10)
    await bank.evaluate(as_of=date(2026, 11, 9))
    assert (await bank.client(client))["service_tier"] == "wealth"
    await bank.evaluate(as_of=date(2026, 11, 10))
    assert (await bank.client(client))["service_tier"] == "wealth_management"
    (down,) = await bank.said("ClientDowngraded", client)
    assert (down["service_tier_from"], down["service_tier_to"], down["cause"]) == (
        "wealth", "wealth_management", "evaluation",
    )  # fmt: skip


async def test_an_undecided_tier_lowers_nobody(bank) -> None:
    client = await bank.add_client(tier="private_banking")
    await bank.evaluate(as_of=date(2026, 1, 10))
    await bank.evaluate(as_of=date(2026, 11, 10))
    assert (await bank.client(client))["service_tier"] == "private_banking"
    assert await bank.said("ClientDowngraded") == []


async def test_a_run_stays_below_its_unit_and_leaves_corporate_clients_out(bank) -> None:
    inside, outside = await bank.add_client(), await bank.add_client(home="sh-01-c1")
    company = await bank.add_client(kind="corporate")
    result = await bank.evaluate(unit_path="/hq/bj/")
    assert result["evaluated"] == 1
    decided = {row["client_id"] for row in await bank.rows("SELECT client_id FROM qualification_decisions")}
    assert decided == {inside} and not decided & {outside, company}


@pytest.mark.requirement("CR-12", "CR-13")
async def test_the_nearest_branch_policy_applies_and_a_campaign_beside_it(bank) -> None:
    beijing, shanghai = await bank.add_client(), await bank.add_client(home="sh-01-c1")
    for client in (beijing, shanghai):
        await bank.rich(client, deposit=250_000)
    await bank.evaluate()
    assert await _level(bank, beijing) == "branch"
    assert await _level(bank, shanghai) == "none"
    await bank.run(
        "INSERT INTO tier_policies (id, code, version, ladder, level, campaign, combinator, criteria, needs_filing, article,"
        " valid_from, valid_until, status) SELECT uuidv7(), 'spring-campaign', 1, ladder, 'head_office', true, 'ANY',"
        " jsonb_set(criteria, '{0,bound}', '\"250000.00\"'), true, 'CCB notice 2', '2026-11-01', '2026-11-30', 'active'"
        " FROM tier_policies WHERE code = 'head-office-standard'"
    )
    await bank.evaluate()
    assert await _level(bank, shanghai) == "head_office"
    await bank.evaluate(as_of=date(2026, 10, 31))
    assert await _level(bank, shanghai) == "none"


async def _level(bank, client: UUID) -> str:
    row = await bank.row(
        "SELECT level_met FROM qualification_decisions WHERE client_id = $1 ORDER BY id DESC LIMIT 1", client
    )
    return row["level_met"]
