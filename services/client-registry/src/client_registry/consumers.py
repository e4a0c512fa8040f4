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
from client_registry.use_cases.record_relationship_end import RelationshipEndReport, record_relationship_end
from client_registry.use_cases.record_risk_event import RiskEvent, record_risk_event
from client_registry.use_cases.record_service import record_service
from client_registry.use_cases.reverify_client import reverify_client
from client_registry.use_cases.take_figures import take_figures
from client_registry.use_cases.write_card_number import write_card_number

hears = Hears(
    "vip.clients.v1",
    "vip.cards.v1",
    "vip.complaints.v1",
    "vip.engagements.v1",
    FIGURES_TOPIC,
    ACCOUNTS_TOPIC,
    RISKS_TOPIC,
)

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


class CaseMoved(Heard):
    """Something became of a case, perhaps of one without a client."""

    case_id: UUID
    client_id: UUID | None


class CardMoved(Heard):
    """A card came to its end."""

    client_id: UUID
    card_id: UUID
    card_number: str


class ContactCompleted(Heard):
    """Somebody spoke with the client."""

    client_id: UUID
    contact_id: UUID
    channel: str
    reached: bool


class ContactMissed(Heard):
    """Nobody spoke with the client in time."""

    client_id: UUID
    latest_on: date
    rule: str


async def _note_case(tx: Tx, fact: CaseMoved, kind: str) -> None:
    if fact.client_id is not None:
        await record_service(
            tx, client_id=fact.client_id, kind=kind, object_id=fact.case_id, detail={}, occurred_at=fact.occurred_at
        )


@hears("ComplaintAssigned")
async def note_assignment(tx: Tx, fact: CaseMoved, *, now: datetime) -> None:
    """CR-38: who handles the client's case stands in the service record, by its id."""
    await _note_case(tx, fact, "case-assigned")


@hears("ComplaintEscalated")
async def note_escalation(tx: Tx, fact: CaseMoved, *, now: datetime) -> None:
    """CR-38: a case that went up."""
    await _note_case(tx, fact, "case-escalated")


@hears("ComplaintAnswered")
async def note_answer(tx: Tx, fact: CaseMoved, *, now: datetime) -> None:
    """CR-38: a case that was answered."""
    await _note_case(tx, fact, "case-answered")


@hears("ComplaintReopened")
async def note_reopening(tx: Tx, fact: CaseMoved, *, now: datetime) -> None:
    """CR-38: a case that goes on; as long as it does, nothing of the client is erased."""
    await _note_case(tx, fact, "case-reopened")


@hears("ComplaintClosed")
async def note_closing(tx: Tx, fact: CaseMoved, *, now: datetime) -> None:
    """CR-38: a case that is over holds back no erasure any more."""
    await _note_case(tx, fact, "case-closed")


async def _note_card(tx: Tx, fact: CardMoved, kind: str) -> None:
    await record_service(
        tx, client_id=fact.client_id, kind=kind, object_id=fact.card_id, detail={"card_number": fact.card_number},
        occurred_at=fact.occurred_at,
    )  # fmt: skip


@hears("CardExpired")
async def note_card_end(tx: Tx, fact: CardMoved, *, now: datetime) -> None:
    """CR-38: the card's last day is over."""
    await _note_card(tx, fact, "card-expired")


@hears("CardReplaced")
async def note_card_replaced(tx: Tx, fact: CardMoved, *, now: datetime) -> None:
    """CR-38: another card took its place."""
    await _note_card(tx, fact, "card-replaced")


@hears("CardCancelled")
async def note_card_cancelled(tx: Tx, fact: CardMoved, *, now: datetime) -> None:
    """CR-38: the card was stopped."""
    await _note_card(tx, fact, "card-cancelled")


@hears("ContactCompleted")
async def note_contact(tx: Tx, fact: ContactCompleted, *, now: datetime) -> None:
    """CR-38, CR-78: a contact, by its id; what was said stays where it was written."""
    await record_service(
        tx, client_id=fact.client_id, kind="contact-completed", object_id=fact.contact_id,
        detail={"channel": fact.channel, "reached": str(fact.reached).lower()}, occurred_at=fact.occurred_at,
    )  # fmt: skip


@hears("ContactMissed")
async def note_missed(tx: Tx, fact: ContactMissed, *, now: datetime) -> None:
    """CR-38: a contact that was due and was not made."""
    await record_service(
        tx, client_id=fact.client_id, kind="contact-missed", object_id=fact.client_id,
        detail={"latest_on": fact.latest_on.isoformat(), "rule": fact.rule}, occurred_at=fact.occurred_at,
    )  # fmt: skip


class RelationshipEndReported(Heard):
    """Core banking has closed a client's last account."""

    source: Code
    report_no: Code
    client_no: Annotated[str, Field(min_length=1, max_length=40)]
    ended_on: date


@hears("RelationshipEndReported")
async def note_relationship_end(tx: Tx, fact: RelationshipEndReported, *, now: datetime) -> None:
    """Whoever holds nothing with the bank any more is no client; retention counts from that day."""
    given = fact.model_dump(exclude={"event_id", "occurred_at", "aggregate_version"})
    await record_relationship_end(tx, RelationshipEndReport(**given), now=now)
