"""A statement: what one system of the bank says about one client's month in one currency, and what can be wrong with it.

What counts is decided here, not by who delivers: card spending is purchases minus refunds, cash advances and fees are
kept and not counted (CR-9); only personal loans make the loan criterion (CR-8).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from uuid import UUID

from chassis.texts import Text

from client_registry.domain.currencies import CURRENCIES
from client_registry.domain.figures import month_of

# Stated limit of one delivery.
ROWS_MAX = 1_000
_LARGEST = Decimal(10) ** 15

TEXTS = {
    "figures.one-client": Text(
        en="Say who it is: client_no or client_id, one of them.",
        zh="请指明客户：client_no 与 client_id 须且只能给一个。",
    ),
    "figures.client-unknown": Text(en="There is no such client in your scope.", zh="权限范围内没有该客户。"),
    "figures.client-erased": Text(
        en="This client's file was erased after its retention; nothing is kept of the client any more.",
        zh="该客户档案已在保存期满后删除，不再登记任何数据。",
    ),
    "figures.month-future": Text(en="The month lies in the future.", zh="该月份是将来的月份。"),
    "figures.month-open": Text(en="The month has not ended yet.", zh="该月份尚未结束。"),
    "figures.currency-unknown": Text(en="There is no such currency (ISO 4217).", zh="没有该币种（ISO 4217）。"),
    "figures.rate-missing": Text(
        en="No exchange rate of {currency} is known for the end of {month}; enter the rate first.",
        zh="未登记 {currency} 在 {month} 月末的折算汇率，请先录入汇率。",
    ),
    "figures.nothing-said": Text(en="The row says nothing about the month.", zh="本行未给出任何数据。"),
    "figures.row-twice": Text(
        en="Another row of this delivery is about the same client, month and currency.",
        zh="本批数据中另一行的客户、月份与币种相同。",
    ),
    "figures.negative": Text(en="This is delivered as a positive number.", zh="该项应以正数报送。"),
    "figures.too-large": Text(en="The amount is larger than can be stored.", zh="金额过大，无法保存。"),
    "figures.loan-twice": Text(en="The same loan stands in the row twice.", zh="同一贷款在本行中重复。"),
    "figures.overdue-contradicts": Text(
        en="What is overdue at the month-end cannot be longer than the longest overdue of the month.",
        zh="月末逾期天数不能大于当月最长逾期天数。",
    ),
    "figures.matures-before-opened": Text(en="The product matures before it was opened.", zh="到期日早于开立日。"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanLine:
    """One loan at a month-end; the longest overdue that ran in the month, and what is overdue at its end (days)."""

    loan_no: str
    product: str
    personal: bool
    outstanding: Decimal
    overdue_days_max: int | None = None
    overdue_days_open: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingLine:
    """One product held: its code, kind, dates and yield; never an amount."""

    product_code: str
    kind: str
    opened_on: date | None = None
    matures_on: date | None = None
    yield_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Amounts in `currency`; None was not delivered. Loans and holdings are the whole of the month, or None."""

    month: date
    currency: str
    client_id: UUID | None = None
    client_no: str | None = None
    deposit_average: Decimal | None = None
    deposit_month_end: Decimal | None = None
    card_purchases: Decimal | None = None
    card_refunds: Decimal | None = None
    card_cash_advances: Decimal | None = None
    card_fees: Decimal | None = None
    assets: Decimal | None = None
    loans: tuple[LoanLine, ...] | None = None
    holdings: tuple[HoldingLine, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a statement: where in it, and which code."""

    pointer: str
    code: str


AMOUNTS = (
    "deposit_average", "deposit_month_end", "card_purchases", "card_refunds", "card_cash_advances", "card_fees", "assets",
)  # fmt: skip
_NEVER_NEGATIVE = frozenset({"card_purchases", "card_refunds", "card_cash_advances", "card_fees"})
_WHO_AND_WHEN = frozenset({"month", "currency", "client_id", "client_no"})


def faults_of(statement: Statement, *, today: date) -> Iterator[Fault]:
    """Everything that is wrong with a statement by itself; whether the client and the rate are known is asked elsewhere."""
    if (statement.client_id is None) == (statement.client_no is None):
        yield Fault("/client_no", "figures.one-client")
    if statement.month > month_of(today):
        yield Fault("/month", "figures.month-future")
    elif statement.month == month_of(today):
        yield Fault("/month", "figures.month-open")
    if statement.currency not in CURRENCIES:
        yield Fault("/currency", "figures.currency-unknown")
    given = [field.name for field in fields(statement) if field.name not in _WHO_AND_WHEN]
    if all(getattr(statement, name) is None for name in given):
        yield Fault("", "figures.nothing-said")
    for name in AMOUNTS:
        amount: Decimal | None = getattr(statement, name)
        if amount is not None:
            yield from _of_amount(f"/{name}", amount, negative=name not in _NEVER_NEGATIVE)
    yield from _of_loans(statement.loans or ())
    for n, holding in enumerate(statement.holdings or ()):
        if holding.opened_on and holding.matures_on and holding.matures_on < holding.opened_on:
            yield Fault(f"/holdings/{n}/matures_on", "figures.matures-before-opened")


def _of_amount(pointer: str, amount: Decimal, *, negative: bool) -> Iterator[Fault]:
    if amount < 0 and not negative:
        yield Fault(pointer, "figures.negative")
    if abs(amount) >= _LARGEST:
        yield Fault(pointer, "figures.too-large")


def _of_loans(loans: tuple[LoanLine, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for n, loan in enumerate(loans):
        if loan.loan_no in seen:
            yield Fault(f"/loans/{n}/loan_no", "figures.loan-twice")
        seen.add(loan.loan_no)
        yield from _of_amount(f"/loans/{n}/outstanding", loan.outstanding, negative=False)
        longest, still_open = loan.overdue_days_max, loan.overdue_days_open
        if longest is not None and still_open is not None and still_open > longest:
            yield Fault(f"/loans/{n}/overdue_days_open", "figures.overdue-contradicts")
