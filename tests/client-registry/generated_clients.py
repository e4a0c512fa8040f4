"""Generated clients: every kind of gap, and many values on and around the bounds; what is known of each beside figures."""

import random
from dataclasses import asdict, astuple
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from chassis.ids import new_id
from client_registry.domain.circumstances import Circumstances, HeldProduct, RiskEvent
from client_registry.domain.figures import Delivered, LoanMonth, MonthFigures, RepaymentHistory
from client_registry.domain.policies import HELD, Criterion, Ladder, TierPolicy
from client_registry.domain.vetoes import Veto
from client_registry.store import policies

NOW = datetime.fromisoformat("2026-11-22T04:00:00+00:00")
TODAY = date(2026, 11, 22)
EARLIER = NOW - timedelta(days=20)
HOMES = {"bj-01-c1": "/hq/bj/bj-01/bj-01-c1/", "sh-01-c1": "/hq/sh/sh-01-c1/"}
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


_NOTHING = Circumstances(as_of=TODAY)


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
        self.beside_told = [self._circumstances() for _ in range(self.STOCK)]
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
        told = 0.96 if chance() < 0.3 else 0.2
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
        chance = self.chance.random
        if chance() < 0.6:
            return _NOTHING
        found, held, risks = self.beside_told[int(chance() * self.STOCK)]
        self.held += [(client_id, *row) for row in held]
        for row in risks:
            report = new_id()
            self.risks.append((client_id, report, "risk", "test", report.hex, *row))
        return found

    def _circumstances(self) -> tuple[Circumstances, list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        chance = self.chance
        words: dict[str, list[tuple[date, bool, bool]]] = {}
        for code in chance.sample(PRODUCTS, chance.choice([1, 1, 2])):
            days = sorted(chance.sample(DAYS, chance.choice([1, 2, 3])))
            words[code] = [(day, n % 2 == 0, chance.random() < 0.1) for n, day in enumerate(days)]
        held = [
            (code, day, NOW + timedelta(hours=1) if late else EARLIER, was_held, day if was_held else None)
            for code, said in words.items()
            for day, was_held, late in said
        ]
        events = [
            RiskEvent(kind=kind, occurred_on=chance.choice(DAYS), days_overdue=chance.choice([None, 29, 30]))
            for kind in chance.sample(RISKS, chance.choice([0, 0, 1, 2]))
        ]
        holdings: dict[int, list[HeldProduct]] = {}
        for window, day in ((0, TODAY), (1, date(2026, 10, 31))):
            newest = {
                code: [was for on, was, late in said if on <= day and not late][-1:] for code, said in words.items()
            }
            holdings[window] = [
                HeldProduct(product_code=code, since_on=None) for code, was in newest.items() if was == [True]
            ]
        found = Circumstances(as_of=TODAY, holdings=holdings, risk_events=tuple(events))
        return found, held, [(each.kind, each.days_overdue, each.occurred_on, EARLIER) for each in events]

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
        """What was told since the last time, into the tables."""
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
        for rows in (self.money, self.loans, self.histories, self.held, self.risks):
            rows.clear()
