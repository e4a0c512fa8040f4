"""Runs over all clients in SQL: the hand-worked table, agreement with the plain evaluator, ranges, what follows."""

import random
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from client_registry.domain.figures import Delivered, LoanMonth, MonthFigures, RepaymentHistory, metrics
from client_registry.domain.levels import asset_band
from client_registry.domain.policies import applicable, evaluate
from client_registry.store import figures, policies

NOW = datetime.fromisoformat("2026-11-22T04:00:00+00:00")
TODAY = date(2026, 11, 22)
EARLIER = NOW - timedelta(days=20)
HOMES = {"bj-01-c1": "/hq/bj/bj-01/bj-01-c1/", "sh-01-c1": "/hq/sh/sh-01-c1/"}
ALL12 = range(1, 13)

# Worked by hand from CCB Art. 6 and the domain decisions, section 2. The clients live in Beijing, whose branch standard is
# 200,000 / 500,000 / 50,000. Per client: monthly deposit average and months given (1 is the last month), card spend a
# month, loan and longest/open overdue days per month back, assets, client since; then what must come of it.
HAND: list[tuple[str, dict[str, Any], str, bool, set[str], set[str], str, str | None]] = [
    ("deposit exactly at the bound", {"dep": 500_000, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0},
     "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("deposit one cent below", {"dep": "499999.99", "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0},
     "branch", False, {"deposit"}, set(), "mass", "below"),
    ("mean a third of a cent below", {"dep": 500_000, "dep1": "499999.96", "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0},
     "branch", False, {"deposit"}, set(), "mass", "below"),
    ("eleven rich months reach it alone", {"dep": 600_000, "dep_months": range(1, 12), "spend": 0,
     "loan": {1: (0, 0, 0)}, "assets": 0}, "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("eleven months do not reach it: undecided", {"dep": 520_000, "dep_months": range(1, 12), "spend": 0,
     "loan": {1: (0, 0, 0)}, "assets": 0}, "branch", True, {"deposit"}, set(), "mass", "below"),
    ("new client: earlier months count 0 and are known", {"dep": 900_000, "dep_months": range(1, 7), "spend": 0,
     "loan": {1: (0, 0, 0)}, "assets": 900_000, "since": date(2026, 5, 20)},
     "branch", False, {"deposit"}, set(), "wealth_management", "below"),
    ("new client with enough even so", {"dep": 1_000_000, "dep_months": range(1, 7), "spend": 0,
     "loan": {1: (0, 0, 0)}, "assets": 1_000_000, "since": date(2026, 5, 1)},
     "head_office", False, {"deposit"}, set(), "wealth_management", "below"),
    ("month-end where no average is given", {"end": 500_000, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0},
     "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("loan at the bound, clean", {"dep": 0, "spend": 0, "loan": {b: (1_000_000, 0, 0) for b in range(1, 25)}, "assets": 0},
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("loan one cent below", {"dep": 0, "spend": 0, "loan": {b: ("999999.99", 0, 0) for b in range(1, 25)}, "assets": 0},
     "branch", False, {"loan"}, set(), "mass", "below"),
    ("29 days overdue, cured", {"dep": 0, "spend": 0,
     "loan": {**{b: (1_000_000, 0, 0) for b in range(1, 25)}, 9: (1_000_000, 29, 29)}, "assets": 0},
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("30 days overdue, cured", {"dep": 0, "spend": 0,
     "loan": {**{b: (1_000_000, 0, 0) for b in range(1, 25)}, 9: (1_000_000, 30, 0)}, "assets": 0},
     "none", False, set(), {"repayment-not-clean"}, "mass", "below"),
    ("30 days overdue, 25 months ago", {"dep": 0, "spend": 0,
     "loan": {**{b: (1_000_000, 0, 0) for b in range(1, 25)}, 25: (1_000_000, 30, 0)}, "assets": 0},
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("one day overdue and open", {"dep": 0, "spend": 0,
     "loan": {**{b: (1_000_000, 0, 0) for b in range(2, 25)}, 1: (1_000_000, 1, 1)}, "assets": 0},
     "none", False, set(), {"repayment-not-clean"}, "mass", "below"),
    ("no repayment record", {"dep": 0, "spend": 0, "loan": {1: (2_000_000, None, None)}, "assets": 0},
     "none", False, set(), {"repayment-unknown"}, "mass", "below"),
    ("a delivered history covers the months", {"dep": 0, "spend": 0,
     "loan": {b: (2_000_000, None, None) for b in range(1, 13)}, "history": (1, 24, 12, 0), "assets": 0},
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("a history that ends too early", {"dep": 0, "spend": 0,
     "loan": {b: (2_000_000, None, None) for b in range(1, 13)}, "history": (3, 24, 0, 0), "assets": 0},
     "none", False, set(), {"repayment-unknown"}, "mass", "below"),
    ("bad repayment vetoes nothing but the loan", {"dep": 700_000, "spend": 0, "loan": {1: (1_500_000, 90, 90)}, "assets": 0},
     "head_office", False, {"deposit"}, {"repayment-not-clean"}, "mass", "below"),
    ("loan not delivered", {"dep": 0, "spend": 0, "assets": 0}, "none", True, set(), set(), "mass", "below"),
    ("card spend at the bound", {"dep": 0, "spend": "8333.34", "loan": {1: (0, 0, 0)}, "assets": 0},
     "head_office", False, {"card_spend"}, set(), "mass", "below"),
    ("card spend just below", {"dep": 0, "spend": "8333.33", "loan": {1: (0, 0, 0)}, "assets": 0},
     "branch", False, {"card_spend"}, set(), "mass", "below"),
    ("refunds take spending back", {"dep": 0, "spend": 10_000, "spend1": -15_000, "loan": {1: (0, 0, 0)}, "assets": 0},
     "branch", False, {"card_spend"}, set(), "mass", "below"),
    ("all three criteria", {"dep": 500_000, "spend": 9_000, "loan": {b: (1_000_000, 0, 0) for b in range(1, 25)}, "assets": 0},
     "head_office", False, {"deposit", "loan", "card_spend"}, set(), "mass", "below"),
    ("assets of exactly eight million", {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 8_000_000},
     "none", False, set(), set(), "private_banking", "ge_8m"),
    ("a cent below eight million", {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": "7999999.99"},
     "none", False, set(), set(), "wealth", "2m_8m"),
    ("two million", {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 2_000_000},
     "none", False, set(), set(), "wealth", "2m_8m"),
    ("two hundred thousand", {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 200_000},
     "none", False, set(), set(), "wealth_management", "below"),
    ("no assets given: deposits are a lower bound", {"end": 2_500_000, "spend": 0, "loan": {1: (0, 0, 0)}},
     "head_office", False, {"deposit"}, set(), "wealth", "2m_8m"),
    ("nothing delivered at all", {}, "none", True, set(), set(), "mass", None),
]  # fmt: skip


async def deliver(bank, client_id: UUID, given: dict[str, Any]) -> None:
    for back in ALL12:
        row: dict[str, Any] = {}
        if "dep" in given and back in given.get("dep_months", ALL12):
            row["deposit_average"] = given["dep1"] if back == 1 and "dep1" in given else given["dep"]
        if "end" in given:
            row["deposit_month_end"] = given["end"]
        if "spend" in given:
            row["card_spend"] = given["spend1"] if back == 1 and "spend1" in given else given["spend"]
        if back == 1 and "assets" in given:
            row["assets"] = given["assets"]
        if row:
            await bank.deliver(client_id, back, **row)
    for back, (outstanding, worst, open_) in given.get("loan", {}).items():
        await bank.lend(client_id, back, outstanding, worst=worst, open_=open_)


@pytest.mark.requirement("CR-7", "CR-8", "CR-9", "CR-25")
async def test_the_hand_worked_table_holds_in_sql_and_in_plain_python(bank, months) -> None:
    made: dict[str, UUID] = {}
    for name, given, *_ in HAND:
        made[name] = await bank.add_client(since=given.get("since"))
        await deliver(bank, made[name], given)
        if "history" in given:
            back, covered, worst, open_ = given["history"]
            await bank.run(
                "INSERT INTO repayment_histories (client_id, month, known_at, months_covered, overdue_days_max,"
                " overdue_days_open) VALUES ($1, $2, $3, $4, $5, $6)",
                made[name], months(back), EARLIER, covered, worst, open_,
            )  # fmt: skip
    await bank.evaluate()
    async with bank.database.reading() as tx:
        standards = await policies.list_active(tx)
    for name, given, level, undecided, criteria, reasons, tier, band in HAND:
        row = await bank.row("SELECT * FROM qualification_decisions WHERE client_id = $1", made[name])
        cards = [o for o in row["outcomes"] if o["ladder"] == "card_level"]
        met = {code for o in cards if o["level"] == level and o["outcome"] == "met" for code in o["criteria_met"]}
        head_office = next(o for o in cards if o["level"] == "head_office")
        assert (row["level_met"], row["card_undecided"], met, row["tier_met"], row["asset_band"]) == (
            level, undecided, criteria, tier, band
        ), name  # fmt: skip
        assert set(head_office["reasons"]) == reasons, name
        async with bank.database.reading() as tx:
            known = await figures.delivered(
                tx, made[name], as_of=TODAY, cut_off_at=NOW, client_since_on=given.get("since")
            )
        plain = evaluate(applicable(standards, home_path=HOMES["bj-01-c1"], day=TODAY), metrics(known, as_of=TODAY))
        assert (plain.card_level, plain.card_undecided, plain.service_tier) == (level, undecided, tier), name


class Book:
    """Generated clients with every kind of gap and many values on and around the bounds."""

    def __init__(self, seed: int, months) -> None:
        self.chance = random.Random(seed)
        self.month = months
        self.money: list[tuple[Any, ...]] = []
        self.loans: list[tuple[Any, ...]] = []
        self.histories: list[tuple[Any, ...]] = []

    def amount(self, *bounds: int) -> Decimal:
        bound = self.chance.choice(bounds)
        return self.chance.choice(
            [Decimal(bound), Decimal(bound) - Decimal("0.01"), Decimal(bound) + Decimal("0.01"), Decimal(0),
             Decimal(self.chance.randrange(0, bound * 300)) / 100]
        )  # fmt: skip

    def client(self, client_id: UUID, since: date | None) -> Delivered:
        known = {
            self.month(back): figures
            for back in range(1, 14)
            if self.chance.random() > 0.04 and (figures := self._month(client_id, back)) is not None
        }
        loans, histories = self._loans(client_id)
        return Delivered(months=known, loans=loans, histories=histories, client_since_on=since)

    def _month(self, client_id: UUID, back: int) -> MonthFigures:
        maybe = self.chance.random
        late = MonthFigures(
            deposit_average=self.amount(200_000, 500_000) if maybe() > 0.1 else None,
            deposit_month_end=self.amount(200_000, 500_000) if maybe() > 0.3 else None,
            card_spend=self.amount(4_167, 8_334) - (500 if maybe() > 0.9 else 0) if maybe() > 0.03 else None,
            assets=self.amount(200_000, 2_000_000, 8_000_000) if maybe() > 0.2 else None,
        )
        when = self.month(back)
        if maybe() > 0.8:
            # A correction: what was known first is replaced, but only where the later row says something.
            early = MonthFigures(deposit_average=self.amount(500_000), assets=self.amount(8_000_000))
            self.money.append((client_id, when, EARLIER, *asdict(early).values()))
            kept = {name: value if value is not None else getattr(early, name) for name, value in asdict(late).items()}
            self.money.append((client_id, when, NOW - timedelta(days=1), *asdict(late).values()))
            return MonthFigures(**kept)
        self.money.append((client_id, when, EARLIER, *asdict(late).values()))
        if maybe() > 0.9:
            # Known only after the cut-off: it must not count.
            self.money.append(
                (client_id, when, NOW + timedelta(hours=1), *asdict(MonthFigures(assets=Decimal(9**9))).values())
            )
        return late

    def _loans(self, client_id: UUID) -> tuple[dict[date, LoanMonth], dict[date, RepaymentHistory]]:
        chance = self.chance
        loans: dict[date, LoanMonth] = {}
        histories: dict[date, RepaymentHistory] = {}
        if chance.random() < 0.25:
            return loans, histories
        silent = chance.random() < 0.3
        for back in range(1, chance.choice([2, 6, 26])):
            if chance.random() < 0.05:
                continue
            worst = None if silent or chance.random() < 0.03 else chance.choice([0, 0, 0, 0, 0, 0, 0, 0, 29, 30, 60])
            open_ = None if worst is None else chance.choice([0, 0, 0, 0, 0, worst])
            loan = LoanMonth(
                outstanding=self.amount(500_000, 1_000_000), overdue_days_max=worst, overdue_days_open=open_
            )
            loans[self.month(back)] = loan
            self.loans.append((client_id, self.month(back), EARLIER, *asdict(loan).values()))
        if chance.random() < 0.4:
            back = chance.choice([1, 1, 1, 2, 5])
            history = RepaymentHistory(
                months_covered=chance.choice([3, 12, 24]), overdue_days_max=chance.choice([0, 0, 29, 30]),
                overdue_days_open=chance.choice([0, 0, 0, 5]),
            )  # fmt: skip
            histories[self.month(back)] = history
            self.histories.append((client_id, self.month(back), EARLIER, *asdict(history).values()))
        return loans, histories

    async def write(self, bank) -> None:
        first = ("client_id", "month", "known_at")
        async with bank.database.transaction(statement_timeout_ms=60_000) as tx:
            await tx.copy(
                "monthly_figures", (*first, "deposit_average", "deposit_month_end", "card_spend", "assets"), self.money
            )
            await tx.copy("loan_months", (*first, "outstanding", "overdue_days_max", "overdue_days_open"), self.loans)
            await tx.copy(
                "repayment_histories",
                (*first, "months_covered", "overdue_days_max", "overdue_days_open"),
                self.histories,
            )


async def test_sql_and_plain_python_agree_on_three_thousand_generated_clients(bank, months) -> None:
    book, delivered, homes = Book(20261122, months), {}, {}
    for home in HOMES:
        for since in (None, date(2026, 3, 15), date(2019, 1, 1)):
            for client_id in await bank.add_clients(500, home=home, since=since):
                delivered[client_id] = book.client(client_id, since)
                homes[client_id] = HOMES[home]
    await book.write(bank)
    result = await bank.evaluate(size=700)
    assert (result["evaluated"], result["steps"]) == (3000, 5)
    async with bank.database.reading() as tx:
        standards = await policies.list_active(tx)
    rows = {row["client_id"]: row for row in await bank.rows("SELECT * FROM qualification_decisions")}
    seen: set[tuple[str, bool]] = set()
    for client_id, known in delivered.items():
        row, found = rows[client_id], metrics(known, as_of=TODAY)
        assert {name: row[name] for name in asdict(found)} == asdict(found)
        plain = evaluate(applicable(standards, home_path=homes[client_id], day=TODAY), found)
        assert row["level_met"] == plain.card_level
        assert row["card_undecided"] == plain.card_undecided
        assert row["tier_met"] == plain.service_tier
        assert row["tier_undecided"] == plain.tier_undecided
        assert row["asset_band"] == (asset_band(found.assets) if found.assets_known else None)
        verdicts = {
            (o["code"], o["outcome"], tuple(o["criteria_met"]), tuple(sorted(o["reasons"]))) for o in row["outcomes"]
        }
        assert verdicts == {(r.policy.code, r.outcome, r.criteria_met, r.reasons) for r in plain.results}
        seen.add((row["level_met"], row["card_undecided"]))
    # Guards the generator: all kinds of verdict occur, so agreement means something.
    assert {("none", False), ("none", True), ("branch", False), ("branch", True), ("head_office", False)} <= seen


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
