"""What the registry hears: cards and complaints come back on the client's file, its own findings become work, and the
bank's systems deliver figures and report account and risk events."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from chassis.db import Tx
from chassis.hearing import Heard, Hears
from chassis.identity import system
from chassis.scope import EVERYWHERE, Scope
from pydantic import Field

from client_registry.domain.bank_reports import (
    ACCOUNTS_TOPIC,
    FIGURES_TOPIC,
    RISKS_TOPIC,
    AccountEventKind,
    RiskEventKind,
)
from client_registry.domain.statements import AMOUNTS, HoldingLine, LoanLine, Statement
from client_registry.use_cases.ask_to_contact import ask_to_contact
from client_registry.use_cases.plan_card_review import plan_card_review
from client_registry.use_cases.record_account_event import AccountEvent, record_account_event
from client_registry.use_cases.record_risk_event import RiskEvent, record_risk_event
from client_registry.use_cases.record_service import record_service
from client_registry.use_cases.reverify_client import reverify_client
from client_registry.use_cases.take_figures import take_figures
from client_registry.use_cases.write_card_number import write_card_number

hears = Hears("vip.clients.v1", "vip.cards.v1", "vip.complaints.v1", FIGURES_TOPIC, ACCOUNTS_TOPIC, RISKS_TOPIC)

Amount = Annotated[Decimal, Field(max_digits=20, decimal_places=4)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=40)]


class CardIssued(Heard):
    """A card went to the client."""

    client_id: UUID
    card_id: UUID
    card_number: str
    level: str
    face: str
    issued_on: date
    expires_on: date


class CardExpiring(Heard):
    """A card ends in ninety days."""

    client_id: UUID
    expires_on: date


class ComplaintOpened(Heard):
    """A case was opened, perhaps without a client."""

    case_id: UUID
    case_no: str
    client_id: UUID | None
    kind: str
    channel: str
    opened_at: datetime


class ClientQualified(Heard):
    """Our own finding: the client meets a standard."""

    client_id: UUID


@hears("CardIssued")
async def note_card(tx: Tx, fact: CardIssued, *, now: datetime) -> None:
    """CR-73, CS-24: the number comes back on the file, and the issue stands in the service record."""
    await write_card_number(
        tx,
        client_id=fact.client_id,
        card_id=fact.card_id,
        card_number=fact.card_number,
        level=fact.level,
        face=fact.face,
        issued_on=fact.issued_on,
        expires_on=fact.expires_on,
    )
    await plan_card_review(tx, fact.client_id, expires_on=fact.expires_on, now=now)


@hears("CardExpiring")
async def verify_again(tx: Tx, fact: CardExpiring, *, now: datetime) -> None:
    """CR-17: the client is verified again with the figures of the moment."""
    await reverify_client(tx, fact.client_id, expires_on=fact.expires_on, now=now)


@hears("ComplaintOpened")
async def note_complaint(tx: Tx, fact: ComplaintOpened, *, now: datetime) -> None:
    """CR-38: service information stands in the file; a case without a client concerns no file."""
    if fact.client_id is not None:
        await record_service(
            tx,
            client_id=fact.client_id,
            kind=f"{fact.kind}-opened",
            object_id=fact.case_id,
            detail={"case_no": fact.case_no, "channel": fact.channel},
            occurred_at=fact.opened_at,
        )


@hears("ClientQualified", batch=True)
async def ask_managers(tx: Tx, facts: list[ClientQualified], *, now: datetime) -> None:
    """CR-16: target clients are contacted proactively."""
    await ask_to_contact(tx, [fact.client_id for fact in facts], now=now)


class MonthlyFiguresDelivered(Heard):
    """One client's closed month in one currency, as one of the bank's systems says it; every delivery has a number."""

    source: Code
    delivery_no: Code
    client_no: Annotated[str, Field(min_length=1, max_length=40)]
    month: Annotated[str, Field(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    deposit_average: Amount | None = None
    deposit_month_end: Amount | None = None
    card_purchases: Amount | None = None
    card_refunds: Amount | None = None
    card_cash_advances: Amount | None = None
    card_fees: Amount | None = None
    assets: Amount | None = None
    loans: tuple[LoanLine, ...] | None = None
    holdings: tuple[HoldingLine, ...] | None = None


class AccountEventReported(Heard):
    """Something happened to an account or product."""

    source: Code
    report_no: Code
    client_no: Annotated[str, Field(min_length=1, max_length=40)]
    kind: AccountEventKind
    product_code: Code
    product_kind: Code
    occurred_on: date
    opened_on: date | None = None
    matures_on: date | None = None
    yield_percent: Annotated[str, Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,4})?$")] | None = None


class RiskEventReported(Heard):
    """Something went wrong with what a client owes."""

    source: Code
    report_no: Code
    client_no: Annotated[str, Field(min_length=1, max_length=40)]
    kind: RiskEventKind
    days_overdue: Annotated[int, Field(ge=0, le=36_500)] | None = None
    occurred_on: date


@hears("MonthlyFiguresDelivered")
async def take_month(tx: Tx, fact: MonthlyFiguresDelivered, *, now: datetime) -> None:
    """CR-7 to CR-9: the same as a delivery over the API, with one row."""
    statement = Statement(
        month=date(int(fact.month[:4]), int(fact.month[5:]), 1),
        currency=fact.currency,
        client_no=fact.client_no,
        **{name: getattr(fact, name) for name in AMOUNTS},
        loans=fact.loans,
        holdings=fact.holdings,
    )
    await take_figures(
        tx, [statement], source=fact.source, delivery_no=fact.delivery_no, scope=Scope([EVERYWHERE]),
        by=system("client-registry"), now=now,
    )  # fmt: skip


@hears("AccountEventReported")
async def note_account_event(tx: Tx, fact: AccountEventReported, *, now: datetime) -> None:
    """CR-51: accounts are watched as things happen."""
    given = fact.model_dump(exclude={"event_id", "occurred_at", "aggregate_version"})
    await record_account_event(tx, AccountEvent(**given), now=now)


@hears("RiskEventReported")
async def note_risk_event(tx: Tx, fact: RiskEventReported, *, now: datetime) -> None:
    """CR-18, EN-27: told at once to whoever looks after the client."""
    given = fact.model_dump(exclude={"event_id", "occurred_at", "aggregate_version"})
    await record_risk_event(tx, RiskEvent(**given), now=now)
