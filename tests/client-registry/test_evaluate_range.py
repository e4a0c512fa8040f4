"""Runs over all clients in SQL: the hand-worked table, agreement with the plain evaluator, ranges, what follows."""

import random
from dataclasses import asdict, astuple, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from client_registry.domain.circumstances import Circumstances, HeldProduct, RiskEvent
from client_registry.domain.figures import Delivered, LoanMonth, Metrics, MonthFigures, RepaymentHistory, metrics
from client_registry.domain.levels import asset_band
from client_registry.domain.policies import HELD, Criterion, Ladder, TierPolicy, applicable, evaluate
from client_registry.domain.vetoes import Veto
from client_registry.store import circumstances, figures, policies

from .hand_worked import ALL12, HAND, PATHS, local_standards, months_given

NOW = datetime.fromisoformat("2026-11-22T04:00:00+00:00")
TODAY = date(2026, 11, 22)
EARLIER = NOW - timedelta(days=20)
_METRICS = [field.name for field in fields(Metrics)]
HOMES = {"bj-01-c1": "/hq/bj/bj-01/bj-01-c1/", "sh-01-c1": "/hq/sh/sh-01-c1/"}


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


PRODUCTS = ["boc-wealth-card", "boc-platinum-card", "great-wall-amex", "november-card", "unheard-of"]
RISKS = ["loan_overdue", "card_overdue", "malicious_overdraft", "cured"]
DAYS = [date(2019, 1, 1), date(2025, 11, 22), date(2025, 11, 23), date(2026, 10, 30), date(2026, 10, 31),
        date(2026, 11, 1), date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)]  # fmt: skip


async def add_november(bank) -> None:
    """A campaign of head office that asks for everything at once: a card at the month-end, assets, nothing against him."""
    asked = (
        Criterion(code="card", metric="holds_product", bound=HELD, window_months=1,
                  products=("november-card", "great-wall-amex")),
        Criterion(code="assets", metric="assets", bound=Decimal(200_000)),
    )  # fmt: skip
    vetoes = (
        Veto(kind="bad_repayment"),
        Veto(kind="risk_event", event_kinds=("loan_overdue", "card_overdue"), within_months=12, days_overdue_min=30),
        Veto(kind="risk_event", event_kinds=("malicious_overdraft",), within_months=60),
    )
    campaign = TierPolicy(
        id=uuid4(), code="november", version=1, ladder=Ladder.SERVICE_TIER, level="private_banking", scope_path="/hq/",
        scope_unit_id=bank.units["hq"], campaign=True, combinator="ANY", criteria=asked, vetoes=vetoes,
        needs_filing=False, grace_months=0, article="CCB notice 2", valid_from=date(2026, 11, 1),
        valid_until=date(2026, 11, 30), status="active", minimum_tenure_months=12,
    )  # fmt: skip
    async with bank.database.transaction() as tx:
        await policies.add(tx, campaign)


class Book:
    """Generated clients with every kind of gap and many values on and around the bounds, drawn from a stock of stories."""

    STOCK = 4_000

    def __init__(self, seed: int, months) -> None:
        self.chance = random.Random(seed)
        self.month = months
        self.money: list[tuple[Any, ...]] = []
        self.loans: list[tuple[Any, ...]] = []
        self.histories: list[tuple[Any, ...]] = []
        self.months_told = [self._month() for _ in range(self.STOCK)]
        self.loans_told = [self._loans() for _ in range(self.STOCK)]
        self.when = {back: months(back) for back in range(1, 27)}
        self.held: list[tuple[Any, ...]] = []
        self.risks: list[tuple[Any, ...]] = []

    def amount(self, *bounds: int) -> Decimal:
        bound = self.chance.choice(bounds)
        return self.chance.choice(
            [Decimal(bound), Decimal(bound) - Decimal("0.01"), Decimal(bound) + Decimal("0.01"), Decimal(0),
             Decimal(self.chance.randrange(0, bound * 300)) / 100]
        )  # fmt: skip

    def client(self, client_id: UUID, since: date | None) -> Delivered:
        chance, known = self.chance.random, {}
        # Some have a whole year, most a few months: what is missing is what the two could differ on.
        told = 0.96 if chance() < 0.35 else 0.3
        for back in range(1, 14):
            if chance() > told:
                continue
            figures, rows = self.months_told[int(chance() * self.STOCK)]
            known[self.when[back]] = figures
            self.money += [(client_id, self.when[back], *row) for row in rows]
        loans, histories = self.loans_told[int(chance() * self.STOCK)]
        self.loans += [(client_id, self.when[back], EARLIER, *astuple(loan)) for back, loan in loans]
        self.histories += [(client_id, self.when[back], EARLIER, *astuple(each)) for back, each in histories]
        return Delivered(
            months=known,
            loans={self.when[back]: loan for back, loan in loans},
            histories={self.when[back]: each for back, each in histories},
            client_since_on=since,
        )

    def circumstances(self, client_id: UUID) -> Circumstances:
        """Products and risk events around the days that count, some known too late."""
        chance = self.chance
        if chance.random() < 0.6:
            return Circumstances(as_of=TODAY)
        words: dict[str, list[tuple[date, bool, bool]]] = {}
        for code in chance.sample(PRODUCTS, chance.choice([1, 1, 2])):
            days = sorted(chance.sample(DAYS, chance.choice([1, 2, 3])))
            words[code] = [(day, n % 2 == 0, chance.random() < 0.1) for n, day in enumerate(days)]
            self.held += [
                (client_id, code, day, NOW + timedelta(hours=1) if late else EARLIER, held, day if held else None)
                for day, held, late in words[code]
            ]
        events = [
            RiskEvent(kind=kind, occurred_on=chance.choice(DAYS), days_overdue=chance.choice([None, 29, 30]))
            for kind in chance.sample(RISKS, chance.choice([0, 0, 1, 2]))
        ]
        self.risks += [
            (client_id, uuid4(), "risk", "test", f"R{len(self.risks) + n}", each.kind, each.days_overdue, each.occurred_on,
             EARLIER) for n, each in enumerate(events)
        ]  # fmt: skip
        holdings: dict[int, list[HeldProduct]] = {}
        for window, day in ((0, TODAY), (1, date(2026, 10, 31))):
            newest = {
                code: [held for on, held, late in said if on <= day and not late][-1:] for code, said in words.items()
            }
            holdings[window] = [
                HeldProduct(product_code=code, since_on=None) for code, held in newest.items() if held == [True]
            ]
        return Circumstances(as_of=TODAY, holdings=holdings, risk_events=tuple(events))

    def _month(self) -> tuple[MonthFigures, list[tuple[Any, ...]]]:
        """What is known of a month at the cut-off, and the rows that say so."""
        maybe = self.chance.random
        late = MonthFigures(
            deposit_average=self.amount(200_000, 500_000) if maybe() > 0.1 else None,
            deposit_month_end=self.amount(200_000, 500_000) if maybe() > 0.3 else None,
            card_spend=self.amount(4_167, 8_334) - (500 if maybe() > 0.9 else 0) if maybe() > 0.03 else None,
            assets=self.amount(200_000, 2_000_000, 8_000_000) if maybe() > 0.2 else None,
        )
        if maybe() > 0.8:
            # A correction: what was known first is replaced, but only where the later row says something.
            early = MonthFigures(deposit_average=self.amount(500_000), assets=self.amount(8_000_000))
            kept = {name: value if value is not None else getattr(early, name) for name, value in asdict(late).items()}
            return MonthFigures(**kept), [(EARLIER, *astuple(early)), (NOW - timedelta(days=1), *astuple(late))]
        rows = [(EARLIER, *astuple(late))]
        if maybe() > 0.9:
            # Known only after the cut-off: it must not count.
            rows.append((NOW + timedelta(hours=1), *astuple(MonthFigures(assets=Decimal(9**9)))))
        return late, rows

    def _loans(self) -> tuple[list[tuple[int, LoanMonth]], list[tuple[int, RepaymentHistory]]]:
        chance = self.chance
        loans: list[tuple[int, LoanMonth]] = []
        if chance.random() < 0.25:
            return loans, []
        silent = chance.random() < 0.3
        for back in range(1, chance.choice([2, 2, 2, 2, 4, 4, 6, 26])):
            if chance.random() < 0.05:
                continue
            worst = None if silent or chance.random() < 0.03 else chance.choice([0, 0, 0, 0, 0, 0, 0, 0, 29, 30, 60])
            open_ = None if worst is None else chance.choice([0, 0, 0, 0, 0, worst])
            outstanding = self.amount(500_000, 1_000_000)
            loans.append((back, LoanMonth(outstanding=outstanding, overdue_days_max=worst, overdue_days_open=open_)))
        if chance.random() >= 0.4:
            return loans, []
        history = RepaymentHistory(
            months_covered=chance.choice([3, 12, 24]), overdue_days_max=chance.choice([0, 0, 29, 30]),
            overdue_days_open=chance.choice([0, 0, 0, 5]),
        )  # fmt: skip
        return loans, [(chance.choice([1, 1, 1, 2, 5]), history)]

    async def write(self, bank) -> None:
        first = ("client_id", "month", "known_at")
        async with bank.database.transaction(statement_timeout_ms=120_000) as tx:
            await tx.copy(
                "monthly_figures", (*first, "deposit_average", "deposit_month_end", "card_spend", "assets"), self.money
            )
            await tx.copy("loan_months", (*first, "outstanding", "overdue_days_max", "overdue_days_open"), self.loans)
            await tx.copy(
                "repayment_histories",
                (*first, "months_covered", "overdue_days_max", "overdue_days_open"),
                self.histories,
            )
            await tx.copy(
                "held_products", ("client_id", "product_code", "said_on", "known_at", "held", "since_on"), self.held
            )
            await tx.copy(
                "bank_reports",
                (
                    "client_id",
                    "id",
                    "topic",
                    "source",
                    "report_no",
                    "kind",
                    "days_overdue",
                    "occurred_on",
                    "received_at",
                ),
                self.risks,
            )
            # Nobody waits for autovacuum here: without fresh counts the first ranges are planned for empty tables.
            await tx.connection.execute("ANALYZE clients, monthly_figures, loan_months, repayment_histories")


# Six groups (two homes, three moments since when): 12,000 clients, and 100,200 in the long run.
@pytest.mark.parametrize("per_group", [2_000, pytest.param(16_700, marks=pytest.mark.soak)])
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
